"""Two runs that differ, for the tests of why (差額の要因分解の試験の材料)."""

from consortium.domain.sharing.causes import Causes, causes
from consortium.domain.sharing.facts import Facts
from consortium.domain.sharing.result import CostItem
from consortium.domain.sharing.rule import Rule
from consortium.domain.sharing.run_inputs import RunInputs
from consortium.domain.timeline import Dated, Timeline
from tests.domain.agreement import (
    EQUAL,
    FUJISAKI,
    HIRAKAWA,
    HIROSAKI,
    YEAR,
    by_table,
    make_facts,
    make_item,
    make_rule,
)

EQUALLY, BY_UNITS = make_rule(EQUAL), make_rule(by_table())
UNITS = {HIROSAKI: 2, HIRAKAWA: 1, FUJISAKI: 1}


def given(
    items: list[CostItem] | int,
    rule: Dated[Rule] = EQUALLY,
    facts: Facts | None = None,
    **more: object,
) -> RunInputs:
    """Make what a run is shared from."""
    listed = [make_item(items)] if isinstance(items, int) else items
    rules = {("", None): Timeline([rule])}
    return RunInputs(tuple(listed), rules, facts or make_facts(units=UNITS), YEAR, **more)  # type: ignore[arg-type]  # keywords of a test


def parts(found: Causes) -> dict[str, tuple[int, ...]]:
    """Give the causes that moved a yen, in the order of 弘前市, 平川市, 藤崎町."""
    assert found.adds_up
    return {"+".join(line.keys): line.parts for line in found.lines if any(line.parts)}


def difference(old: RunInputs, new: RunInputs) -> dict[str, tuple[int, ...]]:
    """Divide the difference of two runs."""
    return parts(causes(old, new))
