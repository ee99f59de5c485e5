"""System checks that refuse a dangerous production setting, each with an id and a hint.

They run with `manage.py check --deploy`, and whenever a web server starts (`wsgi.py`).
Production is PostgreSQL or Redis, unless PRODUCTION says otherwise.
"""

from collections.abc import Sequence
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

SHORTEST_SECRET_KEY: Final = 50
FEWEST_SIGNS_IN_SECRET_KEY: Final = 5
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


def check_debug() -> list[CheckMessage]:
    """E001: DEBUG shows settings and data to anyone who causes an error."""
    if not settings.DEBUG:
        return []
    return [
        Error(
            "DEBUG is on in production.",
            hint="Unset DEBUG, or set PRODUCTION=False on a machine that nobody else reaches.",
            id="sera_batching.E001",
        )
    ]


def check_secret_key() -> list[CheckMessage]:
    """E002, E003: anyone who knows or guesses the key can sign in as anybody."""
    if not settings.SECRET_KEY_IS_GIVEN:
        return [
            Error(
                "SECRET_KEY is not set; a key made by one machine is not shared with the others.",
                hint="Set SECRET_KEY; `.env.example` shows how to make one.",
                id="sera_batching.E002",
            )
        ]
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if all(
        len(key) >= SHORTEST_SECRET_KEY
        and len(set(key)) >= FEWEST_SIGNS_IN_SECRET_KEY
        and not key.startswith("django-insecure-")
        for key in keys
    ):
        return []
    return [
        Error(
            "SECRET_KEY (or one of SECRET_KEY_FALLBACKS) is weak.",
            hint=f"Use {SHORTEST_SECRET_KEY} random characters or more.",
            id="sera_batching.E003",
        )
    ]


def check_https() -> list[CheckMessage]:
    """E004: passwords and session cookies would be sent unencrypted."""
    if (
        settings.SECURE_SSL_REDIRECT
        and settings.SECURE_HSTS_SECONDS
        and settings.SESSION_COOKIE_SECURE
        and settings.CSRF_COOKIE_SECURE
    ):
        return []
    return [
        Error(
            "Production is served over plain http.",
            hint="Set HTTPS=True, and BEHIND_PROXY=True where a reverse proxy ends TLS.",
            id="sera_batching.E004",
        )
    ]


def check_hosts() -> list[CheckMessage]:
    """E005, E006: a forged Host header would end up in links that people follow."""
    if any(host.startswith("*") for host in settings.ALLOWED_HOSTS):
        return [
            Error(
                "ALLOWED_HOSTS has a wildcard.",
                hint="Name the hosts under which people reach the server.",
                id="sera_batching.E005",
            )
        ]
    if LOOPBACK_NAMES.issuperset(settings.ALLOWED_HOSTS):
        return [
            Error(
                "ALLOWED_HOSTS names this machine only; nobody else would get an answer.",
                hint="Name the hosts under which people reach the server.",
                id="sera_batching.E006",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def check_production(
    app_configs: Sequence[AppConfig] | None = None, **options: Any
) -> list[CheckMessage]:
    """Return what is dangerous in production; nothing outside production."""
    if not settings.PRODUCTION:
        return []
    return [*check_debug(), *check_secret_key(), *check_https(), *check_hosts()]
