"""What somebody should look at before issuing (指摘): reported all at once, never repaired."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from consortium.domain.sharing.result import Result
from consortium.domain.yen import WHOLE_YEN

Check = Callable[[Result], Iterator[str]]


def totals_match(result: Result) -> Iterator[str]:
    """Each item's yen, with 端数差額, are its amount."""
    leaving = [pot.rule.rounding.residual == "unallocated" for pot in result.pots]
    for entry, paid in zip(result.items, map(sum, result.matrix), strict=True):
        rest = entry.unallocated if entry.pot is not None and leaving[entry.pot] else 0
        if paid + rest != entry.item.amount:
            yield (
                f"費目「{entry.item.name}」の負担額と端数差額の合計 {paid + rest:,}円が"
                f"対象経費 {entry.item.amount:,}円と一致しません。"
            )


def rest_left(result: Result) -> Iterator[str]:
    """Nobody took the odd yen (端数差額)."""
    kinds = {pot.rule.rounding.residual for pot in result.pots}
    if "unallocated" in kinds and result.unallocated:
        yield f"端数差額 {result.unallocated:,}円は、どの団体にも割り当てていません。"


def sign_turned(result: Result) -> Iterator[str]:
    """Placing the odd yen left a member with the opposite sign."""
    if all(pot.rule.rounding == WHOLE_YEN for pot in result.pots):
        return  # one yen each cannot turn a sign
    for entry, amounts in zip(result.items, result.matrix, strict=True):
        for party, amount in zip(result.parties, amounts, strict=True):
            if amount * entry.item.amount < 0:
                yield (
                    f"費目「{entry.item.name}」の端数処理により、"
                    f"{party.name}の負担額が {amount:,}円になりました。"
                )


def values_expected(result: Result) -> Iterator[str]:
    """A basis value is not final yet (見込)."""
    for series in result.series:
        if series.certainty == "見込":
            yield f"算定基礎「{series.label}」{series.edition}は見込の値です。"


#: A check is one function; `findings_of` runs them all.
CHECKS: tuple[Check, ...] = (totals_match, rest_left, sign_turned, values_expected)


def findings_of(result: Result) -> Result:
    """Give the result with its findings (指摘)."""
    return replace(result, findings=tuple(text for check in CHECKS for text in check(result)))
