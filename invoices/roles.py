"""What each role may do with invoices, customers and the catalogue (domain.md §9)."""

from sera_batching.roles import ACCOUNTANT, ADMIN, OFFICE, grant

grant(OFFICE, "invoices.view_invoice")
grant(ACCOUNTANT, "invoices.view_catalogue")
grant(
    ADMIN,
    "invoices.approve_invoice",
    "invoices.edit_invoice",
    "invoices.void_invoice",
    "invoices.cancel_invoice",
    "invoices.hold_invoice",
    "invoices.change_accounting_key",
    "invoices.merge_customers",
    "invoices.change_catalogue",
)
