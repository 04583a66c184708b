"""share(): who pays how much, in one stated order (費用負担の計算)."""

from collections.abc import Iterable
from dataclasses import replace

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.errors import BadInputError, NotInForceError
from consortium.domain.funding import taken_off
from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.charges import agreement_lines, beside, direct, usage
from consortium.domain.sharing.facts import Facts
from consortium.domain.sharing.findings import findings_of
from consortium.domain.sharing.portions import Division, divide
from consortium.domain.sharing.pots import pot_of, refuse_mixture
from consortium.domain.sharing.proration import PRORATIONS, months_between
from consortium.domain.sharing.result import Charge, CostItem, ItemResult, Pot, Result
from consortium.domain.sharing.rule import Rule, Rules, timeline_of
from consortium.domain.timeline import Timeline
from consortium.domain.yen import Yen

# The order of operations. The code below, and in the modules it calls, repeats the numbers.
#
# 1. Take the cost items (費目) of the fiscal year.
# 2. An item charged to one member (個別負担) goes to that member whole; so do quantities at a unit
#    price (従量), and the rest of their item is shared.
# 3. A grant that reduces the pot (PRE_SPLIT) is subtracted from its item.
# 4. For each month (or day) of the item: who is in force, which rule version is in force, which
#    share each member has. Add up the exact cells (component × member) over the months.
# 5. Round once, at the level the rule names, so that the yen add up.
# 6. Subtract grants tied to a member (PER_MEMBER); keep information-only funding beside the
#    amounts. Joining and leaving move money between members and change no total.
# 7. Apply dampening (激変緩和) if the agreement has it; the total never changes.
# 8. Instalments are cut from the finished amounts, in fiscalyear/instalment.py.
# 9. Look at the result: a list of findings, never a silent repair.


def share(  # noqa: PLR0913 -- what is shared, by what, and two choices by name
    items: Iterable[CostItem],
    rules: Rules,
    facts: Facts,
    fiscal_year: FiscalYear,
    *,
    agreement: Agreement | None = None,
    recorded: bool = True,
) -> Result:
    """Share the cost items of a fiscal year among the members (費用負担の算定).

    Without `recorded` the result has the yen only: no findings, and no records to explain them
    unless the rule may leave something over. For trials, of which many are made.

    Raises: BadInputError for an item outside the year, NotInForceError for a missing rule, value
    or member, CannotShareError where all weights are zero or caps cannot hold the cost; each names
    what is missing.
    """
    terms = agreement or Agreement()
    listed = [_granted(item, terms) for item in items] if terms.grants else list(items)  # 1, 3
    months = fiscal_year.months()
    results, alike = _sort(listed, rules, facts, months)
    pots: list[Pot] = []
    for numbers in alike.values():
        group = [listed[number] for number in numbers]
        check_months(group[0], months)
        division = _division(group[0], rule_of(group[0], rules), facts, len(pots))  # 4
        pots.extend(division.pots)
        entries = _shared(group, division, facts, recorded)
        results.update(zip(numbers, entries, strict=True))
    entries = [results[number] for number in range(len(listed))]
    entries = agreement_lines(entries, terms, rules, facts, fiscal_year)  # 6, 7
    series = tuple(facts.series[name] for name in sorted(_series_used(pots)))
    result = Result(fiscal_year, facts.parties, series, tuple(pots), tuple(entries))
    result = beside(result, terms)
    return findings_of(result, terms) if recorded else result  # 9


#: What items of one kind have in common: service, category with a rule of its own, months.
_Kind = tuple[str, str | None, int, int, int, int]


def _granted(item: CostItem, terms: Agreement) -> CostItem:
    """Subtract the grants that reduce an item (step 3)."""
    off = taken_off(terms.grants, item.no)
    return replace(item, amount=Yen(item.amount - off), gross=item.amount) if off else item


def _sort(
    items: list[CostItem], rules: Rules, facts: Facts, months: tuple[Month, ...]
) -> tuple[dict[int, ItemResult], dict[_Kind, list[int]]]:
    """Charge the direct items (step 2) and find which of the others are shared alike."""
    results: dict[int, ItemResult] = {}
    alike: dict[_Kind, list[int]] = {}
    for number, item in enumerate(items):
        if item.charge_to is not None:  # 2
            check_months(item, months)
            results[number] = ItemResult(item, (), (direct(item, facts),))
        else:
            alike.setdefault(_kind(item, rules), []).append(number)
    return results, alike


def _kind(item: CostItem, rules: Rules) -> _Kind:
    category = item.category if (item.service, item.category) in rules else None
    first, last = item.first, item.last
    return item.service, category, first.year, first.month, last.year, last.month


def check_months(item: CostItem, months: tuple[Month, ...]) -> None:
    """Refuse an item whose months do not lie within those of its fiscal year (年度の月)."""
    if months[0] <= item.first <= item.last <= months[-1]:
        return
    for path, month in (("from", item.first), ("to", item.last)):
        if month not in months:
            raise BadInputError(
                f"費目「{item.name}」を{months[0].year}年度の費用として読みました。",
                f"{month} は年度（{months[0]}〜{months[-1]}）の外です。",
                "年度内の月にするか、年度ごとに費目を分けてください。",
                path=path,
            )
    raise BadInputError(
        f"費目「{item.name}」の期間を読みました。",
        f"終わりの月 {item.last} が始まりの月 {item.first} より前です。",
        "終わりの月を始まりの月以後にしてください。",
        path="to",
    )


def rule_of(item: CostItem, rules: Rules) -> Timeline[Rule]:
    """Give the dated rules of the item's category, or those for all categories.

    Raises: NotInForceError if there are neither.
    """
    timeline = timeline_of(rules, item.service, item.category)
    if timeline is not None:
        return timeline
    raise NotInForceError(
        f"費目「{item.name}」（経費区分「{item.category}」）を按分しようとしました。",
        "この経費区分の負担ルールがありません。",
        "経費区分の負担ルールか、すべての経費区分に使う負担ルールを登録してください。",
    )


def _division(item: CostItem, rules: Timeline[Rule], facts: Facts, index: int) -> Division:
    """Find windows, exact cells and weights that items of this kind share (step 4)."""
    months = months_between(item.first, item.last)
    first = rules.on(months[0].first).require()
    plan = PRORATIONS[first.proration].plan(months, rules, facts, item.service)
    refuse_mixture(item.name, [window for windows in plan.stretches for window in windows])
    members = len(facts.parties)
    pots = [pot_of(windows, members) for windows in plan.stretches]
    if plan.early is None:
        return Division(tuple(pots), index, plan.months, (), len(months))
    pots.append(pot_of(plan.early.windows, members, with_cells=True))
    return Division(tuple(pots), index, (), plan.early.counted, len(months))


def _shared(
    items: list[CostItem], division: Division, facts: Facts, recorded: bool
) -> list[ItemResult]:
    """Charge quantities (step 2) and round what is left of each item once (step 5)."""
    if division.pots[0].rule.is_percent:
        return _percentages(items, division, facts, recorded)
    amounts: list[int] = [item.amount for item in items]
    charges: list[tuple[Charge, ...]] = [()] * len(items)
    for number, used in [(n, i.usage) for n, i in enumerate(items) if i.usage]:
        charge = usage(items[number], used, division.pots, facts)  # 2
        charges[number] = (charge,)
        amounts[number] -= sum(charge.amounts)
    portions = divide(amounts, division, facts.lead, recorded)  # 5
    return list(map(ItemResult._make, zip(items, portions, charges, strict=True)))


def _percentages(
    items: list[CostItem], division: Division, facts: Facts, recorded: bool
) -> list[ItemResult]:
    """Charge a percentage of each member's own value; the amount of the item is what comes out."""
    for item in items:
        if item.amount or item.gross is not None or item.usage is not None:
            raise BadInputError(
                f"費目「{item.name}」を、基礎値の割合（percent）のルールで求めようとしました。",
                "総額が結果として決まるルールなのに、費目に額・従量・控除する補助金があります。",
                "費目の額と従量を除くか、経費区分を変えてください。",
                path="amount",
            )
    portions = divide([0] * len(items), division, facts.lead, recorded)
    return [
        ItemResult(replace(item, amount=Yen(sum(part.amount for part in parts))), parts)
        for item, parts in zip(items, portions, strict=True)
    ]


def _series_used(pots: list[Pot]) -> set[str]:
    """Name the series that some window reads; only these are pinned."""
    return {
        component.series
        for pot in pots
        for window in pot.windows
        for component in window.rule.require().components
        if component.series is not None
    }
