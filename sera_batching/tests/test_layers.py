"""No app refers in a string to something of an app above it; imports alone do not show that.

The first contract of import-linter in pyproject.toml defines the layers. A lower app that needs
something of a higher one offers a registry, such as `sera_batching/navigation.py`.
"""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pytest
from django.apps import apps
from django.conf import settings
from django.template import engines
from django.urls import URLPattern, URLResolver, get_resolver

ROOT: Final[Path] = settings.BASE_DIR
TEMPLATES: Final = ROOT / "templates"

NAMESPACES: Final = {"api": "integrations"}
"""URL namespaces whose name differs from their app's."""

ROOT_NAMES: Final = {"home": "accounting", "search": "backoffice"}
"""URL names without a namespace that a higher app gives its page."""

NOTHING: Final = re.compile(r"(?!)")

WIRING: Final = frozenset(["sera_batching/settings.py", "sera_batching/urls.py"])
"""What assembles the apps has to name them: installed apps, the beat schedule, the URLs."""

ALLOWED: Final = {
    ("templates/base.html", "home"): "the product's name in the header leads to the first page",
    ("templates/403.html", "home"): "a refusal leads to the first page",
    ("templates/403_csrf.html", "home"): "a refusal leads to the first page",
    ("templates/404.html", "home"): "a missing page leads to the first page",
    ("sera_batching/views/people.py", "home"): "after a new password comes the first page",
    ("sera_batching/context_processors.py", "search"): "the header has the search, if there is one",
}
"""File and name: the shell knows of a first page and a search, but not which app has them."""


def layers() -> list[list[str]]:
    """Return the apps as pyproject.toml has them, the highest first; neighbors are independent."""
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text())
    first = configuration["tool"]["importlinter"]["contracts"][0]
    return [[app.strip() for app in layer.split("|")] for layer in first["layers"]]


def apps_not_below(app: str) -> set[str]:
    """Return the apps that this one must not know: those above it and beside it."""
    order = layers()
    height = next(place for place, layer in enumerate(order) if app in layer)
    return {other for layer in order[: height + 1] for other in layer} - {app}


APPS: Final = [app for layer in layers() for app in layer]


def names_not_below(app: str) -> re.Pattern[str]:
    """Match "accounting:batch", "accounting.view_batch", "accounting/batch.html" and tables."""
    unknown = apps_not_below(app)
    if not unknown:
        return NOTHING
    spaces = [space for space, owner in NAMESPACES.items() if owner in unknown]
    tables = [
        model._meta.db_table
        for other in sorted(unknown)
        for model in apps.get_app_config(other).get_models()
    ]
    parts = [rf"(?:{'|'.join([*sorted(unknown), *spaces])})[.:/]\w+", *tables]
    return re.compile(rf"(?<![\w/-])(?:{'|'.join(parts)})\b")


def root_names_not_below(app: str) -> set[str]:
    return {name for name, owner in ROOT_NAMES.items() if owner in apps_not_below(app)}


def modules_of(app: str) -> Iterator[Path]:
    """Yield the modules of an app except its tests and migrations."""
    for path in sorted((ROOT / app).rglob("*.py")):
        if {"tests", "migrations"}.isdisjoint(path.parts):
            yield path


def templates_of(app: str) -> Iterator[Path]:
    """Yield the templates in the folder of an app; the shell's are those in no app's folder."""
    for path in sorted(TEMPLATES.rglob("*.html")):
        folder = path.relative_to(TEMPLATES).parts[0]
        if app == (folder if folder in APPS else "sera_batching"):
            yield path


def strings_of(tree: ast.Module) -> Iterator[str]:
    """Yield every text of a module, also the parts of f-strings, except its docstrings."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            if isinstance(node.value, str):
                yield node.value
            elif isinstance(node.value, bytes):
                yield node.value.decode("latin-1")


def reversed_names(tree: ast.Module) -> Iterator[str]:
    """Yield the URL names that a module turns into URLs."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("reverse", "reverse_lazy", "redirect", "url_of")
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value)


def found_in_modules(app: str) -> Iterator[tuple[str, str]]:
    names, root_names = names_not_below(app), root_names_not_below(app)
    for path in modules_of(app):
        place = str(path.relative_to(ROOT))
        if place in WIRING:
            continue
        tree = ast.parse(path.read_text())
        for text in strings_of(tree):
            yield from ((place, name) for name in names.findall(text))
        yield from ((place, name) for name in reversed_names(tree) if name in root_names)


def found_in_templates(app: str) -> Iterator[tuple[str, str]]:
    names, root_names = names_not_below(app), root_names_not_below(app)
    libraries = engines["django"].engine.libraries  # type: ignore[attr-defined]
    for path in templates_of(app):
        place, text = str(path.relative_to(ROOT)), path.read_text()
        yield from ((place, name) for name in names.findall(text))
        reversed_in_template = re.findall(r"{% url ['\"](\w+)['\"]", text)
        yield from ((place, name) for name in reversed_in_template if name in root_names)
        loaded = " ".join(re.findall(r"{% load ([\w ]+) %}", text)).split()
        owners = {name: libraries[name].partition(".")[0] for name in loaded}
        yield from ((place, name) for name in loaded if owners[name] in apps_not_below(app))


@pytest.mark.parametrize("app", APPS)
def test_no_module_names_what_an_app_above_it_has(app: str) -> None:
    assert sorted(set(found_in_modules(app)) - ALLOWED.keys()) == []


@pytest.mark.parametrize("app", APPS)
def test_no_template_names_what_an_app_above_it_has(app: str) -> None:
    assert sorted(set(found_in_templates(app)) - ALLOWED.keys()) == []


def names_in_no_namespace(
    patterns: Iterable[URLPattern | URLResolver],
) -> Iterator[tuple[str, str]]:
    """Yield each URL name without a namespace, with the app of its view."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            owner = pattern.callback.__module__.partition(".")[0]
            if pattern.name and owner in APPS:
                yield pattern.name, owner
        elif not pattern.namespace:
            yield from names_in_no_namespace(pattern.url_patterns)


def test_two_names_of_the_shell_are_pages_of_higher_apps() -> None:
    names = names_in_no_namespace(get_resolver().url_patterns)
    assert {name: owner for name, owner in names if owner != "sera_batching"} == ROOT_NAMES


def test_every_exception_is_needed() -> None:
    found = {*found_in_modules("sera_batching"), *found_in_templates("sera_batching")}
    assert ALLOWED.keys() - found == set()


@pytest.mark.parametrize(
    ("app", "text", "expected"),
    [
        ("sera_batching", "accounting:batches", ["accounting:batches"]),
        ("sera_batching", "perms.accounting.view_batch", ["accounting.view_batch"]),
        ("sera_batching", "api:docs", ["api:docs"]),
        ("invoices", "FROM payments_payment JOIN invoices_invoice", ["payments_payment"]),
        ("accounting", "invoices:detail and backoffice/search.html", ["backoffice/search"]),
        ("integrations", "backoffice:customer", ["backoffice:customer"]),
        ("backoffice", "accounting.view_batch", []),
        ("invoices", "accounting_key", []),
        ("sera_batching", "/invoices/7/", []),
    ],
)
def test_what_counts_as_a_name(app: str, text: str, expected: list[str]) -> None:
    assert names_not_below(app).findall(text) == expected


@pytest.mark.parametrize("app", APPS)
def test_no_module_imports_a_test(app: str) -> None:
    imports = [
        (str(path.relative_to(ROOT)), node.module)
        for path in modules_of(app)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and "tests" in (node.module or "").split(".")
    ]
    assert imports == []


def test_the_top_of_accounting_has_entry_points_and_wiring_only() -> None:
    assert {path.stem for path in (ROOT / "accounting").glob("*.py")} == {
        "__init__",
        "admin",
        "apps",
        "audit_subjects",
        "bootstrap",
        "navigation",
        "receivers",
        "roles",
        "signals",
        "sweep",
        "tasks",
        "urls",
    }
