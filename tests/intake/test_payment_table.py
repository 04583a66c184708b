"""Reading payments from a CSV (収納の表): encodings, headings, every kind of wrong cell."""

from datetime import date

import pytest

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError
from consortium.domain.yen import Yen
from consortium.intake.payment_table import (
    LARGEST_FILE,
    MANY,
    PaymentRow,
    PaymentTable,
    read_payments,
    text_of,
)

BY_NUMBER = "文書番号,収納日,金額,整理番号,摘要\n"
BY_TOWN = "団体コード,年度,期別,収納日,金額\n"
GOOD = "共ク第12号,2026-05-20,1894000,会-1,振込\n"


def read(text: str) -> PaymentTable:
    return read_payments(text_of(text.encode()))


def row(cells: str, heading: str = BY_NUMBER) -> PaymentRow:
    table = read(heading + cells + "\n")
    assert table.faults == ()
    (found,) = table.rows
    return found


def fault(cells: str, heading: str = BY_NUMBER) -> str:
    table = read(heading + cells + "\n")
    assert table.rows == ()
    (found,) = table.faults
    return str(found)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "shift_jis"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_and_line_end_reads_the_same(encoding: str, end: str) -> None:
    content = (BY_NUMBER + GOOD).replace("\n", end).encode(encoding)
    (found,) = read_payments(text_of(content)).rows
    assert found == PaymentRow(
        2, date(2026, 5, 20), Yen(1_894_000), "共ク第12号", None, None, None, "会-1", "振込"
    )
    assert text_of(content) == BY_NUMBER + GOOD


def test_a_town_year_and_instalment_stand_for_a_notice() -> None:
    found = row("023817,2026,1,2026-05-20,5", BY_TOWN)
    assert (found.code, found.year, found.instalment) == ("023817", FiscalYear(2026), 1)


@pytest.mark.parametrize(
    "cells",
    [
        "０２３８１７,２０２６,第１期,令和８年５月２０日,１，８９４，０００円",
        '023817,令和8年度,1,R8.5.20,"1,894,000"',
        "023817,2026年度,1期,2026/5/20,¥1894000",
        "023817,R8,01,20260520,1894000",
    ],
)
def test_what_offices_write_is_read(cells: str) -> None:
    # A full-width comma is no separator of the file.
    found = row(cells, BY_TOWN)
    assert (found.code, found.year, found.instalment) == ("023817", FiscalYear(2026), 1)
    assert (found.paid_on, found.amount) == (date(2026, 5, 20), 1_894_000)


def test_columns_are_found_by_their_headings_and_others_left_alone() -> None:
    text = '口座,摘要, 金額 ,収納日,文書番号\n1,"振込, 5月",100,2026-05-20,共ク第12号\n'
    (found,) = read(text).rows
    assert (found.amount, found.note, found.reference_number) == (100, "振込, 5月", "")


def test_a_line_may_name_no_instalment() -> None:
    assert row("023817,2026,,2026-05-20,5", BY_TOWN).instalment is None


def test_lines_are_counted_as_an_editor_does() -> None:
    text = BY_NUMBER + '共ク第1号,2026-05-20,5,,"二\n行"\n\n共ク第2号,2026-05-20,x,,\n'
    (found,) = read(text).faults
    assert (found.line, found.column) == (5, "金額")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("共ク第12号,2026-05-20,-5,,", "2行目の「金額」：「-5」は負の金額です。"),
        ("共ク第12号,2026-05-20,△5,,", "は負の金額です。"),
        ("共ク第12号,2026-05-20,0,,", "金額が0円です。"),
        ("共ク第12号,2026-05-20,,,", "金額が空です。"),
        ("共ク第12号,2026-05-20,1.5,,", "金額として読めません。"),
        ('共ク第12号,2026-05-20,"1,89",,', "金額として読めません。"),
        ("共ク第12号,2026-05-20,1e6,,", "金額として読めません。"),
        ("共ク第12号,,5,,", "2行目の「収納日」：収納日が空です。"),
        ("共ク第12号,2026-02-30,5,,", "暦にない日です。"),
        ("共ク第12号,5月20日,5,,", "日付の形ではありません。"),
        ("共ク第12号,2026-05-20,5,,a\x07b", "目に見えない制御文字"),
        (f"共ク第12号,2026-05-20,5,{'1' * 61},", "長すぎます（61文字）"),
        ("共ク第12号,2026-05-20,5", "5列のところ3列です。"),
        ("共ク第12号,2026-05-20,1,894,000,", "5列のところ6列です。"),
    ],
)
def test_what_cannot_be_read_is_told_with_line_and_column(cells: str, said: str) -> None:
    assert said in fault(cells)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (",2026,1,2026-05-20,5", "文書番号も団体コードもありません。"),
        ("23817,2026,1,2026-05-20,5", "先頭の0が落ちている"),
        ("023818,2026,1,2026-05-20,5", "検査数字"),
        ("弘前市,2026,1,2026-05-20,5", "数字6桁ではありません。"),
        ("023817,,1,2026-05-20,5", "年度が空です。"),
        ("023817,来年,1,2026-05-20,5", "年度として読めません。"),
        ("023817,1066,1,2026-05-20,5", "扱える年度ではありません。"),
        ("023817,2026,0,2026-05-20,5", "期として読めません。"),
        ("023817,2026,春,2026-05-20,5", "期として読めません。"),
    ],
)
def test_what_names_no_instalment_is_told(cells: str, said: str) -> None:
    assert said in fault(cells, BY_TOWN)


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("番号,日,額\n", "収納日、金額"),
        ("収納日,金額\n", "文書番号（または 団体コード）"),
        ("団体コード,期別,収納日,金額\n", "年度"),
        ("文書番号,収納日,収納日,金額\n", "見出し「収納日」が二つあります。"),
        ('文書番号,"収納日,金額\n', "引用符"),
    ],
)
def test_a_wrong_heading_is_told(heading: str, said: str) -> None:
    (found,) = read(heading).faults
    assert (found.line, said in str(found)) == (0, True), str(found)


def test_a_file_without_lines_is_told() -> None:
    (found,) = read(BY_NUMBER).faults
    assert "収納の行が一つもありません。" in str(found)


def test_good_and_bad_lines_are_both_given() -> None:
    table = read(BY_NUMBER + GOOD + "x,y,z,,\n" + GOOD)
    assert [each.line for each in table.rows] == [2, 4]
    assert [each.line for each in table.faults] == [3]


def test_many_faults_are_counted() -> None:
    table = read(BY_NUMBER + "x,y,z,,\n" * 30)
    words = table.told(table.faults)
    assert len(words) == MANY + 1
    assert words[-1].startswith("ほかに10か所")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04rest", "Excel"),
        (b"\xff\xfe\x00\x00", "UTF-16"),
        (b"a\x00b", "NUL"),
        (b"", "ファイルが空です"),
        (b"\xef\xbb\xbf\r\n", "ファイルが空です"),
        (b"<table>", "HTML"),
        (b"\x81", "UTF-8でもShift_JISでも"),
        (b"x" * (LARGEST_FILE + 1), "大きすぎます"),
    ],
)
def test_what_is_no_csv_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        text_of(content)
    assert said in refusal.value.found
