"""Each kind of component and each proration by hand, with its sentences (構成割と按分期間)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from consortium.domain.calendar.period import Period
from consortium.domain.errors import BadInputError, NotInForceError
from consortium.domain.sharing.document import read, write
from consortium.domain.sharing.result import CostItem, Result, Usage
from consortium.domain.sharing.roots import check_exponent, integer_root, power_of
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.yen import Rounding, Yen
from tests.domain.agreement import (
    EQUAL,
    FUJISAKI,
    HIRAKAWA,
    HIROSAKI,
    TWO,
    YEAR_OF_MONTHS,
    by_table,
    make_facts,
    make_item,
    make_rule,
    month,
    shared,
    why,
)

# ---- weights that stand in the rule ----------------------------------------------------------

TOWNS = Component(
    *("towns", "fixed", "市町割", Fraction(1)),
    own={HIROSAKI: Fraction(100), HIRAKAWA: Fraction(100), FUJISAKI: Fraction(50)},
)
HOST = Component(*("host", "host", "幹事・所在地負担", Fraction(40)), own={HIROSAKI: Fraction(1)})


def test_fixed_weights_are_those_of_the_rule() -> None:
    result = shared(1_000, make_rule(TOWNS))
    assert result.amounts == (400, 400, 200)
    assert result.series == ()
    assert why(result, FUJISAKI) == [
        "「運用費」1,000円のうち、藤崎町の負担額は200円です。",
        "  市町割（1/1）：1,000円（1,000円の全部）のうち200円です。",
        f"    {YEAR_OF_MONTHS} 1,000円 × 市町割 50 ÷ 参加3団体の計 250 ＝ 200円",
        (
            "    正確な額は200円。円未満を切り捨てて200円。"
            "切り捨てた部分の大きさは3番目で、加算はありません（最大剰余）。"
        ),
    ]


def test_a_member_without_a_fixed_weight_is_refused_by_name() -> None:
    part = replace(TOWNS, own={HIROSAKI: Fraction(1), HIRAKAWA: Fraction(0)})
    with pytest.raises(NotInForceError) as refusal:
        shared(1_000, make_rule(part))
    assert "藤崎町（023612）の割合がルールに書かれていません" in str(refusal.value)
    assert "市町割により按分しようとしました" in refusal.value.asked


def test_the_host_bears_its_component_alone() -> None:
    result = shared(1_000, make_rule(HOST, replace(EQUAL, weight=Fraction(60))))
    assert result.amounts == (600, 200, 200)
    assert result.items[0].portions[0].cuts == ((400, 0, 0), (200, 200, 200))
    host = f"    {YEAR_OF_MONTHS} 400円 × 幹事・所在地の団体"
    assert f"{host}が全額 ＝ 400円" in why(result, HIROSAKI)
    assert f"{host}ではないので0 ＝ 0円" in why(result, HIRAKAWA)


def test_a_host_that_is_not_there_is_refused_by_its_code() -> None:
    facts = make_facts(stays={HIROSAKI: [Period(date(2021, 5, 1))]})
    with pytest.raises(NotInForceError) as refusal:
        shared(1_000, make_rule(HOST), facts)
    assert "022021" in refusal.value.found
    assert "幹事・所在地負担" in refusal.value.asked


# ---- powers and single values ----------------------------------------------------------------


def test_a_power_makes_large_members_lighter() -> None:
    part = Component("area", "power", "逓減割", Fraction(1), "units", power=Fraction(1, 2))
    facts = make_facts(units={HIROSAKI: 900, HIRAKAWA: 400, FUJISAKI: 100})
    result = shared(600, make_rule(part), facts)
    # Square roots 30, 20, 10.
    assert result.amounts == (300, 200, 100)
    assert why(result, HIRAKAWA)[2] == (
        f"    {YEAR_OF_MONTHS} 600円 × 端末台数 400の0.5乗 20 ÷ 参加3団体の計 60 ＝ 200円"
    )


def test_without_an_exponent_a_power_is_the_value_itself() -> None:
    part = Component("area", "power", "逓減割", Fraction(1), "units")
    facts = make_facts(units={HIROSAKI: 3, HIRAKAWA: 2, FUJISAKI: 1})
    assert shared(600, make_rule(part), facts).amounts == (300, 200, 100)


@pytest.mark.parametrize(
    ("value", "exponent", "power"),
    [
        (9, "0.5", Fraction(3)),
        # √2 = 1.414213562373095…
        (2, "0.5", Fraction(1_414_213_562_373, 10**12)),
        (0, "0.5", Fraction(0)),
        (1, "0.585", Fraction(1)),
        (5, "1", Fraction(5)),
        (5, "3", Fraction(125)),
        (8, "2/3", Fraction(4)),
        (Fraction(1, 4), "1.5", Fraction(1, 8)),
        # 2 ** 0.585 = 1.500038989285818…: 1.5 times for double the population.
        (2, "0.585", Fraction(1_500_038_989_285, 10**12)),
    ],
)
def test_powers_are_exact_or_cut_off_after_twelve_decimals(
    value: int | Fraction, exponent: str, power: Fraction
) -> None:
    assert power_of(Fraction(value), Fraction(exponent)) == power


@pytest.mark.parametrize(
    ("number", "degree", "root"),
    [
        (0, 3, 0),
        (1, 7, 1),
        (2, 3, 1),
        (7, 3, 1),
        (8, 3, 2),
        (26, 3, 2),
        (27, 3, 3),
        (28, 3, 3),
        (63, 6, 1),
        (64, 6, 2),
        (80, 1, 80),
    ],
)
def test_whole_roots_are_cut_off(number: int, degree: int, root: int) -> None:
    assert integer_root(number, degree) == root


@pytest.mark.parametrize("exponent", ["0", "-0.5", "3.0001", "1/10001"])
def test_an_exponent_that_nobody_means_is_refused(exponent: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        power_of(Fraction(4), Fraction(exponent))
    assert refusal.value.path == "power"
    assert f"指数が {Fraction(exponent)} です" in refusal.value.found


@pytest.mark.parametrize("exponent", ["3", "0.0001", "1/10000", "0.585"])
def test_the_edges_of_the_exponents_are_inside(exponent: str) -> None:
    check_exponent(Fraction(exponent))


@pytest.mark.parametrize(
    ("source", "said"),
    [("第6条 旧平賀・旧碇ケ関", "第6条 旧平賀・旧碇ケ関"), ("", "負担ルールに書かれた値")],
)
def test_a_single_value_of_the_rule_goes_before_the_table(source: str, said: str) -> None:
    part = replace(by_table(), own={HIRAKAWA: Fraction(6)}, own_source=source)
    # Only 平川市 has a value of the rule's own; the table need not know it.
    facts = make_facts(units={HIROSAKI: 3, FUJISAKI: 2})
    result = shared(1_100, make_rule(part), facts)
    assert result.amounts == (300, 600, 200)
    assert why(result, HIRAKAWA)[2] == (
        f"    {YEAR_OF_MONTHS} 1,100円 × 端末台数 6（{said}） ÷ 参加3団体の計 11 ＝ 600円"
    )
    assert "端末台数 3 ÷" in why(result, HIROSAKI)[2]


def test_a_table_that_is_not_there_is_refused_by_its_key() -> None:
    with pytest.raises(BadInputError) as refusal:
        shared(100, make_rule(by_table(key="desks", label="机割")))
    assert refusal.value.path == "basis"
    assert "「desks」がありません" in refusal.value.found
    assert "机割" in refusal.value.asked


# ---- a percentage of each member's own value -------------------------------------------------

PERCENT = Component("units", "percent", "台数の割合", Fraction("0.25"), "units")
OWN_VALUES = {HIROSAKI: 1_000_001, HIRAKAWA: 400, FUJISAKI: 0}


def percents(level: str, mode: str = "half_up", unit: int = 1) -> Result:
    """Share by a percentage; 平川市 is there from October."""
    facts = make_facts(units=OWN_VALUES, stays={HIRAKAWA: [Period(date(2021, 10, 1))]})
    rule = make_rule(PERCENT, level=level, mode=mode, unit=unit, residual="lead")
    return shared(0, rule, facts)


@pytest.mark.parametrize("level", ["component", "item"])
def test_the_total_of_a_percentage_is_an_output(level: str) -> None:
    # 1,000,001 × 0.25 % = 2,500.0025; 400 × 0.25 % × 6/12 = 0.5.
    result = percents(level)
    assert read(write(result)) == result
    assert result.amounts == (2_500, 1, 0)
    assert result.total == result.items[0].item.amount == 2_501
    assert percents(level, "floor").amounts == (2_500, 0, 0)
    assert percents(level, "ceil").amounts == (2_501, 1, 0)
    assert percents(level, "half_up", 1_000).amounts == (3_000, 0, 0)


def test_a_percentage_is_explained() -> None:
    # Windows are those of the members: 藤崎町 and 弘前市 are there in both.
    assert why(percents("component"), HIRAKAWA) == [
        "「運用費」2,501円のうち、平川市の負担額は1円です。",
        "  台数の割合（0.25％）：1円です（全団体の計 2,501円）。",
        "    令和3年4月〜9月分は参加していないので、負担はありません。",
        "    令和3年10月〜令和4年3月分 端末台数 400 × 0.25％ × 期間1/2 ＝ 約0.5000円",
        "    正確な額は約0.5000円。円未満を四捨五入で1円とします。",
    ]
    assert why(percents("component", unit=1_000), HIRAKAWA)[-1] == (
        "    正確な額は約0.5000円。1,000円単位に四捨五入で0円とします。"
    )
    item = why(percents("item"), HIRAKAWA)
    assert item[0] == (
        "「運用費」2,501円のうち、平川市の負担額は1円です。"
        "正確な額は約0.5000円。円未満を四捨五入とします。"
    )
    assert item[-1] == (
        "    正確な額は約0.5000円。費目の負担額を構成割に分けて1円とします（最大剰余）。"
    )
    everybody = shared(0, make_rule(PERCENT), make_facts(units=OWN_VALUES))
    assert why(everybody, HIRAKAWA)[2] == (f"    {YEAR_OF_MONTHS} 端末台数 400 × 0.25％ ＝ 1円")


def test_two_percentages_are_cut_from_the_rounded_share_of_the_item() -> None:
    # 平川市: 400 × 0.25 % = 1 and 400 × 0.2 % = 0.8: 1.8, raised to 2 = 1.11… + 0.88….
    other = Component("more", "percent", "別の割合", Fraction("0.2"), "units")
    rule = make_rule(PERCENT, other, level="item", mode="ceil", residual="lead")
    result = shared(0, rule, make_facts(units=OWN_VALUES))
    assert [row[1] for row in result.items[0].portions[0].cuts] == [1, 1]
    assert result.amount(HIRAKAWA) == 2
    assert result.amount(FUJISAKI) == 0


@pytest.mark.parametrize(
    "item",
    [
        make_item(1),
        make_item(0, gross=Yen(5)),
        make_item(0, usage=Usage(Fraction(1), {HIROSAKI: Fraction(1)})),
    ],
)
def test_a_percentage_of_an_item_with_an_amount_is_refused(item: CostItem) -> None:
    with pytest.raises(BadInputError) as refusal:
        shared([item], make_rule(PERCENT), make_facts(units=OWN_VALUES))
    assert refusal.value.path == "amount"
    assert "「運用費」" in refusal.value.asked


def rule_of(*components: Component, rounding: Rounding | None = None, **terms: str) -> Rule:
    """Make a rule without a date."""
    return Rule(components, rounding or Rounding(), **terms)


@pytest.mark.parametrize(
    ("make", "path", "says"),
    [
        (lambda: rule_of(PERCENT, EQUAL), "components", "混じっています"),
        (lambda: rule_of(PERCENT, proration="monthly_rounded"), "proration", "monthly_rounded"),
        (lambda: rule_of(PERCENT, proration="joiner_first"), "proration", "joiner_first"),
        (
            lambda: rule_of(PERCENT, rounding=Rounding(ratio_digits=3)),
            *("rounding.ratio_digits", "ratio_digits"),
        ),
        (lambda: rule_of(), "components", "構成割がありません"),
        (lambda: rule_of(EQUAL, EQUAL), "components", "二つあります"),
        (lambda: rule_of(EQUAL, leaving="day"), "leaving", "「day」"),
        (lambda: replace(EQUAL, weight=Fraction(0)), "weight", "割合が 0 です"),
        (lambda: replace(EQUAL, weight=Fraction(-1)), "weight", "割合が -1 です"),
        (lambda: replace(TOWNS, own={HIROSAKI: Fraction(-1)}), "values", "022021 の値 -1 は負"),
        (lambda: Rounding(ratio_digits=0), "ratio_digits", "割合の桁数が 0 です"),
        (lambda: Rounding(ratio_digits=10), "ratio_digits", "割合の桁数が 10 です"),
    ],
)
def test_a_rule_that_does_not_go_together_is_refused(make: Any, path: str, says: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        make()
    assert refusal.value.path == path
    assert says in refusal.value.found


@pytest.mark.parametrize("proration", ["monthly", "daily", "none"])
def test_a_percentage_goes_with_prorations_that_cut_no_amount(proration: str) -> None:
    assert rule_of(PERCENT, proration=proration).is_percent
    assert not rule_of(EQUAL, proration=proration).is_percent


def test_one_and_nine_digits_are_digits() -> None:
    assert [Rounding(ratio_digits=digits).ratio_digits for digits in (1, 9)] == [1, 9]


# ---- ratios rounded first --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("residual", "amounts"),
    [
        # Thirds to one decimal are 0.3 each: 300 yen, and 100 are left.
        ("lead", (400, 300, 300)),
        ("unallocated", (300, 300, 300)),
        # By largest remainder one of the three tenths is 0.4, and nothing is left.
        ("largest_remainder", (400, 300, 300)),
    ],
)
def test_ratios_may_be_rounded_first(residual: str, amounts: tuple[int, ...]) -> None:
    result = shared(1_000, make_rule(EQUAL, residual=residual, ratio_digits=1))
    assert result.amounts == amounts
    assert result.findings[-1].text == (
        "均等割（1/1）の割合を小数第1位までに丸めると、計が0.9になり、1になりません。"
        "差は端数として調整します。"
    )


def test_the_finding_names_the_item_where_the_item_is_rounded_and_says_it_once() -> None:
    rule = make_rule(EQUAL, level="item", residual="lead", ratio_digits=2)
    facts = make_facts(units={HIROSAKI: 1, HIRAKAWA: 1, FUJISAKI: 1})
    items = [make_item(1_000), make_item(100, no=2, last=month("2021-09"))]
    (finding,) = shared(items, rule, facts).findings
    assert finding.text == (
        "費目の割合を小数第2位までに丸めると、計が0.99になり、1になりません。"
        "差は端数として調整します。"
    )


def test_ratios_that_add_up_need_no_finding() -> None:
    result = shared(1_000, make_rule(EQUAL, residual="lead", ratio_digits=1), make_facts(TWO))
    assert (result.amounts, result.findings) == ((500, 500), ())


def test_a_rounded_ratio_is_said() -> None:
    result = shared(1_000, make_rule(EQUAL, residual="lead", ratio_digits=1))
    assert why(result, HIROSAKI)[-1] == (
        "    正確な額は約333.3333円。割合 1/3 を先に小数1桁の 0.3 とし、円未満を切捨てで300円とし、"
        "端数の100円を加えます（幹事市負担）。"
    )
