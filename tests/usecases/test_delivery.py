"""Telling people what was published (配信): once each, whatever mail server and process do."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.store import outbox
from consortium.db.unit import reading, writing
from consortium.domain.errors import NotFoundError
from consortium.mail import Mailer
from consortium.usecases import accounts, delivery, outbox_page, reporting
from consortium.usecases.delivery import BACK_OFF, MOST_REFUSALS, finish
from consortium.usecases.mail_addresses import set_address
from consortium.usecases.reporting import SYSTEM
from consortium.usecases.ticking import tick
from tests.mail_server import mail_server
from tests.mailing import NOBODY, deliver, letters, reader, told, with_mail
from tests.office import FUJISAKI, ITAYANAGI, Office, end_leases, open_office, report_runs
from tests.people import People

pytestmark = pytest.mark.usefixtures("plain_files")


class Crash(BaseException):
    """The process is gone: nothing of ours may catch this."""


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    return open_office(tmp_path / "files", clock)


@pytest.fixture
def people(database: Flask, clock: FrozenClock) -> People:
    return People(database, clock)


def state() -> str:
    (run,) = report_runs("statement_final")
    return run.state


def test_without_a_mail_server_nothing_is_written_and_the_run_ends(
    office: Office, people: People
) -> None:
    reader(people, "ita")
    office.issued()
    assert (letters(), state()) == ([], "published")
    tick(office.worker)
    assert (letters(), state()) == ([], "notified")


def test_who_has_an_address_is_told_of_the_own_file_and_of_nothing_else(
    office: Office, people: People
) -> None:
    reader(people, "ita")
    reader(people, "fuji", FUJISAKI)
    reader(people, "hiro", None)
    people.make("silent", "member_staff", FUJISAKI)
    with mail_server() as server:
        office = with_mail(office, server.mailer())
        office.issued()
        assert told() == {"ita": "queued", "fuji": "queued"}
        assert state() == "published"
        deliver(office.worker)
        finish(office.worker)
    assert told() == {"ita": "sent", "fuji": "sent"}
    assert (state(), sorted(server.recipients)) == (
        "notified", ["fuji@example.lg.jp", "ita@example.lg.jp"],
    )  # fmt: skip
    by_town = {letter["To"].partition("@")[0]: letter for letter in server.taken}
    body, subject = by_town["ita"].get_content(), str(by_town["ita"]["Subject"])
    assert "R03_負担金明細書_確定_023817_板柳町_第1版" in body
    assert "https://portal.example.lg.jp/inbox" in body.splitlines()
    assert "藤崎町" not in body + subject
    assert not by_town["ita"].is_multipart()
    # FY2021 of 板柳町 as issued, in any spelling: no amount leaves the portal by mail.
    with reading() as session:
        amounts = session.scalars(select(models.Statement.amount)).all()
    for text in (body, subject):
        assert not any(f"{amount:,}" in text or str(amount) in text for amount in amounts)


def test_users_who_share_an_address_get_one_letter_and_disabled_ones_none(
    office: Office, people: People
) -> None:
    now = office.clock.now()
    first = reader(people, "ita")
    for login in ("itb", "itc", "itd"):
        reader(people, login)
    set_address("itb", "ita@example.lg.jp", now)
    accounts.disable_account("itc", now)
    set_address("itd", " ", now)
    with_mail(office, NOBODY.mailer()).issued()
    assert [(letter.user_id, letter.address) for letter in letters()] == [
        (first, "ita@example.lg.jp")
    ]


def test_an_unknown_recipient_is_its_own_error_and_the_others_are_told(
    office: Office, people: People
) -> None:
    reader(people, "gone")
    reader(people, "fuji", FUJISAKI)
    with mail_server(refused={"gone@example.lg.jp": 550}) as server:
        office = with_mail(office, server.mailer())
        office.issued()
        tick(office.worker)
        assert told() == {"gone": "failed", "fuji": "sent"}
        assert state() == "notified"  # nothing is left to be sent
        (failed,) = [letter for letter in letters() if letter.state == "failed"]
        assert failed.error == "メールサーバーが宛先を受け付けませんでした（応答 550）。"
        # The user corrects the address, the office sends again.
        set_address("gone", "new@example.lg.jp", office.clock.now())
        assert outbox_page.send_again(office.staff, failed.id, office.clock.now()) == (
            "new@example.lg.jp"
        )
        deliver(office.worker)
        with pytest.raises(NotFoundError):
            outbox_page.send_again(office.staff, failed.id, office.clock.now())
    assert told() == {"new": "sent", "fuji": "sent"}
    assert server.recipients == ["fuji@example.lg.jp", "new@example.lg.jp"]


def test_a_letter_put_off_by_the_server_waits_longer_each_time_and_is_given_up(
    office: Office, people: People
) -> None:
    reader(people, "ita")
    with mail_server(refused={"ita@example.lg.jp": 450}) as server:
        office = with_mail(office, server.mailer())
        office.issued()
        for times in range(1, MOST_REFUSALS + 1):
            assert told() == {"ita": "queued"}
            deliver(office.worker)
            assert server.connections == times
            pause = BACK_OFF[min(times, len(BACK_OFF)) - 1]
            office.clock.advance(pause - timedelta(seconds=1))
            deliver(office.worker)
            assert server.connections == times  # not yet
            office.clock.advance(timedelta(seconds=1))
    assert told() == {"ita": "failed"}
    assert "応答 450" in letters()[0].error


def test_a_server_that_is_away_holds_nobody_up_and_every_letter_goes_once_it_is_back(
    office: Office, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader(people, "ita")
    reader(people, "fuji", FUJISAKI)
    tried: list[datetime] = []
    real = Mailer.session

    def session(mailer: Mailer) -> Any:
        tried.append(office.clock.now())
        return real(mailer)

    monkeypatch.setattr(Mailer, "session", session)
    with mail_server() as server:
        pass  # gone again: nothing listens on its port
    office = with_mail(office, server.mailer())
    office.issued()
    began = office.clock.now()
    for _ in range(30):
        tick(office.worker)
        office.clock.advance(timedelta(minutes=1))
    # At once, after 1, 5 and 15 minutes more; the next would be after an hour.
    assert [(at - began) // timedelta(minutes=1) for at in tried] == [0, 1, 6, 21]
    assert state() == "published"
    assert {"つながりません" in letter.error for letter in letters()} == {True}
    with mail_server() as back:
        office.clock.advance(timedelta(hours=1))
        tick(with_mail(office, back.mailer()).worker)
    assert told() == {"ita": "sent", "fuji": "sent"}
    assert {letter.error for letter in letters()} == {""}
    assert (state(), len(back.taken)) == ("notified", 2)


def test_one_letter_that_breaks_the_connection_holds_up_no_other(
    office: Office, people: People
) -> None:
    for login, code in (("ita", ITAYANAGI), ("fuji", FUJISAKI)):
        reader(people, login, code)
    with mail_server(drops=1) as server:
        office = with_mail(office, server.mailer())
        office.issued()
        deliver(office.worker)
        assert sorted(told().values()) == ["queued", "queued"]  # the connection was gone
        deliver(office.worker)
        assert sorted(told().values()) == ["queued", "sent"]
        office.clock.advance(timedelta(minutes=1))
        deliver(office.worker)
    assert told() == {"ita": "sent", "fuji": "sent"}
    # At least once: the one that broke off came twice, under one Message-ID.
    ids = server.ids()
    assert (len(ids), len(set(ids))) == (3, 2)
    assert ids[0] == ids[2]


@pytest.mark.parametrize("point", ["before", "taken"])
def test_a_process_that_dies_while_sending_loses_no_letter(
    office: Office, people: People, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    reader(people, "ita")
    with mail_server() as server:
        office = with_mail(office, server.mailer())
        office.issued()
        with monkeypatch.context() as patch:
            patch.setattr(delivery, "failpoint", lambda name: _die(name, f"mail-{point}"))
            with pytest.raises(Crash):
                deliver(office.worker)
        other = office.named("process-2")
        deliver(other)
        assert told() == {"ita": "queued"}  # perhaps it is on its way still
        office.clock.advance(timedelta(minutes=1))
        deliver(other)
        finish(other)
    assert (told(), state()) == ({"ita": "sent"}, "notified")
    assert len(server.ids()) == (1 if point == "before" else 2)
    assert len(set(server.ids())) == 1


def _die(name: str, wanted: str) -> None:
    if name == wanted:
        raise Crash


def test_two_processes_send_a_letter_once(
    office: Office, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader(people, "ita")
    with mail_server() as server:
        office = with_mail(office, server.mailer())
        office.issued()

        def meanwhile(name: str) -> None:
            if name == "mail-before":
                monkeypatch.setattr(delivery, "failpoint", lambda _: None)
                deliver(office.named("process-2"))

        monkeypatch.setattr(delivery, "failpoint", meanwhile)
        deliver(office.worker)
    assert (len(server.taken), letters()[0].tries) == (1, 1)


def test_of_two_processes_that_saw_a_letter_one_begins_it_and_the_last_says_what_became_of_it(
    office: Office, people: People
) -> None:
    reader(people, "ita")
    with_mail(office, NOBODY.mailer()).issued()
    now = office.clock.now()
    with reading() as session:
        letter_id = outbox.next_due(session, now)
    assert letter_id

    def begin() -> outbox.Queued | None:
        with writing(SYSTEM, office.clock.now()) as unit:
            unit.operational()
            until = unit.now + timedelta(minutes=1)
            return outbox.begin(unit, letter_id, until)

    first = begin()
    assert (first is not None, begin()) == (True, None)
    office.clock.advance(timedelta(minutes=1))
    second = begin()
    with writing(SYSTEM, office.clock.now()) as unit:
        unit.operational()
        assert first
        assert second
        assert not outbox.settle(unit, first, state="failed")
        assert outbox.settle(unit, second, state="sent")
    assert told() == {"ita": "sent"}


def test_a_crash_before_publishing_tells_nobody(
    office: Office, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader(people, "ita")
    office = with_mail(office, NOBODY.mailer())
    with monkeypatch.context() as patch:
        patch.setattr(reporting, "failpoint", lambda name: _die(name, "publish"))
        run_id = office.approved()
        with pytest.raises(Crash):
            office.issue(run_id)
    assert letters() == []
    end_leases(office.clock)
    assert office.issue(run_id).state == "issued"
    assert told() == {"ita": "queued"}
