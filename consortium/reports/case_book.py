"""A computed case as a workbook to read (算定ケースのブック): amounts, lines, why, and from what.

It is no 帳票: nobody issues it, it has no number and no register. The same case gives the same
bytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from typing import NamedTuple

from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError
from consortium.domain.fiscalyear.instalment import Instalments
from consortium.domain.sharing.changed_inputs import values_used
from consortium.domain.sharing.explanation import Step, explain
from consortium.domain.sharing.result import Result
from consortium.domain.sharing.sentences import render, rule_note, series_note
from consortium.reports.book import Book, write
from consortium.reports.cells import CellRefusedError
from consortium.reports.page import notes
from consortium.reports.sheet import (
    A3,
    A4,
    BLANK,
    DASH,
    INT_LIMIT,
    LANDSCAPE,
    UPRIGHT,
    Cell,
    Column,
    Int,
    Ratio,
    Sheet,
    Text,
    lines_needed,
)
from consortium.reports.wording import item_name

AMOUNTS, LINES, WHY, GROUNDS = "負担額", "内訳", "計算の内訳", "前提"
LINE_COLUMNS = (
    Column("no", "番号", 6, "count"),
    Column("item", "費目", 34, "wrap"),
    Column("method", "按分方法", 24, "text"),
    Column("code", "団体コード", 12, "code"),
    Column("name", "団体", 14, "text"),
    Column("amount", "負担額", 16, "yen"),
)
#: Sentences beyond which nobody reads the sheet and programs stumble over it.
MOST_SENTENCES = 50_000

_TITLE, _NAME, _UNIT, _HEAD = 1, 2, 3, 4
_LABEL_WIDTH, _AMOUNT_WIDTH = 34, 14
#: A narrower table stands upright: turned, it would be blown up to the width of the paper.
_UPRIGHT_WIDTH = 100
#: A table with more columns than this needs A3.
_MOST_ON_A4 = 12
#: More members than this stand below each other, with the items side by side.
_MOST_BESIDE = 20
#: Each step of an explanation begins one narrow column further right.
_DEPTH, _STEP_WIDTH, _SENTENCE_WIDTH = 4, 3, 76
#: Columns that the texts of 前提 run over, or as many as its tables need.
_TEXT_COLUMNS = 5


class _Grid(NamedTuple):
    """A table of yen with totals; a row or column is right if it adds up (表)."""

    corner: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[int], bool]]
    totals: Sequence[int]
    checks: Sequence[bool]


def render_case(result: Result, name: str, instalments: Instalments | None = None) -> bytes:
    """Make the workbook of a computed case, with its instalments where it names them.

    Raises: BadInputError if an amount or text, or the number of sentences, is beyond a workbook.
    """
    title = name or "算定ケース"
    sheets = (_amounts(result, instalments), _lines(result), _why(result), _grounds(result))
    for sheet in sheets:
        _head(sheet, result, title)
    # Whoever computes the case again gets the same file: no clock, the year's first day instead.
    first = result.fiscal_year.period.since
    made = datetime(first.year, first.month, first.day, tzinfo=UTC)
    try:
        return write(Book(title, "", made, sheets))
    except CellRefusedError as error:
        raise BadInputError(
            "計算の結果をブックに書こうとしました。",
            f"{error}。",
            "15桁以上の額や長すぎる名前は書けません。json を指定してください。",
            path="--format",
        ) from None


def _head(sheet: Sheet, result: Result, name: str) -> None:
    """Write title, name of the case, fiscal year and unit above what a sheet holds."""
    last = sheet.last[1]
    sheet.merge((_TITLE, 1, _TITLE, last), Text(sheet.name), "title")
    sheet.heights[_TITLE] = 30
    notes(sheet, _NAME, [name], last)
    sheet.put(_UNIT, 1, Text(fiscal_year_label(result.fiscal_year)), "value")
    if sheet.name != GROUNDS:
        sheet.put(_UNIT, last, Text("（単位：円）"), "unit")


# ---- 負担額


def _amounts(result: Result, instalments: Instalments | None) -> Sheet:
    """Make the sheet 負担額: items and members with totals and check, and what follows."""
    grid = _by_member(result) if len(result.parties) > _MOST_BESIDE else _by_item(result)
    width = len(grid.columns) + 2
    widths = [_LABEL_WIDTH, *[_AMOUNT_WIDTH] * len(grid.columns), 8]
    sheet = Sheet(AMOUNTS, UPRIGHT if sum(widths) <= _UPRIGHT_WIDTH else LANDSCAPE)
    sheet.paper = A4 if width <= _MOST_ON_A4 else A3
    sheet.header_row, sheet.frozen_columns = _HEAD, 1
    sheet.least_widths = widths
    headings = [grid.corner, *grid.columns, "検算"]
    sheet.row(_HEAD, [Text(heading) for heading in headings], ["wrapped_header"] * width)
    lines = max(lines_needed(heading, _AMOUNT_WIDTH) for heading in grid.columns)
    sheet.heights[_HEAD] = max(30, lines * 16 + 4)
    row = _HEAD
    for label, amounts, right in grid.rows:
        row += 1
        sheet.put(row, 1, Text(label), "wrap")
        sheet.fit_height(row, label, _LABEL_WIDTH)
        sheet.row(row, [Int(amount) for amount in amounts], ["yen"] * len(amounts), first=2)
        _check(sheet, (row, width), right)
    sheet.put(row + 1, 1, Text("合計"), "total")
    sheet.row(row + 1, [Int(n) for n in grid.totals], ["total_yen"] * len(grid.totals), first=2)
    _check(sheet, (row + 1, width), all(grid.checks))
    sheet.put(row + 2, 1, Text("検算（縦の計）"), "total")
    for column, right in enumerate(grid.checks, start=2):
        _check(sheet, (row + 2, column), right)
    sheet.put(row + 2, width, BLANK, "good")
    sheet.frame((_HEAD, 1, row + 2, width), header=_HEAD, double=[row + 1])
    remarks = [f"確認事項　{finding.text}" for finding in result.findings]
    remarks.append("△は、減額を表します。どの額も、丸めた後の円を足したものです。")
    _consequences(sheet, result, notes(sheet, row + 3, remarks, width) + 1, instalments)
    return sheet


def _consequences(sheet: Sheet, result: Result, row: int, instalments: Instalments | None) -> None:
    """Write 実質負担 (参考) and 期別納付 below the amounts."""
    if result.beside:
        relief = [tuple(each.amounts) for each in result.beside]
        net = [amount - sum(each) for amount, *each in zip(result.amounts, *relief, strict=True)]
        columns = [(each.name, each.amounts) for each in result.beside]
        columns.append(("実質負担", tuple(net)))
        row = _yen_table(sheet, result, (row, "実質負担（参考）"), columns) + 1
    if instalments is not None:
        parts = zip(*(instalments.cut(amount) for amount in result.amounts), strict=True)
        columns = [(f"第{number}期", part) for number, part in enumerate(parts, start=1)]
        _yen_table(sheet, result, (row, "期別納付"), columns)


def _yen_table(
    sheet: Sheet,
    result: Result,
    place: tuple[int, str],
    columns: Sequence[tuple[str, Sequence[int]]],
) -> int:
    codes = [party.code for party in result.parties]
    values = [
        (heading, dict(zip(codes, map(Fraction, yen), strict=True))) for heading, yen in columns
    ]
    return _values(sheet, result, place, values)


def _check(sheet: Sheet, place: tuple[int, int], right: bool) -> None:
    sheet.put(*place, Text("一致" if right else "不一致"), "good" if right else "bad")


def _named(result: Result) -> list[str]:
    return [f"{entry.item.no}　{item_name(entry.item)}" for entry in result.items]


def _by_item(result: Result) -> _Grid:
    """Put the items below each other and the members side by side."""
    rest = [result.unallocated] if result.leaves_rest else []
    rows = []
    for name, entry, amounts in zip(_named(result), result.items, result.matrix, strict=True):
        cells = [*amounts, *([entry.unallocated] if rest else [])]
        rows.append((name, [*cells, sum(cells)], sum(cells) == entry.item.amount))
    totals = [*result.amounts, *rest, result.total]
    return _Grid(
        "費目",
        [*(party.name for party in result.parties), *(["端数差額"] if rest else []), "計"],
        rows,
        totals,
        _adds_up(rows, totals),
    )


def _by_member(result: Result) -> _Grid:
    """Put the members below each other and the items side by side."""
    rows = []
    for position, party in enumerate(result.parties):
        cells = [int(amounts[position]) for amounts in result.matrix]
        right = sum(cells) == result.amounts[position]
        rows.append((f"{party.code}　{party.name}", [*cells, sum(cells)], right))
    if result.leaves_rest:
        cells = [int(entry.unallocated) for entry in result.items]
        rows.append(("端数差額", [*cells, sum(cells)], sum(cells) == result.unallocated))
    totals = [*(int(entry.item.amount) for entry in result.items), int(result.total)]
    return _Grid("団体", [*_named(result), "計"], rows, totals, _adds_up(rows, totals))


def _adds_up(rows: Sequence[tuple[str, Sequence[int], bool]], totals: Sequence[int]) -> list[bool]:
    columns = zip(*(amounts for _, amounts, _ in rows), strict=True)
    return [sum(column) == total for column, total in zip(columns, totals, strict=True)]


# ---- 内訳


def _lines(result: Result) -> Sheet:
    """Make the sheet 内訳: a row per item, component and member."""
    last = len(LINE_COLUMNS)
    sheet = Sheet(LINES, UPRIGHT, header_row=_HEAD)
    sheet.least_widths = [column.width for column in LINE_COLUMNS]
    sheet.row(_HEAD, [Text(column.heading) for column in LINE_COLUMNS], ["header"] * last)
    sheet.heights[_HEAD] = 30
    names = {party.code: party.name for party in result.parties}
    styles, row = [column.style for column in LINE_COLUMNS], _HEAD
    for line in result.lines():
        row += 1
        name = item_name(line.item)
        cells = (Int(line.item.no), Text(name), Text(line.method))
        sheet.row(row, (*cells, Text(line.code), Text(names[line.code])), styles[:-1])
        sheet.put(row, last, Int(line.amount), styles[-1])
        sheet.fit_height(row, name, LINE_COLUMNS[1].width)
    row += 1
    label = "合計（端数差額を除く）" if result.unallocated else "合計"
    sheet.merge((row, 1, row, last - 1), Text(label), "total")
    sheet.put(row, last, Int(sum(result.amounts)), "total_yen")
    sheet.frame((_HEAD, 1, row, last), header=_HEAD, double=[row])
    return sheet


# ---- 計算の内訳


def _why(result: Result) -> Sheet:
    """Make the sheet 計算の内訳: every cell in sentences, each step further right."""
    last = _DEPTH + 2
    sheet = Sheet(WHY, UPRIGHT, header_row=_HEAD)
    sheet.least_widths = [*[_STEP_WIDTH] * _DEPTH, _SENTENCE_WIDTH, 16]
    sheet.merge((_HEAD, 1, _HEAD, last - 1), Text("計算の順"), "header")
    sheet.put(_HEAD, last, Text("負担額"), "header")
    sheet.heights[_HEAD] = 30
    row = _HEAD
    for position, party in enumerate(result.parties):
        row += 1
        name = f"{party.name}（{party.code}）"
        sheet.merge((row, 1, row, last - 1), Text(name), "block")
        sheet.put(row, last, Int(result.amounts[position]), "block_yen")
        for entry in result.items:
            for step, depth in _walk(explain(result, entry.item.no, party.code)):
                row += 1
                _refuse_too_many(row)
                _sentence(sheet, row, step, depth)
    sheet.frame((_HEAD, 1, row, last), header=_HEAD)
    return sheet


def _walk(step: Step, depth: int = 0) -> Iterator[tuple[Step, int]]:
    """Give a step and all below it, with how deep each stands."""
    yield step, depth
    for below in step.inputs:
        yield from _walk(below, depth + 1)


def _sentence(sheet: Sheet, row: int, step: Step, depth: int) -> None:
    first, text = min(depth, _DEPTH) + 1, render(step)
    if first > 1:
        sheet.merge((row, 1, row, first - 1), BLANK, "plain")
    sheet.merge((row, first, row, _DEPTH + 1), Text(text), "wrap")
    sheet.fit_height(row, text, _SENTENCE_WIDTH + _STEP_WIDTH * (_DEPTH + 1 - first))
    # Exact parts of a yen stand in the sentences; what is paid is whole yen.
    is_paid = depth < 2 and step.value.denominator == 1
    sheet.put(row, _DEPTH + 2, Int(step.value.numerator) if is_paid else BLANK, "yen")


def _refuse_too_many(row: int) -> None:
    if row > MOST_SENTENCES:
        raise BadInputError(
            "計算の内訳をブックに書こうとしました。",
            f"説明の文が {MOST_SENTENCES:,} 行を超えます。",
            "団体か費目を分けたケースにするか、json を指定してください。",
            path="--format",
        )


# ---- 前提


def _grounds(result: Result) -> Sheet:
    """Make the sheet 前提: rules in words, basis values, what to look at."""
    tables = [series for used in values_used(result).values() for series in used]
    last = 1 + max(_TEXT_COLUMNS, len(tables))
    sheet = Sheet(GROUNDS, UPRIGHT if last <= _TEXT_COLUMNS + 1 else LANDSCAPE)
    sheet.least_widths = [16, *[_AMOUNT_WIDTH + 2] * (last - 1)]
    row = _HEAD
    for kind, text in _texts(result):
        sheet.put(row, 1, Text(kind), "text")
        sheet.merge((row, 2, row, last), Text(text), "wrap")
        sheet.fit_height(row, text, (_AMOUNT_WIDTH + 2) * (last - 1))
        row += 1
    sheet.frame((_HEAD, 1, row - 1, last))
    columns = [
        (f"{series.label}\n{series.edition}" if series.edition else series.label, series.values)
        for series in tables
    ]
    if columns:
        _values(sheet, result, (row + 1, "団体"), columns)
    return sheet


def _texts(result: Result) -> Iterator[tuple[str, str]]:
    """Give what the result rests on in sentences, each with its kind."""
    lead = "、".join(party.name for party in result.parties if party.is_lead) or "なし"
    yield "団体", f"{len(result.parties)}団体（幹事市：{lead}）"
    seen: dict[tuple[str, str], None] = {}
    for entry in result.items:
        for portion in entry.portions:
            for window in result.pots[portion.pot].windows:
                note = rule_note(window.rule, result.names)
                seen[entry.item.category or "区分なし", note] = None
    yield from (("負担ルール", f"{category}：{note}") for category, note in seen)
    if not seen:
        yield "負担ルール", "負担ルールを使う費目はありません（すべて個別負担です）。"
    yield from (("算定基礎", series_note(series)) for series in result.series)
    for entry in result.items:
        if entry.item.note:
            yield "額の出し方", f"{item_name(entry.item)}：{entry.item.note}"
    yield from (("確認事項", finding.text) for finding in result.findings)
    if not result.findings:
        yield "確認事項", "ありません。"


def _values(
    sheet: Sheet,
    result: Result,
    place: tuple[int, str],
    columns: Sequence[tuple[str, Mapping[str, Fraction]]],
) -> int:
    """Write a table of values by member, from a row on and with its corner; give the row below."""
    top, corner = place
    headings = [corner, *(heading for heading, _ in columns)]
    sheet.row(top, [Text(heading) for heading in headings], ["header"] * len(headings))
    sheet.heights[top] = 40 if any("\n" in heading for heading in headings) else 30
    for row, party in enumerate(result.parties, start=top + 1):
        sheet.put(row, 1, Text(party.name), "text")
        for column, (_, values) in enumerate(columns, start=2):
            cell, style = _value(values.get(party.code))
            sheet.put(row, column, cell, style)
    bottom = top + len(result.parties)
    sheet.frame((top, 1, bottom, len(headings)), header=top)
    return bottom + 1


def _value(value: Fraction | None) -> tuple[Cell, str]:
    """Write a value as a whole number; only where it is none, as a decimal."""
    if value is None:
        return DASH, "center"
    if value.denominator == 1 and abs(value.numerator) < INT_LIMIT:
        return Int(value.numerator), "yen"
    return Ratio(value.numerator, value.denominator), "decimal"
