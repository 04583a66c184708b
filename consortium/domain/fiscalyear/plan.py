"""The instalment plan of a fiscal year (納付計画): how a contribution is cut and when it is due."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Final

from consortium.domain.calendar.opendays import ROLL_RULES, OpenDays
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.errors import BadInputError
from consortium.domain.fiscalyear.instalment import Instalments, fit
from consortium.domain.fiscalyear.steps import moved_to
from consortium.domain.yen import MODES, UNITS, Yen, round_to

#: How the contribution is cut (分け方).
METHODS: Final = {"equal": "均等に分ける", "percents": "割合で分ける", "items": "経費区分で分ける"}

#: A plan has at most one instalment a month.
MOST: Final = 12

#: The usual plan of a consortium: a quarter each, rounded up to 1,000 yen, the rest last.
_USUAL_DAYS: Final = ((5, 20), (8, 20), (11, 20), (2, 20))


@dataclass(frozen=True, slots=True)
class Part:
    """One instalment of a plan (計画の期); `due_on` is the due day as moved on a closed day."""

    due_nominal: date
    roll_rule: str
    due_on: date
    #: percent of the contribution; None for the last, and where the method is another
    percent: Fraction | None = None
    #: ids of the cost categories it asks for, of the method `items`
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InstalmentPlan:
    """How the contributions of a year are paid in parts (納付計画).

    Units: `unit` in yen. Raises: BadInputError at the field for a plan that cannot be followed.
    """

    year: FiscalYear
    method: str
    unit: int
    mode: str
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        """Refuse what cannot be followed."""
        for path, value, allowed in (
            ("method", self.method, METHODS),
            ("unit", self.unit, UNITS),
            ("mode", self.mode, MODES),
        ):
            if value not in allowed:
                words = "、".join(map(str, allowed))
                raise _refuse(path, f"「{value}」は使えません。", f"{words} から選んでください。")
        if not 1 <= len(self.parts) <= MOST:
            found = f"{len(self.parts)}期あります。"
            raise _refuse("parts", found, f"1期から{MOST}期までにしてください。")
        self._check_days()
        if self.method == "percents":
            self._check_percents()

    def _check_days(self) -> None:
        first, last = self.year.period.since, Month(self.year.start_year + 1, 6).first
        for number, part in enumerate(self.parts, start=1):
            path = f"due-{number}"
            if part.roll_rule not in ROLL_RULES:
                words = "、".join(ROLL_RULES.values())
                found = f"第{number}期の扱いが不明です。"
                raise _refuse(path, found, f"{words} から選んでください。")
            if not first <= part.due_nominal < last:
                found = f"第{number}期の納期限が、この年度（出納整理期間を含む）の外です。"
                raise _refuse(path, found, "4月1日から翌年5月31日までの日にしてください。")
            if number > 1 and part.due_nominal <= self.parts[number - 2].due_nominal:
                found = f"第{number}期の納期限が、第{number - 1}期より後ではありません。"
                raise _refuse(path, found, "納期限は早い順に並べてください。")

    def _check_percents(self) -> None:
        for number, part in enumerate(self.parts[:-1], start=1):
            if part.percent is None:
                found = f"第{number}期の割合がありません。"
                raise _refuse(f"percent-{number}", found, "最後の期を除き、割合を入れてください。")
        if self.parts[-1].percent is not None:
            path = f"percent-{len(self.parts)}"
            found = "最後の期に割合があります。"
            raise _refuse(path, found, "最後の期は残りの額になります。空欄にしてください。")
        _ = self.cut

    @property
    def cut(self) -> Instalments | None:
        """Give the percentages it goes by; None where by category, or in one part (割合)."""
        count = len(self.parts)
        if self.method == "items" or count == 1:
            return None
        percents = tuple(part.percent or Fraction(0) for part in self.parts[:-1])
        if self.method == "equal":
            percents = (Fraction(100, count),) * (count - 1)
        return Instalments(percents, self.unit, self.mode)

    def amounts(
        self, amount: int, by_category: Mapping[str, int], sent: Mapping[int, int]
    ) -> tuple[Yen, ...]:
        """Give every instalment of a member's contribution (各期の額).

        `by_category` are the parts of the amount by cost category, `sent` what was notified by
        number; see `Instalments.recut`. What belongs to no category of the plan is asked for last,
        with what rounding the others left.

        Units: yen. Raises: BadInputError for a number sent that the plan does not have.
        """
        if self.method == "items":
            asked = [
                sum(by_category.get(key, 0) for key in part.categories) for part in self.parts[:-1]
            ]
            wanted = [round_to(Fraction(each), self.mode, self.unit) for each in asked]
            return fit((*wanted, amount - sum(wanted)), sent)
        return fit((amount,), sent) if self.cut is None else self.cut.recut(amount, sent)

    def moved(self, year: FiscalYear, open_days: OpenDays) -> "InstalmentPlan":
        """Give the same plan for another year, its due days moved anew (翌年度への写し)."""
        years = year.start_year - self.year.start_year
        parts = []
        for part in self.parts:
            nominal = moved_to(part.due_nominal, years)
            due_on = open_days.roll(nominal, part.roll_rule)
            parts.append(replace(part, due_nominal=nominal, due_on=due_on))
        return replace(self, year=year, parts=tuple(parts))


def usual_plan(year: FiscalYear, open_days: OpenDays) -> InstalmentPlan:
    """Give the plan that holds until an office saves its own (標準の納付計画)."""
    days = [
        date(year.start_year + (1 if month < 4 else 0), month, day) for month, day in _USUAL_DAYS
    ]
    parts = tuple(
        Part(
            day,
            "previous_open_day",
            open_days.roll(day, "previous_open_day"),
            Fraction(25) if number < len(days) else None,
        )
        for number, day in enumerate(days, start=1)
    )
    return InstalmentPlan(year, "percents", 1_000, "ceil", parts)


def add_carried(
    due: Sequence[int], sent: Collection[int], charge: int, carried: int
) -> tuple[Yen, ...]:
    """Ask for a shortage of the year before with the last instalment not notified (不足の充当).

    `sent` are the numbers notified. They stay as they are, and no more is asked for in all than
    the charge and the shortage; with every instalment notified it is left to the settlement.

    >>> add_carried((300, 300), {1}, 600, 50)
    (300, 350)

    Units: yen.
    """
    asked = [Yen(each) for each in due]
    fresh = [no for no in range(1, len(due) + 1) if no not in sent]
    if fresh:
        more = min(carried, charge + carried - sum(due))
        asked[fresh[-1] - 1] = Yen(asked[fresh[-1] - 1] + max(0, more))
    return tuple(asked)


def allocate(due: Sequence[int], paid: Sequence[int], loose: int) -> tuple[Yen, ...]:
    """Put money that names no instalment to those still open, the earliest first (充当の順).

    `paid` is what was paid for each instalment by name; what is paid over stays where it is. Give
    what counts as paid for each.

    >>> allocate((300, 300), (100, 0), 250)
    (300, 50)

    Units: yen.
    """
    counted = []
    for wanted, own in zip(due, paid, strict=True):
        taken = max(0, min(wanted - own, loose))
        loose -= taken
        counted.append(Yen(own + taken))
    return tuple(counted)


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("納付計画を保存しようとしました。", found, todo, path=path)
