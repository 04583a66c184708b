"""052: a small upload whose cells all named one long text grew a thousandfold in the portal.

Hashing the rows of データ wrote the text out once for every cell: 20 KB became hundreds of MB.
"""

import json

import pytest

from consortium.domain.errors import BadInputError
from consortium.intake import issued_book
from consortium.intake.raw_cells import MOST_CHARACTERS
from consortium.intake.reading_process import answer
from tests.intake.uploads import SHEET, package, sheet_xml, strings_xml

LONG = "あ" * 32_767


def book(cells: int) -> bytes:
    rows = '<row><c t="s"><v>0</v></c></row>' * cells
    return package({"xl/sharedStrings.xml": strings_xml(LONG), SHEET: sheet_xml(rows)})


def test_the_texts_of_all_cells_together_are_limited() -> None:
    most = MOST_CHARACTERS // len(LONG)
    assert len(json.loads(answer(book(most)))["sheets"][0]["cells"]) == most
    assert len(book(most + 1)) < 10_000
    with pytest.raises(BadInputError, match="中身を読み取れません"):
        issued_book.read_upload(book(most + 1))
