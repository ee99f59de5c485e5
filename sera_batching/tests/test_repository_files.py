"""The files that a hosting site reads: issue forms, the workflow, license and security."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from django.conf import settings

from sera_batching import __version__

GITHUB: Final = settings.BASE_DIR / ".github"
FORMS: Final = sorted((GITHUB / "ISSUE_TEMPLATE").glob("[0-9]-*.yml"))
PAGES: Final = sorted(settings.BASE_DIR.glob("*.md")) + sorted(GITHUB.glob("*.md"))
LINK: Final = re.compile(r"!?\[[^\]]+\]\(([^)\s]+)\)")
QUESTIONS: Final = {"input", "textarea", "dropdown", "checkboxes"}


def load(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text())
    assert isinstance(content, dict)
    return content


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    return load(GITHUB / "workflows" / "ci.yml")


def commands_of(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def test_every_yaml_file_can_be_read() -> None:
    found = sorted(GITHUB.rglob("*.yml"))
    assert len(found) >= 5
    for path in found:
        assert load(path), path


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_for_issues_has_what_the_site_requires(path: Path) -> None:
    form = load(path)
    assert form["name"]
    assert form["description"]
    questions = [part for part in form["body"] if part["type"] != "markdown"]
    assert {part["type"] for part in questions} <= QUESTIONS
    ids = [part["id"] for part in questions]
    assert len(ids) == len(set(ids))
    assert all(part["attributes"]["label"] for part in questions)
    assert any(part.get("validations", {}).get("required") for part in questions)
    for part in questions:
        options = part["attributes"].get("options", [])
        assert all(isinstance(option, str) for option in options), part["id"]
        assert len(options) == len(set(options)), part["id"]


def test_an_issue_begins_with_a_form() -> None:
    assert len(FORMS) == 3
    assert load(GITHUB / "ISSUE_TEMPLATE" / "config.yml") == {"blank_issues_enabled": False}


def test_the_workflow_runs_what_a_developer_runs(workflow: dict[str, Any]) -> None:
    assert "bash .ci/run" in commands_of(workflow["jobs"]["everything"])
    assert (settings.BASE_DIR / ".ci" / "run").is_file()
    python = workflow["jobs"]["python"]
    assert commands_of(python) == ["make test PYTHON=python"]
    assert python["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]


def test_the_workflow_may_read_only_and_ends(workflow: dict[str, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]["group"]
    for job in workflow["jobs"].values():
        assert "permissions" not in job
        assert 0 < job["timeout-minutes"] <= 60


def test_the_license_is_mit_and_this_version_gets_security_fixes() -> None:
    assert (settings.BASE_DIR / "LICENSE").read_text().startswith("MIT License\n")
    minor = ".".join(__version__.split(".")[:2])
    assert f"| {minor} | yes |" in (settings.BASE_DIR / "SECURITY.md").read_text()


def test_a_pull_request_is_asked_for_the_two_words() -> None:
    template = (GITHUB / "PULL_REQUEST_TEMPLATE.md").read_text()
    assert "`make check` and `make test` pass" in template


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_of_a_page_outside_docs_leads_to_a_file(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text()) if "://" not in target]
    names = [target.partition("#")[0] or page.name for target in targets]
    assert [name for name in names if not (page.parent / name).is_file()] == []


def test_the_readme_begins_with_the_two_words_and_shows_the_flow() -> None:
    readme = (settings.BASE_DIR / "README.md").read_text()
    assert readme.startswith("# Sera Batching\n\n```\nmake demo\nmake test\n```\n")
    assert "docs/img/flow.svg" in LINK.findall(readme)
    ElementTree.parse(settings.BASE_DIR / "docs" / "img" / "flow.svg")  # noqa: S314  our own file


def test_the_readme_names_targets_that_exist() -> None:
    makefile = (settings.BASE_DIR / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    readme = (settings.BASE_DIR / "README.md").read_text()
    assert set(re.findall(r"`make ([a-z0-9-]+)", readme)) <= targets
