"""A computed cell carries its formula and the stored value; what cannot be written is refused."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import partial
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from consortium.reports import (
    case_book,
    causes,
    cost_statement,
    monthly_cost,
    notice,
    reminder,
    summary,
)
from consortium.reports.book import Book, write
from consortium.reports.cells import CellRefusedError
from consortium.reports.sheet import Cell, Date, Formula, Int, Lines, Ratio, Sheet, Text
from tests.reports import documents
from tests.reports.books import DATA, ISSUED, everything, long
from tests.reports.test_causes import document as causes_document

#: Functions that every program calculates alike for whole numbers (design, section 3.1).
SAFE = {
    *("SUM", "SUMPRODUCT", "SUMIFS", "COUNTIF", "IF", "IFERROR", "ABS", "SIGN", "RANK", "LARGE"),
    *("INDEX", "MATCH", "EDATE", "EOMONTH", "DATEDIF", "MAX", "OR", "ROUND", "INT", "TEXT"),
}


def book(cell: Any, **changes: Any) -> bytes:
    sheet = Sheet("表", **changes)
    sheet.put(7, 3, cell, "yen")
    return write(Book("題", "弘前市", ISSUED, (sheet,)))


@pytest.mark.parametrize(
    ("cached", "read"),
    [
        (-1_234_567, -1_234_567),
        (0, 0),
        (10**15 - 1, 10**15 - 1),
        ("還付額　<1&2>円", "還付額　<1&2>円"),
        (" 前後 ", " 前後 "),
        ("=1+1", "=1+1"),
        (Ratio(1, 8), 0.125),
        (Ratio(-1, 3), -1 / 3),
    ],
    ids=str,
)
def test_a_formula_and_its_value_are_in_the_same_cell(cached: Any, read: Any) -> None:
    text = 'IF(A1<>"<&>",\'別 紙\'!$B$2*2,"")'
    content = book(Formula(text, cached))
    assert load_workbook(BytesIO(content))["表"]["C7"].value == f"={text}"
    value = load_workbook(BytesIO(content), data_only=True)["表"]["C7"].value
    assert (value, type(value)) == (read, type(read))
    sheet = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0)
    assert sheet.to_python(skip_empty_area=False)[6][2] == read


FOREIGN: list[Any] = [None, True, 1.0, Decimal(1), Fraction(1), Text("1")]
REFUSED: list[tuple[Cell, str]] = [
    *((Formula("A1", value), type(value).__name__) for value in FOREIGN),
    (Formula("=SUM(A1)", 1), "計算式"),
    (Formula("", 1), "計算式"),
    (Formula("A1\x00", 1), "計算式"),
    (Formula("A1\n+1", 1), "計算式"),
    (Formula("A" * 8_193, 1), "計算式"),
    (Formula("A1", 10**15), "15桁"),
    (Formula("A1", "あ" * 32_768), "長すぎます"),
    (Formula("A1", Ratio(1, 0)), "Ratio"),
    (Formula(1, 1), "計算式"),  # type: ignore[arg-type]
    (Ratio(10**400, 1), "割合"),
    (Date(date(1900, 2, 28)), "1900年"),
    (Text("𠮷" * 16_384), "長すぎます"),
]


@pytest.mark.parametrize(("cell", "found"), REFUSED)
def test_what_no_program_would_read_alike_is_refused(cell: Cell, found: str) -> None:
    with pytest.raises(CellRefusedError, match=f"「表」のC7.*{found}"):
        book(cell)


class Longer(int):
    """An integer by another name."""


@pytest.mark.parametrize("cell", [Int(Longer(1)), type("Mine", (Text,), {})("x")])
def test_a_type_that_only_derives_from_ours_is_refused(cell: Cell) -> None:
    with pytest.raises(CellRefusedError, match="「表」のC7"):
        book(cell)


def lines(change: Callable[[Lines], Lines]) -> bytes:
    sheet = long(3)
    assert sheet.lines is not None
    sheet.lines = change(sheet.lines)
    return write(Book("題", "弘前市", ISSUED, (sheet,)))


def test_a_long_table_refuses_by_cell_and_counts_its_lines() -> None:
    for bad in (True, 1.0, "1", 10**15):
        with pytest.raises(CellRefusedError, match=f"「{DATA}」のA3"):
            lines(partial(_broken, bad=bad))
    for count in (2, 4):
        with pytest.raises(ValueError, match="3 came"):
            lines(partial(replace, count=count))


def _broken(kept: Lines, *, bad: Any) -> Lines:
    first, _, third = kept.values()
    return replace(kept, values=lambda: [first, (bad, "x", None), third])


def test_a_header_that_excel_would_call_broken_is_refused() -> None:
    assert book(Int(1), footer_right="あ" * 190)
    with pytest.raises(ValueError, match="ヘッダー・フッター"):
        book(Int(1), footer_right="&" * 120)


def test_two_sheets_of_one_name_and_names_excel_refuses_are_refused() -> None:
    sheet = Sheet("表")
    sheet.put(1, 1, Int(1), "yen")
    with pytest.raises(ValueError, match="シート名「表」"):
        write(Book("題", "弘前市", ISSUED, (sheet, sheet)))
    for name in ("あ" * 32, "表/裏", "表'", ""):
        with pytest.raises(ValueError, match=f"シート名「{name}」"):
            write(Book("題", "弘前市", ISSUED, (replace(sheet, name=name),)))


def all_books() -> dict[str, bytes]:
    return {
        "statement": cost_statement.render(documents.statement(), "023817"),
        "own": cost_statement.render(documents.statement(shows_other_members=False), "023817"),
        "summary": summary.render(documents.statement()),
        "monthly": monthly_cost.render(documents.monthly(), "023817"),
        "causes": causes.render(causes_document()),
        "notice": notice.render(documents.asked(), "023817"),
        "reminder": reminder.render(documents.reminded(), "023817"),
        "settled": cost_statement.render(documents.settled(), "023817"),
        "changed": cost_statement.render(documents.changed(), "023817"),
        "case": case_book.render_case(documents.statement().result, "見本"),
    }


def formulas(content: bytes) -> list[str]:
    with ZipFile(BytesIO(content)) as archive:
        return [
            text
            for name in archive.namelist()
            if name.startswith("xl/worksheets/sheet")
            for text in re.findall(r"<f>([^<]*)</f>", archive.read(name).decode())
        ]


def test_every_formula_of_every_book_uses_only_functions_that_all_programs_share() -> None:
    found = {name: formulas(content) for name, content in all_books().items()}
    assert len(found["statement"]) > 20
    for name, texts in found.items():
        for text in texts:
            bare = re.sub(r"&quot;[^&]*&quot;|\"[^\"]*\"|'[^']*'", "", text)
            used = set(re.findall(r"([A-Za-z_][\w.]*)\(", bare))
            assert used <= SAFE, (name, text)
            assert not set("[{@#") & set(bare), (name, text)


#: Every part a workbook of ours may have.
ALLOWED = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(app|core)\.xml|xl/theme/theme1\.xml"
    r"|xl/(styles|workbook)\.xml|xl/_rels/workbook\.xml\.rels|xl/worksheets/sheet\d\.xml"
    r"|xl/worksheets/_rels/sheet\d\.xml\.rels|xl/tables/table\d\.xml"
    r"|xl/drawings/drawing\d\.xml|xl/drawings/_rels/drawing\d\.xml\.rels|xl/charts/chart\d\.xml"
)


def test_a_file_has_no_part_but_those_it_needs_and_hides_nothing() -> None:
    books = all_books() | {"everything": write(everything())}
    charts = 0
    for name, content in books.items():
        with ZipFile(BytesIO(content)) as archive:
            assert archive.testzip() is None
            types = archive.read("[Content_Types].xml").decode()
            for entry in archive.infolist():
                assert ALLOWED.fullmatch(entry.filename), (name, entry.filename)
                if not entry.filename.endswith((".rels", "Types].xml")):
                    assert f'PartName="/{entry.filename}"' in types, (name, entry.filename)
                assert entry.date_time == (1980, 1, 1, 0, 0, 0)
                text = archive.read(entry).decode()
                assert 'hidden="1"' not in text, (name, entry.filename)
                assert 'state="hidden"' not in text
                assert "TargetMode" not in text  # a link to somewhere outside
                charts += entry.filename.startswith("xl/charts/")
    assert charts >= 1
