"""Checks every document again when the checks themselves have changed (ADR 9).

Findings are stored when a document is frozen, so a release with other checks must check what was
frozen before it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.apps import apps as installed_apps
from django.db import transaction
from django.db.models import QuerySet

from accounting.checks import findings
from accounting.checks.table import CHECKS_VERSION
from accounting.models import Finding, LastCheck
from invoices.models import CreditMemo, Customer, InvoiceRevision
from payments.models import PaymentRevision, Refund
from sera_batching.database.locks import exclusive_books_lock

AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Rechecked:
    """How many documents were checked, and how many findings there are now."""

    customers: int
    invoice_revisions: int
    payment_revisions: int
    refunds: int
    credit_memos: int
    findings: int

    def to_json(self) -> dict[str, int]:
        return asdict(self)


def recheck_documents() -> Rechecked:
    """Check everything that was ever frozen, and every customer; safe to repeat.

    Uses a short transaction per thousand, so that nobody waits long.
    """
    rechecked = Rechecked(
        customers=_recheck("customer", Customer.objects.all(), findings.check_customers),
        invoice_revisions=_recheck(
            "invoice_revision", InvoiceRevision.objects.all(), findings.check_stored_invoices
        ),
        payment_revisions=_recheck(
            "payment_revision", PaymentRevision.objects.all(), findings.check_payments
        ),
        refunds=_recheck(
            "refund", Refund.objects.select_related("payment"), _each(findings.check_refund)
        ),
        credit_memos=_recheck(
            "credit_memo", CreditMemo.objects.all(), _each(findings.check_credit_memo)
        ),
        findings=Finding.objects.count(),
    )
    LastCheck.objects.update_or_create(pk=1, defaults={"version": CHECKS_VERSION})
    return rechecked


def recheck_if_outdated(*, apps: Any = installed_apps, **_: Any) -> None:
    """Check again after migrating to a release with other checks; otherwise do nothing."""
    try:
        apps.get_model("accounting", "LastCheck")
    except LookupError:
        return  # Migrated back to before this table existed.
    if not LastCheck.objects.filter(pk=1, version=CHECKS_VERSION).exists():
        recheck_documents()


def _recheck(target: str, documents: QuerySet[Any], check: Callable[[Sequence[Any]], None]) -> int:
    count = 0
    for last in _ends(documents):
        with transaction.atomic():
            # Nothing is frozen or batched meanwhile, so no finding is written twice or missed.
            exclusive_books_lock()
            some = list(documents.filter(pk__gt=last).order_by("pk")[:AT_ONCE])
            Finding.objects.filter(**{f"{target}__in": some}).delete()
            check(some)
        count += len(some)
    return count


def _ends(documents: QuerySet[Any]) -> Iterator[int]:
    """Yield the key after which each chunk begins."""
    last = 0
    while True:
        following = documents.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)
        keys = list(following[:AT_ONCE])
        if not keys:
            return
        yield last
        last = keys[-1]


def _each(check: Callable[[Any], None]) -> Callable[[Sequence[Any]], None]:
    def check_all(documents: Sequence[Any]) -> None:
        for document in documents:
            check(document)

    return check_all
