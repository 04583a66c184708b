"""Taking in the public files of the standardisation (公表資料の取込み): look, then all or nothing.

The same file again changes nothing; a changed file of the same month becomes its next edition.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import uuid4

from consortium.db.store import standard_records as records
from consortium.db.store import standardisation as store
from consortium.db.store.standard_records import StandardTown
from consortium.db.store.standardisation import Snapshot, TownRow
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import Month
from consortium.domain.calendar.wareki import parse_date, wareki_month
from consortium.domain.canonical import sha256_hex
from consortium.domain.errors import BadInputError, StaleError
from consortium.intake.basis_table import WORKBOOK
from consortium.intake.prescan import MOST_BYTES
from consortium.intake.progress_sheet import COMMON, PROGRESS, SPECIAL
from consortium.intake.progress_table import ProgressTable, Reference, read_progress
from consortium.usecases.national import PREFECTURES
from consortium.usecases.standard_board import last_day_of
from consortium.usecases.standard_lists import (
    businesses,
    codes_by_name,
    first_progress,
    keys_by_code,
)
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["COMMON", "LARGEST_FILE", "PROGRESS", "SPECIAL", "Snapshot"]

LARGEST_FILE: Final = MOST_BYTES
#: Where workbooks come from, where the officer says nothing else (出典); a CSV may be anything.
SOURCES: Final = {
    PROGRESS: "総務省「自治体情報システムの標準化・共通化に係る手順の進捗状況」",
    SPECIAL: "デジタル庁「特定移行支援システムの該当見込み」",
}
_ASKED: Final = "標準化の公表資料を取り込もうとしました。"
_MONTH_IN_NAME: Final = re.compile(r"(?:令和|平成)(?:元|[0-9]+)年[0-9]+月")
#: Month of the figures that are shipped (最初の進捗の月).
FIRST_MONTH: Final = Month(2026, 1)
#: Said of the figures the sample begins with (最初の進捗の出典).
FIRST_SOURCE: Final = (
    "総務省の公表資料（令和8年1月）を公開リポジトリ tadashikudo-reraflow/gcportal が変換したもの。"
    "原典とは未照合。同じ出典による全国平均は81.6%"
)


class Upload(NamedTuple):
    """A file, and which month it is taken for (取込みのファイル)."""

    month: Month
    file_name: str
    content: bytes
    #: where it comes from; empty for the usual place of a workbook (出典)
    source: str = ""

    @property
    def has_month(self) -> bool:
        """Say whether file or name tell its month: a CSV itself does not (月の分かるファイル)."""
        plain = unicodedata.normalize("NFKC", self.file_name)
        return self.content.startswith(WORKBOOK) or bool(_MONTH_IN_NAME.search(plain))


class Change(NamedTuple):
    """A count of a town that changes (値の新旧)."""

    town: str
    business: str
    before: int
    after: int


class Neighbour(NamedTuple):
    """The month before or after, and how a file stands to it (前後の月との比較)."""

    snapshot: Snapshot
    #: counts of the consortium's towns that are not the same (違う数)
    differing: int
    #: of these, those that fall from the earlier to the later month (減る数)
    backward: int


@dataclass(frozen=True, slots=True)
class Look:
    """What taking a file in would do (取込みの下見)."""

    upload: Upload
    table: ProgressTable
    edition: int
    #: the file that it is compared with
    before: Snapshot | None
    changes: tuple[Change, ...]
    #: towns of the consortium the file has no row of
    missing: tuple[str, ...]
    #: towns of the consortium with a mark (特定移行)
    marked: tuple[str, ...]
    #: True where this very file is the newest edition already
    is_known: bool
    #: months around it, for a file that does not tell its month
    neighbours: tuple[Neighbour, ...] = ()

    @property
    def replaces(self) -> Snapshot | None:
        """Give the edition of the same month that it would take the place of (置き換える版)."""
        return self.before if self.before and self.edition > 1 and not self.is_known else None

    @property
    def may_record(self) -> bool:
        """Say whether there is something to take in and nothing in the way (取込みできるか)."""
        return not self.table.faults and not self.is_known

    @property
    def falls(self) -> tuple[Change, ...]:
        """List the counts that become smaller (後退)."""
        return tuple(each for each in self.changes if each.after < each.before)

    @property
    def marks(self) -> int:
        """Count the systems marked, 共通機能 among them (該当のシステム数)."""
        return sum(row.total for row in self.table.rows)

    @property
    def seen(self) -> str:
        """Give the mark of what was shown, so that nothing else is taken in."""
        known = self.before.id if self.before else ""
        upload = self.upload
        return sha256_hex(f"{sha256_hex(upload.content)}{upload.month}{self.edition}{known}")


def look(viewer: Viewer, upload: Upload) -> Look:
    """Say what taking a file in would do; nothing is saved (取込みの下見).

    Raises: BadInputError at `file` for what is none of the two files, another month, or headings
    that lack or add a 業務; at `source` for a CSV of which nobody said where it comes from.
    """
    table = _read(upload)
    with reading() as session:
        return _look(session, viewer.consortium_id, upload, table)


def take_in(
    viewer: Viewer, upload: Upload, seen: str, now: datetime, *, is_confirmed: bool = False
) -> Snapshot:
    """Save a file as an edition of its month (公表資料の取込み).

    A form sent again gives what was saved first. Raises: BadInputError as `look`, for a file with a
    fault, and at `confirmed` where the month has an edition and nobody said that this one takes
    its place; StaleError where something else was taken in since the look.
    """
    table = _read(upload)
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        found = _look(unit.session, owner, upload, table)
        if found.is_known and found.before is not None:
            unit.operational()
            return found.before
        if table.faults:
            raise BadInputError(
                _ASKED, "".join(table.faults[:3]), "ファイルを確かめてください。", path="file"
            )
        if found.seen != seen:
            raise StaleError(
                _ASKED,
                "下見の後に、同じ月の別のファイルが取り込まれました。",
                "今の下見を確かめてから、もう一度取り込んでください。",
            )
        if found.replaces is not None and not is_confirmed:
            raise BadInputError(
                _ASKED,
                f"{wareki_month(upload.month)}の{table.kind}は、"
                f"もう第{found.replaces.edition}版があります。",
                "月とファイルを確かめて、印を付けてください。",
                path="confirmed",
            )
        new = _snapshot(found, viewer.name, now)
        store.add_snapshot(unit, new, owner, _rows(new.id, table))
        return new


def seed_progress(viewer: Viewer, now: datetime) -> None:
    """Take in the figures of 令和8年1月 where no progress is known yet (最初の進捗)."""
    with reading() as session:
        known = store.published(session, viewer.consortium_id)
    if known.current(PROGRESS) is None:
        name = "pmo_progress_2026_01.csv"
        upload = Upload(FIRST_MONTH, name, first_progress(), FIRST_SOURCE)
        take_in(viewer, upload, look(viewer, upload).seen, now)


def reference() -> Reference:
    """Give what files are compared with: the 業務 and the national list (照合の元)."""
    return Reference(businesses(), codes_by_name(), keys_by_code(), PREFECTURES)


def month_of(text: str, today: date) -> Month:
    """Read a month as people write it: 2026-01, 令和8年1月, R8.1 (月の読取り).

    Raises: BadInputError at `month` for another text, and for a month that has not begun.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    try:
        if re.fullmatch(r"[0-9]{4}[-/.][0-9]{1,2}", plain):
            year, number = re.split(r"[-/.]", plain)
            month = Month(int(year), int(number))
        else:
            day = f"{plain}1日" if plain.endswith("月") else f"{plain}.1"
            month = Month.containing(parse_date(day))
    except BadInputError:
        raise BadInputError(
            _ASKED,
            f"「{plain[:20]}」は月として読めません。" if plain else "月が空です。",
            "令和8年1月 または 2026-01 のように書いてください。",
            path="month",
        ) from None
    if month.first > today:
        raise BadInputError(
            _ASKED, "まだ来ていない月です。", "公表された月を書いてください。", path="month"
        )
    return month


def _read(upload: Upload) -> ProgressTable:
    _refuse_other_month(upload)
    table = read_progress(upload.content, upload.month, reference())
    if not upload.source and not upload.content.startswith(WORKBOOK):
        raise BadInputError(
            _ASKED,
            "CSVには公表元が書かれていません。",
            "出典（どこから受け取った表か）を書いてください。",
            path="source",
        )
    return table


def _refuse_other_month(upload: Upload) -> None:
    """Refuse a file whose name tells of another month: a CSV says it nowhere else."""
    plain = unicodedata.normalize("NFKC", upload.file_name)
    for words in _MONTH_IN_NAME.findall(plain):
        if Month.containing(parse_date(f"{words}1日")) != upload.month:
            raise BadInputError(
                _ASKED,
                f"ファイルの名前は{words}です（選んだ月は{wareki_month(upload.month)}）。",
                "月を選び直すか、その月のファイルを選んでください。",
                path="file",
            )


def _look(session: "Session", owner: str, upload: Upload, table: ProgressTable) -> Look:
    known = store.published(session, owner)
    same_month = known.current(table.kind, upload.month)
    before = same_month or known.before(table.kind, upload.month)
    towns = records.towns(session, owner, last_day_of(upload.month))
    # Of a file that is refused nothing is compared: a row that cannot be read is no row missing.
    is_compared = table.kind == PROGRESS and not table.faults
    beside = _beside(known, upload) if is_compared and not upload.has_month else []
    compared = {each.id for each in (before, *beside) if each} if is_compared else ()
    rows = store.town_rows(session, owner, compared, [town.code for town in towns])
    earlier = {(row.snapshot_id, row.code): row for row in rows}
    by_code = {row.code: row for row in table.rows}
    return Look(
        upload,
        table,
        same_month.edition + 1 if same_month else 1,
        before,
        _changes(towns, table, earlier, before) if before and is_compared else (),
        tuple(t.name for t in towns if t.code not in by_code) if is_compared else (),
        tuple(t.name for t in towns if t.code in by_code and by_code[t.code].counts),
        same_month is not None and same_month.sha256 == sha256_hex(upload.content),
        tuple(
            _neighbour(each, upload.month, _changes(towns, table, earlier, each)) for each in beside
        ),
    )


def _beside(known: store.Published, upload: Upload) -> list[Snapshot]:
    """Give the newest editions of the month before and of the month after, as far as there are."""
    earlier = known.before(PROGRESS, upload.month)
    later = min((m for m in known.months(PROGRESS) if m > upload.month), default=None)
    return [each for each in (earlier, known.current(PROGRESS, later) if later else None) if each]


def _neighbour(snapshot: Snapshot, month: Month, changes: Sequence[Change]) -> Neighbour:
    is_earlier = snapshot.month < month
    backward = sum((each.after < each.before) == is_earlier for each in changes)
    return Neighbour(snapshot, len(changes), backward)


def _changes(
    towns: Sequence[StandardTown],
    table: ProgressTable,
    earlier: Mapping[tuple[str, str], TownRow],
    snapshot: Snapshot,
) -> tuple[Change, ...]:
    """List what differs from a snapshot, what becomes smaller first (値の新旧)."""
    by_code = {row.code: row for row in table.rows}
    found = (
        Change(town.name, business.name, old, new)
        for town in towns
        if town.code in by_code and (snapshot.id, town.code) in earlier
        for business in businesses()
        if (old := earlier[snapshot.id, town.code].counts[business.key])
        != (new := by_code[town.code].counts[business.key])
    )
    return tuple(sorted(found, key=lambda each: each.after > each.before))


def _snapshot(found: Look, name: str, now: datetime) -> Snapshot:
    upload = found.upload
    return Snapshot(
        str(uuid4()),
        found.table.kind,
        upload.month,
        found.edition,
        upload.file_name,
        sha256_hex(upload.content),
        upload.source or SOURCES[found.table.kind],
        name,
        now,
    )


def _rows(snapshot_id: str, table: ProgressTable) -> list[TownRow]:
    return [
        TownRow(
            snapshot_id, row.prefecture, row.name, row.code, row.total, row.counts, row.published
        )
        for row in table.rows
    ]
