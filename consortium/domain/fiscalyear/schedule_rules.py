"""What a schedule says (配信予定): which days, weekdays, hours and rules there are."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from consortium.domain.calendar.opendays import ROLL_RULES
from consortium.domain.errors import BadInputError
from consortium.domain.fiscalyear.report_period import PERIOD_TYPES

#: Days of the week by name; numbers mean different days in different programs (曜日).
WEEKDAYS: Final = {
    "mon": "月曜日",
    "tue": "火曜日",
    "wed": "水曜日",
    "thu": "木曜日",
    "fri": "金曜日",
    "sat": "土曜日",
    "sun": "日曜日",
}

#: Days of a month; one past the end of a month means its last day (日).
DAYS: Final = (*map(str, range(1, 32)), "last")

#: What the day of an instalment is (期別の期日).
INSTALMENT_DAYS: Final = {"instalment": "納期限", "notice": "納入依頼の期限"}

#: A report lies at most so many months or weeks behind its period.
MOST_OFFSET: Final = 11

_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a report is made by itself (配信予定).

    By period type: a month or quarter has a `day`, 1 to 31 or `last`, of the month that lies
    `offset` months after it (a day past the end of that month means its last day); a week has one
    of `weekdays`, `offset` weeks later; a day is one of `weekdays` itself; a fiscal year has the
    `step` of the calendar (年間予定) whose day it is, an instalment `notice` or `instalment`. In
    these two the day is the one the calendar shows, moved already.

    `valid_from` and `valid_to` bound the due times, half-open. Raises: BadInputError at the field
    for what cannot be computed.
    """

    id: str
    kind: str
    period_type: str
    at_time: time
    roll_rule: str
    valid_from: datetime
    valid_to: datetime | None = None
    day: str | None = None
    weekdays: tuple[str, ...] = ()
    step: str | None = None
    offset: int = 0

    def __post_init__(self) -> None:
        """Refuse what has no due times."""
        _refuse_impossible(self)

    def is_over(self, now: datetime) -> bool:
        """Say whether nothing of it can fall due any more (終了)."""
        return self.valid_to is not None and self.valid_to <= now

    def overlaps(self, other: "Schedule") -> bool:
        """Say whether both could ask for the same report of the same period (重複)."""
        is_same = (self.kind, self.period_type) == (other.kind, other.period_type)
        if not is_same or (
            self.period_type == "day" and not set(self.weekdays) & set(other.weekdays)
        ):
            return False
        return (other.valid_to is None or self.valid_from < other.valid_to) and (
            self.valid_to is None or other.valid_from < self.valid_to
        )


def parse_time(text: str) -> time:
    """Read a time of day: 06:00, 6:30, full-width as well (時刻).

    Raises: BadInputError at `at_time` for an hour or a minute that does not exist.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    match = _TIME.fullmatch(plain)
    if match is None:
        raise _refuse("at_time", f"「{text}」は時刻の形ではありません。", _TIME_ADVICE)
    try:
        return time(int(match[1]), int(match[2]))
    except ValueError:
        raise _refuse("at_time", f"「{plain}」という時刻はありません。", _TIME_ADVICE) from None


_TIME_ADVICE = "00:00 から 23:59 までの時刻を、06:00 のように書いてください。"


def _refuse_impossible(rule: Schedule) -> None:
    """Refuse what has no due times (期限を求められない予定).

    Raises: BadInputError at the field.
    """
    _among("period_type", rule.period_type, PERIOD_TYPES)
    _among("roll_rule", rule.roll_rule, ROLL_RULES)
    if rule.valid_to is not None and rule.valid_to <= rule.valid_from:
        found = "終わりが始まりより後ではありません。"
        raise _refuse("valid_to", found, "終わりを始まりより後にしてください。")
    if rule.period_type in ("month", "quarter"):
        _among("day", rule.day or "", DAYS)
    elif rule.period_type in ("week", "day"):
        _check_weekdays(rule)
    else:
        _check_step(rule)
    most = MOST_OFFSET if rule.period_type in ("month", "quarter", "week") else 0
    if not 0 <= rule.offset <= most:
        found = f"対象の期間から{rule.offset}だけ後の期日は扱えません。"
        raise _refuse("offset", found, f"0から{most}までにしてください。")


def _check_weekdays(rule: Schedule) -> None:
    for each in rule.weekdays:
        _among("weekdays", each, WEEKDAYS)
    if not rule.weekdays:
        raise _refuse("weekdays", "曜日がありません。", "曜日を選んでください。")
    if rule.period_type == "week" and len(rule.weekdays) > 1:
        found = f"週に一度の予定に、曜日が{len(rule.weekdays)}つあります。"
        raise _refuse("weekdays", found, "曜日を一つだけ選んでください。")
    if rule.period_type == "day" and rule.roll_rule != "stay":
        found = "曜日を選ぶ毎日の予定は、閉庁日でも動かせません。"
        raise _refuse("roll_rule", found, "「移動しない」を選んでください。")


def _check_step(rule: Schedule) -> None:
    if rule.period_type == "instalment":
        _among("step", rule.step or "", INSTALMENT_DAYS)
    elif not rule.step:
        raise _refuse("step", "年間予定のどの日かが分かりません。", "予定を選んでください。")


def _among(path: str, value: str, allowed: "dict[str, str] | tuple[str, ...]") -> None:
    if value in allowed:
        return
    if path == "day":
        found, todo = (
            f"「{value}」という日はありません。",
            "1日から31日まで、または末日にしてください。",
        )
    else:
        words = "、".join(allowed.values() if isinstance(allowed, dict) else allowed)
        found, todo = f"「{value}」は使えません。", f"{words} から選んでください。"
    raise _refuse(path, found, todo)


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("配信予定の期日を求めました。", found, todo, path=path)
