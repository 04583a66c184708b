"""What another 本稼働日 costs whom (負担額の変化), by the table of the design to the yen."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from consortium.db.store.inputs import Grounds
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.errors import NotInForceError
from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.facts import Party, Series
from consortium.domain.sharing.result import CostItem
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.timeline import Dated, Source, Timeline
from consortium.domain.yen import Rounding, Yen
from consortium.usecases.plan_yen import (
    Joiner,
    YearGrounds,
    read_years,
    with_costs_of,
    years_touched,
    yen_of,
)
from tests.factories import seed_sample
from tests.seven import POPULATION, TOWNS

YEAR = FiscalYear(2019)
TODAY = date(2019, 1, 10)
HIRAKAWA = Joiner("022101", "平川市", "core")
DAYS = (date(2019, 4, 1), date(2019, 7, 2), date(2019, 8, 1))
FOUR = ("022021", "023434", "023621", "023671")

#: 団体コード → what it pays from 2019-04-01, 2019-07-02 and 2019-08-01: the design, section 8.
TABLE = {
    "022021": (79_371_485, 82_720_867, 83_837_328),
    "022101": (18_295_173, 13_721_380, 12_196_782),
    "023621": (8_867_130, 9_333_444, 9_488_882),
    "023671": (8_071_442, 8_505_218, 8_649_810),
    "023434": (5_394_770, 5_719_091, 5_827_198),
}
DIFFERENCES = {
    "022021": 3_349_382,
    "022101": -4_573_793,
    "023621": 466_314,
    "023671": 433_776,
    "023434": 324_321,
}


def grounds(proration: str = "monthly", level: str = "component") -> Grounds:
    """Give FY2019 of the four towns: 120,000,000円, 20/80, census 2015 (第8節の例)."""
    names = {town.code: town.name for town in TOWNS}
    census = date(2015, 10, 1)
    people = {
        town.code: Fraction(count) for town, count in zip(TOWNS, POPULATION[census], strict=True)
    }
    rule = Rule(
        (
            Component("equal", "equal", "均等割", Fraction(20)),
            Component("population", "table", "人口割", Fraction(80), "population"),
        ),
        Rounding(level=level),
        proration,
    )
    dated = Dated(date(2015, 4, 1), rule, Source("見本の協定書"))
    months = YEAR.months()
    return Grounds(
        (CostItem(1, "運用費", "運用", Yen(120_000_000), months[0], months[-1], "core"),),
        {("core", None): Timeline([dated], "負担ルール")},
        {"population": (Series("population", "国勢調査人口", people, census, "平成27年"),)},
        tuple(Party(code, names[code], code == "022021") for code in FOUR),
        {"core": {code: (Period(date(2015, 4, 1)),) for code in FOUR}},
    )


def year_of(given: Grounds) -> YearGrounds:
    """Give the grounds as those of the year."""
    return YearGrounds(YEAR, "令和元年度", "令和元年度 当初の費用", False, given, Agreement())


@pytest.mark.parametrize("level", ["component", "item"])
def test_the_table_of_the_design_comes_out_to_the_yen(level: str) -> None:
    found = yen_of(year_of(grounds(level=level)), HIRAKAWA, DAYS, TODAY)
    assert {line.code: line.amounts for line in found.lines} == TABLE
    assert {line.code: line.differences[0] for line in found.lines} == DIFFERENCES
    assert found.totals == (120_000_000,) * 3
    assert found.prorations == ("月割",)


def test_what_is_registered_of_the_town_gives_way_but_an_earlier_stay_counts() -> None:
    given = grounds()
    stays = {
        **given.participation["core"],
        "022101": (Period(date(2016, 4, 1), date(2018, 4, 1)), Period(date(2019, 4, 1))),
    }
    already = given._replace(participation={"core": stays})
    found = yen_of(year_of(already), HIRAKAWA, DAYS, TODAY)
    assert {line.code: line.amounts for line in found.lines} == TABLE


def test_the_way_of_counting_months_decides_the_yen() -> None:
    whole = yen_of(year_of(grounds("none")), HIRAKAWA, DAYS, TODAY)
    # 年額: whoever is there in any month counts for all twelve, so nothing moves inside the year.
    assert whole.prorations == ("年額",)
    assert not any(any(line.differences) for line in whole.lines)
    # Into the next year it is the whole amount that 平川市 no longer pays.
    later = yen_of(year_of(grounds("none")), HIRAKAWA, (DAYS[0], date(2020, 4, 1)), TODAY)
    assert {line.code: line.amounts[1] for line in later.lines}["022101"] == 0
    assert later.totals == (120_000_000, 120_000_000)


def test_a_missing_value_of_the_new_town_is_an_answer_that_names_it() -> None:
    stranger = Joiner("023841", "鶴田町", "core")
    found = yen_of(year_of(grounds()), stranger, DAYS, TODAY)
    assert isinstance(found.refusal, NotInForceError)
    assert "鶴田町（023841）の値が登録されていません" in found.refusal.found
    assert "国勢調査人口" in found.refusal.asked
    assert found.lines == ()


def test_years_are_those_from_the_earliest_day_to_the_latest() -> None:
    assert years_touched((date(2020, 4, 3), date(2019, 3, 31))) == tuple(
        FiscalYear(year) for year in (2018, 2019, 2020)
    )


def test_costs_of_another_year_move_by_whole_years_with_whom_they_are_charged_to() -> None:
    own = Party("023817", "板柳町")
    source = grounds()
    item = replace(source.items[0], charge_to=own.code, first=Month(2019, 6), last=Month(2020, 3))
    other = source._replace(items=(item,), parties=(*source.parties, own))
    found = with_costs_of(source._replace(items=()), other, 2)
    assert [(each.first, each.last) for each in found.items] == [(Month(2021, 6), Month(2022, 3))]
    assert [party.code for party in found.parties] == [*FOUR, own.code]


@pytest.mark.usefixtures("database")
def test_a_year_without_costs_says_whose_costs_stand_in() -> None:
    owner = seed_sample().consortium_id
    with reading() as session:
        last, after = read_years(session, owner, (FiscalYear(2021), FiscalYear(2040)))
    assert (last.costs, last.is_assumed) == ("令和3年度 確定の費用", False)
    assert after.is_assumed
    assert after.label == "令和22年度"
    assert after.costs.startswith("見込：令和")
    assert after.costs.endswith("当初の費用による")
    assert {each.first.year for each in after.grounds.items} <= {2040, 2041}
    assert after.grounds.items
