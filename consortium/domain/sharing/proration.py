"""How the months of an item are weighed when members or rules change inside it (按分の期間).

A function here turns an item's months into a plan: the windows of each amount that is split by
itself. Steps 4 and 5 of `share()` follow the plan. A new way is one more function with its own key.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby
from typing import NamedTuple, TypeVar

from consortium.domain.calendar.period import Month
from consortium.domain.errors import CannotShareError
from consortium.domain.sharing.bases import BASES
from consortium.domain.sharing.facts import Facts
from consortium.domain.sharing.result import Window
from consortium.domain.sharing.rule import Rule
from consortium.domain.timeline import Dated, Timeline


class Early(NamedTuple):
    """What those pay who are not in force all along (加入団体先取り)."""

    #: windows of the item as if whoever was in force counted for all of it
    windows: tuple[Window, ...]
    #: months in force per party; none for who is in force in all of them
    counted: tuple[tuple[Month, ...], ...]


class Plan(NamedTuple):
    """How an item is split (按分の段取り)."""

    #: windows of each amount that is split by itself
    stretches: tuple[tuple[Window, ...], ...]
    #: month → index into `stretches`, where each month is an amount of its own (各月確定)
    months: tuple[tuple[Month, int], ...] = ()
    early: Early | None = None


#: (months of the item, its rules, facts, service) → plan
Planner = Callable[[tuple[Month, ...], Timeline[Rule], Facts, str], Plan]


class Proration(NamedTuple):
    """A registered way to weigh months (按分の期間の取り方)."""

    label: str
    help: str
    plan: Planner


#: Every way by its key.
PRORATIONS: dict[str, Proration] = {}


def proration(key: str, *, label: str, help: str) -> Callable[[Planner], Planner]:
    """Register a way to weigh months under a key with its Japanese label and help text."""

    def register(plan: Planner) -> Planner:
        PRORATIONS[key] = Proration(label, help, plan)
        return plan

    return register


def months_between(first: Month, last: Month) -> tuple[Month, ...]:
    """Give the months from `first` to `last`, both included."""

    def walk() -> Iterator[Month]:
        month = first
        while month <= last:
            yield month
            month = month.next()

    return tuple(walk())


def weigh(rule: Rule, facts: Facts, positions: tuple[int, ...]) -> tuple[tuple[Fraction, ...], ...]:
    """Give each component's weights for the members in force (重み)."""
    return tuple(
        tuple(BASES[component.basis].weigh(component, facts, positions))
        for component in rule.components
    )


#: The rule version of a span and who is in force in it.
_State = tuple[Dated[Rule], tuple[int, ...]]
_Span = TypeVar("_Span", Month, date)


def _state(rules: Timeline[Rule], facts: Facts, service: str) -> Callable[[Month], _State]:
    """Give rule and members of a month; the rule of a month is the one of its first day."""

    def of(month: Month) -> _State:
        rule = rules.on(month.first)
        return rule, facts.positions_in(service, month, rule.require().leaving)

    return of


def _windows(
    spans: tuple[_Span, ...],
    state: Callable[[_Span], _State],
    facts: Facts,
    month_of: Callable[[_Span], Month],
) -> tuple[Window, ...]:
    """Put neighbouring spans (months or days) with the same rule and members into one window."""
    windows = []
    for (rule, positions), group in groupby(spans, key=state):
        run = list(group)
        part = Fraction(len(run), len(spans))
        weights = weigh(rule.require(), facts, positions)
        windows.append(Window(month_of(run[0]), month_of(run[-1]), part, rule, positions, weights))
    return tuple(windows)


def _same(month: Month) -> Month:
    return month


@proration(
    "monthly",
    label="月割",
    help="月ごとに、その月に参加している団体で分けます。1日でも参加した月は数えます。丸めるのは最後に"
    "一度だけです。",
)
def monthly(months: tuple[Month, ...], rules: Timeline[Rule], facts: Facts, service: str) -> Plan:
    """Split each month among those in force in it; exact parts, rounded once (月割・区間)."""
    return Plan((_windows(months, _state(rules, facts, service), facts, _same),))


@proration(
    "monthly_rounded",
    label="各月確定",
    help="費目を月の額に切り分け（端数は早い月から）、月ごとに丸めて足し上げます。毎月の請求を確定させる"
    "協定に使います。",
)
def monthly_rounded(
    months: tuple[Month, ...], rules: Timeline[Rule], facts: Facts, service: str
) -> Plan:
    """Cut the amount into months, round each month, then add (各月確定)."""
    stretches: list[tuple[Window, ...]] = []
    indexes: list[tuple[Month, int]] = []
    for window in _windows(months, _state(rules, facts, service), facts, _same):
        for month in months_between(window.first, window.last):
            indexes.append((month, len(stretches)))
        stretches.append((window._replace(part=Fraction(1)),))
    return Plan(tuple(stretches), tuple(indexes))


@proration(
    "daily",
    label="日割",
    help="日ごとに、その日に参加している団体で分けます。加入の日を数え、脱退の日は数えません。",
)
def daily(months: tuple[Month, ...], rules: Timeline[Rule], facts: Facts, service: str) -> Plan:
    """Split each day among those in force on it; exact parts, rounded once (日割).

    The rule of a day is that of its month, i.e. the one in force on the month's first day.
    """

    def state(day: date) -> _State:
        rule = rules.on(day.replace(day=1))
        return rule, facts.positions_on(service, day, rule.require().leaving)

    first, after = months[0].first, months[-1].next().first
    days = tuple(first + timedelta(days=number) for number in range((after - first).days))
    windows, start = [], 0
    for window in _windows(days, state, facts, Month.containing):
        end = start + int(window.part * len(days))
        windows.append(window._replace(days=(days[start], days[end - 1])))
        start = end
    return Plan((tuple(windows),))


@proration(
    "joiner_first",
    label="加入団体先取り",
    help="途中で加入・脱退した団体の額を、1年分の額の月数分（円未満切捨て）と先に決め、残りを通年の団体で"
    "分けます。",
)
def joiner_first(
    months: tuple[Month, ...], rules: Timeline[Rule], facts: Facts, service: str
) -> Plan:
    """Fix first what those pay who are in force for a part of the item (加入団体先取り).

    Raises: CannotShareError if nobody is in force in all of its months.
    """
    state = _state(rules, facts, service)
    there = {month: frozenset(state(month)[1]) for month in months}
    always = frozenset.intersection(*there.values())
    if not always:
        raise CannotShareError(
            "加入団体先取りで費用を按分しようとしました。",
            f"{months[0]}〜{months[-1]} を通して参加している団体がありません。",
            "費目の期間を分けるか、別の按分期間にしてください。",
        )
    counted = tuple(
        tuple(month for month in months if position in there[month] - always)
        for position in range(len(facts.parties))
    )
    rest = _windows(months, _only(state, always), facts, _same)
    if not any(counted):
        return Plan((rest,))
    whole = _windows(months, _only(state, frozenset().union(*there.values())), facts, _same)
    return Plan((rest,), early=Early(whole, counted))


@proration(
    "none",
    label="年額",
    help="費目のどれかの月に参加していた団体は、費目の全期間分を負担します。",
)
def none(months: tuple[Month, ...], rules: Timeline[Rule], facts: Facts, service: str) -> Plan:
    """Count whoever was in force in any month of the item for all of them (年額)."""
    state = _state(rules, facts, service)
    anybody = frozenset().union(*(state(month)[1] for month in months))
    return Plan((_windows(months, _only(state, anybody), facts, _same),))


def _only(state: Callable[[Month], _State], members: frozenset[int]) -> Callable[[Month], _State]:
    """Keep the rule of each month, and let these members be in force in all of them."""
    positions = tuple(sorted(members))
    return lambda month: (state(month)[0], positions)
