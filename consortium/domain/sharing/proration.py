"""How the months of an item are weighed when members or rules change inside it (按分の期間).

A function here turns an item's months into windows; step 4 of `share()` adds up their exact
cells. A new way is one more function with its own key.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import groupby
from typing import NamedTuple

from consortium.domain.calendar.period import Month
from consortium.domain.sharing.bases import BASES
from consortium.domain.sharing.facts import Facts
from consortium.domain.sharing.result import Window
from consortium.domain.sharing.rule import Rule
from consortium.domain.timeline import Dated, Timeline

#: (months of the item, its rules, facts, service) → windows in order of time
Windows = Callable[[tuple[Month, ...], Timeline[Rule], Facts, str], tuple[Window, ...]]


class Proration(NamedTuple):
    """A registered way to weigh months (按分の期間の取り方)."""

    label: str
    windows: Windows


#: Every way by its key.
PRORATIONS: dict[str, Proration] = {}


def proration(key: str, *, label: str) -> Callable[[Windows], Windows]:
    """Register a way to weigh months under a key and its Japanese label."""

    def register(windows: Windows) -> Windows:
        PRORATIONS[key] = Proration(label, windows)
        return windows

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


@proration("monthly", label="月割")
def monthly(
    months: tuple[Month, ...], rules: Timeline[Rule], facts: Facts, service: str
) -> tuple[Window, ...]:
    """Split each month among those in force in it; exact parts, rounded once (月割・区間).

    The rule of a month is the one in force on its first day.
    """

    def state(month: Month) -> tuple[Dated[Rule], tuple[int, ...]]:
        return rules.on(month.first), facts.positions_in(service, month)

    windows = []
    for (rule, positions), group in groupby(months, key=state):
        run = list(group)
        part = Fraction(len(run), len(months))
        weights = weigh(rule.require(), facts, positions)
        windows.append(Window(run[0], run[-1], part, rule, positions, weights))
    return tuple(windows)
