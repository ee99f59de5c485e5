"""A database that no longer refuses invalid data is found before anything goes wrong."""

import pytest
from django.db.models import CheckConstraint, Q, UniqueConstraint

from accounting.invariants import find_breaches
from accounting.models import BatchItem, RefundUse
from accounting.tests.invariants.books import drop_constraint
from sera_batching.database import triggers

pytestmark = pytest.mark.django_db

UNIQUE = [
    (model._meta.db_table, constraint.name)
    for model in (BatchItem, RefundUse)
    for constraint in model._meta.constraints
    if isinstance(constraint, UniqueConstraint) and constraint.condition
]


def test_everything_is_in_place() -> None:
    """After all migrations: changing an index once took three constraints with it."""
    assert list(find_breaches()) == []


@pytest.mark.parametrize(("table", "name"), UNIQUE)
def test_a_lost_constraint(table: str, name: str) -> None:
    drop_constraint(name)
    (breach,) = find_breaches()
    assert breach.invariant == "constraints_are_in_place"
    assert breach.message == f"The constraint {name} of {table} is missing."
    assert breach.rows == ({"table": table, "constraint": name},)


@pytest.mark.parametrize(
    "never_made",
    [
        CheckConstraint(name="never_made", condition=Q(amount_cents__gt=0)),
        UniqueConstraint(name="never_made", fields=["amount_cents"]),
    ],
    ids=["check", "unique"],
)
def test_a_constraint_that_no_migration_made(
    never_made: CheckConstraint | UniqueConstraint, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = [*RefundUse._meta.constraints, never_made]
    monkeypatch.setattr(RefundUse._meta, "constraints", declared)
    (breach,) = find_breaches()
    table = RefundUse._meta.db_table
    assert breach.message == f"The constraint never_made of {table} is missing."


def test_lost_triggers() -> None:
    triggers.remove()
    names = [row["trigger"] for breach in find_breaches() for row in breach.rows]
    assert names == triggers.missing()
    assert len(names) == 2 * len(triggers.frozen_tables())
