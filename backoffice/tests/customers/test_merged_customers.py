"""Batching around a merge: nothing frozen changes, and new rows are the survivor's."""

import io
from typing import Any

import pytest
from django.db.models import QuerySet

from accounting.batches.confirm import confirm_draft
from accounting.batches.drafts import include_invoices
from accounting.batches.opening import put_in_opening_batch
from accounting.batches.undo import undo_batch
from accounting.invariants import find_breaches
from accounting.models import Batch, BatchItem, FollowUp
from accounting.tests.factories import confirm, draft_of, make_batch, make_ready_batch
from accounting.unbatched.rows import unbatched_invoices, unbatched_payments
from accounting.zips.write import write_zip
from feed.importer import import_lines
from invoices.models import Customer, Invoice
from invoices.services.accounting_keys import change_accounting_key
from invoices.services.invoices import change_invoice
from invoices.services.merging import merge_customers
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_invoice_values,
    make_origin,
)
from payments.services.payments import reallocate_payment
from payments.tests.factories import make_payment
from sera_batching.origin import Origin

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def old(origin: Origin) -> Customer:
    return make_customer("C-1", name="Jane Doe", origin=origin)


@pytest.fixture
def new(origin: Origin) -> Customer:
    return make_customer("C-2", name="Jane M. Doe", origin=origin)


def merge(old: Customer, new: Customer, origin: Origin) -> None:
    merge_customers(vanishing=old, survivor=new, reason="The same person.", origin=origin)


def keys(batch: Batch) -> list[tuple[str, str]]:
    items = BatchItem.objects.filter(batch=batch).order_by("kind", "number")
    return list(items.values_list("number", "party__accounting_key"))


def test_rows_and_files_name_the_survivor(old: Customer, new: Customer, origin: Origin) -> None:
    make_invoice("7", customer=old, origin=origin)
    make_payment("P-1", customer=old, origin=origin)
    merge(old, new, origin)

    rows: list[QuerySet[Any]] = [unbatched_invoices("online"), unbatched_payments("online")]
    for row in rows:
        assert row.values_list("row_customer_id", "row_customer").get() == (new.pk, "Jane M. Doe")
    batch = make_batch(origin=origin)

    assert keys(batch) == [("7", "Jane M. Doe"), ("P-1", "Jane M. Doe")]
    assert list(find_breaches()) == []


def test_a_batch_from_before_stays_as_it_was(old: Customer, new: Customer, origin: Origin) -> None:
    invoice = make_invoice("7", customer=old, origin=origin)
    batch = make_batch(origin=origin)
    merge(old, new, origin)
    change_invoice(invoice=invoice, values=make_invoice_values(9000), reason="x", origin=origin)

    update = make_batch(origin=origin)

    assert keys(batch) == [("7", "Jane Doe")]
    assert keys(update) == [("7", "Jane M. Doe")]
    assert BatchItem.objects.get(batch=update).kind == "invoice_update"
    assert list(find_breaches()) == []


def test_undoing_a_batch_from_before_frees_its_documents(
    old: Customer, new: Customer, origin: Origin
) -> None:
    make_invoice("7", customer=old, origin=origin)
    batch = make_batch(origin=origin)
    merge(old, new, origin)

    undo_batch(batch_id=batch.pk, reason="x", origin=origin)
    again = make_batch(origin=origin)

    assert (keys(batch), keys(again)) == ([("7", "Jane Doe")], [("7", "Jane M. Doe")])
    assert list(find_breaches()) == []


def test_the_zip_from_before_can_be_built_again(
    old: Customer, new: Customer, origin: Origin, tmp_path: Any
) -> None:
    make_invoice("7", customer=old, origin=origin)
    batch = make_batch(origin=origin)
    merge(old, new, origin)

    with (tmp_path / "again.zip").open("w+b") as file:
        built = write_zip(batch, file)

    assert built.content_sha256 == batch.content_sha256


def test_a_draft_from_before_takes_the_survivor_at_claim(
    old: Customer, new: Customer, origin: Origin
) -> None:
    make_invoice("7", customer=old, origin=origin)
    make_invoice("8", customer=new, origin=origin)
    draft = draft_of(origin=origin)
    merge(old, new, origin)

    batch = confirm(draft)

    assert keys(batch) == [("7", "Jane M. Doe"), ("8", "Jane M. Doe")]
    assert list(find_breaches()) == []


def test_a_draft_names_the_survivor_of_what_it_takes_and_of_what_is_included(
    old: Customer, new: Customer, origin: Origin
) -> None:
    invoice = make_invoice("7", customer=old, origin=origin)
    make_payment("P-1", invoice=invoice, origin=origin)
    merge(old, new, origin)

    draft = draft_of(("payment_insert", "P-1"), origin=origin)
    both = include_invoices(draft=draft, origin=origin)

    assert set(draft.items.values_list("number", "customer")) == {("P-1", new.pk)}
    assert set(both.items.values_list("number", "customer")) == {("7", new.pk), ("P-1", new.pk)}


def test_a_survivor_whose_key_is_blocked_blocks_what_was_the_others(
    old: Customer, origin: Origin
) -> None:
    make_invoice("7", customer=old, origin=origin)
    make_invoice("8", origin=origin)
    draft = draft_of(origin=origin)
    colon = make_customer("C-9", name="Doe", accounting_key="Doe: Jane", origin=origin)
    merge(old, colon, origin)

    confirmation = confirm_draft(
        draft_id=draft.pk, name="B", origin=origin, leaves_out_moved=True, is_built_here=True
    )

    assert [one["number"] for one in confirmation.left_out] == ["7"]
    assert [number for number, _ in keys(confirmation.batch)] == ["8"]


def test_money_of_one_pays_the_other_in_the_files(
    old: Customer, new: Customer, origin: Origin
) -> None:
    deposit = make_payment("P-1", customer=old, origin=origin)
    invoice = make_invoice("7", customer=new, origin=origin)
    make_batch(origin=origin)
    merge(old, new, origin)

    reallocate_payment(payment=deposit, allocations=((invoice, 100),), reason="x", origin=origin)
    batch = make_batch(origin=origin)

    assert keys(batch) == [("P-1", "Jane M. Doe")]
    assert list(find_breaches()) == []


def test_the_opening_batch_takes_the_survivor(old: Customer, new: Customer, origin: Origin) -> None:
    invoice = make_invoice("7", customer=old, origin=origin)
    merge(old, new, origin)
    invoice = Invoice.objects.get(pk=invoice.pk)

    put_in_opening_batch(document=invoice, origin=origin)

    assert BatchItem.objects.get().party.accounting_key == "Jane M. Doe"
    assert list(find_breaches()) == []


def test_what_was_sent_under_the_vanished_key_is_to_be_merged(
    old: Customer, new: Customer, origin: Origin
) -> None:
    make_invoice("7", customer=old, origin=origin)
    make_invoice("8", customer=new, origin=origin)
    make_payment("P-1", customer=old, origin=origin)
    make_ready_batch(origin=origin)

    merge(old, new, origin)

    entry = FollowUp.objects.get()
    assert (entry.cause, entry.status, entry.customer) == ("customer_merged", "open", old)
    assert entry.problem == (
        "Jane Doe (C-1) was merged into Jane M. Doe (C-2). Batched under the old name: "
        "invoice 7; payment P-1."
    )
    assert entry.remedy == (
        'Merge the customer "Jane Doe" into "Jane M. Doe" in QuickBooks before you load the '
        "next batch: give it exactly that name and confirm the merge. QuickBooks can't undo "
        "a merge."
    )


def test_nothing_sent_needs_no_follow_up(old: Customer, new: Customer, origin: Origin) -> None:
    make_invoice("7", customer=old, origin=origin)
    make_invoice("8", customer=new, origin=origin)
    make_ready_batch(("invoice_insert", "8"), origin=origin)

    merge(old, new, origin)

    assert not FollowUp.objects.exists()


def test_a_key_that_was_to_be_renamed_is_merged_under_what_went_out(
    old: Customer, new: Customer, origin: Origin
) -> None:
    make_invoice("7", customer=old, origin=origin)
    make_ready_batch(origin=origin)
    change_accounting_key(customer=old, accounting_key="J. Doe", reason="x", origin=origin)

    merge(old, new, origin)

    renamed, merged = FollowUp.objects.order_by("pk")
    assert (renamed.status, renamed.note) == ("superseded", "Merged into Jane M. Doe (C-2).")
    assert merged.remedy.startswith('Merge the customer "Jane Doe" into "Jane M. Doe"')


def test_undoing_what_was_sent_makes_the_merge_there_needless(
    old: Customer, new: Customer, origin: Origin
) -> None:
    make_invoice("7", customer=old, origin=origin)
    batch = make_ready_batch(origin=origin)
    merge(old, new, origin)

    undo_batch(batch_id=batch.pk, reason="x", origin=origin)

    assert FollowUp.objects.get().status == "superseded"


def test_a_new_key_of_the_survivor_concerns_what_the_vanished_one_had_sent(
    old: Customer, new: Customer, origin: Origin
) -> None:
    make_invoice("7", customer=old, origin=origin)
    make_ready_batch(origin=origin)
    merge(old, new, origin)

    change_accounting_key(customer=new, accounting_key="J. M. Doe", reason="x", origin=origin)

    causes = FollowUp.objects.open().order_by("pk").values_list("cause", flat=True)
    assert list(causes) == ["customer_merged", "key_changed"]


CUSTOMER = b'{"type":"customer","number":"C-1","name":"%s"}\n'
INVOICE = (
    b'{"type":"invoice","number":"7","customer":"%s","job":null,"department":null,'
    b'"status":"finalized","date":"2026-11-02","due_date":"2026-12-02","tax":null,"lines":['
    b'{"item":"Repair","quantity":"1","rate":"%s","amount":"%s","taxable":false}]}\n'
)


def feed(origin: Origin, *lines: bytes) -> tuple[dict[str, int], list[str]]:
    problems: list[str] = []
    report = import_lines(
        io.BytesIO(b"".join(lines)),
        source="f",
        origin=origin,
        on_problem=lambda one: problems.append(f"{one.field}: {one.reason}"),
    )
    return report.to_json(), problems


def test_the_feed_may_name_either_number(new: Customer, origin: Origin) -> None:
    first = [CUSTOMER % b"Jane", INVOICE % (b"C-1", b"10.00", b"10.00")]
    feed(origin, *first)
    merge(Customer.objects.get(number="C-1"), new, origin)

    again, _ = feed(origin, *first)
    changed, problems = feed(origin, INVOICE % (b"C-2", b"11.00", b"11.00"))
    back, _ = feed(origin, INVOICE % (b"C-1", b"12.00", b"12.00"))

    assert again == {"created": 0, "changed": 0, "unchanged": 2, "refused": 0}
    assert (changed["changed"], problems, back["changed"]) == (1, [], 1)
    assert Invoice.objects.get().customer.number == "C-1"


def test_the_feed_makes_new_documents_the_survivors(
    old: Customer, new: Customer, origin: Origin
) -> None:
    merge(old, new, origin)

    report, problems = feed(origin, INVOICE % (b"C-1", b"10.00", b"10.00"))

    assert (report["created"], problems) == (1, [])
    assert Invoice.objects.get().customer == new


def test_the_feed_changes_no_customer_that_is_gone(
    old: Customer, new: Customer, origin: Origin
) -> None:
    merge(old, new, origin)

    report, problems = feed(origin, CUSTOMER % b"Janet")

    assert report["refused"] == 1
    assert problems == [
        "record: Customer Jane Doe (C-1) was merged into Jane M. Doe (C-2): change that one."
    ]
    old.refresh_from_db()
    assert old.name == "Jane Doe"
