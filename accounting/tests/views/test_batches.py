"""Previous Batches and one batch: what is shown to whom, what works, what is refused."""

import hashlib
import io
import re
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone

from accounting.batches.undo import undo_batch
from accounting.models import Batch, BatchDownload, BatchFile
from accounting.tests.factories import make_batch, make_failed_batch
from accounting.zips.build import build_batch
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_invoices,
    make_origin,
    make_user,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.models import AuditEvent, User

pytestmark = pytest.mark.django_db

LIST = "/batches/"


@pytest.fixture
def dana() -> User:
    return make_user("Accountant", username="dana")


@pytest.fixture
def accountant(client: Client, dana: User) -> Client:
    client.force_login(dana)
    return client


def office() -> Client:
    client = Client()
    client.force_login(make_user("Office"))
    return client


def content_of(response: HttpResponseBase) -> bytes:
    """Return the whole body of a streamed response."""
    assert response.streaming
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def shown_numbers(client: Client, query: str = "") -> list[int]:
    """Return the batches that the list shows, in its order."""
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200
    return [batch.pk for batch in response.context["page"]]


def actions_of(batch: Batch) -> list[str]:
    events = AuditEvent.objects.filter(target_type="accounting.batch", target_id=str(batch.pk))
    return list(events.order_by("pk").values_list("action", flat=True))


# The list


def test_the_list_shows_every_batch_newest_first(accountant: Client) -> None:
    make_invoice("10023", total=120000)
    first = make_batch(name="First & last")
    make_invoice("10024", total=31050)
    second = make_batch(name="Second")
    assert shown_numbers(accountant) == [second.pk, first.pk]
    page = accountant.get(LIST).content.decode()
    assert "Previous Batches (2)" in page
    assert "First &amp; last.zip" in page
    assert "Second.zip" in page
    assert '<td class="amount" data-label="Amount">1,200.00</td>' in page
    assert f'href="/batches/{second.pk}/download/"' in page
    assert f'data-copy="{second.sha256}"' in page


def test_the_list_when_there_is_nothing(accountant: Client) -> None:
    assert "No batches yet" in accountant.get(LIST).content.decode()
    page = accountant.get(LIST, {"status": "failed"}).content.decode()
    assert "No batches match" in page


def test_times_are_the_company_s(accountant: Client) -> None:
    make_invoice()
    batch = make_batch()
    Batch.objects.filter(pk=batch.pk).update(created_at=datetime(2026, 11, 3, 4, 30, tzinfo=UTC))
    assert "11/02/2026 22:30" in accountant.get(LIST).content.decode()


def test_filters_by_day_are_inclusive_in_the_company_s_zone(accountant: Client) -> None:
    make_invoice()
    batch = make_batch()
    late = datetime(2026, 11, 3, 5, 59, 59, tzinfo=UTC)  # 23:59:59 on the 2nd in Chicago
    Batch.objects.filter(pk=batch.pk).update(created_at=late)
    assert shown_numbers(accountant, "from=2026-11-02&to=2026-11-02") == [batch.pk]
    assert shown_numbers(accountant, "from=2026-11-03") == []
    assert shown_numbers(accountant, "to=2026-11-01") == []


def test_filters_by_person_status_and_contained_number(accountant: Client) -> None:
    origin = make_origin("Admin")
    customer = make_customer()
    invoice = make_invoice("INV-7", customer=customer)
    payment = make_payment("P-900", invoice=invoice)
    first = make_batch(origin=origin)
    make_refund("R-12", payment=payment)
    second = make_batch()
    undo_batch(batch_id=second.pk, reason="Wrong day.", origin=origin)
    assert shown_numbers(accountant, f"person={origin.user.pk}") == [first.pk]
    assert shown_numbers(accountant, "status=undone") == [second.pk]
    assert shown_numbers(accountant, "status=ready") == [first.pk]
    assert shown_numbers(accountant, "number=inv-7") == [first.pk]
    assert shown_numbers(accountant, "number=P-900") == [first.pk]
    assert shown_numbers(accountant, "number=r-12") == [second.pk]
    assert shown_numbers(accountant, "number=INV") == []
    assert shown_numbers(accountant, "number=R-12&status=ready") == []


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("number", [0, 1]),
        ("-number", [1, 0]),
        ("name", [1, 0]),
        ("-name", [0, 1]),
        ("amount", [1, 0]),
        ("-downloads", [0, 1]),
        ("created", [0, 1]),
        ("by", [0, 1]),
        ("documents", [0, 1]),
        ("status", [0, 1]),
    ],
)
def test_every_column_sorts(accountant: Client, dana: User, sort: str, expected: list[int]) -> None:
    origin = make_origin("Admin")
    make_invoice(total=50000)
    first = make_batch(name="Zebra", origin=origin)
    make_invoice(total=10000)
    second = make_batch(name="Ant", origin=origin)
    BatchDownload.objects.create(batch=first, user=dana)
    found = shown_numbers(accountant, f"sort={sort}")
    assert found == [[first.pk, second.pk][place] for place in expected]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("sort=password", "cannot be sorted by “password”"),
        ("page=-1", "There is no page “-1”"),
        ("page=99", "There is no page “99”"),
        ("from=2026-13-40", "“2026-13-40” is not a date"),
        ("to=0001-01-01", "“0001-01-01” is not a date"),
        ("to=9999-12-31", "“9999-12-31” is not a date"),
        ("number=" + "x" * 5000, "Contains number: Enter at most 100 characters."),
        ("number=%00", "Contains number: Control characters cannot be searched for."),
        ("person=me", "By: “me” is not one of the choices. This filter is ignored."),
        ("status=lost", "Status: “lost” is not one of the choices. This filter is ignored."),
    ],
)
def test_nonsense_in_the_url_is_named_and_left_out(
    accountant: Client, query: str, message: str
) -> None:
    make_invoice()
    batch = make_batch()
    assert shown_numbers(accountant, query) == [batch.pk]
    assert message in accountant.get(f"{LIST}?{query}").content.decode()


@pytest.mark.parametrize("number", ["%25", "'", "x" * 100, "💥"])
def test_a_strange_number_finds_nothing(accountant: Client, number: str) -> None:
    make_invoice()
    make_batch()
    assert shown_numbers(accountant, f"number={number}") == []


def test_the_list_asks_a_constant_number_of_questions(
    accountant: Client, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        make_invoice()
        make_batch()
    # Session, user, company, two for permissions; count, batches, people; the navigation's count.
    with django_assert_num_queries(9):
        accountant.get(LIST)


def test_office_sees_batches_but_gets_no_zip(accountant: Client) -> None:
    make_invoice("10023")
    batch = make_batch()
    person = office()
    assert "Batch.zip" in person.get(LIST).content.decode()
    page = person.get(f"{LIST}{batch.pk}/").content.decode()
    assert "10023" in page
    assert "/download/" not in page
    assert "/undo/" not in page
    assert 'role="checkbox"' not in page
    response = person.get(f"{LIST}{batch.pk}/download/")
    assert response.status_code == 403
    assert BatchDownload.objects.count() == 0


# One batch


def test_a_ready_batch_tells_everything(accountant: Client, dana: User) -> None:
    customer = make_customer(name="Jane Doe")
    invoice = make_invoice("10023", customer=customer, total=120000)
    make_payment("P-900", invoice=invoice)
    batch = make_batch(name="November")
    page = accountant.get(f"{LIST}{batch.pk}/").content.decode()
    assert f"Batch {batch.pk}: November.zip" in page
    facts = re.findall(r"<dd>\s*([\d,.]+)\s*</dd>", page)
    assert facts[:2] == ["2", "1,350.00"]
    assert batch.sha256 in page
    for file in BatchFile.objects.all():
        assert f"{file.sha256}  {file.name}" in page
    assert "Assign reference numbers from file ... on" in page
    assert "Rows of 1 Invoice Inserts" in page
    assert "<span>10023</span>" in page
    assert "<strong>Confirmed</strong>" in page
    assert "<strong>Files stored</strong>" in page
    assert "Undo…" not in page


def test_each_file_has_its_rows(accountant: Client) -> None:
    customer = make_customer(name="Jane Doe")
    invoice = make_invoice("10023", customer=customer, total=120000)
    make_payment("P-900", invoice=invoice)
    batch = make_batch()
    response = accountant.get(f"{LIST}{batch.pk}/files/3/")
    texts = [[cell.text for cell in row] for row in response.context["rows"]]
    assert [column.header for column in response.context["columns"]][:6] == [
        "Ref No",
        "Payment Date",
        "Customer",
        "Payment method",
        "Deposit To Account Name",
        "Invoice No",
    ]
    assert texts == [
        ["P-900", "11/03/2026", "Jane Doe", "Card", "", "10023", "", "150.00", "4242", ""]
    ]
    page = accountant.get(f"{LIST}{batch.pk}/files/2/").content.decode()
    assert "This file has only its header row." in page
    assert accountant.get(f"{LIST}{batch.pk}/files/8/").status_code == 404
    assert accountant.get(f"{LIST}{batch.pk}/files/0/").status_code == 404


def test_rows_are_paged_by_document(accountant: Client) -> None:
    make_invoices((f"{20000 + number}" for number in range(101)), customer=make_customer())
    batch = make_batch()
    first = accountant.get(f"{LIST}{batch.pk}/files/1/")
    second = accountant.get(f"{LIST}{batch.pk}/files/1/", {"page": "2"})
    assert [row[0].text for row in first.context["rows"]][-1] == "20099"
    assert [row[0].text for row in second.context["rows"]] == ["20100"]


def test_a_batch_on_its_way_shows_its_steps(accountant: Client) -> None:
    make_invoice()
    batch = make_batch(is_built=False)
    page = accountant.get(f"{LIST}{batch.pk}/").content.decode()
    assert "The documents are reserved. The files are waiting to be built." in page
    assert "You can close this page" in page
    assert "Refresh</a>" in page
    assert f'hx-get="/batches/{batch.pk}/status/?seen=1-1"' in page
    assert "/download/" not in page
    Batch.objects.filter(pk=batch.pk).update(
        status="building", progress=4, lease_until=timezone.now() + timedelta(minutes=2)
    )
    page = accountant.get(f"{LIST}{batch.pk}/").content.decode()
    assert "Writing file 4 of 7: 4 Payment Updates." in page
    assert 'value="4"' in page


def test_the_fragment_announces_only_news_and_stops_when_done(accountant: Client) -> None:
    make_invoice()
    batch = make_batch(is_built=False)
    url = f"{LIST}{batch.pk}/status/"
    same = accountant.get(url, {"seen": "1-1"}).content.decode()
    assert "announcements" not in same
    assert "hx-get" in same
    assert "<html" not in same
    news = accountant.get(url, {"seen": "nonsense"}).content.decode()
    assert 'id="announcements"' in news
    ready = make_ready(batch)
    done = accountant.get(url, {"seen": "1-1"}).content.decode()
    assert "every 2s" not in done
    assert "The zip is stored." in done
    assert f'data-download="/batches/{ready.pk}/download/"' in done
    assert 'hx-select="#batch-body"' in done


def make_ready(batch: Batch) -> Batch:
    assert build_batch(batch_id=batch.pk)
    batch.refresh_from_db()
    return batch


def test_a_failed_batch_says_why_and_that_nothing_is_lost(accountant: Client) -> None:
    make_invoice()
    batch = make_failed_batch(failure="Storage full: make room <now>.")
    page = accountant.get(f"{LIST}{batch.pk}/").content.decode()
    assert "Storage full: make room &lt;now&gt;." in page
    assert "The items are still reserved; nothing is lost." in page
    assert f'action="/batches/{batch.pk}/retry/"' in page
    assert "Release…" not in page


def test_retrying_queues_a_failed_batch_once(accountant: Client) -> None:
    make_invoice()
    batch = make_failed_batch()
    url = f"{LIST}{batch.pk}/retry/"
    response = accountant.post(url, follow=True)
    assert response.redirect_chain == [(f"{LIST}{batch.pk}/", 302)]
    assert "The batch is queued again." in response.content.decode()
    batch.refresh_from_db()
    assert (batch.status, batch.failure) == ("queued", "")
    response = accountant.post(url, follow=True)
    assert "only a failed batch can be built again" in response.content.decode()
    assert actions_of(batch) == ["batch.confirmed", "batch.retried"]


def test_ticking_a_file_as_loaded_and_back(accountant: Client) -> None:
    make_invoice()
    batch = make_batch()
    url = f"{LIST}{batch.pk}/files/1/1/loaded/"
    response = accountant.post(url, {"is_loaded": "1"})
    assert response.headers["Location"] == f"{LIST}{batch.pk}/#files"
    file = BatchFile.objects.get(batch=batch, number=1)
    assert file.loaded_by is not None
    assert file.loaded_by.get_username() == "dana"
    page = accountant.get(f"{LIST}{batch.pk}/").content.decode()
    assert 'aria-checked="true"' in page
    assert "Marked as loaded</strong> by dana: 1 Invoice Inserts.xlsx" in page
    accountant.post(url, {"is_loaded": "1"})
    accountant.post(url, {"is_loaded": "0"})
    file.refresh_from_db()
    assert (file.loaded_at is None, file.loaded_by is None) == (True, True)
    assert actions_of(batch)[2:] == ["batch.file_loaded", "batch.file_not_loaded"]


def test_the_batch_page_asks_a_constant_number_of_questions(
    accountant: Client, django_assert_num_queries: Any
) -> None:
    customer = make_customer()
    for _ in range(3):
        make_invoice(customer=customer)
    batch = make_batch()
    # Session, user, company, two for permissions, the navigation's count; batch, files, warnings,
    # downloads twice, timeline; items with their lines of the first file, and their count.
    with django_assert_num_queries(14):
        accountant.get(f"{LIST}{batch.pk}/")


# Downloads


def test_a_download_is_the_stored_zip_counted_and_audited(accountant: Client, dana: User) -> None:
    make_invoice()
    batch = make_batch(name="Große Woche")
    response = accountant.get(f"{LIST}{batch.pk}/download/")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Content-Disposition"] == (
        "attachment; filename*=utf-8''Gro%C3%9Fe%20Woche.zip"
    )
    assert "no-store" in response.headers["Cache-Control"]
    content = content_of(response)
    assert hashlib.sha256(content).hexdigest() == batch.sha256
    assert zipfile.ZipFile(io.BytesIO(content)).namelist()[0] == "1 Invoice Inserts.xlsx"
    assert [(each.batch_id, each.user_id) for each in BatchDownload.objects.all()] == [
        (batch.pk, dana.pk)
    ]
    assert actions_of(batch)[-1] == "batch.downloaded"
    page = accountant.get(f"{LIST}{batch.pk}/").content.decode()
    assert "<strong>Downloaded</strong> by dana" in page


def test_the_zip_of_an_undone_batch_asks_first(accountant: Client) -> None:
    make_invoice()
    batch = make_batch()
    undo_batch(batch_id=batch.pk, reason="Wrong <day>.", origin=make_origin())
    url = f"{LIST}{batch.pk}/download/"
    response = accountant.get(url)
    assert "Wrong &lt;day&gt;." in response.content.decode()
    assert BatchDownload.objects.count() == 0
    assert hashlib.sha256(content_of(accountant.get(f"{url}?undone=yes"))).hexdigest() == (
        batch.sha256
    )
    assert BatchDownload.objects.count() == 1


@pytest.mark.parametrize("damage", ["altered", "deleted"])
def test_a_damaged_zip_is_refused_and_rebuilt(
    accountant: Client, var_dir: Path, damage: str
) -> None:
    make_invoice()
    batch = make_batch()
    stored = var_dir / "batches" / batch.storage_key
    if damage == "altered":
        stored.write_bytes(stored.read_bytes()[:-1] + b"x")
    else:
        stored.unlink()
    response = accountant.get(f"{LIST}{batch.pk}/download/")
    assert response.status_code == 409
    assert "Rebuild the zip" in response.content.decode()
    assert BatchDownload.objects.count() == 0
    response = accountant.post(f"{LIST}{batch.pk}/rebuild/", follow=True)
    assert "The zip was rebuilt" in response.content.decode()
    content = content_of(accountant.get(f"{LIST}{batch.pk}/download/"))
    assert hashlib.sha256(content).hexdigest() == batch.sha256


def test_there_is_no_zip_before_it_is_built(accountant: Client) -> None:
    make_invoice()
    batch = make_batch(is_built=False)
    response = accountant.get(f"{LIST}{batch.pk}/download/")
    assert response.status_code == 409
    assert "has no zip: it is queued" in response.content.decode()
    response = accountant.post(f"{LIST}{batch.pk}/rebuild/", follow=True)
    assert "has no zip: it is queued" in response.content.decode()


# Not found, and wrong methods

PARTS = ("", "status/", "files/1/", "download/", "undo/", "reversals/", "reversals.csv")


@pytest.mark.parametrize("part", PARTS)
def test_a_batch_that_is_not_there(client: Client, part: str) -> None:
    client.force_login(make_user("Admin"))
    assert client.get(f"{LIST}4711/{part}").status_code == 404


@pytest.mark.parametrize("part", ["retry/", "rebuild/", "files/1/1/loaded/"])
def test_changing_takes_a_form(accountant: Client, part: str) -> None:
    make_invoice()
    batch = make_batch()
    assert accountant.get(f"{LIST}{batch.pk}/{part}").status_code == 405
    assert accountant.post(f"{LIST}4711/{part}").status_code == 404
    assert accountant.post(f"{LIST}{batch.pk}/").status_code == 405
    assert accountant.post(f"{LIST}{batch.pk}/download/").status_code == 405
    assert accountant.head(f"{LIST}{batch.pk}/download/").status_code == 405
    assert BatchDownload.objects.count() == 0
