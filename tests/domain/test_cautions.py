"""What a rule should be looked at for before it is registered (ルールの注意)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from consortium.domain.sharing.cautions import Outlook, cautions, percentage, rounded
from consortium.domain.sharing.facts import Party, Series
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.yen import Rounding

HIROSAKI, HIRAKAWA = Party("022021", "弘前市", is_lead=True), Party("022101", "平川市")
BOTH = (HIROSAKI, HIRAKAWA)


def equal(weight: str = "100", key: str = "equal") -> Component:
    return Component(key, "equal", f"均等割{key}", Fraction(weight))


def fixed(**own: int) -> Component:
    values = {code.removeprefix("c"): Fraction(value) for code, value in own.items()}
    return Component("fixed", "fixed", "固定割合", Fraction(100), own=values)


def by_population(series: str = "population") -> Component:
    return Component("population", "table", "人口割", Fraction(100), series)


def population(certainty: str = "確定", **values: int) -> Series:
    given = {code.removeprefix("c"): Fraction(value) for code, value in values.items()}
    return Series("population", "人口", given, date(2020, 10, 1), "速報", certainty)


def test_a_plain_rule_needs_no_second_look() -> None:
    half = {"022021": Fraction(1, 2), "022101": Fraction(1, 2)}
    assert cautions(Outlook(Rule((equal(),)), date(2026, 4, 1), Rule((equal(),)), BOTH)) == ()
    assert cautions(Outlook(Rule((equal(),)), parties=BOTH, shares=half, shares_now=half)) == ()


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        (
            ("33.3", "33.3", "33.3"),
            "割合の計が99.9で、100になりません。合計に対する割合で按分します。",
        ),
        (("20", "70"), "割合の計が90で、100になりません。合計に対する割合で按分します。"),
        (("55", "55"), "割合の計が110で、100になりません。合計に対する割合で按分します。"),
        (("20", "80"), ""),
        (("9.5", "90.5"), ""),
        (("2", "1", "1"), ""),
        (("20", "69"), ""),
        (("99",), ""),
    ],
)
def test_weights_that_look_like_percentages_total_100(weights: tuple[str, ...], told: str) -> None:
    rule = Rule(tuple(equal(weight, f"e{n}") for n, weight in enumerate(weights)))
    assert cautions(Outlook(rule)) == ((told,) if told else ())


def test_fixed_percentages_total_100() -> None:
    (told,) = cautions(Outlook(Rule((fixed(c022021=60, c022101=35),))))
    assert told.startswith("「固定割合」の団体ごとの値の計が95で、100になりません。")
    assert cautions(Outlook(Rule((fixed(c022021=60, c022101=40),)))) == ()
    assert cautions(Outlook(Rule((fixed(c022021=100, c022101=50),)))) == ()


def test_members_without_a_value_are_named() -> None:
    rule = Rule((by_population(),))
    outlook = Outlook(rule, parties=BOTH, series={"population": population(c022021=10)})
    (told,) = cautions(outlook)
    assert told.startswith("「人口割」に、平川市の値がありません。")
    own = replace(by_population(), own={"022101": Fraction(3)})
    assert cautions(replace(outlook, rule=Rule((own,)))) == ()
    assert cautions(Outlook(Rule((fixed(c022101=100),)), parties=BOTH)) == (
        "「固定割合」に、弘前市の値がありません。その団体が参加する期間の費用は算定できません。",
    )


def test_a_name_left_over_from_other_values_is_told() -> None:
    households = replace(population(c022021=1, c022101=1), key="households", label="世帯数")
    known = {"population": population(c022021=1, c022101=1), "households": households}
    assert cautions(Outlook(Rule((by_population(),)), parties=BOTH, series=known)) == ()
    (told,) = cautions(Outlook(Rule((by_population("households"),)), parties=BOTH, series=known))
    assert told.startswith("「人口割」は世帯数の値で分けます。")
    assert "「世帯数割」" in told


def test_many_members_without_a_value_are_counted() -> None:
    many = tuple(Party(f"{n:06}", f"町{n}") for n in range(10))
    (told,) = cautions(Outlook(Rule((fixed(c999999=1),)), parties=many))
    assert "町0、町1、町2、町3、町4、町5、町6、町7ほか2団体の値" in told


def test_a_host_takes_part() -> None:
    host = Component("host", "host", "幹事負担", Fraction(40), own={"022101": Fraction(1)})
    assert cautions(Outlook(Rule((host,)), parties=BOTH)) == ()
    (told,) = cautions(Outlook(Rule((host,)), parties=(HIROSAKI,)))
    assert told.startswith("「幹事負担」を負担する団体が、この共同サービスに参加していません。")


def test_a_version_begins_with_a_month_and_new_rounding_with_a_year() -> None:
    rule, other = Rule((equal(),)), Rule((equal(),), Rounding(1000))
    assert cautions(Outlook(rule, date(2026, 10, 1), rule)) == ()
    assert cautions(Outlook(rule, date(2026, 4, 1), other)) == ()
    (told,) = cautions(Outlook(rule, date(2026, 10, 1), other))
    assert told.startswith("年度の途中（令和8年10月1日）から端数処理か按分期間が変わります。")
    (told,) = cautions(Outlook(rule, date(2026, 10, 1), replace(rule, proration="none")))
    assert "年度の途中" in told
    (told,) = cautions(Outlook(rule, date(2026, 4, 2), rule))
    assert told.startswith("施行日（令和8年4月2日）が月の初日ではありません。")


def test_a_share_that_leaps_is_named() -> None:
    rule = Rule((equal(),))
    now = {"022021": Fraction(60, 100), "022101": Fraction(40, 100)}
    near = {"022021": Fraction(65, 100), "022101": Fraction(35, 100)}
    assert cautions(Outlook(rule, parties=BOTH, shares=near, shares_now=now)) == ()
    far = {"022021": Fraction(66, 100), "022101": Fraction(34, 100)}
    assert cautions(Outlook(rule, parties=BOTH, shares=far, shares_now=now)) == (
        "弘前市の負担割合が60.00%から66.00%へ、6.00ポイント上がります。",
        "平川市の負担割合が40.00%から34.00%へ、6.00ポイント下がります。",
    )
    assert cautions(Outlook(rule, parties=BOTH, shares=far)) == ()


def test_expected_values_and_unallocated_yen_are_told() -> None:
    rule = Rule((by_population(),), Rounding(residual="unallocated"))
    known = {"population": population("見込", c022021=10, c022101=5)}
    assert cautions(Outlook(rule, parties=BOTH, series=known)) == (
        "人口（速報）は見込の値です。確定したら、算定し直してください。",
        "端数はどの団体も負担しません。費用に足りない分は、端数差額として残ります。",
    )


def test_ratios_and_shown_percentages_that_do_not_add_up_are_told() -> None:
    third = {f"02202{n}": Fraction(1, 3) for n in range(3)}
    (told,) = cautions(Outlook(Rule((equal(),)), shares=third))
    assert told.startswith("小数第2位までの割合を足すと99.99%になり、100%になりません。")
    rule = Rule((equal(),), Rounding(ratio_digits=3))
    sevenths = {"均等割": [Fraction(1, 7)] * 7}
    (told,) = cautions(Outlook(rule, ratios=sevenths))
    assert told.startswith(
        "均等割の割合を小数第3位までに丸めると、計が1.001になり、1になりません。"
    )
    assert cautions(Outlook(rule, ratios={"均等割": [Fraction(1, 2)] * 2})) == ()


def test_a_sum_of_ratios_is_written_with_all_of_its_decimals() -> None:
    rule = Rule((equal(),), Rounding(ratio_digits=9))
    (told,) = cautions(Outlook(rule, ratios={"均等割": [Fraction(1, 3)] * 3}))
    assert "小数第9位までに丸めると、計が0.999999999になり" in told


def test_percentages_are_rounded_half_up() -> None:
    assert rounded(Fraction(12345, 1000), 2) == Fraction(1235, 100)
    assert rounded(Fraction(12344, 1000), 2) == Fraction(1234, 100)
    assert percentage(Fraction(1, 3)) == "33.33%"
    assert percentage(Fraction(5, 100_000)) == "0.01%"


# ---- whole sentences, and edges --------------------------------------------------------------


def test_the_cautions_are_whole_sentences() -> None:
    assert cautions(Outlook(Rule((fixed(c022021=60, c022101=35),)))) == (
        "「固定割合」の団体ごとの値の計が95で、100になりません。合計に対する割合で按分します。",
    )
    sevenths = {f"02202{n}": Fraction(1, 7) for n in range(7)}
    assert cautions(Outlook(Rule((equal(),)), shares=sevenths)) == (
        (
            "小数第2位までの割合を足すと100.03%になり、100%になりません。表示だけのことで、"
            "負担額は割合を丸めずに計算し、合計に一致します。"
        ),
    )
    host = Component("host", "host", "幹事負担", Fraction(40), own={"022101": Fraction(1)})
    assert cautions(Outlook(Rule((host,)), parties=(HIROSAKI,))) == (
        "「幹事負担」を負担する団体が、この共同サービスに参加していません。費用を算定できません。",
    )
    rule, other = Rule((equal(),)), Rule((equal(),), Rounding(1000))
    assert cautions(Outlook(rule, date(2026, 4, 2), other)) == (
        (
            "施行日（令和8年4月2日）が月の初日ではありません。その月の費用は前の版で分け、"
            "翌月の分からこの版で分けます。"
        ),
        (
            "年度の途中（令和8年4月2日）から端数処理か按分期間が変わります。この日をまたぐ費目は算定"
            "できません。費目を施行日の前と後に分けるか、施行日を4月1日にしてください。"
        ),
    )


def test_one_component_that_nobody_can_look_at_hides_no_other() -> None:
    rule = Rule((equal(), by_population("later"), fixed(c022101=1)))
    assert cautions(Outlook(rule, parties=BOTH)) == (
        "「固定割合」に、弘前市の値がありません。その団体が参加する期間の費用は算定できません。",
    )


def test_eight_names_are_all_named() -> None:
    eight = tuple(Party(f"{n:06}", f"町{n}") for n in range(8))
    (told,) = cautions(Outlook(Rule((fixed(c999999=1),)), parties=eight))
    assert "町6、町7の値がありません" in told


def test_an_edition_without_a_name_leaves_nothing_behind() -> None:
    known = {"population": replace(population("見込", c022021=1), edition="")}
    assert cautions(Outlook(Rule((by_population(),)), series=known)) == (
        "人口は見込の値です。確定したら、算定し直してください。",
    )


def test_who_is_new_hides_nobody_who_leaps_and_a_code_stands_for_a_name() -> None:
    shares = {"022021": Fraction(1, 3), "022101": Fraction(2, 5), "023612": Fraction(4, 15)}
    now = {"022101": Fraction(1, 3), "023612": Fraction(2, 3)}
    assert cautions(Outlook(Rule((equal(),)), parties=(HIRAKAWA,), shares=shares, shares_now=now))[
        :2
    ] == (
        "平川市の負担割合が33.33%から40.00%へ、6.67ポイント上がります。",
        "023612の負担割合が66.67%から26.67%へ、40.00ポイント下がります。",
    )
