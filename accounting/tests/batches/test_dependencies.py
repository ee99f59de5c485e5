"""Which later batches depend on a batch, and how the undo window shows it (domain.md §8)."""

import datetime

import pytest

from accounting.batches.dependencies import Dependency, find_dependencies
from accounting.batches.undo import undo_batch
from accounting.batches.undo_plan import KindTotal, Reversal, plan_undo
from accounting.tests.factories import make_batch, make_failed_batch, make_ready_batch
from accounting.tests.scenes import make_every_kind
from accounting.zips.downloads import open_zip
from invoices.models import Invoice
from invoices.services.invoices import change_invoice
from invoices.tests.factories import (
    make_credit_memo,
    make_invoice,
    make_invoice_values,
    make_origin,
)
from payments.services.payments import reallocate_payment
from payments.tests.factories import make_payment, make_refund
from sera_batching.origin import Origin
from sera_batching.tests.refusals import unchanging

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def invoice(origin: Origin) -> Invoice:
    return make_invoice("7", origin=origin)


def change(invoice: Invoice, total: int, origin: Origin) -> None:
    change_invoice(invoice=invoice, values=make_invoice_values(total), reason="x", origin=origin)


# The four ways


def test_an_update_of_an_invoice(invoice: Invoice, origin: Origin) -> None:
    first = make_ready_batch(origin=origin)
    change(invoice, 9000, origin)
    second = make_ready_batch(origin=origin)
    assert find_dependencies(first) == (
        Dependency(second.pk, first.pk, 1, f"updates what batch {first.pk} sent"),
    )
    assert find_dependencies(second) == ()


def test_an_update_of_a_payment(origin: Origin) -> None:
    payment = make_payment("P-1", origin=origin)
    invoice = make_invoice("7", customer=payment.customer, origin=origin)
    first = make_ready_batch(("payment_insert", "P-1"), origin=origin)
    reallocate_payment(payment=payment, allocations=((invoice, 1),), reason="x", origin=origin)
    second = make_ready_batch(("payment_update", "P-1"), origin=origin)
    assert find_dependencies(first) == (
        Dependency(second.pk, first.pk, 1, f"updates what batch {first.pk} sent"),
    )


def test_payments_on_an_invoice_that_it_inserted(invoice: Invoice, origin: Origin) -> None:
    first = make_ready_batch(origin=origin)
    for number in ("P-1", "P-2"):
        make_payment(number, invoice=invoice, amount=100, origin=origin)
    second = make_ready_batch(origin=origin)
    why = f"has payments on invoices that batch {first.pk} sent"
    assert find_dependencies(first) == (Dependency(second.pk, first.pk, 2, why),)


def test_a_payment_depends_on_the_insert_of_its_invoice_and_not_on_its_update(
    invoice: Invoice, origin: Origin
) -> None:
    first = make_ready_batch(origin=origin)
    change(invoice, 9000, origin)
    second = make_ready_batch(origin=origin)
    make_payment("P-1", invoice=invoice, amount=100, origin=origin)
    third = make_ready_batch(origin=origin)
    assert find_dependencies(second) == ()
    assert find_dependencies(first) == (
        Dependency(
            third.pk,
            first.pk,
            1,
            f"has payments on invoices that batch {first.pk} sent",
        ),
        Dependency(second.pk, first.pk, 1, f"updates what batch {first.pk} sent"),
    )


def test_a_journal_of_a_payment_that_it_inserted(origin: Origin) -> None:
    payment = make_payment("P-1", origin=origin)
    first = make_ready_batch(origin=origin)
    make_refund("R-1", payment=payment, amount=100, origin=origin)
    make_refund("R-2", payment=payment, amount=100, origin=origin)
    second = make_ready_batch(origin=origin)
    why = f"refunds payments that batch {first.pk} sent"
    assert find_dependencies(first) == (Dependency(second.pk, first.pk, 2, why),)


def test_a_credit_memo_for_an_invoice_that_it_inserted(invoice: Invoice, origin: Origin) -> None:
    make_credit_memo("CM-1", invoice=invoice, origin=origin)
    first = make_ready_batch(origin=origin)
    second = make_ready_batch(origin=origin)
    why = f"credits invoices that batch {first.pk} sent"
    assert find_dependencies(first) == (Dependency(second.pk, first.pk, 1, why),)


# What is no dependency


def test_payments_of_the_same_batch_or_an_earlier_one_are_no_dependents(
    invoice: Invoice, origin: Origin
) -> None:
    make_payment("P-1", invoice=invoice, amount=100, origin=origin)
    make_ready_batch(("payment_insert", "P-1"), origin=origin)
    make_payment("P-2", invoice=invoice, amount=100, origin=origin)
    batch = make_ready_batch(("invoice_insert", "7"), ("payment_insert", "P-2"), origin=origin)
    assert find_dependencies(batch) == ()


def test_an_undone_batch_depends_on_nothing(invoice: Invoice, origin: Origin) -> None:
    first = make_ready_batch(origin=origin)
    payment = make_payment("P-1", invoice=invoice, origin=origin)
    payments = make_ready_batch(origin=origin)
    make_refund("R-1", payment=payment, amount=100, origin=origin)
    make_credit_memo("CM-1", invoice=invoice, origin=origin)
    change(invoice, 20000, origin)
    undone = make_ready_batch(origin=origin)
    undo_batch(batch_id=undone.pk, reason="x", origin=origin)
    assert find_dependencies(payments) == ()
    assert [each.later_id for each in find_dependencies(first)] == [payments.pk]
    undo_batch(batch_id=payments.pk, reason="x", origin=origin)
    assert find_dependencies(first) == ()


def test_a_batch_that_is_not_ready_depends_all_the_same(invoice: Invoice, origin: Origin) -> None:
    first = make_failed_batch(origin=origin)
    change(invoice, 9000, origin)
    second = make_batch(is_built=False, origin=origin)
    assert [each.later_id for each in find_dependencies(first)] == [second.pk]


def test_an_invoice_inserted_anew_has_the_payments_made_after_it(
    invoice: Invoice, origin: Origin
) -> None:
    first = make_ready_batch(origin=origin)
    undo_batch(batch_id=first.pk, reason="x", origin=origin)
    second = make_ready_batch(origin=origin)
    make_payment("P-1", invoice=invoice, origin=origin)
    third = make_ready_batch(origin=origin)
    assert find_dependencies(first) == ()
    assert [each.later_id for each in find_dependencies(second)] == [third.pk]


# Indirectly


def test_the_graph_goes_on_to_the_end(invoice: Invoice, origin: Origin) -> None:
    first = make_ready_batch(origin=origin)
    payment = make_payment("P-1", invoice=invoice, origin=origin)
    second = make_ready_batch(origin=origin)
    make_refund("R-1", payment=payment, amount=100, origin=origin)
    change(invoice, 20000, origin)
    third = make_ready_batch(origin=origin)
    assert find_dependencies(first) == (
        Dependency(third.pk, first.pk, 1, f"has payments on invoices that batch {first.pk} sent"),
        Dependency(third.pk, first.pk, 1, f"updates what batch {first.pk} sent"),
        Dependency(third.pk, second.pk, 1, f"refunds payments that batch {second.pk} sent"),
        Dependency(third.pk, second.pk, 1, f"updates what batch {second.pk} sent"),
        Dependency(second.pk, first.pk, 1, f"has payments on invoices that batch {first.pk} sent"),
    )


# The plan


def test_the_plan_says_what_comes_back_alone_and_with_dependents(
    invoice: Invoice, origin: Origin
) -> None:
    payment = make_payment("P-1", invoice=invoice, origin=origin)
    make_refund("R-1", payment=payment, amount=500, origin=origin)
    first = make_batch(name="March", origin=origin)
    with open_zip(batch=first, origin=origin):
        pass
    change(invoice, 16000, origin)
    second = make_ready_batch(("invoice_update", "7"), origin=origin)
    change(invoice, 17000, origin)
    with unchanging():
        plan = plan_undo(first)
    assert (plan.batch, plan.dependents) == (first, (second,))
    assert plan.dependencies == find_dependencies(first)
    assert plan.returns == (
        KindTotal("invoice_insert", 1, 15000, 1),
        KindTotal("payment_insert", 1, 14500, 1),
    )
    assert plan.returns_with_dependents == (
        KindTotal("invoice_insert", 1, 15000, 1),
        KindTotal("invoice_update", 1, 16000, 1),
        KindTotal("payment_insert", 1, 14500, 1),
    )
    assert (plan.refunds_freed_count, plan.download_count) == (1, 1)
    assert plan.last_download is not None
    assert plan.last_download.user == origin.user
    assert [each.label for each in plan.returns] == ["New invoice", "New payment"]


def test_what_to_reverse_is_listed_last_loaded_first(origin: Origin) -> None:
    make_every_kind(origin)
    batch = make_ready_batch(origin=origin)
    first = batch.pk - 1
    day = datetime.date

    def reversal(number: int, document: str, on: datetime.date, cents: int, text: str) -> Reversal:
        return Reversal(batch.pk, number, document, "Jane Doe", on, cents, text)

    assert list(plan_undo(batch).reversals()) == [
        reversal(6, "CM-0", day(2026, 11, 10), 15000, "Delete this credit memo in QuickBooks."),
        reversal(5, "R-0", day(2026, 11, 5), 300, "Delete this journal entry in QuickBooks."),
        reversal(
            4,
            "upd-0",
            day(2026, 11, 3),
            700,
            f"Change this payment back to what batch {first} sent.",
        ),
        reversal(3, "new-0", day(2026, 11, 3), 1500, "Delete this payment in QuickBooks."),
        reversal(
            2,
            "upd-0",
            day(2026, 11, 2),
            16000,
            f"Change this invoice back to what batch {first} sent.",
        ),
        reversal(1, "new-0", day(2026, 11, 2), 15000, "Delete this invoice in QuickBooks."),
    ]
    assert list(plan_undo(batch).reversals(with_dependents=True)) == list(
        plan_undo(batch).reversals()
    )


def test_with_dependents_the_newest_batch_is_reversed_first(
    invoice: Invoice, origin: Origin
) -> None:
    first = make_ready_batch(origin=origin)
    change(invoice, 9000, origin)
    second = make_ready_batch(origin=origin)
    plan = plan_undo(first)
    assert [each.batch_id for each in plan.reversals(with_dependents=True)] == [
        second.pk,
        first.pk,
    ]
    assert [each.batch_id for each in plan.reversals()] == [first.pk]
