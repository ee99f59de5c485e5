"""Reading through merges: which customer a row is about today."""

from django.db.models import F
from django.db.models.functions import Coalesce


def survivor_of(path: str, field: str = "id") -> Coalesce:
    """Return, of the customer at this path, the survivor's field: its own if nobody merged it."""
    return Coalesce(F(f"{path}__merged_into__{field}"), F(f"{path}__{field}"))
