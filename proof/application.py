"""The application as a person meets it: the feed goes in, lists and zips come out."""

import datetime
import io
import json
import logging
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.test import override_settings

from accounting.batches.confirm import confirm_draft
from accounting.batches.drafts import make_draft
from accounting.batches.undo import release_batch, undo_batch
from accounting.batches.undo_plan import plan_undo
from accounting.invariants import INVARIANTS
from accounting.invariants.guards import constraints_are_in_place, frozen_tables_are_guarded
from accounting.models import OPENING_BATCH_ID, Batch, FollowUp
from accounting.unbatched.block_reasons import block_reasons
from accounting.unbatched.filters import Filters
from accounting.unbatched.flags import key_of
from accounting.unbatched.rows import ROW_COLUMNS, every_source
from accounting.unbatched.rows import UnbatchedRow as ApplicationRow
from accounting.unbatched.selection import NamedDocuments
from accounting.zips import storage
from accounting.zips.build import build_batch, retry_batch
from accounting.zips.write import write_zip
from feed.importer import import_lines
from invoices.models import Department
from proof.batching import Selection, UnbatchedRow
from proof.documents import Record
from proof.pages import act
from proof.zips import read_zip
from sera_batching.company import CompanyValues, change_company
from sera_batching.exceptions import DomainError, Refused
from sera_batching.models import Company
from sera_batching.origin import Origin
from sera_batching.roles import ensure_operations_user

OF_TABLES: Final = (constraints_are_in_place, frozen_tables_are_guarded)
"""The invariants about tables, not rows; checking them takes longer than all others."""


class Application:
    """The application in the database at hand, driven by the user of the commands."""

    def __init__(self) -> None:
        """Take what the database has; ids of batches are told in the order of their making."""
        self.origin = Origin(user=ensure_operations_user(), channel="command")
        self.batch_ids: list[int] = [OPENING_BATCH_ID]

    # In

    def feed(self, record: Record) -> tuple[str, str]:
        """Import a record, or act on a page; return created … or refused, and the reason."""
        if record["type"] == "page":
            refused = act(record, self.origin)
            return ("refused", refused) if refused else ("acted", "")
        reasons: list[str] = []
        report = import_lines(
            io.BytesIO(json.dumps(record).encode() + b"\n"),
            source="history.jsonl",
            origin=self.origin,
            on_problem=lambda problem: reasons.append(f"{problem.field}: {problem.reason}"),
        )
        (outcome,) = (name for name, count in report.to_json().items() if count)
        return outcome, " ".join(reasons)

    def close_books(self, closing_date: datetime.date | None) -> None:
        """Change the closing date in the settings."""
        company = Company.current()
        values = {field.name: getattr(company, field.name) for field in fields(CompanyValues)}
        values["closing_date"] = closing_date
        change_company(values=CompanyValues(**values), origin=self.origin)

    def make_batch(self, selection: Selection, *, fails: bool = False) -> bool:
        """Draft, confirm and build; return False if the application has nothing to batch."""
        draft_id = self.draft(selection)
        return draft_id is not None and self.confirm(draft_id, fails=fails)

    def draft(self, selection: Selection) -> UUID | None:
        """Open the confirmation window; None when there is nothing to batch."""
        filters = Filters(
            date_from=selection.date_from,
            date_to=selection.date_to,
            department=_department(selection.department),
            kind=selection.kind,
            search=selection.search,
        )
        choice = NamedDocuments(
            only_tab=selection.only,
            include=[_pair(name) for name in selection.include],
            exclude=[_pair(name) for name in selection.exclude],
        )
        try:
            draft = make_draft(origin=self.origin, choice=choice, filters=filters)
        except Refused:
            return None
        return draft.pk

    def confirm(self, draft_id: UUID, *, fails: bool = False) -> bool:
        """Confirm a draft without what moved, and build; return False when nothing is left."""
        try:
            batch = confirm_draft(
                draft_id=draft_id,
                name="Batch",
                origin=self.origin,
                leaves_out_moved=True,
                is_built_here=True,
            ).batch
        except Refused:
            return False
        self.batch_ids.append(batch.pk)
        self._build(batch.pk, fails=fails)
        return True

    def _build(self, batch_id: int, *, fails: bool) -> None:
        if fails:
            logging.disable(logging.CRITICAL)
            with override_settings(VAR_DIR=Path("/dev/null/nowhere")):
                assert not build_batch(batch_id=batch_id)
            logging.disable(logging.NOTSET)
        else:
            assert build_batch(batch_id=batch_id)

    def retry(self, number: int) -> None:
        """Build a failed batch again."""
        retry_batch(batch_id=self.batch_ids[number], origin=self.origin)
        self._build(self.batch_ids[number], fails=False)

    def undo(self, number: int, *, with_dependents: bool, releases: bool = False) -> bool:
        """Undo or release a batch; return whether the application agreed."""
        service = release_batch if releases else undo_batch
        try:
            service(
                batch_id=self.batch_ids[number],
                reason="a test",
                origin=self.origin,
                with_dependents=with_dependents,
            )
        except DomainError:
            return False
        return True

    # Out

    def rows(self) -> list[ApplicationRow]:
        """Return the rows of Unbatched as they are now."""
        profile = Company.current().profile
        return [
            ApplicationRow(*values)
            for source in every_source(profile)
            for values in source.values_list(*ROW_COLUMNS)
        ]

    def blocked(self, rows: Sequence[ApplicationRow]) -> list[str]:
        """Return the names of the rows that cannot be selected, sorted."""
        blocked = [row for row in rows if row.is_blocked]
        reasons = block_reasons(rows, Company.current().profile)
        assert set(reasons) == {key_of(row) for row in blocked}
        return sorted(f"{row.kind}:{row.number}" for row in blocked)

    def unbatched(self) -> list[UnbatchedRow]:
        """Return the rows of Unbatched, sorted."""
        return self.sorted_rows(self.rows())

    def sorted_rows(self, rows: Sequence[ApplicationRow]) -> list[UnbatchedRow]:
        """Return the rows in the words of the model, sorted."""
        return sorted(
            (
                UnbatchedRow(
                    row.kind, row.number, row.date, row.department, row.customer, row.amount_cents
                )
                for row in rows
            ),
            key=lambda row: (row.kind, row.number),
        )

    def dependents(self, number: int) -> list[int]:
        """Return the numbers of the batches to undo before this one, newest first."""
        plan = plan_undo(Batch.objects.get(pk=self.batch_ids[number]))
        return [self.batch_ids.index(batch.pk) for batch in plan.dependents]

    def open_follow_ups(self) -> set[tuple[str, str]]:
        """Return cause and number of what is still to be done."""
        return {
            (entry.cause, about.number)
            for entry in FollowUp.objects.open().for_list()
            for about in [entry.invoice or entry.payment or entry.customer]
            if about is not None
        }

    def breaches(self) -> list[str]:
        """Return what `manage.py check_books` finds, but for tables that no history touches."""
        return [
            f"{invariant.__name__}: {breach.to_json()}"
            for invariant in INVARIANTS
            if invariant not in OF_TABLES
            for breach in invariant()
        ]

    def status(self, number: int) -> str:
        """Return the status of a batch."""
        return Batch.objects.get(pk=self.batch_ids[number]).status

    def files(self, number: int) -> dict[int, list[tuple[Any, ...]]]:
        """Return the contents of the files of a batch, as openpyxl reads them."""
        batch = Batch.objects.get(pk=self.batch_ids[number])
        with storage.open_key(batch.storage_key) as file:
            return read_zip(file.read())

    def totals(self, number: int) -> dict[int, int]:
        """Return the total of each file of a batch as the application states it, in cents."""
        batch = Batch.objects.get(pk=self.batch_ids[number])
        return {file.number: file.total_cents for file in batch.files.all()}

    def content_is_reproducible(self, number: int) -> bool:
        """Return whether building a batch again gives the recorded content."""
        batch = Batch.objects.get(pk=self.batch_ids[number])
        built = write_zip(batch, io.BytesIO())
        return (built.content_sha256, built.sha256) == (batch.content_sha256, batch.sha256)


def _pair(name: str) -> tuple[str, str]:
    kind, _, number = name.partition(":")
    return kind, number


def _department(name: str | None) -> int | str | None:
    if name is None or name == "none":
        return name
    return Department.objects.get(name=name).pk
