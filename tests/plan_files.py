"""Small plans of two towns in the sample, and their 工程表 filled in as Excel does (試験の材料)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from consortium.db import models
from consortium.db.store import members, plans
from consortium.db.unit import reading, writing
from consortium.domain.onboarding.plan import Plan, PlanTask
from consortium.usecases import plan_sheets
from consortium.usecases.plan_sheets import DryRun, Source
from consortium.usecases.viewer import Viewer
from tests.factories import NOW, OFFICER
from tests.office import FUJISAKI, ITAYANAGI
from tests.reports import plan_books

TODAY = date(2026, 12, 1)
#: One plan each of 板柳町 and 藤崎町.
OWN, OTHER = "10000000-0000-4000-8000-00000000000a", "20000000-0000-4000-8000-00000000000b"
_TASKS = (plan_books.A1, plan_books.B2, plan_books.B3, plan_books.E5, plan_books.H0)


def open_plans(staff: Viewer, **changes: Any) -> None:
    """Save both plans, approved; `changes` are of the first (承認済の工程)."""
    with writing(OFFICER, NOW) as unit:
        template = models.StageTemplate(
            consortium_id=staff.consortium_id, key="small", version=1, name="試験", source="試験",
            saved_at=NOW, saved_by="試験",
        )  # fmt: skip
        unit.session.add(template)
        unit.session.flush()
        towns = {each.code: each for each in members.members(unit.session, staff.consortium_id)}
        for number, (plan_id, code) in enumerate(((OWN, ITAYANAGI), (OTHER, FUJISAKI)), start=1):
            tasks = tuple(_task(each, number) for each in _TASKS)
            town = towns[next(key for key in towns if key == code)]
            base = plan_books.plan(*tasks, town=town.name, plan_id=plan_id)
            new = replace(base, code=town.code, state="approved", template_id=template.id)
            new = replace(new, **changes) if number == 1 else new
            plans.add_plan(unit, staff.consortium_id, town.id, new)


def _task(each: PlanTask, plan: int) -> PlanTask:
    return replace(each, id=f"{plan}0000000-0000-4000-8000-0000000000{each.position:02d}")


def of_town(staff: Viewer, code: str = ITAYANAGI, name: str = "板柳町") -> Viewer:
    """Give somebody of a town."""
    return replace(staff, user_id="u-7", role="member_staff", code=code, body=name)


def stored(staff: Viewer, plan_id: str = OWN) -> Plan:
    """Read a plan as it is saved."""
    with reading() as session:
        return plans.plan(session, staff.consortium_id, plan_id)


def filled(content: bytes, sheet: str, cells: Mapping[str, Any]) -> bytes:
    """Fill in cells; rows 7, 9, 11, 13 and 15 are 実績 of A1, B2, B3, E5 and H0."""
    book = load_workbook(BytesIO(content))
    for cell, value in cells.items():
        book[sheet][cell] = value
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def sent(viewer: Viewer, cells: Mapping[str, Any], content: bytes | None = None) -> Source:
    """Fill in 板柳町's sheet, of its own 工程表 unless another is given, and read it."""
    given = content or plan_sheets.workbook(viewer, OWN, TODAY, NOW).content
    read = plan_sheets.read_upload(filled(given, "板柳町", cells), TODAY)
    assert read.faults == ()
    return Source("工程表.xlsx", read.text())


def take(viewer: Viewer, source: Source, **picks: str) -> int:
    """Look, and take in what was shown; picks by code of the task."""
    found = plan_sheets.look(viewer, source, NOW)
    chosen = {each.task.id: picks[each.task.code] for each in conflicts(found)}
    return plan_sheets.take_in(viewer, source, chosen, found.seen, NOW)


def conflicts(found: DryRun) -> list[plan_sheets.Change]:
    """Give the rows somebody has to decide on."""
    return [each for each in found.changes if each.is_conflict]
