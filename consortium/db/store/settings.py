"""The consortium with its settings, and what is set up once (協議会・設定)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.unit import Unit
from consortium.domain.errors import NotFoundError, StaleError
from consortium.domain.yen import MODES


@dataclass(frozen=True, slots=True)
class Settings:
    """The consortium and what its lead_admin may set (設定)."""

    id: str
    key: str
    name: str
    office_name: str
    is_sample: bool
    shows_other_members: bool
    #: Fiscal years written unlike the usual: start year → label (年度表記).
    year_labels: Mapping[int, str]
    row_version: int = 1
    #: 米ドルの円換算の端数: floor, half_up, ceil
    usd_mode: str = "floor"
    #: 一人の事務局: the drafter of a run may approve and issue it
    allows_own_approval: bool = False


def _settings(row: models.Consortium) -> Settings:
    return Settings(
        row.id, row.key, row.name, row.office_name, row.is_sample, row.shows_other_members,
        labels_of(row.year_labels), row.row_version, row.usd_mode, row.allows_own_approval,
    )  # fmt: skip


def labels_of(text: str) -> dict[int, str]:
    """Read the names of fiscal years as a row holds them (年度表記)."""
    return {int(year): str(label) for year, label in json.loads(text).items()}


def settings_of(session: Session, consortium_id: str) -> Settings:
    """Give the settings of a consortium.

    Raises: NotFoundError.
    """
    return _settings(_row(session, consortium_id))


def _row(session: Session, consortium_id: str) -> models.Consortium:
    found = select(models.Consortium).where(models.Consortium.id == consortium_id)
    row = session.scalars(found).one_or_none()
    if row is None:
        raise NotFoundError(
            "協議会の設定を開こうとしました。", "見つかりません。", "画面を開き直してください。"
        )
    return row


def find_consortium_id(session: Session, key: str) -> str | None:
    """Give the id of the consortium with a key, None while there is none (協議会の有無)."""
    return session.scalar(select(models.Consortium.id).where(models.Consortium.key == key))


@dataclass(frozen=True, slots=True)
class Summary:
    """A consortium in one line (協議会の一行)."""

    key: str
    name: str
    office_name: str
    members: int
    is_sample: bool


def summaries(session: Session) -> tuple[Summary, ...]:
    """List every consortium of the database by key (協議会の一覧)."""
    table, stay = models.Consortium, models.Membership
    members = func.count(stay.member_id.distinct())  # a town that is going to join has no stay
    found = (
        select(table.key, table.name, table.office_name, members, table.is_sample)
        .outerjoin(stay, stay.consortium_id == table.id)
        .group_by(table.key, table.name, table.office_name, table.is_sample)
        .order_by(table.key)
    )
    return tuple(Summary(*row) for row in session.execute(found))


def _in_words(settings: Settings) -> dict[str, Any]:
    return {
        "略称": settings.key,
        "協議会の名称": settings.name,
        "事務局": settings.office_name,
        "見本": settings.is_sample,
        "ほかの団体の額を明細書に載せる": settings.shows_other_members,
        "年度の表記": {str(year): label for year, label in settings.year_labels.items()},
        "米ドルの円換算の端数": MODES[settings.usd_mode],
        "作成した人の承認を認める": settings.allows_own_approval,
    }


def _labels(settings: Settings) -> str:
    years = sorted(settings.year_labels.items())
    return json.dumps({str(year): label for year, label in years}, ensure_ascii=False)


def add_consortium(unit: Unit, new: Settings) -> None:
    """Save a new consortium (協議会の登録)."""
    unit.session.add(
        models.Consortium(
            id=new.id,
            key=new.key,
            name=new.name,
            office_name=new.office_name,
            is_sample=new.is_sample,
            shows_other_members=new.shows_other_members,
            year_labels=_labels(new),
            usd_mode=new.usd_mode,
            allows_own_approval=new.allows_own_approval,
        )
    )
    unit.session.flush()
    unit.record(
        new.id, "settings.create", "consortium", new.id, f"{new.name}の登録", None, _in_words(new)
    )


def save_settings(unit: Unit, old: Settings, new: Settings) -> None:
    """Replace the settings (設定の変更); nothing is written when nothing differs.

    Raises: StaleError if somebody saved after `old` was read.
    """
    row = _row(unit.session, old.id)
    if row.row_version != old.row_version:
        raise StaleError(
            "設定を保存しようとしました。",
            "ほかの人が先に変更しました。",
            "今の設定を確かめて、もう一度保存してください。",
        )
    before, after = _in_words(_settings(row)), _in_words(new)
    changed = [title for title in after if before[title] != after[title]]
    if not changed:
        return
    row.name, row.office_name = new.name, new.office_name
    row.shows_other_members, row.year_labels = new.shows_other_members, _labels(new)
    row.usd_mode, row.allows_own_approval = new.usd_mode, new.allows_own_approval
    unit.session.flush()
    unit.record(
        old.id, "settings.change", "consortium", old.id, "設定の変更",
        {title: before[title] for title in changed}, {title: after[title] for title in changed},
    )  # fmt: skip


def add_monthly_schedule(unit: Unit, consortium_id: str, kind: str, valid_from: datetime) -> None:
    """Set up a report on the month before, day 1 at 06:00, not moved (配信予定の登録)."""
    row = models.ReportSchedule(
        id=models.new_id(), consortium_id=consortium_id, kind=kind, period_type="month",
        month_offset=1, day="1", at_time="06:00", roll_rule="stay", valid_from=valid_from,
    )  # fmt: skip
    unit.session.add(row)
    unit.session.flush()
    after = {
        "帳票": kind,
        "対象期間": "前の月",
        "期日": "毎月1日 06:00",
        "閉庁日のとき": "移動しない",
        "有効開始": valid_from,
    }
    unit.record(
        consortium_id, "schedule.create", "report_schedule", row.id, "配信予定の登録", None, after
    )
