"""How values stand in the registration workbook: none loses a digit (一括登録のブック)."""

from datetime import date
from fractions import Fraction
from io import BytesIO

import pytest
from openpyxl import load_workbook

from consortium.domain.calendar.period import Month
from consortium.domain.registration.form import Record, Value
from consortium.reports.registration import render


def written(sheet: str, key: str, column: str, value: Value) -> object:
    """Write one record with one value and give the cell under that heading."""
    from consortium.domain.registration.tables import TABLES

    values = dict.fromkeys((each.key for each in TABLES[key].columns), None) | {column: value}
    book = load_workbook(BytesIO(render({key: (Record(0, values),)})))
    headings = [cell.value for cell in book[sheet][1]]
    place = headings.index(TABLES[key].column(column).heading)
    return book[sheet][2][place].value


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (Fraction(177_411), 177_411),
        (Fraction("149.53"), 149.53),
        (Fraction("-0.25"), -0.25),
        # Fifteen digits are what Excel keeps; what has more is text.
        (Fraction("999999999999999"), 999_999_999_999_999),
        (Fraction("1000000000000000"), "1000000000000000"),
        (Fraction("0.1234567890123456"), "0.1234567890123456"),
        (Fraction("-1234567890.12345678"), "-1234567890.12345678"),
        (Fraction(1, 3), "1/3"),
        (None, None),
    ],
)
def test_a_number_keeps_every_digit(value: Fraction | None, wanted: object) -> None:
    assert written("算定基礎", "bases", "value", value) == wanted


def test_other_values_stand_as_an_office_writes_them() -> None:
    assert written("負担ルール", "rules", "weight", "33.30") == "33.30"
    assert written("負担ルール", "rules", "weight", "80") == 80
    assert written("負担ルール", "rules", "mode", "half_up") == "四捨五入"
    assert written("費用", "items", "first", Month(2025, 4)) == "2025-04"
    assert written("協議会", "consortium", "is_sample", False) == "いいえ"
    day = written("市町村", "members", "since", date(2015, 4, 1))
    assert str(day).startswith("2015-04-01")


def test_a_long_remark_makes_no_column_wider_than_excel_has() -> None:
    values = dict.fromkeys(
        ("term", "name", "service", "category", "amount", "joining", "leaving"), None
    )
    content = {"build_costs": (Record(0, {**values, "note": "長い備考" * 200}),)}
    book = load_workbook(BytesIO(render(content)))
    assert max(each.width for each in book["共同構築費"].column_dimensions.values()) < 100
