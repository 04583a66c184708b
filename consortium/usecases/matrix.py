"""A result as a table (費目×団体): what each row and cell shows."""

from typing import NamedTuple

from consortium.domain.sharing.result import CostItem, ItemResult, Result
from consortium.domain.sharing.sentences import number, rule_note, series_note
from consortium.domain.yen import Yen


class Row(NamedTuple):
    """One item of the table (費目の行)."""

    item: CostItem
    #: code and yen of each member in the order of the parties, None if the item does not concern
    #: it; and whether a grant was taken off the yen
    cells: tuple[tuple[str, int | None, bool], ...]

    @property
    def is_granted(self) -> bool:
        """Say whether a grant was taken off any of the cells."""
        return any(granted for _, _, granted in self.cells)


def rows_of(result: Result) -> list[Row]:
    """Give the rows of the table, in the order of the items (費目×団体)."""
    codes = [party.code for party in result.parties]
    rows = []
    for entry, amounts in zip(result.items, result.matrix, strict=True):
        shown = [
            amount if concerns or amount else None
            for amount, concerns in zip(amounts, result.concerned(entry), strict=True)
        ]
        granted = _granted(entry, len(codes))
        rows.append(Row(entry.item, tuple(zip(codes, shown, granted, strict=True))))
    return rows


def _granted(entry: ItemResult, size: int) -> list[bool]:
    """Say of each member whether a grant was taken off: from its own yen, or before the split."""
    is_before = entry.item.gross not in (None, entry.shared)
    return [is_before or bool(entry.granted(position)) for position in range(size)]


def months_text(item: CostItem) -> str:
    """Write the months of service of an item (対象期間), e.g. 4月〜3月."""
    if item.first == item.last:
        return f"{item.first.month}月"
    return f"{item.first.month}月〜{item.last.month}月"


def rule_notes(result: Result) -> list[str]:
    """Give the rules used, each version once (使った負担ルール)."""
    windows = [window for pot in result.pots for window in pot.windows]
    notes = [rule_note(window.rule, result.names) for window in windows]
    return list(dict.fromkeys(notes))


class BasisTable(NamedTuple):
    """The values of one basis as used (使った算定基礎)."""

    title: str
    #: name of the member, its value as written
    values: list[tuple[str, str]]


def basis_tables(result: Result) -> list[BasisTable]:
    """Give the basis values used, in the order of the members (使った算定基礎)."""
    return [
        BasisTable(
            series_note(series),
            [
                (party.name, number(series.values[party.code]))
                for party in result.parties
                if party.code in series.values
            ],
        )
        for series in result.series
    ]


class Payer(NamedTuple):
    """A member that gets a statement, and what it pays (発行する相手)."""

    code: str
    name: str
    amount: Yen
