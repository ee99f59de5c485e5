"""Which rows the filters of Unbatched keep (domain.md §4)."""

import datetime

import pytest

from accounting.tests.factories import draft_of, make_ready_batch
from accounting.tests.readings import unbatched_rows
from accounting.unbatched.departments import departments_to_choose
from accounting.unbatched.filters import NO_DEPARTMENT, Filters
from invoices.models import Department
from invoices.services.parties import DepartmentValues, save_department
from invoices.tests.factories import (
    make_credit_memo,
    make_customer,
    make_department,
    make_invoice,
    make_job,
    make_origin,
)
from payments.tests.factories import make_payment, make_refund
from sera_batching.origin import Origin
from sera_batching.tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin() -> Origin:
    return make_origin()


def day(number: int) -> datetime.date:
    return datetime.date(2026, 11, number)


def shown(filters: Filters) -> list[str]:
    return [row.number for row in unbatched_rows(filters=filters)]


@pytest.fixture
def dated(origin: Origin) -> None:
    """An invoice, a credit memo, a payment, a refund on each of the days 10, 11 and 12."""
    customer = make_customer(origin=origin)
    old = make_invoice("old", customer=customer, origin=origin)
    paid = make_payment("old", customer=customer, amount=900, origin=origin)
    make_ready_batch(origin=origin)
    for number in (10, 11, 12):
        make_credit_memo(f"CM-{number}", invoice=old, date=day(number), origin=origin)
        make_refund(f"R-{number}", payment=paid, date=day(number), amount=1, origin=origin)
    for number in (10, 11, 12):
        make_invoice(
            f"I-{number}", customer=customer, date=day(number), due_date=day(30), origin=origin
        )
        make_payment(f"P-{number}", customer=customer, date=day(number), origin=origin)


# Dates


@pytest.mark.usefixtures("dated")
@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (None, None, (10, 11, 12)),
        (day(11), None, (11, 12)),
        (None, day(11), (10, 11)),
        (day(11), day(11), (11,)),
        (day(13), None, ()),
        (day(12), day(10), ()),
    ],
)
def test_dates_are_inclusive_and_each_document_s_own(
    first: datetime.date | None, last: datetime.date | None, days: tuple[int, ...]
) -> None:
    expected = [f"{kind}-{number}" for kind in ("CM", "I") for number in days]
    expected += [f"{kind}-{number}" for kind in ("P", "R") for number in days]
    assert shown(Filters(date_from=first, date_to=last)) == expected


# Departments


@pytest.fixture
def hvac(origin: Origin) -> Department:
    """HVAC has invoice 1 and payment P-1; Plumbing 2 and P-2; 3 and P-3 have none."""
    customer = make_customer(origin=origin)
    hvac, plumbing = (make_department(name, origin=origin) for name in ("HVAC", "Plumbing"))
    for number, department in enumerate((hvac, plumbing, None), start=1):
        job = make_job(customer=customer, department=department, origin=origin)
        make_invoice(str(number), customer=customer, department=department, origin=origin)
        make_payment(f"P-{number}", job=job, customer=customer, origin=origin)
    return hvac


def test_one_department(hvac: Department) -> None:
    assert shown(Filters(department=hvac.pk)) == ["1", "P-1"]


def test_no_department_is_for_jobless_documents(hvac: Department) -> None:
    assert shown(Filters(department=NO_DEPARTMENT)) == ["3", "P-3"]


def test_no_filter_is_every_department(hvac: Department) -> None:
    assert shown(Filters()) == ["1", "2", "3", "P-1", "P-2", "P-3"]


def test_an_unknown_department_has_nothing(hvac: Department) -> None:
    assert shown(Filters(department=10**12)) == []


def names_to_choose(chosen: str = "") -> list[str]:
    return [each.name for each in departments_to_choose("online", chosen=chosen)]


def archive(department: Department, origin: Origin) -> None:
    save_department(values=DepartmentValues(name=department.name, is_archived=True), origin=origin)


@pytest.mark.parametrize("document", ["invoice", "payment", "refund", "credit_memo"])
def test_an_archived_department_stays_while_it_has_unbatched_documents(
    origin: Origin, document: str
) -> None:
    hvac = make_department("HVAC", origin=origin)
    make_department("Plumbing", origin=origin)
    job = make_job(department=hvac, origin=origin)
    invoice = make_invoice("1", job=job, department=hvac, origin=origin)
    payment = make_payment("P-1", job=job, origin=origin)
    if document == "payment":
        make_ready_batch(("invoice_insert", "1"), origin=origin)
    elif document == "invoice":
        make_ready_batch(("payment_insert", "P-1"), origin=origin)
    else:
        make_ready_batch(origin=origin)
    if document == "refund":
        make_refund("R-1", payment=payment, origin=origin)
    if document == "credit_memo":
        make_credit_memo("CM-1", invoice=invoice, origin=origin)
    archive(hvac, origin)
    assert names_to_choose() == ["HVAC", "Plumbing"]
    make_ready_batch(origin=origin)
    assert names_to_choose() == ["Plumbing"]
    assert names_to_choose(str(hvac.pk)) == ["HVAC", "Plumbing"]
    assert names_to_choose("none") == ["Plumbing"]


# Kind and search


def test_kind(hvac: Department) -> None:
    assert shown(Filters(kind="invoice_insert")) == ["1", "2", "3"]
    assert shown(Filters(kind="payment_insert")) == ["P-1", "P-2", "P-3"]
    assert shown(Filters(kind="journal")) == []


def test_search_looks_into_numbers_and_customers_without_case(origin: Origin) -> None:
    make_invoice("A-7", customer=make_customer(name="Jane Doe", origin=origin), origin=origin)
    make_invoice("B-8", customer=make_customer(name="Birch LLC", origin=origin), origin=origin)
    assert shown(Filters(search="a-7")) == ["A-7"]
    assert shown(Filters(search="birch")) == ["B-8"]
    assert shown(Filters(search="%")) == []


# Together


def test_all_filters_together(hvac: Department, origin: Origin) -> None:
    filters = Filters(
        date_from=day(2), date_to=day(2), department=hvac.pk, kind="invoice_insert", search="1"
    )
    assert shown(filters) == ["1"]
    assert shown(Filters(date_from=day(3), department=hvac.pk, kind="invoice_insert")) == []


def test_a_row_that_is_filtered_out_is_never_batched(hvac: Department, origin: Origin) -> None:
    draft = draft_of(origin=origin, filters=Filters(department=hvac.pk, kind="payment_insert"))
    assert list(draft.items.values_list("number", flat=True)) == ["P-1"]


def test_filters_that_match_nothing_are_told_from_nothing_to_batch(
    hvac: Department, origin: Origin
) -> None:
    with refused("No unbatched document matches these filters. Clear or widen them."):
        draft_of(origin=origin, filters=Filters(search="nobody"))
    make_ready_batch(origin=origin)
    with refused("There is nothing to batch: the books have every document in its current form."):
        draft_of(origin=origin)


def test_filters_survive_being_kept() -> None:
    filters = Filters(
        date_from=day(1), date_to=day(30), department="none", kind="journal", search="x"
    )
    assert Filters.from_json(filters.to_json()) == filters
    assert Filters.from_json(Filters().to_json()) == Filters()
    assert (filters.are_set, Filters().are_set) == (True, False)
