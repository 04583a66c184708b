"""Warnings about the day of going live and about busy weeks (本稼働日の注意・繁忙期)."""

from datetime import date

import jpholiday
import pytest

from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.onboarding.golive import (
    BusyPeriod,
    busy_findings,
    go_live_findings,
    open_days_since_block,
)
from consortium.domain.onboarding.plan import PlanTask

YEAR_END = [(1, 2), (1, 3), (12, 29), (12, 30), (12, 31)]
OFFICE = OpenDays(
    [day for year in range(2018, 2023) for day, _ in jpholiday.year_holidays(year)]
    + [date(year, month, day) for year in range(2018, 2023) for month, day in YEAR_END]
)
TAX = BusyPeriod("税", (2, 16), (3, 15), "目安")
RESIDENTS = BusyPeriod("住基", (3, 15), (4, 15), "目安")
YEAR_TURN = BusyPeriod("年末", (12, 10), (1, 15), "例")


# 0, 3 and 1 are the design's own (section 3.3). After them, by the calendar: 2021-05-06 follows the
# five closed days from 5/1 on; 2021-04-30 follows 4/29, a closed day alone, so that the weekend
# 4/24–25 is the last block, three open days (4/26–28) before.
@pytest.mark.parametrize(
    ("day", "days"),
    [
        (date(2019, 4, 1), 0),
        (date(2021, 4, 1), 3),
        (date(2021, 6, 1), 1),
        (date(2021, 5, 6), 0),
        (date(2021, 4, 30), 3),
    ],
)
def test_the_last_closed_days_before_going_live_are_counted_back(day: date, days: int) -> None:
    assert open_days_since_block(day, OFFICE) == days
    texts = [each.text for each in go_live_findings(day, OFFICE)]
    warning = f"本稼働日の直前に閉庁日がありません（{days}業務日前の土日が最後）。"
    assert texts == ([warning] if days else [])


def test_a_block_that_is_no_weekend_is_not_called_one() -> None:
    # 2021-05-07 is the Friday after 5/1–5/5; 5/6 is the one open day between.
    (found,) = go_live_findings(date(2021, 5, 7), OFFICE)
    assert found.text == "本稼働日の直前に閉庁日がありません（1業務日前の閉庁日の並びが最後）。"


def test_a_closed_day_is_warned_of_and_allowed() -> None:
    found = go_live_findings(date(2022, 1, 1), OFFICE)  # 元日; 12/29–31 precede
    assert [each.kind for each in found] == ["closed_go_live"]
    assert "令和4年1月1日" in found[0].text


def test_an_office_that_is_open_every_day_has_no_block() -> None:
    every_day = [date.fromordinal(n) for n in range(737000, 738500)]
    always = OpenDays((), every_day)
    assert open_days_since_block(date(2021, 4, 1), always) is None
    assert go_live_findings(date(2021, 4, 1), always)[0].kind == "no_closed_block"


@pytest.mark.parametrize(
    ("period", "first", "last", "overlap"),
    [
        (TAX, date(2021, 2, 26), date(2021, 3, 25), (date(2021, 2, 26), date(2021, 3, 15))),
        (TAX, date(2021, 3, 16), date(2022, 2, 15), None),
        (TAX, date(2021, 3, 16), date(2022, 2, 16), (date(2022, 2, 16), date(2022, 2, 16))),
        (RESIDENTS, date(2021, 4, 15), date(2021, 4, 15), (date(2021, 4, 15),) * 2),
        (YEAR_TURN, date(2021, 1, 10), date(2021, 1, 20), (date(2021, 1, 10), date(2021, 1, 15))),
        (YEAR_TURN, date(2021, 12, 1), date(2021, 12, 9), None),
    ],
)
def test_busy_weeks_come_back_each_year_also_across_the_new_year(
    period: BusyPeriod, first: date, last: date, overlap: tuple[date, date] | None
) -> None:
    assert period.overlap(first, last) == overlap


def stage(code: str, first: date, last: date, wave: str = "") -> tuple[PlanTask, date, date]:
    task = PlanTask("", 1, code, f"工程{code}", "導入・移行", 1, "原課", first, last, wave=wave)
    return task, first, last


def test_trial_run_cut_over_and_go_live_are_warned_of_and_nothing_else() -> None:
    """藤崎町: G1 2021-02-26–03-25, E5 03-29–31, H0 04-01; F1 lies in both periods, unasked."""
    found = busy_findings(
        [
            stage("F1", date(2021, 2, 1), date(2021, 4, 1)),
            stage("G1", date(2021, 2, 26), date(2021, 3, 25)),
            stage("E5", date(2021, 3, 29), date(2021, 3, 31)),
            stage("H0", date(2021, 4, 1), date(2021, 4, 1)),
        ],
        [TAX, RESIDENTS],
    )
    busy = [(each.code, each.text.split("は、")[1][:2]) for each in found]
    assert busy == [("G1", "税の"), ("G1", "住基"), ("E5", "住基"), ("H0", "住基")]
    assert found[0].text == (
        "G1 工程G1は、税の繁忙期（2月16日から3月15日まで）に掛かります"
        "（令和3年2月26日から令和3年3月15日まで）。"
    )
    assert found[-1].text.endswith("掛かります（令和3年4月1日）。")


def test_a_wave_is_asked_about_its_own_business_only() -> None:
    days = date(2021, 3, 14), date(2021, 3, 16)
    stages = [stage("E5.2", *days, "税"), stage("E5", *days, "住基・印鑑")]
    found = busy_findings([*stages, stage("E5.3", *days, "福祉")], [TAX, RESIDENTS])
    assert [(each.code, each.text.split("は、")[1][:2]) for each in found] == [
        ("E5.2", "税の"), ("E5", "住基"),
    ]  # fmt: skip
