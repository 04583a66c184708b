"""A fiscal year's rules name the very editions they use."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, NotInForceError
from consortium.domain.sharing.dating import Dating
from consortium.domain.sharing.facts import Series
from consortium.domain.sharing.pinning import edition_key, pin
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.timeline import Dated, Source, Timeline

FY2021 = FiscalYear(2021)
AS_OF = date(2021, 4, 1)
WHOSE = ("shared", None)
EQUAL = Component("equal", "equal", "均等割", Fraction(20))
POPULATION = Component(
    "population", "table", "人口割", Fraction(80), "population", dating=Dating("latest")
)
OLD = Series("population", "国勢調査人口", {"022021": Fraction(183473)}, date(2010, 10, 1), "22年")
NEW = Series("population", "国勢調査人口", {"022021": Fraction(177411)}, date(2015, 10, 1), "27年")
NEW_KEY = "population@2015-10-01/27年"


def rules(*versions):
    return {WHOSE: Timeline([Dated(date.fromisoformat(since), value, Source("協定書"))
                             for since, value in versions], "負担ルール")}  # fmt: skip


def pinned(given, editions=(OLD, NEW), as_of=AS_OF):
    found, used = pin(given, {"population": editions}, FY2021, as_of)
    return [entry.value for entry in found[WHOSE].entries], used


def test_a_component_names_the_edition_and_keeps_its_own_name():
    (rule,), used = pinned(rules(("2015-04-01", Rule((EQUAL, POPULATION)))))
    assert rule.components == (EQUAL, replace(POPULATION, series=NEW_KEY, dating=None))
    assert used == {NEW_KEY: replace(NEW, key=NEW_KEY)}


def test_each_version_in_force_in_the_year_is_pinned_by_its_own_date_rule():
    frozen = replace(POPULATION, dating=Dating("frozen", first=date(2010, 10, 1)))
    (before, after), used = pinned(
        rules(("2015-04-01", Rule((frozen,))), ("2021-10-01", Rule((POPULATION,))))
    )
    assert before.components[0].series == "population@2010-10-01/22年"
    assert after.components[0].series == NEW_KEY
    assert sorted(used) == ["population@2010-10-01/22年", NEW_KEY]


def test_versions_out_of_the_year_are_left_alone_even_where_nothing_fits_them():
    hopeless = Rule((replace(POPULATION, dating=Dating("frozen", first=date(1999, 1, 1))),))
    (past, present, future), used = pinned(
        rules(
            ("2015-04-01", hopeless),
            ("2021-04-01", Rule((POPULATION,))),
            ("2022-04-01", hopeless),
        )
    )
    assert (past, future) == (hopeless, hopeless)
    assert present.components[0].series == NEW_KEY
    assert list(used) == [NEW_KEY]


@pytest.mark.parametrize("since", ["2015-04-01", "2022-03-31"])
def test_a_version_in_force_for_one_day_of_the_year_counts(since):
    hopeless = Rule((replace(POPULATION, dating=Dating("frozen", first=date(1999, 1, 1))),))
    following = [("2021-04-02", Rule((EQUAL,)))] if since < "2021" else []
    with pytest.raises(NotInForceError, match=r"国勢調査人口.*平成11年1月1日"):
        pinned(rules((since, hopeless), *following))


@pytest.mark.parametrize(("until", "is_pinned"), [("2021-04-01", True), ("2021-03-31", False)])
def test_a_version_that_ended_with_march_is_pinned_for_who_joins_in_april(until, is_pinned):
    # 加入金 of a joiner of 1 April goes to the others by their ratio of March.
    old = replace(POPULATION, dating=Dating("frozen", first=date(2010, 10, 1)))
    (before, _), used = pinned(rules(("2015-04-01", Rule((old,))), (until, Rule((EQUAL,)))))
    assert (before.components[0].dating is None) is is_pinned
    assert list(used) == (["population@2010-10-01/22年"] if is_pinned else [])


def test_the_end_of_a_rule_stays_an_end():
    values, _ = pinned(rules(("2015-04-01", Rule((POPULATION,))), ("2021-10-01", None)))
    assert values[1] is None


def test_without_a_date_rule_the_only_edition_is_meant():
    plain = Rule((replace(POPULATION, dating=None),))
    (rule,), _ = pinned(rules(("2015-04-01", plain)), editions=(OLD,))
    assert rule.components[0].series == "population@2010-10-01/22年"


def test_without_a_date_rule_several_editions_are_refused_with_the_choice():
    plain = Rule((replace(POPULATION, dating=None),))
    with pytest.raises(BadInputError) as refusal:
        pinned(rules(("2015-04-01", plain)))
    assert refusal.value.path == "dating"
    assert "2010-10-01（22年）、2015-10-01（27年）" in refusal.value.found


def test_a_series_that_is_not_there_is_refused():
    other = Rule((replace(POPULATION, series="households"),))
    with pytest.raises(BadInputError, match="算定基礎「households」がありません") as refusal:
        pinned(rules(("2015-04-01", other)))
    assert refusal.value.path == "basis"


def test_an_edition_without_a_day_has_a_key_too():
    assert edition_key("desks", None, "") == "desks@/"
