"""The part of a tick that tells people (配信): failures, reminders, letters, 通知済.

A letter is begun in one transaction and settled in another; between them it is handed to the mail
server. A crash in between sends it once more under the same Message-ID: at least once, and said so.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from consortium.db.store import calendars, outbox
from consortium.db.store.delivered import Delivered, unread
from consortium.db.store.outbox import Draft, FailedRun, Queued, Reader
from consortium.db.unit import reading, writing
from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.fiscalyear.schedule import TOKYO
from consortium.failpoint import failpoint
from consortium.mail import CutOffError, Letter, Mailer, RefusedError, ServerDownError, Session
from consortium.usecases import letters
from consortium.usecases.closings import today_of
from consortium.usecases.kinds import period_name, title_of
from consortium.usecases.reporting import SYSTEM, Worker

if TYPE_CHECKING:
    from sqlalchemy.orm import Session as DatabaseSession

log = logging.getLogger(__name__)

#: Waiting time after a letter was not taken the first, second … time; the last stays.
BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=60),
)
#: Refusals after which a letter needs a person (送信の上限).
MOST_REFUSALS = 10
#: Longer than a session lasts: nobody else begins a letter while it is on its way.
_ON_ITS_WAY = timedelta(minutes=1)
#: Letters of one tick; the next takes the rest.
_MOST_AT_ONCE = 200
# ASSUMPTION: 受領のお願いは3回まで、受領がない文書は、その後は幹事市の一覧だけに残す。
MOST_REMINDERS = 3
#: Nobody is reminded before the office opens (時).
_FIRST_HOUR = 8


def deliveries(worker: Worker) -> Iterator[tuple[str, Callable[[], None]]]:
    """Write what people have to be told, and send what waits (メールの送信); off: nothing.

    Each is a part of its own: what cannot be written keeps no letter from going out.
    """
    mailer = worker.mailer
    if mailer is None:
        return
    yield "letters about failures", lambda: _tell_failures(worker, mailer)
    if mailer.remind_days:
        yield "reminders", lambda: _remind(worker, mailer)
    yield "mail", lambda: _send(worker, mailer)


def finish(worker: Worker) -> None:
    """Take to 通知済 the published runs of which no letter is left to be sent."""
    with reading() as session:
        done = outbox.notified(session)
    if not done:
        return
    failpoint("notify-before")
    with writing(SYSTEM, worker.now()) as unit:
        unit.operational()
        outbox.mark_notified(unit, done)
    failpoint("notify-after")


# ---- what is to be told --------------------------------------------------------------------------


def _tell_failures(worker: Worker, mailer: Mailer) -> None:
    """Write to the office of each report that failed, once for each failing (失敗のお知らせ)."""
    with reading() as session:
        failed = {f"failed:{run.run_id}:{run.attempt}": run for run in outbox.failed_runs(session)}
        known = outbox.told(session, failed) if failed else set()
        drafts = [
            (run.consortium_id, Draft(run.run_id, about, reader, *text))
            for about, run in failed.items()
            if about not in known
            for reader, text in _about_failure(session, run, mailer)
        ]
    _write(worker, mailer, drafts)


def _about_failure(
    session: "DatabaseSession", run: FailedRun, mailer: Mailer
) -> Iterator[tuple[Reader, tuple[str, str]]]:
    office = outbox.sender_of(session, run.consortium_id)
    title = f"{title_of(run.kind)}（{period_name(run.period_key)}）"
    for reader in outbox.readers(session, run.consortium_id):
        if reader.role in ("lead_staff", "lead_admin"):
            yield reader, letters.failure(office, reader, title, run.error, mailer)


def _remind(worker: Worker, mailer: Mailer) -> None:
    """Write to towns what they have not received for some open days (受領のお願い)."""
    now = worker.now()
    if now.astimezone(TOKYO).hour < _FIRST_HOUR:
        return
    with reading() as session:
        waiting: dict[str, list[Delivered]] = {}
        for file in unread(session):
            waiting.setdefault(file.consortium_id, []).append(file)
        due = [
            (owner, about, found)
            for owner, files in waiting.items()
            for about, found in _due(
                files, calendars.open_days(session, owner, None), mailer.remind_days, now
            )
        ]
        known = outbox.told(session, [about for _, about, _ in due]) if due else set()
        drafts = [
            (owner, draft)
            for owner, about, found in due
            if about not in known
            for draft in _about_unread(session, owner, about, found, mailer)
        ]
    _write(worker, mailer, drafts)


def _about_unread(
    session: "DatabaseSession",
    owner: str,
    about: str,
    found: tuple[int, list[Delivered]],
    mailer: Mailer,
) -> Iterator[Draft]:
    days, files = found
    office = outbox.sender_of(session, owner)
    names = [file.display_name for file in files]
    for reader in outbox.readers(session, owner):
        if reader.code == files[0].code:
            text = letters.reminder(office, reader, names, days, mailer)
            yield Draft(files[0].run_id, about, reader, *text)


def _write(worker: Worker, mailer: Mailer, drafts: list[tuple[str, Draft]]) -> None:
    """Put letters into the outbox; a tick with nothing to say writes nothing."""
    if not drafts:
        return
    with writing(SYSTEM, worker.now()) as unit:
        unit.operational()
        for owner in sorted({owner for owner, _ in drafts}):
            own = [draft for each, draft in drafts if each == owner]
            outbox.queue(unit, owner, mailer.domain, own)


def _due(
    files: list[Delivered], office: OpenDays, every: int, now: datetime
) -> Iterator[tuple[str, tuple[int, list[Delivered]]]]:
    """Give what is to be named today: subject, and after how many open days which files.

    A file is named after each further `every` open days, together with others of its run, town
    and day of issue; only on an open day, and a few times only.
    """
    today = today_of(now)
    if not office.is_open(today):
        return
    grouped: dict[str, tuple[int, list[Delivered]]] = {}
    for file in files:
        times = open_days_since(file.issued_on, today, office) // every
        if 1 <= times <= MOST_REMINDERS:
            about = f"reminder:{file.run_id}:{file.code}:{times}"
            grouped.setdefault(about, (times * every, []))[1].append(file)
    yield from grouped.items()


def open_days_since(day: date, today: date, office: OpenDays) -> int:
    """Count the open days after a day, today included (経過した業務日)."""
    one = timedelta(days=1)
    return office.between(day + one, today + one)


# ---- sending -------------------------------------------------------------------------------------


def _send(worker: Worker, mailer: Mailer) -> None:
    """Send what waits, the longest waiting first, as long as the server answers in time."""
    first = _begin(worker)
    if first is None:
        return
    letter: Queued | None = first
    try:
        with mailer.session() as session:
            for _ in range(_MOST_AT_ONCE):
                if letter is None:
                    return
                _hand_over(worker, session, letter)
                letter = _begin(worker) if session.is_open else None
    except ServerDownError as down:
        log.warning("mail: %s", down)
        _put_off(worker, letter or first, str(down))


def _begin(worker: Worker) -> Queued | None:
    """Take the next letter; its waiting time keeps others from it while it is on its way."""
    now = worker.now()
    with reading() as session:
        letter_id = outbox.next_due(session, now)
    if letter_id is None:
        return None
    with writing(SYSTEM, now) as unit:
        unit.operational()
        return outbox.begin(unit, letter_id, now + _ON_ITS_WAY)


def _hand_over(worker: Worker, session: Session, letter: Queued) -> None:
    failpoint("mail-before")
    try:
        session.send(Letter(letter.message_id, letter.address, letter.subject, letter.body))
    except RefusedError as refused:
        _not_taken(worker, letter, str(refused), is_final=refused.is_final)
    except CutOffError as cut:
        _not_taken(worker, letter, str(cut), is_final=False)
    else:
        failpoint("mail-taken")
        _settle(worker, letter, state="sent", error="", sent_at=worker.now())
        failpoint("mail-settled")


def _not_taken(worker: Worker, letter: Queued, error: str, *, is_final: bool) -> None:
    refusals = letter.refusals + 1
    is_over = is_final or refusals >= MOST_REFUSALS
    _settle(
        worker,
        letter,
        state="failed" if is_over else "queued",
        refusals=refusals,
        error=error,
        next_try_at=worker.now() + _pause(refusals),
    )


def _settle(worker: Worker, letter: Queued, **values: Any) -> None:
    with writing(SYSTEM, worker.now()) as unit:
        unit.operational()
        outbox.settle(unit, letter, **values)


def _put_off(worker: Worker, letter: Queued, error: str) -> None:
    """Let all wait: one letter's tries say how long the server has been away."""
    with writing(SYSTEM, worker.now()) as unit:
        unit.operational()
        outbox.put_off(unit, worker.now() + _pause(letter.tries), error)


def _pause(times: int) -> timedelta:
    return BACK_OFF[min(times, len(BACK_OFF)) - 1]
