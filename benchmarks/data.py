"""A company's books made in bulk: valid down to the fingerprints, so that `check_books` is clean.

Unbatched documents are new. Documents *in the books* stand in the Opening batch; of those
invoices each hundredth was changed since, so that it is unbatched again, as an update.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F

from accounting.checks.findings import check_customers, check_stored_invoices
from accounting.models import Batch
from benchmarks.loading import Cell, Table, filled, triggers_lifted
from benchmarks.opening import make_opening_batch
from benchmarks.payments import make_payments
from benchmarks.sizes import (
    BAD_KEY,
    CHANGED,
    CHANGED_AT,
    DAYS,
    DEPARTMENTS,
    FIRST_DAY,
    FROZEN_AT,
    INEXACT,
    ITEMS,
    LONG_NUMBER,
    Sent,
    Size,
    customer_of,
)
from invoices.fingerprints import invoice_fingerprint
from invoices.models import Customer, Department, Invoice, InvoiceLine, InvoiceRevision
from invoices.services.values import InvoiceValues, LineValues
from payments.models import Payment
from sera_batching.models import User
from sera_batching.models.users import OPERATIONS_USERNAME
from sera_batching.origin import Origin


def operations_origin() -> Origin:
    """Return the user that commands act as; may do everything."""
    return Origin(user=User.objects.get(username=OPERATIONS_USERNAME))


@transaction.atomic
def make_books(size: Size) -> None:
    """Fill an empty database; RuntimeError, and nothing written, if it has documents."""
    require_empty_books()
    user = operations_origin().user
    with triggers_lifted():
        _make_parties(size)
        invoices = _make_invoices(size, user.pk)
        make_payments(size, user.pk, invoices)
        _keep_findings()
        if size.batched_invoices or size.batched_payments:
            make_opening_batch(size, user)


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


def _make_invoices(size: Size, user_id: int) -> list[Sent]:
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
    invoices: list[Sent] = []
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
            customer_id = customer_of(pk, size)
            heads.add(pk, number, customer_id, "finalized", "", revision_id, FROZEN_AT, "")
            invoices.append(Sent(number, revision_id, fingerprint, values.total_cents))
    return invoices


def _id_of(department: Department | None) -> int | None:
    return department.pk if department else None


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
