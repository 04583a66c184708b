"""Uploaded workbooks, cell by cell, and the process that reads them (ブックの読取り)."""

import json
import sys
from datetime import date
from fractions import Fraction
from io import BytesIO
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook as OtherBook
from openpyxl import load_workbook

from consortium.domain.errors import BadInputError
from consortium.intake import reading_process, worker
from consortium.intake.prescan import MB
from consortium.intake.raw_book import read
from consortium.intake.workbook import address, decimal, read_workbook
from consortium.intake.worker import Limits, read_apart
from tests.intake import hostile
from tests.intake.uploads import BOOK, LINKS, book_xml, inline, links_xml, package, with_cell

OUT_OF_LIMITS = "決められた時間と記憶領域の中で読み取れません"


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("name", hostile.REFUSED)
def test_a_hostile_file_is_refused_and_nothing_else_is_raised(name: str) -> None:
    content, said = hostile.REFUSED[name]
    with pytest.raises(BadInputError, match=said) as refusal:
        read_workbook(content)
    assert refusal.value.path == "file"
    assert refusal.value.todo


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("name", hostile.READ)
def test_what_is_odd_but_harmless_is_read_as_it_is_meant(name: str) -> None:
    content, cell = hostile.READ[name]
    assert read_workbook(content).sheets[0].cell(2, 2) == cell


@pytest.mark.usefixtures("read_here")
def test_sheets_are_found_by_their_exact_name() -> None:
    sheets = '<sheet name="表" r:id="r1"/><sheet name="隠" state="hidden" r:id="r1"/>'
    chart = '<sheet name="図" r:id="c"/>'
    link = '<Relationship Id="c" Type="x/chartsheet" Target="chartsheets/sheet1.xml"/>'
    book = read_workbook(package({BOOK: book_xml(sheets + chart), LINKS: links_xml(link)}))
    assert [(each.name, each.is_hidden) for each in book.sheets] == [("表", False), ("隠", True)]
    assert book.only_or("何でも").name == "表"
    with pytest.raises(
        BadInputError, match="シート「基礎数値」がありません（あるのは「表」「隠」）"
    ):
        book.sheet("基礎数値")
    two = read_workbook(package({BOOK: book_xml(sheets.replace(' state="hidden"', ""))}))
    assert two.only_or("隠").name == "隠"
    with pytest.raises(BadInputError, match="表のシートを1枚だけにする"):
        two.only_or("別")


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), max_size=8
).filter(lambda text: not text.startswith(("=", "#")) and "_x" not in text)
VALUES = st.one_of(
    st.none(),
    TEXTS,
    st.integers(-(10**14), 10**14),
    st.booleans(),
    st.dates(date(1900, 3, 1), date(2100, 12, 31)),
    st.decimals(-1000, 1000, places=3).map(float),
)


@given(st.lists(st.lists(VALUES, max_size=5), max_size=5))
def test_what_openpyxl_writes_is_read_as_openpyxl_reads_it(rows: list[list[object]]) -> None:
    """Two readers that have nothing in common agree on every cell."""
    other = OtherBook()
    for row in rows:
        other.worksheets[0].append(row)
    target = BytesIO()
    other.save(target)
    (sheet,) = read(target.getvalue())
    ours = {address(row, column): (kind, value) for row, column, kind, value, _ in sheet["cells"]}
    theirs = {}
    for cells in load_workbook(target).worksheets[0].iter_rows():
        for cell in cells:
            if cell.value not in (None, ""):
                theirs[cell.coordinate] = _as_ours(cell.value)
    assert ours == theirs


def _as_ours(value: object) -> tuple[str, object]:
    if isinstance(value, bool):
        return "b", int(value)
    if isinstance(value, float):
        return "n", int(value) if value.is_integer() else f"{value:.15g}"
    if isinstance(value, int):
        return "n", value
    return ("t", value) if isinstance(value, str) else ("d", str(value)[:10])


def test_numbers_are_written_as_a_csv_file_holds_them() -> None:
    texts = ["0", "5", "-5", "9.5", "-0.000001", "1234.125"]
    assert [decimal(Fraction(text)) for text in texts] == texts
    assert [address(1, 1), address(12, 28), address(5_000, 100)] == ["A1", "AB12", "CV5000"]


# ---- the process ---------------------------------------------------------------------------------


def test_a_process_reads_a_workbook_and_knows_nothing_of_the_portal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (sheet,) = read_apart(with_cell(inline("𠮷野家")))
    assert sheet["cells"] == [[2, 2, "t", "𠮷野家", False]]
    monkeypatch.setenv("CONSORTIUM_SECRET_KEY", "秘密")
    show = "print(json.dumps({'sheets': [dict(os.environ), sorted(sys.modules)]}))"
    monkeypatch.setattr(worker, "_START", f"import json, os, sys; {show}")
    environ, modules = read_apart(with_cell(">"))
    assert "CONSORTIUM_SECRET_KEY" not in environ
    assert not {"flask", "sqlalchemy", "openpyxl", "site"} & set(modules)


@pytest.mark.parametrize(
    "does",
    [
        "import time; time.sleep(60)",
        "while True: pass",
        "import os; os.abort()",
        "import sys; sys.exit(3)",
        "print('no JSON')",
        "print('[1')",
        "print('5')",
        "print('{\"sheets\": [' + '1,' * 1_000_000 + '1]}')",
    ],
    ids=[
        "sleeps",
        "is busy",
        "crashes",
        "ends",
        "says nonsense",
        "stops half-way",
        "says a number",
        "says too much",
    ],
)
def test_a_process_that_does_not_answer_is_ended_and_the_file_refused(
    monkeypatch: pytest.MonkeyPatch, does: str
) -> None:
    monkeypatch.setattr(worker, "_START", does)
    with pytest.raises(BadInputError, match=OUT_OF_LIMITS):
        read_apart(package({}), Limits(seconds=0.5, answer=MB))


#: Starts the process as it is, but lets it do something else than read.
INSTEAD = (
    "import sys, time; sys.path.insert(0, sys.argv[1]); "
    "from consortium.intake import reading_process as process; "
    "process.answer = lambda content: {}; process.main()"
)
NOTHING = """b'{"sheets": []}'"""


def test_the_process_ends_itself_when_nobody_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever started it may have died: the limit of time is its own, too."""
    monkeypatch.setattr(worker, "Timer", Mock())
    monkeypatch.setattr(worker, "_START", INSTEAD.format(f"time.sleep(20) or {NOTHING}"))
    with pytest.raises(BadInputError, match=OUT_OF_LIMITS):
        read_apart(package({}), Limits(seconds=0.5))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows は処理時間の上限を持たない")
def test_a_process_may_work_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_START", INSTEAD.format("sum(iter(int, 1))"))
    with pytest.raises(BadInputError, match=OUT_OF_LIMITS):
        read_apart(package({}), Limits(seconds=60, work=1))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows は記憶領域の上限を持たない")
@pytest.mark.parametrize("size", [1, 300], ids=["little", "too much"])
def test_a_process_may_take_only_so_much_memory(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    took = f"bytearray({size * MB}) and {NOTHING}"
    monkeypatch.setattr(worker, "_START", INSTEAD.format(took))
    if size == 1:
        assert read_apart(package({})) == []
    else:
        with pytest.raises(BadInputError, match=OUT_OF_LIMITS):
            read_apart(package({}))


def test_an_answer_is_plain_data() -> None:
    answer = json.loads(reading_process.answer(with_cell(inline("_xD800_"))))
    assert answer["sheets"][0]["cells"] == [[2, 2, "t", "\ufffd", False]]
    refused = json.loads(reading_process.answer(b""))
    assert list(refused) == ["refused"]
