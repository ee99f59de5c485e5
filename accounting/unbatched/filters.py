"""The filters of Unbatched, which also limit the batch."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Self

from django.db.models import Q

from sera_batching.days import on_days

NO_DEPARTMENT: Final = "none"


def in_department(column: str, department: int | str | None) -> Q:
    """Return the condition for a department: an id, NO_DEPARTMENT, or None for all."""
    if department == NO_DEPARTMENT:
        return Q(**{f"{column}__isnull": True})
    return Q() if department is None else Q(**{column: department})


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """The filters of Unbatched and so of the batch; a row must match all (domain.md §4).

    Dates are inclusive. `department` is an id, NO_DEPARTMENT or None for all.
    """

    date_from: date | None = None
    date_to: date | None = None
    department: int | str | None = None
    kind: str | None = None
    search: str = ""

    @property
    def are_set(self) -> bool:
        return self != Filters()

    def to_json(self) -> dict[str, Any]:
        return {
            "from": self.date_from.isoformat() if self.date_from else None,
            "to": self.date_to.isoformat() if self.date_to else None,
            "department": self.department,
            "kind": self.kind,
            "search": self.search,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        return cls(
            date_from=date.fromisoformat(values["from"]) if values.get("from") else None,
            date_to=date.fromisoformat(values["to"]) if values.get("to") else None,
            department=values.get("department"),
            kind=values.get("kind"),
            search=values.get("search") or "",
        )

    def condition(self) -> Q:
        """Return the filters as a condition on the columns of a source."""
        condition = on_days("row_date", self.date_from, self.date_to) & in_department(
            "row_department_id", self.department
        )
        if self.kind:
            condition &= Q(row_kind=self.kind)
        if self.search:
            condition &= Q(row_number__icontains=self.search) | Q(
                row_customer__icontains=self.search
            )
        return condition
