"""Bounds on the change from year to year, and the amounts of last year (激変緩和)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.store.in_force import stands
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import NotFoundError, StaleError
from consortium.domain.sharing.charges import NOT_DAMPENED
from consortium.domain.sharing.dampening import BY_SHARE
from consortium.domain.timeline import Source
from consortium.domain.yen import Yen


@dataclass(frozen=True, slots=True)
class Version:
    """What holds from a day on (激変緩和の版); without any bound it ends the matter."""

    id: str
    since: date
    up: Fraction | None
    down: Fraction | None
    tolerance: Fraction | None
    #: `by_share`, or the codes that take the difference first
    order: tuple[str, ...] | str
    source: Source
    row_version: int = 1

    @property
    def ends(self) -> bool:
        """Say whether nothing is dampened from this day (廃止)."""
        return self.up is None and self.down is None and self.tolerance is None


class Issued(NamedTuple):
    """The issued amounts of a year (発行済みの負担額)."""

    year: FiscalYear
    stage: str
    edition: int
    amounts: Mapping[str, Yen]


class Typed(NamedTuple):
    """An amount typed in for a year without an issued one (手で入れた負担額)."""

    code: str
    amount: Yen
    source: str


# ---- questions -----------------------------------------------------------------------------------


def versions(session: Session, consortium_id: str) -> tuple[Version, ...]:
    """List the versions, the earliest first (激変緩和の経過)."""
    table = models.DampeningVersion
    found = select(table).where(table.consortium_id == consortium_id).order_by(table.since)
    return tuple(map(_version, session.scalars(found)))


def version(session: Session, consortium_id: str, version_id: str) -> Version:
    """Give one version.

    Raises: NotFoundError, for one of another consortium as well.
    """
    return _version(_row(session, consortium_id, version_id))


def in_force(session: Session, consortium_id: str, day: date) -> Version | None:
    """Give the version in force on a day, None if nothing is dampened then."""
    table = models.DampeningVersion
    found = (
        select(table)
        .where(table.consortium_id == consortium_id, table.since <= day)
        .order_by(table.since.desc())
        .limit(1)
    )
    row = session.scalars(found).first()
    known = _version(row) if row else None
    return None if known is None or known.ends else known


def issued_amounts(session: Session, consortium_id: str, year: FiscalYear) -> Issued | None:
    """Give what a year's issued run charges: 確定 first, else the newest issued (前年度の額).

    Without what dampening leaves alone this year too (個別負担, 従量, 加入金, 残存費用): like is
    compared with like.
    """
    run = models.AllocationRun
    newest = (
        select(run.id, run.stage, run.edition)
        .where(
            run.consortium_id == consortium_id,
            run.fiscal_year_start == year.start_year,
            stands(run),
        )
        .order_by(case((run.stage == "final", 0), else_=1), run.issued_at.desc())
        .limit(1)
    )
    found = session.execute(newest).first()
    if found is None:
        return None
    row = models.ShareRow
    sums = (
        select(row.code, func.sum(row.amount))
        .where(row.run_id == found.id, row.component.not_in(NOT_DAMPENED))
        .group_by(row.code)
    )
    amounts = {str(code): Yen(int(amount)) for code, amount in session.execute(sums)}
    return Issued(year, found.stage, found.edition, amounts)


def typed_amounts(session: Session, consortium_id: str, year: FiscalYear) -> tuple[Typed, ...]:
    """Give what was typed in for a year, by code (手で入れた負担額)."""
    table, member = models.PreviousAmount, models.Member
    found = (
        select(member.code, table.amount, table.source)
        .join(member, member.id == table.member_id)
        .where(table.consortium_id == consortium_id, table.fiscal_year_start == year.start_year)
        .order_by(member.code)
    )
    return tuple(Typed(*row) for row in session.execute(found))


def previous_amounts(session: Session, consortium_id: str, year: FiscalYear) -> dict[str, Yen]:
    """Give each member's amount of the year before: issued, or typed in where there is none."""
    last = year.previous()
    typed = {each.code: each.amount for each in typed_amounts(session, consortium_id, last)}
    issued = issued_amounts(session, consortium_id, last)
    return {**typed, **(issued.amounts if issued else {})}


def _row(session: Session, consortium_id: str, version_id: str) -> models.DampeningVersion:
    table = models.DampeningVersion
    found = select(table).where(table.consortium_id == consortium_id, table.id == version_id)
    row = session.scalars(found).one_or_none()
    if row is None:
        raise NotFoundError(
            "激変緩和の版を開こうとしました。",
            "見つかりません。",
            "激変緩和の一覧から選び直してください。",
        )
    return row


def _version(row: models.DampeningVersion) -> Version:
    return Version(
        row.id,
        row.since,
        row.up,
        row.down,
        row.tolerance,
        BY_SHARE if row.turns == BY_SHARE else tuple(row.turns.split()),
        Source(row.source_document, row.source_article, row.decided_on, row.note),
        row.row_version,
    )


# ---- changes -------------------------------------------------------------------------------------


def add_version(unit: Unit, consortium_id: str, new: Version) -> None:
    """Save a new version (激変緩和の版の登録)."""
    row = models.DampeningVersion(id=new.id, consortium_id=consortium_id)
    _fill(row, new)
    unit.session.add(row)
    unit.session.flush()
    unit.record(
        consortium_id, "dampening.create", "dampening_version", new.id,
        "激変緩和の版の登録", None, _in_words(new),
    )  # fmt: skip


def save_version(unit: Unit, consortium_id: str, old: Version, new: Version) -> None:
    """Replace a version (激変緩和の版の変更). Raises: StaleError."""
    row = _seen(unit.session, consortium_id, old)
    before, after = _in_words(_version(row)), _in_words(new)
    changed = [title for title in after if before[title] != after[title]]
    if not changed:
        return
    _fill(row, new)
    unit.session.flush()
    unit.record(
        consortium_id, "dampening.change", "dampening_version", old.id, "激変緩和の版の変更",
        {title: before[title] for title in changed}, {title: after[title] for title in changed},
    )  # fmt: skip


def remove_version(unit: Unit, consortium_id: str, old: Version) -> None:
    """Delete a version (激変緩和の版の削除); the chain keeps what it was. Raises: StaleError."""
    unit.session.delete(_seen(unit.session, consortium_id, old))
    unit.session.flush()
    unit.record(
        consortium_id, "dampening.remove", "dampening_version", old.id, "激変緩和の版の削除",
        _in_words(old), None,
    )  # fmt: skip


def save_typed_amounts(
    unit: Unit, consortium_id: str, year: FiscalYear, amounts: Sequence[Typed]
) -> None:
    """Replace what was typed in for a year (前年度の負担額の登録); nothing if nothing differs."""
    before = typed_amounts(unit.session, consortium_id, year)
    after = tuple(sorted(amounts))
    if before == after:
        return
    table, member = models.PreviousAmount, models.Member
    old = select(table).where(
        table.consortium_id == consortium_id, table.fiscal_year_start == year.start_year
    )
    for row in unit.session.scalars(old):
        unit.session.delete(row)
    unit.session.flush()
    ids = {
        str(code): id_
        for id_, code in unit.session.execute(
            select(member.id, member.code).where(member.consortium_id == consortium_id)
        )
    }
    unit.session.add_all(
        models.PreviousAmount(
            id=models.new_id(),
            consortium_id=consortium_id,
            fiscal_year_start=year.start_year,
            member_id=ids[each.code],
            amount=each.amount,
            source=each.source,
        )
        for each in after
    )
    unit.session.flush()
    unit.record(
        consortium_id, "dampening.previous", "previous_amount", str(year.start_year),
        f"{fiscal_year_label(year)}の負担額の登録（激変緩和）",
        {each.code: [each.amount, each.source] for each in before},
        {each.code: [each.amount, each.source] for each in after},
    )  # fmt: skip


def _seen(session: Session, consortium_id: str, old: Version) -> models.DampeningVersion:
    row = _row(session, consortium_id, old.id)
    if row.row_version != old.row_version:
        raise StaleError(
            "激変緩和の版を保存しようとしました。",
            "ほかの人が先に変更しました。",
            "今の内容を確かめて、もう一度保存してください。",
        )
    return row


def _fill(row: models.DampeningVersion, new: Version) -> None:
    row.since, row.up, row.down, row.tolerance = new.since, new.up, new.down, new.tolerance
    row.turns = new.order if isinstance(new.order, str) else " ".join(new.order)
    row.source_document, row.source_article = new.source.document, new.source.article
    row.decided_on, row.note = new.source.decided_on, new.source.note


def _in_words(each: Version) -> dict[str, Any]:
    return {
        "施行日": each.since,
        "増加の上限(％)": _percent(each.up),
        "減少の上限(％)": _percent(each.down),
        "許容幅(％)": _percent(each.tolerance),
        "差額の順": each.order if isinstance(each.order, str) else list(each.order),
        "根拠文書": each.source.document,
        "条項": each.source.article,
        "議決日": each.source.decided_on,
        "注記": each.source.note,
    }


def _percent(value: Fraction | None) -> str | None:
    return None if value is None else str(value)
