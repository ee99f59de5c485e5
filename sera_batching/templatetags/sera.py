"""How money, days and moments look on a page, and links that change one thing about it."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.core.paginator import Page
from django.db.models import Model
from django.http import QueryDict
from django.template import Context
from django.utils import timezone

from sera_batching import __version__
from sera_batching.date_texts import day_text, moment_text
from sera_batching.money import cents_display
from sera_batching.navigation import detail_url

register = template.Library()


@register.simple_tag
def product_version() -> str:
    """Return the version of the product, such as "0.9.0"."""
    return __version__


@register.filter
def money(cents: int | None) -> str:
    """Return 120000 as "1,200.00", nothing for None."""
    return "" if cents is None else cents_display(cents)


@register.filter
def rate(value: Decimal | None) -> str:
    """Return 1250 as "1,250.00", 0.125 as "0.125": two decimals, up to six where it has them."""
    if value is None:
        return ""
    whole, _, decimals = f"{value:,.6f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


@register.filter
def plain(value: Decimal | None) -> str:
    """Return 1250.500000 as "1,250.5": quantities and tax rates, without needless zeros."""
    return "" if value is None else f"{value:,.6f}".rstrip("0").rstrip(".")


@register.filter
def day(value: date | None) -> str:
    """Return a document's own date as "11/02/2026": it has no time, so no zone moves it."""
    return "" if value is None else day_text(value)


@register.filter
def moment(value: datetime | None) -> str:
    """Return a moment as "11/02/2026 10:42" in the company's time zone."""
    return "" if value is None else moment_text(value, timezone.get_current_timezone())


@register.filter
def clock(value: datetime | None) -> str:
    """Return a moment as "10:42" in the company's time zone."""
    return "" if value is None else timezone.localtime(value).strftime("%H:%M")


@register.filter
def page_numbers(page: Page[Any]) -> Iterator[int | str]:
    """Return the numbers to link to: the first, those around the page, the last, gaps as "…"."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)


@register.simple_tag(takes_context=True)
def query_with(context: Context, **changes: Any) -> str:
    """Return the page's query string, with "?", where each change sets or (None) removes a name.

    Starts from `query` where the page has one (only what it understood), else from its URL.
    """
    query = context.get("query")
    parameters = (query if isinstance(query, QueryDict) else context["request"].GET).copy()
    for name, value in changes.items():
        if value is None:
            parameters.pop(name, None)
        else:
            parameters[name] = value
    return f"?{parameters.urlencode()}" if parameters else "?"


@register.filter
def place(value: float) -> str:
    """Return a place in a picture, as SVG reads it whatever the language."""
    return f"{value:g}"


@register.filter
def short_money(cents: int) -> str:
    """Return an amount in cents as "12.3k" or "1.2M": the exact one is in the table beside."""
    amount = cents / 100
    if amount >= 999_950:
        return f"{amount / 1_000_000:.1f}M"
    if amount >= 1_000:
        return f"{amount / 1_000:.1f}k"
    return f"{amount:.0f}"


@register.filter(name="detail_url")
def detail_url_of(shown: Model) -> str:
    """Return the URL of the page of one object, in whichever app it is."""
    return detail_url(shown._meta.label_lower, shown.pk)
