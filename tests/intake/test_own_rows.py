"""Our own rows read the short way are the rows that openpyxl reads (明細行の読取り)."""

from collections.abc import Sequence
from datetime import date
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from consortium.intake import issued_book
from consortium.intake.issued_book import DATA, read_sheets
from consortium.intake.own_rows import own_rows

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), max_size=8
).filter(lambda text: not text.startswith("="))
WHOLE = st.integers(-(10**14), 10**14)


def book(rows: Sequence[Sequence[object]], sheet: str = DATA) -> bytes:
    """Write rows below one another."""
    workbook = Workbook()
    target = workbook.create_sheet(sheet)
    for row in rows:
        target.append(list(row))
    written = BytesIO()
    workbook.save(written)
    return written.getvalue()


@given(st.lists(st.lists(st.one_of(TEXTS, WHOLE), max_size=5), max_size=5))
def test_rows_of_text_and_whole_numbers_are_those_of_openpyxl(rows: list[list[object]]) -> None:
    content = book(rows)
    fast = own_rows(content, DATA)
    assert fast is None or fast == read_sheets(content, only=DATA)[DATA]


def test_the_usual_rows_are_read_the_short_way() -> None:
    content = book([["年度", "団体コード", "額_円"], [2026, "023817", -394_355], [2026, "", 0]])
    assert own_rows(content, DATA) == (
        ("年度", "団体コード", "額_円"),
        (2026, "023817", -394_355),
        (2026, None, 0),
    )


@pytest.mark.parametrize(
    "row",
    [[date(2026, 5, 20)], [0.5], [True], [None, "間"], ["x"] * 27, ["=1+1"]],
    ids=["a day", "a fraction", "a truth value", "a gap", "past column Z", "a formula"],
)
def test_what_is_not_certain_is_left_to_openpyxl(row: list[object]) -> None:
    content = book([["見出し"], row])
    assert own_rows(content, DATA) is None
    rows = read_sheets(content, only=DATA)[DATA]
    assert issued_book.rows_hash(content) == issued_book.hash_of(rows)


def test_a_book_without_the_sheet_has_no_rows() -> None:
    content = book([["見出し"]], "別のシート")
    assert own_rows(content, DATA) is None
    assert issued_book.rows_hash(content) is None
