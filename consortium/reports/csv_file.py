"""Rows as a CSV file that Excel reads without asking (CSVの作成).

UTF-8 with BOM, CRLF, quoted as RFC 4180 says. A text that a spreadsheet would take for a formula
gets an apostrophe before it; numbers are numbers and keep their sign.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

#: A text that begins so is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Cell = str | int | Decimal | None


def csv_file(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write rows, the headings first (CSVの作成); None is an empty cell."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
