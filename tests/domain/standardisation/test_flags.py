"""What is asked about a cell (矛盾の可能性): each rule alone, at its edge."""

from dataclasses import replace
from datetime import date

import pytest

from consortium.domain.standardisation.flags import Around, Finished, Flag, flags_of, row_gap
from consortium.domain.standardisation.progress import Cell

DAY = date(2026, 1, 31)
LEAD = Cell("022021", "juki", 29, "市", service="core")
TOWN = Cell("023434", "juki", 29, "村", service="core")
WAITING = ("waiting",) * 40


def states(*done: int) -> tuple[str, ...]:
    """Give 40 states of which these steps are done."""
    return tuple("done" if no in done else "waiting" for no in range(1, 41))


def asked(cell: Cell, around: Around | None = None) -> list[Flag]:
    return list(flags_of(cell, around or Around(DAY, LEAD)))


def kinds(cell: Cell, around: Around | None = None) -> list[str]:
    return [each.kind for each in asked(cell, around)]


@pytest.mark.parametrize(("steps", "flagged"), [(33, False), (34, True), (25, False), (24, True)])
def test_five_steps_from_the_lead_city_are_asked_about(steps: int, flagged: bool) -> None:
    cell = replace(TOWN, steps=steps)
    assert kinds(cell) == (["gap"] if flagged else [])
    if flagged:
        [flag] = asked(cell)
        assert (flag.numbers, flag.word) == ((steps, 29), "幹事市との差")
        assert ("進んで" if steps > 29 else "遅れて") in flag.question


def test_only_towns_on_one_service_are_compared() -> None:
    far = replace(TOWN, steps=38)
    assert kinds(far) == ["gap"]
    assert kinds(replace(far, service="")) == []
    assert kinds(replace(far, service="own")) == []
    assert kinds(far, Around(DAY)) == []  # no lead city in the file
    assert kinds(far, Around(DAY, replace(LEAD, is_applicable=False))) == []
    assert kinds(far, Around(DAY, far)) == []  # the lead city itself
    assert kinds(far, Around(DAY, LEAD, gap=10)) == []
    left_out = replace(far, is_applicable=False)
    assert kinds(left_out) == []
    cells = [LEAD, far, replace(left_out, steps=0), replace(far, steps=1, service="")]
    assert row_gap(cells) == 9
    assert row_gap([]) == 0
    # Two systems of their own are not one that is shared.
    assert row_gap([replace(far, service=""), replace(TOWN, steps=1, service="")]) == 0


def test_forty_steps_are_asked_about_until_somebody_confirms() -> None:
    full = replace(TOWN, steps=40)
    assert kinds(full, Around(DAY)) == ["full"]
    assert kinds(replace(full, business="seiho")) == ["full"]  # 推定: asked, not compared
    assert kinds(replace(full, is_applicable=True), Around(DAY)) == []


def test_a_count_that_falls_is_told() -> None:
    [flag] = asked(TOWN, Around(DAY, before=30))
    assert (flag.kind, flag.numbers) == ("fall", (29, 30))
    assert kinds(TOWN, Around(DAY, before=29)) == []
    assert kinds(TOWN, Around(DAY, before=28)) == []


def test_an_entry_that_adds_up_to_something_else_is_told() -> None:
    assert kinds(replace(TOWN, states=states(*range(1, 30)))) == []
    [flag] = asked(replace(TOWN, states=states(*range(1, 29))))
    assert (flag.kind, flag.numbers) == ("entry", (29, 28))


def test_a_day_of_going_live_and_the_last_step_are_compared() -> None:
    twenty_nine = states(*range(1, 30))
    live = replace(TOWN, states=(*twenty_nine[:28], "waiting", *twenty_nine[29:39], "done"))
    assert kinds(live, Around(DAY)) == ["live"]
    assert kinds(replace(live, go_live_on=DAY), Around(DAY)) == []
    assert kinds(replace(live, go_live_on=date(2026, 2, 1)), Around(DAY)) == ["live"]
    assert kinds(replace(TOWN, states=twenty_nine, go_live_on=DAY), Around(DAY)) == ["live"]
    assert kinds(replace(TOWN, go_live_on=DAY), Around(DAY)) == []  # the states are not known


def test_a_town_ahead_of_the_schedule_of_the_lead_city_is_asked() -> None:
    migrated = replace(TOWN, states=states(*range(1, 29), 34))
    unready = replace(LEAD, states=states(*range(1, 29), 30))
    assert kinds(migrated, Around(DAY, unready)) == ["ahead"]
    assert kinds(migrated, Around(DAY, replace(LEAD, states=states(*range(1, 30))))) == []
    assert kinds(migrated, Around(DAY, LEAD)) == []  # nobody knows
    assert kinds(replace(TOWN, states=states(*range(1, 30))), Around(DAY, unready)) == []


def test_a_finished_task_whose_step_waits_is_told() -> None:
    task = Finished("D1", "移行計画", (29, 30))
    cell = replace(TOWN, states=states(*range(1, 30)))
    [flag] = asked(cell, Around(DAY, finished=(task,)))
    assert (flag.kind, flag.numbers) == ("task", (30, 1))
    assert kinds(cell, Around(DAY, finished=(replace(task, steps=(29,)),))) == []
    assert kinds(TOWN, Around(DAY, finished=(task,))) == []  # the states are not known
