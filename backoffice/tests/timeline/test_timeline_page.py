"""The history on the pages of documents, and the exact rows that a batch sent."""

import re
from typing import Any

import pytest
from django.test import Client

from accounting.batches.opening import put_in_opening_batch
from accounting.batches.undo import undo_batch
from accounting.models import BatchItem
from accounting.tests.factories import make_batch, make_ready_batch
from accounting.tests.scenes import make_every_kind
from backoffice.timeline.entries import NEWEST
from invoices.services.invoices import hold_invoice, resume_invoice
from invoices.tests.factories import make_invoice, make_line, make_origin, make_user
from payments.tests.factories import make_payment
from sera_batching.tests.refusals import unchanging

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client: Client) -> Client:
    client.force_login(make_user("Office"))
    return client


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def url_of(item: BatchItem) -> str:
    return f"/batches/{item.batch_id}/documents/{item.pk}/"


def story_in(text: str) -> str:
    return text[text.index('<section id="story">') :]


def test_the_story_is_an_ordered_list_of_its_entries(office: Client) -> None:
    invoice = make_invoice("10023", total=15000)
    hold_invoice(invoice=invoice, note="<b>Complains</b>", origin=make_origin())
    story = story_in(text_of(office.get(f"/invoices/{invoice.pk}/")))
    assert '<ol class="story">' in story
    assert re.findall(r'class="story-what">(.*?)</span>', story) == [
        "Do Not Batch",
        "Approved: revision 1",
        "Entered",
    ]
    assert "&lt;b&gt;Complains&lt;/b&gt;" in story
    assert '<span class="story-amount amount">150.00</span>' in story
    assert "Show all of them" not in story


def test_an_undone_batch_stays_in_the_story_with_the_reason(office: Client) -> None:
    payment = make_payment("P-1")
    batch = make_ready_batch()
    undo_batch(batch_id=batch.pk, reason="Wrong month", origin=make_origin())
    story = story_in(text_of(office.get(f"/payments/{payment.pk}/")))
    assert f"Batch {batch.pk}: undone" in story
    assert "Wrong month" in story
    assert '<span class="mark mark-warning">undone</span>' in story
    assert f'href="/batches/{batch.pk}/"' in story
    assert url_of(batch.items.get()) in story
    assert "/download/" not in story


def test_a_long_story_is_cut_and_shown_whole_on_demand(office: Client) -> None:
    invoice = make_invoice()
    origin = make_origin()
    for _ in range(NEWEST // 2):
        hold_invoice(invoice=invoice, note="x", origin=origin)
        resume_invoice(invoice=invoice, origin=origin)
    url = f"/invoices/{invoice.pk}/"
    short = text_of(office.get(url))
    assert short.count('class="story-what"') == NEWEST
    assert f"These are the newest {NEWEST} entries." in short
    assert 'href="?story=whole#story"' in short
    whole = text_of(office.get(f"{url}?story=whole"))
    assert whole.count('class="story-what"') == NEWEST + 2
    assert 'href="?#story"' in whole
    # An invalid value in the URL gives the short history.
    assert text_of(office.get(f"{url}?story=nonsense")).count('"story-what"') == NEWEST


def test_the_amount_in_the_books_is_on_the_badge(office: Client) -> None:
    invoice = make_invoice(total=120000)
    batch = make_ready_batch()
    text = text_of(office.get(f"/invoices/{invoice.pk}/"))
    assert f"in the books as of batch {batch.pk}: 1,200.00</span>" in text


# The exact rows


def test_the_exact_rows_are_those_of_the_file(office: Client) -> None:
    make_invoice("10022")
    invoice = make_invoice("10023", lines=(make_line(10000), make_line(5000, item="Filter")))
    batch = make_batch(name="November", is_built=False)
    response = office.get(url_of(batch.items.get(invoice=invoice)))
    text = text_of(response)
    assert f"New invoice 10023 in batch {batch.pk}" in text
    assert [row[0].text for row in response.context["rows"]] == ["10023", "10023"]
    headers = [column.header for column in response.context["columns"]]
    assert headers[:3] == ["Invoice No", "Customer", "Invoice Date"]
    assert "From 1 Invoice Inserts, position 2." in text
    assert f'<a href="/invoices/{invoice.pk}/">Invoice 10023</a>' in text


def test_rows_of_every_kind_can_be_seen(office: Client) -> None:
    make_every_kind(make_origin())
    batch = make_ready_batch()
    kinds = set()
    for item in batch.items.all():
        response = office.get(url_of(item))
        assert item.number in text_of(response)
        assert response.context["rows"]
        kinds.add(item.kind)
    assert len(kinds) == 6


def test_the_opening_batch_sent_no_rows(office: Client) -> None:
    invoice = make_invoice()
    put_in_opening_batch(document=invoice, origin=make_origin())
    text = text_of(office.get(url_of(BatchItem.objects.get())))
    assert "The Opening batch has no rows" in text


def test_a_document_of_another_batch_or_none_is_not_found(office: Client) -> None:
    make_invoice()
    first = make_ready_batch()
    make_invoice()
    second = make_ready_batch()
    item = first.items.get()
    for url in (
        f"/batches/{second.pk}/documents/{item.pk}/",
        f"/batches/{first.pk}/documents/999999/",
        f"/batches/999999/documents/{item.pk}/",
    ):
        assert office.get(url).status_code == 404


def test_the_rows_are_only_read_and_by_those_who_may_see_batches(client: Client) -> None:
    make_invoice()
    url = url_of(make_ready_batch().items.get())
    assert client.get(url).headers["Location"] == f"/sign-in/?next={url}"
    client.force_login(make_user(""))
    assert client.get(url).status_code == 403
    client.force_login(make_user("Office"))
    with unchanging():
        assert client.post(url).status_code == 405


def test_more_rows_take_no_more_statements(office: Client, django_assert_num_queries: Any) -> None:
    few, many = (make_invoice(lines=(make_line(100),) * count) for count in (1, 9))
    items = make_ready_batch().items
    urls = [url_of(items.get(invoice=invoice)) for invoice in (few, many)]
    for url in urls:
        with django_assert_num_queries(9):
            office.get(url)
