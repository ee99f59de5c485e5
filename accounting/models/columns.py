"""Keys of trigger-maintained rows: without index or constraint, because tables are read whole."""

from typing import Any

from django.db import models


def document_key(to: type[models.Model]) -> "models.OneToOneField[Any, Any]":
    """The document of a row, as its primary key; the document's own key guarantees it."""
    return models.OneToOneField(
        to,
        on_delete=models.DO_NOTHING,
        primary_key=True,
        related_name="+",
        db_constraint=False,
    )


def pointer(to: type[models.Model], *, null: bool) -> "models.ForeignKey[Any, Any]":
    """A key copied from the document, where its constraint and index are.

    A key that may be null joins from the left, and PostgreSQL leaves out what is not asked.
    """
    return models.ForeignKey(
        to,
        on_delete=models.DO_NOTHING,
        null=null,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
