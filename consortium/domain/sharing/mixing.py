"""The inputs of two runs mixed (前提の入替え): some causes as now, the others as they were before.

1. Every input belongs to one cause (`CAUSES`); `Mixer.of(taken)` takes the causes in `taken` from
   the new run and the others from the old one.
2. Costs bring their grants (財源措置) along; joining and leaving bring the calendar of the fiscal
   year and the lead city; the rule brings 共同構築費, 激変緩和 and the values written in it.
3. Items are the same one as in `compare`. Price, quantities and rounding of 従量, and the exchange
   rate, are exchanged where both runs have the item, a rate by the month of the year.
4. A basis is the one that the same component of the same rule reads; if there is none, the latest
   edition of the same series; if the other run has no such series, its own.
5. What only one run can know is taken from there: the value of a member that the chosen edition
   does not list, the rule of a category or the users of a service that are not in the chosen run.
   A member that is not there used nothing.
6. Of two years, the one of joining and leaving holds; months of costs and days of rules move by
   whole years. 利用期 and days of joining and leaving never move.
7. What cannot be shared even so is refused as anywhere; causes.py then keeps the causes together.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.funding import INFO_ONLY, Grant
from consortium.domain.sharing.compare import matched
from consortium.domain.sharing.facts import Facts, Party, Series, stay
from consortium.domain.sharing.result import CostItem, Usage
from consortium.domain.sharing.rule import Component, Rule, Rules, timeline_of
from consortium.domain.sharing.run_inputs import RunInputs
from consortium.domain.timeline import Dated, Source, Timeline
from consortium.domain.yen import Yen

COST, PRICE, QUANTITY, EXCHANGE = "cost", "price", "quantity", "exchange"
BASIS, MEMBERSHIP, RULE, ROUNDING = "basis", "membership", "rule", "rounding"


class Cause(NamedTuple):
    """Why amounts can change (差額の要因)."""

    label: str
    #: which inputs belong to it, as printed
    meaning: str


#: Every cause by its key, in the order in which they are printed.
CAUSES: Final = {
    COST: Cause(
        "経費",
        "費目の追加・廃止、額、期間、経費区分、個別負担の団体、財源措置（補助金）",
    ),
    PRICE: Cause("従量の単価", "従量の費目の単価"),
    QUANTITY: Cause("従量の数量", "従量の費目の、団体ごとの数量"),
    EXCHANGE: Cause("為替", "米ドルの費目を円に換算する為替レート"),
    BASIS: Cause("算定基礎", "人口などの版と値"),
    MEMBERSHIP: Cause(
        "加入・脱退", "団体の加入・脱退とサービスの利用の期間、幹事市、年度の暦の日数"
    ),
    RULE: Cause(
        "負担ルール",
        "構成割と割合、ルールに書いた値、按分期間、脱退時の負担、激変緩和、共同構築費",
    ),
    ROUNDING: Cause("端数処理", "端数処理の単位・方法・段階、端数の負担者、割合の桁数"),
}

#: The run a cause is taken from, and the other one.
_Sides = tuple[RunInputs, RunInputs]

#: an item, the same in the months of another year, and the same item of the other run
_Twin = tuple[CostItem, CostItem, CostItem | None]

#: service → member code → periods
_Stays = Mapping[str, Mapping[str, tuple[Period, ...]]]


@dataclass(frozen=True)
class Mixer:
    """Two runs whose inputs can be mixed (前提の入替え)."""

    old: RunInputs
    new: RunInputs
    #: number of an item in the old run → its number in the new one, and the other way round
    _twins: tuple[Mapping[int, int], Mapping[int, int]] = field(init=False)
    #: every set of values met so far: the same values have the same name in all mixtures
    _values: list[Mapping[str, Fraction]] = field(init=False, default_factory=list)
    #: the items of a run in the months of a year, found once
    _costs: dict[tuple[bool, FiscalYear], list[_Twin]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Find the items that are the same one."""
        before, after = self.old.items, self.new.items
        pairs, _ = matched(before, after)
        forth = {before[there].no: after[here].no for here, there in pairs.items()}
        object.__setattr__(self, "_twins", (forth, {no: twin for twin, no in forth.items()}))

    def of(self, taken: frozenset[str]) -> RunInputs:
        """Give the inputs with the causes taken from the new run (入れ替えた前提).

        Mixtures that say the same are equal. Raises: DomainError where parts do not go together.
        """
        here, there = self._sides(MEMBERSHIP, taken)
        year = here.year
        participation = {**_moved_stays(there, year), **here.facts.participation}
        items = sorted(self._items(taken, participation, year), key=lambda item: item.no)
        terms = self._sides(RULE, taken)[0].agreement
        subjects = [(item.service, item.category) for item in items if item.charge_to is None]
        subjects += [(build.service, build.category) for build in terms.build_costs]
        weaver = _Weaver(
            self._sides(RULE, taken),
            self._sides(BASIS, taken),
            self._sides(ROUNDING, taken),
            {id(side): _framed(side, year) for side in (self.old, self.new)},
            self._values,
        )
        rules = weaver.rules(subjects)
        facts = Facts(_parties(here, there), participation, weaver.series)
        agreement = replace(terms, grants=tuple(self._grants(taken)))
        return RunInputs(tuple(items), rules, facts, year, agreement)

    def _sides(self, cause: str, taken: frozenset[str]) -> _Sides:
        return (self.new, self.old) if cause in taken else (self.old, self.new)

    def _number(self, side: RunInputs, no: int) -> int:
        """Number an item of a mixture as in the new run; one of the old run only is negative."""
        return no if side is self.new else self._twins[0].get(no, -no)

    def _grants(self, taken: frozenset[str]) -> Iterator[Grant]:
        costs, _ = self._sides(COST, taken)
        for grant in costs.agreement.grants:
            if grant.treatment != INFO_ONLY:  # it stands beside the amounts, never in them
                number = grant.item
                if isinstance(number, int):
                    number = self._number(costs, number)
                yield replace(grant, item=number)

    def _items(
        self, taken: frozenset[str], participation: _Stays, year: FiscalYear
    ) -> Iterator[CostItem]:
        costs, others = self._sides(COST, taken)
        at_other_rates = self._sides(EXCHANGE, taken)[0] is others
        for item, moved, twin in self._moved_items(costs, others, year):
            if at_other_rates and twin is not None and item.no in costs.dollars:
                moved = replace(moved, amount=_at_rates(item, costs, twin, others))
            if item.usage is not None:
                usage = self._usage(taken, item.usage, twin.usage if twin else None)
                moved = replace(moved, usage=_of_those_there(usage, moved, participation))
            yield moved

    def _moved_items(self, costs: RunInputs, others: RunInputs, year: FiscalYear) -> list[_Twin]:
        """Give each item, the same in the months of the year, and the item of the other run."""
        key = costs is self.new, year
        if key not in self._costs:
            twins = self._twins[1 if costs is self.new else 0]
            by_number = {item.no: item for item in others.items}
            years = year.start_year - costs.year.start_year
            self._costs[key] = [
                (
                    item,
                    replace(
                        item,
                        no=self._number(costs, item.no),
                        first=Month(item.first.year + years, item.first.month),
                        last=Month(item.last.year + years, item.last.month),
                        key="",
                        note="",
                        tax_rate=None,
                    ),
                    by_number.get(twins.get(item.no, 0)),
                )
                for item in costs.items
            ]
        return self._costs[key]

    def _usage(self, taken: frozenset[str], own: Usage, other: Usage | None) -> Usage:
        price, quantity, rounding = (
            own if other is None or (cause in taken) == (COST in taken) else other
            for cause in (PRICE, QUANTITY, ROUNDING)
        )
        return Usage(price.unit_price, quantity.quantities, rounding.mode)


def _at_rates(item: CostItem, costs: RunInputs, twin: CostItem, others: RunInputs) -> Yen:
    """Give the yen of an item in dollars at the rates of the other run."""
    own, theirs = costs.dollars[item.no], others.dollars.get(twin.no)
    if theirs is None:
        return item.amount
    by_month = {month.month: rate for month, rate in theirs.rates.items()}
    rates = {month: by_month.get(month.month, rate) for month, rate in own.rates.items()}
    return item.amount if rates == own.rates else own._replace(rates=rates).yen()


def _of_those_there(usage: Usage, item: CostItem, participation: _Stays) -> Usage:
    """Leave out quantities of members that do not use the service in the months of the item."""
    span = Period(item.first.first, item.last.next().first)
    users = participation.get(item.service, {})
    there = {
        code: quantity
        for code, quantity in usage.quantities.items()
        if any(stay(period, "year").overlaps(span) for period in users.get(code, ()))
    }
    return usage._replace(quantities=there)


# ---- members -------------------------------------------------------------------------------------


def _parties(here: RunInputs, there: RunInputs) -> tuple[Party, ...]:
    """Give everybody of both runs; the lead city is that of the first."""
    known = {party.code: replace(party, is_lead=False) for party in there.facts.parties}
    known |= {party.code: party for party in here.facts.parties}
    return tuple(known[code] for code in sorted(known))


def _moved_stays(side: RunInputs, year: FiscalYear) -> _Stays:
    """Give who uses which service in the run's own year, as if it were the year."""
    years = year.start_year - side.year.start_year
    if not years:
        return side.facts.participation
    return {
        service: {
            code: tuple(
                Period(_moved(each.since, years), each.until and _moved(each.until, years))
                for each in stays
            )
            for code, stays in users.items()
        }
        for service, users in side.facts.participation.items()
    }


def _moved(day: date, years: int) -> date:
    """Move a day by whole years; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


# ---- rules and the values they read --------------------------------------------------------------

_SOURCE = Source("前提の入替え")


def _framed(side: RunInputs, year: FiscalYear) -> Rules:
    """Give the run's rules as if its year were the year: what holds in it and the months around."""
    years = year.start_year - side.year.start_year
    begin, end = Month(year.start_year, 3).first, Month(year.start_year + 1, 5).first
    result: dict[tuple[str, str | None], Timeline[Rule]] = {}
    for key, timeline in side.rules.items():
        entries: dict[date, Dated[Rule]] = {}
        for dated in timeline.entries:
            since = max(_moved(dated.since, years), begin)
            if since < end:
                entries[since] = Dated(since, dated.value, _SOURCE)
        result[key] = Timeline(entries.values(), timeline.what)
    return result


class _Place(NamedTuple):
    """A version of a rule while it is woven: whose it is, of which cost, from which day."""

    side: RunInputs
    service: str
    category: str
    day: date


class _Weaver:
    """Puts together rules, the editions they read and their rounding (ルールの組合せ)."""

    def __init__(
        self,
        rules: _Sides,
        bases: _Sides,
        roundings: _Sides,
        frames: Mapping[int, Rules],
        values: list[Mapping[str, Fraction]],
    ) -> None:
        self._rules, self._bases, self._roundings = rules, bases, roundings
        self._frames, self._values = frames, values
        #: the values that the rules woven so far read
        self.series: dict[str, Series] = {}

    def rules(self, subjects: Iterable[tuple[str, str]]) -> Rules:
        """Weave the rules of these costs; one that the run does not have comes from the other."""
        result: dict[tuple[str, str | None], Timeline[Rule]] = {}
        for service, category in dict.fromkeys(subjects):
            for side in self._rules:
                known = self._frames[id(side)]
                key = (service, category) if (service, category) in known else (service, None)
                if key in known:
                    if side is self._rules[1]:
                        key = (service, category)
                    result[key] = self._timeline(side, service, category)
                    break
        return result

    def _timeline(self, side: RunInputs, service: str, category: str) -> Timeline[Rule]:
        timelines = [
            timeline_of(self._frames[id(each)], service, category)
            for each in (side, self._bases[0], self._roundings[0])
        ]
        days = {dated.since for timeline in timelines if timeline for dated in timeline.entries}
        entries: list[Dated[Rule]] = []
        for day in sorted(days):
            place = _Place(side, service, category, day)
            dated = self._entry(place, side)
            if dated is None:
                continue
            value = dated.value and self._version(dated.value, place)
            if not entries or entries[-1].value != value:
                entries.append(Dated(day, value, _SOURCE))
        return Timeline(entries)

    def _entry(self, place: _Place, side: RunInputs) -> Dated[Rule] | None:
        """Give what holds on a day for a cost in a run, a 廃止 included."""
        timeline = timeline_of(self._frames[id(side)], place.service, place.category)
        earlier = [each for each in timeline.entries if each.since <= place.day] if timeline else []
        return earlier[-1] if earlier else None

    def _version(self, rule: Rule, place: _Place) -> Rule:
        parts = tuple(self._component(part, place) for part in rule.components)
        other = self._entry(place, self._roundings[0])
        rounding = other.value.rounding if other and other.value else rule.rounding
        return replace(rule, components=parts, rounding=rounding)

    def _component(self, part: Component, place: _Place) -> Component:
        """Let a component read the edition of the chosen run."""
        own = place.side.facts.series.get(part.series or "")
        if own is None:
            return part
        here, there = (
            own if side is place.side else self._counterpart(part, place, side)
            for side in self._bases
        )
        values = {**(there.values if there else {}), **(here or own).values}
        key = self._named(values)
        self.series[key] = Series(key, own.label, values)
        return replace(part, series=key)

    def _counterpart(self, part: Component, place: _Place, side: RunInputs) -> Series | None:
        """Give the edition of the other run: of the same component, else the latest alike."""
        dated = self._entry(place, side)
        for each in dated.value.components if dated and dated.value else ():
            if each.key == part.key and (found := side.facts.series.get(each.series or "")):
                return found
        alike = [
            (str(series.reference_date or ""), key)
            for key, series in side.facts.series.items()
            if _kind(key) == _kind(part.series or "")
        ]
        return side.facts.series[max(alike)[1]] if alike else None

    def _named(self, values: Mapping[str, Fraction]) -> str:
        """Name a set of values, the same ones always alike."""
        if values not in self._values:
            self._values.append(values)
        return f"values{self._values.index(values)}"


def _kind(key: str) -> str:
    """Give the key of the series an edition belongs to, see `pinning.edition_key`."""
    return key.partition("@")[0]
