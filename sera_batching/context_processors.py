"""What the layout of every page needs."""

from typing import Any, Final

from django.http import HttpRequest

from sera_batching.http import company_of
from sera_batching.navigation import groups_for, url_of, user_menu_for

THEME_COOKIE: Final = "theme"
THEMES: Final = {"light": "Light", "dark": "Dark", "auto": "Same as the browser"}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the theme that the user chose (empty: the browser's) and what the header shows."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    theme = chosen if chosen in ("light", "dark") else ""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"theme": theme, "shell": {"is_signed_in": False}}
    return {
        "theme": theme,
        "shell": {
            "is_signed_in": True,
            "company": company_of(request),
            "search_url": url_of("search"),
            "groups": groups_for(request),
            "user_menu": user_menu_for(request),
            "themes": [
                {"value": value, "label": label, "is_chosen": value == (theme or "auto")}
                for value, label in THEMES.items()
            ],
        },
    }
