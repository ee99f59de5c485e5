from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounting.tests.factories import make_batch
from integrations.models import Notice, NoticePreference
from integrations.services.notices import PAUSES, choose_notices, send_notice
from integrations.services.sweeping import sweep
from invoices.tests.factories import make_invoice, make_user
from sera_batching.exceptions import NotAllowed, Refused
from sera_batching.models import AuditEvent, User
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db


def make_reader(role: str = "Accountant", *events: str) -> User:
    """Make a user with an e-mail address who wants mail about these events."""
    user = make_user(role)
    user.email = f"{user.username}@example.com"
    user.save()
    choose_notices(events=events or ["batch.ready"], origin=Origin(user=user))
    return user


def test_mail_goes_to_who_asked_for_it(settings: Any) -> None:
    settings.SITE_URL = "https://books.example.com"
    reader = make_reader()
    make_reader("Office", "batch.failed")
    make_user("Admin")
    make_invoice()
    batch = make_batch(name="November")
    notice = Notice.objects.get()
    assert notice.user == reader
    assert mail.outbox == []
    assert send_notice(notice_id=notice.pk)
    assert not send_notice(notice_id=notice.pk)
    (message,) = mail.outbox
    assert message.to == [reader.email]
    assert message.subject == f"Batch {batch.pk} is ready: November.zip"
    assert f"https://books.example.com/batches/{batch.pk}/" in message.body


def test_who_may_no_longer_see_batches_gets_no_mail() -> None:
    reader = make_reader()
    make_invoice()
    make_batch()
    reader.groups.clear()
    assert not send_notice(notice_id=Notice.objects.get().pk)
    assert Notice.objects.get().status == "dropped"
    assert mail.outbox == []
    make_invoice()
    make_batch()
    assert Notice.objects.count() == 1


def test_mail_that_is_not_taken_is_tried_again(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    make_reader()
    make_invoice()
    make_batch()
    notice = Notice.objects.get()
    assert not send_notice(notice_id=notice.pk)
    notice.refresh_from_db()
    assert notice.status == "pending"
    assert notice.note.startswith("ConnectionRefusedError")
    assert notice.next_attempt_at > timezone.now() + PAUSES[0] - timedelta(seconds=30)
    assert sweep().messages_sent == 0
    for _ in range(9):
        Notice.objects.update(next_attempt_at=timezone.now())
        send_notice(notice_id=notice.pk)
    notice.refresh_from_db()
    assert (notice.status, notice.attempt_count) == ("failed", len(PAUSES) + 1)


def test_what_cannot_be_chosen() -> None:
    user = make_user("Accountant")
    with pytest.raises(Refused, match="no e-mail address"):
        choose_notices(events=["batch.ready"], origin=Origin(user=user))
    with pytest.raises(Refused, match="no such event"):
        choose_notices(events=["batch.gone"], origin=Origin(user=user))
    with pytest.raises(NotAllowed):
        choose_notices(events=[], origin=Origin(user=make_user("")))
    assert not NoticePreference.objects.exists()


def test_the_page_keeps_the_choice() -> None:
    reader = make_reader()
    client = Client()
    client.force_login(reader)
    page = client.get("/account/notices/").content.decode()
    assert page.count("checked") == 1
    assert client.post("/account/notices/", {"events": ["batch.undone"]}).status_code == 302
    assert NoticePreference.objects.get().events == ["batch.undone"]
    assert client.post("/account/notices/", {"events": ["nothing"]}).status_code == 422
    assert client.post("/account/notices/").status_code == 302
    assert NoticePreference.objects.get().events == []
    client.post("/account/notices/")
    assert AuditEvent.objects.filter(action="user.notices_chosen").count() == 3
