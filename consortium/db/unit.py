"""Units of work (作業単位): the only place that begins, commits, rolls back and audits."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from consortium.db.audit import GENESIS, Actor, Entry, Head, append_event, audit_head, take_turn
from consortium.db.engine import CHANGES, PATIENCE, db
from consortium.db.errors import READ_ONLY, named_error
from consortium.db.seals import renew

__all__ = [
    "GENESIS", "Actor", "Head", "Unit", "UnitError", "audit_head", "reading", "together", "writing",
]  # fmt: skip

# Tables outside the audit chain and the digest: who is logged in, who works on what, since when.
# A first receipt is recorded; its later downloads only count.
OPERATIONAL = frozenset(
    {
        "user_session",
        "login_attempt",
        "scheduler_heartbeat",
        "run_event",
        "report_run",
        "report_input",
        "report_file",
        "receipt",
        "table_seal",
        "integrity_state",
        "outbox_message",
    }
)


class UnitError(RuntimeError):
    """A unit of work was used wrongly: a mistake in the program, not of the officer."""


@dataclass(slots=True)
class Unit:
    """An open writing unit (作業単位): the session and what will be recorded of it."""

    session: Session
    actor: Actor
    now: datetime
    reason: str = ""
    request_id: str = ""
    changed: set[str] = field(default_factory=set)
    recorded: int = 0
    #: consortia whose chain it continues
    owners: set[str] = field(default_factory=set)
    is_operational: bool = False

    def record(  # noqa: PLR0913 -- what an event of the chain says; see db/audit.py
        self,
        consortium_id: str,
        action: str,
        object_type: str,
        object_id: str,
        title: str,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> Head:
        """Add one event to the consortium's chain and give its place (操作記録)."""
        entry = Entry(
            at=self.now,
            actor=self.actor,
            action=action,
            object_type=object_type,
            object_id=object_id,
            title=title,
            reason=self.reason,
            before=before,
            after=after,
            request_id=self.request_id,
        )
        head = append_event(self.session, consortium_id, entry)
        self.recorded += 1
        self.owners.add(consortium_id)
        return head

    def take_turn(self, consortium_id: str) -> None:
        """Wait for other writers before reading what decides: `if empty: fill` (順番待ち)."""
        take_turn(self.session, consortium_id)

    def operational(self) -> None:
        """Say that only operational tables change, so that no audit event is needed."""
        self.is_operational = True


@contextmanager
def reading() -> Iterator[Session]:
    """Open a unit in which the database itself refuses writes (参照).

    All statements see one state of the data. Rows loaded in it are detached afterwards.
    """
    outer: Unit | None = db.session().info.get(_TOGETHER)
    if outer is not None:
        outer.session.flush()
        yield outer.session
        return
    session = _open("reading")
    try:
        with _named(is_reading=True):
            yield session
        _refuse_unsaved(session)
    finally:
        _close(session)


@contextmanager
def writing(
    actor: Actor,
    now: datetime,
    reason: str = "",
    request_id: str = "",
    *,
    is_patient: bool = True,
) -> Iterator[Unit]:
    """Open a unit that is saved whole on leaving, or not at all (更新).

    One that is not patient gives way at once where another is writing.

    Raises: the named refusal for a broken constraint, StaleError for a row somebody else saved
    meanwhile, BusyError when the database stays locked, UnitError for a change not recorded.
    """
    outer: Unit | None = db.session().info.get(_TOGETHER)
    if outer is not None:
        with _joining(outer, reason) as unit:
            yield unit
        return
    session = _open("writing")
    unit = Unit(session, actor, now, reason, request_id)
    try:
        with _named():
            # Not 0: on one of the two databases that means for ever.
            patience = {} if is_patient else {PATIENCE: 1}
            session.connection(execution_options={CHANGES: unit.changed, **patience})
            yield unit
            session.flush()
            _refuse_unrecorded(unit)
            renew(session, unit.changed, unit.owners)
            session.commit()
    finally:
        _close(session)


@contextmanager
def together(
    actor: Actor, now: datetime, reason: str = "", *, is_trial: bool = False
) -> Iterator[Unit]:
    """Open one unit that every `writing()` and `reading()` within it joins (まとめての更新).

    What is refused within it leaves nothing behind, and the rest goes on. All is saved on leaving,
    or nothing: where something was raised, and of a trial (下見), which only shows what would be.
    """
    with writing(actor, now, reason) as unit:
        info = unit.session.info
        info[_TOGETHER] = unit
        try:
            yield unit
        finally:
            del info[_TOGETHER]
        if is_trial:
            unit.session.rollback()
            unit.changed.clear()


#: Where a session keeps the unit that others join.
_TOGETHER = "together"


@contextmanager
def _joining(outer: Unit, reason: str) -> Iterator[Unit]:
    """Give a part of a greater unit: saved with it, undone by itself where it is refused."""
    unit = Unit(
        outer.session, outer.actor, outer.now, reason or outer.reason, outer.request_id,
        outer.changed,
    )  # fmt: skip
    with _named(), outer.session.begin_nested():
        yield unit
        outer.session.flush()
    outer.recorded += unit.recorded
    outer.owners |= unit.owners


@contextmanager
def _named(*, is_reading: bool = False) -> Iterator[None]:
    """Give the refusal of the database the name that an officer understands."""
    try:
        yield
    except (DBAPIError, StaleDataError) as error:
        named = named_error(error)
        if named is None or (is_reading and str(named) == READ_ONLY):
            raise
        raise named from error


def _open(kind: str) -> Session:
    session: Session = db.session()
    if "unit" in session.info:
        raise UnitError(f"{kind}() inside {session.info['unit']}()")
    _refuse_unsaved(session)
    session.rollback()  # ends a read transaction that somebody began outside a unit
    session.info["unit"] = kind
    return session


def _close(session: Session) -> None:
    session.info.pop("unit", None)
    try:
        session.close()
    except DBAPIError:
        session.invalidate()  # the connection is lost, and with it whatever was to be undone


def _refuse_unsaved(session: Session) -> None:
    if session.new or session.dirty or session.deleted:
        raise UnitError("the session holds changes made outside writing()")


def _refuse_unrecorded(unit: Unit) -> None:
    changed = unit.changed - {"audit_event"}
    if unit.is_operational:
        changed -= OPERATIONAL
    if changed and not unit.recorded:
        raise UnitError(f"changed without a recorded event: {', '.join(sorted(changed))}")
