"""The definition of the registration workbook holds together (一括登録の様式)."""

from datetime import date

import pytest

from consortium.domain.registration.form import KINDS, FormSheet, Record
from consortium.domain.registration.tables import TABLES

SEVEN = ("協議会", "市町村", "サービス参加", "算定基礎", "負担ルール", "費用", "納付")


def test_the_seven_sheets_are_there_and_no_name_stands_twice() -> None:
    names = [sheet.name for sheet in TABLES.values()]
    assert set(SEVEN) <= set(names)
    assert len(set(names)) == len(names) <= 29  # thirty with the page that explains them
    assert all(key == sheet.key for key, sheet in TABLES.items())


@pytest.mark.parametrize("sheet", TABLES.values(), ids=lambda sheet: sheet.key)
def test_columns_can_be_told_apart_and_words_read_back(sheet: FormSheet) -> None:
    assert len({each.heading for each in sheet.columns}) == len(sheet.columns)
    assert len({each.key for each in sheet.columns}) == len(sheet.columns)
    assert {sheet.column(key).key for key in sheet.identity} == set(sheet.identity)
    for each in sheet.columns:
        assert each.kind in KINDS
        assert (each.kind == "word") == bool(each.words)
        assert len(set(each.words.values())) == len(each.words)
        assert not each.example or not each.words or each.example in each.words.values()


def test_what_only_helps_to_read_is_not_compared() -> None:
    members, items = TABLES["enrolments"], TABLES["items"]
    assert not members.column("town").is_compared
    assert not items.column("no").is_compared
    assert items.column("amount").is_compared


def test_a_record_gives_its_values() -> None:
    record = Record(2, {"name": "見本町", "since": date(2025, 4, 1), "note": None})
    assert (record["since"], record.text("name"), record.text("note")) == (
        date(2025, 4, 1), "見本町", "",
    )  # fmt: skip
