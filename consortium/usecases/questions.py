"""Questions on an amount (質疑): asked by a town or the lead city, answered by its staff.

A question is seen by its town and the lead city only. While one is open, the year's 確定 is not
issued (`refuse_open`); 今月の仕事 reads `open_questions`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from consortium.db import files
from consortium.db.store import questions as store
from consortium.db.store import runs, settings
from consortium.db.store.questions import EntryLine, Question, QuestionAttachment
from consortium.db.store.runs import Run
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, InvalidTransitionError, NotFoundError
from consortium.domain.fiscalyear.questions import (
    KINDS,
    STATES,
    STEPS,
    WHOLE,
    available_steps,
    take_step,
)
from consortium.domain.fiscalyear.run import asked
from consortium.domain.yen import Yen
from consortium.intake.attachments import ACCEPT, MAX_BYTES, MEDIA_TYPES, read_attachment
from consortium.usecases.statements import paying
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = [
    "ACCEPT",
    "KINDS",
    "MAX_BYTES",
    "STATES",
    "STEPS",
    "About",
    "EntryLine",
    "Question",
    "Upload",
    "Words",
    "ask",
    "fetch",
    "list_questions",
    "open_questions",
    "questions_of_run",
    "questions_of_year",
    "refuse_open",
    "show_question",
    "show_subject",
    "write",
]

_LONGEST = 2000


class About(NamedTuple):
    """The amount asked about (質疑の対象); `item_no` None: all the town pays in the run."""

    run_id: str
    item_no: int | None
    code: str


class Upload(NamedTuple):
    """A file as sent: its name and its bytes (送られたファイル)."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody writes, by which form, with which file (質疑の入力)."""

    text: str
    entry_id: str = ""
    upload: Upload | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """An amount that can be asked about (質疑の対象となる額)."""

    run: Run
    about: About
    town: str
    name: str
    amount: Yen
    year_labels: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class QuestionsPage:
    """The questions that the viewer may see, the open ones first (質疑の一覧)."""

    questions: tuple[Question, ...]
    years: tuple[FiscalYear, ...]
    year: FiscalYear | None
    year_labels: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class QuestionPage:
    """A question with what the viewer can do with it (質疑の画面)."""

    question: Question
    steps: tuple[str, ...]
    year_labels: Mapping[int, str]


class HandedFile(NamedTuple):
    """A file of a question on its way to somebody (受け取る添付)."""

    content: bytes
    display_name: str
    media_type: str
    ascii_name: str


def _own_code(viewer: Viewer) -> str | None:
    return (viewer.code or "") if viewer.is_member else None


# ---- reading -------------------------------------------------------------------------------------


def list_questions(viewer: Viewer, year: FiscalYear | None = None) -> QuestionsPage:
    """List the questions, of one fiscal year where asked; a town sees its own only (質疑の一覧)."""
    owner = viewer.consortium_id
    with reading() as session:
        found = store.questions(session, owner, code=_own_code(viewer))
        labels = settings.settings_of(session, owner).year_labels
    years = tuple(sorted({each.year for each in found}))
    shown = [each for each in found if year in (None, each.year)]
    newest = sorted(shown, key=lambda each: each.asked_at, reverse=True)
    newest.sort(key=lambda each: each.state != "open")
    return QuestionsPage(tuple(newest), years, year, labels)


def show_question(viewer: Viewer, question_id: str) -> QuestionPage:
    """Give one question and what the viewer can do with it (質疑).

    Raises: NotFoundError, for another town's as for a missing one.
    """
    owner = viewer.consortium_id
    with reading() as session:
        found = store.get_question(session, owner, question_id, code=_own_code(viewer))
        office = settings.settings_of(session, owner)
    steps = available_steps(
        found.state,
        viewer.role,
        is_asker=_is_asker(viewer, found),
        is_asked=_is_asked(viewer, found),
        is_one_person=office.allows_own_approval,
    )
    return QuestionPage(found, steps, office.year_labels)


def _is_asker(viewer: Viewer, question: Question) -> bool:
    """Say whether the viewer is of the side that asked: a colleague may go on with it."""
    if question.is_from_lead:
        return viewer.role == "lead_staff"
    return viewer.is_member and viewer.code == question.code


def _is_asked(viewer: Viewer, question: Question) -> bool:
    """Say whether the viewer is of the town that the lead city asked."""
    return question.is_from_lead and viewer.is_member and viewer.code == question.code


def questions_of_run(viewer: Viewer, run_id: str) -> tuple[Question, ...]:
    """List what was asked about a run, a town's own only (算定の質疑)."""
    with reading() as session:
        return store.questions(session, viewer.consortium_id, code=_own_code(viewer), run_id=run_id)


def questions_of_year(viewer: Viewer, year: FiscalYear) -> tuple[Question, ...]:
    """List what was asked about any run of a year, a town's own only (年度の質疑)."""
    with reading() as session:
        return store.questions(session, viewer.consortium_id, code=_own_code(viewer), year=year)


def open_questions(
    session: "Session", consortium_id: str, year: FiscalYear | None = None
) -> tuple[Question, ...]:
    """List what nobody has answered yet, of one year where asked (未回答の質疑)."""
    return store.open_questions(session, consortium_id, year)


def show_subject(viewer: Viewer, about: About) -> Subject:
    """Give the amount that a question is to be asked about (質疑の対象).

    Raises: NotFoundError for what was not issued to a town, is another town's, or is not there.
    """
    owner = viewer.consortium_id
    with reading() as session:
        found = _subject(session, viewer, about)
        labels = settings.settings_of(session, owner).year_labels
    run, town, name, amount = found
    return Subject(run, about, town, name, amount, labels)


def _subject(session: "Session", viewer: Viewer, about: About) -> tuple[Run, str, str, Yen]:
    owner = viewer.consortium_id
    run = runs.get_run(session, owner, about.run_id)
    is_issued = run.state in ("issued", "superseded")
    if viewer.is_member and not (is_issued and about.code == viewer.code):
        raise _no_such_amount()
    result = runs.read_result(session, owner, about.run_id)
    if about.code not in paying(result):
        raise _no_such_amount()
    town = result.parties[result.position(about.code)].name
    if about.item_no is None:
        return run, town, WHOLE, result.amount(about.code)
    for entry in result.items:
        is_own = entry.item.charge_to in (None, about.code)
        if entry.item.no == about.item_no and is_own:
            return run, town, entry.item.name, Yen(entry.amounts[result.position(about.code)])
    raise _no_such_amount()


def _no_such_amount() -> NotFoundError:
    return NotFoundError(
        "質問しようとしました。",
        "その額が見つかりません。",
        "「負担金」か「算定」の画面で額を選び直してください。",
    )


# ---- changing ------------------------------------------------------------------------------------


def ask(viewer: Viewer, about: About, words: Words, *, now: datetime, folder: Path) -> str:
    """Ask about an amount and give the question's id (質問する).

    A form sent again with its `entry_id` gives what was saved first. Raises: NotFoundError, see
    `show_subject`; BadInputError at the field.
    """
    _refuse_text(words.text, is_needed=True)
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(viewer.consortium_id)
        if (saved := _saved(unit, viewer, words, "asked")) is not None:
            return saved
        run, town, name, amount = _subject(unit.session, viewer, about)
        new = Question(
            words.entry_id or str(uuid4()), run.id, run.year, run.stage, run.edition,
            about.item_no, name, amount, about.code, town, not viewer.is_member, "open",
            viewer.user_id, now, 1, (),
        )  # fmt: skip
        store.add_question(unit, viewer.consortium_id, new)
        _add(unit, viewer, new, "open", "asked", words, folder)
    return new.id


def write(  # noqa: PLR0913 -- who takes which step of what, having seen what, when, with which file
    viewer: Viewer,
    question_id: str,
    step: str,
    seen_version: int,
    words: Words,
    *,
    now: datetime,
    folder: Path,
) -> None:
    """Answer, ask again, close, withdraw or overrule a question (質疑への記載).

    Raises: NotFoundError for another town's; InvalidTransitionError for a step that this person or
    state does not allow; StaleError if somebody wrote meanwhile; BadInputError at the field.
    """
    taken = STEPS[step]
    _refuse_text(words.text, is_needed=taken.needs_text)
    owner = viewer.consortium_id
    with writing(viewer.actor(), now, words.text if step == "overrule" else "") as unit:
        unit.take_turn(owner)
        found = store.get_question(unit.session, owner, question_id, code=_own_code(viewer))
        if _saved(unit, viewer, words, taken.kind) == question_id:
            return
        office = settings.settings_of(unit.session, owner)
        after = take_step(
            step,
            found.state,
            viewer.role,
            is_asker=_is_asker(viewer, found),
            is_asked=_is_asked(viewer, found),
            is_one_person=office.allows_own_approval,
        )
        seen = replace(found, row_version=seen_version)
        _add(unit, viewer, seen, after, taken.kind, words, folder)


def _refuse_text(text: str, *, is_needed: bool) -> None:
    if is_needed and not text.strip():
        raise _refuse("text", "本文が書かれていません。", "本文を入力してください。")
    if len(text) > _LONGEST:
        raise _refuse(
            "text", f"本文が長すぎます（{len(text)}文字）。", f"{_LONGEST}文字までにしてください。"
        )


def _saved(unit: Unit, viewer: Viewer, words: Words, kind: str) -> str | None:
    """Give the question that this very form has been saved in already (二度押し・再読込み)."""
    if not words.entry_id:
        return None
    saved = store.find_entry(unit.session, viewer.consortium_id, words.entry_id)
    if saved is None:
        return None
    question_id, saved_kind, text = saved
    if (saved_kind, text) != (kind, words.text):
        raise _refuse(
            "record_id",
            "この入力画面からは、もう送信されています。",
            "続けて書くときは、質疑の画面を開き直してください。",
        )
    store.get_question(unit.session, viewer.consortium_id, question_id, code=_own_code(viewer))
    unit.operational()
    return question_id


def _add(  # noqa: PLR0913 -- what is written into what, by whom, with which file
    unit: Unit,
    viewer: Viewer,
    question: Question,
    state: str,
    kind: str,
    words: Words,
    folder: Path,
) -> None:
    attachment = _kept(words.upload, folder) if words.upload else None
    entry = EntryLine(
        words.entry_id or str(uuid4()), kind, words.text, viewer.name, viewer.body, unit.now,
        attachment,
    )  # fmt: skip
    store.add_entry(unit, viewer.consortium_id, question, state, entry)


def _kept(upload: Upload, folder: Path) -> QuestionAttachment:
    """Check a file and write it once; without its row nobody sees it (添付の保存)."""
    read = read_attachment(upload.name, upload.content)
    stored = files.write_once(folder / store.FOLDER, read.content, read.suffix)
    return QuestionAttachment(str(uuid4()), read.display_name, stored)


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("質疑を保存しようとしました。", found, todo, path=path)


# ---- files ---------------------------------------------------------------------------------------


def fetch(viewer: Viewer, file_id: str, folder: Path) -> HandedFile:
    """Give the stored bytes of an attachment; a town gets those of its questions only (添付の受取).

    Raises: NotFoundError for another town's as for a missing one; DomainError when the bytes are
    no longer those that were stored.
    """
    with reading() as session:
        found = store.find_attachment(
            session, viewer.consortium_id, file_id, code=_own_code(viewer)
        )
    content = files.read_stored(folder / store.FOLDER, found.stored)
    suffix = Path(found.stored.stored_name).suffix
    return HandedFile(content, found.display_name, MEDIA_TYPES[suffix], f"attachment{suffix}")


# ---- 発行 ----------------------------------------------------------------------------------------


def refuse_open(unit: Unit, consortium_id: str, run: Run) -> None:
    """Refuse to issue 確定 while a question on any run of its year is open (未回答の質疑).

    Raises: InvalidTransitionError naming who waits for an answer about what.
    """
    if run.stage != "final":
        return
    waiting = store.open_questions(unit.session, consortium_id, run.year)
    if waiting:
        raise InvalidTransitionError(
            asked("issue"),
            blocked_by(waiting),
            "「質疑」で回答するか、承認者が理由を書いて見送ってください。",
        )


def blocked_by(waiting: tuple[Question, ...]) -> str:
    """Say which open questions keep 確定 from being issued (発行できない理由)."""
    named = "、".join(f"{each.town}「{each.subject}」" for each in waiting[:3])
    more = f"ほか{len(waiting) - 3}件" if len(waiting) > 3 else ""
    return f"この年度に未回答の質疑が{len(waiting)}件あります（{named}{more}）。"
