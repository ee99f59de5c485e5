"""`seed_demo`: the same company each time, with every kind of row in it (feed.md, Commands)."""

import io
import json
from collections import Counter
from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounting.demo import demo_records, seed_demo
from accounting.filters import Filters
from accounting.models import Batch, BatchItem, FollowUp
from accounting.selection import NamedChoice
from accounting.services.drafts import make_draft
from accounting.services.feed import FeedReport, Problem, import_lines
from accounting.services.item_warnings import find_warnings
from accounting.services.layout import lay_out_contested
from accounting.unbatched import sources
from invoices.models import Customer, Department, Invoice
from invoices.tests.factories import make_customer, make_origin
from payments.models import Payment
from sera_batching.exceptions import NotAllowed
from sera_batching.models import Company
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused, unchanging

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


@pytest.fixture
def seeded(origin: Origin) -> Origin:
    assert seed_demo(seed=1, invoices=60, origin=origin) is not None
    return origin


def run(*arguments: str) -> tuple[int, list[str]]:
    """Run the command; return the exit code and the lines of stdout, or of the error."""
    out = io.StringIO()
    try:
        call_command("seed_demo", *arguments, stdout=out)
    except CommandError as error:
        return error.returncode, str(error).splitlines()
    return 0, out.getvalue().splitlines()


def unbatched(tab: str) -> Counter[str]:
    return Counter(
        kind
        for source in sources(tab, "online")
        for kind in source.values_list("row_kind", flat=True)
    )


def as_feed(records: list[dict[str, Any]]) -> io.BytesIO:
    return io.BytesIO("".join(f"{json.dumps(record)}\n" for record in records).encode())


def test_unbatched_has_every_kind_of_row(seeded: Origin) -> None:
    invoices, payments = unbatched("invoices"), unbatched("payments")
    assert {**invoices, "invoice_insert": None} == {
        "invoice_insert": None,
        "invoice_update": 3,
        "credit_memo": 1,
    }
    assert {**payments, "payment_insert": None} == {
        "payment_insert": None,
        "payment_update": 3,
        "journal": 4,
    }
    assert not Invoice.objects.filter(current_revision__isnull=True, status="finalized").exists()
    assert set(Invoice.objects.values_list("status", flat=True)) == {
        "pending",
        "finalized",
        "void",
        "cancelled",
    }
    assert set(Payment.objects.values_list("state", flat=True)) == {
        "active",
        "disputed",
        "removed",
    }
    assert Invoice.objects.filter(is_on_hold=True).count() == 1
    assert Invoice.objects.filter(
        current_revision__total_cents=0, batch_items__isnull=True
    ).exists()


def test_the_next_batch_would_have_every_warning_and_leave_some_out(
    seeded: Origin,
) -> None:
    draft = make_draft(origin=seeded, choice=NamedChoice(), filters=Filters())
    codes = {
        warning.check_code for warning in find_warnings(draft, lay_out_contested(draft), "online")
    }
    assert codes == {"8", "12", "14", "15", "15b", "16", "18", "20"}
    assert sorted(" ".join(one["reason"].split()[:3]) for one in draft.left_out) == [
        "It is dated",
        "It is dated",
        "The invoice is",
        "The invoice number",
        'The item "HVAC',
        "There is a",
    ]


def test_an_archived_department_has_unbatched_invoices(seeded: Origin) -> None:
    archived = Department.objects.get(is_archived=True)
    assert archived.name == "Chimney Care"
    invoices, _ = sources("invoices", "online")
    assert invoices.filter(row_department="Chimney Care").count() == 2


def test_two_batches_of_ours_are_ready_and_the_second_depends_on_the_first(
    seeded: Origin,
) -> None:
    batches = Batch.objects.order_by("id").values_list("name", "status")
    assert list(batches) == [
        ("Opening", "ready"),
        ("September to mid-October.zip", "ready"),
        ("To November 6.zip", "ready"),
    ]
    second = BatchItem.objects.filter(batch__name="To November 6.zip")
    kinds = Counter(second.values_list("kind", flat=True))
    assert kinds["invoice_update"] == kinds["journal"] == 1
    first = Batch.objects.get(name="September to mid-October.zip")
    assert not first.files.filter(loaded_at__isnull=True).exists()


def test_there_is_something_to_fix_in_quickbooks(seeded: Origin) -> None:
    causes = FollowUp.objects.filter(status="open").values_list("cause", flat=True)
    assert sorted(causes) == [
        "invoice_voided",
        "key_changed",
        "payment_disputed",
        "payment_removed",
    ]


def test_its_books_are_clean(seeded: Origin) -> None:
    out = io.StringIO()
    call_command("check_books", "--json", stdout=out)
    assert '"breaches": 0' in out.getvalue().splitlines()[-1]


def test_the_company_has_its_name(seeded: Origin) -> None:
    company = Company.current()
    assert (company.name, company.closing_date) == ("Lone Star Home Services", date(2026, 8, 31))


def test_a_second_run_changes_nothing(seeded: Origin) -> None:
    with unchanging():
        assert seed_demo(seed=1, invoices=60, origin=seeded) is None


def test_customers_of_ones_own_are_left_alone(origin: Origin) -> None:
    make_customer(origin=origin)
    with refused("There are customers here already: the demo only fills an empty database."):
        seed_demo(seed=1, invoices=60, origin=origin)


def test_too_few_invoices_are_refused(origin: Origin) -> None:
    with refused("The demo needs at least 60 invoices to show every case."):
        seed_demo(seed=1, invoices=59, origin=origin)


def test_an_accountant_may_not_fill_the_database() -> None:
    origin = make_origin("Accountant")
    message = (
        f"{origin.user} may not do this (needs sera_batching.change_company). "
        "Ask an admin of your company."
    )
    with refused(message, error=NotAllowed):
        seed_demo(seed=1, invoices=60, origin=origin)


def test_the_same_seed_makes_the_same_company() -> None:
    one, same, other = (list(demo_records(seed=seed, invoices=80)) for seed in (7, 7, 8))
    assert one == same
    assert one != other
    assert Counter(record["type"] for record in one)["invoice"] == 80


def test_the_company_as_a_feed_loads_twice_with_the_same_result(origin: Origin) -> None:
    records = list(demo_records(seed=3, invoices=80))
    problems: list[Problem] = []

    def load() -> FeedReport:
        return import_lines(
            as_feed(records), source="demo.jsonl", origin=origin, on_problem=problems.append
        )

    first = load()
    assert (first.unchanged, first.refused) == (0, 0)
    with unchanging():
        assert load() == FeedReport(created=0, changed=0, unchanged=len(records), refused=0)
    assert problems == []


def test_the_feed_of_a_seeded_company_changes_nothing(seeded: Origin) -> None:
    records = list(demo_records(seed=1, invoices=60))
    with unchanging():
        report = import_lines(as_feed(records), source="demo.jsonl", origin=seeded)
    assert report == FeedReport(created=0, changed=0, unchanged=len(records), refused=0)


def test_the_command_fills_says_so_and_prints() -> None:
    code, out = run("--invoices", "60", "--json")
    counts = json.loads(out[-1])
    assert (code, counts["seeded"], counts["refused"]) == (0, True, 0)
    assert Customer.objects.count() == 29
    with unchanging():
        assert run() == (0, ["The demo is here already; nothing was changed."])
        assert run("--json") == (0, ['{"seeded": false}'])
        code, out = run("--print", "--invoices", "60")
    assert code == 0
    assert [json.loads(line) for line in out] == list(demo_records(seed=1, invoices=60))


def test_the_command_refuses_as_the_service_does() -> None:
    assert run("--invoices", "10") == (
        1,
        ["The demo needs at least 60 invoices to show every case."],
    )
