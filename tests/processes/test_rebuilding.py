"""M-22: an issue made again elsewhere (作り直し), by processes that have the frozen document."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.store import reports
from consortium.db.unit import reading
from tests.office import SLOTS, open_office
from tests.processes.commands import environment

#: Makes the files of a frozen document on a day more than a year later.
AGAIN = """
import datetime, hashlib, json, sys, time
from pathlib import Path

later, clock, real = datetime.timedelta(days=400), time.time, datetime.datetime

class Any(type):
    __instancecheck__ = lambda cls, value: isinstance(value, real)

class Later(real, metaclass=Any):
    now = classmethod(lambda cls, tz=None: real.now(tz) + later)
    utcnow = classmethod(lambda cls: real.utcnow() + later)
    today = classmethod(lambda cls: real.today() + later)

datetime.datetime, time.time = Later, lambda: clock() + later.total_seconds()

from consortium.usecases import statements

frozen = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
made = statements.sheets(frozen, Path())
print(json.dumps({
    sheet.slot: [hashlib.sha256(sheet.render()).hexdigest(), sheet.data_hash] for sheet in made
}))
"""
#: Hash seed, time zone, locale.
ELSEWHERE = (("1", "Pacific/Kiritimati", "C"), ("2", "America/New_York", "tr_TR.UTF-8"))


def test_m22_an_issue_made_again_elsewhere_is_the_same_bytes(
    app: Flask, clock: FrozenClock, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    with app.app_context():
        open_office(folder, clock).issued()
        with reading() as session:
            run = session.scalars(select(models.ReportRun)).one()
            frozen = reports.read_input(session, run.id)
            rows = session.scalars(select(models.ReportFile)).all()
            issued = {row.slot: [row.file_hash, row.data_hash] for row in rows}
            stored = [(folder / row.stored_name, row.file_hash) for row in rows]
    assert len(issued) == SLOTS
    for path, digest in stored:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
    document = tmp_path / "frozen.json"
    document.write_text(json.dumps(frozen, ensure_ascii=False), encoding="utf-8")
    for seed, zone, locale in ELSEWHERE:
        done = subprocess.run(
            [sys.executable, "-c", AGAIN, str(document)],
            env=environment({"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale}),
            capture_output=True,
            encoding="utf-8",
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == issued
