"""Yen that are not split: 個別負担, 従量, 団体への補助, 加入金, 激変緩和.

Steps 2, 6 and 7 of `share()`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.errors import BadInputError, NotInForceError
from consortium.domain.funding import INFO_ONLY, PER_MEMBER, Grant, relief
from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.dampening import dampen
from consortium.domain.sharing.facts import Facts
from consortium.domain.sharing.pots import pot_of
from consortium.domain.sharing.proration import PRORATIONS
from consortium.domain.sharing.result import (
    DAMPENING,
    DIRECT,
    GRANT,
    JOINING,
    LEAVING,
    LINE_LABELS,
    USAGE,
    Beside,
    Charge,
    CostItem,
    ItemResult,
    Pot,
    Result,
    Usage,
)
from consortium.domain.sharing.rule import Rules, timeline_of
from consortium.domain.sharing.transfers import transfers
from consortium.domain.yen import Yen, round_to

#: Charges that a cap on yearly change leaves alone: they belong to one member by their nature, or
#: happen once.
NOT_DAMPENED = (DIRECT, USAGE, JOINING, LEAVING)


def direct(item: CostItem, facts: Facts) -> Charge:
    """Charge an item to one member whole (個別負担, step 2).

    Raises: BadInputError if there is no such member.
    """
    codes = [party.code for party in facts.parties]
    if item.charge_to not in codes:
        raise BadInputError(
            f"費目「{item.name}」を個別負担として読みました。",
            f"団体コード {item.charge_to} の団体がありません。",
            "構成団体のコードを指定してください。",
            path="charge_to",
        )
    return Charge(DIRECT, tuple(item.amount if code == item.charge_to else 0 for code in codes))


def usage(item: CostItem, used: Usage, pots: Sequence[Pot], facts: Facts) -> Charge:
    """Charge quantities at the unit price of the item (従量, step 2).

    Raises: BadInputError for a quantity of a member that is not in force in any month of the item.
    """
    there = {p for pot in pots for window in pot.windows for p in window.positions}
    by_code = {facts.parties[position].code: position for position in there}
    yen = [0] * len(facts.parties)
    texts: list[Mapping[str, int | str | Fraction]] = [{}] * len(facts.parties)
    for code, quantity in used.quantities.items():
        if code not in by_code:
            raise BadInputError(
                f"費目「{item.name}」の従量を求めました。",
                f"団体コード {code} は、費目の期間に参加していません。",
                "数量の団体か、費目の期間を確認してください。",
                path=f"usage.quantities.{code}",
            )
        position = by_code[code]
        exact = quantity * used.unit_price
        yen[position] = round_to(exact, used.mode)
        texts[position] = {
            "quantity": quantity, "price": used.unit_price, "exact": exact, "mode": used.mode,
        }  # fmt: skip
    return Charge(USAGE, tuple(yen), tuple(texts))


def agreement_lines(
    entries: list[ItemResult], terms: Agreement, rules: Rules, facts: Facts, year: FiscalYear
) -> list[ItemResult]:
    """Add what the agreement says beside the shares (steps 6 and 7)."""
    if terms == Agreement():
        return entries
    book = _Book(facts, year)
    entries = [book.with_grants(entry, terms.grants) for entry in entries]  # 6
    known = {entry.item.no for entry in entries}
    loose = [
        grant for grant in terms.grants if grant.treatment == PER_MEMBER and grant.item not in known
    ]
    for name in dict.fromkeys(grant.name for grant in loose):
        charge = book.grants([grant for grant in loose if grant.name == name])
        entries.append(book.line(name, charge, entries))
    entries = book.with_transfers(entries, terms, rules)
    return book.dampened(entries, terms)  # 7


def beside(result: Result, terms: Agreement) -> Result:
    """Keep information-only funding beside the amounts (参考, step 6)."""
    codes = [party.code for party in result.parties]

    def borne(item: str | int | None) -> Sequence[int]:
        if item is None:
            return result.amounts
        return next(entry.amounts for entry in result.items if entry.item.no == item)

    known = [grant for grant in terms.grants if grant.treatment == INFO_ONLY]
    if not known:
        return result
    found = tuple(Beside(grant.name, relief([grant], codes, borne)) for grant in known)
    return replace(result, beside=found)


class _Book(NamedTuple):
    """What the lines of the agreement are written with (記帳の前提)."""

    facts: Facts
    year: FiscalYear

    def line(self, name: str, charge: Charge, before: Sequence[ItemResult]) -> ItemResult:
        """Make an entry of its own, after those before it."""
        months = self.year.months()
        no = max((entry.item.no for entry in before), default=0) + 1
        item = CostItem(no, name, "", Yen(sum(charge.amounts)), months[0], months[-1])
        return ItemResult(item, (), (charge,))

    def with_grants(self, entry: ItemResult, grants: Sequence[Grant]) -> ItemResult:
        """Put the grants of members for one item on that item."""
        own = [g for g in grants if g.treatment == PER_MEMBER and g.item == entry.item.no]
        if not own:
            return entry
        charge, item = self.grants(own), entry.item
        gross = item.amount if item.gross is None else item.gross
        item = replace(item, amount=Yen(item.amount + sum(charge.amounts)), gross=gross)
        return ItemResult(item, entry.portions, (*entry.charges, charge))

    def grants(self, grants: Sequence[Grant]) -> Charge:
        """Subtract grants from what their members pay."""
        yen = [0] * len(self.facts.parties)
        names: list[list[str]] = [[] for _ in yen]
        codes = {party.code: position for position, party in enumerate(self.facts.parties)}
        for grant in grants:
            if grant.member not in codes:
                raise BadInputError(
                    f"財源措置「{grant.name}」を負担額から引こうとしました。",
                    f"団体コード {grant.member} の団体がありません。",
                    "構成団体のコードを指定してください。",
                    path="member",
                )
            yen[codes[grant.member]] -= grant.amount or 0
            names[codes[grant.member]].append(grant.name)
        facts = tuple({"names": "、".join(each)} if each else {} for each in names)
        return Charge(GRANT, tuple(yen), facts)

    def with_transfers(
        self, entries: list[ItemResult], terms: Agreement, rules: Rules
    ) -> list[ItemResult]:
        """Add what joiners and leavers pay to the others; it adds up to 0."""
        ratios = _Ratios(rules, self.facts)
        moves = transfers(
            terms.build_costs, ratios.of, ratios.in_force, self.year.months(),
            len(self.facts.parties),
        )  # fmt: skip
        result = list(entries)
        for move in moves:
            facts = {**move.facts, "payer": self.facts.parties[move.member].name}
            every: list[Mapping[str, int | str | Fraction]] = [
                {**facts, "own": int(position == move.member)} if amount else {}
                for position, amount in enumerate(move.amounts)
            ]
            charge = Charge(move.kind, move.amounts, tuple(every))
            result.append(self.line(move.name, charge, result))
        return result

    def dampened(self, entries: list[ItemResult], terms: Agreement) -> list[ItemResult]:
        """Keep the change from last year within bounds; the total stays."""
        if terms.dampening is None:
            return entries
        sums = [0] * len(self.facts.parties)
        for entry in entries:
            kept = [charge.amounts for charge in entry.charges if charge.key in NOT_DAMPENED]
            for position, amount in enumerate(entry.amounts):
                sums[position] += amount - sum(row[position] for row in kept)
        codes = [party.code for party in self.facts.parties]
        names = {party.code: party.name for party in self.facts.parties}
        done = dampen(sums, codes, terms.dampening, names)
        charge = Charge(DAMPENING, done.changes, done.facts)
        return [*entries, self.line(LINE_LABELS[DAMPENING], charge, entries)]


class _Ratios(NamedTuple):
    """The exact ratios of one month, for joining and leaving (ある月の負担割合)."""

    rules: Rules
    facts: Facts

    def in_force(self, service: str, month: Month) -> tuple[int, ...]:
        """Give the members in force; nobody is an answer here."""
        try:
            return self.facts.positions_in(service, month)
        except NotInForceError:
            return ()

    def of(self, service: str, category: str, month: Month) -> Mapping[int, Fraction]:
        """Give each member's exact share of the month."""
        timeline = timeline_of(self.rules, service, category)
        if timeline is None:
            raise NotInForceError(
                f"{month} の負担割合（経費区分「{category}」）を求めました。",
                "この経費区分の負担ルールがありません。",
                "共同構築費の経費区分か、負担ルールを確認してください。",
            )
        plan = PRORATIONS["monthly"].plan((month,), timeline, self.facts, service)
        pot = pot_of(plan.stretches[0], len(self.facts.parties))
        whole = sum((part.part for part in pot.components), Fraction(0))
        return {at: pot.exact(at) / whole for at in range(len(self.facts.parties))}
