"""Home, Completeness, Revenue and Pending Revenue as pages and workbooks."""

import io
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from accounting.models import BatchFile, FollowUp
from accounting.tests.factories import make_batch, make_ready_batch
from accounting.tests.scenes import make_every_kind
from invoices.tests.factories import make_customer, make_invoice, make_origin, make_user
from sera_batching.models import AuditEvent

pytestmark = pytest.mark.django_db

REVENUE = "/reports/revenue/"
ALL = "?from=&to="


@pytest.fixture
def accountant(client: Client) -> Client:
    client.force_login(make_user("Accountant", username="dana"))
    return client


def text_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_home_shows_what_waits(accountant: Client) -> None:
    origin = make_origin()
    make_every_kind(origin)
    make_invoice("N" * 30, total=1, origin=origin)
    FollowUp.objects.create(
        cause=FollowUp.Cause.KEY_CHANGED,
        status=FollowUp.Status.OPEN,
        customer=make_customer(origin=origin),
        problem="Renamed.",
        remedy="Rename.",
    )
    page = text_of(accountant, "/")
    assert "4 invoices" in page
    assert "3 payments" in page
    assert "1 to fix in QuickBooks" in page
    assert "1 blocked" in page
    assert "N" * 30 in page
    assert 'hx-get="/reports/completeness/"' in page


def test_home_of_a_fresh_company(accountant: Client) -> None:
    page = text_of(accountant, "/")
    assert "Nothing to batch: everything is in the books." in page
    assert "No batches yet." in page


def test_home_shows_how_much_of_the_last_batch_is_loaded(accountant: Client) -> None:
    origin = make_origin()
    make_every_kind(origin)
    batch = make_batch(origin=origin)
    assert "0 of 6 files with rows marked as loaded into QuickBooks." in text_of(accountant, "/")
    file = BatchFile.objects.get(batch=batch, number=1)
    accountant.post(f"/batches/{batch.pk}/files/1/1/loaded/", {"is_loaded": "1"})
    assert "1 of 6 files" in text_of(accountant, "/")
    assert file.row_count > 0


def test_others_go_to_their_first_page(client: Client) -> None:
    client.force_login(make_user("Office"))
    assert client.get("/").headers["Location"] == "/batches/"


@pytest.mark.parametrize("count", [1, 5])
def test_home_takes_as_many_statements_for_many_documents_as_for_few(
    accountant: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    origin = make_origin()
    make_every_kind(origin, count=count)
    make_ready_batch(origin=origin)
    make_every_kind(origin, count=count, prefix="b")
    with django_assert_num_queries(14):
        accountant.get("/")


def test_completeness_says_yes_to_the_cent(accountant: Client) -> None:
    make_every_kind(make_origin())
    page = text_of(accountant, "/reports/completeness/")
    assert "Yes, to the cent" in page
    assert "<html" in page
    fragment = accountant.get("/reports/completeness/", headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()


def test_revenue_is_this_month_s_unless_asked_otherwise(accountant: Client) -> None:
    make_invoice("early")
    assert "No invoices in this date range" in text_of(accountant, f"{REVENUE}?from=2030-01-01")
    page = text_of(accountant, f"{REVENUE}{ALL}")
    assert ">early</a>" in page
    assert "1 invoice · subtotal 150.00 · tax 0.00 · <strong>total 150.00</strong>" in page
    assert "not batched" in page
    make_ready_batch()
    assert "not batched" not in text_of(accountant, f"{REVENUE}{ALL}")


def test_revenue_without_this_month_is_of_all_dates(accountant: Client) -> None:
    form = accountant.get(REVENUE).context["form"]
    begins = form.understood["date_from"]
    assert begins.day == 1
    assert [chip.label for chip in form.chips] == [f"Invoice date from: {begins:%m/%d/%Y}"]
    assert form.chips[0].link == form.cleared == "?from=&to=&sort=-date"
    assert not accountant.get(f"{REVENUE}{form.cleared}").context["form"].is_narrowed


@pytest.mark.parametrize("url", [REVENUE, "/reports/pending-revenue/"])
@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "from=2026-13-40",
            "Invoice date from: “2026-13-40” is not a date.",
        ),
        ("department=99999", "Department: “99999” is not one of the choices."),
        ("department=x", "Department: “x” is not one of the choices."),
        ("sort=password", "The table cannot be sorted by “password”."),
        ("page=-1", "There is no page “-1”; this is page 1."),
    ],
)
def test_nonsense_in_the_url_is_said(
    accountant: Client, url: str, query: str, message: str
) -> None:
    assert message in text_of(accountant, f"{url}?{query}")


@pytest.mark.parametrize("key", ["number", "date", "customer", "department", "total", "batch"])
def test_every_column_sorts(accountant: Client, key: str) -> None:
    make_every_kind(make_origin(), count=2)
    up = [row.pk for row in accountant.get(f"{REVENUE}{ALL}&sort={key}").context["page"]]
    down = [row.pk for row in accountant.get(f"{REVENUE}{ALL}&sort=-{key}").context["page"]]
    assert sorted(up) == sorted(down)
    assert len(up) == 6


def workbook(client: Client, url: str) -> list[Any]:
    response = client.get(url)
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    return list(load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))


def test_the_workbooks_are_handed_out_and_on_record(accountant: Client) -> None:
    make_invoice("1", total=1999)
    make_invoice("2", total=5, finalized=False)
    assert [row[0] for row in workbook(accountant, f"{REVENUE}{ALL}&format=xlsx")] == [
        "Number",
        "1",
    ]
    pending = workbook(accountant, f"/reports/pending-revenue/{ALL}&format=xlsx")
    assert [row[0] for row in pending] == ["Number", "2"]
    events = AuditEvent.objects.filter(action="report.downloaded").order_by("pk")
    assert [event.after["report"] for event in events] == ["Revenue", "Pending Revenue"]


def test_a_workbook_of_nonsense_is_not_handed_out(accountant: Client) -> None:
    response = accountant.get(f"{REVENUE}?from=x&format=xlsx")
    assert response.headers["Location"] == REVENUE
    assert not AuditEvent.objects.filter(action="report.downloaded").exists()
