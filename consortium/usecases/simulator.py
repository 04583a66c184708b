"""What the simulator starts from (シミュレーターの入口): editions, the true history, examples."""

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Final

from consortium.db.store import bases as bases_store
from consortium.db.store import cases as store
from consortium.db.store import members as members_store
from consortium.db.store.cases import SavedCase
from consortium.db.store.members import Member, Membership
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.sharing.facts import Series
from consortium.domain.yen import Rounding, Yen
from consortium.usecases.national import census_series, national_list, town_of
from consortium.usecases.saved_cases import sees
from consortium.usecases.simulation import BASIS, MOST_YEARS, Assumed, Entrant, Sharing, Simulation
from consortium.usecases.simulation_files import Editions, edition_key
from consortium.usecases.viewer import Viewer

#: The design's example: 14,400,000 + 1,200,000 per member + 100 per resident, 30/70.
_COST: Final = Assumed(Yen(14_400_000), Yen(1_200_000), Fraction(100))
_SHARING: Final = Sharing(Fraction(30), Fraction(70), Rounding(level="item"), "monthly")
#: 鶴田町, the neighbour that has not joined; 令和2年国勢調査(速報), not in the list.
_NEIGHBOUR: Final = ("023841", Fraction(12_077))


@dataclass(frozen=True, slots=True)
class Desk:
    """What a simulation can be made of (試算の材料): editions, and the consortium's history."""

    editions: Editions
    history: tuple[Entrant, ...]
    lead: str
    saved: tuple[SavedCase, ...] = ()

    def newest(self) -> Series:
        """Give the newest edition that has a value for everybody of the history (版)."""
        codes = {each.code for each in self.history}
        return next(
            (one for one in self.editions.values() if codes <= one.values.keys()),
            next(iter(self.editions.values())),
        )


@dataclass(frozen=True, slots=True)
class Preset:
    """A simulation to start from (見本の条件)."""

    key: str
    title: str
    text: str
    simulation: Simulation


# ---- what to start from --------------------------------------------------------------------------


def open_desk(viewer: Viewer, *, with_saved: bool = False) -> Desk:
    """Read members, stays and populations, and the saved cases where asked (試算の材料)."""
    owner = viewer.consortium_id
    with reading() as session:
        towns = members_store.members(session, owner)
        stays = members_store.memberships(session, owner)
        series = bases_store.all_series(session, owner)
        saved = store.saved_cases(session, owner, sees(viewer)) if with_saved else []
    lead = next((town.code for town in towns if town.is_lead), "")
    return Desk(_editions(series.get(BASIS, ())), tuple(_history(towns, stays)), lead, tuple(saved))


def _editions(registered: tuple[Series, ...]) -> dict[str, Series]:
    """Give the populations there are: registered editions and the national list, newest first."""
    found = {edition_key(series): series for series in census_series()}
    for series in registered:
        listed = found.get(edition_key(series))
        # The list knows everybody; what the consortium registered counts for its own.
        values = {**listed.values, **series.values} if listed else series.values
        found[edition_key(series)] = replace(series, key=BASIS, values=values)
    newest_first = sorted(
        found.items(), key=lambda pair: pair[1].reference_date or date.min, reverse=True
    )
    return dict(newest_first)


def _history(towns: tuple[Member, ...], stays: tuple[Membership, ...]) -> list[Entrant]:
    """Give everybody's latest stay; of who left and came back, the earlier one is left out."""
    by_id = {town.id: town_of(town.code) for town in towns if town.code in national_list()}
    latest: dict[str, Entrant] = {}
    for stay in stays:
        if town := by_id.get(stay.member_id):
            latest[town.code] = Entrant(town.code, town.name, stay.period.since, stay.period.until)
    return sorted(latest.values(), key=lambda each: (each.since, each.code))


def presets(desk: Desk, today: date) -> tuple[Preset, ...]:
    """Give what to start from (見本の条件): a neighbour joins, the true history, nothing yet."""
    empty = Preset(
        "empty",
        "団体を選んで始める",
        "いまの構成団体に、全国の市区町村から選んで加えます。",
        _bare(desk, today),
    )
    if not desk.history:
        return (empty,)
    is_member = _NEIGHBOUR[0] in {each.code for each in desk.history}
    joins = () if is_member else (_neighbour_joins(desk, today),)
    return (*joins, _true_history(desk, today), empty)


def _neighbour_joins(desk: Desk, today: date) -> Preset:
    code, people = _NEIGHBOUR
    town, coming = town_of(code), FiscalYear.containing(today).next()
    simulation = replace(
        _bare(desk, today),
        name=f"{town.name}が加入したら",
        entrants=(
            *_belonging(desk, today),
            Entrant(code, town.name, coming.period.since, None, people),
        ),
    )
    text = "いまの構成団体に、来年度から一団体が加わる例です。"
    return Preset("neighbour", simulation.name, text, simulation)


def _true_history(desk: Desk, today: date) -> Preset:
    began, year = desk.history[0].since, FiscalYear.containing(today)
    earliest = FiscalYear(year.start_year - MOST_YEARS + 1)
    first = max(FiscalYear.containing(began), earliest)
    simulation = replace(
        _bare(desk, today),
        name="これまでの加入",
        first=first,
        last=year,
        base_day=max(began, first.period.since),
        entrants=desk.history,
    )
    text = "いまの構成団体が加入した日ごとに、負担がどう変わったかを、同じ条件でたどります。"
    return Preset("history", "これまでの加入をたどる", text, simulation)


def _belonging(desk: Desk, today: date) -> tuple[Entrant, ...]:
    return tuple(each for each in desk.history if each.period.contains(today))


def _bare(desk: Desk, today: date) -> Simulation:
    year = FiscalYear.containing(today)
    return Simulation(
        "", year, FiscalYear(year.start_year + 3), today, _belonging(desk, today),
        desk.lead, desk.newest(), _COST, _SHARING,
    )  # fmt: skip
