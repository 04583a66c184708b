"""One row of each table of plans and their records, for `tests/db/rows.py`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from consortium.db import models
from consortium.domain.yen import Yen

NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
DAY = date(2026, 12, 1)


def plan_rows(own: Mapping[str, str]) -> Sequence[Sequence[models.Base]]:
    """Give the groups in which the rows can be saved; `own` names the consortium."""
    return (_templates(own), _plan(own), _frozen(own), _records(own), _resting(own))


def _templates(own: Mapping[str, str]) -> list[models.Base]:
    return [
        models.StageTemplate(
            id="st-1", **own, key="join", version=1, name="加入工程", source="試験",
            saved_at=NOW, saved_by="弘前 花子",
        ),
        models.BusyPeriod(
            id="bp-1", **own, name="税", first_day="02-16", last_day="03-15", source="試験"
        ),
        models.CouncilSession(
            id="cs-1", **own, code="022021", kind="定例会", decision_on=DAY, certainty="推定",
            source="試験",
        ),
    ]  # fmt: skip


def _plan(own: Mapping[str, str]) -> list[models.Base]:
    return [
        models.TemplateTask(
            id="tt-1", **own, template_id="st-1", position=1, code="A1", name="表明",
            phase="計画立案", days=40, owner="加入団体",
        ),
        models.TemplateLink(id="tl-1", **own, template_id="st-1", before="A1", after="A2"),
        models.Plan(
            id="pl-1", **own, member_id="m-1", service_id="s-1", template_id="st-1", kind="join",
            title="加入工程", anchor_on=DAY, created_at=NOW,
        ),
    ]  # fmt: skip


def _frozen(own: Mapping[str, str]) -> list[models.Base]:
    return [
        models.PlanTask(
            id="pt-1", **own, plan_id="pl-1", position=1, code="A1", name="表明",
            phase="計画立案", days=40, owner="加入団体", planned_start=DAY, planned_finish=DAY,
            changed_at=NOW,
        ),
        models.PlanLink(id="pk-1", **own, plan_id="pl-1", before="A1", after="A2"),
        models.Baseline(
            id="bl-1", **own, plan_id="pl-1", number=1, name="当初計画", reason="承認",
            anchor_on=DAY, approved_by="弘前 承認", frozen_at=NOW,
        ),
    ]  # fmt: skip


def _records(own: Mapping[str, str]) -> list[models.Base]:
    of_plan = {**own, "plan_id": "pl-1"}
    return [
        models.BaselineTask(
            id="bt-1", **own, baseline_id="bl-1", code="A1", name="表明", days=40, start=DAY,
            finish=DAY,
        ),
        models.Decision(
            id="dc-1", **of_plan, task_code="B3", kind="議会", code="022021", decided_on=DAY,
            result="可決", source="試験",
        ),
        models.PlanContract(
            id="pc-1", **of_plan, kind="利用", vendor="（株）見本", title="利用契約", since=DAY,
        ),
        models.MigrationRun(id="mr-1", **of_plan, round=1),
        models.PlanEvidence(
            id="pe-1", **of_plan, task_code="A1", title="参加意向書", added_by="弘前 花子",
            added_at=NOW,
        ),
        models.PlanIssue(
            id="pi-1", **of_plan, number=1, text="課題", severity="中", raised_by="弘前 花子",
            raised_at=NOW,
        ),
    ]  # fmt: skip


def _resting(own: Mapping[str, str]) -> list[models.Base]:
    """Give what rests on a decision."""
    return [
        models.BudgetAction(
            id="ba-1", **own, plan_id="pl-1", member_id="m-1", fiscal_year_start=2026,
            last_fiscal_year_start=2031, kind="債務負担", limit_amount=Yen(1_000_000),
            decision_id="dc-1",
        )
    ]  # fmt: skip
