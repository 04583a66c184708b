"""Rules and values in one line, as statements and screens print them (文)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from consortium.domain.sharing.dating import Dating
from consortium.domain.sharing.facts import Series
from consortium.domain.sharing.rule import Component, Rule, plain
from consortium.domain.sharing.sentences import rule_note, rule_text, series_note
from consortium.domain.yen import Rounding
from tests.domain.agreement import EQUAL, by_table, make_rule

TWENTY = replace(EQUAL, weight=Fraction(20))


def test_a_rule_is_one_line() -> None:
    assert rule_text(Rule((TWENTY, by_table(80)))) == (
        "均等割20・台数割80。構成割ごとに1円未満を切捨て、端数は最大剰余。"
        "年度途中の加入・脱退は月割。"
    )
    rounding = Rounding(10_000, "half_up", "item", "lead")
    assert rule_text(Rule((by_table("9.5"),), rounding)) == (
        "台数割9.5。費目ごとに10,000円未満を四捨五入、端数は幹事市負担。"
        "年度途中の加入・脱退は月割。"
    )


def test_a_rule_version_is_written_with_its_day_and_source() -> None:
    note = rule_note(make_rule(EQUAL))
    assert note.startswith("平成27年4月1日施行（協定書(例) 第5条 2014-12-01 議決）：均等割1。")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(80), "80"),
        (Fraction(0), "0"),
        (Fraction(19, 2), "9.5"),
        (Fraction(1, 1_000_000), "0.000001"),
        (Fraction(21, 20), "1.05"),
        (Fraction(1, 3), "1/3"),
        (Fraction(1, 10_000_000), "1/10000000"),
    ],
)
def test_weights_are_written_as_people_do(value: Fraction, text: str) -> None:
    assert plain(value) == text


def test_values_are_named_with_day_edition_certainty_and_source() -> None:
    full = Series("p", "人口", {}, date(2020, 10, 1), "速報", "見込", "統計局")
    assert series_note(full) == "人口（令和2年10月1日時点、速報）【見込】出典：統計局"
    assert series_note(Series("u", "端末台数", {})) == "端末台数"
    assert (
        series_note(Series("u", "端末台数", {}, date(2021, 4, 1)))
        == "端末台数（令和3年4月1日時点）"
    )


def test_a_rule_of_another_kind_is_told_with_what_it_needs() -> None:
    host = Component("h", "host", "幹事負担", Fraction(40), own={"022021": Fraction(1)})
    power = Component(
        "p", "power", "逓減人口割", Fraction(50), "population", power=Fraction("0.585"),
        dating=Dating("previous_fiscal_year", month_day=(9, 30)),
    )  # fmt: skip
    own = {"022021": Fraction(100), "022101": Fraction(100), "023612": Fraction("1234.5")}
    fixed = Component("f", "fixed", "均等割", Fraction(10), own=own, own_source="第8条")
    rule = Rule((host, power, fixed), Rounding(residual="lead", ratio_digits=3), leaving="year")
    names = {"022021": "弘前市", "022101": "平川市"}
    assert rule_text(rule, names) == (
        "幹事負担40（弘前市）・逓減人口割50（指数0.585、前年度の9月30日現在）・"
        "均等割10（弘前市・平川市 100、023612 1,234.5、第8条）。"
        "負担割合は小数第3位までに丸めてから分ける。構成割ごとに1円未満を切捨て、端数は幹事市負担。"
        "年度途中の加入・脱退は月割。脱退する団体は年度末まで負担。"
    )


def test_a_percentage_and_values_for_one_category_are_told() -> None:
    percent = Component(
        "s", "percent", "基準財政需要額の割合", Fraction("0.5"), "standard",
        own={"022101": Fraction(20_000)}, own_source="旧平賀町分",
    )  # fmt: skip
    told = rule_text(Rule((percent,)), {"022101": "平川市"})
    assert told.startswith(
        "基準財政需要額の割合0.5％（区分だけの値 平川市 20,000、旧平賀町分）。構成割ごとに"
        "1円未満を切捨て。"
    )


def test_an_edition_named_for_good_does_not_change_the_sentence() -> None:
    named = Dating("frozen", first=date(2015, 10, 1), edition="平成27年国勢調査")
    told = rule_text(Rule((Component("p", "table", "人口割", Fraction(80), "p", dating=named),)))
    assert told.startswith("人口割80。")
    open_ = Dating("frozen", first=date(2015, 10, 1))
    told = rule_text(Rule((Component("p", "table", "人口割", Fraction(80), "p", dating=open_),)))
    assert told.startswith("人口割80（平成27年10月1日現在に固定）。")
