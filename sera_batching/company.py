"""The one service that writes the company's settings."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import transaction

from sera_batching import audit
from sera_batching.batch_names import DEFAULT_PATTERN, check_pattern
from sera_batching.database.locks import shared_books_lock
from sera_batching.models import Company
from sera_batching.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyValues:
    """The settings as an admin enters them; accounts by payment method only where they differ."""

    name: str
    time_zone: str
    profile: str
    ar_account: str
    default_deposit_account: str
    deposit_accounts: Mapping[str, str]
    default_refund_account: str
    refund_accounts: Mapping[str, str]
    default_tax_item: str
    closing_date: date | None
    batch_name_pattern: str = DEFAULT_PATTERN
    verifies_new_names: bool = False


def change_company(*, values: CompanyValues, origin: Origin) -> Company:
    """Write the settings and an audit row of what differs; equal settings write nothing.

    Claimed batches keep the snapshot of the settings that they took. Raises NotAllowed, and Refused
    for a pattern of batch names that no file could have.
    """
    origin.require("sera_batching.change_company")
    check_pattern(values.batch_name_pattern)
    with transaction.atomic():
        # No batch can be claimed while the settings change.
        shared_books_lock()
        Company.current()
        company = Company.objects.select_for_update().get()
        wanted = asdict(values)
        changed = [name for name in wanted if getattr(company, name) != wanted[name]]
        if not changed:
            return company
        before = {name: _as_json(getattr(company, name)) for name in changed}
        for name in changed:
            setattr(company, name, wanted[name])
        company.save()
        audit.record(
            origin=origin,
            action="company.changed",
            target=company,
            before=before,
            after={name: _as_json(wanted[name]) for name in changed},
        )
        return company


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
