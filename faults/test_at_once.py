"""Everything concurrently with everything else (reliability.md D1, D5, D8)."""

import io
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from accounting.batches.confirm import Confirmation, DraftChanged
from accounting.batches.undo import undo_batch
from accounting.models import Batch, BatchFile
from accounting.sweep import sweep
from accounting.tests.batches.test_races import confirming, own
from accounting.tests.factories import draft_of, make_batch
from accounting.tests.processes import start_python
from accounting.tests.readings import items_of, unbatched
from accounting.zips.build import build_batch
from faults.books import batched_documents, breaches, unbatched_documents
from feed.importer import import_lines
from feed.tests import feeding
from invoices.models import Invoice
from invoices.services.invoices import change_invoice
from invoices.tests.factories import make_customer, make_invoice, make_invoice_values
from payments.models import Payment
from payments.services.payments import reallocate_payment
from payments.tests.factories import make_payment, make_refund
from sera_batching.exceptions import DomainError
from sera_batching.origin import Origin
from sera_batching.tests.at_once import at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

USERS = 8


def test_eight_clicks_on_one_window_make_one_batch(origin: Origin) -> None:
    make_invoice("7", origin=origin)
    draft = draft_of(origin=origin)
    results = at_once([confirming(draft)] * USERS)
    assert sorted(result.is_new for result in results) == [False] * 7 + [True]
    assert {result.batch for result in results} == {Batch.objects.get()}


def test_a_feed_at_the_moment_of_confirming_is_before_it_or_after_it(origin: Origin) -> None:
    feeding.feed(*feeding.BASE, feeding.invoice(), origin=origin)
    draft = draft_of(origin=origin)
    changed = feeding.as_lines(
        feeding.invoice(memo="changed"), *(feeding.invoice(f"new-{n}") for n in range(20))
    )
    result, report = at_once(
        [
            confirming(draft),
            lambda: import_lines(io.BytesIO(changed), source="x", origin=own(origin.user)),
        ]
    )
    assert (report.created, report.changed, report.refused) == (20, 1, 0)
    new = [("invoice_insert", f"new-{n}") for n in range(20)]
    if isinstance(result, DraftChanged):
        assert [each["reason"] for each in result.moved] == ["It was changed."]
        assert unbatched_documents() == sorted([("invoice_insert", "10023"), *new])
    else:
        assert isinstance(result, Confirmation)
        assert [number for _, number, _ in items_of(result.batch)] == ["10023"]
        assert unbatched_documents() == sorted([("invoice_update", "10023"), *new])


def test_sweepers_and_workers_at_once_build_each_batch_once(origin: Origin, var_dir: Path) -> None:
    batches = []
    for number in range(3):
        make_invoice(str(number), origin=origin)
        batches.append(make_batch(is_built=False, origin=origin))
    Batch.objects.update(queued_at=batches[0].created_at.replace(year=2020))
    builds: list[Callable[[], object]] = [
        lambda pk=batch.pk: build_batch(batch_id=pk)  # type: ignore[misc]
        for batch in batches
        for _ in range(2)
    ]
    at_once([*builds, sweep, sweep])
    assert list(Batch.objects.values_list("status", "attempt")) == [("ready", 1)] * 3
    assert BatchFile.objects.count() == 21
    assert len(list((var_dir / "batches").glob("*.zip"))) == 3
    assert breaches() == []


# Whatever people do, all at once, in a random order


class Person:
    """A user who does one thing after another, concurrently with others; refusals are accepted."""

    def __init__(self, number: int, origin: Origin) -> None:
        self.origin = own(origin.user)
        self.random = random.Random(number)
        self.number = number
        self.count = 0

    def work(self) -> None:
        acts = [
            self.edit,
            self.edit,
            self.pay,
            self.move_payment,
            self.refund,
            self.batch,
            self.batch,
            self.undo,
            self.feed,
        ]
        for _ in range(12):
            self.count += 1
            try:
                self.random.choice(acts)()
            except DomainError:
                continue

    @property
    def new_number(self) -> str:
        return f"{self.number}-{self.count}"

    def any_invoice(self) -> Invoice:
        return self.random.choice(list(Invoice.objects.order_by("pk")[:6]))

    def edit(self) -> None:
        change_invoice(
            invoice=self.any_invoice(),
            values=make_invoice_values(self.random.choice((9000, 12000, 15000))),
            reason="x",
            origin=self.origin,
        )

    def pay(self) -> None:
        make_payment(
            f"P{self.new_number}", invoice=self.any_invoice(), amount=500, origin=self.origin
        )

    def move_payment(self) -> None:
        payment = self.random.choice(list(Payment.objects.all()))
        invoices = sorted({self.any_invoice() for _ in range(2)}, key=lambda one: -one.pk)
        reallocate_payment(
            payment=payment,
            allocations=tuple((invoice, 100) for invoice in invoices),
            reason="x",
            origin=self.origin,
        )

    def refund(self) -> None:
        payment = self.random.choice(list(Payment.objects.all()))
        make_refund(f"R{self.new_number}", payment=payment, amount=50, origin=self.origin)

    def batch(self) -> None:
        result = confirming(draft_of(origin=self.origin), leaves_out_moved=True)()
        build_batch(batch_id=result.batch.pk)

    def undo(self) -> None:
        batch = Batch.objects.filter(status="ready").last()
        if batch is not None:
            undo_batch(batch_id=batch.pk, reason="x", origin=self.origin, with_dependents=True)

    def feed(self) -> None:
        lines = feeding.as_lines(
            feeding.invoice(f"F{self.new_number}"),
            feeding.payment(f"FP{self.new_number}", allocations=[]),
        )
        import_lines(io.BytesIO(lines), source="x", origin=self.origin)


def test_people_who_do_everything_at_once_never_lock_each_other_out(
    origin: Origin, caplog: pytest.LogCaptureFixture
) -> None:
    feeding.feed(*feeding.BASE, origin=origin)
    customer = make_customer(origin=origin)
    for number in range(6):
        invoice = make_invoice(f"I{number}", customer=customer, origin=origin)
        make_payment(f"P{number}", invoice=invoice, amount=1000, origin=origin)
    people = [Person(number, origin) for number in range(USERS)]
    at_once([person.work for person in people])
    assert [record for record in caplog.records if "was given up" in record.getMessage()] == []
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
            )
            assert cursor.fetchone() is not None
    for batch in Batch.objects.filter(status="queued"):
        build_batch(batch_id=batch.pk)
    assert breaches() == []
    assert len(set(batched_documents())) == len(batched_documents())


# Processes on SQLite

_WRITER = """
import io
import time
from django.test import Client
from accounting.models import Batch
from accounting.zips.build import build_batch
from feed.importer import import_lines
from accounting.sweep import sweep
from sera_batching.models import User
from sera_batching.origin import Origin
from sera_batching.tests.at_once import at_once
from feed.tests import feeding

name = {name!r}
user = User.objects.get(username={username!r})
origin = Origin(user=user)
"""
_WEB = (
    _WRITER
    + """
client = Client(SERVER_NAME="localhost")
client.force_login(user)
for number in range(4):
    lines = feeding.as_lines(*(feeding.invoice(f"{{name}}-{{number}}-{{n}}") for n in range(5)))
    import_lines(io.BytesIO(lines), source=name, origin=origin)
    opened = client.post("/unbatched/drafts/", {{"as_of": ""}})
    if opened.status_code == 302:
        answer = client.post(opened["Location"] + "confirm/", {{"name": name}})
        assert answer.status_code in (302, 404, 409), answer.status_code
    else:
        assert opened.status_code == 422, opened.status_code
"""
)
_WORKER = (
    _WRITER
    + """
for _ in range(25):
    time.sleep(0.2)
    for pk in Batch.objects.unfinished().values_list("pk", flat=True):
        build_batch(batch_id=pk)
    sweep()
"""
)


@pytest.mark.sqlite
def test_web_and_worker_processes_write_to_sqlite_together(origin: Origin) -> None:
    feeding.feed(*feeding.BASE, origin=origin)
    username = origin.user.get_username()
    processes = [
        start_python(code.format(name=f"w{number}", username=username), LOG_LEVEL="ERROR")
        for number, code in enumerate([_WEB] * 5 + [_WORKER] * 3)
    ]
    for process in processes:
        output, errors = process.communicate(timeout=300)
        assert not re.search("database is locked", errors), errors
        assert (process.returncode, output) == (0, ""), errors
    for batch in Batch.objects.unfinished():
        build_batch(batch_id=batch.pk)
    everything = sorted(Invoice.objects.values_list("number", flat=True))
    assert len(everything) == 5 * 4 * 5
    found = [number for _, number in [*batched_documents(), *unbatched_documents()]]
    assert sorted(found) == everything
    assert set(Batch.objects.values_list("status", flat=True)) == {"ready"}
    assert breaches() == []
    assert unbatched() == [row for row in unbatched() if row[0] == "invoice_insert"]
