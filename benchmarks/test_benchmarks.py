"""Tests that the benchmarks run and store their results; never how long anything took."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from accounting.invariants import find_breaches
from accounting.models import BatchItem
from benchmarks.books import size_of
from benchmarks.data import make_books
from invoices.models import Invoice
from payments.models import Payment


@pytest.mark.django_db
def test_books_made_in_bulk_break_no_invariant_and_are_made_once() -> None:
    make_books(size_of(documents=700, unbatched=250))
    assert list(find_breaches()) == []
    counts = (Invoice.objects.count(), Payment.objects.count(), BatchItem.objects.count())
    assert counts == (420, 280, 450)
    with pytest.raises(RuntimeError, match="has documents"):
        make_books(size_of(documents=10, unbatched=10))


@pytest.mark.slow
@pytest.mark.django_db
def test_a_tiny_run_measures_everything_and_writes_its_json(tmp_path: Path) -> None:
    report = tmp_path / "reports" / "bench.json"
    sizes = ["--invoices", "25", "--payments", "15", "--batched-invoices", "10"]
    sizes += ["--batched-payments", "5", "--rows", "10", "--feed", "3", "--repeat", "1"]
    command = [sys.executable, "-m", "benchmarks", *sizes, "--json", str(report)]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(report.read_text())
    assert set(found["machine"]) == {
        *("at", "python", "zlib", "machine", "cores", "load_at_start", "database"),
    }
    assert {one["work"]: one["size"] for one in found["results"] if one["naive"]} == {
        "workbook alone, rows": 10,
        "invoices: totals": 25,
        "payments: totals": 15,
        "confirm window: draft and preview": 40,
        "claim: look again, lay out, write": 40,
        "items to zip": 40,
        "undo: its window, then the undo": 40,
        "feed of invoices of five lines": 3,
        "feed of customer, job, invoice, payment in turn": 12,
    }
    assert "times_faster" in found["results"][0]
    assert "items to zip" in done.stdout
