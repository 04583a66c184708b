"""The lock of the year that a page shows (締めの表示): a banner, a reason to type, no buttons.

A view of a year's figures calls `note(year)` once, before it validates a form.
"""

from typing import NamedTuple

from flask import Flask, g

from consortium.clock import TOKYO
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label, wareki
from consortium.domain.fiscalyear.closing import YearLock
from consortium.usecases import closings
from consortium.web import context
from consortium.web.rights import may


class Notice(NamedTuple):
    """What the page says of the lock (締めのお知らせ)."""

    kind: str
    title: str
    text: str
    year: FiscalYear


def init_locks(app: Flask) -> None:
    """Let the frame of every page show the lock of its year."""
    app.context_processor(lambda: {"lock_notice": notice(), "is_locked": is_locked()})


def note(year: FiscalYear) -> None:
    """Read the lock of the year that this page is about (締めの確認)."""
    viewer = context.viewer()
    # The login has read whether there is any lock at all: most pages need no statement more.
    g.year_lock = closings.show_lock(viewer, year) if viewer.has_closings else YearLock(year)


def _noted() -> YearLock | None:
    found: YearLock | None = g.get("year_lock")
    return found


def is_locked() -> bool:
    """Say whether nothing of the page's year may change (本締め済み)."""
    lock = _noted()
    return lock is not None and lock.is_locked(context.today())


def asks_reason() -> bool:
    """Say whether a change of the page's year needs a reason (仮締め中)."""
    lock = _noted()
    return lock is not None and lock.asks_reason(context.today())


def may_write(endpoint: str) -> bool:
    """Say whether the page offers an endpoint that changes its year (操作の表示)."""
    return may(endpoint) and not is_locked()


def notice() -> Notice | None:
    """Say what locks the page's year, None where nothing does."""
    lock = _noted()
    if lock is None or (state := lock.state(context.today())) == "open":
        return None
    label = fiscal_year_label(lock.year)
    if state == "reopened" and lock.reopening:
        last = wareki(lock.reopening.last_day)
        text = f"{last}まで変更できます。理由：{lock.reopening.reason}"
        return Notice("warning", f"{label}は再開中です", text, lock.year)
    by = f"{closings.closed_words(lock)}。"
    if state == "soft":
        text = f"{by}変更するときは理由を書いてください。操作記録に残します。"
        return Notice("info", f"{label}は仮締めしています", text, lock.year)
    text = f"{by}費用・算定などは変更できません。直すときは、締めの画面で再開を申し出てください。"
    return Notice("warning", f"{label}は本締め済みです", text, lock.year)


def day_of(lock: YearLock) -> str:
    """Write the day of the latest lock (締めた日)."""
    closing = lock.hard or lock.soft
    return wareki(closing.at.astimezone(TOKYO).date()) if closing else ""
