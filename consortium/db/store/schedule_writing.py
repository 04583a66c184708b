"""Changing schedules (配信予定の登録・変更・停止・終了)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm.attributes import flag_modified

from consortium.db.models import Member, ReportSchedule, ReportScheduleTown, new_id
from consortium.db.store.schedules import ScheduleRow, schedule_rows
from consortium.db.unit import Unit
from consortium.domain.errors import NotFoundError, StaleError
from consortium.domain.fiscalyear.schedule import Schedule

#: What a change is called in the chain (操作), by its action.
_TITLES = {
    "schedule.create": "配信予定の登録",
    "schedule.change": "配信予定の変更",
    "schedule.pause": "配信予定の一時停止",
    "schedule.resume": "配信予定の再開",
    "schedule.end": "配信予定の終了",
    "schedule.remove": "配信予定の取りやめ",
}


def find_row(unit: Unit, consortium_id: str, schedule_id: str, seen_version: int) -> ScheduleRow:
    """Give a schedule as it was seen, for changing it.

    Raises: NotFoundError, for one of another consortium as well, StaleError if somebody saved
    meanwhile.
    """
    row = one_of(schedule_rows(unit.session, consortium_id), schedule_id)
    if row.row_version != seen_version:
        raise StaleError(
            "配信予定を保存しようとしました。",
            "ほかの人が先に変更しました。",
            "今の内容を確かめて、もう一度保存してください。",
        )
    return row


def one_of(rows: Iterable[ScheduleRow], schedule_id: str) -> ScheduleRow:
    """Choose a schedule. Raises: NotFoundError."""
    for row in rows:
        if row.id == schedule_id:
            return row
    raise NotFoundError(
        "配信予定を開こうとしました。",
        "見つかりません。",
        "配信予定の一覧から選び直してください。",
    )


def add_schedule(
    unit: Unit,
    consortium_id: str,
    new: Schedule,
    codes: Iterable[str],
    event: tuple[str, Mapping[str, Any]],
) -> None:
    """Save a new schedule that serves some towns, or every member (配信予定の登録).

    `event` is what the chain says: created or resumed, and what it is in words.
    """
    action, words = event
    row = ReportSchedule(id=new.id, consortium_id=consortium_id)
    _fill(row, new)
    unit.session.add(row)
    unit.session.flush()
    _serve(unit, consortium_id, new.id, codes)
    unit.record(consortium_id, action, "report_schedule", new.id, _TITLES[action], None, words)


def save_schedule(
    unit: Unit,
    consortium_id: str,
    new: Schedule,
    codes: Iterable[str],
    words: tuple[Mapping[str, Any], Mapping[str, Any]],
) -> None:
    """Replace what a schedule says (配信予定の変更); `words` are before and after."""
    before, after = words
    titles = [title for title in after if before[title] != after[title]]
    if not titles:
        return
    row = unit.session.get_one(ReportSchedule, new.id)
    _fill(row, new)
    # Other towns are another version of the schedule, for whoever looks at it.
    flag_modified(row, "kind")
    unit.session.execute(delete(ReportScheduleTown).where(ReportScheduleTown.schedule_id == new.id))
    unit.session.flush()
    _serve(unit, consortium_id, new.id, codes)
    unit.record(
        consortium_id, "schedule.change", "report_schedule", new.id, _TITLES["schedule.change"],
        {title: before[title] for title in titles}, {title: after[title] for title in titles},
    )  # fmt: skip


def stop_schedule(
    unit: Unit, row: ScheduleRow, at: datetime, action: str, words: Mapping[str, Any]
) -> None:
    """Let a schedule make nothing from an instant on (一時停止・終了); one that ended stays so."""
    saved = unit.session.get_one(ReportSchedule, row.id)
    if row.valid_to is None or row.valid_to > at:
        saved.valid_to = at
    saved.is_paused = action == "schedule.pause"
    unit.session.flush()
    unit.record(row.consortium_id, action, "report_schedule", row.id, _TITLES[action], words)


def release(unit: Unit, row: ScheduleRow) -> None:
    """Say that a paused schedule goes on as another one; the caller records it (再開)."""
    unit.session.get_one(ReportSchedule, row.id).is_paused = False
    unit.session.flush()


def remove_schedule(unit: Unit, row: ScheduleRow, words: Mapping[str, Any]) -> None:
    """Delete a schedule that has not begun (取りやめ); the chain keeps what it was."""
    towns = ReportScheduleTown
    unit.session.execute(delete(towns).where(towns.schedule_id == row.id))
    unit.session.delete(unit.session.get_one(ReportSchedule, row.id))
    unit.session.flush()
    action = "schedule.remove"
    unit.record(row.consortium_id, action, "report_schedule", row.id, _TITLES[action], words)


def _fill(row: ReportSchedule, new: Schedule) -> None:
    row.kind, row.period_type, row.month_offset = new.kind, new.period_type, new.offset
    row.day, row.weekdays, row.step = new.day, ",".join(new.weekdays) or None, new.step
    row.at_time, row.roll_rule = f"{new.at_time:%H:%M}", new.roll_rule
    row.valid_from, row.valid_to = new.valid_from, new.valid_to


def _serve(unit: Unit, consortium_id: str, schedule_id: str, codes: Iterable[str]) -> None:
    wanted = list(codes)
    members = unit.session.scalars(
        select(Member.id)
        .where(Member.consortium_id == consortium_id, Member.code.in_(wanted))
        .order_by(Member.code)
    )
    unit.session.add_all(
        ReportScheduleTown(
            id=new_id(), consortium_id=consortium_id, schedule_id=schedule_id, member_id=member_id
        )
        for member_id in members
    )
    unit.session.flush()
