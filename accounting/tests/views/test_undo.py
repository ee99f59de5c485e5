"""The undo window: its contents, that it undoes once, and what is refused."""

import csv
import io
from typing import Any

import pytest
from django.test import Client

from accounting.batches.opening import put_in_opening_batch
from accounting.batches.undo import undo_batch
from accounting.models import OPENING_BATCH_ID, Batch, BatchDownload, BatchFile, BatchItem
from accounting.tests.factories import make_batch, make_failed_batch
from accounting.zips.downloads import mark_loaded
from invoices.models import Invoice
from invoices.services.invoices import change_invoice
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_invoice_values,
    make_origin,
    make_user,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.exceptions import Conflict
from sera_batching.models import AuditEvent, User
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana() -> User:
    return make_user("Admin", username="dana")


@pytest.fixture
def admin(client: Client, dana: User) -> Client:
    client.force_login(dana)
    return client


def url_of(batch: Batch, act: str = "undo") -> str:
    return f"/batches/{batch.pk}/{act}/"


def change(invoice: Invoice, total: int) -> None:
    change_invoice(
        invoice=invoice,
        values=make_invoice_values(total),
        reason="More work.",
        origin=make_origin(),
    )


def state() -> list[tuple[int, str, int]]:
    """Return the state of every batch: its status and its number of live items."""
    return [
        (batch.pk, batch.status, BatchItem.objects.live().filter(batch=batch).count())
        for batch in Batch.objects.order_by("pk")
    ]


def undo_events() -> list[tuple[str, str, str, str]]:
    events = AuditEvent.objects.filter(action__in=["batch.undone", "batch.released"])
    return [
        (event.action, event.target_id, event.actor_name, event.note)
        for event in events.order_by("pk")
    ]


def test_the_window_says_what_happens_and_what_does_not(admin: Client, dana: User) -> None:
    customer = make_customer(name="Jane <Doe>")
    invoice = make_invoice("10023", customer=customer, total=120000)
    payment = make_payment("P-900", invoice=invoice, amount=100000)
    make_refund(payment=payment, amount=30000)
    batch = make_batch()
    BatchDownload.objects.create(batch=batch, user=dana)
    BatchDownload.objects.create(batch=batch, user=dana)
    change(invoice, 90000)
    page = admin.get(url_of(batch)).content.decode()
    words = " ".join(page.split())
    assert '<th scope="row">New invoice</th> <td class="number">1</td>' in words
    assert '<td class="amount">1,200.00</td> <td class="number">1</td>' in words
    assert '<td class="amount">700.00</td>' in words
    assert "1 refund netted in these payments is released with them." in words
    assert "<strong>Nothing in QuickBooks changes.</strong>" in words
    assert "The zip was downloaded 2 times, last by dana" in words
    assert "Delete this payment in QuickBooks." in words
    assert "Jane &lt;Doe&gt;" in words
    assert f"Type the batch number: {batch.pk}" in words
    assert 'name="with_dependents"' not in words
    assert state() == [(batch.pk, "ready", 2)]


def test_undoing_needs_only_a_reason_while_nobody_downloaded(admin: Client) -> None:
    make_invoice()
    batch = make_batch()
    response = admin.post(url_of(batch), {"reason": " Wrong week. "}, follow=True)
    assert response.redirect_chain == [(f"/batches/{batch.pk}/", 302)]
    page = response.content.decode()
    assert f"Undone: batch {batch.pk}. Unbatched again: 1 document." in page
    assert "Wrong week." in page
    assert f'href="/batches/{batch.pk}/reversals/"' in page
    assert state() == [(batch.pk, "undone", 0)]
    assert undo_events() == [("batch.undone", str(batch.pk), "dana", "Wrong week.")]


def test_a_double_submission_undoes_once(admin: Client) -> None:
    make_invoice()
    batch = make_batch()
    admin.post(url_of(batch), {"reason": "Wrong week."})
    again = admin.post(url_of(batch), {"reason": "Wrong week."}, follow=True)
    assert "has already been undone. Nothing was changed." in again.content.decode()
    assert len(undo_events()) == 1


@pytest.mark.parametrize(
    ("entered", "message"),
    [
        ({"reason": ""}, "This field is required."),
        ({"reason": "   "}, "This field is required."),
        ({"reason": "x" * 2001}, "at most 2000 characters"),
        ({"reason": "Why", "number": "x"}, "This is batch"),
        ({"reason": "Why", "number": "4711"}, "This is batch"),
        ({"reason": "Why"}, "This field is required."),
    ],
)
def test_bad_input_changes_nothing(
    admin: Client, dana: User, entered: dict[str, str], message: str
) -> None:
    make_invoice()
    batch = make_batch()
    BatchDownload.objects.create(batch=batch, user=dana)
    response = admin.post(url_of(batch), entered)
    page = response.content.decode()
    assert response.status_code == 422
    assert 'role="alert"' in page
    assert message in page
    assert state() == [(batch.pk, "ready", 1)]
    assert undo_events() == []


def test_a_downloaded_batch_is_undone_by_its_number(admin: Client, dana: User) -> None:
    make_invoice()
    batch = make_batch()
    BatchDownload.objects.create(batch=batch, user=dana)
    admin.post(url_of(batch), {"reason": "Wrong week.", "number": f" #{batch.pk} "})
    assert state() == [(batch.pk, "undone", 0)]


def test_a_batch_ticked_as_loaded_is_undone_by_its_number_too(admin: Client) -> None:
    make_invoice()
    batch = make_batch()
    file = BatchFile.objects.get(batch=batch, number=1)
    mark_loaded(file=file, is_loaded=True, origin=make_origin("Accountant"))
    page = admin.get(url_of(batch)).content.decode()
    assert "Marked as loaded into QuickBooks:" in page
    assert f"batch {batch.pk}, 1 Invoice Inserts.xlsx (by" in page
    assert admin.post(url_of(batch), {"reason": "Wrong week."}).status_code == 422
    admin.post(url_of(batch), {"reason": "Wrong week.", "number": str(batch.pk)})
    assert state() == [(batch.pk, "undone", 0)]


def test_only_those_are_undone_that_the_user_was_shown(dana: User) -> None:
    invoice = make_invoice(total=50000)
    first = make_batch()
    change(invoice, 60000)
    second = make_batch()
    before = state()
    for agreed in ([], [second.pk, 4711], [4711]):
        with pytest.raises(Conflict, match="have changed since you looked"):
            undo_batch(
                batch_id=first.pk,
                reason="Wrong.",
                origin=Origin(user=dana),
                with_dependents=True,
                agreed_dependents=agreed,
            )
    assert state() == before


def test_dependents_are_named_and_go_first(admin: Client) -> None:
    invoice = make_invoice("10023", total=50000)
    first = make_batch(name="First")
    change(invoice, 60000)
    second = make_batch(name="Second")
    make_payment(invoice=invoice, amount=60000)
    third = make_batch(name="Third")
    page = " ".join(admin.get(url_of(first)).content.decode().split())
    assert f"Undo batch {third.pk}, {second.pk} too, in this order, then batch {first.pk}" in page
    assert f"updates what batch {first.pk} sent (1 document)." in page
    alone = admin.post(url_of(first), {"reason": "Wrong.", "dependents": f"{third.pk},{second.pk}"})
    assert alone.status_code == 422
    assert f"cannot be undone without {third.pk}, {second.pk}." in alone.content.decode()
    unseen = admin.post(
        url_of(first),
        {"reason": "Wrong.", "dependents": f"{second.pk}", "with_dependents": "on"},
    )
    assert "have changed since you opened this page" in unseen.content.decode()
    assert [status for _, status, _ in state()] == ["ready"] * 3
    together = admin.post(
        url_of(first),
        {"reason": "Wrong.", "dependents": f"{third.pk},{second.pk}", "with_dependents": "on"},
        follow=True,
    )
    assert (
        f"Undone: batches {third.pk}, {second.pk}, {first.pk}. Unbatched again: 2 documents."
        in together.content.decode()
    )
    assert state() == [(first.pk, "undone", 0), (second.pk, "undone", 0), (third.pk, "undone", 0)]
    assert [target for _, target, _, _ in undo_events()] == [
        str(third.pk),
        str(second.pk),
        str(first.pk),
    ]


@pytest.mark.parametrize(
    ("status", "message"),
    [("queued", "is queued, so it cannot be undone"), ("failed", "is failed, so it cannot be")],
)
def test_only_a_ready_batch_is_undone(admin: Client, status: str, message: str) -> None:
    make_invoice()
    batch = make_batch(is_built=False) if status == "queued" else make_failed_batch()
    for response in (
        admin.get(url_of(batch), follow=True),
        admin.post(url_of(batch), {"reason": "Why"}, follow=True),
    ):
        assert message in response.content.decode()
    assert state() == [(batch.pk, status, 1)]


def test_the_opening_batch_is_never_undone(admin: Client) -> None:
    put_in_opening_batch(document=make_invoice(), origin=make_origin())
    opening = Batch.objects.get(pk=OPENING_BATCH_ID)
    page = admin.get("/batches/0/").content.decode()
    assert '<span class="mark">Opening</span>' in page
    assert "/download/" not in page
    assert "/undo/" not in page
    response = admin.post(url_of(opening), {"reason": "Why", "number": "0"}, follow=True)
    assert "It can&#x27;t be undone." in response.content.decode()
    assert "Opening" in admin.get("/batches/").content.decode()
    assert state() == [(0, "ready", 1)]


def test_releasing_a_failed_batch(admin: Client) -> None:
    make_invoice()
    batch = make_failed_batch()
    page = admin.get(url_of(batch, "release")).content.decode()
    assert "This batch never had a zip" in page
    response = admin.post(url_of(batch, "release"), {"reason": "Disk broken."}, follow=True)
    page = response.content.decode()
    assert f"Released: batch {batch.pk}. Unbatched again: 1 document." in page
    assert '<span class="mark">Released</span>' in page
    assert state() == [(batch.pk, "undone", 0)]
    assert undo_events() == [("batch.released", str(batch.pk), "dana", "Disk broken.")]


def test_releasing_tells_what_to_reverse_of_the_later_batches(admin: Client, dana: User) -> None:
    invoice = make_invoice("10023", total=50000)
    failed = make_failed_batch()
    payment = make_payment(invoice=invoice, amount=30000)
    make_refund(payment=payment, amount=1000)
    later = make_batch(name="Later")
    BatchDownload.objects.create(batch=later, user=dana)
    page = " ".join(admin.get(url_of(failed, "release")).content.decode().split())
    assert "This batch never had a zip" not in page
    assert "These zips were downloaded 1 time, last by dana" in page
    assert "They stay here, marked as undone." in page
    assert "1 refund netted in these payments is released with them." in page
    assert "Delete this payment in QuickBooks." in page
    assert "Delete this invoice in QuickBooks." not in page
    assert "The full list, for printing (1)" in page
    assert [row[:3] for row in csv_of(admin, failed)[1:]] == [
        [str(later.pk), "3 Payment Inserts", payment.number]
    ]


def test_a_ready_batch_is_not_released(admin: Client) -> None:
    make_invoice()
    batch = make_batch()
    response = admin.post(url_of(batch, "release"), {"reason": "Why"}, follow=True)
    assert "is ready, so it cannot be released" in response.content.decode()
    assert state() == [(batch.pk, "ready", 1)]


@pytest.mark.parametrize("act", ["undo", "release"])
@pytest.mark.parametrize("role", ["Office", "Accountant"])
def test_other_roles_are_refused(client: Client, act: str, role: str) -> None:
    make_invoice()
    batch = make_batch() if act == "undo" else make_failed_batch()
    before = state()
    client.force_login(make_user(role))
    assert client.get(url_of(batch, act)).status_code == 403
    assert client.post(url_of(batch, act), {"reason": "Why"}).status_code == 403
    assert state() == before


def test_wrong_method(admin: Client) -> None:
    make_invoice()
    batch = make_batch()
    assert admin.delete(url_of(batch)).status_code == 405
    assert admin.post(f"/batches/{batch.pk}/reversals/").status_code == 405
    assert admin.post(f"/batches/{batch.pk}/reversals.csv").status_code == 405


# What to reverse in QuickBooks


def csv_of(client: Client, batch: Batch) -> list[list[str]]:
    response = client.get(f"/batches/{batch.pk}/reversals.csv")
    assert response.headers["Content-Disposition"] == (
        f'attachment; filename="Reverse batch {batch.pk}.csv"'
    )
    content = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(content)))


def test_the_list_to_print_and_the_csv_cover_what_was_undone_together(client: Client) -> None:
    customer = make_customer(name="=cmd|' /C calc'!A0")
    invoice = make_invoice("10023", customer=customer, total=50000)
    first = make_batch(name="First")
    change(invoice, 60000)
    second = make_batch(name="Second")
    client.force_login(make_user("Accountant"))
    expected = [
        ["Batch", "File", "Number", "Customer", "Date", "Amount", "What to do"],
        [
            str(second.pk),
            "2 Invoice Updates",
            "10023",
            "'=cmd|' /C calc'!A0",
            "2026-11-02",
            "600.00",
            f"Change this invoice back to what batch {first.pk} sent.",
        ],
        [
            str(first.pk),
            "1 Invoice Inserts",
            "10023",
            "'=cmd|' /C calc'!A0",
            "2026-11-02",
            "500.00",
            "Delete this invoice in QuickBooks.",
        ],
    ]
    assert csv_of(client, first) == expected
    admin = Client()
    admin.force_login(make_user("Admin"))
    admin.post(
        url_of(first),
        {"reason": "Wrong.", "dependents": str(second.pk), "with_dependents": "on"},
    )
    assert csv_of(client, first) == expected
    assert csv_of(client, second) == expected[:2]
    page = client.get(f"/batches/{first.pk}/reversals/").content.decode()
    assert "Change this invoice back to what batch" in page
    assert "Second.zip" in page
    assert AuditEvent.objects.filter(action="batch.reversals_downloaded").count() == 3


def test_office_gets_no_list_to_reverse(client: Client) -> None:
    make_invoice()
    batch = make_batch()
    client.force_login(make_user("Office"))
    assert client.get(f"/batches/{batch.pk}/reversals/").status_code == 403
    assert client.get(f"/batches/{batch.pk}/reversals.csv").status_code == 403


def test_the_window_asks_a_constant_number_of_questions(
    admin: Client, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        make_invoice()
    batch = make_batch()
    # Session, user, company, two for permissions, the navigation's count; the batch; who depends on
    # it, four ways; their batches; what returns; refunds, downloads twice; the files ticked as
    # loaded; the first lines of the six lists to reverse.
    with django_assert_num_queries(22):
        admin.get(url_of(batch))
