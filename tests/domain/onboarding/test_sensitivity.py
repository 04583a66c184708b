"""What a delay does (遅れの影響): the cases of the design, forward from the start first found."""

from dataclasses import replace
from datetime import date

import pytest

from consortium.domain.onboarding.network import Schedule
from consortium.domain.onboarding.schedule import schedule
from tests.domain.onboarding import joins
from tests.domain.onboarding.joins import FUJISAKI, HIRAKAWA, ITAYANAGI

# 団体, what takes how many days more, B3 ends, E5 ends, days in hand, earliest 本稼働 where late.
CASES = [
    (HIRAKAWA, {}, "2018-03-20", "2019-03-27", 2),
    (HIRAKAWA, {"A3": 1}, "2018-06-20", "2019-07-01", -60),
    (HIRAKAWA, {"A3": 20}, "2018-06-20", "2019-07-01", -60),
    (HIRAKAWA, {"A4": 20}, "2018-06-20", "2019-07-01", -60),
    (HIRAKAWA, {"B2": 1}, "2018-06-20", "2019-07-01", -60),
    (HIRAKAWA, {"E1": 2}, "2018-03-20", "2019-03-29", 0),
    (HIRAKAWA, {"E1": 3}, "2018-03-20", "2019-04-01", -1),
    (HIRAKAWA, {"E1": 15}, "2018-03-20", "2019-04-17", -13),
    (HIRAKAWA, {"F2": 20}, "2018-03-20", "2019-04-24", -18),
    (HIRAKAWA, {"C1": 20}, "2018-03-20", "2019-04-24", -18),
    (HIRAKAWA, {"D3": 20}, "2018-03-20", "2019-03-27", 2),
    (HIRAKAWA, {"D2": 60}, "2018-03-20", "2019-03-27", 2),
    (HIRAKAWA, {"D3": 32}, "2018-03-20", "2019-03-29", 0),
    (HIRAKAWA, {"D3": 33}, "2018-03-20", "2019-04-01", -1),
    (HIRAKAWA, {"C2": 100}, "2018-03-20", "2019-08-26", -98),
    (HIRAKAWA, {"G1": 40}, "2018-03-20", "2019-05-30", -38),
    (FUJISAKI, {"A3": 1}, "2020-06-19", "2021-06-29", -60),
    (FUJISAKI, {"A3": 20}, "2020-06-19", "2021-06-29", -60),
    (FUJISAKI, {"E1": 15}, "2020-03-19", "2021-04-20", -14),
    (ITAYANAGI, {"A3": 1}, "2020-06-19", "2021-06-29", -21),
    (ITAYANAGI, {"A3": 20}, "2020-06-19", "2021-06-29", -21),
    (ITAYANAGI, {"E1": 15}, "2020-03-19", "2021-04-20", 25),
    (ITAYANAGI, {"G1": 40}, "2020-03-19", "2021-05-31", 0),
]
ALL = [code for code in joins.template_codes() if code not in ("H1", "R1")]


@pytest.mark.parametrize(("go_live", "more", "b3", "e5", "in_hand"), CASES)
def test_every_case(go_live: date, more: dict[str, int], b3: str, e5: str, in_hand: int) -> None:
    found = joins.with_more(go_live, **more)
    assert (f"{found.of('B3').finish}", f"{found.of('E5').finish}") == (b3, e5)
    assert found.margin == in_hand
    assert (found.of("H0").start == go_live) == (in_hand >= 0)
    assert [each.kind for each in found.findings if each.code == "H0"] == ["late"] * (in_hand < 0)


def test_a_missed_session_is_named_with_the_earliest_day() -> None:
    found = joins.with_more(HIRAKAWA, A3=20)
    late, missed = (each.text for each in found.findings)
    assert late == (
        "本稼働（平成31年4月1日）に間に合いません。60業務日不足しています。"
        "最も早い日は令和元年7月2日です。"
    )
    assert missed == (
        "間に合いません: 最終の議会は平成30年3月20日（B3 議会の議決）です。"
        "次は平成30年6月20日です。"
    )
    assert found.earliest_anchor == found.of("H0").start == date(2019, 7, 2)
    in_month = schedule(
        joins.network(HIRAKAWA, {"A3": 20}, joins.plain(HIRAKAWA).start, at_month_start=True)
    )
    assert in_month.earliest_anchor == in_month.of("H0").start == date(2019, 8, 1)
    assert in_month.margin == -60


def test_a_start_too_late() -> None:
    found = schedule(joins.network(HIRAKAWA, start=date(2018, 1, 4)))
    assert found.of("B3").finish == date(2019, 3, 20)
    assert found.of("E5").finish == date(2020, 4, 3)
    assert found.margin == -243
    assert "243業務日不足しています。" in found.findings[0].text


@pytest.mark.parametrize(
    ("more", "a1", "b3"),
    [({"C2": 100}, "2016-09-28", "2017-09-20"), ({"G1": 40}, "2016-12-26", "2017-12-15")],
)
def test_a_longer_plan_starts_a_session_earlier(more: dict[str, int], a1: str, b3: str) -> None:
    found = schedule(joins.network(HIRAKAWA, more))
    assert f"{found.of('A1').latest_start}" == a1
    assert f"{found.of('B3').latest_finish}" == b3


def moved(before: Schedule, after: Schedule) -> list[str]:
    def dates(found: Schedule, code: str) -> tuple[date, date]:
        return found.of(code).start, found.of(code).finish

    return [code for code in ALL if dates(before, code) != dates(after, code)]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"A3": 20}, [code for code in ALL if code not in ("A1", "A2", "A4")]),
        ({"E1": 15}, ["E1", "E2", "E3", "F2", "F3", "E4", "G1", "G2", "E5", "H0"]),
        ({"D3": 20}, ["D3", "F1"]),
        ({"D2": 60}, ["D2"]),
    ],
)
def test_what_moves(more: dict[str, int], expected: list[str]) -> None:
    assert moved(joins.plain(HIRAKAWA), joins.with_more(HIRAKAWA, **more)) == expected


def test_planning_by_late_dates_would_waste_the_float() -> None:
    """D3 takes 20 days more out of its float; begun at its limit it would push the cut-over."""
    assert joins.with_more(HIRAKAWA, D3=20).of("E5").finish == date(2019, 3, 27)
    plan = joins.network(HIRAKAWA, {"D3": 20}, joins.plain(HIRAKAWA).start)
    limits = {each.code: each.latest_start for each in joins.plain(HIRAKAWA).times}
    late = [replace(task, not_before=limits[task.code]) for task in plan.tasks]
    assert schedule(replace(plan, tasks=late)).of("E5").finish == date(2019, 4, 26)
