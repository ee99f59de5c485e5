"""The state of a payment when a form was opened, compared with its state now."""

from payments.balances import refunded_cents
from payments.models import Payment
from payments.services.freezing import current_of
from sera_batching.exceptions import Conflict
from sera_batching.money import cents_display
from sera_batching.versions import Version, read_version, version_text


def payment_version(payment: Payment) -> str:
    """Return what a form carries: state, newest revision, settlement and refunds of the payment."""
    return version_text(_version_of(payment))


def require_payment_version(payment: Payment, seen: str) -> None:
    """Raise Conflict, naming what changed, unless the locked payment is as the form saw it."""
    before, now = read_version(seen), _version_of(payment)
    changes = []
    if before.get("state") != now["state"]:
        changes.append(f"it is {payment.get_state_display().lower()} now")
    if before.get("settled") != now["settled"]:
        changes.append("it has settled" if payment.is_settled else "it is no longer settled")
    if before.get("revision") != now["revision"]:
        revision = current_of(payment)
        reason = f" (“{revision.reason}”)" if revision.reason else ""
        changes.append(f"{revision.frozen_by} made revision {revision.sequence} of it{reason}")
    if before.get("refunded") != now["refunded"]:
        changes.append(f"{cents_display(int(now['refunded']))} of it is refunded now")
    if changes:
        raise Conflict(
            f"Payment {payment.number} has changed since this form was opened: "
            f"{'; '.join(changes)}. Nothing was done. Review the changes, then submit the "
            "form again."
        )


def _version_of(payment: Payment) -> Version:
    return {
        "state": str(payment.state),
        "settled": "1" if payment.is_settled else "0",
        "revision": str(current_of(payment).sequence),
        "refunded": str(refunded_cents(payment)),
    }
