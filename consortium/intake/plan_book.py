"""A 工程表 that came back (工程表の読取り): what its reader changed, as text for the browser.

Only the rows 実績 are taken. The hidden sheet says with what the file went out; a file without it,
or with another one than was written, is refused. Nothing is raised for a cell: every fault is told
with sheet, cell, what stands there and what to do.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Final

from consortium.domain.canonical import canonical
from consortium.domain.onboarding import plan_form as form
from consortium.domain.onboarding.plan import TASK_STATES
from consortium.domain.onboarding.plan_form import Actual, Given, actual_of, changed_record, seal
from consortium.domain.onboarding.steps import is_far
from consortium.intake.prescan import refused
from consortium.intake.sheet_table import Findings, Line, read_table_of
from consortium.intake.signs import narrow, shown
from consortium.intake.workbook import Sheet, Workbook, read_workbook

_AGAIN: Final = "工程表を書き出し直して、そちらに実績を記入してください。"
_IN_PERCENT: Final = re.compile(r"[0-9]{1,3} *%", re.ASCII)
_WHOLE: Final = 100
_PLAN_CELLS: Final = (form.CODE, form.NAME, form.OWNER, form.DAYS, form.START, form.FINISH)
_GIVEN: Final = len(form.RECORD_HEADINGS)


@dataclass(frozen=True, slots=True)
class Sent:
    """A row 実績 that is not as the file went out with it (変わった行)."""

    #: its row on the sheet, from 1
    row: int
    given: Given
    actual: Actual


@dataclass(frozen=True, slots=True)
class PlanUpload:
    """What a 工程表 says (読み取った工程表); with a fault nothing of it may be taken in."""

    #: sheet, id and revision of each plan in it
    plans: tuple[tuple[str, str, int], ...]
    rows: tuple[Sent, ...] = ()
    faults: tuple[str, ...] = ()
    #: what was read in another way than it stood, or not read
    notices: tuple[str, ...] = ()

    def text(self) -> str:
        """Write it as text that travels through the browser from the look to the taking in."""
        rows = [
            [each.row, *each.given.texts(), *each.actual.words().values()] for each in self.rows
        ]
        return canonical({"plans": self.plans, "rows": rows})

    @classmethod
    def parse(cls, text: str) -> "PlanUpload":
        """Read the text back. Raises: BadInputError for anything but such a text."""
        try:
            plain = json.loads(text)
            canonical(plain).encode()  # half a sign (surrogate) can be neither shown nor saved
            plans = tuple(
                (str(sheet), str(plan_id), int(revision))
                for sheet, plan_id, revision in plain["plans"]
            )
            rows = tuple(
                Sent(
                    int(row),
                    Given.read(list(map(str, texts[:_GIVEN]))),
                    actual_of(list(map(str, texts[_GIVEN:]))),
                )
                for row, *texts in plain["rows"]
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise changed_record() from error
        return cls(plans, rows)


def read_plan_book(content: bytes, today: date) -> PlanUpload:
    """Read a 工程表 that was filled in; nothing that happened lies after `today` (工程表の読取り).

    Raises: BadInputError at `file` for what is no workbook, or not one of ours.
    """
    book = read_workbook(content)
    given = _record(book)
    findings = Findings()
    sheets = list(dict.fromkeys(each.sheet for each in given))
    readers = []
    for name in sheets:
        sheet = book.find(name)
        if sheet is None:
            findings.notice(name, "", "このシートがないので、読みませんでした。")
            continue
        tasks = {each.task_id: each for each in given if each.sheet == name}
        reader = _Reader(sheet, tasks, findings, today)
        reader.read()
        readers.append(reader)
    if not readers:
        raise refused("工程のシートが一枚もありません。", "シートの名前を変えないでください。")
    read = {reader.sheet.name for reader in readers}
    heads = {(each.sheet, each.plan_id, each.revision): None for each in given}
    rows = () if findings.has_faults else (row for reader in readers for row in reader.rows)
    return PlanUpload(
        tuple(head for head in heads if head[0] in read), tuple(rows), findings.told(),
        findings.notes(),
    )  # fmt: skip


def _record(book: Workbook) -> list[Given]:
    """Read the hidden sheet. Raises: BadInputError where it is not as it was written."""
    sheet = book.find(form.RECORD)
    if sheet is None:
        raise refused(
            f"ポータルから書き出した工程表ではありません（控えのシート「{form.RECORD}」がありません）。",
            _AGAIN,
        )
    if _words(sheet, 1, 2) != form.FORMAT:
        raise refused("この様式の工程表は読めません。", _AGAIN)
    width = len(form.RECORD_HEADINGS)
    texts = [
        [_words(sheet, row, column) for column in range(1, width + 1)]
        for row in range(form.RECORD_ROW + 1, len(sheet.rows) + 1)
    ]
    if not texts or seal(texts) != _words(sheet, 3, 2):
        raise changed_record()
    return [Given.read(row) for row in texts]


def _words(sheet: Sheet, row: int, column: int) -> str:
    cell = sheet.cell(row, column)
    return cell.words if cell else ""


@dataclass(slots=True)
class _Reader:
    """Reads the sheet of one plan (シートの読取り)."""

    sheet: Sheet
    given: Mapping[str, Given]
    findings: Findings
    today: date
    rows: list[Sent] = field(default_factory=list)

    def read(self) -> None:
        """Take every row, and say which are missing."""
        headings = dict.fromkeys(form.HEADINGS, True)
        table = read_table_of(self.sheet, headings, self.findings, header_row=form.HEADING_ROW)
        if not table.lines:
            return
        lines: dict[tuple[str, str], Line] = {}
        for line in table.lines:
            if line.is_empty(form.ROW):
                continue  # the legend below the table; a row that lost the word is missing then
            kind = line.one_of(form.ROW, (form.PLANNED, form.HAPPENED))
            task_id = line.text(form.TASK_ID)
            if task_id and task_id not in self.given:
                found = f"「{shown(task_id)}」という作業は、書き出した工程表にありません。"
                line.fault(form.TASK_ID, found, "行を足さず、作業IDを変えないでください。")
            elif task_id and (task_id, kind) in lines:
                found = f"同じ作業の{kind}の行が、{lines[task_id, kind].row}行目にもあります。"
                line.fault(form.TASK_ID, found, "一つだけにしてください。")
            elif task_id and kind:
                lines[task_id, kind] = line
                self._take(line, self.given[task_id], kind)
        for task_id, given in self.given.items():
            self._refuse_missing(given, [kind for key, kind in lines if key == task_id])

    def _refuse_missing(self, given: Given, there: Sequence[str]) -> None:
        if form.HAPPENED not in there:
            found = f"「{given.planned.code} {given.planned.name}」の実績の行がありません。"
            self.findings.fault(self.sheet.name, "", found, _AGAIN)

    def _take(self, line: Line, given: Given, kind: str) -> None:
        if kind == form.PLANNED:
            self._look_at_plan(line, given)
            return
        actual = self._actual(line, given)
        if actual is None or actual.words() == given.actual.words():
            return
        if actual.state == "waiting" and actual.percent:
            found = f"状態が「{TASK_STATES[actual.state]}」なのに、進捗が{actual.percent}%です。"
            line.fault(form.PERCENT, found, "状態を「作業中」にするか、進捗を0%にしてください。")
        # What is done is whole, as on the page; so a file taken in twice says the same twice.
        percent = _WHOLE if actual.state == "done" else actual.percent
        self.rows.append(Sent(line.row, given, replace(actual, percent=percent)))

    def _look_at_plan(self, line: Line, given: Given) -> None:
        """Say what was changed of the plan: it stays as it is in the portal."""
        plan = given.planned
        days = (plan.start.isoformat(), plan.finish.isoformat())
        expected = (plan.code, plan.name, plan.owner, str(plan.days), *days)
        for heading, before in zip(_PLAN_CELLS, expected, strict=True):
            now = _words(self.sheet, line.row, line.columns[heading])
            if now != before:
                found = f"計画のセルが「{before}」から「{shown(now)}」に変わっています。"
                line.notice(heading, found, "取り込みません。計画の変更は画面から行ってください。")

    def _actual(self, line: Line, given: Given) -> Actual | None:
        """Read a row 実績; None where a cell of it is faulty."""
        if self._has_formulas(line):
            return None
        start, finish = self._day(line, form.START, given), self._day(line, form.FINISH, given)
        if start and finish and finish < start:
            found = f"終了日（{finish}）が開始日（{start}）より前です。"
            line.fault(form.FINISH, found, "どちらかを直してください。")
        percent = _percent(line)
        words = {word: key for key, word in TASK_STATES.items()}
        state = words.get(line.one_of(form.STATE, words), "")
        if state == "done" and finish is None and not line.is_faulty:
            found = f"状態が「{TASK_STATES[state]}」なのに、終了日がありません。"
            line.fault(form.FINISH, found, "終わった日を入れてください。")
        note = line.text(form.NOTE, needed=False, longest=form.LONGEST_NOTE, as_written=True)
        if line.is_faulty:
            return None
        return Actual(start, finish, percent, state, note.strip())

    def _has_formulas(self, line: Line) -> bool:
        """Say so of every formula: what it comes to changes without anybody's doing."""
        for heading in form.TAKEN:
            cell = self.sheet.cell(line.row, line.columns[heading])
            if cell is not None and cell.has_formula:
                value = f"（値は「{shown(cell.words)}」）" if cell.words else ""
                todo = "計算式でなく、値を入れてください。"
                line.fault(heading, f"計算式のセルです{value}。", todo)
        return line.is_faulty

    def _day(self, line: Line, heading: str, given: Given) -> date | None:
        day = line.day(heading, needed=False)
        happened, plan = given.actual, given.planned
        if day in (None, happened.started_on if heading == form.START else happened.finished_on):
            return day
        if day > self.today:
            found = f"{heading}（{day}）が今日（{self.today}）より後です。"
            line.fault(heading, found, "実績には、もう済んだ日を入れてください。")
        elif is_far(day, plan.start, plan.finish):
            found = f"{heading}（{day}）が計画（{plan.start}〜{plan.finish}）から離れすぎています。"
            line.fault(heading, found, "年を確かめてください。")
        return day


def _percent(line: Line) -> int:
    """Read 進捗: a cell of 50 % holds 0.5; a plain 50, and the text 50%, mean the same."""
    words = narrow(line.words(form.PERCENT, needed=False))
    if not words:
        return 0
    if _IN_PERCENT.fullmatch(words):
        percent = Fraction(int(words.rstrip("% ")))
    else:
        number = line.number(form.PERCENT)
        if number is None:
            return 0
        percent = number * 100 if number <= 1 else number
    if percent.denominator != 1 or not 0 <= percent <= _WHOLE:
        found = f"進捗が「{shown(words)}」です。"
        line.fault(form.PERCENT, found, "0%から100%までの整数にしてください。")
        return 0
    return percent.numerator
