"""Published files of the standardisation, by month and edition (標準化の公表値)."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import uuid4

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.unit import Unit
from consortium.domain.calendar.period import Month
from consortium.domain.calendar.wareki import wareki_month
from consortium.domain.canonical import canonical
from consortium.domain.standardisation.flags import GAP


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One file as it was taken in (公表値の版)."""

    id: str
    #: 進捗 or 特定移行
    kind: str
    month: Month
    edition: int
    file_name: str
    sha256: str
    source: str
    imported_by: str
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class TownRow:
    """One municipality of a file (公表値の行)."""

    snapshot_id: str
    prefecture: str
    name: str
    code: str
    #: steps, or the number of marks
    total: int
    #: key of the 業務 → steps, or 1 for a mark
    counts: Mapping[str, int]
    published: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Mean:
    """What the municipalities of a prefecture add up to (都道府県の計)."""

    prefecture: str
    towns: int
    total: int


@dataclass(frozen=True, slots=True)
class Published:
    """Every file taken in, the newest first, and the setting they are read with (公表値)."""

    snapshots: tuple[Snapshot, ...]
    #: steps apart from which a difference is told (差の目安)
    gap: int

    def current(self, kind: str, month: Month | None = None) -> Snapshot | None:
        """Give the newest edition of a month, of the newest month where none is asked."""
        return next(
            (each for each in self.snapshots if each.kind == kind and month in (None, each.month)),
            None,
        )

    def before(self, kind: str, month: Month) -> Snapshot | None:
        """Give the newest edition of the latest earlier month there is (前の月)."""
        return next(
            (each for each in self.snapshots if each.kind == kind and each.month < month), None
        )

    def months(self, kind: str) -> tuple[Month, ...]:
        """List the months there is a file of, the newest first (月の一覧)."""
        return tuple(dict.fromkeys(each.month for each in self.snapshots if each.kind == kind))


def published(session: Session, consortium_id: str) -> Published:
    """List the files taken in, the newest month and edition first (公表値の一覧)."""
    table, setting = models.PmoSnapshot, models.PmoSetting
    query = (
        select(table, setting.gap)
        .outerjoin(setting, setting.consortium_id == table.consortium_id)
        .where(table.consortium_id == consortium_id)
        .order_by(table.month.desc(), table.edition.desc(), table.kind)
    )
    rows = session.execute(query).all()
    found = [_snapshot(row) for row, _ in rows]
    gap = next((gap for _, gap in rows if gap is not None), GAP)
    return Published(tuple(found), gap)


def town_rows(
    session: Session,
    consortium_id: str,
    snapshot_ids: Collection[str],
    codes: Collection[str] | None = None,
) -> tuple[TownRow, ...]:
    """List the rows of files by code, those of some towns where asked (公表値の行)."""
    table = models.PmoRow
    query = select(table).where(
        table.consortium_id == consortium_id, table.snapshot_id.in_(snapshot_ids)
    )
    if codes is not None:
        query = query.where(table.code.in_(codes))
    return tuple(
        TownRow(
            row.snapshot_id, row.prefecture, row.name, row.code, row.total,
            json.loads(row.counts), row.published_rate,
        )
        for row in session.scalars(query.order_by(table.code, table.snapshot_id))
    )  # fmt: skip


def means(session: Session, consortium_id: str, snapshot_id: str) -> tuple[Mean, ...]:
    """Add up the municipalities of a file by prefecture (都道府県の計)."""
    table = models.PmoRow
    query = (
        select(table.prefecture, func.count(), func.sum(table.total))
        .where(table.consortium_id == consortium_id, table.snapshot_id == snapshot_id)
        .group_by(table.prefecture)
        .order_by(table.prefecture)
    )
    return tuple(Mean(name, towns, int(total)) for name, towns, total in session.execute(query))


def add_snapshot(unit: Unit, new: Snapshot, consortium_id: str, rows: Sequence[TownRow]) -> None:
    """Save a file with all its rows; nothing of an earlier one changes (公表値の取込み)."""
    unit.session.add(
        models.PmoSnapshot(
            id=new.id, consortium_id=consortium_id, kind=new.kind, month=new.month.first,
            edition=new.edition, file_name=new.file_name, sha256=new.sha256, source=new.source,
            imported_by=new.imported_by, imported_at=new.imported_at,
        )
    )  # fmt: skip
    unit.session.flush()
    columns = [
        {
            "id": str(uuid4()), "consortium_id": consortium_id, "snapshot_id": new.id,
            "prefecture": each.prefecture, "name": each.name, "code": each.code,
            "published_rate": each.published, "total": each.total,
            "counts": canonical(each.counts),
        }
        for each in rows
    ]  # fmt: skip
    unit.session.execute(insert(models.PmoRow), columns)
    title = f"標準化の{new.kind}（{wareki_month(new.month)} 第{new.edition}版）の取込み"
    after = {
        "ファイル": new.file_name, "照合値": new.sha256, "出典": new.source, "団体数": len(rows)
    }  # fmt: skip
    unit.record(
        consortium_id, "pmo_snapshot.create", "pmo_snapshot", new.id, title, None, after
    )  # fmt: skip


def save_gap(unit: Unit, consortium_id: str, gap: int) -> None:
    """Change from which difference on a question is asked (差の目安の変更)."""
    table = models.PmoSetting
    query = select(table).where(table.consortium_id == consortium_id)
    row = unit.session.scalars(query).one_or_none()
    before = GAP if row is None else row.gap
    if before == gap:
        return
    if row is None:
        row = models.PmoSetting(id=str(uuid4()), consortium_id=consortium_id, gap=gap)
        unit.session.add(row)
    row.gap = gap
    unit.session.flush()
    unit.record(
        consortium_id, "pmo_setting.change", "pmo_setting", row.id, "標準化の差の目安の変更",
        {"差の目安": before}, {"差の目安": gap},
    )  # fmt: skip


def _snapshot(row: models.PmoSnapshot) -> Snapshot:
    return Snapshot(
        row.id, row.kind, Month.containing(row.month), row.edition, row.file_name, row.sha256,
        row.source, row.imported_by, row.imported_at,
    )  # fmt: skip
