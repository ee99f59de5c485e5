"""Bar charts as coordinates for an SVG, which a template draws.

Every chart has a table with the same numbers beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 640
HEIGHT: Final = 200
_TOP: Final = 18
_BOTTOM: Final = 24
_FILL: Final = 0.7
"""How much of its slot a bar fills."""


@dataclass(frozen=True, slots=True)
class Part:
    """One segment of a bar: its position and its series."""

    y: float
    height: float
    series: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar with its label; cents are those of the whole bar."""

    label: str
    cents: int
    x: float
    width: float
    middle: float
    top: float
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A stacked bar chart, in units of the picture."""

    bars: tuple[Bar, ...]
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def baseline(self) -> int:
        return self.height - _BOTTOM

    @property
    def label_y(self) -> int:
        return self.height - 8


def bar_chart(columns: Sequence[tuple[str, Sequence[int]]]) -> Chart:
    """Return a chart of labelled columns, each stacked from amounts in cents (none below zero)."""
    most = max((sum(amounts) for _, amounts in columns), default=0)
    place = WIDTH / max(len(columns), 1)
    room = HEIGHT - _TOP - _BOTTOM
    bars: list[Bar] = []
    for position, (label, amounts) in enumerate(columns):
        y = float(HEIGHT - _BOTTOM)
        parts: list[Part] = []
        for series, cents in enumerate(amounts):
            height = round(room * cents / most, 2) if most else 0.0
            y = round(y - height, 2)
            parts.append(Part(y, height, series))
        left = position * place + place * (1 - _FILL) / 2
        bars.append(
            Bar(
                label=label,
                cents=sum(amounts),
                x=round(left, 2),
                width=round(place * _FILL, 2),
                middle=round((position + 0.5) * place, 2),
                top=round(y - 4, 2),
                parts=tuple(parts),
            )
        )
    return Chart(tuple(bars))
