"""Rules and values in one line, as statements and screens print them (文)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from consortium.domain.sharing.facts import Series
from consortium.domain.sharing.rule import Rule, plain
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
