"""Headings, notes, headers and footers that every form shares (様式の共通部分)."""

from collections.abc import Iterable

from consortium.reports.document import Document, MonthlyDocument, check_code, data_hash
from consortium.reports.sheet import Sheet, Text
from consortium.reports.wording import SAMPLE_LINE

#: Row of the column headings on every form, and rows above it.
TITLE_ROW, SAMPLE_ROW, HEADING_ROW = 1, 2, 6


def sign(sheet: Sheet, document: Document, slot: str) -> None:
    """Put 見本, 台帳, 文書番号, 版 and 照合符号 into the header and the footer."""
    if document.is_sample:
        sheet.header_left = "見本"
    sheet.footer_left = f"台帳 {document.register_seq} {document.register_hash[:16]}"
    code = f"照合符号 {check_code(data_hash(document, slot))}"
    if isinstance(document, MonthlyDocument):
        parts = [document.fiscal_year_label, f"{document.month.month}月分", code]
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
