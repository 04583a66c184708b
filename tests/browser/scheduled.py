"""Schedules of several kinds in the portal to look at (画面めぐりの配信予定)."""

from datetime import datetime
from uuid import uuid4

from consortium.usecases import schedule_editing
from consortium.usecases.schedule_entry import Entry
from consortium.usecases.viewer import Viewer

QUARTERLY = Entry("quarterly_cost", "quarter", "09:30", "next_open_day", day="10", offset=1)
WEEKLY = Entry("situation", "week", "08:00", "previous_open_day", weekdays=("mon",))


def fill_schedules(staff: Viewer, begin: datetime, now: datetime) -> None:
    """Schedule a report that rolls, and one that is paused."""
    schedule_editing.create_schedule(staff, QUARTERLY, begin, str(uuid4()))
    weekly = schedule_editing.create_schedule(staff, WEEKLY, begin, str(uuid4()))
    schedule_editing.pause_schedule(staff, weekly.id, 1, now)
