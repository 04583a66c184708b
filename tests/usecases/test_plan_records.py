"""The records of the sample's plans (見本の工程の記録): the term joined, what rests on them."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from consortium.domain.errors import InvalidTransitionError
from consortium.usecases import plan_progress, plan_records, plans, sample_plans
from consortium.usecases.sample_acts import key
from tests.factories import NOW, everything, seed_sample
from tests.planning import PLAN_ID, plan_kept_up, team


def test_the_three_joins_entered_a_running_term(database: Flask) -> None:
    """The design: 平川市 with 36 months left, 藤崎町 with 12, 板柳町 with 10; a gap after it."""
    staff = seed_sample()
    sample_plans.add_references(team(staff))
    found = {}
    for code, name, _ in sample_plans.REFERENCES:
        plan = plans.read_plan(staff, key("plan", code))
        page = plan_records.read_records(staff, plan, NOW.date())
        found[name] = [each.text for each in page.findings]
    assert {name: texts[0] for name, texts in found.items()} == {
        name: f"利用期の残りは{months}か月です（令和4年3月31日まで）。"
        "初期費用に合意する前に確かめてください。"
        for name, months in (("平川市", 36), ("藤崎町", 12), ("板柳町", 10))
    }
    assert found["板柳町"][1] == "令和4年4月1日から利用期（協定の期間）の定めがありません。"


def test_a_contract_goes_only_after_its_task_was_opened_again(
    database: Flask, tmp_path: Path
) -> None:
    """鶴田町 with A5, B3 and C2 done and accepted: what they rest on stays, all or nothing."""
    staff, day = seed_sample(), date(2026, 11, 22)
    plan_kept_up(staff, tmp_path, day)
    they = team(staff, day)
    plan = plans.read_plan(staff, PLAN_ID)
    records = plan_records.read_records(staff, plan, day).records
    (lease,), assembly = records.contracts, records.latest("総会", "A5")
    assert assembly
    assert [plan.task(code).state for code in ("A5", "C2")] == ["done", "done"]  # type: ignore[union-attr]  # both are on it
    before = everything()
    with pytest.raises(InvalidTransitionError, match=r"C2「.*」が、これによって完了済み"):
        plan_records.remove_record(staff, PLAN_ID, lease, they.at, day)
    with pytest.raises(InvalidTransitionError, match=r"A5「.*」が、これによって完了済み"):
        plan_records.change_record(staff, PLAN_ID, replace(assembly, result="否決"), they.at, day)
    assert everything() == before
    for code in ("A5", "C2"):
        task = plan.task(code)
        assert task
        working = plan_progress.Progress("working", task.started_on)
        plan_progress.report_task(
            staff, PLAN_ID, code, task.row_version, working, "取り消し", they.at, day
        )
    plan_records.remove_record(staff, PLAN_ID, lease, they.at, day)
    # The town was accepted on the vote: that stays, whatever its task says.
    with pytest.raises(InvalidTransitionError, match="加入を承認しています"):
        plan_records.remove_record(staff, PLAN_ID, assembly, they.at, day)
