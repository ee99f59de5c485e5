"""Actions on documents in a real browser, from the click to the file for QuickBooks."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from accounting.tests.factories import make_batch
from accounting.tests.readings import workbook_rows, zip_of
from e2e.conftest import COLOUR_RULES, accessibility_violations, overflows
from invoices.models import Invoice
from invoices.tests.factories import make_customer, make_invoice, make_line
from payments.models import Payment
from payments.tests.factories import make_payment
from sera_batching.models import User

OpenPage = Callable[..., Page]
SignIn = Callable[[Page, User], None]
MakePerson = Callable[[str], User]


@pytest.fixture
def open_admin(
    open_page: OpenPage, make_person: MakePerson, sign_in: SignIn
) -> Callable[..., Page]:
    """Return what opens a page with an admin signed in."""
    admin = make_person("Admin")

    def open_(**options: object) -> Page:
        page = open_page(**options)
        sign_in(page, admin)
        return page

    return open_


def press(page: Page, name: str) -> None:
    """Press a button by the keyboard alone."""
    button = page.get_by_role("button", name=name, exact=True)
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_load_state()


def test_edit_then_approve_then_batch(open_admin: OpenPage) -> None:
    lines = (make_line(10000), make_line(5000, is_taxable=False))
    invoice = make_invoice(
        "10023", lines=lines, tax_name="Travis", tax_rate=Decimal("8.25"), tax_cents=825
    )
    make_payment("P-1", invoice=invoice, amount=15825)
    make_batch()

    page = open_admin()
    page.goto(f"/invoices/{invoice.pk}/")
    page.get_by_role("link", name="Edit", exact=True).click()
    rate = page.get_by_label("Rate", exact=True).first
    rate.fill("133.335")
    expect(page.get_by_label("Amount").first).to_have_value("133.34")
    expect(page.locator("[data-sum=tax]")).to_have_text("11.00")
    expect(page.locator("[data-sum=total]")).to_have_text("194.34")
    page.get_by_label("Reason").fill("A dearer part.")
    press(page, "Approve…")
    seen = page.get_by_role("region", name="What this does to the next batch")
    expect(seen).to_be_focused()
    expect(seen).to_contain_text("Invoice 10023 will be in “2 Invoice Updates”")
    expect(seen).to_contain_text("Payment P-1 will be in “4 Payment Updates”")
    press(page, "Confirm: approve")
    expect(page.get_by_text("Invoice 10023 was approved with your changes.")).to_be_visible()

    zipped = zip_of(make_batch())
    assert [row["Product/Service Amount"] for row in workbook_rows(zipped, 2)]
    assert len(workbook_rows(zipped, 4)) == 1


def test_lines_without_script(open_admin: OpenPage) -> None:
    invoice = make_invoice("10023")
    page = open_admin(java_script_enabled=False)
    page.goto(f"/invoices/{invoice.pk}/edit/")
    page.get_by_role("button", name="Add a line").click()
    added = page.get_by_role("group", name="Line 2")
    added.get_by_label("Item").fill("Trip charge")
    added.get_by_label("Amount").fill("25.00")
    page.get_by_role("button", name="Remove line 1").click()
    expect(page.get_by_label("Item")).to_have_value("Trip charge")
    page.get_by_label("Reason").fill("Only the trip.")
    page.get_by_role("button", name="Save as draft…").click()
    expect(page.get_by_text("Invoice 10023 will not be in “1 Invoice Inserts”")).to_be_visible()
    page.get_by_role("button", name="Confirm: save as draft").click()
    page.wait_for_url(f"**/invoices/{invoice.pk}/")
    assert Invoice.objects.get(pk=invoice.pk).draft.total_cents == 2500
    page.get_by_role("link", name="Approve", exact=True).click()
    page.get_by_label("Reason").fill("Checked.")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Invoice 10023 was approved.")).to_be_visible()


def test_a_refund_becomes_a_journal(open_admin: OpenPage) -> None:
    payment = make_payment("P-1")
    make_batch()
    page = open_admin()
    page.goto(f"/payments/{payment.pk}/")
    page.get_by_role("link", name="Issue refund").click()
    page.get_by_label("Number", exact=True).fill("R-77")
    page.get_by_label("Amount").fill("50.00")
    press(page, "Continue")
    expect(page.get_by_text("Refund R-77 will be a journal entry of 50.00")).to_be_visible()
    # Twice at once, as an impatient hand does.
    page.get_by_role("button", name="Issue refund").dblclick()
    page.wait_for_url(f"**/payments/{payment.pk}/")
    assert payment.refunds.count() == 1
    rows = workbook_rows(zip_of(make_batch()), 5)
    assert len(rows) == 2


def test_a_void_is_followed_up(open_admin: OpenPage) -> None:
    invoice = make_invoice("10023")
    make_batch()
    page = open_admin()
    page.goto(f"/invoices/{invoice.pk}/void/")
    expect(page.get_by_text("You will get a follow-up")).to_be_visible()
    page.get_by_label("Note").fill("Billed twice.")
    press(page, "Void")
    expect(page.get_by_text("Invoice 10023 was voided.")).to_be_visible()
    page.goto("/follow-ups/")
    expect(page.get_by_text("Void invoice 10023 in QuickBooks")).to_be_visible()


def test_a_deposit_is_allocated(open_admin: OpenPage) -> None:
    customer = make_customer()
    payment = make_payment("P-1", customer=customer)
    invoice = make_invoice("10023", customer=customer)
    make_batch()
    page = open_admin()
    page.goto(f"/payments/{payment.pk}/reallocate/")
    page.get_by_label("Invoice 10023").fill("100.00")
    page.get_by_label("Reason").fill("It was for this one.")
    press(page, "Continue")
    expect(page.get_by_text("Payment P-1 will be in “4 Payment Updates”")).to_be_visible()
    press(page, "Reallocate")
    page.wait_for_url(f"**/payments/{payment.pk}/")
    revision = Payment.objects.get(pk=payment.pk).current_revision
    assert revision is not None
    assert list(revision.allocations.values_list("invoice", "amount_cents")) == [
        (invoice.pk, 10000)
    ]
    rows = workbook_rows(zip_of(make_batch()), 4)
    assert len(rows) == 2


def test_the_pages_are_accessible_and_fit(open_admin: OpenPage) -> None:
    customer = make_customer()
    invoice = make_invoice("10023", customer=customer)
    payment = make_payment("P-1", customer=customer)
    page = open_admin(
        color_scheme="light", reduced_motion="reduce", viewport={"width": 320, "height": 800}
    )
    acts = ["", "edit/", "date/", "void/", "cancel/", "hold/", "resume/", "approve/"]
    urls = [f"/invoices/{invoice.pk}/{act}" for act in acts]
    acts = ["", "reallocate/", "refund/", "remove/", "dispute/", "restore/", "settle/"]
    urls += [f"/payments/{payment.pk}/{act}" for act in acts]
    urls += ["/payments/take/?q=jane", f"/payments/take/?invoice={invoice.pk}"]
    for url in urls:
        page.goto(url)
        assert accessibility_violations(page) == [], url
        assert not overflows(page), url
        page.emulate_media(color_scheme="dark")
        assert accessibility_violations(page, rules=COLOUR_RULES) == [], url
        page.emulate_media(color_scheme="light")
