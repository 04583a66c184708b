"""Other figures typed into a finished workbook, as an officer would (試算)."""

from consortium.domain.sharing.result import Result
from consortium.reports import calculation, summary
from consortium.reports.sheet import address
from tests.workbooks.programs import Values

STEPS, SUMMARY = calculation.SHEET, summary.SHEET
_STEP, _CATEGORY = "経費区分・計算過程", "経費区分"
_FIRST, _LAST_COLUMN = 2, 26


def figures(values: Values, computed: set[tuple[str, str]], column: str, figure: int) -> list[str]:
    """Find the cells of 算定内訳 in a column that hold a base figure as a number."""
    return [
        place
        for (sheet, place), value in values.items()
        if (sheet, place.rstrip("0123456789"), value) == (STEPS, column, figure)
        and (sheet, place) not in computed
    ]


def totals(values: Values, result: Result) -> tuple[int, ...]:
    """Read 合計 of 算定内訳, in the order of the parties."""
    columns = headings(values, STEPS, _STEP)
    row = max(row for row in range(1, 5_000) if values.get((STEPS, f"A{row}")) == "合計")
    return tuple(whole(values[STEPS, f"{columns[party.name]}{row}"]) for party in result.parties)


def table(values: Values, result: Result) -> list[tuple[int, ...]]:
    """Read 負担金総括表: the yen of each item and of 合計, in the order of the parties."""
    columns, top = headings(values, SUMMARY, _CATEGORY), _row(values, SUMMARY, _CATEGORY)
    return [
        tuple(whole(values[SUMMARY, f"{columns[party.name]}{row}"]) for party in result.parties)
        for row in range(top + 1, top + len(result.items) + 2)
    ]


def whole(value: float | str) -> int:
    """Give a number of yen, which every program keeps whole."""
    assert isinstance(value, int | float), value
    assert value == int(value)
    return int(value)


def headings(values: Values, sheet: str, first: str = _STEP) -> dict[str, str]:
    """Give the column of each heading in the row that begins with one."""
    row = _row(values, sheet, first)
    letters = [address(1, column)[:-1] for column in range(_FIRST, _LAST_COLUMN)]
    return {
        name: letter
        for letter in letters
        if isinstance(name := values.get((sheet, f"{letter}{row}")), str)
    }


def _row(values: Values, sheet: str, heading: str) -> int:
    return next(row for row in range(1, 60) if values.get((sheet, f"A{row}")) == heading)
