"""Busy weeks of the offices (繁忙期): a short list, saved as a whole."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.unit import Unit
from consortium.domain.onboarding.golive import BusyPeriod


def busy_periods(session: Session, consortium_id: str) -> tuple[BusyPeriod, ...]:
    """List the busy weeks entered, by their first day (繁忙期の一覧)."""
    table = models.BusyPeriod
    rows = session.scalars(
        select(table)
        .where(table.consortium_id == consortium_id)
        .order_by(table.first_day, table.name)
    )
    return tuple(period(row.name, row.first_day, row.last_day, row.source) for row in rows)


def save_busy_periods(
    unit: Unit, consortium_id: str, old: tuple[BusyPeriod, ...], new: tuple[BusyPeriod, ...]
) -> None:
    """Replace the list (繁忙期の変更)."""
    table = models.BusyPeriod
    for row in unit.session.scalars(select(table).where(table.consortium_id == consortium_id)):
        unit.session.delete(row)
    unit.session.flush()
    unit.session.add_all(
        table(
            consortium_id=consortium_id, name=each.name, first_day=_text(each.first),
            last_day=_text(each.last), source=each.source,
        )
        for each in new
    )  # fmt: skip
    unit.session.flush()
    unit.record(
        consortium_id, "busy_period.change", "busy_period", consortium_id, "繁忙期の変更",
        in_words(old), in_words(new),
    )  # fmt: skip


def in_words(periods: tuple[BusyPeriod, ...]) -> dict[str, str]:
    """Say the list as the chain and its readers do (繁忙期の内容)."""
    return {
        each.name: f"{_text(each.first)}から{_text(each.last)}まで。{each.source}"
        for each in periods
    }


def period(name: str, first: str, last: str, source: str) -> BusyPeriod:
    """Make a period of the texts of a row (繁忙期)."""
    return BusyPeriod(name, month_day(first), month_day(last), source)


def month_day(text: str) -> tuple[int, int]:
    """Read 02-16 as month and day (月日)."""
    return int(text[:2]), int(text[3:])


def _text(day: tuple[int, int]) -> str:
    return f"{day[0]:02}-{day[1]:02}"
