"""The sheet 算定内訳: how each amount came about, step by step (算定内訳).

Per item and component: the weights (指標), what rounding cut off (切捨額), what it left (剰余), the
order in which odd yen were served (順位), the amount (負担額), its sum and the check (検算).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from consortium.domain.calendar.wareki import wareki
from consortium.domain.sharing.result import (
    EARLY,
    LINE_LABELS,
    MONTH,
    REST,
    ROUNDING,
    ItemResult,
    Portion,
    Pot,
    Result,
    Window,
)
from consortium.domain.sharing.sentences import yen
from consortium.domain.yen import RESIDUALS, Shares, Weights, by_ratio
from consortium.reports.document import StatementDocument
from consortium.reports.page import HEADING_ROW, head, notes
from consortium.reports.sheet import (
    A3,
    A4,
    BLANK,
    DASH,
    INT_LIMIT,
    Cell,
    Column,
    Int,
    Ratio,
    Sheet,
    Text,
)
from consortium.reports.wording import (
    STAGES,
    item_name,
    months_of_item,
    rule_name,
    span,
    takes_part,
)

SHEET = "算定内訳"
COLUMNS = (
    Column("step", "経費区分・計算過程", 44),
    Column("member", "", 14),
    Column("total", "計", 16),
    Column("check", "検算", 10),
)
#: More members than this need A3.
MOST_ON_A4 = 10

_ROUNDED = {"floor": "切捨額", "half_up": "四捨五入額", "ceil": "切上額"}


#: What who joined or left would pay for the whole of the item.
_YEAR = "年額とした場合の額"


class _Last(NamedTuple):
    """The line in which a block ends: its name, its styles, the yen it must come to."""

    label: str
    styles: tuple[str, str]
    amount: int


@dataclass(slots=True)
class _Table:
    """The table being written: members in code order, only those shown."""

    sheet: Sheet
    result: Result
    positions: tuple[int, ...]
    row: int

    def line(
        self,
        label: str,
        cells: Sequence[Cell],
        total: Cell,
        styles: tuple[str, str] = ("step", "count"),
        check: bool | None = None,
    ) -> None:
        """Write one row; `cells` stand in the order of the result's parties."""
        label_style, style = styles
        shown = [cells[position] for position in self.positions]
        values = [(cell, "center" if cell is DASH else style) for cell in (*shown, total)]
        result = BLANK if check is None else Text("一致" if check else "不一致")
        check_style = label_style if label_style in ("block", "total") else "good"
        values.append((result, "bad" if check is False else check_style))
        self.sheet.put(self.row, 1, Text(label), label_style)
        for offset, (cell, name) in enumerate(values, start=2):
            self.sheet.put(self.row, offset, cell, name)
        self.row += 1

    def heading(self, label: str, amount: int) -> None:
        """Write the heading of a block: what is shared, and how many yen of it."""
        row = self.row
        self.line(label, [BLANK] * len(self.result.parties), Int(amount), ("block", "block_yen"))
        members = len(self.positions)
        self.sheet.merge((row, 1, row, 1 + members), Text(label), "block")
        self.sheet.fit_height(row, label, COLUMNS[0].width + COLUMNS[1].width * members)


def calculation(document: StatementDocument, only: str | None = None) -> Sheet:
    """Make the sheet; `only` keeps the other members' columns away from that member's file."""
    result = document.result
    positions = takes_part(result) if only is None else (result.position(only),)
    sheet = Sheet(SHEET, paper=A4 if len(positions) <= MOST_ON_A4 else A3, row_height=18)
    step, member, whole, check = COLUMNS
    sheet.least_widths = [step.width, *[member.width] * len(positions), whole.width, check.width]
    last = len(sheet.least_widths)
    stage = STAGES[document.stage].label
    title = f"{document.fiscal_year_label}共同クラウド運営負担金　算定内訳（{stage}）"
    if only is not None:
        title += f"　{result.parties[result.position(only)].name}"
    head(sheet, title, last, is_sample=document.is_sample)
    top = max(HEADING_ROW, notes(sheet, 3, document.rule_notes, last) + 1)
    sheet.put(top - 1, last, Text("（単位：円）"), "unit")
    names = [result.parties[position].name for position in positions]
    headings = [step.heading, *names, whole.heading, check.heading]
    sheet.row(top, [Text(heading) for heading in headings], ["header"] * last)
    sheet.heights[top] = 30
    sheet.header_row, sheet.frozen_columns = top, 1
    table = _Table(sheet, result, positions, top + 1)
    # Another town's direct charge stays out of a file that shows one town only.
    entries = [entry for entry in result.items if _concerns(result, entry, positions)]
    for entry in entries:
        _item(table, entry)
    total = sum(sum(entry.amounts) for entry in entries)
    right = total == sum(entry.item.amount - entry.unallocated for entry in entries)
    table.line("合計", _yen(result.amounts), Int(total), ("total", "total_yen"), right)
    sheet.heights[table.row - 1] = 24
    sheet.frame((top, 1, table.row - 1, last), header=top, double=[table.row - 1])
    return sheet


def _concerns(result: Result, entry: ItemResult, positions: tuple[int, ...]) -> bool:
    """Say whether an item concerns any of the members shown."""
    codes = {result.parties[position].code for position in positions}
    return any(line.code in codes for line in result.lines_of(entry))


def _yen(amounts: Sequence[int]) -> list[Cell]:
    return [Int(amount) for amount in amounts]


def _item(table: _Table, entry: ItemResult) -> None:
    """Write everything about one item."""
    result, item = table.result, entry.item
    title = f"{item.no}　{item_name(item)}"
    months = months_of_item(item, result.fiscal_year)
    if len(months) < len(result.fiscal_year.months()):
        title += f"（{span(months)}）"
    blocks = 0
    for charge in entry.charges:
        total = sum(charge.amounts)
        table.heading(f"{title}　{LINE_LABELS[charge.key]}", total)
        cells = [Int(amount) if amount else DASH for amount in charge.amounts]
        table.line("負担額", cells, Int(total), ("share", "share_yen"), check=True)
        blocks += 1
    for portion in entry.portions:
        pot = result.pots[portion.pot]
        name = title + _portion_name(portion)
        if not portion.records:
            blocks += _percentages(table, portion, pot, name)
        elif portion.kind == EARLY:
            blocks += _early(table, entry, portion, pot, title)
        else:
            due = _Last("負担額", ("share", "share_yen"), portion.amount)
            blocks += _split(table, portion, pot, name, due)
            if pot.whole is not None:
                here = [part > 0 for part in pot.whole.numerators]
                _parts(table, portion, pot, here)
    if blocks > 1:
        amounts, total = entry.amounts, sum(entry.amounts)
        right = total + entry.unallocated == entry.item.amount
        table.line("小計", _yen(amounts), Int(total), ("block", "block_yen"), right)


def _portion_name(portion: Portion) -> str:
    """Name an amount that is not the whole item."""
    if portion.kind == MONTH and portion.month is not None:
        return f"　{span([portion.month])}分"
    rest = f"　残りの額 {yen(portion.amount)}"
    return {EARLY: "　途中加入・脱退の団体の額", REST: rest}.get(portion.kind, "")


def _percentages(table: _Table, portion: Portion, pot: Pot, title: str) -> int:
    """Write what a percentage of each member's own value comes to; there is nothing to cut."""
    for component, row in zip(pot.components, portion.cuts, strict=True):
        table.heading(f"{title}　{component.label}", sum(row))
        _weights(table, pot, component.key, "（円、端数処理前）")
        table.line("負担額", _yen(row), Int(sum(row)), ("share", "share_yen"), check=True)
    return len(pot.components)


def _early(table: _Table, entry: ItemResult, portion: Portion, pot: Pot, title: str) -> int:
    """Write what those pay who joined or left: a whole year's yen, cut to their months."""
    here = [bool(months) for months in portion.counted]
    # A file of one member that was there all along needs no more than what was taken first.
    shown, blocks = any(here[position] for position in table.positions), 0
    if shown:
        year = _Last(_YEAR, ("step", "yen"), sum(each.amount for each in entry.portions))
        blocks = _split(table, portion, pot, f"{title}　年額とした場合", year)
    whole = [sum(r.shares[p] for r in portion.records) for p in range(len(here))]
    length = len(months_of_item(entry.item, table.result.fiscal_year))
    paid = [sum(row[p] for row in portion.cuts) for p in range(len(here))]
    table.heading(f"{title}{_portion_name(portion)}　{rule_name(pot)}", portion.amount)
    table.line(f"{_YEAR}の計", _only(here, _yen(whole)), DASH, ("step", "yen"))
    counted = _only(here, [Int(len(months)) for months in portion.counted])
    table.line(f"参加した月数（{length}か月のうち）", counted, DASH)
    shares = _only(here, _yen(paid))
    right = sum(paid) == portion.amount
    label = f"負担額（年額×月数÷{length}、円未満切捨て）"
    table.line(label, shares, Int(portion.amount), ("share", "share_yen"), right)
    if shown:
        _parts(table, portion, pot, here)
    return blocks + 1


def _split(table: _Table, portion: Portion, pot: Pot, title: str, last: _Last) -> int:
    """Write how an amount was split, a block per component or one for all; give how many."""
    if pot.whole is None:
        for component, record in zip(pot.components, portion.records, strict=True):
            amount = sum(record.shares) + record.unallocated
            table.heading(f"{title}　{component.label}", amount)
            _weights(table, pot, component.key)
            _rounding(table, pot, component.weights, record, last._replace(amount=amount))
        return len(portion.records)
    record = portion.records[0]
    table.heading(f"{title}　{rule_name(pot)}", last.amount)
    for component in pot.components:
        _weights(table, pot, component.key, component.label)
    if len(pot.windows) == 1:
        _combined(table, pot.whole)
    _rounding(table, pot, pot.whole, record, last)
    return 1


def _parts(table: _Table, portion: Portion, pot: Pot, here: Sequence[bool]) -> None:
    """Write how finished shares were cut into the components (うち)."""
    rows = [(part.label, row) for part, row in zip(pot.components, portion.cuts, strict=True)]
    if portion.moved:
        rows.append((LINE_LABELS[ROUNDING], portion.moved))
    for label, amounts in rows:
        table.line(f"うち{label}", _only(here, _yen(amounts)), Int(sum(amounts)), ("step", "yen"))


def _weights(table: _Table, pot: Pot, key: str, label: str = "") -> None:
    """Write a component's weights, once for each window of months."""
    year = table.result.fiscal_year
    for window in pot.windows:
        months = [month for month in year.months() if window.first <= month <= window.last]
        text = f"指標　{label}" if label else "指標"
        if window.days is not None:
            first, last = window.days
            text += f"　{wareki(first)}～{wareki(last)}（{(last - first).days + 1}日）"
        elif len(pot.windows) > 1:
            text += f"　{span(months)}（{len(months)}か月）"
        weights = _weights_in(window, key)
        if weights is not None:
            cells: list[Cell] = [DASH] * len(table.result.parties)
            for position, weight in zip(window.positions, weights, strict=True):
                cells[position] = _exact(weight)
            total = sum(weights, Fraction(0))
            whole = all(weight.denominator == 1 for weight in weights)
            table.line(text, cells, _exact(total), ("step", "count" if whole else "decimal"))


def _weights_in(window: Window, key: str) -> tuple[Fraction, ...] | None:
    """Give a component's weights in a window; None if its rule has no such component."""
    for component, weights in zip(window.rule.require().components, window.weights, strict=True):
        if component.key == key:
            return weights
    return None


def _exact(value: Fraction) -> Cell:
    """Write a weight as a whole number; only where it is none, as a decimal."""
    if value.denominator == 1 and value.numerator < INT_LIMIT:
        return Int(value.numerator)
    return Ratio(value.numerator, value.denominator)


def _combined(table: _Table, weights: Weights) -> None:
    """Write the members' exact parts over one denominator (持分)."""
    whole = weights.denominator
    if whole >= INT_LIMIT:
        cells: list[Cell] = [Ratio(part, whole) if part else DASH for part in weights.numerators]
        table.line("持分（全体を100％とする割合）", cells, Ratio(1, 1), ("step", "ratio"))
        return
    cells = [Int(part) if part else DASH for part in weights.numerators]
    table.line("持分（分子、計は共通分母）", cells, Int(whole))


def _rounding(table: _Table, pot: Pot, weights: Weights, record: Shares, last: _Last) -> None:
    """Write 切捨額, 剰余, 順位, the odd yen placed as a whole, 負担額 and 端数差額."""
    rounding, amount = pot.rule.rounding, last.amount
    if len(pot.windows) > 1:
        _combined(table, weights)
    if rounding.ratio_digits is not None:
        weights = by_ratio(weights, rounding)
        ratios: list[Cell] = [Ratio(n, weights.denominator) for n in weights.numerators]
        label = f"割合（小数{rounding.ratio_digits}桁に丸めた値）"
        total_ratio = Ratio(sum(weights.numerators), weights.denominator)
        table.line(label, ratios, total_ratio, ("step", "ratio"))
    here = [part > 0 for part in weights.numerators]
    left = abs(amount) - sum(record.rounded)
    rounded = _only(here, _yen(record.rounded))
    label = _ROUNDED[rounding.mode] + ("（絶対値）" if amount < 0 else "")
    table.line(label, rounded, Int(sum(record.rounded)), ("step", "yen"))
    _remainders(table, pot, weights, record, left)
    if record.order:
        ranks: list[Cell] = [BLANK] * len(here)
        for rank, position in enumerate(record.order, start=1):
            ranks[position] = Int(rank)
        table.line("順位", _only(here, ranks), DASH)
    if record.receiver is not None and record.moved:
        moved = [
            Int(record.moved) if position == record.receiver else DASH
            for position in range(len(here))
        ]
        label = f"端数（{RESIDUALS[rounding.residual].label}）"
        table.line(label, moved, Int(record.moved), ("step", "yen"))
    total = sum(record.shares)
    right = total + record.unallocated == amount
    shares = _only(here, _yen(record.shares))
    table.line(last.label, shares, Int(total), last.styles, right)
    if record.unallocated:
        nobody: list[Cell] = [DASH] * len(here)
        table.line("端数差額（割り当てない額）", nobody, Int(record.unallocated), ("step", "yen"))


def _remainders(table: _Table, pot: Pot, weights: Weights, record: Shares, left: int) -> None:
    """Write what rounding left: over the sum of the weights shown, as a reader would compute it."""
    scale = Fraction(1)
    if len(pot.windows) == 1:
        for component in pot.components:
            if component.weights is weights:
                shown = _weights_in(pot.windows[0], component.key) or ()
                scale = sum(shown, Fraction(0)) / weights.denominator
    rounding = pot.rule.rounding
    remarks = [] if rounding.mode == "floor" else ["切上げは負"]
    remainders = [remainder * scale for remainder in record.remainders]
    here = [part > 0 for part in weights.numerators]
    cells: list[Cell]
    if all(value.denominator == 1 and abs(value) < INT_LIMIT for value in remainders):
        cells, style = [Int(value.numerator) for value in remainders], "yen"
    else:
        divisor = weights.denominator * rounding.unit
        cells, style = [Ratio(value, divisor) for value in record.remainders], "ratio"
        remarks.append(f"{rounding.unit:,}円に対する割合")
    label = f"剰余（{'、'.join([*remarks, '計は不足額'])}）"
    table.line(label, _only(here, cells), Int(left), ("step", style))


def _only(here: Sequence[bool], cells: Sequence[Cell]) -> list[Cell]:
    """Keep the cells of members that take part; a dash for the others."""
    return [cell if inside else DASH for inside, cell in zip(here, cells, strict=True)]
