"""Removing, disputing and restoring a payment (domain.md §3, §7)."""

from collections.abc import Callable

import pytest
from django.dispatch import Signal

from invoices.tests.factories import make_invoice, make_origin
from invoices.tests.signal_log import signals_sent
from payments.balances import open_cents
from payments.models import Payment
from payments.services.payments import dispute_payment, remove_payment, restore_payment
from payments.signals import payment_disputed, payment_removed, payment_restored
from payments.tests.factories import make_payment, make_refund
from sera_batching import audit
from sera_batching.exceptions import NotAllowed
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused, unchanging

pytestmark = pytest.mark.django_db

SIGNALS = (payment_disputed, payment_removed, payment_restored)


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def payment(origin: Origin) -> Payment:
    return make_payment("P-900", origin=origin)


@pytest.mark.parametrize(
    ("act", "before", "after", "signal"),
    [
        (remove_payment, "active", "removed", payment_removed),
        (remove_payment, "disputed", "removed", payment_removed),
        (dispute_payment, "active", "disputed", payment_disputed),
        (restore_payment, "disputed", "active", payment_restored),
    ],
)
def test_an_act_happens_once(
    act: Callable[..., Payment],
    before: str,
    after: str,
    signal: Signal,
    payment: Payment,
    origin: Origin,
) -> None:
    if before == "disputed":
        dispute_payment(payment=payment, note="chargeback", origin=origin)
    with signals_sent(*SIGNALS) as sent:
        act(payment=payment, note=" entered twice ", origin=origin)
    assert sent == [(signal, {"payment": payment, "origin": origin})]
    payment.refresh_from_db()
    assert payment.state == after
    event = audit.events_of(payment)[0]
    assert (event.before, event.after, event.note) == (
        {"state": before},
        {"state": after},
        "entered twice",
    )
    with unchanging(), signals_sent(*SIGNALS) as sent:
        act(payment=payment, note="", origin=origin)
    assert sent == []


def test_restoring_a_payment_without_dispute_changes_nothing(
    payment: Payment, origin: Origin
) -> None:
    with unchanging():
        restore_payment(payment=payment, note="", origin=origin)


def test_a_removed_payment_holds_nothing(origin: Origin) -> None:
    invoice = make_invoice(total=10000, origin=origin)
    payment = make_payment(invoice=invoice, amount=4000, origin=origin)
    dispute_payment(payment=payment, note="chargeback", origin=origin)
    assert open_cents(invoice) == 6000
    remove_payment(payment=payment, note="lost", origin=origin)
    assert open_cents(invoice) == 10000


def test_a_removed_payment_is_gone_for_good(payment: Payment, origin: Origin) -> None:
    remove_payment(payment=payment, note="x", origin=origin)
    with refused("Payment P-900 was removed permanently."):
        dispute_payment(payment=payment, note="x", origin=origin)
    with refused("Payment P-900 was removed permanently."):
        restore_payment(payment=payment, note="x", origin=origin)


def test_a_payment_with_refunds_is_not_removed(payment: Payment, origin: Origin) -> None:
    make_refund("R-12", payment=payment, amount=1, origin=origin)
    feed = Origin(user=origin.user, channel="feed")
    with refused("Payment P-900 has refund R-12: it cannot be removed."):
        remove_payment(payment=payment, note="x", origin=origin)
    with refused("Payment P-900 has refund R-12: it cannot be removed."):
        remove_payment(payment=payment, note="", origin=feed)


def test_voiding_an_unsettled_payment_is_a_removal(origin: Origin) -> None:
    payment = make_payment(is_settled=False, origin=origin)
    remove_payment(payment=payment, note="voided", origin=origin)
    assert payment.state == "removed"


def test_people_say_why_and_the_feed_need_not(payment: Payment, origin: Origin) -> None:
    for act in (remove_payment, dispute_payment):
        with refused("Enter a reason."):
            act(payment=payment, note="", origin=origin)
    feed = Origin(user=origin.user, channel="feed", source="march.jsonl:7")
    dispute_payment(payment=payment, note="", origin=feed)
    with refused("Enter a reason."):
        restore_payment(payment=payment, note="", origin=origin)
    restore_payment(payment=payment, note="", origin=feed)
    remove_payment(payment=payment, note="", origin=feed)
    assert payment.state == "removed"
    events = AuditEvent.objects.filter(channel="feed").order_by("pk")
    assert list(events.values_list("action", "source", "note")) == [
        ("payment.disputed", "march.jsonl:7", ""),
        ("payment.restored", "march.jsonl:7", ""),
        ("payment.removed", "march.jsonl:7", ""),
    ]


@pytest.mark.parametrize("role", ["Office", "Accountant", ""])
def test_only_admins_remove_and_dispute(role: str, payment: Payment) -> None:
    origin = make_origin(role)
    needs = (
        f"{origin.user} isn't allowed to do this (it requires payments.{{}}). "
        "Ask your company's admin."
    )
    with refused(needs.format("remove_payment"), error=NotAllowed):
        remove_payment(payment=payment, note="x", origin=origin)
    with refused(needs.format("dispute_payment"), error=NotAllowed):
        dispute_payment(payment=payment, note="x", origin=origin)
    with refused(needs.format("dispute_payment"), error=NotAllowed):
        restore_payment(payment=payment, note="x", origin=origin)
