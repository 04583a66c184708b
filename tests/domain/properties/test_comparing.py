"""Two random results beside each other (算定の比較)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consortium.domain.sharing.changed_inputs import BasisChange, RuleChange
from consortium.domain.sharing.compare import Comparison, FieldChange, ItemChange, compare
from consortium.domain.sharing.result import Result
from consortium.domain.yen import MODES, RESIDUALS
from tests.depth import examples
from tests.domain.agreement import (
    make_item,
)
from tests.domain.properties.agreements import Matter, items_of, matters, stays, values, versions
from tests.domain.properties.engine import outcome, shared_or_skipped

RESPECTS = ("versions", "rounding", "lead", "stays", "tables")


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Matter, Matter]:
    """Make two matters that differ in one respect, or in everything."""
    agreement, items = draw(matters())
    codes = sorted(agreement.stays)
    respect = draw(
        st.sampled_from(["items", "versions", "rounding", "lead", "stays", "tables", "all"])
    )
    if respect == "all":
        return (agreement, items), draw(matters())
    if respect == "items":
        return (agreement, items), (agreement, draw(st.lists(items_of(agreement), max_size=4)))
    residual = draw(st.sampled_from(sorted(RESIDUALS)))
    mode = "floor" if residual == "largest_remainder" else draw(st.sampled_from(sorted(MODES)))
    changed: dict[str, dict[str, Any]] = {
        "versions": {"versions": draw(versions())},
        "rounding": {"residual": residual, "mode": mode, "unit": 100},
        "lead": {"lead": draw(st.sampled_from(codes))},
        "stays": {"stays": {code: draw(stays()) for code in codes}},
        "tables": {
            "tables": {name: {code: draw(values) for code in codes} for name in agreement.tables}
        },
    }
    return (agreement, items), (agreement._replace(**changed[respect]), items)


def both(pair: tuple[Matter, Matter]) -> tuple[Result, Result]:
    """Share both matters."""
    return shared_or_skipped(pair[0]), shared_or_skipped(pair[1])


def mirrored(compared: Comparison) -> Comparison:
    """Exchange old and new, written independently of `compare`."""

    def item(each: ItemChange) -> ItemChange:
        return ItemChange(
            each.item,
            each.new_no,
            each.old_no,
            each.new_amounts,
            each.old_amounts,
            each.unallocated[::-1],
            tuple(FieldChange(name, new, old) for name, old, new in each.fields),
        )

    return Comparison(
        compared.years[::-1],
        tuple(each._replace(old=each.new, new=each.old) for each in compared.members),
        tuple(item(each) for each in compared.items),
        compared.unallocated[::-1],
        compared.totals[::-1],
        tuple(
            BasisChange(
                each.new,
                each.old,
                tuple(value._replace(old=value.new, new=value.old) for value in each.values),
            )
            for each in compared.bases
        ),
        tuple(
            RuleChange(each.subjects, each.new, each.old, each.aspects) for each in compared.rules
        ),
        tuple(
            each._replace(old=each.new, new=each.old, days=each.days and each.days[::-1])
            for each in compared.presences
        ),
        compared.left,
        compared.joined,
        compared.leads[::-1],
    )


def comparable(compared: Comparison) -> tuple[object, ...]:
    """Give everything of a comparison, the items without order and without what they say now."""
    items = sorted(
        repr(each._replace(item=make_item(0)) if each.old_no and each.new_no else each)
        for each in compared.items
    )
    return (*(getattr(compared, name) for name in compared.__slots__ if name != "items"), items)


@pytest.mark.property
@given(pairs())
@examples(100)
def test_the_differences_of_all_add_up_to_the_difference_of_the_totals(
    pair: tuple[Matter, Matter],
) -> None:
    old, new = both(pair)
    compared = compare(old, new)
    rest = compared.unallocated[1] - compared.unallocated[0]
    assert sum(each.difference for each in compared.members) + rest == new.total - old.total
    assert sum(each.difference for each in compared.items) == new.total - old.total
    for position, member in enumerate(compared.members):
        column = [each.differences[position] for each in compared.items]
        assert sum(column) == member.difference


@pytest.mark.property
@given(matters())
@examples(50)
def test_any_result_beside_itself_shows_nothing(matter: Matter) -> None:
    first, second = shared_or_skipped(matter), shared_or_skipped(matter)
    assert compare(first, second).is_empty


@pytest.mark.property
@given(pairs())
@examples(100)
def test_the_other_way_round_everything_is_mirrored(pair: tuple[Matter, Matter]) -> None:
    old, new = both(pair)
    assert comparable(mirrored(compare(old, new))) == comparable(compare(new, old))


@pytest.mark.property
@given(pairs())
@examples(200)
def test_no_amount_differs_without_an_input_that_does(pair: tuple[Matter, Matter]) -> None:
    first, second = outcome(pair[0]), outcome(pair[1])
    if first is None or second is None:
        return
    compared = compare(first, second)
    if first.amounts != second.amounts or first.unallocated != second.unallocated:
        assert compared.has_changed_inputs
