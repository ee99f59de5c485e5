"""The shell in a real browser: with keys alone, without script, narrow, in both themes."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import PASSWORD, accessibility_violations, overflows
from sera_batching.models import User

NARROW = {"width": 320, "height": 640}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_sign_in_and_first_page_are_accessible(
    open_page: Callable[..., Page],
    make_person: Callable[[str], User],
    sign_in: Callable[[Page, User], None],
    theme: str,
) -> None:
    page = open_page(color_scheme=theme)
    page.goto("/sign-in/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
    assert accessibility_violations(page) == []
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert accessibility_violations(page) == []
    sign_in(page, make_person("Admin"))
    page.get_by_text("admin", exact=True).click()
    assert accessibility_violations(page) == []
    page.goto("/no/such/page/")
    assert accessibility_violations(page) == []


def test_signing_in_and_out_with_the_keyboard_alone(
    open_page: Callable[..., Page], make_person: Callable[[str], User]
) -> None:
    make_person("Office")
    page = open_page()
    page.goto("/sign-in/")
    expect(page.get_by_label("Username")).to_be_focused()
    page.keyboard.type("office")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    menu = page.locator("details.user-menu summary")
    expect(menu).to_have_text("office")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign out").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_signing_in_and_changing_the_theme_without_script(
    open_page: Callable[..., Page],
    make_person: Callable[[str], User],
    sign_in: Callable[[Page, User], None],
) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, make_person("Admin"))
    page.locator("details.user-menu summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.locator("details.user-menu summary").click()
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_nothing_sticks_out_at_320_pixels(
    open_page: Callable[..., Page],
    make_person: Callable[[str], User],
    sign_in: Callable[[Page, User], None],
) -> None:
    page = open_page(viewport=NARROW)
    page.goto("/sign-in/")
    assert not overflows(page)
    sign_in(page, make_person("Admin"))
    page.locator("details.user-menu summary").click()
    assert not overflows(page)


def test_a_session_that_ended_leads_to_signing_in_and_back(
    open_page: Callable[..., Page],
    make_person: Callable[[str], User],
    sign_in: Callable[[Page, User], None],
) -> None:
    page, person = open_page(), make_person("Admin")
    sign_in(page, person)
    page.goto("/unbatched/")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/sign-in/\?next=/unbatched/$"))
    page.get_by_label("Username").fill(person.get_username())
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Unbatched")).to_be_visible()
