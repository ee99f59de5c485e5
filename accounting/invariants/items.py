"""Invariants of the items: no document is in the books twice in the same form (domain.md §1)."""

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Final

from django.db.models import Exists, F, OuterRef, Q

from accounting.invariants.breaches import CHUNK, Breach, Row, row_of
from accounting.models import LIVE_STATUSES, BatchItem, Kind, RefundUse
from accounting.models.kinds import INVOICE_KINDS, PAYMENT_KINDS
from invoices.merged import survivor_of

_DOCUMENTS: Final = (("invoice", INVOICE_KINDS), ("payment", PAYMENT_KINDS))
_FIRST_KINDS: Final = (Kind.INVOICE_INSERT, Kind.PAYMENT_INSERT)


def _row(item: BatchItem) -> Row:
    return row_of(
        BatchItem,
        item.pk,
        batch_id=item.batch_id,
        kind=item.kind,
        number=item.number,
        previous_id=item.previous_id,
        is_live=item.is_live,
        is_newest=item.is_newest,
    )


def items_are_live_with_their_batch() -> Iterator[Breach]:
    """An item is live while its batch is; what is not live is not the newest of its document."""
    in_live_batch = Q(batch__status__in=LIVE_STATUSES)
    wrong = BatchItem.objects.filter(
        (in_live_batch & Q(is_live=False))
        | (~in_live_batch & Q(is_live=True))
        | Q(is_live=False, is_newest=True)
    )
    for item in wrong.select_related("batch").order_by("pk").iterator(chunk_size=CHUNK):
        yield Breach(
            f"{item} is {'' if item.is_live else 'not '}live; its batch is {item.batch.status}.",
            (_row(item),),
        )


def refund_uses_are_live_with_their_item() -> Iterator[Breach]:
    """How a refund reached the books counts while the item that says so is live."""
    wrong = RefundUse.objects.exclude(is_live=F("item__is_live"))
    for use in wrong.select_related("item", "refund").order_by("pk").iterator(chunk_size=CHUNK):
        yield Breach(
            f"Refund {use.refund.number} is {use.use}, live: {use.is_live}; "
            f"its item is live: {use.item.is_live}.",
            (row_of(RefundUse, use.pk, item_id=use.item_id, is_live=use.is_live),),
        )


def live_items_form_a_chain() -> Iterator[Breach]:
    """The live items of a document form one chain: an insert, then each update in order.

    Each is in a later batch than the one before it, and only the last is the newest.
    """
    for document, kinds in _DOCUMENTS:
        items = BatchItem.objects.live().filter(kind__in=kinds)
        ordered = items.order_by(f"{document}_id", "batch_id", "pk").iterator(chunk_size=CHUNK)
        for _, group in groupby(ordered, key=lambda item: getattr(item, f"{document}_id")):
            chain = list(group)
            if reasons := _reasons(chain):
                yield Breach(
                    f"The live items of {document} {chain[0].number} do not form a chain: "
                    f"{', '.join(reasons)}.",
                    tuple(map(_row, chain)),
                )


def _reasons(chain: list[BatchItem]) -> list[str]:
    """Say what is wrong with the live items of a document, in the order of their batches."""
    first, last = chain[0], chain[-1]
    found = []
    if first.kind not in _FIRST_KINDS or first.previous_id is not None:
        found.append("the first is no insert")
    if any(item.kind in _FIRST_KINDS for item in chain[1:]):
        found.append("there is a second insert")
    if any(later.previous_id != earlier.pk for earlier, later in pairwise(chain)):
        found.append("one does not follow the one before it")
    if any(later.batch_id <= earlier.batch_id for earlier, later in pairwise(chain)):
        found.append("two are in one batch")
    if [item.pk for item in chain if item.is_newest] != [last.pk]:
        found.append("the last one, and no other, is not marked as the newest")
    return found


def no_revision_is_live_twice() -> Iterator[Breach]:
    """One live item for one revision, one refund, one credit memo.

    Save for a payment that is sent again to point at an invoice that went out later (§3, d): then
    the second follows the first.
    """
    live = BatchItem.objects.live()
    for target, items, may_follow in (
        ("invoice_revision", live.filter(kind__in=INVOICE_KINDS), False),
        ("payment_revision", live.filter(kind__in=PAYMENT_KINDS), True),
        ("refund", live.filter(refund__isnull=False), False),
        ("credit_memo", live.filter(credit_memo__isnull=False), False),
    ):
        twin = items.filter(**{target: OuterRef(target)}).exclude(pk=OuterRef("pk"))
        twins = items.filter(Exists(twin)).order_by(f"{target}_id", "batch_id", "pk")
        for _, group in groupby(
            twins.iterator(chunk_size=CHUNK), key=lambda item: getattr(item, f"{target}_id")
        ):
            same = list(group)
            follows = all(later.previous_id == earlier.pk for earlier, later in pairwise(same))
            if not (may_follow and follows):
                yield Breach(
                    f"{same[0].number} is in {len(same)} live batches in the same form.",
                    tuple(map(_row, same)),
                )


def items_say_what_was_frozen() -> Iterator[Breach]:
    """Number, date, amount, fingerprint, customer of an item are those of what it sends.

    The customer may have been merged since: both are one today.
    """
    of_invoice = Q(
        invoice_revision__invoice=F("invoice"),
        number=F("invoice__number"),
        owner_id=survivor_of("invoice__customer"),
        date=F("invoice_revision__date"),
        amount_cents=F("invoice_revision__total_cents"),
        fingerprint=F("invoice_revision__fingerprint"),
    )
    of_payment = Q(
        payment_revision__payment=F("payment"),
        number=F("payment__number"),
        owner_id=survivor_of("payment__customer"),
        date=F("payment_revision__date"),
        fingerprint=F("payment_revision__fingerprint"),
    )
    of_refund = Q(
        payment_revision__payment=F("refund__payment"),
        number=F("refund__number"),
        owner_id=survivor_of("refund__payment__customer"),
        date=F("refund__date"),
        amount_cents=F("refund__amount_cents"),
    )
    of_credit_memo = Q(
        invoice_revision__invoice=F("credit_memo__invoice"),
        number=F("credit_memo__number"),
        owner_id=survivor_of("credit_memo__invoice__customer"),
        date=F("credit_memo__date"),
        amount_cents=F("invoice_revision__total_cents"),
    )
    for kinds, is_true in (
        (INVOICE_KINDS, of_invoice),
        (PAYMENT_KINDS, of_payment),
        ((Kind.JOURNAL,), of_refund),
        ((Kind.CREDIT_MEMO,), of_credit_memo),
    ):
        items = BatchItem.objects.filter(kind__in=kinds).annotate(owner_id=survivor_of("customer"))
        true = items.filter(is_true, party__batch=F("batch"), party__customer=F("customer"))
        wrong = items.exclude(pk__in=true.values("pk"))
        for item in wrong.order_by("pk").iterator(chunk_size=CHUNK):
            yield Breach(
                f"{item} does not say what was frozen.",
                (
                    row_of(
                        BatchItem,
                        item.pk,
                        number=item.number,
                        date=item.date.isoformat(),
                        amount_cents=item.amount_cents,
                        customer_id=item.customer_id,
                        party_id=item.party_id,
                        invoice_revision_id=item.invoice_revision_id,
                        payment_revision_id=item.payment_revision_id,
                        fingerprint=item.fingerprint,
                    ),
                ),
            )


def journals_and_credit_memos_stand_on_what_is_live() -> Iterator[Breach]:
    """A live journal has its payment in a live batch no later; a credit memo its invoice so."""
    inserts = BatchItem.objects.live().filter(batch_id__lte=OuterRef("batch_id"))
    payment = inserts.filter(kind=Kind.PAYMENT_INSERT, payment=OuterRef("refund__payment"))
    invoice = inserts.filter(kind=Kind.INVOICE_INSERT, invoice=OuterRef("credit_memo__invoice"))
    live = BatchItem.objects.live()
    for kind, ground in ((Kind.JOURNAL, payment), (Kind.CREDIT_MEMO, invoice)):
        wrong = live.filter(~Exists(ground), kind=kind)
        for item in wrong.order_by("pk").iterator(chunk_size=CHUNK):
            yield Breach(
                f"{item}: what it belongs to is in no live batch before it.", (_row(item),)
            )
