"""Requests and responses as JSON: amounts as text, dates and times as ISO text."""

from datetime import date
from typing import Annotated, Any, Final, Literal, get_args

from ninja import Schema
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from accounting.models import Kind
from accounting.unbatched.filters import NO_DEPARTMENT, Filters
from integrations.api.problems import INVALID, Problem
from invoices.models import Department
from sera_batching.exceptions import Refused
from sera_batching.texts import checked_line

MOST_NAMED: Final = 5_000
"""The number of documents that one request may name; filters can select more."""
LONGEST_NUMBER: Final = 64
LONGEST_SEARCH: Final = 100
LONGEST_NAME: Final = 255

KindName = Literal[
    "invoice_insert",
    "invoice_update",
    "credit_memo",
    "payment_insert",
    "payment_update",
    "journal",
]
TabName = Literal["invoices", "payments"]
assert set(get_args(KindName)) == set(Kind.values)  # noqa: S101  for type checkers


def _iso_day(value: object) -> object:
    """Refuse date formats that Python accepts, but that are not YYYY-MM-DD."""
    if isinstance(value, str):
        try:
            is_plain = date.fromisoformat(value).isoformat() == value
        except ValueError:
            is_plain = False
        if is_plain:
            return value
    raise ValueError("isn't a date; write it like 2026-11-02")


def _line(value: str) -> str:
    try:
        return checked_line(value, label="text")
    except Refused as error:
        raise ValueError(str(error)) from error


Day = Annotated[date, BeforeValidator(_iso_day)]
Line = Annotated[str, AfterValidator(_line)]


class FilterFields(Schema):
    """The filters of Unbatched; a row must match all; dates are inclusive."""

    date_from: Day | None = Field(None, alias="from", description="First day, as YYYY-MM-DD.")
    date_to: Day | None = Field(None, alias="to", description="Last day.")
    department: Annotated[Line, Field(min_length=1, max_length=LONGEST_NAME)] | None = Field(
        None, description=f"Name of a department, or `{NO_DEPARTMENT}` for documents without one."
    )
    kind: KindName | None = Field(None, description="Only rows of this kind.")
    search: Annotated[Line, Field(max_length=LONGEST_SEARCH)] = Field(
        "", description="Part of a document's number or of its customer's name."
    )

    @model_validator(mode="after")
    def _check_days(self) -> "FilterFields":
        if self.date_from and self.date_to and self.date_from > self.date_to:
            raise ValueError("`from` is later than `to`, so nothing can match")
        return self

    def to_values(self) -> dict[str, Any]:
        """Return the arguments of `Filters`; a Problem for an unknown department."""
        return {
            "date_from": self.date_from,
            "date_to": self.date_to,
            "department": _find_department(self.department),
            "kind": self.kind,
            "search": self.search,
        }

    def to_filters(self) -> Filters:
        """Return the value that the services take."""
        return Filters(**self.to_values())


def _find_department(name: str | None) -> int | str | None:
    if name is None:
        return None
    if name.lower() == NO_DEPARTMENT:
        return NO_DEPARTMENT
    department = Department.objects.filter(name__iexact=name).first()
    if department is None:
        reason = f"there is no department “{name}”"
        raise Problem(
            INVALID,
            f"department: {reason}",
            more={"errors": [{"field": "department", "reason": reason}]},
        )
    return department.pk


class DocumentName(Schema):
    """A document by its kind and number."""

    model_config = ConfigDict(extra="forbid")

    kind: KindName
    number: Annotated[Line, Field(min_length=1, max_length=LONGEST_NUMBER)]


class BatchRequest(FilterFields):
    """What to batch: everything that matches the filters, or only the named documents."""

    model_config = ConfigDict(extra="forbid")

    only: TabName | None = Field(None, description="Only one of the two tables.")
    include: list[DocumentName] = Field(
        default_factory=list, max_length=MOST_NAMED, description="Only these."
    )
    exclude: list[DocumentName] = Field(
        default_factory=list, max_length=MOST_NAMED, description="All but these."
    )
    name: Annotated[Line, Field(min_length=1, max_length=LONGEST_NAME)] | None = Field(
        None, description="Name of the batch; the suggested one if omitted."
    )
    dry_run: bool = Field(False, description="Only describe what the batch would be.", strict=True)


class UndoRequest(Schema):
    """Why a batch is undone, and whether dependent batches are undone with it."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=2_000, pattern=r"\S")
    with_dependents: bool = Field(False, strict=True)


class RefusedLine(Schema):
    """A refused line of a feed."""

    line: int
    field: str
    reason: str


class FeedAnswer(Schema):
    """The results of the lines."""

    created: int
    changed: int
    unchanged: int
    refused: int
    dry_run: bool
    problems: list[RefusedLine] = Field(description="The first 1,000 lines that were refused.")


class UnbatchedRowOut(Schema):
    tab: TabName
    kind: KindName
    number: str
    date: date
    department: str | None
    customer: str
    amount: str
    is_blocked: bool = Field(description="A check keeps it from being batched.")


class UnbatchedPage(Schema):
    rows: list[UnbatchedRowOut]
    next_cursor: str | None = Field(description="Null on the last page.")


class BatchSummary(Schema):
    batch: int
    status: Literal["queued", "building", "ready", "failed", "undone"]
    name: str
    created_at: str
    created_by: str
    documents: int
    total: str
    downloads: int
    sha256: str = Field(description="Of the zip; empty while there is none.")
    size: int
    failure: str
    undone_at: str | None
    undo_reason: str
    is_released: bool
    url: str
    zip_url: str | None


class FileOut(Schema):
    documents: int
    rows: int
    total: str


class WarningOut(Schema):
    kind: KindName
    number: str
    customer: str
    check: str
    amount: str | None
    problem: str
    remedy: str


class LeftOutOut(Schema):
    kind: str
    number: str
    reason: str


class BatchDetail(BatchSummary):
    files: dict[str, FileOut]
    warnings: list[WarningOut]
    left_out: list[LeftOutOut] = Field(
        description="What was asked for but left out; only in the response that made the batch."
    )


class BatchPreview(Schema):
    """A preview of a batch."""

    name: str
    files: dict[str, FileOut]
    warnings: list[WarningOut]
    left_out: list[LeftOutOut]


class BatchPage(Schema):
    batches: list[BatchSummary]
    next_cursor: str | None


class ReturnedOut(Schema):
    kind: KindName
    documents: int
    total: str
    newer: int = Field(description="How many of them have a newer version now.")


class UndoAnswer(Schema):
    undone: list[int] = Field(description="Newest first; dependents too.")
    released: list[int]
    returned: list[ReturnedOut] = Field(description="What is unbatched again.")
    refunds_freed: int


class InvalidField(Schema):
    field: str
    reason: str


class ProblemOut(Schema):
    """A problem (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[InvalidField] | None = None
    dependents: list[int] | None = None
    problems: list[RefusedLine] | None = None
