"""Who pays how much, worked out a second time (検算): exact fractions and the plainest loops.

Written from the text of cost-sharing.md (§2 to §6), not from the engine, and knowing nothing of
it: plain tuples and dictionaries in, yen out. Slow and short on purpose.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from math import ceil, floor
from types import MappingProxyType
from typing import NamedTuple

NOTHING: Mapping[str, Fraction] = MappingProxyType({})
STEPS = {"floor": floor, "ceil": ceil, "half_up": lambda exact: floor(exact + Fraction(1, 2))}
DAY = timedelta(days=1)


class RefusedError(Exception):
    """The agreement gives no answer: nobody is in force, no rule, no value, or no weight."""


class Part(NamedTuple):
    """A component: `kind` is equal, table, power, fixed, host or percent; `own` goes first."""

    name: str
    weight: Fraction
    kind: str = "table"
    own: Mapping[str, Fraction] = NOTHING
    power: Fraction = Fraction(1)
    table: str = ""


class Version(NamedTuple):
    """A version of a rule: from `since`, for one category or (None) for those without their own."""

    since: date
    category: str | None
    parts: tuple[Part, ...]
    leaving: str = "month"


class Item(NamedTuple):
    """A cost, the first days of its months, who bears it alone, what was used, what was granted.

    `usage` is price, quantities and mode; a grant to "" lowers the item before it is shared.
    """

    category: str
    amount: int
    months: tuple[date, ...]
    charge_to: str | None = None
    usage: tuple[Fraction, Mapping[str, Fraction], str] | None = None
    grants: tuple[tuple[str, int], ...] = ()


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
    digits: int | None = None
    proration: str = "monthly"


#: (component, member) → yen; component "rest" is what a residual rule moved, member "" is nobody
Paid = Counter[tuple[str, str]]
#: (number of the version, members in force) → months or days
States = Counter[tuple[int, tuple[str, ...]]]
#: (component, member) → exact part of the whole
Cells = dict[tuple[str, str], Fraction]


def pays(agreement: Agreement, item: Item) -> Paid:
    """Work one item out."""
    paid, (price, used, mode) = Paid(), item.usage or (Fraction(0), NOTHING, "floor")
    amount = item.amount - sum(yen for code, yen in item.grants if not code)
    if item.charge_to is not None:
        paid["direct", item.charge_to] = amount
    else:
        found = states(agreement, item)
        if not set(used) <= everybody(found):
            raise RefusedError
        paid.update({("used", code): STEPS[mode](price * many) for code, many in used.items()})
        paid.update(split(agreement, item, amount - sum(paid.values()), found))
    for code, yen in item.grants:
        paid["grant", code] -= yen if code else 0
    return paid


def split(agreement: Agreement, item: Item, amount: int, found: States) -> Paid:
    """Divide what is left of an item, as the proration says."""
    paid = Paid()
    if agreement.proration == "none":
        found = among(found, everybody(found))
    if any(part.kind == "percent" for v, _ in found for part in agreement.versions[v].parts):
        return percentages(agreement, exact_cells(agreement, found))
    if agreement.proration == "monthly_rounded":
        months = by_remainder([Fraction(abs(amount), len(item.months))] * len(item.months))
        for month, yen in zip(item.months, months, strict=True):
            cells = exact_cells(agreement, states(agreement, item._replace(months=(month,))))
            paid.update(divided(agreement, -yen if amount < 0 else yen, cells))
        return paid
    if agreement.proration == "joiner_first":
        always = {code for code in everybody(found) if all(code in there for _, there in found)}
        for cell, yen in first_pay(agreement, amount, found, everybody(found) - always):
            paid[cell] += yen
        left = amount - sum(paid.values())
        paid.update(divided(agreement, left, exact_cells(agreement, among(found, always))))
        return paid
    return divided(agreement, amount, exact_cells(agreement, found))


def first_pay(
    agreement: Agreement, amount: int, found: States, early: Iterable[str]
) -> Iterator[tuple[tuple[str, str], int]]:
    """Fix what those pay who are there for a part of the item: some months of a year's yen."""
    if not early:
        return
    cells = exact_cells(agreement, among(found, everybody(found)))
    year = divided(agreement, amount, cells)
    for code in sorted(early):
        names = [name for name, who in cells if who == code]
        whole = sum(yen for (_, who), yen in year.items() if who == code)
        months = sum(count for (_, there), count in found.items() if code in there)
        size, own = abs(whole) * months // found.total(), sum(cells[n, code] for n in names)
        exact = [size * cells[name, code] / (own or 1) for name in names]
        for name, yen in zip(names, by_remainder(exact), strict=True):
            yield (name, code), -yen if whole < 0 else yen


def states(agreement: Agreement, item: Item) -> States:
    """Count the months (or days) of an item by the version and the members in force."""
    found = States()
    categories = {version.category for version in agreement.versions}
    category = item.category if item.category in categories else None
    for month in item.months:
        known = [
            (version.since, number)
            for number, version in enumerate(agreement.versions)
            if version.category == category and version.since <= month
        ]
        if not known:
            raise RefusedError
        end, number = date(month.year + month.month // 12, month.month % 12 + 1, 1), max(known)[1]
        version, spans = agreement.versions[number], [(month, end)]
        if agreement.proration == "daily":
            spans = [(month + n * DAY, month + (n + 1) * DAY) for n in range((end - month).days)]
        paying = [
            (code, since, paid_until(version, until))
            for code, stays in agreement.stays.items()
            for since, until in stays
            if since < end
        ]
        for first, after in spans:
            found_there = {c for c, since, until in paying if since < after and until > first}
            there = tuple(sorted(found_there))
            if not there:
                raise RefusedError
            found[number, there] += 1
    return found


def paid_until(version: Version, until: date) -> date:
    """Give the first day that costs a leaver nothing."""
    last = until - DAY
    return date(last.year + (last.month > 3), 4, 1) if version.leaving == "year" else until


def everybody(found: States) -> set[str]:
    """Name who is in force at any time."""
    return {code for _, there in found for code in there}


def among(found: States, members: Iterable[str]) -> States:
    """Let these members be in force all the time."""
    result = States()
    for (number, _), count in found.items():
        result[number, tuple(sorted(members))] += count
    return result


def exact_cells(agreement: Agreement, found: States) -> Cells:
    """Add up what part of the item each component and member has; of a percentage, how many yen."""
    cells: Cells = {}
    for (number, there), count in found.items():
        parts = agreement.versions[number].parts
        for part in parts:
            values = [worth(agreement, part, code) for code in there]
            if not values or min(values) < 0 or sum(values) == 0:
                raise RefusedError
            one = part.weight / sum(each.weight for each in parts) / sum(values)
            if part.kind == "percent":
                one = part.weight / 100
            for code, value in zip(there, values, strict=True):
                old = cells.get((part.name, code), Fraction(0))
                cells[part.name, code] = old + Fraction(count, found.total()) * one * value
    return cells


def worth(agreement: Agreement, part: Part, code: str) -> Fraction:
    """Give a member's weight in a component, −1 where there is none."""
    if part.kind in ("equal", "host"):
        return Fraction(part.kind == "equal" or code in part.own)
    table = {} if part.kind == "fixed" else agreement.tables[part.table or part.name]
    value = Fraction(part.own[code] if code in part.own else table.get(code, -1))
    return root(value, part.power) if part.kind == "power" and value > 0 else value


@cache
def root(value: Fraction, power: Fraction) -> Fraction:
    """Raise to a power by halving an interval, cut off after twelve decimals."""
    wanted = value**power.numerator * 10 ** (12 * power.denominator)
    low, high = 0, 10**12 * (ceil(value) ** ceil(power) + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**power.denominator <= wanted else (low, middle)
    return Fraction(low, 10**12)


def percentages(agreement: Agreement, cells: Cells) -> Paid:
    """Round a percentage of each member's own value; nothing has to add up to anything."""
    unit, step, paid = agreement.unit, STEPS[agreement.mode], Paid()
    if agreement.level == "component":
        return Paid({cell: step(exact / unit) * unit for cell, exact in cells.items()})
    for code in {code for _, code in cells}:
        own = {cell: exact for cell, exact in cells.items() if cell[1] == code}
        whole = sum(own.values())
        yen = step(whole / unit) * unit
        exact = [yen * part / (whole or 1) for part in own.values()]
        paid.update(dict(zip(own, by_remainder(exact), strict=True)))
    return paid


def divided(agreement: Agreement, amount: int, cells: Cells) -> Paid:
    """Round an amount once, at the level the rule names."""
    size, sign, paid = abs(amount), -1 if amount < 0 else 1, Paid()
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
    unit, total, step = agreement.unit, int(sum(exact)), STEPS[agreement.mode]
    paying = [i for i, each in enumerate(exact) if each > 0] or list(range(len(codes)))
    largest = codes[max(paying, key=lambda i: (exact[i], -i))]
    lead = agreement.lead if agreement.lead in [codes[i] for i in paying] else largest
    served = agreement.residual == "largest_remainder"

    def in_turn(cut_off: Sequence[Fraction]) -> list[int]:
        return sorted(paying, key=lambda i: (cut_off[i], exact[i], -i), reverse=True)

    parts = list(exact)
    if agreement.digits is not None and total:
        scale = 10**agreement.digits
        ratios = [each * scale / total for each in exact]
        digits = [floor(each) if served else STEPS["half_up"](each) for each in ratios]
        over = [each - got for each, got in zip(ratios, digits, strict=True)]
        for i in in_turn(over)[: scale - sum(digits)] if served else ():
            digits[i] += 1
        parts = [Fraction(total * each, scale) for each in digits]
    shares = [step(each / unit) * unit for each in parts]
    rest = total - sum(shares)
    if served:
        short = [each - got for each, got in zip(parts, shares, strict=True)]
        for i in in_turn(short)[: rest // unit]:
            shares[i] += unit
        rest %= unit
    takers = {"largest_share": largest, "last": codes[paying[-1]], "unallocated": ""}
    return shares, takers.get(agreement.residual, lead or ""), rest
