"""An edition of basis values as a CSV file that can be read in again (算定基礎のCSV)."""

import csv
import io
from collections.abc import Iterable, Sequence

#: A cell that begins so is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def basis_csv(headings: Iterable[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Write UTF-8 with BOM and CRLF, as Excel reads it without asking (CSVの作成)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
