"""Which step the lock of a year may take, when and by whom (締めの手順)."""

from datetime import UTC, date, datetime

import pytest

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, InvalidTransitionError
from consortium.domain.fiscalyear.closing import (
    STATES,
    STEPS,
    Closing,
    Reopening,
    YearLock,
    available,
    refuse_past,
    take,
)

YEAR = FiscalYear(2025)
AT = datetime(2026, 6, 10, 1, 0, tzinfo=UTC)
LAST_DAY = date(2026, 9, 30)
BEFORE, AFTER = date(2026, 9, 29), date(2026, 10, 1)
SOFT, HARD = Closing("a", "弘前 花子", AT), Closing("b", "弘前 承認", AT)
PROPOSED = Reopening("r", "a", "弘前 花子", AT, "請求の誤り", LAST_DAY)
GRANTED = Reopening("r", "a", "弘前 花子", AT, "請求の誤り", LAST_DAY, AT, "弘前 承認")
LOCKS = {
    "open": YearLock(YEAR),
    "soft": YearLock(YEAR, SOFT),
    "hard": YearLock(YEAR, SOFT, HARD),
    "proposed": YearLock(YEAR, SOFT, HARD, PROPOSED),
    "reopened": YearLock(YEAR, SOFT, HARD, GRANTED),
}
ALLOWED = {
    ("close_soft", "open"): "soft",
    ("lift", "soft"): "open",
    ("close_hard", "soft"): "hard",
    ("propose", "hard"): "proposed",
    ("grant", "proposed"): "reopened",
    ("refuse", "proposed"): "hard",
    ("close_again", "reopened"): "hard",
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_starts_from_its_one_state_and_no_other(step: str, state: str) -> None:
    lock = LOCKS[state]
    if (step, state) in ALLOWED:
        after = take(step, lock, LAST_DAY, actor="c", reason="理由")
        assert after == ALLOWED[step, state]
    else:
        with pytest.raises(InvalidTransitionError) as refused:
            take(step, lock, LAST_DAY, actor="c", reason="理由")
        assert f"「{STATES[state]}」" in refused.value.found
        assert refused.value.asked == f"締めの手順「{STEPS[step].label}」を行おうとしました。"


@pytest.mark.parametrize(
    ("day", "state", "is_locked"),
    [(BEFORE, "reopened", False), (LAST_DAY, "reopened", False), (AFTER, "hard", True)],
)
def test_the_hard_lock_is_back_by_itself_after_the_last_day(
    day: date, state: str, is_locked: bool
) -> None:
    lock = LOCKS["reopened"]
    assert (lock.state(day), lock.is_locked(day)) == (state, is_locked)


@pytest.mark.parametrize(
    ("day", "state"), [(BEFORE, "proposed"), (LAST_DAY, "proposed"), (AFTER, "hard")]
)
def test_a_proposal_that_nobody_decided_lapses_with_its_last_day(day: date, state: str) -> None:
    assert LOCKS["proposed"].state(day) == state
    assert LOCKS["proposed"].is_locked(day)


def test_a_soft_lock_asks_for_a_reason_and_a_reopening_has_one() -> None:
    asking = {state for state, lock in LOCKS.items() if lock.asks_reason(LAST_DAY)}
    assert asking == {"soft"}
    assert {state for state, lock in LOCKS.items() if lock.is_locked(LAST_DAY)} == {
        "hard",
        "proposed",
    }


@pytest.mark.parametrize("step", ["grant", "refuse"])
def test_whoever_proposed_a_reopening_does_not_decide_on_it(step: str) -> None:
    with pytest.raises(InvalidTransitionError, match="別の承認者"):
        take(step, LOCKS["proposed"], LAST_DAY, actor="a", reason="理由")


@pytest.mark.parametrize("step", ["lift", "propose", "refuse"])
@pytest.mark.parametrize("reason", ["", " \u3000"])
def test_a_step_that_needs_a_reason_is_refused_without_one(step: str, reason: str) -> None:
    lock = LOCKS[STEPS[step].before]
    with pytest.raises(BadInputError, match="理由") as refused:
        take(step, lock, LAST_DAY, actor="c", reason=reason)
    assert refused.value.path == "reason"


def test_a_reopening_may_end_today_but_not_yesterday() -> None:
    refuse_past(LAST_DAY, BEFORE)
    refuse_past(LAST_DAY, LAST_DAY)
    with pytest.raises(BadInputError, match="過ぎています") as refused:
        refuse_past(LAST_DAY, AFTER)
    assert refused.value.path == "last_day"
    assert "期限（令和" in refused.value.found


@pytest.mark.parametrize(
    ("state", "role", "steps"),
    [
        ("open", "lead_staff", ("close_soft",)),
        ("open", "lead_approver", ()),
        ("soft", "lead_staff", ()),
        ("soft", "lead_approver", ("lift", "close_hard")),
        ("hard", "lead_staff", ("propose",)),
        ("hard", "lead_approver", ()),
        ("proposed", "lead_staff", ()),
        ("proposed", "lead_approver", ("grant", "refuse")),
        ("reopened", "lead_approver", ("close_again",)),
        ("reopened", "lead_admin", ()),
        ("open", "auditor", ()),
    ],
)
def test_a_person_is_offered_the_steps_of_role_and_state(
    state: str, role: str, steps: tuple[str, ...]
) -> None:
    assert available(LOCKS[state], LAST_DAY, role, actor="c") == steps


def test_who_proposed_is_offered_no_decision() -> None:
    assert available(LOCKS["proposed"], LAST_DAY, "lead_approver", actor="a") == ()


@pytest.mark.parametrize(
    ("state", "steps"),
    [
        ("open", ("close_soft",)),
        ("soft", ("lift", "close_hard")),
        ("hard", ("propose",)),
        ("proposed", ()),
        ("reopened", ("close_again",)),
    ],
)
def test_a_one_person_office_closes_alone_and_reopens_with_a_second(
    state: str, steps: tuple[str, ...]
) -> None:
    alone = available(LOCKS[state], LAST_DAY, "lead_staff", actor="c", is_one_person=True)
    assert alone == steps
    assert available(LOCKS[state], LAST_DAY, "lead_admin", actor="c", is_one_person=True) == ()
