"""標準化の進捗: the matrix of a month, the list of 特定移行, the workbook (標準化)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Final

from consortium.db.store import settings as settings_store
from consortium.db.store import standard_records as records
from consortium.db.store import standardisation as store
from consortium.db.store.standard_records import StandardTown
from consortium.db.store.standardisation import Snapshot, TownRow
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import Month
from consortium.domain.calendar.wareki import wareki_month
from consortium.domain.canonical import sha256_hex
from consortium.domain.errors import BadInputError
from consortium.domain.standardisation.business import ORDERS, STEPS, Business, ordered, read_as
from consortium.domain.standardisation.flags import GAP
from consortium.domain.standardisation.progress import MARKS, Cell
from consortium.intake.progress_sheet import COMMON, PROGRESS, SPECIAL
from consortium.reports import standardisation as report
from consortium.reports.names import file_name
from consortium.usecases.downloads import Handed
from consortium.usecases.national import town_of
from consortium.usecases.standard_board import (
    Asked,
    Board,
    TownNumbers,
    last_day_of,
    read_board,
)
from consortium.usecases.standard_import import FIRST_MONTH
from consortium.usecases.standard_lists import businesses, first_progress, steps
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["GAP", "ORDERS", "STEPS", "Asked", "TownNumbers"]

#: Why a system cannot be moved in time, by number (特定移行の事由).
REASONS: Final = {
    1: "メインフレーム",
    2: "個別開発",
    3: "標準準拠システムが開発されない",
    4: "事業者のリソースひっ迫",
}
#: Said of the figures the sample begins with, where everything else is 見本 (実際の値).
_REAL: Final = "進捗の数は、公表された実際の値です。見本ではありません。"
#: A cell with an open question of these kinds says 矛盾の可能性.
_CONTRADICTIONS: Final = frozenset({"gap", "ahead", "live", "task", "entry"})


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell as shown (団体×業務)."""

    cell: Cell
    #: difference to the earlier month, None where there is none
    change: int | None
    asked: tuple[Asked, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """Give its marks in words, the weightier first (印)."""
        kinds = {each.flag.kind for each in self.asked if each.is_open}
        found = [
            "矛盾の可能性" if kinds & _CONTRADICTIONS else "",
            "後退" if "fall" in kinds else "",
            MARKS[self.cell.mark],
        ]
        return tuple(word for word in found if word)

    @property
    def is_asked(self) -> bool:
        """Say whether a question is open that is more than a confirmation (指摘あり)."""
        return any(each.is_open and each.flag.kind != "full" for each in self.asked)


@dataclass(frozen=True, slots=True)
class Line:
    """One 業務 with a cell for each town (業務の行)."""

    business: Business
    #: largest distance between the towns, None where the viewer sees one town only (最大の差)
    gap: int | None
    is_apart: bool
    cells: tuple[CellView | None, ...]


@dataclass(frozen=True, slots=True)
class MatrixPage:
    """The matrix of a month (標準化の画面)."""

    board: Board
    order: str
    lines: tuple[Line, ...]
    #: those the viewer may see
    towns: tuple[StandardTown, ...]
    numbers: tuple[TownNumbers, ...]
    #: every question of the towns shown, open ones first
    asked: tuple[Asked, ...]
    #: None while the viewer sees its own town only
    together: TownNumbers | None

    @property
    def apart(self) -> int:
        """Count the 業務 that are flagged as a whole (行の指摘)."""
        return sum(line.is_apart for line in self.lines)

    def count(self, kind: str) -> int:
        """Count the open questions of a kind (指摘の件数)."""
        return sum(each.is_open and each.flag.kind == kind for each in self.asked)

    @property
    def prefecture(self) -> tuple[str, int, Fraction] | None:
        """Give prefecture, towns and their mean, None without a lead city in the file."""
        lead = self.board.lead
        name = town_of(lead.code).prefecture if lead is not None else ""
        found = self.board.mean(name) if name else None
        return (name, *found) if found else None

    @property
    def nation(self) -> tuple[int, Fraction] | None:
        """Give the number of municipalities and their mean, None where the file has no nation."""
        return self.board.mean()


@dataclass(frozen=True, slots=True)
class SpecialPage:
    """特定移行支援システム as published (特定移行の画面)."""

    snapshot: Snapshot | None
    months: tuple[Month, ...]
    #: towns of the consortium and the row they have, None for none
    towns: tuple[tuple[StandardTown, TownRow | None], ...]
    #: other municipalities of the prefecture that have a mark
    neighbours: tuple[TownRow, ...]
    bodies: int
    systems: int
    #: 業務 a town says is one, with its reason: town, 業務, 事由
    recorded: tuple[tuple[str, str, str], ...]

    def names(self, row: TownRow) -> str:
        """Name the 業務 of a row (該当の業務)."""
        known = [each.name for each in ordered(businesses(), "digital") if each.key in row.counts]
        return "、".join([*known, *(["共通機能"] if COMMON in row.counts else [])])


def show_matrix(viewer: Viewer, month: Month | None, order: str) -> MatrixPage | None:
    """Read the matrix of a month, the newest where none is asked; None while there is no file.

    A town sees its own column only. Raises: NotFoundError for a month without a file.
    """
    with reading() as session:
        board = read_board(session, viewer.consortium_id, month)
    return None if board is None else _page(board, viewer.code, order)


def _page(board: Board, code: str | None, order: str) -> MatrixPage:
    towns = tuple(town for town in board.towns if code in (None, town.code))
    lines = tuple(
        Line(
            business,
            board.gap(business.key) if code is None else None,
            code is None and board.is_apart(business.key),
            tuple(_view(board, town.code, business.key) for town in towns),
        )
        for business in ordered(businesses(), order if order in ORDERS else "soumu")
    )
    asked = [
        each for line in lines for view in line.cells if view is not None for each in view.asked
    ]
    return MatrixPage(
        board,
        order if order in ORDERS else "soumu",
        lines,
        towns,
        tuple(board.numbers(town) for town in towns),
        tuple(sorted(asked, key=lambda each: (not each.is_open, each.flag.kind == "full"))),
        board.together() if code is None else None,
    )


def _view(board: Board, code: str, key: str) -> CellView | None:
    place = (code, key)
    if place not in board.cells:
        return None
    return CellView(board.cells[place], board.change(place), board.asked.get(place, ()))


def show_special(viewer: Viewer, month: Month | None) -> SpecialPage:
    """Read the 特定移行支援システム of a month, the newest where none is asked (特定移行).

    A town sees its own row only.
    """
    with reading() as session:
        return _special(session, viewer, month)


def _special(session: "Session", viewer: Viewer, month: Month | None) -> SpecialPage:
    owner = viewer.consortium_id
    known = store.published(session, owner)
    snapshot = known.current(SPECIAL, month)
    newest = snapshot or known.current(PROGRESS)
    towns = records.towns(session, owner, last_day_of(newest.month)) if newest else ()
    shown = [town for town in towns if viewer.code in (None, town.code)]
    rows = store.town_rows(session, owner, [snapshot.id]) if snapshot else ()
    by_code = {row.code: row for row in rows if row.counts}
    own = {town_of(town.code).prefecture for town in towns}
    codes = {town.code for town in towns}
    return SpecialPage(
        snapshot,
        known.months(SPECIAL),
        tuple((town, by_code.get(town.code)) for town in shown),
        tuple(
            row
            for row in by_code.values()
            if viewer.code is None and row.prefecture in own and row.code not in codes
        ),
        len(by_code),
        sum(row.total for row in by_code.values()),
        tuple(
            (town.name, business.name, REASONS[recorded.transition_reason])
            for town in shown
            for business in businesses()
            if (recorded := town.rollouts.get(business.key)) and recorded.transition_reason
        ),
    )


def change_gap(viewer: Viewer, gap: int, now: datetime) -> None:
    """Change from which difference on a question is asked (差の目安の変更).

    Raises: BadInputError at `gap` for less than 1 or more than 40 steps.
    """
    if not 1 <= gap <= STEPS:
        raise BadInputError(
            "差の目安を変えようとしました。",
            f"{gap}は1から{STEPS}までの数ではありません。",
            "何ステップ離れたら指摘するかを書いてください。",
            path="gap",
        )
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(viewer.consortium_id)
        store.save_gap(unit, viewer.consortium_id, gap)
        if not unit.recorded:
            unit.operational()


# ---- the workbook --------------------------------------------------------------------------------


def export(viewer: Viewer, month: Month | None, order: str) -> Handed | None:
    """Write the matrix of a month as a workbook, None while there is no file (標準化の書出し).

    It holds what the viewer may see, and the time of the import: the same data, the same bytes.
    """
    with reading() as session:
        board = read_board(session, viewer.consortium_id, month)
        settings = settings_store.settings_of(session, viewer.consortium_id)
    if board is None:
        return None
    page = _page(board, viewer.code, order)
    content = report.render(_book(page, settings.office_name, is_sample=viewer.is_sample))
    name = file_name(
        f"標準化の進捗_{wareki_month(board.month)}_第{board.snapshot.edition}版", ".xlsx"
    )
    return Handed(content, name, f"standardisation-{board.month}.xlsx")


def _book(page: MatrixPage, office: str, *, is_sample: bool) -> report.StandardBook:
    board = page.board
    snapshot = board.snapshot
    numbers = [_number_line(each) for each in page.numbers]
    if page.together is not None:
        numbers.append(_number_line(page.together, f"{board.all_done()}団体"))
    return report.StandardBook(
        office,
        wareki_month(board.month),
        [
            f"出典：{snapshot.source}",
            f"第{snapshot.edition}版　ファイル：{snapshot.file_name}　SHA-256：{snapshot.sha256}",
            "数は40ステップのうち完了済みと対象外の計。印のない40未満は作業中か未着手。",
            *([origin(snapshot)] if is_sample else []),
        ],
        snapshot.imported_at,
        [town.name for town in page.towns],
        [
            (
                line.business.name,
                line.gap,
                line.is_apart,
                [_sheet_cell(view) for view in line.cells],
            )
            for line in page.lines
        ],
        numbers,
        sentences(page),
        [_question(page, each) for each in page.asked],
        is_sample,
    )


def _sheet_cell(view: CellView | None) -> report.MatrixCell | None:
    if view is None:
        return None
    return report.MatrixCell(view.cell.steps, "・".join(view.words), view.change)


def _number_line(each: TownNumbers, done: str = "") -> report.NumberLine:
    counts = (each.live.yes, each.live.no, each.live.unknown)
    return report.NumberLine(
        each.name,
        each.steps,
        STEPS * each.businesses,
        each.published,
        each.rate_without,
        counts,
        done or ("完了" if each.is_all_done else "－"),
    )


def _question(page: MatrixPage, asked: Asked) -> Sequence[str]:
    names = {town.code: town.name for town in page.towns}
    titles = {line.business.key: line.business.name for line in page.lines}
    answer = asked.answer
    return (
        names[asked.flag.code],
        titles[asked.flag.business],
        asked.flag.word,
        asked.flag.question,
        answer.answer if answer else "未回答",
        answer.note if answer else "",
    )


def origin(snapshot: Snapshot) -> str:
    """Say where the figures of a file come from (値の由来).

    Only those that are shipped are known to be real. What else was taken in is as true
    as the file that somebody chose.
    """
    if (snapshot.month, snapshot.sha256) == (FIRST_MONTH, sha256_hex(first_progress())):
        return _REAL
    return f"進捗の数は、取り込んだファイルによる値です。取込みの時の出典：{snapshot.source}"


def read_as_of(count: int) -> str:
    """Say up to which step a count reaches if they were done in order (目安)."""
    return read_as(count, steps())


def percent(value: Fraction | None, places: int = 1) -> str:
    """Write a ratio as a percentage, half rounded up; － for none (割合の表示).

    >>> percent(Fraction(602, 800)), percent(Fraction(602, 800), 2)
    ('75.3%', '75.25%')
    """
    if value is None:
        return "－"
    scale = 10**places
    whole, rest = divmod(floor(value * 100 * scale + Fraction(1, 2)), scale)
    return f"{whole}.{rest:0{places}d}%"


def sentences(page: MatrixPage) -> list[str]:
    """Say what the numbers are compared with, and what they are not (説明)."""
    found = []
    if page.prefecture is not None:
        name, count, mean = page.prefecture
        found.append(f"{name}の平均（{count}団体の単純平均）：{percent(mean)}")
    if page.nation is not None:
        count, mean = page.nation
        found.append(f"全国の平均（{count:,}団体の単純平均）：{percent(mean)}")
    if page.together is not None:
        done = page.board.all_done()
        found.append(f"全業務完了団体数：{len(page.towns)}団体のうち{done}団体")
    found.append("手続き進捗率は作業量ではありません。稼働済みは⑱-1か稼働日の記録で数えます。")
    return found
