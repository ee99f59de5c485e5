"""No page, message, script or document says again what no native speaker would write."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings

ROOT: Final[Path] = settings.BASE_DIR
OLD_PHRASES: Final = (
    r"\bmended\b",
    r"\bmend that\b",
    r">together<",
    r"</strong> together:",
    r"\blife story\b",
    r"\bneeds a person\b",
    r"\blook again\b",
    r"\byour word on it\b",
    r"\bwhat is not possible now\b",
    r"\ballocated anew\b",
    r"\bmade anew\b",
    r"\bbegin anew\b",
    r"\bfree with them\b",
    r"^re-pointed$",
    r"\ba feed brought it\b",
    r"\bevery door\b",
    r">show</button>",
    r"\b(invoice|payment) (insert|update)$",
    r"\b(invoice|payment) (insert|update) in\b",
    r"\bnumbers are never cut\b",
    r"\bnames are never cut\b",
    r"\bit never may\b",
    r"\bmay not sign in\b",
    r"\bis not above 0\.00",
    r"\brefused and not kept\b",
    r"\bis no (date|day|address|workbook|time zone|payment method|row|json|port)\b",
    r"\bchanged meanwhile\b",
    r"\b(un)?tick(ed)? (it|this|that|as)\b",
    r"\bapply ticks\b",
    r"\bclosed up to\b",
    r"\bnamed twice\b",
    r"\bany more: (they|it)\b",
    r"\bis needed no more\b",
    r"\bdisputed no more\b",
    r"\bfor good\b",
)
OLD: Final = re.compile("|".join(OLD_PHRASES), re.IGNORECASE)
SKIPPED_FOLDERS: Final = {
    "tests",
    "migrations",
    "vendor",
    "e2e",
    "proof",
    "faults",
    "benchmarks",
    "var",
    "node_modules",
}


def files(folder: Path, suffix: str) -> list[Path]:
    """Return the files of a folder with this suffix, without tests and what others wrote."""
    return [
        path
        for path in sorted(folder.rglob(f"*{suffix}"))
        if not any(
            part in SKIPPED_FOLDERS or part.startswith(".") for part in path.relative_to(ROOT).parts
        )
    ]


def spaced(text: str) -> str:
    """Return text on one line, with single spaces: a phrase may run over two lines."""
    return re.sub(r"\s+", " ", text)


def strings(source: str) -> Iterator[str]:
    """Yield the texts of Python source but its docstrings, with … for what is put in."""
    tree = ast.parse(source)
    silent: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            silent.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            silent.update(id(part) for part in node.values)
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
            )
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in silent:
            yield str(node.value)


def found_in(path: Path) -> list[str]:
    text = path.read_text()
    texts = strings(text) if path.suffix == ".py" else [text]
    return [match[0] for text in texts for match in OLD.finditer(spaced(text))]


@pytest.mark.parametrize(
    ("folder", "suffix", "fewest"),
    [
        (ROOT, ".py", 300),
        (ROOT / "templates", ".html", 80),
        (ROOT / "static", ".js", 5),
        (ROOT / "docs", ".md", 20),
    ],
)
def test_no_text_says_an_old_phrase(folder: Path, suffix: str, fewest: int) -> None:
    paths = files(folder, suffix)
    assert len(paths) >= fewest
    found = {str(path.relative_to(ROOT)): phrases for path in paths if (phrases := found_in(path))}
    assert found == {}


def test_the_readme_says_no_old_phrase() -> None:
    assert found_in(ROOT / "README.md") == []


@pytest.mark.parametrize(
    "source",
    [
        'say("Everything is mended.")',
        'say(f"Invoice {number} was "\n    f"mended.")',
        'LABEL = "Invoice insert"',
        'raise Refused("The amount is not above 0.00.")',
        'raise Refused(f"“{text}” is no date")',
    ],
)
def test_an_old_phrase_is_found(source: str) -> None:
    assert any(OLD.search(spaced(text)) for text in strings(source))
