"""Many amounts at once (全国試算): the yen of the engine, worked out with arrays.

An option beside the portal, for simulations over the whole country. It needs numpy, which the
portal never does: only the environment of requirements-national.txt has it, and nothing of the
portal imports this module. The rule is that of an agreement which rounds to 1 yen, by largest
remainder, component by component; the yen are those of `share()`, to the last one.
"""

from collections.abc import Sequence
from operator import index
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from consortium.domain.errors import BadInputError
from consortium.domain.sharing.result import Pot
from consortium.domain.yen import WHOLE_YEN, Weights, cut_all

Array: TypeAlias = NDArray[np.int64]

#: The largest number that an int64 holds.
LARGEST = 2**63 - 1

#: Cells (amount × member) that are worked on together: what fits the cache of a processor.
CELLS = 2**16

#: Prorations (按分期間) under which an amount is split by one pot, not piece by piece.
AT_ONCE = ("monthly", "daily", "none")


class Kind(NamedTuple):
    """What amounts that are shared alike have in common (按分の型), as in the engine's `Pot`."""

    #: how an amount is cut into components
    cut: Weights
    #: the members' weights, component by component; 0 for a member that takes no part
    components: tuple[Weights, ...]

    @classmethod
    def of(cls, pot: Pot) -> "Kind":
        """Take over what the engine found for one item of this kind, see `Result.pots`.

        Raises: BadInputError if the agreement splits in another way than this module can.
        """
        rule = pot.rule
        if rule.rounding != WHOLE_YEN or rule.proration not in AT_ONCE or rule.is_percent:
            raise BadInputError(
                "全国試算の按分の型を読みました。",
                "端数処理か按分期間が、まとめて計算できない負担ルールです。",
                "1円単位・最大剰余・構成割ごとで、費目を一度に按分する負担ルールにするか、"
                "share() で計算してください。",
            )
        return cls(pot.cut, tuple(component.weights for component in pot.components))

    @property
    def members(self) -> int:
        """Count the members."""
        return len(self.components[0].numerators)

    @property
    def limit(self) -> int:
        """Give the largest |amount| that arrays share exactly; -1 if none."""
        return min(limit_of(weights) for weights in (self.cut, *self.components))


def limit_of(weights: Weights) -> int:
    """Give the largest |amount| for which no number on the way leaves int64; -1 if none.

    Let W be the sum of the weights, n their count, w the largest of them, and 0 ≤ a ≤ MAX // w.
    Then every number that `_by_remainder` makes fits:
    - a × weight ≤ a × w ≤ MAX;
    - the share rounded down, times W, is at most a × weight;
    - a remainder is at most W − 1, so a key, remainder × n + rank with rank ≤ n − 1, is at most
      (W − 1) × n + n − 1 = W × n − 1, which must be ≤ MAX, or no amount is safe;
    - shares are ≥ 0 and add up to a; so do the parts of a cut, and the shares of all components,
      so nothing that is added up exceeds a, and what is left over is less than n.
    A smaller a only makes these smaller, and `_equally` makes no products at all.
    """
    if weights.denominator * len(weights.numerators) - 1 > LARGEST:
        return -1
    return LARGEST // max(weights.numerators)


class Scale(NamedTuple):
    """Weights as arrays (按分の重み)."""

    numerators: Array
    denominator: int
    #: per position: the higher, the earlier an equal remainder is served
    ranks: Array
    #: whether all that take part have the same weight (均等割)
    is_level: bool

    @classmethod
    def of(cls, weights: Weights) -> "Scale":
        """Turn the weights into arrays; they must be safe, see `limit_of`."""
        numerators = np.array(weights.numerators, dtype=np.int64)
        ranks = np.empty_like(numerators)
        ranks[list(weights.ties)] = np.arange(len(numerators))[::-1]
        is_level = len({*weights.numerators} - {0}) == 1
        return cls(numerators, weights.denominator, ranks, is_level)


class Ready(NamedTuple):
    """A kind with its arrays, worked out once."""

    kind: Kind
    limit: int
    #: of the cut, then of the components; none where no amount is safe
    scales: tuple[Scale, ...]

    @classmethod
    def of(cls, kind: Kind) -> "Ready":
        """Work the arrays out."""
        weights, limit = (kind.cut, *kind.components), kind.limit
        return cls(kind, limit, tuple(map(Scale.of, weights)) if limit >= 0 else ())


class Sheet(NamedTuple):
    """Arrays that are written over and over, so that little memory is needed (計算用紙)."""

    keys: Array
    floors: Array
    queue: Array
    total: Array

    @classmethod
    def blank(cls, height: int, width: int) -> "Sheet":
        """Make arrays for so many amounts and members."""
        return cls(*(np.empty((height, width), dtype=np.int64) for _ in cls._fields))


def share_many(
    amounts: Sequence[int] | Array,
    kinds: Sequence[Kind],
    kind_of: Sequence[int] | Array | None = None,
) -> Array:
    """Share many amounts among the members, each by its kind; a row of yen for each amount.

    Units: yen. `kind_of` holds for each amount the position of its kind; it may be left out if
    there is one. A negative amount is the mirror image. Amounts beyond `Kind.limit` are cut with
    Python's integers. The rows are int64, or Python's integers if an amount is beyond int64.
    Memory: 8 bytes a cell of the answer and a few megabytes; share slices to need less.
    """
    width = _width(kinds)
    listed, numbers = _listed(amounts), _numbers(len(amounts), len(kinds), kind_of)
    found = np.empty((len(listed), width), dtype=listed.dtype)
    sheet = Sheet.blank(max(1, CELLS // width), width)
    ready = [Ready.of(kind) for kind in kinds]
    # A stretch has about one block of each kind: the rows that are written stay close together.
    stretch = len(sheet.keys) * len(kinds)
    for start in range(0, len(listed), stretch):
        for number, each in enumerate(ready):
            rows = start + np.flatnonzero(numbers[start : start + stretch] == number)
            _share_alike(listed, rows, each, sheet, found)
    return found


def _width(kinds: Sequence[Kind]) -> int:
    """Give the number of members, which all kinds have in common."""
    widths = {kind.members for kind in kinds}
    if len(widths) != 1:
        raise ValueError("kinds must have the same members")
    return widths.pop()


def _listed(amounts: Sequence[int] | Array) -> Array:
    """Bring amounts to int64, or keep them Python's integers; a float is refused (TypeError)."""
    if isinstance(amounts, np.ndarray) and amounts.dtype == np.int64:
        return amounts
    whole = [index(amount) for amount in amounts]
    fits = all(-LARGEST <= amount <= LARGEST for amount in whole)
    return np.array(whole, dtype=np.int64 if fits else object)


def _numbers(amounts: int, kinds: int, kind_of: Sequence[int] | Array | None) -> Array:
    """Give the position of each amount's kind."""
    numbers = np.zeros(amounts, dtype=np.int64) if kind_of is None else np.asarray(kind_of)
    is_named = numbers.shape == (amounts,) and np.isin(numbers, np.arange(kinds)).all()
    if not is_named:
        raise ValueError("kind_of must name one of the kinds for each amount")
    return numbers


def _share_alike(amounts: Array, rows: Array, ready: Ready, sheet: Sheet, found: Array) -> None:
    """Share the amounts in these rows: with arrays within the limit, exactly beyond it."""
    given, limit = amounts[rows], ready.limit
    # Compared from both sides: the absolute value of the smallest int64 is not an int64.
    is_safe = (given <= limit) & (given >= -limit)
    if not is_safe.all():
        _share_exactly(amounts, rows[~is_safe], ready.kind, found)
        rows = rows[is_safe]
    height = len(sheet.keys)
    for start in range(0, len(rows), height):
        block = rows[start : start + height]
        signed = amounts[block].astype(np.int64)
        yen = sheet.total[: len(block)]
        yen[:] = 0
        cut, *components = ready.scales
        for part, scale in zip(_cut(np.abs(signed), cut), components, strict=True):
            _add_shares(part, scale, sheet, yen)
        found[block] = yen
        found[block[signed < 0]] *= -1


def _share_exactly(amounts: Array, rows: Array, kind: Kind, found: Array) -> None:
    """Share the amounts in these rows as the engine does, with Python's integers."""
    parts = zip(*cut_all(amounts[rows].tolist(), kind.cut), strict=True)
    columns = [cut_all(part, each) for part, each in zip(parts, kind.components, strict=True)]
    for row, cuts in zip(rows.tolist(), zip(*columns, strict=True), strict=True):
        found[row] = [sum(cells) for cells in zip(*cuts, strict=True)]


def _cut(sizes: Array, scale: Scale) -> list[Array]:
    """Cut amounts ≥ 0 into the components; the parts of an amount add up to it."""
    members = len(scale.numerators)
    if members == 1:
        return [sizes]
    parts = np.zeros((len(sizes), members), dtype=np.int64)
    _by_remainder(sizes, scale, Sheet.blank(len(sizes), members), parts)
    return [np.ascontiguousarray(column) for column in parts.T]


def _add_shares(sizes: Array, scale: Scale, sheet: Sheet, into: Array) -> None:
    """Add every member's share of amounts ≥ 0, by largest remainder, to a table of yen."""
    if scale.is_level:
        _equally(sizes, scale, into)
    else:
        _by_remainder(sizes, scale, sheet, into)


def _equally(sizes: Array, scale: Scale, into: Array) -> None:
    """Share among equals: all remainders are the same, so the first by code get a yen more."""
    takes_part = scale.numerators > 0
    each, rest = np.divmod(sizes, np.count_nonzero(takes_part))
    places = np.where(takes_part, takes_part.cumsum(), LARGEST)
    into += each[:, None] * takes_part
    into += places <= rest[:, None]


def _by_remainder(sizes: Array, scale: Scale, sheet: Sheet, into: Array) -> None:
    """Round down, then give a yen each to the largest remainders; why it fits: `limit_of`.

    Remainder and rank make one number, a key, different for each member; so the k largest keys
    are those above the one that sorting puts before them.
    """
    height, members = len(sizes), len(scale.numerators)
    keys, floors, queue = sheet.keys[:height], sheet.floors[:height], sheet.queue[:height]
    np.multiply(sizes[:, None], scale.numerators, out=keys)
    np.floor_divide(keys, scale.denominator, out=floors)
    into += floors
    rest = sizes - floors.sum(axis=1)
    np.multiply(floors, scale.denominator, out=floors)
    keys -= floors
    keys *= members
    keys += scale.ranks
    queue[:] = keys
    queue.sort(axis=1)
    # The largest key that is not served; with no rest that is the largest of all.
    unserved = queue[np.arange(height), members - 1 - rest]
    into += keys > unserved[:, None]
