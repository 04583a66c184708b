"""What the lead_admin sets for the consortium (設定)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from consortium.db.store import settings as store
from consortium.db.store.settings import Settings
from consortium.db.unit import reading, writing
from consortium.domain.errors import BadInputError
from consortium.domain.yen import MODES
from consortium.usecases.viewer import Viewer

#: FY2019 began in 平成31; offices write it either way. None: as the portal writes it.
LABELS_2019: Final[Mapping[str, str | None]] = {"令和元年度": None, "平成31年度": "平成31年度"}


@dataclass(frozen=True, slots=True)
class Entry:
    """What can be set (設定の入力)."""

    name: str
    office_name: str
    shows_other_members: bool
    label_2019: str
    usd_mode: str = "floor"
    allows_own_approval: bool = False


def show_settings(viewer: Viewer) -> Settings:
    """Read the settings (設定)."""
    with reading() as session:
        return store.settings_of(session, viewer.consortium_id)


def label_2019(settings: Settings) -> str:
    """Give how FY2019 is written at present (2019年度の表記)."""
    return settings.year_labels.get(2019, "令和元年度")


def entry_of(current: Settings) -> Entry:
    """Give what an officer could have entered (保存されている内容)."""
    return Entry(
        name=current.name,
        office_name=current.office_name,
        shows_other_members=current.shows_other_members,
        label_2019=label_2019(current),
        usd_mode=current.usd_mode,
        allows_own_approval=current.allows_own_approval,
    )


def change_settings(viewer: Viewer, seen_version: int, entry: Entry, now: datetime) -> None:
    """Save the settings as they were seen (設定の変更); issued documents keep theirs.

    Raises: StaleError if somebody saved meanwhile, BadInputError at the field.
    """
    with writing(viewer.actor(), now) as unit:
        old = store.settings_of(unit.session, viewer.consortium_id)
        new = settings_from(old, entry)
        store.save_settings(unit, replace(old, row_version=seen_version), new)


def settings_from(old: Settings, entry: Entry) -> Settings:
    """Give the settings that an entry makes of those before (入力から設定へ).

    Raises: BadInputError at the field.
    """
    for path, text in (("name", entry.name), ("office_name", entry.office_name)):
        if not text.strip():
            raise _refuse(path, "空です。", "名称を入力してください。")
    if entry.label_2019 not in LABELS_2019:
        raise _refuse("label_2019", "選べない表記です。", "一覧から選び直してください。")
    if entry.usd_mode not in MODES:
        raise _refuse("usd_mode", "選べない端数処理です。", "一覧から選び直してください。")
    labels = {year: label for year, label in old.year_labels.items() if year != 2019}
    if (label := LABELS_2019[entry.label_2019]) is not None:
        labels[2019] = label
    return replace(
        old,
        name=entry.name,
        office_name=entry.office_name,
        shows_other_members=entry.shows_other_members,
        year_labels=labels,
        usd_mode=entry.usd_mode,
        allows_own_approval=entry.allows_own_approval,
    )


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("設定を保存しようとしました。", found, todo, path=path)
