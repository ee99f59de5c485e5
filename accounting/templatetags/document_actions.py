"""For the pages of documents: the acts that this person may do there."""

from typing import Any

from django import template

from backoffice.actions.available import Action, actions_on_invoice, actions_on_payment
from invoices.models import Invoice
from payments.models import Payment

register = template.Library()


@register.inclusion_tag("backoffice/actions/actions.html", takes_context=True)
def actions_on(context: dict[str, Any], document: Invoice | Payment) -> dict[str, list[Action]]:
    """Show links to what is possible, and why the rest is not."""
    user = context["request"].user
    if isinstance(document, Invoice):
        actions = actions_on_invoice(document, user)
    else:
        actions = actions_on_payment(document, user)
    return {"actions": actions, "refused": [one for one in actions if one.why_not]}
