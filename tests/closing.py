"""A fiscal year on its way to 本締め, for tests (締めの準備)."""

from datetime import date, datetime, timedelta

from consortium.db.models import AllocationRun, Settlement, YearClosing, new_id
from consortium.db.unit import writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.yen import Yen
from consortium.usecases import year_closing
from consortium.usecases.viewer import Viewer
from tests.factories import OFFICER
from tests.office import Office


def settle(viewer: Viewer, year: FiscalYear, now: datetime) -> None:
    """Let the year have an issued, settled 精算 with nothing left to pay."""
    with writing(OFFICER, now) as unit:
        run = AllocationRun(
            id=new_id(), consortium_id=viewer.consortium_id, fiscal_year_start=year.start_year,
            stage="settlement", edition=1, state="issued", document="{}",
            document_sha256="a" * 64, total=Yen(0), drafted_by="u-1", drafted_at=now,
            issued_by="u-9", issued_at=now,
        )  # fmt: skip
        unit.session.add(run)
        unit.session.flush()
        unit.session.add(
            Settlement(
                consortium_id=viewer.consortium_id, fiscal_year_start=year.start_year, edition=1,
                run_id=run.id, total=Yen(0), settled_by="弘前 承認", settled_at=now,
            )
        )  # fmt: skip
        unit.record(viewer.consortium_id, "test.settle", "allocation_run", run.id, "試験の精算")


def lock(viewer: Viewer, year: FiscalYear, now: datetime, kind: str = "hard") -> None:
    """Lock a year whatever is still open of it."""
    with writing(OFFICER, now) as unit:
        row = YearClosing(
            consortium_id=viewer.consortium_id, fiscal_year_start=year.start_year, kind=kind,
            closed_by="u-9", closed_at=now,
        )  # fmt: skip
        unit.session.add(row)
        unit.session.flush()
        unit.record(viewer.consortium_id, "test.close", "year_closing", row.id, "試験の締め")


def close(office: Office, year: FiscalYear) -> None:
    """Go the whole way to 本締め."""
    now = office.clock.now()
    settle(office.staff, year, now)
    year_closing.close_soft(office.staff, year, "", now)
    year_closing.close_hard(office.approver, year, "", now)


def reopen(office: Office, year: FiscalYear, days: int = 30, reason: str = "請求の誤り") -> date:
    """Propose a reopening and grant it; give its last day."""
    now = office.clock.now()
    last_day = office.clock.today() + timedelta(days=days)
    year_closing.propose_reopening(office.staff, year, reason, last_day, now)
    year_closing.grant_reopening(office.approver, year, now)
    return last_day
