"""The steps of an office's year (年間予定): what has to be done by when, and how far it is.

A calendar is that of a working year, April to March; a step in it may be about the year before
(精算, 本締め) or the year after (概算, 当初), as in the offices it was taken from.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.fiscalyear.year_facts import FACTS, Fact, YearFacts

#: States of a step in the order of their urgency (予定の状態).
STEP_STATES: Final = {
    "overdue": "期限超過",
    "blocked": "着手できません",
    "due": "期限内",
    "coming": "これから",
    "done": "済",
    "off": "対象外",
}

#: States in which nobody has to do anything any more.
SETTLED: Final = ("done", "off")

#: Steps of an instalment, whose day the instalment plan decides once there is one.
PLANNED: Final = ("instalment", "notice")

_COMPARABLE = "同じような団体の公表された日程（渋川地区広域・御坊広域・鳥栖・利根沼田）"
_FOURTEEN_DAYS = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class DefaultStep:
    """A step as it ships (標準の予定); the office moves, renames, adds and removes."""

    key: str
    title: str
    document: str
    month: int
    day: int
    roll_rule: str
    role: str
    #: fiscal year it is about, counted from the calendar's own
    about: int
    source: str = _COMPARABLE

    def nominal_on(self, year: FiscalYear) -> date:
        """Give its day in the calendar of a year (期日)."""
        first = year.period.since
        return date(first.year + (self.month < first.month), self.month, self.day)


def _monthly() -> Iterator[DefaultStep]:
    """Give the report on each month, due on the first of the next one (月次費用報告)."""
    for month in (3, *range(4, 13), 1, 2):
        yield DefaultStep(
            f"monthly_{month:02d}", f"月次費用報告（{month}月分）", "月次費用報告",
            month % 12 + 1, 1, "stay", "lead_staff", -1 if month == 3 else 0,
            "配信予定による。閉庁日でも自動で作成する",
        )  # fmt: skip


def _instalments() -> Iterator[DefaultStep]:
    """Give each instalment and its notice, fourteen days before (期別納付・納入依頼)."""
    for no, month in enumerate((5, 8, 11, 2), start=1):
        yield DefaultStep(
            f"notice_{no}", f"第{no}期の納入依頼", "納入依頼・負担金明細書", month, 6,
            "previous_open_day", "lead_approver", 0, "納期限の14日前までに送る",
        )  # fmt: skip
        yield DefaultStep(
            f"instalment_{no}", f"第{no}期の納期限", "", month, 20,
            "previous_open_day", "member_staff", 0, "閉庁日のときは前日まで（御坊広域の例）",
        )  # fmt: skip


#: The calendar a year starts with. 6月30日 for 本締め is our assumption: 「精算の発行のあと」.
DEFAULT_STEPS: Final = (
    *_instalments(),
    DefaultStep(
        "settlement", "前年度の精算（出納閉鎖）", "精算書・差額の要因分解", 5, 31,
        "previous_open_day", "lead_staff", -1, "地方自治法第235条の5（出納閉鎖 5月31日）",
    ),
    DefaultStep(
        "hard_close", "前年度の本締めと保存", "年度アーカイブ.zip", 6, 30,
        "previous_open_day", "lead_approver", -1, "精算を発行したあと。日付は見本",
    ),
    DefaultStep(
        "base_figures", "基礎数値・利用意向の提出", "基礎数値様式", 9, 30,
        "previous_open_day", "member_staff", 1,
    ),
    DefaultStep(
        "estimate", "次年度の概算の通知", "次年度負担見込", 10, 31,
        "previous_open_day", "lead_staff", 1,
    ),
    DefaultStep(
        "revised", "10月31日現在の再計算（変更）", "変更通知書・差額説明", 11, 5,
        "previous_open_day", "lead_staff", 0,
    ),
    DefaultStep(
        "planned", "次年度の予定額の通知（当初）", "予定額通知", 2, 10,
        "previous_open_day", "lead_staff", 1,
    ),
    DefaultStep(
        "final", "今年度の確定額の通知", "確定通知書", 2, 15,
        "previous_open_day", "lead_staff", 0,
    ),
    DefaultStep(
        "soft_close", "今年度の仮締め", "", 3, 31, "previous_open_day", "lead_staff", 0,
    ),
    *_monthly(),
)  # fmt: skip

_ABOUT: Final = {step.key: step.about for step in DEFAULT_STEPS}


def about_year(key: str, calendar: FiscalYear) -> FiscalYear:
    """Give the fiscal year a step is about (対象年度); one the office added: its calendar's."""
    return FiscalYear(calendar.start_year + _ABOUT.get(key, 0))


def moved_to(nominal_on: date, years: int) -> date:
    """Move a day by years; 29 February becomes the 28th where there is none (年の移動)."""
    try:
        return nominal_on.replace(year=nominal_on.year + years)
    except ValueError:
        return nominal_on.replace(year=nominal_on.year + years, day=28)


@dataclass(frozen=True, slots=True)
class Timing:
    """A step's day before and after it moves (期日と、移動後の期日)."""

    nominal_on: date
    roll_rule: str
    effective_on: date

    @classmethod
    def of(cls, nominal_on: date, roll_rule: str, office: OpenDays) -> "Timing":
        """Move a day by its roll rule."""
        return cls(nominal_on, roll_rule, office.roll(nominal_on, roll_rule))

    @property
    def is_moved(self) -> bool:
        """Say whether the closed day moved it."""
        return self.effective_on != self.nominal_on


def notice_deadline(due_on: date, office: OpenDays) -> date:
    """Give the last open day that is at least 14 days before an instalment (納入依頼の期限)."""
    return office.roll(due_on - _FOURTEEN_DAYS, "previous_open_day")


def planned_timing(family: str, due_on: date, office: OpenDays) -> Timing:
    """Give the day of an instalment, or of its notice, by the instalment plan (納付計画の日)."""
    day = due_on if family == "instalment" else notice_deadline(due_on, office)
    return Timing(day, "stay", day)


def fact_of(key: str, calendar: FiscalYear, facts: YearFacts) -> Fact:
    """Say what the tables know of a step; nothing for one that only people know (予定の事実)."""
    family, _, rest = key.partition("_")
    ask = FACTS.get(key) or FACTS.get(family)
    if ask is None or key not in _ABOUT:
        return Fact()
    return ask(facts, about_year(key, calendar), rest)


def state_of(fact: Fact, effective_on: date, today: date, *, is_marked: bool) -> str:
    """Say how far a step is on a day (予定の状態).

    It is due from the first day of the month its day lies in, up to and with that day; overdue
    from the day after. A day that the facts name counts instead of its own for being late. What
    keeps it from being done shows only once it is due.

    >>> state_of(Fact(), date(2026, 11, 5), date(2026, 11, 5), is_marked=False)
    'due'
    >>> state_of(Fact(), date(2026, 11, 5), date(2026, 11, 6), is_marked=False)
    'overdue'
    """
    if is_marked or fact.is_done_by(today):
        return "done"
    if fact.is_off:
        return "off"
    last_day = fact.due_on or effective_on
    if today < Month.containing(min(last_day, effective_on)).first:
        return "coming"
    if fact.blocked:
        return "blocked"
    return "overdue" if today > last_day else "due"
