"""What needs batching, and why: the rows of Unbatched as querysets over the documents.

Every source yields the same columns, named in `UnbatchedRow`. A tab is the union of its two
sources: invoices and credit memos, or payments and refunds. Rules: domain.md §3.
"""

import functools
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple, TypeVar

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Exists,
    F,
    FilteredRelation,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)

from accounting.models import (
    BatchItem,
    CandidatePayment,
    Kind,
    PaymentListRow,
    RefundUse,
    UnbatchedInvoice,
)
from accounting.models.items import newest_items
from accounting.unbatched.blocking import is_blocked
from invoices.merged import survivor_of
from invoices.models import CreditMemo
from payments.models import Allocation, Payment, Refund

INVOICES_TAB: Final = "invoices"
PAYMENTS_TAB: Final = "payments"
TABS: Final = (INVOICES_TAB, PAYMENTS_TAB)

ROWS_OF: Final[Mapping[str, type[Model]]] = {
    "invoice": UnbatchedInvoice,
    "credit_memo": CreditMemo,
    "payment": CandidatePayment,
    "refund": Refund,
}
"""Document → the model whose instances are its rows of Unbatched."""

Source = TypeVar("Source", bound=QuerySet[Any])


class UnbatchedRow(NamedTuple):
    """One row of Unbatched; amounts in cents, dates are the documents' own."""

    kind: str
    document: str
    """invoice, credit_memo, payment or refund."""
    document_id: int
    number: str
    date: date
    department_id: int | None
    department: str | None
    customer_id: int
    customer: str
    amount_cents: int
    changed_at: datetime
    """When this revision of the document was made."""
    fingerprint: str
    invoice_revision_id: int | None
    payment_revision_id: int | None
    previous_id: int | None
    """The newest live batch item of the document: what the books have."""
    is_blocked: bool

    @property
    def kind_label(self) -> str:
        return Kind(self.kind).label


ROW_COLUMNS: Final = tuple(f"row_{name}" for name in UnbatchedRow._fields)


def _built_once(build: Callable[[str], Source]) -> Callable[[str], Source]:
    """Build a source once per profile, which takes longer than most of its statements.

    Each caller gets its own copy, which has not been evaluated.
    """
    built = functools.cache(build)

    @functools.wraps(build)
    def copied(profile: str) -> Source:
        return built(profile).all()

    return copied


def _newest_item(path: str = "batch_items") -> FilteredRelation:
    return FilteredRelation(path, condition=newest_items(path))


def _number(value: object = None) -> Value:
    return Value(value, output_field=BigIntegerField())


@_built_once
def unbatched_invoices(profile: str) -> QuerySet[UnbatchedInvoice]:
    """Return the finalized invoices whose newest revision is not in the books.

    Excludes pending, unlocked, void, cancelled and held invoices, and those with a total of zero
    that were never batched. A batched one edited down to zero is an update. The database maintains
    exactly these rows.
    """
    return UnbatchedInvoice.objects.annotate(
        row_kind=Case(
            When(previous__isnull=True, then=Value(Kind.INVOICE_INSERT.value)),
            default=Value(Kind.INVOICE_UPDATE.value),
            output_field=CharField(),
        ),
        row_document=Value("invoice", output_field=CharField()),
        row_document_id=F("pk"),
        row_number=F("number"),
        row_date=F("date"),
        row_department_id=F("department_id"),
        row_department=F("department__name"),
        row_customer_id=survivor_of("customer"),
        row_customer=survivor_of("customer", "name"),
        row_amount_cents=F("amount_cents"),
        row_changed_at=F("changed_at"),
        row_fingerprint=F("fingerprint"),
        row_invoice_revision_id=F("revision_id"),
        row_payment_revision_id=_number(),
        row_previous_id=F("previous_id"),
        row_is_blocked=is_blocked(UnbatchedInvoice, profile),
    )


@_built_once
def unbatched_credit_memos(profile: str) -> QuerySet[CreditMemo]:
    """Return the pending legacy credit memos whose invoice is in a live batch and not held.

    The amount is the one last sent of the invoice: the revision that they restate.
    """
    return (
        CreditMemo.objects.filter(invoice__is_on_hold=False)
        .annotate(sent=_newest_item("invoice__batch_items"))
        .filter(
            ~Exists(BatchItem.objects.live().filter(credit_memo=OuterRef("pk"))),
            sent__isnull=False,
        )
        .annotate(
            row_kind=Value(Kind.CREDIT_MEMO.value, output_field=CharField()),
            row_document=Value("credit_memo", output_field=CharField()),
            row_document_id=F("id"),
            row_number=F("number"),
            row_date=F("date"),
            row_department_id=F("sent__invoice_revision__department_id"),
            row_department=F("sent__invoice_revision__department__name"),
            row_customer_id=survivor_of("invoice__customer"),
            row_customer=survivor_of("invoice__customer", "name"),
            row_amount_cents=F("sent__invoice_revision__total_cents"),
            row_changed_at=F("recorded_at"),
            row_fingerprint=Value("", output_field=CharField()),
            row_invoice_revision_id=F("sent__invoice_revision_id"),
            row_payment_revision_id=_number(),
            row_previous_id=_number(),
            row_is_blocked=is_blocked(CreditMemo, profile),
        )
    )


def _refund_cents(rows: QuerySet[Any]) -> Case:
    """Return the sum of the refunds, or of their uses, per payment; few payments have any."""
    own = rows.filter(payment=OuterRef("pk"))
    totals = own.order_by().values("payment").annotate(total=Sum("amount_cents")).values("total")
    cents = Subquery(totals, output_field=BigIntegerField())
    return Case(When(Exists(own), then=cents), default=_number(0))


def _payment_department(payment: str, column: str = "department_id") -> Subquery:
    """A payment's department: its job's, else that of the first invoice it is allocated to.

    Looked up in the list tables (ADR 24), row by row: a join would read all invoices.
    """
    listed = PaymentListRow.objects.filter(pk=OuterRef(payment))
    return Subquery(listed.values(column))


@_built_once
def unbatched_payments(profile: str) -> QuerySet[CandidatePayment]:
    """Return the payments that must be sent, each with what is left of it."""
    return payments_to_send().annotate(
        row_kind=Case(
            When(previous__isnull=True, then=Value(Kind.PAYMENT_INSERT.value)),
            default=Value(Kind.PAYMENT_UPDATE.value),
            output_field=CharField(),
        ),
        row_document=Value("payment", output_field=CharField()),
        row_document_id=F("pk"),
        row_number=F("number"),
        row_date=F("date"),
        row_department_id=_payment_department("pk"),
        row_department=_payment_department("pk", "department__name"),
        row_customer_id=survivor_of("customer"),
        row_customer=survivor_of("customer", "name"),
        row_changed_at=F("changed_at"),
        row_fingerprint=F("fingerprint"),
        row_invoice_revision_id=_number(),
        row_payment_revision_id=F("revision_id"),
        row_previous_id=F("previous_id"),
        row_is_blocked=is_blocked(CandidatePayment, profile),
    )


def payments_to_send() -> QuerySet[CandidatePayment]:
    """Return the payments never in a live batch and those to be updated, blocked or not.

    Excludes payments that are disputed, removed, on a held invoice, or used up.
    """
    held = Allocation.objects.filter(revision=OuterRef("revision_id"), invoice__is_on_hold=True)
    return _with_what_is_left().filter(~Exists(held), _must_be_sent())


def settled_payments() -> QuerySet[CandidatePayment]:
    """Return the candidates that do not need to be sent, even if held or blocked.

    For example one edited back to what was sent, or refunded in full before its first batch.
    """
    return _with_what_is_left().exclude(_must_be_sent())


def _with_what_is_left() -> QuerySet[CandidatePayment]:
    refunded = _refund_cents(Refund.objects.all())
    netted = _refund_cents(RefundUse.objects.netted())
    return CandidatePayment.objects.annotate(
        row_amount_cents=F("amount_cents")
        - Case(When(previous__isnull=True, then=refunded), default=netted)
    )


def _must_be_sent() -> Q:
    """The condition: some is left, and it is new or changed, or one of its invoices was sent
    later."""
    named = Allocation.objects.filter(
        revision=OuterRef(OuterRef("revision_id")), invoice_revision__isnull=False
    )
    invoice_sent_later = BatchItem.objects.newest().filter(
        invoice__in=named.values("invoice"),
        batch_id__gt=OuterRef("sent_batch_id"),
    )
    differs = Q(previous__isnull=True) | ~Q(sent_fingerprint=F("fingerprint"))
    return Q(row_amount_cents__gt=0) & (differs | Q(Exists(invoice_sent_later)))


@_built_once
def unbatched_refunds(profile: str) -> QuerySet[Refund]:
    """Return the refunds completed after their payment was batched; each is a journal entry.

    A dispute or a held invoice does not exclude them; a removed payment has none.
    """
    used = RefundUse.objects.in_books().filter(refund=OuterRef("pk"))
    removed = Payment.objects.filter(pk=OuterRef("payment_id"), state=Payment.State.REMOVED)
    # Everything else is read through `sent`, so that a statement joins only what it needs.
    return (
        Refund.objects.annotate(sent=_newest_item("payment__batch_items"))
        .filter(~Exists(used), ~Exists(removed), sent__isnull=False)
        .annotate(
            row_kind=Value(Kind.JOURNAL.value, output_field=CharField()),
            row_document=Value("refund", output_field=CharField()),
            row_document_id=F("id"),
            row_number=F("number"),
            row_date=F("date"),
            row_department_id=_payment_department("payment_id"),
            row_department=_payment_department("payment_id", "department__name"),
            row_customer_id=survivor_of("sent__payment__customer"),
            row_customer=survivor_of("sent__payment__customer", "name"),
            row_amount_cents=F("amount_cents"),
            row_changed_at=F("recorded_at"),
            row_fingerprint=Value("", output_field=CharField()),
            row_invoice_revision_id=_number(),
            row_payment_revision_id=F("sent__payment__current_revision_id"),
            row_previous_id=_number(),
            row_is_blocked=is_blocked(Refund, profile),
        )
    )


_SOURCES: Final[Mapping[str, Mapping[str, Callable[[str], QuerySet[Any]]]]] = {
    INVOICES_TAB: {"invoice": unbatched_invoices, "credit_memo": unbatched_credit_memos},
    PAYMENTS_TAB: {"payment": unbatched_payments, "refund": unbatched_refunds},
}
DOCUMENTS: Final = {tab: tuple(found) for tab, found in _SOURCES.items()}
"""Tab → its documents."""


def sources(tab: str, profile: str) -> dict[str, QuerySet[Any]]:
    """Return the two sources of a tab as document → rows, unfiltered and unordered."""
    return {document: build(profile).order_by() for document, build in _SOURCES[tab].items()}


def every_source(profile: str) -> list[QuerySet[Any]]:
    """Return the sources of both tabs, as `sources` does."""
    return [source for tab in TABS for source in sources(tab, profile).values()]
