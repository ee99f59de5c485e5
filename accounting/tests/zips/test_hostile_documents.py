"""Documents come out of the workbooks exactly as they were fed: text, amounts, dates (B1, B2).

From the feed through a batch to the files, as an independent reader reads them.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounting.tests.factories import make_batch
from accounting.tests.readings import workbook_rows, zip_of
from feed.tests.feeding import BASE, LINE, feed, invoice, payment
from invoices.tests.factories import make_origin
from sera_batching.models import Company
from sera_batching.money import cents_text

pytestmark = pytest.mark.django_db

FORMULAS: Final = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+1 555",
    "-",
    "@SUM(A1)",
    "_x000D_",
    "00017",
    "1e5",
)
# Unassigned characters are excluded, because they include noncharacters, which the feed refuses.
CHARACTERS: Final = st.characters(exclude_categories=("Cc", "Cs", "Cn"))
LINES: Final = st.one_of(st.sampled_from(FORMULAS), st.text(CHARACTERS, max_size=30))
MEMOS: Final = st.one_of(
    LINES, st.text(st.one_of(CHARACTERS, st.sampled_from("\t\n")), max_size=60)
)
NAMES: Final = LINES.map(lambda text: text.replace(":", "")).filter(lambda text: text.strip())
CENTS: Final = st.integers(1, 999_999_999)
DAYS: Final = st.dates(date(1901, 1, 1), date(2199, 1, 1))


@st.composite
def documents(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Generate a valid invoice and payment with unusual content."""
    day = draw(DAYS)
    lines = [
        {
            **LINE,
            "item": draw(NAMES),
            "description": draw(MEMOS),
            "class": draw(st.one_of(st.just(""), NAMES)),
            "quantity": "1",
            "rate": cents_text(cents),
            "amount": cents_text(cents),
            "service_date": draw(st.one_of(st.none(), DAYS.map(date.isoformat))),
        }
        for cents in draw(st.lists(CENTS, min_size=1, max_size=3))
    ]
    one = invoice(
        date=day.isoformat(),
        due_date=(day + timedelta(days=draw(st.integers(0, 300)))).isoformat(),
        memo=draw(MEMOS),
        message=draw(MEMOS),
        lines=lines,
        tax=None,
    )
    other = payment(
        date=draw(DAYS).isoformat(),
        amount=cents_text(draw(CENTS)),
        memo=draw(MEMOS),
        reference=draw(LINES),
        allocations=[],
    )
    return one, other


def check(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Import, batch and read back, then roll back."""
    with transaction.atomic():
        assert feed(*BASE, one, other).problems == []
        zipped = zip_of(make_batch(origin=make_origin()))
        transaction.set_rollback(True)
    rows = workbook_rows(zipped, 1)
    assert [_invoice_said(row) for row in rows] == [
        _invoice_meant(one, each) for each in one["lines"]
    ]
    (row,) = workbook_rows(zipped, 3)
    assert (
        row["Payment Date"].date().isoformat(),
        Decimal(str(row["Amount"])),
        row.get("Memo", ""),
        row.get("Reference No", ""),
    ) == (other["date"], Decimal(other["amount"]), other["memo"], other["reference"])


def _invoice_said(row: dict[str, Any]) -> tuple[Any, ...]:
    service_date = row.get("Service Date")
    return (
        row["Invoice Date"].date().isoformat(),
        row["Due Date"].date().isoformat(),
        row.get("Memo", ""),
        row.get("Message displayed on invoice", ""),
        row["Product/Service"],
        row.get("Product/Service Description", ""),
        row.get("Product/Service Class", ""),
        Decimal(str(row["Product/Service Rate"])),
        Decimal(str(row["Product/Service Amount"])),
        service_date.date().isoformat() if service_date else None,
    )


def _invoice_meant(one: dict[str, Any], line: dict[str, Any]) -> tuple[Any, ...]:
    return (
        one["date"],
        one["due_date"],
        one["memo"],
        one["message"],
        line["item"],
        line["description"],
        line["class"],
        Decimal(line["rate"]),
        Decimal(line["amount"]),
        line["service_date"],
    )


@pytest.fixture(autouse=True)
def company() -> None:
    Company.current()


_ANY: Final = hypothesis_settings(suppress_health_check=list(HealthCheck))


@hypothesis_settings(_ANY, max_examples=10)
@given(documents())
def test_a_few_odd_documents_come_out_as_they_went_in(
    fed: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    check(*fed)


@pytest.mark.exhaustive
@hypothesis_settings(_ANY, max_examples=400)
@given(documents())
def test_many_odd_documents_come_out_as_they_went_in(
    fed: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    check(*fed)
