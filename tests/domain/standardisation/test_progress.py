"""How a cell of the matrix is read and what may be added up of it (標準化の数え方)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from consortium.domain.standardisation.business import (
    Business,
    PmoStep,
    folded,
    keys_by_heading,
    ordered,
    read_as,
    steps_named,
    town_key,
)
from consortium.domain.standardisation.progress import (
    Cell,
    Live,
    are_all_done,
    checked_states,
    live,
    rate,
    rate_without,
)

DAY = date(2026, 1, 31)
OPEN = Cell("023817", "juki", 27, "町")
DONE, NOT_OURS = ("done",) * 40, ("not_applicable",) * 40


@pytest.mark.parametrize(
    ("cell", "mark"),
    [
        (OPEN, "open"),
        (replace(OPEN, steps=40), "unclear"),
        (replace(OPEN, steps=40, business="seiho"), "probable"),
        (replace(OPEN, steps=40, business="jifuyo", kind="村"), "probable"),
        (replace(OPEN, steps=40, business="seiho", kind="市"), "unclear"),  # a city has the office
        (replace(OPEN, steps=39, business="seiho"), "open"),
        (replace(OPEN, steps=40, business="seiho", is_applicable=True), "done"),
        (replace(OPEN, steps=40, business="seiho", states=DONE), "done"),
        (replace(OPEN, steps=40, states=NOT_OURS), "excluded"),
        (replace(OPEN, steps=12, is_applicable=False), "excluded"),
    ],
)
def test_a_full_count_is_done_only_where_somebody_says_so(cell: Cell, mark: str) -> None:
    assert cell.mark == mark
    assert cell.is_left_out == (mark in ("excluded", "probable"))


def test_what_runs_is_known_from_the_last_step_or_from_a_day() -> None:
    begun = ("done",) * 39 + ("working",)
    cells = [
        replace(OPEN, states=DONE, steps=40),  # ⑱-1
        replace(OPEN, go_live_on=DAY),  # the day itself counts
        replace(OPEN, states=begun, go_live_on=DAY),
        replace(OPEN, go_live_on=date(2026, 2, 1)),  # later
        replace(OPEN, states=begun),
        replace(OPEN, steps=40, is_applicable=True),  # 40 of 40 alone says nothing
        replace(OPEN, is_applicable=False, go_live_on=DAY),
    ]
    assert [each.is_live(DAY) for each in cells[:6]] == [True, True, True, False, False, None]
    assert live(cells, DAY) == Live(3, 2, 1)


def test_the_counts_of_an_entry_are_the_states_own() -> None:
    mixed = ("done",) * 20 + ("not_applicable",) * 5 + ("working",) * 6 + ("waiting",) * 9
    cell = replace(OPEN, states=mixed)
    assert cell.entered == 25
    assert OPEN.entered is None
    assert [cell.count(each) for each in ("working", "waiting")] == [6, 9]
    assert (cell.is_done(20), cell.is_done(21), OPEN.is_done(1)) == (True, False, None)
    assert checked_states(list(mixed)) == mixed
    for wrong in (mixed[1:], (*mixed[1:], "finished")):
        with pytest.raises(ValueError, match="states"):
            checked_states(wrong)


def test_the_rates_leave_out_what_is_not_the_towns() -> None:
    cells = [OPEN, replace(OPEN, steps=40, business="seiho")]
    assert rate(cells) == Fraction(67, 80)
    assert rate_without(cells) == Fraction(27, 40)
    assert (rate([]), rate_without(cells[1:])) == (None, None)
    assert not are_all_done(cells)
    assert are_all_done(cells[1:])
    assert not are_all_done([])


# ---- the state's lists ---------------------------------------------------------------------------

STEPS = [
    PmoStep(no, code, f"見出し{no}")
    for no, code in enumerate(("①-1", "①-2", "①-3", "②-1", "③-1", "③-2"), start=1)
]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("①-1…3", (1, 2, 3)),
        ("①-2", (2,)),
        ("③", (5, 6)),
        ("①、③", (1, 2, 3, 5, 6)),
        ("②…③", (4, 5, 6)),
        ("③-1…2", (5, 6)),
        ("", ()),
        ("⑨", ()),
        ("①…⑨", ()),
        ("移行", ()),
    ],
)
def test_the_steps_that_a_stage_names_are_read(text: str, numbers: tuple[int, ...]) -> None:
    assert steps_named(text, STEPS) == numbers


def test_the_phase_of_a_step_and_what_a_count_reaches() -> None:
    assert [PmoStep(no, "①-1", "").phase for no in (13, 14, 29, 30, 40)] == [
        "計画立案", "システム選定", "システム選定", "移行", "移行",
    ]  # fmt: skip
    assert read_as(4, STEPS) == "②-1 見出し4"
    assert read_as(0, STEPS) == ""


def test_a_business_is_found_by_either_spelling_and_listed_in_either_order() -> None:
    juki = Business("juki", "住民基本台帳", "住民記録", {"soumu": 2, "digital": 1}, is_in_17=True)
    kosodate = Business("k", "子ども・子育て支援", "", {"soumu": 1, "digital": 2}, is_in_17=True)
    assert [each.key for each in ordered([juki, kosodate], "soumu")] == ["k", "juki"]
    assert [each.key for each in ordered([juki, kosodate], "digital")] == ["juki", "k"]
    found = keys_by_heading([juki, kosodate])
    headings = ("住民記録", "住民\n基本台帳", "子ども・子育て支援", "子ども･子育て支援")
    assert [found.get(folded(each)) for each in headings] == ["juki", "juki", "k", "k"]
    assert len(found) == 3
    assert town_key("青森県", "外ヶ浜町") == town_key("青森県 ", "外ケ浜町")
