"""The confirmation window: what it shows, what it batches, what it refuses."""

import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounting.models import Batch, Draft, DraftItem, SelectionException
from accounting.tests.factories import draft_of, make_batch
from invoices.models import Invoice
from invoices.services.lifecycle import hold_invoice
from invoices.tests.factories import (
    make_customer,
    make_department,
    make_invoice,
    make_job,
    make_origin,
    make_user,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.models import User
from sera_batching.origin import Origin
from sera_batching.tests.refusals import unchanging

pytestmark = pytest.mark.django_db

MAKE = "/unbatched/drafts/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def dana() -> User:
    return make_user("Accountant", username="dana")


@pytest.fixture
def accountant(client: Client, dana: User) -> Client:
    client.force_login(dana)
    return client


@pytest.fixture
def draft(dana: User) -> Draft:
    """A draft of one invoice of 150.00 and its payment."""
    make_payment("P-900", invoice=make_invoice("10023"))
    return draft_of(origin=Origin(user=dana))


def url_of(draft: Draft, act: str = "") -> str:
    return f"{MAKE}{draft.pk}/{act}"


def open_window(client: Client, query: str = "") -> Draft:
    """Press Batch & Download on the page, and return the draft that it opens."""
    response = client.post(f"{MAKE}?{query}")
    assert response.status_code == 302
    draft = Draft.objects.latest("created_at")
    assert response.headers["Location"] == url_of(draft)
    return draft


def confirm(client: Client, draft: Draft, name: str = "November", **headers: str) -> Any:
    return client.post(url_of(draft, "confirm/"), {"name": name}, headers=headers)


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def batched(batch: Batch) -> list[str]:
    return sorted(batch.items.values_list("number", flat=True))


# Opening


def test_untouched_ticks_make_a_draft_of_everything(accountant: Client) -> None:
    make_payment("P-900", invoice=make_invoice("10023"))
    draft = open_window(accountant)
    assert sorted(draft.items.values_list("number", flat=True)) == ["10023", "P-900"]


def test_the_window_shows_what_would_be_batched(accountant: Client) -> None:
    customer, department = make_customer(), make_department("HVAC")
    invoice = make_invoice("10023", customer=customer, department=department, total=120000)
    make_payment("P-900", invoice=invoice, amount=50000)
    make_payment("P-901", customer=customer, job=make_job(customer=customer, is_imported=True))
    make_invoice("1" * 22, customer=customer)
    draft = open_window(accountant, "from=2026-11-01")
    response = accountant.get(url_of(draft))
    text = text_of(response)
    files = [
        (one.number, one.document_count, one.row_count, one.total_cents)
        for one in response.context["preview"].files
    ]
    assert files == [
        (1, 1, 1, 120000),
        (2, 0, 0, 0),
        (3, 2, 2, 65000),
        (4, 0, 0, 0),
        (5, 0, 0, 0),
        (6, 0, 0, 0),
        (7, 1, 1, 0),
    ]
    assert text.count('<td class="number" colspan="3">empty</td>') == 4
    assert "Batch 3 items &amp; download" in text
    assert "11/02/2026 to 11/03/2026 · HVAC, No department" in text
    assert "1 selected document left out" in text
    assert "QuickBooks Online allows 21" in text
    assert "1 warning; file 7 will list them" in text
    assert 'href="/unbatched/?from=2026-11-01"' in text


def test_the_name_is_prefilled_in_the_companys_time(accountant: Client, draft: Draft) -> None:
    Draft.objects.filter(pk=draft.pk).update(suggested_name="Batch_2026-11-22_1536")
    assert 'value="Batch_2026-11-22_1536"' in text_of(accountant.get(url_of(draft)))


def test_a_later_arrival_is_counted_and_not_in_the_draft(accountant: Client) -> None:
    make_invoice("1")
    as_of = timezone.now().isoformat()
    make_invoice("2")
    accountant.post(MAKE, {"as_of": as_of})
    draft = Draft.objects.get()
    assert list(draft.items.values_list("number", flat=True)) == ["1"]
    text = text_of(accountant.get(url_of(draft)))
    assert (
        "1 document arrived or changed after you opened the page; it is not in this batch." in text
    )


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_nothing_selected_is_refused(accountant: Client, headers: dict[str, str]) -> None:
    make_invoice()
    accountant.post("/unbatched/ticks/", {"act": "none"})
    with unchanging():
        response = accountant.post(f"{MAKE}?search=1", headers=headers)
    assert response.status_code == 422
    assert "You have deselected everything." in text_of(response)
    assert 'href="/unbatched/?search=1"' in text_of(response)


def test_nonsense_in_the_filters_is_refused_not_widened(accountant: Client) -> None:
    make_invoice()
    with unchanging():
        response = accountant.post(f"{MAKE}?from=never")
    assert response.status_code == 422
    assert "From: “never” is not a date." in text_of(response)


# Who may


@pytest.mark.parametrize("act", ["confirm/", "include/"])
def test_only_those_who_may_batch_confirm(client: Client, draft: Draft, act: str) -> None:
    with unchanging():
        response = client.post(url_of(draft, act), {"name": "x"})
        assert response.headers["Location"].startswith("/sign-in/")
    client.force_login(make_user("Office"))
    with unchanging():
        assert client.post(url_of(draft, act), {"name": "x"}).status_code == 403


def test_only_those_who_may_batch_open_the_window(client: Client, draft: Draft) -> None:
    with unchanging():
        assert client.post(MAKE).headers["Location"].startswith("/sign-in/")
        assert client.get(url_of(draft)).headers["Location"].startswith("/sign-in/")
    client.force_login(make_user("Office"))
    with unchanging():
        assert client.post(MAKE).status_code == 403
        assert client.get(url_of(draft)).status_code == 403


@pytest.mark.parametrize("act", ["", "confirm/", "include/"])
def test_the_window_of_somebody_else_is_not_there(client: Client, draft: Draft, act: str) -> None:
    client.force_login(make_user("Admin"))
    with unchanging():
        response = (
            client.post(url_of(draft, act), {"name": "x"}) if act else client.get(url_of(draft))
        )
    assert response.status_code == 404
    assert "This window has expired" in text_of(response)


@pytest.mark.parametrize("act", ["", "confirm/", "include/"])
def test_a_window_that_never_was(accountant: Client, act: str) -> None:
    with unchanging():
        response = (
            accountant.post(f"{MAKE}{uuid4()}/{act}", {"name": "x"})
            if act
            else accountant.get(f"{MAKE}{uuid4()}/")
        )
    assert response.status_code == 404
    assert "Nothing was batched." in text_of(response)


def test_looking_batches_nothing(accountant: Client, draft: Draft) -> None:
    with unchanging():
        assert accountant.get(url_of(draft)).status_code == 200
        assert accountant.get(MAKE).status_code == 405
        assert accountant.post(url_of(draft)).status_code == 405
        assert accountant.get(url_of(draft, "confirm/")).status_code == 405
        assert accountant.get(url_of(draft, "include/")).status_code == 405


def test_confirming_needs_the_token_of_the_form(dana: User, draft: Draft) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(dana)
    with unchanging():
        assert client.post(MAKE).status_code == 403
        assert confirm(client, draft).status_code == 403


# Confirming


def test_confirming_makes_the_batch_once(accountant: Client, dana: User, draft: Draft) -> None:
    response = confirm(accountant, draft)
    batch = Batch.objects.get()
    assert response.headers["Location"] == f"/batches/{batch.pk}/?download=1"
    assert (batch.name, batch.created_by, batch.status) == ("November.zip", dana, "queued")
    assert batched(batch) == ["10023", "P-900"]
    with unchanging():
        again = confirm(accountant, draft, "Another name")
        reloaded = accountant.get(url_of(draft))
    assert again.headers["Location"] == f"/batches/{batch.pk}/?download=1"
    assert reloaded.headers["Location"] == f"/batches/{batch.pk}/?download=1"


def test_with_htmx_the_whole_page_goes_to_the_batch(accountant: Client, draft: Draft) -> None:
    response = confirm(accountant, draft, **HTMX)
    assert response.status_code == 200
    assert response.headers["HX-Redirect"] == f"/batches/{Batch.objects.get().pk}/?download=1"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "Enter a name for the batch."),
        (" .zip", "Enter a name for the batch."),
        ("../../etc/passwd", "The name may not contain /"),
        ("a\r\nb", "The name may not contain line breaks or invisible characters."),
        ("CON", "Windows reserves the name CON; choose another."),
        ("x" * 300, "The name has 300 characters; use at most 100, without .zip."),
        ("a\x00b", "Null characters are not allowed."),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_name_that_no_file_can_have_is_refused(
    accountant: Client, draft: Draft, name: str, message: str, headers: dict[str, str]
) -> None:
    with unchanging():
        response = confirm(accountant, draft, name, **headers)
    assert response.status_code == 422
    text = text_of(response)
    assert text.count(message) == 2
    assert 'aria-invalid="true"' in text
    assert "Batch 2 items &amp; download" in text


@pytest.mark.parametrize("name", ["Umzüge 🎉", "a" * 100, "b.zip"])
def test_other_names_are_kept(accountant: Client, draft: Draft, name: str) -> None:
    confirm(accountant, draft, name)
    assert Batch.objects.get().name == f"{name.removesuffix('.zip')}.zip"


def test_what_moved_brings_the_window_back(accountant: Client, draft: Draft) -> None:
    other = make_invoice("10024")
    wider = open_window(accountant)
    hold_invoice(invoice=other, note="wait", origin=make_origin())
    response = confirm(accountant, wider, "November")
    assert response.status_code == 409
    text = text_of(response)
    assert "1 document changed since you opened this window" in text
    assert "<strong>10024</strong> It was marked Do Not Batch." in text
    assert 'value="November"' in text
    assert "Batch 2 items &amp; download" in text
    assert not Batch.objects.exists()
    confirm(accountant, wider, "November")
    assert batched(Batch.objects.get()) == ["10023", "P-900"]


def test_what_somebody_else_batched_leaves_nothing(accountant: Client, draft: Draft) -> None:
    other = make_batch(is_built=False)
    response = confirm(accountant, draft)
    assert response.status_code == 409
    text = text_of(response)
    assert (
        "Everything that you selected has changed since you opened the window, so nothing was "
        "batched."
    ) in text
    assert f"It was put in batch {other.pk} by" in text
    assert list(Batch.objects.all()) == [other]


# The yellow warning


def test_the_missing_invoices_can_be_included(accountant: Client) -> None:
    make_payment("P-900", invoice=make_invoice("10023", date=datetime.date(2026, 10, 1)))
    draft = open_window(accountant, "from=2026-11-01")
    text = text_of(accountant.get(url_of(draft)))
    assert "1 payment belongs to 1 invoice that QuickBooks will not have." in text
    response = accountant.post(url_of(draft, "include/"), {"name": "My name"})
    wider = Draft.objects.exclude(pk=draft.pk).get()
    assert response.headers["Location"] == f"{url_of(wider)}?name=My+name"
    text = text_of(accountant.get(response.headers["Location"]))
    assert "QuickBooks will not have" not in text
    assert 'value="My name"' in text
    confirm(accountant, wider)
    assert batched(Batch.objects.get()) == ["10023", "P-900"]
    assert not SelectionException.objects.exists()


def test_one_may_go_on_without_them(accountant: Client) -> None:
    make_payment("P-900", invoice=make_invoice("10023", date=datetime.date(2026, 10, 1)))
    confirm(accountant, open_window(accountant, "from=2026-11-01"))
    assert batched(Batch.objects.get()) == ["P-900"]


# Fragments and statements


def test_htmx_gets_the_window_alone(accountant: Client, draft: Draft) -> None:
    text = accountant.get(url_of(draft), headers=HTMX).content.decode()
    assert '<h2 id="draft-title"' in text
    assert "<title" not in text
    assert "<header" not in text
    assert "hx-post" in text
    assert "hx-post" not in accountant.get(url_of(draft)).content.decode()


def test_the_number_of_statements_does_not_grow_with_the_documents(
    accountant: Client, dana: User
) -> None:
    def make_more() -> None:
        origin = make_origin()
        customer = make_customer(origin=origin)
        invoice: Invoice = make_invoice(customer=customer, origin=origin)
        make_refund(payment=make_payment(invoice=invoice, origin=origin), origin=origin)
        make_payment(job=make_job(customer=customer, is_imported=True), origin=origin)

    def statements() -> int:
        draft = draft_of(origin=Origin(user=dana))
        with CaptureQueriesContext(connection) as queries:
            assert accountant.get(url_of(draft)).status_code == 200
        return len(queries)

    make_more()
    first = statements()
    for _ in range(4):
        make_more()
    assert DraftItem.objects.exists()
    assert statements() == first == 40
