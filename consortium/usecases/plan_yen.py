"""What a new 本稼働日 costs whom (負担額の変化): the sharing engine in memory, saved nowhere.

The joining town is put into the grounds of each fiscal year as if it used the service from one day
or from another; everything else stays as registered. A refusal of the engine is an answer, too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from consortium.db.store import costs, inputs, settings
from consortium.db.store.agreement import load_agreement
from consortium.db.store.inputs import Grounds
from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import DomainError
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Party
from consortium.domain.sharing.proration import PRORATIONS
from consortium.domain.sharing.result import CostItem, Result
from consortium.domain.yen import Yen, total

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Stage by which a year without costs of its own is estimated, where there is one (当初).
PLANNED = "planned"


@dataclass(frozen=True, slots=True)
class Joiner:
    """The town that is going to use a service (加入予定団体)."""

    code: str
    name: str
    #: key of the service
    service: str


@dataclass(frozen=True, slots=True)
class YearGrounds:
    """What one fiscal year is shared from (年度の材料)."""

    year: FiscalYear
    label: str
    #: whose costs these are, e.g. 令和元年度 当初の費用
    costs: str
    #: True where another year's costs stand in (見込)
    is_assumed: bool
    grounds: Grounds
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class MemberYen:
    """What one member pays under each 本稼働日, in their order (団体の行)."""

    code: str
    name: str
    amounts: tuple[Yen, ...]

    @property
    def differences(self) -> tuple[Yen, ...]:
        """Give what each later one adds to the first (増減)."""
        return tuple(Yen(amount - self.amounts[0]) for amount in self.amounts[1:])


@dataclass(frozen=True, slots=True)
class YearYen:
    """One fiscal year under each 本稼働日 (年度の負担額の変化)."""

    year: FiscalYear
    label: str
    costs: str
    is_assumed: bool
    #: how months are counted, by name: it decides the yen (按分の期間の取り方)
    prorations: tuple[str, ...]
    #: empty where the engine refused
    lines: tuple[MemberYen, ...]
    totals: tuple[Yen, ...]
    refusal: DomainError | None = None

    @property
    def missing_basis(self) -> str:
        """Name the edition of a basis that lacks a member's value, empty for any other refusal."""
        todo = self.refusal.todo if self.refusal else ""
        _, is_basis, rest = todo.partition("算定基礎「")
        return rest.partition("」")[0] if is_basis else ""


def years_touched(days: Iterable[date]) -> tuple[FiscalYear, ...]:
    """Give the fiscal years from the earliest day to the latest (関わる年度)."""
    years = sorted(FiscalYear.containing(day).start_year for day in days)
    return tuple(FiscalYear(year) for year in range(years[0], years[-1] + 1))


# ---- reading -------------------------------------------------------------------------------------


def read_years(
    session: "Session", consortium_id: str, years: Sequence[FiscalYear]
) -> tuple[YearGrounds, ...]:
    """Read what the years are shared from; without costs anywhere there is nothing to say.

    A year without costs of its own takes those of the latest year that has any, and says so.
    """
    counts = costs.stage_counts(session, consortium_id)
    if not counts:
        return ()
    labels = settings.settings_of(session, consortium_id).year_labels
    found = []
    for year in years:
        source, stage = _costs_for(year, counts)
        name = f"{fiscal_year_label(source, labels)} {STAGES[stage]}"
        grounds = inputs.read_grounds(session, consortium_id, year, stage)
        is_assumed = source != year
        if is_assumed:
            other = inputs.read_grounds(session, consortium_id, source, stage)
            grounds = with_costs_of(grounds, other, year.start_year - source.start_year)
        agreement = load_agreement(session, consortium_id, year, stage, grounds.items)
        said = f"見込：{name}の費用による" if is_assumed else f"{name}の費用"
        label = fiscal_year_label(year, labels)
        found.append(YearGrounds(year, label, said, is_assumed, grounds, agreement))
    return tuple(found)


def _costs_for(year: FiscalYear, counts: Mapping[tuple[int, str], int]) -> tuple[FiscalYear, str]:
    """Give year and stage of the costs: its own by the last stage, else the latest planned ones."""
    order = list(STAGES)
    own = [stage for start, stage in counts if start == year.start_year]
    if own:
        return year, max(own, key=order.index)
    planned = [key for key in counts if key[1] == PLANNED] or list(counts)
    start, stage = max(planned, key=lambda key: (key[0], order.index(key[1])))
    return FiscalYear(start), stage


def with_costs_of(grounds: Grounds, other: Grounds, later: int) -> Grounds:
    """Put the costs of another year, so many years later, into a year without any (見込の費用)."""
    known = {party.code for party in grounds.parties}
    charged = {item.charge_to for item in other.items}
    more = [each for each in other.parties if each.code in charged and each.code not in known]
    return grounds._replace(
        items=tuple(_moved(item, later) for item in other.items),
        parties=_in_order((*grounds.parties, *more)),
    )


def _moved(item: CostItem, years: int) -> CostItem:
    first, last = (Month(each.year + years, each.month) for each in (item.first, item.last))
    return replace(item, first=first, last=last)


# ---- sharing -------------------------------------------------------------------------------------


def yen_of(year: YearGrounds, joiner: Joiner, days: Sequence[date], as_of: date) -> YearYen:
    """Share the costs of a year once for each 本稼働日, the first of which is the old one.

    `as_of`: editions of a basis count as they were published by that day.
    """
    try:
        results = tuple(_share(year, joiner, days, day, as_of) for day in days)
    except DomainError as refusal:
        return YearYen(year.year, year.label, year.costs, year.is_assumed, (), (), (), refusal)
    parties = results[0].parties
    lines = tuple(
        MemberYen(each.code, each.name, tuple(result.amount(each.code) for result in results))
        for each in parties
    )
    return YearYen(
        year.year,
        year.label,
        year.costs,
        year.is_assumed,
        _prorations(results),
        lines,
        tuple(total(line.amounts[n] for line in lines) for n in range(len(days))),
    )


def _share(
    year: YearGrounds, joiner: Joiner, days: Sequence[date], day: date, as_of: date
) -> Result:
    grounds = with_joiner(year.grounds, joiner, day, min(days))
    given = grounds.inputs(year.year, as_of)
    return share(
        given.items, given.rules, given.facts, year.year, agreement=year.agreement, recorded=False
    )


def with_joiner(grounds: Grounds, joiner: Joiner, since: date, earliest: date) -> Grounds:
    """Let the town use the service from a day on, whatever is registered from `earliest` on."""
    others = grounds.participation.get(joiner.service, {})
    stays = others.get(joiner.code, ())
    kept = [stay for stay in stays if stay.until is not None and stay.until <= earliest]
    used = {**others, joiner.code: (*kept, Period(since))}
    parties = {each.code: each for each in grounds.parties}
    parties.setdefault(joiner.code, Party(joiner.code, joiner.name))
    return grounds._replace(
        parties=_in_order(parties.values()),
        participation={**grounds.participation, joiner.service: used},
    )


def _in_order(parties: Iterable[Party]) -> tuple[Party, ...]:
    return tuple(sorted(parties, key=lambda each: each.code))


def _prorations(results: Iterable[Result]) -> tuple[str, ...]:
    keys = (pot.rule.proration for result in results for pot in result.pots)
    return tuple(PRORATIONS[key].label for key in dict.fromkeys(keys))
