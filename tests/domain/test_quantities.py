"""Quantities at a unit price are charged first, the rest is shared (従量)."""

from fractions import Fraction

import pytest

from consortium.domain.errors import BadInputError
from consortium.domain.sharing.result import Result, Usage
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
    why,
)

# ---- quantities at a price -------------------------------------------------------------------


def used(price: str, quantity: str, mode: str = "floor", amount: int = 20_000) -> Result:
    """Let 平川市 use something of an item."""
    usage = Usage(Fraction(price), {HIRAKAWA: Fraction(quantity)}, mode)
    return shared([make_item(amount, usage=usage)], make_rule(EQUAL))


def test_quantities_are_charged_first_and_the_rest_is_shared() -> None:
    result = used("12", "1000")
    # 12,000 for 平川市; 8,000 ÷ 3 = 2,666.66….
    assert result.amounts == (2_667, 14_667, 2_666)
    assert [(line.component, line.method, line.amount) for line in result.lines()][-1] == (
        *("usage_rate", "従量"),
        12_000,
    )
    assert why(result, HIRAKAWA)[1] == "  従量：1,000 × 単価12円 ＝ 12,000円なので12,000円です。"
    assert not any("従量" in text for text in why(result, HIROSAKI))
    assert result.findings == ()


@pytest.mark.parametrize(
    ("mode", "yen", "label"),
    [("floor", 37, "切捨て"), ("half_up", 38, "四捨五入"), ("ceil", 38, "切上げ")],
)
def test_a_part_of_a_yen_is_rounded_as_the_item_says(mode: str, yen: int, label: str) -> None:
    result = used("12.5", "3", mode)
    assert result.items[0].charges[0].amounts == (0, yen, 0)
    assert why(result, HIRAKAWA)[1] == (
        f"  従量：3 × 単価12.5円 ＝ 約37.5000円、円未満{label}なので{yen}円です。"
    )


def test_quantities_above_the_cost_are_reported_and_the_rest_is_a_refund() -> None:
    result = used("12", "10", amount=100)
    assert result.amounts == (-7, 113, -6)
    assert [finding.text for finding in result.findings] == [
        (
            "費目「運用費」の従量の計 120円が、費目の額 100円を超えています。"
            "超える分は返還として分けました。"
        )
    ]
    assert used("12", "10", amount=120).findings == ()


def test_a_quantity_of_somebody_who_is_not_there_is_refused_by_its_key() -> None:
    usage = Usage(Fraction(1), {"023817": Fraction(1)})
    with pytest.raises(BadInputError) as refusal:
        shared([make_item(100, usage=usage)], make_rule(EQUAL))
    assert refusal.value.path == "usage.quantities.023817"
    assert "023817 は、費目の期間に参加していません" in refusal.value.found


def test_who_used_something_is_concerned_beside_those_the_rest_is_shared_among() -> None:
    # 2 pieces at 3 yen for 弘前市; the other 4 yen are 藤崎町's alone by the table.
    facts = make_facts(units={HIROSAKI: 0, HIRAKAWA: 0, FUJISAKI: 1})
    item = make_item(10, usage=Usage(Fraction(3), {HIROSAKI: Fraction(2)}))
    result = shared([item], make_rule(by_table()), facts)
    assert result.amounts == (6, 0, 4)
    assert result.concerned(result.items[0]) == (True, False, True)
