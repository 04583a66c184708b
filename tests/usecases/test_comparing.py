"""What changed between two runs, in words (変わった前提)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from consortium.domain.calendar.period import FiscalYear, Period
from consortium.domain.sharing.compare import compare
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.result import Result
from consortium.domain.timeline import Timeline
from consortium.usecases.comparing import ChangedInput, changed_inputs
from tests.domain.agreement import (
    EQUAL,
    FUJISAKI,
    HIRAKAWA,
    HIROSAKI,
    by_table,
    make_facts,
    make_item,
    make_rule,
    month,
    shared,
)

pytestmark = pytest.mark.usefixtures("plain_files")

EQUALLY = make_rule(EQUAL)
UNITS = {HIROSAKI: 6_000, HIRAKAWA: 3, FUJISAKI: 1}


def lines(old: Result, new: Result) -> list[tuple[str, ...]]:
    """Give what changed, line by line."""
    return [tuple(line) for line in changed_inputs(compare(old, new), {})]


def test_nothing_changed_makes_no_line() -> None:
    assert lines(shared(100, EQUALLY), shared(100, EQUALLY)) == []


def test_an_amount_is_written_with_yen_before_and_after() -> None:
    assert lines(shared(1_000, EQUALLY), shared(-5, EQUALLY)) == [
        ("費目", "運用費：額", "1,000円", "△5円")
    ]


def test_an_item_that_came_and_one_that_went_say_amount_and_months() -> None:
    half = make_item(60, name="回線", last=month("2021-09"))
    old, new = shared([make_item(30)], EQUALLY), shared([half], EQUALLY)
    assert lines(old, new) == [
        ("費目", "回線", "－", "60円（4月〜9月）"),
        ("費目", "運用費", "30円（4月〜3月）", "－"),
    ]


def test_another_edition_says_date_name_and_certainty() -> None:
    old = make_facts(units=UNITS)
    series = replace(
        old.series["units"],
        values={code: Fraction(value) for code, value in (UNITS | {HIROSAKI: 7_000}).items()},
        reference_date=date(2022, 1, 1),
        edition="速報",
        certainty="見込",
    )
    rule = make_rule(by_table())
    results = shared(100, rule, old), shared(100, rule, replace(old, series={"units": series}))
    assert lines(*results) == [
        (
            "算定基礎",
            "端末台数：版",
            "端末台数（令和3年1月1日時点）【確定】",
            "端末台数（令和4年1月1日時点、速報）【見込】",
        ),
        ("算定基礎", "端末台数：弘前市", "6,000", "7,000"),
    ]


def test_a_basis_no_longer_used_has_no_values_after() -> None:
    facts = make_facts(units={HIROSAKI: 2, HIRAKAWA: 1, FUJISAKI: 1})
    found = lines(shared(100, make_rule(by_table()), facts), shared(100, EQUALLY, facts))
    assert ("算定基礎", "端末台数：弘前市", "2", "－") in found


def test_a_rule_names_its_category_and_what_of_it_changed() -> None:
    [line] = lines(shared(100, EQUALLY), shared(100, make_rule(EQUAL, residual="last")))
    assert line[:2] == ("負担ルール", "運用（端数処理）")
    assert "最大剰余" in line[2]
    assert "最終負担者" in line[3]


@pytest.mark.parametrize(
    ("stays", "text"),
    [
        ([Period(date(2021, 6, 1))], "6月〜3月（10か月）"),
        ([Period(date(2021, 4, 1), date(2021, 5, 1))], "4月（1か月）"),
        (
            [Period(date(2021, 4, 1), date(2021, 5, 1)), Period(date(2021, 12, 31))],
            "4月、12月〜3月（5か月）",
        ),
        ([Period(date(2023, 4, 1))], "なし"),
    ],
)
def test_months_are_written_as_ranges_of_the_fiscal_year(stays: list[Period], text: str) -> None:
    later = make_facts(stays={FUJISAKI: stays})
    assert lines(shared(100, EQUALLY), shared(100, EQUALLY, later)) == [
        ("参加した月", "藤崎町", "4月〜3月（12か月）", text)
    ]


def test_years_members_and_the_lead_city_are_named() -> None:
    year = FiscalYear(2022)
    item = make_item(100, first=year.months()[0], last=year.months()[-1])
    rules = {("", None): Timeline([EQUALLY])}
    new = share([item], rules, make_facts((HIRAKAWA, FUJISAKI), lead=FUJISAKI), year)
    old = shared(100, EQUALLY, make_facts((HIROSAKI, HIRAKAWA)))
    found = changed_inputs(compare(old, new), {2022: "令和四年度"})
    assert found[:4] == [
        ChangedInput("年度", "対象の年度", "令和3年度", "令和四年度"),
        ChangedInput("団体", "幹事市", "弘前市", "藤崎町"),
        ChangedInput("団体", "藤崎町", "－", "加わる"),
        ChangedInput("団体", "弘前市", "入っていた", "抜ける"),
    ]
