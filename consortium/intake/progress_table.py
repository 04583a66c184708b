"""The rows of a public file of the standardisation (公表資料の行の読取り).

Rates of 総務省 become steps of 40; ● of デジタル庁 a mark. Every row that cannot be read is named,
and nothing of a file with such a row is saved.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

from consortium.domain.calendar.period import Month
from consortium.domain.errors import BadInputError
from consortium.domain.municipality import check_digit, municipality_code
from consortium.domain.standardisation.business import STEPS, Business, town_key
from consortium.intake.progress_sheet import COMMON, OWN, PROGRESS, SPECIAL, open_table
from consortium.intake.signs import narrow, shown

__all__ = ["COMMON", "PROGRESS", "SPECIAL"]

#: So many faults are told at once; the rest is counted.
MANY: Final = 20
_MARK: Final = "●"
_NUMBER: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,17})?%?", re.ASCII)
#: A rate is a machine's sum of fortieths; the published mean has four decimals.
_SAME_STEP, SAME_RATE = Fraction(1, 10**6), Fraction(1, 10**4)
_FIVE, _SIX = 5, 6


@dataclass(frozen=True, slots=True)
class ProgressRow:
    """One municipality as read (表の一行)."""

    prefecture: str
    name: str
    code: str
    #: key of the 業務 → steps done, or 1 for a mark
    counts: Mapping[str, int]
    #: 完了率 as published, None in the file of デジタル庁
    published: Fraction | None = None

    @property
    def total(self) -> int:
        """Add up the steps, or the marks (計)."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class ProgressTable:
    """What was read of a file (読み取った表)."""

    #: PROGRESS or SPECIAL
    kind: str
    rows: tuple[ProgressRow, ...]
    #: what is wrong: nothing of the file is saved then
    faults: tuple[str, ...] = ()
    #: what somebody should know, and that keeps nothing out
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """What a file is compared with (照合の元)."""

    businesses: Sequence[Business]
    #: `town_key` of each municipality → its code
    codes: Mapping[tuple[str, str], str]
    #: the same the other way round
    keys: Mapping[str, tuple[str, str]]
    #: names of the prefectures in the order of their codes
    prefectures: Sequence[str]


class _RowError(Exception):
    """A row cannot be read: key of its column, what was found, what to do."""

    def __init__(self, key: str, found: str, todo: str) -> None:
        super().__init__(key, found, todo)
        self.key, self.found, self.todo = key, found, todo


def read_progress(content: bytes, month: Month, reference: Reference) -> ProgressTable:
    """Read a workbook or a CSV of either source (公表資料の読取り).

    Raises: BadInputError at `file` for another month, for headings that lack or add a 業務, and
    for what is no plain .xlsx or CSV; whatever is wrong with a row stands in `faults`.
    """
    table = open_table(content, month, reference.businesses)
    read = _progress_row if table.kind == PROGRESS else _special_row
    rows, faults, notices = [], [], list(table.notices)
    seen: dict[str, int] = {}
    for number, texts in table.lines:
        try:
            row = read(texts, reference)
            if row.code in seen:
                found = f"{row.prefecture}{row.name}は{seen[row.code]}行目にもあります。"
                raise _RowError(OWN[table.kind][1], found, "一つの団体は一行にしてください。")
        except _RowError as error:
            faults.append(f"{table.place(number, error.key)}：{error.found}{error.todo}")
            continue
        seen[row.code] = number
        rows.append(row)
        notices += _rate_notice(row, len(reference.businesses))
    if not rows and not faults:
        faults.append("団体の行が一つもありません。表のあるファイルを選んでください。")
    return ProgressTable(table.kind, tuple(rows), _told(faults), _told(notices))


def _told(words: Sequence[str]) -> tuple[str, ...]:
    more = [f"ほかに{len(words) - MANY}か所あります。"] if len(words) > MANY else []
    return (*words[:MANY], *more)


# ---- 総務省 --------------------------------------------------------------------------------------


def _progress_row(texts: Mapping[str, str], reference: Reference) -> ProgressRow:
    prefecture_key, name_key, rate_key = OWN[PROGRESS]
    prefecture, name = texts[prefecture_key], texts[name_key]
    code = reference.codes.get(town_key(prefecture, name), "")
    if not code:
        raise _RowError(
            name_key,
            f"「{shown(prefecture)}{shown(name)}」は全国の市区町村の一覧にありません。",
            "都道府県と市区町村の名前を確かめてください。",
        )
    counts = {each.key: _steps(each, name, texts[each.key]) for each in reference.businesses}
    published = _rate(rate_key, f"{name}の完了率", texts[rate_key])
    return ProgressRow(prefecture, name, code, counts, published)


@lru_cache(maxsize=1024)  # the rates of a whole nation are mostly the same few dozen
def _parsed(text: str) -> tuple[Fraction | None, int | None]:
    """Give a rate and the steps it is of 40; None for what is no rate, or no fortieth."""
    plain = narrow(text)
    if not _NUMBER.fullmatch(plain):
        return None, None
    rate = Fraction(plain.removesuffix("%")) / (100 if plain.endswith("%") else 1)
    steps = round(rate * STEPS)
    return rate, steps if abs(rate * STEPS - steps) <= _SAME_STEP else None


def _rate(key: str, what: str, text: str) -> Fraction:
    rate, _ = _parsed(text)
    if rate is None:
        found = f"{what}「{shown(text)}」は割合ではありません。" if text else f"{what}が空です。"
        raise _RowError(key, found, "0.725 のような0から1までの数にしてください。")
    if rate > 1 + _SAME_STEP:
        raise _RowError(
            key, f"{what}「{shown(text)}」は1を超えています。", "値を確かめてください。"
        )
    return rate


def _steps(business: Business, name: str, text: str) -> int:
    rate = _rate(business.key, f"{name}の{business.name}", text)
    _, steps = _parsed(text)
    if steps is None:
        raise _RowError(
            business.key,
            f"{name}の{business.name}（{float(rate):.6g}）は、{STEPS}分の1の倍数ではありません。",
            f"全{STEPS}ステップのうちいくつかで割った値か、確かめてください。",
        )
    return steps


def _rate_notice(row: ProgressRow, businesses: int) -> list[str]:
    """Tell where the published 完了率 is not what the row adds up to; ours is shown."""
    if row.published is None:
        return []
    own = Fraction(row.total, STEPS * businesses)
    if abs(own - row.published) <= SAME_RATE:
        return []
    said = (
        f"{row.name}の完了率は{float(row.published):.4f}と公表されていますが、"
        f"業務ごとの値の平均は{float(own):.4f}です。平均のほうを示します。"
    )
    return [said]


# ---- デジタル庁 ----------------------------------------------------------------------------------


def _special_row(texts: Mapping[str, str], reference: Reference) -> ProgressRow:
    code_key, name_key, _ = OWN[SPECIAL]
    code = _code(code_key, narrow(texts[code_key]))
    if not 1 <= int(code[:2]) <= len(reference.prefectures):
        raise _RowError(code_key, f"{code}の都道府県はありません。", "コードを確かめてください。")
    prefecture = reference.prefectures[int(code[:2]) - 1]
    name = texts[name_key]
    if name != prefecture:
        name = name.removeprefix(prefecture)
    own_key = town_key(prefecture, name)
    # A prefecture or a union of towns is not in the list of municipalities.
    named = reference.codes.get(own_key, "")
    if not name or ((code in reference.keys or named) and named != code):
        listed = f"（一覧では{''.join(reference.keys[code])}）" if code in reference.keys else ""
        raise _RowError(
            name_key,
            f"団体コード{code}の名前が「{shown(name)}」です{listed}。",
            "団体コードと名前を確かめてください。",
        )
    keys = [*(each.key for each in reference.businesses), COMMON]
    marks = {key: 1 for key in keys if _is_marked(key, texts[key])}
    return ProgressRow(prefecture, name, code, marks)


def _code(key: str, text: str) -> str:
    """Read a code: a number lost its first 0, five digits their check digit."""
    plain = text.removesuffix(".0")
    if not plain.isdecimal() or not plain.isascii():
        raise _RowError(
            key, f"「{shown(text)}」は団体コードではありません。", "6桁にしてください。"
        )
    padded = plain.zfill(_SIX)
    # Five digits are a number without its first 0, or a code without its check digit.
    is_short = len(plain) == _FIVE
    if is_short and (plain.startswith("0") or check_digit(padded[:_FIVE]) != padded[-1]):
        return plain + check_digit(plain)
    try:
        return str(municipality_code(padded))
    except BadInputError as error:
        raise _RowError(key, f"「{shown(text)}」：{error.found}", error.todo) from None


def _is_marked(key: str, text: str) -> bool:
    if text not in ("", _MARK):
        found = f"「{shown(text)}」があります。"
        raise _RowError(key, found, f"「{_MARK}」か空欄にしてください。")
    return text == _MARK
