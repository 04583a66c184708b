"""Exact parts of whole differences as whole yen (表の円未満の整理).

Each row of the table adds up to whole yen. Every cell becomes one of the two whole numbers around
it, so that each row still adds up, and each column is one of the two whole numbers around its exact
sum: a cause that moves no yen in total shows none.

1. Row by row: cut below one yen, then one yen each by the largest remainder, ties in the order of
   the columns.
2. While a column is more than a yen from its exact sum, yen change places within rows, where that
   costs the least remainder.
3. A table and its negation are rounded as mirror images: the one whose sum (else whose first cell
   that is not 0) is negative is turned round.
"""

from collections import deque
from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor


def whole_table(rows: Sequence[Sequence[Fraction]]) -> tuple[tuple[int, ...], ...]:
    """Round a table whose rows add up to whole numbers; no row or column is off by a yen or more.

    >>> whole_table([[Fraction(1, 2), Fraction(1, 2)], [Fraction(1, 2), Fraction(-1, 2)]])
    ((1, 0), (0, 0))
    """
    cells = [cell for row in rows for cell in row if cell]
    leading = sum(cells, Fraction(0)) or (cells[0] if cells else Fraction(0))
    if leading >= 0:
        return _Table(rows).rounded()
    turned = _Table([[-cell for cell in row] for row in rows]).rounded()
    return tuple(tuple(-cell for cell in row) for row in turned)


class _Table:
    """A table while yen change places."""

    def __init__(self, rows: Sequence[Sequence[Fraction]]) -> None:
        self.whole = [[floor(cell) for cell in row] for row in rows]
        self.over = [[cell - floor(cell) for cell in row] for row in rows]
        self.raised = [_largest(over) for over in self.over]
        sums = [sum(column, Fraction(0)) for column in zip(*rows, strict=True)]
        self.bounds = [(floor(exact), ceil(exact)) for exact in sums]

    def rounded(self) -> tuple[tuple[int, ...], ...]:
        while path := self._path():
            for row, here, there in path:
                self.raised[row].remove(here)
                self.raised[row].add(there)
        return tuple(
            tuple(cell + (column in self.raised[row]) for column, cell in enumerate(cells))
            for row, cells in enumerate(self.whole)
        )

    def _sum(self, column: int) -> int:
        return sum(
            row[column] + (column in up) for row, up in zip(self.whole, self.raised, strict=True)
        )

    def _path(self) -> list[tuple[int, int, int]]:
        """Find moves (row, from column, to column) that bring a yen where one is missing."""
        sums = [self._sum(column) for column in range(len(self.bounds))]
        above = [at for at, (_, high) in enumerate(self.bounds) if sums[at] > high]
        below = [at for at, (low, _) in enumerate(self.bounds) if sums[at] < low]
        if above:
            return self._search(
                above[:1], {at for at, (_, high) in enumerate(self.bounds) if sums[at] < high}
            )
        if below:
            return self._search(
                [at for at, (low, _) in enumerate(self.bounds) if sums[at] > low], set(below)
            )
        return []

    def _search(self, starts: Sequence[int], ends: set[int]) -> list[tuple[int, int, int]]:
        """Give the shortest way from a column to another; there is one (Cox, 1987)."""
        ways: dict[int, list[tuple[int, int, int]]] = {start: [] for start in starts}
        waiting = deque(starts)
        while (here := waiting.popleft()) not in ends:
            for there in range(len(self.bounds)):
                row = self._row(here, there) if there not in ways else None
                if row is not None:
                    ways[there] = [*ways[here], (row, here, there)]
                    waiting.append(there)
        return ways[here]

    def _row(self, here: int, there: int) -> int | None:
        """Give the row in which a yen moves from one column to the other at the least cost."""
        able = [
            row
            for row, up in enumerate(self.raised)
            if here in up and there not in up and self.over[row][there]
        ]
        return max(able, key=lambda row: self.over[row][there] - self.over[row][here], default=None)


def _largest(over: Sequence[Fraction]) -> set[int]:
    """Give the columns that get a yen more, by the largest remainder."""
    missing = sum(over, Fraction(0))
    order = sorted(range(len(over)), key=over.__getitem__, reverse=True)
    return set(order[: missing.numerator])
