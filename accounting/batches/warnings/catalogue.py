"""Check 5: what goes out under an item or class that is marked inactive or unverified.

Uses the catalogue as of the claim: a mark set after the invoice was approved counts too.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Lower

from accounting.batches.warnings.warning import PendingWarning
from accounting.models import Draft, DraftItem, Kind
from accounting.models.kinds import INVOICE_KINDS
from invoices.models import AccountingClass, CatalogueEntry, InvoiceLine, Item

CHECK: Final = "5"

_REMEDIES: Final[dict[str, str]] = {
    CatalogueEntry.State.INACTIVE: "Make it active in QuickBooks and mark it as active here; "
    "otherwise QuickBooks rejects the document.",
    CatalogueEntry.State.UNVERIFIED: "Check that QuickBooks has exactly this name, then mark "
    "it as active here. If QuickBooks doesn't have it, the load fails or creates it.",
}


def under_marked_names(draft: Draft) -> Iterator[PendingWarning]:
    """Yield a warning for each marked name of each invoice and credit memo of the draft.

    Two statements if nothing is marked; names ignore case.
    """
    catalogues: tuple[tuple[type[Item] | type[AccountingClass], str, str], ...] = (
        (Item, "item", "Item"),
        (AccountingClass, "class_name", "Class"),
    )
    for model, field, noun in catalogues:
        marked = model.objects.exclude(state=CatalogueEntry.State.ACTIVE)
        marked = marked.annotate(folded=Lower("name")).order_by()
        entries = {entry.folded: entry for entry in marked}
        if not entries:
            continue
        lines = InvoiceLine.objects.annotate(folded=Lower(field)).filter(
            folded__in=marked.values("folded")
        )
        items = (
            draft.items.filter(kind__in=(*INVOICE_KINDS, Kind.CREDIT_MEMO))
            .filter(Exists(lines.filter(revision=OuterRef("invoice_revision"))))
            .select_related("customer")
        )
        used = _names_used(draft, lines)
        for item in items.order_by("date", "number"):
            for folded in sorted(used[item.invoice_revision_id or 0]):
                yield _warning(item, noun, entries[folded])


def _names_used(draft: Draft, lines: QuerySet[Any]) -> dict[int, set[str]]:
    """Return revision id → the folded names among these lines of the draft's documents."""
    used: dict[int, set[str]] = defaultdict(set)
    of_draft = lines.filter(revision__in=draft.items.values("invoice_revision")).order_by()
    for revision_id, folded in of_draft.values_list("revision_id", "folded").distinct():
        used[revision_id].add(folded)
    return used


def _warning(item: DraftItem, noun: str, entry: CatalogueEntry) -> PendingWarning:
    return PendingWarning(
        document=(item.invoice_id, None, None, item.credit_memo_id),
        kind=item.kind,
        number=item.number,
        customer=item.customer.accounting_key,
        check_code=CHECK,
        amount_cents=item.amount_cents,
        problem=f"{noun} “{entry.name}” is marked {entry.state}.",
        remedy=_REMEDIES[entry.state],
    )
