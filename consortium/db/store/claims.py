"""Who makes a report now (取得): claims, leases and the fence around every step of a worker.

A lease that ran out lets another process take the run over; the number of the attempt then keeps
the first one, should it wake up, from changing anything.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from consortium.db.models import IntegrityState, ReportFile, ReportInput, ReportRun, new_id
from consortium.db.store.reports import (
    HELD,
    LEASE,
    MOST_CRASHES,
    Claim,
    NewFile,
    note,
)
from consortium.db.store.turns import is_held_back, is_locked
from consortium.db.types import InstantType
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.canonical import canonical, sha256_hex

#: A claim further in the future shows a clock that was set back.
_CLOCKS_DIFFER = timedelta(seconds=60)
#: A next try further away than this, too: nothing waits longer than one hour.
_LONGEST_WAIT = timedelta(hours=2)


class LeaseLostError(RuntimeError):
    """Another process took the run over: this one must drop what it made and stop (取得の喪失)."""


def lease_time(session: Session, now: datetime) -> datetime:
    """Give the time leases are measured in (取得の時計).

    On a server its own, which processes on several computers share: `clock_timestamp()`, for
    `now()` stands still within a transaction. Otherwise that of the process.
    """
    if session.get_bind().dialect.name != "postgresql":
        return now
    return session.execute(select(func.clock_timestamp(type_=InstantType))).scalar_one()


def claim(  # noqa: PLR0913 -- who takes what, when, and what tells late and too early
    unit: Unit,
    owner: str,
    now: datetime,
    *,
    run_id: str | None = None,
    late_after: timedelta,
    before: datetime | None = None,
) -> Claim | None:
    """Take the oldest run that may be worked on, or the named one; None if there is none.

    No report is taken that an earlier one of its kind holds back. What is to be tried again after
    `before` (now) is left for later.
    """
    at = lease_time(unit.session, now)
    query = _takeable(at, before or now, run_id)
    run = unit.session.scalars(query).first()
    while run is not None and run.owner is not None and _crashed_too_often(unit, run):
        run = unit.session.scalars(query).first()
    if run is None:
        return None
    run.owner, run.claimed_at, run.lease_until = owner, at, at + LEASE
    run.attempt += 1
    run.late = run.late or now > run.due_at + late_after
    if run.state == "due":
        # What was frozen stays frozen: numbers are taken once, files made already fit it.
        run.state = "calculated" if run.input_id else "claimed"
    held = _claim(run)
    run.wait_reason = ""
    if not held.waited_for:
        note(unit.session, run, "claim", owner, now)
    return held


def _takeable(at: datetime, before: datetime, run_id: str | None) -> Any:
    """Ask for one run that nobody holds, or whose lease ran out (取得できる帳票)."""
    is_due = ReportRun.state == "due"
    waited = or_(
        ReportRun.next_try_at.is_(None),
        ReportRun.next_try_at <= before,
        ReportRun.next_try_at > before + _LONGEST_WAIT,
    )
    # Clocks set back must not freeze a run.
    expired = and_(
        ReportRun.state.in_(HELD),
        or_(ReportRun.lease_until <= at, ReportRun.claimed_at > at + _CLOCKS_DIFFER),
    )
    if run_id is None:
        query = select(ReportRun).where(
            or_(and_(is_due, waited), expired),
            ~is_held_back(),
            ~is_locked(),
            ~_is_doubtful(),
        )
    else:
        # Somebody asks for it now: no waiting time holds it back.
        query = select(ReportRun).where(or_(is_due, expired), ReportRun.id == run_id)
    order = (ReportRun.due_at, ReportRun.kind, ReportRun.period_key, ReportRun.id)
    return query.order_by(*order).limit(1).with_for_update(skip_locked=True)


def _is_doubtful() -> Any:
    """Say whether the records of the consortium differ from what was saved (整合性の相違)."""
    return exists().where(
        IntegrityState.consortium_id == ReportRun.consortium_id, IntegrityState.fault_count > 0
    )


def _crashed_too_often(unit: Unit, run: ReportRun) -> bool:
    """Count a lease that ran out; after ten in a row the run needs a person (失敗)."""
    run.crashes += 1
    note(unit.session, run, "lease_lost", run.owner or "", unit.now)
    if run.crashes < MOST_CRASHES:
        return False
    run.state, run.owner, run.claimed_at, run.lease_until = "failed", None, None, None
    run.error = f"作成が{run.crashes}回続けて中断しました。"
    note(unit.session, run, "error", "", unit.now)
    unit.session.flush()
    return True


def _claim(run: ReportRun) -> Claim:
    return Claim(
        run.id,
        run.consortium_id,
        run.kind,
        FiscalYear(run.fiscal_year_start),
        run.period_key,
        run.edition,
        run.due_at,
        run.state,
        run.attempt,
        run.owner or "",
        run.failures,
        run.schedule_id,
        run.wait_reason,
    )


def fenced(unit: Unit, held: Claim, *before: str, **values: Any) -> None:
    """Change a run only while it is ours, in a state we think it has.

    Raises: LeaseLostError if another process took it over.
    """
    result = unit.session.execute(
        update(ReportRun)
        .where(
            ReportRun.id == held.id,
            ReportRun.owner == held.owner,
            ReportRun.attempt == held.attempt,
            ReportRun.state.in_(before),
        )
        .values(**values)
    )
    if cast(CursorResult[Any], result).rowcount != 1:
        raise LeaseLostError(held.id)


def renew(unit: Unit, held: Claim, **values: Any) -> None:
    """Hold the run for another five minutes (期限の延長)."""
    fenced(unit, held, *HELD, lease_until=_lease_end(unit), **values)


def _lease_end(unit: Unit) -> datetime:
    return lease_time(unit.session, unit.now) + LEASE


def freeze_input(unit: Unit, held: Claim, document: Mapping[str, Any]) -> None:
    """Store everything the files will show, once, and go on to `calculated`."""
    text = canonical(document)
    frozen = ReportInput(
        id=new_id(),
        consortium_id=held.consortium_id,
        document=text,
        sha256=sha256_hex(text),
        frozen_at=unit.now,
    )
    unit.session.add(frozen)
    unit.session.flush()
    values = {"state": "calculated", "input_id": frozen.id, "lease_until": _lease_end(unit)}
    fenced(unit, held, "claimed", **values)
    if held.waited_for:  # the claims of a waiting run go unsaid, until one leads on
        run = unit.session.get_one(ReportRun, held.id, populate_existing=True)
        note(unit.session, run, "claim", held.owner, unit.now)


def add_file(unit: Unit, held: Claim, file: NewFile) -> None:
    """Record a file that lies in the store, and renew the lease."""
    fenced(unit, held, "calculated", lease_until=_lease_end(unit))
    row = {
        "id": new_id(),
        "consortium_id": held.consortium_id,
        "run_id": held.id,
        "slot": file.slot,
        "stored_name": file.stored.stored_name,
        "display_name": file.display_name,
        "size": file.stored.size,
        "file_hash": file.stored.sha256,
        "data_hash": file.data_hash,
        "content_hash": file.content_hash,
        "rows_hash": file.rows_hash,
        "attempt": held.attempt,
    }
    unit.session.execute(insert(ReportFile), row)


def forget_files(unit: Unit, held: Claim, slots: Collection[str]) -> None:
    """Take damaged files of a report nobody has seen out of its list: they are made again."""
    before = ("calculated", "filed")
    fenced(unit, held, *before, state="calculated", lease_until=_lease_end(unit))
    unit.session.execute(
        delete(ReportFile).where(ReportFile.run_id == held.id, ReportFile.slot.in_(slots))
    )


def give_back(
    unit: Unit, held: Claim, *, wait_reason: str = "", error: str = "", again_at: datetime | None
) -> None:
    """Put a run back to `due`, or to `failed` when no further try is left (no `again_at`).

    What it froze stays with it, and the next claim goes on from there. That it waits for what it
    waited for before is not written down again.
    """
    failed = bool(error) and again_at is None
    values: dict[str, Any] = {
        "state": "failed" if failed else "due",
        "owner": None,
        "claimed_at": None,
        "lease_until": None,
        "crashes": 0,
        "wait_reason": wait_reason,
        "error": error,
        "next_try_at": again_at,
    }
    if error:
        values["failures"] = held.failures + 1
    fenced(unit, held, *HELD, **values)
    if error or wait_reason != held.waited_for:
        row = unit.session.get_one(ReportRun, held.id, populate_existing=True)
        note(unit.session, row, "error" if error else "wait", held.owner, unit.now)


def note_published(unit: Unit, held: Claim) -> None:
    """Write down who made a report visible (公開の経過)."""
    run = unit.session.get_one(ReportRun, held.id, populate_existing=True)
    note(unit.session, run, "publish", unit.actor.name, unit.now)


def nobodys_before(session: Session, now: datetime) -> datetime:
    """Give the time before which no process at work wrote a file (進行中の作業の始まり).

    The age of the oldest claim still running, taken from `now`: the clock of leases may differ from
    that of the files.
    """
    at = lease_time(session, now)
    oldest = session.execute(
        select(func.min(ReportRun.claimed_at)).where(
            ReportRun.state.in_(HELD), ReportRun.lease_until > at
        )
    ).scalar_one()
    return now if oldest is None else now - (at - oldest)
