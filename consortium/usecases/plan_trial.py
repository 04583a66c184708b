"""A plan tried out without an office (工程の試算): a template and 本稼働日 to dates.

It needs no database: the usual closed days and the usual days of a vote take the place of an
office's own, and everybody has the same calendar.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError
from consortium.domain.onboarding.gates import under
from consortium.domain.onboarding.golive import GO_LIVE, go_live_findings
from consortium.domain.onboarding.network import Anchor, Network, Task, Times
from consortium.domain.onboarding.schedule import schedule
from consortium.domain.onboarding.template import (
    COLUMNS,
    NEEDED,
    Template,
    TemplateTask,
    read_template,
)
from consortium.intake.basis_table import decode
from consortium.intake.keys import visible
from consortium.intake.tables import read_table
from consortium.usecases.plan_calendars import UsualDays, usual_days
from consortium.usecases.stage_templates import shipped


@dataclass(frozen=True, slots=True)
class TriedTask:
    """A stage with its dates (工程の日程)."""

    name: str
    times: Times


@dataclass(frozen=True, slots=True)
class TriedPlan:
    """The dates of all stages, and what the officer has to know (工程の試算)."""

    go_live: date
    tasks: tuple[TriedTask, ...]
    warnings: tuple[str, ...]


def try_plan(
    template: Template, go_live: date, start: date | None, days: Mapping[str, int]
) -> TriedPlan:
    """Give the dates of a template, some of its stages with other days (工程の試算).

    Without `start` they are counted from the latest start of the first stage.

    Raises: BadInputError, whose path is the option it is about as typed (`--set A3=80`), the code
    of a stage of the template, or empty.
    """
    if start is not None and start >= go_live:
        raise BadInputError(
            "工程の日程を計算しようとしました。",
            f"着手日（{wareki(start)}）が、本稼働日（{wareki(go_live)}）より前の日ではありません。",
            "日付を確かめてください。", path="--start",
        )  # fmt: skip
    usual = _usual(go_live)
    for code, count in days.items():
        if code not in {each.code for each in template.tasks}:
            raise BadInputError(
                "工程の業務日を変えようとしました。",
                f"番号「{visible(code)}」の工程がありません。",
                "雛形にある番号を書いてください。", path=_option(code, count),
            )  # fmt: skip
    try:
        return _tried(template, Anchor(GO_LIVE, go_live), start, days, usual)
    except BadInputError as error:
        raise _as_typed(error, days, usual) from None


def _option(code: str, days: int) -> str:
    return f"--set {visible(code)}={days}"


def _usual(go_live: date) -> UsualDays:
    try:
        return usual_days(go_live)
    except BadInputError as error:
        raise BadInputError(error.asked, error.found, error.todo, path="--go-live") from None


def _as_typed(error: BadInputError, days: Mapping[str, int], usual: UsualDays) -> BadInputError:
    """Name the option at fault: there are no pages here to put anything right on."""
    if error.path in days:
        path = _option(error.path, days[error.path])
        return BadInputError(error.asked, error.found, error.todo, path=path)
    if error.path:
        return error
    first, last = usual.open[0].year, usual.open[-1].year
    return BadInputError(
        error.asked,
        f"日程が、業務日を数えられる年の外に出ます（閉庁日は{first}年から{last}年まで）。",
        "--go-live と --start の日付、--set の業務日を確かめてください。",
    )


def _tried(
    template: Template,
    anchor: Anchor,
    start: date | None,
    days: Mapping[str, int],
    usual: UsualDays,
) -> TriedPlan:
    tasks = [_task(each, days.get(each.code, each.days)) for each in template.tasks]
    calendars, windows = {"": usual.open}, {"council": usual.votes}
    found = schedule(Network(tasks, template.links, calendars, windows, anchor, start))
    warnings = (*go_live_findings(anchor.day, usual.office), *found.findings)
    return TriedPlan(
        anchor.day,
        tuple(TriedTask(task.name, found.of(task.code)) for task in tasks),
        tuple(each.text for each in warnings),
    )


def _task(each: TemplateTask, days: int) -> Task:
    """Give a stage as the scheduler takes it; nobody has entered a general meeting (総会)."""
    return Task(
        each.code,
        each.name,
        days,
        window=each.window_kind if each.window_kind == "council" else "",
        in_closed_block=each.window_kind == "closed_block",
        at_month_start=each.window_kind == "month_start",
    )


def usual_template() -> Template:
    """Give the template for joining under an agreement (協定による加入の雛形)."""
    return under(shipped("join"), "agreement")


def template_from(content: bytes, name: str) -> Template:
    """Read a template from a CSV file in UTF-8 or Shift_JIS (雛形のファイル).

    Columns that may be missing may be.

    Raises: BadInputError with file, line and column as path.
    """
    try:
        text = decode(content)
    except BadInputError as error:
        raise BadInputError(error.asked, error.found, error.todo, path=name) from None
    table = read_table(text.encode(), name, _headings(text))
    try:
        return under(read_template([row.values for row in table]), "agreement")
    except BadInputError as error:
        number, _, column = error.path.removeprefix("rows[").partition("].")
        place = f"{table[int(number)].place}（{column}）" if column else name
        raise BadInputError(error.asked, error.found, error.todo, path=place) from None


def _headings(text: str) -> tuple[str, ...]:
    """Give the headings of a file where they are those of a template, else all there should be."""
    line = next(csv.reader(io.StringIO(text, newline="")), [])
    is_known = len(set(line)) == len(line) and set(NEEDED) <= set(line) <= set(COLUMNS)
    return tuple(line) if is_known else COLUMNS
