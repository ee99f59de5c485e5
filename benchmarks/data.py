"""A company's books made in bulk: valid down to the fingerprints, so that `check_books` is clean.

Open documents are new and unbatched. Documents *in the books* stand in the Opening batch; of those
invoices each hundredth was changed since, so that it is unbatched again, as an update.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, F, OuterRef, Subquery, Sum, Value
from django.db.models.expressions import Window
from django.db.models.functions import Coalesce, RowNumber

from accounting.models import OPENING_BATCH_ID, Batch, BatchItem, BatchParty, Kind, PaymentRow
from accounting.services.claiming import take_down_parties
from accounting.services.company_settings import settings_of
from accounting.services.findings import check_customers, check_stored_invoices
from accounting.services.layout import BLANK_ROW_POSITION
from benchmarks.loading import Cell, Table, analyze, filled
from invoices.fingerprints import invoice_fingerprint
from invoices.models import Customer, Department, Invoice, InvoiceLine, InvoiceRevision
from invoices.services.values import InvoiceValues, LineValues
from payments.fingerprints import RowContent, payment_fingerprint
from payments.models import Allocation, Payment, PaymentRevision, Refund
from sera_batching.models import Company, User
from sera_batching.models.users import OPERATIONS_USERNAME
from sera_batching.origin import Origin
from sera_batching.sql import insert_from

DEPARTMENTS: Final = ("HVAC", "Plumbing", "Electrical", "Sewer", "Water")
ITEMS: Final = ("Plumbing:Repair", "Labor", "Parts", "HVAC:Tune up")
METHODS: Final = ("card", "check", "ach", "cash")
FIRST_DAY: Final = date(2025, 1, 1)
DAYS: Final = 300
FROZEN_AT: Final = "2026-01-05 12:00:00"
CHANGED_AT: Final = "2026-01-06 12:00:00"
INVOICES_A_CUSTOMER: Final = 5

# Every so manieth document is special; primes, so that they meet in all ways.
CHANGED: Final = 100
"""Of the invoices in the books: edited since."""
INEXACT: Final = 97
"""A line's quantity times rate is not its amount: a warning."""
LONG_NUMBER: Final = 997
"""An invoice number that QuickBooks does not take: blocked."""
BAD_KEY: Final = 499
"""Of the customers: an accounting key with a colon, so all of theirs is blocked."""
REFUNDED: Final = 101
PARTLY_PAID: Final = 11
OVERPAID: Final = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many documents there are; `lines` are those of an open invoice."""

    invoices: int
    payments: int
    lines: int = 5
    batched_invoices: int = 0
    batched_payments: int = 0

    @property
    def customers(self) -> int:
        return max(1, (self.invoices + self.batched_invoices) // INVOICES_A_CUSTOMER)


@dataclass(frozen=True, slots=True)
class _Sent:
    """What a payment needs to know of an invoice."""

    number: str
    revision_id: int
    fingerprint: str
    total_cents: int


def operations_origin() -> Origin:
    """Return the user that commands act as; may do everything."""
    return Origin(user=User.objects.get(username=OPERATIONS_USERNAME))


@transaction.atomic
def make_books(size: Size) -> None:
    """Fill an empty database; RuntimeError, and nothing written, if it has documents."""
    require_empty_books()
    user = operations_origin().user
    _make_parties(size)
    invoices = _make_invoices(size, user.pk)
    _make_payments(size, user.pk, invoices)
    _keep_findings()
    if size.batched_invoices or size.batched_payments:
        _make_opening_batch(size, user)
    analyze()


def require_empty_books() -> None:
    """Raise RuntimeError for a database that is somebody's."""
    for model in (Customer, Invoice, Payment, Batch):
        if model._default_manager.exists():
            raise RuntimeError("This database has documents; benchmarks fill a scratch one only.")


def _make_parties(size: Size) -> None:
    departments = Table(
        Department, "id", "name", "timezone", "default_item", "default_class", "terms", "fed_digest"
    )
    customers = Table(
        Customer,
        *("id", "number", "name", "accounting_key", "email", "created_at", "fed_digest"),
        *("billing_line1", "billing_line2", "billing_city", "billing_state"),
        *("billing_postal_code", "billing_country"),
        *("service_line1", "service_line2", "service_city", "service_state"),
        *("service_postal_code", "service_country"),
    )
    with filled(departments, customers):
        for pk, name in enumerate(DEPARTMENTS, 1):
            departments.add(pk, name, "America/Chicago", "Labor", name, "Net 30", "")
        for pk in range(1, size.customers + 1):
            key = f"Customer: {pk}" if pk % BAD_KEY == 0 else f"Customer {pk}"
            address = (f"{pk % 9_999} Main Street", "", "Springfield", "IL", f"{pk % 99_999:05d}")
            customers.add(
                *(pk, f"C-{pk:07d}", f"Customer {pk}", key, f"customer{pk}@example.com"),
                *(FROZEN_AT, "", *address, "", "", "", "", "", "", ""),
            )


def _make_invoices(size: Size, user_id: int) -> list[_Sent]:
    """Write the invoices, those in the books first; return what was sent, or would be, of each."""
    heads = Table(
        Invoice,
        *("id", "number", "customer", "status", "hold_note", "current_revision"),
        *("created_at", "fed_digest"),
    )
    revisions = Table(
        InvoiceRevision,
        *("id", "invoice", "sequence", "department", "date", "due_date", "terms", "memo"),
        *("message", "tax_name", "tax_rate", "tax_cents", "subtotal_cents", "total_cents"),
        *("fingerprint", "frozen_at", "frozen_by", "reason", "source"),
    )
    lines = Table(
        InvoiceLine,
        *("revision", "position", "item", "description", "quantity", "rate", "amount_cents"),
        *("is_taxable", "class_name"),
    )
    departments = list(Department.objects.order_by("pk"))
    invoices: list[_Sent] = []
    revision_id = 0
    with filled(heads, revisions, lines):
        for pk in range(1, size.batched_invoices + size.invoices + 1):
            is_batched = pk <= size.batched_invoices
            count = 1 if is_batched else size.lines
            forms = 2 if is_batched and pk % CHANGED == 0 else 1
            for sequence in range(1, forms + 1):
                revision_id += 1
                values = _invoice_values(pk, count, departments, is_changed=sequence > 1)
                fingerprint = invoice_fingerprint(values)
                revisions.add(
                    *(revision_id, pk, sequence, _id_of(values.department)),
                    *(values.date.isoformat(), values.due_date.isoformat(), values.terms),
                    *(values.memo, values.message, values.tax_name, str(values.tax_rate)),
                    *(values.tax_cents, values.subtotal_cents, values.total_cents, fingerprint),
                    *(CHANGED_AT if sequence > 1 else FROZEN_AT, user_id, "", ""),
                )
                for row in _line_rows(revision_id, values.lines):
                    lines.add(*row)
            number = f"INV-{pk:07d}"
            if not is_batched and pk % LONG_NUMBER == 0:
                number += "-OF-THE-OLD-SYSTEM"
            customer_id = _customer_of(pk, size)
            heads.add(pk, number, customer_id, "finalized", "", revision_id, FROZEN_AT, "")
            invoices.append(_Sent(number, revision_id, fingerprint, values.total_cents))
    return invoices


def _id_of(department: Department | None) -> int | None:
    return department.pk if department else None


def _customer_of(invoice_id: int, size: Size) -> int:
    return invoice_id % size.customers + 1


def _invoice_values(
    pk: int, line_count: int, departments: list[Department], *, is_changed: bool
) -> InvoiceValues:
    day = FIRST_DAY + timedelta(days=pk % DAYS)
    lines = tuple(_line_values(pk, position) for position in range(line_count))
    return InvoiceValues(
        department=None if pk % 50 == 0 else departments[pk % len(departments)],
        date=day,
        due_date=day + timedelta(days=30),
        terms="Net 30",
        memo=f"Job {pk}, {'changed' if is_changed else 'water heater'}",
        tax_name="IL Sales Tax",
        tax_rate=Decimal("6.25"),
        tax_cents=sum(line.amount_cents for line in lines) // 16,
        lines=lines,
    )


def _line_values(pk: int, position: int) -> LineValues:
    quantity = (pk + position) % 4 + 1
    cents = 2_500 + (pk * 7 + position * 131) % 40_000
    return LineValues(
        item=ITEMS[(pk + position) % len(ITEMS)],
        description=f"What was done, text {(pk + position) % 300}",
        quantity=Decimal(quantity),
        rate=Decimal(cents).scaleb(-2),
        amount_cents=quantity * cents - (1 if position == 0 and pk % INEXACT == 0 else 0),
        is_taxable=True,
        class_name=DEPARTMENTS[pk % len(DEPARTMENTS)],
    )


def _line_rows(revision_id: int, lines: tuple[LineValues, ...]) -> Iterator[tuple[Cell, ...]]:
    for position, line in enumerate(lines, 1):
        yield (
            *(revision_id, position, line.item, line.description, str(line.quantity)),
            *(str(line.rate), line.amount_cents, int(line.is_taxable), line.class_name),
        )


@dataclass(frozen=True, slots=True)
class _Paid:
    """What a payment holds: its cents, and (invoice id, cents) of each part."""

    customer_id: int
    amount_cents: int
    parts: tuple[tuple[int, int], ...]


def _make_payments(size: Size, user_id: int, invoices: list[_Sent]) -> None:
    heads = Table(
        Payment, "id", "number", "customer", "state", "current_revision", "created_at", "fed_digest"
    )
    revisions = Table(
        PaymentRevision,
        *("id", "payment", "sequence", "date", "method", "reference", "memo", "amount_cents"),
        *("first_invoice", "fingerprint", "frozen_at", "frozen_by", "reason", "source"),
    )
    allocations = Table(
        Allocation, "revision", "position", "invoice", "invoice_revision", "amount_cents"
    )
    refunds = Table(
        Refund,
        *("number", "payment", "date", "amount_cents", "method", "memo", "recorded_at"),
        *("recorded_by", "source", "fed_digest"),
    )
    with filled(heads, revisions, allocations, refunds):
        for pk in range(1, size.batched_payments + size.payments + 1):
            paid = _paid_by(pk, size, invoices)
            day = FIRST_DAY + timedelta(days=(pk + 20) % DAYS)
            method, reference = METHODS[pk % len(METHODS)], f"{pk:08d}"
            heads.add(pk, f"PAY-{pk:07d}", paid.customer_id, "active", pk, FROZEN_AT, "")
            revisions.add(
                *(pk, pk, 1, day.isoformat(), method, reference, "", paid.amount_cents),
                paid.parts[0][0] if paid.parts else None,
                payment_fingerprint(
                    date=day,
                    method=method,
                    reference=reference,
                    memo="",
                    rows=_rows_of(paid, invoices),
                ),
                *(FROZEN_AT, user_id, "", ""),
            )
            for position, (invoice_id, cents) in enumerate(paid.parts, 1):
                allocations.add(
                    pk, position, invoice_id, invoices[invoice_id - 1].revision_id, cents
                )
            if pk % REFUNDED == 0:
                refunds.add(
                    *(f"REF-{pk:07d}", pk, (day + timedelta(days=3)).isoformat(), 1_000, method),
                    *("", FROZEN_AT, user_id, "", ""),
                )


def _paid_by(pk: int, size: Size, invoices: list[_Sent]) -> _Paid:
    """Return what a payment is for: each pays the invoice of its place, if there is one.

    A changed invoice has none, or its payment had changed with it.
    """
    is_batched = pk <= size.batched_payments
    place = pk if is_batched else pk - size.batched_payments
    invoice_id = place if is_batched else size.batched_invoices + place
    last = size.batched_invoices if is_batched else size.batched_invoices + size.invoices
    if invoice_id > last or (is_batched and invoice_id % CHANGED == 0):
        return _Paid(place % size.customers + 1, 5_000, ())
    total = invoices[invoice_id - 1].total_cents
    cents = total // 2 if pk % PARTLY_PAID == 0 else total
    parts = [(invoice_id, cents)]
    # The customer's next invoice goes along if no payment of its own pays it.
    unpaid_id = invoice_id + size.customers
    if not is_batched and place + size.customers > size.payments and unpaid_id <= last:
        parts.append((unpaid_id, invoices[unpaid_id - 1].total_cents))
    amount = sum(part for _, part in parts) + (5_000 if pk % OVERPAID == 0 else 0)
    return _Paid(_customer_of(invoice_id, size), amount, tuple(parts))


def _rows_of(paid: _Paid, invoices: list[_Sent]) -> list[RowContent]:
    rows: list[RowContent] = [
        (invoices[invoice_id - 1].number, invoices[invoice_id - 1].fingerprint, cents)
        for invoice_id, cents in paid.parts
    ]
    rest = paid.amount_cents - sum(cents for _, cents in paid.parts)
    return [*rows, (None, None, rest)] if rest else rows


def _keep_findings() -> None:
    """Run the real checks on the documents that were made to fail them."""
    check_customers(list(Customer.objects.filter(accounting_key__contains=":")))
    suspects = InvoiceRevision.objects.alias(
        inexact=F("invoice_id") % INEXACT, long_number=F("invoice_id") % LONG_NUMBER
    )
    for condition in ({"inexact": 0}, {"long_number": 0}):
        rest = suspects.filter(**condition)
        if "long_number" in condition:
            rest = rest.exclude(inexact=0)
        check_stored_invoices(list(rest))


def _make_opening_batch(size: Size, user: User) -> None:
    batch = Batch.objects.create(
        pk=OPENING_BATCH_ID,
        name="Opening",
        status=Batch.Status.READY,
        created_by=user,
        company_settings=settings_of(Company.current()).to_json(),
    )
    take_down_parties(batch, Customer.objects.all())
    _put_in(
        batch,
        InvoiceRevision.objects.filter(invoice__lte=size.batched_invoices, sequence=1),
        document="invoice",
        kind=Kind.INVOICE_INSERT,
        amount="total_cents",
        department=F("department_id"),
    )
    of_invoice = InvoiceRevision.objects.filter(invoice=OuterRef("first_invoice_id"), sequence=1)
    _put_in(
        batch,
        PaymentRevision.objects.filter(payment__lte=size.batched_payments),
        document="payment",
        kind=Kind.PAYMENT_INSERT,
        amount="amount_cents",
        department=Subquery(of_invoice.values("department_id")),
    )
    _write_payment_rows(batch)
    totals = batch.items.aggregate(count=Count("pk"), cents=Sum("amount_cents"))
    Batch.objects.filter(pk=batch.pk).update(
        document_count=totals["count"], total_cents=totals["cents"]
    )


def _put_in(
    batch: Batch, revisions: Any, *, document: str, kind: str, amount: str, department: Any
) -> None:
    customer = F(f"{document}__customer_id")
    party = BatchParty.objects.filter(
        batch=batch, customer=OuterRef(f"{document}__customer_id")
    ).values("pk")
    insert_from(
        BatchItem,
        revisions,
        {
            "batch": batch,
            "kind": kind,
            "position": Window(RowNumber(), order_by="pk"),
            "party": Subquery(party),
            "customer": customer,
            "department": department,
            "department_name": "",
            "class_name": "",
            "number": F(f"{document}__number"),
            "date": F("date"),
            "amount_cents": F(amount),
            "fingerprint": F("fingerprint"),
            document: F(f"{document}_id"),
            f"{document}_revision": F("pk"),
            "is_live": True,
            "is_newest": True,
        },
    )


def _write_payment_rows(batch: Batch) -> None:
    items = BatchItem.objects.filter(batch=batch, kind=Kind.PAYMENT_INSERT)
    insert_from(
        PaymentRow,
        items.filter(payment_revision__allocations__isnull=False),
        {
            "item": F("pk"),
            "position": F("payment_revision__allocations__position"),
            "invoice": F("payment_revision__allocations__invoice_id"),
            "amount_cents": F("payment_revision__allocations__amount_cents"),
        },
    )
    named = (
        Allocation.objects.filter(revision=OuterRef("payment_revision_id"))
        .order_by()
        .values("revision_id")
        .annotate(cents=Sum("amount_cents"))
        .values("cents")
    )
    rest = items.annotate(rest_cents=F("amount_cents") - Coalesce(named, Value(0)))
    insert_from(
        PaymentRow,
        rest.filter(rest_cents__gt=0),
        {"item": F("pk"), "position": BLANK_ROW_POSITION, "amount_cents": F("rest_cents")},
    )
