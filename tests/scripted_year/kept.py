"""What the portal kept of the scripted year (残った記録), read from the tables themselves."""

from datetime import date
from io import BytesIO
from typing import NamedTuple

from openpyxl import Workbook, load_workbook
from sqlalchemy import select

from consortium.db import models
from consortium.db.store import bases
from consortium.db.store.bases import Edition
from consortium.db.unit import reading
from consortium.domain.sharing.causes import Causes
from consortium.usecases import comparing
from tests.scripted_year.story import Telling


class Line(NamedTuple):
    """A line of the register with its file, as the tables hold them."""

    row: models.Statement
    file: models.ReportFile


def register() -> list[Line]:
    """Read the register with its files, in the order of the numbers."""
    query = (
        select(models.Statement, models.ReportFile)
        .join(models.ReportFile, models.ReportFile.id == models.Statement.report_file_id)
        .order_by(models.Statement.number)
    )
    with reading() as session:
        return [Line(*found) for found in session.execute(query)]


def opened(year: Telling, file: models.ReportFile) -> Workbook:
    """Open a stored workbook."""
    content = (year.office.worker.folder / file.stored_name).read_bytes()
    return load_workbook(BytesIO(content), read_only=True, data_only=True)


def cancelled() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(models.StatementCancellation.statement_id)))


def counted(start: int) -> list[models.Payment]:
    """Read the payments of a year that were not voided."""
    void = select(models.PaymentVoid.payment_id)
    query = select(models.Payment).where(
        models.Payment.fiscal_year_start == start, models.Payment.id.not_in(void)
    )
    with reading() as session:
        return list(session.scalars(query))


def paid_by(code: str, kind: str = "received", day: date = date(2026, 3, 31)) -> int:
    """Add up what a town paid for FY2025 until a day."""
    return sum(
        each.amount
        for each in counted(2025)
        if (each.code, each.kind) == (code, kind) and each.paid_on <= day
    )


def settled() -> dict[str, models.SettlementLine]:
    with reading() as session:
        return {each.code: each for each in session.scalars(select(models.SettlementLine))}


def amounts(kind: str, stage: str, instalment: int | None = None) -> dict[str, int]:
    """Give the amounts of current lines of the register by town; the lead's own under ""."""
    void = cancelled()
    return {
        row.code or "": row.amount
        for row, _ in register()
        if (row.kind, row.stage, row.instalment) == (kind, stage, instalment) and row.id not in void
    }


def editions(year: Telling) -> tuple[Edition, ...]:
    """Give the editions of the population, the oldest first."""
    with reading() as session:
        return bases.editions(session, year.office.consortium_id, "population")[::-1]


def causes(year: Telling, before: str, after: str) -> Causes:
    page = comparing.show_comparison(year.staff, year.runs[before], year.runs[after])
    assert page.causes is not None
    return page.causes


def moved(found: Causes) -> dict[str, dict[str, int]]:
    """Give the causes that moved a yen: name → yen by town."""
    codes = [member.code for member in found.members]
    return {
        line.name: dict(zip(codes, line.parts, strict=True))
        for line in found.lines
        if any(line.parts)
    }
