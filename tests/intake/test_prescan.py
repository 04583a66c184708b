"""The look at an uploaded workbook before anything parses it (取込み前の検査): a hostile corpus."""

import time
from contextlib import suppress
from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from consortium.domain.errors import BadInputError
from consortium.intake import issued_book, prescan
from consortium.intake.prescan import MB

TYPES = "[Content_Types].xml"
SHEET = "xl/worksheets/sheet1.xml"
MAIN = prescan.WORKBOOK_TYPE.decode()


def good() -> bytes:
    """Write a small workbook with a sheet データ."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "データ"
    for row in (["年度", "負担額_円"], [2021, 1_000], [2022, 0]):
        sheet.append(row)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def with_parts(parts: dict[str, bytes | str], *, kind: int = ZIP_DEFLATED) -> bytes:
    """Write a workbook by hand: a content type, a workbook part and whatever is given."""
    target = BytesIO()
    known: dict[str, bytes | str] = {TYPES: f"<Types>{MAIN}</Types>", "xl/workbook.xml": "<a/>"}
    with ZipFile(target, "w", kind) as archive:
        for name, data in (known | parts).items():
            archive.writestr(name, data)
    return target.getvalue()


def with_sheet(inside: str) -> bytes:
    """Write a workbook whose only sheet holds this XML."""
    return with_parts({SHEET: f"<worksheet><sheetData>{inside}</sheetData></worksheet>"})


def doubled() -> bytes:
    """Write two parts of one name; Python warns of it."""
    target = BytesIO()
    with ZipFile(target, "w") as archive:
        archive.writestr(TYPES, MAIN)
        archive.writestr("xl/workbook.xml", "<a/>")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("xl/workbook.xml", "<b/>")
    return target.getvalue()


def encrypted() -> bytes:
    """Set the flag of an encrypted part."""
    data = bytearray(good())
    at = data.index(b"PK\x01\x02") + 8
    data[at] |= 1
    return bytes(data)


HOSTILE = {
    "empty": (b"", "開けません"),
    "too large": (b"PK" + bytes(5 * MB), "5MBを超えています"),
    "html": (b"<html><table></table></html>", "開けません"),
    "xls": (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512), "開けません"),
    "cut off": (good()[:-30], "開けません"),
    "no workbook": (b"PK\x05\x06" + bytes(18), "ではありません"),
    "10,000 parts": (with_parts({f"xl/p{at}.xml": "" for at in range(10_000)}), "200個を超え"),
    "zip slip": (with_parts({"../evil.xml": ""}), "部品の名前"),
    "absolute": (with_parts({"/etc/evil.xml": ""}), "部品の名前"),
    "backslash": (with_parts({"xl\\evil.xml": ""}), "部品の名前"),
    "drive": (with_parts({"C:evil.xml": ""}), "部品の名前"),
    "other case": (with_parts({"XL/Workbook.xml": ""}), "同じ名前"),
    "encrypted": (encrypted(), "暗号化"),
    "bzip2": (with_parts({}, kind=ZIP_BZIP2), "圧縮の方式"),
    "macro": (with_parts({"xl/vbaProject.bin": b"x"}), "マクロ"),
    "external link": (with_parts({"xl/externalLinks/externalLink1.xml": "<a/>"}), "外部リンク"),
    "embedding": (with_parts({"xl/embeddings/object.bin": b"x"}), "埋込み"),
    "connection": (with_parts({"xl/connections.xml": "<a/>"}), "外部リンク"),
    "xlsm": (with_parts({TYPES: "sheet.macroEnabled.main+xml " + MAIN}), "マクロ"),
    "xlsb": (with_parts({TYPES: "application/vnd.ms-excel.sheet.binary"}), "別の形式"),
    "nested zip": (with_parts({"xl/media/a.bin": good()}), "別の圧縮ファイル"),
    "doctype": (with_parts({SHEET: "<!DOCTYPE x []><a/>"}), "DOCTYPE"),
    "entity": (with_parts({SHEET: '< ! doctype><!entity a "b"><a/>'}), "DOCTYPE"),
    "utf-16": (with_parts({SHEET: "<a>あ</a>".encode("utf-16")}), "使えない宣言"),
    "bomb": (with_parts({SHEET: bytes(31 * MB)}), "大きすぎます"),
    "ratio": (with_parts({SHEET: b" " * (2 * MB)}), "大きすぎます"),
    "far cell": (with_sheet('<row r="1"><c r="XFD1"/></row>'), "100列"),
    "far row": (with_sheet('<row r="1048576"><c r="A1048576"/></row>'), "5,000行"),
    "rows without r": (with_sheet("<row/>" * 5_001), "5,000行"),
    "cells without r": (with_sheet("<row>" + "<c/>" * 101 + "</row>"), "100列"),
    "prefixed": (with_sheet("<x:row>" + "<x:c/>" * 101 + "</x:row>"), "100列"),
    "long text": (with_sheet("<row><c><is><t>" + "あ" * 32_768 + "</t></is></c></row>"), "文字"),
    "30,000 formats": (
        with_parts({"xl/styles.xml": "<styleSheet><cellXfs>" + '<xf numFmtId="0"/>' * 30_000}),
        "書式",
    ),
    "formats in a sheet of cells": (
        with_parts({SHEET: "<worksheet>" + "<c/><xf/>" * 30_000}),
        "書式",
    ),
    "2,600,000 texts": (
        with_parts({f"xl/t{at}.xml": f"<sst>{'<si/>' * 200_000}</sst>" for at in range(13)}),
        "書式|大きすぎます",
    ),
    "31 sheets": (
        with_parts({f"xl/worksheets/s{at}.xml": "<worksheet/>" for at in range(31)}),
        "30枚",
    ),
    "sheet that is named as a picture": (
        with_parts({"xl/media/a.png": '<worksheet><row r="9999"/></worksheet>'}),
        "5,000行",
    ),
    "utf-16 that is named as a picture": (
        with_parts({"xl/media/a.png": "<a>あ</a>".encode("utf-16")}),
        "使えない宣言",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_japanese(name: str) -> None:
    content, said = HOSTILE[name]
    with pytest.raises(BadInputError, match=said) as refusal:
        prescan.prescan(content)
    assert refusal.value.path == "file"


@pytest.mark.parametrize(
    "inside",
    [
        "<c " * 60_000,
        "<oddFooter " * 60_000,
        ("x" * 32_767 + "<a/>") * 15,
        "<worksheet" * 60_000,
        "<a" * 60_000 + "a" * 60_000,
    ],
)
def test_nothing_in_a_file_takes_longer_the_longer_it_is_already(inside: str) -> None:
    content = with_sheet(inside)
    began = time.process_time()
    with suppress(BadInputError):
        prescan.prescan(content)
    issued_book.check_codes(content)
    # A tenth of this is usual; each of them took between ten seconds and some minutes once.
    assert time.process_time() - began < 2


def test_a_footer_full_of_codes_gives_the_first_few() -> None:
    codes = "".join(f"照合符号 0000-{at:04x}" for at in range(50))
    content = with_parts({SHEET: f"<worksheet><oddFooter>{codes}</oddFooter></worksheet>"})
    assert len(issued_book.check_codes(content)) == 8


def test_many_cells_are_refused() -> None:
    row = "<row>" + "<c/>" * 100 + "</row>"
    parts = {f"xl/worksheets/s{at}.xml": f"<worksheet>{row * 900}</worksheet>" for at in range(5)}
    content = with_parts(dict(parts))
    with pytest.raises(BadInputError, match=r"400,000個|大きすぎます"):
        prescan.prescan(content)


@pytest.mark.parametrize(
    "content",
    [
        good(),
        with_sheet('<row r="5000"><c r="CV5000"/></row>'),
        with_sheet("<row><c><is><t>" + "あ" * 32_767 + "</t></is></c></row>"),
        with_parts({SHEET: '<worksheet><dimension ref="A1:XFD1048576"/></worksheet>'}),
        with_parts({"xl/calcChain.xml": "<calcChain>" + '<c r="A1"/>' * 500 + "</calcChain>"}),
    ],
)
def test_what_is_within_the_limits_passes(content: bytes) -> None:
    prescan.prescan(content)


def test_what_passes_but_cannot_be_read_is_refused_too() -> None:
    with pytest.raises(BadInputError, match="中身を読み取れません"):
        issued_book.read_upload(with_sheet("<row/>"))


def test_a_workbook_gives_its_values_without_empty_ends() -> None:
    sheets, codes = issued_book.read_upload(good())
    assert sheets == {"データ": (("年度", "負担額_円"), (2021, 1000), (2022, 0))}
    assert codes == set()


def test_the_content_hash_does_not_depend_on_the_compression() -> None:
    first = good()
    target = BytesIO()
    with ZipFile(BytesIO(first)) as source, ZipFile(target, "w") as archive:
        for name in reversed(source.namelist()):
            archive.writestr(name, source.read(name))
    assert target.getvalue() != first
    assert issued_book.content_hash(target.getvalue()) == issued_book.content_hash(first)


def test_a_changed_missing_or_added_cell_is_named() -> None:
    issued = {"データ": (("a", 1), ("b", 2)), "鑑": (("c",),)}
    assert list(issued_book.differing_cells(issued, issued)) == []
    found = {"データ": (("a", 1), ("b", 3, "x")), "他": ((1,),)}
    assert [tuple(each) for each in issued_book.differing_cells(issued, found)] == [
        ("データ", "B2", "2", "3"),
        ("データ", "C2", "（空）", "x"),
        ("鑑", "", "シートあり", "シートなし"),
        ("他", "", "シートなし", "シートあり"),
    ]
