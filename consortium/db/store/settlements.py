"""Settlements of a fiscal year (精算); each edition is written once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.store.in_force import stands
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.fiscalyear.settlement import DISPOSITIONS
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.yen import Yen


@dataclass(frozen=True, slots=True)
class SettledLine:
    """One member's line as settled (精算の一行), in yen."""

    code: MunicipalityCode
    final: Yen
    paid: Yen
    difference: Yen
    #: refund, additional, credit or none
    disposition: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """A year as settled (精算)."""

    id: str
    year: FiscalYear
    edition: int
    run_id: str
    total: Yen
    settled_by: str
    settled_at: datetime
    lines: tuple[SettledLine, ...]


def latest(session: Session, consortium_id: str, year: FiscalYear) -> Settlement | None:
    """Give the settlement of a year in its latest edition, None before the first (精算)."""
    table = models.Settlement
    row = session.scalars(
        select(table)
        .where(table.consortium_id == consortium_id, table.fiscal_year_start == year.start_year)
        .order_by(table.edition.desc())
        .limit(1)
    ).first()
    return None if row is None else _settlement(session, row)


def settled_finals(
    session: Session, consortium_id: str, year: FiscalYear
) -> Mapping[str, Yen] | None:
    """Give what each member bears of a year: 団体コード → yen; None while it is not settled.

    A settlement whose run was cancelled or superseded settles nothing. Who is not named bears 0.
    """
    table, line, run = models.Settlement, models.SettlementLine, models.AllocationRun
    rows = session.execute(
        select(table.id, line.code, line.final)
        .join(run, run.id == table.run_id)
        .outerjoin(line, line.settlement_id == table.id)
        .where(
            table.consortium_id == consortium_id,
            table.fiscal_year_start == year.start_year,
            stands(run),
        )
    ).all()
    return {row.code: Yen(row.final) for row in rows if row.code} if rows else None


def _settlement(session: Session, row: models.Settlement) -> Settlement:
    table = models.SettlementLine
    lines = session.scalars(select(table).where(table.settlement_id == row.id).order_by(table.code))
    return Settlement(
        row.id, FiscalYear(row.fiscal_year_start), row.edition, row.run_id, row.total,
        row.settled_by, row.settled_at,
        tuple(
            SettledLine(each.code, each.final, each.paid, each.difference, each.disposition)
            for each in lines
        ),
    )  # fmt: skip


def add(unit: Unit, consortium_id: str, new: Settlement) -> None:
    """Save a settlement with its lines as one event (精算の確定)."""
    unit.session.add(
        models.Settlement(
            id=new.id, consortium_id=consortium_id, fiscal_year_start=new.year.start_year,
            edition=new.edition, run_id=new.run_id, total=new.total, settled_by=new.settled_by,
            settled_at=new.settled_at,
        )
    )  # fmt: skip
    unit.session.flush()
    for line in new.lines:
        unit.session.add(
            models.SettlementLine(
                settlement_id=new.id, code=line.code, consortium_id=consortium_id,
                final=line.final, paid=line.paid, difference=line.difference,
                disposition=line.disposition,
            )
        )  # fmt: skip
    unit.session.flush()
    after: dict[str, Any] = {
        line.code: {
            "確定した負担額": line.final,
            "納付済額": line.paid,
            "精算額": line.difference,
            "処理": DISPOSITIONS[line.disposition],
        }
        for line in new.lines
    }
    title = f"{fiscal_year_label(new.year)}の精算 第{new.edition}版の確定"
    unit.record(consortium_id, "settlement.settle", "settlement", new.id, title, None, after)
