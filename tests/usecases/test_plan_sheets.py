"""工程表 out and back in: differences cell by cell, conflicts, and all of it or nothing."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from consortium.db import models
from consortium.db.store import plans
from consortium.db.unit import reading, writing
from consortium.domain.errors import (
    BadInputError,
    InvalidTransitionError,
    NotFoundError,
    StaleError,
)
from consortium.usecases import plan_progress, plan_sheets
from consortium.usecases.plan_progress import Progress
from consortium.usecases.viewer import Viewer
from tests.factories import NOW, OFFICER, add_foreign_consortium, everything, seed_sample
from tests.office import FUJISAKI, ITAYANAGI
from tests.plan_files import (
    OTHER,
    OWN,
    TODAY,
    conflicts,
    filled,
    of_town,
    open_plans,
    sent,
    stored,
    take,
)
from tests.reports.plan_books import NOTE

#: 実績 of B3 (row 11): begun on 24 November, a quarter done.
BEGUN = {"G11": date(2026, 11, 24), "I11": 0.25, "J11": "作業中"}


@pytest.fixture
def staff(database: Flask) -> Viewer:
    viewer = seed_sample()
    open_plans(viewer)
    return viewer


def shown(found: plan_sheets.DryRun) -> list[tuple[str, str, str, str, str]]:
    return [(each.task.code, *cell) for each in found.changes for cell in each.cells]


def report(viewer: Viewer, code: str, progress: Progress) -> None:
    task = stored(viewer).task(code)
    assert task
    plan_progress.report_task(viewer, OWN, code, task.row_version, progress, "試験", NOW, TODAY)


def test_a_file_that_nobody_changed_has_no_difference_and_changes_nothing(staff: Viewer) -> None:
    content = plan_sheets.workbook_of_all(staff, TODAY, NOW).content
    source = sent(staff, {}, content)
    before = everything()
    found = plan_sheets.look(staff, source, NOW)
    assert (found.changes, found.faults, found.notices) == ((), (), ())
    assert plan_sheets.take_in(staff, source, {}, found.seen, NOW) == 0
    assert everything() == before


def test_what_was_filled_in_is_shown_then_saved_once_with_its_audit(staff: Viewer) -> None:
    source = sent(staff, BEGUN)
    before = everything()
    found = plan_sheets.look(staff, source, NOW)
    assert shown(found) == [
        ("B3", "開始日", "", "", "2026-11-24"),
        ("B3", "進捗", "0", "0", "25"),
        ("B3", "状態", "未着手", "未着手", "作業中"),
    ]
    assert everything() == before
    assert take(staff, source) == 1
    plan = stored(staff)
    task = plan.task("B3")
    assert task
    assert (task.state, task.started_on, task.percent) == (
        "working",
        date(2026, 11, 24),
        25,
    )
    assert (plan.state, plan.revision) == ("running", 1)  # no planned date moved
    with reading() as session:
        query = select(models.AuditEvent).order_by(models.AuditEvent.seq.desc())
        events = session.scalars(query).all()[:2]
    assert {event.reason for event in events} == {"工程表の取込み"}
    assert any("B3" in event.title for event in events)
    after = everything()
    assert take(staff, source) == 0  # the same file again
    assert everything() == after


def test_what_the_portal_changed_as_well_is_a_conflict_that_somebody_decides(
    staff: Viewer,
) -> None:
    source = sent(staff, BEGUN | {"K9": "財政課と協議済み"})
    report(staff, "B3", Progress("working", date(2026, 11, 25), None, 0, "画面から"))
    found = plan_sheets.look(staff, source, NOW)
    # 状態 is the same by now; 備考 was changed in the portal only.
    assert shown(found) == [
        ("B2", "備考", NOTE, NOTE, "財政課と協議済み"),
        ("B3", "開始日", "", "2026-11-25", "2026-11-24"),
        ("B3", "進捗", "0", "0", "25"),
    ]
    assert [each.task.code for each in conflicts(found)] == ["B3"]
    before = everything()
    with pytest.raises(BadInputError, match="競合が決まっていません"):
        plan_sheets.take_in(staff, source, {}, found.seen, NOW)
    assert everything() == before
    assert take(staff, source, B3=plan_sheets.FROM_PORTAL) == 1  # B2 alone
    kept = stored(staff).task("B3")
    assert kept
    assert (kept.started_on, kept.percent) == (date(2026, 11, 25), 0)
    assert take(staff, source, B3=plan_sheets.FROM_FILE) == 1
    taken = stored(staff).task("B3")
    assert taken
    assert (taken.started_on, taken.percent, taken.note) == (date(2026, 11, 24), 25, "画面から")


def test_one_row_that_the_portal_refuses_keeps_the_whole_file_out(staff: Viewer) -> None:
    # E5 ends without having begun; A1 was done, and opening it again takes a reason.
    for cells, place, words in (
        (
            {"H13": date(2026, 11, 30), "J13": "完了済み"},
            "13行目（E5）",
            "終了日だけが入っています。",
        ),
        ({"J7": "作業中", "H7": None}, "7行目", "開き直すには、理由が要ります。"),
    ):
        source = sent(staff, {**BEGUN, **cells})
        before = everything()
        found = plan_sheets.look(staff, source, NOW)
        (fault,) = found.faults
        assert place in fault
        assert words in fault
        with pytest.raises(BadInputError, match=words):
            plan_sheets.take_in(staff, source, {}, found.seen, NOW)
        assert everything() == before


def test_what_changed_since_the_look_is_shown_first(staff: Viewer) -> None:
    source = sent(staff, BEGUN)
    found = plan_sheets.look(staff, source, NOW)
    report(staff, "B3", Progress("working", date(2026, 11, 25)))
    before = everything()
    with pytest.raises(StaleError):
        plan_sheets.take_in(staff, source, {}, found.seen, NOW)
    assert everything() == before


def test_a_stale_or_foreign_file_is_explained_and_not_taken(staff: Viewer) -> None:
    source = sent(staff, BEGUN)
    with writing(OFFICER, NOW, "試験") as unit:
        old = plans.plan(unit.session, staff.consortium_id, OWN)
        tasks = [
            replace(task, planned_finish=date(2026, 12, 15)) if task.code == "B3" else task
            for task in old.tasks
        ]
        plans.save_plan(unit, staff.consortium_id, old, replace(old, tasks=tuple(tasks)))
    (fault,) = plan_sheets.look(staff, source, NOW).faults
    assert "第1版の工程のもので、今は第2版です。新しい工程表を書き出し" in fault
    foreign = add_foreign_consortium()
    (fault,) = plan_sheets.look(foreign, source, NOW).faults
    assert "シート「板柳町」の工程は、このポータルにありません。" in fault
    before = everything()
    for viewer in (staff, foreign):
        with pytest.raises(BadInputError):
            take(viewer, source)
    with pytest.raises(NotFoundError):
        plan_sheets.workbook(foreign, OWN, TODAY, NOW)
    with pytest.raises(InvalidTransitionError):
        plan_sheets.workbook_of_all(foreign, TODAY, NOW)
    assert everything() == before


def test_a_town_takes_in_its_own_sheet_and_its_own_tasks_only(staff: Viewer) -> None:
    town = of_town(staff)
    everyone = plan_sheets.workbook_of_all(staff, TODAY, NOW).content
    both = filled(everyone, "藤崎町", BEGUN)
    source = sent(town, BEGUN, both)
    found = plan_sheets.look(town, source, NOW)
    assert found.notices == ("シート「藤崎町」は、板柳町の工程でないので読みませんでした。",)
    assert [each.plan.code for each in found.changes] == [ITAYANAGI]
    assert take(town, source) == 1
    assert [_state(staff, plan_id) for plan_id in (OWN, OTHER)] == ["working", "waiting"]
    # E5 is the vendor's: nobody of a town reports on it.
    theirs = sent(town, {"G13": date(2026, 11, 30), "J13": "作業中"})
    (fault,) = plan_sheets.look(town, theirs, NOW).faults
    assert "13行目（E5）" in fault
    (alone,) = plan_sheets.look(of_town(staff, FUJISAKI, "藤崎町"), theirs, NOW).faults
    assert "藤崎町の工程のシートがありません。" in alone
    with pytest.raises(NotFoundError):
        plan_sheets.workbook(town, OTHER, TODAY, NOW)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        (-5, "0001-01-01", "離れすぎています"),
        (-5, "2021-11-24", "閉庁日表が"),  # near enough, but nobody can count its open days
        (-3, "1000", "進捗は0から100まで"),
        (-1, "あ" * 200_000, "備考が長すぎます"),
        (-1, "協議済み\x00", "目に見えない制御文字"),
    ],
)
def test_a_text_that_was_changed_on_its_way_is_held_to_the_rules_of_the_page(
    staff: Viewer, column: int, value: str, words: str
) -> None:
    source = changed_on_its_way(sent(staff, BEGUN), column, value)
    before = everything()
    found = plan_sheets.look(staff, source, NOW)
    (fault,) = found.faults
    assert "11行目（B3）" in fault
    assert words in fault
    with pytest.raises(BadInputError, match=words):
        plan_sheets.take_in(staff, source, {}, found.seen, NOW)
    assert everything() == before


def test_half_a_sign_is_no_text_of_ours(staff: Viewer) -> None:
    with pytest.raises(BadInputError, match="控え"):
        plan_sheets.look(staff, changed_on_its_way(sent(staff, BEGUN), -1, "\ud800"), NOW)


def changed_on_its_way(source: plan_sheets.Source, column: int, value: str) -> plan_sheets.Source:
    """Change a cell of the one row of a text, as a browser can."""
    plain = json.loads(source.text)
    plain["rows"][0][column] = value
    return source._replace(text=json.dumps(plain))


def _state(staff: Viewer, plan_id: str) -> Any:
    task = stored(staff, plan_id).task("B3")
    return task.state if task else None
