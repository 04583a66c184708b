"""Headings, notes, headers and footers that every form shares (様式の共通部分)."""

from collections.abc import Iterable, Mapping, Sequence

from consortium.reports import data_lint, data_sheet
from consortium.reports.book import Book, write
from consortium.reports.document import Document, MonthlyDocument, check_code, data_hash
from consortium.reports.sheet import (
    A3,
    A4,
    LANDSCAPE,
    UPRIGHT,
    Cell,
    Date,
    Formula,
    Int,
    Sheet,
    Text,
    address,
)
from consortium.reports.situation_document import SituationDocument
from consortium.reports.wording import SAMPLE_LINE

#: Cells by the name they have in the workbook: sheet, row, column (名前の定義).
Names = Mapping[str, tuple[str, int, int]]

#: Row of the column headings on every form, and rows above it.
TITLE_ROW, SAMPLE_ROW, HEADING_ROW = 1, 2, 6
#: Width and height within the margins, in points, and how narrow a character may come out.
_PRINTABLE = {
    (A4, UPRIGHT): (510, 731),
    (A4, LANDSCAPE): (757, 484),
    (A3, LANDSCAPE): (1105, 731),
}
_LEAST_CHARACTER = 5.6


def bind(
    document: Document,
    slot: str,
    title: str,
    sheets: Sequence[Sheet],
    names: Names | None = None,
) -> bytes:
    """Sign every sheet of a 帳票 and make the file (製本)."""
    code = check_code(data_hash(document, slot))
    for sheet in sheets:
        sign(sheet, document, slot, code)
    return finish(Book(title, document.office, document.issued_at, tuple(sheets), names or {}))


def finish(book: Book) -> bytes:
    """Guard the forms against accidents, check データ, and write the workbook (仕上げ).

    Raises: DataRuleError for a データ that machines could misread; nothing is written then.
    """
    for sheet in book.sheets:
        if sheet.name == data_sheet.SHEET:
            data_lint.check(sheet)
        else:
            sheet.is_protected = True
    return write(book)


def sign(sheet: Sheet, document: Document, slot: str, check: str) -> None:
    """Put 見本, 台帳, 文書番号, 版 and 照合符号 into the header and the footer."""
    if document.is_sample:
        sheet.header_left = "見本"
    sheet.footer_left = f"台帳 {document.register_seq} {document.register_hash[:16]}"
    code = f"照合符号 {check}"
    if isinstance(document, MonthlyDocument | SituationDocument):
        edition = f"第{document.edition}版" if document.edition > 1 else ""
        parts = [document.fiscal_year_label, document.period_name, edition, code]
    else:
        number = document.numbers.get(slot, "")
        parts = [number, f"第{document.edition}版", code]
    sheet.footer_right = "　".join(part for part in parts if part)


def head(sheet: Sheet, title: str, columns: int, *, is_sample: bool) -> None:
    """Write the title over all columns, and 見本 below it."""
    sheet.merge((TITLE_ROW, 1, TITLE_ROW, columns), Text(title), "title")
    sheet.heights[TITLE_ROW] = 30
    if is_sample:
        sheet.put(SAMPLE_ROW, 1, Text(SAMPLE_LINE), "sample")


def of_member(sheet: Sheet, document: MonthlyDocument, code: str, last: int) -> None:
    """Write whose report it is, and its day of issue at the right (団体名・発行日)."""
    sheet.put(3, 1, Text("団体名"), "plain")
    sheet.put(3, 2, Text(f"{document.name(code)}（団体コード {code}）"), "value")
    sheet.put(3, last - 1, Text("発行日"), "label")
    sheet.put(3, last, Date(document.issued_on), "date")


def headline(sheet: Sheet, row: int, figures: Mapping[str, Cell]) -> None:
    """Write a few figures with their names, side by side, in rows `row` and below (主な数字)."""
    for column, (label, cell) in enumerate(figures.items(), start=1):
        sheet.put(row, column, Text(label), "header")
        sheet.put(row + 1, column, cell, "share_yen")
    sheet.heights[row + 1] = 26
    sheet.frame((row, 1, row + 1, len(figures)), header=row)


def keep_together(sheet: Sheet, first: int, last: int) -> None:
    """Begin a new page at row `first` if the rows up to `last` may not fit below what is above.

    How far a page is scaled down to its width depends on the fonts at hand, so the guess is on the
    side of a page more.
    """
    wide, high = _PRINTABLE[sheet.paper, sheet.orientation]
    scale = min(1.0, wide / (sum(sheet.widths()) * _LEAST_CHARACTER))
    heights = [sheet.heights.get(row, sheet.row_height) for row in range(1, last + 1)]
    if sum(heights) * scale > high:
        sheet.breaks.append(first)


def column_sum(first: int, row: int, column: int, total: int) -> Cell:
    """Give the sum of a column from row `first` up to the row above `row` (縦の合計)."""
    if row <= first:
        return Int(total)
    return Formula(f"SUM({address(first, column)}:{address(row - 1, column)})", total)


def notes(sheet: Sheet, row: int, texts: Iterable[str], columns: int) -> int:
    """Write notes below a table, each as high as it needs; give the next free row."""
    # Widths count characters of 11 points; notes have 9, which gives 1.2 times as many.
    width = sum(sheet.widths()[:columns]) * 1.15
    for text in texts:
        sheet.merge((row, 1, row, columns), Text(text), "note")
        sheet.fit_height(row, text, width)
        row += 1
    return row


def witness(document: Document, slot: str) -> str:
    """Say in one line what an auditor compares: 照合符号 and the full head of the register."""
    return (
        f"照合符号 {check_code(data_hash(document, slot))}　"
        f"発行時の台帳 第{document.register_seq}番 {document.register_hash}"
    )
