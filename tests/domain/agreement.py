"""Small agreements for the tests of the sharing (試験用の協定): say only what the test is about."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.explanation import explain
from consortium.domain.sharing.facts import Facts, Party, Series
from consortium.domain.sharing.result import CostItem, Result
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.sharing.sentences import render_tree
from consortium.domain.timeline import Dated, Source, Timeline
from consortium.domain.yen import Rounding, Yen

HIROSAKI, HIRAKAWA, FUJISAKI = "022021", "022101", "023612"
NAMES = {HIROSAKI: "弘前市", HIRAKAWA: "平川市", FUJISAKI: "藤崎町"}
TWO = (HIROSAKI, HIRAKAWA)
YEAR = FiscalYear(2021)
YEAR_OF_MONTHS = "令和3年4月〜令和4年3月分"
LONG_AGO = date(2015, 4, 1)
AGREEMENT = Source("協定書(例)", "第5条", date(2014, 12, 1))

EQUAL = Component("equal", "equal", "均等割", Fraction(1))


def by_table(weight: int | str = 1, *, key: str = "units", label: str = "台数割") -> Component:
    """Make a component that reads the table of its own key."""
    return Component(key, "table", label, Fraction(weight), key)


def make_rule(*components: Component, since: date = LONG_AGO, **rounding: object) -> Dated[Rule]:
    """Make a rule version."""
    return Dated(since, Rule(components, Rounding(**rounding)), AGREEMENT)  # type: ignore[arg-type]  # keywords of a test


def make_item(amount: int, **facts: object) -> CostItem:
    """Make a cost of the whole year."""
    months = YEAR.months()
    given: dict[str, object] = {
        **{"no": 1, "name": "運用費", "category": "運用", "amount": Yen(amount)},
        **{"first": months[0], "last": months[-1]},
    }
    return CostItem(**(given | facts))  # type: ignore[arg-type]  # keywords of a test


def make_facts(
    codes: Sequence[str] = (HIROSAKI, HIRAKAWA, FUJISAKI),
    *,
    units: Mapping[str, int] | None = None,
    stays: Mapping[str, Sequence[Period]] | None = None,
    lead: str | None = HIROSAKI,
) -> Facts:
    """Make members that are in force since long ago, and a table of terminals (端末台数)."""
    series = Series(
        "units",
        "端末台数",
        {code: Fraction(value) for code, value in (units or {}).items()},
        date(2021, 1, 1),
    )
    always = dict.fromkeys(codes, (Period(LONG_AGO),))
    return Facts(
        tuple(Party(code, NAMES[code], code == lead) for code in codes),
        {"": always | {code: tuple(each) for code, each in (stays or {}).items()}},
        {"units": series},
    )


def shared(
    items: Sequence[CostItem] | int, rule: Dated[Rule], facts: Facts | None = None
) -> Result:
    """Share costs, or one of so many yen, by one rule version."""
    listed = [make_item(items)] if isinstance(items, int) else items
    return share(listed, {("", None): Timeline([rule])}, facts or make_facts(), YEAR)


def why(result: Result, code: str, item_no: int = 1) -> list[str]:
    """Give the sentences of a cell, whose leaves add up to it."""
    tree = explain(result, item_no, code)
    entry = next(entry for entry in result.items if entry.item.no == item_no)
    assert tree.value == entry.amounts[result.position(code)]
    assert sum(leaf.value for leaf in tree.leaves()) == tree.value
    return list(render_tree(tree))


def terms(rule: Dated[Rule], **changes: Any) -> Dated[Rule]:
    """Change proration or leaving of a version."""
    return replace(rule, value=replace(rule.require(), **changes))


def month(text: str) -> Month:
    """Read a month."""
    return Month.parse(text)
