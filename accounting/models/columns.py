"""Keys of rows that triggers maintain: no index and no constraint, for they are read as a whole."""

from typing import Any

from django.db import models


def document_key(to: type[models.Model]) -> "models.OneToOneField[Any, Any]":
    """The document that a row is about: its primary key, which the document's own vouches for."""
    return models.OneToOneField(
        to,
        on_delete=models.DO_NOTHING,
        primary_key=True,
        related_name="+",
        db_constraint=False,
    )


def pointer(to: type[models.Model], *, null: bool) -> "models.ForeignKey[Any, Any]":
    """What the document points at, where key and index are.

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
