"""Why the amounts of two runs differ, on one page (要因分解), and データ.

Made when it is asked for, from what the runs keep; it has no number and is not in the register.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from consortium.domain.fiscalyear.schedule import TOKYO
from consortium.domain.sharing.causes import Causes
from consortium.reports.book import Book
from consortium.reports.compared import Compared, ComparedRun
from consortium.reports.data_sheet import data_sheet
from consortium.reports.page import HEADING_ROW, finish, head, notes
from consortium.reports.registry import report
from consortium.reports.sheet import (
    Cell,
    Column,
    Date,
    Formula,
    Int,
    Sheet,
    Text,
    address,
)
from consortium.reports.wording import STAGES, numbered

SHEET = "要因分解"
COLUMNS = (
    Column("member", "団体", 14, "text"),
    Column("old", "前の額", 14, "yen"),
    Column("cause", "", 12, "yen"),
    Column("difference", "差額", 14, "yen"),
    Column("new", "後の額", 14, "yen"),
    Column("check", "検算", 8, "good"),
)
DATA_COLUMNS = (
    Column("old_year", "前の年度", 10, "data_int"),
    Column("old_stage", "前の段階", 10, "data"),
    Column("old_edition", "前の版", 8, "data_int"),
    Column("year", "年度", 10, "data_int"),
    Column("stage", "段階", 10, "data"),
    Column("edition", "版", 8, "data_int"),
    Column("code", "団体コード", 12, "data_code"),
    Column("name", "団体名", 14, "data"),
    Column("cause", "要因", 20, "data"),
    Column("amount", "額_円", 14, "data_int"),
)


@dataclass(frozen=True, slots=True)
class CausesDocument:
    """Two runs and the causes of their difference (要因分解の元)."""

    is_sample: bool
    consortium: str
    office: str
    made_at: datetime
    old: ComparedRun
    new: ComparedRun
    causes: Causes

    @property
    def made_on(self) -> date:
        """The day it was made, in Japan (作成日)."""
        return self.made_at.astimezone(TOKYO).date()


@report("causes", title="要因分解")
def render(document: CausesDocument) -> bytes:
    """Make the workbook."""
    compared = Compared(document.old, document.new, document.causes)
    made = ("作成日", document.made_on)
    page = causes_sheet(compared, document.consortium, made, is_sample=document.is_sample)
    data = data_sheet(DATA_COLUMNS, _data(document), "要因分解データ", is_sample=document.is_sample)
    for sheet in (page, data):
        sheet.header_left = "見本" if document.is_sample else ""
        sheet.footer_left = "発行台帳に載せない資料"
        sheet.footer_right = f"{document.old.title} → {document.new.title}"
    return finish(Book(_title(document.new), document.office, document.made_at, (page, data)))


def _title(new: ComparedRun) -> str:
    return f"{new.year_label}共同クラウド運営負担金の差額の要因分解"


def causes_sheet(
    compared: Compared, consortium: str, made: tuple[str, date], *, is_sample: bool
) -> Sheet:
    """Make the sheet 要因分解; `made` is its day and what the day is called (差額の要因分解)."""
    member, old, cause, difference, new, check = COLUMNS
    lines = compared.causes.shown
    columns = [member, old, *(cause for _ in lines), difference, new, check]
    headings = [member.heading, old.heading, *(line.name for line in lines)]
    headings += [difference.heading, new.heading, check.heading]
    sheet = Sheet(SHEET, one_page=True, header_row=HEADING_ROW)
    sheet.least_widths = [column.width for column in columns]
    last = len(columns)
    head(sheet, _title(compared.new), last, is_sample=is_sample)
    sheet.put(3, 1, Text(f"前の算定　{compared.old.title}"), "plain")
    sheet.put(4, 1, Text(f"後の算定　{compared.new.title}"), "plain")
    sheet.put(3, last - 2, Text(made[0]), "label")
    sheet.merge((3, last - 1, 3, last), Date(made[1]), "date")
    sheet.put(4, last, Text(consortium), "label")
    sheet.put(5, last, Text("（単位：円）"), "unit")
    sheet.row(HEADING_ROW, [Text(each) for each in headings], ["wrapped_header"] * last)
    sheet.heights[HEADING_ROW] = 44
    row = _rows(sheet, compared.causes)
    sheet.frame((HEADING_ROW, 1, row, last), header=HEADING_ROW, double=[row])
    notes(sheet, row + 2, numbered(_notes(compared.causes)), last)
    return sheet


def _rows(sheet: Sheet, causes: Causes) -> int:
    """Write a row per member and 合計; give the last row."""
    row = HEADING_ROW
    totals = [0] * (len(causes.shown) + 3)
    for member in causes.members:
        row += 1
        before, after = int(member.old or 0), int(member.new or 0)
        yen = [before, *causes.of(member.code), member.difference, after]
        sheet.put(row, 1, Text(member.name), "text")
        _amounts(sheet, row, yen, [Int(each) for each in yen], "yen")
        totals = [sum(pair) for pair in zip(totals, yen, strict=True)]
    first, row = HEADING_ROW + 1, row + 1
    sheet.put(row, 1, Text("合計"), "total")
    sums = [
        Formula(f"SUM({address(first, column)}:{address(row - 1, column)})", total)
        for column, total in enumerate(totals, start=2)
    ]
    _amounts(sheet, row, totals, sums, "total_yen")
    sheet.heights[row] = 24
    column = len(totals) + 2
    sheet.checks.append((first, column, row, column))
    return row


def _amounts(sheet: Sheet, row: int, yen: Sequence[int], cells: Sequence[Cell], style: str) -> None:
    """Write 前の額, the parts, 差額 and 後の額, and whether they agree.

    差額 is 後の額 less 前の額, and the check asks whether the parts add up to it.
    """
    last = len(yen) + 1
    old, first, part, new = (address(row, column) for column in (2, 3, last - 2, last))
    difference = address(row, last - 1)
    sheet.row(row, cells, [style] * len(yen), first=2)
    sheet.put(row, last - 1, Formula(f"{new}-{old}", yen[-1] - yen[0]), style)
    right = sum(yen[1:-2]) == yen[-1] - yen[0]
    check = Formula(
        f'IF(SUM({first}:{part})={difference},"一致","不一致")', "一致" if right else "不一致"
    )
    sheet.put(row, last + 1, check, "good")


def _notes(causes: Causes) -> list[str]:
    """Say what each cause holds and how its part was found."""
    texts = [f"{line.name}：{line.meaning}。" for line in causes.shown]
    texts.append(
        "各要因の額は、変わった前提を一つずつ入れ替えるすべての順について、その前提が動かした額を"
        "平均したものです。順番によらず、要因の計は差額と円単位で一致します。"
    )
    if any(len(line.keys) > 1 for line in causes.lines):
        texts.append("「と」でつないだ要因は、別々には算定できないため、まとめて示しています。")
    texts.append("△は、減額を表します。検算は、要因の計＝差額＝後の額−前の額です。")
    return texts


def _data(document: CausesDocument) -> Iterable[tuple[Cell, ...]]:
    """Give a row per member and cause."""
    runs: list[Cell] = []
    for run in (document.old, document.new):
        runs += [Int(run.year.start_year), Text(STAGES[run.stage].label), Int(run.edition)]
    causes = document.causes
    for member in causes.members:
        for line, yen in zip(causes.shown, causes.of(member.code), strict=True):
            who = (Text(member.code), Text(member.name))
            yield (*runs, *who, Text(line.name), Int(yen))
