"""What waits where at the end of a week, for the lead city (状況報告), and データ."""

from collections.abc import Iterable
from datetime import date

from consortium.reports.data_sheet import data_sheet
from consortium.reports.document import LEAD_SLOT
from consortium.reports.page import HEADING_ROW, bind, column_sum, head, notes, witness
from consortium.reports.registry import report
from consortium.reports.sheet import BLANK, Cell, Column, Date, Int, Sheet, Text
from consortium.reports.situation_document import SituationDocument, TownSituation
from consortium.reports.wording import numbered

SHEET = "状況報告"
COLUMNS = (
    Column("code", "団体コード", 12, "code"),
    Column("name", "団体", 18),
    Column("unread", "未受領の文書（件）", 14, "count"),
    Column("unread_since", "最も古い発行日", 20, "text_date"),
    Column("unpaid", "未納の期（件）", 12, "count"),
    Column("open", "未納額", 18, "yen"),
    Column("overdue", "うち期限超過（件）", 14, "count"),
    Column("overdue_open", "うち期限超過の額", 18, "yen"),
)
RUN_COLUMNS = ("算定", "", "状態", "この状態になった日", "次に行う人")
DATA_COLUMNS = (
    Column("week", "週の初日", 12, "data"),
    Column("code", "団体コード", 12, "data_code"),
    Column("name", "団体名", 12, "data"),
    Column("unread", "未受領_件", 12, "data_int"),
    Column("unpaid", "未納_件", 12, "data_int"),
    Column("open", "未納額_円", 14, "data_int"),
    Column("overdue", "期限超過_件", 12, "data_int"),
    Column("overdue_open", "期限超過額_円", 14, "data_int"),
)


@report("situation", title="状況報告")
def render(document: SituationDocument) -> bytes:
    """Make the lead city's workbook."""
    data = data_sheet(DATA_COLUMNS, _data(document), "状況データ", is_sample=document.is_sample)
    return bind(document, LEAD_SLOT, _title(document), (_report(document), data))


def _title(document: SituationDocument) -> str:
    return f"{document.fiscal_year_label}共同クラウド状況報告（{document.period_name}）"


def _report(document: SituationDocument) -> Sheet:
    """Make the sheet 状況報告."""
    sheet = Sheet(SHEET, header_row=HEADING_ROW)
    sheet.least_widths = [column.width for column in COLUMNS]
    last = len(COLUMNS)
    head(sheet, _title(document), last, is_sample=document.is_sample)
    sheet.put(3, 1, Text(document.consortium), "value")
    sheet.put(3, last - 1, Text("発行日"), "label")
    sheet.put(3, last, Date(document.issued_on), "date")
    sheet.put(4, 1, Text(document.as_of_words), "plain")
    sheet.put(HEADING_ROW - 1, 1, Text("団体ごとの状況"), "value")
    sheet.put(HEADING_ROW - 1, last, Text("（単位：件・円）"), "unit")
    sheet.row(HEADING_ROW, [Text(column.heading) for column in COLUMNS], ["header"] * last)
    sheet.heights[HEADING_ROW] = 36
    row = _towns(sheet, document.towns)
    row = _runs(sheet, document, row + 2)
    texts = numbered(
        [
            "未受領の文書は、現行の文書のうち、その団体のだれもまだ受け取っていないものです。",
            "未納の期は、納入を依頼して、まだ全額の収納がないものです。精算を確定した年度は含みません。",
            "納期限を過ぎたものを、期限超過とします。",
        ]
    )
    notes(sheet, row + 1, [*texts, witness(document, LEAD_SLOT)], last)
    return sheet


def _towns(sheet: Sheet, towns: tuple[TownSituation, ...]) -> int:
    """Write a row per town and 合計; give the last row."""
    first, styles = HEADING_ROW + 1, [column.style for column in COLUMNS]
    for row, town in enumerate(towns, start=first):
        since: Cell = Date(date.fromisoformat(town.unread_since)) if town.unread else Text("－")
        cells: list[Cell] = [
            Text(town.code),
            Text(town.name),
            Int(town.unread),
            since,
            Int(town.unpaid),
            Int(town.open),
            Int(town.overdue),
            Int(town.overdue_open),
        ]
        sheet.row(row, cells, styles)
    total = first + len(towns)
    sums = {
        3: sum(town.unread for town in towns),
        5: sum(town.unpaid for town in towns),
        6: sum(town.open for town in towns),
        7: sum(town.overdue for town in towns),
        8: sum(town.overdue_open for town in towns),
    }
    for column in range(1, len(COLUMNS) + 1):
        is_sum = column in sums
        cell = column_sum(first, total, column, sums[column]) if is_sum else BLANK
        sheet.put(total, column, cell, "total_yen" if is_sum else "total")
    sheet.merge((total, 1, total, 2), Text("合計"), "total")
    sheet.heights[total] = 24
    sheet.frame((HEADING_ROW, 1, total, len(COLUMNS)), header=HEADING_ROW, double=[total])
    return total


def _runs(sheet: Sheet, document: SituationDocument, row: int) -> int:
    """Write the runs on their way; give the next free row."""
    sheet.put(row, 1, Text("作業中の算定"), "value")
    if not document.runs:
        sheet.put(row + 1, 1, Text("作業中の算定はありません。"), "plain")
        return row + 2
    for column, heading in enumerate(RUN_COLUMNS, start=1):
        sheet.put(row + 1, column, Text(heading), "header")
    sheet.merge((row + 1, 1, row + 1, 2), Text(RUN_COLUMNS[0]), "header")
    for at, run in enumerate(document.runs, start=row + 2):
        sheet.merge((at, 1, at, 2), Text(run.name), "wrap")
        sheet.put(at, 3, Text(run.state), "center")
        sheet.put(at, 4, Date(date.fromisoformat(run.since)), "text_date")
        sheet.put(at, 5, Text(run.who), "center")
    end = row + 1 + len(document.runs)
    sheet.frame((row + 1, 1, end, len(RUN_COLUMNS)), header=row + 1)
    return end + 1


def _data(document: SituationDocument) -> Iterable[tuple[Cell, ...]]:
    """Give a row per town."""
    for town in document.towns:
        yield (
            Text(document.monday.isoformat()),
            Text(town.code),
            Text(town.name),
            Int(town.unread),
            Int(town.unpaid),
            Int(town.open),
            Int(town.overdue),
            Int(town.overdue_open),
        )
