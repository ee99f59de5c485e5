"""Texts of why rows of Unbatched are blocked; `unbatched.blocking` has the conditions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from accounting.checks.batches import books_closed
from accounting.models import BatchItem, Finding
from accounting.unbatched.flags import RowKey, key_of
from accounting.unbatched.rows import UnbatchedRow
from sera_batching.models import Company


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What checks read: a document as it would be batched, and what was last sent."""

    document: str
    document_id: int
    date: date
    customer_id: int
    invoice_revision_id: int | None
    payment_revision_id: int | None
    previous_id: int | None

    def is_meant_by(self, finding: Finding) -> bool:
        """Return whether the finding is about this document, its customer, or what it restates."""
        if finding.customer_id is not None:
            return finding.customer_id == self.customer_id
        if self.document == "invoice":
            return finding.invoice_revision_id == self.invoice_revision_id
        if self.document == "payment":
            return finding.payment_revision_id == self.payment_revision_id
        if self.document == "refund":
            return finding.refund_id == self.document_id
        if finding.invoice_revision_id is not None:
            is_same = finding.invoice_revision_id == self.invoice_revision_id
            return is_same and finding.is_restated
        return finding.credit_memo_id == self.document_id


def block_reasons(rows: Sequence[UnbatchedRow], profile: str) -> dict[RowKey, list[str]]:
    """Return why each blocked row cannot be batched, and what to do.

    Three statements; none if no row is blocked.
    """
    blocked = [row for row in rows if row.is_blocked]
    subjects = [
        Subject(
            document=row.document,
            document_id=row.document_id,
            date=row.date,
            customer_id=row.customer_id,
            invoice_revision_id=row.invoice_revision_id,
            payment_revision_id=row.payment_revision_id,
            previous_id=row.previous_id,
        )
        for row in blocked
    ]
    return {
        key_of(row): texts
        for row, texts in zip(blocked, reasons_of(subjects, profile), strict=True)
        if texts
    }


def reasons_of(subjects: Sequence[Subject], profile: str) -> list[list[str]]:
    """Return what blocks each subject and what to do; an empty list if nothing does."""
    if not subjects:
        return []
    found: dict[Subject, list[str]] = defaultdict(list)
    _say_closed(subjects, found)
    for finding in _findings(subjects, profile):
        for subject in subjects:
            if subject.is_meant_by(finding):
                found[subject].append(f"{finding.problem} {finding.remedy}".strip())
    return [found[subject] for subject in subjects]


def _findings(subjects: Iterable[Subject], profile: str) -> Iterable[Finding]:
    ids: dict[str, list[int]] = defaultdict(list)
    for subject in subjects:
        ids[subject.document].append(subject.document_id)
    return Finding.objects.filter(
        Q(invoice_revision__in=[subject.invoice_revision_id for subject in subjects])
        | Q(payment_revision__in=[subject.payment_revision_id for subject in subjects])
        | Q(refund__in=ids["refund"])
        | Q(credit_memo__in=ids["credit_memo"])
        | Q(customer__in=[subject.customer_id for subject in subjects]),
        profile=profile,
        severity=Finding.Severity.BLOCK,
    )


def _say_closed(subjects: Iterable[Subject], found: dict[Subject, list[str]]) -> None:
    """Check 19, with the same condition as `accounting.unbatched.blocking`."""
    closing_date = Company.current().closing_date
    if closing_date is None:
        return
    previous = [subject.previous_id for subject in subjects if subject.previous_id]
    sent = dict(BatchItem.objects.filter(pk__in=previous).values_list("pk", "date"))
    for subject in subjects:
        sent_on = sent.get(subject.previous_id or 0)
        if min(subject.date, sent_on or subject.date) <= closing_date:
            text = books_closed(subject.date, closing_date, sent_on)
            found[subject].append(f"{text.problem} {text.remedy}")
