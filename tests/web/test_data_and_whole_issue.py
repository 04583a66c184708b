"""データのCSV and 一式: the stored bytes in another wrapping, and nobody else's."""

import csv
import hashlib
import io
from dataclasses import replace
from urllib.parse import unquote
from zipfile import ZipFile

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import select

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.unit import reading
from consortium.domain.errors import NotFoundError
from consortium.usecases import downloads
from tests.office import count
from tests.people import ITAYANAGI, People
from tests.web.portal import Portal, issued_portal
from tests.web.test_policy import masked

NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return issued_portal(app, cast, clock)


def issue(portal: Portal) -> str:
    """Name the one issue there is."""
    with portal.app.app_context(), reading() as session:
        return session.scalars(select(models.Statement.report_run_id).distinct()).one()


def test_the_csv_is_the_sheet_of_the_stored_file(portal: Portal) -> None:
    """Read by openpyxl as well: row by row the same, as text, with every leading zero."""
    file_id = portal.file_of(ITAYANAGI)
    town = portal.cast.client("member_staff", ITAYANAGI)
    answer = town.get(f"/files/{file_id}/data.csv")
    assert answer.status_code == 200
    assert answer.data.startswith("\ufeff年度,団体コード,".encode())
    names = answer.headers["Content-Disposition"]
    assert "filename=statement_FY2021_final_023817_v1.csv" in names
    assert "R03_負担金明細書_確定_023817_板柳町_第1版_データ.csv" in unquote(names)
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    book = load_workbook(io.BytesIO(town.get(f"/files/{file_id}").data))
    wanted = [["" if v is None else str(v) for v in row] for row in book["データ"].values]
    assert rows == wanted
    assert {row[1] for row in rows[1:]} >= {"022021", ITAYANAGI}
    with portal.app.app_context(), reading() as session:
        (receipt,) = session.scalars(select(models.Receipt))
    assert (receipt.code, receipt.count) == (ITAYANAGI, 2)


def test_another_towns_data_answers_like_a_missing_one(portal: Portal) -> None:
    town = portal.cast.client("member_staff", ITAYANAGI)
    town.get("/town")  # the first page of a login brings the cookie of its forms
    wanted = (portal.file_of("023612"), portal.file_of(None), NOWHERE)
    answers = [town.get(f"/files/{file_id}/data.csv") for file_id in wanted]
    assert {answer.status_code for answer in answers} == {404}
    assert len({masked(answer.text) for answer in answers}) == 1
    assert town.head(f"/files/{portal.file_of(ITAYANAGI)}/data.csv").status_code == 200
    with portal.app.app_context():
        assert count(models.Receipt) == 0


def test_the_whole_issue_holds_every_file_as_stored(portal: Portal) -> None:
    path = f"/issues/{issue(portal)}/files.zip"
    staff, auditor = portal.cast.client("lead_staff"), portal.cast.client("auditor")
    assert auditor.get(path).status_code == 200
    assert staff.head(path).status_code == 200
    with portal.app.app_context():
        assert count(models.Receipt) == 0
    answer = staff.get(path)
    names = answer.headers["Content-Disposition"]
    assert "filename=statement_FY2021_final_all_v1.zip" in names
    assert "R03_負担金明細書_確定_一式_第1版.zip" in unquote(names)
    with ZipFile(io.BytesIO(answer.data)) as archive:
        found = {
            each.filename: hashlib.sha256(archive.read(each)).hexdigest()
            for each in archive.infolist()
        }
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert all(each.flag_bits & 0x800 for each in archive.infolist())  # names are UTF-8
    with portal.app.app_context(), reading() as session:
        stored = {
            row.display_name: row.file_hash for row in session.scalars(select(models.ReportFile))
        }
    assert found == stored
    assert len(found) == 8
    assert answer.data == auditor.get(path).data
    with portal.app.app_context():
        assert count(models.Receipt) == 8


def test_a_town_never_gets_the_whole_issue(portal: Portal) -> None:
    town = portal.cast.client("member_admin", ITAYANAGI)
    for issue_id in (issue(portal), NOWHERE):
        assert town.get(f"/issues/{issue_id}/files.zip").status_code == 404
    assert portal.cast.client("lead_staff").get(f"/issues/{NOWHERE}/files.zip").status_code == 404
    # Neither does whoever calls the use case for a town.
    somebody = replace(portal.office.staff, role="member_staff", code=ITAYANAGI)
    with portal.app.app_context(), pytest.raises(NotFoundError):
        downloads.fetch_issue(somebody, issue(portal), portal.office.worker.folder)


def test_a_damaged_file_stops_the_whole_issue_and_its_data(portal: Portal) -> None:
    for path in portal.office.worker.folder.iterdir():
        path.write_bytes(b"PK")
    staff = portal.cast.client("lead_staff")
    for path in (f"/issues/{issue(portal)}/files.zip", f"/files/{portal.file_of(None)}/data.csv"):
        answer = staff.get(path)
        assert answer.status_code == 400
        assert "発行した時と異なります" in answer.text
    with portal.app.app_context():
        assert count(models.Receipt) == 0


def test_the_pages_offer_both_and_warn_of_lost_zeros(portal: Portal) -> None:
    staff = portal.cast.client("lead_staff")
    link = f'href="/issues/{issue(portal)}/files.zip"'
    page = staff.get("/register").text
    assert page.count(link) == 1
    assert "022021 → 22021" in page
    with portal.app.app_context(), reading() as session:
        run_id = session.scalars(select(models.Statement.run_id)).first()
    assert link in staff.get(f"/runs/{run_id}").text
    inbox = portal.cast.client("member_staff", ITAYANAGI).get("/inbox").text
    assert f'href="/files/{portal.file_of(ITAYANAGI)}/data.csv"' in inbox
    assert "022021 → 22021" in inbox
