"""Transactions, savepoints, atomic feeds, dry runs, and the audit trail."""

import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from feed.importer import LINES_A_TRANSACTION, FeedFile, import_feed
from feed.lines import read_lines
from feed.tests.feeding import BASE, as_lines, customer, department, feed, invoice, job
from invoices.models import Customer, Department, Invoice
from invoices.tests.factories import make_origin
from sera_batching.database import sql
from sera_batching.exceptions import NotAllowed
from sera_batching.models import AuditEvent
from sera_batching.tests.refusals import refused, unchanging

pytestmark = pytest.mark.django_db


def audit_rows() -> list[tuple[str, dict[str, int]]]:
    """Source and counts of each feed transaction."""
    events = AuditEvent.objects.filter(action="feed.imported").order_by("id")
    return list(events.values_list("source", "after"))


def counts(created: int, changed: int, unchanged: int, refused: int) -> dict[str, int]:
    return {
        "created": created,
        "changed": changed,
        "unchanged": unchanged,
        "refused": refused,
    }


def test_a_bad_line_is_refused_and_the_good_ones_are_kept() -> None:
    fed = feed(department(), b"\xff", customer(), job(customer="C-9"), "", job())
    assert fed.counts == (3, 0, 0, 2)
    assert [str(problem) for problem in fed.problems] == [
        "march.jsonl:2: line: is not UTF-8 (byte 1); save the file as UTF-8",
        (
            "march.jsonl:4: customer: there is no customer “C-9”; send it on an earlier line, or "
            "correct this"
        ),
    ]
    assert audit_rows() == [("march.jsonl:1-6", counts(3, 0, 0, 2))]


def test_each_transaction_of_a_thousand_lines_has_one_audit_row() -> None:
    origin = make_origin()
    feed(*(department(f"D{number}") for number in range(LINES_A_TRANSACTION + 1)), origin=origin)
    assert audit_rows() == [
        ("march.jsonl:1-1000", counts(1000, 0, 0, 0)),
        ("march.jsonl:1001-1001", counts(1, 0, 0, 0)),
    ]
    event = AuditEvent.objects.filter(action="feed.imported")[0]
    assert (event.actor, event.channel) == (origin.user, "feed")


def test_the_same_feed_again_changes_nothing_and_is_not_on_record() -> None:
    origin = make_origin()
    feed(*BASE, invoice(), origin=origin)
    with unchanging():
        assert feed(*BASE, invoice(), origin=origin).counts == (0, 0, 4, 0)


def test_equal_lines_are_looked_up_together() -> None:
    origin = make_origin()
    records = [*BASE, *(invoice(str(number)) for number in range(50))]
    feed(*records, origin=origin)
    with CaptureQueriesContext(
        connection,
    ) as few:
        feed(*records[:5], origin=origin)
    with CaptureQueriesContext(connection) as many:
        feed(*records, origin=origin)
    assert len(few) == len(many)


def test_a_feed_of_nothing() -> None:
    origin = make_origin()
    with unchanging():
        assert feed("", "  ", origin=origin).counts == (0, 0, 0, 0)


def test_a_refused_line_leaves_nothing_behind() -> None:
    origin = make_origin()
    feed(*BASE, origin=origin)
    too_much = {**invoice()["lines"][0], "amount": "-150.01"}
    with unchanging():
        feed(invoice(tax=None, lines=[too_much]), origin=origin)
    assert feed(invoice(), origin=origin).counts == (1, 0, 0, 0)


def test_a_refused_line_does_not_hide_the_same_document_on_a_later_line() -> None:
    fed = feed(*BASE, invoice(job="J-9"), invoice(), invoice(tax=None), invoice(customer="C-9"))
    assert fed.counts == (4, 1, 0, 2)
    assert Invoice.objects.get().current_revision.total_cents == 15000  # type: ignore[union-attr]


def test_atomic_refuses_everything_at_the_first_bad_line() -> None:
    origin = make_origin()
    with unchanging():
        fed = feed(*BASE, invoice(job="J-9"), b"\xff", origin=origin, atomic=True)
    assert fed.counts == (0, 0, 0, 1)
    assert fed.problem[0] == 4


def test_atomic_keeps_everything_if_all_is_good() -> None:
    assert feed(*BASE, invoice(), atomic=True).counts == (4, 0, 0, 0)
    assert Invoice.objects.count() == 1


@pytest.mark.parametrize("atomic", [False, True])
def test_a_dry_run_reports_the_same_and_writes_nothing(atomic: bool) -> None:
    origin = make_origin()
    records = [*BASE, invoice(), invoice(), invoice(tax=None)]
    with unchanging():
        dry = feed(*records, origin=origin, dry_run=True, atomic=atomic)
    assert dry.counts == feed(*records, origin=origin).counts == (4, 1, 1, 0)


def test_a_dry_run_names_the_same_problems() -> None:
    origin = make_origin()
    records = [*BASE, job(customer="C-9"), invoice()]
    with unchanging():
        dry = feed(*records, origin=origin, dry_run=True)
    assert dry == feed(*records, origin=origin)


def feed_two_files(second: list[dict[str, Any]], **options: Any) -> tuple[int, ...]:
    files = [
        FeedFile("a.jsonl", read_lines(io.BytesIO(as_lines(*BASE)))),
        FeedFile("b.jsonl", read_lines(io.BytesIO(as_lines(*second)))),
    ]
    return tuple(import_feed(files, origin=make_origin(), **options).to_json().values())


def test_a_file_may_refer_to_the_one_before_it_in_a_dry_run_too() -> None:
    assert feed_two_files([invoice()], dry_run=True) == (4, 0, 0, 0)
    assert not Customer.objects.exists()


def test_atomic_holds_all_files_together() -> None:
    assert feed_two_files([invoice(job="J-9")], atomic=True) == (0, 0, 0, 1)
    assert not Customer.objects.exists()


@pytest.mark.parametrize("role", ["Office", "Accountant", ""])
def test_importing_needs_its_permission(role: str) -> None:
    origin = make_origin(role)
    message = (
        f"{origin.user} isn't allowed to do this (it requires accounting.import_feed). Ask "
        "your company's admin."
    )
    with refused(message, error=NotAllowed):
        feed(department(), origin=origin)


def test_one_permission_is_enough_for_all_that_a_feed_does() -> None:
    assert feed(*BASE, invoice(), origin=make_origin("Admin")).counts == (4, 0, 0, 0)
    assert not AuditEvent.objects.exclude(action="feed.imported").exists()


def test_a_long_name_of_the_source_is_cut_from_the_left() -> None:
    feed(*BASE, invoice(), source="x" * 600 + "/march.jsonl")
    revision = Invoice.objects.get().current_revision
    assert revision is not None
    assert len(revision.source) == 482
    assert revision.source.endswith("/march.jsonl:4")


def test_long_lines_make_shorter_transactions() -> None:
    memo = "ä" * 32_000
    feed(*BASE, *(invoice(str(number), memo=memo, tax=None) for number in range(60)))
    assert [after["created"] for _, after in audit_rows()] == [45, 18]


def test_text_that_looks_like_sql_or_a_formula_is_kept() -> None:
    name = "=cmd|' /C calc'!A0; DROP TABLE invoices_invoice;--"
    feed(department(name))
    assert Department.objects.get().name == name


@pytest.mark.postgresql
@pytest.mark.parametrize("atomic", [False, True])
def test_the_planner_hears_of_a_first_feed(monkeypatch: pytest.MonkeyPatch, atomic: bool) -> None:
    """Otherwise each thousand lines would scan the whole tables until autovacuum runs."""
    monkeypatch.setattr(sql, "FEW_PAGES", -1_000_000)
    feed(*BASE, *(invoice(number=f"I-{index}") for index in range(20)), atomic=atomic)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, reltuples FROM pg_class WHERE relname = ANY (%s)",
            [["invoices_invoice", "accounting_openinvoice"]],
        )
        assert dict(cursor.fetchall()) == {"invoices_invoice": 20, "accounting_openinvoice": 20}
