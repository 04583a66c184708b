"""One item on 算定内訳: its amount once, then every block that follows from it (費目の算定内訳)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from consortium.domain.sharing.result import (
    DIRECT,
    EARLY,
    LINE_LABELS,
    MONTH,
    REST,
    USAGE,
    WHOLE,
    Charge,
    ItemResult,
    Portion,
)
from consortium.reports.calculation_cut import Shares
from consortium.reports.calculation_portions import (
    Ending,
    Source,
    Split,
    Splitter,
    components_of,
    percentages,
)
from consortium.reports.calculation_table import (
    BLOCK,
    ITEM,
    SHARE,
    STEP_COUNT,
    STEP_YEN,
    Due,
    Table,
)
from consortium.reports.formulas import fits, floordiv, verdict
from consortium.reports.sheet import BLANK, DASH, Cell, Formula, Int
from consortium.reports.steps import Steps
from consortium.reports.wording import item_name, months_of_item, rule_name, span

#: What who joined or left would pay for the whole of the item.
_YEAR = "年額とした場合の額"


@dataclass(slots=True)
class Item:
    """An item while it is written (費目)."""

    steps: Steps
    table: Table
    splitter: Splitter
    entry: ItemResult
    title: str = ""
    #: rows that add up to the item: their yen are the members', and of which key they are
    shares: list[int] = field(default_factory=list)
    keyed: dict[str, list[int]] = field(default_factory=dict)
    bases: dict[str, list[int]] = field(default_factory=dict)
    #: cells that add up to the amount of the item, with their sign
    amounts: list[str] = field(default_factory=list)

    def write(self) -> None:
        """Write everything about the item, and note where its amounts stand."""
        entry, table, item = self.entry, self.table, self.entry.item
        self.title = f"{item.no}　{item_name(item)}"
        months = months_of_item(item, table.result.fiscal_year)
        if len(months) < len(table.result.fiscal_year.months()):
            self.title += f"（{span(months)}）"
        if entry.portions and entry.portions[0].records:
            self._portions(self._opening())
        elif entry.portions:
            rows = percentages(table, entry.portions[0], self.splitter, self.title)
            self.amounts += [table.whole(row) for row in rows.values()]
            for key, row in rows.items():
                self._note(key, row, row)
                self.shares.append(row)
        for charge in entry.charges:
            if charge.key != USAGE:
                self.amounts.append(table.whole(self._charge(charge)))
        self._sums()
        self._subtotal()

    # ---- the amount -----------------------------------------------------------------------------

    def _opening(self) -> Source:
        """Write the amount of the item once, and what is shared of it."""
        table, entry = self.table, self.entry
        shared = entry.shared
        before = shared if entry.item.gross is None else entry.item.gross
        usage = [charge for charge in entry.charges if charge.key == USAGE]
        portions, pot = entry.portions, table.result.pots[entry.portions[0].pot]
        one_block = len(portions) == 1 and (pot.whole is not None or len(pot.components) == 1)
        if one_block and not usage and before == shared:
            place = table.whole(table.row)
            table.unlock(table.row, total=True)
            self.amounts.append(place)
            return Int(shared)
        row = table.heading(self.title, Int(before), ITEM)
        table.unlock(row, total=True)
        places = [table.whole(row)]
        self.amounts += places
        empty = dict.fromkeys(table.positions, BLANK)
        if before != shared:
            off = table.line("分ける前に差し引く補助金", empty, Int(shared - before))
            places.append(f"+{table.whole(off)}")
            self.amounts.append(table.whole(off))
        for charge in usage:
            places.append(f"-{table.whole(self._charge(charge))}")
        amount = sum(portion.amount for portion in portions)
        if len(places) == 1:
            return Due(places[0], amount)
        text = Formula("".join(places), amount)
        left = table.line("按分する額", empty, text, SHARE)
        return Due(table.whole(left), amount)

    # ---- what is split --------------------------------------------------------------------------

    def _portions(self, source: Source) -> None:
        """Write every amount that was split."""
        count, taken = len(self.entry.portions), ""
        for number, portion in enumerate(self.entry.portions):
            if portion.kind == EARLY and isinstance(source, Due):
                taken = self.table.whole(self._early(portion, source))
                continue
            name, own = self.title, source
            if portion.kind == REST and isinstance(source, Due):
                name += "　残りの額"
                own = Formula(f"{source.place}-{taken}", portion.amount)
            if portion.kind == MONTH and isinstance(source, Due) and portion.month:
                name += f"　{span([portion.month])}分"
                own = _month(source.place, number, count, portion.amount)
            self._split(portion, name, own)

    def _split(self, portion: Portion, name: str, source: Source) -> None:
        split = self.splitter.split(portion, name, source, Ending(portion.amount))
        for key, written in split.written.items():
            self.shares.append(written.share)
            # What is left of a cost is no cost of its own: 対象経費 is that of the whole year.
            base = None if portion.kind == REST else split.headings[key]
            self._note(key, written.share, base)
            if written.rest is not None:
                self.steps.rests.setdefault(self.entry.item.no, []).append(written.rest)
            if key in split.weights and portion.kind == WHOLE:
                row, part = split.weights[key]
                self.steps.weights[self.entry.item.no, key] = row, part.weights, part.total
        if split.pot.whole is not None:
            self._components(portion, split, split.written[WHOLE].share, split.written[WHOLE].moved)

    def _components(self, portion: Portion, split: Split, row: int, moved: int | None) -> None:
        """Write how the shares of a row are cut into components (うち)."""
        there = {at for window in split.pot.windows for at in window.positions}
        if portion.kind == EARLY:
            there = {at for at, months in enumerate(portion.counted) if months}
        here = [at for at in self.table.positions if at in there]
        yen = {at: sum(cut[at] for cut in portion.cuts) for at in range(len(portion.cuts[0]))}
        rows = components_of(self.table, portion, split, Shares(row, moved, here, yen))
        for key, place in rows.items():
            self._note(key, place, place if portion.kind in (WHOLE, MONTH) else None)

    def _early(self, portion: Portion, source: Due) -> int:
        """Write what those pay who joined or left: a whole year's yen, cut to their months."""
        table = self.table
        here = [at for at, months in enumerate(portion.counted) if months]
        shown = [at for at in here if at in table.positions]
        split = None
        # A file of one member that was there all along needs no more than what was taken first.
        if shown:
            end = Ending(source.amount, _YEAR, STEP_YEN)
            split = self.splitter.split(portion, f"{self.title}　年額とした場合", source, end)
            for key, heading in split.headings.items():
                self.bases.setdefault(key, []).append(heading)
        pot = table.result.pots[portion.pot]
        name = f"{self.title}　途中加入・脱退の団体の額　{rule_name(pot)}"
        heading = table.heading(name, BLANK)
        row = self._months_of(portion, shown, split)
        total = Formula(table.whole(row), portion.amount)
        table.sheet.put(heading, 2 + len(table.positions), total, "block_yen")
        self.shares.append(row)
        if pot.whole is not None:
            self._note(WHOLE, row, None)
        if split is not None:
            self._components(portion, split, row, None)
        return row

    def _months_of(self, portion: Portion, shown: Sequence[int], split: Split | None) -> int:
        """Write the year's yen, the months in force, and the yen for those months; give its row."""
        table, first = self.table, self.table.row
        length = len(months_of_item(self.entry.item, table.result.fiscal_year))
        rows = [written.share for written in split.written.values()] if split else []
        year: dict[int, Cell] = {}
        paid: dict[int, Cell] = {}
        for at in shown:
            whole = sum(record.shares[at] for record in portion.records)
            yen = sum(cut[at] for cut in portion.cuts)
            year[at] = Formula("+".join(table.at(row, at) for row in rows), whole)
            size = f"ABS({table.at(first, at)})*{table.at(first + 1, at)}"
            text = f"SIGN({table.at(first, at)})*{floordiv(size, str(length))}"
            paid[at] = Formula(text, yen) if fits(whole * length) else Int(yen)
        table.line(f"{_YEAR}の計", year, DASH)
        months: dict[int, Cell] = {at: Int(len(portion.counted[at])) for at in shown}
        table.line(f"参加した月数（{length}か月のうち）", months, DASH, STEP_COUNT)
        label = f"負担額（年額×月数÷{length}、円未満切捨て）"
        return table.line(label, paid, portion.amount, SHARE)

    # ---- what is not split ----------------------------------------------------------------------

    def _charge(self, charge: Charge) -> int:
        """Write yen that were not split; give the heading, whose amount they come to."""
        table, total = self.table, sum(charge.amounts)
        heading = table.heading(f"{self.title}　{LINE_LABELS[charge.key]}", Int(total))
        due = Due(table.whole(heading), total)
        here = [at for at in table.positions if charge.amounts[at]]
        cells: dict[int, Cell] = {at: Int(charge.amounts[at]) for at in here}
        if charge.key == DIRECT:
            table.unlock(heading, total=True)
            cells = {at: Formula(due.place, charge.amounts[at]) for at in here}
        check = table.balance(table.row, total, due)
        row = table.line("負担額", cells, total, SHARE, check)
        self.shares.append(row)
        self._note(charge.key, row, row)
        return heading

    # ---- sums -----------------------------------------------------------------------------------

    def _note(self, key: str, row: int, base: int | None) -> None:
        """Remember where a printed row of the item stands, and its 対象経費."""
        self.keyed.setdefault(key, []).append(row)
        if base is not None:
            self.bases.setdefault(key, []).append(base)

    def _sums(self) -> None:
        """Add up what stands in several portions, row by row as a statement prints them."""
        table, no = self.table, self.entry.item.no
        rows = {row.key: row for row in table.result.rows(self.entry)}
        for key, places in self.keyed.items():
            if len(places) > 1 and key in rows:
                amounts = rows[key].amounts
                cells = table.added(places, amounts)
                places = [table.line(f"{rows[key].label}の計", cells, sum(amounts))]
            if len(places) == 1:
                self.steps.lines[no, key] = places[0]
        wholes = self.keyed.get(WHOLE, [])
        if len(wholes) > 1:
            yen = [sum(each) for each in zip(*self._cuts(), strict=True)]
            row = table.line("按分による額の計", table.added(wholes, yen), sum(yen), STEP_YEN)
            self.steps.lines[no, WHOLE] = row
        for key, places in self.bases.items():
            self.steps.bases[no, key] = tuple(places)

    def _cuts(self) -> list[tuple[int, ...]]:
        """Give the rows of yen that were split, all portions together."""
        portions = self.entry.portions
        moved = [portion.moved for portion in portions if portion.moved]
        return [row for portion in portions for row in portion.cuts] + moved

    def _subtotal(self) -> None:
        """Write 小計 where several rows add up to the item, and check it."""
        table, entry = self.table, self.entry
        if len(self.shares) == 1:
            self.steps.items[entry.item.no] = self.shares[0]
            return
        amounts, total = entry.amounts, sum(entry.amounts)
        left = [table.whole(table.row)]
        left += [table.whole(row) for row in self.steps.rests.get(entry.item.no, ())]
        kept = total + entry.unallocated == entry.item.amount
        text = verdict(f"{'+'.join(left)}={'+'.join(self.amounts)}")
        check = Formula(text, "一致" if kept else "不一致")
        cells = table.added(self.shares, amounts)
        self.steps.items[entry.item.no] = table.line("小計", cells, total, BLOCK, check)


def _month(place: str, number: int, months: int, amount: int) -> Cell:
    """Give the amount of a month: equal parts, and a yen more for the early months."""
    size = f"ABS({place})"
    if not fits(abs(amount) * months + months):
        return Int(amount)
    each = floordiv(size, str(months))
    more = f"IF({size}-{each}*{months}>{number},1,0)"
    return Formula(f"SIGN({place})*({each}+{more})", amount)
