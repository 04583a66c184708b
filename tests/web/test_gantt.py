"""Where everything stands in the picture of a plan (工程表の図)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from consortium.domain.municipality import municipality_code
from consortium.domain.onboarding.network import Times
from consortium.domain.onboarding.plan import Plan, PlanLine, PlanTask
from consortium.web.gantt import PAPER, SCREEN, Almanac, Chart, Mark, Row, chart
from consortium.web.gantt_axis import axis
from consortium.web.gantt_many import ALL, side_by_side, summary
from consortium.web.gantt_text import wrapped

#: 藤崎町: the anchor is the Thursday 2021-04-01.
LIVE, TODAY = date(2021, 4, 1), date(2020, 8, 20)
WEEKDAYS = [
    day for offset in range(900) if (day := date(2019, 3, 1) + timedelta(days=offset)).weekday() < 5
]
ALMANAC = Almanac(TODAY, WEEKDAYS)


def line(code: str, start: str, finish: str, **given: Any) -> PlanLine:
    """Make a line whose forecast is its plan, unless times are given."""
    first, last = date.fromisoformat(start), date.fromisoformat(finish)
    times = {each: given.pop(each) for each in ("waits", "latest_finish") if each in given}
    flags = {each: given.pop(each, False) for each in ("is_critical", "is_near")}
    shift = timedelta(days=given.pop("late", 0))
    baseline = given.pop("baseline", None)
    task = PlanTask(
        code, 1, code, f"作業{code}", given.pop("phase", "調達"), 20, "両者", first, last
    )
    found = Times(code, first + shift, last + shift, None, None, None, 0, **flags)
    return PlanLine(replace(task, **given), replace(found, **times), baseline)


def drawn(*lines: PlanLine, **given: Any) -> Chart:
    return chart(lines, given.pop("almanac", ALMANAC), anchor=LIVE, **given)


def only(*lines: PlanLine) -> Row:
    return drawn(*lines).rows[0]


def test_the_head_counts_by_fiscal_years_months_and_the_weeks_of_the_last_quarter() -> None:
    head = axis(0.0, 207.0, [date(2020, 3, 31), date(2021, 4, 1)], anchor=LIVE)
    # 14 months, of which January to March 2021 are four wide: 11 + 12 parts of 9.
    assert [month.width for month in head.months] == [9.0] * 10 + [36.0] * 3 + [9.0]
    assert [(year.x, year.width, year.label) for year in head.years] == [
        (0.0, 9.0, ""), (9.0, 189.0, "令和2年度"), (198.0, 9.0, ""),
    ]  # fmt: skip
    # At 9 wide only the first month of a quarter has its number; January to March have room.
    numbers = ["", "4", "", "", "7", "", "", "10", "", "", "1", "2", "3", "4"]
    assert [month.label for month in head.months] == numbers
    # Mondays of the quarter: 4, 11, 18, 25 January … 29 March 2021.
    assert [week.label for week in head.weeks] == (
        ["4", "11", "18", "25", "1", "8", "15", "22", "1", "8", "15", "22", "29"]
    )
    # 16 March has 15 of the month's 31 days before it: 162 + 36 · 15/31.
    assert head.x(date(2021, 3, 16)) == 179.4
    assert head.end(date(2021, 3, 31)) == head.x(LIVE) == 198.0
    # Without an anchor every month is as wide as the others.
    assert {each.width for each in axis(0.0, 140.0, [TODAY, date(2021, 9, 1)]).months} == {10.0}


def test_the_name_of_2019_is_the_consortiums_own() -> None:
    days = [date(2019, 4, 1), date(2020, 3, 1)]
    assert axis(0.0, 120.0, days).years[0].label == "令和元年度"
    own = axis(0.0, 120.0, days, year_labels={2019: "平成31年度"})
    assert own.years[0].label == "平成31年度"
    assert axis(0.0, 60.0, days).years[0].label == "R1年度"


def test_closed_days_are_drawn_where_they_can_be_seen() -> None:
    head = axis(0.0, 620.0, [date(2020, 12, 1), date(2020, 12, 31)])
    blocks = head.closed([date(2020, 12, 4), date(2020, 12, 7), date(2020, 12, 8)])
    # 20 a day: Saturday the 5th and Sunday the 6th.
    assert [(each.x, each.width) for each in blocks] == [(80.0, 40.0)]
    small = axis(0.0, 31.0, [date(2020, 12, 1), date(2020, 12, 31)])
    assert small.closed([date(2020, 12, 4), date(2020, 12, 7)]) == ()


def test_a_bar_ends_with_its_last_day_and_no_bar_is_too_thin_to_be_seen() -> None:
    picture = drawn(line("E5", "2021-03-29", "2021-03-31"), line("A1", "2019-03-20", "2019-03-20"))
    assert picture.rows[0].bar is not None
    assert picture.rows[0].bar.end == pytest.approx(picture.axis.x(LIVE), abs=0.11)
    assert picture.rows[1].bar is not None
    assert picture.rows[1].bar.width == 2.5


def test_rows_of_baseline_plan_and_forecast_stand_each_on_their_own_days() -> None:
    frozen = (date(2020, 6, 1), date(2020, 6, 30))
    picture = drawn(line("D1", "2020-07-01", "2020-07-31", baseline=frozen, late=31))
    (row,) = picture.rows
    assert (row.baseline, row.planned, row.bar) != (None, None, None)
    begins = [picture.axis.x(date(2020, month, 1)) for month in (6, 7, 8)]
    assert [each.x for each in (row.baseline, row.planned, row.bar) if each] == begins


def test_the_line_of_progress_goes_to_the_point_each_task_has_reached() -> None:
    first, last = "2020-08-01", "2020-08-31"
    done = {"finished_on": date(2020, 8, 10), "state": "done"}
    picture = drawn(
        line("A", "2020-06-01", "2020-06-30", finished_on=date(2020, 6, 30)),  # done in time
        line("B", first, last),  # begun by plan, nothing done
        line("C", first, last, percent=50),  # half of August
        line("D", first, last, **done),  # done early
        line("E", "2020-09-01", "2020-09-30"),  # later
        line("F", first, last, state="not_applicable"),
    )
    x, end = picture.axis.x, picture.axis.end
    now = x(TODAY)
    half = x(date(2020, 8, 1)) + (end(date(2020, 8, 31)) - x(date(2020, 8, 1))) / 2
    reached = [now, x(date(2020, 8, 1)), half, end(date(2020, 8, 31)), now, now]
    points = [tuple(map(float, each.split(","))) for each in picture.lightning.split()]
    assert [each for each, _ in points] == pytest.approx([now, *reached, now], abs=0.11)
    # Rows of 30 below a head of 74: their middles, from top to bottom.
    assert [y for _, y in points] == [74, 89, 119, 149, 179, 209, 239, 254]
    assert "遅れている作業はB、C。進んでいる作業はD。" in picture.story
    # The baseline is what progress is measured by, where there is one.
    frozen = (date(2020, 7, 1), date(2020, 7, 31))
    (row,) = drawn(line("B", first, last, percent=50, baseline=frozen)).rows
    assert row.baseline is not None
    assert row.progress == pytest.approx(row.baseline.center, abs=0.1)
    later = line("B", first, last, baseline=(date(2020, 9, 1), date(2020, 9, 30)))
    assert drawn(later).rows[0].progress == drawn(later).today
    # Done on the very last day of its plan, which is today: neither late nor ahead.
    just = line("B", first, "2020-08-20", finished_on=TODAY)
    assert drawn(just).rows[0].progress == drawn(just).today


def test_a_day_outside_the_picture_has_no_line() -> None:
    picture = drawn(
        line("A1", "2020-04-01", "2020-05-31"), almanac=Almanac(date(2026, 12, 1), WEEKDAYS)
    )
    assert (picture.today, picture.lightning) == (None, "")
    assert {"today", "lightning"} & {key.kind for key in picture.legend} == set()


def test_the_bar_is_filled_by_its_percent_and_whole_once_finished() -> None:
    half, whole = (
        only(line("D4", "2020-06-22", "2020-10-16", percent=40)),
        only(line("D4", "2020-06-22", "2020-10-16", percent=40, finished_on=date(2020, 10, 16))),
    )
    assert half.bar is not None
    assert half.done == pytest.approx(half.bar.width * 0.4, abs=0.05)
    assert whole.bar is not None
    assert whole.done == whole.bar.width


def test_work_waiting_for_a_session_is_hatched_before_its_bar() -> None:
    # Ten working days before Monday 2020-03-16 begin on Monday 2020-03-02.
    picture = drawn(line("B3", "2020-03-16", "2020-03-19", waits=10))
    wait = picture.rows[0].wait
    assert wait is not None
    assert wait.x == picture.axis.x(date(2020, 3, 2))
    assert wait.end == pytest.approx(picture.axis.x(date(2020, 3, 16)), abs=0.11)
    assert only(line("B3", "2020-03-16", "2020-03-19")).wait is None


def test_float_reaches_to_the_limit_until_the_work_is_done() -> None:
    given = {"latest_finish": date(2020, 12, 1)}
    picture = drawn(line("D3", "2020-06-01", "2020-08-31", **given))
    assert picture.rows[0].limit == picture.axis.x(date(2020, 12, 2))
    done = line("D3", "2020-06-01", "2020-08-31", finished_on=date(2020, 8, 31), **given)
    assert only(done).limit is None


def test_a_session_is_drawn_once_at_the_end_of_its_day_and_labelled_where_there_is_room() -> None:
    days = [date(2020, 3, 19), date(2020, 3, 19), date(2020, 6, 19), date(2020, 6, 22)]
    marks = [Mark(day, "藤崎町議会", is_certain=day.month == 3) for day in days]
    late = Mark(date(2031, 3, 1), "藤崎町議会")
    picture = drawn(
        line("A1", "2020-01-01", "2021-03-31"), almanac=Almanac(TODAY, WEEKDAYS, [*marks, late])
    )
    assert [flag.x for flag in picture.flags] == [
        picture.axis.x(day) for day in (date(2020, 3, 20), date(2020, 6, 20), date(2020, 6, 23))
    ]
    # The last one stands too near the one before it to have its day written.
    assert [flag.label for flag in picture.flags] == ["3/19", "6/19", ""]
    assert [flag.label_x for flag in picture.flags] == [flag.x for flag in picture.flags]
    edge = drawn(
        line("A1", "2020-01-01", "2021-03-31"),
        almanac=Almanac(TODAY, WEEKDAYS, [Mark(date(2021, 4, 30), "議会")]),
    )
    # Four characters of 10.5: half of them stand left of the edge.
    assert edge.flags[0].label_x == pytest.approx(edge.axis.right - 4 * 0.58 * 10.5 / 2, abs=0.1)
    assert picture.flags[1].story == "藤崎町議会 令和2年6月19日（推定）"


def test_the_legend_explains_what_is_there_and_nothing_else() -> None:
    plain = drawn(line("A1", "2020-04-01", "2020-05-31"))
    kinds = [key.kind for key in plain.legend]
    assert kinds == ["planned", "bar", "closed", "today", "lightning"]
    rich = drawn(
        line("B3", "2020-03-16", "2020-03-19", waits=9, is_critical=True),
        line("G2", "2021-03-25", "2021-03-25", is_near=True, latest_finish=date(2021, 3, 31)),
        line("H0", "2021-04-01", "2021-04-01", days=0),
        almanac=Almanac(TODAY, WEEKDAYS, [Mark(date(2020, 3, 19), "総会", is_assembly=True)]),
    )
    assert {key.kind for key in rich.legend} >= {
        "critical", "near", "limit", "wait", "milestone", "assembly",
    }  # fmt: skip
    assert all(key.x < SCREEN.width - 40 for key in rich.legend)


def test_nothing_of_the_labels_is_lost_at_either_edge() -> None:
    far = line("B3-023817", "2021-03-01", "2021-03-31", phase="導入・移行", state="on_hold")
    first = line("A1", "2020-04-01", "2020-05-31")
    picture = drawn(first, far, sheet=PAPER)
    assert (picture.rows[0].label, picture.rows[0].is_label_before) == ("A1", False)
    assert (picture.rows[1].label, picture.rows[1].is_label_before) == ("B3-023817 保留", True)
    # Nine characters of 6.7 and their margins of 8.
    assert picture.headings[0].width == pytest.approx(9 * 0.58 * 11.5 + 8, abs=0.1)
    # A phase of a single row has no room for its five characters.
    assert [phase.name for phase in picture.phases] == ["調達", ""]


def test_a_name_is_set_in_two_lines_that_fit() -> None:
    assert wrapped("議会の議決", 13) == ("議会の議決",)
    assert wrapped("協定書の変更締結(告示・届出)", 12) == ("協定書の変更締結", "(告示・届出)")
    assert wrapped("データ抽出・文字同定・クレンジング", 13) == (
        "データ抽出・文字同定・",
        "クレンジング",
    )
    assert wrapped("あ" * 30, 13) == ("あ" * 13, "あ" * 12 + "…")


def plan(code: str, live: date) -> Plan:
    return Plan(
        "id", municipality_code(code), "藤崎町", "藤崎町 加入工程", "join", live, "backward",
        "agreement", "approved", "preparing", "t",
    )  # fmt: skip


def test_all_plans_show_a_line_for_each_phase_and_milestone() -> None:
    lines = [
        line("A1", "2020-04-01", "2020-05-31", phase="計画立案", finished_on=date(2020, 5, 29)),
        line("A2", "2020-06-01", "2020-07-31", phase="計画立案", percent=50, days=60),
        line("B1", "2020-08-01", "2020-09-30", state="not_applicable"),
        line("H0", "2021-04-01", "2021-04-01", phase="運用", days=0),
        line("H1", "2021-04-01", "2021-06-29", phase="運用"),
    ]  # fmt: skip
    first, live, after = summary("藤崎町", lines)
    assert (first.task.code, first.task.name, first.task.phase) == ("A1〜A2", "計画立案", "藤崎町")
    assert (first.times.start, first.times.finish) == (date(2020, 4, 1), date(2020, 7, 31))
    # 20 days whole and 60 half done are 50 of 80: 62 and a half.
    assert first.task.percent == 62
    assert first.task.planned_finish == date(2020, 7, 31)
    assert (live.task.code, live.task.phase, after.task.name) == ("H0", "藤崎町", "運用")
    picture = chart([first, live, after], ALMANAC, anchor=None, sheet=ALL)
    assert [phase.name for phase in picture.phases] == ["藤崎町"]


def test_plans_beside_each_other_have_a_task_on_the_same_row() -> None:
    one = (
        "平川市",
        plan("022101", LIVE),
        [line(code, "2020-04-01", "2020-05-31") for code in "ACD"],
    )
    other = (
        "藤崎町",
        plan("023612", LIVE),
        [line(code, "2020-04-01", "2020-05-31") for code in "ABD"],
    )
    picture = side_by_side([one, other], ALMANAC)
    codes = [[row.line.task.code for row in panel.chart.rows] for panel in picture.panels]
    assert codes == [["A", "B", "C", "D"]] * 2
    missing = [[row.bar is None for row in panel.chart.rows] for panel in picture.panels]
    assert missing == [[False, True, False, False], [False, False, True, False]]
    left, right = picture.panels
    assert right.chart.headings == ()
    assert [panel.chart.axis.weeks for panel in picture.panels] == [(), ()]
    # Both have the same width for their days, and the second ends with the sheet.
    spans = [panel.chart.axis.right - panel.chart.axis.left for panel in picture.panels]
    assert spans[0] == pytest.approx(spans[1], abs=9)
    assert right.x + right.chart.width == pytest.approx(1280, abs=0.3)
    assert left.title == "平川市"
