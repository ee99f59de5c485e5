"""What blocks a row of Unbatched: findings, the closing date, the restated invoice, settings."""

from datetime import date, timedelta
from typing import Any

import pytest

from accounting.batches.confirm import DraftChanged, confirm_draft
from accounting.batches.drafts import make_draft
from accounting.batches.opening import put_in_opening_batch
from accounting.models import BatchParty, Draft, Finding, ItemWarning, UnbatchedInvoice
from accounting.tests.factories import confirm, draft_of, make_batch, make_ready_batch
from accounting.tests.readings import items_of, unbatched_row, unbatched_rows, warnings_of
from accounting.tests.scenes import make_every_kind
from accounting.unbatched.block_reasons import block_reasons
from accounting.unbatched.filters import Filters
from accounting.unbatched.rows import INVOICES_TAB, PAYMENTS_TAB, ROWS_OF
from accounting.unbatched.selection import NamedDocuments, chosen_sources, tab_totals
from invoices.models import Customer, Invoice
from invoices.services.invoices import change_invoice
from invoices.services.parties import AddressValues
from invoices.tests.factories import (
    make_credit_memo,
    make_customer,
    make_department,
    make_invoice,
    make_invoice_values,
    make_line,
    make_origin,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.date_texts import day_text
from sera_batching.models import Company
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused, unchanging

pytestmark = pytest.mark.django_db

CLOSED = "Give it a later date, or reopen the period by changing the closing date in Settings."
TAXED: dict[str, Any] = {"tax_name": "Austin", "tax_cents": 100}


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def customer(origin: Origin) -> Customer:
    return make_customer(origin=origin)


def close_books(closing_date: date | None) -> None:
    Company.objects.update(closing_date=closing_date)


def address(postal_code: str) -> AddressValues:
    return AddressValues(line1="1 Elm St", city="Austin", state="TX", postal_code=postal_code)


def reasons(number: str) -> list[str]:
    rows = [row for row in unbatched_rows() if row.number == number]
    profile = Company.current().profile
    return [text for texts in block_reasons(rows, profile).values() for text in texts]


def change(invoice: Invoice, origin: Origin, **values: Any) -> None:
    change_invoice(
        invoice=invoice, values=make_invoice_values(16000, **values), reason="x", origin=origin
    )


# 19: the closing date


def test_every_kind_of_row_is_blocked_by_the_closing_date(origin: Origin) -> None:
    make_every_kind(origin)
    kinds = {row.kind for row in unbatched_rows()}
    close_books(max(row.date for row in unbatched_rows()))

    rows = unbatched_rows()

    assert (
        {row.kind for row in rows}
        == kinds
        == {
            "invoice_insert",
            "invoice_update",
            "credit_memo",
            "payment_insert",
            "payment_update",
            "journal",
        }
    )
    assert all(row.is_blocked for row in rows)
    assert all(texts for texts in block_reasons(rows, "online").values())
    for tab in (INVOICES_TAB, PAYMENTS_TAB):
        totals = tab_totals(tab, filters=Filters(), profile="online", choice=NamedDocuments())
        assert (totals.selected_count, totals.blocked_count) == (0, totals.matching_count)
    with unchanging(), pytest.raises(Exception, match="Everything selected is left out"):
        draft_of(origin=origin)


def test_what_a_batch_would_take_is_open_on_both_its_days(origin: Origin) -> None:
    """`chosen_sources` and the rows agree for every closing date, and without one."""
    make_every_kind(origin)
    days = {row.date for row in unbatched_rows()}
    sent = {one.sent_date for one in UnbatchedInvoice.objects.all() if one.sent_date}
    assert sent
    around = {day + timedelta(days=by) for day in days | sent for by in (-1, 0, 1)}
    for closing_date in (None, *sorted(around)):
        close_books(closing_date)
        chosen = {(row.document, row.document_id) for row in unbatched_rows() if not row.is_blocked}
        taken = chosen_sources(
            *ROWS_OF, filters=Filters(), profile=Company.current().profile, choice=NamedDocuments()
        )
        assert chosen == {
            key
            for source in taken.values()
            for key in source.values_list("row_document", "row_document_id")
        }


def test_the_closing_day_is_closed_and_the_next_is_open(origin: Origin) -> None:
    make_invoice("1", date=date(2026, 9, 30), due_date=date(2026, 10, 30), origin=origin)
    make_invoice("2", date=date(2026, 10, 1), due_date=date(2026, 10, 30), origin=origin)
    close_books(date(2026, 9, 30))
    assert (unbatched_row("1").is_blocked, unbatched_row("2").is_blocked) == (True, False)
    assert reasons("1") == [
        f"It is dated 09/30/2026; the books are closed through 09/30/2026. {CLOSED}"
    ]
    close_books(None)
    assert unbatched_row("1").is_blocked is False


def test_an_update_of_what_was_sent_into_a_closed_month_is_blocked(origin: Origin) -> None:
    invoice = make_invoice("1", date=date(2026, 9, 2), origin=origin)
    payment = make_payment("P-1", invoice=invoice, date=date(2026, 9, 3), origin=origin)
    make_ready_batch(origin=origin)
    change(invoice, origin, date=date(2026, 10, 5))
    make_refund("R-1", payment=payment, date=date(2026, 10, 6), amount=100, origin=origin)
    close_books(date(2026, 9, 30))
    assert reasons("1") == [
        (
            "It was last sent with the date 09/02/2026; the books are closed through "
            f"09/30/2026. {CLOSED}"
        )
    ]
    assert reasons("P-1") == [
        (
            f"It is dated {day_text(unbatched_row('P-1').date)}; the books are closed "
            f"through 09/30/2026. {CLOSED}"
        )
    ]
    assert unbatched_row("R-1").is_blocked is False


def test_books_closed_while_the_window_is_open(origin: Origin) -> None:
    make_invoice("1", date=date(2026, 9, 30), origin=origin)
    make_invoice("2", date=date(2026, 10, 1), origin=origin)
    draft = draft_of(origin=origin)
    close_books(date(2026, 9, 30))
    with pytest.raises(DraftChanged) as caught:
        confirm(draft)
    why = f"It is dated 09/30/2026; the books are closed through 09/30/2026. {CLOSED}"
    assert caught.value.moved == [{"kind": "invoice_insert", "number": "1", "reason": why}]
    assert items_of(confirm(draft)) == [("invoice_insert", "2", 15000)]


def test_blocked_rows_that_were_asked_for_are_named(origin: Origin) -> None:
    make_invoice("1", date=date(2026, 9, 30), origin=origin)
    make_invoice("2", date=date(2026, 10, 1), origin=origin)
    close_books(date(2026, 9, 30))
    draft = draft_of(origin=origin)
    assert [(one["number"], one["reason"]) for one in draft.left_out] == [
        ("1", f"It is dated 09/30/2026; the books are closed through 09/30/2026. {CLOSED}")
    ]


# 4, 6, 11: stored with the revision


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"due_date": date(2026, 11, 1)}, "The invoice is due on 11/01/2026, before its date"),
        ({**TAXED, "tax_name": ""}, "The tax of 1.00 has no tax code."),
        (
            {**TAXED, "lines": (make_line(15000, is_taxable=False),)},
            "There is a tax of 1.00, but no line is taxable.",
        ),
        (
            {"lines": (make_line(15000, item="Repair::Valve"),)},
            'The item "Repair::Valve" has an empty part',
        ),
    ],
)
def test_an_invoice_is_blocked_until_it_is_fixed(
    values: dict[str, Any], problem: str, origin: Origin
) -> None:
    values = {"date": date(2026, 11, 2), **values}
    invoice = make_invoice("1", origin=origin, **values)
    (reason,) = reasons("1")
    assert reason.startswith(problem)
    with refused(
        f"Everything selected is left out, such as 1: {reason} Fix that, or select other documents."
    ):
        draft_of(origin=origin)
    change(invoice, origin)
    assert (unbatched_row("1").is_blocked, reasons("1")) == (False, [])


def test_a_credit_memo_of_what_would_be_blocked_is_blocked(origin: Origin) -> None:
    bad = make_invoice("1", origin=origin, **{**TAXED, "tax_name": ""})
    put_in_opening_batch(document=bad, origin=origin)
    make_credit_memo("CM-1", invoice=bad, origin=origin)
    assert reasons("CM-1") == [
        (
            "The tax of 1.00 has no tax code. Enter the name of the sales tax on the "
            "invoice, and approve it again."
        )
    ]
    change(bad, origin)
    # It still restates what was sent.
    assert unbatched_row("CM-1").is_blocked
    make_batch(("invoice_update", "1"), is_built=False, origin=origin)
    assert unbatched_row("CM-1").is_blocked is False


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(
            {"date": date(2026, 11, 2), "due_date": date(2026, 11, 1)}, id="due too early"
        ),
        pytest.param({"terms": "Net 30 days, or as agreed by phone"}, id="terms too long"),
    ],
)
def test_a_credit_memo_is_not_blocked_by_what_it_does_not_say(
    values: dict[str, Any], origin: Origin
) -> None:
    invoice = make_invoice("1", origin=origin, **values)
    assert reasons("1")
    put_in_opening_batch(document=invoice, origin=origin)
    make_credit_memo("CM-1", invoice=invoice, origin=origin)
    assert unbatched_row("CM-1").is_blocked is False


# 4 and 17: the settings


def test_accounts_too_long_for_desktop_keep_out_what_names_them(origin: Origin) -> None:
    make_invoice("1", origin=origin)
    make_payment("P-1", method="check", origin=origin)
    make_payment("P-2", method="cash", origin=origin)
    long = "A" * 32
    Company.objects.update(profile="desktop", deposit_accounts={"check": long})
    draft = draft_of(origin=origin)
    assert draft.left_out == [
        {
            "kind": "payment_insert",
            "number": "P-1",
            "reason": f'The account "{long}" has 32 characters; QuickBooks Desktop allows 31. '
            "Correct it in the company settings.",
        }
    ]
    assert sorted(draft.items.values_list("number", flat=True)) == ["1", "P-2"]


def test_settings_changed_while_the_window_is_open(origin: Origin) -> None:
    make_payment("P-1", method="check", origin=origin)
    make_payment("P-2", method="cash", origin=origin)
    draft = draft_of(origin=origin)
    Company.objects.update(deposit_accounts={"check": "Checking::1"})
    confirmation = confirm_draft(
        draft_id=draft.pk, name="B", origin=origin, leaves_out_moved=True, is_built_here=True
    )
    assert [(one["number"], one["reason"]) for one in confirmation.left_out] == [
        (
            "P-1",
            (
                'The account "Checking::1" has an empty part: Parent:Child needs both names. '
                "Correct it in the company settings."
            ),
        )
    ]
    assert [number for _, number, _ in items_of(confirmation.batch)] == ["P-2"]


def test_the_class_of_a_department_keeps_its_journals_out(origin: Origin) -> None:
    bad = make_department("South", default_class="South:", origin=origin)
    good = make_department("North", default_class="Texas:North", origin=origin)
    for number, department in (("1", bad), ("2", good)):
        invoice = make_invoice(number, department=department, origin=origin)
        payment = make_payment(f"P-{number}", invoice=invoice, origin=origin)
        make_ready_batch(origin=origin)
        make_refund(f"R-{number}", payment=payment, amount=100, origin=origin)
    draft = make_draft(origin=origin, choice=NamedDocuments(), filters=Filters())
    assert draft.left_out == [
        {
            "kind": "journal",
            "number": "R-1",
            "reason": 'The class "South:" has an empty part: Parent:Child needs both names. '
            'Correct the default class of department "South".',
        }
    ]
    assert list(draft.items.values_list("number", flat=True)) == ["R-2"]
    assert Draft.objects.count() == 1


# 12, 18, 20: warnings


@pytest.mark.parametrize(
    ("profile", "service", "values", "is_warned"),
    [
        ("online", address(" "), TAXED, True),
        ("online", address("78701"), TAXED, False),
        ("online", AddressValues(city="Austin"), {}, False),
        ("desktop", AddressValues(city="Austin"), TAXED, False),
        ("online", None, TAXED, False),
    ],
)
def test_12_the_address_that_tax_is_worked_out_from(
    profile: str,
    service: AddressValues | None,
    values: dict[str, Any],
    is_warned: bool,
    origin: Origin,
) -> None:
    billing = address("78701")
    customer = make_customer(billing=billing, service=service, origin=origin)
    make_invoice("1", customer=customer, origin=origin, **values)
    Company.objects.update(profile=profile, default_tax_item="Tax", ar_account="A/R")
    batch = make_batch(is_built=False, origin=origin)
    codes = [code for _, code, _ in warnings_of(batch) if code == "12"]
    assert codes == (["12"] if is_warned else [])


def test_18_an_update_into_another_month_is_warned_of_once_sent(origin: Origin) -> None:
    invoice = make_invoice("1", date=date(2026, 10, 31), origin=origin)
    same = make_invoice("2", date=date(2026, 11, 1), origin=origin)
    make_ready_batch(origin=origin)
    change(invoice, origin, date=date(2026, 11, 1))
    change(same, origin, date=date(2026, 11, 30))
    batch = make_batch(is_built=False, origin=origin)
    assert warnings_of(batch) == [("1", "18", 16000)]


def test_18_a_year_apart_is_another_month(origin: Origin) -> None:
    invoice = make_invoice("1", date=date(2025, 11, 2), origin=origin)
    make_ready_batch(origin=origin)
    change(invoice, origin, date=date(2026, 11, 2))
    assert warnings_of(make_batch(is_built=False, origin=origin)) == [("1", "18", 16000)]


def test_20_a_bad_address_is_warned_of_and_left_out(origin: Origin) -> None:
    bad = make_customer(email="a@example.com; b@example.com", origin=origin)
    make_invoice("1", customer=bad, origin=origin)
    make_invoice("2", customer=make_customer(email="c@example.com", origin=origin), origin=origin)
    make_payment("P-1", customer=bad, origin=origin)
    batch = make_batch(is_built=False, origin=origin)
    assert warnings_of(batch) == [("1", "20", 15000)]
    assert ItemWarning.objects.get().problem == (
        '"a@example.com; b@example.com" isn\'t a single valid e-mail address, so it is left out.'
    )
    emails = BatchParty.objects.filter(batch=batch).order_by("pk").values_list("email", flat=True)
    assert sorted(emails) == ["", "c@example.com"]
    bad.refresh_from_db()
    assert bad.email == "a@example.com; b@example.com"
    assert Finding.objects.filter(check_code="20").count() == 2
