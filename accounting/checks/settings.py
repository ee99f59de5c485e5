"""What the settings exclude from a draft: accounts and classes that QuickBooks would refuse.

Checks 4 and 17 on what comes from the settings, per kind and payment method instead of per
document.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Final

from django.db.models import Q

from accounting.checks.table import CheckResult, check_journal, check_settings
from accounting.models import Draft, Kind
from accounting.models.kinds import INVOICE_KINDS, PAYMENT_KINDS
from accounting.records.documents import BatchSettings, JournalRecord, Party
from invoices.models import Department
from sera_batching.models import PaymentMethod

_REFUND: Final = JournalRecord(
    number="1",
    party=Party(accounting_key="1"),
    date=date.min,
    amount_cents=1,
    method="",
    memo="",
    payment_number="1",
)
"""A document without faults of its own."""


def check_draft_against_settings(draft: Draft, settings: BatchSettings) -> Iterator[tuple[Q, str]]:
    """Yield conditions on draft items that these settings exclude, and why."""
    if found := check_settings("invoice", "", settings):
        yield Q(kind__in=INVOICE_KINDS), _reason(found)
    for method in PaymentMethod.values:
        if found := check_settings("payment", method, settings):
            is_paid_so = Q(kind__in=PAYMENT_KINDS, payment_revision__method=method)
            yield is_paid_so, _reason(found)
        if found := check_journal(replace(_REFUND, method=method), settings):
            yield Q(kind=Kind.JOURNAL, refund__method=method), _reason(found)
    yield from _misfit_classes(draft, settings)


def _misfit_classes(draft: Draft, settings: BatchSettings) -> Iterator[tuple[Q, str]]:
    """The class on a journal entry is that of its department."""
    journals = draft.items.filter(kind=Kind.JOURNAL).order_by().values("department_id").distinct()
    sound = {finding.problem for finding in check_journal(_REFUND, settings)}
    for department in Department.objects.filter(pk__in=journals):
        record = replace(_REFUND, department=department.name, class_name=department.default_class)
        found = [one for one in check_journal(record, settings) if one.problem not in sound]
        if found:
            yield Q(kind=Kind.JOURNAL, department_id=department.pk), _reason(found)


def _reason(found: list[CheckResult]) -> str:
    return f"{found[0].problem} {found[0].remedy}"
