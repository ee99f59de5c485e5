"""The names of batches and related records in the audit trail."""

from sera_batching.audit.subjects import Subject, register_subjects

register_subjects(
    Subject(10, "batch", "Batches"),
    Subject(20, "unbatched", "Unbatched"),
    Subject(120, "follow_up", "Fix in QuickBooks"),
    Subject(180, "report", "Reports"),
)
