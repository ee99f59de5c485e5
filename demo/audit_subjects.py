"""What the audit trail calls the demo."""

from sera_batching.audit.subjects import Subject, register_subjects

register_subjects(Subject(190, "demo", "Demo"))
