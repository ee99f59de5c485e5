from django.apps import AppConfig

from sera_batching.database import triggers


class PaymentsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "payments"

    def ready(self) -> None:
        # Importing them is what registers them.
        from payments import audit_subjects, receivers, roles  # noqa: F401

        triggers.freeze("payments.PaymentRevision")
        triggers.freeze("payments.Allocation")
        triggers.freeze("payments.Refund")
