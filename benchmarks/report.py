"""The results as a table to read and as JSON to keep."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.measuring import Result


def table_of(results: Iterable[Result]) -> str:
    """Return one line per measurement; "≈" marks naive seconds extrapolated from a sample."""
    head = f"{'work':<44}{'size':>9}{'ours s':>9}{'stmts':>7}{'MB':>6}"
    lines = [f"{head}{'naive s':>11}{'MB':>6}{'ratio':>8}  naive way"]
    for one in results:
        mark = "≈" if one.naive_sample else ""
        naive = "" if one.naive_seconds is None else f"{mark}{one.naive_seconds:.2f}"
        ratio = "" if one.ratio is None else f"{one.ratio:.1f}×"
        lines.append(
            f"{one.work:<44}{one.size:>9,}{one.seconds:>9.3f}{_whole(one.statements):>7}"
            f"{_whole(one.peak_mb):>6}{naive:>11}{_whole(one.naive_peak_mb):>6}{ratio:>8}"
            f"  {one.naive}"
        )
    return "\n".join(lines)


def _whole(number: float | None) -> str:
    return "" if number is None else f"{number:.0f}"


def write_json(path: Path, facts: dict[str, Any], results: Iterable[Result]) -> None:
    """Keep the facts of the machine and every result."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"machine": facts, "results": [one.to_json() for one in results]}
    path.write_text(json.dumps(content, indent=2) + "\n")
