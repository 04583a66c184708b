"""受け取るファイル: the stored bytes, the names, who may have them, what stays behind."""

import hashlib

import pytest
from flask import Flask
from sqlalchemy import select

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.unit import reading
from tests.office import count
from tests.people import People
from tests.web.portal import Portal, issued_portal
from tests.web.test_policy import masked

NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return issued_portal(app, cast, clock)


def test_a_file_is_served_as_stored_under_both_its_names(portal: Portal) -> None:
    file_id = portal.file_of("023817")
    answer = portal.cast.client("member_staff", "023817").get(f"/files/{file_id}")
    with portal.app.app_context(), reading() as session:
        row = session.get_one(models.ReportFile, file_id)
    assert hashlib.sha256(answer.data).hexdigest() == row.file_hash
    name = "R03_%E8%B2%A0%E6%8B%85%E9%87%91%E6%98%8E%E7%B4%B0%E6%9B%B8_%E7%A2%BA%E5%AE%9A_023817_"
    name += "%E6%9D%BF%E6%9F%B3%E7%94%BA_%E7%AC%AC1%E7%89%88.xlsx"
    assert answer.headers["Content-Disposition"] == (
        f"attachment; filename=statement_FY2021_final_023817_v1.xlsx; filename*=UTF-8''{name}"
    )
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"].endswith("spreadsheetml.sheet")


def test_the_office_and_the_auditor_may_have_every_file(portal: Portal) -> None:
    for role in ("lead_staff", "lead_approver", "lead_admin", "auditor"):
        client = portal.cast.client(role)
        for code in (None, "022021", "023817"):
            assert client.get(f"/files/{portal.file_of(code)}").status_code == 200


def test_another_towns_file_answers_exactly_like_a_missing_one(portal: Portal) -> None:
    town = portal.cast.client("member_staff", "023817")
    town.get("/town")  # the first page of a login brings the cookie of its forms
    before = portal.everything()
    wanted = (portal.file_of("023612"), portal.file_of("022021"), portal.file_of(None), NOWHERE)
    answers = [town.get(f"/files/{file_id}") for file_id in wanted]
    assert {answer.status_code for answer in answers} == {404}
    assert len({masked(answer.text) for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.keys())) for answer in answers}) == 1
    assert portal.everything() == before


def test_the_download_is_the_receipt(portal: Portal) -> None:
    town = portal.cast.client("member_admin", "023817")
    for _ in range(2):
        town.get(f"/files/{portal.file_of('023817')}")
    with portal.app.app_context(), reading() as session:
        (receipt,) = session.scalars(select(models.Receipt))
    assert (receipt.code, receipt.count) == ("023817", 2)


def test_asking_for_the_headers_only_is_no_receipt(portal: Portal) -> None:
    town = portal.cast.client("member_staff", "023817")
    assert town.head(f"/files/{portal.file_of('023817')}").status_code == 200
    with portal.app.app_context():
        assert count(models.Receipt) == 0


def test_a_damaged_file_is_refused_and_not_received(portal: Portal) -> None:
    for path in portal.office.worker.folder.iterdir():
        path.write_bytes(b"PK")
    town = portal.cast.client("member_staff", "023817")
    answer = town.get(f"/files/{portal.file_of('023817')}")
    assert answer.status_code == 400
    assert "発行した時と異なります" in answer.text
    with portal.app.app_context():
        assert count(models.Receipt) == 0


def test_somebody_not_logged_in_gets_401(portal: Portal) -> None:
    answer = portal.app.test_client().get(f"/files/{portal.file_of('023817')}")
    assert answer.status_code == 401
