"""What an agreement says beside the shares (協定の定め): grants, joining, leaving, dampening."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from consortium.domain.calendar.period import Period
from consortium.domain.errors import BadInputError, CannotShareError, NotInForceError
from consortium.domain.funding import INFO_ONLY, PER_MEMBER, PRE_SPLIT, Grant
from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.dampening import Dampening
from consortium.domain.sharing.document import read, write
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Facts
from consortium.domain.sharing.result import Beside, CostItem, Result, Usage
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.sharing.transfers import BuildCost, Term
from consortium.domain.timeline import Dated, Timeline
from consortium.domain.yen import Yen
from tests.domain.agreement import (
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
    why,
)


def agreed(
    items: Sequence[CostItem] | int,
    terms: Agreement,
    facts: Facts | None = None,
    rule: Dated[Rule] | None = None,
) -> Result:
    """Share costs by one rule and what the agreement says beside it."""
    listed = [make_item(items)] if isinstance(items, int) else items
    rules = {("", None): Timeline([rule or make_rule(EQUAL)])}
    result = share(listed, rules, facts or make_facts(), YEAR, agreement=terms)
    assert read(write(result)) == result
    return result


def grant(name: str, amount: int | None, treatment: str, **facts: Any) -> Agreement:
    """Make an agreement of one grant."""
    yen = None if amount is None else Yen(amount)
    return Agreement((Grant(name, yen, treatment, **facts),))


# ---- grants ----------------------------------------------------------------------------------


def test_a_grant_that_reduces_the_pot_lowers_its_item_only() -> None:
    items = [make_item(10_000), make_item(300, no=2)]
    result = agreed(items, grant("県補助", 1_000, PRE_SPLIT, item=1))
    assert result.matrix == ((3_000,) * 3, (100,) * 3)
    item = result.items[0].item
    assert (item.amount, item.gross, result.items[1].item.gross) == (9_000, 10_000, None)
    assert result.total == 9_300
    assert why(result, HIROSAKI)[0] == (
        "「運用費」10,000円から補助金1,000円を引いた9,000円のうち、弘前市の負担額は3,000円です。"
    )
    assert "補助金" not in why(result, HIROSAKI, 2)[0]


def test_a_grant_lowers_a_direct_charge_too() -> None:
    items = [make_item(500, charge_to=FUJISAKI, note="税抜")]
    result = agreed(items, grant("県補助", 100, PRE_SPLIT, item=1))
    assert result.amounts == (0, 0, 400)
    assert why(result, FUJISAKI)[0].startswith(
        "「運用費」500円（税抜）から補助金100円を引いた400円"
    )


def test_a_grant_to_a_member_for_an_item_is_a_line_of_that_item() -> None:
    result = agreed(10_000, grant("町補助", 200, PER_MEMBER, item=1, member=FUJISAKI))
    assert result.matrix == ((3_334, 3_333, 3_133),)
    assert (result.items[0].item.amount, result.items[0].item.gross) == (9_800, 10_000)
    (line,) = (line for line in result.lines() if line.component == "grant")
    assert (line.method, line.code, line.amount) == ("補助金", FUJISAKI, -200)
    assert why(result, FUJISAKI)[-1] == "  この団体への補助（町補助）200円を引きます。"
    # It is taken from the member's share: what was shared are 10,000 yen, a third each.
    assert why(result, FUJISAKI)[0] == (
        "「運用費」10,000円のうち、藤崎町の負担額は、"
        "3,333円からこの団体への補助200円を引いた3,133円です。"
    )
    assert why(result, HIROSAKI)[0] == "「運用費」10,000円のうち、弘前市の負担額は3,334円です。"
    assert not any("この団体への補助" in text for text in why(result, HIROSAKI))


def test_grants_to_members_of_one_name_are_one_line_after_the_items() -> None:
    grants = (
        Grant("町補助", Yen(5), PER_MEMBER, member=HIRAKAWA),
        Grant("別の補助", Yen(1), PER_MEMBER, member=HIRAKAWA),
        Grant("町補助", Yen(7), PER_MEMBER, member=FUJISAKI),
        Grant("町補助", Yen(2), PER_MEMBER, item=99, member=FUJISAKI),
    )
    result = agreed([make_item(300, no=4)], Agreement(grants))
    assert result.matrix == ((100, 100, 100), (0, -5, -9), (0, -1, 0))
    assert [(e.item.no, e.item.name, e.item.amount) for e in result.items] == [
        (4, "運用費", 300),
        (5, "町補助", -14),
        (6, "別の補助", -1),
    ]
    assert (str(result.items[1].item.first), str(result.items[1].item.last)) == (
        *("2021-04",),
        "2022-03",
    )
    assert result.total == 285
    assert why(result, FUJISAKI, 5) == [
        "「町補助」による藤崎町の額は△9円です。",
        "  この団体への補助（町補助、町補助）9円を引きます。",
    ]
    assert why(result, HIROSAKI, 5) == ["「町補助」による弘前市の額は0円です。"]


def test_an_item_keeps_what_it_cost_before_all_of_its_grants() -> None:
    grants = (
        Grant("県補助", Yen(1_000), PRE_SPLIT, item=1),
        Grant("町補助", Yen(200), PER_MEMBER, item=1, member=FUJISAKI),
    )
    result = agreed(10_000, Agreement(grants))
    assert result.amounts == (3_000, 3_000, 2_800)
    assert (result.items[0].item.amount, result.items[0].item.gross) == (8_800, 10_000)
    assert why(result, FUJISAKI)[0] == (
        "「運用費」10,000円から補助金1,000円を引いた9,000円のうち、藤崎町の負担額は、"
        "3,000円からこの団体への補助200円を引いた2,800円です。"
    )


def test_a_grant_to_who_bears_an_item_alone_is_taken_from_all_of_it() -> None:
    items = [make_item(500, charge_to=FUJISAKI)]
    result = agreed(items, grant("町補助", 100, PER_MEMBER, item=1, member=FUJISAKI))
    assert why(result, FUJISAKI) == [
        "「運用費」500円のうち、藤崎町の負担額は、500円からこの団体への補助100円を引いた400円です。",
        "  この団体だけの費用（個別負担）なので、500円の全額を負担します。",
        "  この団体への補助（町補助）100円を引きます。",
    ]


def test_the_exact_amount_of_an_item_is_the_one_before_the_grant_to_a_member() -> None:
    rule = make_rule(EQUAL, level="item")
    terms = grant("町補助", 200, PER_MEMBER, item=1, member=FUJISAKI)
    text = why(agreed(10_000, terms, rule=rule), FUJISAKI)[0]
    assert "引いた3,133円です。補助を引く前の正確な額は約3,333.3333円。円未満を切り捨てて" in text


def test_a_grant_without_costs_stands_alone() -> None:
    result = agreed([], grant("町補助", 5, PER_MEMBER, member=HIRAKAWA))
    assert (result.items[0].item.category, result.items[0].item.service) == ("", "")
    assert [entry.item.no for entry in result.items] == [1]
    assert result.amounts == (0, -5, 0)


def test_a_grant_to_somebody_unknown_is_refused() -> None:
    with pytest.raises(BadInputError) as refusal:
        agreed(300, grant("町補助", 5, PER_MEMBER, member="023817"))
    assert refusal.value.path == "member"
    assert "023817 の団体がありません" in refusal.value.found
    assert "「町補助」" in refusal.value.asked


def test_information_stands_beside_and_changes_nothing() -> None:
    items = [make_item(300), make_item(30, no=2)]
    terms = Agreement(
        (
            Grant("交付税措置", None, INFO_ONLY, rate=Fraction(3, 10)),
            Grant("一部の措置", None, INFO_ONLY, item=2, rate=Fraction(1, 2)),
        )
    )
    result = agreed(items, terms)
    assert result.amounts == (110, 110, 110)
    assert result.beside == (
        Beside("交付税措置", (33, 33, 33)),
        Beside("一部の措置", (5, 5, 5)),
    )
    assert result.findings == ()


def test_grants_above_what_they_are_tied_to_block() -> None:
    result = agreed(90, grant("県補助", 91, PRE_SPLIT, item=1))
    assert [(finding.text, finding.blocks) for finding in result.findings] == [
        ("財源措置「県補助」の計 91円が、費目「運用費」 90円を 1円超えています。", True)
    ]
    assert agreed(90, grant("県補助", 90, PRE_SPLIT, item=1)).findings == ()
    result = agreed(90, grant("町補助", 31, PER_MEMBER, member=FUJISAKI))
    assert [(finding.text, finding.blocks) for finding in result.findings] == [
        ("財源措置「町補助」の計 31円が、藤崎町の負担額 30円を 1円超えています。", True)
    ]
    assert agreed(90, grant("町補助", 30, PER_MEMBER, member=FUJISAKI)).findings == ()


# ---- joining and leaving ---------------------------------------------------------------------

TERM = Term("第1期", Period(date(2021, 4, 1), date(2022, 4, 1)))


def built(amount: int = 1_200_000, **facts: Any) -> Agreement:
    """Make an agreement with a common build cost over the twelve months of the year."""
    return Agreement(build_costs=(BuildCost("構築費", Yen(amount), TERM, **facts),))


def test_who_joins_pays_for_what_was_built_before() -> None:
    facts = make_facts(stays={HIRAKAWA: [Period(date(2021, 10, 1))]})
    result = agreed(1_200, built(), facts)
    # Half of the term is left: 600,000, of which a third; half of it to each of the other two.
    assert result.items[1].amounts == (-100_000, 200_000, -100_000)
    assert (result.items[1].item.no, result.items[1].item.name) == (2, "加入金（構築費）")
    assert result.total == 1_200
    left = "「構築費」1,200,000円のうち令和3年10月に残る額は600,000円（12か月のうち残り6か月）。"
    paid = "平川市の割合1/3を掛けて200,000円（円未満切捨て）"
    assert why(result, HIRAKAWA, 2) == [
        "「加入金（構築費）」による平川市の額は200,000円です。",
        f"  {left}{paid}を加入金として負担します。",
    ]
    assert why(result, HIROSAKI, 2)[1] == (
        f"  {left}{paid}を平川市から受け取り、割合により100,000円を引きます。"
    )
    (line,) = (each for each in result.lines() if each.code == HIRAKAWA and each.item.no == 2)
    assert (line.component, line.method, line.amount) == ("joining", "加入金", 200_000)


def test_who_leaves_pays_for_what_stays_behind() -> None:
    facts = make_facts(stays={FUJISAKI: [Period(LONG_AGO, date(2021, 10, 1))]})
    result = agreed(1_200, built(joining=False, leaving=True), facts)
    assert result.items[1].amounts == (-100_000, -100_000, 200_000)
    assert result.items[1].item.name == "脱退時の残存費用（構築費）"
    assert why(result, FUJISAKI, 2)[1].endswith("を脱退時の残存費用として負担します。")


def test_who_is_not_there_hears_nothing_of_it() -> None:
    stays = {
        HIRAKAWA: [Period(date(2021, 10, 1))],
        FUJISAKI: [Period(LONG_AGO, date(2021, 6, 1))],
    }
    result = agreed(1_200, built(), make_facts(stays=stays))
    assert result.items[1].amounts == (-300_000, 300_000, 0)
    assert why(result, FUJISAKI, 2) == ["「加入金（構築費）」による藤崎町の額は0円です。"]


def test_the_ratio_of_percentages_is_that_of_their_yen() -> None:
    part = Component("units", "percent", "台数の割合", Fraction(10), "units")
    facts = make_facts(
        units={HIROSAKI: 20, HIRAKAWA: 10, FUJISAKI: 10},
        stays={HIRAKAWA: [Period(date(2021, 10, 1))]},
    )
    # In October 2 + 1 + 1 yen: a quarter of 600,000; before, 2 : 1.
    result = agreed([], built(), facts, make_rule(part))
    assert result.amounts == (-100_000, 150_000, -50_000)


def test_who_leaves_pays_by_the_rule_of_the_category() -> None:
    facts = make_facts(
        units={HIROSAKI: 2, HIRAKAWA: 1, FUJISAKI: 1},
        stays={FUJISAKI: [Period(LONG_AGO, date(2021, 10, 1))]},
    )
    rules = {
        ("", None): Timeline([make_rule(EQUAL)]),
        ("", "構築"): Timeline([make_rule(by_table())]),
    }
    terms = built(joining=False, leaving=True, category="構築")
    # A quarter of 600,000, received 2 : 1.
    amounts = share([], rules, facts, YEAR, agreement=terms).amounts
    assert amounts == (-100_000, -50_000, 150_000)


def test_the_ratio_is_that_of_the_rule_of_the_category() -> None:
    facts = make_facts(
        units={HIROSAKI: 2, HIRAKAWA: 1, FUJISAKI: 1},
        stays={HIRAKAWA: [Period(date(2021, 10, 1))]},
    )
    rules = {
        ("", None): Timeline([make_rule(EQUAL)]),
        ("", "構築"): Timeline([make_rule(by_table(3), EQUAL)]),
    }
    terms = built(category="構築")
    result = share([], rules, facts, YEAR, agreement=terms)
    # 平川市: 3/4 × 1/4 + 1/4 × 1/3 = 13/48 of 600,000 = 162,500. Before: 弘前市 3/4 × 2/3 + 1/8
    # = 5/8 and 藤崎町 3/8: 101,562.5 and 60,937.5, the half to the larger.
    assert result.amounts == (-101_563, 162_500, -60_937)


def test_a_build_cost_without_a_rule_is_refused() -> None:
    facts = make_facts(stays={HIRAKAWA: [Period(date(2021, 10, 1))]})
    rules = {("", "回線"): Timeline([make_rule(EQUAL)])}
    with pytest.raises(NotInForceError) as refusal:
        share([], rules, facts, YEAR, agreement=built())
    assert "この経費区分の負担ルールがありません" in refusal.value.found
    assert "2021-10 の負担割合（経費区分「」）" in refusal.value.asked


def test_a_service_that_nobody_uses_moves_nothing() -> None:
    assert agreed(300, built(service="mail")).amounts == (100, 100, 100)


# ---- dampening -------------------------------------------------------------------------------


def damped(previous: Sequence[int], **bounds: Any) -> Agreement:
    """Make an agreement that keeps amounts near those of last year."""
    yen = map(Yen, previous)
    codes = (HIROSAKI, HIRAKAWA, FUJISAKI)
    given = {key: Fraction(value) for key, value in bounds.items()}
    return Agreement(dampening=Dampening(dict(zip(codes, yen, strict=True)), **given))


def test_a_cap_moves_what_is_above_it_and_leaves_direct_charges_alone() -> None:
    facts = make_facts(units={HIROSAKI: 3, HIRAKAWA: 2, FUJISAKI: 1})
    usage = Usage(Fraction(1), {HIROSAKI: Fraction(7)})
    items = [make_item(607, usage=usage), make_item(5_000, no=2, charge_to=HIROSAKI)]
    result = agreed(items, damped((200, 200, 200), up=10), facts, make_rule(by_table()))
    # 300, 200, 100; at most 220 each. 80 by 200 : 100 is 53 and 27, but 平川市 has room for 20.
    assert result.items[2].amounts == (-80, 20, 60)
    assert result.amounts == (5_227, 220, 160)
    assert (result.items[2].item.no, result.items[2].item.name) == (3, "激変緩和")
    assert result.total == 5_607
    assert why(result, HIROSAKI, 3) == [
        "「激変緩和」による弘前市の額は△80円です。",
        "  激変緩和：算定額300円、前年度200円。上限220円。△80円を調整し、220円とします。",
    ]
    (line,) = (each for each in result.lines() if each.code == FUJISAKI and each.item.no == 3)
    assert (line.component, line.method, line.amount) == ("dampening", "激変緩和", 60)


def test_within_the_band_the_old_share_stays() -> None:
    facts = make_facts(units={HIROSAKI: 102, HIRAKAWA: 100, FUJISAKI: 98})
    terms = damped((100, 100, 100), tolerance=5, down=50)
    result = agreed(300, terms, facts, make_rule(by_table()))
    assert result.amounts == (100, 100, 100)
    assert why(result, HIROSAKI, 2)[1] == (
        "  激変緩和：算定額102円、前年度100円。許容幅の中なので前年度の割合のまま。下限50円。"
        "△2円を調整し、100円とします。"
    )


def test_who_has_no_amount_of_last_year_has_no_bound() -> None:
    terms = Agreement(dampening=Dampening({HIROSAKI: Yen(90)}, up=Fraction(0)))
    result = agreed(300, terms)
    assert result.amounts == (90, 105, 105)
    assert why(result, HIRAKAWA, 2)[1] == ("  激変緩和：算定額100円。5円を調整し、105円とします。")


def test_caps_that_cannot_hold_the_cost_are_refused_by_the_names_of_the_members() -> None:
    with pytest.raises(CannotShareError) as refusal:
        agreed(600, damped((100, 100, 100), up=50))
    for piece in ("600円", "450円", "弘前市 150円", "藤崎町 150円"):
        assert piece in str(refusal.value)


def test_dampening_comes_after_grants_and_takes_no_part_in_joining() -> None:
    facts = make_facts(stays={HIRAKAWA: [Period(date(2021, 10, 1))]})
    terms = Agreement(
        (Grant("町補助", Yen(30), PER_MEMBER, member=FUJISAKI),),
        built().build_costs,
        Dampening({FUJISAKI: Yen(400)}, up=Fraction(0)),
    )
    result = agreed(1_200, terms, facts)
    # 500, 200 and 500; 藤崎町 470 after its grant, at most 400: 70 by 500 : 200.
    assert [entry.item.name for entry in result.items] == [
        *("運用費", "町補助", "加入金（構築費）"),
        "激変緩和",
    ]
    assert result.items[3].amounts == (50, 20, -70)
    assert result.total == 1_170


def test_nobody_is_moved_further_than_its_room() -> None:
    facts = make_facts(units={HIROSAKI: 103, HIRAKAWA: 100, FUJISAKI: 100})
    previous = {code: Yen(100) for code in (HIROSAKI, HIRAKAWA, FUJISAKI)}
    terms = Agreement(dampening=Dampening(previous, up=Fraction(1), order=(HIRAKAWA, FUJISAKI)))
    # At most 101 each: of the two yen of 弘前市, 平川市 has room for one.
    assert agreed(303, terms, facts, make_rule(by_table())).amounts == (101, 101, 101)


def test_an_agreement_that_says_nothing_adds_nothing() -> None:
    assert len(agreed(300, Agreement()).items) == 1
    assert month("2021-04") == make_item(1).first
