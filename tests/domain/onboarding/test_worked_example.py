"""The worked example of the design (工程の計算例): every limit, every float, to the day.

The dates are those of the design's tables, which were measured with another program.
"""

from datetime import date

import pytest

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.onboarding.schedule import schedule
from tests.domain.onboarding import joins
from tests.domain.onboarding.joins import FOUNDING, FUJISAKI, HIRAKAWA, ITAYANAGI

# Latest start and latest finish of each stage.
LIMITS = """
A1 2017-03-29 2017-05-26 2019-03-20 2019-05-23 2019-03-20 2019-05-23
A2 2017-05-29 2017-08-22 2019-05-24 2019-08-19 2019-05-24 2019-08-19
A3 2017-08-23 2017-11-17 2019-08-20 2019-11-18 2019-08-20 2019-11-18
A4 2017-09-21 2017-11-17 2019-09-18 2019-11-18 2019-09-18 2019-11-18
A5 2017-11-20 2017-11-27 2019-11-19 2019-11-25 2019-11-19 2019-11-25
B1 2017-11-28 2017-12-25 2019-11-26 2019-12-23 2019-11-26 2019-12-23
B2 2017-12-26 2018-02-27 2019-12-24 2020-02-27 2019-12-24 2020-02-27
B3 2018-02-28 2018-03-20 2020-02-28 2020-03-19 2020-02-28 2020-03-19
C1 2018-03-26 2018-04-20 2020-03-24 2020-04-20 2020-05-22 2020-06-18
C2 2018-04-23 2018-05-23 2020-04-21 2020-05-22 2020-06-19 2020-07-16
D1 2018-05-24 2018-06-20 2020-05-25 2020-06-19 2020-07-17 2020-08-18
D2 2018-11-21 2019-02-22 2020-11-25 2021-02-25 2021-01-26 2021-04-21
D3 2018-08-03 2018-11-28 2020-08-05 2020-12-01 2020-10-02 2021-02-01
D4 2018-06-21 2018-10-16 2020-06-22 2020-10-16 2020-08-19 2020-12-14
E1 2018-06-21 2018-09-13 2020-06-22 2020-09-16 2020-08-19 2020-11-13
E2 2018-09-14 2018-10-16 2020-09-17 2020-10-16 2020-11-16 2020-12-14
E3 2018-10-31 2018-11-28 2020-11-02 2020-12-01 2021-01-04 2021-02-01
F1 2018-11-29 2019-01-31 2020-12-02 2021-02-02 2021-02-02 2021-03-31
F2 2018-11-29 2019-01-31 2020-12-02 2021-02-02 2021-02-02 2021-03-31
F3 2019-01-25 2019-02-22 2021-01-27 2021-02-25 2021-03-25 2021-04-21
E4 2019-02-01 2019-02-22 2021-02-03 2021-02-25 2021-04-01 2021-04-21
G1 2019-02-25 2019-03-25 2021-02-26 2021-03-25 2021-04-22 2021-05-25
G2 2019-03-26 2019-03-26 2021-03-26 2021-03-26 2021-05-26 2021-05-26
E5 2019-03-27 2019-03-29 2021-03-29 2021-03-31 2021-05-27 2021-05-31
H0 2019-04-01 2019-04-01 2021-04-01 2021-04-01 2021-06-01 2021-06-01
"""
JOINS = (HIRAKAWA, FUJISAKI, ITAYANAGI)
CHAIN = "C1 C2 D1 D4 E1 E2 E3 F2 E4 G1 G2 E5"
FLOATS = {
    "A1 A2 A3 A4 A5 B1 B2 B3": (0, 0, 0),
    CHAIN: (2, 1, 40),
    "D3 F1": (32, 31, 70),
    "F3": (37, 36, 75),
    "D2": (127, 126, 165),
}
FREE = {"D2": 125, "F1": 30, "F3": 35}

# Sessions of 2017–2021.
VOTES = """
2017-03-17 2017-06-20 2017-09-20 2017-12-15 2018-03-20 2018-06-20 2018-09-20 2018-12-14
2019-03-20 2019-06-20 2019-09-20 2019-12-13 2020-03-19 2020-06-19 2020-09-18 2020-12-15
2021-03-19 2021-06-18 2021-09-17 2021-12-15
"""


def day(text: str) -> date:
    return date.fromisoformat(text)


def test_the_calendar_is_the_designs() -> None:
    open_days = [FiscalYear.containing(each).start_year for each in joins.open_days()]
    assert [open_days.count(year) for year in (2018, 2019, 2020, 2021)] == [244, 240, 243, 242]
    assert [f"{each}" for each in joins.votes() if 2017 <= each.year <= 2021] == VOTES.split()


@pytest.mark.parametrize("column", range(3))
def test_every_limit_of_the_three_joins(column: int) -> None:
    found = joins.plain(JOINS[column])
    expected, given = {}, {}
    for line in LIMITS.split("\n")[1:-1]:
        code, *days = line.split()
        times = found.of(code)
        expected[code] = days[2 * column : 2 * column + 2]
        given[code] = [f"{times.latest_start}", f"{times.latest_finish}"]
    assert given == expected


@pytest.mark.parametrize("column", range(3))
def test_every_float_of_the_three_joins(column: int) -> None:
    found = joins.plain(JOINS[column])
    stages = {code: each for codes, each in FLOATS.items() for code in codes.split()}
    assert len(stages) == 24
    assert {code: found.of(code).total_float for code in stages} == {
        code: each[column] for code, each in stages.items()
    }
    assert {code: found.of(code).free_float for code in stages} == {
        code: FREE.get(code, 0) for code in stages
    }
    critical = {each.code for each in found.times if each.is_critical}
    assert critical == {"A1", "A2", "A3", "A4", "A5", "B1", "B2", "B3"}
    near = set(CHAIN.split()) | {"H0"} if column < 2 else set()
    assert {each.code for each in found.times if each.is_near} == near


@pytest.mark.parametrize(
    ("go_live", "in_hand", "e5_ends", "lead", "h1_ends"),
    [
        (HIRAKAWA, 2, "2019-03-27", 491, "2019-07-01"),
        (FUJISAKI, 1, "2021-03-30", 490, "2021-06-29"),
        (ITAYANAGI, 40, "2021-03-30", 529, "2021-08-26"),
    ],
)
def test_what_is_in_hand(
    go_live: date, in_hand: int, e5_ends: str, lead: int, h1_ends: str
) -> None:
    found = joins.plain(go_live)
    assert found.margin == in_hand
    assert found.of("E5").finish == day(e5_ends)
    assert found.start == found.of("A1").latest_start
    assert joins.office().between(found.start, go_live) == lead
    h0, h1 = found.of("H0"), found.of("H1")
    assert h0.start == h0.finish == go_live
    assert (h0.total_float, h0.free_float) == (in_hand, 0)
    assert (h1.start, h1.finish) == (go_live, day(h1_ends))
    assert (h1.latest_start, h1.latest_finish, h1.total_float, h1.free_float) == (None,) * 4
    assert not found.findings


@pytest.mark.parametrize(
    ("go_live", "latest_start", "latest_finish", "total"),
    [
        (HIRAKAWA, "2019-01-23", "2019-03-20", 245),
        (FUJISAKI, "2021-01-21", "2021-03-19", 242),
        (ITAYANAGI, "2021-01-21", "2021-03-19", 242),
    ],
)
def test_new_regulations_need_a_session_too(
    go_live: date, latest_start: str, latest_finish: str, total: int
) -> None:
    found = schedule(joins.network(go_live, with_r1=True))
    r1 = found.of("R1")
    assert (r1.latest_start, r1.latest_finish) == (day(latest_start), day(latest_finish))
    assert r1.total_float == total
    assert [each for each in found.times if each.code != "R1"] == list(joins.plain(go_live).times)


@pytest.mark.parametrize(
    ("go_live", "cut_over", "g2", "shift"),
    [
        (HIRAKAWA, ("2019-03-29", "2019-03-31"), "2019-03-28", 2),
        (FUJISAKI, ("2021-03-26", "2021-03-28"), "2021-03-25", -1),
        (ITAYANAGI, ("2021-05-28", "2021-05-30"), "2021-05-27", 1),
    ],
)
def test_a_cut_over_on_closed_days(
    go_live: date, cut_over: tuple[str, str], g2: str, shift: int
) -> None:
    found = schedule(joins.network(go_live, in_closed_block=True))
    e5, limit = found.of("E5"), found.of("G2").latest_finish
    assert (e5.latest_start, e5.latest_finish) == tuple(map(day, cut_over))
    assert limit == day(g2)
    before = joins.plain(go_live).of("G2").latest_finish
    assert before is not None
    moved = joins.office().between(before, limit) - joins.office().between(limit, before)
    assert moved == shift


def test_the_founding_case() -> None:
    found = joins.plain(FOUNDING)
    assert found.start == date(2013, 3, 28)
    a5, b3 = found.of("A5"), found.of("B3")
    assert (a5.latest_start, a5.latest_finish) == (date(2013, 11, 19), date(2013, 11, 25))
    assert b3.latest_finish == date(2014, 3, 20)
