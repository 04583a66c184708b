"""Days on which a council is taken to vote while nobody knows the real ones (推定の議決日)."""

from datetime import date
from typing import Final

from consortium.domain.calendar.opendays import OpenDays

#: Month and day of the vote at the end of the four ordinary sessions of a year (定例会の最終日).
USUAL_DAYS: Final = ((3, 20), (6, 20), (9, 20), (12, 15))


def default_sessions(year: int, open_days: OpenDays) -> tuple[date, ...]:
    """Give the four days of a calendar year, each moved to the previous open day (議決日の推定).

    >>> [f"{day:%m-%d}" for day in default_sessions(2017, OpenDays({date(2017, 3, 20)}))]
    ['03-17', '06-20', '09-20', '12-15']
    """
    return tuple(
        open_days.roll(date(year, month, day), "previous_open_day") for month, day in USUAL_DAYS
    )
