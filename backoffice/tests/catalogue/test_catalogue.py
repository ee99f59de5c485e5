"""Departments, items and classes: their unbatched documents, defaults and marks."""

import pytest
from django.test import Client

from invoices.models import Department, Item
from invoices.tests.factories import make_department, make_invoice, make_line, make_user
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return Origin(user=make_user("Admin", username="alma"))


@pytest.fixture
def admin(client: Client, origin: Origin) -> Client:
    client.force_login(origin.user)
    return client


def test_departments_with_what_waits(admin: Client, origin: Origin) -> None:
    hvac = make_department("HVAC", default_item="HVAC service", terms="Net 30", origin=origin)
    make_department("Old", is_archived=True, origin=origin)
    for _ in range(3):
        make_invoice(department=hvac, origin=origin)
    answer = admin.get("/departments/")
    page = answer.content.decode()
    assert [(one.name, count) for one, count in answer.context["rows"]] == [("HVAC", 3), ("Old", 0)]
    assert "HVAC service" in page
    assert "archived" in page


def test_the_defaults_of_a_department(admin: Client, origin: Origin) -> None:
    hvac = make_department("HVAC", terms="Net 30", origin=origin)
    url = f"/departments/{hvac.pk}/"
    form = {"default_item": "Repair", "default_class": "", "terms": "Net 7", "timezone": "UTC"}

    wrong = admin.post(url, {**form, "timezone": "Mars/Olympus"})
    assert wrong.status_code == 422
    assert admin.post(url, form).headers["Location"] == "/departments/"

    hvac.refresh_from_db()
    assert (hvac.default_item, hvac.terms, hvac.timezone) == ("Repair", "Net 7", "UTC")
    assert AuditEvent.objects.get(action="department.changed").before == {
        "default_item": "",
        "terms": "Net 30",
        "timezone": "America/Chicago",
    }
    assert Department.objects.count() == 1


def test_items_with_what_waits_are_marked(admin: Client, origin: Origin) -> None:
    make_invoice(lines=(make_line(item="Repair"), make_line(item="repair")), origin=origin)
    make_invoice(lines=(make_line(item="Repair"), make_line(item="Visit")), origin=origin)
    answer = admin.get("/items/")
    assert [(one.name, count) for one, count in answer.context["rows"]] == [
        ("Repair", 2),
        ("Visit", 1),
    ]

    visit = Item.objects.get(name="Visit")
    marked = admin.post("/items/", {"entry": visit.pk, "mark": "inactive", "q": "vis"})

    assert marked.headers["Location"] == "/items/?q=vis"
    visit.refresh_from_db()
    assert visit.state == "inactive"
    shown = admin.get("/items/", {"state": "inactive"}).context["rows"]
    assert [one.name for one, _ in shown] == ["Visit"]


@pytest.mark.parametrize(
    "form", [{}, {"entry": "x", "mark": "inactive"}, {"entry": "1", "mark": "gone"}]
)
def test_a_form_that_makes_no_sense_marks_nothing(
    admin: Client, origin: Origin, form: dict[str, str]
) -> None:
    make_invoice(origin=origin)
    assert admin.post("/items/", form).status_code == 302
    assert Item.objects.get().state == "active"


def test_an_accountant_sees_and_does_not_mark(client: Client, origin: Origin) -> None:
    make_invoice(origin=origin)
    client.force_login(make_user("Accountant"))
    page = client.get("/classes/").content.decode()
    assert "HVAC" in page
    assert "Mark as" not in page
    item = Item.objects.get()
    assert client.post("/items/", {"entry": item.pk, "mark": "inactive"}).status_code == 403
    item.refresh_from_db()
    assert item.state == "active"
