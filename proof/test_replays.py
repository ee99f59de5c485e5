"""A printed history can be played again by a person: with the commands that it names."""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from string import Template
from typing import Any, Final

import pytest
from django.conf import settings as project_settings
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings

from accounting.models import Batch
from proof.application import Application
from proof.batching import Selection
from proof.documents import Record
from proof.history import ID_OF, History
from proof.world import beginning

INVOICE: Final[Record] = {
    "type": "invoice",
    "number": "0101",
    "customer": "C1",
    "job": None,
    "department": "HVAC",
    "status": "finalized",
    "date": "2026-11-02",
    "due_date": "2026-12-02",
    "terms": "Net 30",
    "memo": "it's $HOME",
    "message": "",
    "tax": None,
    "lines": [
        {
            "item": "Repair",
            "description": "Capacitor",
            "quantity": "1",
            "rate": "100.00",
            "amount": "100.00",
            "taxable": True,
            "class": "HVAC",
            "service_date": None,
        }
    ],
}
PAYMENT: Final[Record] = {
    "type": "payment",
    "number": "P1",
    "customer": "C1",
    "job": None,
    "date": "2026-11-05",
    "method": "check",
    "amount": "60.00",
    "reference": "",
    "memo": "",
    "settled": True,
    "allocations": [{"invoice": "0101", "amount": "60.00"}],
}


class _Lived:
    """A history that happens in the application and is written down."""

    def __init__(self) -> None:
        self.application = Application()
        self.history = History()

    def feed(self, record: Record) -> None:
        self.history.feed(record)
        assert self.application.feed(record)[0] in ("created", "changed")

    def batch(self, selection: Selection, *, fails: bool = False) -> None:
        number = len(self.application.batch_ids)
        self.history.make_batch(selection, number=number, fails=fails)
        assert self.application.make_batch(selection, fails=fails)

    def undo(self, number: int, *, with_dependents: bool, releases: bool = False) -> None:
        self.history.undo(number, with_dependents=with_dependents)
        assert self.application.undo(number, with_dependents=with_dependents, releases=releases)


def _live() -> _Lived:
    lived = _Lived()
    for record in [*beginning(), INVOICE, {**INVOICE, "number": "102"}, PAYMENT]:
        lived.feed(record)
    lived.batch(Selection(include=("invoice_insert:0101",)))
    lived.feed({**INVOICE, "memo": "second visit"})
    lived.batch(Selection(only="invoices", department="HVAC"))
    lived.batch(Selection(), fails=True)
    lived.undo(3, with_dependents=False, releases=True)
    lived.undo(1, with_dependents=True)
    lived.batch(Selection(exclude=("invoice_insert:102",)))
    return lived


def _state() -> tuple[Any, ...]:
    application = Application()
    batches = [
        (batch.status, batch.document_count, sorted(file.total_cents for file in batch.files.all()))
        for batch in Batch.objects.order_by("pk")
    ]
    follow_ups = application.open_follow_ups()
    rows = application.rows()
    return application.sorted_rows(rows), application.blocked(rows), follow_ups, batches


def _play(printed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run what is printed as a shell would, in this process."""
    lines = iter(printed.splitlines())
    assert next(lines) == ID_OF
    ids: dict[str, str] = {}
    for line in lines:
        if line.startswith("#"):
            continue
        kept = re.fullmatch(r"(\w+)=\$\((.*) \| id_of\)", line)
        words = shlex.split(Template(kept[2] if kept else line).safe_substitute(ids))
        fails = "VAR_DIR=/dev/null/nowhere" in words
        command = words[words.index("manage.py") + 1 :]
        if "<<FEED" in command:
            fed = iter(lambda: next(lines), "FEED")
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("\n".join(fed).encode())))
            command.remove("<<FEED")
        folder = Path("/dev/null/nowhere") if fails else project_settings.VAR_DIR
        ends = pytest.raises(SystemExit) if fails else contextlib.nullcontext()
        told = io.StringIO()
        with override_settings(VAR_DIR=folder), ends:
            call_command(*command, stdout=told, stderr=io.StringIO())
        if kept:
            (ids[kept[1]],) = re.findall(r"^Batch (\d+):", told.getvalue(), re.MULTILINE)


@pytest.mark.django_db
def test_a_printed_history_leads_to_the_same_state(monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction.atomic():
        lived = _live()
        meant = _state()
        transaction.set_rollback(True)
    assert _state() != meant
    _play(str(lived.history), monkeypatch)
    assert _state() == meant


def test_a_printed_history_is_a_script_for_a_shell(tmp_path: Path) -> None:
    history = History()
    history.feed(INVOICE)
    history.make_batch(Selection(kind="journal"), number=None)
    history.make_batch(Selection(search="it's"), number=1, fails=True)
    history.retry(1)
    history.undo(1, with_dependents=True)
    python = tmp_path / "python"
    python.write_text(
        '#!/bin/sh\necho "$VAR_DIR|$*"\n'
        'case "$*" in *import_feed*) cat;; *make_batch*) echo "Batch 47: Batch_1, ready";; esac\n'
    )
    python.chmod(0o755)
    told = subprocess.run(
        ["/bin/sh", "-eu", "-c", str(history)],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "VAR_DIR": "var"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    ).stdout
    heading, fed, nothing, _, batch, made, undo, listing = told.splitlines()
    assert heading == "var|manage.py import_feed -"
    assert "it's $HOME" in fed
    assert nothing == "var|manage.py make_batch --here --kind journal"
    assert batch == "/dev/null/nowhere|manage.py make_batch --here --search it's"
    assert made == "Batch 47: Batch_1, ready"
    assert undo == "var|manage.py undo_batch 47 --reason a test --yes --with-dependents"
    assert listing == "var|manage.py unbatched --json"
