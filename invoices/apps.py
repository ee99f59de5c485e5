from django.apps import AppConfig

from sera_batching.database import triggers


class InvoicesConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "invoices"

    def ready(self) -> None:
        # Importing them is what registers them.
        from invoices import audit_subjects, roles  # noqa: F401

        triggers.freeze("invoices.InvoiceRevision")
        triggers.freeze("invoices.InvoiceLine")
        triggers.freeze("invoices.CreditMemo")
