"""A day before 1873 among what happened took down every page and workbook that shows the plan."""

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db.store import plans as store
from consortium.db.unit import writing
from tests import planning
from tests.factories import NOW, OFFICER
from tests.people import People
from tests.planning import PLAN_ID
from tests.web.portal import open_portal

PLAN = f"/plans/{PLAN_ID}"


@pytest.mark.usefixtures("plain_files")
def test_a_day_that_has_no_name_is_shown_and_can_be_put_right(
    app: Flask, cast: People, clock: FrozenClock
) -> None:
    portal = open_portal(app, cast, clock)
    owner = portal.office.consortium_id
    with app.app_context():
        planning.plan_kept_up(portal.office.staff, app.config["FILES_DIR"], date(2026, 12, 1))
        with writing(OFFICER, NOW) as unit:
            plan = store.plan(unit.session, owner, PLAN_ID)
            task = plan.task("G1")
            assert task
            typo = replace(task, state="working", started_on=date(26, 11, 26))
            store.save_task(unit, owner, plan, task, typo)
    lead = portal.cast.client("lead_staff")
    for path in ("/plans", PLAN, f"{PLAN}/chart", f"{PLAN}/workbook", "/plans/workbook"):
        assert lead.get(path).status_code == 200, path
    assert "0026-11-26" in lead.get(PLAN).text
    assert 'value="0026-11-26"' in lead.get(f"{PLAN}/tasks/G1").text
