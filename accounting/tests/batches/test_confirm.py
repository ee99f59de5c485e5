"""Confirming a draft: what is claimed and stored, once (domain.md §2, §5, §8)."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounting.batches.confirm import confirm_draft
from accounting.models import Batch, BatchItem, Draft, DraftItem
from accounting.tests.factories import (
    confirm,
    draft_of,
    make_batch,
    make_failed_batch,
    make_ready_batch,
)
from accounting.tests.readings import items_of, unbatched
from accounting.unbatched.filters import Filters
from accounting.zips.build import retry_batch
from invoices.models import Customer
from invoices.services.accounting_keys import change_accounting_key
from invoices.services.invoices import change_invoice
from invoices.services.parties import AddressValues, CustomerValues, save_customer
from invoices.tests.factories import (
    ADDRESS,
    make_customer,
    make_department,
    make_invoice,
    make_invoice_values,
    make_job,
    make_origin,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.exceptions import Conflict, NotAllowed
from sera_batching.models import AuditEvent, Company
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused, unchanging

pytestmark = pytest.mark.django_db

GONE = (
    "This window has expired: nobody confirmed it within an hour, or it belongs to someone "
    "else. Go back to Unbatched and press Batch & Download again."
)


@pytest.fixture
def origin() -> Origin:
    return make_origin("Accountant")


@pytest.fixture
def admin() -> Origin:
    return make_origin()


# What is claimed


def test_a_confirmed_draft_is_a_queued_batch_of_exactly_its_documents(
    origin: Origin, admin: Origin
) -> None:
    make_invoice("7", origin=admin)
    make_payment("P-1", amount=100, origin=admin)
    make_invoice("8", origin=admin)
    draft = draft_of(
        ("invoice_insert", "7"),
        ("payment_insert", "P-1"),
        origin=origin,
        filters=Filters(search="Jane"),
    )
    result = confirm_draft(draft_id=draft.pk, name=" March ", origin=origin, is_built_here=True)
    batch = result.batch
    assert (result.left_out, result.is_new) == ([], True)
    assert (
        batch.name,
        batch.status,
        batch.draft_id,
        batch.created_by,
        batch.filters,
        batch.document_count,
        batch.total_cents,
        batch.attempt,
        batch.tries,
        batch.is_live,
        batch.has_zip,
    ) == (
        "March.zip",
        "queued",
        draft.pk,
        origin.user,
        Filters(search="Jane").to_json(),
        2,
        15100,
        0,
        0,
        True,
        False,
    )
    assert items_of(batch) == [("invoice_insert", "7", 15000), ("payment_insert", "P-1", 100)]
    assert unbatched() == [("invoice_insert", "8", 15000)]
    assert (Draft.objects.count(), DraftItem.objects.count()) == (0, 0)
    event = AuditEvent.objects.get(action="batch.confirmed")
    assert (event.actor, event.target_id, event.before, event.after) == (
        origin.user,
        str(batch.pk),
        {},
        {
            "documents": 2,
            "total_cents": 15100,
            "filters": Filters(search="Jane").to_json(),
            "left_out": [],
        },
    )


def test_items_are_in_the_order_of_their_file_by_date_then_number(admin: Origin) -> None:
    for number, day in (("9", 2), ("10", 2), ("1", 3)):
        values = make_invoice_values()
        make_invoice(number, date=values.date.replace(day=day), origin=admin)
    batch = make_batch(is_built=False, origin=admin)
    items = batch.items.order_by("position")
    assert list(items.values_list("position", "number")) == [(1, "10"), (2, "9"), (3, "1")]


def test_an_item_points_at_the_revision_and_what_it_supersedes(admin: Origin) -> None:
    hvac = make_department("HVAC", default_class="Heating", origin=admin)
    invoice = make_invoice("7", department=hvac, origin=admin)
    first = make_ready_batch(origin=admin).items.get()
    change_invoice(
        invoice=invoice,
        values=make_invoice_values(9000, department=hvac),
        reason="x",
        origin=admin,
    )
    second = make_ready_batch(origin=admin).items.get()
    revision = invoice.current_revision
    assert revision is not None
    assert (
        second.kind,
        second.invoice,
        second.invoice_revision,
        second.previous,
        second.fingerprint,
        second.department,
        second.department_name,
        second.class_name,
        second.is_live,
        second.is_newest,
    ) == (
        "invoice_update",
        invoice,
        revision,
        first,
        revision.fingerprint,
        hvac,
        "HVAC",
        "Heating",
        True,
        True,
    )
    first.refresh_from_db()
    assert (first.is_live, first.is_newest) == (True, False)


def test_a_document_is_in_at_most_one_of_two_files(admin: Origin) -> None:
    invoice = make_invoice("7", origin=admin)
    payment = make_payment("P-1", invoice=invoice, origin=admin)
    make_ready_batch(("payment_insert", "P-1"), origin=admin)
    change_invoice(invoice=invoice, values=make_invoice_values(9000), reason="x", origin=admin)
    batch = make_ready_batch(origin=admin)
    assert items_of(batch) == [("invoice_insert", "7", 9000), ("payment_update", "P-1", 15000)]
    assert BatchItem.objects.filter(payment=payment).count() == 2


# What is stored


def test_the_customer_is_taken_down_as_they_are_when_claimed(admin: Origin) -> None:
    service = AddressValues(
        line1="2 Oak St", line2="Rear", city="Waco", state="TX", postal_code="76701", country="US"
    )
    customer = make_customer("C-1", email="jane@example.com", service=service, origin=admin)
    make_invoice("7", customer=customer, origin=admin)
    make_payment("P-1", customer=customer, origin=admin)
    draft = draft_of(origin=admin)
    change_accounting_key(customer=customer, accounting_key="Doe, Jane", reason="x", origin=admin)
    batch = confirm(draft)
    party = batch.parties.get()
    assert {item.party for item in batch.items.all()} == {party}

    def expected() -> dict[str, Any]:
        return {
            "accounting_key": "Doe, Jane",
            "name": "Jane Doe",
            "email": "jane@example.com",
            "billing_line1": "1 Elm St",
            "billing_line2": "",
            "billing_city": "Austin",
            "billing_state": "TX",
            "billing_postal_code": "78701",
            "billing_country": "US",
            "has_service_address": True,
            "service_line1": "2 Oak St",
            "service_line2": "Rear",
            "service_city": "Waco",
            "service_state": "TX",
            "service_postal_code": "76701",
            "service_country": "US",
        }

    assert {name: getattr(party, name) for name in expected()} == expected()
    save_customer(
        number="C-1",
        values=CustomerValues(
            name="Janet Doe",
            accounting_key="Janet Doe",
            email="",
            billing=replace(ADDRESS, city="Dallas"),
            service=None,
        ),
        origin=admin,
    )
    party.refresh_from_db()
    assert {name: getattr(party, name) for name in expected()} == expected()


def test_the_settings_are_taken_down_as_they_are_when_claimed(admin: Origin) -> None:
    make_invoice("7", origin=admin)
    draft = draft_of(origin=admin)
    company = Company.current()
    company.profile = "desktop"
    company.ar_account = "A/R"
    company.deposit_accounts = {"card": "Bank"}
    company.refund_accounts = {"card": "Clearing"}
    company.default_tax_item = "Out of State"
    company.save()
    batch = confirm(draft)
    taken = {
        "profile": "desktop",
        "ar_account": "A/R",
        "deposit_accounts": {"card": "Bank"},
        "refund_accounts": {"card": "Clearing"},
        "default_deposit_account": "",
        "default_refund_account": "Undeposited Funds",
        "default_tax_item": "Out of State",
        "layout_version": 1,
    }
    assert batch.company_settings == taken
    Company.objects.update(profile="online")
    batch.refresh_from_db()
    assert batch.company_settings == taken


def test_a_journal_keeps_the_department_it_had_when_claimed(admin: Origin) -> None:
    hvac = make_department("HVAC", default_class="Heating", origin=admin)
    payment = make_payment("P-1", job=make_job(department=hvac, origin=admin), origin=admin)
    make_ready_batch(origin=admin)
    make_refund("R-1", payment=payment, origin=admin)
    item = make_ready_batch(origin=admin).items.get()
    assert (item.department_name, item.class_name, item.payment_revision) == (
        "HVAC",
        "Heating",
        payment.current_revision,
    )


# Once


def test_confirming_twice_finds_the_same_batch(origin: Origin, admin: Origin) -> None:
    make_invoice("7", origin=admin)
    draft = draft_of(origin=origin)
    first = confirm_draft(draft_id=draft.pk, name="March", origin=origin, is_built_here=True)
    with unchanging():
        second = confirm_draft(draft_id=draft.pk, name="April", origin=origin, is_built_here=True)
    assert (second.batch, second.is_new, second.left_out) == (first.batch, False, [])
    assert second.batch.name == "March.zip"


def test_confirming_again_after_the_undo_finds_the_undone_batch(admin: Origin) -> None:
    make_invoice("7", origin=admin)
    draft = draft_of(origin=admin)
    batch = confirm(draft)
    Batch.objects.filter(pk=batch.pk).update(
        status="undone", undone_at=batch.created_at, undo_reason="x"
    )
    assert confirm(draft, origin=admin) == batch
    assert Batch.objects.count() == 1


def test_of_two_drafts_of_the_same_document_one_gets_it(admin: Origin) -> None:
    make_invoice("7", origin=admin)
    first, second = draft_of(origin=admin), draft_of(origin=admin)
    batch = confirm(first)
    with refused(
        "Nothing is left to batch: every selected document has changed since you opened this "
        "window."
    ):
        confirm_draft(
            draft_id=second.pk,
            name="B",
            origin=admin,
            leaves_out_moved=True,
            is_built_here=True,
        )
    assert items_of(batch) == [("invoice_insert", "7", 15000)]


def test_names_need_not_be_unique(admin: Origin) -> None:
    for number in ("7", "8"):
        make_invoice(number, origin=admin)
        make_ready_batch(origin=admin)
    assert list(Batch.objects.values_list("name", flat=True)) == ["Batch.zip", "Batch.zip"]


# Refused, and nothing changed


def test_a_bad_name_batches_nothing(origin: Origin, admin: Origin) -> None:
    make_invoice("7", origin=admin)
    draft = draft_of(origin=origin)
    with refused("The name may not contain /: file names can't have it."):
        confirm(draft, name="../x", origin=origin)
    assert confirm(draft, name="x", origin=origin).name == "x.zip"


def test_a_draft_that_is_gone_or_somebody_else_s_is_refused(origin: Origin, admin: Origin) -> None:
    make_invoice("7", origin=admin)
    draft = draft_of(origin=origin)
    with refused(GONE):
        confirm(draft, origin=admin)
    with refused(GONE):
        confirm_draft(draft_id=uuid.uuid4(), name="x", origin=origin)


def test_who_may_not_batch_confirms_nothing(admin: Origin) -> None:
    make_invoice("7", origin=admin)
    office = make_origin("Office")
    draft = Draft.objects.create(user=office.user, suggested_name="x")
    message = (
        f"{office.user} isn't allowed to do this (it requires accounting.make_batch). Ask "
        "your company's admin."
    )
    with refused(message, error=NotAllowed):
        confirm(draft)


def test_an_emptied_draft_batches_nothing(admin: Origin) -> None:
    draft = Draft.objects.create(user=admin.user, suggested_name="x")
    with refused(
        "Nothing is left to batch: every selected document has changed since you opened this "
        "window."
    ):
        confirm(draft)


# Retry


def test_a_failed_batch_is_queued_again_with_fresh_tries(origin: Origin) -> None:
    make_invoice("7")
    batch = make_failed_batch()
    Batch.objects.filter(pk=batch.pk).update(tries=3, attempt=3)
    queued_at = batch.queued_at
    retried = retry_batch(batch_id=batch.pk, origin=origin)
    batch.refresh_from_db()
    assert retried == batch
    assert (batch.status, batch.failure, batch.tries, batch.attempt) == ("queued", "", 0, 3)
    assert batch.queued_at > queued_at
    event = AuditEvent.objects.get(action="batch.retried")
    assert (event.actor, event.before) == (
        origin.user,
        {"status": "failed", "failure": "Storage full.", "tries": 3},
    )
    message = f"Batch {batch.pk} is queued; only a failed batch can be built again."
    with refused(message):
        retry_batch(batch_id=batch.pk, origin=origin)


@pytest.mark.parametrize("status", ["ready", "building", "undone"])
def test_only_a_failed_batch_is_queued_again(origin: Origin, status: str) -> None:
    make_invoice("7")
    batch = make_ready_batch()
    Batch.objects.filter(pk=batch.pk).update(
        status=status, lease_until=batch.created_at, undone_at=batch.created_at, undo_reason="x"
    )
    with refused(f"Batch {batch.pk} is {status}; only a failed batch can be built again."):
        retry_batch(batch_id=batch.pk, origin=origin)


def test_office_retries_nothing() -> None:
    make_invoice("7")
    batch = make_failed_batch()
    office = make_origin("Office")
    message = (
        f"{office.user} isn't allowed to do this (it requires accounting.retry_batch). Ask "
        "your company's admin."
    )
    with refused(message, error=NotAllowed):
        retry_batch(batch_id=batch.pk, origin=office)


# Database constraints


@pytest.fixture
def customer(admin: Origin) -> Customer:
    return make_customer(origin=admin)


def copy_of(item: BatchItem, **changes: Any) -> BatchItem:
    values = {
        field.attname: getattr(item, field.attname)
        for field in BatchItem._meta.concrete_fields
        if not field.primary_key
    }
    return BatchItem(**{**values, **changes})


def test_no_second_live_item_of_the_same_document_can_be_written(
    customer: Customer, admin: Origin
) -> None:
    make_invoice("7", customer=customer, origin=admin)
    payment = make_payment("P-1", customer=customer, origin=admin)
    batch = make_ready_batch(origin=admin)
    make_refund("R-1", payment=payment, origin=admin)
    journal = make_ready_batch(origin=admin)
    for item in (*batch.items.all(), *journal.items.all()):
        with pytest.raises(IntegrityError), transaction.atomic():
            copy_of(item, is_newest=False).save()
    invoice_item = batch.items.get(kind="invoice_insert")
    update = copy_of(
        invoice_item,
        kind="invoice_update",
        previous_id=invoice_item.pk,
        is_newest=False,
        is_live=False,
    )
    update.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        copy_of(update, is_live=True).save()


def test_a_confirmation_that_the_constraints_stop_is_a_conflict(admin: Origin) -> None:
    make_invoice("7", origin=admin)
    draft = draft_of(origin=admin)
    DraftItem.objects.create(
        **{
            field.attname: getattr(draft.items.get(), field.attname)
            for field in DraftItem._meta.concrete_fields
            if not field.primary_key
        }
    )
    message = (
        "Someone else has just batched some of these documents. Nothing was batched; reload "
        "Unbatched and try again."
    )
    with refused(message, error=Conflict):
        confirm(draft)
