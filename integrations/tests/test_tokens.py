import hashlib
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import ApiToken
from integrations.services import tokens
from integrations.services.tokens import (
    TokenOrigin,
    TooManyRequests,
    count_request,
    find_token,
    revoke_token,
)
from integrations.tests.factories import make_token
from invoices.tests.factories import make_origin, make_user
from sera_batching.exceptions import NotAllowed, Refused
from sera_batching.models import AuditEvent

pytestmark = pytest.mark.django_db


def test_only_the_hash_of_the_secret_is_kept() -> None:
    token, secret = make_token("read")
    token.refresh_from_db()
    assert secret.startswith("sera_")
    assert len(secret) == 48
    assert token.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert token.hint == secret[:11]
    event = AuditEvent.objects.get(action="token.made")
    assert secret not in str(vars(token)) + str(vars(event))
    assert event.after == {
        "owner": token.owner.username,
        "scopes": ["read"],
        "hint": token.hint,
        "expires": None,
    }


def test_a_secret_finds_its_token_until_it_is_revoked() -> None:
    token, secret = make_token("read")
    assert find_token(secret) == token
    assert find_token(secret + "x") is None
    assert find_token("") is None
    origin = make_origin()
    revoke_token(token_id=token.pk, origin=origin)
    revoked_at = revoke_token(token_id=token.pk, origin=origin).revoked_at
    assert find_token(secret) is None
    assert ApiToken.objects.get().revoked_at == revoked_at
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1


def test_an_expired_token_opens_nothing() -> None:
    token, secret = make_token("read")
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert find_token(secret) is None
    token.refresh_from_db()
    assert token.state == "expired"


def test_a_token_of_a_deactivated_owner_opens_nothing() -> None:
    token, secret = make_token("read")
    token.owner.is_active = False
    token.owner.save()
    assert find_token(secret) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scopes": []}, "Choose at least one scope."),
        ({"scopes": ["read", "root"]}, "Choose at least one scope."),
        ({"name": "  "}, "The name is missing."),
        ({"expires_at": "past"}, "The token would have expired already; choose a later day."),
    ],
)
def test_what_no_token_can_be(change: dict[str, object], message: str) -> None:
    values = {"name": "A", "owner": make_user(), "scopes": ["read"], "expires_at": None, **change}
    if values["expires_at"] == "past":
        values["expires_at"] = timezone.now()
    with pytest.raises(Refused, match=message):
        tokens.make_token(**values, origin=make_origin())  # type: ignore[arg-type]
    assert not ApiToken.objects.exists()


def test_no_token_acts_for_somebody_who_may_more_than_its_maker() -> None:
    owner = make_user()
    owner.is_superuser = True
    owner.save()
    with pytest.raises(Refused, match="Only a superuser"):
        make_token("read", owner=owner)
    owner.is_superuser, owner.is_active = False, False
    owner.save()
    with pytest.raises(Refused, match="deactivated"):
        make_token("read", owner=owner)
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("role", ["Office", "Accountant"])
def test_who_may_not_manage_tokens(role: str) -> None:
    token, secret = make_token("read")
    origin = make_origin(role)
    with pytest.raises(NotAllowed):
        revoke_token(token_id=token.pk, origin=origin)
    with pytest.raises(NotAllowed):
        tokens.make_token(
            name="Mine", owner=origin.user, scopes=["read"], expires_at=None, origin=origin
        )
    assert find_token(secret) == token
    assert ApiToken.objects.count() == 1


def test_a_token_may_what_its_scopes_and_its_owner_may() -> None:
    token, _ = make_token("feed", "undo", owner=make_user("Accountant"))
    origin = TokenOrigin(user=token.owner, token=token)
    assert not origin.may("accounting.make_batch")
    with pytest.raises(NotAllowed, match="This token has no scope “batch”"):
        origin.require("accounting.make_batch")
    assert not origin.may("accounting.import_feed")
    with pytest.raises(
        NotAllowed, match=r"isn't allowed to do this \(it requires accounting.undo_batch\)"
    ):
        origin.require("accounting.undo_batch")
    admins, _ = make_token("feed")
    may = TokenOrigin(user=admins.owner, token=admins)
    assert may.may("accounting.import_feed")
    assert not may.may("sera_batching.change_user")
    with pytest.raises(NotAllowed):
        may.at("elsewhere").require("sera_batching.change_user")


def test_requests_are_counted_by_the_minute(
    settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_REQUESTS_A_MINUTE = 2  # type: ignore[attr-defined]
    token, _ = make_token("read")
    now = 1_800_000_015.5
    monkeypatch.setattr("integrations.services.tokens.time.time", lambda: now)
    count_request(token)
    with CaptureQueriesContext(connection) as queries:
        count_request(token)
    assert len(queries) == 1
    with pytest.raises(TooManyRequests) as refusal:
        count_request(token)
    assert refusal.value.retry_after_seconds == 45
    now += 45
    count_request(token)
    token.refresh_from_db()
    assert token.minute_count == 1
    assert token.last_used_at is not None
