"""The page of the audit trail: filters, texts, blocks, and the CSV."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from sera_batching.audit.listing import Change, changes_of, in_words
from sera_batching.audit.seals import seal_audit
from sera_batching.audit.subjects import subject_labels
from sera_batching.models import AuditEvent, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Client:
    person = User.objects.create_user("dana")
    person.groups.add(Group.objects.get(name="Admin"))
    client.force_login(person)
    return client


def write(**values: Any) -> AuditEvent:
    return AuditEvent.objects.create(
        **{
            "at": datetime(2026, 3, 2, 5, 30, tzinfo=UTC),
            "actor_name": "kim",
            "action": "invoice.voided",
            "target_type": "invoices.invoice",
            "target_id": "7",
            "target_label": "Invoice 10023",
            "channel": "page",
            **values,
        }
    )


def shown(client: Client, query: str = "") -> list[str]:
    """Return the targets of the events on the page."""
    response = client.get(f"/audit/?{query}")
    assert response.status_code == 200
    return [line.event.target_label for line in response.context["lines"]]


def test_an_event_is_shown_in_words_with_what_it_changed(admin: Client) -> None:
    write(
        before={"status": "finalized", "total_cents": 120000},
        after={"status": "void", "is_on_hold": True},
        note="Entered <twice>.",
        address="192.0.2.7",
        request_id="feed1234",
    )
    page = admin.get("/audit/").content.decode()
    assert "Invoice voided" in page
    assert '<a href="/invoices/7/">Invoice 10023</a>' in page
    assert "<del>finalized</del>" in page
    assert "<ins>void</ins>" in page
    assert "<del>1,200.00</del>" in page
    assert "Entered &lt;twice&gt;." in page
    assert "192.0.2.7" in page
    # The first of March in Chicago.
    assert "03/01/2026 23:30:00" in page


def test_changes_are_by_name_and_in_amounts() -> None:
    event = AuditEvent(
        before={"amount_cents": 5, "lines": [1], "is_active": False},
        after={"amount_cents": 1250, "is_active": True},
    )
    assert changes_of(event) == [
        Change("amount", "0.05", "12.50"),
        Change("is active", "no", "yes"),
        Change("lines", "[1]", ""),
    ]
    assert in_words("credit_memo.recorded") == "Credit memo recorded"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Feed", "Invoice 9", "Invoice 10023"]),
        ("who=KIM", ["Invoice 10023"]),
        ("subject=invoice", ["Invoice 9", "Invoice 10023"]),
        ("channel=feed", ["Feed"]),
        ("q=9", ["Invoice 9"]),
        ("q=twice", ["Invoice 9"]),
        ("q=request7", ["Feed"]),
        ("from=2026-03-02", ["Feed"]),
        ("to=2026-03-01", ["Invoice 9", "Invoice 10023"]),
        ("from=2026-03-01&to=2026-03-01&who=lou", ["Invoice 9"]),
        ("who=nobody", []),
    ],
)
def test_filters_narrow_the_page(admin: Client, query: str, expected: list[str]) -> None:
    everything = f"{query}&from=2026-01-01" if "from" not in query else query
    if "to=" not in everything:
        everything += "&to=2026-04-01"
    write()
    write(actor_name="lou", target_label="Invoice 9", note="Entered twice.")
    write(
        at=datetime(2026, 3, 2, 6, 0, tzinfo=UTC),
        actor_name="ops",
        action="feed.imported",
        target_label="Feed",
        channel="feed",
        request_id="request7",
    )
    assert shown(admin, everything) == expected


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("from=2026-13-40", "From: “2026-13-40” is not a date. This filter is ignored."),
        (
            "subject=password",
            "About: “password” is not one of the choices.",
        ),
        ("channel=%00", "is not one of the choices. This filter is ignored."),
        ("page=-1", "There is no page “-1”; this is page 1."),
        ("q=%07", "Search: Control characters cannot be searched for."),
    ],
)
def test_nonsense_in_the_url_is_said_and_everything_shown(
    admin: Client, query: str, message: str
) -> None:
    write()
    response = admin.get(f"/audit/?{query}")
    assert response.status_code == 200
    assert message in response.content.decode()
    assert "Invoice 10023" in shown(admin, query)


def test_an_event_shows_its_block_once_sealed(admin: Client) -> None:
    write()
    assert "not yet" in admin.get("/audit/").content.decode()
    number = seal_audit()[-1].number
    assert f"block {number}" in admin.get("/audit/").content.decode()


def test_a_hundred_events_take_no_more_statements_than_one(
    admin: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(100):
        write()
    seal_audit()
    with django_assert_num_queries(10):
        admin.get("/audit/")


def test_the_csv_holds_every_matching_event_and_is_an_event_itself(admin: Client) -> None:
    write(note="=1+1")
    write(actor_name="lou")
    response = admin.get("/audit/csv/?who=kim")
    content = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    header, *rows = content.splitlines()
    assert header.startswith("Number,At (UTC),Who,Action,About,")
    assert len(rows) == 1
    assert ",kim,invoice.voided,Invoice 10023," in rows[0]
    assert ",'=1+1," in rows[0]
    assert AuditEvent.objects.filter(action="audit.downloaded", actor_name="dana").count() == 1


def test_a_csv_of_nonsense_goes_back_to_the_page(admin: Client) -> None:
    assert admin.get("/audit/csv/?from=x").headers["Location"] == "/audit/"


def test_every_action_that_is_written_can_be_filtered_for() -> None:
    base = Path(project_settings.BASE_DIR)
    written = {
        noun
        for app in project_settings.PROJECT_APPS
        for path in base.glob(f"{app}/**/*.py")
        if "tests" not in path.parts
        for noun in re.findall(r'\baction=f?"([a-z_]+)\.', path.read_text(encoding="utf-8"))
    }
    assert written <= set(subject_labels())


def test_the_filter_has_every_subject_in_its_order(admin: Client) -> None:
    form = admin.get("/audit/").context["form"]
    assert list(form.fields["subject"].choices) == [
        ("", "Everything"),
        ("batch", "Batches"),
        ("unbatched", "Unbatched"),
        ("invoice", "Invoices"),
        ("credit_memo", "Credit memos"),
        ("payment", "Payments"),
        ("refund", "Refunds"),
        ("customer", "Customers"),
        ("job", "Jobs"),
        ("department", "Departments"),
        ("item", "Items"),
        ("class", "Classes"),
        ("follow_up", "Fix in QuickBooks"),
        ("feed", "Feed"),
        ("upload", "Uploads"),
        ("token", "Tokens"),
        ("webhook", "Webhooks"),
        ("user", "Users and sign-ins"),
        ("report", "Reports"),
        ("demo", "Demo"),
        ("company", "Settings"),
        ("audit", "Audit trail"),
    ]


@pytest.mark.parametrize(
    ("target_type", "url"),
    [
        ("accounting.batch", "/batches/7/"),
        ("invoices.invoice", "/invoices/7/"),
        ("invoices.creditmemo", "/invoices/credit-memos/7/"),
        ("invoices.customer", "/customers/7/"),
        ("payments.payment", "/payments/7/"),
        ("payments.refund", "/payments/refunds/7/"),
        ("integrations.upload", "/uploads/7/"),
        ("integrations.webhook", "/settings/webhooks/7/"),
        ("integrations.apitoken", ""),
        ("", ""),
    ],
)
def test_an_event_leads_to_the_page_of_what_it_is_about(
    admin: Client, target_type: str, url: str
) -> None:
    write(target_type=target_type)
    (line,) = admin.get("/audit/?q=10023").context["lines"]
    assert line.url == url
