"""Which customer a row belongs to today, after merges."""

from django.db.models import F
from django.db.models.functions import Coalesce


def survivor_of(path: str, field: str = "id") -> Coalesce:
    """Return a field of the customer at this path, or the survivor's if the customer was merged."""
    return Coalesce(F(f"{path}__merged_into__{field}"), F(f"{path}__{field}"))
