"""What somebody should look at before issuing (指摘): reported all at once, never repaired."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from consortium.domain.funding import PER_MEMBER, PRE_SPLIT, above_cost
from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.cautions import (
    Outlook,
    fixed_near_hundred,
    ratios_rounded,
    weights_near_hundred,
)
from consortium.domain.sharing.result import USAGE, Finding, Result
from consortium.domain.yen import WHOLE_YEN

Check = Callable[[Result, Agreement], Iterator[Finding]]


def totals_match(result: Result, _: Agreement) -> Iterator[Finding]:
    """Each item's yen, with 端数差額, are its amount."""
    leaves = any(pot.rule.rounding.residual == "unallocated" for pot in result.pots)
    for entry, paid in zip(result.items, map(sum, result.matrix), strict=True):
        rest = entry.unallocated if leaves else 0
        if paid + rest != entry.item.amount:
            text = (
                f"費目「{entry.item.name}」の負担額と端数差額の合計 {paid + rest:,}円が"
                f"対象経費 {entry.item.amount:,}円と一致しません。"
            )
            yield Finding(text, blocks=True)


def rest_left(result: Result, _: Agreement) -> Iterator[Finding]:
    """Nobody took the odd yen (端数差額)."""
    kinds = {pot.rule.rounding.residual for pot in result.pots}
    if "unallocated" in kinds and result.unallocated:
        text = f"端数差額 {result.unallocated:,}円は、どの団体にも割り当てていません。"
        yield Finding(text)


def sign_turned(result: Result, _: Agreement) -> Iterator[Finding]:
    """Placing the odd yen left a member with the opposite sign."""
    if all(pot.rule.rounding == WHOLE_YEN for pot in result.pots):
        return  # one yen each cannot turn a sign
    for entry, amounts in zip(result.items, result.matrix, strict=True):
        if not entry.portions or entry.charges:
            continue  # an amount that was not split has the sign it was given
        for party, amount in zip(result.parties, amounts, strict=True):
            if amount * entry.item.amount < 0:
                text = (
                    f"費目「{entry.item.name}」の端数処理により、"
                    f"{party.name}の負担額が {amount:,}円になりました。"
                )
                yield Finding(text)


def values_expected(result: Result, _: Agreement) -> Iterator[Finding]:
    """A basis value is not final yet (見込)."""
    for series in result.series:
        if series.certainty == "見込":
            yield Finding(f"算定基礎「{series.label}」{series.edition}は見込の値です。")


def weights_beside_hundred(result: Result, _: Agreement) -> Iterator[Finding]:
    """Weights or fixed percentages look like per cent and do not total 100."""
    rules = {id(w.rule): w.rule.require() for pot in result.pots for w in pot.windows}
    texts = [
        text
        for rule in rules.values()
        for caution in (weights_near_hundred, fixed_near_hundred)
        for text in caution(Outlook(rule))
    ]
    yield from (Finding(text) for text in dict.fromkeys(texts))


def ratios_beside_one(result: Result, _: Agreement) -> Iterator[Finding]:
    """Ratios rounded first do not add up to 1, so the total had to be balanced again."""
    texts = [
        text
        for pot in result.pots
        if pot.rule.rounding.ratio_digits is not None
        for text in ratios_rounded(Outlook(pot.rule, ratios=pot.ratios))
    ]
    yield from (Finding(text) for text in dict.fromkeys(texts))


def usage_above_cost(result: Result, _: Agreement) -> Iterator[Finding]:
    """Quantities at their price come to more than the item costs."""
    for entry in [entry for entry in result.items if entry.charges]:
        used = sum(sum(charge.amounts) for charge in entry.charges if charge.key == USAGE)
        cost = entry.item.amount if entry.item.gross is None else entry.item.gross
        if used > cost >= 0:
            yield Finding(
                f"費目「{entry.item.name}」の従量の計 {used:,}円が、費目の額 {cost:,}円を"
                "超えています。超える分は返還として分けました。"
            )


def grants_within_cost(result: Result, terms: Agreement) -> Iterator[Finding]:
    """A grant is above the cost it is tied to; reported, not cut, and nothing is issued with it."""
    if not terms.grants:
        return
    reducing = [grant for grant in terms.grants if grant.treatment == PRE_SPLIT]
    for entry in result.items:
        own = [grant for grant in reducing if grant.item == entry.item.no]
        if own and entry.item.gross is not None:
            yield from _above(above_cost(f"費目「{entry.item.name}」", own, entry.item.gross))
    for position, party in enumerate(result.parties):
        own = [g for g in terms.grants if g.treatment == PER_MEMBER and g.member == party.code]
        if own:
            granted = sum(entry.granted(position) for entry in result.items)
            paid = result.amounts[position] + granted
            yield from _above(above_cost(f"{party.name}の負担額", own, paid))


def _above(text: str | None) -> Iterator[Finding]:
    if text:
        yield Finding(text, blocks=True)


#: A check is one function; `findings_of` runs them all.
CHECKS: tuple[Check, ...] = (
    totals_match,
    rest_left,
    sign_turned,
    values_expected,
    weights_beside_hundred,
    ratios_beside_one,
    usage_above_cost,
    grants_within_cost,
)


def findings_of(result: Result, terms: Agreement) -> Result:
    """Give the result with its findings (指摘)."""
    return replace(
        result, findings=tuple(each for check in CHECKS for each in check(result, terms))
    )
