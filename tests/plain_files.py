"""Files without the cost of workbooks, for tests that read none (帳票の代わり)."""

import json
from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from zipfile import ZipFile, ZipInfo

import pytest

from consortium.intake import issued_book
from consortium.reports import cost_statement, letter, notice, pdf, summary
from consortium.reports.document import StatementDocument
from consortium.reports.sheet import Cell, Formula
from tests.fiscal_year_checks import LETTER


def print_plainly(patch: pytest.MonkeyPatch) -> None:
    """Let a file hold the words of its letter and no workbook: making those takes most of the time.

    The words are those of the product. For tests that issue documents on the way to something else;
    real workbooks are read in tests/reports, tests/scripted_year and wherever a file is opened.
    """
    patch.setattr(cost_statement, "render", _words)
    patch.setattr(notice, "render", _words)
    patch.setattr(summary, "render", lambda document: _file({"": document.result.total}))
    patch.setattr(pdf, "print_books", lambda books, **_: dict.fromkeys(books, b"%PDF-1.7"))
    patch.setattr(issued_book, "rows_hash", lambda content: sha256(content).hexdigest())


def _words(document: StatementDocument, code: str) -> bytes:
    points = letter._content(document, code, letter.Links("0", "0", "0", "0")).points
    return _file({point.label: _shown(point.cell) for point in points})


def _shown(cell: Cell) -> object:
    return cell.cached if isinstance(cell, Formula) else getattr(cell, "value", None)


def _file(words: Mapping[str, object]) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w") as archive:
        text = json.dumps(words, ensure_ascii=False, default=str)
        archive.writestr(ZipInfo(LETTER), text)
    return content.getvalue()
