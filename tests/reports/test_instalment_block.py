"""期別納付: instalments by the rule of the plan, and by value where they do not follow it.

板柳町 bears 12,686,379 yen: 7,186,379 of the running costs and 5,500,000 of its own.
"""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from consortium.domain.fiscalyear.instalment import Instalments
from consortium.reports import notice
from consortium.reports.document import StatementDocument
from consortium.reports.dues import Asking
from tests.reports.documents import DUES, USUAL, asked, first_asked, opened, with_formulas

TOWN = "023817"
PLACES = ("F14", "F15", "F16", "F17")


def amounts(document: StatementDocument) -> tuple[list[Any], list[Any]]:
    """What the four cells say by formula, and what they show."""
    content = notice.render(document, TOWN)
    texts, shown = with_formulas(content)["負担金明細書"], opened(content)["負担金明細書"]
    return [texts[place].value for place in PLACES], [shown[place].value for place in PLACES]


def test_quarters_rounded_up_to_a_thousand_yen_and_the_rest_last() -> None:
    quarter = "=INT((F10+3999)/4000)*1000"
    texts, shown = amounts(first_asked())
    assert texts == [quarter, quarter, quarter, "=F10-SUM(F14:F16)"]
    # a quarter is 3,171,594.75
    assert shown == [3_172_000, 3_172_000, 3_172_000, 3_170_379]


def test_the_columns_are_those_of_the_table_above() -> None:
    sheet = opened(notice.render(first_asked(), TOWN))["負担金明細書"]
    assert [sheet[f"{column}13"].value for column in "BCFH"] == [
        "期別", "納期限", "納付額", "備考",
    ]  # fmt: skip
    assert (sheet["H14"].value, sheet["H15"].value) == ("今回", None)
    assert with_formulas(notice.render(first_asked(), TOWN))["負担金明細書"]["F18"].value == (
        "=SUM(F14:F17)"
    )


def test_what_was_asked_for_before_stays_as_it_was_asked() -> None:
    document = asked()
    assert document.asking is not None
    asking = replace(document.asking, cut=USUAL)
    quarter = "=INT((F10+3999)/4000)*1000"
    texts, _ = amounts(replace(document, asking=asking))
    assert texts == [3_172_000, quarter, quarter, "=F10-SUM(F14:F16)"]


def test_a_shortage_of_the_year_before_in_the_last_one_is_a_value() -> None:
    more = (*DUES[:3], replace(DUES[3], amount=DUES[3].amount + 50_000))
    texts, shown = amounts(first_asked(USUAL, more))
    assert texts[3] == shown[3] == 3_220_379
    assert str(texts[2]).startswith("=INT(")


def test_other_percentages_units_and_modes() -> None:
    # 30 % is 3,805,913.7, 15 % is 1,902,956.85; the nearest 100 yen, a half up
    cut = Instalments((Fraction(30), Fraction(30), Fraction(15)), 100, "half_up")
    yen = (3_805_900, 3_805_900, 1_903_000, 3_171_579)
    dues = tuple(replace(due, amount=part) for due, part in zip(DUES, yen, strict=True))
    texts, shown = amounts(first_asked(cut, dues))
    assert texts[0] == "=INT((F10*3+500)/1000)*100"
    assert texts[2] == "=INT((F10*3+1000)/2000)*100"
    assert shown == list(yen)
    # a third cut to the yen: 4,228,793
    thirds = Instalments((Fraction(100, 3),) * 2)
    three = tuple(replace(DUES[at], amount=4_228_793) for at in range(3))
    document = first_asked(thirds, three)
    texts, _ = amounts(document)
    assert texts[:3] == ["=INT(F10/3)", "=INT(F10/3)", "=F10-SUM(F14:F15)"]


def test_amounts_set_by_hand_or_by_category_are_values() -> None:
    document = asked()
    by_hand = replace(document, asking=Asking(1, 1, {TOWN: DUES}))
    assert amounts(by_hand)[0] == [due.amount for due in DUES]
    odd = (replace(DUES[0], amount=3_000_000), *DUES[1:3], replace(DUES[3], amount=3_342_379))
    texts, _ = amounts(first_asked(USUAL, odd))
    assert texts[0] == 3_000_000
    assert texts[3] == "=F10-SUM(F14:F16)"
