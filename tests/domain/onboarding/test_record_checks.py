"""What a task, and going live, rest on (記録による確認): the rules of the design, one by one."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from consortium.domain.calendar.period import Period
from consortium.domain.onboarding.record_checks import may_complete, may_go_live, stage_of
from consortium.domain.onboarding.record_points import open_points, residual_months, term_gaps
from consortium.domain.onboarding.records import (
    KINDS,
    BudgetAction,
    Contract,
    Evidence,
    Issue,
    PlanRecords,
)
from tests.domain.onboarding.recorded import (
    LIVE,
    VOTED,
    budget,
    contract,
    judged,
    kept,
    plan,
    ran,
    task,
    vote,
)

SIGNED = date(2027, 1, 20)
B3, C2 = task("B3", "議決年月日"), task("C2", "契約書")


def refusal(code: str, day: date, records: PlanRecords, *others: object) -> str:
    """Say why a task may not be completed on a day, empty if it may."""
    of_plan = plan(B3, C2, task("A2", "調査票"), task("G2", "判定書"), task("E3"))
    found = of_plan.task(code)
    assert found
    error = may_complete(of_plan, replace(found, finished_on=day, state="done"), records)
    return error.found if error else ""


@pytest.mark.parametrize(
    ("code", "stage"), [("B3", "B3"), ("B3-023817", "B3"), ("E2.3", "E2"), ("H0.2", "H0")]
)
def test_a_stage_is_known_without_its_council_and_its_wave(code: str, stage: str) -> None:
    assert stage_of(code) == stage


@pytest.mark.parametrize(
    ("records", "day", "said"),
    [
        (kept(), VOTED, "議会の議決が記録されていません"),
        (kept(vote("継続")), VOTED, "継続"),
        (kept(vote("否決")), VOTED, "否決"),
        # The last vote decides: put off in December, passed in March.
        (kept(vote("継続"), vote("可決", date(2027, 3, 19))), date(2027, 3, 19), ""),
        (kept(vote()), date(2026, 12, 17), "議決日の令和8年12月18日より前"),
        (kept(vote()), VOTED, ""),
        (kept(vote("条件付可決")), VOTED, ""),
        (kept(vote(code="R1")), VOTED, "議会の議決が記録されていません"),
    ],
)
def test_the_council_s_task_ends_with_its_vote(records: PlanRecords, day: date, said: str) -> None:
    assert (said in refusal("B3", day, records)) if said else refusal("B3", day, records) == ""


@pytest.mark.parametrize(
    ("records", "day", "said"),
    [
        (kept(vote(), budget(), contract()), SIGNED, ""),
        (kept(budget(), contract()), SIGNED, "議会の議決が記録されていません"),
        (kept(vote(day=date(2027, 3, 19)), budget(), contract()), SIGNED, "議決日"),
        (kept(vote(), contract()), SIGNED, "執行できる予算措置がありません"),
        (kept(vote(), budget(None), contract()), SIGNED, "執行できる予算措置がありません"),
        (kept(vote(), budget(date(2027, 4, 1)), contract()), SIGNED, "執行できる予算措置"),
        (kept(vote(), budget()), SIGNED, "締結した契約が記録されていません"),
        (kept(vote(), budget(), contract(day=date(2027, 2, 1))), SIGNED, "締結した契約"),
        # 条件付可決 (美浜町): nothing may be spent before the freeze is lifted.
        (kept(vote("条件付可決"), budget(), contract()), SIGNED, "条件があり"),
        (kept(vote("条件付可決", lifted=date(2027, 1, 21)), budget(), contract()), SIGNED, "条件"),
        (kept(vote("条件付可決", lifted=SIGNED), budget(), contract()), SIGNED, ""),
    ],
)
def test_no_contract_before_the_vote_and_the_budget(
    records: PlanRecords, day: date, said: str
) -> None:
    found = refusal("C2", day, records)
    assert said in found if said else found == ""


@pytest.mark.parametrize(
    ("until", "kind", "last", "is_covered"),
    [
        (date(2032, 4, 1), "債務負担", 2031, True),
        (date(2032, 4, 1), "長期継続", 2031, True),
        (date(2032, 4, 2), "債務負担", 2031, False),  # one day into FY2032
        (date(2032, 4, 1), "債務負担", 2030, False),
        (date(2032, 4, 1), "補正", 2031, False),
        (date(2028, 4, 1), "当初", 2026, True),  # within FY2027: no promise is needed
        (None, "債務負担", 2027, False),  # FY2027 is covered, the next year is not
        (None, "債務負担", 2028, True),
    ],
)
def test_a_contract_of_several_years_needs_a_promise_for_all_of_them(
    until: date | None, kind: str, last: int, is_covered: bool
) -> None:
    records = kept(vote(), budget(kind=kind, last=last), contract(until))
    assert ("年度をまたぎます" in refusal("C2", SIGNED, records)) is not is_covered
    points = [each.text for each in open_points(plan(B3, C2), records, VOTED)]
    assert any("年度をまたぎます" in each for each in points) is not is_covered


def test_a_task_ends_with_its_paper_a_round_with_its_success() -> None:
    paper = PlanRecords(evidence=(Evidence("e-1", "A2", "調査票"),))
    assert "調査票" in refusal("A2", VOTED, kept())
    assert refusal("A2", VOTED, paper) == ""
    assert "不合格" in refusal("E3", VOTED, kept(ran(2, "不合格")))
    assert refusal("E3", VOTED, kept(ran(2, "合格"))) == ""
    # The report of a milestone is written after its day.
    live = replace(task("H0", "稼働報告", days=0), finished_on=LIVE)
    assert may_complete(plan(live), live, kept()) is None
    assert may_complete(plan(live), replace(live, finished_on=None), kept()) is not None


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ((), "総会の議決が記録されていません"),
        ((vote(),), "総会の議決が記録されていません"),
        ((judged("否", date(2027, 3, 26)),), "総会"),
    ],
)
def test_going_live_needs_the_general_meeting(found: tuple[object, ...], said: str) -> None:
    error = may_go_live(plan(task("A5"), B3, task("G2"), task("H0")), kept(*found), LIVE)
    assert error is not None
    assert said in error.found


@pytest.mark.parametrize(
    ("judgement", "run", "said"),
    [
        (None, None, "稼働判定が記録されていません"),
        (judged("否", date(2027, 3, 26)), None, "否"),
        (judged("条件付可", date(2027, 3, 26)), None, "条件があり"),
        (judged("条件付可", date(2027, 3, 26), date(2027, 4, 2)), None, "条件があり"),
        (judged("条件付可", date(2027, 3, 26), date(2027, 3, 30)), None, ""),
        (judged("可", date(2027, 4, 2)), None, "判定日"),
        (judged("可", date(2027, 3, 26)), None, ""),
        (judged("可", date(2027, 3, 26)), ran(4, "突合中"), "本移行は「突合中」"),
        (judged("可", date(2027, 3, 26)), ran(4, "合格"), ""),
        # A rehearsal that was left out says nothing of the cut-over.
        (judged("可", date(2027, 3, 26)), ran(2, "不合格"), ""),
    ],
)
def test_going_live_needs_the_judgement(judgement: object, run: object, said: str) -> None:
    records = kept(vote(), *(each for each in (judgement, run) if each))
    error = may_go_live(plan(B3, task("G2"), task("H0")), records, LIVE)
    assert (said in error.found) if error else said == ""


def test_going_live_needs_the_judgement_even_where_the_plan_has_no_stage_for_it() -> None:
    bare = plan(task("H0"))
    error = may_go_live(bare, kept(), LIVE)
    assert error is not None
    assert "稼働判定が記録されていません" in error.found
    assert may_go_live(bare, kept(judged("可", date(2027, 3, 26))), LIVE) is None


# ---- what is left open ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("live", "months"),
    [
        # The three joins entered a term that ran to 平成34年3月31日 (2022-03-31).
        (date(2019, 4, 1), 36),
        (date(2021, 4, 1), 12),
        (date(2021, 6, 1), 10),
        (date(2021, 6, 2), 9),
        (date(2015, 4, 1), 84),
        (date(2022, 4, 2), 0),
    ],
)
def test_the_months_left_of_a_term(live: date, months: int) -> None:
    assert residual_months(live, date(2022, 4, 1)) == months


def test_the_agreement_of_the_sample_has_a_gap_from_april_2022() -> None:
    first = Period(date(2015, 4, 1), date(2022, 4, 1))
    stays = [Period(date(2015, 4, 1)), Period(date(2021, 6, 1))]
    assert term_gaps([first], stays) == (Period(date(2022, 4, 1)),)
    # Terms chained without a gap; a gap between two; one before the first; towns that left.
    second = Period(date(2022, 4, 1), date(2027, 4, 1))
    ended = [Period(date(2015, 4, 1), date(2027, 4, 1))]
    assert term_gaps([second, first], ended) == ()
    late = replace(second, since=date(2022, 7, 1))
    assert term_gaps([first, late], ended) == (Period(date(2022, 4, 1), date(2022, 7, 1)),)
    assert term_gaps([second], ended) == (Period(date(2015, 4, 1), date(2022, 4, 1)),)
    assert term_gaps([first], [Period(date(2015, 4, 1), date(2022, 4, 1))]) == ()
    assert term_gaps([first, Period(date(2022, 4, 1))], stays) == ()
    assert term_gaps([first], []) == ()
    # One within another takes nothing of it away.
    inner = Period(date(2016, 4, 1), date(2017, 4, 1))
    assert term_gaps([first, inner, second], ended) == ()
    after = Period(date(2030, 4, 1))
    assert term_gaps([first, second, after], ended) == ()


def test_what_is_left_open_is_said_once_each() -> None:
    done = replace(task("A2", "調査票"), state="done", finished_on=VOTED)
    records = PlanRecords(
        decisions=(vote("条件付可決"), judged("条件付可", date(2027, 3, 26))),
        budgets=(BudgetAction("b-1", "m-1", 2026, 2026, "補正"),),
        contracts=(
            Contract("c-1", "利用", "見本社", "利用", LIVE, date(2028, 4, 1), SIGNED),
            Contract("c-0", "現行", "旧社", "現行", date(2020, 4, 1), None, date(2020, 4, 1)),
        ),
        evidence=(Evidence("e-1", "D2", "評価書"),),
        issues=(
            Issue("i-1", "遅れ", "低", due_on=date(2027, 3, 31), number=1),
            Issue("i-2", "文字", "高", number=2),
            Issue("i-3", "済み", "高", state="解決", number=3),
        ),
    )
    of_plan = replace(plan(done, B3, C2), old_contract_ends_on=date(2027, 3, 30))
    term = Period(date(2022, 4, 1), date(2028, 4, 1))
    to_the_eve = replace(plan(B3), old_contract_ends_on=date(2027, 3, 31))
    assert [each.kind for each in open_points(to_the_eve, kept(), VOTED, [term])] == ["term"]
    found = open_points(of_plan, records, date(2027, 4, 1), [term], [term])
    said = [each.text for each in found]
    assert [each.kind for each in found] == [
        "term", "old_contract", "contract", "contract", "evidence", "condition", "condition",
        "evidence", "issue", "issue",
    ]  # fmt: skip
    for text, part in zip(
        said,
        (
            "利用期の残りは12か月です（令和10年3月31日まで）",
            "現行契約は令和9年3月30日まで",
            "条件があり、令和9年1月20日にはまだ",
            "執行できる予算措置がありません",
            "成果物（調査票）が登録されていません",
            "凍結解除日がまだ登録されていません",
            "期限（令和9年3月30日）を過ぎています",
            "確認していない成果物が1件あります（「D2 評価書」）",
            "課題1（重要度 低）が期限の令和9年3月31日を過ぎています",
            "課題2（重要度 高）が解決していません",
        ),
        strict=True,
    ):
        assert part in text


def test_a_plan_in_order_leaves_nothing_open() -> None:
    done = replace(B3, state="done", finished_on=VOTED)
    paper = Evidence("e-1", "A2", "調査票", confirmed_at=datetime(2026, 12, 1, tzinfo=UTC))
    read = replace(task("A2", "調査票"), state="done", finished_on=VOTED)
    records = PlanRecords(
        (vote(),), evidence=(paper,), issues=(Issue("i-1", "遅れ", "低", number=1),)
    )
    assert open_points(plan(done, read), records, VOTED, [Period(date(2022, 4, 1))]) == ()
    missing = open_points(plan(done), kept(vote("否決")), VOTED, [Period(date(2022, 4, 1))])
    assert [(each.kind, each.code) for each in missing] == [("decision", "B3")]


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ([Period(date(2015, 4, 1), date(2022, 4, 1))], "令和4年4月1日から利用期"),
        (
            [Period(date(2015, 4, 1), date(2022, 4, 1)), Period(date(2023, 4, 1))],
            "令和4年4月1日から令和5年3月31日まで、利用期",
        ),
        ([], ""),  # nothing is agreed here: no gap to speak of
    ],
)
def test_a_gap_of_the_agreement_is_a_finding(terms: list[Period], said: str) -> None:
    found = open_points(plan(), kept(), VOTED, terms, [Period(date(2015, 4, 1))])
    gaps = [each.text for each in found if each.kind == "term_gap"]
    assert [each[: len(said)] for each in gaps] == ([said] if said else [])


def test_a_kind_gives_its_own_records() -> None:
    records = kept(vote(), judged("可", date(2027, 3, 26)), ran(4, "予定", wave="税"))
    names = {key: [each.name for each in records.of(kind)] for key, kind in KINDS.items()}
    assert names["decisions"] == ["議会 令和8年12月18日 可決"]
    assert names["judgements"] == ["稼働判定 令和9年3月26日 可"]
    assert names["migrations"] == ["本移行（税）"]
    assert budget(last=2026, kind="補正").name == "令和8年度 補正"
