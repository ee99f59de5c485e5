"""Django's flush, on a database whose frozen tables refuse to be emptied (ADR 2)."""

from typing import Any

from django.core.management.commands.flush import Command as FlushCommand
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, transaction

from sera_batching.database import triggers


class Command(FlushCommand):
    """Lift the triggers, empty every table; the post_migrate signal puts the triggers back."""

    def handle(self, **options: Any) -> None:
        triggers.remove()
        try:
            if options.get("reset_sequences", True):
                super().handle(**options)
            else:
                # Those of references, too, which refuse to let a row go that another names.
                triggers.lift()
                delete_rows()
                emit_post_migrate_signal(0, False, connection.alias)
        finally:
            triggers.install()


def delete_rows() -> None:
    """Delete the rows one by one: quicker after a test, where TRUNCATE remakes every table."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with transaction.atomic(), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608
