"""Which Sera Batching this is, in one line."""

import django

from sera_batching import __version__


def version_line() -> str:
    """Return "Sera Batching 0.9.0 (Django 5.2.19)"."""
    return f"Sera Batching {__version__} (Django {django.get_version()})"
