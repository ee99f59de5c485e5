"""Departments as filters: those that Unbatched offers, and what an address names (domain.md §4)."""

from django.db.models import Q, QuerySet

from accounting.unbatched.filters import NO_DEPARTMENT
from accounting.unbatched.rows import every_source
from invoices.models import Department


def departments_to_choose(profile: str, *, chosen: str = "") -> QuerySet[Department]:
    """Return those in use, archived ones that still have unbatched documents, and the chosen one.

    `chosen` is what the address says; a bookmark of a department stays good when it is archived.
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


def read_department(text: str) -> tuple[int | str | None, str]:
    """Return the department that the address names, and what is wrong with it: then all are shown.

    That is an id, NO_DEPARTMENT, or None for all.
    """
    if not text or text == NO_DEPARTMENT:
        return text or None, ""
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    if is_number and Department.objects.filter(pk=int(text)).exists():
        return int(text), ""
    return None, "There is no such department; all are shown."
