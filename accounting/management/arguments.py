"""Arguments that commands share: filters, documents, batches."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from accounting.models import Batch, Kind
from accounting.unbatched.filters import NO_DEPARTMENT, Filters
from accounting.unbatched.named import DocumentName
from invoices.models import Department
from sera_batching.batch_names import clean_batch_name
from sera_batching.commands import (
    UsageError,
    argument,
    check_text,
    date_argument,
    text_argument,
)
from sera_batching.exceptions import Refused


@argument
def batch_name_argument(text: str) -> str:
    """Return a name that a batch may have (domain.md §5): `type=batch_name_argument`."""
    try:
        clean_batch_name(text)
    except Refused as refusal:
        raise ValueError(str(refusal)) from refusal
    return text


@argument
def document_argument(text: str) -> DocumentName:
    """Return "invoice_insert:10023" as (kind, number): `type=document_argument`."""
    kind, colon, number = check_text(text).partition(":")
    if kind not in Kind.values:
        known = ", ".join(Kind.values)
        raise ValueError(f"“{text}” has no known kind; write KIND:NUMBER with one of {known}")
    if not colon or not number:
        raise ValueError(f"“{text}” has no number; write it like {kind}:10023")
    return kind, number


def add_filter_arguments(parser: CommandParser) -> None:
    """Add the filters of Unbatched that every command on it has."""
    parser.add_argument(
        "--from", dest="date_from", type=date_argument, metavar="D", help="first day, inclusive"
    )
    parser.add_argument(
        "--to", dest="date_to", type=date_argument, metavar="D", help="last day, inclusive"
    )
    parser.add_argument(
        "--department",
        type=text_argument,
        metavar="NAME",
        help=f"name of a department, or {NO_DEPARTMENT} for documents without one",
    )


def read_filters(options: Mapping[str, Any]) -> Filters:
    """Return the requested filters; UsageError for what makes no sense."""
    date_from, date_to = options["date_from"], options["date_to"]
    if date_from and date_to and date_from > date_to:
        raise UsageError("--from is later than --to, so nothing can match.")
    return Filters(
        date_from=date_from,
        date_to=date_to,
        department=_find_department(options["department"]),
        kind=options.get("kind"),
        search=options.get("search") or "",
    )


def _find_department(name: str | None) -> int | str | None:
    if name is None:
        return None
    if name.lower() == NO_DEPARTMENT:
        return NO_DEPARTMENT
    department = Department.objects.filter(name__iexact=name).first()
    if department is None:
        raise UsageError(f"There is no department “{name}”.")
    return department.pk


def add_batch_argument(parser: CommandParser) -> None:
    """Add the id of a batch; `find_batch` reads it."""
    parser.add_argument("batch_id", type=int, metavar="ID", help="the batch's number")


def find_batch(options: Mapping[str, Any]) -> Batch:
    """Return the batch of the id given; UsageError when there is none."""
    batch = Batch.objects.filter(pk=options["batch_id"]).select_related("created_by").first()
    if batch is None:
        raise UsageError(f"There is no batch {options['batch_id']}.")
    return batch
