"""今月の仕事: what is to be done now, by whom, and the screen that does it."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import NamedTuple

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from consortium.clock import TOKYO
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.calendar.wareki import fiscal_year_label, wareki, wareki_month
from consortium.domain.errors import BadInputError
from consortium.domain.fiscalyear.run import STAGES
from consortium.usecases import home, registration
from consortium.usecases.home import HomePage, Row
from consortium.usecases.kinds import period_name, title_of
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.failures import failure_page
from consortium.web.filters import yen_unit
from consortium.web.rights import may
from consortium.web.step_links import way_to

pages = Blueprint("home", __name__)

YearName = Callable[[FiscalYear], str]
#: Months that can be shown; nobody plans further.
_EARLIEST, _LATEST = Month(1990, 1), Month(2098, 12)


class Task(NamedTuple):
    """One thing that waits for somebody (仕事)."""

    what: str
    target: str
    #: role that does it
    role: str
    who: str
    #: since when it waits
    since: date | None
    url: str
    link: str
    note: str = ""


@pages.get("/")
@guarded
def root() -> ResponseReturnValue:
    return redirect(url_for("town.index" if context.viewer().is_member else "home.index"))


@pages.get("/this-month")
@guarded
def index() -> ResponseReturnValue:
    return _drawn(Month.containing(context.today()))


@pages.get("/this-month/<string:shown>")
@guarded
def month(shown: str) -> ResponseReturnValue:
    try:
        asked = Month.parse(shown)
    except BadInputError as error:
        return failure_page(404, text=f"{error.found}{error.todo}")
    if not _EARLIEST <= asked <= _LATEST:
        return failure_page(404, text="この月の予定は扱えません。月を選び直してください。")
    return _drawn(asked)


def _drawn(shown: Month) -> ResponseReturnValue:
    viewer = context.viewer()
    page = home.show_home(viewer, context.now(), shown)
    name = partial(fiscal_year_label, overrides=page.year_labels)
    tasks = list(_tasks(page, name))
    return render_template(
        "home.html",
        page=page,
        this_month=wareki_month(shown),
        is_present=shown == Month.containing(context.today()),
        months=_months(shown),
        calendar_year=FiscalYear.containing(shown.first),
        way_to=way_to,
        period_name=period_name,
        title_of=title_of,
        # Only whoever may set the consortium up is asked to.
        is_unset=may("registration.index") and registration.show_page(viewer).is_empty,
        alarms=[report for report in page.held_up if report.is_alarming],
        mine=[task for task in tasks if task.role == viewer.role],
        others=[task for task in tasks if task.role != viewer.role],
    )


def _months(shown: Month) -> dict[str, tuple[str, str]]:
    """Give the months before and after the one shown, with their addresses."""
    before, after = _before(shown), shown.next()
    return {
        "before": (wareki_month(before), url_for(".month", shown=str(before))),
        "after": (wareki_month(after), url_for(".month", shown=str(after))),
    }


def _before(month: Month) -> Month:
    return Month(month.year - (month.month == 1), (month.month - 2) % 12 + 1)


def _tasks(page: HomePage, name: YearName) -> Iterator[Task]:
    """List what waits: what stops a report, what others asked for, then the runs, the years."""
    yield from _reports(page)
    yield from _matters(page, name)
    yield from _runs(page, name)
    for costs in page.uncomputed:
        yield Task(
            "算定を作成する",
            f"{name(costs.year)} {STAGES[costs.stage]}",
            "lead_staff",
            "担当",
            None,
            *_way_to_create(costs.year, costs.stage),
            f"費目 {costs.items}件、{yen_unit(costs.amount)}",
        )


def _way_to_create(year: FiscalYear, stage: str) -> tuple[str, str]:
    """Lead to the form, or whoever may not use it to what it would be made from."""
    if may("runs.create"):
        return url_for("runs.create", year=year.start_year, stage=stage), "作成する"
    return url_for("costs.sheet", year=year, stage=stage), "費用を見る"


def _reports(page: HomePage) -> Iterator[Task]:
    for report in page.held_up:
        yield Task(
            "帳票の失敗を確かめる" if report.state == "failed" else "帳票の待機を確かめる",
            f"{title_of(report.kind)} {period_name(report.period_key)}",
            "lead_staff",
            "担当",
            report.due_at.date(),
            url_for("report_runs.show", report_id=report.id),
            "作成の状況を開く",
            report.error or report.wait_reason,
        )


#: What a matter asks for, who does it, and the words of the way there.
_MATTERS = {
    "open_question": ("質疑に答える", "lead_staff", "担当", "質疑を開く"),
    "asked_reopening": ("再開の申出を確かめる", "lead_approver", "承認者", "締めの画面へ"),
    "reopened": ("直して、本締めに戻す", "lead_approver", "承認者", "締めの画面へ"),
    "late_figures": ("遅れて出た基礎数値を版に入れる", "lead_staff", "担当", "提出の依頼へ"),
}


def _matters(page: HomePage, name: YearName) -> Iterator[Task]:
    """List what towns and colleagues asked for."""
    for each in page.matters:
        what, role, who, link = _MATTERS[each.what]
        year = name(FiscalYear(each.year)) if each.year else ""
        target = f"{year} {each.note}".strip() if each.until is None else year
        note = f"{wareki(each.until)}まで。理由：{each.note}" if each.until else ""
        since = each.at.astimezone(TOKYO).date() if each.at else None
        yield Task(what, target, role, who, since, _place_of(each), link, note)


def _place_of(matter: Row) -> str:
    if matter.what == "open_question":
        return url_for("questions.show", question_id=matter.key)
    if matter.what == "late_figures":
        return url_for("base_rounds.show", round_id=matter.key)
    return url_for("closings.year", year=FiscalYear(matter.year or 0))


def _runs(page: HomePage, name: YearName) -> Iterator[Task]:
    waiting = (
        (page.approved, "発行する", "lead_approver", "承認者", "発行の画面へ"),
        (page.in_review, "審査して承認する", "lead_approver", "承認者", "審査する"),
        (page.drafts, "下書きを審査に出す", "lead_staff", "担当", "下書きを開く"),
    )
    for runs, what, role, who, link in waiting:
        for run in runs:
            since = run.approved_at or run.submitted_at or run.drafted_at
            day = since.astimezone(TOKYO).date()
            yield Task(
                what,
                f"{name(run.year)} {STAGES[run.stage]} 第{run.edition}版",
                role,
                who,
                day,
                url_for("runs.show", run_id=run.id),
                link,
                f"総額 {yen_unit(run.total)}。作成 {run.drafted_by_name}",
            )
