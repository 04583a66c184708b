"""`flask statement pdf`: a document of the register on paper, through the real entry point."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from consortium.db.models import Statement
from consortium.db.unit import reading
from consortium.reports import pdf
from tests.office import ITAYANAGI

PAPER = b"%PDF-1.7 printed"


@pytest.fixture
def printer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Print at once, and note the hash of what came; LibreOffice prints in tests/workbooks."""
    seen: list[str] = []

    def print_books(books: Mapping[str, bytes], *, limit: float) -> dict[str, bytes]:
        assert limit == pdf.LIMIT
        seen.extend(hashlib.sha256(content).hexdigest() for content in books.values())
        return dict.fromkeys(books, PAPER)

    monkeypatch.setattr(pdf, "print_books", print_books)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return seen


def entered(run: FlaskCliRunner, code: str | None) -> tuple[str, str]:
    """Give number and file hash of the one document of a town, or of the lead city's summary."""
    with run.app.app_context(), reading() as session:
        wanted = select(Statement.document_number, Statement.file_hash)
        number, digest = session.execute(wanted.where(Statement.code == code)).one()
    return number, digest


def test_every_way_to_name_a_document_prints_its_stored_bytes(
    run: FlaskCliRunner, printer: list[str]
) -> None:
    number, of_town = entered(run, ITAYANAGI)
    _, of_lead = entered(run, None)
    name = "R03_負担金明細書_確定_023817_板柳町_第1版"
    ways = (
        ([number], of_town),
        ([number.removeprefix("共ク第").removesuffix("号"), "--output", "2.pdf"], of_town),
        (["--file", f"見本/{name}.xlsx", "--output", "3.pdf"], of_town),
        (["--year", "2021", "--town", "板柳町", "--stage", "確定", "--output", "4.pdf"], of_town),
        (["--year", "2021", "--output", "5.pdf"], of_lead),
    )
    for arguments, _ in ways:
        answer = run.invoke(args=["statement", "pdf", *arguments])
        assert answer.exit_code == 0, answer.output
    assert printer == [digest for _, digest in ways]
    files = {path.name: path.read_bytes() for path in Path().iterdir()}
    assert files == dict.fromkeys([f"{name}.pdf", "2.pdf", "3.pdf", "4.pdf", "5.pdf"], PAPER)
    assert "総括表" in answer.output  # the last of them
    # One that is there stays as it is.
    Path("2.pdf").write_bytes(b"mine")
    refused = run.invoke(args=["statement", "pdf", number, "--output", "2.pdf"])
    assert (refused.exit_code, Path("2.pdf").read_bytes()) == (2, b"mine")
    assert "「2.pdf」はもうあります" in refused.output


def test_what_cannot_be_printed_is_refused_in_one_line(
    run: FlaskCliRunner, printer: list[str]
) -> None:
    number, _ = entered(run, ITAYANAGI)
    refusals = {
        "番号「第999号」の文書は、発行台帳にありません": ["第999号"],
        "指定されていません": [],
        "「大鰐村」は登録されていません": ["--year", "2021", "--town", "大鰐村"],
        "書き込めません": [number, "--output", "no/folder.pdf"],
    }
    for reason, arguments in refusals.items():
        answer = run.invoke(args=["statement", "pdf", *arguments])
        assert (answer.exit_code, answer.output.count("\n")) == (2, 1), answer.output
        assert reason in answer.output
    printed = len(printer)
    for path in Path(run.app.config["FILES_DIR"]).glob("*.xlsx"):
        path.write_bytes(path.read_bytes() + b" ")
    answer = run.invoke(args=["statement", "pdf", number])
    assert (answer.exit_code, "発行した時と異なります" in answer.output) == (2, True)
    assert len(printer) == printed  # what was changed since never reached the printer
