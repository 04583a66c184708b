"""データ for machines: every rule refuses its fault, and every 帳票 keeps them all."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from consortium.domain.errors import DomainError
from consortium.reports import causes, cost_statement, monthly_cost, notice, reminder, summary
from consortium.reports.book import Book
from consortium.reports.data_lint import DataRuleError, check, plain
from consortium.reports.data_sheet import data_sheet
from consortium.reports.page import finish
from consortium.reports.sheet import (
    BLANK,
    Cell,
    Chart,
    Column,
    Date,
    Formula,
    Int,
    Ratio,
    Sheet,
    Text,
)
from tests.reports import documents
from tests.reports.test_causes import document as causes_document
from tests.reports.test_forms import TOWN, taxed

COLUMNS = (
    Column("year", "年度", 10, "data_int"),
    Column("code", "団体コード", 12, "data_code"),
    Column("item", "費目", 12, "data"),
    Column("due_on", "納入期限", 12, "data"),
    Column("amount", "負担額_円", 12, "data_int"),
)
FIRST = (Int(2021), Text("023817"), Text("回線"), Text("2021-05-20"), Int(-1_000))
SECOND = (Int(2021), Text("022021"), Text("回線"), BLANK, Int(0))


CHART = Chart("図", (1, 5, 1, 5), (2, 5, 3, 5), (5, 1))


def good() -> Sheet:
    return data_sheet(COLUMNS, [FIRST, SECOND], "負担金データ", is_sample=False)


def heading(place: int, text: str) -> Callable[[Sheet], None]:
    return lambda sheet: sheet.put(1, place, Text(text), "data_head")


def value(place: tuple[int, int], cell: Cell) -> Callable[[Sheet], None]:
    return lambda sheet: sheet.put(*place, cell, "data")


def drop(place: tuple[int, int]) -> Callable[[Sheet], None]:
    return lambda sheet: sheet.cells.pop(place) and None


def test_a_table_that_keeps_every_rule_passes() -> None:
    check(good())


FAULTS: dict[str, tuple[str, Callable[[Sheet], Any]]] = {
    "an empty text": ("1-2", value((2, 3), Text(""))),
    "a number as text": ("1-3", value((2, 5), Text("1,000円"))),
    "only texts under a unit": ("1-3", heading(3, "台数_台")),
    "a merged cell": ("1-4", lambda sheet: sheet.merge((2, 3, 2, 4), Text("回線"), "data")),
    "leading space": ("1-5", value((2, 3), Text("　回線"))),
    "line break": ("1-5", value((2, 3), Text("回\n線"))),
    "no heading": ("1-6", heading(3, "")),
    "two alike": ("1-6", heading(3, "年度")),
    "a formula": ("1-7", value((2, 5), Formula("SUM(E3:E3)", 0))),
    "a ratio": ("1-7", value((2, 5), Ratio(1, 3))),
    "a date in a format": ("1-7", value((2, 4), Date(date(2021, 5, 20)))),
    "a chart": ("1-8", lambda sheet: setattr(sheet, "chart", CHART)),
    "no unit": ("1-9", heading(5, "負担額")),
    "㈱": ("1-10", value((2, 3), Text("㈱回線"))),
    "外字": ("1-10", value((2, 3), Text("\ue000"))),
    "a year of an era": ("1-11", value((2, 1), Int(3))),
    "a day of an era": ("1-11", value((2, 4), Text("令和3年5月20日"))),
    "a wrong check digit": ("1-12", value((2, 2), Text("023818"))),
    "a full-width code": ("1-12", value((2, 2), Text("０２３８１７"))),
    "nobody's code or name": ("1-12", heading(2, "番号")),
    "a sign among numbers": ("1-13", value((3, 5), Text("－"))),
    "a hole": ("1-14", drop((2, 3))),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_table_that_breaks_a_rule_is_refused_by_its_number(fault: str) -> None:
    rule, spoil = FAULTS[fault]
    sheet = good()
    spoil(sheet)
    with pytest.raises(DataRuleError) as refusal:
        check(sheet)
    assert rule in str(refusal.value)


def test_nothing_is_written_of_a_book_whose_data_breaks_a_rule() -> None:
    sheet = good()
    sheet.put(1, 5, Text("負担額"), "data_head")
    with pytest.raises(DomainError, match="E1「負担額」の列：見出しに単位がありません"):
        finish(Book("見本", "弘前市", datetime(2026, 4, 1, tzinfo=UTC), (sheet,)))


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("　回線\t（本庁）\n出先 ", "回線 （本庁） 出先"),
        ("㈱ネット①号　㎡ ﾃﾞｰﾀ Ⅳ", "(株)ネット1号　m2 データ IV"),
        ("外字\ue000", "外字〓"),
        ("髙﨑𠮷～－…―", "髙﨑𠮷～－…―"),
        ("通常　の　名", "通常　の　名"),
    ],
)
def test_names_are_written_so_that_every_machine_reads_them(typed: str, written: str) -> None:
    assert plain(typed) == written
    sheet = data_sheet(
        COLUMNS, [(*FIRST[:2], Text(typed), *FIRST[3:])], "データ表", is_sample=False
    )
    check(sheet)
    assert sheet.cells[2, 3][0] == Text(written)


MADE: dict[str, Callable[[], bytes]] = {
    "statement": lambda: cost_statement.render(documents.statement(taxed()), TOWN),
    "hidden": lambda: cost_statement.render(documents.statement(shows_other_members=False), TOWN),
    "settlement": lambda: cost_statement.render(documents.settled(), TOWN),
    "notice": lambda: notice.render(documents.asked(), TOWN),
    "reminder": lambda: reminder.render(documents.reminded(), TOWN),
    "summary": lambda: summary.render(documents.statement(compared=documents.COMPARED)),
    "monthly": lambda: monthly_cost.render(documents.monthly(), TOWN),
    "causes": lambda: causes.render(causes_document()),
}


@pytest.mark.parametrize("name", MADE)
def test_the_data_of_every_report_keeps_the_rules_in_the_file(name: str) -> None:
    """Read back from the file, so that nothing but the file is believed."""
    sheet = documents.with_formulas(MADE[name]())["データ"]
    header, *rows = sheet.iter_rows(values_only=True)
    assert len(set(header)) == len(header)
    assert None not in header
    assert not sheet.merged_cells.ranges
    assert not sheet._charts
    assert rows
    for column, heading in enumerate(header):
        cells = {row[column] for row in rows} - {None}
        assert len({type(cell) for cell in cells}) <= 1, heading
        assert {type(cell) for cell in cells} <= {int, str}, heading
        texts = [cell for cell in cells if isinstance(cell, str)]
        assert not [text for text in texts if text != text.strip() or text.startswith("=")]
        if heading.endswith("_円"):
            assert not texts, heading
        if heading == "年度":
            assert cells == {2021}
        if heading == "団体コード":
            assert all(len(text) == 6 and text.isdigit() for text in texts)
    (table,) = sheet.tables.values()
    assert [column.name for column in table.tableColumns] == list(header)
