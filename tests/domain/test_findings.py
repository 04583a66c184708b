"""What somebody should look at before issuing (指摘)."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest

from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.findings import CHECKS, findings_of
from consortium.domain.sharing.result import Finding, Result
from consortium.domain.sharing.rule import Component
from consortium.domain.yen import Yen
from tests.domain.agreement import (
    EQUAL,
    FUJISAKI,
    HIRAKAWA,
    HIROSAKI,
    by_table,
    make_facts,
    make_item,
    make_rule,
    shared,
)


def test_a_sharing_without_anything_to_look_at_has_no_findings() -> None:
    assert shared(100, make_rule(EQUAL)).findings == ()
    assert shared([make_item(100, charge_to=HIROSAKI)], make_rule(EQUAL)).findings == ()


def test_the_rest_that_nobody_took_is_a_finding() -> None:
    result = shared(100, make_rule(EQUAL, residual="unallocated"))
    assert result.findings == (Finding("端数差額 1円は、どの団体にも割り当てていません。"),)
    assert not result.findings[0].blocks


def test_no_rest_is_no_finding() -> None:
    assert shared(99, make_rule(EQUAL, residual="unallocated")).findings == ()


def test_a_sign_turned_by_the_rest_is_a_finding() -> None:
    # 1 yen among three, raised to 1 each: the last gives two back and stands at −1.
    result = shared(1, make_rule(EQUAL, mode="ceil", residual="last"))
    assert result.amounts == (1, 1, -1)
    assert result.findings == (
        Finding("費目「運用費」の端数処理により、藤崎町の負担額が -1円になりました。"),
    )


@pytest.mark.parametrize("level", ["component", "item"])
def test_a_sign_turned_in_a_refund_is_a_finding(level: str) -> None:
    result = shared(-1, make_rule(EQUAL, mode="ceil", residual="last", level=level))
    assert result.amounts == (-1, -1, 1)
    assert len(result.findings) == 1


def test_values_that_are_not_final_are_a_finding() -> None:
    facts = make_facts(units={HIROSAKI: 1, HIRAKAWA: 1, FUJISAKI: 1})
    expected = replace(facts.series["units"], certainty="見込", edition="速報")
    result = shared(3, make_rule(by_table()), replace(facts, series={"units": expected}))
    assert result.findings == (Finding("算定基礎「端末台数」速報は見込の値です。"),)
    assert shared(3, make_rule(EQUAL), replace(facts, series={"units": expected})).findings == ()


def more_for_the_first(result: Result) -> Result:
    """Damage a result: the first member pays a yen more than was computed."""
    (entry,) = result.items
    (portion,) = entry.portions
    row, *others = portion.cuts
    wrong = portion._replace(cuts=((row[0] + 1, *row[1:]), *others))
    return replace(result, items=(entry._replace(portions=(wrong,)),))


def other_amount(result: Result) -> Result:
    """Damage a result: the item has another amount than was shared."""
    (entry,) = result.items
    item = replace(entry.item, amount=Yen(101))
    return replace(result, items=(entry._replace(item=item),))


@pytest.mark.parametrize(
    ("damage", "paid", "amount"), [(more_for_the_first, 101, 100), (other_amount, 100, 101)]
)
def test_yen_that_do_not_add_up_are_a_finding(
    damage: Callable[[Result], Result], paid: int, amount: int
) -> None:
    result = findings_of(damage(shared(100, make_rule(EQUAL))), Agreement())
    text = f"費目「運用費」の負担額と端数差額の合計 {paid}円が対象経費 {amount}円と一致しません。"
    assert result.findings == (Finding(text, blocks=True),)


def test_a_rest_beside_shares_that_add_up_already_is_a_finding() -> None:
    # 33 + 33 + 33 and one yen nobody took; then somebody is charged that yen as well.
    result = shared(100, make_rule(EQUAL, residual="unallocated"))
    first, *_ = findings_of(more_for_the_first(result), Agreement()).findings
    text = "費目「運用費」の負担額と端数差額の合計 101円が対象経費 100円と一致しません。"
    assert first == Finding(text, blocks=True)


def test_a_finding_that_blocks_says_what_it_forbids() -> None:
    assert Finding("見込の値です。").notice == "見込の値です。"
    assert Finding("超えています。", blocks=True).notice == (
        "超えています。この指摘があるうちは、承認も発行もできません。"
    )


def test_all_findings_are_reported_at_once() -> None:
    facts = make_facts(units={HIROSAKI: 1, HIRAKAWA: 1, FUJISAKI: 1})
    expected = replace(facts.series["units"], certainty="見込")
    rule = make_rule(by_table(), residual="unallocated")
    result = shared(100, rule, replace(facts, series={"units": expected}))
    assert len(result.findings) == 2
    assert len(CHECKS) == 8


def test_percentages_that_total_99_point_9_are_a_finding() -> None:
    # 33.3 three times, as agreements print them.
    thirds = Component(
        "fixed", "fixed", "固定割合", Fraction(1),
        own=dict.fromkeys((HIROSAKI, HIRAKAWA, FUJISAKI), Fraction("33.3")),
    )  # fmt: skip
    (finding,) = shared(300, make_rule(thirds)).findings
    assert "計が99.9で、100になりません" in finding.text
    assert not finding.blocks
