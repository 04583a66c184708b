"""Restored states and what had gone out before them (復元・台帳の照合)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from consortium.db.models import (
    CalendarFeed,
    Consortium,
    LostDocument,
    OutboxMessage,
    ReportFile,
    Restoration,
    Statement,
    UserSession,
    new_id,
)
from consortium.db.store.runs import Edition, Run
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import DuplicateError, InvalidTransitionError

_HELD = "バックアップから復元したので、送らずにあります。もう届いていなければ、送り直してください。"


class Lost(NamedTuple):
    """A document that is in no register (復元前の文書): what is printed on it."""

    number: int
    #: None for a document that is no statement of a year
    year: FiscalYear | None
    stage: str | None
    edition: int
    #: the eight digits of its 照合符号
    code: str
    file_hash: str


def begin(unit: Unit, consortium_id: str, made_at: datetime) -> None:
    """Write down that a backup is put back; numbers wait from now on (復元).

    What may have been ended since the backup was made does not begin again: logins, letters that
    were sent meanwhile, addresses of calendars.
    """
    row = Restoration(
        id=new_id(), consortium_id=consortium_id, backup_made_at=made_at, restored_at=unit.now
    )
    unit.session.add(row)
    unit.session.flush()
    title, after = "バックアップからの復元", {"backup_made_at": made_at.isoformat()}
    unit.record(consortium_id, "backup.restore", "restoration", row.id, title, None, after)
    _end_what_was_open(unit, consortium_id)


def _end_what_was_open(unit: Unit, consortium_id: str) -> None:
    user, letter, feed = UserSession, OutboxMessage, CalendarFeed
    # Of all consortia, as the database is put back as a whole.
    unit.session.execute(update(user).where(user.ended_at.is_(None)).values(ended_at=unit.now))
    unit.session.execute(
        update(letter)
        .where(letter.consortium_id == consortium_id, letter.state == "queued")
        .values(state="failed", error=_HELD)
    )
    unit.session.execute(
        update(feed)
        .where(feed.consortium_id == consortium_id, feed.revoked_at.is_(None))
        .values(revoked_at=unit.now)
    )


def is_waiting(session: Session, consortium_id: str) -> bool:
    """Say whether 台帳の照合 is still to be done (照合待ち)."""
    waiting = exists().where(
        Restoration.consortium_id == consortium_id, Restoration.reconciled_at.is_(None)
    )
    return session.scalar(select(waiting)) is True


def refuse_waiting(session: Session, consortium_id: str, title: str) -> None:
    """Refuse a number before 台帳の照合: it may have gone out already. Raises: DuplicateError."""
    if is_waiting(session, consortium_id):
        raise DuplicateError(
            f"{title}の文書番号を割り当てようとしました。",
            "バックアップから復元したあと、外に出た文書との照合がまだです。",
            "管理者に、flask register reconcile を行うよう依頼してください。",
            field="number",
        )


def known_hashes(session: Session, consortium_id: str) -> set[str]:
    """Give the hashes of all files that have a row, lost ones included (記録済みのファイル)."""
    found: set[str] = set()
    for table in (ReportFile, LostDocument):
        query = select(table.file_hash).where(table.consortium_id == consortium_id)
        found |= set(session.scalars(query))
    return found


def highest_number(session: Session, consortium_id: str) -> int:
    """Give the highest number taken or found so far, 0 before the first (最も大きい番号)."""
    taken = select(Consortium.next_number - 1).where(Consortium.id == consortium_id)
    used = select(func.max(Statement.number)).where(Statement.consortium_id == consortium_id)
    return max(session.scalar(taken) or 0, session.scalar(used) or 0)


def numbers_of(session: Session, consortium_id: str) -> set[int]:
    """Give the numbers of the register (台帳番号)."""
    query = select(Statement.number).where(Statement.consortium_id == consortium_id)
    return set(session.scalars(query))


def lost_edition(session: Session, consortium_id: str, year: FiscalYear, stage: str) -> int:
    """Give the last edition of a stage that went out and was lost, 0 where none (失われた版)."""
    query = select(func.max(LostDocument.edition)).where(
        LostDocument.consortium_id == consortium_id,
        LostDocument.fiscal_year_start == year.start_year,
        LostDocument.stage == stage,
    )
    return session.scalar(query) or 0


def refuse_issue(session: Session, consortium_id: str, run: Run) -> None:
    """Refuse to issue what may have gone out before a restoration (復元後の発行).

    Raises: DuplicateError before 台帳の照合; InvalidTransitionError for an edition whose number
    other figures have.
    """
    refuse_waiting(session, consortium_id, run.title)
    if run.edition <= lost_edition(session, consortium_id, run.year, run.stage):
        raise InvalidTransitionError(
            f"{run.title}を発行しようとしました。",
            "復元の前に、同じ版が別の数字で発行されています。",
            "承認を取り消して破棄し、算定を作成し直してください（次の版になります）。",
        )


def next_edition(
    session: Session, consortium_id: str, year: FiscalYear, stage: str, earlier: Sequence[Run]
) -> Edition:
    """Give the edition of a new run (次の版); `earlier`: its runs so far, the newest first.

    An edition that went out before a restoration is never given to other figures.
    """
    lost = lost_edition(session, consortium_id, year, stage)
    if not earlier:
        return Edition(stage, lost + 1)
    return Edition(stage, max(earlier[0].edition, lost) + 1, earlier[0].id)


def finish(unit: Unit, consortium_id: str, highest: int, lost: Sequence[Lost]) -> None:
    """Let numbers go on above the highest one, and keep what was lost (台帳の照合)."""
    owner = unit.session.get_one(Consortium, consortium_id, with_for_update=True)
    before, owner.next_number = owner.next_number, max(owner.next_number, highest + 1)
    unit.session.execute(
        update(Restoration)
        .where(Restoration.consortium_id == consortium_id, Restoration.reconciled_at.is_(None))
        .values(reconciled_at=unit.now, highest=highest)
    )
    unit.session.add_all(_row(consortium_id, each, unit.now) for each in lost)
    unit.session.flush()
    unit.record(
        consortium_id,
        "register.reconcile",
        "consortium",
        consortium_id,
        "復元後の台帳の照合",
        {"next_number": before},
        {
            "next_number": owner.next_number,
            "highest": highest,
            "lost": [[each.number, each.code, each.file_hash] for each in lost],
        },
    )


def _row(consortium_id: str, each: Lost, now: datetime) -> LostDocument:
    return LostDocument(
        id=new_id(),
        consortium_id=consortium_id,
        number=each.number,
        fiscal_year_start=each.year.start_year if each.year else None,
        stage=each.stage,
        edition=each.edition,
        check_code=each.code,
        file_hash=each.file_hash,
        found_at=now,
    )
