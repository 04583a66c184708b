"""Locks of a fiscal year (締め): the door that every change of a year goes through.

`refuse_closed` and `refuse_closed_days` are called inside the unit that changes something, after
which the unit is the only one to write: a 本締め cannot slip in between.
"""

from collections.abc import Iterable
from datetime import date, datetime

from consortium.db.store import closings as store
from consortium.db.store import settings
from consortium.db.unit import Actor, Unit, reading, writing
from consortium.domain.calendar.period import FiscalYear, Period
from consortium.domain.calendar.wareki import fiscal_year_label, wareki
from consortium.domain.errors import BadInputError, ClosedError
from consortium.domain.fiscalyear.closing import YearLock
from consortium.domain.fiscalyear.schedule import TOKYO
from consortium.usecases.viewer import Viewer

#: Field of every form in which a change under 仮締め says why (変更の理由).
REASON = "change_reason"


def today_of(now: datetime) -> date:
    """Give the day in Japan (今日)."""
    return now.astimezone(TOKYO).date()


# ---- the door ------------------------------------------------------------------------------------


def refuse_closed(
    unit: Unit, consortium_id: str, year: FiscalYear, *, reason: str | None = ""
) -> None:
    """Refuse a change of a year under 本締め; ask for a reason under 仮締め.

    The reason, typed or that of a granted reopening, goes into the chain. `None` stands for a
    step that changes no figure, e.g. an approval: 仮締め lets it pass.
    Raises: ClosedError; BadInputError at `change_reason`.
    """
    unit.take_turn(consortium_id)
    lock = store.lock_of(unit.session, consortium_id, year)
    _refuse(unit, consortium_id, [lock], reason)


def refuse_closed_days(
    unit: Unit, consortium_id: str, *periods: Period, reason: str | None = ""
) -> None:
    """Refuse a change of what is in force on a day of a closed year (施行日・加入日など).

    Raises: as `refuse_closed`.
    """
    unit.take_turn(consortium_id)
    locks = store.locks(unit.session, consortium_id)
    touched = [
        lock
        for year, lock in locks.items()
        if any(period.overlaps(year.period) for period in periods)
    ]
    _refuse(unit, consortium_id, touched, reason)


def _refuse(unit: Unit, consortium_id: str, locks: Iterable[YearLock], reason: str | None) -> None:
    today = today_of(unit.now)
    for lock in locks:
        if lock.is_locked(today):
            raise closed_error(lock, label_of(unit, consortium_id, lock.year))
    given = (reason or unit.reason).strip()
    for lock in locks:
        if lock.state(today) == "reopened" and lock.reopening:
            given = given or f"再開中の変更（{lock.reopening.reason}）"
        if lock.asks_reason(today) and reason is not None and not given:
            raise BadInputError(
                f"{label_of(unit, consortium_id, lock.year)}の記録を変えようとしました。",
                "この年度は仮締めしています。",
                "変更の理由を書いてください。操作記録に残します。",
                path=REASON,
            )
    unit.reason = unit.reason or given


def label_of(unit: Unit, consortium_id: str, year: FiscalYear) -> str:
    """Write a year as the office does (年度の表記)."""
    return fiscal_year_label(year, settings.settings_of(unit.session, consortium_id).year_labels)


def closed_error(lock: YearLock, label: str) -> ClosedError:
    """Say that a year takes no change, who closed it when, and what to do (本締め済み)."""
    return ClosedError(
        f"{label}の記録を変えようとしました。",
        f"{label}は{closed_words(lock)}。",
        "直すときは、「締め」の画面で再開を申し出てください。"
        "締めた後の支払や収納は、翌年度の精算に入れます。",
    )


def closed_words(lock: YearLock) -> str:
    """Say who closed a year when, e.g. 令和9年6月10日に弘前 承認が本締めしました."""
    closing = lock.hard or lock.soft
    if closing is None:
        return "締めていません"
    day = wareki(closing.at.astimezone(TOKYO).date())
    what = "本締め" if lock.hard else "仮締め"
    return f"{day}に{closing.by_name or closing.by}が{what}しました"


def show_lock(viewer: Viewer, year: FiscalYear) -> YearLock:
    """Read the lock of a year, for the pages that show its figures (締めの表示)."""
    with reading() as session:
        return store.lock_of(session, viewer.consortium_id, year)


# ---- what ends by itself ------------------------------------------------------------------------


def end_overdue(actor: Actor, now: datetime) -> int:
    """Write down that reopenings are over whose last day has gone by; count them (期限切れの再開).

    The lock is back on that day whether or not this ran; the database learns it from this.
    """
    today = today_of(now)
    with reading() as session:
        found = store.overdue(session, today)
    for owner, year in found:
        with writing(actor, now) as unit:
            unit.take_turn(owner)
            lock = store.lock_of(unit.session, owner, year)
            if lock.reopening and lock.reopening.is_over(today):
                end_lapsed(unit, owner, year, label_of(unit, owner, year))
            else:
                unit.operational()
    return len(found)


def end_lapsed(unit: Unit, consortium_id: str, year: FiscalYear, label: str) -> None:
    """Write down that a reopening is over, if its last day has gone by (期限切れ)."""
    lock = store.lock_of(unit.session, consortium_id, year)
    if lock.reopening and lock.reopening.is_over(today_of(unit.now)):
        title = f"{label}の再開の期限切れ"
        store.settle_reopening(unit, consortium_id, year, "end", title)
