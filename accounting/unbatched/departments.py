"""The department filter: the choices on Unbatched, and the value in the URL (domain.md §4)."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from accounting.unbatched.filters import NO_DEPARTMENT
from accounting.unbatched.rows import every_source
from invoices.models import Department
from sera_batching.filters import ChoiceFilter


def departments_to_choose(profile: str, *, chosen: str = "") -> QuerySet[Department]:
    """Return active departments, archived ones with unbatched documents, and the chosen one.

    `chosen` is from the URL: a bookmark of a department still works after it is archived.
    """
    shown = Q(is_archived=False) | Q(pk__in=_archived_with_unbatched(profile))
    if chosen.isascii() and chosen.isdigit() and len(chosen) < 19:
        shown |= Q(pk=int(chosen))
    return Department.objects.filter(shown)


def _archived_with_unbatched(profile: str) -> list[int]:
    archived = list(Department.objects.filter(is_archived=True).values_list("pk", flat=True))
    if not archived:
        return []
    first, *others = (
        source.filter(row_department_id__in=archived).values_list("row_department_id", flat=True)
        for source in every_source(profile)
    )
    return list(first.union(*others))


class DepartmentFilter(ChoiceFilter):
    """One department, documents without any, or all: an id, NO_DEPARTMENT or None."""

    def __init__(self) -> None:
        super().__init__("Department", coerce=_department, empty_value=None)


def department_choices(departments: Iterable[Department]) -> list[tuple[int | str, str]]:
    """Return the filter's choices besides all departments."""
    return [
        (NO_DEPARTMENT, "No department"),
        *(
            (one.pk, f"{one.name} (archived)" if one.is_archived else one.name)
            for one in departments
        ),
    ]


def _department(text: str) -> int | str:
    return text if text == NO_DEPARTMENT else int(text)
