"""Where everything stands in the pictures (図の座標)."""

from datetime import date

import pytest

from consortium.domain.calendar.period import FiscalYear, Period
from consortium.web.svg import (
    Lane,
    Series,
    Timeline,
    membership_timeline,
    paired_bars,
    stacked_bars,
    year_label,
    years_between,
)

FIRST, LAST = FiscalYear(2015), FiscalYear(2026)
TWO_YEARS = years_between(FiscalYear(2025), FiscalYear(2026))


def lane(name: str, since: date, until: date | None = None) -> Lane:
    return Lane(name, (Period(since, until),))


def seven_members() -> Timeline:
    since = date(2015, 4, 1)
    lanes = [
        Lane("弘前市", (Period(since),), is_lead=True),
        lane("大鰐町", since),
        lane("田舎館村", since),
        lane("西目屋村", since),
        lane("平川市", date(2019, 4, 1)),
        lane("藤崎町", date(2021, 4, 1)),
        lane("板柳町", date(2021, 6, 1)),
    ]
    return membership_timeline(lanes, FIRST, LAST)


def test_years_on_the_axis_carry_the_letter_of_their_era() -> None:
    assert [year_label(FiscalYear(year)) for year in (2015, 2018, 2019, 2026)] == [
        "H27",
        "H30",
        "R1",
        "R8",
    ]


def test_the_timeline_counts_the_members_of_each_year() -> None:
    counts = [column.members for column in seven_members().columns]
    assert counts == [4, 4, 4, 4, 5, 5, 7, 7, 7, 7, 7, 7]


def test_a_bar_begins_at_the_share_of_the_year_gone_by_on_the_joining_day() -> None:
    timeline = seven_members()
    reiwa_3, itayanagi = timeline.columns[6], timeline.rows[6].bars[0]
    # April and May 2021 are 61 of the 365 days of the fiscal year.
    assert itayanagi.x == pytest.approx(reiwa_3.x + reiwa_3.width * 61 / 365, abs=0.1)
    assert itayanagi.joined == "R3.6.1"


def test_a_joining_day_within_a_month_stands_between_the_firsts() -> None:
    timeline = membership_timeline([lane("甲町", date(2021, 6, 30))], FIRST, LAST)
    reiwa_3 = timeline.columns[6]
    # 29 days further than 1 June.
    start = timeline.rows[0].bars[0].x
    assert start == pytest.approx(reiwa_3.x + reiwa_3.width * 90 / 365, abs=0.1)


def test_a_member_that_stays_has_a_bar_to_the_end_of_the_picture() -> None:
    timeline = seven_members()
    assert {row.bars[0].left for row in timeline.rows} == {None}
    for row in timeline.rows:
        assert row.bars[0].end == pytest.approx(timeline.right, abs=0.2)


def test_a_town_expected_to_join_has_a_bar_but_is_not_counted() -> None:
    lanes = [
        lane("甲町", date(2015, 4, 1)),
        Lane("乙町", (Period(date(2026, 4, 1)),), is_expected=True),
    ]
    timeline = membership_timeline(lanes, FIRST, LAST)
    assert [(row.is_expected, row.bars[0].joined) for row in timeline.rows] == [
        (False, "H27.4.1"), (True, "R8.4.1"),
    ]  # fmt: skip
    assert {column.members for column in timeline.columns} == {1}


def test_only_the_lead_city_is_marked_as_lead() -> None:
    assert [row.name for row in seven_members().rows if row.is_lead] == ["弘前市"]


def test_a_leaving_is_labelled_with_the_last_day_of_membership() -> None:
    timeline = membership_timeline([lane("甲町", date(2015, 4, 1), date(2020, 4, 1))], FIRST, LAST)
    bar = timeline.rows[0].bars[0]
    assert (bar.joined, bar.left) == ("H27.4.1", "R2.3.31")
    assert bar.end == pytest.approx(timeline.columns[5].x, abs=0.1)


def test_a_period_that_began_before_the_picture_starts_at_its_edge_unlabelled() -> None:
    timeline = membership_timeline([lane("甲町", date(2009, 4, 1))], FIRST, LAST)
    bar = timeline.rows[0].bars[0]
    assert (bar.x, bar.joined) == (timeline.left, None)


def test_a_period_outside_the_picture_draws_nothing() -> None:
    timeline = membership_timeline(
        [lane("甲町", date(2009, 4, 1), date(2015, 4, 1)), lane("乙町", date(2027, 4, 1))],
        FIRST,
        LAST,
    )
    assert [row.bars for row in timeline.rows] == [(), ()]
    assert {column.members for column in timeline.columns} == {0}


def test_a_member_that_comes_back_has_two_bars() -> None:
    stays = (Period(date(2015, 4, 1), date(2017, 4, 1)), Period(date(2020, 4, 1)))
    timeline = membership_timeline([Lane("甲町", stays)], FIRST, LAST)
    assert [bar.joined for bar in timeline.rows[0].bars] == ["H27.4.1", "R2.4.1"]
    assert [column.members for column in timeline.columns[:6]] == [1, 1, 0, 0, 0, 1]


def test_a_bar_too_short_for_its_label_has_it_outside() -> None:
    timeline = membership_timeline([lane("甲町", date(2026, 10, 1))], FIRST, LAST)
    assert not timeline.rows[0].bars[0].is_label_inside


def test_slices_stand_on_each_other_in_the_order_of_the_series() -> None:
    bars = stacked_bars(TWO_YEARS, [Series("弘前市", (30, 20)), Series("板柳町", (10, None))])
    # The scale ends at 40, drawn 260 high: 6.5 a yen above the base line.
    lead, town = bars.stacks[0].slices
    assert (lead.name, bars.base - lead.y, lead.height) == ("弘前市", 195, 195)
    assert (town.name, bars.base - town.y, town.height) == ("板柳町", 260, 65)
    assert [one.name for one in bars.stacks[1].slices] == ["弘前市"]
    assert [stack.total for stack in bars.stacks] == [40, 20]


def test_two_bars_of_a_year_stand_near_each_other_over_its_name() -> None:
    given = [Series("弘前市", (30, 20, 30, 10)), Series("鶴田町", (None, 10, None, 10))]
    bars = paired_bars(TWO_YEARS, ("今", "加入後"), given)
    assert [(stack.year, stack.label, stack.total) for stack in bars.stacks] == [
        ("R7", "今", 30), ("R7", "加入後", 30), ("R8", "今", 30), ("R8", "加入後", 20),
    ]  # fmt: skip
    first, second, third, _ = bars.stacks
    assert second.x - first.x < third.x - second.x
    assert first.x + first.width < second.x
    assert [year.text for year in bars.years] == ["R7", "R8"]
    assert bars.years[0].x == pytest.approx((first.center + second.center) / 2, abs=0.1)
    assert bars.height == stacked_bars(TWO_YEARS, []).height + 18


def test_a_bar_alone_is_not_as_wide_as_the_picture() -> None:
    (bar,) = stacked_bars(TWO_YEARS[:1], [Series("弘前市", (30,))]).stacks
    assert bar.width == 120


def test_two_bars_a_year_need_two_amounts_a_year() -> None:
    with pytest.raises(ValueError, match="one amount for each"):
        paired_bars(TWO_YEARS, ("今", "加入後"), [Series("弘前市", (30, 20))])


def test_the_scale_goes_in_round_steps() -> None:
    bars = stacked_bars(TWO_YEARS, [Series("弘前市", (59_003_820, 49_801_360))])
    assert [tick.label for tick in bars.ticks] == ["0", "20,000", "40,000", "60,000"]
    assert bars.unit == "千円"


def test_totals_are_rounded_half_up_to_the_unit_of_the_scale() -> None:
    bars = stacked_bars(TWO_YEARS, [Series("弘前市", (59_003_499, 49_801_500))])
    assert [stack.total_text for stack in bars.stacks] == ["59,003", "49,802"]


def test_small_amounts_are_written_in_yen() -> None:
    bars = stacked_bars(TWO_YEARS, [Series("弘前市", (99_999, 1))])
    assert (bars.unit, bars.stacks[0].total_text) == ("円", "99,999")


def test_negative_amounts_hang_below_the_line_of_zero() -> None:
    bars = stacked_bars(TWO_YEARS, [Series("弘前市", (30, 30)), Series("板柳町", (-20, None))])
    below = bars.stacks[0].slices[1]
    assert (below.y, below.amount) == (bars.base, -20)
    assert [tick.label for tick in bars.ticks] == ["△20", "△10", "0", "10", "20", "30"]
    assert bars.stacks[0].total == 10


def test_the_legend_reads_from_the_top_of_the_stack() -> None:
    bars = stacked_bars(TWO_YEARS, [Series("弘前市", (1, 1)), Series("板柳町", (1, 1))])
    assert [(entry.name, entry.series) for entry in bars.legend] == [("板柳町", 2), ("弘前市", 1)]


def test_years_without_any_amount_still_have_a_scale() -> None:
    bars = stacked_bars(TWO_YEARS, [Series("弘前市", (0, None))])
    assert [tick.label for tick in bars.ticks] == ["0", "1"]
    assert [stack.slices for stack in bars.stacks] == [(), ()]


def test_a_series_with_a_year_missing_is_refused() -> None:
    with pytest.raises(ValueError, match="each year"):
        stacked_bars(TWO_YEARS, [Series("弘前市", (1,))])
