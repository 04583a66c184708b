"""Due dates and plans as a calendar that programs subscribe to (iCalendar, RFC 5545).

All-day events with identifiers that never change; no amount stands in it, because whoever knows
the address reads it without logging in.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

#: Events a feed holds at most; what is nearest counts.
MOST_EVENTS = 500
#: A program asks again this often at most, if it listens (更新の間隔).
REFRESH = timedelta(hours=6)


class Due(NamedTuple):
    """Something that is due on a day (期限の一件)."""

    #: the same for the same thing, however often it is moved
    key: str
    day: date
    title: str
    note: str = ""
    #: last day, inside; None for a single day (終了日)
    last: date | None = None
    #: when it was changed last; None where nobody counts: then it is as new as the reading
    changed_at: datetime | None = None
    #: how often it was changed (SEQUENCE)
    sequence: int = 0
    #: taken off: programs that hold it have to be told (取りやめ)
    is_cancelled: bool = False


def calendar_feed(name: str, owner: str, dues: Iterable[Due], now: datetime) -> bytes:
    """Write the calendar; `owner` makes its identifiers differ from any other consortium's."""
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//kyodo-cloud//calendar//JA")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", "Asia/Tokyo")
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    nearest = sorted(dues, key=lambda due: abs(due.day - now.date()))[:MOST_EVENTS]
    for due in sorted(nearest, key=lambda due: (due.day, due.key)):
        event = Event()
        event.add("uid", f"{due.key}@{owner}")
        event.add("dtstamp", due.changed_at or now)
        event.add("dtstart", due.day)
        # Half-open as all our periods: an all-day event ends on the day after.
        event.add("dtend", (due.last or due.day) + timedelta(days=1))
        if due.changed_at is not None:
            event.add("sequence", due.sequence)
            event.add("status", "CANCELLED" if due.is_cancelled else "CONFIRMED")
        event.add("summary", due.title)
        if due.note:
            event.add("description", due.note)
        # A due date keeps nobody from a meeting.
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
