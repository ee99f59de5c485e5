"""Refunds: at most what is left, never before the payment, immutable (domain.md §7; feed.md)."""

import datetime

import pytest

from invoices.tests.factories import make_origin
from invoices.tests.signal_log import signals_sent
from payments.balances import left_cents, refunded_cents
from payments.models import Payment, Refund
from payments.services.payments import dispute_payment, remove_payment
from payments.signals import refund_recorded
from payments.tests.factories import make_payment, make_refund
from sera_batching import audit
from sera_batching.exceptions import NotAllowed
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def payment(origin: Origin) -> Payment:
    return make_payment("P-900", amount=15000, origin=origin)


def test_a_refund_is_recorded(payment: Payment, origin: Origin) -> None:
    with signals_sent(refund_recorded) as sent:
        refund = make_refund("R-12", payment=payment, amount=5000, origin=origin)
    assert sent == [(refund_recorded, {"refund": refund, "origin": origin})]
    refund.refresh_from_db()
    assert (
        refund.number,
        refund.payment,
        refund.date,
        refund.amount_cents,
        refund.method,
        refund.memo,
        refund.recorded_by,
    ) == ("R-12", payment, datetime.date(2026, 11, 5), 5000, "card", "goodwill", origin.user)
    assert (refunded_cents(payment), left_cents(payment)) == (5000, 10000)
    payment.refresh_from_db()
    assert payment.current_revision is not None
    assert payment.current_revision.sequence == 1
    event = audit.events_of(refund).get()
    assert (event.action, event.after) == (
        "refund.recorded",
        {
            "payment": "P-900",
            "date": "2026-11-05",
            "amount_cents": 5000,
            "method": "card",
            "memo": "goodwill",
        },
    )


def test_a_payment_is_refunded_up_to_what_is_left(payment: Payment, origin: Origin) -> None:
    make_refund("R-1", payment=payment, amount=10000, origin=origin)
    with refused("50.01 is more than the 50.00 left of payment P-900."):
        make_refund("R-2", payment=payment, amount=5001, origin=origin)
    make_refund("R-2", payment=payment, amount=5000, origin=origin)
    assert left_cents(payment) == 0
    with refused("0.01 is more than the 0.00 left of payment P-900."):
        make_refund("R-3", payment=payment, amount=1, origin=origin)


def test_what_no_refund_can_be(payment: Payment, origin: Origin) -> None:
    make_refund("R-1", payment=payment, amount=1, origin=origin)
    with refused("Refund R-1 already exists."):
        make_refund("R-1", payment=payment, amount=1, origin=origin)
    with refused("Refund R-1 already exists, and r-1 differs from it only in case."):
        make_refund("r-1", payment=payment, amount=1, origin=origin)
    with refused("A refund must be above 0.00."):
        make_refund("R-2", payment=payment, amount=0, origin=origin)
    with refused("A refund must be above 0.00."):
        make_refund("R-2", payment=payment, amount=-1, origin=origin)
    with refused("“paypal” isn't a payment method."):
        make_refund("R-2", payment=payment, method="paypal", origin=origin)
    with refused("The memo contains a control character, which no workbook can carry."):
        make_refund("R-2", payment=payment, memo="\x07", origin=origin)
    with refused("A refund on 11/02/2026 would be before payment P-900, 11/03/2026."):
        make_refund("R-2", payment=payment, date=datetime.date(2026, 11, 2), origin=origin)
    make_refund("R-2", payment=payment, date=datetime.date(2026, 11, 3), origin=origin)


@pytest.mark.parametrize("method", ["card", "ach"])
def test_an_unsettled_card_or_ach_payment_is_only_removed(method: str, origin: Origin) -> None:
    payment = make_payment("P-1", method=method, is_settled=False, origin=origin)
    with refused("Payment P-1 has not settled: it cannot be refunded, only removed in full."):
        make_refund("R-1", payment=payment, amount=15000, origin=origin)


@pytest.mark.parametrize("method", ["cash", "check", "external", "on_file"])
def test_other_payments_have_nothing_to_settle(method: str, origin: Origin) -> None:
    payment = make_payment(method=method, is_settled=False, origin=origin)
    make_refund("R-1", payment=payment, amount=15000, origin=origin)
    assert Refund.objects.get().amount_cents == 15000


def test_a_disputed_payment_can_be_refunded_a_removed_one_cannot(
    payment: Payment, origin: Origin
) -> None:
    dispute_payment(payment=payment, note="x", origin=origin)
    make_refund("R-1", payment=payment, origin=origin)
    gone = make_payment("P-1", origin=origin)
    remove_payment(payment=gone, note="x", origin=origin)
    with refused("Payment P-1 was removed, so there is nothing to refund."):
        make_refund("R-2", payment=gone, origin=origin)


def test_a_feed_writes_no_audit_row(payment: Payment) -> None:
    events = AuditEvent.objects.count()
    refund = make_refund(
        payment=payment, origin=make_origin(channel="feed", source="march.jsonl:9")
    )
    assert AuditEvent.objects.count() == events
    assert refund.source == "march.jsonl:9"


@pytest.mark.parametrize("role", ["Office", "Accountant", ""])
def test_only_admins_refund(role: str, payment: Payment) -> None:
    origin = make_origin(role)
    with refused(
        f"{origin.user} isn't allowed to do this (it requires payments.refund_payment). Ask "
        "your company's admin.",
        error=NotAllowed,
    ):
        make_refund(payment=payment, origin=origin)
