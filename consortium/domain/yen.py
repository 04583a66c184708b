"""Whole yen and the one lossless division (円・端数処理).

Money is an integer number of yen. `split()` is the only place in the product where an amount is
rounded: what it hands out, together with 端数差額, is always the amount it was given.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import repeat
from math import lcm
from typing import NamedTuple, NewType

from consortium.domain.errors import BadInputError, CannotShareError

Yen = NewType("Yen", int)

#: 端数処理の単位 (yen).
UNITS = (1, 100, 1_000, 10_000)

#: Where the one rounding happens (端数処理の段階).
LEVELS = {"component": "構成割ごと", "item": "費目ごと"}

#: How a share is rounded to the unit (切捨て・四捨五入・切上げ).
MODES = {"floor": "切捨て", "half_up": "四捨五入", "ceil": "切上げ"}


#: Agreements round ratios to a few decimals; more than this is a typing error.
MAX_RATIO_DIGITS = 9


class Weights(NamedTuple):
    """Weights brought to whole numbers once, with the order that breaks ties (按分の重み).

    The parties stand in 団体コード order, so a position is also the last rule of every tie.
    """

    numerators: tuple[int, ...]
    denominator: int
    #: positions in the order in which equal remainders are served
    ties: tuple[int, ...]
    #: position of the largest weight, the first by code among equals
    largest: int

    @classmethod
    def of(cls, values: Iterable[Fraction | int], *, ties_as_listed: bool = False) -> "Weights":
        """Bring weights to whole numbers over one denominator.

        Ties are served by the larger weight, then in the order given; `ties_as_listed` leaves the
        size out (the components of a rule).

        Raises: CannotShareError if a weight is negative or none is positive.
        """
        exact = list(values)
        # Numerators and denominators of Fraction and int alike: comparing Fractions is slow.
        numerators = [value.numerator for value in exact]
        if not numerators or min(numerators) < 0 or not any(numerators):
            raise CannotShareError(
                "按分の重みを求めました。",
                "正の重みが一つもないか、負の重みがあります。",
                "算定基礎の値を確認してください。",
            )
        scale = lcm(*(value.denominator for value in exact))
        whole = [value.numerator * (scale // value.denominator) for value in exact]
        by_size = sorted(range(len(whole)), key=whole.__getitem__, reverse=True)
        ties = tuple(range(len(whole))) if ties_as_listed else tuple(by_size)
        return cls(tuple(whole), sum(whole), ties, by_size[0])


class Shares(NamedTuple):
    """One amount divided, with what an auditor needs to follow it (按分結果).

    All tuples stand in the order of the weights. For a negative amount `rounded` and `remainders`
    are those of its absolute value; `shares` and `unallocated` carry the sign.
    """

    shares: tuple[int, ...]
    #: yen after rounding to the unit, before the rest was placed
    rounded: tuple[int, ...]
    #: what rounding left of |amount| × numerator, over denominator × unit; negative when raised
    remainders: tuple[int, ...]
    #: positions in the order in which left-over units were offered; empty unless 最大剰余
    order: tuple[int, ...]
    #: yen that one receiver got as a whole (幹事市負担 etc.), with sign
    moved: int
    #: position of that receiver, if there was one
    receiver: int | None
    #: yen that nobody got (端数差額), with sign
    unallocated: int


class Seat(NamedTuple):
    """What a residual rule knows besides the rest itself (端数の負担者を決める前提)."""

    weights: Weights
    unit: int
    lead: int | None


#: (order of service, units handed out one by one, receiver of the whole rest, yen it receives)
Placed = tuple[Sequence[int], int, int | None, int]

#: (yen left over, remainders, seat) → who gets them
Place = Callable[[int, Sequence[int], Seat], Placed]


class Residual(NamedTuple):
    """A registered way to place the odd yen (端数の負担者)."""

    label: str
    place: Place


#: Every way to place the odd yen; the keys are stored in rules and never renamed.
RESIDUALS: dict[str, Residual] = {}


def residual(key: str, *, label: str) -> Callable[[Place], Place]:
    """Register a way to place the odd yen under a key and its Japanese name."""

    def register(place: Place) -> Place:
        RESIDUALS[key] = Residual(label, place)
        return place

    return register


def _lead_or_largest(seat: Seat) -> int:
    """Give the lead city's position; the largest share's if the lead takes no part."""
    if seat.lead is not None and seat.weights.numerators[seat.lead]:
        return seat.lead
    return seat.weights.largest


@residual("largest_remainder", label="最大剰余")
def largest_remainder(rest: int, remainders: Sequence[int], seat: Seat) -> Placed:
    """Give one unit each in order of the largest remainder; below one unit goes to the lead."""
    order = sorted(seat.weights.ties, key=remainders.__getitem__, reverse=True)
    if seat.unit == 1:
        return order, rest, None, 0
    units, below = divmod(rest, seat.unit)
    return order, units, _lead_or_largest(seat) if below else None, below


@residual("lead", label="幹事市負担")
def lead(rest: int, _remainders: Sequence[int], seat: Seat) -> Placed:
    """Give the rest to the lead city; if it takes no part, to the largest share."""
    return (), 0, _lead_or_largest(seat), rest


@residual("largest_share", label="最大負担団体")
def largest_share(rest: int, _remainders: Sequence[int], seat: Seat) -> Placed:
    """Give the rest to the largest exact share, the first by code among equals."""
    return (), 0, seat.weights.largest, rest


@residual("last", label="最終負担者")
def last(rest: int, _remainders: Sequence[int], seat: Seat) -> Placed:
    """Give the rest to the last by code that has a share at all."""
    numerators = seat.weights.numerators
    return (), 0, max(index for index, value in enumerate(numerators) if value), rest


@residual("unallocated", label="端数差額")
def unallocated(_rest: int, _remainders: Sequence[int], _seat: Seat) -> Placed:
    """Give the rest to nobody."""
    return (), 0, None, 0


@dataclass(frozen=True, slots=True)
class Rounding:
    """How shares become whole yen (端数処理): fields of a dated rule, never constants.

    Units: `unit` in yen. Source: cost-sharing agreements name all four. Raises: BadInputError.
    """

    unit: int = 1
    mode: str = "floor"
    level: str = "component"
    residual: str = "largest_remainder"
    #: decimals to which the members' ratios are rounded first (割合の桁数); None: not at all
    ratio_digits: int | None = None

    def __post_init__(self) -> None:
        """Refuse a combination that has no meaning."""
        choices = (
            ("unit", self.unit, UNITS),
            ("mode", self.mode, MODES),
            ("level", self.level, LEVELS),
            ("residual", self.residual, RESIDUALS),
        )
        for name, value, allowed in choices:
            if value not in allowed:
                raise BadInputError(
                    "端数処理の指定を読みました。",
                    f"「{value}」は使えません。",
                    f"{'、'.join(str(choice) for choice in allowed)} のいずれかにしてください。",
                    path=name,
                )
        if self.residual == "largest_remainder" and self.mode != "floor":
            raise BadInputError(
                "端数処理の指定を読みました。",
                f"最大剰余（largest_remainder）に「{self.mode}」が指定されています。",
                "最大剰余は切捨て（floor）と組み合わせてください。",
                path="mode",
            )
        if self.ratio_digits is not None and not 1 <= self.ratio_digits <= MAX_RATIO_DIGITS:
            raise BadInputError(
                "端数処理の指定を読みました。",
                f"割合の桁数が {self.ratio_digits} です。",
                f"1〜{MAX_RATIO_DIGITS}にするか、割合を丸めないなら除いてください。",
                path="ratio_digits",
            )


#: One yen each by the largest remainder: components of an item, components of a share.
WHOLE_YEN = Rounding()


def round_to(exact: Fraction, mode: str, unit: int = 1) -> Yen:
    """Round an amount that is no part of another (単独の額の端数処理), e.g. a tax or a percentage.

    Units: yen, to `unit` by a key of `MODES`; a negative amount is the mirror image.

    >>> round_to(Fraction(5, 2), "half_up"), round_to(Fraction(-5, 2), "half_up")
    (3, -3)
    """
    size, divisor = abs(exact.numerator), exact.denominator * unit
    lift = {"floor": 0, "half_up": divisor // 2, "ceil": divisor - 1}[mode]
    units = (size + lift) // divisor * unit
    return Yen(units if exact.numerator >= 0 else -units)


#: per weight: one rounded amount, and one remainder, for each amount
_Columns = tuple[list[Sequence[int]], list[Sequence[int]]]


def _columns(amounts: Sequence[int], weights: Weights, unit: int, mode: str) -> _Columns:
    """Round the exact shares of every amount to the unit, weight by weight.

    A remainder is what rounding cut off, over denominator × unit; negative where it was raised.
    Going through all amounts of one weight at once keeps the loop inside the interpreter's C code,
    and members of equal weight have one column.
    """
    divisor = weights.denominator * unit
    lift = {"floor": 0, "half_up": divisor // 2, "ceil": divisor - 1}[mode]
    known: dict[int, tuple[Sequence[int], Sequence[int]]] = {}
    for numerator in set(weights.numerators):
        exact = [amount * numerator + lift for amount in amounts]
        units, over = zip(*map(divmod, exact, repeat(divisor)), strict=True)
        rounded = units if unit == 1 else [count * unit for count in units]
        known[numerator] = rounded, over if not lift else [rest - lift for rest in over]
    columns = [known[numerator] for numerator in weights.numerators]
    return [column[0] for column in columns], [column[1] for column in columns]


def by_ratio(weights: Weights, rounding: Rounding) -> Weights:
    """Round the ratios first, because some agreements say so (割合の桁数); half a digit goes up.

    The rounded ratios need not add up to 1: what is over or short of the amount is part of the rest
    that `residual` places. Under 最大剰余 the ratios themselves are made to add up: each is rounded
    down and the missing last digits go one by one to the largest remainders.
    """
    digits = rounding.ratio_digits or 0
    scale = 10**digits
    if rounding.residual == "largest_remainder":
        units = cut_all((scale,), weights)[0]
    else:
        whole = 2 * weights.denominator
        units = tuple([(2 * n * scale + weights.denominator) // whole for n in weights.numerators])
    return Weights(units, scale, weights.ties, weights.largest)


def split_all(
    amounts: Sequence[int], weights: Weights, rounding: Rounding, lead: int | None = None
) -> list[Shares]:
    """Split amounts that have the same weights, each so that its yen add up (按分).

    Units: yen; `lead` is the position of the lead city (幹事市), None if it is not among them.
    The sum of the shares and 端数差額 is the amount, always; a negative amount is the mirror image.
    """
    if not amounts:
        return []
    sizes = [abs(amount) for amount in amounts]
    ratios = weights if rounding.ratio_digits is None else by_ratio(weights, rounding)
    columns = _columns(sizes, ratios, rounding.unit, rounding.mode)
    place, unit = RESIDUALS[rounding.residual].place, rounding.unit
    seat = Seat(weights, unit, lead)
    rows = zip(
        amounts, sizes, zip(*columns[0], strict=True), zip(*columns[1], strict=True), strict=True
    )
    result: list[Shares] = []
    make = tuple.__new__  # a third of the time of Shares(…), which counts on the way to P2
    for amount, size, rounded, remainders in rows:
        left = size - sum(rounded)
        order, units, receiver, moved = place(left, remainders, seat)
        shares = list(rounded)
        for position in order[:units]:
            shares[position] += unit
        nobody = left - units * unit - moved
        if receiver is not None:
            shares[receiver] += moved
        if amount < 0:
            shares = [-share for share in shares]
            moved, nobody = -moved, -nobody
        record = (tuple(shares), rounded, remainders, tuple(order), moved, receiver, nobody)
        result.append(make(Shares, record))
    return result


def cut_all(amounts: Sequence[int], weights: Weights) -> list[tuple[int, ...]]:
    """Cut amounts to the whole yen by largest remainder and keep the yen only (内訳).

    The same yen as `split_all` with the rounding `WHOLE_YEN`, for what nobody will ask to explain.
    """
    numerators, whole = weights.numerators, weights.denominator
    if len(numerators) == 1 or not amounts:
        return [(amount,) for amount in amounts]
    if len(numerators) == 2:
        # Of two, the one with the larger remainder has more than half a yen of it.
        lift = whole if weights.ties[0] == 0 else whole - 1
        twice, divisor = 2 * numerators[0], 2 * whole
        first = [
            (a * twice + lift) // divisor if a >= 0 else -((lift - a * twice) // divisor)
            for a in amounts
        ]
        return [(part, amount - part) for part, amount in zip(first, amounts, strict=True)]
    if min(numerators) == max(numerators):
        return _cut_equally(amounts, len(numerators))
    return _cut_by_remainder(amounts, weights)


def _cut_equally(amounts: Sequence[int], members: int) -> list[tuple[int, ...]]:
    """Cut among equal weights: all remainders are equal, so the first by code get a yen more."""
    rows = []
    for amount in amounts:
        if amount >= 0:
            each, rest = divmod(amount, members)
            rows.append((each + 1,) * rest + (each,) * (members - rest))
        else:
            each, rest = divmod(-amount, members)
            rows.append((-each - 1,) * rest + (-each,) * (members - rest))
    return rows


def _cut_by_remainder(amounts: Sequence[int], weights: Weights) -> list[tuple[int, ...]]:
    rounded, remainders = _columns([abs(amount) for amount in amounts], weights, 1, "floor")
    rows = zip(amounts, zip(*rounded, strict=True), zip(*remainders, strict=True), strict=True)
    result = []
    for amount, floors, over in rows:
        shares = list(floors)
        rest = abs(amount) - sum(floors)
        for position in sorted(weights.ties, key=over.__getitem__, reverse=True)[:rest]:
            shares[position] += 1
        result.append(tuple(shares) if amount >= 0 else tuple([-share for share in shares]))
    return result


def split(total: int, weights: Weights, rounding: Rounding, lead: int | None = None) -> Shares:
    """Split one amount among the parties so that the yen add up (按分).

    >>> split(Yen(100), Weights.of([1, 1, 1]), Rounding()).shares
    (34, 33, 33)
    """
    return split_all((total,), weights, rounding, lead)[0]


def spread(total: int, parts: int) -> tuple[int, ...]:
    """Cut a finished amount into equal parts that add up to it (月別の額).

    Part k is f(total·k/n) − f(total·(k−1)/n) with f rounding down, so no part has another sign
    than the amount and each is within one yen of total ÷ n; a negative amount is the mirror image.

    >>> spread(Yen(100), 3)
    (33, 33, 34)
    """
    sign, amount = (-1, -total) if total < 0 else (1, total)
    return tuple(
        sign * (amount * k // parts - amount * (k - 1) // parts) for k in range(1, parts + 1)
    )


def total(amounts: Iterable[int]) -> Yen:
    """Add amounts up to Yen (合計)."""
    return Yen(sum(amounts))
