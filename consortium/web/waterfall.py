"""Where the bars of a waterfall stand (要因分解の図): geometry, no markup, as in svg.py.

Each cause begins where the one before it ended; the last bar is the difference itself, from zero.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from consortium.web.svg import Scale, Tick, rounded, scale_of

_WIDTH = 960.0
#: Kinds of bars: a cause that adds, one that takes away, the difference (fill and pattern).
UP, DOWN, WHOLE = 2, 3, 1


@dataclass(frozen=True, slots=True)
class Step:
    """One bar: a cause or the difference (図の一本)."""

    x: float
    width: float
    y: float
    height: float
    #: UP, DOWN or WHOLE
    series: int
    #: one line of the label below each
    label: tuple[str, ...]
    name: str
    amount: int
    #: the amount in the unit of the scale, with its sign
    text: str
    text_y: float
    #: where the next bar begins
    end_y: float

    @property
    def center(self) -> float:
        """Give the middle of the bar."""
        return rounded(self.x + self.width / 2)


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The causes of a difference, one after another (差額の要因の図)."""

    width: float
    height: float
    left: float
    right: float
    base: float
    bottom: float
    unit: str
    ticks: tuple[Tick, ...]
    steps: tuple[Step, ...]


def waterfall(causes: Sequence[tuple[str, int]], whole: str = "差額") -> Waterfall:
    """Lay out the causes in their order, and their sum at the right (要因分解の図)."""
    left, right, top, plot_height = 96.0, _WIDTH - 12, 34.0, 260.0
    ends = list(accumulate(amount for _, amount in causes))
    scale = scale_of([[end] for end in ends], top, plot_height)
    bars = [
        _Bar(name, end - amount, end, UP if amount > 0 else DOWN)
        for (name, amount), end in zip(causes, ends, strict=True)
    ]
    bars.append(_Bar(whole, 0, ends[-1] if ends else 0, WHOLE))
    pitch = (right - left) / len(bars)
    steps = tuple(
        _step(bar, left + pitch * (at + 0.16), pitch * 0.68, scale) for at, bar in enumerate(bars)
    )
    bottom = top + plot_height
    height = bottom + 10 + 17 * max(len(step.label) for step in steps)
    return Waterfall(
        _WIDTH, rounded(height), left, right, rounded(scale.base), rounded(bottom), scale.unit,
        scale.ticks(), steps,
    )  # fmt: skip


class _Bar(NamedTuple):
    """A bar before it has a place."""

    name: str
    start: int
    end: int
    series: int


def _step(bar: _Bar, x: float, width: float, scale: Scale) -> Step:
    upper, lower = scale.y(max(bar.start, bar.end)), scale.y(min(bar.start, bar.end))
    amount = bar.end - bar.start
    return Step(
        rounded(x),
        rounded(width),
        rounded(upper),
        rounded(lower - upper),
        bar.series,
        tuple(re.split("(?<=と)", bar.name)),
        bar.name,
        amount,
        f"{'＋' if amount > 0 else ''}{scale.text(amount)}",
        rounded(upper - 7),
        rounded(scale.y(bar.end)),
    )
