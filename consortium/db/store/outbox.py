"""Letters on their way to users (送信箱): written once, begun by one process, marked when taken."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import CursorResult, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from consortium.db.models import (
    Consortium,
    Member,
    OutboxMessage,
    ReportRun,
    UserAccount,
    YearClosing,
    new_id,
)
from consortium.db.unit import Unit
from consortium.domain.canonical import sha256_hex
from consortium.domain.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Reader:
    """A user who takes letters (メールの宛先)."""

    user_id: str
    name: str
    role: str
    #: municipality code of a town's user
    code: str | None
    address: str


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name letters are written (差出人)."""

    consortium: str
    office: str
    is_sample: bool


class Draft(NamedTuple):
    """A letter to be written into the outbox (送信箱に入れる一通)."""

    run_id: str
    about: str
    to: Reader
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Queued:
    """A letter begun to be sent (送信中の一通); `tries` says whose turn it is."""

    id: str
    address: str
    message_id: str
    subject: str
    body: str
    tries: int
    refusals: int


class FailedRun(NamedTuple):
    """A report that needs a person (失敗した帳票)."""

    consortium_id: str
    run_id: str
    kind: str
    period_key: str
    #: the try it was given up at: failing again is told again
    attempt: int
    error: str


@dataclass(frozen=True, slots=True)
class Line:
    """A letter as shown (送信箱の一行)."""

    id: str
    name: str
    body: str
    address: str
    subject: str
    state: str
    tries: int
    error: str
    created_at: datetime
    sent_at: datetime | None
    next_try_at: datetime


# ---- who is written to ---------------------------------------------------------------------------


def readers(session: Session, consortium_id: str) -> list[Reader]:
    """Give the users who are switched on and have an address, by login (宛先)."""
    table = UserAccount
    rows = session.execute(
        select(table.id, table.display_name, table.role, table.code, table.email)
        .where(table.consortium_id == consortium_id, table.is_active, table.email.is_not(None))
        .order_by(table.login)
    )
    return [Reader(row.id, row.display_name, row.role, row.code, row.email or "") for row in rows]


def unreachable(session: Session, consortium_id: str) -> list[str]:
    """Name the towns none of whose users takes letters (メールの届かない団体)."""
    user = UserAccount
    reached = exists().where(
        user.consortium_id == Member.consortium_id,
        user.code == Member.code,
        user.is_active,
        user.email.is_not(None),
    )
    rows = session.scalars(
        select(Member.name)
        .where(Member.consortium_id == consortium_id, ~Member.is_lead, ~reached)
        .order_by(Member.code)
    )
    return list(rows)


def sender_of(session: Session, consortium_id: str) -> Sender:
    """Give the consortium and its office (差出人)."""
    table = Consortium
    query = select(table.name, table.office_name, table.is_sample).where(table.id == consortium_id)
    return Sender(*session.execute(query).one())


# ---- writing -------------------------------------------------------------------------------------


def queue(unit: Unit, consortium_id: str, domain: str, drafts: Iterable[Draft]) -> None:
    """Write letters; what a user was told already is not told again (送信箱への登録)."""
    # A section often shares one address: it need not read the same letter twice.
    once: dict[object, Draft] = {}
    for draft in drafts:
        once.setdefault((draft.about, draft.to.code, draft.to.address), draft)
    rows = [
        {
            "id": new_id(),
            "consortium_id": consortium_id,
            "run_id": draft.run_id,
            "about": draft.about,
            "user_id": draft.to.user_id,
            "address": draft.to.address,
            "message_id": f"<{sha256_hex(f'{draft.about} {draft.to.user_id}')[:32]}@{domain}>",
            "subject": draft.subject,
            "body": draft.body,
            "state": "queued",
            "tries": 0,
            "refusals": 0,
            "next_try_at": unit.now,
            "error": "",
            "created_at": unit.now,
        }
        for draft in once.values()
    ]
    if rows:
        dialect = postgresql if unit.session.get_bind().dialect.name == "postgresql" else sqlite
        unit.session.execute(dialect.insert(OutboxMessage).on_conflict_do_nothing(), rows)


def told(session: Session, abouts: Iterable[str]) -> set[str]:
    """Give those of some subjects that somebody was written about (知らせたもの)."""
    found = select(OutboxMessage.about).where(OutboxMessage.about.in_(list(abouts))).distinct()
    return set(session.scalars(found))


# ---- sending -------------------------------------------------------------------------------------


def next_due(session: Session, now: datetime) -> str | None:
    """Give the letter that has waited longest; None if none is due."""
    table = OutboxMessage
    return session.scalar(
        select(table.id)
        .where(table.state == "queued", table.next_try_at <= now)
        .order_by(table.next_try_at, table.created_at, table.id)
        .limit(1)
    )


def begin(unit: Unit, letter_id: str, until: datetime) -> Queued | None:
    """Take a letter, which no other process then begins before `until`; None if one was faster."""
    table = OutboxMessage
    row = unit.session.execute(
        update(table)
        .where(table.id == letter_id, table.state == "queued", table.next_try_at <= unit.now)
        .values(tries=table.tries + 1, next_try_at=until)
        .returning(
            table.id, table.address, table.message_id, table.subject, table.body, table.tries,
            table.refusals,
        )
    ).first()  # fmt: skip
    return None if row is None else Queued(*row)


def settle(unit: Unit, letter: Queued, **values: Any) -> bool:
    """Write down what became of a letter; False if another process began it since (結果の記録)."""
    table = OutboxMessage
    result = unit.session.execute(
        update(table)
        .where(table.id == letter.id, table.tries == letter.tries, table.state == "queued")
        .values(**values)
    )
    return cast(CursorResult[Any], result).rowcount == 1


def put_off(unit: Unit, until: datetime, error: str) -> None:
    """Let every waiting letter wait while no server takes any (一斉の待機)."""
    table = OutboxMessage
    unit.session.execute(
        update(table)
        .where(table.state == "queued", table.next_try_at <= until)
        .values(next_try_at=until, error=error)
    )


def send_again(unit: Unit, consortium_id: str, letter_id: str) -> str:
    """Queue a letter that was given up, to the address its user has now; give the address (再送).

    Raises: NotFoundError unless it is there, was given up, and its user takes letters.
    """
    table, user = OutboxMessage, UserAccount
    address = select(user.email).where(user.id == table.user_id, user.is_active).scalar_subquery()
    row = unit.session.execute(
        update(table)
        .where(
            table.id == letter_id,
            table.consortium_id == consortium_id,
            table.state == "failed",
            address.is_not(None),
        )
        .values(state="queued", refusals=0, next_try_at=unit.now, error="", address=address)
        .returning(table.address)
    ).first()
    if row is None:
        raise NotFoundError(
            "メールを送り直そうとしました。",
            "送れなかったメールが見つからないか、宛先の利用者にメールアドレスがありません。",
            "画面を開き直し、利用者のメールアドレスを確かめてください。",
        )
    return str(row.address)


def notified(session: Session) -> list[str]:
    """Give the published runs of which no letter is left to be sent (通知の済んだ帳票).

    Not those of a year under 本締め: nothing of it changes any more, this neither.
    """
    waits = exists().where(OutboxMessage.run_id == ReportRun.id, OutboxMessage.state == "queued")
    is_kept = exists().where(
        YearClosing.consortium_id == ReportRun.consortium_id,
        YearClosing.fiscal_year_start == ReportRun.fiscal_year_start,
        YearClosing.kind == "hard",
        YearClosing.ended_at.is_(None),
    )
    found = select(ReportRun.id).where(ReportRun.state == "published", ~waits, ~is_kept)
    return list(session.scalars(found.order_by(ReportRun.due_at, ReportRun.id)))


def mark_notified(unit: Unit, run_ids: Iterable[str]) -> None:
    """Take published runs to their last state (通知済)."""
    ours = (ReportRun.id.in_(list(run_ids)), ReportRun.state == "published")
    unit.session.execute(update(ReportRun).where(*ours).values(state="notified"))


def failed_runs(session: Session) -> list[FailedRun]:
    """Give the runs that need a person, the oldest first (失敗した帳票)."""
    run = ReportRun
    what = (run.consortium_id, run.id, run.kind, run.period_key, run.attempt, run.error)
    rows = session.execute(select(*what).where(run.state == "failed").order_by(run.due_at, run.id))
    return [FailedRun(*row) for row in rows]


# ---- as shown ------------------------------------------------------------------------------------


def lines(session: Session, consortium_id: str, limit: int) -> list[Line]:
    """Give the newest letters, what was not sent first (送信箱の一覧)."""
    table, user = OutboxMessage, UserAccount
    rows = session.execute(
        select(
            table.id, user.display_name, Member.name, table.address, table.subject, table.state,
            table.tries, table.error, table.created_at, table.sent_at, table.next_try_at,
        )
        .join(user, user.id == table.user_id)
        .outerjoin(
            Member, (Member.consortium_id == table.consortium_id) & (Member.code == user.code)
        )
        .where(table.consortium_id == consortium_id)
        .order_by(table.state == "sent", table.state == "queued", table.created_at.desc(), table.id)
        .limit(limit)
    )  # fmt: skip
    return [Line(row[0], row[1], row[2] or "", *row[3:]) for row in rows]
