"""The steps of a fiscal year's calendar (年間予定)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.unit import Unit
from consortium.domain.calendar.opendays import ROLL_RULES
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import NotFoundError, StaleError

#: Who does a step (担当), as people read it.
STEP_ROLES = {
    "lead_staff": "担当",
    "lead_approver": "承認者",
    "member_staff": "構成団体",
}


@dataclass(frozen=True, slots=True)
class CalendarStep:
    """One step of a year's calendar (予定)."""

    id: str
    year: FiscalYear
    key: str
    title: str
    document: str
    nominal_on: date
    roll_rule: str
    role: str
    done_on: date | None = None
    done_by: str | None = None
    done_note: str = ""
    row_version: int = 1

    @property
    def is_marked(self) -> bool:
        """Say whether somebody marked it done (済の記入)."""
        return self.done_on is not None


# ---- questions -----------------------------------------------------------------------------------


def steps(session: Session, consortium_id: str, *years: FiscalYear) -> tuple[CalendarStep, ...]:
    """List the steps of some years, the earliest day first; of all without one (予定の一覧)."""
    table = models.CalendarStep
    found = select(table).where(table.consortium_id == consortium_id)
    if years:
        found = found.where(table.fiscal_year_start.in_([year.start_year for year in years]))
    return tuple(map(_step, session.scalars(found.order_by(table.nominal_on, table.title))))


def step(session: Session, consortium_id: str, step_id: str) -> CalendarStep:
    """Give one step.

    Raises: NotFoundError, for one of another consortium as well.
    """
    return _step(_row(session, consortium_id, step_id))


def find_step(session: Session, consortium_id: str, step_id: str) -> CalendarStep | None:
    """Give one step, or None where it is not there yet."""
    row = session.scalars(_one(consortium_id, step_id)).one_or_none()
    return None if row is None else _step(row)


def _one(consortium_id: str, step_id: str) -> Any:
    table = models.CalendarStep
    return select(table).where(table.consortium_id == consortium_id, table.id == step_id)


def _row(session: Session, consortium_id: str, step_id: str) -> models.CalendarStep:
    row: models.CalendarStep | None = session.scalars(_one(consortium_id, step_id)).one_or_none()
    if row is None:
        raise NotFoundError(
            "予定を開こうとしました。", "見つかりません。", "年間予定から選び直してください。"
        )
    return row


def _step(row: models.CalendarStep) -> CalendarStep:
    return CalendarStep(
        row.id,
        FiscalYear(row.fiscal_year_start),
        row.key,
        row.title,
        row.document,
        row.nominal_on,
        row.roll_rule,
        row.role,
        row.done_on,
        row.done_by,
        row.done_note,
        row.row_version,
    )


# ---- changes -------------------------------------------------------------------------------------


def add_steps(unit: Unit, consortium_id: str, title: str, new: Sequence[CalendarStep]) -> None:
    """Save new steps as one event (予定の追加)."""
    for each in new:
        row = models.CalendarStep(
            id=each.id,
            consortium_id=consortium_id,
            fiscal_year_start=each.year.start_year,
            key=each.key,
        )
        _fill(row, each)
        unit.session.add(row)
    unit.session.flush()
    after = {f"{each.nominal_on} {each.title}": in_words(each) for each in new}
    unit.record(
        consortium_id, "calendar_step.create", "calendar_step", new[0].id, title, None, after
    )


def save_step(unit: Unit, consortium_id: str, old: CalendarStep, new: CalendarStep) -> None:
    """Replace a step (予定の変更); nothing is written when nothing differs. Raises: StaleError."""
    row = _seen(unit.session, consortium_id, old)
    before, after = in_words(_step(row)), in_words(new)
    titles = [title for title in after if before[title] != after[title]]
    if not titles:
        return
    _fill(row, new)
    unit.session.flush()
    unit.record(
        consortium_id, "calendar_step.change", "calendar_step", old.id,
        f"予定「{new.title}」の変更",
        {title: before[title] for title in titles}, {title: after[title] for title in titles},
    )  # fmt: skip


def remove_step(unit: Unit, consortium_id: str, old: CalendarStep) -> None:
    """Delete a step (予定の削除); the chain keeps what it was. Raises: StaleError."""
    row = _seen(unit.session, consortium_id, old)
    unit.session.delete(row)
    unit.session.flush()
    unit.record(
        consortium_id, "calendar_step.remove", "calendar_step", old.id,
        f"予定「{old.title}」の削除", in_words(old), None,
    )  # fmt: skip


def _seen(session: Session, consortium_id: str, old: CalendarStep) -> models.CalendarStep:
    row = _row(session, consortium_id, old.id)
    if row.row_version != old.row_version:
        raise StaleError(
            "予定を保存しようとしました。",
            "ほかの人が先に変更しました。",
            "今の内容を確かめて、もう一度保存してください。",
        )
    return row


def _fill(row: models.CalendarStep, new: CalendarStep) -> None:
    row.title, row.document = new.title, new.document
    row.nominal_on, row.roll_rule, row.role = new.nominal_on, new.roll_rule, new.role
    row.done_on, row.done_by, row.done_note = new.done_on, new.done_by, new.done_note


def in_words(each: CalendarStep) -> dict[str, Any]:
    """Say a step as the chain and its readers do (予定の内容)."""
    return {
        "年度": each.year.start_year,
        "名称": each.title,
        "帳票": each.document,
        "期日": each.nominal_on,
        "閉庁日のとき": ROLL_RULES[each.roll_rule],
        "担当": STEP_ROLES[each.role],
        "済とした日": each.done_on,
        "済とした人": each.done_by,
        "済の備考": each.done_note,
    }
