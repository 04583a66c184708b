"""Grants and other funding measures of a fiscal year and stage (補助金・財源措置)."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, NotFoundError, StaleError
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.funding import TREATMENTS
from consortium.domain.yen import Yen


@dataclass(frozen=True, slots=True)
class Measure:
    """A grant or another funding measure (補助金・財源措置)."""

    id: str
    year: FiscalYear
    stage: str
    name: str
    treatment: str
    amount: Yen | None
    rate: Fraction | None
    item_id: str | None
    member_id: str | None
    note: str = ""
    is_sample: bool = False
    row_version: int = 1


# ---- questions -----------------------------------------------------------------------------------


def measures(
    session: Session, consortium_id: str, year: FiscalYear, stage: str
) -> tuple[Measure, ...]:
    """List the measures of a year and stage, by treatment and name (財源措置の一覧)."""
    table = models.FundingMeasure
    found = select(table).where(
        table.consortium_id == consortium_id,
        table.fiscal_year_start == year.start_year,
        table.stage == stage,
    )
    order = list(TREATMENTS)
    rows = session.scalars(found.order_by(table.name, table.id))
    # By the order of the registry, which the database does not know.
    return tuple(sorted(map(_measure, rows), key=lambda each: order.index(each.treatment)))


def all_measures(session: Session, consortium_id: str) -> tuple[Measure, ...]:
    """List the measures of every year and stage (全年度の財源措置)."""
    table = models.FundingMeasure
    found = select(table).where(table.consortium_id == consortium_id)
    return tuple(map(_measure, session.scalars(found.order_by(table.name, table.id))))


def measure(session: Session, consortium_id: str, measure_id: str) -> Measure:
    """Give one measure.

    Raises: NotFoundError, for one of another consortium as well.
    """
    return _measure(_row(session, consortium_id, measure_id))


def find_measure(session: Session, consortium_id: str, measure_id: str) -> Measure | None:
    """Give the measure of an id chosen for a new one, None while it is free.

    Raises: BadInputError for an id that another consortium uses.
    """
    row = session.get(models.FundingMeasure, measure_id)
    if row is not None and row.consortium_id != consortium_id:
        raise BadInputError(
            "財源措置を保存しようとしました。",
            "この入力画面は使えません。",
            "内容を確かめて、もう一度送ってください。",
            path="record_id",
        )
    return _measure(row) if row else None


def tied_to_item(session: Session, consortium_id: str, item_id: str) -> tuple[str, ...]:
    """Name the measures that belong to a cost item (費目の財源措置)."""
    table = models.FundingMeasure
    found = select(table.name).where(table.consortium_id == consortium_id, table.item_id == item_id)
    return tuple(session.scalars(found.order_by(table.name)))


def _row(session: Session, consortium_id: str, measure_id: str) -> models.FundingMeasure:
    table = models.FundingMeasure
    found = select(table).where(table.consortium_id == consortium_id, table.id == measure_id)
    row = session.scalars(found).one_or_none()
    if row is None:
        raise NotFoundError(
            "財源措置を開こうとしました。",
            "見つかりません。",
            "補助金・財源措置の一覧から選び直してください。",
        )
    return row


def _measure(row: models.FundingMeasure) -> Measure:
    return Measure(
        row.id,
        FiscalYear(row.fiscal_year_start),
        row.stage,
        row.name,
        row.treatment,
        row.amount,
        row.rate,
        row.item_id,
        row.member_id,
        row.note,
        row.is_sample,
        row.row_version,
    )


# ---- changes -------------------------------------------------------------------------------------


def add_measure(unit: Unit, consortium_id: str, new: Measure) -> None:
    """Save a new measure (財源措置の追加)."""
    row = models.FundingMeasure(
        id=new.id,
        consortium_id=consortium_id,
        fiscal_year_start=new.year.start_year,
        stage=new.stage,
        is_sample=new.is_sample,
    )
    _fill(row, new)
    unit.session.add(row)
    unit.session.flush()
    unit.record(
        consortium_id, "funding.create", "funding_measure", new.id, f"財源措置「{new.name}」の追加",
        None, _in_words(new, _names(unit.session, consortium_id)),
    )  # fmt: skip


def save_measure(unit: Unit, consortium_id: str, old: Measure, new: Measure) -> None:
    """Replace a measure (財源措置の変更); nothing is written when nothing differs.

    Raises: StaleError if somebody saved after `old` was read.
    """
    row = _seen(unit.session, consortium_id, old, "変更")
    names = _names(unit.session, consortium_id)
    before, after = _in_words(_measure(row), names), _in_words(new, names)
    changed = [title for title in after if before[title] != after[title]]
    if not changed:
        return
    _fill(row, new)
    unit.session.flush()
    unit.record(
        consortium_id, "funding.change", "funding_measure", old.id, f"財源措置「{new.name}」の変更",
        {title: before[title] for title in changed}, {title: after[title] for title in changed},
    )  # fmt: skip


def remove_measure(unit: Unit, consortium_id: str, old: Measure) -> None:
    """Delete a measure (財源措置の削除); the chain keeps what it was.

    Raises: StaleError if somebody saved after `old` was read.
    """
    row = _seen(unit.session, consortium_id, old, "削除")
    unit.session.delete(row)
    unit.session.flush()
    unit.record(
        consortium_id, "funding.remove", "funding_measure", old.id, f"財源措置「{old.name}」の削除",
        _in_words(old, _names(unit.session, consortium_id)), None,
    )  # fmt: skip


def _seen(session: Session, consortium_id: str, old: Measure, what: str) -> models.FundingMeasure:
    row = _row(session, consortium_id, old.id)
    if row.row_version != old.row_version:
        raise StaleError(
            f"財源措置を{what}しようとしました。",
            "ほかの人が先に変更しました。",
            "今の内容を確かめて、もう一度保存してください。",
        )
    return row


def _fill(row: models.FundingMeasure, new: Measure) -> None:
    row.name, row.treatment = new.name, new.treatment
    row.amount, row.rate = new.amount, new.rate
    row.item_id, row.member_id, row.note = new.item_id, new.member_id, new.note


def _names(session: Session, consortium_id: str) -> Mapping[str, str]:
    """Name what a measure refers to: the chain is read by people, ids say nothing to them."""
    found = union_all(
        *(
            select(table.id, table.name).where(table.consortium_id == consortium_id)
            for table in (models.CostItem, models.Member)
        )
    )
    return {row.id: row.name for row in session.execute(found)}


def _in_words(each: Measure, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "年度": each.year.start_year,
        "段階": STAGES[each.stage],
        "名称": each.name,
        "扱い": TREATMENTS[each.treatment].label,
        "金額": each.amount,
        "措置率": None if each.rate is None else str(each.rate),
        "費目": names.get(each.item_id or ""),
        "団体": names.get(each.member_id or ""),
        "備考": each.note,
        "見本": each.is_sample,
    }
