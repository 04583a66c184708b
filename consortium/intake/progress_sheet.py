"""The sheet of a public file of the standardisation, and its headings (公表資料の見出し).

Headings are checked before any row: the columns are found by their words, never by their place.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from consortium.domain.calendar.period import Month
from consortium.domain.calendar.wareki import parse_date, wareki_month
from consortium.domain.standardisation.business import Business, folded, keys_by_heading
from consortium.intake.basis_table import WORKBOOK, decode
from consortium.intake.prescan import refused
from consortium.intake.signs import narrow, shown
from consortium.intake.workbook import Sheet, address, read_workbook

PROGRESS, SPECIAL = "進捗", "特定移行"
#: Column of デジタル庁 that is no 業務.
COMMON: Final = "kyotsu"
#: Columns beside the 業務, in the order of the file.
OWN: Final = {
    PROGRESS: ("都道府県", "市区町村", "完了率"),
    SPECIAL: ("団体コード", "自治体名", "自治体区分"),
}
#: Order of the 業務 in the file: a key of ORDERS (並び順).
_ORDER: Final = {PROGRESS: "soumu", SPECIAL: "digital"}
_COMMON_HEADING: Final = "共通機能"
_MONTH_SHEET: Final = re.compile(r"(?P<month>(?:令和|平成)(?:元|[0-9]+)年[0-9]+月)_進捗状況")
_SPECIAL_SHEET: Final = "結果一覧"
#: Rows that may hold headings: a title stands above them.
_HEAD_ROWS: Final = 3


@dataclass(frozen=True, slots=True)
class Table:
    """A file after its headings were checked (見出しを確かめた表)."""

    #: PROGRESS or SPECIAL
    kind: str
    #: name of the sheet, empty for a CSV
    sheet: str
    #: row number from 1 → text by key: a heading of OWN, or the key of a 業務
    lines: tuple[tuple[int, Mapping[str, str]], ...]
    #: key → its column from 1
    columns: Mapping[str, int]
    #: where the order of the 業務 differs from the source's
    notices: tuple[str, ...]

    def place(self, row: int, key: str) -> str:
        """Name a cell so that it is found: its address on the sheet, its line in a CSV."""
        if self.sheet:
            return f"シート「{self.sheet}」{address(row, self.columns[key])}"
        return f"{row}行目・{self.columns[key]}列目"


def open_table(content: bytes, month: Month, businesses: Sequence[Business]) -> Table:
    """Open a workbook or a CSV and check month and headings (公表資料の読取り).

    Raises: BadInputError at `file` for another month, or headings that lack or add a 業務.
    """
    if content.startswith(WORKBOOK):
        sheet = _sheet_of(read_workbook(content).sheets, month)
        grid = [[cell.words if cell else "" for cell in row] for row in sheet.rows]
        name = sheet.name
    else:
        grid, name = _csv_grid(content), ""
    return _table(name, grid, businesses)


def _sheet_of(sheets: Sequence[Sheet], month: Month) -> Sheet:
    """Find the sheet of one of the two files; the month stands in the name of the first."""
    other = ""
    for sheet in sheets:
        plain = narrow(sheet.name).replace("＿", "_")
        if plain == _SPECIAL_SHEET:
            return sheet
        if match := _MONTH_SHEET.fullmatch(plain):
            if Month.containing(parse_date(f"{match['month']}1日")) == month:
                return sheet
            other = match["month"]
    if other:
        raise refused(
            f"このファイルは{other}のものです（選んだ月は{wareki_month(month)}）。",
            "月を選び直すか、その月のファイルを選んでください。",
        )
    there = "".join(f"「{shown(each.name)}」" for each in sheets[:10])
    raise refused(
        f"「{wareki_month(month)}_進捗状況」も「{_SPECIAL_SHEET}」もありません（あるのは{there}）。",
        "総務省かデジタル庁の公表したブックを、シートの名前を変えずに選んでください。",
    )


def _csv_grid(content: bytes) -> list[list[str]]:
    reader = csv.reader(io.StringIO(decode(content), newline=""), strict=True)
    try:
        return list(reader)
    except csv.Error:
        raise refused(
            f'{reader.line_num}行目の引用符（"）の使い方が正しくありません。',
            "CSVを保存し直してください。",
        ) from None


def _table(name: str, grid: Sequence[Sequence[str]], businesses: Sequence[Business]) -> Table:
    known = keys_by_heading(businesses)
    kind = _kind(grid)
    words = {folded(word): word for word in OWN[kind]} | known
    if kind == SPECIAL:
        words[folded(_COMMON_HEADING)] = COMMON
    depth = max(
        number
        for number, row in enumerate(grid[:_HEAD_ROWS], start=1)
        if any(folded(cell) in words for cell in row)
    )
    columns = _columns(grid[:depth], words)
    wanted = set(words.values())
    _refuse_headings(kind, columns, wanted, businesses)
    lines = tuple(
        (number, {key: _text(row, column) for key, column in columns.items()})
        for number, row in enumerate(grid[depth:], start=depth + 1)
        if any(cell.strip() for cell in row)
    )
    return Table(kind, name, lines, columns, _order_notices(kind, columns, businesses))


def _text(row: Sequence[str], column: int) -> str:
    return row[column - 1].strip() if column <= len(row) else ""


def _kind(grid: Sequence[Sequence[str]]) -> str:
    there = {folded(cell) for row in grid[:_HEAD_ROWS] for cell in row}
    for kind, (first, second, _) in OWN.items():
        if {first, second} <= there:
            return kind
    raise refused(
        "見出し「都道府県・市区町村」も「団体コード・自治体名」もありません。",
        "総務省かデジタル庁の公表した表を、見出しを変えずに選んでください。",
    )


def _columns(head: Sequence[Sequence[str]], words: Mapping[str, str]) -> dict[str, int]:
    """Give the column of each heading, from 1; a word that nobody knows is its own key.

    A title may stand above the headings: of each column the words that are known count.
    """
    width = max(map(len, head))
    titles = {cell.strip() for row in head[:-1] for cell in row}
    found: list[tuple[str, int]] = []
    for column in range(1, width + 1):
        texts = [text for row in head if (text := _text(row, column))]
        keys = [words[folded(text)] for text in texts if folded(text) in words]
        if not keys and texts and texts[-1] not in titles:
            keys = [texts[-1]]
        found += [(key, column) for key in keys[-1:]]
    twice = [key for key, count in Counter(key for key, _ in found).items() if count > 1]
    if twice:
        place = "・".join(address(len(head), column) for key, column in found if key == twice[0])
        raise refused(f"同じ見出しが二つあります（{place}）。", "どちらか一つにしてください。")
    return dict(found)


def _refuse_headings(
    kind: str, columns: Mapping[str, int], wanted: set[str], businesses: Sequence[Business]
) -> None:
    names = {each.key: each.alias or each.name for each in businesses} | {COMMON: _COMMON_HEADING}
    missing = "、".join(names.get(key, key) for key in sorted(wanted - columns.keys()))
    added = "、".join(shown(key) for key in columns if key not in wanted)
    found = (f"見出し {missing} がありません。" if missing else "") + (
        f"知らない見出し {added} があります。" if added else ""
    )
    if found:
        todo = f"{kind}の公表資料の20業務と同じ見出しの表を選んでください。何も取り込みません。"
        raise refused(found, todo)


def _order_notices(
    kind: str, columns: Mapping[str, int], businesses: Sequence[Business]
) -> tuple[str, ...]:
    """Tell where the 業務 stand in another order than the source's; they are read by heading."""
    order = _ORDER[kind]
    wanted = [each.key for each in sorted(businesses, key=lambda each: each.numbers[order])]
    there = sorted(wanted, key=lambda key: columns[key])
    names = {each.key: each.name for each in businesses}
    moved = [names[key] for key, right in zip(there, wanted, strict=True) if key != right]
    if not moved:
        return ()
    return (
        f"業務の並びが公表資料の順と違います（{'、'.join(moved[:5])}ほか）。見出しの名前で読みました。",
    )
