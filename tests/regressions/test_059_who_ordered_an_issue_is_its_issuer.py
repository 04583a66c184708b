"""An issue that the scheduler finished, after a crash or because it is long, had nobody as issuer.

So whoever ordered it could cancel it alone, against the rule of the second person.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db.store import registers
from consortium.db.unit import reading
from consortium.domain.errors import InvalidTransitionError
from consortium.usecases import cancelling, ordering
from tests.office import open_office, report_runs


def test_who_ordered_a_long_issue_cannot_cancel_it_alone(
    database: Flask, tmp_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = open_office(tmp_path / "files", clock)
    monkeypatch.setattr(ordering, "MOST_AT_ONCE", 0)
    run_id = office.approved()
    office.issue(run_id)
    assert [run.state for run in report_runs("statement_final")] == ["due"]
    office.tick(clock.now() + timedelta(minutes=1))
    with reading() as session:
        entry = registers.entries(session, office.consortium_id)[0]
    with pytest.raises(InvalidTransitionError, match="あなたが発行した文書です"):
        cancelling.cancel(office.approver, entry.id, "誤りがあったため", clock.now())
