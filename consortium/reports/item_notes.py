"""How the amount of an item came about, as a note on a statement (費目の注記).

The lines of a statement carry yen only; what made them (消費税, 米ドル, 補助金, 数量, 月数) stands
below the table, so that a town can follow its amount without the portal.
"""

from collections.abc import Iterator
from fractions import Fraction

from consortium.domain.sharing.result import EARLY, GRANT, REST, USAGE, ItemResult, Result
from consortium.domain.sharing.sentences import number, yen
from consortium.reports.wording import item_name, months_of_item


def item_notes(result: Result, position: int) -> Iterator[str]:
    """Give a note for each item of a member whose yen need one (費目の注記)."""
    for entry in result.items:
        if result.concerned(entry)[position]:
            texts = [*_amount(entry), *_quantities(entry, position)]
            texts += [*_fixed_first(result, entry, position), *_granted(entry, position)]
            if texts:
                yield f"番号{entry.item.no}　{item_name(entry.item)}　{'。'.join(texts)}。"


def _amount(entry: ItemResult) -> Iterator[str]:
    item = entry.item
    if item.note:
        yield item.note
    if item.gross is not None and item.gross != entry.shared:
        yield f"{yen(item.gross)}から補助金{yen(item.gross - entry.shared)}を引いた額です"


def _quantities(entry: ItemResult, position: int) -> Iterator[str]:
    for charge in entry.charges:
        if charge.key == USAGE and charge.facts[position]:
            used = charge.facts[position]
            quantity, price = Fraction(used["quantity"]), Fraction(used["price"])
            yield f"従量は {number(quantity)} × 単価{number(price)}円 です"


def _fixed_first(result: Result, entry: ItemResult, position: int) -> Iterator[str]:
    for portion in entry.portions:
        if portion.kind == EARLY and portion.counted[position]:
            whole = sum(record.shares[position] for record in portion.records)
            length = len(months_of_item(entry.item, result.fiscal_year))
            months = f"{len(portion.counted[position])}/{length}"
            yield f"期間の途中で加入・脱退したので、全期間とした額 {yen(whole)} × {months} です"
            return
        if portion.kind == REST:
            left = yen(portion.amount)
            yield f"途中で加入・脱退した団体の額を除いた {left} を、通年の団体で分けました"


def _granted(entry: ItemResult, position: int) -> Iterator[str]:
    for charge in entry.charges:
        if charge.key == GRANT and charge.amounts[position]:
            names, off = charge.facts[position]["names"], yen(-charge.amounts[position])
            yield f"分けた後の負担額から、この団体への補助（{names}）{off}を引きます"
