"""Ticks: on load, by the header checkbox, all removed, and with filters (domain.md §4)."""

import datetime

import pytest

from accounting.batches.drafts import make_draft
from accounting.models import SelectionException
from accounting.tests.factories import make_ready_batch
from accounting.unbatched.filters import Filters
from accounting.unbatched.rows import INVOICES_TAB, PAYMENTS_TAB
from accounting.unbatched.selection import (
    NamedDocuments,
    SelectionRule,
    TabTotals,
    UserSelection,
    get_selection,
    list_rows,
    read_rows,
    tab_totals,
)
from accounting.unbatched.selection_changes import tick_all, tick_documents, tick_everything
from invoices.models import Invoice
from invoices.services.invoices import change_invoice
from invoices.tests.factories import (
    make_credit_memo,
    make_customer,
    make_invoice,
    make_invoice_values,
    make_origin,
    make_user,
)
from payments.models import Payment
from payments.tests.factories import make_payment, make_refund
from sera_batching.models import User
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused, unchanging

pytestmark = pytest.mark.django_db

EARLY = datetime.date(2026, 10, 1)
LATE = datetime.date(2026, 12, 1)
ONLY_EARLY = Filters(date_to=EARLY)
ONLY_LATE = Filters(date_from=LATE)
NOBODY_LEFT = "You have deselected everything. Select at least one document to batch."


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def user(origin: Origin) -> User:
    return origin.user


@pytest.fixture
def invoices(origin: Origin) -> list[Invoice]:
    """Three invoices: 1 early, 2 and 3 late."""
    customer = make_customer(origin=origin)
    dates = {"1": EARLY, "2": LATE, "3": LATE}
    return [
        make_invoice(
            number,
            customer=customer,
            date=day,
            due_date=day + datetime.timedelta(days=30),
            origin=origin,
        )
        for number, day in dates.items()
    ]


@pytest.fixture
def payments(invoices: list[Invoice], origin: Origin) -> list[Payment]:
    """Two payments on the invoices 1 and 2: P-1 early, P-2 late."""
    return [
        make_payment("P-1", invoice=invoices[0], date=EARLY, origin=origin),
        make_payment("P-2", invoice=invoices[1], date=LATE, origin=origin),
    ]


def choice_of(user: User) -> UserSelection:
    return UserSelection(get_selection(user))


def selected(tab: str, choice: SelectionRule, filters: Filters | None = None) -> list[str]:
    """Return the numbers that a batch would take from a tab."""
    rows = read_rows(list_rows(tab, filters=filters or Filters(), profile="online", choice=choice))
    return [each.row.number for each in rows if each.is_selected]


def both(user: User, filters: Filters | None = None) -> list[str]:
    choice = choice_of(user)
    return [
        number for tab in (INVOICES_TAB, PAYMENTS_TAB) for number in selected(tab, choice, filters)
    ]


def drafted(origin: Origin, filters: Filters | None = None) -> list[str]:
    draft = make_draft(origin=origin, choice=choice_of(origin.user), filters=filters or Filters())
    return sorted(draft.items.values_list("number", flat=True))


def untick(user: User, *documents: Invoice | Payment) -> None:
    for tab, model, name in (
        (INVOICES_TAB, Invoice, "invoice"),
        (PAYMENTS_TAB, Payment, "payment"),
    ):
        pairs = [(name, each.pk) for each in documents if isinstance(each, model)]
        if pairs:
            tick_documents(user=user, tab=tab, documents=pairs, is_ticked=False)


# On load


def test_on_load_everything_is_selected_and_batched(
    payments: list[Payment], user: User, origin: Origin
) -> None:
    assert both(user) == ["1", "2", "3", "P-1", "P-2"]
    assert drafted(origin) == ["1", "2", "3", "P-1", "P-2"]


def test_untouched_everything_that_matches_the_filters_is_batched(
    payments: list[Payment], user: User, origin: Origin
) -> None:
    assert both(user, ONLY_LATE) == ["2", "3", "P-2"]
    assert drafted(origin, ONLY_LATE) == ["2", "3", "P-2"]


def test_what_arrives_later_is_selected_too_while_nothing_was_touched(
    invoices: list[Invoice], user: User, origin: Origin
) -> None:
    get_selection(user)
    make_invoice("4", origin=origin)
    assert both(user) == ["1", "2", "3", "4"]


def test_each_user_has_their_own_ticks(invoices: list[Invoice], user: User) -> None:
    other = make_user("Accountant")
    untick(user, invoices[0])
    assert both(user) == ["2", "3"]
    assert both(other) == ["1", "2", "3"]


# Single rows


def test_an_unticked_row_is_not_batched_until_it_is_ticked_again(
    invoices: list[Invoice], payments: list[Payment], user: User, origin: Origin
) -> None:
    untick(user, invoices[1], payments[0])
    assert both(user) == ["1", "3", "P-2"]
    assert drafted(origin) == ["1", "3", "P-2"]
    tick_documents(
        user=user, tab=INVOICES_TAB, documents=[("invoice", invoices[1].pk)], is_ticked=True
    )
    assert both(user) == ["1", "2", "3", "P-2"]


def test_ticking_twice_is_ticking_once(invoices: list[Invoice], user: User) -> None:
    untick(user, invoices[0])
    untick(user, invoices[0], invoices[0])
    assert SelectionException.objects.count() == 1
    for _ in range(2):
        tick_documents(
            user=user, tab=INVOICES_TAB, documents=[("invoice", invoices[0].pk)], is_ticked=True
        )
    assert SelectionException.objects.count() == 0


def test_ids_of_different_documents_are_not_mixed_up(user: User, origin: Origin) -> None:
    invoice = make_invoice("7", origin=origin)
    memo = make_credit_memo("CM-1", invoice=invoice, origin=origin)
    payment = make_payment("P-1", origin=origin)
    make_ready_batch(origin=origin)
    change_invoice(invoice=invoice, values=make_invoice_values(1), reason="x", origin=origin)
    refund = make_refund("R-1", payment=payment, origin=origin)
    assert both(user) == ["7", "CM-1", "R-1"]
    for tab, kind, document, left in (
        (INVOICES_TAB, "credit_memo", memo, ["7", "R-1"]),
        (PAYMENTS_TAB, "refund", refund, ["7"]),
    ):
        tick_documents(user=user, tab=tab, documents=[(kind, document.pk)], is_ticked=False)
        assert both(user) == left


def test_a_table_has_only_its_own_documents(invoices: list[Invoice], user: User) -> None:
    get_selection(user)
    for tab, kind in ((INVOICES_TAB, "payment"), (PAYMENTS_TAB, "invoice"), (PAYMENTS_TAB, "x")):
        with refused("This table has no such documents. Reload the page."):
            tick_documents(user=user, tab=tab, documents=[(kind, 1)], is_ticked=False)


# The header checkbox


def test_the_header_box_unticks_all_of_its_own_table(
    payments: list[Payment], user: User, origin: Origin
) -> None:
    tick_all(user=user, tab=INVOICES_TAB, filters=Filters(), profile="online", is_ticked=False)
    assert both(user) == ["P-1", "P-2"]
    make_invoice("4", origin=origin)
    assert both(user) == ["P-1", "P-2"]
    tick_all(user=user, tab=INVOICES_TAB, filters=Filters(), profile="online", is_ticked=True)
    assert both(user) == ["1", "2", "3", "4", "P-1", "P-2"]


def test_the_header_box_acts_on_all_rows_that_match_and_no_others(
    invoices: list[Invoice], payments: list[Payment], user: User
) -> None:
    tick_all(user=user, tab=INVOICES_TAB, filters=ONLY_LATE, profile="online", is_ticked=False)
    assert both(user) == ["1", "P-1", "P-2"]
    with unchanging():
        tick_all(user=user, tab=INVOICES_TAB, filters=ONLY_LATE, profile="online", is_ticked=False)
    tick_all(user=user, tab=INVOICES_TAB, filters=ONLY_EARLY, profile="online", is_ticked=False)
    assert both(user) == ["P-1", "P-2"]
    tick_all(user=user, tab=INVOICES_TAB, filters=ONLY_LATE, profile="online", is_ticked=True)
    assert both(user) == ["2", "3", "P-1", "P-2"]


def test_the_header_box_works_from_none_too(invoices: list[Invoice], user: User) -> None:
    tick_all(user=user, tab=INVOICES_TAB, filters=Filters(), profile="online", is_ticked=False)
    tick_all(user=user, tab=INVOICES_TAB, filters=ONLY_LATE, profile="online", is_ticked=True)
    assert both(user) == ["2", "3"]
    untick(user, invoices[1])
    assert both(user) == ["3"]
    tick_all(user=user, tab=INVOICES_TAB, filters=ONLY_LATE, profile="online", is_ticked=False)
    assert both(user) == []


def test_the_header_box_forgets_single_ticks(invoices: list[Invoice], user: User) -> None:
    untick(user, invoices[0])
    tick_all(user=user, tab=INVOICES_TAB, filters=Filters(), profile="online", is_ticked=True)
    assert both(user) == ["1", "2", "3"]
    assert SelectionException.objects.count() == 0


def test_everything_goes_back_to_how_it_was_on_load(
    invoices: list[Invoice], payments: list[Payment], user: User
) -> None:
    tick_all(user=user, tab=PAYMENTS_TAB, filters=Filters(), profile="online", is_ticked=False)
    untick(user, invoices[0])
    tick_everything(user)
    assert both(user) == ["1", "2", "3", "P-1", "P-2"]


# Emptied


def test_unticking_everything_in_both_tables_is_refused(
    payments: list[Payment], user: User, origin: Origin
) -> None:
    for tab in (INVOICES_TAB, PAYMENTS_TAB):
        tick_all(user=user, tab=tab, filters=Filters(), profile="online", is_ticked=False)
    with refused(NOBODY_LEFT):
        drafted(origin)


def test_unticking_row_by_row_is_refused_too(
    invoices: list[Invoice], payments: list[Payment], user: User, origin: Origin
) -> None:
    untick(user, *invoices, *payments)
    with refused(NOBODY_LEFT):
        drafted(origin)


def test_one_empty_table_is_no_refusal(payments: list[Payment], user: User, origin: Origin) -> None:
    tick_all(user=user, tab=INVOICES_TAB, filters=Filters(), profile="online", is_ticked=False)
    assert drafted(origin) == ["P-1", "P-2"]


# Filters and ticks


def test_a_ticked_row_that_is_filtered_out_is_not_batched(
    invoices: list[Invoice], user: User, origin: Origin
) -> None:
    untick(user, invoices[1])
    assert drafted(origin, ONLY_LATE) == ["3"]
    assert drafted(origin, ONLY_EARLY) == ["1"]


def test_what_is_ticked_but_filtered_out_leaves_nothing_to_batch(
    invoices: list[Invoice], user: User, origin: Origin
) -> None:
    untick(user, invoices[1], invoices[2])
    with refused(NOBODY_LEFT):
        drafted(origin, ONLY_LATE)


# Totals


def test_totals_of_a_table(
    invoices: list[Invoice], payments: list[Payment], user: User, origin: Origin
) -> None:
    make_invoice("1" * 22, total=700, date=LATE, due_date=LATE, origin=origin)
    untick(user, invoices[1])
    seen = tab_totals(INVOICES_TAB, filters=ONLY_LATE, profile="online", choice=choice_of(user))
    assert seen == TabTotals(
        matching_count=3,
        matching_cents=30700,
        selected_count=1,
        selected_cents=15000,
        hidden_count=1,
        blocked_count=1,
        unbatched_count=4,
        arrived_count=0,
    )
    assert tab_totals(
        PAYMENTS_TAB, filters=Filters(), profile="online", choice=choice_of(user)
    ) == TabTotals(
        matching_count=2,
        matching_cents=30000,
        selected_count=2,
        selected_cents=30000,
        unbatched_count=2,
    )


def test_what_arrived_after_the_user_looked_is_counted_and_not_selected(
    invoices: list[Invoice], user: User
) -> None:
    moment = invoices[1].current_revision
    assert moment is not None
    totals = tab_totals(
        INVOICES_TAB,
        filters=ONLY_LATE,
        profile="online",
        choice=choice_of(user),
        as_of=moment.frozen_at,
    )
    assert (totals.matching_count, totals.arrived_count) == (2, 1)
    assert totals.selected_count == 1


def test_a_blocked_row_cannot_be_selected(user: User, origin: Origin) -> None:
    make_invoice("1" * 22, origin=origin)
    assert both(user) == []
    with refused(
        "Everything selected is left out, such as 1111111111111111111111: The invoice number "
        "1111111111111111111111 has 22 characters; QuickBooks Online allows 21. Use a "
        "shorter number. We don't shorten numbers: two could become the same. Fix that, or "
        "select other documents."
    ):
        drafted(origin)


# Named documents, as commands give them


@pytest.mark.parametrize(
    ("choice", "numbers"),
    [
        (NamedDocuments(), ["1", "2", "3", "P-1", "P-2"]),
        (NamedDocuments(only_tab=INVOICES_TAB), ["1", "2", "3"]),
        (NamedDocuments(only_tab=PAYMENTS_TAB), ["P-1", "P-2"]),
        (
            NamedDocuments(include=[("invoice_insert", "2"), ("payment_insert", "P-1")]),
            ["2", "P-1"],
        ),
        (NamedDocuments(include=[("payment_insert", "2")]), []),
        (NamedDocuments(exclude=[("invoice_insert", "2"), ("x", "3")]), ["1", "3", "P-1", "P-2"]),
        (
            NamedDocuments(
                include=[("invoice_insert", "1"), ("invoice_insert", "2")],
                exclude=[("invoice_insert", "2")],
            ),
            ["1"],
        ),
    ],
)
def test_named_documents(
    payments: list[Payment], choice: SelectionRule, numbers: list[str]
) -> None:
    assert [
        number for tab in (INVOICES_TAB, PAYMENTS_TAB) for number in selected(tab, choice)
    ] == numbers


def test_named_documents_never_widen_the_filters(invoices: list[Invoice]) -> None:
    choice = NamedDocuments(include=[("invoice_insert", "1"), ("invoice_insert", "2")])
    assert selected(INVOICES_TAB, choice, ONLY_LATE) == ["2"]


def test_a_number_is_named_with_its_kind(payments: list[Payment], origin: Origin) -> None:
    """Of a thousand names, mostly unknown, those unbatched in the named kind are selected."""
    unknown = [("invoice_insert", f"none-{number}") for number in range(1_000)]
    other_kinds = [("invoice_update", "1"), ("credit_memo", "2"), ("journal", "P-1")]
    choice = NamedDocuments(
        include=[*unknown, *other_kinds, ("invoice_insert", "3"), ("payment_insert", "P-2")]
    )
    assert selected(INVOICES_TAB, choice) == ["3"]
    assert selected(PAYMENTS_TAB, choice) == ["P-2"]
