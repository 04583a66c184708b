"""share(): who pays how much, in one stated order (費用負担の計算)."""

from collections.abc import Iterable
from fractions import Fraction

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.errors import BadInputError, CannotShareError, NotInForceError
from consortium.domain.sharing.facts import Facts
from consortium.domain.sharing.findings import findings_of
from consortium.domain.sharing.proration import PRORATIONS, months_between
from consortium.domain.sharing.result import (
    CostItem,
    ItemResult,
    Pot,
    PotComponent,
    Result,
    Window,
)
from consortium.domain.sharing.rule import Rule, Rules, plain
from consortium.domain.timeline import Timeline
from consortium.domain.yen import WHOLE_YEN, Shares, Weights, cut_all, split_all

# The order of operations. The code below repeats the numbers; the numbers that are missing belong
# to parts of an agreement that this engine does not know yet.
#
# 1. Take the cost items (費目) of the fiscal year.
# 2. An item charged to one member (個別負担) goes to that member whole.
# 4. For each month of the item: who is in force, which rule version is in force, which share each
#    member has. Add up the exact cells (component × member) over the months.
# 5. Round once, at the level the rule names, so that the yen add up.
# 9. Look at the result: a list of findings, never a silent repair.


def share(
    items: Iterable[CostItem],
    rules: Rules,
    facts: Facts,
    fiscal_year: FiscalYear,
    *,
    recorded: bool = True,
) -> Result:
    """Share the cost items of a fiscal year among the members (費用負担の算定).

    Without `recorded` the result has the yen only: no findings, and no records to explain them
    unless the rule may leave something over. For trials, of which many are made.

    Raises: BadInputError for an item outside the year, NotInForceError for a missing rule, value
    or member, CannotShareError where all weights are zero; each names what is missing.
    """
    listed = list(items)  # 1
    months = fiscal_year.months()
    results, alike = _sort(listed, rules, facts, months)
    pots: list[Pot] = []
    for key, numbers in alike.items():
        group = [listed[number] for number in numbers]
        check_months(group[0], months)
        pot = _pot(group[0], _timeline(group[0], rules, key[1]), facts)  # 4
        entries = _round(group, len(pots), pot, facts.lead, recorded)  # 5
        results.update(zip(numbers, entries, strict=True))
        pots.append(pot)
    result = Result(
        fiscal_year,
        facts.parties,
        tuple(facts.series[name] for name in sorted(_series_used(pots))),
        tuple(pots),
        tuple([results[number] for number in range(len(listed))]),
    )
    return findings_of(result) if recorded else result  # 9


#: What items of one pot have in common: service, category with a rule of its own, months.
_PotKey = tuple[str, str | None, int, int, int, int]


def _sort(
    items: list[CostItem], rules: Rules, facts: Facts, months: tuple[Month, ...]
) -> tuple[dict[int, ItemResult], dict[_PotKey, list[int]]]:
    """Charge the direct items (step 2) and find which of the others are shared alike."""
    results: dict[int, ItemResult] = {}
    alike: dict[_PotKey, list[int]] = {}
    for number, item in enumerate(items):
        if item.charge_to is not None:  # 2
            check_months(item, months)
            results[number] = _direct(item, facts)
        else:
            alike.setdefault(_pot_key(item, rules), []).append(number)
    return results, alike


def _pot_key(item: CostItem, rules: Rules) -> _PotKey:
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


def _direct(item: CostItem, facts: Facts) -> ItemResult:
    """Charge an item to one member whole (個別負担)."""
    codes = [party.code for party in facts.parties]
    if item.charge_to not in codes:
        raise BadInputError(
            f"費目「{item.name}」を個別負担として読みました。",
            f"団体コード {item.charge_to} の団体がありません。",
            "構成団体のコードを指定してください。",
            path="charge_to",
        )
    row = tuple(item.amount if code == item.charge_to else 0 for code in codes)
    return ItemResult(item, None, (), (row,), ())


def _timeline(item: CostItem, rules: Rules, category: str | None) -> Timeline[Rule]:
    """Give the dated rules of the item's category, or those for all categories."""
    try:
        return rules[item.service, category]
    except KeyError:
        raise NotInForceError(
            f"費目「{item.name}」（経費区分「{item.category}」）を按分しようとしました。",
            "この経費区分の負担ルールがありません。",
            "経費区分の負担ルールか、すべての経費区分に使う負担ルールを登録してください。",
        ) from None


def _pot(item: CostItem, rules: Timeline[Rule], facts: Facts) -> Pot:
    """Find windows, exact cells and weights that items of this kind share (step 4)."""
    months = months_between(item.first, item.last)
    first = rules.on(months[0].first).require()
    windows = PRORATIONS[first.proration].windows(months, rules, facts, item.service)
    _refuse_mixed_rounding(item, windows)
    cells = _cells(windows, len(facts.parties))
    labels = _labels(windows)
    components = tuple(
        PotComponent(key, labels[key], sum(row, Fraction(0)), Weights.of(row))
        for key, row in cells.items()
    )
    cut = Weights.of((part.part for part in components), ties_as_listed=True)
    if first.rounding.level == "component":
        return Pot(windows, components, cut, None, ())
    columns = list(zip(*cells.values(), strict=True))
    whole = Weights.of(sum(column, Fraction(0)) for column in columns)
    each = tuple(
        Weights.of(column, ties_as_listed=True) if any(column) else None for column in columns
    )
    return Pot(windows, components, cut, whole, each)


def _refuse_mixed_rounding(item: CostItem, windows: tuple[Window, ...]) -> None:
    """Refuse an item in which rule versions differ in rounding or proration."""
    seen = {(window.rule.require().rounding, window.rule.require().proration) for window in windows}
    if len(seen) > 1:
        dates = "、".join(sorted({str(window.rule.since) for window in windows}))
        raise CannotShareError(
            f"費目「{item.name}」を按分しようとしました。",
            f"期間内に効力のある負担ルールの版（{dates} 施行）で端数処理か按分期間が違います。",
            "費目を版の境目で分けるか、端数処理と按分期間を揃えてください。",
        )


def _cells(windows: tuple[Window, ...], members: int) -> dict[str, list[Fraction]]:
    """Add up the exact cells (component × member) over the windows; they sum to 1."""
    cells: dict[str, list[Fraction]] = {}
    for window in windows:
        rule = window.rule.require()
        for component, weights in zip(rule.components, window.weights, strict=True):
            base = sum(weights, Fraction(0))
            if base.numerator <= 0:
                raise CannotShareError(
                    f"{component.label}により {window.first} の費用を按分しようとしました。",
                    "参加団体の重みがすべて0です。",
                    f"算定基礎「{component.series or component.label}」の値を確認してください。",
                )
            row = cells.setdefault(component.key, [Fraction(0)] * members)
            one = window.part * component.weight / (rule.whole * base)
            for position, weight in zip(window.positions, weights, strict=True):
                row[position] += one * weight
    return cells


def _labels(windows: tuple[Window, ...]) -> dict[str, str]:
    """Name each component with its weight, e.g. 人口割（80/100）; both if a version changed it."""
    names: dict[str, list[str]] = {}
    for window in windows:
        rule = window.rule.require()
        for component in rule.components:
            name = f"{component.label}（{plain(component.weight)}/{plain(rule.whole)}）"
            seen = names.setdefault(component.key, [])
            if name not in seen:
                seen.append(name)
    return {key: "→".join(seen) for key, seen in names.items()}


def _round(
    items: list[CostItem], index: int, pot: Pot, lead: int | None, recorded: bool
) -> list[ItemResult]:
    """Round the items of one pot once, at the level its rule names (step 5)."""
    rounding = pot.rule.rounding
    amounts = [item.amount for item in items]
    if pot.whole is not None:
        records = split_all(amounts, pot.whole, rounding, lead)
        return [_cut(item, index, pot, record) for item, record in zip(items, records, strict=True)]
    parts = zip(*cut_all(amounts, pot.cut), strict=True)
    if not recorded and rounding == WHOLE_YEN:
        cuts = [cut_all(p, c.weights) for p, c in zip(parts, pot.components, strict=True)]
        rows = zip(items, zip(*cuts, strict=True), strict=True)
        return [ItemResult(item, index, (), row, ()) for item, row in rows]
    columns = [
        split_all(part, component.weights, rounding, lead)
        for part, component in zip(parts, pot.components, strict=True)
    ]
    return [
        ItemResult(item, index, records, tuple([record.shares for record in records]), ())
        for item, records in zip(items, zip(*columns, strict=True), strict=True)
    ]


def _cut(item: CostItem, index: int, pot: Pot, record: Shares) -> ItemResult:
    """Cut each member's rounded share of an item into its components (`level: item`)."""
    shares, moved = _set_apart(record)
    none = (0,) * len(pot.components)
    columns = [
        cut_all((share,), cells)[0] if cells else none
        for share, cells in zip(shares, pot.cells, strict=True)
    ]
    return ItemResult(item, index, (record,), tuple(zip(*columns, strict=True)), moved)


def _set_apart(record: Shares) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Take what the residual rule moved as a whole out of the shares: it is a line of its own."""
    if record.receiver is None or not record.moved:
        return record.shares, ()
    moved = tuple(
        record.moved if position == record.receiver else 0 for position in range(len(record.shares))
    )
    return tuple(s - m for s, m in zip(record.shares, moved, strict=True)), moved


def _series_used(pots: list[Pot]) -> set[str]:
    """Name the series that some window reads; only these are pinned."""
    return {
        component.series
        for pot in pots
        for window in pot.windows
        for component in window.rule.require().components
        if component.series is not None
    }
