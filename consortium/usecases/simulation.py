"""加入シミュレーター: what every member would pay if towns joined (試算).

A simulation is a few assumptions; all shares come from `share()`. Nothing here is saved or issued.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import groupby

from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.errors import BadInputError
from consortium.domain.sharing.bases import component_label
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Facts, Party, Series
from consortium.domain.sharing.fairness import CostModel
from consortium.domain.sharing.result import CostItem, Result
from consortium.domain.sharing.rule import Component, Rule, Rules
from consortium.domain.timeline import Dated, Source, Timeline
from consortium.domain.yen import Rounding, Yen

#: 試算の期間 and 団体 that one page can show.
MOST_YEARS, MOST_TOWNS = 15, 60
#: The name of the only cost and of the basis, in results and case files.
ITEM, BASIS = "共同利用の費用", "population"
SOURCE = "加入シミュレーターの条件"


@dataclass(frozen=True, slots=True)
class Entrant:
    """A town of a simulation and its stay (試算の団体)."""

    code: str
    name: str
    since: date
    until: date | None = None
    #: typed in, instead of the value of the edition
    value: Fraction | None = None

    @property
    def period(self) -> Period:
        """Give its stay.

        Raises: BadInputError if it would end before it begins.
        """
        return Period(self.since, self.until)


@dataclass(frozen=True, slots=True)
class Assumed:
    """The cost assumed, in yen a year (費用の想定): fixed, per member, per resident."""

    fixed: Yen
    per_member: Yen
    per_unit: Fraction
    item: str = ITEM


@dataclass(frozen=True, slots=True)
class Sharing:
    """The rule assumed (負担ルールの想定): weights of 均等割 and 人口割, rounding, proration."""

    equal: Fraction
    population: Fraction
    rounding: Rounding
    proration: str


@dataclass(frozen=True, slots=True)
class Simulation:
    """Everything a simulation rests on (試算の条件)."""

    name: str
    first: FiscalYear
    last: FiscalYear
    #: whoever belongs on this day makes 「今」
    base_day: date
    entrants: tuple[Entrant, ...]
    lead: str
    basis: Series
    cost: Assumed
    sharing: Sharing

    @property
    def years(self) -> tuple[FiscalYear, ...]:
        """Give the fiscal years (試算の年度)."""
        return tuple(FiscalYear(y) for y in range(self.first.start_year, self.last.start_year + 1))

    @property
    def present(self) -> tuple[Entrant, ...]:
        """Give who belongs already on the base day (今の団体)."""
        return tuple(each for each in self.entrants if each.period.contains(self.base_day))

    def value(self, entrant: Entrant) -> Fraction | None:
        """Give what was typed for a town, else the value of the edition (人口)."""
        if entrant.value is not None:
            return entrant.value
        return self.basis.values.get(entrant.code)

    @property
    def needs_values(self) -> bool:
        """Say whether cost or rule counts residents at all."""
        return bool(self.sharing.population or self.cost.per_unit)

    def series(self) -> Series:
        """Give the values used, those typed in as well (使う人口)."""
        known = {each.code: self.value(each) for each in self.entrants}
        typed = [each.name for each in self.entrants if each.value is not None]
        source = f"{self.basis.source}（{'、'.join(typed)}は入力した値）" if typed else None
        return replace(
            self.basis,
            key=BASIS,
            values={code: value for code, value in known.items() if value is not None},
            source=source or self.basis.source,
        )

    def model(self) -> CostModel:
        """Give the cost function (費用関数)."""
        cost = self.cost
        return CostModel(cost.fixed, cost.per_member, cost.per_unit, self.series().values)


# ---- what cannot be simulated --------------------------------------------------------------------


def faults(simulation: Simulation) -> Iterator[BadInputError]:
    """Give everything that is wrong with the conditions, each with its field (条件の誤り)."""
    yield from _wrong_years(simulation)
    yield from _wrong_towns(simulation)
    yield from _wrong_stays(simulation)
    sharing, cost = simulation.sharing, simulation.cost
    if not sharing.equal and not sharing.population:
        yield _fault("equal", "割合がどちらも0です。", "均等割か人口割の割合を入力してください。")
    if not (cost.fixed or cost.per_member or cost.per_unit):
        yield _fault("fixed", "費用がすべて0円です。", "一つ以上の額を入力してください。")


def _wrong_years(simulation: Simulation) -> Iterator[BadInputError]:
    if simulation.last < simulation.first:
        yield _fault(
            "last", "終わりの年度が始まりの年度より前です。", "始まりの年度以後を選んでください。"
        )
    elif len(simulation.years) > MOST_YEARS:
        found = f"{len(simulation.years)}年度分です。"
        yield _fault("last", found, f"一度に試算できるのは{MOST_YEARS}年度までです。")


def _wrong_towns(simulation: Simulation) -> Iterator[BadInputError]:
    entrants = simulation.entrants
    if not entrants:
        yield _fault("towns", "団体がありません。", "市区町村を検索して加えてください。")
    if len(entrants) > MOST_TOWNS:
        found = f"{len(entrants)}団体です。"
        yield _fault("towns", found, f"一度に試算できるのは{MOST_TOWNS}団体までです。")
    codes = [each.code for each in entrants]
    for place, each in enumerate(entrants):
        if each.code in codes[:place]:
            found = f"{each.name}が二度あります。"
            yield _fault(f"entrants-{place}-since", found, "どちらか一つを除いてください。")
        if simulation.needs_values and simulation.value(each) is None:
            found = f"{each.name}の人口が、選んだ版（{simulation.basis.edition}）にありません。"
            yield _fault(f"entrants-{place}-value", found, "人口を入力してください。")


def _wrong_stays(simulation: Simulation) -> Iterator[BadInputError]:
    end = simulation.last.period.until
    for place, each in enumerate(simulation.entrants):
        if end is not None and each.since >= end:
            found = f"{each.name}の加入日が、試算の終わりの年度より後です。"
            yield _fault(f"entrants-{place}-since", found, "加入日か年度を直してください。")
        if each.until is not None and each.until <= each.since:
            found = f"{each.name}の終わりの日が加入日より前です。"
            yield _fault(f"entrants-{place}-last_day", found, "加入日以後の日にしてください。")
            return  # without a stay, who belongs when has no answer
    if simulation.entrants and not simulation.present:
        yield _fault(
            "base_day",
            "この日に加入している団体がありません。",
            "「今」とする団体が一つ以上加入している日を入力してください。",
        )


def _fault(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("試算しようとしました。", found, todo, path=path)


# ---- the sharing of one fiscal year --------------------------------------------------------------


def items_of(
    simulation: Simulation, year: FiscalYear, entrants: Iterable[Entrant]
) -> tuple[CostItem, ...]:
    """Give the cost of a year: one item for each run of months in which anybody belongs (費目).

    A month costs a twelfth of what its members cost in a year; below one yen is cut off.
    """
    stays = [(each.code, each.period) for each in entrants]
    groups = [
        (month, frozenset(code for code, stay in stays if stay.overlaps(month.period)))
        for month in year.months()
    ]
    model = simulation.model()
    costs = {group: model.cost(group) / 12 for _, group in groups}
    items: list[CostItem] = []
    for is_used, run in groupby(groups, key=lambda pair: bool(pair[1])):
        if is_used:
            items.append(_item(simulation.cost.item, len(items) + 1, list(run), costs))
    return tuple(items)


def _item(
    name: str,
    number: int,
    run: list[tuple[Month, frozenset[str]]],
    costs: Mapping[frozenset[str], Fraction],
) -> CostItem:
    exact = sum((costs[group] for _, group in run), Fraction(0))
    amount = Yen(exact.numerator // exact.denominator)
    return CostItem(number, name, "", amount, run[0][0], run[-1][0])


def rules_of(simulation: Simulation) -> Rules:
    """Give the rule assumed, in force since before the first member (負担ルール)."""
    sharing = simulation.sharing
    series_label = component_label("table", simulation.basis.label)
    wanted = (
        Component("equal", "equal", component_label("equal"), sharing.equal)
        if sharing.equal
        else None,
        Component(BASIS, "table", series_label, sharing.population, BASIS)
        if sharing.population
        else None,
    )
    rule = Rule(tuple(each for each in wanted if each), sharing.rounding, sharing.proration)
    dated = Dated(rule_since(simulation), rule, Source(SOURCE))
    return {("", None): Timeline([dated], "試算の負担ルール")}


def rule_since(simulation: Simulation) -> date:
    """Give the first day of the first month that the rule is asked about (施行日)."""
    earliest = min(each.since for each in simulation.entrants)
    return min(simulation.first.period.since, earliest.replace(day=1))


def facts_of(simulation: Simulation, entrants: Iterable[Entrant]) -> Facts:
    """Give members, stays and populations (算定の前提)."""
    in_order = sorted(entrants, key=lambda each: each.code)
    return Facts(
        tuple(Party(each.code, each.name, each.code == simulation.lead) for each in in_order),
        {"": {each.code: (each.period,) for each in in_order}},
        {BASIS: simulation.series()} if simulation.sharing.population else {},
    )


def share_year(
    simulation: Simulation, year: FiscalYear, entrants: tuple[Entrant, ...]
) -> Result | None:
    """Share the cost of a year among some of the towns; None where none of them belongs (試算)."""
    items = items_of(simulation, year, entrants)
    if not items:
        return None
    return share(items, rules_of(simulation), facts_of(simulation, entrants), year)


def share_whole_year(
    simulation: Simulation, year: FiscalYear, entrants: Iterable[Entrant]
) -> Result | None:
    """Share the cost of a year as if these towns belonged in all of it (通年の試算)."""
    whole = tuple(replace(each, since=year.period.since, until=None) for each in entrants)
    return share_year(simulation, year, whole)
