"""Fills an empty database with the demo company, through the services that everything uses."""

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from accounting.batches.confirm import confirm_draft
from accounting.batches.drafts import make_draft
from accounting.models import Batch
from accounting.unbatched.filters import Filters
from accounting.unbatched.selection import NamedDocuments
from accounting.zips.build import build_batch
from accounting.zips.downloads import mark_loaded
from demo.amounts import Content
from demo.business import FEWEST_INVOICES, tell
from demo.catalogue import COMPANY_NAME
from demo.merging import as_one_feed
from demo.mistakes import CLOSED_UP_TO
from demo.script import PHASES, Phase, Script
from feed.chunks import FeedReport
from feed.importer import import_lines
from feed.parsing import Problem
from invoices.models import Customer
from sera_batching import audit
from sera_batching.company import CompanyValues, change_company
from sera_batching.exceptions import Refused
from sera_batching.models import AuditEvent, Company
from sera_batching.origin import Origin

SEEDED: Final = "demo.seeded"
BATCH_NAMES: Final = {Phase.FIRST: "September to mid-October", Phase.SECOND: "To November 6"}


def demo_records(*, seed: int, invoices: int) -> Iterator[Content]:
    """Yield the company as one feed: each document once, in its last version.

    Raises Refused for fewer invoices than the stories need.
    """
    script = _script(seed, invoices)
    return as_one_feed([script.records[phase] for phase in PHASES])


def seed_demo(*, seed: int, invoices: int, origin: Origin) -> FeedReport | None:
    """Fill an empty database; None, with nothing changed, if it was filled before.

    Imports one phase after another and batches the first ones, so that Unbatched then has every
    kind of row. Raises Refused for a database that has customers of its own, and NotAllowed.
    """
    if AuditEvent.objects.filter(action=SEEDED).exists():
        return None
    if Customer.objects.exists():
        raise Refused("There are already customers here: the demo only fills an empty database.")
    script = _script(seed, invoices)
    _set_up_company(origin)
    report = FeedReport()
    for phase in PHASES:
        report.add(_feed(phase, script.records[phase], origin))
        if phase in BATCH_NAMES:
            _make_batch(BATCH_NAMES[phase], origin)
    _load_into_quickbooks(Batch.objects.get(name=f"{BATCH_NAMES[Phase.FIRST]}.zip"), origin)
    audit.record(
        origin=origin,
        action=SEEDED,
        target=Company.current(),
        after={"seed": seed, "invoices": invoices},
    )
    return report


def _script(seed: int, invoices: int) -> Script:
    if invoices < FEWEST_INVOICES:
        raise Refused(f"The demo needs at least {FEWEST_INVOICES} invoices to show every case.")
    script = Script(seed)
    tell(script, invoices)
    return script


def _set_up_company(origin: Origin) -> None:
    company = Company.current()
    values = CompanyValues(
        **{name: getattr(company, name) for name in CompanyValues.__dataclass_fields__}
    )
    values = replace(values, name=COMPANY_NAME, closing_date=CLOSED_UP_TO)
    change_company(values=values, origin=origin)


def _feed(phase: Phase, records: Iterable[Content], origin: Origin) -> FeedReport:
    lines = "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)
    refused: list[Problem] = []
    report = import_lines(
        io.BytesIO(lines.encode()),
        source=f"demo-{phase.name.lower()}.jsonl",
        origin=origin,
        on_problem=refused.append,
    )
    if refused:
        raise Refused(f"The demo does not fit the rules: {refused[0]}")
    return report


def _make_batch(name: str, origin: Origin) -> None:
    """Batch everything that is unbatched, and build the zip in this process."""
    draft = make_draft(origin=origin, choice=NamedDocuments(), filters=Filters())
    confirmation = confirm_draft(
        draft_id=draft.pk, name=name, origin=origin, leaves_out_moved=True, is_built_here=True
    )
    build_batch(batch_id=confirmation.batch.pk)


def _load_into_quickbooks(batch: Batch, origin: Origin) -> None:
    for file in batch.files.all():
        mark_loaded(file=file, is_loaded=True, origin=origin)
