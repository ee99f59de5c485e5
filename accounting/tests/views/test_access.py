"""Who may request which URL: all of them, by direct request (domain.md §9)."""

import copy
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from django.conf import settings
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import DjangoDbBlocker

from accounting.batches.drafts import make_draft
from accounting.models import Batch, BatchItem, Draft, FollowUp
from accounting.tests.factories import make_batch, make_failed_batch
from accounting.tests.made_once import made_once
from accounting.unbatched.filters import Filters
from accounting.unbatched.selection import NamedDocuments, get_selection
from integrations.models import ApiToken, Upload, Webhook, WebhookDelivery
from integrations.tests.factories import make_token
from integrations.tests.scenes import make_failed_delivery, make_upload, make_webhook
from invoices.models import Customer, Department, Invoice
from invoices.tests.factories import (
    make_credit_memo,
    make_customer,
    make_department,
    make_invoice,
    make_user,
)
from payments.models import Payment, Refund
from payments.tests.factories import make_payment, make_refund
from sera_batching.models import User
from sera_batching.origin import Origin
from sera_batching.tests.refusals import everything

pytestmark = pytest.mark.django_db

ANONYMOUS: Final = "anonymous"
OFFICE: Final = "Office"
ACCOUNTANT: Final = "Accountant"
ADMIN: Final = "Admin"
PEOPLE: Final = (ANONYMOUS, OFFICE, ACCOUNTANT, ADMIN)

EVERYBODY: Final = frozenset(PEOPLE)
SIGNED_IN: Final = frozenset({OFFICE, ACCOUNTANT, ADMIN})
ACCOUNTANTS: Final = frozenset({ACCOUNTANT, ADMIN})
ADMINS: Final = frozenset({ADMIN})


@dataclass(frozen=True)
class Access:
    """Who may read a URL, and who may write to it with a form that is complete."""

    read: frozenset[str] | None = None
    write: frozenset[str] | None = None
    where: Mapping[str, str | int] = field(default_factory=dict)
    """The parts of the URL; a text names something in the `World`."""
    form: Mapping[str, str] = field(default_factory=dict)
    needs_draft: bool = False
    changes: bool = True
    """Whether an allowed write leaves a trace in the database."""
    answer: int = 200
    """The status of an allowed write, unless it redirects to the next page."""


READY: Final = {"batch_id": "ready"}
FAILED: Final = {"batch_id": "failed"}
CUSTOMER: Final = {"customer_id": "customer"}

TABLE: Final[dict[str, Access]] = {
    "home": Access(read=SIGNED_IN),
    "login": Access(read=EVERYBODY, write=EVERYBODY, changes=False),
    "logout": Access(write=EVERYBODY, changes=False),
    "theme": Access(write=EVERYBODY, form={"theme": "dark"}, changes=False),
    "health": Access(read=EVERYBODY),
    "settings": Access(
        read=ADMINS,
        write=ADMINS,
        form={
            "name": "Changed",
            "time_zone": "UTC",
            "profile": "online",
            "ar_account": "A/R",
            "default_refund_account": "Cash",
        },
    ),
    "search": Access(read=SIGNED_IN),
    "people": Access(read=ADMINS),
    "person_add": Access(
        read=ADMINS, write=ADMINS, form={"username": "newcomer", "is_active": "on"}
    ),
    "person": Access(
        read=ADMINS, write=ADMINS, where={"person_id": "person"}, form={"username": "renamed"}
    ),
    "person_reset_password": Access(write=ADMINS, where={"person_id": "person"}),
    "set_password": Access(
        read=EVERYBODY, write=EVERYBODY, where={"uidb64": "x", "token": "y"}, changes=False
    ),
    "own_password": Access(
        read=SIGNED_IN,
        write=SIGNED_IN,
        form={"old_password": "x", "new_password1": "y", "new_password2": "y"},
        changes=False,
    ),
    "audit": Access(read=ADMINS),
    "audit_csv": Access(read=ADMINS),
    "invoices:list": Access(read=SIGNED_IN),
    "invoices:csv": Access(read=SIGNED_IN),
    "invoices:detail": Access(read=SIGNED_IN, where={"invoice_id": "invoice"}),
    "invoices:credit_memo": Access(read=SIGNED_IN, where={"credit_memo_id": "credit_memo"}),
    "payments:list": Access(read=SIGNED_IN),
    "payments:csv": Access(read=SIGNED_IN),
    "payments:detail": Access(read=SIGNED_IN, where={"payment_id": "payment"}),
    "payments:refund": Access(read=SIGNED_IN, where={"refund_id": "refund"}),
    **{
        f"backoffice:invoice_{act}": Access(
            read=ADMINS,
            write=ADMINS,
            where={"invoice_id": "invoice"},
            form={"reason": "Wrong.", "step": "add" if act == "edit" else "look", **extra},
            changes=False,
            # The form was made from no document: a conflict, which changes nothing.
            answer=200 if act == "edit" else 409,
        )
        for act, extra in {
            "approve": {},
            "edit": {},
            "date": {"date": "2026-11-20"},
            "void": {},
            "cancel": {},
            "hold": {},
            "resume": {},
        }.items()
    },
    **{
        f"backoffice:payment_{act}": Access(
            read=ADMINS,
            write=ADMINS,
            where={"payment_id": "payment"},
            form={"reason": "Wrong.", "step": "look", **extra},
            changes=False,
            answer=409,
        )
        for act, extra in {
            "reallocate": {},
            "refund": {"number": "R-1", "date": "2026-11-20", "amount": "1", "method": "card"},
            "remove": {},
            "dispute": {},
            "restore": {},
            "settle": {},
        }.items()
    },
    "backoffice:payment_take": Access(read=SIGNED_IN, write=SIGNED_IN, changes=False),
    "accounting:unbatched": Access(read=ACCOUNTANTS),
    "accounting:unbatched_bar": Access(read=ACCOUNTANTS),
    "accounting:unbatched_csv": Access(read=ACCOUNTANTS),
    "accounting:tick": Access(write=ACCOUNTANTS, form={"act": "none"}),
    "accounting:draft_make": Access(write=ACCOUNTANTS),
    "accounting:draft": Access(read=ACCOUNTANTS, needs_draft=True),
    "accounting:draft_confirm": Access(write=ACCOUNTANTS, form={"name": "X"}, needs_draft=True),
    "accounting:draft_include": Access(write=ACCOUNTANTS, needs_draft=True),
    "accounting:batches": Access(read=SIGNED_IN),
    "accounting:batch": Access(read=SIGNED_IN, where=READY),
    "accounting:batch_status": Access(read=SIGNED_IN, where=READY),
    "accounting:batch_file": Access(read=SIGNED_IN, where={**READY, "number": 1}),
    "accounting:batch_document": Access(read=SIGNED_IN, where={**READY, "item_id": "ready_item"}),
    "accounting:file_loaded": Access(
        write=ACCOUNTANTS, where={**READY, "number": 1, "part": 1}, form={"is_loaded": "1"}
    ),
    "accounting:batch_retry": Access(write=ACCOUNTANTS, where=FAILED),
    "accounting:batch_download": Access(read=ACCOUNTANTS, where=READY),
    "accounting:batch_rebuild": Access(write=ACCOUNTANTS, where=READY),
    "accounting:batch_undo": Access(
        read=ADMINS,
        write=ADMINS,
        where={"batch_id": "independent"},
        form={"reason": "Wrong."},
    ),
    "accounting:batch_release": Access(
        read=ADMINS, write=ADMINS, where=FAILED, form={"reason": "Wrong."}
    ),
    "accounting:batch_reversals": Access(read=ACCOUNTANTS, where=READY),
    "accounting:batch_reversals_csv": Access(read=ACCOUNTANTS, where=READY),
    "accounting:completeness": Access(read=ACCOUNTANTS),
    "accounting:revenue": Access(read=ACCOUNTANTS),
    "accounting:pending_revenue": Access(read=ACCOUNTANTS),
    "backoffice:customers": Access(read=SIGNED_IN),
    "backoffice:customers_csv": Access(read=SIGNED_IN),
    "backoffice:customer": Access(read=SIGNED_IN, where=CUSTOMER),
    "backoffice:customer_key": Access(
        read=ADMINS,
        write=ADMINS,
        where=CUSTOMER,
        form={"accounting_key": "Another", "reason": "x", "is_acknowledged": "on"},
    ),
    "backoffice:customer_merge": Access(read=ADMINS, where=CUSTOMER),
    "backoffice:customer_merge_into": Access(
        read=ADMINS,
        write=ADMINS,
        where={**CUSTOMER, "survivor_id": "survivor"},
        form={"reason": "x", "word": "Merge"},
    ),
    "backoffice:departments": Access(read=ACCOUNTANTS),
    "backoffice:department": Access(
        read=ADMINS,
        write=ADMINS,
        where={"department_id": "department"},
        form={"timezone": "UTC", "terms": "Net 7"},
    ),
    "backoffice:items": Access(read=ACCOUNTANTS, write=ADMINS, changes=False),
    "backoffice:classes": Access(read=ACCOUNTANTS, write=ADMINS, changes=False),
    "accounting:follow_ups_csv": Access(read=ACCOUNTANTS),
    "accounting:follow_ups": Access(read=ACCOUNTANTS),
    "accounting:follow_up_close": Access(
        write=ACCOUNTANTS, where={"follow_up_id": "open_follow_up"}
    ),
    "accounting:follow_up_reopen": Access(
        write=ACCOUNTANTS, where={"follow_up_id": "done_follow_up"}
    ),
    "integrations:tokens": Access(read=ADMINS),
    "integrations:token_add": Access(
        read=ADMINS, write=ADMINS, form={"name": "X", "owner": "somebody", "scopes": "read"}
    ),
    "integrations:token_revoke": Access(write=ADMINS, where={"token_id": "token"}),
    "integrations:webhooks": Access(read=ADMINS),
    "integrations:webhook_add": Access(
        read=ADMINS, write=ADMINS, form={"url": "https://x.example/", "events": "batch.ready"}
    ),
    "integrations:webhook": Access(
        read=ADMINS,
        write=ADMINS,
        where={"webhook_id": "webhook"},
        form={"url": "https://x.example/", "events": "batch.ready"},
    ),
    "integrations:webhook_secret": Access(write=ADMINS, where={"webhook_id": "webhook"}),
    "integrations:webhook_remove": Access(write=ADMINS, where={"webhook_id": "webhook"}),
    "integrations:webhook_redeliver": Access(write=ADMINS, where={"delivery_id": "delivery"}),
    "integrations:uploads": Access(read=ADMINS),
    # Without a file nothing is received.
    "integrations:upload_add": Access(write=ADMINS, changes=False),
    "integrations:upload": Access(read=ADMINS, where={"upload_id": "upload"}),
    "integrations:upload_status": Access(read=ADMINS, where={"upload_id": "upload"}),
    "integrations:upload_refused": Access(read=ADMINS, where={"upload_id": "upload"}),
    "integrations:upload_apply": Access(write=ADMINS, where={"upload_id": "upload"}),
    "integrations:upload_continue": Access(write=ADMINS, where={"upload_id": "interrupted_upload"}),
    # A user without an e-mail address cannot choose anything.
    "integrations:notices": Access(read=SIGNED_IN, write=SIGNED_IN, changes=False),
}


@dataclass(frozen=True)
class World:
    """One of everything."""

    customer: Customer
    survivor: Customer
    department: Department
    invoice: Invoice
    payment: Payment
    refund: Refund
    credit_memo: Any
    ready: Batch
    ready_item: BatchItem
    independent: Batch
    """Ready too; no later batch depends on it."""
    failed: Batch
    open_follow_up: FollowUp
    done_follow_up: FollowUp
    token: ApiToken
    webhook: Webhook
    delivery: WebhookDelivery
    upload: Upload
    """Checked."""
    interrupted_upload: Upload
    person: User
    people: dict[str, User]
    sessions: dict[str, str]
    """Each person's session cookie."""

    def url_of(self, name: str, person: str) -> str:
        """Return the URL that this name stands for, with a draft of this person's."""
        access = TABLE[name]
        parts: dict[str, Any] = {
            part: getattr(self, str(value)).pk if hasattr(self, str(value)) else value
            for part, value in access.where.items()
        }
        if access.needs_draft:
            # Somebody who may not have a draft requests an admin's.
            owner = self.people[person if person in ACCOUNTANTS else ADMIN]
            parts["draft_id"] = Draft.objects.get(user=owner).pk
        return reverse(name, kwargs=parts)


def make_world() -> World:
    """Make one of everything."""
    customer = make_customer()
    invoice = make_invoice(customer=customer)
    payment = make_payment(invoice=invoice)
    ready = make_batch()
    make_invoice(customer=customer)
    independent = make_batch()
    credit_memo = make_credit_memo(invoice=invoice)
    refund = make_refund(payment=payment)
    failed = make_failed_batch()
    make_invoice(customer=customer)
    people = {role: make_user(role) for role in (OFFICE, ACCOUNTANT, ADMIN)}
    for role in ACCOUNTANTS:
        # A user's ticks are created when the page is first read.
        get_selection(people[role])
        make_draft(origin=Origin(user=people[role]), choice=NamedDocuments(), filters=Filters())
    open_follow_up, done_follow_up = (
        FollowUp.objects.create(
            cause=FollowUp.Cause.KEY_CHANGED,
            status=status,
            customer=customer,
            problem="Renamed.",
            remedy="Rename.",
        )
        for status in (FollowUp.Status.OPEN, FollowUp.Status.DONE)
    )
    token, _ = make_token()
    webhook, _ = make_webhook()
    upload, interrupted_upload = (make_upload(b"no record") for _ in range(2))
    Upload.objects.filter(pk=interrupted_upload.pk).update(status=Upload.Status.INTERRUPTED)
    return World(
        customer,
        make_customer(),
        make_department(),
        invoice,
        payment,
        refund,
        credit_memo,
        ready,
        ready.items.get(kind="invoice_insert"),
        independent,
        failed,
        open_follow_up,
        done_follow_up,
        token,
        webhook,
        make_failed_delivery(webhook),
        upload,
        interrupted_upload,
        make_user("", username="somebody"),
        people,
        {role: session_of(person) for role, person in people.items()},
    )


def session_of(person: User) -> str:
    """Sign somebody in, and return the cookie."""
    client = Client()
    client.force_login(person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture(scope="module")
def first_world(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[World, Path]]:
    """A world and the folder of its files, made once: each test rolls back its changes."""
    with made_once(make_world, django_db_blocker, tmp_path_factory) as world:
        yield world


@pytest.fixture
def world(first_world: tuple[World, Path], db: None, var_dir: Path) -> World:
    world, folder = first_world
    shutil.copytree(folder, var_dir, dirs_exist_ok=True)
    return copy.deepcopy(world)


def client_of(world: World, person: str, *, checks_csrf: bool = False) -> Client:
    client = Client(enforce_csrf_checks=checks_csrf)
    if person != ANONYMOUS:
        client.cookies[settings.SESSION_COOKIE_NAME] = world.sessions[person]
    return client


def is_refused(response: HttpResponseBase, person: str) -> bool:
    """Return whether the person was refused in the right way."""
    if person == ANONYMOUS:
        return response.status_code == 302 and response.headers["Location"].startswith("/sign-in/?")
    return response.status_code == 403


def let_in(response: HttpResponseBase) -> bool:
    """Return whether the page responded, with content or with a redirect."""
    if response.status_code == 302:
        return not response.headers["Location"].startswith("/sign-in/?")
    return response.status_code == 200


READS: Final = [name for name, access in TABLE.items() if access.read is not None]
WRITES: Final = [name for name, access in TABLE.items() if access.write is not None]


@pytest.mark.parametrize("name", READS)
def test_who_may_read(world: World, name: str) -> None:
    allowed = TABLE[name].read or frozenset()
    clients = {person: client_of(world, person) for person in PEOPLE}
    before = everything()
    for person in PEOPLE:
        if person not in allowed:
            response = clients[person].get(world.url_of(name, person))
            assert is_refused(response, person), (person, response)
    assert everything() == before
    for person in PEOPLE:
        if person in allowed:
            response = clients[person].get(world.url_of(name, person))
            assert let_in(response), (person, response)
            if response.streaming:
                assert b"".join(response.streaming_content)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", WRITES)
def test_who_may_write(world: World, name: str) -> None:
    access = TABLE[name]
    allowed = access.write or frozenset()
    clients = {person: client_of(world, person) for person in PEOPLE}
    before = everything()
    for person in PEOPLE:
        if person not in allowed:
            response = clients[person].post(world.url_of(name, person), access.form)
            assert is_refused(response, person), (person, response)
    assert everything() == before
    for person in PEOPLE:
        if person in allowed:
            response = clients[person].post(world.url_of(name, person), access.form)
            assert let_in(response) or response.status_code == access.answer, person
            if access.changes:
                assert everything() != before
                return


@pytest.mark.parametrize("name", WRITES)
def test_a_form_without_its_token_changes_nothing(world: World, name: str) -> None:
    clients = {person: client_of(world, person, checks_csrf=True) for person in PEOPLE}
    before = everything()
    for person in PEOPLE:
        for headers in ({}, {"X-CSRFToken": "x" * 64}):
            response = clients[person].post(
                world.url_of(name, person), TABLE[name].form, headers=headers
            )
            assert response.status_code == 403 or is_refused(response, person), person
    assert everything() == before


@pytest.mark.parametrize("name", [name for name in WRITES if TABLE[name].read is None])
def test_what_changes_something_is_never_a_link(world: World, name: str) -> None:
    clients = {person: client_of(world, person) for person in SIGNED_IN}
    before = everything()
    for person, client in clients.items():
        assert client.get(world.url_of(name, person)).status_code == 405, person
    assert everything() == before


@pytest.mark.parametrize("name", [name for name in READS if TABLE[name].write is None])
def test_what_is_read_takes_no_form(world: World, name: str) -> None:
    response = client_of(world, ADMIN).post(world.url_of(name, ADMIN))
    assert response.status_code == 405


NEEDS_NO_ROLE: Final = {"home", "own_password"}


def test_somebody_without_a_role_is_let_in_nowhere(world: World) -> None:
    world.people["nobody"] = make_user("")
    world.sessions["nobody"] = session_of(world.people["nobody"])
    client = client_of(world, "nobody")
    before = everything()
    for name, access in TABLE.items():
        url = world.url_of(name, "nobody")
        if access.read not in (None, EVERYBODY) and name not in NEEDS_NO_ROLE:
            assert client.get(url).status_code == 403, name
        if access.write not in (None, EVERYBODY) and name not in NEEDS_NO_ROLE:
            assert client.post(url, access.form).status_code == 403, name
    assert everything() == before


def named_patterns(
    resolver: URLResolver | None = None, prefix: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    """Yield every URL of the URLconf with its name."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            namespace = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from named_patterns(pattern, namespace)
        else:
            yield f"{prefix}{pattern.name}", pattern


def test_every_url_is_in_the_table() -> None:
    # The API has no sessions: integrations/tests/test_api_access.py.
    elsewhere = ("admin:", "api:")
    names = [name for name, _ in named_patterns() if not name.startswith(elsewhere)]
    assert "None" not in {name.rpartition(":")[2] for name in names}
    assert sorted(names) == sorted(TABLE)


# Django's admin, see also sera_batching/tests/test_admin.py

ADMIN_PARTS: Final = {
    "object_id": "1",
    "id": "1",
    "app_label": "accounting",
    "content_type_id": "1",
    "url": "x",
}
OPEN_TO_EVERYBODY: Final = {"admin:login", "admin:jsi18n", "admin:logout"}


def admin_urls() -> list[str]:
    urls = []
    for name, pattern in named_patterns():
        if name.startswith("admin:") and name not in OPEN_TO_EVERYBODY:
            parts = pattern.pattern.regex.groupindex
            route = str(pattern.pattern)
            if name == "admin:None" or route == "(?P<url>.*)$":
                continue
            urls.append(reverse(name, kwargs={part: ADMIN_PARTS[part] for part in parts}))
    return sorted(set(urls))


def test_django_s_admin_is_closed_to_all_but_admins(world: World) -> None:
    urls = admin_urls()
    assert len(urls) > 40
    clients = {person: client_of(world, person) for person in (ANONYMOUS, OFFICE, ACCOUNTANT)}
    before = everything()
    for url in urls:
        for person, client in clients.items():
            for response in (client.get(url), client.post(url, {"name": "Mine"})):
                assert response.status_code in (302, 403), (url, person)
                if response.status_code == 302:
                    location = response.headers["Location"]
                    assert location.startswith(("/admin/login/?", "/sign-in/?")), (url, person)
    assert everything() == before
