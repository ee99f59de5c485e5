"""What must hold in the books at every moment: `check_books` runs all of it (reliability.md)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from accounting.invariants.breaches import Breach, Invariant, one_moment
from accounting.invariants.documents import (
    allocations_fit_their_payment,
    closed_documents_in_the_books_have_a_follow_up,
    draft_invoices_add_up,
    frozen_invoices_add_up,
    invoices_stand_on_their_newest_revision,
    merged_customers_lead_to_a_survivor,
    payments_stand_on_their_newest_revision,
    pending_invoices_have_their_draft,
    refunds_fit_their_payment,
)
from accounting.invariants.files import (
    batches_count_their_items,
    files_hold_what_was_claimed,
    items_have_their_places,
    ready_batches_have_a_zip,
    zips_are_what_was_built,
)
from accounting.invariants.fingerprints import (
    invoice_fingerprints_are_true,
    payment_fingerprints_are_true,
    payments_name_invoices_as_they_are,
)
from accounting.invariants.guards import constraints_are_in_place, frozen_tables_are_guarded
from accounting.invariants.items import (
    items_are_live_with_their_batch,
    items_say_what_was_frozen,
    journals_and_credit_memos_stand_on_what_is_live,
    live_items_form_a_chain,
    no_revision_is_live_twice,
    refund_uses_are_live_with_their_item,
)
from accounting.invariants.maintained_tables import (
    invoices_are_listed_as_they_are,
    list_rows_are_maintained,
    payments_are_listed_as_they_are,
    unbatched_documents_are_maintained,
)
from accounting.invariants.overapplied import no_batch_overapplied_an_invoice
from accounting.invariants.payments import (
    payment_items_add_up,
    refunds_are_used_once,
    refunds_are_used_where_they_belong,
    updates_restate_what_was_netted,
)
from accounting.invariants.unbatched import (
    unbatched_credit_memos_are_those_due,
    unbatched_invoices_are_those_due,
    unbatched_payments_are_those_due,
    unbatched_refunds_are_those_due,
)

__all__ = ["INVARIANTS", "Breach", "find_breaches"]

INVARIANTS: Final[tuple[Invariant, ...]] = (
    frozen_tables_are_guarded,
    constraints_are_in_place,
    unbatched_documents_are_maintained,
    list_rows_are_maintained,
    merged_customers_lead_to_a_survivor,
    frozen_invoices_add_up,
    draft_invoices_add_up,
    invoices_stand_on_their_newest_revision,
    pending_invoices_have_their_draft,
    invoice_fingerprints_are_true,
    payments_stand_on_their_newest_revision,
    payment_fingerprints_are_true,
    payments_name_invoices_as_they_are,
    allocations_fit_their_payment,
    refunds_fit_their_payment,
    items_are_live_with_their_batch,
    refund_uses_are_live_with_their_item,
    live_items_form_a_chain,
    no_revision_is_live_twice,
    items_say_what_was_frozen,
    journals_and_credit_memos_stand_on_what_is_live,
    payment_items_add_up,
    refunds_are_used_where_they_belong,
    refunds_are_used_once,
    updates_restate_what_was_netted,
    no_batch_overapplied_an_invoice,
    batches_count_their_items,
    items_have_their_places,
    ready_batches_have_a_zip,
    zips_are_what_was_built,
    files_hold_what_was_claimed,
    closed_documents_in_the_books_have_a_follow_up,
    unbatched_invoices_are_those_due,
    unbatched_credit_memos_are_those_due,
    unbatched_payments_are_those_due,
    unbatched_refunds_are_those_due,
    invoices_are_listed_as_they_are,
    payments_are_listed_as_they_are,
)


def find_breaches() -> Iterator[Breach]:
    """Yield every breach of every invariant, as the books are at one moment; changes nothing."""
    with one_moment():
        for invariant in INVARIANTS:
            for breach in invariant():
                yield replace(breach, invariant=invariant.__name__)
