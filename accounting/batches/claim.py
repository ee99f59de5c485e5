"""Writing a batch from its draft, in a constant number of statements whatever its size.

It takes a snapshot of what is not part of a revision and could change: settings, customers, the
rows of payments after netting and capping, the refunds netted in them, the warnings (domain.md §2).
"""

from typing import Any, Final

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Window
from django.db.models.functions import Coalesce, RowNumber

from accounting.batches.payment_rows import allocate_constrained_payments, write_payment_rows
from accounting.batches.settings import settings_of
from accounting.batches.warnings.find import find_warnings, write_warnings
from accounting.models import (
    Batch,
    BatchItem,
    BatchParty,
    Draft,
    DraftItem,
    Finding,
    Kind,
    PaymentRow,
    RefundUse,
)
from accounting.models.kinds import PAYMENT_KINDS, PAYMENTS_TAB_KINDS
from invoices.models import Customer, Department
from payments.models import Refund
from sera_batching.database.sql import insert_from, refresh_statistics
from sera_batching.exceptions import Refused
from sera_batching.models import Company
from sera_batching.origin import Origin

_PARTY_FIELDS: Final = tuple(
    field.name
    for field in BatchParty._meta.concrete_fields
    if field.name not in ("id", "batch", "customer")
)


def claim(draft: Draft, name: str, origin: Origin) -> Batch:
    """Write the batch and everything it holds, in the caller's transaction.

    The caller holds the exclusive books lock, and nothing in the draft has changed. Raises Refused
    when the rows of a payment do not add up, which would be a bug in this program.
    """
    company = Company.current()
    allocated = allocate_constrained_payments(draft)
    warnings = find_warnings(draft, allocated, company.profile)
    totals = draft.items.aggregate(count=Count("pk"), cents=Coalesce(Sum("amount_cents"), 0))
    batch = Batch.objects.create(
        name=name,
        draft_id=draft.pk,
        created_by=origin.user,
        company_settings=settings_of(company).to_json(),
        filters=draft.filters,
        document_count=totals["count"],
        total_cents=totals["cents"],
    )
    _snapshot_parties(batch, draft)
    refresh_statistics(BatchParty, keys_only=True)
    superseded = draft.items.filter(previous__isnull=False).values("previous_id")
    BatchItem.objects.filter(pk__in=superseded).update(is_newest=False)
    _write_items(batch, draft)
    refresh_statistics(BatchItem, keys_only=True)
    if not draft.kinds().isdisjoint(PAYMENTS_TAB_KINDS):
        _use_refunds(batch)
        write_payment_rows(batch, draft, allocated)
        refresh_statistics(PaymentRow, keys_only=True)
        _verify(batch)
    write_warnings(batch, warnings)
    return batch


def _snapshot_parties(batch: Batch, draft: Draft) -> None:
    customers = Customer.objects.filter(pk__in=draft.items.values("customer_id"))
    snapshot_parties(batch, customers)


def snapshot_parties(batch: Batch, customers: QuerySet[Customer]) -> None:
    """Freeze key, e-mail and addresses of the customers for this batch; one statement.

    An e-mail address that fails check 20 is left out, so that no file has it.
    """
    has_bad_email = Finding.objects.filter(customer=OuterRef("pk"), check_code="20")
    email = Case(When(Exists(has_bad_email), then=Value("")), default=F("email"))
    insert_from(
        BatchParty,
        customers,
        {
            "batch": batch,
            "customer": F("pk"),
            **{name: F(name) for name in _PARTY_FIELDS},
            "email": email,
        },
    )


def _write_items(batch: Batch, draft: Draft) -> None:
    departments = list(Department.objects.all())
    party = FilteredRelation("customer__parties", condition=Q(customer__parties__batch=batch))
    place = Window(RowNumber(), partition_by="kind", order_by=["date", "number", "pk"])
    insert_from(
        BatchItem,
        DraftItem.objects.filter(draft=draft).annotate(party=party),
        {
            "batch": batch,
            "kind": F("kind"),
            "position": place,
            "party": F("party__pk"),
            "customer": F("customer_id"),
            "department": F("department_id"),
            "department_name": _of_department(departments, "name"),
            "class_name": _of_department(departments, "default_class"),
            "number": F("number"),
            "date": F("date"),
            "amount_cents": F("amount_cents"),
            "fingerprint": F("fingerprint"),
            "invoice": F("invoice_id"),
            "invoice_revision": F("invoice_revision_id"),
            "payment": F("payment_id"),
            "payment_revision": F("payment_revision_id"),
            "refund": F("refund_id"),
            "credit_memo": F("credit_memo_id"),
            "previous": F("previous_id"),
            "is_live": True,
            "is_newest": True,
        },
    )


def _of_department(departments: list[Department], field: str) -> Case:
    """Return an expression for each item's department name; departments are few enough to list."""
    texts = [(one.pk, Value(getattr(one, field))) for one in departments]
    return Case(*(When(department_id=pk, then=text) for pk, text in texts), default=Value(""))


def _use_refunds(batch: Batch) -> None:
    """Record how each refund reached the books with this batch (domain.md §3)."""
    used = RefundUse.objects.in_books().filter(refund=OuterRef("pk"))
    free = Refund.objects.filter(~Exists(used))
    of_insert = BatchItem.objects.filter(
        batch=batch, kind=Kind.PAYMENT_INSERT, payment=OuterRef("payment_id")
    ).values("pk")
    insert_from(
        RefundUse,
        free.annotate(item_id=of_insert[:1]).filter(item_id__isnull=False),
        _refund_use(RefundUse.Use.NETTED, refund=F("pk")),
    )
    of_journal = BatchItem.objects.filter(batch=batch, refund=OuterRef("pk")).values("pk")
    insert_from(
        RefundUse,
        Refund.objects.annotate(item_id=of_journal[:1]).filter(item_id__isnull=False),
        _refund_use(RefundUse.Use.JOURNAL, refund=F("pk")),
    )
    of_update = BatchItem.objects.filter(
        batch=batch, kind=Kind.PAYMENT_UPDATE, payment=OuterRef("payment_id")
    ).values("pk")
    insert_from(
        RefundUse,
        RefundUse.objects.netted()
        .annotate(update_item_id=of_update[:1])
        .filter(update_item_id__isnull=False),
        {
            **_refund_use(RefundUse.Use.RESTATED, refund=F("refund_id")),
            "item": F("update_item_id"),
        },
    )


def _refund_use(use: str, *, refund: F) -> dict[str, Any]:
    return {
        "item": F("item_id"),
        "refund": refund,
        "payment": F("payment_id"),
        "use": use,
        "amount_cents": F("amount_cents"),
        "is_live": True,
    }


def _verify(batch: Batch) -> None:
    """Check 13 on the rows written: each payment's rows add up to its amount."""
    zero = Value(0, output_field=BigIntegerField())
    in_rows = (
        PaymentRow.objects.filter(item=OuterRef("pk"))
        .order_by()
        .values("item_id")
        .annotate(cents=Sum("amount_cents"))
        .values("cents")
    )
    wrong = (
        BatchItem.objects.filter(batch=batch, kind__in=PAYMENT_KINDS)
        .annotate(row_cents=Coalesce(in_rows, zero, output_field=BigIntegerField()))
        .exclude(row_cents=F("amount_cents"))
        .values_list("number", flat=True)
    )
    if numbers := list(wrong[:10]):
        raise Refused(
            f"The rows of payment {', '.join(numbers)} do not add up to its amount. "
            "Nothing was batched; please report this."
        )
