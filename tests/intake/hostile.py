"""A hostile corpus of uploads, made here byte by byte (悪意のあるファイル).

`REFUSED`: name → file, what the refusal says. `READ`: name → file, what B2 holds. `CELLS`: name →
a value cell of an otherwise good table, what is said of it. `TEXTS`: files for the CSV doors.
Whatever a door is given of these, it answers in Japanese, and nothing is saved.
"""

from datetime import date
from fractions import Fraction
from struct import pack
from zipfile import ZIP_BZIP2, ZIP_STORED

from consortium.intake.prescan import MB
from consortium.intake.workbook import Cell
from tests.intake.uploads import (
    BOOK,
    LINKS,
    MAIN,
    SHEET,
    TYPES,
    book_xml,
    inline,
    links_xml,
    package,
    sheet_xml,
    strings_xml,
    with_cell,
    with_rows,
)

UNREADABLE = "中身を読み取れません"
NO_BOOK = "開けません"


def _flipped(content: bytes, sign: bytes, at: int, bits: int) -> bytes:
    """Change one byte after every mark of the zip directory or of a part."""
    data, place = bytearray(content), content.find(sign)
    while place >= 0:
        data[place + at] |= bits
        place = content.find(sign, place + 1)
    return bytes(data)


def _torn() -> bytes:
    """Write a part whose compressed bytes are none: zlib raises an error of its own kind."""
    content = bytearray(package({"xl/x.xml": "<a>" + "0123456789" * 40 + "</a>"}))
    start = content.index(b"xl/x.xml") + len(b"xl/x.xml")
    content[start : start + 8] = b"\xff" * 8
    return bytes(content)


def _lying() -> bytes:
    """Declare three bytes for a part that unpacks to many."""
    content = bytearray(package({"xl/x.xml": b"<a>" + b"x" * 100_000}))
    for sign, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = content.find(sign)
        while place >= 0:
            name = 30 if sign == b"PK\x03\x04" else 46
            if content[place + name : place + name + 8] == b"xl/x.xml":
                content[place + offset : place + offset + 4] = pack("<I", 3)
            place = content.find(sign, place + 4)
    return bytes(content)


def _doubled() -> bytes:
    """Write two parts of one name; the second is renamed in place, Python would warn."""
    content = package({"xl/workbook.xmm": "<b/>"})
    return content.replace(b"xl/workbook.xmm", b"xl/workbook.xml")


_LAUGHS = '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
_SECRET = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
_ROW = "<row>" + "<c/>" * 100 + "</row>"
_LONG = "あ" * 32_767

REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", NO_BOOK),
    "too large": (b"PK\x03\x04" + bytes(5 * MB), "5MBを超えています"),
    "html": (b"<html><table></table></html>", NO_BOOK),
    "xls": (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512), NO_BOOK),
    "cut off": (package({})[:-30], NO_BOOK),
    "not a zip at all": (b"PK\x03\x04" + bytes(200), NO_BOOK),
    "torn part": (_torn(), NO_BOOK),
    "lying size": (_lying(), NO_BOOK),
    "polyglot": (b"%PDF-1.7\n" + package({}), NO_BOOK),
    "an empty zip": (b"PK\x05\x06" + bytes(18), NO_BOOK),
    "no workbook": (package({}).replace(b"xl/workbook.xml", b"xl/workbuch.xml"), "ではありません"),
    "10,000 parts": (package({f"xl/p{at}.xml": "" for at in range(10_000)}), "200個を超え"),
    "zip slip": (package({"../evil.xml": ""}), "部品の名前"),
    "zip slip inside": (package({"xl/../../evil.xml": ""}), "部品の名前"),
    "absolute": (package({"/etc/evil.xml": ""}), "部品の名前"),
    "backslash": (package({"xl\\evil.xml": ""}), "部品の名前"),
    "drive": (package({"C:evil.xml": ""}), "部品の名前"),
    "two of one name": (_doubled(), "同じ名前"),
    "other case": (package({"XL/Workbook.xml": ""}), "同じ名前"),
    "encrypted": (_flipped(package({}), b"PK\x01\x02", 8, 1), "暗号化"),
    "bzip2": (package({}, kind=ZIP_BZIP2), "圧縮の方式"),
    "macro": (package({"xl/vbaProject.bin": b"x"}), "マクロ"),
    "activeX": (package({"xl/activeX/activeX1.xml": "<a/>"}), "マクロ"),
    "external link": (package({"xl/externalLinks/externalLink1.xml": "<a/>"}), "外部リンク"),
    "embedding": (package({"xl/embeddings/object.bin": b"x"}), "埋込み"),
    "connection": (package({"xl/connections.xml": "<a/>"}), "外部リンク"),
    "xlsm": (package({TYPES: "sheet.macroEnabled.main+xml " + MAIN}), "マクロ"),
    "xlsb": (package({TYPES: "application/vnd.ms-excel.sheet.binary"}), "別の形式"),
    "nested zip": (package({"xl/media/a.bin": package({})}), "別の圧縮ファイル"),
    "billion laughs": (package({SHEET: f"{_LAUGHS}<worksheet>&b;</worksheet>"}), "DOCTYPE"),
    "entity in strings": (
        package({"xl/sharedStrings.xml": _LAUGHS + strings_xml("&b;")}),
        "DOCTYPE",
    ),
    "external entity": (
        package({SHEET: _SECRET + sheet_xml("<row><c><v>&e;</v></c></row>")}),
        "DOCTYPE",
    ),
    "odd declaration": (package({SHEET: '< ! doctype><!entity a "b"><a/>'}), "DOCTYPE"),
    "utf-16": (package({SHEET: "<a>あ</a>".encode("utf-16")}), "使えない宣言"),
    "utf-16 without a mark": (package({SHEET: "<a>あ</a>".encode("utf-16-le")}), "使えない宣言"),
    "bomb": (package({SHEET: bytes(31 * MB)}), "大きすぎます"),
    "ratio": (package({SHEET: b" " * (2 * MB)}), "大きすぎます"),
    "many parts that are large together": (
        package({f"xl/m{at}.bin": bytes(990_000) for at in range(60)}),
        "大きすぎます",
    ),
    "far cell": (with_rows('<row r="1048576"><c r="XFD1048576"/></row>'), "5,000行"),
    "far column": (with_rows('<row r="1"><c r="XFD1"/></row>'), "100列"),
    "rows without r": (with_rows("<row/>" * 5_001), "5,000行"),
    "cells without r": (with_rows("<row>" + "<c/>" * 101 + "</row>"), "100列"),
    "prefixed": (with_rows("<x:row>" + "<x:c/>" * 101 + "</x:row>"), "100列"),
    "80,001 cells": (with_rows(_ROW * 800 + "<row><c/></row>"), "80,000個"),
    "40,000 characters": (with_cell(inline("あ" * 40_000)), "文字を超える"),
    "a long text in two runs": (
        with_cell(f' t="inlineStr"><is><r><t>{_LONG}</t></r><r><t>あ</t></r></is>'),
        UNREADABLE,
    ),
    "one long text named by 200 cells": (
        package(
            {
                "xl/sharedStrings.xml": strings_xml(_LONG),
                SHEET: sheet_xml('<row><c t="s"><v>0</v></c></row>' * 200),
            }
        ),
        UNREADABLE,
    ),
    "30,000 formats": (
        package({"xl/styles.xml": "<styleSheet><cellXfs>" + '<xf numFmtId="0"/>' * 30_000}),
        "書式",
    ),
    "formats in a sheet of cells": (package({SHEET: "<worksheet>" + "<c/><xf/>" * 30_000}), "書式"),
    "30,000 elements in one another": (package({SHEET: "<a>" * 30_001}), "書式"),
    "1,200,000 texts": (
        package({f"xl/t{at}.xml": f"<sst>{'<si/>' * 200_000}</sst>" for at in range(6)}),
        "書式|大きすぎます",
    ),
    "31 sheets": (
        package({f"xl/worksheets/s{at}.xml": "<worksheet/>" for at in range(31)}),
        "30枚",
    ),
    "sheet that is named as a picture": (
        package({"xl/media/a.png": '<worksheet><row r="9999"/></worksheet>'}),
        "5,000行",
    ),
    "utf-16 that is named as a picture": (
        package({"xl/media/a.png": "<a>あ</a>".encode("utf-16")}),
        "使えない宣言",
    ),
    # What a look lets pass and the reading refuses:
    "no xml": (package({SHEET: "<worksheet><sheetData>"}), UNREADABLE),
    "unknown encoding": (
        package({SHEET: '<?xml version="1.0" encoding="x-hostile"?>' + sheet_xml("")}),
        UNREADABLE,
    ),
    "a codec that is no encoding": (
        package({SHEET: '<?xml version="1.0" encoding="rot13"?>' + sheet_xml("")}),
        UNREADABLE,
    ),
    "a sign that XML forbids": (with_cell("><v>&#1;</v>"), UNREADABLE),
    "an unknown entity": (with_cell("><v>&nbsp;</v>"), UNREADABLE),
    "half of a sign": (with_cell(inline("&#xD842;")), UNREADABLE),
    "text that is not there": (with_cell(' t="s"><v>7</v>'), UNREADABLE),
    "text before the first": (with_cell(' t="s"><v>-1</v>'), UNREADABLE),
    "text of no number": (with_cell(' t="s"><v>x</v>'), UNREADABLE),
    "a style of no number": (with_cell(' s="x"><v>1</v>'), UNREADABLE),
    "two sheets of one name": (
        package({BOOK: book_xml('<sheet name="表" r:id="r1"/><sheet name="表" r:id="r1"/>')}),
        UNREADABLE,
    ),
    "a sheet without its part": (
        package({LINKS: links_xml().replace("sheet1.xml", "sheet9.xml")}),
        UNREADABLE,
    ),
    "a sheet of another file": (
        package({LINKS: links_xml().replace('"worksheets', '"file:///etc/worksheets')}),
        UNREADABLE,
    ),
    "a sheet outside": (
        package(
            {
                LINKS: links_xml().replace(
                    'Target="worksheets/sheet1.xml"', 'Target="http://x/" TargetMode="External"'
                )
            }
        ),
        UNREADABLE,
    ),
    "no links": (package({LINKS: "<Relationships/>"}), UNREADABLE),
    "one place twice": (with_rows('<row r="1"><c r="A1"/><c r="A1"/></row>'), UNREADABLE),
    "one row twice": (with_rows('<row r="1"/><row r="1"/>'), UNREADABLE),
    "rows backwards": (with_rows('<row r="2"/><row r="1"/>'), UNREADABLE),
    "a cell of another row": (with_rows('<row r="1"><c r="A2"><v>1</v></c></row>'), UNREADABLE),
    "a cell in a cell": (with_rows('<row><c r="A1"><c r="B1"/></c></row>'), UNREADABLE),
    "a cell outside a row": (with_rows('<c r="A1"><v>1</v></c>'), UNREADABLE),
    "a place that is none": (with_rows('<row r="1"><c r="1A"><v>1</v></c></row>'), UNREADABLE),
    "a row of no number": (with_rows('<row r="x"/>'), UNREADABLE),
}

_DDE = "<f>cmd|'/c calc'!A0</f><v>0</v>"
_NAMES = (
    "<definedNames><definedName name=\"x\">'C:\\[secret.xlsx]表'!$A$1</definedName></definedNames>"
)

#: Nothing is wrong here, or not so that it could do harm: what stands in B2, what is read.
_VALUES: dict[str, tuple[str, Cell]] = {
    "a number": ("><v>1894000</v>", Cell("number", 1_894_000)),
    "a fraction": ("><v>0.10000000000000001</v>", Cell("number", Fraction(1, 10))),
    "a whole number with a point": ("><v>5.0</v>", Cell("number", 5)),
    "a number past its digits": ("><v>1E+20</v>", Cell("number", 10**20)),
    "NaN": ("><v>NaN</v>", Cell("error", "NaN")),
    "infinity": ("><v>1e309</v>", Cell("error", "1e309")),
    "minus infinity": ("><v>-1E400</v>", Cell("error", "-1E400")),
    "no number": ("><v>一</v>", Cell("error", "一")),
    "full width": ("><v>１２</v>", Cell("error", "１２")),
    "an error": (' t="e"><v>#N/A</v>', Cell("error", "#N/A")),
    "an unknown type": (' t="zz"><v>1</v>', Cell("error", "1")),
    "a truth": (' t="b"><v>1</v>', Cell("truth", 1)),
    "no truth": (' t="b"><v>7</v>', Cell("error", "7")),
    "a day in a Japanese format": (' s="1"><v>46162</v>', Cell("day", date(2026, 5, 20))),
    "a day in a format of its own": (' s="2"><v>46162</v>', Cell("day", date(2026, 5, 20))),
    "a time": (' s="1"><v>46162.75</v>', Cell("moment", "2026-05-20 18:00:00")),
    "the first day": (' s="1"><v>1</v>', Cell("day", date(1900, 1, 1))),
    "the day that never was": (' s="1"><v>60</v>', Cell("error", "60")),
    "the day after it": (' s="1"><v>61</v>', Cell("day", date(1900, 3, 1))),
    "a day past the last": (' s="1"><v>2958466</v>', Cell("error", "2958466")),
    "a day before the first": (' s="1"><v>-1</v>', Cell("error", "-1")),
    "an ISO day": (' t="d"><v>2026-05-20</v>', Cell("day", date(2026, 5, 20))),
    "no ISO day": (' t="d"><v>2026-13-40</v>', Cell("error", "2026-13-40")),
    "a formula": ("><f>1+1</f><v>2</v>", Cell("number", 2, has_formula=True)),
    "a formula of text": (' t="str"><f>A1</f><v>あ</v>', Cell("text", "あ", has_formula=True)),
    "a formula without a value": ("><f>1+1</f>", Cell("none", "", has_formula=True)),
    "a formula with an empty value": ("><f>1+1</f><v></v>", Cell("none", "", has_formula=True)),
    "DDE": (f">{_DDE}", Cell("number", 0, has_formula=True)),
    "text that looks like DDE": (inline("=cmd|'/c calc'!A0"), Cell("text", "=cmd|'/c calc'!A0")),
    "text of other planes": (inline("𠮷野家・髙橋・宮﨑"), Cell("text", "𠮷野家・髙橋・宮﨑")),
    "text in runs with a reading aid": (
        ' t="inlineStr"><is><r><t>板柳</t></r><rPh><t>イタ</t></rPh><r><t>町</t></r></is>',
        Cell("text", "板柳町"),
    ),
    "an escape": (inline("_x0041__x005F_x0041_"), Cell("text", "A_x0041_")),
    "an escaped pair": (inline("_xD842__xDFB7_"), Cell("text", "𠮷")),
    "half of an escaped pair": (inline("_xD842_"), Cell("text", "\ufffd")),
    "an escaped control sign": (inline("_x0000__x001B_"), Cell("text", "\0\x1b")),
    "a shared text": (' t="s"><v>0</v>', Cell("text", "共有")),
    "32,767 characters": (inline(_LONG), Cell("text", _LONG)),
}
READ: dict[str, tuple[bytes, Cell | None]] = {
    **{name: (with_cell(inside), cell) for name, (inside, cell) in _VALUES.items()},
    "a day from 1904": (
        package(
            {
                BOOK: book_xml(before='<workbookPr date1904="1"/>'),
                SHEET: sheet_xml('<row r="2"><c r="B2" s="1"><v>44700</v></c></row>'),
            }
        ),
        Cell("day", date(2026, 5, 20)),
    ),
    "a lying dimension": (
        package(
            {
                SHEET: sheet_xml(
                    '<row r="2"><c r="B2"><v>3</v></c></row>',
                    before='<dimension ref="A1:XFD1048576"/>',
                )
            }
        ),
        Cell("number", 3),
    ),
    "elements with a prefix": (
        package(
            {
                SHEET: '<x:worksheet xmlns:x="urn:x"><x:sheetData><x:row r="2"><x:c r="B2">'
                "<x:v>3</x:v></x:c></x:row></x:sheetData></x:worksheet>"
            }
        ),
        Cell("number", 3),
    ),
    "rows and cells without a place": (
        with_rows("<row/><row><c/><c><v>3</v></c></row>"),
        Cell("number", 3),
    ),
    "a hidden sheet": (
        package(
            {
                BOOK: book_xml('<sheet name="表" state="veryHidden" r:id="r1"/>'),
                SHEET: sheet_xml('<row r="2"><c r="B2"><v>3</v></c></row>'),
            }
        ),
        Cell("number", 3),
    ),
    "a name for a file": (
        package(
            {
                BOOK: book_xml(before=_NAMES),
                SHEET: sheet_xml('<row r="2"><c r="B2"><v>3</v></c></row>'),
            }
        ),
        Cell("number", 3),
    ),
    "stored without compression": (package({}, kind=ZIP_STORED), None),
    "a footer full of codes": (
        package({SHEET: sheet_xml("", after="<oddFooter>照合符号 0000-0000</oddFooter>" * 2_000)}),
        None,
    ),
}

#: What may stand where a value belongs, and what is said; "" where it is taken with a notice.
CELLS: dict[str, tuple[str, str]] = {
    "nothing": ("><v></v>", "値が一つもありません"),
    "text": (inline("たくさん"), "「たくさん」は数ではありません"),
    "text that looks like DDE": (inline("=cmd|x!A0"), "「=cmd|x!A0」は数"),
    "DDE": (f">{_DDE}", ""),
    "a formula without a value": ("><f>1+1</f>", "計算式だけで"),
    "an error": (' t="e"><v>#N/A</v>', "「#N/A」は値ではありません"),
    "NaN": ("><v>NaN</v>", "「NaN」は値ではありません"),
    "infinity": ("><v>1e309</v>", "「1e309」は値ではありません"),
    "a truth": (' t="b"><v>1</v>', "「TRUE」は数ではありません"),
    "a day": (' s="1"><v>46162</v>', "「2026-05-20」は数ではありません"),
    "a negative number": ("><v>-5</v>", "負の数です"),
    "a negative number of the office": (inline("△5"), "負の数です"),
    "too many digits": ("><v>1E+20</v>", "桁が多すぎます"),
    "next to nothing": ("><v>1E-300</v>", "桁が多すぎます"),
    "commas in the wrong place": (inline("1,23"), "数ではありません"),
    "control signs": (inline("1_x0000_2"), "数ではありません"),
    "full width": (inline("１２，７１２"), ""),
    "a formula": ("><f>A1</f><v>12712</v>", ""),
}

_CSV = "団体コード,値\n023817,12712\n"
#: Files for the CSV doors, and what is said of them; "" where they are read.
TEXTS: dict[str, tuple[bytes, str]] = {
    "UTF-8": (_CSV.encode(), ""),
    "UTF-8 with a mark": (_CSV.encode("utf-8-sig"), ""),
    "Shift_JIS": (_CSV.replace("\n", "\r\n").encode("cp932"), ""),
    "UTF-16": (_CSV.encode("utf-16"), "UTF-16"),
    "neither": (b"\x81\xff\xfe", "UTF-8でもShift_JISでもありません"),
    "NUL": (_CSV.encode() + b"\0", "NUL"),
    "HTML": (b"<html>", "HTMLかXML"),
    "PDF": (b"%PDF-1.7", "PDF"),
    "an open quotation mark": (b'"' + _CSV.encode(), "引用符"),
    "one endless field": (b'"' + b"x" * 200_000, "引用符|大きすぎます"),
    "many columns": (b"," * 50_000, "見出し"),
    "control signs": ("団体コード,値\n023817,1\x1b2\n".encode(), "数として読めません"),
    "NaN": ("団体コード,値\n023817,NaN\n".encode(), "数として読めません"),
    "infinity": ("団体コード,値\n023817,1e309\n".encode(), "数として読めません"),
}
