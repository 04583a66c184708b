"""Changing schedules (配信予定の登録・変更・停止・再開・終了)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from consortium.db.store import members as members_store
from consortium.db.store import schedule_writing as store
from consortium.db.store import schedules
from consortium.db.store.schedules import ScheduleRow
from consortium.db.unit import Unit, writing
from consortium.domain.errors import BadInputError
from consortium.domain.fiscalyear.schedule import Schedule
from consortium.usecases.schedule_entry import (
    Entry,
    not_now,
    refuse_unchangeable,
    refuse_wrong,
    resumed_entry,
    schedule_of,
)
from consortium.usecases.schedule_facts import read_days
from consortium.usecases.schedule_words import facts_in_words, served_in_words
from consortium.usecases.schedules import state_of
from consortium.usecases.viewer import Viewer


def create_schedule(viewer: Viewer, entry: Entry, now: datetime, record_id: str) -> Schedule:
    """Save a new schedule (配信予定の登録).

    A form sent again with its `record_id` (二度押し・再読込み) gives what was saved first.
    Raises: BadInputError at the field.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        rows = schedules.schedule_rows(unit.session, owner)
        new = schedule_of(entry, record_id, now, None)
        saved = next((row for row in rows if row.id == record_id), None)
        if saved is not None and saved.schedule is not None:
            same = replace(new, valid_from=saved.valid_from)
            if (saved.schedule, set(saved.towns)) != (same, set(entry.towns)):
                raise BadInputError(
                    "配信予定を保存しようとしました。",
                    "この入力画面からは、もう登録されています。",
                    "もう一つ登録するときは、画面を開き直してください。",
                    path="record_id",
                )
            return saved.schedule
        words = _checked(unit, owner, entry, new, rows)
        store.add_schedule(unit, owner, new, entry.towns, ("schedule.create", words))
    return new


def change_schedule(
    viewer: Viewer, schedule_id: str, seen_version: int, entry: Entry, now: datetime
) -> Schedule:
    """Change a schedule as it was seen (配信予定の変更); reports made already stay as they are.

    Raises: StaleError, BadInputError at the field, NotFoundError, InvalidTransitionError for one
    that is paused or over.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        old = store.find_row(unit, owner, schedule_id, seen_version)
        refuse_unchangeable(old, now)
        new = schedule_of(entry, schedule_id, now, old)
        rows = schedules.schedule_rows(unit.session, owner)
        after = _checked(unit, owner, entry, new, rows)
        before = _in_words(unit, owner, old)
        store.save_schedule(unit, owner, new, entry.towns, (before, after))
    return new


def pause_schedule(viewer: Viewer, schedule_id: str, seen_version: int, now: datetime) -> None:
    """Stop a schedule that may go on again (一時停止); the time between is never made up for.

    Raises: StaleError, NotFoundError, InvalidTransitionError unless it makes reports now.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        row = store.find_row(unit, owner, schedule_id, seen_version)
        if state_of(row, now) != "active" or row.valid_from >= now:
            raise not_now("有効な予定だけを一時停止できます。", "始まっていない予定は終了に")
        store.stop_schedule(unit, row, now, "schedule.pause", _in_words(unit, owner, row))


def resume_schedule(viewer: Viewer, schedule_id: str, seen_version: int, now: datetime) -> Schedule:
    """Let a paused schedule go on from now, as a new one without end (再開).

    Raises: StaleError, NotFoundError, BadInputError where another one took its place,
    InvalidTransitionError unless it is paused.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        row = store.find_row(unit, owner, schedule_id, seen_version)
        entry = resumed_entry(row)
        new = schedule_of(entry, str(uuid4()), now, None)
        rows = schedules.schedule_rows(unit.session, owner)
        words = _checked(unit, owner, entry, new, rows)
        store.release(unit, row)
        store.add_schedule(unit, owner, new, entry.towns, ("schedule.resume", words))
    return new


def end_schedule(viewer: Viewer, schedule_id: str, seen_version: int, now: datetime) -> bool:
    """End a schedule for good (終了); True where it had not begun and is gone from the list.

    Raises: StaleError, NotFoundError, InvalidTransitionError for one that is over.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        row = store.find_row(unit, owner, schedule_id, seen_version)
        if state_of(row, now) == "ended":
            raise not_now("この予定はもう終わっています。", "一覧を開き直")
        words = _in_words(unit, owner, row)
        if row.valid_from >= now:
            store.remove_schedule(unit, row, words)
            return True
        store.stop_schedule(unit, row, now, "schedule.end", words)
    return False


def _checked(
    unit: Unit, consortium_id: str, entry: Entry, new: Schedule, rows: Iterable[ScheduleRow]
) -> dict[str, str]:
    """Check a schedule inside the unit that saves it, and say it in words."""
    days = read_days(unit.session, consortium_id, [new])
    towns = {
        str(each.code): each.name for each in members_store.members(unit.session, consortium_id)
    }
    refuse_wrong(entry, new, rows, days, towns)
    return facts_in_words(new, days.titles, served_in_words(entry.towns, towns))


def _in_words(unit: Unit, consortium_id: str, row: ScheduleRow) -> dict[str, str]:
    if row.schedule is None:
        return {"帳票": row.kind, "期日を求められない理由": row.fault}
    days = read_days(unit.session, consortium_id, [row.schedule])
    return facts_in_words(row.schedule, days.titles, row.words)
