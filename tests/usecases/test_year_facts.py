"""What the tables say of a year, and what a town has to do (年度の事実・自団体のすること)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from flask import Flask

from consortium.db.store import year_facts as store
from consortium.db.store.fact_lines import Row
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.yen import Yen
from consortium.usecases import base_figures, base_rounds, calendars, town, year_plan
from consortium.usecases.instalments import InstalmentLine
from consortium.usecases.overdue import Unpaid
from consortium.usecases.town_duties import Duty, duties_of
from consortium.usecases.viewer import Viewer
from consortium.usecases.year_facts import Known, sort_out
from tests.factories import NOW, seed_sample
from tests.people import FUJISAKI, HIROSAKI, ITAYANAGI

pytestmark = pytest.mark.usefixtures("plain_files")

EVENING = datetime(2026, 5, 29, 16, 0, tzinfo=UTC)  # already the 30th in Japan
FY2026 = FiscalYear(2026)


def row(what: str, **given: object) -> Row:
    empty = Row(what, None, "", None, None, None, None, None, "")
    return replace(empty, **given)  # type: ignore[arg-type]  # each test its own fields


def known(*rows: Row) -> Known:
    return sort_out(rows, [], NOW)


def test_instants_count_by_the_day_in_japan() -> None:
    facts = known(
        row("issued", year=2025, key="final", at=EVENING),
        row("settlement", year=2025, at=EVENING),
        row("closing", year=2025, key="hard", at=EVENING),
        row("report", key="2026-04", at=EVENING),
    ).facts
    day = date(2026, 5, 30)
    assert facts.issued == {(2025, "final"): day}
    assert facts.settled == {2025: day}
    assert facts.closed == {(2025, "hard"): day}
    assert facts.reported == {Month(2026, 4): day}


def test_a_day_closed_and_a_day_opened_make_the_office() -> None:
    found = known(
        row("closed_day", day=date(2026, 5, 4), number=1, note="みどりの日"),
        row("closed_day", day=date(2026, 5, 9), number=0, note="休日窓口"),
    )
    assert not found.office.is_open(date(2026, 5, 4))
    assert found.office.is_open(date(2026, 5, 9))
    assert found.names == {date(2026, 5, 4): "みどりの日"}


def test_the_lead_citys_own_row_of_a_day_goes_before_what_holds_for_all() -> None:
    both = [
        row("closed_day", key=HIROSAKI, day=date(2026, 5, 4), number=0, note="休日窓口"),
        row("closed_day", day=date(2026, 5, 4), number=1, note="みどりの日"),
        row("closed_day", day=date(2026, 8, 14), number=0, note="通常"),
        row("closed_day", key=HIROSAKI, day=date(2026, 8, 14), number=1, note="停電"),
    ]
    found = known(*both)
    assert found.office.is_open(date(2026, 5, 4))
    assert not found.office.is_open(date(2026, 8, 14))
    assert found.names == {date(2026, 8, 14): "停電"}


def test_each_round_of_a_year_says_how_far_it_is() -> None:
    stays = (
        row("stay", key=ITAYANAGI, note="板柳町", day=date(2021, 6, 1)),
        row("stay", key=FUJISAKI, note="藤崎町", day=date(2021, 4, 1)),
        # Gone before the year and before the reference day.
        row("stay", key="023621", note="大鰐町", day=date(2015, 4, 1), until=date(2026, 4, 1)),
    )
    old = row("round", year=2027, key="a", note="closed", at=EVENING, day=date(2026, 9, 1))
    new = row(
        "round", year=2027, key="b", note="open", day=date(2026, 9, 30), until=date(2027, 1, 15)
    )
    old = replace(old, until=date(2026, 9, 30))
    sent = row("handed_in", key=FUJISAKI, note="b")
    series = row("asked", key="b", note="端末台数"), row("asked", key="a", note="国勢調査人口")
    closed, still_open = known(*stays, new, old, sent, *series).facts.rounds[2027]
    assert (closed.is_open, closed.closed_on) == (False, date(2026, 5, 30))
    assert (closed.series, closed.due_on) == (("国勢調査人口",), date(2026, 9, 30))
    assert (still_open.is_open, still_open.closed_on) == (True, None)
    assert (still_open.missing, still_open.series) == (("板柳町",), ("端末台数",))
    assert still_open.due_on == date(2027, 1, 15)


# ---- what a town has to do -----------------------------------------------------------------------

LINE = InstalmentLine(1, date(2026, 5, 20), Yen(300), "notified", "s", Yen(100), "R08-0007")


def duties(today: date, *rows: Row) -> tuple[Duty, ...]:
    return duties_of(ITAYANAGI, {FY2026: [Unpaid(ITAYANAGI, LINE, Yen(200))]}, rows, {}, today)


@pytest.mark.parametrize(
    ("today", "is_late"),
    [(date(2026, 5, 19), False), (date(2026, 5, 20), False), (date(2026, 5, 21), True)],
)
def test_an_instalment_is_late_from_the_day_after(today: date, is_late: bool) -> None:
    (found,) = duties(today)
    assert (found.is_late, found.amount, found.due_on) == (is_late, 200, date(2026, 5, 20))
    assert found.title == "令和8年度 第1期の納付"


def closed(day: int, code: str = "", *, is_closed: bool = True) -> Row:
    return row("closed_day", key=code, day=date(2026, 5, day), number=int(is_closed))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "R08-0007"),
        # The 20th is a Wednesday; the 19th is closed for all, the 18th is a Monday.
        (
            [closed(19), closed(20, ITAYANAGI)],
            "R08-0007　期限の日は閉庁日です。前の開庁日（5月18日）までに済ませてください。",
        ),
        ([closed(20, ITAYANAGI, is_closed=False), closed(20)], "R08-0007"),
    ],
)
def test_a_day_on_which_the_town_is_closed_says_the_open_day_before(
    rows: list[Row], said: str
) -> None:
    (found,) = duties(date(2026, 5, 1), *rows)
    assert (found.due_on, found.note) == (date(2026, 5, 20), said)


def test_questions_say_who_has_to_answer() -> None:
    asked = row("question", number=2, amount=1)
    own = row("question", number=1, amount=0)
    titles = {each.title for each in duties_of(ITAYANAGI, {}, [asked, own], {}, date(2026, 5, 20))}
    assert titles == {"幹事市からの質疑への回答（2件）", "回答待ちの質疑（1件）"}


# ---- from the tables -----------------------------------------------------------------------------


@pytest.fixture
def officer(database: Flask) -> Viewer:
    return seed_sample()


def test_a_town_reads_the_closed_days_of_all_and_its_own(officer: Viewer) -> None:
    days = [date(2026, 8, 12), date(2026, 8, 13), date(2026, 8, 14)]
    for day, code in zip(days, (None, ITAYANAGI, FUJISAKI), strict=True):
        calendars.add_day(officer, calendars.DayEntry(day, "夏季休業", True, code), NOW)
    with reading() as session:
        found = store.waiting_for(session, officer.consortium_id, ITAYANAGI, [])
    assert [each.day for each in sorted_days(found) if each.day in days] == days[:2]


def sorted_days(rows: list[Row]) -> list[Row]:
    return sorted((r for r in rows if r.what == "closed_day"), key=lambda r: str(r.day))


def test_a_round_opens_and_closes_the_step_and_the_towns_duty(officer: Viewer) -> None:
    page = year_plan.show_plan(officer, FY2026, NOW)
    step = next(line for line in page.lines if line.step.key == "base_figures")
    assert step.fact.blocked == "基礎数値の提出をまだ求めていません"
    entry = base_rounds.RoundEntry(
        FiscalYear(2027), ("population",), date(2026, 9, 30), date(2026, 12, 10)
    )
    round_id = base_rounds.open_round(officer, entry, NOW)
    page = year_plan.show_plan(officer, FY2026, NOW)
    step = next(line for line in page.lines if line.step.key == "base_figures")
    # The round's own 期限 counts, not the 30 September of the step.
    assert (step.state, step.is_late) == ("due", False)
    assert "国勢調査人口　未提出：" in step.what
    assert "板柳町" in step.what
    assert step.what.count("・") == 6
    assert not _step(officer, "base_figures", datetime(2026, 12, 10, 14, 59, tzinfo=UTC)).is_late
    after = _step(officer, "base_figures", datetime(2026, 12, 10, 15, 0, tzinfo=UTC))
    assert (after.state, after.is_late) == ("overdue", True)
    viewer = replace(officer, role="member_staff", code=ITAYANAGI, body="板柳町")
    (duty,) = town.show_town(viewer, date(2026, 12, 10)).duties
    assert (duty.kind, duty.is_late, duty.due_on) == ("figures", False, date(2026, 12, 10))
    assert town.show_town(viewer, date(2026, 12, 11)).duties[0].is_late
    figures = {"population": base_figures.Figure(Fraction(12_700), "確定")}
    asked = base_rounds.show_round(officer, round_id)
    intents = {each.id: base_figures.Intent("continue", "") for each in asked.services}
    handed = base_figures.HandInEntry(figures, intents, confirms=True)
    base_figures.hand_in(viewer, round_id, ITAYANAGI, handed, NOW)
    assert town.show_town(viewer, date(2026, 12, 11)).duties == ()
    page = year_plan.show_plan(officer, FY2026, NOW)
    step = next(line for line in page.lines if line.step.key == "base_figures")
    assert "板柳町" not in step.what


def _step(officer: Viewer, key: str, now: datetime) -> year_plan.StepLine:
    lines = year_plan.show_plan(officer, FY2026, now).lines
    return next(line for line in lines if line.step.key == key)


def test_a_second_round_leaves_the_first_done_until_its_own_day_has_passed(
    officer: Viewer,
) -> None:
    def ask(series: str, due_on: date) -> str:
        entry = base_rounds.RoundEntry(FiscalYear(2027), (series,), date(2026, 9, 30), due_on)
        return base_rounds.open_round(officer, entry, NOW)

    first = ask("population", date(2026, 12, 10))
    assert _step(officer, "estimate", NOW).fact.blocked == "基礎数値が未提出です"
    base_rounds.close_round(officer, first, 1, date(2026, 12, 1), NOW)
    ask("households", date(2027, 1, 15))
    step = _step(officer, "base_figures", NOW)
    assert (step.state, step.is_late, step.done_on) == ("done", False, date(2026, 12, 1))
    assert step.what.startswith("国勢調査世帯数　未提出：")
    assert not _step(officer, "estimate", NOW).fact.blocked
    after = datetime(2027, 1, 15, 15, 0, tzinfo=UTC)  # the 16th in Japan
    late = _step(officer, "base_figures", after)
    assert (late.state, late.is_late) == ("overdue", True)
    assert not _step(officer, "estimate", after).fact.blocked


def test_everything_is_read_in_one_statement_and_of_the_own_consortium_only(
    officer: Viewer,
) -> None:
    window = year_plan.window_for([FY2026])
    with reading() as session:
        rows = store.happened(session, officer.consortium_id, [FY2026], window)
        none = store.happened(session, "nobody", [FY2026], window)
    assert {each.what for each in rows} == {"cost", "member", "labels", "closed_day", "stay"}
    assert none == []
