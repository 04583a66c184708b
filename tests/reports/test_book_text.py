"""Whatever text stands in a cell, every reader gives it back, and nothing becomes a formula."""

import re
import unicodedata
from io import BytesIO

from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from consortium.reports.book import Book, write
from consortium.reports.sheet import Formula, Sheet, Text
from tests.reports.books import ISSUED

#: What people type to hurt, and what programs stumble over.
CORPUS = [
    "=1+1",
    "=cmd|'/c calc'!A1",
    "@x",
    "+1",
    "#N/A",
    "_x0041_",
    "_x005F_x0041_",
    "_x0041_x0042_",
    "_X0041_",
    "_x00e9_",
    "𠮷髙﨑",
    "が",
    "a&b<c>\"'",
    "]]>",
    " 前後 ",
    "\u3000全角\u3000",
    "一\r\n二\r三\n",
    "\ttab",
    "二  空白",
    "".join(map(chr, range(0x20))),
    "\x7f\x85\x9f",
    "\ud800\ufffe\uffff",
    "TRUE",
    "1e5",
]
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=40),
    st.from_regex(r"\A(_x[0-9A-Fa-f]{4}_?|_|x|&|  |\n){1,6}\Z"),
    st.sampled_from(CORPUS),
)


def kept(text: str) -> str:
    """Give what the design promises of a text: NFC, LF, U+FFFD for what XML cannot hold."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return "".join("\ufffd" if _is_lost(sign) else sign for sign in text)


def _is_lost(sign: str) -> bool:
    if sign in "\t\n":
        return False
    return unicodedata.category(sign) in {"Cc", "Cs"} or sign in "\ufffe\uffff"


def decoded(text: str) -> str:
    """Read _xHHHH_ as Excel does."""
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


@given(st.lists(TEXTS, max_size=6))
@example(CORPUS)
def test_texts_come_back_from_openpyxl_and_from_calamine(texts: list[str]) -> None:
    sheet = Sheet("表")
    sheet.put(1, 3, Text("端"), "text")
    for row, text in enumerate(texts, start=1):
        sheet.put(row, 1, Text(text), "text")
        sheet.put(row, 2, Formula(f"A{row}", text), "text")
    content = write(Book("題", "弘前市", ISSUED, (sheet,)))
    read = load_workbook(BytesIO(content), data_only=True)["表"]
    raw = load_workbook(BytesIO(content))["表"]
    other = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0)
    rows = other.to_python(skip_empty_area=False)
    for row, text in enumerate(texts, start=1):
        wanted = kept(text)
        cell = raw.cell(row, 1)
        assert decoded(str(cell.value or "")) == wanted
        assert cell.data_type == ("s" if wanted else "n")
        assert decoded(str(read.cell(row, 2).value or "")) == wanted
        assert raw.cell(row, 2).value == f"=A{row}"
        assert rows[row - 1][0] == wanted
        assert rows[row - 1][1] == wanted
