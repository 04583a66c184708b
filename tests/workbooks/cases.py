"""Random agreements of a size that offices have (検算の事例), spread evenly over every policy.

The same matter goes to the engine, to the oracle and, as a finished workbook, to LibreOffice.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from fractions import Fraction
from itertools import count, islice
from typing import NamedTuple

from consortium.domain.sharing.proration import PRORATIONS
from consortium.domain.sharing.result import Result
from consortium.domain.yen import MODES, RESIDUALS, UNITS
from consortium.reports.document import StatementDocument
from consortium.reports.wording import takes_part
from tests.domain.properties.agreements import (
    CODES,
    LONG_AGO,
    MONTHS,
    NEVER,
    YEAR,
    Choose,
    Matter,
    Rolled,
    some,
)
from tests.domain.properties.engine import outcome
from tests.oracle import Agreement, Item, Part, Version
from tests.reports.documents import HEAD, TOKYO

#: Largest remainder goes with rounding down only.
POLICIES = [("floor", "largest_remainder")] + [
    (mode, residual)
    for residual in sorted(set(RESIDUALS) - {"largest_remainder"})
    for mode in sorted(MODES)
]
LEVELS = ("component", "item")
KINDS = ("population", "equal", "households")
#: Every eighth case has something that no formula shows.
RARE = ("power", "digits", "percent")


class Case(NamedTuple):
    """A matter, and the same with other figures typed in (事例)."""

    before: Matter
    after: Matter
    result: Result
    other_result: Result
    #: the member whose figure of the table changes
    code: str
    table: str

    @property
    def agreement(self) -> Agreement:
        """The agreement as it was."""
        return self.before[0]

    @property
    def figure(self) -> tuple[int, int]:
        """The base figure before and after."""
        first, second = (each[0].tables[self.table][self.code] for each in self[:2])
        return first, second

    @property
    def amount(self) -> tuple[int, int]:
        """The amount of the first item before and after."""
        first, second = (each[1][0].amount for each in self[:2])
        return first, second

    @property
    def name(self) -> str:
        """Say what the case is about."""
        each, version = self.agreement, self.agreement.versions[0]
        parts = "+".join(f"{part.kind}{part.weight}" for part in version.parts)
        return (
            f"{each.mode} {each.residual} {each.unit}円 {each.level} {each.proration} {parts} "
            f"{each.digits or ''} {len(each.stays)}団体 {[item.amount for item in self.before[1]]} "
            f"{self.code}の{self.table} {self.figure} 額 {self.amount}"
        )


def cases(number: int, seed: int) -> list[Case]:
    """Give cases over every policy; the same for the same seed."""
    return list(islice(_all(seed), number))


def _all(seed: int) -> Iterator[Case]:
    choose = Rolled(seed)
    for place in count():
        case = None
        while case is None:  # one that the engine refuses, or that depends on nobody's figure
            case = _case(choose, place)
        yield case


def _case(choose: Choose, place: int) -> Case | None:
    agreement = _agreement(choose, place)
    items = [_item(choose, agreement, alone) for alone in choose.among(((0,), (0, 0), (0, 1)))]
    used = {part.name for part in agreement.versions[0].parts} & set(agreement.tables)
    result = outcome((agreement, items))
    if result is None:
        return None
    table = choose.among(sorted(used))
    shared = result.rows(result.items[0])
    here = [at for at in takes_part(result) if any(row.concerns[at] for row in shared)]
    code = result.parties[choose.among(here)].code
    after = _changed(choose, (agreement, items), table, code)
    other_result = outcome(after)
    if other_result is None or other_result.amounts == result.amounts:
        return None
    return Case((agreement, items), after, result, other_result, code, table)


def _changed(choose: Choose, matter: Matter, table: str, code: str) -> Matter:
    """Raise a base figure, and most of the time the amount of the first item, too."""
    (agreement, (first, *rest)), amount = matter, matter[1][0].amount
    figure = agreement.tables[table][code]
    figures = {**agreement.tables[table], code: figure + choose.between(1, 1 + figure // 9)}
    agreement = agreement._replace(tables=dict(agreement.tables) | {table: figures})
    if amount and choose.between(0, 3):
        first = first._replace(amount=amount + choose.between(0, 1 + abs(amount) // 9))
    return agreement, [first, *rest]


def _agreement(choose: Choose, place: int) -> Agreement:
    """Make the agreement of the case at a place: 13, 5, 4 and 3 have no divisor in common."""
    mode, residual = POLICIES[place % len(POLICIES)]
    proration = sorted(PRORATIONS)[place % len(PRORATIONS)]
    rare = RARE[place // 8 % len(RARE)] if place % 8 == 7 else ""
    if rare == "percent" and proration in ("monthly_rounded", "joiner_first"):
        rare = ""
    codes = sorted(some(choose, CODES[:7], 2, choose.among((3, 5, 7))))
    shape = choose.among(("whole year", "joins", "leaves")) if len(codes) > 2 else "whole year"
    return Agreement(
        stays={code: _stay(choose, shape if code == codes[-1] else "") for code in codes},
        lead=choose.among((None, *codes)),
        tables={
            "population": _figures(choose, codes, 1_000, 180_000),
            "households": _figures(choose, codes, 300, 900),
        },
        versions=(Version(LONG_AGO, None, _parts(choose, rare, 1 + place % 3)),),
        unit=UNITS[place % len(UNITS)],
        mode=mode,
        level=LEVELS[place // len(POLICIES) % 2],
        residual=residual,
        digits=choose.among((1, 3, 9)) if rare == "digits" else None,
        proration=proration,
    )


def _stay(choose: Choose, shape: str) -> tuple[tuple[date, date], ...]:
    edge = choose.among(MONTHS[1:])
    return {"joins": ((edge, NEVER),), "leaves": ((LONG_AGO, edge),)}.get(
        shape, ((LONG_AGO, NEVER),)
    )


def _figures(choose: Choose, codes: Sequence[str], low: int, high: int) -> dict[str, int]:
    """Make base figures; now and then some are alike, so that remainders are, too."""
    figures = {code: choose.between(low, high) for code in codes}
    if not choose.between(0, 2):
        alike = choose.among(codes)
        figures |= dict.fromkeys(some(choose, codes, 1, len(codes)), figures[alike])
    return figures


def _parts(choose: Choose, rare: str, number: int) -> tuple[Part, ...]:
    if rare == "percent":
        return (Part("population", Fraction(choose.between(1, 900), 100), "percent"),)
    if rare == "power":
        return (Part("population", Fraction(100), "power", power=Fraction(3, 5)),)
    weights = [choose.among((10, 20, 25, 30, 45, 80)) for _ in range(3)]
    return tuple(
        Part(name, Fraction(weight), "equal" if name == "equal" else "table")
        for name, weight in zip(KINDS[:number], weights, strict=False)
    )


def _item(choose: Choose, agreement: Agreement, alone: int) -> Item:
    """Make a cost; now and then one given back, borne alone, partly used up or granted."""
    months = MONTHS if choose.between(0, 2) else MONTHS[choose.between(0, 8) :]
    size = choose.among((9, 1_000, 10**6, 10**8, 10**8))
    amount = choose.between(-size, size) if not choose.between(0, 2) else choose.between(1, size)
    if agreement.versions[0].parts[0].kind == "percent":
        return Item("運用", 0, months)
    codes = sorted(agreement.stays)
    item = Item("運用", amount, months, choose.among(codes) if alone else None)
    if not alone and not choose.between(0, 4):
        used = {codes[0]: Fraction(choose.between(1, 999), 4)}
        item = item._replace(usage=(Fraction(choose.between(1, 50)), used, "half_up"))
    if amount < 9 or choose.between(0, 2):
        return item
    return item._replace(grants=((choose.among(("", *codes)), amount // 9),))


def document(result: Result) -> StatementDocument:
    """Put a result into the document that the lead city's book is made of."""
    return StatementDocument(
        is_sample=True,
        consortium="検算の協議会",
        office="幹事市",
        fiscal_year=YEAR,
        fiscal_year_label="令和3年度",
        stage="final",
        edition=1,
        issued_at=datetime(2022, 2, 15, 9, 0, tzinfo=TOKYO),
        register_seq=1,
        register_hash=HEAD,
        shows_other_members=True,
        numbers={"lead": "検算第1号"},
        rule_notes=("検算の事例。",),
        basis_notes=(),
        result=result,
    )
