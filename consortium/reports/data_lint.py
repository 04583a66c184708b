"""Is a データ fit for machines (データの点検)? By the check list of 総務省
「統計表における機械判読可能なデータの表記方法の統一ルール」.

1-1 (the file is a workbook) and 1-8 (no object) hold by the way files are made: only a chart of
`Sheet` is an object. 1-14 and 1-15 (one table, not divided): headings in row 1, no gap below.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache

from consortium.domain.errors import BadInputError, DomainError
from consortium.domain.municipality import municipality_code
from consortium.reports.sheet import Blank, Cell, Int, Sheet, Text, address

#: Numbers that name something and measure nothing have no unit.
_NAMING = re.compile(r"(?:年度|年|月|期|版|番号|回)$")
_UNITS = re.compile(r"_(?:円|人|件|世帯|台|か月|日|%|％)$")
_YEARS = re.compile(r"年度?$")
_DAYS = re.compile(r"(?:日|期限)$")
_TEXT, _NUMBER = "文字", "数値"
_REPLACED = ("<circle>", "<square>", "<compat>", "<narrow>", "<super>", "<sub>", "<fraction>")
#: What stands for a sign that no other computer knows (外字), as in print.
_GETA = "\u3013"
#: White space that lays out: several in a row, line breaks, tabs.
_LAYOUT = re.compile(r"\s{2,}|[^\S \u3000]")


class DataRuleError(DomainError):
    """A データ breaks a rule for machine-readable tables (統一ルール違反)."""

    def __init__(self, rule: str, place: str, found: str) -> None:
        """Name the rule, where it is broken, and how."""
        super().__init__(
            "帳票の「データ」のシートを点検しました。",
            f"{place}：{found}（統一ルール {rule}）。",
            "ファイルは作られていません。費目名・団体名などの登録を確かめ、直らないときはシステムの管理者に"
            "この文を伝えてください。",
        )


@lru_cache(maxsize=4096)  # the same names stand in every file
def plain(text: str) -> str:
    """Write a text as every machine reads it: no layout, no 機種依存文字 (機械判読用の文字).

    >>> plain(" ㈱青森\\n①号 ")
    '(株)青森 1号'
    """
    signs = "".join(_plain_sign(sign) for sign in unicodedata.normalize("NFC", text))
    # Half-width kana have their marks as signs of their own.
    return _LAYOUT.sub(" ", unicodedata.normalize("NFC", signs)).strip()


def _plain_sign(sign: str) -> str:
    if not _is_dependent(sign):
        return sign
    return (
        _GETA if unicodedata.category(sign) in ("Co", "Cn") else unicodedata.normalize("NFKC", sign)
    )


def _is_dependent(sign: str) -> bool:
    """Say whether a sign is one of those that JIS X 0208 lacks and NFKC spells out, or a 外字.

    Kanji beyond JIS X 0208 (髙, 﨑, 𠮷) are none: the file is Unicode, and names need them.
    """
    if sign.isascii():
        return False
    if unicodedata.category(sign) in ("Co", "Cn"):
        return True
    if not unicodedata.decomposition(sign).startswith(_REPLACED):
        return False
    try:
        sign.encode("iso2022_jp")
    except UnicodeEncodeError:
        return True
    return False


def check(sheet: Sheet) -> None:
    """Refuse a データ that breaks a rule (データの点検).

    Raises: DataRuleError naming the rule, the cell and what was found.
    """
    rows, columns = sheet.last
    if sheet.merges:
        top, left, *_ = sheet.merges[0]
        raise DataRuleError("1-4", address(top, left), "セルが結合されています")
    if sheet.chart is not None:
        raise DataRuleError("1-8", sheet.name, "図が置かれています")
    headings = _headings(sheet, columns)
    for column, heading in enumerate(headings, start=1):
        cells = [sheet.cells.get((row, column)) for row in range(2, rows + 1)]
        _check_column(column, heading, [found and found[0] for found in cells])
    if not {"団体コード", "団体名"} & set(headings):
        raise DataRuleError("1-12", "見出し", "団体コードも団体名もありません")


def _headings(sheet: Sheet, columns: int) -> list[str]:
    """Give the headings of row 1: every column has one, and no two are alike."""
    headings: list[str] = []
    for column in range(1, columns + 1):
        cell = sheet.cells.get((1, column), (None, ""))[0]
        if not isinstance(cell, Text) or not cell.value:
            raise DataRuleError("1-6", address(1, column), "見出しがありません")
        if cell.value in headings:
            raise DataRuleError("1-6", address(1, column), f"見出し「{cell.value}」が二つあります")
        _check_text(address(1, column), cell.value)
        headings.append(cell.value)
    return headings


def _check_column(column: int, heading: str, cells: Sequence[Cell | None]) -> None:
    """Check a column: one kind of value, with unit, 西暦 and codes written right."""
    kinds = {_kind(address(row, column), cell) for row, cell in enumerate(cells, start=2)} - {""}
    if len(kinds) > 1:
        raise DataRuleError("1-3・1-13", _of(column, heading), "数値と文字が混ざっています")
    if _NUMBER in kinds:
        _check_numbers(column, heading, {cell.value for cell in cells if isinstance(cell, Int)})
    elif _UNITS.search(heading) and kinds:
        raise DataRuleError("1-3", _of(column, heading), "数値の列に文字があります")
    first: dict[str, int] = {}
    for row, cell in enumerate(cells, start=2):
        if isinstance(cell, Text):
            first.setdefault(cell.value, row)
    for text, row in first.items():
        _check_text(address(row, column), text)
        _check_meaning(address(row, column), heading, text)


def _of(column: int, heading: str) -> str:
    return f"{address(1, column)}「{heading}」の列"


def _kind(place: str, cell: Cell | None) -> str:
    if cell is None:
        raise DataRuleError("1-14", place, "表がこのセルで途切れています")
    if isinstance(cell, Int):
        return _NUMBER
    if isinstance(cell, Text):
        return _TEXT
    if isinstance(cell, Blank):
        return ""
    raise DataRuleError("1-7", place, f"値でないもの（{type(cell).__name__}）があります")


def _check_numbers(column: int, heading: str, numbers: Iterable[int]) -> None:
    if not (_UNITS.search(heading) or _NAMING.search(heading)):
        raise DataRuleError("1-9", _of(column, heading), "見出しに単位がありません")
    if _YEARS.search(heading) and not all(1868 <= year <= 9999 for year in numbers):
        raise DataRuleError("1-11", _of(column, heading), "西暦でない年があります")


def _check_text(place: str, text: str) -> None:
    if text != text.strip() or _LAYOUT.search(text):
        raise DataRuleError("1-5", place, "前後や途中の空白・改行で体裁が整えられています")
    if not text:
        raise DataRuleError("1-2", place, "空の文字があります")
    signs = [sign for sign in text if _is_dependent(sign)]
    if signs:
        raise DataRuleError("1-10", place, f"機種依存文字「{signs[0]}」があります")


def _check_meaning(place: str, heading: str, text: str) -> None:
    if heading == "団体コード":
        try:
            right = municipality_code(text) == text
        except BadInputError:
            right = False
        if not right:
            raise DataRuleError("1-12", place, f"「{text}」は6桁の団体コードではありません")
    if _DAYS.search(heading):
        try:
            date.fromisoformat(text)
        except ValueError:
            found = f"「{text}」は西暦の日付（2026-04-01 の形）ではありません"
            raise DataRuleError("1-11", place, found) from None
