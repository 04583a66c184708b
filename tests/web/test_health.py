"""稼働状況, /healthz and /livez: what is said, to whom, and what a fault of the records stops."""

import json
import re
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from consortium.clock import TOKYO, FrozenClock
from consortium.db import models
from consortium.db.unit import writing
from consortium.usecases import health
from consortium.web.doubt import UNSAVED
from tests.db import rows
from tests.factories import OFFICER
from tests.office import ITAYANAGI, report_runs
from tests.pages import submit
from tests.people import People
from tests.web.portal import Portal, open_portal, statements_of

pytestmark = pytest.mark.usefixtures("plain_files")


class Usage(NamedTuple):
    """What the system says of a disk."""

    free: int


#: The first monthly report of the sample falls due then.
DUE = datetime(2027, 1, 1, 6, tzinfo=TOKYO)
TOKEN = r'name="csrf_token" value="[^"]*"'
WELL = dict.fromkeys(("database", "scheduler", "reports", "integrity", "disk"), "ok")


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


def tick(portal: Portal, at: datetime) -> None:
    with portal.app.app_context():
        portal.office.tick(at)


def test_a_machine_is_told_what_is_wrong_and_nothing_else(
    portal: Portal, client: FlaskClient, clock: FrozenClock
) -> None:
    never = client.get("/healthz")
    assert (never.status_code, never.json["checks"]["scheduler"]) == (503, "failed")
    tick(portal, DUE - timedelta(minutes=2))
    clock.advance(timedelta(minutes=1))
    well = client.get("/healthz")
    assert (well.status_code, well.json["status"], well.json["checks"]) == (200, "ok", WELL)
    assert well.json["last_tick"] == "2027-01-01T05:58:00+09:00"
    first = {"kind": "monthly_cost", "period": "2026-12", "at": "2027-01-01T06:00:00+09:00"}
    assert well.json["next_due"][0] == first
    said = json.dumps(well.json, ensure_ascii=False)
    assert not [word for word in ("弘前", ITAYANAGI, "円", "sqlite", "/") if word in said]
    clock.advance(timedelta(minutes=4, seconds=1))
    silent = client.get("/healthz")
    assert (silent.status_code, silent.json["checks"]) == (503, {**WELL, "scheduler": "failed"})


def test_an_overdue_report_is_told_unless_it_waits_for_people(
    portal: Portal, client: FlaskClient, clock: FrozenClock
) -> None:
    """Nothing is issued, so the monthly report waits for 発行; then its reason is a full disk."""
    tick(portal, DUE)
    clock.advance(timedelta(minutes=4))
    tick(portal, DUE + timedelta(minutes=10))
    assert client.get("/healthz").status_code == 200
    (run,) = report_runs_of(portal)
    assert (run.state, run.wait_reason[-2:]) == ("due", "待ち")
    with portal.app.app_context(), writing(OFFICER, clock.now()) as unit:
        unit.operational()
        full = "ディスクの空き容量が足りません。"
        unit.session.execute(update(models.ReportRun).values(wait_reason=full))
    late = client.get("/healthz")
    assert (late.status_code, late.json["checks"]) == (503, {**WELL, "reports": "failed"})
    assert (late.json["overdue"], late.json["runs"]) == (1, {"due": 1})


def report_runs_of(portal: Portal) -> list[models.ReportRun]:
    with portal.app.app_context():
        return report_runs("monthly_cost")


def test_a_full_disk_is_told(
    portal: Portal, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick(portal, DUE - timedelta(minutes=1))
    monkeypatch.setattr(health.shutil, "disk_usage", lambda _: Usage(health.LEAST_FREE - 1))
    full = client.get("/healthz")
    assert (full.status_code, full.json["checks"]) == (503, {**WELL, "disk": "failed"})


def test_a_database_that_gives_no_answer_fails_the_health_but_not_the_life(
    app: Flask, client: FlaskClient, database_url: str
) -> None:
    rows.by_hand(database_url, "ALTER TABLE scheduler_heartbeat RENAME TO lost")
    gone = client.get("/healthz")
    assert (gone.status_code, gone.json["checks"]["database"]) == (503, "failed")
    assert "next_due" not in gone.json
    assert (client.get("/livez").status_code, client.get("/livez").text) == (200, "ok\n")


def test_the_office_sees_the_same_in_japanese(portal: Portal) -> None:
    office = portal.cast.client("lead_staff")
    page = office.get("/health").text
    assert "定期実行がまだ一度も動いていません。" in page
    assert "まだ検証していません。" in page
    tick(portal, DUE)
    office = portal.cast.client("lead_approver")
    page = office.get("/health").text
    assert "正常に動いています" in page
    assert "相違" not in page
    assert "最後の検証：" in page
    assert statements_of(portal, office, "/health") <= 8
    assert portal.cast.client("auditor").post("/health/verify").status_code in (400, 403)
    assert portal.cast.client("member_admin", ITAYANAGI).get("/health").status_code == 404


def test_no_figure_is_shown_while_a_record_differs(portal: Portal, database_url: str) -> None:
    portal.run()
    town, office = portal.cast.client("member_staff", ITAYANAGI), portal.cast.client("lead_admin")
    file = f"/files/{portal.file_of(ITAYANAGI)}"
    before = town.get("/town").text
    assert "円" in before
    spoil = "UPDATE basis_value SET source = source || '?' WHERE code = '023817'"
    rows.by_hand(database_url, spoil)
    told = submit(office, "/health/verify", {}, page="/health")
    assert told.location == "/health"
    page = office.get("/health").text
    assert "「算定基礎」" in page
    assert "flask backup restore" in page
    for path in ("/town", "/charges", file, "/inbox"):
        answer = town.get(path)
        assert answer.status_code == 503, path
        assert "数字を表示できません" in answer.text
        assert "幹事市の担当に連絡してください" in answer.text
    assert "稼働状況を開く" in office.get("/runs").text
    assert town.get("/account").status_code == 200
    rows.by_hand(database_url, spoil.replace("source || '?'", "rtrim(source, '?')"))
    submit(office, "/health/verify", {}, page="/health")
    assert re.sub(TOKEN, "", town.get("/town").text) == re.sub(TOKEN, "", before)


def test_a_start_that_could_not_keep_its_check_ends_with_the_next_one(portal: Portal) -> None:
    portal.run()
    portal.app.extensions[UNSAVED] = True
    office = portal.cast.client("lead_admin")
    assert office.get("/register").status_code == 503
    submit(office, "/health/verify", {}, page="/health")
    assert office.get("/register").status_code == 200
