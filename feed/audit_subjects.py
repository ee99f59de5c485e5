"""What the audit trail calls the feed."""

from sera_batching.audit.subjects import Subject, register_subjects

register_subjects(Subject(130, "feed", "Feed"))
