"""Concurrent actions, each on its own connection: locks order them, nothing is lost.

On PostgreSQL the row locks decide, on SQLite the single writer.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from invoices.models import Invoice
from invoices.services.invoices import cancel_invoice, change_invoice
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_invoice_values,
    make_origin,
)
from payments.balances import left_cents, open_cents
from payments.models import Payment
from payments.tests.factories import make_payment, make_refund
from payments.tests.readings import current, parts
from sera_batching.exceptions import DomainError
from sera_batching.models import User
from sera_batching.origin import Origin
from sera_batching.tests.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)

Act = Callable[[Origin], Any]


def refusals(acts: Sequence[Act], origin: Origin) -> list[str]:
    """Run the acts at the same time; return the message of each refusal, empty for success."""
    # Users cache their permissions, so each action has its own instance.
    users = [User.objects.get(pk=origin.user.pk) for _ in acts]
    results = at_once(
        [
            partial(act, Origin(user=user, channel=origin.channel))
            for act, user in zip(acts, users, strict=True)
        ]
    )
    return [str(result) if isinstance(result, DomainError) else "" for result in results]


def the_invoice(invoice: Invoice) -> Invoice:
    return Invoice.objects.select_related("customer").get(pk=invoice.pk)


def test_payments_at_once_do_not_take_the_same_room() -> None:
    origin = make_origin()
    invoice = make_invoice("10", total=10000, origin=origin)

    def pay(own: Origin) -> None:
        make_payment(invoice=the_invoice(invoice), amount=3000, origin=own)

    results = refusals([pay] * 6, origin)
    assert sorted(results) == [
        "",
        "",
        "",
        *["30.00 is more than the 10.00 open on invoice 10."] * 3,
    ]
    assert open_cents(invoice) == 1000


def test_refunds_at_once_do_not_exceed_the_payment() -> None:
    origin = make_origin()
    payment = make_payment("P-1", amount=10000, origin=origin)

    def refund(own: Origin) -> None:
        make_refund(payment=Payment.objects.get(pk=payment.pk), amount=6000, origin=own)

    results = refusals([refund] * 4, origin)
    message = "60.00 is more than the 40.00 left of payment P-1."
    assert sorted(results) == ["", *[message] * 3]
    assert left_cents(payment) == 4000


def test_invoices_frozen_at_once_both_move_the_payment_on_both(
    caplog: pytest.LogCaptureFixture,
) -> None:
    origin = make_origin()
    customer = make_customer(origin=origin)
    invoices = [
        make_invoice(number, customer=customer, total=10000, origin=origin)
        for number in ("10", "20", "30", "40")
    ]
    payment = make_payment(
        allocations=tuple((invoice, 1000) for invoice in invoices), origin=origin
    )

    def change(invoice: Invoice) -> Act:
        return lambda own: change_invoice(
            invoice=the_invoice(invoice),
            values=make_invoice_values(12000),
            reason="x",
            origin=own,
        )

    assert refusals([change(invoice) for invoice in invoices], origin) == [""] * 4
    assert current(payment).sequence == 5
    assert parts(payment) == [
        (1, "10", 2, 1000),
        (2, "20", 2, 1000),
        (3, "30", 2, 1000),
        (4, "40", 2, 1000),
    ]
    # They wait for each other, and none is a deadlock's victim.
    assert "was given up" not in caplog.text


def test_a_change_of_the_same_invoice_at_once_loses_none() -> None:
    origin = make_origin()
    invoice = make_invoice(total=10000, origin=origin)
    payment = make_payment(invoice=invoice, amount=1000, origin=origin)

    def change(total: int) -> Act:
        return lambda own: change_invoice(
            invoice=the_invoice(invoice),
            values=make_invoice_values(total),
            reason="x",
            origin=own,
        )

    assert refusals([change(20000 + one) for one in range(4)], origin) == [""] * 4
    invoice.refresh_from_db()
    assert list(invoice.revisions.values_list("sequence", flat=True)) == [1, 2, 3, 4, 5]
    assert invoice.current_revision == invoice.revisions.last()
    assert parts(payment) == [(1, invoice.number, 5, 1000)]


def test_an_invoice_is_paid_or_cancelled_never_both() -> None:
    origin = make_origin()
    invoice = make_invoice("10", total=10000, origin=origin)
    acts: list[Act] = [
        lambda own: make_payment("P-1", invoice=the_invoice(invoice), amount=100, origin=own),
        lambda own: cancel_invoice(invoice=the_invoice(invoice), reason="x", origin=own),
    ]
    results = refusals(acts, origin)
    invoice.refresh_from_db()
    if invoice.status == Invoice.Status.CANCELLED:
        assert results == ["Invoice 10 is cancelled: no payment can be allocated to it.", ""]
        assert Payment.objects.count() == 0
    else:
        message = (
            "Invoice 10 cannot be cancelled while it holds money that has not been refunded: "
            "payment P-1 (1.00). Refund, reallocate or remove it first."
        )
        assert results == ["", message]
        assert Payment.objects.count() == 1


def test_one_number_at_once_is_one_payment() -> None:
    origin = make_origin()
    customer = make_customer(origin=origin)
    results = refusals([lambda own: make_payment("P-1", customer=customer, origin=own)] * 4, origin)
    assert results.count("") == 1
    assert set(results) <= {
        "",
        "Payment P-1 already exists.",
        "Someone else has just made the same change. Review it, then try again.",
    }
    assert Payment.objects.get().number == "P-1"
