"""なぜこの額か: the tree of a cell adds up to the cell and says so in sentences."""

import ast
import inspect
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given

from consortium.domain.calendar.period import Period
from consortium.domain.sharing import explanation
from consortium.domain.sharing.document import read, write
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.explanation import Step, explain, source_text
from consortium.domain.sharing.result import DIRECT, LINE_LABELS, MONTH, REST, ROUNDING
from consortium.domain.sharing.sentences import (
    SENTENCES,
    months,
    number,
    ratio,
    render,
    yen,
)
from consortium.domain.timeline import Source, Timeline
from tests.depth import examples
from tests.domain.agreement import (
    AGREEMENT,
    EQUAL,
    FUJISAKI,
    HIRAKAWA,
    HIROSAKI,
    LONG_AGO,
    YEAR,
    by_table,
    make_facts,
    make_item,
    make_rule,
    month,
    shared,
    why,
)
from tests.domain.properties.agreements import Matter, matters
from tests.domain.properties.engine import shared_or_skipped

UNITS = {HIROSAKI: 3, HIRAKAWA: 2, FUJISAKI: 2}


def steps(step: Step) -> list[Step]:
    """Give a step and all below it."""
    return [step, *(below for each in step.inputs for below in steps(each))]


# ---- the tree adds up ------------------------------------------------------------------------


@pytest.mark.property
@examples(1_000)
@given(matters(wide=True))
def test_the_leaves_of_every_cell_add_up_to_the_cell(matter: Matter) -> None:
    result = shared_or_skipped(matter)
    keys: set[str] = set()
    for entry, amounts in zip(result.items, result.matrix, strict=True):
        for party, amount in zip(result.parties, amounts, strict=True):
            tree = explain(result, entry.item.no, party.code)
            assert tree.value == amount
            assert sum(leaf.value for leaf in tree.leaves()) == amount
            for step in steps(tree):
                whole = matter[0].level == "component" and matter[0].digits is None
                if step.key.endswith("/rounding") and whole:
                    # Nothing but the rounding is left to it: one unit, or the rest of everybody.
                    assert abs(step.value) < matter[0].unit * (len(result.parties) + 1)
                if step.inputs:
                    assert step.value == sum(below.value for below in step.inputs)
                assert render(step).endswith(("。", "円"))
            below = [step.key for step in steps(tree)[1:]]
            assert len(set(below)) == len(below)
            keys |= {key for key in below if "member:" in key}
    assert all(key.startswith("item:") for key in keys)


def test_the_leaves_of_a_cell_are_its_windows_and_its_rounding() -> None:
    # 100 × 3/7 = 42.857…, and a seventh of a yen more makes 43.
    tree = explain(shared(100, make_rule(by_table()), make_facts(units=UNITS)), 1, HIROSAKI)
    leaves = [(leaf.what, leaf.value) for leaf in tree.leaves()]
    assert leaves == [("window", Fraction(300, 7)), ("round_component", Fraction(1, 7))]


def test_the_keys_are_stable_paths() -> None:
    facts = make_facts(units=UNITS, stays={HIRAKAWA: [Period(date(2021, 10, 1))]})
    result = shared(1_200, make_rule(by_table(), level="item", residual="lead"), facts)
    assert [step.key for step in steps(explain(result, 1, HIROSAKI))] == [
        "item:1",
        "item:1/component:units",
        "item:1/component:units/window:0/member:022021",
        "item:1/component:units/window:1/member:022021",
        "item:1/component:units/rounding",
        "item:1/rounding",
    ]


def test_each_month_that_is_fixed_has_paths_of_its_own() -> None:
    rule = make_rule(EQUAL)
    rule = replace(rule, value=replace(rule.require(), proration="monthly_rounded"))
    item = make_item(200, first=month("2021-04"), last=month("2021-05"))
    keys = [step.key for step in steps(explain(shared([item], rule), 1, HIROSAKI))]
    assert keys[:5] == [
        "item:1",
        "item:1/month:0",
        "item:1/month:0/component:equal",
        "item:1/month:0/component:equal/window:0/member:022021",
        "item:1/month:0/component:equal/rounding",
    ]
    assert len(set(keys)) == len(keys) == 9


def test_a_direct_charge_has_one_step() -> None:
    result = shared([make_item(5_500, charge_to=FUJISAKI)], make_rule(EQUAL))
    tree = explain(result, 1, FUJISAKI)
    assert [(step.key, step.what) for step in steps(tree)] == [
        ("item:1", "item"),
        ("item:1/direct", "direct"),
    ]
    assert explain(result, 1, HIROSAKI).inputs[0].what == "direct_other"


def test_a_direct_charge_of_nothing_is_still_the_members_own() -> None:
    result = shared([make_item(0, charge_to=FUJISAKI)], make_rule(EQUAL))
    assert explain(result, 1, FUJISAKI).inputs[0].what == "direct"


def test_a_step_names_the_version_and_its_source() -> None:
    tree = explain(shared(100, make_rule(EQUAL)), 1, HIROSAKI)
    window = tree.inputs[0].inputs[0]
    assert window.parameter is not None
    assert window.parameter.since == LONG_AGO
    assert window.parameter.source == "協定書(例) 第5条 2014-12-01 議決"


def test_a_source_is_written_without_what_it_does_not_say() -> None:
    assert source_text(AGREEMENT) == "協定書(例) 第5条 2014-12-01 議決"
    assert source_text(Source("覚書")) == "覚書"


def test_an_explanation_of_a_stored_result_is_the_same() -> None:
    result = shared(100, make_rule(by_table(), EQUAL), make_facts(units=UNITS))
    assert explain(read(write(result)), 1, HIRAKAWA) == explain(result, 1, HIRAKAWA)


def test_a_component_that_a_version_lacks_has_no_window_there() -> None:
    entries = [make_rule(EQUAL), make_rule(by_table(), since=date(2021, 10, 1))]
    result = share(
        [make_item(1_200)], {("", None): Timeline(entries)}, make_facts(units=UNITS), YEAR
    )
    keys = [step.key for step in steps(explain(result, 1, HIROSAKI)) if "window" in step.key]
    assert keys == [
        "item:1/component:equal/window:0/member:022021",
        "item:1/component:units/window:1/member:022021",
    ]


# ---- the sentences ---------------------------------------------------------------------------


def texts_in(node: ast.AST) -> set[str]:
    """Give the texts written out below a node."""
    return {
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }


def test_every_kind_of_step_has_a_sentence_and_every_sentence_a_kind() -> None:
    # Each kind is written out in explanation.py, in a call of Step, in the name `what` or in what
    # a function of rounding returns; portions and charges are called by their own keys.
    tree = ast.parse(Path(inspect.getfile(explanation)).read_text(encoding="utf-8"))
    whats = {MONTH, REST, *LINE_LABELS} - {DIRECT, ROUNDING}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "what":
            whats |= texts_in(node.value)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Step":
            whats |= texts_in(node.args[1])
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            whats |= {each.value for each in node.value.elts if isinstance(each, ast.Constant)}
    assert whats == set(SENTENCES)


def test_a_share_is_explained_from_item_to_yen() -> None:
    facts = make_facts(units=UNITS, stays={FUJISAKI: [Period(date(2021, 6, 1))]})
    # 98 yen equally, 602 by table. April and May: 2 of 12 months among two members.
    result = shared(700, make_rule(replace(EQUAL, weight=Fraction(14)), by_table(86)), facts)
    assert why(result, FUJISAKI) == [
        "「運用費」700円のうち、藤崎町の負担額は170円です。",
        # 98 × 10/12 ÷ 3 = 27.2222…; 44.3888… − the two others: all remainders 7/18, 7/18, 4/18.
        "  均等割（14/100）：98円（700円の7/50）のうち27円です。",
        "    令和3年4月〜5月分は参加していないので、負担はありません。",
        "    令和3年6月〜令和4年3月分 約81.6667円 × 3団体で等分 ＝ 約27.2222円",
        (
            "    正確な額は約27.2222円。円未満を切り捨てて27円。"
            "切り捨てた部分の大きさは3番目で、加算はありません（最大剰余）。"
        ),
        # 602 × 10/12 × 2/7 = 143.3333….
        "  台数割（86/100）：602円（700円の43/50）のうち143円です。",
        "    令和3年4月〜5月分は参加していないので、負担はありません。",
        "    令和3年6月〜令和4年3月分 約501.6667円 × 端末台数 2 ÷ 参加3団体の計 7 ＝ 約143.3333円",
        (
            "    正確な額は約143.3333円。円未満を切り捨てて143円。"
            "切り捨てた部分の大きさは2番目で、加算はありません（最大剰余）。"
        ),
    ]


def test_a_yen_by_remainder_is_explained_by_its_rank() -> None:
    # 100 × 3/7 = 42.857…: the largest remainder.
    result = shared(100, make_rule(by_table()), make_facts(units=UNITS))
    assert why(result, HIROSAKI)[-1] == (
        "    正確な額は約42.8571円。円未満を切り捨てて42円。"
        "切り捨てた部分の大きさは1番目なので1円を加えます（最大剰余）。"
    )


def test_a_refund_is_explained_with_its_sign() -> None:
    result = shared(-100, make_rule(by_table()), make_facts(units=UNITS))
    assert why(result, HIROSAKI)[-1] == (
        "    正確な額は約△42.8571円。円未満を切り捨てて△42円。"
        "切り捨てた部分の大きさは1番目なので△1円を加えます（最大剰余）。"
    )


def test_what_the_lead_takes_below_the_unit_is_not_called_a_remainder() -> None:
    # 1,734 ÷ 3 = 578: 500 each; 234 left: 100 and 100 by remainder, 34 for the lead.
    result = shared(1_734, make_rule(EQUAL, unit=100))
    assert result.amounts == (634, 600, 500)
    assert why(result, HIROSAKI)[-1] == (
        "    正確な額は578円。100円単位に切り捨てて500円。"
        "切り捨てた部分の大きさは1番目なので100円を加えます（最大剰余）。"
        "100円に満たない34円も引き受けます。"
    )
    assert why(result, FUJISAKI)[-1].endswith("3番目で、加算はありません（最大剰余）。")


@pytest.mark.parametrize(
    ("residual", "code", "placed"),
    [
        ("lead", HIROSAKI, "端数の2円を加えます（幹事市負担）。"),
        ("lead", FUJISAKI, "端数は「幹事市負担」の定めによります。"),
        ("last", FUJISAKI, "端数の2円を加えます（最終負担者）。"),
        ("unallocated", HIROSAKI, "端数は「端数差額」の定めによります。"),
    ],
)
def test_who_takes_the_rest_is_said(residual: str, code: str, placed: str) -> None:
    result = shared(100, make_rule(by_table(), residual=residual), make_facts(units=UNITS))
    exact = "約42.8571円" if code == HIROSAKI else "約28.5714円"
    floor = "42円" if code == HIROSAKI else "28円"
    assert why(result, code)[-1] == (
        f"    正確な額は{exact}。円未満を切捨てで{floor}とし、{placed}"
    )


def test_at_item_level_the_item_is_rounded_and_the_components_are_cut() -> None:
    rule = make_rule(EQUAL, by_table(), level="item", residual="lead")
    result = shared(7, rule, make_facts(units={HIROSAKI: 0, HIRAKAWA: 0, FUJISAKI: 1}))
    assert why(result, HIROSAKI) == [
        (
            "「運用費」7円のうち、弘前市の負担額は2円です。"
            "正確な額は約1.1667円。円未満を切捨てで1円とし、端数の1円を加えます（幹事市負担）。"
        ),
        "  均等割（1/2）：約3.5000円（7円の1/2）のうち1円です。",
        "    令和3年4月〜令和4年3月分 約3.5000円 × 3団体で等分 ＝ 約1.1667円",
        "    正確な額は約1.1667円。費目の負担額を構成割に分けて1円とします（最大剰余）。",
        "  台数割（1/2）：約3.5000円（7円の1/2）のうち0円です。",
        "    令和3年4月〜令和4年3月分 約3.5000円 × 端末台数 0 ÷ 参加3団体の計 1 ＝ 0円",
        "    正確な額は0円。費目の負担額を構成割に分けて0円とします（最大剰余）。",
        "  端数の1円を「幹事市負担」の定めにより引き受けます。",
    ]


def test_direct_charges_are_said() -> None:
    result = shared([make_item(5_500, name="移行費", charge_to=FUJISAKI)], make_rule(EQUAL))
    assert why(result, FUJISAKI) == [
        "「移行費」5,500円のうち、藤崎町の負担額は5,500円です。",
        "  この団体だけの費用（個別負担）なので、5,500円の全額を負担します。",
    ]
    assert why(result, HIROSAKI)[1] == "  ほかの団体の個別負担なので、負担はありません。"


def test_the_basis_is_named_with_its_edition() -> None:
    facts = make_facts(units=UNITS)
    series = replace(facts.series["units"], edition="令和3年1月調べ")
    result = shared(7, make_rule(by_table()), replace(facts, series={"units": series}))
    assert "× 端末台数 令和3年1月調べ 3 ÷" in why(result, HIROSAKI)[2]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0円"),
        (-1_234, "△1,234円"),
        (Fraction(10, 3), "約3.3333円"),
        (Fraction(-10, 3), "約△3.3333円"),
        (Fraction(199_999, 100_000), "約2.0000円"),
        (Fraction(1_234_567, 2), "約617,283.5000円"),
    ],
)
def test_yen_are_written_with_separators_and_exact_parts_with_four_decimals(
    value: int | Fraction, text: str
) -> None:
    assert yen(value) == text


def test_numbers_and_ratios_are_written_exactly() -> None:
    assert (number(177_411), number(Fraction(7, 2))) == ("177,411", "3.5")
    assert (number(Fraction(-25, 2)), number(Fraction(1, 3))) == ("△12.5", "1/3")
    assert number(Fraction(4_000_001, 10**12)) == "0.000004000001"
    assert (ratio(Fraction(1)), ratio(Fraction(5, 6))) == ("全部", "5/6")


def test_a_ratio_too_long_to_read_aloud_is_given_in_per_cent() -> None:
    assert ratio(Fraction(1, 10**9)) == "1/1,000,000,000"
    assert ratio(Fraction(333_333_333_333, 10**12)) == "約33.333333％"
    assert ratio(Fraction(-1_234_567_000_001, 10**12)) == "約△123.456700％"


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ("2021-04", "2021-04", "令和3年4月分"),
        ("2021-04", "2021-05", "令和3年4月〜5月分"),
        ("2021-06", "2022-03", "令和3年6月〜令和4年3月分"),
        ("2019-04", "2019-06", "平成31年4月〜令和元年6月分"),
        ("2019-10", "2020-03", "令和元年10月〜令和2年3月分"),
    ],
)
def test_months_of_a_window_are_written_shortly(first: str, last: str, text: str) -> None:
    assert months({"first": first, "last": last}) == text


SIX_THREE_ONE = {HIROSAKI: 6, HIRAKAWA: 3, FUJISAKI: 1}


def test_every_number_of_a_step_is_the_one_of_the_calculation() -> None:
    # 100 yen are 25 equally and 75 by terminals (6, 3, 1). 25 / 3 leaves 1 yen, which the first of
    # three equal remainders takes: rank 2 stays at 8. 75 x 3/10 = 22.5 has, like 7.5, the largest
    # remainder, and the larger share comes first: rank 1 takes the yen, 23.
    result = shared(100, make_rule(EQUAL, by_table(3)), make_facts(units=SIX_THREE_ONE))
    equally, by_units = explain(result, 1, HIRAKAWA).inputs
    window, rounding = by_units.inputs
    assert dict(by_units.numbers) == {
        "label": "台数割（3/4）",
        "item_amount": 100,
        "part": Fraction(3, 4),
        "base": 75,
        "yen": 23,
    }
    assert dict(window.numbers) == {
        **{"first": "2021-04", "last": "2022-03", "part": 1, "share": Fraction(3, 4)},
        **{"amount": 75, "weight": 3, "base": 10, "members": 3, "value": 3, "percent": 3},
        **{"kind": "table", "basis": "端末台数"},
    }
    assert dict(rounding.numbers) == {
        **{"exact": Fraction(45, 2), "rounded": 22, "rank": 1, "share": 23, "moved": 0},
        **{"unit": 1, "mode": "floor", "residual": "largest_remainder", "yen": 23},
    }
    assert [step.key for step in equally.inputs] == [
        "item:1/component:equal/window:0/member:022101",
        "item:1/component:equal/rounding",
    ]
    assert "value" not in equally.inputs[0].numbers
    assert (equally.inputs[1].numbers["rank"], equally.inputs[1].numbers["yen"]) == (2, 8)
