"""What the records of payments and refunds do."""

from typing import Any

import pytest

from feed.tests.feeding import BASE, customer, feed, invoice, payment, payment_action, refund
from payments.models import Allocation, Payment, PaymentRevision, Refund

pytestmark = pytest.mark.django_db


def allocations() -> list[tuple[int, str, bool, int]]:
    """Every allocation: its revision's sequence, invoice, whether it names the invoice, cents."""
    return [
        (one.revision.sequence, one.invoice.number, one.invoice_revision_id is not None, cents)
        for one in Allocation.objects.order_by("id").select_related("revision", "invoice")
        for cents in [one.amount_cents]
    ]


def sources() -> list[str]:
    return list(PaymentRevision.objects.order_by("id").values_list("source", flat=True))


def test_a_payment_is_taken_with_its_source() -> None:
    assert feed(*BASE, invoice(), payment(memo="a\nb")).counts == (5, 0, 0, 0)
    revision = PaymentRevision.objects.get()
    assert (revision.amount_cents, revision.method, revision.reference, revision.memo) == (
        16238,
        "card",
        "4242",
        "a\nb",
    )
    assert (revision.date.isoformat(), revision.source) == ("2026-11-03", "march.jsonl:5")
    assert allocations() == [(1, "10023", True, 16238)]
    assert feed(payment(memo="a\nb")).counts == (0, 0, 1, 0)


def test_a_deposit_a_split_and_a_rest() -> None:
    fed = feed(
        *BASE,
        invoice("1"),
        invoice("2"),
        payment("P-1", allocations=[]),
        payment(
            "P-2",
            amount="200.00",
            allocations=[{"invoice": "2", "amount": "20.00"}, {"invoice": "1", "amount": "0.01"}],
        ),
    )
    assert fed.counts == (7, 0, 0, 0)
    assert allocations() == [(1, "2", True, 2000), (1, "1", True, 1)]


def test_an_allocation_to_an_invoice_never_finalized_becomes_named_when_it_is() -> None:
    feed(*BASE, invoice(status="pending"), payment())
    assert allocations() == [(1, "10023", False, 16238)]
    feed(invoice())
    assert allocations()[1:] == [(2, "10023", True, 16238)]


def test_an_invoice_only_unlocked_keeps_its_number_on_the_payment() -> None:
    feed(*BASE, invoice(), payment())
    feed(invoice(status="pending"))
    feed(payment(reference="4343"))
    assert allocations()[1:] == [(2, "10023", True, 16238)]


def test_a_payment_sent_again_with_other_content_is_changed() -> None:
    feed(*BASE, invoice(), payment())
    assert feed(payment(amount="100.00", allocations=[])).counts == (0, 1, 0, 0)
    assert Payment.objects.get().current_revision.amount_cents == 10000  # type: ignore[union-attr]
    assert sources() == ["march.jsonl:5", "march.jsonl:1"]
    assert feed(payment(amount="100.00", allocations=[], settled=False)).counts == (0, 1, 0, 0)
    assert not Payment.objects.get().is_settled


def test_the_customer_of_a_payment_never_changes() -> None:
    feed(*BASE, customer("C-2"), invoice(), payment())
    assert feed(payment(customer="C-2", job=None, allocations=[])).problem == (
        1,
        "customer",
        (
            "payment P-900 belongs to another customer, and that can't change; send it with "
            "its own customer"
        ),
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"allocations": [{"invoice": "10023", "amount": "162.39"}]},
            "The allocations, 162.39, exceed the payment, 162.38.",
        ),
        (
            {"amount": "500.00", "allocations": [{"invoice": "10023", "amount": "162.39"}]},
            "162.39 is more than the 162.38 open on invoice 10023.",
        ),
        (
            {"allocations": [{"invoice": "10023", "amount": "1.00"}] * 2},
            "An invoice appears twice: a payment has one allocation per invoice.",
        ),
        (
            {"allocations": [{"invoice": "10024", "amount": "1.00"}]},
            "Invoice 10024 belongs to another customer, not to Jane Doe (C-1001).",
        ),
    ],
)
def test_a_payment_that_does_not_fit_is_refused(changes: dict[str, Any], reason: str) -> None:
    feed(*BASE, customer("C-2"), invoice(), invoice("10024", customer="C-2", job=None))
    assert feed(payment(**changes)).problem == (1, "record", reason)
    assert not Payment.objects.exists()


def test_a_second_payment_sees_what_the_first_one_left_open() -> None:
    fed = feed(*BASE, invoice(), payment("P-1"), payment("P-2"))
    assert fed.counts == (5, 0, 0, 1)
    assert fed.problem == (6, "record", "162.38 is more than the 0.00 open on invoice 10023.")


@pytest.mark.parametrize(
    ("action", "state"), [("remove", "removed"), ("dispute", "disputed"), ("restore", "active")]
)
def test_a_payment_action_that_is_already_so_changes_nothing(action: str, state: str) -> None:
    feed(*BASE, invoice(), payment())
    if action == "restore":
        feed(payment_action("dispute"))
    assert feed(payment_action(action)).counts == (0, 1, 0, 0)
    assert Payment.objects.get().state == state
    assert feed(payment_action(action)).counts == (0, 0, 1, 0)


def test_a_removed_payment_is_unchanged_by_its_record_and_refuses_another() -> None:
    feed(*BASE, invoice(), payment(), payment_action("remove"))
    assert feed(payment()).counts == (0, 0, 1, 0)
    assert feed(payment(memo="x")).problem == (
        1,
        "record",
        "Payment P-900 was removed and can't be changed.",
    )
    assert feed(refund()).problem == (
        1,
        "record",
        "Payment P-900 was removed, so there is nothing to refund.",
    )


def test_an_action_on_an_unknown_payment_is_refused() -> None:
    assert feed(payment_action("dispute")).problem == (
        1,
        "payment",
        "there is no payment “P-900”; send it on an earlier line, or correct this",
    )


def test_a_refund_is_recorded_once_and_never_changes() -> None:
    assert feed(*BASE, invoice(), payment(), refund()).counts == (6, 0, 0, 0)
    found = Refund.objects.get()
    assert (found.number, found.payment.number, found.amount_cents, found.method) == (
        "R-12",
        "P-900",
        5000,
        "card",
    )
    assert (found.date.isoformat(), found.memo, found.source) == (
        "2026-11-05",
        "goodwill",
        "march.jsonl:6",
    )
    assert feed(refund()).counts == (0, 0, 1, 0)
    assert feed(refund(amount="49.00")).problem == (
        1,
        "number",
        (
            "refund R-12 is already recorded with different content and can't change; send "
            "another number"
        ),
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": "162.39"}, "162.39 is more than the 162.38 left of payment P-900."),
        (
            {"date": "2026-11-02"},
            "A refund on 11/02/2026 would be before payment P-900, 11/03/2026.",
        ),
    ],
)
def test_a_refund_that_does_not_fit_is_refused(changes: dict[str, Any], reason: str) -> None:
    feed(*BASE, invoice(), payment())
    assert feed(refund(**changes)).problem == (1, "record", reason)


def test_the_amount_of_a_payment_is_never_below_its_refunds() -> None:
    feed(*BASE, invoice(), payment(), refund())
    assert feed(payment(amount="49.99", allocations=[])).problem == (
        1,
        "record",
        "50.00 of payment P-900 has been refunded, so its amount can't be less.",
    )
