"""The company of `seed_demo`: every kind of row is in it, and its books are sound."""

import io
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from accounting.batches.drafts import make_draft
from accounting.batches.payment_rows import allocate_constrained_payments
from accounting.batches.warnings.find import find_warnings
from accounting.models import Batch, BatchItem, FollowUp
from accounting.tests.made_once import made_once
from accounting.tests.readings import unbatched
from accounting.unbatched.filters import Filters
from accounting.unbatched.rows import sources
from accounting.unbatched.selection import NamedDocuments
from demo.seeding import demo_records, seed_demo
from feed.chunks import FeedReport
from feed.importer import import_lines
from feed.tests.feeding import as_lines
from invoices.models import Department, Invoice
from invoices.tests.factories import make_origin
from payments.models import Payment
from sera_batching.models import Company
from sera_batching.origin import Origin
from sera_batching.tests.refusals import unchanging

pytestmark = pytest.mark.django_db


def seed() -> Origin:
    origin = make_origin()
    assert seed_demo(seed=1, invoices=60, origin=origin) is not None
    return origin


@pytest.fixture(scope="module")
def company(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Origin, Path]]:
    """Who seeded the company, once for all tests of this module, and the folder of its files."""
    with made_once(seed, django_db_blocker, tmp_path_factory) as company:
        yield company


@pytest.fixture
def seeded(company: tuple[Origin, Path], db: None, var_dir: Path) -> Origin:
    origin, folder = company
    shutil.copytree(folder, var_dir, dirs_exist_ok=True)
    return origin


def test_unbatched_has_every_kind_of_row(seeded: Origin) -> None:
    invoices, payments = (
        Counter(kind for kind, _, _ in unbatched(tab)) for tab in ("invoices", "payments")
    )
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
    draft = make_draft(origin=seeded, choice=NamedDocuments(), filters=Filters())
    codes = {
        warning.check_code
        for warning in find_warnings(draft, allocate_constrained_payments(draft), "online")
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
    invoices = sources("invoices", "online")["invoice"]
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


def test_the_feed_of_a_seeded_company_changes_nothing(seeded: Origin) -> None:
    records = list(demo_records(seed=1, invoices=60))
    with unchanging():
        report = import_lines(io.BytesIO(as_lines(*records)), source="demo.jsonl", origin=seeded)
    assert report == FeedReport(created=0, changed=0, unchanged=len(records), refused=0)
