"""受領簿・未受領の一覧・送信箱・メールアドレス: what the office sees of what was delivered."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.unit import reading
from consortium.scheduler import worker_of
from consortium.usecases import letters, report_runs
from consortium.usecases.kinds import KINDS
from consortium.usecases.mail_addresses import set_address
from consortium.usecases.ordering import Maker
from tests.mail_server import MailServer, mail_server
from tests.mailing import deliver
from tests.office import FUJISAKI, ITAYANAGI, recorded
from tests.office import report_runs as runs_of
from tests.pages import submit
from tests.people import People
from tests.web.portal import Portal, open_portal, statements_of

pytestmark = pytest.mark.usefixtures("plain_files")


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


@contextmanager
def mailing(portal: Portal, server: MailServer) -> Iterator[None]:
    """Let the portal have a mail server for a while."""
    portal.app.config["MAILER"] = server.mailer()
    yield
    portal.app.config["MAILER"] = None


def file_hash(portal: Portal, file_id: str) -> str:
    with portal.app.app_context(), reading() as session:
        found = select(models.ReportFile.file_hash).where(models.ReportFile.id == file_id)
        return session.scalars(found).one()


def rows_of(office: FlaskClient) -> list[dict[str, str]]:
    answer = office.get("/receipts/2021/receipts.csv")
    assert answer.status_code == 200
    return list(csv.DictReader(StringIO(answer.data.decode("utf-8-sig"))))


def test_the_book_says_who_received_which_edition_when(portal: Portal, clock: FrozenClock) -> None:
    portal.run(2021)
    file_id = portal.file_of(ITAYANAGI)
    town = portal.cast.client("member_staff", ITAYANAGI)
    town.get(f"/files/{file_id}")
    clock.advance(timedelta(minutes=20))
    town.get(f"/files/{file_id}")
    clock.advance(timedelta(days=1))
    portal.cast.client("member_admin", ITAYANAGI).get(f"/files/{file_id}")
    office = portal.cast.client("lead_staff")
    for reader in ("lead_approver", "auditor"):
        portal.cast.client(reader).get(f"/files/{file_id}")
    rows = rows_of(office)
    assert len(rows) == 7  # six towns besides the lead city, 板柳町 with two readers
    mine = [row for row in rows if row["団体コード"] == ITAYANAGI]
    assert [(row["受領日時"], row["最後に受け取った日時"], row["回数"]) for row in mine] == [
        ("2026-12-01 10:00", "2026-12-01 10:20", "2"),
        ("2026-12-02 10:20", "2026-12-02 10:20", "1"),
    ]
    assert {(row["受領"], row["団体"], row["版"], row["発行日"]) for row in mine} == {
        ("受領", "板柳町", "1", "2026-12-01")
    }
    assert mine[0]["受領した人"].startswith("member_staff-023817")
    assert {row["ファイル照合値（SHA-256）"] for row in mine} == {file_hash(portal, file_id)}
    others = [row for row in rows if row["団体コード"] != ITAYANAGI]
    assert {(row["受領"], row["受領した人"], row["回数"]) for row in others} == {
        ("未受領", "", "0")
    }
    assert {row["帳票"] for row in rows} == {"負担金明細書（確定） 令和3年度"}
    page = office.get("/receipts").text
    assert file_hash(portal, file_id) in page
    assert "未受領 5件" in page


def test_the_workbook_holds_the_same_rows(portal: Portal) -> None:
    portal.run(2021)
    town = portal.cast.client("member_staff", ITAYANAGI)
    town.get(f"/files/{portal.file_of(ITAYANAGI)}")
    office = portal.cast.client("auditor")
    answer = office.get("/receipts/2021/receipts.xlsx")
    assert answer.data == office.get("/receipts/2021/receipts.xlsx").data
    sheet = load_workbook(BytesIO(answer.data))["受領簿"]
    lines = list(sheet.iter_rows(min_row=4, values_only=True))
    assert "見本" in str(sheet["A2"].value)
    plain = [
        {str(key): "" if value is None else str(value).removesuffix(" 00:00:00")
         for key, value in zip(lines[0], line, strict=True)}
        for line in lines[1:]
    ]  # fmt: skip
    assert plain == rows_of(office)
    assert sheet.print_title_rows == "$1:$4"


def test_what_a_newer_edition_replaced_waits_for_nobody(portal: Portal) -> None:
    portal.run(2021)
    office = portal.cast.client("lead_staff")
    assert office.get("/receipts/unread").text.count("負担金明細書（確定）") == 6
    with portal.app.app_context():
        portal.office.issued(2021, reason="改め")
    page = office.get("/receipts/unread").text
    assert page.count("負担金明細書（確定）") == 6
    assert page.count("第2版") == 6
    assert {row["受領"] for row in rows_of(office) if row["版"] == "1"} == {"失効"}


def test_monthly_reports_wait_in_a_list_of_their_own(portal: Portal) -> None:
    portal.run(2026, "planned")
    with portal.app.app_context():
        portal.office.tick(datetime(2027, 1, 1, tzinfo=UTC))
    office = portal.cast.client("lead_staff")
    page = office.get("/receipts/unread").text
    assert "定期の帳票（6件）" in page
    assert "月次費用報告 令和8年12月分" in page
    (report,) = _monthly(portal)
    with portal.app.app_context():
        maker = Maker(portal.office.worker, KINDS)
        report_runs.remake(portal.office.staff, report.id, "訂正のため", maker)
    page = office.get("/receipts/unread").text
    assert ("定期の帳票（6件）" in page, page.count("第2版")) == (True, 6)
    town = portal.cast.client("member_staff", FUJISAKI)
    with portal.app.app_context():
        files = {file.slot: file.id for file in recorded(_monthly(portal)[-1].id)}
    town.get(f"/files/{files[f'member:{FUJISAKI}']}")
    assert "定期の帳票（5件）" in office.get("/receipts/unread").text


def _monthly(portal: Portal) -> list[models.ReportRun]:
    """Give the monthly report runs by edition."""
    with portal.app.app_context():
        return sorted(runs_of("monthly_cost"), key=lambda run: run.edition)


def test_each_page_needs_eight_statements_at_most(portal: Portal) -> None:
    portal.run(2021)
    portal.run(2022)
    office = portal.cast.client("lead_staff")
    for path in ("/receipts", "/receipts/2021", "/receipts/unread", "/outbox", "/account"):
        assert statements_of(portal, office, path) <= 8, path
    assert office.get("/receipts/1999").status_code == 404


# ---- 送信箱・メールアドレス ----------------------------------------------------------------------


def test_a_user_sets_the_own_address_and_hears_of_the_next_issue(portal: Portal) -> None:
    town = portal.cast.client("member_staff", ITAYANAGI)
    assert "メールを送っていません" in town.get("/account").text
    with mail_server() as server, mailing(portal, server):
        wrong = submit(town, "/account/mail", {"email": "a@b\nBcc: c@example.jp"}, "/account")
        assert wrong.status_code == 400
        assert "メールアドレスとして読めません" in wrong.text
        answer = submit(town, "/account/mail", {"email": "ｉｔａ@example.lg.jp"}, "/account")
        assert answer.status_code == 302
        assert 'value="ita@example.lg.jp"' in town.get("/account").text
        run_id = portal.run(2021, upto="approved")
        approver = portal.cast.client("lead_approver")
        submit(approver, f"/runs/{run_id}/issue", {}, f"/runs/{run_id}/issue")
        office = portal.cast.client("lead_staff")
        assert "送信待ち" in office.get("/outbox").text
        with portal.app.app_context():
            deliver(worker_of(portal.app))
        page = office.get("/outbox").text
    assert "送信済" in page
    assert "ita@example.lg.jp" in page
    assert "平川市" in page  # nobody there has an address
    assert "板柳町</li>" not in page
    link = server.taken[0].get_content().split("https://portal.example.lg.jp")[1].split()[0]
    assert (link, town.get(link).status_code) == (letters.INBOX, 200)
    assert office.get(letters.HOME).status_code == 200
    gone = submit(town, "/account/mail", {"email": ""}, "/account")
    assert gone.status_code == 302
    # The chain is kept for ever: it knows that there was an address, not which.
    assert not any("ita@" in str(row) for row in portal.everything()["audit_event"])


def test_the_office_sends_again_what_the_server_refused(portal: Portal) -> None:
    with portal.app.app_context():
        user_id = portal.cast.make("ita", "member_staff", ITAYANAGI)
        set_address("ita", "gone@example.lg.jp", portal.office.clock.now())
    office = portal.cast.client("lead_staff")
    with mail_server(refused={"gone@example.lg.jp": 550}) as server, mailing(portal, server):
        worker = worker_of(portal.app)
        sending = replace(portal.office, worker=worker)
        with portal.app.app_context():
            sending.issued(2021)
            deliver(worker)
        page = office.get("/outbox").text
        assert "送信できません" in page
        assert "応答 550" in page
        with portal.app.app_context(), reading() as session:
            letter = session.scalars(select(models.OutboxMessage)).one()
        path = f"/outbox/{letter.id}/again"
        assert path in page
        assert path not in portal.cast.client("lead_approver").get("/outbox").text
        with portal.app.app_context():
            set_address("ita", "", portal.office.clock.now())
        assert submit(office, path, {}, "/outbox").status_code == 404  # no address: nowhere to send
        with portal.app.app_context():
            set_address("ita", "ita@example.lg.jp", portal.office.clock.now())
        assert submit(office, path, {}, "/outbox").status_code == 302
        with portal.app.app_context():
            deliver(worker)
    assert (letter.user_id, server.recipients) == (user_id, ["ita@example.lg.jp"])
    assert urlsplit(server.mailer().base_url).netloc == "portal.example.lg.jp"
