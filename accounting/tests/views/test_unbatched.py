"""Unbatched: what is shown to whom, what ticks and filters do, and what is refused."""

import csv
import datetime
import io
import re
from typing import Any

import pytest
from django.db import connection
from django.http.response import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounting.models import Draft, Selection, SelectionException
from accounting.tests.factories import make_batch
from invoices.services.lifecycle import hold_invoice
from invoices.services.parties import DepartmentValues, save_department
from invoices.tests.factories import (
    make_credit_memo,
    make_customer,
    make_department,
    make_invoice,
    make_invoice_values,
    make_invoices,
    make_job,
    make_origin,
    make_user,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.models import AuditEvent, User
from sera_batching.tests.refusals import unchanging

pytestmark = pytest.mark.django_db

PAGE = "/unbatched/"
TICKS = "/unbatched/ticks/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def dana() -> User:
    return make_user("Accountant", username="dana")


@pytest.fixture
def accountant(client: Client, dana: User) -> Client:
    client.force_login(dana)
    return client


def numbers(client: Client, query: str = "") -> list[str]:
    """Return the numbers of the rows that the page shows, in its order."""
    response = client.get(f"{PAGE}?{query}")
    assert response.status_code == 200
    return [view.row.number for view in response.context["rows"]]


def ticked(client: Client, query: str = "") -> list[str]:
    """Return the numbers of the rows that the page shows with a tick."""
    response = client.get(f"{PAGE}?{query}")
    return [view.row.number for view in response.context["rows"] if view.is_selected]


def bar(client: Client, query: str = "") -> list[str]:
    """Return what the selection bar shows for the two tables."""
    text = client.get(f"{PAGE}?{query}").content.decode()
    found = re.findall(r'<span class="selection-tab">(.*?)</span>', text, re.DOTALL)
    return [" ".join(re.sub("<[^>]+>", "", one).split()) for one in found]


def act(
    client: Client,
    name: str,
    query: str = "",
    *,
    shown: list[str] | None = None,
    ticked: list[str] | None = None,
    headers: dict[str, str] | None = None,
) -> Any:
    """Press a button of the table; rows are given as "invoice:12"."""
    values = {"act": name, "shown": shown or [], "ticked": ticked or []}
    return client.post(f"{TICKS}?{query}", values, headers=headers)


def key(document: Any) -> str:
    name = {"creditmemo": "credit_memo"}.get(document._meta.model_name, document._meta.model_name)
    return f"{name}:{document.pk}"


def lines_of(response: HttpResponseBase) -> list[list[str]]:
    """Return the lines of a streamed CSV."""
    assert response.streaming
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(text)))


# What is shown


def test_the_page_shows_rows_tabs_totals_and_its_title(accountant: Client) -> None:
    customer = make_customer(name="Birch & <script>alert(1)</script>")
    department = make_department("HVAC")
    invoice = make_invoice("10023", customer=customer, total=120000, department=department)
    make_payment("P-900", invoice=invoice, amount=50000)
    text = accountant.get(PAGE).content.decode()
    assert "Unbatched invoices (1)" in " ".join(text.split())
    for shown in ("10023", "11/02/2026", "1,200.00", "HVAC", f'href="/invoices/{invoice.pk}/"'):
        assert shown in text
    assert "Birch &amp; &lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>alert" not in text
    assert bar(accountant) == [
        "Invoices 1 of 1 · $1,200.00",
        "Payments 1 of 1 · $500.00",
    ]
    assert "Unbatched payments (1)" in accountant.get(f"{PAGE}?tab=payments").content.decode()
    assert numbers(accountant, "tab=payments") == ["P-900"]


def test_every_kind_of_row_links_to_its_document(accountant: Client) -> None:
    invoice = make_invoice("10023")
    payment = make_payment("P-900", invoice=invoice)
    make_batch(is_built=False)
    memo = make_credit_memo("CM-7", invoice=invoice)
    refund = make_refund("R-12", payment=payment)
    response = accountant.get(PAGE)
    assert [(view.kind, view.url) for view in response.context["rows"]] == [
        ("Credit memo", f"/invoices/credit-memos/{memo.pk}/")
    ]
    response = accountant.get(f"{PAGE}?tab=payments")
    assert [(view.kind, view.url) for view in response.context["rows"]] == [
        ("Refund", f"/payments/refunds/{refund.pk}/")
    ]


def test_rows_say_what_is_special_about_them(accountant: Client) -> None:
    customer = make_customer()
    make_payment("P-1", customer=customer)
    make_payment("P-2", job=make_job(customer=customer, is_imported=True))
    make_refund(payment=make_payment("P-3", invoice=make_invoice(customer=customer)), amount=1)
    rows = accountant.get(f"{PAGE}?tab=payments").context["rows"]
    assert {view.row.number: view.words for view in rows} == {
        "P-1": ["deposit"],
        "P-2": ["imported job"],
        "P-3": ["partly refunded"],
    }


def test_a_blocked_row_says_why_and_has_no_box(accountant: Client) -> None:
    make_invoice("1" * 22)
    make_invoice("10023")
    response = accountant.get(PAGE)
    text = response.content.decode()
    assert "has 22 characters; QuickBooks Online allows 21." in text
    assert text.count('name="ticked"') == 1
    assert "1 blocked row cannot be batched." in " ".join(text.split())
    assert response.context["current"].box == "true"
    assert bar(accountant)[0] == "Invoices 1 of 2 · $150.00"


def test_ticking_a_blocked_row_is_refused(accountant: Client) -> None:
    blocked = make_invoice("1" * 22)
    with unchanging():
        response = act(accountant, "rows", shown=[key(blocked)], ticked=[key(blocked)])
    assert response.status_code == 400


# Who may


@pytest.mark.parametrize("url", [PAGE, "/unbatched/csv/", "/unbatched/bar/"])
def test_the_pages_are_for_those_who_may_see_unbatched(client: Client, url: str) -> None:
    response = client.get(url)
    assert response.headers["Location"] == f"/sign-in/?next={url}"
    client.force_login(make_user("Office"))
    with unchanging():
        assert client.get(url).status_code == 403
    client.force_login(make_user("Admin"))
    assert client.get(PAGE).status_code == 200


def test_ticks_are_for_those_who_may_see_unbatched(client: Client) -> None:
    shown = [key(make_invoice())]
    with unchanging():
        assert act(client, "none").headers["Location"].startswith("/sign-in/")
    client.force_login(make_user("Office"))
    with unchanging():
        assert act(client, "rows", shown=shown).status_code == 403


@pytest.mark.parametrize("url", [PAGE, "/unbatched/csv/", "/unbatched/bar/"])
def test_the_pages_are_only_read(accountant: Client, url: str) -> None:
    with unchanging():
        assert accountant.post(url).status_code == 405


def test_ticks_are_only_posted(accountant: Client) -> None:
    with unchanging():
        assert accountant.get(TICKS).status_code == 405


def test_ticks_need_the_token_of_the_form(dana: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(dana)
    with unchanging():
        assert act(client, "none").status_code == 403


# Bad URLs


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("from=2026-13-40", "From: “2026-13-40” is not a date. This filter is ignored."),
        ("to=yesterday", "To: “yesterday” is not a date. This filter is ignored."),
        ("department=99999", "Department: “99999” is not one of the choices."),
        ("department=x%00", "is not one of the choices. This filter is ignored."),
        ("department=" + "9" * 400, f"Department: “{'9' * 20}” is not one of the choices."),
        ("kind=password", "Kind: “password” is not one of the choices."),
        ("search=%00", "Search: Control characters cannot be searched for."),
        ("search=" + "x" * 101, "Search: Enter at most 100 characters."),
        ("sort=password", "The table cannot be sorted by “password”."),
        ("page=-1", "There is no page “-1”; this is page 1."),
        ("page=2", "There is no page “2”; this is page 1."),
        ("tab=secrets", "There is no table “secrets”; the invoices are shown."),
    ],
)
def test_nonsense_in_the_url_falls_back_with_a_message(
    accountant: Client, query: str, message: str
) -> None:
    make_invoice("10023")
    response = accountant.get(f"{PAGE}?{query}")
    assert response.status_code == 200
    assert message in response.content.decode()
    assert [view.row.number for view in response.context["rows"]] == ["10023"]


def test_from_after_to_says_that_nothing_can_match(accountant: Client) -> None:
    make_invoice()
    response = accountant.get(f"{PAGE}?from=2026-11-03&to=2026-11-02")
    assert "From is later than To, so nothing can match." in response.content.decode()


@pytest.mark.parametrize("date", ["0001-01-01", "9999-12-31", "11/02/2026"])
def test_any_date_is_a_filter(accountant: Client, date: str) -> None:
    make_invoice()
    response = accountant.get(PAGE, {"from": date, "to": date})
    assert response.context["problems"] == []


# Filters


def test_filters_narrow_what_is_seen_and_what_is_batched(accountant: Client) -> None:
    hvac, plumbing = make_department("HVAC"), make_department("Plumbing")
    jane, birch = make_customer(name="Jane Doe"), make_customer(name="Birch LLC")
    make_invoice("1", customer=jane, department=hvac, date=datetime.date(2026, 11, 1))
    make_invoice("2", customer=birch, department=plumbing, date=datetime.date(2026, 11, 2))
    make_invoice("3", customer=birch, date=datetime.date(2026, 11, 3))
    make_payment("P-1", customer=jane, date=datetime.date(2026, 11, 3))
    assert numbers(accountant, "from=2026-11-02") == ["2", "3"]
    assert numbers(accountant, "to=2026-11-02") == ["1", "2"]
    assert numbers(accountant, "from=2026-11-02&to=2026-11-02") == ["2"]
    assert numbers(accountant, f"department={hvac.pk}") == ["1"]
    assert numbers(accountant, "department=none") == ["3"]
    assert numbers(accountant, "kind=invoice_insert&search=birch") == ["2", "3"]
    assert numbers(accountant, "search=2") == ["2"]
    assert bar(accountant, f"department={hvac.pk}") == [
        "Invoices 1 of 1 · $150.00",
        "Payments 0 of 0 · $0.00",
    ]
    text = " ".join(accountant.get(f"{PAGE}?department={hvac.pk}").content.decode().split())
    assert "<strong>3 selected rows</strong> hidden by the filters will not be batched." in text


def test_an_archived_department_stays_while_it_has_unbatched_documents(
    accountant: Client,
) -> None:
    origin = make_origin()
    old, older = make_department("Old"), make_department("Older")
    invoice = make_invoice(department=old)
    for department in (old, older):
        save_department(
            values=DepartmentValues(name=department.name, is_archived=True), origin=origin
        )
    assert department_labels(accountant) == ["All", "No department", "Old (archived)"]
    hold_invoice(invoice=invoice, note="later", origin=origin)
    assert department_labels(accountant) == ["All", "No department"]
    chosen = department_labels(accountant, f"department={older.pk}")
    assert chosen == ["All", "No department", "Older (archived)"]


def department_labels(client: Client, query: str = "") -> list[str]:
    form = client.get(f"{PAGE}?{query}").context["look"].form
    return [label for _, label in form.fields["department"].choices]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("number", ["1", "2", "3"]),
        ("-number", ["3", "2", "1"]),
        ("date", ["2", "3", "1"]),
        ("-date", ["1", "3", "2"]),
        ("customer", ["3", "1", "2"]),
        ("department", ["1", "3", "2"]),
        ("amount", ["3", "2", "1"]),
        ("-amount", ["1", "2", "3"]),
        ("kind", ["1", "2", "3"]),
    ],
)
def test_every_column_sorts(accountant: Client, sort: str, expected: list[str]) -> None:
    a, b = make_department("A"), make_department("B")
    for number, name, department, day, total in (
        ("1", "Birch", a, 9, 300),
        ("2", "Cedar", b, 1, 200),
        ("3", "Aspen", a, 5, 100),
    ):
        make_invoice(
            number,
            customer=make_customer(name=name),
            department=department,
            date=datetime.date(2026, 11, day),
            total=total,
        )
    response = accountant.get(f"{PAGE}?sort={sort}")
    assert [view.row.number for view in response.context["rows"]] == expected
    direction = "descending" if sort.startswith("-") else "ascending"
    text = response.content.decode()
    assert text.count(f'aria-sort="{direction}"') == 1
    assert text.count('aria-sort="none"') == 5


# Ticks


def test_at_first_everything_is_ticked(accountant: Client) -> None:
    make_invoice("1")
    make_invoice("2")
    assert ticked(accountant) == ["1", "2"]
    assert not SelectionException.objects.exists()


def test_a_tick_survives_paging_sorting_filters_reload_and_signing_in_again(
    accountant: Client, dana: User
) -> None:
    customer = make_customer()
    off, _, _ = (make_invoice(number, customer=customer) for number in "123")
    response = act(accountant, "rows", "sort=-date", shown=[key(off)])
    assert response.headers["Location"] == "/unbatched/?sort=-date"
    for query in ("", "sort=-number", "page=1", "search=Jane", "kind=invoice_insert"):
        assert sorted(ticked(accountant, query)) == ["2", "3"]
    assert bar(accountant)[0] == "Invoices 2 of 3 · $300.00"
    accountant.logout()
    accountant.force_login(dana)
    assert ticked(accountant) == ["2", "3"]
    act(accountant, "rows", shown=[key(off)], ticked=[key(off)])
    assert ticked(accountant) == ["1", "2", "3"]


def test_each_user_has_ticks_of_their_own(accountant: Client) -> None:
    make_invoice("1")
    act(accountant, "none")
    other = Client()
    other.force_login(make_user("Accountant"))
    assert (ticked(accountant), ticked(other)) == ([], ["1"])


def test_the_form_without_script_applies_the_ticks_of_its_page(accountant: Client) -> None:
    first, second, third = (make_invoice(number) for number in "123")
    act(accountant, "rows", shown=[key(first), key(second)], ticked=[key(second)])
    assert ticked(accountant) == ["2", "3"]
    act(accountant, "rows", shown=[key(first), key(third)], ticked=[key(first)])
    assert ticked(accountant) == ["1", "2"]


@pytest.fixture
def more_than_a_page() -> list[str]:
    """105 invoices of Jane Doe and one of Birch LLC, and a payment."""
    origin = make_origin()
    jane, birch = make_customer(name="Jane Doe"), make_customer(name="Birch LLC")
    made = [f"{number:03}" for number in range(105)]
    make_invoices(made, customer=jane, origin=origin, total=100)
    make_invoice("birch", customer=birch, origin=origin)
    make_payment("P-1", customer=jane, origin=origin)
    return made


def test_the_header_box_acts_on_all_matching_rows_of_its_table(
    accountant: Client, more_than_a_page: list[str]
) -> None:
    assert numbers(accountant, "page=2") == [*more_than_a_page[100:], "birch"]
    act(accountant, "none", "search=Jane")
    assert bar(accountant) == ["Invoices 1 of 106 · $150.00", "Payments 1 of 1 · $150.00"]
    assert accountant.get(PAGE).context["current"].box == "mixed"
    assert accountant.get(f"{PAGE}?search=Jane").context["current"].box == "false"
    act(accountant, "all", "search=Jane")
    assert bar(accountant)[0] == "Invoices 106 of 106 · $255.00"
    act(accountant, "none")
    assert bar(accountant) == ["Invoices 0 of 106 · $0.00", "Payments 1 of 1 · $150.00"]
    act(accountant, "none", "tab=payments")
    assert bar(accountant)[1] == "Payments 0 of 1 · $0.00"
    act(accountant, "everything")
    assert bar(accountant) == ["Invoices 106 of 106 · $255.00", "Payments 1 of 1 · $150.00"]


def test_only_this_page_unticks_all_other_matching_rows(
    accountant: Client, more_than_a_page: list[str]
) -> None:
    response = accountant.get(f"{PAGE}?page=2&search=Jane")
    shown = [view.key for view in response.context["rows"]]
    response = act(accountant, "page", "page=2&search=Jane", shown=shown)
    assert response.headers["Location"] == "/unbatched/?search=Jane&page=2"
    assert ticked(accountant, "page=2&search=Jane") == more_than_a_page[100:]
    assert bar(accountant)[0] == "Invoices 6 of 106 · $155.00"


def test_filter_and_ticks_combine_as_and(accountant: Client) -> None:
    customer = make_customer()
    invoices = [
        make_invoice(str(day), customer=customer, date=datetime.date(2026, 11, day))
        for day in (1, 2, 3)
    ]
    act(accountant, "rows", shown=[key(invoices[1])])
    accountant.post("/unbatched/drafts/?from=2026-11-02")
    assert list(Draft.objects.get().items.values_list("number", flat=True)) == ["3"]


@pytest.mark.parametrize(
    "shown",
    [
        ["invoice:-5"],
        ["invoice:0"],
        ["invoice:99999999999999999999"],
        ["invoice:1 OR 1=1"],
        ["password:1"],
        ["invoice"],
        [""],
        ["payment:1"],
        ["invoice:123456"],
        [f"invoice:{number}" for number in range(1, 502)],
        [f"invoice:{number}" for number in range(1, 5001)],
    ],
)
def test_rows_that_are_none_of_the_table_are_refused(accountant: Client, shown: list[str]) -> None:
    make_invoice()
    with unchanging():
        assert act(accountant, "rows", shown=shown, ticked=shown).status_code == 400


@pytest.mark.parametrize("name", ["", "delete", "ALL"])
def test_an_unknown_act_is_refused(accountant: Client, name: str) -> None:
    make_invoice()
    with unchanging():
        response = act(accountant, name)
    assert response.status_code == 400
    assert "Nothing" not in response.content.decode()
    assert "Reload the page." in response.content.decode()


def test_repeated_and_batched_rows_do_no_harm(accountant: Client) -> None:
    batched = make_invoice("1")
    make_batch(is_built=False)
    still = make_invoice("2")
    act(accountant, "rows", shown=[key(still), key(still), key(batched)])
    exceptions = SelectionException.objects.values_list("document", "document_id")
    assert list(exceptions) == [("invoice", still.pk)]


# The yellow warning


def test_the_yellow_warning_selects_the_missing_invoices(accountant: Client) -> None:
    invoice = make_invoice("10023")
    make_payment("P-1", invoice=invoice)
    assert "not selected" not in accountant.get(PAGE).content.decode()
    act(accountant, "none")
    text = " ".join(accountant.get(f"{PAGE}?tab=payments").content.decode().split())
    assert "1 selected payment belongs to 1 unbatched invoice that is not selected." in text
    assert "Select that invoice" in text
    act(accountant, "missing_invoices", "tab=payments")
    assert ticked(accountant) == ["10023"]
    assert "not selected" not in accountant.get(PAGE).content.decode()


def test_the_yellow_warning_tells_when_filters_hide_the_invoices(accountant: Client) -> None:
    invoice = make_invoice("10023", date=datetime.date(2026, 10, 1))
    make_payment("P-1", invoice=invoice, date=datetime.date(2026, 11, 1))
    text = " ".join(accountant.get(f"{PAGE}?from=2026-11-01").content.decode().split())
    assert "1 of these invoices does not match the filters" in text
    assert "Select that invoice" not in text


# Empty states


def test_nothing_to_batch_names_the_last_batch(accountant: Client) -> None:
    text = accountant.get(PAGE).content.decode()
    assert "There is nothing to batch" in text
    assert "The last batch" not in text
    make_invoice()
    batch = make_batch(name="November", is_built=False)
    text = accountant.get(PAGE).content.decode()
    assert "There is nothing to batch" in text
    assert f'href="/batches/{batch.pk}/"' in text
    assert "November.zip" in text


def test_one_table_can_be_empty(accountant: Client) -> None:
    make_invoice()
    assert "No unbatched payments" in accountant.get(f"{PAGE}?tab=payments").content.decode()


def test_no_row_matches_the_filters(accountant: Client) -> None:
    make_invoice()
    text = " ".join(accountant.get(f"{PAGE}?search=zzz").content.decode().split())
    assert "No unbatched invoices match the filters" in text
    assert "The filters hide 1 unbatched invoices." in text


def test_everything_deselected_offers_to_select_all(accountant: Client) -> None:
    make_invoice("1")
    make_payment("P-1")
    act(accountant, "none")
    assert "You have deselected everything" not in accountant.get(PAGE).content.decode()
    act(accountant, "none", "tab=payments")
    assert "You have deselected everything" in accountant.get(PAGE).content.decode()
    act(accountant, "everything")
    assert ticked(accountant) == ["1"]


# Arrivals, fragments


def test_what_arrives_later_is_counted(accountant: Client) -> None:
    make_invoice()
    as_of = accountant.get(PAGE).context["as_of"].isoformat()
    make_invoice()
    make_payment()
    response = accountant.get("/unbatched/bar/", {"as_of": as_of}, headers=HTMX)
    assert "<strong>2 new since</strong>" in response.content.decode()
    assert response.context["as_of"].isoformat() == as_of


@pytest.mark.parametrize(
    "as_of", ["", "nonsense", "2026-11-02T10:42:00", "0001-01-01T00:00:00+14:00", "9999-12-31"]
)
def test_a_moment_that_makes_no_sense_is_now(accountant: Client, as_of: str) -> None:
    make_invoice()
    response = accountant.get("/unbatched/bar/", {"as_of": as_of}, headers=HTMX)
    assert response.context["arrived_count"] == 0


def test_without_script_the_bar_is_the_page(accountant: Client) -> None:
    response = accountant.get("/unbatched/bar/?tab=payments")
    assert response.headers["Location"] == "/unbatched/?tab=payments"


def test_htmx_gets_the_page_without_the_shell(accountant: Client) -> None:
    make_invoice()
    text = accountant.get(PAGE, headers=HTMX).content.decode()
    assert '<div id="unbatched"' in text
    assert "<header" not in text
    assert "draft-dialog" not in text
    whole = accountant.get(PAGE, headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert "<header" in whole.content.decode()


def test_htmx_gets_only_what_a_tick_changes(accountant: Client) -> None:
    invoice = make_invoice("1")
    response = act(accountant, "rows", shown=[key(invoice)], headers=HTMX)
    text = response.content.decode()
    assert text.count('hx-swap-oob="true"') == 4
    assert "<table" not in text
    assert 'aria-checked="false"' in text
    response = act(accountant, "all", headers=HTMX)
    assert response.headers["Location"] == PAGE


# CSV


def test_the_csv_holds_every_matching_row(
    accountant: Client, dana: User, more_than_a_page: list[str]
) -> None:
    act(accountant, "none", "search=birch")
    response = accountant.get("/unbatched/csv/?sort=-number&page=2")
    header, first, *others = lines_of(response)
    assert header[:4] == ["Selected", "Number", "Date", "Customer"]
    assert first == [
        "no",
        "birch",
        "2026-11-02",
        "Birch LLC",
        "",
        "New invoice",
        "",
        "",
        "150.00",
    ]
    assert [line[1] for line in others] == more_than_a_page[::-1]
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    event = AuditEvent.objects.get(action="unbatched.downloaded")
    assert (event.actor, event.after["table"]) == (dana, "invoices")


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "-Smith", "+1 555", "@x"])
def test_no_cell_of_the_csv_is_a_formula(accountant: Client, name: str) -> None:
    make_invoice(customer=make_customer(name=name, accounting_key="Smith"))
    _, line = lines_of(accountant.get("/unbatched/csv/"))
    assert line[3] == f"'{name}"


def test_a_csv_of_nonsense_is_not_everything(accountant: Client) -> None:
    response = accountant.get("/unbatched/csv/?from=never&tab=payments")
    assert response.headers["Location"] == "/unbatched/?tab=payments"
    assert not AuditEvent.objects.filter(action="unbatched.downloaded").exists()


# Statements


def count_queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
        if response.streaming:
            lines_of(response)
    return len(queries)


def make_everything() -> None:
    """One more of each kind of row, a blocked one and a payment without its invoice."""
    origin = make_origin()
    customer = make_customer(origin=origin)
    invoice = make_invoice(customer=customer, origin=origin)
    payment = make_payment(invoice=invoice, origin=origin)
    make_batch(
        ("invoice_insert", invoice.number), ("payment_insert", payment.number), is_built=False
    )
    make_credit_memo(invoice=invoice, origin=origin)
    make_refund(payment=payment, origin=origin)
    make_invoice("9" * 22 + str(invoice.pk), customer=customer, origin=origin)
    paid = make_invoice(customer=customer, origin=origin, department=make_department())
    make_payment(invoice=paid, origin=origin)
    make_payment(customer=customer, origin=origin)


STATEMENTS = {
    PAGE: 20,
    f"{PAGE}?tab=payments": 21,
    f"{PAGE}?search=J&from=2026-01-01": 20,
    f"{PAGE}?tab=payments&kind=payment_insert": 24,
    "/unbatched/csv/": 10,
}


def test_the_number_of_statements_does_not_grow_with_the_rows(
    accountant: Client, dana: User
) -> None:
    make_everything()
    Selection.objects.get_or_create(user=dana)
    assert {url: count_queries(accountant, url) for url in STATEMENTS} == STATEMENTS
    for _ in range(3):
        make_everything()
    assert {url: count_queries(accountant, url) for url in STATEMENTS} == STATEMENTS


def test_a_zero_invoice_is_not_there(accountant: Client) -> None:
    make_invoice("1", lines=make_invoice_values(0).lines)
    assert numbers(accountant) == []
