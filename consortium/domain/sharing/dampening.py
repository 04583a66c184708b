"""Keeping the change from last year within bounds (激変緩和・許容幅). The total never changes.

1. A member counts if it pays something this year (computed amount above 0). The others keep what
   was computed and take nothing of what is moved.
2. Tolerance first, among the counting members with an amount of last year: compare each one's
   share of their computed amounts with its share of their amounts of last year. Within tolerance %
   of the old share, the old share stays. What this moves falls on those outside the band.
   Whole yen by largest remainder.
3. Then the caps: at most floor(last year × (1 + up %)), at least ceil(last year × (1 − down %)).
   A member without an amount of last year (none, or not above 0) has no cap; it is never moved
   below 0. A percentage of nothing would be no bound.
4. If the upper caps together are below what is to be paid, or the lower ones above it, the caps
   cannot hold the cost: refused, with the numbers.
5. Who is over a bound pays the bound. What that leaves over or short goes to those with room:
   `by_share` in proportion to their computed amounts, by largest remainder, again and again until
   nothing is left; or to the listed codes one after another, each as far as its room goes, then
   to the others by code.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Final, NamedTuple

from consortium.domain.errors import BadInputError, CannotShareError
from consortium.domain.yen import WHOLE_YEN, Weights, Yen, split

BY_SHARE: Final = "by_share"
_WHOLE: Final = 100


@dataclass(frozen=True, slots=True)
class Dampening:
    """What an agreement says about change from year to year (激変緩和).

    Units: `previous` in yen by 団体コード; `up`, `down` and `tolerance` in per cent, None for no
    such bound. `order` is `by_share`, or the codes that take the difference first.
    Raises: BadInputError naming the field.
    """

    previous: Mapping[str, Yen]
    up: Fraction | None = None
    down: Fraction | None = None
    tolerance: Fraction | None = None
    order: tuple[str, ...] | str = BY_SHARE
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse bounds without a meaning."""
        if self.up is None and self.down is None and self.tolerance is None:
            raise _refusal(
                "up",
                "増加・減少の上限も許容幅もありません。",
                "どれか一つを％で書くか、激変緩和を除いてください。",
            )
        bounds = (("up", self.up), ("down", self.down), ("tolerance", self.tolerance))
        for path, value in bounds:
            if value is not None and value < 0:
                raise _refusal(path, f"{value}％です。", "0以上の％にしてください。")
        for path, value in bounds[1:]:
            if value is not None and value > _WHOLE:
                raise _refusal(path, f"{value}％です。", "100％以下にしてください。")
        self._refuse_order()

    def _refuse_order(self) -> None:
        if self.order == BY_SHARE:
            return
        if isinstance(self.order, str):
            raise _refusal(
                "order",
                f"「{self.order}」は使えません。",
                "by_share（算定額の割合）か、団体コードの並びにしてください。",
            )
        if not self.order or len(set(self.order)) != len(self.order):
            raise _refusal(
                "order",
                "団体がないか、同じ団体が二度あります。",
                "差額を受け持つ順に、団体コードを一つずつ並べてください。",
            )


class Dampened(NamedTuple):
    """Amounts within the bounds (緩和後の負担額); tuples in the order of the codes."""

    amounts: tuple[int, ...]
    #: yen by which each amount moved; they add up to 0
    changes: tuple[int, ...]
    #: per member what a sentence needs: computed, previous, banded, bounds, moved (note below)
    facts: tuple[Mapping[str, int | str | Fraction], ...]


class _Room(NamedTuple):
    """The bounds of one member: at least, at most (None: as much as there is)."""

    low: int
    high: int | None


def dampen(
    amounts: Sequence[int],
    codes: Sequence[str],
    rule: Dampening,
    names: Mapping[str, str] | None = None,
) -> Dampened:
    """Bring computed amounts within the bounds of the agreement (激変緩和).

    Units: yen, in the order of `codes` (団体コード ascending). `names` are for refusals only.
    Facts of a member: `computed`, `amount`, `change`; if it has an amount of last year also
    `previous`, `old_share`, `new_share`, `banded` (after the tolerance) and `in_band` (1 or 0);
    `low` and `high` where there is a cap.

    Raises: CannotShareError if the caps cannot hold the total, BadInputError for an unknown code
    in the order.
    """
    called = names or {}
    for code in rule.order if rule.order != BY_SHARE else ():
        if code not in codes:
            raise _refusal(
                "order", f"団体コード {code} の団体がありません。", "構成団体から選んでください。"
            )
    counting = [i for i, amount in enumerate(amounts) if amount > 0]  # 1
    known = {i: yen for i in counting if (yen := rule.previous.get(codes[i], 0)) > 0}
    banded, inside = _tolerate(amounts, codes, known, rule)
    rooms = {i: _room(known.get(i), rule) for i in counting}
    _refuse_tight(banded, rooms, [called.get(code, code) for code in codes])
    result = list(banded)
    for i, room in rooms.items():
        result[i] = _clip(result[i], room)
    _place(result, sum(banded) - sum(result), rooms, _Turns(amounts, codes, rule.order))
    changes = tuple(new - old for new, old in zip(result, amounts, strict=True))
    facts = [
        {"computed": amount, "amount": result[i], "change": changes[i]}
        | (_of_last_year(i, amounts, known, rule) if i in known else {})
        | ({"banded": banded[i], "in_band": int(i in inside)} if i in known else {})
        for i, amount in enumerate(amounts)
    ]
    return Dampened(tuple(result), changes, tuple(facts))


def _of_last_year(
    i: int, amounts: Sequence[int], known: Mapping[int, int], rule: Dampening
) -> dict[str, int | str | Fraction]:
    facts: dict[str, int | str | Fraction] = {
        "previous": known[i],
        "old_share": Fraction(known[i], sum(known.values())),
        "new_share": Fraction(amounts[i], sum(amounts[each] for each in known)),
    }
    if rule.up is not None:
        facts["high"] = _at_most(known[i], rule.up)
    if rule.down is not None:
        facts["low"] = _at_least(known[i], rule.down)
    return facts


# ---- 2: tolerance --------------------------------------------------------------------------------


def _tolerate(
    amounts: Sequence[int], codes: Sequence[str], known: Mapping[int, int], rule: Dampening
) -> tuple[list[int], frozenset[int]]:
    """Keep the old share of who is within the band; give the yen and who that is."""
    result = list(amounts)
    if rule.tolerance is None or not known:
        return result, frozenset()
    old, new = sum(known.values()), sum(amounts[i] for i in known)
    inside = [
        i
        for i, previous in known.items()
        if abs(amounts[i] * old - previous * new) * _WHOLE <= rule.tolerance * previous * new
    ]
    outside = {i: _Room(0, None) for i in known if i not in inside}
    weights = [known[i] for i in inside] + [sum(known[i] for i in outside)]
    *kept, rest = split(new, Weights.of(weights), WHOLE_YEN).shares
    for i, yen in zip(inside, kept, strict=True):
        result[i] = yen
    difference = rest - sum(result[i] for i in outside)
    _place(result, difference, outside, _Turns(amounts, codes, rule.order))
    return result, frozenset(inside)


# ---- 3, 4: caps ----------------------------------------------------------------------------------


def _at_most(previous: int, up: Fraction) -> int:
    return floor(previous * (_WHOLE + up) / _WHOLE)


def _at_least(previous: int, down: Fraction) -> int:
    return ceil(previous * (_WHOLE - down) / _WHOLE)


def _room(previous: int | None, rule: Dampening) -> _Room:
    if previous is None:
        return _Room(0, None)
    low = 0 if rule.down is None else _at_least(previous, rule.down)
    return _Room(low, None if rule.up is None else _at_most(previous, rule.up))


def _clip(amount: int, room: _Room) -> int:
    lifted = max(amount, room.low)
    return lifted if room.high is None else min(lifted, room.high)


def _refuse_tight(amounts: Sequence[int], rooms: Mapping[int, _Room], names: Sequence[str]) -> None:
    """Refuse caps that cannot hold the total."""
    to_pay = sum(amounts[i] for i in rooms)
    tops = {i: room.high for i, room in rooms.items() if room.high is not None}
    if len(tops) == len(rooms) and sum(tops.values()) < to_pay:
        raise _too_tight("増加の上限", "下回ります", to_pay, tops, names)
    bottoms = {i: room.low for i, room in rooms.items()}
    if sum(bottoms.values()) > to_pay:
        raise _too_tight("減少の下限", "上回ります", to_pay, bottoms, names)


def _too_tight(
    what: str, how: str, to_pay: int, caps: Mapping[int, int], names: Sequence[str]
) -> CannotShareError:
    each = "、".join(f"{names[i]} {cap:,}円" for i, cap in caps.items())
    return CannotShareError(
        f"激変緩和により {to_pay:,}円を収めようとしました。",
        f"{what}の合計 {sum(caps.values()):,}円が負担額の合計 {to_pay:,}円を{how}（{each}）。",
        "上限・下限の％を広げるか、この年度の激変緩和を外してください。",
    )


# ---- 5: where the difference goes ----------------------------------------------------------------


class _Turns(NamedTuple):
    """Who takes a difference in which order."""

    amounts: Sequence[int]
    codes: Sequence[str]
    order: tuple[str, ...] | str


def _place(result: list[int], difference: int, rooms: Mapping[int, _Room], turns: _Turns) -> None:
    """Add a difference to amounts that have room; it fits, because the bounds were checked."""
    while difference:
        free = {
            i: free for i, room in rooms.items() if (free := _free(result[i], room, difference))
        }
        for i, wish in _wishes(difference, free, turns):
            moved = _towards(wish, free[i])
            result[i] += moved
            difference -= moved


def _free(amount: int, room: _Room, difference: int) -> int:
    """Give how far an amount may still move towards the difference; its sign is that of it."""
    if difference < 0:
        return room.low - amount
    return difference if room.high is None else room.high - amount


def _towards(wish: int, free: int) -> int:
    return min(wish, free) if free > 0 else max(wish, free)


def _wishes(difference: int, free: Mapping[int, int], turns: _Turns) -> Iterable[tuple[int, int]]:
    """Say who should take how much of a difference, room or not."""
    if isinstance(turns.order, str):
        weights = Weights.of(turns.amounts[i] for i in free)
        return zip(free, split(difference, weights, WHOLE_YEN).shares, strict=True)
    turn = {code: number for number, code in enumerate(turns.order)}
    first = min(free, key=lambda i: (turn.get(turns.codes[i], len(turn)), i))
    return [(first, difference)]


def _refusal(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("激変緩和の定めを読みました。", found, todo, path=path)
