"""Rechecking after a change of the checks: by `migrate` once, by command at any time."""

import io
import json

import pytest
from django.core.management import call_command

from accounting.checks import recheck
from accounting.checks.recheck import Rechecked, recheck_documents, recheck_if_outdated
from accounting.checks.table import CHECKS_VERSION
from accounting.models import Finding, LastCheck
from accounting.tests.readings import unbatched_rows
from invoices.services.bulk import NewInvoice, create_finalized_invoices
from invoices.tests.factories import (
    make_credit_memo,
    make_customer,
    make_invoice,
    make_invoice_values,
    make_job,
    make_origin,
)
from payments.tests.factories import make_payment, make_refund

pytestmark = pytest.mark.django_db


def found() -> list[tuple[str, str, str]]:
    return sorted(Finding.objects.values_list("profile", "check_code", "problem"))


@pytest.fixture
def many() -> Rechecked:
    """Documents of every kind, each with an error; returns the number of findings."""
    origin = make_origin()
    customer = make_customer(email="nobody", origin=origin)
    long = "9" * 22
    invoice = make_invoice(long, customer=customer, origin=origin)
    make_credit_memo(long, invoice=invoice, origin=origin)
    payment = make_payment(long, invoice=invoice, origin=origin)
    make_refund(long, payment=payment, origin=origin)
    for _ in range(3):
        make_invoice(customer=customer, tax_cents=100, tax_name="", origin=origin)
    return Rechecked(
        customers=1,
        invoice_revisions=4,
        payment_revisions=1,
        refunds=1,
        credit_memos=1,
        findings=Finding.objects.count(),
    )


def test_looking_again_finds_the_same(many: Rechecked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recheck, "AT_ONCE", 2)
    before = found()
    assert len(before) == many.findings > 10
    assert recheck_documents() == many
    assert found() == before
    assert recheck_documents() == many


def test_what_earlier_checks_did_not_find_is_found(many: Rechecked) -> None:
    before = found()
    Finding.objects.all().delete()
    assert not any(row.is_blocked for row in unbatched_rows())
    recheck_documents()
    assert found() == before


def test_migrate_looks_again_only_after_a_change_of_the_checks(many: Rechecked) -> None:
    assert LastCheck.objects.get().version == CHECKS_VERSION
    Finding.objects.all().delete()
    recheck_if_outdated()
    assert found() == []
    LastCheck.objects.update(version=CHECKS_VERSION - 1)
    recheck_if_outdated()
    assert len(found()) == many.findings
    LastCheck.objects.all().delete()
    Finding.objects.all().delete()
    recheck_if_outdated()
    assert len(found()) == many.findings
    assert LastCheck.objects.get().version == CHECKS_VERSION


def test_a_database_from_before_is_left_alone() -> None:
    class Before:
        def get_model(self, *names: str) -> None:
            raise LookupError(names)

    LastCheck.objects.all().delete()
    recheck_if_outdated(apps=Before())
    assert not LastCheck.objects.exists()


def test_the_command_says_what_it_looked_at(many: Rechecked) -> None:
    out = io.StringIO()
    call_command("check_documents", "--json", stdout=out)
    assert json.loads(out.getvalue()) == many.to_json()
    out = io.StringIO()
    call_command("check_documents", stdout=out)
    assert out.getvalue() == f"8 checked; findings: {many.findings}.\n"


def test_more_invoices_than_one_statement_takes_are_looked_at_again() -> None:
    origin, customer = make_origin(), make_customer()
    job = make_job(customer=customer)
    entries = [
        NewInvoice(number=f"{index:022d}", customer=customer, values=make_invoice_values(job=job))
        for index in range(1_001)
    ]
    create_finalized_invoices(entries=entries, origin=origin)
    found = Finding.objects.order_by("invoice_revision_id", "profile", "check_code")
    before = list(found.values_list("invoice_revision_id", "profile", "check_code", "problem"))
    assert len({row[0] for row in before}) == 1_001
    recheck_documents()
    assert before == list(
        found.values_list("invoice_revision_id", "profile", "check_code", "problem")
    )
