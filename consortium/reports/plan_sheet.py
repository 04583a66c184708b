"""工程表: the workbook of plans that towns circulate, fill in and send back.

A sheet for each plan with a row 計画 and a row 実績 for every task, a sheet 全体 over several
plans, and a hidden one with what the file went out with.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from consortium.domain.calendar.wareki import wareki
from consortium.domain.onboarding import plan_form as form
from consortium.domain.onboarding.plan import TASK_STATES, Plan, PlanLine, PlanTask
from consortium.domain.onboarding.plan_form import Actual, Given, Planned, seal
from consortium.domain.onboarding.steps import is_far
from consortium.reports.book import Book, write
from consortium.reports.cells import FIRST_DAY
from consortium.reports.plan_axis import Span, spans, year_groups
from consortium.reports.sheet import (
    A3,
    BLANK,
    Cell,
    Column,
    Date,
    Int,
    Line,
    Ratio,
    Sheet,
    Text,
)
from consortium.reports.wording import SAMPLE_LINE

COLUMNS = (
    Column("id", form.TASK_ID, 4, "code"),
    Column("code", form.CODE, 7, "center"),
    Column("name", form.NAME, 34, "wrap"),
    Column("owner", form.OWNER, 11, "center"),
    Column("days", form.DAYS, 7, "count"),
    Column("row", form.ROW, 6, "center"),
    Column("start", form.START, 10, "short_date"),
    Column("finish", form.FINISH, 10, "short_date"),
    Column("percent", form.PERCENT, 7, "center"),
    Column("state", form.STATE, 10, "center"),
    Column("note", form.NOTE, 22, "input"),
)
#: 番号, 団体, 工程, 開始日, 終了日 of the sheet of all plans.
_ALL_COLUMNS = (
    Column("code", form.CODE, 8, "center"),
    Column("town", "団体", 12, "center"),
    Column("name", form.NAME, 34, "text"),
    Column("start", form.START, 10, "short_date"),
    Column("finish", form.FINISH, 10, "short_date"),
)
_SCALE_WIDTH, _ROW_HEIGHT = 3.6, 19
BAR, GO_LIVE, MILESTONE = "■", "★", "◆"
_LEGEND = (
    f"{BAR} その期間に作業があります（上の行が計画、下の行が実績）。"
    f"{GO_LIVE} 本稼働　{MILESTONE} そのほかの節目"
)
HOW_TO = (
    "記入できるのは、実績の行の色のついた欄だけです。計画の変更は、画面から行ってください。",
    "日付は 2027/4/1 や R9.4.1、進捗は 50% のように、完了済みなら終了日も入れてください。",
    "記入したら .xlsx のまま保存し、ポータルの「工程表の取込み」で選んでください。",
    "取込みの画面で差分を確かめてから反映します。選んだだけでは反映しません。",
)


@dataclass(frozen=True, slots=True)
class PlanRows:
    """A plan with its lines as everything shows them (一つの工程)."""

    plan: Plan
    lines: Sequence[PlanLine]


@dataclass(frozen=True, slots=True)
class PlanBook:
    """What a workbook 工程表 says; `made_at` is the only time in it (工程表の内容)."""

    title: str
    office: str
    plans: Sequence[PlanRows]
    #: work begun and not finished is drawn up to here (基準日)
    today: date
    made_at: datetime
    year_labels: Mapping[int, str]
    is_sample: bool = False


def render(book: PlanBook) -> bytes:
    """Make the workbook; the same content gives the same bytes (工程表)."""
    names = _sheet_names(book.plans)
    sheets = [_plan_sheet(book, rows, name) for rows, name in zip(book.plans, names, strict=True)]
    if len(sheets) > 1:
        sheets.insert(0, _all_sheet(book))
    given = [
        each for rows, name in zip(book.plans, names, strict=True) for each in _given(rows, name)
    ]
    sheets.append(_record_sheet(book, given))
    for sheet in sheets:
        sheet.is_protected = True
        sheet.header_left = "見本" if book.is_sample else ""
        sheet.footer_left = book.title
    return write(Book(book.title, book.office, book.made_at, tuple(sheets)))


def _sheet_names(plans: Sequence[PlanRows]) -> list[str]:
    """Name each sheet after its town; a second plan of it gets a number (シート名)."""
    found: list[str] = []
    for rows in plans:
        taken = sum(name.partition("（")[0] == rows.plan.town for name in found)
        found.append(f"{rows.plan.town}（{taken + 1}）" if taken else rows.plan.town)
    return found


def _given(rows: PlanRows, sheet: str) -> Iterable[Given]:
    for line in rows.lines:
        task = line.task
        planned = Planned(
            task.code, task.name, task.owner, task.days, task.planned_start, task.planned_finish
        )
        yield Given(
            sheet, rows.plan.id, rows.plan.revision, rows.plan.template_id, task.id, planned,
            happened(task),
        )  # fmt: skip


def happened(task: PlanTask) -> Actual:
    """Give what a task's row 実績 says (実績)."""
    return Actual(task.started_on, task.finished_on, task.percent, task.state, task.note)


# ---- the sheet of a plan -------------------------------------------------------------------------


def _plan_sheet(book: PlanBook, rows: PlanRows, name: str) -> Sheet:
    plan, tasks = rows.plan, [line.task for line in rows.lines]
    columns = spans(*_range(tasks, plan.anchor_on), plan.anchor_on)
    sheet = _grid(name, COLUMNS, columns, book, f"{plan.title}　工程表")
    sheet.hidden_columns.add(1)
    sheet.put(3, 2, Text(_facts(book, plan)), "plain")
    axis = _Axis(len(COLUMNS) + 1, columns, is_paired=True)
    row = form.HEADING_ROW + 1
    for task in tasks:
        _put_task(sheet, row, task, book.today, axis)
        row += 2
    first, last = form.HEADING_ROW + 1, row - 1
    places = {column.heading: place for place, column in enumerate(COLUMNS, start=1)}
    taken = [places[heading] for heading in form.TAKEN]
    sheet.unlocked = {(at, place) for at in range(first + 1, row, 2) for place in taken}
    state = places[form.STATE]
    areas = [(at, state, at, state) for at in range(first + 1, row, 2)]
    sheet.choices = {tuple(TASK_STATES.values()): areas} if areas else {}
    _rule(sheet, first, last, len(COLUMNS) + len(columns), pairs=True)
    _notes(sheet, row + 1, (_LEGEND, *HOW_TO))
    return sheet


def _facts(book: PlanBook, plan: Plan) -> str:
    parts = [
        f"{plan.town}（団体コード {plan.code}）",
        f"本稼働日 {wareki(plan.anchor_on)}",
        f"工程の版 第{plan.revision}版",
        f"{wareki(book.today)}現在",
        "参考（逆算）" if plan.is_reference else "",
    ]
    return "　".join(part for part in parts if part)


def _put_task(sheet: Sheet, row: int, task: PlanTask, today: date, axis: "_Axis") -> None:
    """Write the two rows of a task; what both say stands over both."""
    known: tuple[Cell, ...] = (
        Text(task.code), Text(task.name), Text(task.owner), Int(task.days),
    )  # fmt: skip
    for place, cell in enumerate(known, start=2):
        sheet.merge((row, place, row + 1, place), cell, COLUMNS[place - 1].style)
    for at in (row, row + 1):
        sheet.put(at, 1, Text(task.id), "code")
    planned: tuple[Cell, ...] = (
        Text(form.PLANNED), Date(task.planned_start), Date(task.planned_finish),
    )  # fmt: skip
    sheet.row(row, (*planned, BLANK, BLANK, BLANK), (*_styles(6, 8), *["center"] * 3), 6)
    actual = happened(task)
    entered: tuple[Cell, ...] = (
        Text(form.HAPPENED), _date(actual.started_on), _date(actual.finished_on),
        Ratio(actual.percent, 100), Text(TASK_STATES[actual.state]),
        Text(actual.note) if actual.note else BLANK,
    )  # fmt: skip
    styles = ("center", "input_date", "input_date", "input_percent", "input_center", "input")
    sheet.row(row + 1, entered, styles, 6)
    sheet.fit_height(row + 1, actual.note, COLUMNS[-1].width)
    mark = _mark(task)
    axis.bar(sheet, row, (task.planned_start, task.planned_finish), mark)
    ended = actual.finished_on or (max(today, actual.started_on) if actual.started_on else None)
    began = actual.started_on or ended
    axis.bar(sheet, row + 1, (began, ended) if began and ended else None, mark)


def _styles(first: int, last: int) -> list[str]:
    return [column.style for column in COLUMNS[first - 1 : last]]


def _date(day: date | None) -> Cell:
    if day is None:
        return BLANK
    return Date(day) if day >= FIRST_DAY else Text(day.isoformat())


def _mark(task: PlanTask) -> str:
    """Choose the mark: the go-live is the one milestone everybody looks for (印)."""
    if not task.is_milestone:
        return BAR
    return GO_LIVE if task.code.startswith("H0") else MILESTONE


@dataclass(frozen=True, slots=True)
class _Axis:
    """The months of a sheet, from column `first` on (時間軸)."""

    first: int
    columns: Sequence[Span]
    #: the rows come in pairs, 計画 above 実績
    is_paired: bool = False

    def bar(self, sheet: Sheet, row: int, days: tuple[date, date] | None, mark: str) -> None:
        """Colour and mark the columns that a task lies in (棒)."""
        is_lower = self.is_paired and (row - form.HEADING_ROW) % 2 == 0
        style = "happened_bar" if is_lower else "planned_bar"
        for place, span in enumerate(self.columns, start=self.first):
            if days is not None and span.holds(*days):
                sheet.put(row, place, Text(mark), style)
            else:
                sheet.put(row, place, BLANK, "time")


# ---- all plans on one sheet ----------------------------------------------------------------------


def _all_sheet(book: PlanBook) -> Sheet:
    ranges = [
        _range([line.task for line in rows.lines], rows.plan.anchor_on) for rows in book.plans
    ]
    columns = spans(min(first for first, _ in ranges), max(last for _, last in ranges))
    sheet = _grid(form.ALL, _ALL_COLUMNS, columns, book, f"{book.title}　{form.ALL}")
    sheet.put(3, 1, Text(f"計画の日付。{wareki(book.today)}現在"), "plain")
    axis = _Axis(len(_ALL_COLUMNS) + 1, columns)
    row = form.HEADING_ROW + 1
    for rows in book.plans:
        if row > form.HEADING_ROW + 1:
            sheet.breaks.append(row)
        for line in rows.lines:
            task = line.task
            cells: tuple[Cell, ...] = (
                Text(task.code), Text(rows.plan.town), Text(task.name),
                Date(task.planned_start), Date(task.planned_finish),
            )  # fmt: skip
            sheet.row(row, cells, [column.style for column in _ALL_COLUMNS])
            axis.bar(sheet, row, (task.planned_start, task.planned_finish), _mark(task))
            row += 1
    width = len(_ALL_COLUMNS) + len(columns)
    _rule(sheet, form.HEADING_ROW + 1, row - 1, width, pairs=False)
    legend = f"{BAR} その期間に作業があります。{GO_LIVE} 本稼働　{MILESTONE} そのほかの節目"
    _notes(sheet, row + 1, (legend,))
    return sheet


# ---- what both have in common --------------------------------------------------------------------


def _range(tasks: Sequence[PlanTask], anchor: date) -> tuple[date, date]:
    """Give the first and the last day that anything happens on (期間)."""
    planned = [day for task in tasks for day in (task.planned_start, task.planned_finish)]
    real = [
        day
        for task in tasks
        for day in (task.started_on, task.finished_on)
        # A slip far from the plan would stretch the axis over centuries.
        if day and not is_far(day, task.planned_start, task.planned_finish)
    ]
    days = [anchor, *planned, *real]
    return min(days), max(days)


def _grid(
    name: str, fixed: Sequence[Column], columns: Sequence[Span], book: PlanBook, title: str
) -> Sheet:
    """Begin a sheet: title, 見本, headings, the months below their fiscal years (見出し)."""
    sheet = Sheet(name, paper=A3, header_row=form.HEADING_ROW, row_height=_ROW_HEIGHT)
    sheet.least_widths = [*(column.width for column in fixed), *[_SCALE_WIDTH] * len(columns)]
    shown = next(place for place, column in enumerate(fixed, start=1) if column.key != "id")
    last = len(fixed) + len(columns)
    # Wherever the window stands the title begins at the left; centred it would lie months away.
    sheet.put(1, shown, Text(title), "left_title")
    sheet.heights[1] = 28
    if book.is_sample:
        sheet.put(2, shown, Text(SAMPLE_LINE), "sample")
    above, headings = form.HEADING_ROW - 1, form.HEADING_ROW
    for place, column in enumerate(fixed, start=1):
        sheet.put(above, place, BLANK, "scale_year")
        sheet.put(headings, place, Text(column.heading), "wrapped_header")
    for place, span in enumerate(columns, start=len(fixed) + 1):
        sheet.put(headings, place, Text(span.label), "scale")
    for first, end, label in year_groups(columns, book.year_labels):
        area = (above, len(fixed) + 1 + first, above, len(fixed) + 1 + end)
        sheet.merge(area, Text(label), "scale_year")
    sheet.frozen_columns = next(
        place for place, column in enumerate(fixed, start=1) if column.key == "name"
    )
    _rule(sheet, above, headings, last, pairs=False)
    return sheet


def _notes(sheet: Sheet, row: int, texts: Iterable[str]) -> None:
    """Write notes below the table, free: they are short, and the first column may be hidden."""
    for at, text in enumerate(texts, start=row):
        sheet.put(at, 2, Text(text), "plain")


def _rule(sheet: Sheet, first: int, last: int, columns: int, *, pairs: bool) -> None:
    """Draw lines: thin around a task or row, hair between its two rows and the months (罫線)."""
    for row in range(first, last + 1):
        is_upper = (row - first) % 2 == 0 or not pairs
        is_lower = (row - first) % 2 == 1 or not pairs
        upper: Line = "thin" if is_upper else "hair"
        lower: Line = "thin" if is_lower else "hair"
        for column in range(1, columns + 1):
            before: Line = "thin" if column == 1 else "hair"
            after: Line = "thin" if column == columns else "hair"
            sheet.edges[row, column] = (before, after, upper, lower)


def _record_sheet(book: PlanBook, given: Sequence[Given]) -> Sheet:
    """Write what the file goes out with, hidden, so that a change can be told on return (控え)."""
    sheet = Sheet(form.RECORD, is_hidden=True)
    texts = [each.texts() for each in given]
    facts = (form.FORMAT, book.made_at.isoformat(), seal(texts))
    labels = ("様式", "書出日時", "照合値")
    for row, (label, fact) in enumerate(zip(labels, facts, strict=True), start=1):
        sheet.row(row, (Text(label), Text(fact)), ("code", "code"))
    width = len(form.RECORD_HEADINGS)
    lines = (form.RECORD_HEADINGS, *texts)
    for row, line in enumerate(lines, start=form.RECORD_ROW):
        sheet.row(row, [Text(text) for text in line], ["code"] * width)
    return sheet
