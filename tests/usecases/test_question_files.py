"""The files sent with a question or an answer (質疑の添付): kept, handed out, swept."""

import os
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.domain.errors import BadInputError, DomainError, NotFoundError
from consortium.usecases import questions
from consortium.usecases.questions import About, Upload, Words
from consortium.usecases.reporting import sweep
from tests import factories
from tests.asking import PDF, ask, folder, take, town
from tests.kept import made_once
from tests.office import FUJISAKI, ITAYANAGI, Office, open_office

pytestmark = pytest.mark.usefixtures("plain_files")


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    return open_office(tmp_path / "files", clock)


@pytest.fixture
def run_id(office: Office) -> str:
    """Issue 確定 of FY2021."""
    return made_once(("run",), folder(office), lambda: office.issued().id)


def test_a_file_is_kept_byte_for_byte_and_named_safely(office: Office, run_id: str) -> None:
    question_id = ask(office, run_id, town(office))
    found = take(office, question_id, "answer", office.staff, upload=Upload("..\\根拠<1>.pdf", PDF))
    attachment = found.entries[-1].attachment
    assert attachment is not None
    handed = questions.fetch(town(office), attachment.id, folder(office))
    assert (handed.content, handed.display_name) == (PDF, "根拠1.pdf")
    assert handed.media_type == "application/pdf"
    with pytest.raises(NotFoundError):
        questions.fetch(town(office, FUJISAKI), attachment.id, folder(office))
    with pytest.raises(NotFoundError):
        questions.fetch(town(office), str(uuid4()), folder(office))


def test_a_refused_file_leaves_neither_row_nor_bytes(office: Office, run_id: str) -> None:
    before = factories.everything()
    words = Words("なぜですか。", upload=Upload("問.pdf", b"<html>"))
    with pytest.raises(BadInputError) as refused:
        questions.ask(
            town(office), About(run_id, 1, ITAYANAGI), words,
            now=office.clock.now(), folder=folder(office),
        )  # fmt: skip
    assert refused.value.path == "file"
    assert factories.everything() == before
    assert not (folder(office) / "questions").exists()


def test_changed_bytes_are_not_handed_out(office: Office, run_id: str) -> None:
    question_id = ask(office, run_id, town(office))
    found = take(office, question_id, "answer", office.staff, upload=Upload("答.pdf", PDF))
    attachment = found.entries[-1].attachment
    assert attachment is not None
    (folder(office) / "questions" / attachment.stored.stored_name).write_bytes(PDF + b"x")
    with pytest.raises(DomainError, match="異なります"):
        questions.fetch(town(office), attachment.id, folder(office))


def test_the_sweep_keeps_what_a_row_records_and_removes_the_rest(
    office: Office, run_id: str
) -> None:
    question_id = ask(office, run_id, town(office))
    found = take(office, question_id, "answer", office.staff, upload=Upload("答.pdf", PDF))
    attachment = found.entries[-1].attachment
    assert attachment is not None
    orphan = folder(office) / "questions" / f"{uuid4()}.pdf"
    orphan.write_bytes(PDF)
    long_ago = (office.clock.now() - timedelta(days=2)).timestamp()
    for path in orphan.parent.glob("*"):
        os.utime(path, (long_ago, long_ago))
    assert sweep(office.worker) == [orphan.name]
    assert questions.fetch(town(office), attachment.id, folder(office)).content == PDF
