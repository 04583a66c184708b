"""工程表: the workbook of plans out; what was filled in looked at, and taken in whole or not.

Three values of a cell decide: the one the file went out with, the one in it now, the one in the
portal now. What the reader did not change stays; what the portal changed as well is a conflict, and
whoever takes the file in says for the row which of the two counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from consortium.db.store import plans as store
from consortium.db.store import settings as settings_store
from consortium.db.unit import reading, together, writing
from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.errors import (
    BadInputError,
    DomainError,
    InvalidTransitionError,
    StaleError,
)
from consortium.domain.onboarding import plan_form as form
from consortium.domain.onboarding.plan import Plan, PlanTask
from consortium.domain.onboarding.plan_form import Actual, actual_of
from consortium.intake.plan_book import PlanUpload, Sent, read_plan_book
from consortium.intake.prescan import MOST_BYTES
from consortium.reports.names import file_name
from consortium.reports.plan_sheet import PlanBook, PlanRows, happened, render
from consortium.usecases.closings import today_of
from consortium.usecases.downloads import Handed
from consortium.usecases.plan_progress import Progress, report_in, task_of
from consortium.usecases.plans import PlanPage, list_plans, show_plan
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Most bytes that are looked at.
LARGEST: Final = MOST_BYTES
#: Which of two values counts (競合の選択).
FROM_FILE, FROM_PORTAL = "file", "portal"
_ASKED: Final = "工程表を取り込もうとしました。"


# ---- out -----------------------------------------------------------------------------------------


def workbook(viewer: Viewer, plan_id: str, today: date, now: datetime) -> Handed:
    """Give the 工程表 of one plan (工程表の書出し). Raises: NotFoundError."""
    page = show_plan(viewer, plan_id, today)
    plan = page.plan
    name = file_name(f"工程表_{plan.code}_{plan.title}_第{plan.revision}版", ".xlsx")
    content = _rendered(viewer, [page], today, now)
    return Handed(content, name, f"plan_{plan.code}_v{plan.revision}.xlsx")


def workbook_of_all(viewer: Viewer, today: date, now: datetime) -> Handed:
    """Give the 工程表 of every plan that the viewer sees and nobody stopped (全体の工程表).

    Raises: InvalidTransitionError where there is none.
    """
    pages = [page for page in list_plans(viewer, today) if page.plan.state != "stopped"]
    if not pages:
        raise InvalidTransitionError(
            "工程表を書き出そうとしました。",
            "工程がありません。",
            "工程を作ってから書き出してください。",
        )
    return Handed(_rendered(viewer, pages, today, now), "工程表_全体.xlsx", "plans.xlsx")


def _rendered(viewer: Viewer, pages: Sequence[PlanPage], today: date, now: datetime) -> bytes:
    with reading() as session:
        office = settings_store.settings_of(session, viewer.consortium_id)
    rows = [PlanRows(page.plan, page.lines) for page in pages]
    return render(
        PlanBook(
            "工程表", office.office_name, rows, today, now, office.year_labels, office.is_sample
        )
    )


# ---- in ------------------------------------------------------------------------------------------


class Cell(NamedTuple):
    """A cell that the file changes (変わるセル), each value in words."""

    column: str
    exported: str
    portal: str
    file: str

    @property
    def is_conflict(self) -> bool:
        """Say whether the portal changed it as well since the file was written (競合)."""
        return self.portal != self.exported


@dataclass(frozen=True, slots=True)
class Change:
    """A task of which the file says something else than the portal (差分の一件)."""

    sheet: str
    row: int
    plan: Plan
    task: PlanTask
    cells: tuple[Cell, ...]

    @property
    def is_conflict(self) -> bool:
        """Say whether somebody has to choose (競合)."""
        return any(cell.is_conflict for cell in self.cells)

    def actual(self) -> Actual:
        """Give the task's row 実績 with what the file changes (反映後の実績)."""
        words = happened(self.task).words() | {cell.column: cell.file for cell in self.cells}
        return actual_of(tuple(words.values()))


class Source(NamedTuple):
    """A file as it was read (取込みのファイル)."""

    file_name: str
    text: str


@dataclass(frozen=True, slots=True)
class DryRun:
    """What taking a file in would do (取込みの下見)."""

    source: Source
    changes: tuple[Change, ...] = ()
    #: what is wrong; nothing of a file with a fault is taken in
    faults: tuple[str, ...] = ()
    #: sheets that were left alone
    notices: tuple[str, ...] = ()

    @property
    def may_take(self) -> bool:
        """Say whether there is something to take in and nothing in the way (取込みできるか)."""
        return bool(self.changes) and not self.faults

    @property
    def seen(self) -> str:
        """Give the mark of what was shown, so that nothing else is taken in."""
        shown = [[each.task.id, *map(list, each.cells)] for each in self.changes]
        return sha256_hex(canonical([self.source.text, shown]))


def read_upload(content: bytes, today: date) -> PlanUpload:
    """Read an uploaded 工程表 (工程表の読取り). Raises: BadInputError at `file`."""
    return read_plan_book(content, today)


def look(viewer: Viewer, source: Source, now: datetime) -> DryRun:
    """Say what taking a file in would do; nothing is saved (取込みの下見).

    Raises: BadInputError for a text that no file of ours gives.
    """
    # The rules of what may be entered are those of the page: tried, and taken back.
    with together(viewer.actor(), now, is_trial=True) as unit:
        unit.take_turn(viewer.consortium_id)
        found = _compared(unit.session, viewer, source)
        faults = found.faults or _save(viewer, found.changes, now)
    return replace(found, faults=faults)


def take_in(
    viewer: Viewer, source: Source, picks: Mapping[str, str], seen: str, now: datetime
) -> int:
    """Save what a file changes, all of it or nothing; give how many tasks (工程表の取込み).

    `picks` says by task id which value counts where both changed it. A file taken in again changes
    nothing. Raises: BadInputError for a fault or a conflict nobody decided, StaleError where it
    would do something else than was shown.
    """
    with together(viewer.actor(), now, "工程表の取込み") as unit:
        unit.take_turn(viewer.consortium_id)
        found = _compared(unit.session, viewer, source)
        taken = _decided(found, picks, seen) if found.changes else []
        faults = found.faults or _save(viewer, taken, now)
        if faults:
            raise _refused("".join(faults[:3]), "直してから、選び直してください。")
        if not taken:
            unit.operational()
    return len(taken)


def _decided(found: DryRun, picks: Mapping[str, str], seen: str) -> list[Change]:
    """Give the changes that are to be saved. Raises: StaleError, BadInputError."""
    if found.seen != seen:
        raise StaleError(
            _ASKED,
            "下見の後に、工程の実績が変わりました。",
            "今の差分を確かめてから、もう一度反映してください。",
        )
    for each in found.changes:
        if each.is_conflict and picks.get(each.task.id) not in (FROM_FILE, FROM_PORTAL):
            whom = f"{each.plan.town}「{each.task.code} {each.task.name}」"
            raise _refused(
                f"{whom}の競合が決まっていません。",
                "ファイルとポータルのどちらの値を採るか選んでください。",
            )
    return [
        each for each in found.changes if not each.is_conflict or picks[each.task.id] == FROM_FILE
    ]


def _save(viewer: Viewer, changes: Sequence[Change], now: datetime) -> tuple[str, ...]:
    """Report every change by the use case of the page, and say which are refused and why."""
    faults: list[str] = []
    for each in changes:
        try:
            _report(viewer, each, now)
        except DomainError as error:
            place = f"シート「{each.sheet}」{each.row}行目（{each.task.code}）："
            faults.append(f"{place}{error.found}{error.todo}")
    return tuple(faults)


def _report(viewer: Viewer, change: Change, now: datetime) -> None:
    """Report one row, undone by itself where it is refused, so that the next can be tried."""
    actual = change.actual()
    progress = Progress(
        actual.state, actual.started_on, actual.finished_on, actual.percent, actual.note
    )
    with writing(viewer.actor(), now) as unit:
        # As the rows before it leave it: one may depend on another of the same file.
        plan = store.plan(unit.session, viewer.consortium_id, change.plan.id)
        task = task_of(plan, change.task.code)
        report_in(unit, viewer, plan, task, progress, today_of(now))


def _refused(what: str, todo: str) -> BadInputError:
    return BadInputError(_ASKED, what, todo)


# ---- what a row means ----------------------------------------------------------------------------


def _compared(session: "Session", viewer: Viewer, source: Source) -> DryRun:
    upload = PlanUpload.parse(source.text)
    plans = {each.id: each for each in store.plans(session, viewer.consortium_id)}
    faults: list[str] = []
    notices: list[str] = []
    own: dict[str, Plan] = {}
    for sheet, plan_id, revision in upload.plans:
        plan = plans.get(plan_id)
        # A town is told of another's plan no more than of one that is not there.
        if viewer.is_member and (plan is None or plan.code != viewer.code):
            notices.append(f"シート「{sheet}」は、{viewer.body}の工程でないので読みませんでした。")
        elif plan is None:
            faults.append(
                f"シート「{sheet}」の工程は、このポータルにありません。"
                "このポータルから書き出した工程表を選んでください。"
            )
        else:
            own[plan_id] = plan
            faults += _stale(sheet, plan, revision)
    if not own and not faults:
        faults.append(
            f"{viewer.body}の工程のシートがありません。自分の団体の工程表を選んでください。"
        )
    changes: list[Change] = []
    for sent in upload.rows if not faults else ():
        if sent.given.plan_id in own:
            _add(own[sent.given.plan_id], sent, changes, faults)
    return DryRun(source, tuple(changes), tuple(faults), tuple(notices))


def _stale(sheet: str, plan: Plan, revision: int) -> list[str]:
    """Say so of a sheet whose planned dates are no longer those of the plan (古い工程表)."""
    if plan.revision == revision:
        return []
    found = f"シート「{sheet}」は第{revision}版の工程のもので、今は第{plan.revision}版です。"
    return [f"{found}新しい工程表を書き出し、そちらに実績を記入してください。"]


def _add(plan: Plan, sent: Sent, changes: list[Change], faults: list[str]) -> None:
    """Compare a row with the portal, cell by cell."""
    place = f"シート「{sent.given.sheet}」{sent.row}行目："
    task = next((each for each in plan.tasks if each.id == sent.given.task_id), None)
    if task is None:
        faults.append(f"{place}この作業は、{plan.title}にありません。行を足さないでください。")
        return
    exported, portal = sent.given.actual.words(), happened(task).words()
    file = sent.actual.words()
    cells = tuple(
        Cell(column, exported[column], portal[column], file[column])
        for column in form.TAKEN
        if file[column] not in (exported[column], portal[column])
    )
    if not cells:
        return
    change = Change(sent.given.sheet, sent.row, plan, task, cells)
    if task.state == "done" and change.actual().state != "done":
        faults.append(
            f"{place}完了済みの「{task.code} {task.name}」を開き直すには、理由が要ります。"
            "工程の画面から行ってください。"
        )
        return
    changes.append(change)
