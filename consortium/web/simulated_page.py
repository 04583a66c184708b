"""A simulation as its page draws it (試算の結果の表示): rows, picture, fractions in words."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label, wareki
from consortium.domain.sharing.fairness import MOST_MEMBERS
from consortium.domain.sharing.proration import PRORATIONS
from consortium.domain.sharing.result import Result
from consortium.domain.yen import LEVELS, MODES, RESIDUALS
from consortium.usecases.simulated import FairnessTable, Joining, MemberLine, Simulated
from consortium.usecases.simulation import Simulation
from consortium.usecases.simulation_files import decimal
from consortium.web.filters import yen_unit
from consortium.web.svg import Series, StackedBars, paired_bars, stacked_bars, year_label

#: Fills that can be told apart; the towns beyond them are drawn together.
_MOST_SERIES: Final = 8
#: With more years two bars each would have no room for their totals.
_MOST_PAIRS: Final = 7


class Heading(NamedTuple):
    """The head of one year's column (年度の見出し)."""

    text: str
    title: str


def year_name(year: FiscalYear) -> str:
    """Write a fiscal year with the western one (年度)."""
    return f"{fiscal_year_label(year)}（{year.start_year}年度）"


def headings(simulation: Simulation) -> list[Heading]:
    """Give the heads of the years' columns."""
    return [Heading(year_label(year), year_name(year)) for year in simulation.years]


def totals(lines: Sequence[MemberLine]) -> dict[str, list[int]]:
    """Add up what all pay, by year: now, then, difference (合計)."""
    now, then = (
        [amount or 0 for amount in _summed(rows)]
        for rows in ([each.now for each in lines], [each.then for each in lines])
    )
    return {"now": now, "then": then, "difference": [b - a for a, b in zip(now, then, strict=True)]}


# ---- picture -------------------------------------------------------------------------------------


def picture(page: Simulated) -> StackedBars:
    """Draw what each pays by year: now and then beside each other, while there is room (図)."""
    years = page.simulation.years
    groups = _grouped(page.lines)
    if len(years) > _MOST_PAIRS:
        drawn = [Series(name, _summed([each.then for each in lines])) for name, lines in groups]
        return stacked_bars(years, drawn)
    paired = [
        Series(
            name,
            tuple(
                amount
                for pair in zip(
                    _summed([each.now for each in lines]),
                    _summed([each.then for each in lines]),
                    strict=True,
                )
                for amount in pair
            ),
        )
        for name, lines in groups
    ]
    return paired_bars(years, ("今", "加入後"), paired)


def _grouped(lines: tuple[MemberLine, ...]) -> list[tuple[str, list[MemberLine]]]:
    """Give the towns one by one; of many, those that join and the largest, and the rest as one."""
    if len(lines) <= _MOST_SERIES:
        return [(each.entrant.name, [each]) for each in lines]

    def weight(line: MemberLine) -> tuple[bool, int]:
        return not line.is_present, max((amount or 0 for amount in line.then), default=0)

    kept = sorted(lines, key=weight, reverse=True)[: _MOST_SERIES - 1]
    rest = [each for each in lines if each not in kept]
    named = [(each.entrant.name, [each]) for each in lines if each in kept]
    return [*named, (f"ほか{len(rest)}団体", rest)]


def _summed(rows: Sequence[tuple[int | None, ...]]) -> tuple[int | None, ...]:
    return tuple(
        None if all(amount is None for amount in column) else sum(amount or 0 for amount in column)
        for column in zip(*rows, strict=True)
    )


def case_picture(found: Result) -> StackedBars:
    """Draw one case of one year (算定ケースの図)."""
    amounts = sorted(
        zip(found.parties, found.amounts, strict=True), key=lambda pair: pair[1], reverse=True
    )
    drawn = [Series(party.name, (amount,)) for party, amount in amounts]
    if len(drawn) > _MOST_SERIES:
        rest = sum(amount for _, amount in amounts[_MOST_SERIES - 1 :])
        more = f"ほか{len(drawn) - _MOST_SERIES + 1}団体"
        drawn = [*drawn[: _MOST_SERIES - 1], Series(more, (rest,))]
    return stacked_bars([found.fiscal_year], drawn[::-1])


def is_paired(page: Simulated) -> bool:
    """Say whether the picture shows now as well."""
    return len(page.simulation.years) <= _MOST_PAIRS


# ---- words ---------------------------------------------------------------------------------------


def summary(page: Simulated) -> str:
    """Say in a sentence what the last year shows (要約)."""
    *_, last = page.simulation.years
    present = [each for each in page.lines if each.is_present]
    joined = [each for each in page.lines if not each.is_present and each.then[-1] is not None]
    saved = -sum(each.differences[-1] or 0 for each in present)
    if not joined:
        return f"{year_name(last)}は、今の団体のままです。"
    names = "、".join(each.entrant.name for each in joined[:3])
    more = f"ほか{len(joined) - 3}団体" if len(joined) > 3 else ""
    paid = sum(each.then[-1] or 0 for each in joined)
    change = "減り" if saved >= 0 else "増え"
    return (
        f"{year_name(last)}は、{names}{more}の加入により、今の団体の負担が合わせて"
        f"{yen_unit(abs(saved))}{change}、加わる団体は{yen_unit(paid)}を負担します。"
    )


def conditions(simulation: Simulation) -> list[tuple[str, str]]:
    """Give the conditions in words (試算の条件)."""
    cost, sharing, basis = simulation.cost, simulation.sharing, simulation.basis
    rounding = sharing.rounding
    first, last = year_name(simulation.first), year_name(simulation.last)
    costs = (
        f"固定 {yen_unit(cost.fixed)} ＋ 一団体 {yen_unit(cost.per_member)}"
        f" ＋ 住民一人 {decimal(cost.per_unit)}円。年度の途中は月割、1円未満切捨て"
    )
    rule = (
        f"均等割 {decimal(sharing.equal)}：人口割 {decimal(sharing.population)}、"
        f"{LEVELS[rounding.level]}に{rounding.unit:,}円単位で{MODES[rounding.mode]}、"
        f"端数は{RESIDUALS[rounding.residual].label}、{PRORATIONS[sharing.proration].label}"
    )
    typed = [each.name for each in simulation.entrants if each.value is not None]
    note = f"。{'、'.join(typed)}は入力した値" if typed else ""
    return [
        ("年度", first if first == last else f"{first}から{last}まで"),
        ("「今」とする日", f"{wareki(simulation.base_day)}（{len(simulation.present)}団体）"),
        ("費用（年額）", costs),
        ("負担ルール", rule),
        ("人口", f"{basis.label} {basis.edition}（{basis.certainty}）{note}"),
    ]


def joining_rows(page: Simulated) -> list[dict[str, Any]]:
    """Give one row for each joining date (加入日ごとの比較)."""
    return [
        {
            "joining": each,
            "names": "、".join(one.name for one in each.joined),
            "before_total": sum(each.before.values()) if each.before else None,
            "after_total": sum(each.after.values()),
            "cells": [_cell(each, line.entrant.code) for line in page.lines],
        }
        for each in page.joinings
    ]


def _cell(joining: Joining, code: str) -> tuple[int | None, int | None]:
    """Give what a town pays after a joining date, and how much more than before."""
    after = joining.after.get(code)
    before = joining.before.get(code)
    return after, None if after is None or before is None else after - before


def breakdown(page: Simulated) -> list[tuple[str, list[int | None]]]:
    """Give the last year by component: its name, and what each town pays of it (内訳)."""
    result = page.years[-1].then
    codes = [line.entrant.code for line in page.lines]
    table: dict[str, dict[str, int]] = {}
    for line in result.lines() if result else ():
        row = table.setdefault(line.method, {})
        row[line.code] = row.get(line.code, 0) + line.amount
    return [(method, [row.get(code) for code in codes]) for method, row in table.items()]


# ---- 公平性 --------------------------------------------------------------------------------------


def exact(value: Fraction) -> str:
    """Write a fraction of yen in full: 27,266,500/7, △ before a negative one."""
    text = f"{abs(value.numerator):,}"
    if value.denominator != 1:
        text = f"{text}/{value.denominator:,}"
    return f"△{text}" if value < 0 else text


def four_decimals(value: Fraction) -> str:
    """Write yen with four decimals, rounded half up, △ before a negative amount."""
    size = abs(value) * 10_000
    units = (2 * size.numerator + size.denominator) // (2 * size.denominator)
    text = f"{units // 10_000:,}.{units % 10_000:04d}"
    return f"△{text}" if value < 0 and units else text


def fairness_rows(page: Simulated) -> list[dict[str, Any]]:
    """Give one row for each member, in the order of the first table (公平性)."""
    table, order = page.fairness, [each.entrant.code for each in page.lines]
    return [
        {
            "name": table.names[line.code],
            "agreed": line.agreed,
            "shapley": four_decimals(line.shapley),
            "shapley_exact": exact(line.shapley),
            "difference": four_decimals(line.difference),
            "difference_exact": exact(line.difference),
            "alone": four_decimals(line.alone),
            "alone_exact": exact(line.alone),
            "passes": line.passes,
        }
        for line in sorted(table.lines, key=lambda line: order.index(line.code))
    ]


def why_no_fairness(table: FairnessTable) -> str:
    """Say why there are no rows, empty where there are (公平性がない理由)."""
    if table.is_too_large:
        return (
            f"{table.size}団体では、組合せが{2**table.size:,}通りになるため求めません。"
            f"{MOST_MEMBERS}団体までにすると表示します。"
        )
    return "" if table.lines else "試算の終わりの日に加入している団体がありません。"
