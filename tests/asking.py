"""Somebody asks about an amount and somebody answers (質疑の材料)."""

from dataclasses import replace
from pathlib import Path

from consortium.usecases import questions
from consortium.usecases.questions import About, Question, Upload, Words
from consortium.usecases.viewer import Viewer
from tests.office import FUJISAKI, ITAYANAGI, Office

PDF = b"%PDF-1.7\n%%EOF"
NAMES = {ITAYANAGI: "板柳町", FUJISAKI: "藤崎町"}


def town(office: Office, code: str = ITAYANAGI) -> Viewer:
    """Give somebody of a town."""
    name = NAMES[code]
    return replace(
        office.staff, user_id=f"u-{code}", name="町 太郎", role="member_staff", code=code, body=name
    )


def folder(office: Office) -> Path:
    """Give the folder of the files."""
    return office.worker.folder


def ask(
    office: Office, run_id: str, viewer: Viewer, item_no: int | None = 1, text: str = "なぜですか。"
) -> str:
    """Ask about an amount of the viewer's town, or of 板柳町."""
    about = About(run_id, item_no, viewer.code or ITAYANAGI)
    return questions.ask(viewer, about, Words(text), now=office.clock.now(), folder=folder(office))


def take(
    office: Office,
    question_id: str,
    step: str,
    viewer: Viewer,
    text: str = "お答えします。",
    upload: Upload | None = None,
) -> Question:
    """Take a step of a question as it is now."""
    seen = questions.show_question(office.staff, question_id).question.row_version
    words = Words(text, upload=upload)
    now = office.clock.now()
    questions.write(viewer, question_id, step, seen, words, now=now, folder=folder(office))
    return questions.show_question(office.staff, question_id).question
