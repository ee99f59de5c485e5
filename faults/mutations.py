"""Breaking the design on purpose: the tests that guard a rule must notice that it is gone.

`make test-mutations` copies the tree, takes one rule away at a time and runs the tests that are
about it: they must fail. Before that they run on the tree as it is: they must pass. Tests that do
not end in time noticed something too. A mutation that no longer matches the code is an error: fix
it in `design.py` together with that code.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from faults.design import MUTATIONS, Mutation

ROOT: Final = Path(__file__).resolve().parent.parent
LEFT_OUT: Final = shutil.ignore_patterns(
    ".git", ".venv", "var", "__pycache__", ".*_cache", ".hypothesis", "node_modules"
)
LONGEST_SECONDS: Final = int(os.environ.get("MUTATION_SECONDS", "600"))
"""The time limit for the tests of one mutation, broken or not; usually they take a tenth."""
PASSED: Final = 0
FAILED: Final = 1
"""What pytest exits with when tests failed; anything else means that they did not run."""


@dataclass(frozen=True, slots=True)
class Run:
    """Tests that were run: pytest's code (None: they did not end in time), output, seconds."""

    code: int | None
    said: str
    seconds: float

    @property
    def why(self) -> str:
        """Return the first failure in one line, or what happened instead of one."""
        if self.code is None:
            return f"did not end in {LONGEST_SECONDS} s"
        _, _, summary = self.said.rpartition("short test summary info")
        failures = [line for line in summary.splitlines() if line.startswith(("FAILED", "ERROR"))]
        return failures[0].partition(" ")[2][:120] if failures else f"pytest: {self.code}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of one mutation."""

    name: str
    is_good: bool
    said: str
    seconds: float = 0.0

    def __str__(self) -> str:
        """Return a line of the table."""
        mark = "ok   " if self.is_good else "WRONG"
        return f"{mark} {self.seconds:4.0f} s  {self.name:42} {self.said}"


def run_tests(
    tree: Path, tests: tuple[str, ...], *, on_postgres: bool, database: str, is_new: bool
) -> Run:
    """Run tests in a tree, on a database made now or before; kill them when they take too long."""
    url = os.environ.get("DATABASE_URL", "") if on_postgres else ""
    prefix = os.environ.get("TEST_DATABASE_NAME", "test_sera")
    name = f"{prefix}_{database}" if on_postgres else str(tree / "var" / f"{database}.sqlite3")
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "TEST_DATABASE_NAME": name,
        "VAR_DIR": str(tree / "var"),
    }
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", ""]
    output = tree / "var" / "output.txt"
    begun = time.monotonic()
    with output.open("w") as file:
        process = subprocess.Popen(
            [*words, "--reuse-db", *(["--create-db"] if is_new else []), *tests],
            cwd=tree,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code: int | None = process.wait(timeout=LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _kill_group(process)
    return Run(code, output.read_text(errors="replace"), time.monotonic() - begun)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """End the tests with what they started: servers and workers must not meet the next run."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Mutator:
    """A copy of the tree in which rules are taken away, one at a time."""

    def __init__(self, tree: Path) -> None:
        """Begin with a tree as it is, and no database."""
        self.tree = tree
        self.controls: dict[tuple[tuple[str, ...], bool], Run] = {}

    def control(self, mutation: Mutation) -> Run:
        """Run the tests of a mutation where nothing is broken, once for all that share them."""
        key = mutation.tests, mutation.on_postgres
        if key not in self.controls:
            is_first = all(on_postgres != mutation.on_postgres for _, on_postgres in self.controls)
            self.controls[key] = run_tests(
                self.tree,
                mutation.tests,
                on_postgres=mutation.on_postgres,
                database="mutations",
                is_new=is_first,
            )
        return self.controls[key]

    def verdict_on(self, mutation: Mutation) -> Verdict:
        """Take one rule away, run its tests, and put it back."""
        if mutation.on_postgres and not os.environ.get("DATABASE_URL"):
            return Verdict(mutation.name, False, "needs PostgreSQL: DATABASE_URL is not set")
        path = self.tree / mutation.path
        text = path.read_text()
        if text.count(mutation.old) != 1:
            return Verdict(mutation.name, False, f"does not fit {mutation.path}")
        control = self.control(mutation)
        if control.code != PASSED:
            print(control.said[-3000:])
            said = f"its tests fail without it: {control.why}"
            return Verdict(mutation.name, False, said, control.seconds)
        path.write_text(text.replace(mutation.old, mutation.new))
        is_about_tables = "/migrations/" in mutation.path
        try:
            run = run_tests(
                self.tree,
                mutation.tests,
                on_postgres=mutation.on_postgres,
                database="mutated_tables" if is_about_tables else "mutations",
                is_new=is_about_tables,
            )
        finally:
            path.write_text(text)
        return judge(mutation, run)


def judge(mutation: Mutation, run: Run) -> Verdict:
    """Return whether the tests noticed: failures and timeouts count, everything else does not."""
    if run.code == PASSED:
        return Verdict(mutation.name, False, "NOT NOTICED", run.seconds)
    if run.code not in (FAILED, None):
        print(run.said[-3000:])
        said = f"the tests did not run, pytest ended with {run.code}"
        return Verdict(mutation.name, False, said, run.seconds)
    return Verdict(mutation.name, True, f"noticed: {run.why}", run.seconds)


def main() -> int:
    """Print a line for each mutation and a table at the end; return 0 when each was noticed."""
    parser = argparse.ArgumentParser(prog="python -m faults.mutations", description=__doc__)
    parser.add_argument("words", nargs="*", help="only mutations whose name contains one of these")
    words = parser.parse_args().words
    chosen = [each for each in MUTATIONS if not words or any(word in each.name for word in words)]
    verdicts = []
    with tempfile.TemporaryDirectory(prefix="sera-mutations-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        (tree / "var").mkdir()
        mutator = Mutator(tree)
        for mutation in chosen:
            print(f"{mutation.name} …", flush=True)
            verdicts.append(mutator.verdict_on(mutation))
            print(verdicts[-1], flush=True)
    print("", *verdicts, sep="\n")
    wrong = sum(not verdict.is_good for verdict in verdicts)
    print(f"\n{len(verdicts) - wrong} of {len(verdicts)} mutations were noticed.")
    return 1 if wrong or not verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
