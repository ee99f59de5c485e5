"""What the audit trail calls payments and refunds."""

from sera_batching.audit.subjects import Subject, register_subjects

register_subjects(
    Subject(50, "payment", "Payments"),
    Subject(60, "refund", "Refunds"),
)
