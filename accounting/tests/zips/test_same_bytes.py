"""A batch has the same bytes every time it is built, on every machine (reliability.md S3)."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounting.batches.undo import undo_batch
from accounting.tests.factories import make_batch
from accounting.tests.golden import make_golden
from accounting.tests.processes import run_python
from accounting.zips.downloads import compare_zip
from invoices.models import Invoice
from invoices.services.accounting_keys import change_accounting_key
from invoices.tests.factories import (
    make_origin,
)
from sera_batching.models import Company
from sera_batching.origin import Origin
from sera_batching.tests.refusals import unchanging

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


def test_built_again_on_another_day_in_another_zone_it_has_the_same_bytes(
    origin: Origin, settings: Any
) -> None:
    golden = make_golden(origin)
    change_accounting_key(
        customer=Invoice.objects.get(number="10023").customer,
        accounting_key="Doe, Jane",
        reason="x",
        origin=origin,
    )
    Company.objects.update(profile="desktop", time_zone="Asia/Tokyo", ar_account="Other")
    settings.TIME_ZONE = "Asia/Tokyo"
    with timezone.override(ZoneInfo("Asia/Tokyo")), unchanging():
        for batch in (golden.before, golden.batch):
            comparison = compare_zip(batch)
            assert (comparison.has_same_bytes, comparison.has_same_content) == (True, True)
            assert comparison.built.sha256 == batch.sha256
            assert comparison.built.content_sha256 == batch.content_sha256


def test_undone_it_is_built_with_the_same_bytes(origin: Origin) -> None:
    golden = make_golden(origin)
    undo_batch(batch_id=golden.batch.pk, reason="x", origin=origin)
    make_batch(name="Again", origin=origin)
    assert compare_zip(golden.batch).has_same_bytes is True


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "environment",
    [
        {"TZ": "Asia/Tokyo", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "1"},
        {"TZ": "America/St_Johns", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONHASHSEED": "2"},
    ],
    ids=["Tokyo", "St. John's"],
)
def test_a_process_in_another_place_builds_the_same_bytes(
    origin: Origin, environment: dict[str, str]
) -> None:
    golden = make_golden(origin)
    code = f"""
from accounting.models import Batch
from accounting.zips.downloads import compare_zip

print(compare_zip(Batch.objects.get(pk={golden.batch.pk})).built.sha256)
"""
    done = run_python(code, **environment)
    assert (done.stdout, done.returncode) == (f"{golden.batch.sha256}\n", 0), done.stderr
