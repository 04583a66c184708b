"""Moving the portal from SQLite to PostgreSQL (データベースの移し替え)."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from consortium.db import copying, databases
from consortium.db.copying import CopiedTable
from consortium.db.elsewhere import upgrade
from consortium.db.unit import writing
from consortium.usecases import register_check
from consortium.usecases.backups import every_owner
from consortium.usecases.reporting import SYSTEM


class Moved(NamedTuple):
    """What was moved and what the check of the register found (移した結果)."""

    tables: list[CopiedTable]
    #: sentences; empty where chain, register, results and files agree
    faults: list[str]


def move(source: Path, store: Path, now: datetime) -> Moved:
    """Copy a SQLite database into the portal's own, compare, and check the register (移し替え).

    Raises: BackupError, with the target as empty as before, where something does not fit.
    """
    copying.refuse_unfit(source, databases.known_revisions()[-1])
    url = databases.present_url()
    databases.let_go()
    upgrade(url)  # makes the tables where there are none
    copying.refuse_used_target()
    tables = copying.copy(source)
    checked = [register_check.verify(owner, store) for owner in every_owner()]
    for owner in every_owner():
        with writing(SYSTEM, now) as unit:
            title = "SQLiteからPostgreSQLへの移し替え"
            unit.record(owner, "database.move", "consortium", owner, title)
    return Moved(tables, [fault for each in checked for fault in each.faults])
