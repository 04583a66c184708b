"""Questions on an amount and what was written in them (質疑): one function per question asked."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from consortium.db.files import StoredFile
from consortium.db.models import (
    AllocationRun,
    Member,
    QuestionEntry,
    QuestionFile,
)
from consortium.db.models import Question as QuestionRow
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError, NotFoundError, StaleError
from consortium.domain.fiscalyear.questions import KINDS, STATES
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.municipality import municipality_code
from consortium.domain.yen import Yen

#: Folder of the files within that of the reports (添付の置き場所).
FOLDER = "questions"
#: States of a run that a town has been handed (発行した算定).
_ISSUED = ("issued", "superseded")


@dataclass(frozen=True, slots=True)
class QuestionAttachment:
    """A file of a question and where its bytes lie (質疑の添付)."""

    id: str
    display_name: str
    stored: StoredFile


@dataclass(frozen=True, slots=True)
class EntryLine:
    """What somebody wrote in a question (質疑の記載)."""

    id: str
    kind: str
    text: str
    writer: str
    body: str
    written_at: datetime
    attachment: QuestionAttachment | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question with everything written in it, the oldest first (質疑)."""

    id: str
    run_id: str
    year: FiscalYear
    stage: str
    edition: int
    item_no: int | None
    subject: str
    amount: Yen
    code: str
    town: str
    is_from_lead: bool
    state: str
    asked_by: str
    asked_at: datetime
    row_version: int
    entries: tuple[EntryLine, ...]

    @property
    def run_title(self) -> str:
        """Name the run that it is about, e.g. 令和3年度 確定 第1版."""
        return f"{fiscal_year_label(self.year)} {STAGES[self.stage]} 第{self.edition}版"

    @property
    def text(self) -> str:
        """Give what was asked last (質問)."""
        return [each.text for each in self.entries if each.kind == "asked"][-1]

    @property
    def answer(self) -> EntryLine | None:
        """Give the answer, or why there is none, None while nothing was said (回答)."""
        said = [each for each in self.entries if each.kind in ("answered", "overruled")]
        return said[-1] if said else None


# ---- questions -----------------------------------------------------------------------------------


def _select(consortium_id: str, code: str | None) -> Select[*tuple[Any, ...]]:
    """Select questions; `code` limits them to what a town may see (閲覧の範囲)."""
    query = (
        select(
            QuestionRow,
            AllocationRun.fiscal_year_start,
            AllocationRun.stage,
            AllocationRun.edition,
            Member.name,
        )
        .join(AllocationRun, AllocationRun.id == QuestionRow.run_id)
        .outerjoin(
            Member,
            (Member.code == QuestionRow.code) & (Member.consortium_id == QuestionRow.consortium_id),
        )
        .where(QuestionRow.consortium_id == consortium_id)
        .order_by(QuestionRow.asked_at, QuestionRow.id)
    )
    if code is not None:
        query = query.where(QuestionRow.code == code, AllocationRun.state.in_(_ISSUED))
    return query


def questions(
    session: Session,
    consortium_id: str,
    *,
    code: str | None,
    year: FiscalYear | None = None,
    run_id: str | None = None,
) -> tuple[Question, ...]:
    """List questions, the oldest first; `code` limits them to one town's (質疑の一覧)."""
    query = _select(consortium_id, code)
    if year is not None:
        query = query.where(AllocationRun.fiscal_year_start == year.start_year)
    if run_id is not None:
        query = query.where(QuestionRow.run_id == run_id)
    return _read(session, query)


def open_questions(
    session: Session, consortium_id: str, year: FiscalYear | None = None
) -> tuple[Question, ...]:
    """List what nobody has answered yet, the oldest first (未回答の質疑)."""
    query = _select(consortium_id, None).where(QuestionRow.state == "open")
    if year is not None:
        query = query.where(AllocationRun.fiscal_year_start == year.start_year)
    return _read(session, query)


def get_question(
    session: Session, consortium_id: str, question_id: str, *, code: str | None
) -> Question:
    """Give one question.

    Raises: NotFoundError for another town's as for a missing one.
    """
    found = _read(session, _select(consortium_id, code).where(QuestionRow.id == question_id))
    if not found:
        raise _not_found()
    return found[0]


def find_entry(session: Session, consortium_id: str, entry_id: str) -> tuple[str, str, str] | None:
    """Give question, kind and text of an id chosen for a new entry, None while it is free.

    Raises: BadInputError for an id that another consortium uses.
    """
    row = session.get(QuestionEntry, entry_id)
    if row is not None and row.consortium_id != consortium_id:
        raise BadInputError(
            "質疑を保存しようとしました。",
            "この入力画面は使えません。",
            "内容を確かめて、もう一度送ってください。",
            path="record_id",
        )
    return (row.question_id, row.kind, row.text) if row else None


def find_attachment(
    session: Session, consortium_id: str, file_id: str, *, code: str | None
) -> QuestionAttachment:
    """Give a file of a question.

    Raises: NotFoundError for another town's as for a missing one.
    """
    query = (
        select(QuestionFile)
        .join(QuestionEntry, QuestionEntry.id == QuestionFile.entry_id)
        .join(QuestionRow, QuestionRow.id == QuestionEntry.question_id)
        .join(AllocationRun, AllocationRun.id == QuestionRow.run_id)
        .where(QuestionFile.id == file_id, QuestionFile.consortium_id == consortium_id)
    )
    if code is not None:
        query = query.where(QuestionRow.code == code, AllocationRun.state.in_(_ISSUED))
    row = session.scalars(query).one_or_none()
    if row is None:
        raise _not_found()
    return _attachment(row)


def stored_names(session: Session) -> set[str]:
    """Give the names of all recorded files, which the sweep must keep."""
    return set(session.scalars(select(QuestionFile.stored_name)))


def _read(session: Session, query: Select[*tuple[Any, ...]]) -> tuple[Question, ...]:
    rows = session.execute(query).all()
    entries = _entries(session, [row[0].id for row in rows])
    return tuple(
        Question(
            row[0].id,
            row[0].run_id,
            FiscalYear(row.fiscal_year_start),
            row.stage,
            row.edition,
            row[0].item_no,
            row[0].subject,
            row[0].amount,
            row[0].code,
            row.name or row[0].code,
            row[0].is_from_lead,
            row[0].state,
            row[0].asked_by,
            row[0].asked_at,
            row[0].row_version,
            tuple(entries[row[0].id]),
        )
        for row in rows
    )


def _entries(session: Session, ids: list[str]) -> Mapping[str, list[EntryLine]]:
    found: dict[str, list[EntryLine]] = defaultdict(list)
    if not ids:
        return found
    query = (
        select(QuestionEntry, QuestionFile)
        .outerjoin(QuestionFile, QuestionFile.entry_id == QuestionEntry.id)
        .where(QuestionEntry.question_id.in_(ids))
        .order_by(QuestionEntry.position)
    )
    for entry, file in session.execute(query):
        found[entry.question_id].append(
            EntryLine(
                entry.id,
                entry.kind,
                entry.text,
                entry.writer,
                entry.body,
                entry.written_at,
                _attachment(file) if file else None,
            )
        )
    return found


def _attachment(row: QuestionFile) -> QuestionAttachment:
    return QuestionAttachment(
        row.id, row.display_name, StoredFile(row.stored_name, row.size, row.file_hash)
    )


def _not_found() -> NotFoundError:
    return NotFoundError(
        "質疑を開こうとしました。", "見つかりません。", "質疑の一覧から選び直してください。"
    )


# ---- changes -------------------------------------------------------------------------------------


def add_question(unit: Unit, consortium_id: str, new: Question) -> None:
    """Save a new question; what was asked is added with `add_entry` (質疑の登録)."""
    unit.session.add(
        QuestionRow(
            id=new.id,
            consortium_id=consortium_id,
            run_id=new.run_id,
            item_no=new.item_no,
            subject=new.subject,
            amount=new.amount,
            code=municipality_code(new.code),
            is_from_lead=new.is_from_lead,
            state=new.state,
            asked_by=new.asked_by,
            asked_at=new.asked_at,
        )
    )
    unit.session.flush()


def add_entry(
    unit: Unit,
    consortium_id: str,
    seen: Question,
    state: str,
    entry: EntryLine,
) -> None:
    """Write into a question, which thereby gets a state (質疑への記載).

    Raises: StaleError if somebody wrote after `seen` was read.
    """
    row = unit.session.get_one(QuestionRow, seen.id)
    if row.row_version != seen.row_version:
        raise StaleError(
            "質疑に書き込もうとしました。",
            "画面を開いた後に、ほかの人が書き込みました。",
            "いまのやり取りを確かめて、もう一度送ってください。",
        )
    before = row.state
    row.state = state
    position = len(seen.entries) + 1
    unit.session.add(
        QuestionEntry(
            id=entry.id,
            consortium_id=consortium_id,
            question_id=seen.id,
            position=position,
            kind=entry.kind,
            text=entry.text,
            written_by=unit.actor.id,
            writer=entry.writer,
            body=entry.body,
            written_at=entry.written_at,
        )
    )
    unit.session.flush()
    if entry.attachment:
        _add_file(unit, consortium_id, entry)
    _record_entry(unit, consortium_id, seen, (before, state), entry)


def _record_entry(
    unit: Unit, consortium_id: str, seen: Question, states: tuple[str, str], entry: EntryLine
) -> None:
    before, state = states
    title = f"{seen.run_title}「{seen.subject}」の質疑（{seen.town}）：{KINDS[entry.kind]}"
    was = {"状態": STATES[before]} if seen.entries else None
    unit.record(
        consortium_id, f"question.{entry.kind}", "question", seen.id, title,
        was, {"状態": STATES[state]} | _in_words(entry),
    )  # fmt: skip


def _add_file(unit: Unit, consortium_id: str, entry: EntryLine) -> None:
    file = entry.attachment
    if file is None:
        return
    unit.session.add(
        QuestionFile(
            id=file.id,
            consortium_id=consortium_id,
            entry_id=entry.id,
            stored_name=file.stored.stored_name,
            display_name=file.display_name,
            size=file.stored.size,
            file_hash=file.stored.sha256,
        )
    )
    unit.session.flush()


def _in_words(entry: EntryLine) -> dict[str, Any]:
    words: dict[str, Any] = {"本文": entry.text}
    if entry.attachment:
        words |= {
            "添付": entry.attachment.display_name,
            "添付のSHA-256": entry.attachment.stored.sha256,
        }
    return words


def drop_of_run(unit: Unit, consortium_id: str, run_id: str) -> None:
    """Remove the questions of a draft that is thrown away; the chain keeps them (下書きの破棄)."""
    gone = questions(unit.session, consortium_id, code=None, run_id=run_id)
    if not gone:
        return
    entries = [entry.id for each in gone for entry in each.entries]
    _delete(unit, QuestionFile, QuestionFile.entry_id.in_(entries))
    _delete(unit, QuestionEntry, QuestionEntry.id.in_(entries))
    _delete(unit, QuestionRow, QuestionRow.id.in_([each.id for each in gone]))
    for each in gone:
        title = f"{each.run_title}「{each.subject}」の質疑の破棄"
        before = {"本文": each.text, "状態": STATES[each.state]}
        unit.record(consortium_id, "question.drop", "question", each.id, title, before, None)


def _delete(unit: Unit, table: type[Any], condition: Any) -> None:
    unit.session.execute(delete(table).where(condition))
