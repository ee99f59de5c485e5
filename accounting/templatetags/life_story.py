"""For the pages of documents: all that happened to one, newest first."""

from typing import Any, Final

from django import template

from backoffice.timeline.entries import NEWEST
from backoffice.timeline.stories import story_of_invoice, story_of_payment
from invoices.models import Invoice
from payments.models import Payment
from sera_batching.tables import read_choice

WHOLE: Final = "whole"

register = template.Library()


@register.inclusion_tag("backoffice/life_story.html", takes_context=True)
def life_story_of(context: dict[str, Any], document: Invoice | Payment) -> dict[str, Any]:
    """Show the newest of what happened, or all of it where the address asks for the whole."""
    request = context["request"]
    wanted, _ = read_choice(request.GET.get("story", ""), [WHOLE])
    newest = None if wanted == WHOLE else NEWEST
    if isinstance(document, Invoice):
        story = story_of_invoice(document, request.user, newest)
    else:
        story = story_of_payment(document, request.user, newest)
    return {"request": request, "story": story, "is_whole": newest is None, "newest": NEWEST}
