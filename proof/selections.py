"""What a random person chooses on Unbatched: filters and ticks."""

from datetime import date

from hypothesis import strategies as st

from proof.batching import FILES, Selection
from proof.model import Model
from proof.world import DATES, DEPARTMENTS, Draw, one_of, seldom


def draw_selection(draw: Draw, model: Model) -> Selection:
    """Draw filters and ticks; half the time everything."""
    if not seldom(draw, 3):
        return Selection()
    rows = model.unbatched()
    what = draw(one_of("include", "exclude", "dates", "department", "kind", "only", "search"))
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
    return Selection(search=draw(one_of("10", "p1", "customer c2", "Renamed")))
