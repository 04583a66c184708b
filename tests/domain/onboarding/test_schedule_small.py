"""The scheduler on networks small enough to count by hand (日程計算): November 2026.

Open: Monday to Friday but for Tuesday 3rd and Monday 23rd. 11/2 is a Monday.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from consortium.domain.errors import BadInputError
from consortium.domain.onboarding.network import Anchor, Link, Network, Schedule, Task
from consortium.domain.onboarding.schedule import schedule

YEAR = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
OFFICE = [
    day for day in YEAR if day.weekday() < 5 and day not in (date(2026, 11, 3), date(2026, 11, 23))
]
#: works on Saturdays, too, and not on Wednesdays
VENDOR = [day for day in YEAR if day.weekday() in (0, 1, 3, 4, 5)]


def on(day: int, month: int = 11) -> date:
    return date(2026, month, day)


BEGIN = on(2)
H0 = Task("H", "本稼働", 0)


def plan(
    *tasks: Task,
    links: Sequence[Link] = (),
    start: date | None = BEGIN,
    anchor: Anchor | None = None,
    status_on: date | None = None,
    votes: Sequence[date] = (on(12), on(27)),
) -> Network:
    calendars = {"": OFFICE, "vendor": VENDOR}
    return Network(tasks, links, calendars, {"council": votes}, anchor, start, status_on)


def days(found: Schedule, code: str) -> tuple[date, date]:
    times = found.of(code)
    return times.start, times.finish


def two(link: Link, first: int = 3, second: int = 2, calendar: str = "") -> tuple[date, date]:
    network = plan(Task("A", "A", first), Task("B", "B", second, calendar), links=[link])
    return days(schedule(network), "B")


# A takes 11/2, 11/4, 11/5 in all of these.
@pytest.mark.parametrize(
    ("kind", "lag", "expected"),
    [
        ("FS", 0, (on(6), on(9))),
        ("FS", 2, (on(10), on(11))),
        ("FS", -2, (on(4), on(5))),
        ("FS", -9, (on(2), on(4))),  # never before the plan begins
        ("FS", -400, (on(2), on(4))),
        ("SS", 0, (on(2), on(4))),
        ("SS", 1, (on(4), on(5))),
        ("SS", -1, (on(2), on(4))),
        ("FF", 0, (on(4), on(5))),
        ("FF", 3, (on(9), on(10))),
        ("SF", 0, (on(2), on(4))),
        ("SF", 4, (on(5), on(6))),
    ],
)
def test_the_four_links(kind: str, lag: int, expected: tuple[date, date]) -> None:
    assert two(Link("A", "B", kind, lag)) == expected


def test_a_lag_is_counted_in_the_calendar_of_the_one_that_follows() -> None:
    # A ends on Thursday 5th. The vendor: 6, 7 (Saturday), 9, 10, 12; the office: 6, 9, 10, 11.
    assert two(Link("A", "B", "FS", 2), calendar="vendor") == (on(9), on(10))
    assert two(Link("A", "B", "FS", 0), second=3, calendar="vendor") == (on(6), on(9))
    # From the vendor's Saturday the office goes on on Monday.
    network = plan(Task("A", "A", 5, "vendor"), Task("B", "B", 1), links=[Link("A", "B")])
    assert days(schedule(network), "A") == (on(2), on(7))
    assert days(schedule(network), "B") == (on(9), on(9))


def test_a_limit_beyond_the_calendar_is_none() -> None:
    for kind in ("FS", "FF", "SF"):
        network = plan(Task("A", "A", 3), Task("B", "B", 2), links=[Link("A", "B", kind, -400)])
        late = replace(network, anchor=Anchor("H", on(10)), tasks=[*network.tasks, H0],
                       links=[*network.links, Link("B", "H")])  # fmt: skip
        assert schedule(late).of("A").latest_finish is None
        assert schedule(network).of("A").latest_finish == on(5)


@pytest.mark.parametrize(
    ("lag", "expected"), [(0, (on(6), on(9))), (1, (on(9), on(10))), (-1, (on(5), on(6)))]
)
def test_an_end_on_a_closed_day_is_met_on_the_next_open_one(
    lag: int, expected: tuple[date, date]
) -> None:
    # A ends on the vendor's Saturday, 7th.
    network = plan(
        Task("A", "A", 5, "vendor"), Task("B", "B", 2), Task("H", "本稼働", 0),
        links=[Link("A", "B", "FF", lag), Link("B", "H")], anchor=Anchor("H", on(10)),
    )  # fmt: skip
    found = schedule(network)
    assert days(found, "B") == expected
    # B has to end on 9th: A on that day, an open day before it, or one after it.
    limit = {0: on(9), 1: on(6), -1: on(10)}[lag]
    assert found.of("A").latest_finish == limit


def test_work_waits_for_a_session_and_is_done_just_before_it() -> None:
    network = plan(
        Task("A", "A", 2), Task("B", "B", 3, window="council"), Task("C", "C", 1),
        links=[Link("A", "B"), Link("B", "C")],
    )  # fmt: skip
    found = schedule(network)
    # Ready from 5th: 5, 6, 9 would do; the vote is on 12th, three open days later.
    assert days(found, "B") == (on(10), on(12))
    assert found.of("B").waits == 3
    assert days(found, "C") == (on(13), on(13))
    # One day too long for the 12th means the 27th.
    late = schedule(replace(network, tasks=[Task("A", "A", 6), *network.tasks[1:]]))
    assert days(late, "B") == (on(25), on(27))


def test_a_session_on_a_closed_day_stays_where_it_is() -> None:
    network = plan(
        Task("B", "B", 3, window="council"), Task("C", "C", 1),
        links=[Link("B", "C")], votes=[on(23)],
    )  # fmt: skip
    found = schedule(network)
    assert days(found, "B") == (on(18), on(23))
    assert days(found, "C") == (on(24), on(24))


def test_two_may_end_together_on_a_closed_day_of_one() -> None:
    network = plan(
        Task("A", "A", 1, "vendor"), Task("B", "B", 1, window="council"),
        links=[Link("A", "B", "FF")], votes=[on(23)],
    )  # fmt: skip
    assert schedule(network).of("A").latest_finish == on(23)


def test_no_session_left_is_named_and_the_rest_goes_on() -> None:
    network = plan(
        Task("A", "A", 20), Task("B", "議決", 3, window="council"), Task("H", "本稼働", 0),
        links=[Link("A", "B"), Link("B", "H")], anchor=Anchor("H", on(26)),
    )  # fmt: skip
    found = schedule(network)
    # 20 days: 11/2 to 12/1; then 2, 3, 4 December, no vote at all.
    assert days(found, "B") == (on(2, 12), on(4, 12))
    assert found.earliest_anchor == on(7, 12)
    texts = {each.kind: each.text for each in found.findings}
    assert texts["missed"] == "間に合いません: 最終の議会は令和8年11月12日（B 議決）です。"
    assert found.of("B").latest_finish == on(12)
    # 26, 27, 30 November and 1 to 4 December are missing.
    assert found.margin == -7
    empty = schedule(replace(network, windows={"council": []}))
    assert "それまでに議会がありません（B 議決）。" in empty.findings[1].text


def test_a_vote_that_was_taken_is_not_missed() -> None:
    voted = Task("B", "議決", 3, window="council", finished=on(13))
    found = schedule(plan(voted, H0, links=[Link("B", "H")], anchor=Anchor("H", on(13))))
    # It was a day late for all that follows, and no session is looked for any more.
    assert days(found, "B")[1] == on(13)
    assert [each.kind for each in found.findings] == ["late"]


def test_a_general_meeting_is_called_so() -> None:
    network = plan(Task("A", "承認", 3, window="assembly"))
    found = schedule(replace(network, windows={"assembly": [on(2)]}))
    assert [each.text for each in found.findings] == [
        "間に合いません: 最終の総会は令和8年11月2日（A 承認）です。"
    ]
    found = schedule(replace(network, windows={"assembly": []}))
    assert [each.text for each in found.findings] == [
        "間に合いません: それまでに総会がありません（A 承認）。"
    ]


def test_a_cut_over_counts_every_day_and_ends_with_closed_days() -> None:
    network = plan(Task("A", "A", 2), Task("E", "E", 3, in_closed_block=True),
                   links=[Link("A", "E")], start=on(9))  # fmt: skip
    # A ends on 10th. The Friday before the weekend of 14th and 15th is a day of work.
    assert days(schedule(network), "E") == (on(13), on(15))
    # 21st to 23rd are closed, 23rd a holiday.
    assert days(schedule(replace(network, start=on(16))), "E") == (on(21), on(23))
    # A single closed day like 3rd is no block: the weekend of 7th and 8th is the first.
    assert days(schedule(replace(network, tasks=network.tasks[1:], links=[])), "E")[1] == on(15)
    assert days(schedule(plan(network.tasks[1])), "E") == (on(6), on(8))


def test_the_anchor_may_be_a_closed_day_and_stays_there() -> None:
    network = plan(
        Task("A", "A", 2), Task("H", "本稼働", 0), Task("Z", "Z", 1),
        links=[Link("A", "H"), Link("H", "Z")], anchor=Anchor("H", on(8)), start=None,
    )  # fmt: skip
    found = schedule(network)
    assert days(found, "A") == (on(5), on(6))
    assert days(found, "H") == (on(8), on(8))
    assert days(found, "Z") == (on(9), on(9))
    assert (found.margin, found.findings) == (0, ())
    late = schedule(replace(network, start=on(6)))
    assert days(late, "H") == (on(10), on(10))
    assert late.earliest_anchor == on(10)
    assert late.margin == -1


def test_work_on_the_closed_day_of_the_anchor_is_late() -> None:
    # The vendor is done on Saturday 7th at the earliest, the day itself.
    network = plan(Task("A", "A", 5, "vendor"), H0,
                   links=[Link("A", "H")], anchor=Anchor("H", on(7)))  # fmt: skip
    found = schedule(network)
    assert found.margin == -1
    assert "1業務日不足しています。最も早い日は令和8年11月9日です。" in found.findings[0].text
    assert found.of("A").latest_finish == on(6)


def test_without_an_anchor_the_last_task_holds_the_others() -> None:
    network = plan(
        Task("A", "A", 3), Task("B", "B", 1), Task("C", "C", 0),
        links=[Link("A", "C"), Link("B", "C")],
    )  # fmt: skip
    found = schedule(network)
    assert [(each.code, each.total_float, each.free_float) for each in found.times] == [
        ("A", 0, 0), ("B", 2, 2), ("C", 0, 0),
    ]  # fmt: skip
    assert (found.margin, found.earliest_anchor) == (None, None)
    assert schedule(plan()).start == on(2)


# ---- what happened ------------------------------------------------------------------------------


def chain(**first: date) -> Network:
    return plan(
        Task("A", "A", 3, **first), Task("B", "B", 2), Task("H", "本稼働", 0),
        links=[Link("A", "B"), Link("B", "H")], anchor=Anchor("H", on(13)),
    )  # fmt: skip


def test_up_to_five_days_in_hand_are_few() -> None:
    # B ends on 9th; 10, 11, 12, 13 and 16 are in hand, then 17 too.
    for day, is_near in ((on(17), True), (on(18), False)):
        found = schedule(replace(chain(), anchor=Anchor("H", day)))
        assert found.of("B").total_float == (5 if is_near else 6)
        assert found.of("B").is_near is is_near
    assert not schedule(replace(chain(), anchor=Anchor("H", on(18)), near=6)).of("B").is_critical


def test_what_is_done_stands_and_the_rest_follows() -> None:
    # Done on a Saturday after a week; B: 16 and 17.
    found = schedule(chain(started=on(9), finished=on(14)))
    assert days(found, "A") == (on(9), on(14))
    assert days(found, "B") == (on(16), on(17))
    assert not found.of("A").is_critical
    assert found.of("B").is_critical
    # 13, 16 and 17 are missing.
    assert found.margin == -3
    # Without the first day it is counted back: 4, 5, 6.
    assert days(schedule(chain(finished=on(6))), "A") == (on(4), on(6))


def test_what_has_begun_keeps_its_first_day() -> None:
    network = chain(started=on(4))
    assert days(schedule(network), "A") == (on(4), on(6))
    # On 10th it is not done: it ends on 10th at the earliest, and B comes after.
    found = schedule(replace(network, status_on=on(10)))
    assert days(found, "A") == (on(4), on(10))
    assert days(found, "B") == (on(11), on(12))
    window = replace(network.tasks[0], window="council")
    found = schedule(replace(network, tasks=[window, *network.tasks[1:]], status_on=on(10)))
    assert days(found, "A") == (on(4), on(12))


@pytest.mark.parametrize(
    ("kind", "b_ends", "total", "free"),
    [
        # B has begun though A is not done. B's limit begins on 11th, so A's ends on 10th; whatever
        # A does before, B is not moved by it.
        ("FS", on(4), 3, 3),
        # B's end waits for A's, which is limited to 12th as B's is; any day of A moves it.
        ("FF", on(5), 5, 0),
    ],
)
def test_what_has_begun_no_longer_moves_its_first_day(
    kind: str, b_ends: date, total: int, free: int
) -> None:
    network = plan(
        Task("A", "A", 3), Task("B", "B", 2, started=on(2)), H0,
        links=[Link("A", "B", kind), Link("B", "H")], anchor=Anchor("H", on(13)),
    )  # fmt: skip
    found = schedule(network)
    assert days(found, "B") == (on(2), b_ends)
    assert (found.of("A").total_float, found.of("A").free_float) == (total, free)


def test_what_has_not_begun_does_not_begin_in_the_past() -> None:
    found = schedule(replace(chain(), status_on=on(7)))
    assert days(found, "A") == (on(9), on(11))
    assert found.of("A").total_float == -1


def test_a_milestone_that_was_reached_stands() -> None:
    network = plan(
        Task("M", "M", 0, started=on(5)), Task("N", "N", 0, finished=on(7)), Task("B", "B", 1),
        links=[Link("M", "N"), Link("N", "B")],
    )  # fmt: skip
    found = schedule(network)
    assert days(found, "M") == (on(5), on(5))
    assert days(found, "N") == (on(7), on(7))
    assert days(found, "B") == (on(9), on(9))


def test_the_anchor_that_was_reached_stands() -> None:
    network = chain()
    h0 = replace(network.tasks[2], finished=on(17))
    found = schedule(replace(network, tasks=[*network.tasks[:2], h0]))
    assert days(found, "H") == (on(17), on(17))
    assert found.margin == -2
    early = replace(network, tasks=[*network.tasks[:2], replace(h0, finished=on(12))])
    assert days(schedule(early), "H") == (on(12), on(12))
    # What has happened no longer waits for A and B: they have their limits only.
    assert found.of("B").free_float == found.of("B").total_float


# ---- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "path", "says"),
    [
        (
            plan(
                *(Task(code, code, 1) for code in ("C1", "C2", "D")),
                links=[Link("C1", "C2"), Link("C2", "C1"), Link("C2", "D")],
            ),
            "C1",
            "C1 → C2 → C1",
        ),
        (plan(Task("A", "A", 1), links=[Link("Z", "A")]), "A", "「Z」"),
        (plan(Task("A", "A", 1), links=[Link("A", "Z")]), "A", "「Z」"),
        (plan(Task("A", "A", 1), Task("A", "B", 1)), "A", "二つ"),
        (plan(Task("A", "A", -1)), "A", "負の数（-1）"),
        (plan(Task("A", "A", 1, "nobody")), "A", "「nobody」"),
        (plan(Task("A", "A", 1, window="none")), "A", "「none」"),
        (plan(Task("A", "A", 1), Task("B", "B", 1), links=[Link("A", "B", "XX")]), "B", "XX"),
        (plan(Task("A", "A", 1), anchor=Anchor("H", on(9))), "H", "固定日"),
        (plan(Task("H", "H", 2), anchor=Anchor("H", on(9))), "H", "2業務日"),
        (plan(Task("A", "A", 1, started=on(9), finished=on(6))), "A", "11月6日"),
        (plan(Task("A", "A", 1), start=None), "", "本稼働日"),
        (plan(Task("A", "A", 1), start=date(2025, 5, 1)), "", "2026年からです"),
        (plan(Task("A", "A", 200)), "", "閉庁日表が令和7年度までです"),
        (plan(Task("A", "A", 1), H0, links=[Link("A", "H")],
              anchor=Anchor("H", date(2027, 5, 1))), "", "閉庁日表が令和7年度までです"),
        (plan(Task("A", "A", 1), start=date(2027, 5, 1)), "", "閉庁日表が令和7年度までです"),
        (plan(Task("H", "H", 0), Task("A", "A", 300), links=[Link("A", "H")], start=None,
              anchor=Anchor("H", on(9))), "", "2026年からです"),
    ],
)  # fmt: skip
def test_what_dates_cannot_follow_from_is_refused(network: Network, path: str, says: str) -> None:
    with pytest.raises(BadInputError) as refused:
        schedule(network)
    assert refused.value.path == path
    assert says in str(refused.value)


def test_a_calendar_to_the_end_of_a_fiscal_year_holds_it_whole() -> None:
    longer = [*OFFICE, *(date(2027, 1, 4) + timedelta(days=n) for n in range(87))]
    assert longer[-1] == date(2027, 3, 31)
    network = replace(plan(Task("A", "A", 400)), calendars={"": longer})
    with pytest.raises(BadInputError, match="閉庁日表が令和8年度までです"):
        schedule(network)
