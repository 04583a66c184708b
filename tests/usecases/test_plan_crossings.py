"""What a later 本稼働 runs into (またぐもの): contracts, terms, busy weeks, grants, state days."""

from datetime import date

from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.municipality import municipality_code
from consortium.domain.onboarding.golive import BusyPeriod
from consortium.domain.onboarding.network import Network, Task
from consortium.domain.onboarding.plan import Plan, PlanTask
from consortium.usecases.plan_crossings import Ending, Surroundings, crossings, remaining_months

OLD, NEW = date(2021, 4, 1), date(2022, 4, 4)
TERM = ("第1期", date(2015, 4, 1), date(2022, 3, 31))


def plan(cut_over: tuple[date, date], day: date) -> Plan:
    """Give a plan of a cut-over and 本稼働."""
    tasks = (
        PlanTask("1", 1, "E5", "本移行", "運用", 3, "事業者", *cut_over),
        PlanTask("2", 2, "H0", "本稼働", "運用", 0, "協議会", day, day),
    )
    return Plan(
        "p", municipality_code("023612"), "藤崎町", "加入工程", "join", day, "backward",
        "agreement", "approved", "preparing", "t", tasks=tasks,
    )  # fmt: skip


def said(around: Surroundings, day: date = NEW) -> list[tuple[str, str]]:
    """Say what moving 本稼働 from OLD crosses; the cut-over is the three days before."""
    old = plan((date(2021, 3, 29), date(2021, 3, 31)), OLD)
    new = plan((date(2022, 3, 14), date(2022, 3, 31)), day)
    network = Network([Task("E5", "本移行", 3), Task("H0", "本稼働", 0)], (), {"": ()})
    found = crossings(old, new, day, network, around)
    return [(each.kind, each.text) for each in found if each.kind != "年度"]


def test_contracts_run_out_until_cut_over_or_going_live() -> None:
    endings = (
        Ending("現行契約", date(2021, 3, 31)),
        Ending("移行委託契約「移行」", date(2022, 3, 30), "E5"),
        Ending("移行委託契約「別」", date(2022, 3, 31), "E5"),
        Ending("現行契約（二つめ）", date(2022, 4, 4)),
    )
    # From 2021-04 to 2022-04-03: thirteen months; one day of March still lies after 03-30.
    assert said(Surroundings(endings=endings)) == [
        ("契約満了", "現行契約は令和3年3月31日に終わります。あと13か月分の延長が要ります。"),
        (
            "契約満了",
            "移行委託契約「移行」は令和4年3月30日に終わります。あと1か月分の延長が要ります。",
        ),
    ]


def test_what_is_left_of_the_term_is_said_even_where_nothing_is() -> None:
    # 平川市 with 36, 藤崎町 with 12, 板柳町 with 10 months: the design, section 5.
    days = (date(2019, 4, 1), date(2021, 4, 1), date(2021, 6, 1))
    assert [remaining_months(day, TERM[2]) for day in days] == [36, 12, 10]
    around = Surroundings(terms=(TERM,))
    assert said(around, date(2021, 6, 1)) == [
        ("契約満了", "第1期の残期間が、12か月から10か月になります。")
    ]
    gone = "第1期（残期間12か月）のうちに本稼働できなくなります。"
    assert said(around) == [("契約満了", gone)]
    assert said(around, OLD) == []


def test_busy_weeks_grants_and_the_states_day_are_named() -> None:
    around = Surroundings(
        busy=(BusyPeriod("税", (2, 16), (3, 15), "目安"),),
        grants=(("県補助金", FiscalYear(2021)), ("後の補助金", FiscalYear(2022))),
        deadlines=(("標準化の目標期限", date(2022, 3, 31)),),
        office=OpenDays(),
    )
    kinds = said(around)
    assert [kind for kind, _ in kinds] == ["繁忙期", "国・補助の期限", "国・補助の期限"]
    # Before, the cut-over ended on 03-31; now its first two days lie in the weeks of 税.
    assert "令和4年3月14日から令和4年3月15日まで" in kinds[0][1]
    assert kinds[1][1] == "標準化の目標期限（令和4年3月31日）を、本稼働日が過ぎます。"
    assert kinds[2][1].startswith("令和3年度の「県補助金」は、本稼働がその年度を過ぎます。")
