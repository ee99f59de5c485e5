"""Everything that people enter is shown as text, on every page (reliability.md, X3)."""

from typing import Any

import pytest
from django.test import Client

from accounting.batches.drafts import make_draft
from accounting.batches.undo import undo_batch
from accounting.follow_ups.close import close_follow_up
from accounting.models import Batch, Draft, FollowUp
from accounting.tests.factories import make_batch, make_failed_batch
from accounting.unbatched.filters import Filters
from accounting.unbatched.selection import NamedDocuments
from invoices.models import Invoice
from invoices.services.lifecycle import void_invoice
from invoices.tests.factories import (
    make_customer,
    make_department,
    make_invoice,
    make_line,
    make_user,
)
from payments.models import Payment
from payments.tests.factories import make_payment, make_refund
from sera_batching.models import Company, User
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"
SHORT_EVIL = "<img src=x onerror=1>"
URLS = (
    "/unbatched/",
    "/unbatched/?tab=payments",
    "/batches/",
    "/batches/B1/",
    "/batches/B1/files/3/",
    "/batches/B1/files/7/",
    "/batches/B1/reversals/",
    "/batches/B1/download/",
    "/batches/B2/",
    "/batches/B2/undo/",
    "/batches/B2/reversals/",
    "/batches/B3/",
    "/batches/B3/release/",
    "/follow-ups/",
    "/follow-ups/?status=done",
    "/settings/",
    "/invoices/",
    "/invoices/I1/",
    "/payments/",
    "/payments/P1/",
    "/search/?q=<img src=x onerror=9>",
    f"/batches/?number={SHORT_EVIL}&from={SHORT_EVIL}&page={SHORT_EVIL}",
    f"/unbatched/?search={SHORT_EVIL}&sort={SHORT_EVIL}",
)


@pytest.fixture
def dana() -> User:
    """A user who enters such text in every field."""
    company = Company.current()
    company.name = company.ar_account = EVIL
    company.save()
    person = make_user("Admin", username=SHORT_EVIL)
    origin = Origin(user=person)
    customer = make_customer(name=EVIL, email="jane@example.com", accounting_key=SHORT_EVIL)
    department = make_department(name=SHORT_EVIL)
    values: dict[str, Any] = {
        "department": department,
        "memo": EVIL,
        "message": EVIL,
        "terms": SHORT_EVIL,
    }
    lines = (make_line(item=SHORT_EVIL, description=EVIL, class_name=SHORT_EVIL),)
    invoice = make_invoice(SHORT_EVIL[:21], customer=customer, lines=lines, **values)
    payment = make_payment("P<b>1</b>", invoice=invoice, memo=EVIL, reference=EVIL)
    first = make_batch(origin=origin)
    undo_batch(batch_id=first.pk, reason=EVIL, origin=origin)
    make_batch(origin=origin)
    make_refund("R<b>1</b>", payment=payment, amount=15000, memo=EVIL, origin=origin)
    void_invoice(invoice=invoice, note=EVIL, origin=origin)
    make_invoice(customer=customer, lines=lines, **values)
    make_failed_batch(failure=EVIL)
    make_invoice(customer=customer, lines=lines, **values)
    make_draft(origin=origin, choice=NamedDocuments(), filters=Filters())
    for note in ("", EVIL):
        entry = FollowUp.objects.create(
            cause=FollowUp.Cause.KEY_CHANGED, customer=customer, problem=EVIL, remedy=EVIL
        )
        if note:
            close_follow_up(follow_up=entry, note=note, origin=origin)
    return person


def numbered(url: str) -> str:
    """Replace the placeholders in a URL with the documents' primary keys."""
    keys = {f"/B{n}/": batch.pk for n, batch in enumerate(Batch.objects.order_by("pk"), 1)}
    keys["/I1/"] = Invoice.objects.order_by("pk")[0].pk
    keys["/P1/"] = Payment.objects.order_by("pk")[0].pk
    for place, key in keys.items():
        url = url.replace(place, f"/{key}/")
    return url


def test_no_page_runs_what_people_wrote(client: Client, dana: User) -> None:
    client.force_login(dana)
    draft = Draft.objects.get()
    for url in (*map(numbered, URLS), f"/unbatched/drafts/{draft.pk}/"):
        response = client.get(url)
        page = response.content.decode()
        assert response.status_code == 200, url
        assert "<script>alert" not in page, url
        assert "<img" not in page, url
        assert "<b>1</b>" not in page, url
        assert "&lt;img src=x onerror=" in page, url
        assert "unsafe-" not in response.headers["Content-Security-Policy"], url
