"""Closing a fiscal year and opening it again (仮締め・本締め・再開): pages and steps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from consortium.db.store import base_rounds, open_points, questions, runs, settings
from consortium.db.store import closings as store
from consortium.db.store.closings import PastReopening as PastReopening
from consortium.db.store.open_points import OpenPoint as OpenPoint
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import InvalidTransitionError
from consortium.domain.fiscalyear.closing import YearLock, asked, available, refuse_past, take
from consortium.usecases.closings import end_lapsed, label_of, today_of
from consortium.usecases.instalments import read_ledger
from consortium.usecases.settlements import settlement_facts
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# ---- reading -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClosingsPage:
    """The lock of every year, the newest first, and every reopening (締めの一覧)."""

    locks: tuple[YearLock, ...]
    labels: Mapping[FiscalYear, str]
    reopenings: list[PastReopening]


@dataclass(frozen=True, slots=True)
class YearPage:
    """One year: its lock, what is still open, what this person may do (年度の締めの画面)."""

    lock: YearLock
    label: str
    open: list[OpenPoint]
    #: names in the table of steps
    steps: tuple[str, ...]


def show_index(viewer: Viewer, today: date) -> ClosingsPage:
    """Read the locks of the years with costs, of this one, and of any that is closed (締め)."""
    owner = viewer.consortium_id
    with reading() as session:
        found = store.locks(session, owner)
        years = {FiscalYear.containing(today), *runs.years_with_costs(session, owner), *found}
        labels = settings.settings_of(session, owner).year_labels
        past = store.reopenings(session, owner)
    ordered = sorted(years, reverse=True)
    return ClosingsPage(
        tuple(found.get(year, YearLock(year)) for year in ordered),
        {year: fiscal_year_label(year, labels) for year in ordered},
        past,
    )


def show_year(viewer: Viewer, year: FiscalYear, today: date) -> YearPage:
    """Read the lock of a year and what is still open of it (年度の締め)."""
    owner = viewer.consortium_id
    with reading() as session:
        lock = store.lock_of(session, owner, year)
        labels = settings.settings_of(session, owner).year_labels
        still_open = _open_points(session, owner, year)
    steps = available(
        lock, today, viewer.role, actor=viewer.user_id, is_one_person=viewer.is_one_person
    )
    return YearPage(lock, fiscal_year_label(year, labels), still_open, steps)


# ---- the steps -----------------------------------------------------------------------------------


def close_soft(viewer: Viewer, year: FiscalYear, reason: str, now: datetime) -> None:
    """Lock a year softly: from now on every change says why (仮締め).

    Raises: InvalidTransitionError in another state.
    """
    with writing(viewer.actor(), now, reason.strip()) as unit:
        label = _taken(unit, viewer, year, "close_soft")
        store.add_closing(unit, viewer.consortium_id, year, "soft", f"{label}の仮締め")


def lift(viewer: Viewer, year: FiscalYear, reason: str, now: datetime) -> None:
    """Take a soft lock back (仮締めの取消し).

    Raises: InvalidTransitionError in another state, BadInputError without a reason.
    """
    with writing(viewer.actor(), now, reason.strip()) as unit:
        label = _taken(unit, viewer, year, "lift")
        store.end_soft(unit, viewer.consortium_id, year, f"{label}の仮締めの取消し")


def close_hard(viewer: Viewer, year: FiscalYear, reason: str, now: datetime) -> None:
    """Lock a year for good (本締め).

    Raises: InvalidTransitionError in another state, or naming what is still open.
    """
    with writing(viewer.actor(), now, reason.strip()) as unit:
        label = _taken(unit, viewer, year, "close_hard")
        _refuse_unfinished(unit, viewer.consortium_id, year, "close_hard")
        store.add_closing(unit, viewer.consortium_id, year, "hard", f"{label}の本締め")


def propose_reopening(
    viewer: Viewer, year: FiscalYear, reason: str, last_day: date, now: datetime
) -> None:
    """Ask that a year may change up to a day (再開の申出).

    Raises: InvalidTransitionError in another state; BadInputError without a reason or with a day
    gone by.
    """
    with writing(viewer.actor(), now, reason.strip()) as unit:
        label = _taken(unit, viewer, year, "propose")
        refuse_past(last_day, today_of(now))
        end_lapsed(unit, viewer.consortium_id, year, label)
        title = f"{label}の再開の申出"
        store.add_reopening(unit, viewer.consortium_id, year, last_day, title)


def grant_reopening(viewer: Viewer, year: FiscalYear, now: datetime) -> None:
    """Let a year change up to the day proposed (再開の承認); never by who proposed it.

    Raises: InvalidTransitionError in another state, or for the person who proposed it.
    """
    with writing(viewer.actor(), now) as unit:
        label = _taken(unit, viewer, year, "grant")
        title = f"{label}の再開の承認"
        store.settle_reopening(unit, viewer.consortium_id, year, "grant", title)


def refuse_reopening(viewer: Viewer, year: FiscalYear, reason: str, now: datetime) -> None:
    """Leave a year closed (再開を認めない).

    Raises: InvalidTransitionError as `grant_reopening`, BadInputError without a reason.
    """
    with writing(viewer.actor(), now, reason.strip()) as unit:
        label = _taken(unit, viewer, year, "refuse")
        title = f"{label}の再開を認めない決定"
        store.settle_reopening(unit, viewer.consortium_id, year, "refuse", title)


def close_again(viewer: Viewer, year: FiscalYear, now: datetime) -> None:
    """End a reopening before its last day (本締めに戻す).

    Raises: InvalidTransitionError in another state, or naming what is still open.
    """
    with writing(viewer.actor(), now) as unit:
        label = _taken(unit, viewer, year, "close_again")
        _refuse_unfinished(unit, viewer.consortium_id, year, "close_again")
        title = f"{label}の再開の終了"
        store.settle_reopening(unit, viewer.consortium_id, year, "end", title)


def _taken(unit: Unit, viewer: Viewer, year: FiscalYear, step: str) -> str:
    """Check a step where others must wait; give the year in words."""
    unit.take_turn(viewer.consortium_id)
    lock = store.lock_of(unit.session, viewer.consortium_id, year)
    take(step, lock, today_of(unit.now), actor=viewer.user_id, reason=unit.reason)
    return label_of(unit, viewer.consortium_id, year)


def _refuse_unfinished(unit: Unit, consortium_id: str, year: FiscalYear, step: str) -> None:
    found = _open_points(unit.session, consortium_id, year)
    if found:
        raise InvalidTransitionError(
            asked(step),
            "まだ済んでいないことがあります（" + "、".join(each.text for each in found) + "）。",
            "「締め」の画面の一覧を片付けてから、もう一度行ってください。",
        )


# ---- what is still open --------------------------------------------------------------------------


def _open_points(session: "Session", consortium_id: str, year: FiscalYear) -> list[OpenPoint]:
    """List what is still open of a year; empty when it can be closed (未了の一覧)."""
    waiting = questions.open_questions(session, consortium_id, year)
    rounds = [
        each for each in base_rounds.rounds(session, consortium_id, "open") if each.year == year
    ]
    return [
        *open_points.open_points(session, consortium_id, year),
        *_money(session, consortium_id, year),
        *(OpenPoint("round", "基礎数値の提出を締め切っていません", each.id) for each in rounds),
        *(
            OpenPoint("question", f"{each.town}の質疑「{each.subject}」が未回答です", each.id)
            for each in waiting
        ),
    ]


def _money(session: "Session", consortium_id: str, year: FiscalYear) -> Iterator[OpenPoint]:
    """Name the notices not sent, and the towns that still pay or get something back."""
    facts = settlement_facts(session, consortium_id, year)
    if facts.run is None:  # once 精算 is issued, what is left is asked for by it
        for no, towns in _unsent(session, consortium_id, year).items():
            yield OpenPoint("notice", f"第{no}期の納入依頼が{towns}団体にまだ送られていません")
    elif facts.settled is None:
        yield OpenPoint("settlement", "精算がまだ確定されていません")
    elif names := "、".join(line.name for line in facts.lines if line.outstanding):
        yield OpenPoint("settlement", f"精算の済んでいない団体があります（{names}）")


def _unsent(session: "Session", consortium_id: str, year: FiscalYear) -> dict[int, int]:
    """Count the towns by instalment that owe it and were not asked for it (未依頼の期).

    A town that owes nothing in all is left out, whichever instalments its money was for.
    """
    found: dict[int, int] = {}
    ledger = read_ledger(session, consortium_id, year)
    for code, lines in ledger.lines.items():
        for line in lines if ledger.rest(code) > 0 else ():
            if line.state != "notified" and line.open > 0:
                found[line.no] = found.get(line.no, 0) + 1
    return dict(sorted(found.items()))
