"""Report runs in the portal (帳票の作成): how far they are, trying again, making anew.

Whoever ticks makes the files. A page only orders, looks, and finds again what it left.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from consortium.db.store import remaking, report_pages, reports, schedules, turns
from consortium.db.store.report_pages import EventLine, FileLine
from consortium.db.store.report_pages import ReportLine as ReportLine
from consortium.db.store.reports import NewRun
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.errors import BadInputError, InvalidTransitionError
from consortium.domain.fiscalyear.report_period import ReportPeriod
from consortium.usecases import monthly, quarterly, situation
from consortium.usecases.closings import today_of
from consortium.usecases.kinds import SCHEDULED, title_of
from consortium.usecases.ordering import Maker, is_short
from consortium.usecases.reporting import work
from consortium.usecases.viewer import Viewer

#: Reports of a period, which stand in no register: made anew on their own (再作成できる帳票).
REMADE = (monthly.KIND, quarterly.KIND, situation.KIND)
_RECENT = 50
#: How many ended periods of each length can still be made.
_OFFERED = {"month": 24, "quarter": 8, "week": 12}


@dataclass(frozen=True, slots=True)
class ReportsPage:
    """All report runs that are not done, and the newest of those that are (帳票の作成)."""

    open: list[ReportLine]
    done: list[ReportLine]
    last_tick: datetime | None

    @property
    def needing(self) -> list[ReportLine]:
        """Runs that failed or wait (要対応)."""
        return [line for line in self.open if line.needs_a_person]

    @property
    def coming(self) -> list[ReportLine]:
        """Runs that are being made or come next (作成中・予定)."""
        return [line for line in self.open if not line.needs_a_person]


@dataclass(frozen=True, slots=True)
class ReportPage:
    """One report run (帳票の作成の状況)."""

    line: ReportLine
    #: every edition of its period, this one too
    editions: list[ReportLine]
    files: list[FileLine]
    events: list[EventLine]
    last_tick: datetime | None

    @property
    def can_remake(self) -> bool:
        """Say whether a new edition can be ordered here: of the newest one, out or cancelled."""
        return self.line.id == self.editions[-1].id and _can_be_remade(self.line)

    @property
    def can_cancel(self) -> bool:
        """Say whether it can be left unmade (取消)."""
        return _can_be_cancelled(self.line)


def _can_be_remade(line: ReportLine) -> bool:
    return line.kind in REMADE and (line.is_out or line.state == "cancelled")


def _can_be_cancelled(line: ReportLine) -> bool:
    # What an officer issues is ordered by other pages, and has an end of its own.
    is_ours = line.is_scheduled or line.kind in REMADE
    return is_ours and line.state == "due" and not line.is_fixed


def list_reports(viewer: Viewer) -> ReportsPage:
    """Give the report runs (帳票の作成)."""
    owner = viewer.consortium_id
    with reading() as session:
        return ReportsPage(
            report_pages.open_reports(session, owner),
            report_pages.made_reports(session, owner, _RECENT),
            schedules.last_tick(session),
        )


def show_report(viewer: Viewer, report_id: str) -> ReportPage:
    """Give one report run with its files and what happened (作成の状況). Raises: NotFoundError."""
    owner = viewer.consortium_id
    with reading() as session:
        line = report_pages.report_line(session, owner, report_id)
        return ReportPage(
            line,
            report_pages.editions_of(session, owner, line),
            report_pages.files_of(session, owner, report_id),
            report_pages.events_of(session, report_id),
            schedules.last_tick(session),
        )


def progress(viewer: Viewer, report_id: str) -> ReportLine:
    """Say how far a report run is, which a page asks every second (進み). Raises: NotFoundError."""
    with reading() as session:
        return report_pages.report_line(session, viewer.consortium_id, report_id)


def retry(viewer: Viewer, report_id: str, now: datetime) -> None:
    """Let a failed report be made again at the next tick (再試行).

    Raises: NotFoundError unless the report is there and failed.
    """
    with writing(viewer.actor(), now) as unit:
        reports.retry(unit, viewer.consortium_id, report_id)
        unit.record(
            viewer.consortium_id, "report.retry", "report_run", report_id, "帳票作成の再試行"
        )


def run_now(viewer: Viewer, report_id: str, maker: Maker) -> ReportLine:
    """Make a report that waits, without waiting for its next try (今すぐ作成).

    Of many towns only the waiting ends here; the next tick makes it. Raises: NotFoundError;
    InvalidTransitionError for one not waiting, or while an earlier period holds it back; what the
    making refuses.
    """
    owner, now = viewer.consortium_id, maker.worker.now()
    with writing(viewer.actor(), now) as unit:
        unit.operational()
        line = report_pages.report_line(unit.session, owner, report_id)
        _refuse_out_of_turn(unit, line)
        remaking.wait_no_longer(unit, owner, report_id)
    return _made_now(viewer, report_id, maker)


def _refuse_out_of_turn(unit: Unit, line: ReportLine) -> None:
    asked = "帳票を今すぐ作成しようとしました。"
    if line.state != "due":
        raise InvalidTransitionError(
            asked,
            "この帳票は、作成を待っている状態ではありません。",
            "画面を開き直し、今の状態を確かめてください。",
        )
    if not turns.has_turn(unit.session, line.id):
        raise InvalidTransitionError(
            asked,
            "同じ帳票の、前の対象期間がまだできていません。",
            "古いものから順に作成します。前の期間の作成の状況を確かめてください。",
        )


def cancel(viewer: Viewer, report_id: str, reason: str, now: datetime) -> None:
    """Leave a report unmade that waits; its period is not planned again (取消).

    Cancelled already, nothing happens. Raises: BadInputError without a reason; NotFoundError;
    InvalidTransitionError once its making began.
    """
    asked, owner = "帳票の作成を取り消そうとしました。", viewer.consortium_id
    why = _given(reason, asked, "取り消す理由を書いてください。")
    with writing(viewer.actor(), now, why) as unit:
        line = report_pages.report_line(unit.session, owner, report_id)
        if line.state == "cancelled":
            unit.operational()
            return
        if not (_can_be_cancelled(line) and remaking.cancel(unit, owner, report_id)):
            raise InvalidTransitionError(
                asked,
                "この帳票は、ここでは取り消せません。",
                "作成を始めたものと、発行を指示したものは取り消せません。作成の状態を確かめてください。",
            )
        title = f"{line.period_key} {title_of(line.kind)} 第{line.edition}版の作成の取消し"
        unit.record(owner, "report.cancel", "report_run", report_id, title)


def _given(reason: str, asked: str, todo: str) -> str:
    """Give the reason. Raises: BadInputError without one."""
    why = reason.strip()
    if not why:
        raise BadInputError(asked, "理由が書かれていません。", todo, path="reason")
    return why


# ---- a period that no schedule made --------------------------------------------------------------


def missing_periods(viewer: Viewer, now: datetime) -> dict[str, list[ReportPeriod]]:
    """Give the periods that ended and have no report, by kind, the newest first (未作成の期間).

    A schedule makes up for an outage by itself; these are from before it began, or while it was
    paused.
    """
    with reading() as session:
        known = schedules.known_keys(session, REMADE).get(viewer.consortium_id, set())
    return {
        kind: [each for each in _ended(kind, today_of(now)) if (kind, each.key) not in known]
        for kind in REMADE
    }


def _ended(kind: str, today: date) -> Iterator[ReportPeriod]:
    (period_type,) = SCHEDULED[kind].periods
    period = _containing(period_type, today)
    for _ in range(_OFFERED[period_type]):
        period = _containing(period_type, period.days.since - timedelta(days=1))
        yield period


def _containing(period_type: str, day: date) -> ReportPeriod:
    month = Month.containing(day)
    if period_type == "week":
        return ReportPeriod.of_week(day)
    if period_type == "month":
        return ReportPeriod.of_month(month)
    year = FiscalYear.containing(day)
    return ReportPeriod.of_quarter(year, year.months().index(month) // 3 + 1)


def make_period(viewer: Viewer, kind: str, key: str, maker: Maker) -> ReportLine:
    """Make the report of a period that no schedule made, by what stands now (期間を選んで作成).

    Asked again it gives the one that was made. Raises: BadInputError for a period not offered.
    """
    owner, now = viewer.consortium_id, maker.worker.now()
    offered = {each.key: each for each in missing_periods(viewer, now).get(kind, ())}
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        found = report_pages.find_report(unit.session, owner, kind, key)
        if found is not None:
            unit.operational()
            return found
        if key not in offered:
            raise BadInputError(
                "帳票を作成しようとしました。",
                "この帳票と対象は選べません。",
                "終わった期間のうち、まだ作成していないものから選んでください。",
                path="chosen",
            )
        new = NewRun(owner, kind, offered[key].fiscal_year, key, 1, now)
        reports.insert_due(unit.session, [new])
        report_id, _ = reports.find_run(unit.session, new)
        title = f"{key} {title_of(kind)}の作成の指示"
        unit.record(owner, "report.order", "report_run", report_id, title)
    return _made_now(viewer, report_id, maker)


# ---- making anew ---------------------------------------------------------------------------------


def remake(viewer: Viewer, report_id: str, reason: str, maker: Maker) -> ReportLine:
    """Order a new edition of a report that went out or was cancelled; the old one stays (再作成).

    The same reason sent twice orders one edition. Raises: BadInputError without a reason;
    NotFoundError; InvalidTransitionError for what is not remade here.
    """
    owner, now = viewer.consortium_id, maker.worker.now()
    asked = "帳票を再作成しようとしました。"
    why = _given(reason, asked, "作り直す理由を書いてください。")
    with writing(viewer.actor(), now, why) as unit:
        unit.take_turn(owner)
        line = report_pages.report_line(unit.session, owner, report_id)
        newest = report_pages.editions_of(unit.session, owner, line)[-1]
        if newest.id != line.id and newest.is_open and newest.reason == why:
            unit.operational()
            return newest
        if not _can_be_remade(line) or newest.id != line.id:
            raise InvalidTransitionError(
                asked,
                "この版は、ここでは再作成できません。",
                "最新の版の画面を開き、作成の状態を確かめてください。",
            )
        new_id = remaking.add_edition(unit, owner, report_id)
        title = f"{line.period_key} {title_of(line.kind)} 第{line.edition + 1}版の再作成の指示"
        unit.record(owner, "report.remake", "report_run", new_id, title)
    return _made_now(viewer, new_id, maker)


def _made_now(viewer: Viewer, report_id: str, maker: Maker) -> ReportLine:
    """Make a report within the request where that is short; say how far it is."""
    if is_short(viewer.consortium_id):
        work(maker.worker, maker.kinds, run_id=report_id, actor=viewer.actor())
    return progress(viewer, report_id)
