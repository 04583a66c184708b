"""Where the amounts stand on the sheet 算定内訳 (算定内訳の番地).

Other sheets show an amount by pointing to the cell in which it came about; this is the map.
"""

from dataclasses import dataclass, field

from consortium.reports.sheet import Formula, Ratio, Sheet, elsewhere


@dataclass(slots=True)
class Steps:
    """The sheet 算定内訳 and the places of its amounts (算定内訳と番地).

    Every function gives formula text without "=", or None where the sheet has no such cell. `no` is
    the number of an item, `key` that of a printed row of it as in `Result.rows`, or `WHOLE` for the
    whole item at `level: item`; `position` is a member's in `Result.parties`.
    """

    sheet: Sheet
    #: the members shown, in the order of their columns
    positions: tuple[int, ...]
    #: row with the members' yen of a printed row
    lines: dict[tuple[int, str], int] = field(default_factory=dict)
    #: rows whose 計 add up to 対象経費
    bases: dict[tuple[int, str], tuple[int, ...]] = field(default_factory=dict)
    #: row of the 指標 that give 按分率, with the weights by position and their sum
    weights: dict[tuple[int, str], tuple[int, dict[int, int], int]] = field(default_factory=dict)
    #: row with the members' yen of a whole item
    items: dict[int, int] = field(default_factory=dict)
    #: rows whose 計 add up to the 端数差額 of an item
    rests: dict[int, list[int]] = field(default_factory=dict)
    total_row: int = 0

    @property
    def total_column(self) -> int:
        """Column of 計."""
        return 2 + len(self.positions)

    def column(self, position: int) -> int | None:
        """Column of a member; None if it is not shown."""
        return 2 + self.positions.index(position) if position in self.positions else None

    def share(self, no: int, key: str, position: int) -> str | None:
        """A member's yen of one printed row of an item (負担額)."""
        return self._at(self.lines.get((no, key)), self.column(position))

    def base(self, no: int, key: str) -> str | None:
        """The yen that a printed row stands for (対象経費)."""
        return self._sum(self.bases.get((no, key), ()))

    def ratio(self, no: int, key: str, position: int, yen: tuple[int, int]) -> Formula | None:
        """A member's part of a printed row, for display (按分率): 指標 ÷ 指標計.

        Where a row has more than one 指標, it is 負担額 ÷ 対象経費, which `yen` gives as stored.
        """
        found, column = self.weights.get((no, key)), self.column(position)
        if found and column and position in found[1]:
            row, weights, total = found
            text = f"{self._at(row, column)}/{self._at(row, self.total_column)}"
            return Formula(text, Ratio(weights[position], total))
        share, base = self.share(no, key, position), self.base(no, key)
        if share is None or base is None:
            return None
        sign = -1 if yen[1] < 0 else 1
        kept = Ratio(sign * yen[0], sign * yen[1]) if yen[1] else 0
        return Formula(f"IF(({base})=0,0,{share}/({base}))", kept)

    def amount(self, no: int, position: int) -> str | None:
        """A member's yen of the whole item."""
        return self._at(self.items.get(no), self.column(position))

    def total(self, position: int) -> str | None:
        """A member's yen over all items (合計)."""
        return self._at(self.total_row, self.column(position))

    def unallocated(self, no: int) -> str | None:
        """端数差額 of an item; None where its rule leaves nothing over."""
        return self._sum(tuple(self.rests.get(no, ())))

    def _at(self, row: int | None, column: int | None) -> str | None:
        return elsewhere(self.sheet.name, row, column) if row and column else None

    def _sum(self, rows: tuple[int, ...]) -> str | None:
        return "+".join(elsewhere(self.sheet.name, row, self.total_column) for row in rows) or None
