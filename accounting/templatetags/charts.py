"""How the numbers of a chart are written."""

from django import template

register = template.Library()


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
