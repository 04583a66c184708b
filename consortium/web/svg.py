"""Where everything stands in the pictures of the portal (図の座標): geometry, no markup.

The functions are pure; `macros/svg.html` draws what they return. Every picture has its table
behind it, so a picture may round to a tenth of a unit of its view box, a table never does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from consortium.domain.calendar.period import FiscalYear, Period
from consortium.domain.calendar.wareki import fiscal_year_code, wareki_short

_WIDTH: Final = 960.0

#: A bar that stands alone is no wider than this.
_WIDEST: Final = 120.0
#: Kinds of fill in pictures.css; a ninth series starts again with the first.
_SERIES: Final = 8


@dataclass(frozen=True, slots=True)
class Lane:
    """One member's row as it is asked for (団体の行): its name and its periods of membership."""

    name: str
    stays: tuple[Period, ...]
    is_lead: bool = False
    #: still planned: drawn as such and not counted (加入予定)
    is_expected: bool = False


@dataclass(frozen=True, slots=True)
class YearColumn:
    """One fiscal year of the timeline, with the members it counts (年度の列)."""

    x: float
    width: float
    label: str
    members: int
    is_shaded: bool

    @property
    def center(self) -> float:
        """Give the middle of the column."""
        return rounded(self.x + self.width / 2)


@dataclass(frozen=True, slots=True)
class Bar:
    """One period of membership (在籍の帯).

    `joined` and `left` are the labels of the first and the last day, None outside the picture.
    """

    x: float
    width: float
    joined: str | None
    left: str | None
    #: the label stands on the bar; a bar too short for it has it before its start
    is_label_inside: bool

    @property
    def end(self) -> float:
        """Give where the bar ends."""
        return rounded(self.x + self.width)


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One member's row as it is drawn."""

    name: str
    is_lead: bool
    middle: float
    bars: tuple[Bar, ...]
    is_expected: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """The membership timeline (構成団体の推移)."""

    width: float
    height: float
    left: float
    right: float
    top: float
    columns: tuple[YearColumn, ...]
    rows: tuple[TimelineRow, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """One party's amounts, one for each year in order; None where it takes no part (系列)."""

    name: str
    amounts: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """One party's part of one year's bar (棒の一切れ)."""

    y: float
    height: float
    series: int
    name: str
    amount: int


@dataclass(frozen=True, slots=True)
class Stack:
    """One year's bar (年度の棒)."""

    x: float
    width: float
    label: str
    total: int
    total_text: str
    total_y: float
    slices: tuple[Slice, ...]
    #: year that the bar shares with the one beside it; empty where the bar has its own
    year: str = ""

    @property
    def center(self) -> float:
        """Give the middle of the bar."""
        return rounded(self.x + self.width / 2)


@dataclass(frozen=True, slots=True)
class Tick:
    """One line of the scale (目盛)."""

    y: float
    label: str


@dataclass(frozen=True, slots=True)
class YearLabel:
    """The year under two bars (二本の棒の年度)."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One line of the legend, in the order of the stack from its top (凡例)."""

    y: float
    series: int
    name: str


@dataclass(frozen=True, slots=True)
class StackedBars:
    """Shares by year, stacked by party (負担額の推移)."""

    width: float
    height: float
    left: float
    right: float
    base: float
    unit: str
    ticks: tuple[Tick, ...]
    stacks: tuple[Stack, ...]
    legend: tuple[LegendEntry, ...]
    years: tuple[YearLabel, ...] = ()


def year_label(year: FiscalYear) -> str:
    """Write a fiscal year in short for an axis: H27, R1, R8 (年度の略記)."""
    code = fiscal_year_code(year)
    return f"{code[0]}{int(code[1:])}"


def years_between(first: FiscalYear, last: FiscalYear) -> tuple[FiscalYear, ...]:
    """Give the fiscal years from the first to the last, both included."""
    return tuple(FiscalYear(year) for year in range(first.start_year, last.start_year + 1))


def membership_timeline(lanes: Sequence[Lane], first: FiscalYear, last: FiscalYear) -> Timeline:
    """Lay out who was a member when, from the first fiscal year to the last (構成団体の推移)."""
    left, right, top, row_height = 116.0, _WIDTH - 20, 58.0, 36.0
    years = years_between(first, last)
    pitch = (right - left) / len(years)
    window = Period(years[0].period.since, years[-1].period.until)
    scale = _Days(window.since, left, pitch)
    columns = tuple(
        YearColumn(
            rounded(left + pitch * place),
            rounded(pitch),
            year_label(year),
            sum(
                any(stay.overlaps(year.period) for stay in lane.stays)
                for lane in lanes
                if not lane.is_expected
            ),
            place % 2 == 1,
        )
        for place, year in enumerate(years)
    )
    rows = tuple(
        TimelineRow(
            lane.name,
            lane.is_lead,
            rounded(top + row_height * (place + 0.5)),
            tuple(_bar(stay, window, scale) for stay in lane.stays if stay.overlaps(window)),
            lane.is_expected,
        )
        for place, lane in enumerate(lanes)
    )
    height = rounded(top + row_height * len(lanes) + 12)
    return Timeline(_WIDTH, height, left, right, top, columns, rows)


@dataclass(frozen=True, slots=True)
class _Days:
    """Where a day stands: each fiscal year is equally wide, whether leap or not."""

    origin: date
    left: float
    pitch: float

    def x(self, day: date) -> float:
        year = FiscalYear.containing(day)
        start, end = year.period.since, year.next().period.since
        part = (day - start).days / (end - start).days
        return self.left + self.pitch * (year.start_year - self.origin.year + part)


def _bar(stay: Period, window: Period, scale: _Days) -> Bar:
    shown = stay.intersection(window) or window
    start = scale.x(shown.since)
    width = scale.x(shown.until or window.since) - start
    joined = wareki_short(stay.since) if window.contains(stay.since) else None
    last_day = stay.until - timedelta(days=1) if stay.until else None
    left = wareki_short(last_day) if last_day and window.contains(last_day) else None
    room = 110.0 * ((joined is not None) + (left is not None))
    return Bar(rounded(start), rounded(width), joined, left, width >= room)


def stacked_bars(years: Sequence[FiscalYear], series: Sequence[Series]) -> StackedBars:
    """Lay out shares by year, one bar a year, stacked by party (負担額の推移).

    Negative amounts are stacked below the line of zero.

    Raises: ValueError if a series does not have one amount for each year.
    """
    return _stacked([("", year_label(year)) for year in years], series)


def paired_bars(
    years: Sequence[FiscalYear], labels: tuple[str, str], series: Sequence[Series]
) -> StackedBars:
    """Lay out two bars a year beside each other, e.g. 今 and 加入後 (負担額の比較).

    Each series gives its amounts in the order of the bars: both of the first year, then the next.

    Raises: ValueError if a series does not have one amount for each bar.
    """
    bars = [(year_label(year), label) for year in years for label in labels]
    drawn = _stacked(bars, series)
    stacks = drawn.stacks
    # The two bars of a year move towards each other by a sixth of the space between bars.
    nearer = stacks[0].width / 6 if stacks else 0
    stacks = tuple(
        replace(stack, x=rounded(stack.x + (-nearer if at % 2 else nearer)))
        for at, stack in enumerate(stacks)
    )
    names = tuple(
        YearLabel(rounded((first.center + second.center) / 2), first.year)
        for first, second in zip(stacks[::2], stacks[1::2], strict=True)
    )
    return replace(drawn, height=rounded(drawn.height + 18), stacks=stacks, years=names)


def _stacked(bars: Sequence[tuple[str, str]], series: Sequence[Series]) -> StackedBars:
    """Lay out one bar for each (shared year, label)."""
    if any(len(one.amounts) != len(bars) for one in series):
        raise ValueError("one amount for each year, or bar of a year")
    left, right, top, plot_height, entry = 76.0, _WIDTH - 132, 34.0, 260.0, 26.0
    by_bar = [[one.amounts[at] or 0 for one in series] for at in range(len(bars))]
    scale = scale_of(by_bar, top, plot_height)
    pitch = (right - left) / max(len(bars), 1)
    names = [one.name for one in series]
    stacks = tuple(
        replace(
            _stack(label, left + pitch * at, pitch, _slices(names, amounts, scale), scale),
            year=year,
        )
        for at, ((year, label), amounts) in enumerate(zip(bars, by_bar, strict=True))
    )
    legend = tuple(
        LegendEntry(rounded(top + 12 + entry * place), at % _SERIES + 1, names[at])
        for place, at in enumerate(reversed(range(len(series))))
    )
    height = max(top + plot_height + 34, top + 12 + entry * len(series))
    return StackedBars(
        _WIDTH, rounded(height), left, right, rounded(scale.base), scale.unit, scale.ticks(),
        stacks, legend,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scale:
    """Where an amount stands, and in what unit it is written."""

    base: float
    zoom: float
    lowest: int
    highest: int
    step: int
    divisor: int
    unit: str

    def y(self, amount: int) -> float:
        return self.base - amount * self.zoom

    def text(self, amount: int) -> str:
        rounded = (2 * abs(amount) + self.divisor) // (2 * self.divisor)
        return f"△{rounded:,}" if amount < 0 and rounded else f"{rounded:,}"

    def ticks(self) -> tuple[Tick, ...]:
        values = range(self.lowest, self.highest + 1, self.step)
        return tuple(Tick(rounded(self.y(value)), self.text(value)) for value in values)


def scale_of(by_bar: list[list[int]], top: float, height: float) -> Scale:
    """Find round steps around the amounts of all bars, and where they stand."""
    high = max((sum(a for a in amounts if a > 0) for amounts in by_bar), default=0)
    low = min((sum(a for a in amounts if a < 0) for amounts in by_bar), default=0)
    step = _step(high - low)
    # Whole steps around the amounts; one step at least, so that an empty year has a scale too.
    highest = max(-(-high // step) * step, 0 if low else step)
    lowest = low // step * step
    zoom = height / (highest - lowest)
    divisor, unit = _unit(max(high, -low))
    return Scale(top + highest * zoom, zoom, lowest, highest, step, divisor, unit)


def _step(span: int) -> int:
    """Give a round step (1, 2 or 5 times a power of ten) that cuts the span in five or fewer."""
    power = 1
    while True:
        for times in (1, 2, 5):
            if span <= 5 * times * power:
                return times * power
        power *= 10


def _unit(largest: int) -> tuple[int, str]:
    if largest < 100_000:
        return 1, "円"
    return (1_000, "千円") if largest < 10**11 else (1_000_000, "百万円")


def _slices(names: list[str], amounts: list[int], scale: Scale) -> tuple[Slice, ...]:
    above = below = 0
    slices = []
    for at, (name, amount) in enumerate(zip(names, amounts, strict=True)):
        if amount > 0:
            above += amount
            y = scale.y(above)
        elif amount < 0:
            y = scale.y(below)
            below += amount
        else:
            continue
        height = abs(amount) * scale.zoom
        slices.append(Slice(rounded(y), rounded(height), at % _SERIES + 1, name, amount))
    return tuple(slices)


def _stack(label: str, x: float, pitch: float, slices: tuple[Slice, ...], scale: Scale) -> Stack:
    total = sum(one.amount for one in slices)
    above = sum(one.amount for one in slices if one.amount > 0)
    width = min(pitch * 0.62, _WIDEST)
    return Stack(
        rounded(x + (pitch - width) / 2), rounded(width), label, total,
        scale.text(total), rounded(scale.y(above) - 7), slices,
    )  # fmt: skip


def rounded(value: float) -> float:
    """Give a tenth of a unit of the view box: nobody sees less."""
    return round(value, 1)
