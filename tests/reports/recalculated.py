"""The sheet 算定内訳 by itself, made into a file and calculated by another program (再計算)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from io import BytesIO

import formualizer
from python_calamine import CalamineWorkbook

from consortium.domain.calendar.period import Month, Period
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Facts, Party, Series
from consortium.domain.sharing.result import CostItem, Result
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.timeline import Dated, Source, Timeline
from consortium.domain.yen import Rounding, Yen
from consortium.reports.book import Book, write
from consortium.reports.calculation import calculation
from consortium.reports.sheet import Int, Sheet, Text
from consortium.reports.steps import Steps
from tests.reports.documents import APRIL, MARCH, YEAR, statement

YEN = Rounding()
SINCE, POPULATION, HOUSEHOLDS = date(2015, 4, 1), "population", "households"
EQUAL = Component("equal", "equal", "均等割", Fraction(20))
PEOPLE = Component(POPULATION, "table", "人口割", Fraction(80), POPULATION)
HOMES = Component(HOUSEHOLDS, "table", "世帯割", Fraction(30), HOUSEHOLDS)

#: The seven of the design, with their first day in the cloud and the census of 2015.
TOWNS = {
    "022021": ("弘前市", 177_411, SINCE),
    "022101": ("平川市", 32_106, SINCE),
    "023434": ("西目屋村", 1_415, SINCE),
    "023612": ("藤崎町", 15_179, SINCE),
    "023621": ("大鰐町", 9_676, SINCE),
    "023671": ("田舎館村", 7_783, SINCE),
    "023817": ("板柳町", 13_935, SINCE),
}
JOINED = date(2021, 6, 1)


def costs(*amounts: int, first: Month = APRIL) -> list[CostItem]:
    return [
        CostItem(no, f"費目{no}", "運用", Yen(amount), first, MARCH, "core")
        for no, amount in enumerate(amounts, start=1)
    ]


@dataclass(frozen=True)
class Matter:
    """What is shared, among whom, by which rule (事例)."""

    items: Sequence[CostItem]
    rounding: Rounding = YEN
    components: tuple[Component, ...] = (EQUAL, PEOPLE)
    proration: str = "monthly"
    people: Mapping[str, int] = field(
        default_factory=lambda: {code: people for code, (_, people, _) in TOWNS.items()}
    )
    homes: Mapping[str, int] = field(
        default_factory=lambda: {code: 400 + 7 * place for place, code in enumerate(TOWNS)}
    )
    since: Mapping[str, date] = field(default_factory=dict)
    lead: str | None = "022021"

    def result(self) -> Result:
        codes = sorted(self.people)
        names = {code: TOWNS[code][0] if code in TOWNS else code for code in codes}
        rule = Rule(self.components, self.rounding, self.proration)
        facts = Facts(
            tuple(Party(code, names[code], code == self.lead) for code in codes),
            {"core": {code: (Period(self.since.get(code, SINCE)),) for code in codes}},
            {
                key: Series(key, label, {code: Fraction(values[code]) for code in codes}, SINCE)
                for key, label, values in (
                    (POPULATION, "国勢調査人口", self.people),
                    (HOUSEHOLDS, "世帯数", self.homes),
                )
            },
        )
        rules = {("core", None): Timeline([Dated(SINCE, rule, Source("見本協定書"))])}
        return share(self.items, rules, facts, YEAR)

    def steps(self, only: str | None = None) -> Steps:
        return calculation(statement(self.result()), only)

    def with_people(self, code: str, people: int) -> "Matter":
        return replace(self, people={**self.people, code: people})


#: What a program finds on the sheet, by row and column from 1.
Read = dict[tuple[int, int], float | str]


def recalculate(*sheets: Sheet) -> tuple[int, list[Read]]:
    """Calculate all sheets in one file: how many values changed, and what each sheet shows then."""
    for number, sheet in enumerate(sheets):
        sheet.name = f"{number}"
    content = write(Book("再計算", "弘前市", statement().issued_at, sheets))
    done = formualizer.recalculate_xlsx_bytes(content)
    assert (done["formula_cells"] > 0, done["summary"]["total_errors"]) == (True, 0)
    book = CalamineWorkbook.from_filelike(BytesIO(done["bytes"]))
    found = [
        {
            (row, column): value
            for row, cells in enumerate(
                book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False), start=1
            )
            for column, value in enumerate(cells, start=1)
            if isinstance(value, float | str)
        }
        for sheet in sheets
    ]
    return done["cache_cells_changed"], found


def retyped(steps: Steps, label: str, position: int, value: int) -> None:
    """Type another value into the one cell of a line that is open for it."""
    column = steps.column(position)
    assert column is not None
    (row,) = (row for row in rows(steps.sheet, label) if (row, column) in steps.sheet.unlocked)
    steps.sheet.put(row, column, Int(value), "count")


def rows(sheet: Sheet, label: str) -> list[int]:
    """Find the rows whose label begins so."""
    return [
        row
        for (row, column), (cell, _) in sorted(sheet.cells.items())
        if column == 1 and isinstance(cell, Text) and cell.value.startswith(label)
    ]


def totals(read: Read, steps: Steps) -> list[float | str]:
    """Read 合計 of the members, in the order of the columns."""
    return [read[steps.total_row, 2 + place] for place in range(len(steps.positions))]


def marks(read: Read, steps: Steps) -> set[float | str]:
    """Read what the check column says."""
    column = 3 + len(steps.positions)
    (top,) = rows(steps.sheet, "経費区分・計算過程")
    found = {value for (row, at), value in read.items() if at == column and row > top}
    return found - {""}
