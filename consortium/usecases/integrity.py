"""Whether the records are as they were saved (整合性の検証): at start, before an issue, each night.

While a check has found a difference, the portal shows no figures of that consortium, and nothing is
issued: better none than wrong ones.
"""

import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from consortium.db import files
from consortium.db.store import accounts, questions
from consortium.db.store import integrity as store
from consortium.db.store.integrity import Found
from consortium.db.unit import Actor, reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import DomainError
from consortium.usecases import register_check
from consortium.usecases.faults import is_passing
from consortium.usecases.viewer import Viewer

log = logging.getLogger(__name__)

#: Why a check was made (きっかけ).
OCCASIONS = {"start": "起動した時", "issue": "発行の前", "nightly": "毎日", "asked": "依頼"}
#: An issue this soon after a check by the same process does not repeat it (seconds).
FRESH = 600
#: A check is repeated after this, at the next tick.
NIGHTLY = timedelta(hours=24)

#: consortium → when this process checked it last, by a clock that nobody sets
_checked: dict[str, float] = {}

_CHECKER = Actor("system", "自動処理", "", "system")


def check_all(
    folder: Path, now: datetime, occasion: str, since: FiscalYear | None = None
) -> list[Found]:
    """Check every consortium and keep what was found (全協議会の検証).

    With `since` the files of earlier years are left to the nightly check.
    """
    with reading() as session:
        owners = accounts.consortium_ids(session, None)
    return [check(owner, folder, now, occasion, since) for owner in owners]


def check(
    consortium_id: str,
    folder: Path,
    now: datetime,
    occasion: str,
    since: FiscalYear | None = None,
) -> Found:
    """Check one consortium's rows, chain, register and files, and keep the result (検証).

    Raises: BusyError or OSError where the machine cannot be read just now; that is no result.
    """
    begun = time.perf_counter()
    try:
        faults, summary = _compare(consortium_id, folder, since)
    except Exception as error:
        if is_passing(error):
            raise
        # Whatever a damaged file makes the driver say: what cannot be read is not whole.
        log.exception("integrity: %s could not be read", consortium_id)
        faults, summary = ["記録を最後まで読み取れません。"], ""
    took = round(1000 * (time.perf_counter() - begun))
    found = Found(consortium_id, now, occasion, took, len(faults), tuple(faults), summary)
    for fault in faults:
        log.error("integrity: %s", fault)
    with writing(_CHECKER, now) as unit:
        unit.operational()
        store.save_state(unit, found)
    _checked[consortium_id] = time.monotonic()
    return found


def _compare(consortium_id: str, folder: Path, since: FiscalYear | None) -> tuple[list[str], str]:
    with reading() as session:
        faults = [
            *store.database_faults(session),
            *store.seal_faults(session, consortium_id),
        ]
        others = list(store.other_files(session, consortium_id, since))
    checked = register_check.verify(consortium_id, folder)
    faults += [*checked.faults, *_file_faults(folder, others)]
    return faults, f"{checked.summary}、ほかのファイル {len(others)}件"


def _file_faults(folder: Path, others: list[tuple[str, files.StoredFile, bool]]) -> Iterator[str]:
    for name, stored, is_attachment in others:
        try:
            files.read_stored(folder / questions.FOLDER if is_attachment else folder, stored)
        except DomainError as error:
            yield f"「{name}」: {error.found}"
        except (OSError, ValueError) as error:
            if is_passing(error):
                raise
            yield f"「{name}」: 読み取れません。"


def check_due(folder: Path, now: datetime) -> None:
    """Repeat a check that is a day old, as a part of each tick (毎日の検証).

    The next tick repeats the next one: reports wait no longer than one check takes.
    """
    with reading() as session:
        owners = accounts.consortium_ids(session, None)
        last = {found.consortium_id: found.checked_at for found in store.states(session)}
    for owner in owners:
        if owner not in last or not now - NIGHTLY < last[owner] <= now:
            check(owner, folder, now, "nightly")
            return


def is_sound(consortium_id: str, folder: Path, now: datetime) -> bool:
    """Say whether what is about to be issued rests on whole records (発行前の検証).

    A check that this process made a few minutes ago counts; a difference stays one until somebody
    lets the records be checked again.
    """
    with reading() as session:
        last = next(iter(store.states(session, consortium_id)), None)
    if last is not None and last.fault_count:
        return False
    if time.monotonic() - _checked.get(consortium_id, -FRESH) < FRESH:
        return True
    return not check(consortium_id, folder, now, "issue").fault_count


def check_now(viewer: Viewer, folder: Path, now: datetime) -> Found:
    """Check because somebody asks (検証の依頼)."""
    return check(viewer.consortium_id, folder, now, "asked")
