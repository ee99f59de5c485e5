"""The Opening batch: what the books had before (feed.md, `batched_before`)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import QuerySet

from accounting.models import OPENING_BATCH_ID, Batch, BatchItem, PaymentRow, RefundUse
from accounting.tests.factories import make_batch
from accounting.unbatched.rows import (
    unbatched_invoices,
    unbatched_payments,
    unbatched_refunds,
)
from feed.tests.feeding import (
    BASE,
    Content,
    batched_before,
    customer,
    feed,
    invoice,
    invoice_action,
    payment,
    payment_action,
    refund,
)
from invoices.models import Invoice
from payments.models import Payment

pytestmark = pytest.mark.django_db

EVERYTHING = (*BASE, invoice(), payment(amount="200.00"), refund())


def kinds(source: Callable[[str], QuerySet[Any]]) -> list[str]:
    """The kinds of the rows of a source of Unbatched."""
    return list(source("online").values_list("row_kind", flat=True))


def test_an_invoice_a_payment_and_a_refund() -> None:
    feed(*EVERYTHING)
    fed = feed(
        batched_before("invoice", "10023"),
        batched_before("payment", "P-900"),
        batched_before("refund", "R-12"),
    )
    assert fed.counts == (0, 3, 0, 0)
    batch = Batch.objects.get()
    assert (batch.pk, batch.name, batch.status) == (OPENING_BATCH_ID, "Opening", "ready")
    assert (batch.document_count, batch.total_cents) == (3, 16238 + 20000 + 5000)
    assert (batch.is_live, batch.has_zip) == (True, False)
    sent, paid, refunded = BatchItem.objects.order_by("id")
    found_invoice, found_payment = Invoice.objects.get(), Payment.objects.get()
    assert (sent.kind, sent.number, sent.amount_cents) == ("invoice_insert", "10023", 16238)
    assert sent.invoice_revision == found_invoice.current_revision
    assert sent.fingerprint == found_invoice.current_revision.fingerprint  # type: ignore[union-attr]
    assert (paid.kind, paid.number, paid.amount_cents) == ("payment_insert", "P-900", 20000)
    assert paid.fingerprint == found_payment.current_revision.fingerprint  # type: ignore[union-attr]
    assert (refunded.kind, refunded.number, refunded.amount_cents) == ("journal", "R-12", 5000)
    assert {item.department.name for item in (sent, paid, refunded) if item.department} == {"HVAC"}
    assert {item.is_newest and item.is_live for item in (sent, paid, refunded)} == {True}
    assert sent.party == paid.party == refunded.party
    assert (sent.party.accounting_key, sent.party.billing_city) == ("Jane Doe", "Austin")


def test_the_rows_of_a_payment_are_those_before_netting_and_capping() -> None:
    feed(*EVERYTHING, batched_before("payment", "P-900"))
    rows = list(PaymentRow.objects.values_list("invoice__number", "amount_cents"))
    assert rows == [("10023", 16238), (None, 3762)]


def test_a_refund_counts_as_a_journal_entry() -> None:
    feed(*EVERYTHING, batched_before("payment", "P-900"), batched_before("refund", "R-12"))
    use = RefundUse.objects.get()
    assert (use.use, use.amount_cents, use.is_live) == ("journal", 5000, True)


def test_nothing_of_it_is_unbatched_any_more() -> None:
    feed(*EVERYTHING)
    feed(batched_before("invoice", "10023"))
    assert kinds(unbatched_invoices) == []
    assert kinds(unbatched_payments) == ["payment_insert"]
    feed(batched_before("payment", "P-900"))
    assert kinds(unbatched_payments) == []
    assert kinds(unbatched_refunds) == ["journal"]
    feed(batched_before("refund", "R-12"))
    assert kinds(unbatched_refunds) == []


def test_a_change_after_it_is_an_update() -> None:
    feed(*EVERYTHING, batched_before("invoice", "10023"))
    feed(invoice(tax=None))
    assert kinds(unbatched_invoices) == ["invoice_update"]


def test_what_is_in_it_already_is_unchanged() -> None:
    feed(*EVERYTHING)
    records = [
        batched_before("invoice", "10023"),
        batched_before("payment", "P-900"),
        batched_before("refund", "R-12"),
    ]
    feed(*records)
    assert feed(*records).counts == (0, 0, 3, 0)
    assert Batch.objects.get().document_count == 3


def test_an_invoice_and_its_payment_have_one_party_each_customer() -> None:
    feed(
        *BASE,
        customer("C-2"),
        invoice("1"),
        invoice("2"),
        invoice("3", customer="C-2", job=None),
        *(batched_before("invoice", number) for number in "123"),
    )
    batch = Batch.objects.get()
    assert sorted(batch.parties.values_list("accounting_key", flat=True)) == [
        "Jane Doe",
        "Jane Doe 2",
    ]
    assert list(batch.items.values_list("number", "position")) == [("1", 1), ("2", 2), ("3", 3)]


def test_an_unlocked_invoice_goes_in_as_last_frozen() -> None:
    feed(*BASE, invoice(), invoice(status="pending", tax=None))
    assert feed(batched_before("invoice", "10023")).counts == (0, 1, 0, 0)
    assert BatchItem.objects.get().amount_cents == 16238


@pytest.mark.parametrize(
    ("records", "kind", "number", "reason"),
    [
        (
            [invoice(status="pending")],
            "invoice",
            "10023",
            (
                "Invoice 10023 was never finalized, so the books can't have it. Send it as "
                "finalized first."
            ),
        ),
        (
            [invoice(), invoice_action("void")],
            "invoice",
            "10023",
            "Invoice 10023 is permanently void.",
        ),
        (
            [invoice(), invoice_action("cancel")],
            "invoice",
            "10023",
            "Invoice 10023 is permanently cancelled.",
        ),
        (
            [invoice(), payment(), payment_action("remove")],
            "payment",
            "P-900",
            "Payment P-900 was removed, so the books can't have it.",
        ),
        (
            [invoice(), payment(), refund()],
            "refund",
            "R-12",
            (
                "The books didn't have payment P-900 of refund R-12 before. Send "
                "batched_before for the payment first."
            ),
        ),
    ],
)
def test_what_the_books_cannot_hold_is_refused(
    records: list[Content], kind: str, number: str, reason: str
) -> None:
    feed(*BASE, *records)
    assert feed(batched_before(kind, number)).problem == (1, "record", reason)
    assert not BatchItem.objects.exists()


def test_a_refund_of_a_payment_of_a_later_batch_is_refused() -> None:
    feed(*BASE, invoice(), payment())
    later = make_batch(is_built=False)
    feed(refund())
    assert feed(batched_before("refund", "R-12")).problem == (
        1,
        "record",
        (
            "The books didn't have payment P-900 of refund R-12 before. Send batched_before "
            "for the payment first."
        ),
    )
    assert not later.items.filter(kind="journal").exists()
    assert kinds(unbatched_refunds) == ["journal"]


def test_an_unknown_document_is_refused() -> None:
    assert feed(batched_before("refund", "R-9")).problem == (
        1,
        "number",
        "there is no refund “R-9”; send it on an earlier line, or correct this",
    )
