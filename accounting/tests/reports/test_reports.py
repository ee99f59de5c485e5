"""The figures of the reports: Unbatched by age, Completeness to the cent, Revenue."""

import io
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from accounting.batches.undo import undo_batch
from accounting.models import BatchItem
from accounting.reports.ages import Amount, blocked_rows, deposits_open, open_work
from accounting.reports.charts import Part, bar_chart
from accounting.reports.completeness import completeness
from accounting.reports.revenue import (
    Month,
    RevenueFilters,
    pending_revenue,
    revenue,
    revenue_by_month,
    totals_of,
    write_pending_revenue,
    write_revenue,
)
from accounting.tests.factories import make_ready_batch
from accounting.tests.scenes import make_every_kind
from demo.seeding import seed_demo
from invoices.services.invoices import change_invoice
from invoices.services.lifecycle import hold_invoice, unlock_invoice
from invoices.tests.factories import (
    make_customer,
    make_department,
    make_invoice,
    make_invoice_values,
    make_origin,
)
from payments.services.states import dispute_payment
from payments.tests.factories import make_payment, make_refund
from sera_batching.database import triggers
from sera_batching.templatetags.sera import short_money

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 22)
ALWAYS = RevenueFilters(date_from=None, date_to=None)


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def test_what_waits_is_counted_by_its_age() -> None:
    customer = make_customer()
    for days in (-3, 0, 7, 8, 30, 31, 60, 61, 90, 91):
        day = days_ago(days)
        make_invoice(customer=customer, total=1000 + days, date=day, due_date=day)
    make_payment(customer=customer, amount=500, date=days_ago(61))
    work = open_work(profile="online", today=TODAY)
    assert [(band.label, band.invoices, band.payments) for band in work.bands] == [
        ("up to 7 days", Amount(3, 3004), Amount()),
        ("8 to 30 days", Amount(2, 2038), Amount()),
        ("31 to 60 days", Amount(2, 2091), Amount()),
        ("61 to 90 days", Amount(2, 2151), Amount(1, 500)),
        ("more than 90 days", Amount(1, 1091), Amount()),
    ]
    assert work.invoices == Amount(10, 10375)
    assert work.payments == Amount(1, 500)
    assert work.oldest == days_ago(91)
    assert work.blocked_count == 0


def test_nothing_waits() -> None:
    work = open_work(profile="online", today=TODAY)
    assert (work.invoices, work.payments, work.oldest) == (Amount(), Amount(), None)


def test_the_ages_take_four_statements(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_every_kind(make_origin(), count=2)
    with django_assert_num_queries(4):
        open_work(profile="online", today=TODAY)


def test_deposits_are_payments_that_name_no_invoice() -> None:
    customer = make_customer()
    make_payment(invoice=make_invoice(customer=customer), amount=1000)
    make_payment(customer=customer, amount=700)
    make_refund(payment=make_payment(customer=customer, amount=900), amount=300)
    assert deposits_open(profile="online") == Amount(2, 1300)


def test_blocked_documents_come_with_their_reasons_the_oldest_first() -> None:
    customer = make_customer()
    make_invoice("N" * 30, customer=customer)
    old = days_ago(300)
    make_invoice("M" * 30, customer=customer, date=old, due_date=old)
    make_invoice("7", customer=customer)
    rows = blocked_rows(profile="online")
    assert [each.row.number for each in rows] == ["M" * 30, "N" * 30]
    assert all(len(each.reasons) == 1 and "21" in each.reasons[0] for each in rows)
    assert open_work(profile="online", today=TODAY).blocked_count == 2


def parts() -> dict[str, tuple[Amount, Amount, Amount, Amount, Amount]]:
    accounts = completeness("online")
    assert [account.difference_cents for account in accounts] == [0, 0, 0]
    return {
        account.label.partition(",")[0]: (
            account.everything,
            account.in_books,
            account.unbatched,
            account.held_back,
            account.netted,
        )
        for account in accounts
    }


def test_every_amount_is_in_one_place() -> None:
    origin = make_origin()
    customer = make_customer(origin=origin)
    sent = make_invoice("sent", customer=customer, total=1000)
    changed = make_invoice("changed", customer=customer, total=2000)
    held = make_invoice("held", customer=customer, total=4000)
    paid = make_payment("paid", invoice=sent, amount=900)
    make_refund(payment=make_payment("netted", customer=customer, amount=700), amount=100)
    hold_invoice(invoice=held, note="Later.", origin=origin)
    make_payment("on held", invoice=held, amount=3000)
    make_ready_batch(origin=origin)
    change_invoice(
        invoice=changed, values=make_invoice_values(2500), reason="Wrong.", origin=origin
    )
    make_invoice("new", customer=customer, total=8000)
    make_invoice("zero", customer=customer, total=0)
    make_invoice("draft", customer=customer, total=99, finalized=False)
    unlock_invoice(
        invoice=make_invoice("unlocked", customer=customer, total=77), reason="x", origin=origin
    )
    make_refund(payment=paid, amount=50)
    deposit = make_payment("new", customer=customer, amount=600)
    make_refund(payment=deposit, amount=200)
    make_refund(payment=make_payment("gone", customer=customer, amount=300), amount=300)
    disputed = make_payment("disputed", customer=customer, amount=5000)
    dispute_payment(payment=disputed, note="x", origin=origin)
    assert parts() == {
        "Finalized invoices": (
            Amount(5, 15500),
            Amount(1, 1000),
            Amount(2, 10500),
            Amount(1, 4000),
            Amount(),
        ),
        "Payments": (
            Amount(6, 9900),
            Amount(2, 1500),
            Amount(1, 400),
            Amount(2, 8000),
            Amount(),
        ),
        "Refunds": (
            Amount(4, 650),
            Amount(1, 100),
            Amount(1, 50),
            Amount(),
            Amount(2, 500),
        ),
    }


def test_it_adds_up_for_every_kind_before_and_after_a_batch_and_an_undo() -> None:
    origin = make_origin()
    make_every_kind(origin, count=2)
    before = parts()
    batch = make_ready_batch(origin=origin)
    assert {name: part[2] for name, part in parts().items()} == dict.fromkeys(before, Amount())
    undo_batch(batch_id=batch.pk, reason="Wrong.", origin=origin)
    assert parts() == before


def test_it_adds_up_for_the_demo_company() -> None:
    seed_demo(seed=3, invoices=60, origin=make_origin())
    assert parts()["Finalized invoices"][0].count > 50


def test_a_document_that_lost_its_place_shows_as_a_difference() -> None:
    origin = make_origin()
    invoice = make_invoice("7", total=1000, origin=origin)
    make_ready_batch(origin=origin)
    triggers.remove()
    # Neither in the books nor unbatched: marked as batched without a live batch.
    BatchItem.objects.filter(invoice=invoice).update(fingerprint="x")
    type(invoice).objects.filter(pk=invoice.pk).update(is_on_hold=True)
    BatchItem.objects.filter(invoice=invoice).update(is_newest=False)
    type(invoice).objects.filter(pk=invoice.pk).update(is_on_hold=False)
    triggers.install()
    account = completeness("online")[0]
    assert (account.everything.cents, account.unbatched.cents) == (1000, 1000)


def listed(filters: RevenueFilters) -> list[str]:
    return [invoice.number for invoice in revenue(filters).order_by("number")]


def test_revenue_is_the_finalized_invoices_with_their_newest_batch() -> None:
    origin = make_origin()
    make_invoice("1", total=1000, origin=origin)
    changed = make_invoice("2", total=2000, origin=origin)
    batch = make_ready_batch(origin=origin)
    change_invoice(invoice=changed, values=make_invoice_values(2500), reason="x", origin=origin)
    make_invoice("3", total=4000, origin=origin)
    make_invoice("4", total=8000, origin=origin, finalized=False)
    rows = revenue(ALWAYS).order_by("number")
    assert [
        (row.number, row.report_total_cents, row.report_batch, row.report_is_changed)
        for row in rows
    ] == [("1", 1000, batch.pk, False), ("2", 2500, batch.pk, True), ("3", 4000, None, False)]
    assert totals_of(revenue(ALWAYS)) == (3, 7500, 0, 7500)
    assert [row.number for row in pending_revenue(ALWAYS)] == ["4"]
    assert totals_of(pending_revenue(ALWAYS)) == (1, 8000, 0, 8000)


def test_an_unlocked_invoice_is_pending_revenue() -> None:
    origin = make_origin()
    unlock_invoice(invoice=make_invoice("1", total=1000), reason="x", origin=origin)
    assert listed(ALWAYS) == []
    assert totals_of(pending_revenue(ALWAYS)).total_cents == 1000


def test_revenue_is_narrowed_by_date_and_department() -> None:
    origin = make_origin()
    department = make_department("HVAC", origin=origin)
    for number, day, of in (
        ("1", date(2026, 10, 31), department),
        ("2", date(2026, 11, 1), department),
        ("3", date(2026, 11, 1), None),
    ):
        make_invoice(number, date=day, due_date=day, department=of, origin=origin)
    november = date(2026, 11, 1)
    assert listed(RevenueFilters(date_from=november, date_to=None)) == ["2", "3"]
    assert listed(RevenueFilters(date_from=None, date_to=date(2026, 10, 31))) == ["1"]
    assert listed(
        RevenueFilters(date_from=november, date_to=november, department=department.pk)
    ) == ["2"]
    assert listed(RevenueFilters(date_from=None, date_to=None, department="none")) == ["3"]


def test_the_months_are_the_last_twelve() -> None:
    for day, cents in (
        (date(2025, 11, 30), 1),
        (date(2025, 12, 1), 100),
        (date(2026, 11, 30), 500),
        (date(2026, 11, 1), 300),
        (date(2026, 12, 1), 9),
    ):
        make_invoice(date=day, due_date=day, total=cents)
    months = revenue_by_month(today=TODAY)
    assert len(months) == 12
    assert months[0] == Month(date(2025, 12, 1), 100)
    assert months[-1] == Month(date(2026, 11, 1), 800)
    assert sum(month.cents for month in months) == 900


def test_the_workbooks_hold_what_the_reports_show() -> None:
    origin = make_origin()
    customer = make_customer(name="=cmd|' /C calc'!A0", origin=origin)
    make_invoice("0017", customer=customer, total=1999, origin=origin)
    batch = make_ready_batch(origin=origin)
    make_invoice("18", customer=customer, total=5, finalized=False, origin=origin)
    done, pending = io.BytesIO(), io.BytesIO()
    zone = ZoneInfo("America/Chicago")
    write_revenue(done, revenue(ALWAYS), zone=zone)
    write_pending_revenue(pending, pending_revenue(ALWAYS))
    header, row = load_workbook(done).active.iter_rows(values_only=True)
    assert header[-3:] == ("Batch", "Batched on", "Changed since")
    assert row[0] == "0017"
    assert row[2] == "=cmd|' /C calc'!A0"
    assert load_workbook(done).active["C2"].data_type == "s"
    assert row[6] == 19.99
    assert row[7:] == (str(batch.pk), row[8], None)
    assert row[8].date() == batch.created_at.astimezone(zone).date()
    rows = list(load_workbook(pending).active.iter_rows(values_only=True))
    assert [each[0] for each in rows] == ["Number", "18"]


def test_a_chart_is_scaled_to_its_highest_bar() -> None:
    chart = bar_chart([("a", (50, 50)), ("b", (0, 25)), ("c", (0, 0))])
    assert [bar.cents for bar in chart.bars] == [100, 25, 0]
    assert chart.bars[0].parts == (Part(97.0, 79.0, 0), Part(18.0, 79.0, 1))
    assert chart.bars[1].parts[1].height == 39.5
    assert chart.bars[2].parts == (Part(176.0, 0.0, 0), Part(176.0, 0.0, 1))
    assert bar_chart([("a", (0,))]).bars[0].parts == (Part(176.0, 0.0, 0),)
    assert bar_chart([]).bars == ()


@pytest.mark.parametrize(
    ("cents", "text"),
    [(0, "0"), (99_949, "999"), (123_456, "1.2k"), (99_994_999, "999.9k"), (99_995_000, "1.0M")],
)
def test_amounts_on_bars_are_short(cents: int, text: str) -> None:
    assert short_money(cents) == text
