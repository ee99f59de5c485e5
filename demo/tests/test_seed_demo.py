"""`seed_demo`: the same company each time, on an empty database only (operations.md, Commands)."""

import io
import json
from collections import Counter

import pytest
from django.core.management import CommandError, call_command

from demo.seeding import demo_records, seed_demo
from feed.chunks import FeedReport
from feed.importer import import_lines
from feed.parsing import Problem
from feed.tests.feeding import as_lines
from invoices.models import Customer
from invoices.tests.factories import make_customer, make_origin
from sera_batching.exceptions import NotAllowed
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused, unchanging

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


def run(*arguments: str) -> tuple[int, list[str]]:
    """Run the command; return the exit code and the lines of stdout, or of the error."""
    out = io.StringIO()
    try:
        call_command("seed_demo", *arguments, stdout=out)
    except CommandError as error:
        return error.returncode, str(error).splitlines()
    return 0, out.getvalue().splitlines()


def test_customers_of_ones_own_are_left_alone(origin: Origin) -> None:
    make_customer(origin=origin)
    with refused("There are already customers here: the demo only fills an empty database."):
        seed_demo(seed=1, invoices=60, origin=origin)


def test_too_few_invoices_are_refused(origin: Origin) -> None:
    with refused("The demo needs at least 60 invoices to show every case."):
        seed_demo(seed=1, invoices=59, origin=origin)


def test_an_accountant_may_not_fill_the_database() -> None:
    origin = make_origin("Accountant")
    message = (
        f"{origin.user} isn't allowed to do this (it requires sera_batching.change_company). "
        "Ask your company's admin."
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
            io.BytesIO(as_lines(*records)),
            source="demo.jsonl",
            origin=origin,
            on_problem=problems.append,
        )

    first = load()
    assert (first.unchanged, first.refused) == (0, 0)
    with unchanging():
        assert load() == FeedReport(created=0, changed=0, unchanged=len(records), refused=0)
    assert problems == []


def test_the_command_fills_says_so_and_prints() -> None:
    code, out = run("--invoices", "60", "--json")
    counts = json.loads(out[-1])
    assert (code, counts["seeded"], counts["refused"]) == (0, True, 0)
    assert Customer.objects.count() == 29
    with unchanging():
        assert run() == (0, ["The demo data is already here; nothing was changed."])
        assert run("--json") == (0, ['{"seeded": false}'])
        code, out = run("--print", "--invoices", "60")
    assert code == 0
    assert [json.loads(line) for line in out] == list(demo_records(seed=1, invoices=60))


def test_the_command_refuses_as_the_service_does() -> None:
    assert run("--invoices", "10") == (
        1,
        ["The demo needs at least 60 invoices to show every case."],
    )
