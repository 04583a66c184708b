"""Open days of an office (開庁日): what is closed, where a deadline moves, counting open days.

Saturdays and Sundays follow from the date; holidays and 12/29–1/3 are rows of the office's own
table of closed days. The package that knows the holidays fills that table and is never asked here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from consortium.domain.errors import BadInputError

#: Where a deadline goes that falls on a closed day (閉庁日のときの扱い).
ROLL_RULES: Final = {
    "previous_open_day": "前開庁日",
    "next_open_day": "翌開庁日",
    "stay": "移動しない",
}

_SATURDAY = 5
_WEEKDAYS: Final = "月火水木金土日"
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OpenDays:
    """The open days of one office (開庁日).

    `closed` are closed days besides Saturday and Sunday, `opened` are days open although they are
    one of those (閉庁日だが開庁する日); a day in both is open.

    >>> OpenDays({date(2026, 5, 4), date(2026, 5, 5), date(2026, 5, 6)}).roll(
    ...     date(2026, 5, 3), "previous_open_day"
    ... )
    datetime.date(2026, 5, 1)
    """

    closed: Iterable[date] = frozenset()
    opened: Iterable[date] = field(default=frozenset())

    def __post_init__(self) -> None:
        """Keep the days as sets, whatever they came in."""
        object.__setattr__(self, "closed", frozenset(self.closed))
        object.__setattr__(self, "opened", frozenset(self.opened))

    def is_open(self, day: date) -> bool:
        """Say whether the office is open on a day (開庁日か)."""
        if day in self.opened:
            return True
        return day.weekday() < _SATURDAY and day not in self.closed

    def roll(self, day: date, rule: str) -> date:
        """Give the day a deadline falls on after its roll rule (移動後の日).

        Raises: BadInputError for a rule that is not one of ROLL_RULES.
        """
        if rule not in ROLL_RULES:
            raise BadInputError(
                "期限の日を求めました。",
                f"閉庁日のときの扱い「{rule}」は登録されていません。",
                f"{'・'.join(ROLL_RULES.values())}のどれかにしてください。",
                path="roll_rule",
            )
        if rule == "stay" or self.is_open(day):
            return day
        return self.add(day, 1 if rule == "next_open_day" else -1)

    def add(self, day: date, n: int) -> date:
        """Give the n-th open day after a day, before it where n is negative (n業務日後・前).

        0 gives the day itself, open or not. The day counts from is never counted.
        """
        step = _ONE_DAY if n > 0 else -_ONE_DAY
        for _ in range(abs(n)):
            day += step
            while not self.is_open(day):
                day += step
        return day

    def between(self, since: date, until: date) -> int:
        """Count the open days from `since` up to, not including, `until` (業務日数); 0 if none."""
        days = (until - since).days
        return sum(self.is_open(since + timedelta(days=offset)) for offset in range(days))


def why_moved(day: date, rule: str, names: Mapping[date, str]) -> str:
    """Say why a deadline moved from a day on which the office is closed (移動の理由).

    >>> why_moved(date(2026, 5, 3), "next_open_day", {})
    '5月3日は日曜日のため、翌開庁日'
    """
    why = names.get(day) or f"{_WEEKDAYS[day.weekday()]}曜日"
    return f"{day.month}月{day.day}日は{why}のため、{ROLL_RULES[rule]}"
