"""Books that were changed only by the services are sound."""

import pytest

from accounting.invariants import INVARIANTS, find_breaches
from accounting.tests.invariants.books import make_books
from accounting.tests.management.running import run
from accounting.tests.readings import items_of, payment_rows, unbatched
from sera_batching.database import triggers

pytestmark = pytest.mark.django_db


def test_every_kind_of_history_is_sound() -> None:
    books = make_books()
    assert items_of(books.second) == [
        ("credit_memo", "CM-1", 15000),
        ("invoice_insert", "2", 8000),
        ("invoice_insert", "5", 15000),
        ("invoice_update", "1", 16000),
        ("journal", "R-1", 500),
        ("journal", "R-7", 10000),
        ("payment_insert", "P-8", 10000),
        ("payment_update", "P-1", 14000),
        ("payment_update", "P-2", 8000),
    ]
    assert payment_rows(books.second, "P-8") == [("", 10000)]
    assert items_of(books.third) == [("payment_update", "P-5", 15000)]
    assert unbatched() == [
        ("invoice_insert", "3", 15000),
        ("invoice_insert", "4", 15000),
        ("credit_memo", "CM-2", 8000),
        ("payment_insert", "P-4", 15000),
        ("journal", "R-2", 200),
    ]
    assert list(find_breaches()) == []


def test_empty_books_are_sound() -> None:
    assert list(find_breaches()) == []


def test_the_command_says_so() -> None:
    ran = run("check_books")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"{len(INVARIANTS)} invariants checked, 0 breaches.\n"
    counts = run("check_books", "--json").object
    assert counts == {"checked": len(INVARIANTS), "breaches": 0}


def test_the_command_prints_each_breach_with_its_rows() -> None:
    missing = "accounting_batchitem_no_update"
    triggers.remove()
    ran = run("check_books", "--json")
    assert ran.code == 1
    assert {
        "invariant": "frozen_tables_are_guarded",
        "message": f"The trigger {missing} is missing; run migrate.",
        "rows": [{"trigger": missing}],
    } in ran.objects
    assert ran.objects[-1]["breaches"] == len(triggers.missing())
    lines = run("check_books").out.splitlines()
    place = lines.index(
        f"frozen_tables_are_guarded: The trigger {missing} is missing; run migrate."
    )
    assert lines[place + 1] == f"  trigger={missing}"
    triggers.install()
    assert run("check_books").code == 0
