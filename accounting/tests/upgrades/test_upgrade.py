"""A database of an earlier version migrates with all its rows and triggers, there and back."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import psycopg2  # type: ignore[import-untyped]
import pytest

from accounting.checks.table import CHECKS_VERSION
from accounting.tests.upgrades.old_database import (
    DATA,
    VERSION,
    OldDatabase,
    State,
    loaded_database,
    query,
)

pytestmark = pytest.mark.slow

RENAMED: Final = {
    "openinvoice": "unbatchedinvoice",
    "openpayment": "candidatepayment",
    "listedinvoice": "invoicelistrow",
    "listedpayment": "paymentlistrow",
}
"""Content types that the upgrade renames; nothing else changes."""
MIGRATED_BEFORE: Final = (("accounting", "0003"), ("payments", "0001"), ("sera_batching", "0001"))
"""The newest migrations of the old version, in the order in which to migrate back to them."""
RECHECKED: Final = {"accounting_finding", "accounting_lastcheck"}
"""What `migrate` writes again, because the checks word what they find in another way now."""
BATCHES: Final = range(1, 6)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The database after `migrate`, and its contents before and right after."""

    database: OldDatabase
    before: State
    after: State


@pytest.fixture(scope="module")
def upgrade(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgrade]:
    with loaded_database(tmp_path_factory.mktemp("upgrade")) as database:
        before = database.state()
        database.manage("migrate")
        yield Upgrade(database, before, database.state())


def assert_same_tables(found: State, expected: State, *, but: set[str]) -> None:
    """Compare table by table, so that a difference is reported in a few lines."""
    assert set(found.tables) == set(expected.tables)
    for table in sorted(set(expected.tables) - but):
        assert found.tables[table] == expected.tables[table], table


def migrations_of(state: State) -> list[tuple[str, str]]:
    """Return app and name of the migrations in the order in which they were applied."""
    rows = sorted(state.tables["django_migrations"])
    return [(app, name) for _, app, name, _ in rows]


def unbatched_of(database: OldDatabase) -> list[dict[str, Any]]:
    return [json.loads(line) for line in database.manage("unbatched --json").splitlines()]


def test_every_row_is_as_before(upgrade: Upgrade) -> None:
    assert len(upgrade.before.tables["accounting_batchitem"]) == 100
    changed = {"django_content_type", "django_migrations"}
    assert_same_tables(upgrade.after, upgrade.before, but=changed | RECHECKED)
    applied = migrations_of(upgrade.before)
    assert migrations_of(upgrade.after)[: len(applied)] == applied
    upgrade.database.manage("migrate --check", "makemigrations --check")


def test_the_checks_find_the_same_in_new_words(upgrade: Upgrade) -> None:
    found, expected = findings_of(upgrade.after), findings_of(upgrade.before)
    assert found == expected
    assert len(found) == len(upgrade.after.tables["accounting_finding"]) > 10
    ((_, version, _),) = upgrade.after.tables["accounting_lastcheck"]
    assert version == CHECKS_VERSION


def findings_of(state: State) -> list[tuple[Any, ...]]:
    """Return profile, severity and check of each finding, and what it is about."""
    rows = state.tables["accounting_finding"]
    return sorted(
        ((profile, severity, check, *about) for _, profile, severity, check, _, _, *about in rows),
        key=repr,
    )


def test_no_table_index_or_trigger_changes(upgrade: Upgrade) -> None:
    assert upgrade.after.schema == upgrade.before.schema
    assert upgrade.after.triggers == upgrade.before.triggers
    assert len(upgrade.after.triggers) > 50


def test_content_types_follow_and_nobody_gains_or_loses_a_permission(upgrade: Upgrade) -> None:
    """The renamed ones have no permissions; others name their type by its id, which stays."""
    types = upgrade.before.tables["django_content_type"]
    assert {model for _, _, model in types} >= set(RENAMED)
    assert upgrade.after.tables["django_content_type"] == sorted(
        ((pk, app, RENAMED.get(model, model)) for pk, app, model in types), key=repr
    )
    renamed = {pk for pk, _, model in types if model in RENAMED}
    for row in upgrade.before.tables["auth_permission"]:
        assert not renamed.intersection(row[1:])
    for table in ("auth_permission", "auth_group_permissions", "sera_batching_user_groups"):
        assert upgrade.after.tables[table] == upgrade.before.tables[table]


def test_a_second_migrate_changes_nothing(upgrade: Upgrade) -> None:
    before = upgrade.database.state()
    assert "No migrations to apply." in upgrade.database.manage("migrate")
    assert upgrade.database.state() == before


def test_frozen_tables_refuse(upgrade: Upgrade) -> None:
    frozen = {
        name.removesuffix("_no_delete"): rows
        for name in upgrade.after.triggers
        if name.endswith("_no_delete")
        for rows in [upgrade.after.tables[name.removesuffix("_no_delete")]]
    }
    assert len(frozen) == 13
    assert all(frozen.values())
    for table in frozen:
        key = "number" if table == "sera_batching_auditseal" else "id"
        refuses(upgrade.database, f"DELETE FROM {table}")
        refuses(upgrade.database, f"UPDATE {table} SET {key} = {key} + 1000000")


def refuses(database: OldDatabase, statement: str) -> None:
    with (
        closing(database.connect()) as own,
        pytest.raises((sqlite3.Error, psycopg2.Error), match="is frozen"),
    ):
        own.cursor().execute(statement)


def test_maintained_tables_follow_what_is_written(upgrade: Upgrade) -> None:
    with closing(upgrade.database.connect()) as own:
        assert query(own, "SELECT 1 FROM accounting_openinvoice")
        own.cursor().execute("UPDATE invoices_invoice SET is_on_hold = TRUE")
        assert not query(own, "SELECT 1 FROM accounting_openinvoice")
        assert not query(own, "SELECT 1 FROM accounting_listedinvoice WHERE NOT is_on_hold")
        own.rollback()


def test_the_books_are_sound_and_work_goes_on(upgrade: Upgrade) -> None:
    database = upgrade.database
    text = (DATA / f"{VERSION}.unbatched.jsonl").read_text()
    unbatched = [json.loads(line) for line in text.splitlines()]
    assert unbatched_of(database) == unbatched
    # The dump has no files: each zip is built again, equal to what the old version built.
    rebuilt = database.manage(*(f"rebuild_batch {batch}" for batch in BATCHES))
    assert rebuilt.count("identical byte for byte") == len(BATCHES)
    checked = database.manage("check_books", "verify_audit")
    assert " 0 breaches." in checked
    assert "33 events in 1 blocks verified" in checked
    assert " 0 breaches." in database.manage("make_batch --here", "check_books")
    assert unbatched_of(database) != unbatched
    undo = f"undo_batch {BATCHES.stop} --yes --reason 'a test'"
    assert " 0 breaches." in database.manage(undo, "check_books")
    assert unbatched_of(database) == unbatched


def test_there_and_back(upgrade: Upgrade) -> None:
    database = upgrade.database
    there = database.state()
    database.manage(*(f"migrate {app} {name}" for app, name in MIGRATED_BEFORE))
    back = database.state()
    types = "django_content_type"
    assert back.tables[types] == upgrade.before.tables[types]
    assert migrations_of(back) == migrations_of(upgrade.before)
    assert_same_tables(back, there, but={types, "django_migrations"})
    assert (back.schema, back.triggers) == (upgrade.before.schema, upgrade.before.triggers)
    database.manage("migrate")
    assert_same_tables(database.state(), there, but={"django_migrations"})
