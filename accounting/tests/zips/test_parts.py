"""Parts of a large zip by several processes: the same bytes, even if a helper dies."""

import io
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any, BinaryIO, NamedTuple

import pytest

from accounting.models import Batch
from accounting.records.documents import BatchSettings
from accounting.tests.factories import make_batch
from accounting.tests.scenes import make_every_kind
from accounting.workbooks import workbook
from accounting.workbooks.layouts import FILES, WARNINGS, layout
from accounting.workbooks.workbook import write_parts
from accounting.zips import helpers as part_helpers
from accounting.zips import parts
from accounting.zips.parts import Part, plan_parts
from accounting.zips.rows import document_rows
from accounting.zips.write import BuiltZip, write_zip
from invoices.tests.factories import make_origin
from sera_batching.leases import LeaseLost

pytestmark = pytest.mark.django_db(transaction=True)


class Built(NamedTuple):
    """A part that was written, and the inode of its file."""

    part: Part
    inode: int


@pytest.fixture
def batch(monkeypatch: pytest.MonkeyPatch) -> Batch:
    """Four documents of each kind, in parts of at most three rows."""
    monkeypatch.setattr(workbook, "PART_ROWS", 3)
    monkeypatch.setattr(parts, "PART_ROWS", 3)
    monkeypatch.setattr(part_helpers, "WORTH_A_PROCESS", 1)
    origin = make_origin()
    make_every_kind(origin, count=4)
    return make_batch(is_built=False, origin=origin)


@pytest.fixture
def helpers(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[str]]:
    """The helper processes that were started."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: Any, **options: Any) -> subprocess.Popen[str]:
        started.append(subprocess.Popen(*words, **options))
        return started[-1]

    monkeypatch.setattr(part_helpers, "start_process", start)
    return started


@pytest.fixture
def built_here(monkeypatch: pytest.MonkeyPatch) -> list[Built]:
    """The parts that this process writes itself."""
    built: list[Built] = []
    original = parts.build_part

    def build(batch: Batch, part: Part, target: BinaryIO, **options: Any) -> Any:
        built.append(Built(part, os.fstat(target.fileno()).st_ino))
        return original(batch, part, target, **options)

    monkeypatch.setattr(part_helpers, "build_part", build)
    return built


def write(batch: Batch, processes: int, **options: Any) -> tuple[BuiltZip, bytes]:
    target = io.BytesIO()
    built = write_zip(batch, target, processes=processes, **options)
    return built, target.getvalue()


def one_after_the_other(batch: Batch) -> list[tuple[str, int, str]]:
    """Return name, rows and content of each part if one process writes all documents."""
    settings = BatchSettings.from_json(batch.company_settings)

    @contextmanager
    def open_part(_: str) -> Iterator[BinaryIO]:
        yield io.BytesIO()

    return [
        (part.name, part.workbook.rows, part.workbook.content_sha256)
        for file in FILES
        for part in write_parts(
            open_part,
            title=file.title,
            columns=layout(file.number, settings.profile, settings.layout_version),
            documents=document_rows(batch, file.number, settings),
        )
    ]


def contents_of(built: BuiltZip) -> list[tuple[str, int, str]]:
    return [(file.name, file.row_count, file.content_sha256) for file in built.files]


def left_over(var_dir: Path) -> list[str]:
    return sorted(path.name for path in (var_dir / "batches").iterdir())


def test_planned_parts_are_those_of_one_after_the_other(batch: Batch) -> None:
    built, _ = write(batch, 1)
    assert contents_of(built) == one_after_the_other(batch)
    assert [(part.first, part.last, part.rows) for part in plan_parts(batch, 1)] == [
        (1, 1, 2),
        (2, 2, 2),
        (3, 3, 2),
        (4, 4, 2),
    ]
    assert [(part.first, part.last, part.rows) for part in plan_parts(batch, 2)] == [
        (1, 3, 3),
        (4, 4, 1),
    ]
    assert plan_parts(batch, 1, 5) == plan_parts(batch, WARNINGS) == []


def test_a_part_that_weighs_too_much_ends_earlier_and_the_rest_is_planned_anew(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "PART_BYTES", 1)
    built, _ = write(batch, 1)
    assert contents_of(built) == one_after_the_other(batch)
    updates = [file for file in built.files if file.number == 2]
    assert [(file.part, file.document_count) for file in updates] == [
        (1, 1),
        (2, 1),
        (3, 1),
        (4, 1),
    ]


def test_helpers_write_the_same_bytes(
    batch: Batch, built_here: list[Built], helpers: list[subprocess.Popen[str]], var_dir: Path
) -> None:
    _, alone = write(batch, 1)
    parts_in_all = len(built_here)
    built_here.clear()

    def wait_for_helpers(_: int) -> None:
        """Hold this process at its first part until helpers have started all others."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            files = [path.stat() for path in (var_dir / "batches").iterdir()]
            own = {built.inode for built in built_here}
            begun = [file for file in files if file.st_size and file.st_ino not in own]
            if len(begun) >= parts_in_all - 1:
                return
            time.sleep(0.05)

    _, together = write(batch, 3, on_document=wait_for_helpers)
    assert together == alone
    assert [built.part for built in built_here] == [plan_parts(batch, 1)[0]]
    assert [helper.poll() is None for helper in helpers] == [False, False]
    assert left_over(var_dir) == []


def test_a_helper_that_is_killed_leaves_its_part_to_this_process(
    batch: Batch, built_here: list[Built], helpers: list[subprocess.Popen[str]], var_dir: Path
) -> None:
    _, alone = write(batch, 1)
    parts_in_all = len(built_here)
    built_here.clear()
    timer = Timer(2, lambda: helpers[0].kill())

    def stop_at_first(_: int) -> None:
        if not timer.is_alive() and not timer.finished.is_set():
            os.kill(helpers[0].pid, signal.SIGSTOP)
            timer.start()

    _, together = write(batch, 2, on_document=stop_at_first)
    timer.cancel()
    assert together == alone
    assert len(built_here) == parts_in_all
    assert helpers[0].returncode == -signal.SIGKILL
    assert left_over(var_dir) == []


def test_a_builder_that_was_overtaken_takes_its_helpers_along(
    batch: Batch, helpers: list[subprocess.Popen[str]], var_dir: Path
) -> None:
    def lose(_: int) -> None:
        raise LeaseLost

    with pytest.raises(LeaseLost):
        write(batch, 2, on_document=lose)
    assert [helper.returncode for helper in helpers] == [-signal.SIGKILL]
    assert left_over(var_dir) == []


def test_a_small_batch_has_no_helpers(
    batch: Batch, helpers: list[subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part_helpers, "WORTH_A_PROCESS", 20_000)
    write(batch, 2)
    assert helpers == []
