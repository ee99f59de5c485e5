"""What a random person chooses: filters and ticks on Unbatched, a batch to undo."""

from datetime import date
from typing import Final

from hypothesis import strategies as st

from proof.batching import FILES, Batch, Selection
from proof.model import Model
from proof.world import DATES, DEPARTMENTS, Draw, one_of, seldom

WAYS: Final = (
    "include",
    "exclude",
    "dates",
    "department",
    "kind",
    *["payments"] * 3,
    "only",
    "search",
)
"""How a user limits the selection."""


def draw_selection(draw: Draw, model: Model) -> Selection:
    """Draw filters and ticks; half the time everything, and seldom what holds nothing."""
    if draw(st.booleans()):
        return Selection()
    selection = _draw_narrow(draw, model)
    return selection if model.chosen(selection) or seldom(draw) else Selection()


def _draw_narrow(draw: Draw, model: Model) -> Selection:
    rows = model.unbatched()
    what = draw(one_of(*WAYS))
    if what in ("include", "exclude") and rows:
        names = draw(st.lists(st.sampled_from(rows), min_size=1, max_size=4, unique=True))
        chosen = tuple(row.name for row in names)
        return Selection(include=chosen) if what == "include" else Selection(exclude=chosen)
    if what == "dates":
        first, last = sorted([draw(one_of(*DATES)), draw(one_of(*DATES))])
        return Selection(date_from=date.fromisoformat(first), date_to=date.fromisoformat(last))
    if what == "department":
        return Selection(department=draw(one_of("none", *DEPARTMENTS)))
    if what == "kind":
        return Selection(kind=draw(st.sampled_from(list(FILES))))
    if what == "only":
        return Selection(only=draw(one_of("invoices", "payments")))
    if what == "payments":
        return Selection(only=what)
    return Selection(search=draw(one_of("10", "p1", "customer c2", "Renamed")))


def draw_undoing(draw: Draw, model: Model) -> Batch:
    """Draw a batch to undo: mostly one to release, or one that others depend on."""
    batches = model.batches[1:]
    wanted = [batch for batch in batches if batch.status == "failed"] or [
        batch for batch in batches if batch.is_live and model.dependents(batch)
    ]
    is_wanted = bool(wanted) and not seldom(draw, 4)
    return draw(st.sampled_from(wanted if is_wanted else batches))  # type: ignore[no-any-return]
