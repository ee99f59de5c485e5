"""Django's flush, on a database whose frozen tables refuse to be emptied (ADR 2)."""

from typing import Any

from django.core.management.commands.flush import Command as FlushCommand

from sera_batching.database import triggers


class Command(FlushCommand):
    """Lift the triggers, empty every table; the post_migrate signal puts the triggers back."""

    def handle(self, **options: Any) -> None:
        triggers.remove()
        try:
            super().handle(**options)
        finally:
            triggers.install()
