"""Values pasted from a sheet or uploaded as CSV: joined by code, refused with the line."""

from fractions import Fraction

import pytest

from consortium.intake.basis_table import (
    LARGEST_FILE,
    LONGEST_PASTE,
    MANY,
    parse_value,
    read_file,
    read_pasted,
    write_value,
)
from consortium.reports.csv_file import csv_file

HIROSAKI, HIRAKAWA, ITAYANAGI = "022021", "022101", "023817"
TOWNS = {HIROSAKI: "弘前市", HIRAKAWA: "平川市", ITAYANAGI: "板柳町"}
BOTH = {HIROSAKI: 177411, HIRAKAWA: Fraction("9.5")}


def pasted(text):
    return read_pasted(text, TOWNS)


def faults(table):
    """Give line → what was found; a table with faults gives no values."""
    assert not table.values or not table.faults
    return {fault.line: fault.found for fault in table.faults}


# ---- one value -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("177411", 177411),
        ("177,411", 177411),
        ("１７７，４１１", 177411),
        (" 177411 ", 177411),
        ("\u3000177411\u3000", 177411),
        ("9.5", Fraction(19, 2)),
        ("1,234.5", Fraction(2469, 2)),
        ("９．５", Fraction(19, 2)),
        ("0", 0),
        ("007", 7),
        ("999999999999", 999_999_999_999),
        ("0.000000001", Fraction(1, 10**9)),
    ],
)
def test_a_value_is_read_exactly(text, value):
    assert parse_value(text) == value


@pytest.mark.parametrize("text", ["△5", "▲5", "-5", "－5", "−5", "ー5", "△ 5", "(5)", "-¥5"])
def test_a_negative_value_is_refused_as_such(text):
    with pytest.raises(ValueError, match="負の数です"):
        parse_value(text)


@pytest.mark.parametrize("text", ["17,7411", "1,77,411", ",177", "177,", "1,234,56", "1234,567"])
def test_misplaced_separators_are_refused(text):
    with pytest.raises(ValueError, match="桁区切りの位置"):
        parse_value(text)


@pytest.mark.parametrize("text", ["1" * 13, "1." + "1" * 10, "1" * 5000])
def test_too_many_digits_are_refused_and_quoted_shortly(text):
    with pytest.raises(ValueError, match="桁が多すぎます") as refusal:
        parse_value(text)
    assert len(str(refusal.value)) < 100


@pytest.mark.parametrize(
    "text",
    ["=1+1", "177411人", "1e5", "0x10", "NaN", "inf", "1/3", "10²", "٣", "一七", "+5", "1.", ".5",
     "5%", "1 234", "=HYPERLINK(\"http://x\")"],
)  # fmt: skip
def test_what_is_no_plain_number_is_refused(text):
    with pytest.raises(ValueError, match="数として読めません"):
        parse_value(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(177411), "177,411"),
        (Fraction("9.5"), "9.5"),
        (Fraction("1234.000000001"), "1,234.000000001"),
        (Fraction(0), "0"),
        (Fraction(1, 3), "1/3"),
    ],
)
def test_a_value_is_written_as_people_do(value, text):
    assert write_value(value) == text
    if "/" not in text:
        assert parse_value(text) == value


# ---- pasting -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "022021\t177411\n022101\t9.5",
        "022021\t177,411\r\n022101\t9.5\r\n",
        "022021\t弘前市\t177,411\n022101\t平川市\t9.5\n",
        "団体コード\t団体名\t人口\n022021\t弘前市\t177411\n022101\t平川市\t9.5\n",
        "\ufeff022021,177411\n022101,9.5",
        '022021,"177,411"\n022101,弘前市,9.5\n',
        "\n\n022021\t177411\n\t\n022101\t9.5\n\n",
        "０２２０２１\t１７７，４１１\n022101\t9.5\t\t\n",
        "022101\t9.5\n022021\t177411",
        '022021\t"弘前\n市"\t177411\n022101\t𠮷髙﨑\t9.5',
    ],
)
def test_lines_copied_from_a_sheet_are_read(text):
    assert pasted(text) == read_pasted("022021\t177411\n022101\t9.5", TOWNS)
    assert dict(pasted(text).values) == BOTH


def test_a_name_decides_nothing():
    assert dict(pasted("022021\t平川市\t1\n022101\t弘前市\t2").values) == {
        HIROSAKI: 1,
        HIRAKAWA: 2,
    }


def test_an_empty_cell_is_a_value_not_registered():
    assert dict(pasted("022021\t\n022101\t9.5").values) == {HIRAKAWA: Fraction("9.5")}


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("022021\t1\n022022\t2", 2, "検査数字"),
        ("022021\t1\n22021\t2", 2, "先頭の0が落ちている"),
        ("弘前市\t1", 1, "数字6桁ではありません"),
        ("\t5", 1, "団体コードが空です"),
        ("022021\t1\n011002\t2", 2, "構成団体の団体コードではありません"),
        ("022021\t1\n022101\t2\n022021\t1", 3, "1行目にもあります"),
        ("022021\t1\n022021\tx\n022021\t1", 2, "1行目にもあります"),
        ("022021\t△5", 1, "弘前市の値「△5」は負の数です"),
        ("022021\t=1+1", 1, "数として読めません"),
        ("022021", 1, "値の列がありません"),
        ("022021\t弘前市\t1\t2", 1, "4列"),
        ("022021,177,411", 1, "値がコンマで分かれています"),
        ("022021,弘前市,177,411", 1, "4列"),
        ("022021\t1\n\n\nx\t2", 4, "数字6桁ではありません"),
        ('022021\t"弘前\n市"\t1\nx\t2', 3, "数字6桁ではありません"),
        ('022021\t1\n022101\t"9.5', 0, "2行目から、引用符"),
        ("022021\t1\x00", 1, "数として読めません"),
    ],
)
def test_a_fault_is_named_with_its_line(text, line, found):
    table = pasted(text)
    assert dict(table.values) == {}
    assert found in faults(table)[line]


def test_all_faults_are_told_at_once_up_to_many():
    table = pasted("\n".join(f"x{number}\t1" for number in range(MANY + 5)))
    assert len(table.faults) == MANY + 1
    assert "ほかに5か所あります。" in str(table.faults[-1])
    assert str(table.faults[0]).startswith("1行目：団体コード「x0」は")


@pytest.mark.parametrize("text", ["", "\n\n", "団体コード\t値\n", "022021\t\n"])
def test_a_table_without_a_single_value_is_refused(text):
    assert faults(pasted(text)) == {0: "値が一つもありません。"}


def test_far_too_much_text_is_refused_before_it_is_read():
    assert "多すぎます" in faults(pasted("x" * (LONGEST_PASTE + 1)))[0]


# ---- CSV -----------------------------------------------------------------------------------------

PLAIN = "団体コード,団体名,値\r\n022021,弘前市,177411\r\n022101,平川市,9.5\r\n"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("cp932"),
        PLAIN.replace("弘前市", "髙﨑①").encode("cp932"),
        PLAIN.replace("弘前市", "𠮷髙﨑").encode(),
        PLAIN.replace("\r\n", "\n").encode(),
        PLAIN.replace("177411", '"177,411"').encode(),
        "団体コード,値\n022021,177411\n022101,9.5".encode(),
        "値,団体コード\n177411,022021\n9.5,022101\n".encode(),
        PLAIN.replace("弘前市", '"弘,前""市"').encode("cp932"),
        (PLAIN + "\r\n,,\r\n").encode(),
    ],
    ids=["UTF-8", "BOM", "Shift_JIS", "IBM kanji", "outside the BMP", "LF", "quoted", "two columns",
         "other order", "quotes in a name", "empty lines"],
)  # fmt: skip
def test_a_csv_file_is_read_whatever_its_encoding(content):
    table = read_file(content, TOWNS)
    assert table.faults == ()
    assert dict(table.values) == BOTH


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00", "Excelブック（.xlsx）として開けません。"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "古い形式のExcelブック（.xls）です。"),
        (b"%PDF-1.7", "PDFです。"),
        (PLAIN.encode("utf-16"), "UTF-16です。"),
        (b"<html><table>", "HTMLかXMLです。"),
        (b"\n <!DOCTYPE html>", "HTMLかXMLです。"),
        (b"\x00" + PLAIN.encode(), "NUL"),
        (b"\x81\xff\xff", "UTF-8でもShift_JISでもありません。"),
        (b"", "見出し 団体コード、値 がありません。"),
        ("団体名,値\n".encode(), "見出し 団体コード がありません。"),
        ("団体コード\t値\n022021\t1".encode(), "見出し 団体コード、値 がありません。"),
        ("団体コード,人口,値\n".encode(), "見出し「人口」は使いません。"),
        ("団体コード,値,値\n022021,1,2\n".encode(), "同じ見出しが二つあります。"),
        ('団体コード,値\n022021,"1'.encode(), "2行目から、引用符"),
        ("団体コード,値\n".encode(), "値が一つもありません。"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_by_what_it_is(content, found):
    table = read_file(content, TOWNS)
    assert dict(table.values) == {}
    assert found in faults(table)[0]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("022021,1,2", "2列のところ3列です。"),
        ("022021", "2列のところ1列です。"),
        ("022021,△1", "負の数です"),
        ("999999,1", "検査数字"),
        ("023817,=cmd|' /C calc'!A0", "数として読めません"),
    ],
)
def test_a_bad_line_of_a_file_is_named(line, found):
    table = read_file(f"団体コード,値\n022101,2\n{line}\n".encode(), TOWNS)
    assert found in faults(table)[3]


def test_a_file_over_the_limit_is_refused_unread():
    content = b"x" * (LARGEST_FILE + 1)
    assert "大きすぎます" in faults(read_file(content, TOWNS))[0]


def test_a_file_of_very_many_lines_within_the_limit_is_read_line_by_line():
    content = ("団体コード,値\n" + "022021,1\n" * 100_000).encode()
    assert len(content) <= LARGEST_FILE
    table = read_file(content, TOWNS)
    assert "2行目にもあります" in faults(table)[3]
    assert f"ほかに{100_000 - 1 - MANY}か所あります。" in table.faults[-1].found


def test_what_is_written_can_be_read_in_again():
    rows = [("022021", "弘前市", "177411"), ("022101", '=平川"市,', "9.5")]
    content = csv_file([("団体コード", "団体名", "値"), *rows])
    assert content.startswith("\ufeff団体コード,団体名,値\r\n".encode())
    assert "'=平川".encode() in content
    assert dict(read_file(content, TOWNS).values) == BOTH
