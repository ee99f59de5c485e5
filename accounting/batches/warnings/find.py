"""The warnings of file 7, found on a draft and written with the items at claim (workbooks.md,
Checks).

Checks of a single document ran when it was frozen and are read from `Finding`; the checks here look
at several documents.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Final

from django.db.models import Exists, F, OuterRef, Q

from accounting.batches.payment_rows import AllocatedPayment
from accounting.batches.warnings.catalogue import under_marked_names
from accounting.batches.warnings.invoices import in_another_month, without_tax_address
from accounting.batches.warnings.warning import DocumentKey, PendingWarning, about_payment
from accounting.checks import batches, table
from accounting.checks.findings import content_record
from accounting.models import (
    Batch,
    BatchItem,
    Draft,
    Finding,
    ItemWarning,
    Kind,
    RefundUse,
)
from accounting.models.items import newest_items
from accounting.models.kinds import INVOICE_KINDS, INVOICES_TAB_KINDS, PAYMENT_KINDS
from accounting.records.documents import CreditMemoRecord
from accounting.unbatched.missing_invoices import missing_of_draft
from invoices.models import Invoice
from payments.models import Refund

_DOCUMENT_FIELDS: Final = ("invoice_id", "payment_id", "refund_id", "credit_memo_id")


def find_warnings(
    draft: Draft, allocated: Sequence[AllocatedPayment], profile: str
) -> list[PendingWarning]:
    """Return every warning that the draft's files would come with, in the order of the files."""
    kinds = draft.kinds()
    found = list(_stored_findings(draft, profile))
    if not kinds.isdisjoint(INVOICES_TAB_KINDS):
        found += _restated(draft, profile)
        found += under_marked_names(draft)
        found += without_tax_address(draft, profile)
        found += in_another_month(draft)
    if not kinds.isdisjoint(PAYMENT_KINDS):
        found += _without_invoice(draft, allocated)
        found += _capped(draft, allocated)
        found += _on_imported_jobs(draft)
        found += _netted_in_another_month(draft)
    return sorted(found, key=lambda warning: (warning.file_number, warning.number))


def write_warnings(batch: Batch, warnings: list[PendingWarning]) -> None:
    """Store the warnings with the items of the batch just claimed."""
    if not warnings:
        return
    items: dict[DocumentKey, int] = {}
    for pk, *key in BatchItem.objects.filter(batch=batch).values_list("pk", *_DOCUMENT_FIELDS):
        items[(key[0], key[1], key[2], key[3])] = pk
    ItemWarning.objects.bulk_create(
        (
            ItemWarning(
                item_id=items[warning.document],
                check_code=warning.check_code,
                amount_cents=warning.amount_cents,
                problem=warning.problem,
                remedy=warning.remedy,
            )
            for warning in warnings
        ),
        batch_size=2000,
    )


def _stored_findings(draft: Draft, profile: str) -> Iterator[PendingWarning]:
    """Yield what the checks of single documents found when they were frozen."""
    warns = Q(profile=profile, severity=Finding.Severity.WARN)
    addressed = INVOICES_TAB_KINDS
    sources = (
        ("invoice_revision__findings", Q(kind__in=INVOICE_KINDS)),
        ("payment_revision__findings", Q(kind__in=PAYMENT_KINDS)),
        ("refund__findings", Q(kind=Kind.JOURNAL)),
        ("customer__findings", Q(kind__in=addressed)),
    )
    for path, kinds in sources:
        target = path.removesuffix("__findings")
        stored = Finding.objects.filter(warns, **{f"{target}__isnull": False})
        if not stored.exists():
            continue
        condition = Q(**{f"{path}__profile": profile, f"{path}__severity": Finding.Severity.WARN})
        rows = draft.items.filter(kinds).filter(condition)
        for *key, kind, number, customer, code, cents, problem, remedy in rows.values_list(
            *_DOCUMENT_FIELDS,
            "kind",
            "number",
            "customer__accounting_key",
            f"{path}__check_code",
            "amount_cents",
            f"{path}__problem",
            f"{path}__remedy",
        ):
            document = (key[0], key[1], key[2], key[3])
            yield PendingWarning(document, kind, number, customer, code, cents, problem, remedy)


def _restated(draft: Draft, profile: str) -> Iterator[PendingWarning]:
    """Yield what is wrong with credit memos: their content is the invoice's revision last sent."""
    items = (
        draft.items.filter(kind=Kind.CREDIT_MEMO)
        .select_related("invoice_revision__invoice", "customer")
        .prefetch_related("invoice_revision__lines")
    )
    for item in items.order_by("date", "number"):
        revision = item.invoice_revision
        if revision is None:
            continue
        lines = sorted(revision.lines.all(), key=attrgetter("position"))
        record = CreditMemoRecord(
            item.number, item.date, content_record(revision, revision.invoice.number, lines)
        )
        for found in table.check_credit_memo(record, profile):
            if found.severity == "warn":
                yield PendingWarning(
                    document=(None, None, None, item.credit_memo_id),
                    kind=item.kind,
                    number=item.number,
                    customer=item.customer.accounting_key,
                    check_code=found.check,
                    amount_cents=item.amount_cents,
                    problem=found.problem,
                    remedy=found.remedy,
                )


def _without_invoice(
    draft: Draft, allocated: Sequence[AllocatedPayment]
) -> Iterator[PendingWarning]:
    """Check 14, yellow: QuickBooks cannot apply a payment to an invoice that it does not have.

    An allocation that netted refunds have used up no longer names its invoice.
    """
    named = {
        payment.payment_id: {row.invoice_id for row in payment.rows}
        | {pk for pk, _ in payment.overflow}
        for payment in allocated
    }
    rows = missing_of_draft(draft).annotate(
        missing_invoice_id=F("missing__invoice_id"),
        missing_number=F("missing__invoice__number"),
        missing_cents=F("missing__amount_cents"),
    )
    for item in rows.select_related("customer"):
        if item.missing_invoice_id not in named.get(
            item.payment_id or 0, {item.missing_invoice_id}
        ):
            continue
        yield about_payment(item, batches.invoice_missing(item.missing_number), item.missing_cents)


def _capped(draft: Draft, allocated: Sequence[AllocatedPayment]) -> Iterator[PendingWarning]:
    """Check 15: what an invoice has no room for in the books joins the blank row."""
    capped = {payment.payment_id: payment.overflow for payment in allocated if payment.overflow}
    if not capped:
        return
    invoice_ids = {pk for overflow in capped.values() for pk, _ in overflow}
    numbers = dict(Invoice.objects.filter(pk__in=invoice_ids).values_list("pk", "number"))
    journals = _journals_on(draft, invoice_ids)
    items = draft.items.filter(payment__in=capped).select_related("customer")
    for item in items.order_by("date", "number"):
        for invoice_id, cents in capped[item.payment_id or 0]:
            text = batches.payment_capped(numbers[invoice_id], cents, journals[invoice_id])
            yield about_payment(item, text, cents)


def _journals_on(draft: Draft, invoice_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Return invoice id → the journals that refund a payment of it: live ones and the draft's."""
    journaled = RefundUse.objects.journaled().filter(refund=OuterRef("pk"))
    is_drafted = draft.items.filter(refund=OuterRef("pk"))
    refunds = Refund.objects.filter(
        newest_items("payment__batch_items"),
        Exists(journaled) | Exists(is_drafted),
        payment__batch_items__payment_rows__invoice__in=list(invoice_ids),
    ).order_by("number")
    found: dict[int, list[str]] = defaultdict(list)
    for invoice_id, number in refunds.values_list(
        "payment__batch_items__payment_rows__invoice", "number"
    ):
        found[invoice_id].append(number)
    return defaultdict(tuple, {pk: tuple(numbers) for pk, numbers in found.items()})


def _on_imported_jobs(draft: Draft) -> Iterator[PendingWarning]:
    """Check 16: its invoice did not originate here, so a person must apply it by hand (D)."""
    rows = (
        draft.items.filter(kind__in=PAYMENT_KINDS, payment_revision__is_imported=True)
        .order_by("date", "number")
        .select_related("customer", "payment_revision__job")
    )
    for item in rows:
        job = item.payment_revision.job if item.payment_revision else None
        yield about_payment(item, batches.payment_on_imported_job(str(job)), item.amount_cents)


def _netted_in_another_month(draft: Draft) -> Iterator[PendingWarning]:
    """Check 15b: netting moves money between periods."""
    used = RefundUse.objects.in_books().filter(refund=OuterRef("pk"))
    refunds = Refund.objects.filter(
        ~Exists(used),
        payment__in=draft.items.filter(kind=Kind.PAYMENT_INSERT).values("payment_id"),
    ).exclude(
        date__year=F("payment__current_revision__date__year"),
        date__month=F("payment__current_revision__date__month"),
    )
    late: dict[int, list[Refund]] = defaultdict(list)
    for refund in refunds.order_by("date", "number"):
        late[refund.payment_id].append(refund)
    if not late:
        return
    items = draft.items.filter(payment__in=late).select_related("customer")
    for item in items.order_by("date", "number"):
        for refund in late[item.payment_id or 0]:
            text = batches.refund_in_another_month(refund.number)
            yield about_payment(item, text, refund.amount_cents)
