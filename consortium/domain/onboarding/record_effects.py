"""What a decision that stops the plan asks of its dates (議決の影響), for the delay preview."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from consortium.domain.onboarding.change import PlanChange
from consortium.domain.onboarding.plan import Plan, PlanTask
from consortium.domain.onboarding.records import JUDGEMENT, NOT_READY, Decision, Record

#: Trial run that a judgement 否 opens again (並行稼働・仮稼働).
TRIAL_RUN: Final = "G1"
_ONE_DAY: Final = timedelta(days=1)


def consequence(record: Record) -> PlanChange | None:
    """Give the change of dates to look at, None where the plan goes on as it is (影響).

    A vote put off (継続) or lost (否決) leaves its task to a later session; after a judgement 否
    what has happened is change enough. Nothing moves by this: the preview asks for confirmation.
    """
    if not isinstance(record, Decision) or record.is_passed:
        return None
    if record.kind == JUDGEMENT:
        return PlanChange()
    return PlanChange(not_before={record.task_code: record.decided_on + _ONE_DAY})


def reopened(plan: Plan, record: Record) -> tuple[PlanTask, PlanTask] | None:
    """Give the trial run before and after a judgement 否, None where it stays (仮稼働の再開)."""
    trial = plan.task(TRIAL_RUN)
    if not isinstance(record, Decision) or record.result != NOT_READY:
        return None
    if trial is None or trial.state != "done":
        return None
    return trial, replace(trial, state="working", finished_on=None, percent=0)
