"""Many invoices at once give the same result as one by one (feed.md; performance.md)."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoices.models import Invoice
from invoices.services.bulk import NewInvoice, create_finalized_invoices
from invoices.services.invoices import approve_invoice, create_invoice, values_of
from invoices.signals import invoices_frozen
from invoices.tests.factories import (
    make_customer,
    make_invoice,
    make_invoice_values,
    make_job,
    make_line,
    make_origin,
)
from invoices.tests.signal_log import signals_sent
from sera_batching.exceptions import NotAllowed
from sera_batching.models import AuditEvent
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def feed() -> Origin:
    return make_origin(channel="feed", source="march.jsonl:1-1000")


def test_each_is_as_if_made_alone(feed: Origin) -> None:
    customer = make_customer(origin=feed)
    job = make_job(customer=customer, origin=feed)
    contents = [
        make_invoice_values(15000, job=job),
        make_invoice_values(memo="two\r\nlines", lines=(make_line(1), make_line(2))),
    ]
    entries = [
        NewInvoice(
            number=f"M-{index}",
            customer=customer,
            values=values,
            fed_digest=f"d{index}",
            source=f"march.jsonl:{index}",
        )
        for index, values in enumerate(contents, 1)
    ]
    with signals_sent(invoices_frozen) as sent:
        many = create_finalized_invoices(entries=entries, origin=feed)
    assert sent == [
        (
            invoices_frozen,
            {
                "revisions": [invoice.current_revision for invoice in many],
                "contents": [contents[0], replace(contents[1], memo="two\nlines")],
                "origin": feed,
            },
        )
    ]
    for invoice, values in zip(many, contents, strict=True):
        alone = create_invoice(
            number=f"{invoice.number}-alone", customer=customer, values=values, origin=feed
        )
        expected = approve_invoice(invoice=alone, reason="", origin=feed)
        invoice.refresh_from_db()
        assert (invoice.status, invoice.customer) == ("finalized", customer)
        revision = invoice.current_revision
        assert revision is not None
        assert values_of(revision) == values_of(expected)
        assert (revision.sequence, revision.fingerprint) == (1, expected.fingerprint)
        assert revision.total_cents == expected.total_cents
    assert [(one.fed_digest, one.revisions.get().source) for one in many] == [
        ("d1", "march.jsonl:1"),
        ("d2", "march.jsonl:2"),
    ]
    assert AuditEvent.objects.count() == 0


def test_one_bad_one_refuses_all(feed: Origin) -> None:
    job = make_job("J-9", is_imported=True, origin=feed)
    customer = job.customer
    make_invoice("7", customer=customer, origin=feed)
    good = NewInvoice(number="1", customer=customer, values=make_invoice_values())

    def refuse(message: str, **bad: object) -> None:
        entry = NewInvoice(
            **{"number": "2", "customer": customer, "values": make_invoice_values(), **bad}  # type: ignore[arg-type]
        )
        with refused(message):
            create_finalized_invoices(entries=[good, entry], origin=feed)

    refuse("Invoice 7 already exists.", number="7")
    refuse("A number appears twice among the invoices.", number="1")
    refuse("The number “2 ” begins or ends with a space.", number="2 ")
    refuse(
        "Job J-9 is imported: its invoices do not originate here.",
        values=make_invoice_values(job=job),
    )
    other = make_customer("C-2", name="Birch LLC", origin=feed)
    refuse(
        "Job J-9 belongs to another customer, not to Birch LLC (C-2).",
        customer=other,
        values=make_invoice_values(job=job),
    )
    refuse("The total would be -0.01; it cannot be negative.", values=make_invoice_values(-1))
    refuse(
        "Invoice 2 has no lines: there is nothing to approve.",
        values=make_invoice_values(lines=()),
    )


def test_more_invoices_take_no_more_queries(feed: Origin) -> None:
    customer = make_customer(origin=feed)
    # The catalogue knows the names of the lines from here on.
    values = make_invoice_values()
    create_finalized_invoices(
        entries=[NewInvoice(number="0", customer=customer, values=values)], origin=feed
    )
    job = make_job(customer=customer, origin=feed)
    counts = []
    for size in (2, 40):
        entries = [
            NewInvoice(
                number=f"{size}-{index}", customer=customer, values=make_invoice_values(job=job)
            )
            for index in range(size)
        ]
        with CaptureQueriesContext(connection) as queries:
            create_finalized_invoices(entries=entries, origin=feed)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert Invoice.objects.count() == 43


def test_none_at_all_is_fine(feed: Origin) -> None:
    assert create_finalized_invoices(entries=[], origin=feed) == []


def test_only_admins_and_the_feed() -> None:
    origin = make_origin("Accountant")
    with refused(
        f"{origin.user} isn't allowed to do this (it requires invoices.approve_invoice). Ask "
        "your company's admin.",
        error=NotAllowed,
    ):
        create_finalized_invoices(entries=[], origin=origin)
