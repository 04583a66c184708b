"""Workbooks written by hand, part by part, for uploads (取込みの試験のブック)."""

from collections.abc import Mapping
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from consortium.intake.prescan import WORKBOOK_TYPE

TYPES = "[Content_Types].xml"
BOOK = "xl/workbook.xml"
LINKS = "xl/_rels/workbook.xml.rels"
SHEET = "xl/worksheets/sheet1.xml"
MAIN = WORKBOOK_TYPE.decode()
_SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_LINK = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def book_xml(sheets: str = '<sheet name="表" sheetId="1" r:id="r1"/>', before: str = "") -> str:
    return f"<workbook {_SPACE} {_LINK}>{before}<sheets>{sheets}</sheets></workbook>"


def links_xml(more: str = "") -> str:
    one = f'<Relationship Id="r1" Type="{_KIND}/worksheet" Target="worksheets/sheet1.xml"/>'
    strings = f'<Relationship Id="s" Type="{_KIND}/sharedStrings" Target="sharedStrings.xml"/>'
    styles = f'<Relationship Id="f" Type="{_KIND}/styles" Target="/xl/styles.xml"/>'
    return f"<Relationships>{one}{strings}{styles}{more}</Relationships>"


def sheet_xml(rows: str, before: str = "", after: str = "") -> str:
    return f"<worksheet {_SPACE}>{before}<sheetData>{rows}</sheetData>{after}</worksheet>"


def strings_xml(*texts: str) -> str:
    return "<sst>" + "".join(f"<si><t>{text}</t></si>" for text in texts) + "</sst>"


#: Style 1 is a day in the format of this row's number, 2 a time, 3 a number.
def styles_xml(number: int = 31) -> str:
    formats = '<numFmts><numFmt numFmtId="164" formatCode="[$-411]ggge&quot;年&quot;m"/></numFmts>'
    cells = "".join(f'<xf numFmtId="{each}"/>' for each in (0, number, 164, 3))
    return f"<styleSheet>{formats}<cellXfs>{cells}</cellXfs></styleSheet>"


def package(parts: Mapping[str, bytes | str], *, kind: int = ZIP_DEFLATED) -> bytes:
    """Write a workbook that can be read, with these parts put in the place of the good ones."""
    good: dict[str, bytes | str] = {
        TYPES: f"<Types>{MAIN}</Types>",
        BOOK: book_xml(),
        LINKS: links_xml(),
        "xl/sharedStrings.xml": strings_xml("共有"),
        "xl/styles.xml": styles_xml(),
        SHEET: sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>'),
    }
    target = BytesIO()
    with ZipFile(target, "w", kind) as archive:
        for name, data in (good | dict(parts)).items():
            archive.writestr(name, data)
    return target.getvalue()


def with_rows(rows: str) -> bytes:
    """Write a workbook whose only sheet holds these rows."""
    return package({SHEET: sheet_xml(rows)})


def with_cell(inside: str) -> bytes:
    """Write a workbook whose only cell is B2: its attributes and content, ` t="s"><v>0</v>`."""
    return with_rows(f'<row r="2"><c r="B2"{inside}</c></row>')


def inline(text: str) -> str:
    """Give attributes and content of a cell that holds text."""
    return f' t="inlineStr"><is><t>{text}</t></is>'


def text_cell(place: str, text: str) -> str:
    return f'<c r="{place}"{inline(text)}</c>'


def table(value: str, heading: str = "値") -> bytes:
    """Write the table of one town whose value cell, C2, is given as attributes and content."""
    head = "".join(map(text_cell, ("A1", "B1", "C1"), ("団体コード", "団体名", heading)))
    line = text_cell("A2", "023817") + text_cell("B2", "板柳町") + f'<c r="C2"{value}</c>'
    return with_rows(f'<row r="1">{head}</row><row r="2">{line}</row>')


def payments(amount: str, day: str = inline("R8.5.20")) -> bytes:
    """Write one payment of 板柳町 whose amount cell, E2, is given as attributes and content."""
    names = ("団体コード", "年度", "期別", "収納日", "金額")
    head = "".join(
        text_cell(f"{column}1", name) for column, name in zip("ABCDE", names, strict=True)
    )
    line = '<c r="A2"><v>23817</v></c><c r="B2"><v>2026</v></c><c r="C2"><v>1</v></c>'
    line += f'<c r="D2"{day}</c><c r="E2"{amount}</c>'
    return with_rows(f'<row r="1">{head}</row><row r="2">{line}</row>')
