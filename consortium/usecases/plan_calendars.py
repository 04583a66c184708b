"""The calendars and windows a plan is scheduled by (工程の暦): read once for a page.

What the office's tables say is read as it is; the open days of an office and the days of a council
follow from it without another look, so that a preview can put other rows in their place.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from consortium.db.store import calendars, members, plan_desk
from consortium.db.store.calendars import ClosedDay
from consortium.db.store.council_sessions import CouncilSession
from consortium.db.store.members import Member
from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError
from consortium.domain.onboarding.golive import GO_LIVE, BusyPeriod
from consortium.domain.onboarding.network import Anchor, Network, Task
from consortium.domain.onboarding.plan import Plan, PlanTask
from consortium.domain.onboarding.sessions import default_sessions
from consortium.usecases.busy_periods import shipped
from consortium.usecases.calendars import FIRST_YEAR, LAST_YEAR, NEW_YEAR, proposed_days

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Whose open days count for whom; every other owner is the joining town's (担当の暦).
_LEAD: Final = "幹事市"
_BOTH: Final = ("両者", "協議会")
_ANYBODY: Final = "事業者"
_GENERAL_MEETING: Final = "総会"
_ORDINARY: Final = "定例会"
_ONE_DAY: Final = timedelta(days=1)
#: The command knows closed days from so many years before 本稼働 to so many after.
_YEARS_AROUND: Final = 6


@dataclass(frozen=True, slots=True)
class Desk:
    """What the office's tables say about open days and sessions (暦の材料)."""

    lead_code: str
    closed: Sequence[ClosedDay]
    sessions: Sequence[CouncilSession]
    #: every town of the consortium, those that are going to join among them
    towns: Sequence[Member] = ()
    busy: Sequence[BusyPeriod] = ()
    #: fiscal years written unlike the usual (年度の表記)
    year_labels: Mapping[int, str] = field(default_factory=dict)
    #: what was worked out already: a page may show many plans
    _known: dict[str, OpenDays] = field(init=False, repr=False, compare=False, default_factory=dict)
    _lists: dict[tuple[range, tuple[str, ...]], list[date]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def office(self, code: str) -> OpenDays:
        """Give the open days of a town; of nobody in particular for the empty code (開庁日).

        What a town's own row says of a day goes before what holds for all.
        """
        if code not in self._known:
            rows = {row.day: row for row in self.closed if row.code is None}
            if code:
                rows |= {row.day: row for row in self.closed if row.code == code}
            self._known[code] = OpenDays(
                (day for day, row in rows.items() if row.is_closed),
                (day for day, row in rows.items() if not row.is_closed),
            )
        return self._known[code]

    def open_days(self, years: range, codes: tuple[str, ...]) -> list[date]:
        """List the days of some years on which all of some towns are open (業務日の並び)."""
        if (years, codes) not in self._lists:
            offices = [self.office(code) for code in codes]
            self._lists[years, codes] = open_list(years, offices)
        return self._lists[years, codes]

    def years(self, about: int) -> range:
        """Give the filled years without a gap around one (閉庁日表のある年).

        Raises: BadInputError where that year is not filled.
        """
        filled = {row.day.year for row in self.closed if row.source == NEW_YEAR}
        if about not in filled:
            last = max((year for year in filled if year < about), default=None)
            raise _not_filled(about, last)
        first = last = about
        while first - 1 in filled:
            first -= 1
        while last + 1 in filled:
            last += 1
        return range(first, last + 1)

    def days_of_council(self, code: str, years: range) -> tuple[date, ...]:
        """Give the days a council votes; years without entries get the usual ones (議決日)."""
        entered = [
            each for each in self.sessions if each.code == code and each.kind != _GENERAL_MEETING
        ]
        known = {each.decision_on.year for each in entered if each.kind == _ORDINARY}
        usual = (
            day
            for year in years
            if year not in known
            for day in default_sessions(year, self.office(code))
        )
        return tuple(sorted({*usual, *(each.decision_on for each in entered)}))

    def general_meetings(self) -> tuple[date, ...]:
        """Give the days of the general meetings entered (総会日)."""
        return tuple(each.decision_on for each in self.sessions if each.kind == _GENERAL_MEETING)


def read_desk(session: "Session", consortium_id: str) -> Desk:
    """Read what all plans of a consortium need of open days and sessions (暦の読取り)."""
    towns = members.members(session, consortium_id)
    facts = plan_desk.desk_facts(session, consortium_id)
    return Desk(
        next((str(each.code) for each in towns if each.is_lead), ""),
        calendars.every_closed_day(session, consortium_id),
        facts.sessions,
        towns,
        facts.busy or shipped(),
        facts.year_labels,
    )


def network_of(
    plan: Plan,
    desk: Desk,
    *,
    start: date | None = None,
    status_on: date | None = None,
    with_actuals: bool = True,
) -> Network:
    """Give what the dates of a plan follow from, 本稼働日 as its anchor (工程網).

    Without `start` the dates are counted from the day the backward pass finds. Without actuals they
    are those of a plan of which nothing has happened.

    Raises: BadInputError where the closed days of the year of 本稼働 are not filled.
    """
    years = desk.years(plan.anchor_on.year)
    tasks = [_task(plan, task, desk, with_actuals=with_actuals) for task in plan.tasks]
    windows = {
        key: _days_of(key, str(plan.code), desk, years)
        for key in {task.window for task in tasks if task.window}
    }
    offices = {task.calendar: _offices(task.calendar, str(plan.code), desk) for task in tasks}
    return Network(
        tasks,
        plan.links,
        {key: desk.open_days(years, codes) for key, codes in offices.items()},
        windows,
        Anchor(GO_LIVE, plan.anchor_on),
        start,
        status_on,
    )


def _task(plan: Plan, task: PlanTask, desk: Desk, *, with_actuals: bool) -> Task:
    if task.state == "not_applicable":
        return Task(task.code, task.name, 0, task.owner)
    window = task.window_kind if task.window_kind in ("council", "assembly") else ""
    if window == "assembly" and not desk.general_meetings():
        window = ""
    if task.window_code and window:
        window = f"{window}:{task.window_code}"
    return Task(
        task.code,
        task.name,
        task.days,
        # A vote of another town's council is that town's work.
        task.window_code or task.owner,
        window,
        in_closed_block=task.window_kind == "closed_block",
        at_month_start=task.window_kind == "month_start",
        not_before=task.not_before,
        started=task.started_on if with_actuals else None,
        finished=task.finished_on if with_actuals else None,
    )


def _offices(owner: str, joiner: str, desk: Desk) -> tuple[str, ...]:
    """Name the towns whose open days count for an owner; the empty code is nobody's own."""
    if owner == _LEAD:
        return (desk.lead_code,)
    if owner in _BOTH:
        return (desk.lead_code, joiner)
    if owner == _ANYBODY:
        return ("",)
    return (owner if owner.isdigit() else joiner,)


def _days_of(key: str, joiner: str, desk: Desk, years: range) -> tuple[date, ...]:
    kind, _, code = key.partition(":")
    if kind == "assembly":
        return desk.general_meetings()
    return desk.days_of_council(code or joiner, years)


def open_list(years: range, offices: Sequence[OpenDays]) -> list[date]:
    """List the days of some years on which all of some offices are open (業務日の並び)."""
    return [day for day in _every_day(years) if all(office.is_open(day) for office in offices)]


def _every_day(years: range) -> Iterator[date]:
    day = date(years[0], 1, 1)
    while day.year <= years[-1]:
        yield day
        day += _ONE_DAY


@dataclass(frozen=True, slots=True)
class UsualDays:
    """What holds where nobody has entered anything (既定の暦)."""

    office: OpenDays
    #: open days, sorted (業務日)
    open: Sequence[date]
    #: the usual days of a vote (議決日)
    votes: Sequence[date]


def usual_days(about: date) -> UsualDays:
    """Give the usual days around one: national holidays, 12/29–1/3, four sessions (既定の暦).

    Raises: BadInputError for a day too far from today for its holidays to be known.
    """
    if not FIRST_YEAR <= about.year <= LAST_YEAR:
        raise BadInputError(
            "既定の閉庁日を求めました。", f"{about.year}年の祝日は扱えません。",
            f"{FIRST_YEAR}年から{LAST_YEAR}年までの日にしてください。", path="go_live",
        )  # fmt: skip
    years = range(
        max(FIRST_YEAR, about.year - _YEARS_AROUND), min(LAST_YEAR, about.year + _YEARS_AROUND) + 1
    )
    office = OpenDays(day for year in years for day in proposed_days(year, about))
    votes = [day for year in years for day in default_sessions(year, office)]
    return UsualDays(office, open_list(years, [office]), votes)


def _not_filled(about: int, last: int | None) -> BadInputError:
    found = f"{about}年の閉庁日がまだ登録されていません。"
    if last is not None:
        whole = fiscal_year_label(FiscalYear(last - 1))
        found = f"閉庁日表が{whole}までです（{about}年は未登録です）。"
    return BadInputError(
        "工程の日程を計算しようとしました。",
        found,
        "「閉庁日」の画面で、その年の祝日を取り込んでください。",
        path="anchor_on",
    )
