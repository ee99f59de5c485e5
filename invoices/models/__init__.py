from invoices.models.catalogue import AccountingClass, CatalogueEntry, Item
from invoices.models.credit_memos import CreditMemo
from invoices.models.invoices import (
    Invoice,
    InvoiceDraft,
    InvoiceDraftLine,
    InvoiceLine,
    InvoiceRevision,
)
from invoices.models.parties import Customer, Department, Job

__all__ = [
    "AccountingClass",
    "CatalogueEntry",
    "CreditMemo",
    "Customer",
    "Department",
    "Invoice",
    "InvoiceDraft",
    "InvoiceDraftLine",
    "InvoiceLine",
    "InvoiceRevision",
    "Item",
    "Job",
]
