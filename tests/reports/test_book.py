"""The one writer of cells."""

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from consortium.reports import cost_statement
from consortium.reports.book import Book, write
from consortium.reports.cells import CellRefusedError
from consortium.reports.sheet import (
    BLANK,
    Date,
    Int,
    Ratio,
    Sheet,
    Text,
    address,
    length,
    lines_needed,
)
from tests.reports import documents

ISSUED = datetime(2022, 2, 15, 9, 0, tzinfo=documents.TOKYO)


def written(cell: Any, style: str = "text") -> bytes:
    sheet = Sheet("表")
    sheet.put(7, 3, cell, style)
    return write(Book("題", "弘前市", ISSUED, (sheet,)))


def read_back(cell: Any, style: str = "text") -> Any:
    return documents.opened(written(cell, style))["表"]["C7"]


FOREIGN = [
    1,
    1.5,
    float("nan"),
    True,
    None,
    "text",
    b"bytes",
    1j,
    Decimal("1"),
    Fraction(1, 2),
    date(2022, 2, 15),
    datetime(2022, 2, 15, tzinfo=UTC),
    time(9, 0),
    timedelta(days=1),
    [1],
    (1,),
    {"a": 1},
    {1},
    frozenset([1]),
    range(3),
    Exception("x"),
    object(),
]


@pytest.mark.parametrize("value", FOREIGN, ids=lambda value: type(value).__name__)
def test_a_value_that_is_none_of_our_types_is_refused_by_name(value: object) -> None:
    with pytest.raises(CellRefusedError) as refused:
        written(value)
    assert "「表」のC7" in str(refused.value)
    assert type(value).__name__ in str(refused.value)


INSIDE: list[tuple[Callable[[Any], object], object]] = [
    (Int, True),
    (Int, 1.0),
    (Int, Fraction(1)),
    (Int, "1"),
    (Text, 1),
    (Text, None),
    (Date, datetime(2022, 2, 15, tzinfo=UTC)),
    (Date, "2022-02-15"),
    (lambda value: Ratio(value, 2), 0.5),
    (lambda value: Ratio(value, 2), True),
    (lambda value: Ratio(1, value), 0),
]


@pytest.mark.parametrize(("kind", "value"), INSIDE)
def test_one_of_our_types_holds_only_what_it_says(
    kind: Callable[[Any], object], value: object
) -> None:
    with pytest.raises(CellRefusedError, match="「表」のC7"):
        written(kind(value))


@pytest.mark.parametrize(
    "text",
    ["=cmd|'/c calc'!A1", "=1+1", "+1", "-1", "@SUM(A1)", "#N/A", "1-2", "022021", "\t=1", "TRUE"],
)
def test_text_stays_text_and_excel_keeps_it_when_it_is_edited(text: str) -> None:
    cell = read_back(Text(text))
    assert (cell.value, cell.data_type) == (text, "s")
    assert cell.quotePrefix is True


def test_plain_text_and_codes_need_no_quote() -> None:
    assert not read_back(Text("板柳町")).quotePrefix
    code = read_back(Text("022021"), "code")
    assert (code.value, code.number_format) == ("022021", "@")
    assert not code.quotePrefix


def test_nothing_that_a_user_typed_is_in_a_formula() -> None:
    content = documents.statement(documents.shared(documents.items(name="=cmd|'/c calc'!A1")))
    book = load_workbook(BytesIO(cost_statement.render(content, "023817")))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    typed = [cell for cell in cells if "cmd" in str(cell.value)]
    assert {cell.parent.title for cell in typed} >= {"負担金明細書", "算定内訳", "データ"}
    assert {cell.data_type for cell in typed} == {"s"}
    assert {cell.data_type for cell in cells} == {"s", "n", "d", "f"}


def test_text_is_brought_to_a_form_that_every_reader_gives_back() -> None:
    assert read_back(Text("か\u3099")).value == "が"
    assert read_back(Text("一\r\n二\r三")).value == "一\n二\n三"
    assert read_back(Text("a\x00b\ud800c")).value == "a\ufffdb\ufffdc"
    assert read_back(Text("_x0041_")).value == "_x005F_x0041_"
    assert read_back(Text("𠮷髙")).value == "𠮷髙"


def test_text_and_integers_that_excel_cannot_hold_are_refused() -> None:
    assert read_back(Int(10**15 - 1), "yen").value == 10**15 - 1
    for cell in (Int(10**15), Int(-(10**15)), Text("あ" * 32_768)):
        with pytest.raises(CellRefusedError, match="C7"):
            written(cell)


def test_yen_are_numbers_and_dates_are_dates() -> None:
    yen = read_back(Int(-1_234_567), "yen")
    assert (yen.value, yen.data_type) == (-1_234_567, "n")
    assert yen.number_format == '#,##0_ ;"△"#,##0_ ;0_ '
    day = read_back(Date(date(2019, 12, 1)), "date")
    assert day.is_date
    assert day.number_format == (
        '[<43586][$-411]ggge"年"m"月"d"日";[<43831]"令和元年"m"月"d"日";[$-411]ggge"年"m"月"d"日"'
    )
    assert day.value == datetime(2019, 12, 1)  # noqa: DTZ001 - openpyxl gives days without a zone
    assert read_back(Ratio(1, 8), "ratio").value == 0.125
    assert read_back(BLANK, "total").value is None


def test_the_properties_tell_the_issue_and_the_office_and_never_now() -> None:
    properties = documents.opened(written(Text("a"))).properties
    at_nine_in_japan = datetime(2022, 2, 15, 0, 0)  # noqa: DTZ001 - as above
    assert properties.created == properties.modified == at_nine_in_japan
    assert (properties.creator, properties.title) == ("弘前市", "題")
    assert properties.lastModifiedBy is None


def test_a_merged_range_keeps_lines_and_fill_of_all_its_cells() -> None:
    sheet = Sheet("表")
    sheet.merge((1, 1, 1, 3), Text("合計"), "total")
    sheet.frame((1, 1, 1, 3))
    content = write(Book("題", "弘前市", ISSUED, (sheet,)))
    read = documents.opened(content)["表"]
    assert [str(area) for area in read.merged_cells.ranges] == ["A1:C1"]
    # openpyxl makes up the looks of merged cells when it reads, so look into the file itself.
    with ZipFile(BytesIO(content)) as parts:
        xml = parts.read("xl/worksheets/sheet1.xml").decode()
        looks = parts.read("xl/styles.xml").decode().partition("<cellXfs")[2]
    styles = [int(number) for number in re.findall(r'<c r="[ABC]1" s="(\d+)"', xml)]
    assert len(set(styles)) == 3
    fills = re.findall(r'<xf [^>]*?fillId="(\d+)"', looks)
    assert len({fills[style] for style in styles}) == 1


def test_columns_are_as_wide_as_their_text_and_lines_are_counted() -> None:
    sheet = Sheet("表", least_widths=[4, 40])
    sheet.put(1, 1, Text("負担額10"), "text")
    sheet.put(1, 2, Text("短い"), "text")
    assert sheet.widths() == [2 * 3 + 2 + 3, 40]
    assert length("負担ﾊﾝｶｸ1") == 9
    assert lines_needed("あ" * 10, 12) == 2


def test_addresses_go_beyond_z() -> None:
    assert [address(1, n) for n in (1, 26, 27, 52, 53)] == ["A1", "Z1", "AA1", "AZ1", "BA1"]


def test_openpyxl_is_loaded_only_when_a_file_is_made() -> None:
    code = "import sys, consortium.reports; print('openpyxl' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
