"""Who pays how much, worked out a second time (検算): exact fractions and the plainest loops.

Written from the text of cost-sharing.md (§2, §4, §5), not from the engine, and knowing nothing of
it: plain tuples and dictionaries in, yen out. Slow and short on purpose.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple


class RefusedError(Exception):
    """The agreement gives no answer: nobody is in force, no rule, no value, or no weight."""


class Version(NamedTuple):
    """A version of a rule: from `since`, for one category or (None) for those without their own."""

    since: date
    category: str | None
    parts: tuple[tuple[str, Fraction], ...]


class Item(NamedTuple):
    """A cost, the first days of its months, and who bears it alone."""

    category: str
    amount: int
    months: tuple[date, ...]
    charge_to: str | None = None


class Agreement(NamedTuple):
    """Who is in force when (from, until), the tables of values, the rules, how yen are rounded."""

    stays: Mapping[str, Sequence[tuple[date, date]]]
    lead: str | None
    tables: Mapping[str, Mapping[str, int]]
    versions: Sequence[Version]
    unit: int
    mode: str
    level: str
    residual: str


#: (component, member) → yen; component "rest" is what a residual rule moved, member "" is nobody
Paid = dict[tuple[str, str], int]


def pays(agreement: Agreement, item: Item) -> Paid:
    """Work one item out."""
    if item.charge_to is not None:
        return {("direct", item.charge_to): item.amount}
    cells, paid = exact_cells(agreement, item), Paid()
    size, sign = abs(item.amount), -1 if item.amount < 0 else 1
    codes, names = sorted(agreement.stays), list(dict.fromkeys(name for name, _ in cells))
    if agreement.level == "component":
        parts = [sum(cells.get((name, code), 0) for code in codes) for name in names]
        for name, yen in zip(names, by_remainder([size * part for part in parts]), strict=True):
            whole = parts[names.index(name)]
            row = [yen * cells.get((name, code), Fraction(0)) / whole for code in codes]
            shares, taker, rest = rounded(agreement, codes, row)
            for code, share in zip(codes, shares, strict=True):
                paid[name, code] = sign * (share + (rest if code == taker else 0))
            paid[name, ""] = sign * (rest if taker == "" else 0)
        return paid
    row = [sum((size * cells.get((n, c), 0) for n in names), Fraction(0)) for c in codes]
    shares, taker, rest = rounded(agreement, codes, row)
    for code, share, exact in zip(codes, shares, row, strict=True):
        each = [share * size * cells.get((n, code), 0) / (exact or 1) for n in names]
        for name, yen in zip(names, by_remainder(each), strict=True):
            paid[name, code] = sign * yen
    paid["rest", taker] = sign * rest
    return paid


def exact_cells(agreement: Agreement, item: Item) -> dict[tuple[str, str], Fraction]:
    """Add up, month by month, what part of the item each component and member has."""
    cells: dict[tuple[str, str], Fraction] = {}
    categories = {version.category for version in agreement.versions}
    category = item.category if item.category in categories else None
    for month in item.months:
        after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        there = [
            code
            for code, stays in sorted(agreement.stays.items())
            if any(since < after and until > month for since, until in stays)
        ]
        rules = [v for v in agreement.versions if v.category == category and v.since <= month]
        if not there or not rules:
            raise RefusedError
        parts = max(rules, key=lambda version: version.since).parts
        for name, weight in parts:
            values = [1 if name == "equal" else agreement.tables[name].get(c, -1) for c in there]
            if min(values) < 0 or sum(values) == 0:
                raise RefusedError
            for code, value in zip(there, values, strict=True):
                part = Fraction(1, len(item.months)) * weight / sum(each for _, each in parts)
                old = cells.get((name, code), Fraction(0))
                cells[name, code] = old + part * value / sum(values)
    return cells


def by_remainder(exact: Sequence[Fraction | int]) -> list[int]:
    """Round parts of a whole number of yen down; the rest by largest remainder, then as listed."""
    yen = [floor(each) for each in exact]
    for _ in range(int(sum(exact)) - sum(yen)):
        short = [each - got for each, got in zip(exact, yen, strict=True)]
        yen[short.index(max(short))] += 1
    return yen


def rounded(
    agreement: Agreement, codes: Sequence[str], exact: Sequence[Fraction]
) -> tuple[list[int], str, int]:
    """Round the members' exact shares; give them, who takes the rest ("" is nobody), the rest."""
    unit, total = agreement.unit, int(sum(exact))
    step = {"floor": floor, "ceil": ceil, "half_up": lambda x: floor(x + Fraction(1, 2))}
    shares = [step[agreement.mode](each / unit) * unit for each in exact]
    rest = total - sum(shares)
    paying = [i for i, each in enumerate(exact) if each > 0] or list(range(len(codes)))
    largest = codes[max(paying, key=lambda i: (exact[i], -i))]
    lead = agreement.lead if agreement.lead in [codes[i] for i in paying] else largest
    if agreement.residual == "largest_remainder":
        queue = sorted(paying, key=lambda i: (exact[i] - shares[i], exact[i], -i), reverse=True)
        for i in queue[: rest // unit]:
            shares[i] += unit
        rest %= unit
    takers = {"largest_share": largest, "last": codes[paying[-1]], "unallocated": ""}
    return shares, takers.get(agreement.residual, lead or ""), rest
