"""What a workbook says, whoever saved it last (発行したブックの内容)."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from openpyxl import Workbook

from consortium.intake import issued_book
from consortium.intake.issued_book import DATA
from tests.intake.uploads import BOOK, SHEET, book_xml, package, sheet_xml


def good(title: str = DATA) -> bytes:
    """Write a small workbook by openpyxl."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in (["年度", "負担額_円", None], [2021, 1_000], [], [2022, 0.5, "", True]):
        sheet.append(row)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def test_a_workbook_gives_its_values_without_empty_ends() -> None:
    rows = (("年度", "負担額_円"), (2021, 1000), (), (2022, "0.5", None, "True"))
    assert issued_book.read_upload(good()) == ({DATA: rows}, set())
    assert issued_book.read_sheets(good()) == {DATA: rows}
    assert issued_book.rows_hash(good()) == issued_book.hash_of(rows)
    assert issued_book.rows_hash(good("別のシート")) is None


def test_line_ends_of_any_program_and_formulas_without_a_value() -> None:
    cells = '<c t="str"><v>a_x000D_&#10;b</v></c><c><f>1+1</f></c>'
    content = package({SHEET: sheet_xml(f"<row>{cells}</row>")})
    assert issued_book.read_sheets(content) == {"表": (("a\nb", issued_book.NO_VALUE),)}


@pytest.mark.usefixtures("read_here")
def test_the_footers_give_the_first_few_codes() -> None:
    codes = "".join(f"照合符号 0000-{at:04x}" for at in range(50))
    parts = {BOOK: book_xml(), SHEET: sheet_xml("", after=f"<oddFooter>{codes}</oddFooter>")}
    found = issued_book.read_upload(package(parts))[1]
    assert found == {f"0000000{at}" for at in range(8)}


def test_the_content_hash_does_not_depend_on_the_compression() -> None:
    first = good()
    target = BytesIO()
    with ZipFile(BytesIO(first)) as source, ZipFile(target, "w") as archive:
        for name in reversed(source.namelist()):
            archive.writestr(name, source.read(name))
    assert target.getvalue() != first
    assert issued_book.content_hash(target.getvalue()) == issued_book.content_hash(first)


def test_a_changed_missing_or_added_cell_is_named() -> None:
    issued: dict[str, issued_book.Rows] = {"データ": (("a", 1), ("b", 2)), "鑑": (("c",),)}
    assert list(issued_book.differing_cells(issued, issued)) == []
    found: dict[str, issued_book.Rows] = {"データ": (("a", 1), ("b", 3, "x")), "他": ((1,),)}
    assert [tuple(each) for each in issued_book.differing_cells(issued, found)] == [
        ("データ", "B2", "2", "3"),
        ("データ", "C2", "（空）", "x"),
        ("鑑", "", "シートあり", "シートなし"),
        ("他", "", "シートなし", "シートあり"),
    ]
