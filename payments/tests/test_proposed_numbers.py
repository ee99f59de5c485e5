"""The suggested number of the next payment, and the open balances for it."""

import pytest

from invoices.services.invoices import void_invoice
from invoices.tests.factories import make_customer, make_invoice, make_origin
from payments.models import Payment
from payments.open_invoices import open_invoices_of
from payments.tests.factories import make_payment
from sera_batching.numbers import propose_number

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("numbers", "proposed"),
    [
        ([], "P-1"),
        (["P-100"], "P-101"),
        (["PAY0099"], "PAY0100"),
        (["P-101", "p-102", "P-100"], "P-103"),
        (["wire"], "wire-1"),
        (["9" * 18], "1" + "0" * 18),
        ([*(f"P-{number}" for number in range(1, 21)), "P-0"], ""),
    ],
)
def test_the_next_number_is_proposed(numbers: list[str], proposed: str) -> None:
    customer, origin = make_customer(), make_origin()
    for number in numbers:
        make_payment(number, customer=customer, origin=origin)
    assert propose_number(Payment.objects.all(), prefix="P-") == proposed


def test_what_is_open_is_offered_and_what_is_asked_for() -> None:
    customer = make_customer()
    paid = make_invoice("10001", customer=customer)
    payment = make_payment(invoice=paid)
    make_invoice("10002", customer=customer, total=7000, finalized=False)
    void_invoice(invoice=make_invoice("10003", customer=customer), note="x", origin=make_origin())
    make_invoice("10004")

    def offered(**options: object) -> list[tuple[str, int]]:
        found = open_invoices_of(customer, **options)  # type: ignore[arg-type]
        return [(one.invoice.number, one.open_cents) for one in found]

    assert offered() == [("10002", 7000)]
    assert offered(always=[paid.pk]) == [("10001", 0), ("10002", 7000)]
    assert offered(without=payment) == [("10001", 15000), ("10002", 7000)]
