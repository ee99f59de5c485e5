"""Every citation of a page of docs/, in code, templates or docs, resolves.

A citation names a page, and optionally a place on it: `domain.md §3` is a numbered section,
`workbooks.md, check 9` a row of the checks, `reliability.md, F2` a row of the faults, `feed.md,
Rules` a heading, and `ADR 24` a decision. Likewise, every path of the project that a page names
exists, and every name in a file.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings

ROOT: Final[Path] = settings.BASE_DIR
DOCS: Final = ROOT / "docs"
SUFFIXES: Final = frozenset(
    [".py", ".html", ".md", ".toml", ".yml", ".js", ".css", ".sh", ".cfg", ".ini", ".txt"]
)
NOT_OURS: Final = frozenset(["var", "node_modules", "vendor", "__pycache__"])

BAD_ON_PURPOSE: Final = frozenset([Path(__file__).name, "test_docs_pages.py"])

PAGE: Final = re.compile(r"(?<![\w/.-])((?:[\w.-]+/)*[\w-]+\.md)(?![\w/])")
DECISION: Final = re.compile(r"\bADRs? (\d+)")
CUT_SHORT: Final = re.compile(r"docs/adr/(\d{4})(?![\w-])")
SECTIONS: Final = re.compile(r",? (§\d+(?:(?:, | and | to |–)§\d+)*)(?:, ([a-f])\b)?")
CHECKS: Final = re.compile(r", checks? (\d+b?(?:(?:, | and | to )\d+b?)*)")
FAULTS: Final = re.compile(r",? ([FDSBX]\d+(?:(?:, | and | to )[FDSBX]\d+)*)\b")
HEADINGS: Final = re.compile(r', (?:"([^"]+)"|`(\w+)`|([A-Z]\w+)(?: and ([A-Z]\w+))?)')

NOT_BUILT: Final = ("quickbooks/", "fake_quickbooks/")
"""Apps that are planned but not built yet: docs/roadmap.md."""
PATH: Final = re.compile(r"`([a-z_0-9]+/[\w./-]*)`(?:: `(\w+)`)?")
CLASS: Final = re.compile(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`")
NOT_OUR_CLASSES: Final = frozenset(
    ["BigIntegerField", "DecimalField", "LoginRequiredMiddleware", "QbId"]
)
"""Names from Django, and a column of a workbook."""
NO_PATHS: Final = ("var/", "application/", "mm/")


def texts() -> Iterator[tuple[Path, str]]:
    """Yield every text of the project except the tests that have bad citations on purpose."""
    for folder in (ROOT, *sorted(ROOT.iterdir())):
        if not folder.is_dir() or folder.name.startswith(".") or folder.name in NOT_OURS:
            continue
        found = folder.glob("*") if folder == ROOT else folder.rglob("*")
        for path in sorted(filter(is_ours, found)):
            yield path, path.read_text()


def is_ours(path: Path) -> bool:
    """Return whether this is a text of the project whose citations must resolve."""
    is_text = path.suffix in SUFFIXES or path.name == "Makefile"
    is_among_ours = NOT_OURS.isdisjoint(path.relative_to(ROOT).parts)
    return is_text and is_among_ours and path.name not in BAD_ON_PURPOSE and path.is_file()


def running_text(text: str) -> str:
    """Return a text without the breaks and comment signs between its lines."""
    return re.sub(r"\s*\n\s*(?:(?:#|//|\*|>) )?\s*", " ", text)


def resolved(name: str, citing: Path) -> Path | None:
    """Return the page of this name: beside the citing file, in docs/, or at the root."""
    for folder in (citing.parent, DOCS, DOCS / "adr", ROOT, ROOT / ".github"):
        if (page := folder / name).is_file():
            return page
    return None


def spread(places: str) -> list[str]:
    """Return the single places of "F5 to F7, F9"."""
    found: list[str] = []
    for part in re.split(r", | and ", places):
        first, _, last = part.partition(" to ")
        if last:
            sign = first[0] if not first[0].isdigit() else ""
            numbers = range(int(first.lstrip("§FDSBX")), int(last.lstrip("§FDSBX")) + 1)
            found += [f"{sign}{number}" for number in numbers]
        else:
            found.append(part)
    return found


def missing_places(page: Path, rest: str) -> Iterator[str]:
    """Yield the places cited after a page's name that are not on the page."""
    text = page.read_text()
    if sections := SECTIONS.match(rest):
        for place in spread(sections[1].replace("–", " to ")):
            if not re.search(rf"^## {place[1:]}\. ", text, re.MULTILINE):
                yield place
        if sections[2] and f"({sections[2]})" not in text:
            yield f"({sections[2]})"
    elif page.name == "workbooks.md" and (checks := CHECKS.match(rest)):
        for place in spread(checks[1]):
            if f"\n| {place} |" not in text:
                yield f"check {place}"
    elif page.name == "reliability.md" and (faults := FAULTS.match(rest)):
        for place in spread(faults[1]):
            if f"\n| {place} |" not in text:
                yield place
    elif page.parent == DOCS and (headings := HEADINGS.match(rest)):
        for place in filter(None, headings.groups()):
            if not re.search(rf"^#+ (?:\d+\. )?{re.escape(place)}", text, re.MULTILINE):
                yield f'"{place}"'


def bad_citations(citing: Path, text: str) -> Iterator[str]:
    """Yield every citation of a text that does not resolve."""
    running = running_text(text)
    for cited in PAGE.finditer(running):
        page = resolved(cited[1], citing)
        if page is None:
            yield f"{cited[1]} does not exist"
        else:
            for place in missing_places(page, running[cited.end() :]):
                yield f"{cited[1]} has no {place}"
    for number in (*DECISION.findall(running), *CUT_SHORT.findall(running)):
        if len(list((DOCS / "adr").glob(f"{int(number):04}-*.md"))) != 1:
            yield f"there is no ADR {number}"


def test_every_citation_resolves() -> None:
    found = {
        str(path.relative_to(ROOT)): problems
        for path, text in texts()
        if (problems := list(bad_citations(path, text)))
    }
    assert found == {}


def test_the_rules_of_the_domain_are_cited_all_over_the_code() -> None:
    """The test would be worthless if it found no citations."""
    citing = {path.parts[len(ROOT.parts)] for path, text in texts() if "domain.md §" in text}
    assert citing >= {"invoices", "payments", "accounting", "proof", "docs"}


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("the rule (domain.md §3, d)", []),
        ("domain.md §2, §5 and §8; feed.md, Rules", []),
        ("docs/adr/0024 and ADR 15", []),
        ("reliability.md F5 to F7; workbooks.md, checks 13 to 16", []),
        ("the rule (domain.md §3, f)", []),
        ("broken\n    # over lines: domain.md\n    # §12", ["domain.md has no §12"]),
        ("domain.md §2, §10", ["domain.md has no §10"]),
        ("domains.md §2", ["domains.md does not exist"]),
        ("docs/adr/0001-money.md", ["docs/adr/0001-money.md does not exist"]),
        ("ADR 998; docs/adr/0999…", ["there is no ADR 998", "there is no ADR 0999"]),
        ("workbooks.md, check 21", ["workbooks.md has no check 21"]),
        ("reliability.md, F10 to F12", ["reliability.md has no F12"]),
        ("feed.md, Formats", ['feed.md has no "Formats"']),
        ('architecture.md, "Pipes"', ['architecture.md has no "Pipes"']),
    ],
)
def test_a_bad_citation_is_found(text: str, problems: list[str]) -> None:
    assert list(bad_citations(Path(__file__), text)) == problems


def bad_paths(text: str) -> Iterator[str]:
    """Yield every path, and every name in a code file, that a text names but does not exist."""
    for path, name in PATH.findall(running_text(text)):
        if path.startswith((*NO_PATHS, *NOT_BUILT)):
            continue
        if not (ROOT / path).exists() and not (DOCS / path).exists():
            yield path
        elif name and not re.search(
            rf"^\s*(?:(?:def|class) )?{name}\b", (ROOT / path).read_text(), re.MULTILINE
        ):
            yield f"{path}: {name}"


def test_the_docs_name_paths_and_names_that_exist() -> None:
    pages = [*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    found = {
        str(page.relative_to(ROOT)): problems
        for page in pages
        if (problems := list(bad_paths(page.read_text())))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("`sera_batching/money.py`, `templates/`", []),
        ("`sera_batching/tests/test_citations.py`: `test_every_citation_resolves`", []),
        ("`sera_batching/cash.py`", ["sera_batching/cash.py"]),
        ("`sera_batching/money.py`: `round_half_up`", []),
        (
            "`sera_batching/money.py`: `round_half_down`",
            ["sera_batching/money.py: round_half_down"],
        ),
    ],
)
def test_a_bad_path_is_found(text: str, problems: list[str]) -> None:
    assert list(bad_paths(text)) == problems


def test_the_docs_name_classes_that_exist() -> None:
    classes = {
        name
        for path, text in texts()
        if path.suffix == ".py"
        for name in re.findall(r"^class (\w+)", text, re.MULTILINE)
    }
    pages = [page for page in DOCS.rglob("*.md") if page.name != "quickbooks.md"]
    named = {name for page in pages for name in CLASS.findall(page.read_text())}
    assert named - NOT_OUR_CLASSES - classes == set()
