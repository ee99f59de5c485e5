from django.apps import AppConfig

from sera_batching.database import triggers


class SeraBatchingConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "sera_batching"
    verbose_name = "Company, users and audit trail"

    def ready(self) -> None:
        # Importing them is what registers the system checks and the receivers.
        from sera_batching import checks, signals  # noqa: F401

        triggers.freeze("sera_batching.AuditEvent")
        triggers.freeze("sera_batching.AuditSeal")
