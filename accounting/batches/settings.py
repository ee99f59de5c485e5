"""The company's settings as a batch takes them down."""

from accounting.records.documents import BatchSettings
from accounting.workbooks.layouts import LAYOUT_VERSION
from sera_batching.models import Company


def settings_of(company: Company) -> BatchSettings:
    """Return the company's settings as a batch takes them down."""
    return BatchSettings(
        profile=company.profile,
        ar_account=company.ar_account,
        deposit_accounts=company.deposit_accounts,
        refund_accounts=company.refund_accounts,
        default_deposit_account=company.default_deposit_account,
        default_refund_account=company.default_refund_account,
        default_tax_item=company.default_tax_item,
        layout_version=LAYOUT_VERSION,
    )
