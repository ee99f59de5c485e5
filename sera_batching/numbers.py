"""Finding documents by number; numbers that differ only in case are refused.

QuickBooks ignores case in document numbers, so "p-900" and "P-900" would be duplicates there.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from django.db.models import Model, QuerySet, Value
from django.db.models.functions import Lower

from sera_batching.exceptions import Refused
from sera_batching.texts import required_line

LONGEST_NUMBER: Final = 64
PROPOSALS: Final = 20

M = TypeVar("M", bound=Model)


def find_by(field: str, value: str, *, among: QuerySet[M]) -> M | None:
    """Return the row whose field has this value, or None; Refused if one differs only in case.

    Uses the index on lower(field), which each numbered model has.
    """
    found = among.alias(folded=Lower(field)).filter(folded=Lower(Value(value))).first()
    if found is not None and getattr(found, field) != value:
        name = str(found._meta.verbose_name).capitalize()
        raise Refused(
            f"{name} {getattr(found, field)} already exists, and {value} differs from it only "
            "in case."
        )
    return found


def find_numbered(number: str, *, among: QuerySet[M]) -> M | None:
    """Return the document with this number, or None; Refused if one differs only in case."""
    return find_by("number", number, among=among)


def require_new_number(number: str, *, among: QuerySet[M]) -> None:
    """Raise Refused unless the number is valid and no document has it."""
    _require_well_formed(number, among=among)
    if find_numbered(number, among=among) is not None:
        raise Refused(
            f"{str(among.model._meta.verbose_name).capitalize()} {number} already exists."
        )


def require_new_numbers(numbers: Sequence[str], *, among: QuerySet[M]) -> None:
    """Raise Refused unless each number is valid, listed once and not in use.

    One query, however many numbers.
    """
    for number in numbers:
        _require_well_formed(number, among=among)
    if len({number.lower() for number in numbers}) < len(numbers):
        raise Refused(f"A number appears twice among the {among.model._meta.verbose_name_plural}.")
    found = among.alias(folded=Lower("number")).filter(folded__in=folded(numbers)).first()
    if found is not None:
        raise Refused(f"{str(found._meta.verbose_name).capitalize()} {found} already exists.")


def folded(numbers: Iterable[str]) -> list[str | Lower]:
    """Return the numbers as the database's lower(number) has them, for index look-ups.

    Beyond ASCII the databases differ, so the database folds those itself, which is slow for
    thousands.
    """
    return [number.lower() if number.isascii() else Lower(Value(number)) for number in numbers]


def _require_well_formed(number: str, *, among: QuerySet[M]) -> None:
    name = among.model._meta.verbose_name
    required_line(number, label=f"number of the {name}", longest=LONGEST_NUMBER)
    if number != number.strip():
        raise Refused(f"The number “{number}” begins or ends with a space.")


def propose_number(among: QuerySet[M], *, prefix: str) -> str:
    """Return a free number after the newest one, such as "P-101" after "P-100".

    Only a suggestion: somebody else may take it first. Empty if none of the next twenty is free.
    """
    newest: str = among.order_by("-pk").values_list("number", flat=True).first() or f"{prefix}0"
    match = re.fullmatch(r"(.*?)([0-9]{1,18})", newest, re.DOTALL)
    stem, digits = match.groups() if match else (f"{newest[:40]}-", "0")
    next_ones = [f"{stem}{int(digits) + step:0{len(digits)}d}" for step in range(1, PROPOSALS + 1)]
    taken = among.alias(folded=Lower("number")).filter(folded__in=folded(next_ones))
    used = {number.lower() for number in taken.values_list("number", flat=True)}
    return next((number for number in next_ones if number.lower() not in used), "")
