"""For any history, an action does to the next batch exactly what its page previewed."""

import datetime
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounting.models import FollowUp
from accounting.tests.factories import make_ready_batch
from accounting.tests.readings import unbatched_rows
from backoffice.actions.consequences import Effect
from backoffice.actions.perform import preview_action, version_of
from invoices.models import Customer, Invoice
from invoices.services.editing import edit_and_approve, save_draft
from invoices.services.invoices import (
    approve_invoice,
    cancel_invoice,
    change_date,
    hold_invoice,
    resume_invoice,
    void_invoice,
)
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_invoice_values,
    make_origin,
    numbers,
)
from payments.models import Payment
from payments.services.payments import (
    dispute_payment,
    reallocate_payment,
    record_refund,
    remove_payment,
    restore_payment,
    take_payment,
)
from payments.tests.factories import make_payment, make_payment_values
from sera_batching.exceptions import DomainError
from sera_batching.origin import Origin

DAY: Final = datetime.date(2026, 11, 20)
Act = Callable[[Any, int, Origin], Any]


def approve(invoice: Invoice, _: int, origin: Origin) -> Invoice:
    approve_invoice(invoice=invoice, reason="x", origin=origin)
    return invoice


def change_day(invoice: Invoice, cents: int, origin: Origin) -> Invoice:
    day = DAY + datetime.timedelta(days=cents % 7)
    change_date(invoice=invoice, date=day, reason="x", origin=origin)
    return invoice


def refund(payment: Payment, cents: int, origin: Origin) -> Payment:
    # The same number in the preview and in the action.
    record_refund(
        number=f"R-{payment.pk}-{payment.refunds.count()}",
        payment=payment,
        date=DAY,
        amount_cents=cents,
        method="card",
        memo="",
        origin=origin,
    )
    return payment


def reallocate(payment: Payment, cents: int, origin: Origin) -> Payment:
    invoices = list(Invoice.objects.order_by("pk"))
    chosen = ((invoices[cents % len(invoices)], cents),) if cents % 5 else ()
    return reallocate_payment(payment=payment, allocations=chosen, reason="x", origin=origin)


INVOICE_ACTS: Final[dict[str, Act]] = {
    "approve": approve,
    "edit": lambda invoice, cents, origin: edit_and_approve(
        invoice=invoice,
        values=make_invoice_values(cents),
        reason="x",
        origin=origin,
        approval_date=None,
    ),
    "draft": lambda invoice, cents, origin: save_draft(
        invoice=invoice, values=make_invoice_values(cents), reason="x", origin=origin
    ),
    "date": change_day,
    "void": lambda invoice, _, origin: void_invoice(invoice=invoice, note="x", origin=origin),
    "cancel": lambda invoice, _, origin: cancel_invoice(invoice=invoice, reason="x", origin=origin),
    "hold": lambda invoice, _, origin: hold_invoice(invoice=invoice, note="x", origin=origin),
    "resume": lambda invoice, _, origin: resume_invoice(invoice=invoice, origin=origin),
}
PAYMENT_ACTS: Final[dict[str, Act]] = {
    "refund": refund,
    "reallocate": reallocate,
    "remove": lambda payment, _, origin: remove_payment(payment=payment, note="x", origin=origin),
    "dispute": lambda payment, _, origin: dispute_payment(payment=payment, note="x", origin=origin),
    "restore": lambda payment, _, origin: restore_payment(payment=payment, note="x", origin=origin),
}

STEPS = st.lists(
    st.tuples(
        st.sampled_from([*INVOICE_ACTS, *PAYMENT_ACTS, "take", "batch", "batch"]),
        st.integers(0, 2),
        st.sampled_from([100, 2500, 5000, 7001, 15000]),
    ),
    min_size=3,
    max_size=9,
)

Rows = set[tuple[str, str, int, str, bool]]


def all_rows() -> Rows:
    """Return all of Unbatched, not only what is related to the document."""
    return {
        (row.kind, row.number, row.amount_cents, row.fingerprint, row.is_blocked)
        for row in unbatched_rows()
    }


def all_follow_ups() -> set[tuple[int, str]]:
    return set(FollowUp.objects.open().values_list("pk", "cause"))


def check(act: Callable[[], Any], document: Any) -> None:
    """Preview an action, carry it out, and compare the preview with everything that changed."""
    seen = preview_action(act=act, document=document, version=version_of(document))
    if document is not None:
        document.refresh_from_db()
    rows, follow_ups = all_rows(), all_follow_ups()
    act()
    came, went = all_rows() - rows, rows - all_rows()
    said = {(one.kind, one.number, one.amount_cents) for one in seen if one.effect == Effect.GOES}
    left = {(one.kind, one.number) for one in seen if one.effect == Effect.LEAVES}
    assert said == {row[:3] for row in came}
    stayed = {number for _, number, *_ in came}
    assert left == {row[:2] for row in went if row[1] not in stayed}
    new, settled = all_follow_ups() - follow_ups, follow_ups - all_follow_ups()
    assert sorted(one.number for one in seen if one.effect == Effect.FOLLOW_UP) == sorted(
        cause for _, cause in new
    )
    assert sorted(one.number for one in seen if one.effect == Effect.SETTLED) == sorted(
        cause for _, cause in settled
    )


def play(step: str, which: int, cents: int, customer: Customer, origin: Origin) -> None:
    """Take one step of a history; a refused step does nothing."""
    if step == "batch":
        if unbatched_rows():
            make_ready_batch(origin=origin)
        return
    if step == "take":
        number = f"T-{next(numbers)}"
        check(
            lambda: take_payment(
                number=number,
                customer=customer,
                values=make_payment_values(cents),
                is_settled=True,
                origin=origin,
            ),
            None,
        )
        return
    model = Invoice if step in INVOICE_ACTS else Payment
    documents = list(model._default_manager.order_by("pk"))
    document = documents[which % len(documents)]
    act = (INVOICE_ACTS | PAYMENT_ACTS)[step]

    def again() -> Any:
        return act(model._default_manager.get(pk=document.pk), cents, origin)

    try:
        check(again, document)
    except DomainError:
        return


@pytest.mark.slow
@pytest.mark.usefixtures("var_dir")
class Histories(TestCase):
    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps=STEPS)
    def test_what_is_said_is_what_happens(self, steps: list[tuple[str, int, int]]) -> None:
        origin = make_origin()
        customer = make_customer(origin=origin)
        for finalized in (True, False):
            make_invoice(customer=customer, finalized=finalized, origin=origin)
        first = Invoice.objects.earliest("pk")
        make_payment(invoice=first, amount=5000, origin=origin)
        make_payment(customer=customer, amount=7001, origin=origin)
        for step, which, cents in steps:
            play(step, which, cents, customer, origin)
