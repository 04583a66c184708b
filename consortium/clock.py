"""What time it is (時計): the only reader of the system clock, always aware, in Japan time."""

from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")

#: Where the application keeps its clock (`app.extensions`).
CLOCK = "consortium-clock"


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """Give the instant, aware, in Japan time."""
        ...

    def today(self) -> date:
        """Give the day in Japan."""
        ...


class SystemClock:
    """The clock of the computer."""

    def now(self) -> datetime:
        """Read the system clock."""
        return datetime.now(TOKYO)

    def today(self) -> date:
        """Give the day it is in Japan, wherever the computer stands."""
        return self.now().date()


class FrozenClock:
    """A clock that stands still until it is moved: for the demo's past years and for tests."""

    def __init__(self, at: datetime) -> None:
        """Stop at an instant; a naive one is refused, nobody could say which hour it means."""
        if at.utcoffset() is None:
            raise ValueError(f"an instant needs a time zone: {at!r}")
        self._at = at.astimezone(TOKYO)

    def now(self) -> datetime:
        """Give the instant it stands at."""
        return self._at

    def today(self) -> date:
        """Give its day in Japan."""
        return self._at.date()

    def advance(self, by: timedelta) -> None:
        """Move it."""
        self._at += by
