"""The three roles and what each may do: the table of domain.md §9, as data."""

from typing import Final

OFFICE: Final = "Office"
ACCOUNTANT: Final = "Accountant"
ADMIN: Final = "Admin"

_OFFICE_PERMISSIONS: Final = (
    "invoices.view_invoice",
    "payments.view_payment",
    "payments.take_payment",
    "accounting.view_batch",
)
_ACCOUNTANT_PERMISSIONS: Final = (
    *_OFFICE_PERMISSIONS,
    "invoices.view_catalogue",
    "accounting.view_unbatched",
    "accounting.make_batch",
    "accounting.download_batch",
    "accounting.retry_batch",
    "accounting.mark_loaded",
    "accounting.work_follow_ups",
)
_ADMIN_PERMISSIONS: Final = (
    *_ACCOUNTANT_PERMISSIONS,
    "accounting.undo_batch",
    "accounting.release_batch",
    "accounting.import_feed",
    "invoices.approve_invoice",
    "invoices.edit_invoice",
    "invoices.void_invoice",
    "invoices.cancel_invoice",
    "invoices.hold_invoice",
    "invoices.change_accounting_key",
    "invoices.merge_customers",
    "invoices.change_catalogue",
    "payments.refund_payment",
    "payments.reallocate_payment",
    "payments.remove_payment",
    "payments.dispute_payment",
    "integrations.manage_tokens",
    "integrations.manage_webhooks",
    "sera_batching.change_company",
    "sera_batching.view_auditevent",
    "sera_batching.view_user",
    "sera_batching.add_user",
    "sera_batching.change_user",
)

ROLES: Final[dict[str, tuple[str, ...]]] = {
    OFFICE: _OFFICE_PERMISSIONS,
    ACCOUNTANT: _ACCOUNTANT_PERMISSIONS,
    ADMIN: _ADMIN_PERMISSIONS,
}
