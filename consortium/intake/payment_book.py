"""A workbook of payments as the text of a CSV file (収納のブックの読取り).

What was looked at travels through the browser as text, whatever it was read from; every line and
every column stays where it stood, so that a fault is still named by its cell.
"""

import csv
import io
from typing import Final, NamedTuple

from consortium.intake.basis_table import WORKBOOK
from consortium.intake.payment_table import CODE, COLUMNS, text_of
from consortium.intake.sheet_table import Findings, Line, read_table_of
from consortium.intake.workbook import Sheet, read_workbook

#: The sheet that is read of a workbook with several.
SHEET: Final = "収納"


class PaymentText(NamedTuple):
    """What a file says (収納の表の文字)."""

    text: str
    #: the sheet it was read from, empty for a CSV
    sheet: str = ""
    #: what was read in another way than it stood
    notices: tuple[str, ...] = ()


def read_upload(content: bytes) -> PaymentText:
    """Read an uploaded workbook or CSV (取込みの読取り).

    Raises: BadInputError for what is neither, is empty or too large, or has a cell without a value.
    """
    if not content.startswith(WORKBOOK):
        return PaymentText(text_of(content))
    sheet, findings = read_workbook(content).only_or(SHEET), Findings()
    table = read_table_of(sheet, dict.fromkeys(COLUMNS, False), findings)
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    headings = (
        [_one_line(cell.words) if cell else "" for cell in sheet.rows[0]] if sheet.rows else []
    )
    writer.writerow(headings)
    written = 1
    for line in table.lines:
        target.write("\n" * (line.row - written - 1))
        writer.writerow(_cells(sheet, line, len(headings)))
        written = line.row
    findings.refuse("収納のブックを読みました。")
    return PaymentText(text_of(target.getvalue().encode()), sheet.name, findings.notes())


def _cells(sheet: Sheet, line: Line, width: int) -> list[str]:
    """Give the known columns of a row in their places, each in one line of text."""
    cells = [""] * width
    for heading, column in line.columns.items():
        words, cell = line.words(heading, needed=False), sheet.cell(line.row, column)
        if heading == CODE and words and cell and cell.kind == "number":
            words = words.zfill(6)
        cells[column - 1] = _one_line(words)
    return cells


def _one_line(words: str) -> str:
    return " ".join(words.split())
