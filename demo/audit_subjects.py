"""The name of the demo in the audit trail."""

from sera_batching.audit.subjects import Subject, register_subjects

register_subjects(Subject(190, "demo", "Demo"))
