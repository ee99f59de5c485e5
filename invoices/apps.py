from django.apps import AppConfig

from sera_batching.database import triggers


class InvoicesConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "invoices"

    def ready(self) -> None:
        triggers.freeze("invoices.InvoiceRevision")
        triggers.freeze("invoices.InvoiceLine")
        triggers.freeze("invoices.CreditMemo")
