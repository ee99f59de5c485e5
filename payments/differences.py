"""What differs between two frozen forms of a payment, field by field, for people to read. Pure."""

from invoices.differences import Difference, changed
from payments.models import Allocation, PaymentRevision
from sera_batching.money import cents_display
from sera_batching.templatetags.sera import day


def payment_differences(before: PaymentRevision, after: PaymentRevision) -> list[Difference]:
    """Return what changed, including new revisions of its invoices, which break the link in
    QuickBooks."""
    return [
        *changed(
            (
                ("Date", day(before.date), day(after.date)),
                ("Job", _job(before), _job(after)),
                ("Method", before.get_method_display(), after.get_method_display()),
                ("Reference", before.reference, after.reference),
                ("Memo", before.memo, after.memo),
                ("Amount", cents_display(before.amount_cents), cents_display(after.amount_cents)),
            )
        ),
        *_allocation_differences(before, after),
    ]


def _job(revision: PaymentRevision) -> str:
    if revision.job is None:
        return ""
    return f"{revision.job.number} (imported)" if revision.is_imported else revision.job.number


def _allocation_differences(before: PaymentRevision, after: PaymentRevision) -> list[Difference]:
    old = {one.invoice_id: one for one in before.allocations.all()}
    new = {one.invoice_id: one for one in after.allocations.all()}
    numbers = {pk: one.invoice.number for pk, one in (old | new).items()}
    return changed(
        (f"For invoice {number}", allocation_text(old.get(pk)), allocation_text(new.get(pk)))
        for pk, number in numbers.items()
    )


def allocation_text(allocation: Allocation | None) -> str:
    """Return "310.50, revision 2": the amount, and the revision of the invoice that it was for."""
    if allocation is None:
        return ""
    frozen = allocation.invoice_revision
    form = f"revision {frozen.sequence}" if frozen else "without a row of its own"
    return f"{cents_display(allocation.amount_cents)}, {form}"
