"""How many unbatched documents use a department, an item or a class."""

from collections import Counter

from django.db.models import Count
from django.db.models.functions import Lower

from accounting.unbatched.rows import every_source, unbatched_invoices
from invoices.models import AccountingClass, InvoiceLine, Item
from sera_batching.models import Company


def unbatched_documents_by_department() -> Counter[int]:
    """Return department id → number of documents; one statement per kind."""
    profile = Company.current().profile
    found: Counter[int] = Counter()
    for source in every_source(profile):
        rows = source.values_list("row_department_id").annotate(count=Count("pk"))
        for department_id, count in rows.order_by():
            if department_id is not None:
                found[department_id] += count
    return found


def unbatched_invoices_by_name(model: type[Item] | type[AccountingClass]) -> dict[str, int]:
    """Return name in small letters, as the database makes them → invoices; one statement."""
    field = "item" if model is Item else "class_name"
    revisions = unbatched_invoices(Company.current().profile).order_by()
    rows = (
        InvoiceLine.objects.filter(revision__in=revisions.values("revision_id"))
        .annotate(folded=Lower(field))
        .order_by()
        .values_list("folded")
        .annotate(count=Count("revision", distinct=True))
    )
    return dict(rows)
