"""The pages under docs/ are all in the navigation, and each of their links resolves.

The site generator checks the same (`make docs`), but it is not needed here. A link works on the
site only if it stays inside docs/: the README and CONTRIBUTING are named there, not linked.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from django.conf import settings

DOCS: Final[Path] = settings.BASE_DIR / "docs"
PAGES: Final = sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))
CODE: Final = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
FENCED: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
HEADING: Final = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
LINK: Final = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]*)\)")
LIST_ITEM: Final = re.compile(r"[ >]*(?:[-*]|\d+\.) ")


def navigation(entries: Any) -> Iterator[str]:
    """Yield the pages that the navigation of mkdocs.yml names, in its order."""
    for entry in entries:
        value = next(iter(entry.values())) if isinstance(entry, dict) else entry
        if isinstance(value, list):
            yield from navigation(value)
        else:
            yield value


def anchor(heading: str) -> str:
    """Return the id that the site gives to a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.sub(r"[^\w\s-]", "", plain).strip().lower()
    return re.sub(r"[-\s]+", "-", words)


def anchors_of(page: Path) -> set[str]:
    return {anchor(heading) for heading in HEADING.findall(FENCED.sub("", page.read_text()))}


def problem_of_link(page: Path, target: str) -> str | None:
    """Return what is wrong with a link of a page, if anything."""
    if re.match(r"https?://", target):
        return None
    name, _, fragment = target.partition("#")
    linked = (page.parent / name).resolve() if name else page
    if not linked.is_relative_to(DOCS):
        return f"{target} leads out of docs/"
    if not linked.is_file():
        return f"{target} does not exist"
    if fragment and fragment not in anchors_of(linked):
        return f"{target}: there is no such heading"
    return None


def test_every_page_is_in_the_navigation_once() -> None:
    configuration = yaml.safe_load((settings.BASE_DIR / "mkdocs.yml").read_text())
    assert sorted(navigation(configuration["nav"])) == PAGES


def test_the_index_names_every_decision() -> None:
    index = (DOCS / "adr" / "index.md").read_text()
    decisions = sorted(path.name for path in (DOCS / "adr").glob("[0-9]*.md"))
    assert [target for _, target in LINK.findall(index)] == decisions
    assert decisions


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_to_a_page_and_a_heading(name: str) -> None:
    page = DOCS / name
    links = LINK.findall(CODE.sub("", page.read_text()))
    assert [found for _, target in links if (found := problem_of_link(page, target))] == []


@pytest.mark.parametrize("name", PAGES)
def test_no_page_fetches_a_picture_from_elsewhere(name: str) -> None:
    pictures = [target for mark, target in LINK.findall((DOCS / name).read_text()) if mark]
    assert [target for target in pictures if "//" in target] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_list_begins_after_a_blank_line(name: str) -> None:
    """Without it the site shows the list as a paragraph, unlike other renderers."""
    lines = FENCED.sub("", (DOCS / name).read_text()).splitlines()
    faults = []
    for before, line in itertools.pairwise(lines):
        begins = LIST_ITEM.match(line) and before.strip(" >") and not LIST_ITEM.match(before)
        if begins and not before.startswith((" ", ">  ")) and not line.startswith(" "):
            faults.append(line)
    assert faults == []


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("domain.md", None),
        ("domain.md#8-batches-and-undo", None),
        ("#1-the-job", None),
        ("https://www.standardwebhooks.com/", None),
        ("domains.md", "domains.md does not exist"),
        ("../CONTRIBUTING.md", "../CONTRIBUTING.md leads out of docs/"),
        ("domain.md#10-nothing", "domain.md#10-nothing: there is no such heading"),
    ],
)
def test_a_bad_link_is_found(target: str, problem: str | None) -> None:
    assert problem_of_link(DOCS / "domain.md", target) == problem
