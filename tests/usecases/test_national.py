"""The national list: read strictly, searched by prefecture, name and code."""

import pytest

from consortium.domain.errors import BadInputError
from consortium.usecases.national import (
    MOST_FOUND,
    PREFECTURES,
    census_series,
    national_list,
    read_towns,
    search,
    town_of,
)

HEAD = "code,name,kind,population_2015,population_2010,households_2015,households_2010,source\n"
TSURUTA = "023841,鶴田町,町,13392,14270,4384,4402,国勢調査\n"


def test_every_municipality_is_there_with_both_censuses() -> None:
    towns = national_list()
    assert len(towns) == 1_741
    assert {town.prefecture for town in towns.values()} == set(PREFECTURES)
    assert len(PREFECTURES) == 47
    tsuruta = towns["023841"]
    assert (tsuruta.name, tsuruta.prefecture) == ("鶴田町", "青森県")
    assert tsuruta.population == {2010: 14_270, 2015: 13_392}


def test_the_list_is_read_once() -> None:
    assert national_list() is national_list()


def test_its_populations_are_two_editions_of_the_basis() -> None:
    newest, older = census_series()
    assert (newest.edition, older.edition) == ("平成27年国勢調査", "平成22年国勢調査(組替)")
    assert newest.values["022021"] == 177_411
    assert older.values["022021"] == 183_473
    assert sum(newest.values.values()) == 127_094_745  # the population of Japan in 2015


@pytest.mark.parametrize(
    ("prefecture", "text", "names"),
    [
        ("", "鶴田", ["鶴田町"]),
        ("", " 鶴 田 ", ["鶴田町"]),
        ("13", "府中", ["府中市"]),
        ("", "府中", ["府中市", "府中市", "府中町"]),
        ("", "０２３８", ["板柳町", "鶴田町", "中泊町"]),
        ("02", "存在しない", []),
        ("", "", []),
        ("99", "", []),
    ],
)
def test_towns_are_found_by_prefecture_name_and_code(
    prefecture: str, text: str, names: list[str]
) -> None:
    assert [town.name for town in search(prefecture, text).towns] == names


def test_a_name_is_found_however_its_signs_are_written() -> None:
    # The list writes 塚 and 都 with compatibility characters in some names.
    assert {town.name for town in search("", "宝塚").towns} == {"宝塚市"}


@pytest.mark.parametrize("text", ["六ヶ所", "六ケ所", "六ｹ所", "六カ所", "六ヵ所"])
def test_the_small_and_the_large_ke_and_ka_are_one_sign(text: str) -> None:
    assert [town.name for town in search("02", text).towns] == ["六ヶ所村"]
    # A name that has the large sign is found as before.
    assert [town.name for town in search("01", "ニセコ").towns] == ["ニセコ町"]


def test_of_many_towns_the_first_are_shown_and_all_are_counted() -> None:
    found = search("01", "")
    assert (len(found.towns), found.total) == (MOST_FOUND, 179)
    assert search("02", "").total == 40


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(BadInputError, match="全国の一覧（1,741団体）にありません"):
        town_of("999999")


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        (TSURUTA + TSURUTA, "list.csv:3 code"),
        (TSURUTA.replace("023841", "023842"), "list.csv:2 code"),
        (TSURUTA.replace("13392", "13,392"), "list.csv:2"),
        (TSURUTA.replace("13392", "-1"), "list.csv:2 population_2015"),
        (TSURUTA.replace("4402", "-1"), "list.csv:2 households_2010"),
        (TSURUTA.replace("町,町", "町,郡"), "list.csv:2 kind"),
        (TSURUTA.replace("鶴田町", ""), "list.csv:2 name"),
        (TSURUTA.replace("国勢調査", ""), "list.csv:2 source"),
        (TSURUTA.replace("023841", "990000").replace("990000", "990001"), "list.csv:2 code"),
    ],
)
def test_a_wrong_list_is_refused_with_line_and_column(rows: str, place: str) -> None:
    with pytest.raises(BadInputError) as refused:
        read_towns((HEAD + rows).encode(), "list.csv")
    assert refused.value.path == place


def test_another_heading_is_refused() -> None:
    with pytest.raises(BadInputError, match="見出し"):
        read_towns(TSURUTA.encode(), "list.csv")
