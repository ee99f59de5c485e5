"""The names of uploads, tokens and webhooks in the audit trail."""

from sera_batching.audit.subjects import Subject, register_subjects

register_subjects(
    Subject(140, "upload", "Uploads"),
    Subject(150, "token", "Tokens"),
    Subject(160, "webhook", "Webhooks"),
)
