"""What an act does to the next batch, in words: how documents stood before it and stand now."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from accounting.models.kinds import Kind
from accounting.unbatched.flags import RowKey
from accounting.unbatched.kept_out import (
    KeptOut,
    why_invoice_is_kept_out,
    why_payment_is_kept_out,
)
from accounting.unbatched.rows import UnbatchedRow
from accounting.workbooks.layouts import FILE_NUMBERS, file_title
from backoffice.actions.batching_state import BatchingState
from invoices.models import Invoice
from payments.models import Payment
from sera_batching.money import cents_display


class Effect(StrEnum):
    """What happens to one document, or on the list of what to fix in QuickBooks."""

    GOES = "goes"
    """It will be in a file of the next batch: newly, or otherwise than before."""
    STILL_GOES = "still_goes"
    """It was to go into the next batch, and does so unchanged."""
    LEAVES = "leaves"
    """It would have been in the next batch, and will not be."""
    NOTHING = "nothing"
    FOLLOW_UP = "follow_up"
    """No file can carry it: somebody has to fix it in QuickBooks."""
    SETTLED = "settled"
    """What was to fix there need not be fixed any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """One consequence of an act; `number` names the document, amounts are in cents."""

    effect: Effect
    document: str
    number: str
    kind: str = ""
    """As what it goes into the next batch, or would have gone."""
    amount_cents: int | None = None
    text: str
    is_blocked: bool = False

    @property
    def css(self) -> str:
        if self.is_blocked or self.effect == Effect.FOLLOW_UP:
            return "mark mark-warning"
        return "mark mark-good" if self.effect == Effect.GOES else "mark"

    @property
    def label(self) -> str:
        labels = {
            Effect.GOES: "Next batch",
            Effect.STILL_GOES: "No change",
            Effect.LEAVES: "Not in the next batch",
            Effect.NOTHING: "No file",
            Effect.FOLLOW_UP: "Fix in QuickBooks",
            Effect.SETTLED: "Nothing to fix",
        }
        return "Blocked" if self.is_blocked else labels[self.effect]


def digest_of(consequences: list[Consequence]) -> str:
    """Return a short hash over all of them: what a person has seen and agreed to."""
    return hashlib.sha256(repr(consequences).encode()).hexdigest()[:32]


def compare(
    before: BatchingState, after: BatchingState, document: Invoice | Payment
) -> list[Consequence]:
    """Return what became of a document and of what hangs on it, the document itself first."""
    main: RowKey = ("invoice" if isinstance(document, Invoice) else "payment", document.pk)
    others = sorted((before.rows.keys() | after.rows.keys()) - {main})
    new_refunds = after.related.refunds.keys() - before.related.refunds.keys()
    found = [_of_document(before, after, main)]
    for key in others:
        old, new = before.rows.get(key), after.rows.get(key)
        if _is_other(old, new):
            found.append(_of_document(before, after, key))
    netted = [pk for pk in sorted(new_refunds) if ("refund", pk) not in after.rows]
    found += [_netted_refund(after, pk) for pk in netted]
    return [*found, *_follow_ups(before, after)]


def _is_other(old: UnbatchedRow | None, new: UnbatchedRow | None) -> bool:
    if old is None or new is None:
        return old is not new
    return _sendable(old) != _sendable(new)


def _sendable(row: UnbatchedRow) -> tuple[object, ...]:
    return row.kind, row.fingerprint, row.amount_cents, row.is_blocked


def _of_document(before: BatchingState, after: BatchingState, key: RowKey) -> Consequence:
    old, new = before.rows.get(key), after.rows.get(key)
    if new is not None:
        return _goes(old, new, after.blocked.get(key, []))
    why = _why_not(after, key)
    document, number = key[0], _number_of(before, after, key)
    if old is not None:
        return Consequence(
            effect=Effect.LEAVES,
            document=document,
            number=number,
            kind=old.kind,
            amount_cents=old.amount_cents,
            text=f"{_name(document, number)} will not be in {_file(old.kind)} of the next batch: "
            f"{why}.",
        )
    batch = after.sent.get(key)
    if batch is None:
        text = f"No effect: {_name(document, number, is_start=False)} is not in the books yet "
        text += f"and won't be in the next batch: {why}."
    else:
        named = "the Opening batch" if batch == 0 else f"batch {batch}"
        text = f"{_name(document, number)} won't be in the next batch: {why}. "
        text += f"QuickBooks keeps what {named} sent."
    return Consequence(effect=Effect.NOTHING, document=document, number=number, text=text)


def _goes(old: UnbatchedRow | None, new: UnbatchedRow, blocked: list[str]) -> Consequence:
    name, file, amount = (
        _name(new.document, new.number),
        _file(new.kind),
        cents_display(new.amount_cents),
    )
    is_same = not _is_other(old, new)
    if is_same:
        text = f"{name} will be in the next batch, as before: {file}, {amount}."
    elif new.kind == Kind.JOURNAL:
        text = f"{name} will be a journal entry of {amount}, in {file} of the next batch."
    else:
        text = f"{name} will be in {file} of the next batch, with {amount}."
    if new.is_blocked:
        text += f" It is blocked until this is fixed: {' '.join(blocked)}"
    return Consequence(
        effect=Effect.STILL_GOES if is_same else Effect.GOES,
        document=new.document,
        number=new.number,
        kind=new.kind,
        amount_cents=new.amount_cents,
        text=text,
        is_blocked=new.is_blocked,
    )


def _netted_refund(after: BatchingState, pk: int) -> Consequence:
    refund = after.related.refunds[pk]
    payment = after.related.payments[refund.payment_id]
    return Consequence(
        effect=Effect.NOTHING,
        document="refund",
        number=refund.number,
        amount_cents=refund.amount_cents,
        text=f"Refund {refund.number} makes no journal entry: payment {payment.number} is not "
        "in the books yet, and will be sent net of its refunds.",
    )


def _follow_ups(before: BatchingState, after: BatchingState) -> Iterator[Consequence]:
    for pk, entry in sorted(after.follow_ups.items()):
        if pk not in before.follow_ups:
            yield Consequence(
                effect=Effect.FOLLOW_UP,
                document="follow_up",
                number=entry.cause,
                amount_cents=entry.amount_cents,
                text="No file can carry this to QuickBooks. You will get a follow-up: "
                f"{entry.remedy}",
            )
    for pk, entry in sorted(before.follow_ups.items()):
        if pk not in after.follow_ups:
            yield Consequence(
                effect=Effect.SETTLED,
                document="follow_up",
                number=entry.cause,
                amount_cents=entry.amount_cents,
                text=f"This follow-up is no longer needed: {entry.remedy}",
            )


def _why_not(after: BatchingState, key: RowKey) -> str:
    document, pk = key
    if document == "invoice":
        return _why_not_invoice(after.related.invoices[pk], is_sent=key in after.sent)
    if document == "payment":
        return _why_not_payment(after, after.related.payments[pk], is_sent=key in after.sent)
    if document == "refund":
        return "its payment is removed"
    return "its invoice is held back (Do Not Batch)"


def _why_not_invoice(invoice: Invoice, *, is_sent: bool) -> str:
    match why_invoice_is_kept_out(invoice):
        case KeptOut.STATE:
            return f"it is {invoice.get_status_display().lower()}"
        case KeptOut.ON_HOLD:
            return "it is held back (Do Not Batch)"
        case KeptOut.UNLOCKED:
            return "it is open for editing until it is approved again"
        case KeptOut.NOT_APPROVED:
            return "it is not approved"
    return "the books already have it in this form" if is_sent else "its total is 0.00"


def _why_not_payment(after: BatchingState, payment: Payment, *, is_sent: bool) -> str:
    match why_payment_is_kept_out(payment, is_held=lambda: payment.pk in after.held_by):
        case KeptOut.STATE:
            return f"it is {payment.get_state_display().lower()}"
        case KeptOut.ON_HOLD:
            return f"invoice {after.held_by[payment.pk]} is held back (Do Not Batch)"
    return "the books already have it in this form" if is_sent else "nothing is left of it"


def _number_of(before: BatchingState, after: BatchingState, key: RowKey) -> str:
    document, pk = key
    if document == "invoice":
        return after.related.invoices[pk].number
    if document == "payment" and pk in after.related.payments:
        return after.related.payments[pk].number
    return before.rows[key].number


def _name(document: str, number: str, *, is_start: bool = True) -> str:
    name = f"{document.replace('_', ' ')} {number}"
    return name[0].upper() + name[1:] if is_start else name


def _file(kind: str) -> str:
    return f"“{file_title(FILE_NUMBERS[kind])}”"
