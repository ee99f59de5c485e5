import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounting.batches.undo import undo_batch
from accounting.models import Batch
from accounting.tests.factories import make_batch
from accounting.zips import build
from integrations.models import Webhook, WebhookAttempt, WebhookDelivery
from integrations.services.addresses import check_url, is_public
from integrations.services.deliveries import PAUSES, deliver
from integrations.services.sweeping import sweep
from integrations.services.webhook_secrets import WEBHOOK_SECRETS
from integrations.services.webhooks import (
    WebhookValues,
    change_webhook,
    redeliver,
    remove_webhook,
    renew_secret,
    rotate_secrets,
)
from integrations.services.webhooks import make_webhook as make_webhook_service
from integrations.tests.receiver import receiving
from integrations.tests.scenes import make_failed_delivery, make_webhook
from invoices.tests.factories import make_invoice, make_origin, make_user
from sera_batching.exceptions import NotAllowed, Refused
from sera_batching.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private_addresses(settings: Any) -> None:
    settings.WEBHOOKS_MAY_BE_PRIVATE = True


def test_a_delivery_is_written_with_its_event_for_each_webhook_that_wants_it() -> None:
    wants, _ = make_webhook("batch.ready", "batch.undone")
    make_webhook("batch.failed")
    make_webhook("batch.ready", is_active=False)
    make_invoice()
    batch = make_batch(name="November")
    delivery = WebhookDelivery.objects.get()
    assert (delivery.webhook, delivery.event, delivery.status) == (wants, "batch.ready", "pending")
    content = json.loads(delivery.payload)
    assert content["type"] == "batch.ready"
    assert content["data"] == {
        "batch": batch.pk,
        "name": "November.zip",
        "status": "ready",
        "documents": 1,
        "total": content["data"]["total"],
        "sha256": batch.sha256,
        "failure": "",
        "undo_reason": "",
        "url": f"/api/v1/batches/{batch.pk}",
    }
    undo_batch(batch_id=batch.pk, reason="Wrong.", origin=make_origin())
    assert [each.event for each in WebhookDelivery.objects.order_by("pk")] == [
        "batch.ready",
        "batch.undone",
    ]


def test_a_failed_build_is_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    make_webhook()
    make_invoice()
    batch = make_batch(is_built=False)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build, "write_zip", full)
    assert not build.build_batch(batch_id=batch.pk)
    delivery = WebhookDelivery.objects.get()
    assert delivery.event == "batch.failed"
    assert json.loads(delivery.payload)["data"]["failure"].startswith("Storage is full")


def test_an_undo_that_is_refused_tells_nothing() -> None:
    make_webhook()
    make_invoice()
    batch = make_batch(is_built=False)
    with pytest.raises(Refused):
        undo_batch(batch_id=batch.pk, reason="Wrong.", origin=make_origin())
    assert not WebhookDelivery.objects.exists()


def test_a_delivery_is_signed_as_standard_webhooks_has_it() -> None:
    with receiving() as receiver:
        webhook, secret = make_webhook("batch.ready", url=receiver.url)
        make_invoice()
        make_batch()
        delivery = WebhookDelivery.objects.get()
        assert deliver(delivery_id=delivery.pk)
        assert not deliver(delivery_id=delivery.pk)
    assert receiver.bodies == [delivery.payload.encode()]
    headers = {name.lower(): value for name, value in receiver.headers[0].items()}
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == str(delivery.event_id)
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{delivery.payload}".encode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempt_count) == ("delivered", 1)
    assert delivery.attempts.get().response_status == 200
    assert secret not in webhook.encrypted_secret


@pytest.mark.parametrize(("status", "says"), [(500, "Answered 500"), (302, "not followed")])
def test_what_does_not_arrive_is_tried_again_later(status: int, says: str) -> None:
    with receiving(status) as receiver:
        make_webhook("batch.ready", url=receiver.url)
        make_invoice()
        make_batch()
        delivery = WebhookDelivery.objects.get()
        assert not deliver(delivery_id=delivery.pk)
        # Not before its time.
        assert not deliver(delivery_id=delivery.pk)
        assert len(receiver.bodies) == 1
        delivery.refresh_from_db()
        assert delivery.status == "pending"
        pause = delivery.next_attempt_at - timezone.now()
        assert PAUSES[0] - timedelta(seconds=30) < pause <= PAUSES[0]
        for _ in range(20):
            WebhookDelivery.objects.update(next_attempt_at=timezone.now())
            deliver(delivery_id=delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempt_count) == ("failed", len(PAUSES) + 1)
    assert delivery.attempts.count() == len(PAUSES) + 1
    assert says in delivery.attempts.all()[0].note


def test_a_receiver_that_is_not_there_is_tried_again() -> None:
    with receiving() as receiver:
        url = receiver.url
    make_webhook("batch.ready", url=url)
    make_invoice()
    make_batch()
    assert not deliver(delivery_id=WebhookDelivery.objects.get().pk)
    attempt = WebhookAttempt.objects.get()
    assert attempt.response_status is None
    assert attempt.note.startswith("ConnectionRefusedError")


def test_this_server_s_own_network_is_not_reached(settings: Any) -> None:
    settings.WEBHOOKS_MAY_BE_PRIVATE = False
    with receiving() as receiver:
        make_webhook("batch.ready", url=receiver.url)
        make_invoice()
        make_batch()
        assert not deliver(delivery_id=WebhookDelivery.objects.get().pk)
    assert receiver.bodies == []
    assert "own network" in WebhookAttempt.objects.get().note


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104  an address that is to be refused
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
    ],
)
def test_which_addresses_are_in_the_internet(address: str, expected: bool) -> None:
    assert is_public(address) is expected


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https://",
        "https://user:secret@example.com/",
        "https://example.com/#part",
        "https://example.com:99999/",
        "https://exämple.com/",
        "https://example.com/a\r\nX: y",
        "javascript:alert(1)",
        "http://localhost.example.com/",
    ],
)
def test_which_urls_no_webhook_has(url: str) -> None:
    with pytest.raises(Refused):
        check_url(url)
    with pytest.raises(Refused):
        make_webhook(url=url)
    assert not Webhook.objects.exists()


def test_a_lost_message_is_sent_again_by_the_sweeper() -> None:
    webhook, _ = make_webhook()
    make_failed_delivery(webhook)
    make_invoice()
    make_batch()
    assert sweep().messages_sent == 1
    WebhookDelivery.objects.update(lease_until=timezone.now() + timedelta(seconds=9))
    assert sweep().messages_sent == 0
    WebhookDelivery.objects.update(lease_until=timezone.now() - timedelta(seconds=9))
    assert sweep().messages_sent == 1


def test_what_is_switched_off_is_not_sent() -> None:
    with receiving() as receiver:
        webhook, _ = make_webhook(url=receiver.url)
        make_invoice()
        make_batch()
        Webhook.objects.update(is_active=False)
        delivery = WebhookDelivery.objects.get()
        assert not deliver(delivery_id=delivery.pk)
        assert receiver.bodies == []
        with pytest.raises(Refused, match="switched off"):
            redeliver(delivery_id=delivery.pk, origin=make_origin())
        Webhook.objects.update(is_active=True)
        redeliver(delivery_id=delivery.pk, origin=make_origin())
        with pytest.raises(Refused, match="on its way"):
            redeliver(delivery_id=delivery.pk, origin=make_origin())
        assert deliver(delivery_id=delivery.pk)
    assert webhook.deliveries.get().status == "delivered"
    assert AuditEvent.objects.filter(action="webhook.redelivered").count() == 1


def test_changing_a_webhook_is_on_record_and_equal_values_are_not() -> None:
    webhook, _ = make_webhook("batch.ready")
    values = WebhookValues(url="https://example.com/b", description="B", events=["batch.failed"])
    for _ in range(2):
        change_webhook(webhook_id=webhook.pk, values=values, origin=make_origin())
    event = AuditEvent.objects.get(action="webhook.changed")
    assert event.before["url"] == "https://example.com/hook"
    assert event.after["events"] == ["batch.failed"]
    with pytest.raises(Refused, match="at least one event"):
        change_webhook(
            webhook_id=webhook.pk,
            values=WebhookValues(url="https://example.com/b", description="", events=[]),
            origin=make_origin(),
        )


def test_a_new_secret_replaces_the_old_one_and_is_in_no_audit_row() -> None:
    webhook, old = make_webhook()
    _, new = renew_secret(webhook_id=webhook.pk, origin=make_origin())
    webhook.refresh_from_db()
    assert WEBHOOK_SECRETS.decrypt(webhook.encrypted_secret) == new != old
    rows = str(list(AuditEvent.objects.values()))
    assert old not in rows
    assert new not in rows


def test_secrets_outlive_a_change_of_the_key_once_they_are_rotated(settings: Any) -> None:
    webhook, secret = make_webhook()
    old = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [old]
    assert rotate_secrets(origin=make_origin()) == 1
    settings.SECRET_KEY_FALLBACKS = []
    webhook.refresh_from_db()
    assert WEBHOOK_SECRETS.decrypt(webhook.encrypted_secret) == secret
    settings.SECRET_KEY = "m" * 50
    with pytest.raises(Refused, match="SECRET_KEY_FALLBACKS"):
        WEBHOOK_SECRETS.decrypt(webhook.encrypted_secret)


def test_secrets_of_earlier_versions_are_still_opened(settings: Any) -> None:
    settings.SECRET_KEY = "k" * 50
    encrypted = (
        "gAAAAABrC4nXoaa3YlIZd_zZQ6vdVPa2wK8Mt5SEr93MNRUkdjt7MmnbLI4DxmHwjmYBE3MihgbG0ARG"
        "HzkEoYU5y1a1nkin7w=="
    )
    assert WEBHOOK_SECRETS.decrypt(encrypted) == "whsec_kept"


@pytest.mark.parametrize("role", ["Office", "Accountant"])
def test_who_may_not_manage_webhooks(role: str) -> None:
    webhook, _ = make_webhook()
    delivery = make_failed_delivery(webhook)
    origin = make_origin(role)
    values = WebhookValues(url="https://example.com/mine", description="", events=["batch.ready"])
    for act in (
        lambda: make_webhook_service(values=values, origin=origin),
        lambda: change_webhook(webhook_id=webhook.pk, values=values, origin=origin),
        lambda: renew_secret(webhook_id=webhook.pk, origin=origin),
        lambda: remove_webhook(webhook_id=webhook.pk, origin=origin),
        lambda: redeliver(delivery_id=delivery.pk, origin=origin),
        lambda: rotate_secrets(origin=origin),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert Webhook.objects.get() == webhook
    assert WebhookDelivery.objects.get().status == "failed"


def test_the_page_shows_the_secret_once() -> None:
    client = Client()
    client.force_login(make_user())
    form = {"url": "https://example.com/", "events": ["batch.ready"], "is_active": "on"}
    answer = client.post("/settings/webhooks/add/", form)
    webhook = Webhook.objects.get()
    secret = WEBHOOK_SECRETS.decrypt(webhook.encrypted_secret)
    # The page writes + as an entity.
    assert secret in answer.content.decode().replace("&#x2B;", "+")
    assert "no-store" in answer.headers["Cache-Control"]
    make_failed_delivery(webhook)
    page = client.get(f"/settings/webhooks/{webhook.pk}/")
    assert secret not in page.content.decode().replace("&#x2B;", "+")
    assert "Send again" in page.content.decode()
    assert client.get("/settings/webhooks/77/").status_code == 404
    wrong = client.post("/settings/webhooks/add/", {**form, "url": "http://example.com/"})
    assert wrong.status_code == 422
    assert "must begin with https://" in wrong.content.decode()
    assert client.get(f"/settings/webhooks/{webhook.pk}/?page=-1").status_code == 200
    assert Batch.objects.count() == 0
