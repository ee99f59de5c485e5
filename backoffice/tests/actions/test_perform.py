"""An action is previewed, and carried out once and only as it was previewed."""

import datetime
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from accounting.models import FollowUp
from accounting.tests.factories import make_ready_batch
from accounting.tests.readings import unbatched, unbatched_rows
from backoffice.actions.consequences import Consequence, Effect, digest_of
from backoffice.actions.perform import (
    PreviewOutdated,
    SubmittedForm,
    perform_previewed_action,
    preview_action,
    version_of,
)
from invoices.models import Invoice
from invoices.services.editing import edit_and_approve, save_draft
from invoices.services.invoices import (
    approve_invoice,
    change_date,
    hold_invoice,
    resume_invoice,
    unlock_invoice,
    void_invoice,
)
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_invoice_values,
    make_origin,
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
from payments.tests.factories import make_payment, make_payment_values, make_refund
from sera_batching.exceptions import Conflict, Refused
from sera_batching.models import AuditEvent, SentForm
from sera_batching.origin import Origin
from sera_batching.sent_forms import AlreadySent

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 11, 20)


@pytest.fixture
def origin() -> Origin:
    return make_origin()


def seen(act: Callable[[], Any], document: Any) -> list[tuple[str, str, str, int | None]]:
    """Return the consequences of an action, briefly."""
    return [
        (one.effect, one.number, one.kind, one.amount_cents)
        for one in preview_action(act=act, document=document, version=version_of(document))
    ]


def everything() -> tuple[Any, ...]:
    """Return everything that actions on documents change."""
    return (
        unbatched_rows(),
        list(Invoice.objects.values()),
        list(Payment.objects.values()),
        list(FollowUp.objects.values()),
        AuditEvent.objects.count(),
        SentForm.objects.count(),
    )


def test_an_approved_invoice_goes_into_the_inserts(origin: Origin) -> None:
    invoice = make_invoice("10023", finalized=False)

    assert seen(lambda: approve(invoice, origin), invoice) == [
        (Effect.GOES, "10023", "invoice_insert", 15000)
    ]
    invoice.refresh_from_db()
    assert invoice.status == Invoice.Status.PENDING


def approve(invoice: Invoice, origin: Origin) -> Invoice:
    approve_invoice(invoice=invoice, reason="x", origin=origin)
    return invoice


def edit(invoice: Invoice, cents: int, origin: Origin) -> Invoice:
    return edit_and_approve(
        invoice=invoice,
        values=make_invoice_values(cents),
        reason="x",
        origin=origin,
        approval_date=TODAY,
    )


def test_an_edited_batched_invoice_and_its_payment_are_updates(origin: Origin) -> None:
    invoice = make_invoice("10023")
    make_payment("P-1", invoice=invoice, amount=5000)
    make_ready_batch()

    assert seen(lambda: edit(invoice, 16000, origin), invoice) == [
        (Effect.GOES, "10023", "invoice_update", 16000),
        (Effect.GOES, "P-1", "payment_update", 5000),
    ]


def test_an_edit_before_the_first_batch_stays_an_insert(origin: Origin) -> None:
    invoice = make_invoice("10023")
    assert seen(lambda: edit(invoice, 16000, origin), invoice) == [
        (Effect.GOES, "10023", "invoice_insert", 16000)
    ]


def test_an_edit_without_a_difference_is_no_update(origin: Origin) -> None:
    invoice = make_invoice("10023")
    batch = make_ready_batch()

    def repeat() -> Invoice:
        return edit_and_approve(
            invoice=invoice,
            values=make_invoice_values(),
            reason="x",
            origin=origin,
            approval_date=None,
        )

    (one,) = preview_action(act=repeat, document=invoice, version=version_of(invoice))
    assert one.effect == Effect.NOTHING
    assert one.text == (
        "Invoice 10023 won't be in the next batch: the books already have it in this form. "
        f"QuickBooks keeps what batch {batch.pk} sent."
    )


def test_a_saved_draft_takes_the_invoice_out_of_the_next_batch(origin: Origin) -> None:
    invoice = make_invoice("10023")

    def save() -> Invoice:
        return save_draft(
            invoice=invoice, values=make_invoice_values(100), reason="x", origin=origin
        )

    assert seen(save, invoice) == [(Effect.LEAVES, "10023", "invoice_insert", 15000)]


def test_voiding_what_is_not_in_the_books_reaches_nobody(origin: Origin) -> None:
    invoice = make_invoice("10023", finalized=False)
    approve(invoice, origin)
    hold_invoice(invoice=invoice, note="x", origin=origin)

    (one,) = preview_action(
        act=lambda: void_invoice(invoice=invoice, note="x", origin=origin),
        document=invoice,
        version=version_of(invoice),
    )
    assert one.text == (
        "No effect: invoice 10023 is not in the books yet and won't be in the next batch: it "
        "is void."
    )


def test_voiding_a_batched_invoice_makes_a_follow_up(origin: Origin) -> None:
    invoice = make_invoice("10023")
    make_ready_batch()

    assert seen(lambda: void_invoice(invoice=invoice, note="x", origin=origin), invoice) == [
        (Effect.NOTHING, "10023", "", None),
        (Effect.FOLLOW_UP, "invoice_voided", "", 15000),
    ]
    assert not FollowUp.objects.exists()


def test_a_hold_takes_the_payments_along_and_resuming_brings_them_back(origin: Origin) -> None:
    invoice = make_invoice("10023")
    make_payment("P-1", invoice=invoice, amount=5000)

    def hold() -> Invoice:
        return hold_invoice(invoice=invoice, note="x", origin=origin)

    assert seen(hold, invoice) == [
        (Effect.LEAVES, "10023", "invoice_insert", 15000),
        (Effect.LEAVES, "P-1", "payment_insert", 5000),
    ]
    hold()
    assert seen(lambda: resume_invoice(invoice=invoice, origin=origin), invoice) == [
        (Effect.GOES, "10023", "invoice_insert", 15000),
        (Effect.GOES, "P-1", "payment_insert", 5000),
    ]


def refund(payment: Payment, cents: int, origin: Origin) -> Payment:
    record_refund(
        number="R-1",
        payment=payment,
        date=TODAY,
        amount_cents=cents,
        method="card",
        memo="",
        origin=origin,
    )
    return payment


def test_a_refund_of_a_batched_payment_is_a_journal(origin: Origin) -> None:
    payment = make_payment("P-1")
    make_ready_batch()

    assert seen(lambda: refund(payment, 5000, origin), payment) == [
        (Effect.NOTHING, "P-1", "", None),
        (Effect.GOES, "R-1", "journal", 5000),
    ]


def test_a_refund_before_the_first_batch_is_netted(origin: Origin) -> None:
    payment = make_payment("P-1")

    assert seen(lambda: refund(payment, 5000, origin), payment) == [
        (Effect.GOES, "P-1", "payment_insert", 10000),
        (Effect.NOTHING, "R-1", "", 5000),
    ]
    assert seen(lambda: refund(payment, 15000, origin), payment) == [
        (Effect.LEAVES, "P-1", "payment_insert", 15000),
        (Effect.NOTHING, "R-1", "", 15000),
    ]


def test_a_removed_payment_takes_its_place_in_the_batch_away(origin: Origin) -> None:
    payment = make_payment("P-1")

    def remove() -> Payment:
        return remove_payment(payment=payment, note="x", origin=origin)

    assert seen(remove, payment) == [(Effect.LEAVES, "P-1", "payment_insert", 15000)]
    payment.refresh_from_db()
    make_ready_batch()
    assert seen(remove, payment) == [
        (Effect.NOTHING, "P-1", "", None),
        (Effect.FOLLOW_UP, "payment_removed", "", 15000),
    ]


def test_a_dispute_is_followed_up_and_its_end_settles_that(origin: Origin) -> None:
    payment = make_payment("P-1")
    make_ready_batch()

    def dispute() -> Payment:
        return dispute_payment(payment=payment, note="x", origin=origin)

    assert seen(dispute, payment) == [
        (Effect.NOTHING, "P-1", "", None),
        (Effect.FOLLOW_UP, "payment_disputed", "", 15000),
    ]
    payment.refresh_from_db()
    dispute()
    assert seen(lambda: restore_payment(payment=payment, note="x", origin=origin), payment) == [
        (Effect.NOTHING, "P-1", "", None),
        (Effect.SETTLED, "payment_disputed", "", 15000),
    ]


def test_a_deposit_that_is_allocated_is_an_update(origin: Origin) -> None:
    customer = make_customer()
    invoice = make_invoice("10023", customer=customer)
    payment = make_payment("P-1", customer=customer)
    make_ready_batch()

    def allocate() -> Payment:
        return reallocate_payment(
            payment=payment, allocations=((invoice, 15000),), reason="x", origin=origin
        )

    assert seen(allocate, payment) == [(Effect.GOES, "P-1", "payment_update", 15000)]


def test_a_payment_that_does_not_exist_yet_is_an_insert(origin: Origin) -> None:
    customer = make_customer()

    def take() -> Payment:
        return take_payment(
            number="P-9",
            customer=customer,
            values=make_payment_values(500),
            is_settled=True,
            origin=origin,
        )

    consequences = preview_action(act=take, document=None, version="")
    assert [(one.effect, one.number, one.kind, one.amount_cents) for one in consequences] == [
        (Effect.GOES, "P-9", "payment_insert", 500)
    ]
    assert not Payment.objects.exists()


def test_looking_changes_nothing(origin: Origin) -> None:
    invoice = make_invoice()
    make_payment(invoice=invoice)
    make_ready_batch()
    before = everything()
    preview_action(
        act=lambda: edit(invoice, 16000, origin), document=invoice, version=version_of(invoice)
    )
    assert everything() == before


# Carrying out


def agree(act: Callable[[], Any], document: Any) -> SubmittedForm:
    """Return the hidden fields of a form whose page showed the consequences."""
    version = version_of(document)
    consequences: list[Consequence] = preview_action(act=act, document=document, version=version)
    if document is not None:
        document.refresh_from_db()
    return SubmittedForm(token=uuid4(), version=version, agreed=digest_of(consequences))


def test_a_form_is_carried_out_once(origin: Origin) -> None:
    payment = make_payment("P-1")

    def act() -> Payment:
        return refund(payment, 5000, origin)

    sent = agree(act, payment)
    arguments: dict[str, Any] = {
        "act": act,
        "document": payment,
        "sent": sent,
        "url_of": lambda done: f"/payments/{done.number}/",
        "origin": origin,
    }
    assert perform_previewed_action(**arguments) == "/payments/P-1/"
    before = everything()
    with pytest.raises(AlreadySent) as error:
        perform_previewed_action(**arguments)
    assert error.value.url == "/payments/P-1/"
    assert everything() == before
    assert payment.refunds.count() == 1


def test_what_was_not_shown_is_not_done(origin: Origin) -> None:
    invoice = make_invoice("10023")

    def act() -> Invoice:
        return void_invoice(invoice=invoice, note="x", origin=origin)

    sent = agree(act, invoice)
    make_ready_batch()
    before = everything()
    with pytest.raises(PreviewOutdated):
        perform_previewed_action(
            act=act, document=invoice, sent=sent, url_of=lambda _: "/", origin=origin
        )
    assert everything() == before
    invoice.refresh_from_db()
    sent = agree(act, invoice)
    perform_previewed_action(
        act=act, document=invoice, sent=sent, url_of=lambda _: "/", origin=origin
    )
    assert FollowUp.objects.get().cause == FollowUp.Cause.INVOICE_VOIDED


def test_a_conflict_names_what_changed_of_an_invoice(origin: Origin) -> None:
    invoice = make_invoice("10023")
    version = version_of(invoice)
    other = Invoice.objects.get(pk=invoice.pk)
    change_date(invoice=other, date=TODAY, reason="Wrong day.", origin=origin)
    hold_invoice(invoice=other, note="x", origin=origin)
    before = everything()
    with pytest.raises(Conflict) as error:
        preview_action(act=lambda: edit(invoice, 1, origin), document=invoice, version=version)
    assert str(error.value) == (
        "Invoice 10023 has changed since this form was opened: it is held back now; revision "
        f"2 was approved by {origin.user} (“Wrong day.”). Nothing was done. Review the "
        "changes, then submit the form again."
    )
    assert everything() == before


def test_a_conflict_names_an_edited_draft(origin: Origin) -> None:
    invoice = make_invoice("10023")
    unlock_invoice(invoice=invoice, reason="x", origin=origin)
    version = version_of(invoice)
    save_draft(
        invoice=Invoice.objects.get(pk=invoice.pk),
        values=make_invoice_values(100),
        reason="x",
        origin=origin,
    )
    with pytest.raises(Conflict, match="its draft was edited"):
        preview_action(act=lambda: edit(invoice, 1, origin), document=invoice, version=version)


def test_a_conflict_names_what_changed_of_a_payment(origin: Origin) -> None:
    payment = make_payment("P-1")
    version = version_of(payment)
    make_refund(payment=Payment.objects.get(pk=payment.pk), amount=2500)
    with pytest.raises(Conflict) as error:
        preview_action(
            act=lambda: remove_payment(payment=payment, note="x", origin=origin),
            document=payment,
            version=version,
        )
    assert "25.00 of it is refunded now" in str(error.value)


@pytest.mark.parametrize("version", ["", "nonsense", "status=finalized", "=;=;"])
def test_a_version_that_no_form_carried_is_a_conflict(origin: Origin, version: str) -> None:
    invoice = make_invoice()
    with pytest.raises(Conflict):
        preview_action(act=lambda: edit(invoice, 1, origin), document=invoice, version=version)


def test_a_refusal_leaves_nothing_behind(origin: Origin) -> None:
    invoice = make_invoice()
    make_payment(invoice=invoice)
    before = everything()

    def act() -> Invoice:
        return void_invoice(invoice=invoice, note="x", origin=origin)

    with pytest.raises(Refused, match="has not been refunded"):
        preview_action(act=act, document=invoice, version=version_of(invoice))
    with pytest.raises(Refused, match="has not been refunded"):
        perform_previewed_action(
            act=act,
            document=invoice,
            sent=SubmittedForm(token=uuid4(), version=version_of(invoice)),
            url_of=lambda _: "/",
            origin=origin,
        )
    assert everything() == before
    assert unbatched()
