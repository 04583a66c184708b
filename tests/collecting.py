"""Notices and payments for tests of instalments and settlement (納入依頼・収納の試験の材料)."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

from sqlalchemy import select

from consortium.db import models
from consortium.db.store import registers
from consortium.db.store.payments import Payment
from consortium.db.store.registers import NewStatement
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.yen import Yen
from consortium.usecases import instalments, payments
from consortium.usecases.instalments import InstalmentLine
from consortium.usecases.payments import Entry
from consortium.usecases.viewer import Viewer
from tests import factories
from tests.office import Office

YEAR = FiscalYear(2026)
HASH = "b" * 64


def send_notices(office: Office, no: int, year: FiscalYear = YEAR) -> dict[str, str]:
    """Enter notices of an instalment in the register: 団体コード → statement id.

    What they look like on paper is another matter; here they are lines of the register.
    """
    owner, now = office.consortium_id, office.clock.now()
    due = [
        (code, line)
        for code, line in lines_of(office, no, year).items()
        if line.state != "notified" and line.amount > 0
    ]
    with writing(factories.OFFICER, now) as unit:
        run = unit.session.scalars(
            select(models.AllocationRun).where(
                models.AllocationRun.fiscal_year_start == year.start_year,
                models.AllocationRun.state == "issued",
            )
        ).first()
        assert run is not None
        report = models.ReportRun(
            id=str(uuid4()), consortium_id=owner, kind=f"notice_{uuid4()}",
            fiscal_year_start=year.start_year, period_key=f"FY{year.start_year}I{no}", due_at=now,
            state="filed",
        )  # fmt: skip
        unit.session.add(report)
        unit.session.flush()
        first = registers.take_numbers(unit, owner, len(due), "納入依頼")
        entries = []
        for place, (code, line) in enumerate(due):
            file = models.ReportFile(
                id=str(uuid4()), consortium_id=owner, run_id=report.id, slot=f"member:{code}",
                stored_name=f"{uuid4()}.xlsx", display_name="納入依頼.xlsx", size=1,
                file_hash=HASH, attempt=1,
            )  # fmt: skip
            unit.session.add(file)
            unit.session.flush()
            entries.append(
                NewStatement(
                    run_id=run.id, report_run_id=report.id, report_file_id=file.id,
                    slot=file.slot, code=code, number=first + place,
                    document_number=f"共ク第{first + place}号", year=year, stage=run.stage,
                    edition=1, amount=line.amount, issued_on=date(2026, 5, 1), data_hash=HASH,
                    file_hash=HASH, register_seq=1, register_hash=HASH, kind="notice",
                    period_key=report.period_key, instalment=no, due_on=line.due_on,
                )
            )  # fmt: skip
        report.state = "published"
        registers.enter(unit, owner, f"第{no}期の納入依頼", entries)
    return {code: line.statement_id or "" for code, line in lines_of(office, no, year).items()}


def cancel_notice(office: Office, statement_id: str) -> None:
    """Cancel a notice in the register."""
    with reading() as session:
        found = registers.entries(session, office.consortium_id)
    entry = next(each for each in found if each.id == statement_id)
    with writing(office.approver.actor(), office.clock.now(), "誤り") as unit:
        _make_account(unit, office.approver)
        registers.cancel(unit, office.consortium_id, "納入依頼", [entry])


def other_approver(office: Office) -> Viewer:
    """Give a second approver, with an account: who issued a document cannot cancel it."""
    other = replace(office.approver, user_id="u-8", name="別の承認者")
    with writing(other.actor(), office.clock.now()) as unit:
        _make_account(unit, other)
        unit.record(office.consortium_id, "test.user", "user_account", other.user_id, other.name)
    return other


def _make_account(unit: Unit, viewer: Viewer) -> None:
    if unit.session.get(models.UserAccount, viewer.user_id) is None:
        unit.session.add(
            models.UserAccount(
                id=viewer.user_id, consortium_id=viewer.consortium_id, login=viewer.user_id,
                display_name=viewer.name, role="lead_approver", password_hash="-",
                created_at=unit.now,
            )
        )  # fmt: skip
        unit.session.flush()


def lines_of(office: Office, no: int, year: FiscalYear = YEAR) -> dict[str, InstalmentLine]:
    """Give an instalment of every town as it stands."""
    with reading() as session:
        ledger = instalments.read_ledger(session, office.consortium_id, year)
    return {code: lines[no - 1] for code, lines in ledger.lines.items() if lines}


def line_of(office: Office, code: str, no: int, year: FiscalYear = YEAR) -> InstalmentLine:
    """Give one instalment of one town."""
    with reading() as session:
        return instalments.instalment_lines(session, office.consortium_id, year, code)[no - 1]


def pay(
    office: Office, code: str, amount: int, day: date, target: str = "", **more: str
) -> Payment:
    """Record a payment of a town for FY2026."""
    entry = replace(Entry(target, day, Yen(amount)), **more)  # type: ignore[arg-type]
    return payments.record_payment(
        office.staff, YEAR, code, entry, office.clock.now(), str(uuid4())
    )
