"""The instalment plan of a year and what it asks of each town (納付計画・期別納付)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db.store import instalments as store
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, StaleError
from consortium.usecases import instalments
from consortium.usecases.instalments import Entry, Part
from tests import factories
from tests.collecting import YEAR, cancel_notice, line_of, lines_of, send_notices
from tests.factories import everything
from tests.office import ITAYANAGI, Office, chain_faults, copy_costs, open_office

pytestmark = pytest.mark.usefixtures("plain_files")


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    return open_office(tmp_path / "files", clock)


@pytest.fixture
def issued(office: Office) -> Office:
    office.issued(2026, "planned")
    return office


DAYS = (date(2026, 5, 20), date(2026, 8, 20), date(2026, 11, 20), date(2027, 2, 20))


def entry(*, percents: tuple[int | None, ...] = (25, 25, 25, None), **changes: object) -> Entry:
    """Fill the form of the usual plan."""
    parts = tuple(
        Part(day, "previous_open_day", day, None if part is None else Fraction(part))
        for day, part in zip(DAYS, percents, strict=True)
    )
    return replace(Entry("percents", 1_000, "ceil", "cash", parts), **changes)  # type: ignore[arg-type]


def saved(office: Office) -> store.SavedPlan:
    with reading() as session:
        return store.plan_in_force(session, office.consortium_id, YEAR)


def save(office: Office, what: Entry, seen: int = 0) -> store.SavedPlan:
    return instalments.save_plan(office.staff, YEAR, seen, what, office.clock.now())


def amount_of(office: Office, code: str) -> int:
    with reading() as session:
        run = store.in_force(session, office.consortium_id, YEAR)
    assert run is not None
    return run.amount(code)


def test_before_a_plan_is_saved_the_usual_one_holds(issued: Office) -> None:
    assert not saved(issued).is_saved
    lines = [line_of(issued, ITAYANAGI, no) for no in (1, 2, 3, 4)]
    amount = amount_of(issued, ITAYANAGI)
    quarter = -(-amount // 4_000) * 1_000  # 25 %, up to 1,000
    assert [line.amount for line in lines] == [quarter] * 3 + [amount - 3 * quarter]
    assert {line.state for line in lines} == {"planned"}


def test_before_a_run_is_issued_nothing_is_due(office: Office) -> None:
    with reading() as session:
        assert instalments.instalment_lines(session, office.consortium_id, YEAR, ITAYANAGI) == ()


def test_a_plan_is_saved_and_changed_with_its_version(office: Office) -> None:
    first = save(office, entry())
    assert (first.is_saved, first.row_version) == (True, 1)
    second = save(office, entry(percents=(30, 30, 30, None)), seen=1)
    assert second.row_version == 2
    assert saved(office) == second
    assert [part.percent for part in second.plan.parts] == [30, 30, 30, None]
    assert chain_faults(office) == []


def test_sending_the_form_twice_has_one_effect(office: Office) -> None:
    save(office, entry())
    before = everything()
    assert save(office, entry()).row_version == 1
    assert save(office, entry(), seen=1).row_version == 1
    assert everything() == before


def test_the_second_of_two_editors_is_refused(office: Office) -> None:
    save(office, entry())
    save(office, entry(percents=(30, 30, 30, None)), seen=1)
    before = everything()
    for seen in (0, 1):
        with pytest.raises(StaleError):
            save(office, entry(percents=(20, 20, 20, None)), seen=seen)
    assert everything() == before


def test_due_days_move_by_the_closed_days_of_the_office(office: Office) -> None:
    # 20 Feb 2027 is a Saturday.
    plan = save(office, entry()).plan
    assert plan.parts[3].due_nominal == date(2027, 2, 20)
    assert plan.parts[3].due_on == date(2027, 2, 19)


def test_what_was_notified_stays_when_the_amount_changes(issued: Office) -> None:
    send_notices(issued, 1)
    before = line_of(issued, ITAYANAGI, 1)
    assert before.state == "notified"
    copy_costs(issued, 2026, "planned", 2026, "revised")
    factories.add_many_items(issued.staff, 2026, 1, "revised")  # one item twice: dearer
    issued.issued(2026, "revised")
    after = [line_of(issued, ITAYANAGI, no) for no in (1, 2, 3, 4)]
    assert (after[0].amount, after[0].document_number) == (before.amount, before.document_number)
    amount = amount_of(issued, ITAYANAGI)
    quarter = -(-amount // 4_000) * 1_000
    assert quarter > before.amount
    assert [line.amount for line in after[1:3]] == [quarter, quarter]
    assert sum(line.amount for line in after) == amount


def test_a_cancelled_notice_is_due_again(issued: Office) -> None:
    sent = send_notices(issued, 1)
    cancel_notice(issued, sent[ITAYANAGI])
    line = line_of(issued, ITAYANAGI, 1)
    assert (line.state, line.statement_id) == ("cancelled", sent[ITAYANAGI])
    others = {code: each.state for code, each in lines_of(issued, 1).items() if code != ITAYANAGI}
    assert set(others.values()) == {"notified"}
    assert send_notices(issued, 1)[ITAYANAGI] != sent[ITAYANAGI]


def test_a_plan_cannot_change_what_was_notified(issued: Office) -> None:
    save(issued, entry())
    send_notices(issued, 1)
    before = everything()
    moved = [replace(entry().parts[0], due_nominal=date(2026, 5, 19)), *entry().parts[1:]]
    for changed in (
        entry(percents=(30, 25, 25, None)),
        entry(parts=tuple(moved)),
        entry(parts=(replace(entry().parts[0], roll_rule="stay"), *entry().parts[1:])),
    ):
        with pytest.raises(BadInputError, match="第1期は納入依頼済み") as refusal:
            save(issued, changed, seen=1)
        assert refusal.value.path == "due-1"
    assert everything() == before


def test_the_instalments_not_notified_may_change(issued: Office) -> None:
    save(issued, entry())
    send_notices(issued, 1)
    first = line_of(issued, ITAYANAGI, 1)
    save(issued, entry(percents=(25, 30, 30, None)), seen=1)
    after = [line_of(issued, ITAYANAGI, no) for no in (1, 2, 3, 4)]
    assert after[0] == first
    assert sum(line.amount for line in after) == amount_of(issued, ITAYANAGI)
    assert after[1].amount > first.amount


def test_a_due_day_in_the_past_is_refused_unless_it_was_there(office: Office) -> None:
    # Today is 2026-12-01: the days of the usual plan stand, a new one in the past does not.
    save(office, entry())
    late = (*entry().parts[:2], replace(entry().parts[2], due_nominal=date(2026, 11, 30)))
    with pytest.raises(BadInputError, match="過ぎた日") as refusal:
        save(office, entry(parts=(*late, entry().parts[3])), seen=1)
    assert refusal.value.path == "due-3"


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"way": "gift"}, "way"),
        ({"method": "items", "parts": (Part(DAYS[3], "stay", DAYS[3], None, ("x",)),)}, "method"),
        ({"parts": (Part(DAYS[3], "tomorrow", DAYS[3]),)}, "roll-1"),
    ],
)
def test_an_entry_that_fits_nothing_is_refused(
    office: Office, changed: dict[str, object], path: str
) -> None:
    before = everything()
    with pytest.raises(BadInputError) as refusal:
        save(office, entry(**changed))  # type: ignore[arg-type]
    assert refusal.value.path == path
    assert everything() == before


def test_by_category_each_instalment_asks_for_its_costs(issued: Office) -> None:
    with reading() as session:
        run = store.in_force(session, issued.consortium_id, YEAR)
    assert run is not None
    of_town = {key: amount for key, amount in run.amounts[ITAYANAGI].items() if key}
    first, *_ = of_town
    parts = (
        Part(DAYS[0], "stay", DAYS[0], None, (first,)),
        Part(DAYS[3], "stay", DAYS[3]),
    )
    save(issued, entry(method="items", unit=1, parts=parts))
    lines = [line_of(issued, ITAYANAGI, no) for no in (1, 2)]
    assert lines[0].amount == of_town[first]
    assert lines[1].amount == amount_of(issued, ITAYANAGI) - of_town[first]


def test_a_plan_is_copied_to_the_next_year_once(office: Office) -> None:
    save(office, entry(way="credit"))
    for _ in range(2):
        with writing(factories.OFFICER, office.clock.now()) as unit:
            copied = store.copy_plan(unit, office.consortium_id, YEAR, YEAR.next())
            if not copied:
                unit.operational()
    assert not copied
    with reading() as session:
        found = store.find_plan(session, office.consortium_id, FiscalYear(2027))
    assert found is not None
    assert (found.way, found.row_version) == ("credit", 1)
    assert found.plan.parts[2].due_nominal == date(2027, 11, 20)
    assert found.plan.parts[2].due_on == date(2027, 11, 19)  # a Saturday


def test_without_a_plan_there_is_nothing_to_copy(office: Office) -> None:
    with writing(factories.OFFICER, office.clock.now()) as unit:
        unit.operational()
        assert not store.copy_plan(unit, office.consortium_id, YEAR, YEAR.next())
