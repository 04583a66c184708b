"""The calendar of a year at work: states from what happened, months, 年度開始 (年間予定)."""

from dataclasses import replace
from datetime import date, datetime

import pytest
from flask import Flask

from consortium.clock import TOKYO, FrozenClock
from consortium.db.store import steps as store
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.errors import BadInputError, NotFoundError, StaleError
from consortium.usecases import home, instalments, year_plan, year_start
from consortium.usecases.viewer import Viewer
from consortium.usecases.year_plan import StepEntry, StepLine
from tests.asking import ask, take, town
from tests.factories import NOW, add_foreign_consortium, everything
from tests.office import Office, open_office

pytestmark = pytest.mark.usefixtures("plain_files")

FY2026, FY2027 = FiscalYear(2026), FiscalYear(2027)
OWN = StepEntry("研修会", "案内", date(2026, 12, 6), "previous_open_day", "lead_staff")


@pytest.fixture
def office(database: Flask, clock: FrozenClock, tmp_path: object) -> Office:
    """Give the sample's office: FY2026 has its calendar, nothing is issued."""
    return open_office(tmp_path, clock)  # type: ignore[arg-type]  # a folder


@pytest.fixture
def officer(office: Office) -> Viewer:
    return office.staff


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 9, 0, tzinfo=TOKYO)


def lines(officer: Viewer, now: datetime = NOW, year: FiscalYear = FY2026) -> dict[str, StepLine]:
    return {line.step.key: line for line in year_plan.show_plan(officer, year, now).lines}


def test_the_days_move_and_say_why(officer: Viewer) -> None:
    found = lines(officer)
    moved = found["settlement"]
    assert (moved.timing.nominal_on, moved.timing.effective_on) == (
        date(2026, 5, 31), date(2026, 5, 29),
    )  # fmt: skip
    assert moved.why_moved == "5月31日は日曜日のため、前開庁日"
    assert found["notice_1"].why_moved == "5月6日は憲法記念日 振替休日のため、前開庁日"
    assert found["notice_1"].timing.effective_on == date(2026, 5, 1)
    assert found["base_figures"].why_moved == ""
    assert found["instalment_4"].timing.effective_on == date(2027, 2, 19)


def test_a_question_on_the_planned_amount_holds_up_the_final_one(office: Office) -> None:
    run = office.issued(2026, "planned")
    question_id = ask(office, run.id, town(office))
    held_up = lines(office.staff, at(2027, 2, 1))["final"]
    assert (held_up.state, held_up.fact.blocked_by) == ("blocked", "担当")
    assert held_up.fact.blocked == "回答していない質疑が1件あります"
    take(office, question_id, "answer", office.staff)
    assert lines(office.staff, at(2027, 2, 1))["final"].state == "due"


def test_a_stage_is_done_when_it_was_issued_and_not_before(office: Office) -> None:
    assert lines(office.staff, at(2027, 2, 1))["planned"].state == "due"
    office.draft(2026, "planned")
    # FY2026's planned amounts stand in the calendar of FY2025.
    assert lines(office.staff)["planned"].about == FY2027
    office.issued(2025, "final")
    assert lines(office.staff)["settlement"].fact.blocked == ""
    assert lines(office.staff)["settlement"].state == "overdue"


def test_a_run_in_review_blocks_with_the_approver_and_issuing_it_is_done(office: Office) -> None:
    year_start.start_year(office.staff, FiscalYear(2025), NOW)
    run_id = office.move(office.draft(2026, "planned"), "submit")
    calendar = FiscalYear(2025)
    now = at(2026, 2, 2)
    waiting = lines(office.staff, now, calendar)["planned"]
    assert (waiting.state, waiting.fact.blocked_by, waiting.has_run) == ("blocked", "承認者", True)
    office.issue(office.move(run_id, "approve"))
    done = lines(office.staff, now, calendar)["planned"]
    assert (done.state, done.done_on) == ("done", date(2026, 12, 1))


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (at(2026, 10, 30), "due"),
        (at(2026, 10, 31), "overdue"),
        (at(2026, 9, 30), "coming"),
    ],
)
def test_the_estimate_of_october_is_due_up_to_its_friday(
    officer: Viewer, now: datetime, state: str
) -> None:
    # 31 October 2026 is a Saturday: worked to Friday the 30th.
    assert lines(officer, now)["estimate"].state == state


def test_the_instalment_plan_sets_the_days_of_notices_and_instalments(office: Office) -> None:
    before = lines(office.staff)
    assert before["notice_1"].fact.blocked == "納付計画がありません"
    page = instalments.show_plan(office.staff, FY2026)
    assert before["instalment_1"].timing.effective_on == page.saved.plan.parts[0].due_on


def test_the_month_view_holds_its_steps_and_in_the_present_one_what_is_left_over(
    officer: Viewer,
) -> None:
    page = home.show_home(officer, NOW)
    december = {line.step.key for line in page.plan.lines}
    assert december == {"monthly_11"}
    assert "estimate" in {line.step.key for line in page.plan.left_over}
    assert not any(line.is_settled for line in page.plan.left_over)
    november = home.show_home(officer, NOW, Month(2026, 11))
    keys = {line.step.key for line in november.plan.lines}
    assert keys == {"revised", "notice_3", "instalment_3", "monthly_10"}
    assert november.plan.left_over == ()


def test_a_step_that_moves_over_the_end_of_a_month_stands_where_it_is_worked(
    officer: Viewer,
) -> None:
    entry = replace(OWN, nominal_on=date(2026, 5, 31), roll_rule="next_open_day")
    year_plan.add_step(officer, FY2026, entry, NOW)
    june = home.show_home(officer, at(2026, 6, 1), Month(2026, 6)).plan
    assert entry.title in {line.step.title for line in june.lines}
    may = home.show_home(officer, at(2026, 6, 1), Month(2026, 5)).plan
    assert entry.title not in {line.step.title for line in may.lines}


def test_around_the_end_of_the_fiscal_year_both_calendars_are_read(officer: Viewer) -> None:
    year_start.start_year(officer, FY2027, NOW)
    march = home.show_home(officer, at(2027, 3, 31), Month(2027, 3)).plan
    assert {line.step.key for line in march.lines} == {"soft_close", "monthly_02"}
    april = home.show_home(officer, at(2027, 4, 1), Month(2027, 4)).plan
    assert {line.step.key for line in april.lines} == {"monthly_03"}
    left = {line.step.key: line for line in april.left_over}
    assert left["soft_close"].is_late
    assert left["soft_close"].step.year == FY2026
    assert all(line.step.year == FY2026 for line in april.left_over)


def test_a_step_is_marked_by_hand_with_what_was_done_and_the_mark_comes_off(
    officer: Viewer,
) -> None:
    step = lines(officer)["estimate"].step
    with pytest.raises(BadInputError) as refused:
        year_plan.mark_done(officer, step.id, 1, "  ", NOW)
    assert refused.value.path == "note"
    marked = year_plan.mark_done(officer, step.id, 1, "文書で通知した", NOW)
    line = lines(officer)["estimate"]
    assert (line.state, line.what, line.done_on) == ("done", "文書で通知した", date(2026, 12, 1))
    assert marked.done_by == "弘前 花子"
    with pytest.raises(StaleError):
        year_plan.mark_open(officer, step.id, 1, NOW)
    year_plan.mark_open(officer, step.id, 2, NOW)
    assert lines(officer)["estimate"].state == "overdue"


def test_own_steps_are_added_once_changed_and_removed(officer: Viewer) -> None:
    new = year_plan.add_step(officer, FY2026, OWN, NOW, "11111111-1111-4111-8111-111111111111")
    before = everything()
    assert year_plan.add_step(officer, FY2026, OWN, NOW, new.id) == new
    assert everything() == before
    # 6 December 2026 is a Sunday.
    assert lines(officer)[new.key].timing.effective_on == date(2026, 12, 4)
    year_plan.change_step(officer, new.id, 1, replace(OWN, title="説明会"), NOW)
    with pytest.raises(StaleError):
        year_plan.change_step(officer, new.id, 1, replace(OWN, title="研究会"), NOW)
    year_plan.remove_step(officer, new.id, 2, NOW)
    assert new.key not in lines(officer)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"nominal_on": date(2026, 3, 31)}, "nominal_on"),
        ({"nominal_on": date(2027, 4, 1)}, "nominal_on"),
        ({"roll_rule": "tomorrow"}, "roll_rule"),
        ({"role": "mayor"}, "role"),
    ],
)
def test_what_does_not_stand_in_the_year_is_refused(
    officer: Viewer, change: dict[str, object], path: str
) -> None:
    before = everything()
    with pytest.raises(BadInputError) as refused:
        year_plan.add_step(officer, FY2026, replace(OWN, **change), NOW)  # type: ignore[arg-type]  # a wrong value
    assert refused.value.path == path
    assert everything() == before


@pytest.mark.parametrize("day", [date(2026, 4, 1), date(2027, 3, 31)])
def test_the_first_and_the_last_day_of_the_year_belong_to_it(officer: Viewer, day: date) -> None:
    assert year_plan.add_step(officer, FY2026, replace(OWN, nominal_on=day), NOW).nominal_on == day


def test_another_consortiums_steps_are_not_there(officer: Viewer) -> None:
    step = lines(officer)["estimate"].step
    stranger = add_foreign_consortium()
    assert year_plan.show_plan(stranger, FY2026, NOW).lines == ()
    with pytest.raises(NotFoundError):
        year_plan.show_step(stranger, step.id)
    with pytest.raises(NotFoundError):
        year_plan.mark_done(stranger, step.id, 1, "x", NOW)


# ---- 年度開始 ------------------------------------------------------------------------------------


def test_the_calendar_moves_by_a_year_without_its_marks(officer: Viewer) -> None:
    old = lines(officer)
    year_plan.mark_done(officer, old["estimate"].step.id, 1, "済んだ", NOW)
    year_plan.add_step(officer, FY2026, OWN, NOW)
    done = year_start.start_year(officer, FY2027, NOW)
    assert (done.steps, done.is_default) == (29, False)
    with reading() as session:
        copied = {each.key: each for each in store.steps(session, officer.consortium_id, FY2027)}
    assert copied["estimate"].nominal_on == date(2027, 10, 31)
    assert copied["final"].nominal_on == date(2028, 2, 15)
    assert not any(each.is_marked for each in copied.values())
    assert [each.nominal_on for each in copied.values() if each.title == OWN.title] == [
        date(2027, 12, 6)
    ]


def test_starting_a_year_twice_changes_nothing_and_says_so(officer: Viewer) -> None:
    assert not year_start.start_year(officer, FY2027, NOW).is_nothing
    gone = lines(officer, year=FY2027)["estimate"].step
    year_plan.remove_step(officer, gone.id, gone.row_version, NOW)
    before = everything()
    assert year_start.start_year(officer, FY2027, NOW).is_nothing
    assert everything() == before
    assert year_start.show_start(officer, FY2027).has_calendar


def test_a_first_year_starts_with_the_default_calendar(officer: Viewer) -> None:
    done = year_start.start_year(officer, FiscalYear(2030), NOW)
    assert (done.steps, done.is_default) == (28, True)
    assert year_start.show_start(officer, FiscalYear(2031)).copies_calendar


def checks(officer: Viewer, year: FiscalYear) -> dict[str, tuple[str, str]]:
    found = year_start.show_start(officer, year).checks
    return {each.title: (each.state, each.found) for each in found}


def test_the_start_says_which_rules_hold_on_1_april(officer: Viewer) -> None:
    page = year_start.show_start(officer, FY2027)
    assert page.rules
    assert all(line.version and line.version.since <= date(2027, 4, 1) for line in page.rules)
    early = year_start.show_start(officer, FiscalYear(2014))
    assert all(line.version is None for line in early.rules)
    assert checks(officer, FiscalYear(2014))["負担ルール"][0] == "missing"


def test_the_list_names_who_joins_what_is_missing_and_what_there_is(officer: Viewer) -> None:
    joining = checks(officer, FiscalYear(2021))["構成団体の加入・脱退"]
    assert joining == (
        "look",
        "藤崎町（令和3年4月1日加入）、板柳町（令和3年6月1日加入）",
    )
    assert checks(officer, FY2027)["構成団体の加入・脱退"][0] == "ok"
    assert checks(officer, FY2026)["閉庁日"][0] == "ok"
    assert checks(officer, FY2027)["閉庁日（2028年）"][0] == "missing"
    assert checks(officer, FY2026)["費用"][0] == "ok"
    assert checks(officer, FY2027)["費用"][0] == "look"
