"""What issuing freezes and enters in the register; handing files out (負担金明細書・受領)."""

import hashlib
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.audit import Head, verify_chain
from consortium.db.store import receipts, registers
from consortium.db.store.delivered import delivered
from consortium.db.store.registers import Entry
from consortium.db.unit import audit_head, reading
from consortium.domain.errors import DomainError, NotFoundError
from consortium.usecases import downloads, reporting, town
from consortium.usecases.viewer import Viewer
from tests import factories
from tests.databases import ON_SQLITE
from tests.db.rows import by_hand
from tests.office import (
    FUJISAKI,
    HIROSAKI,
    ITAYANAGI,
    Office,
    chain_faults,
    count,
    issued_office,
    recorded,
    report_runs,
)
from tests.people import People

pytestmark = pytest.mark.usefixtures("plain_files")


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    return issued_office(tmp_path / "files", clock)


@pytest.fixture
def people(database: Flask, clock: FrozenClock) -> People:
    return People(database, clock)


def somebody(office: Office, people: People, code: str | None = ITAYANAGI) -> Viewer:
    role = "member_staff" if code else "auditor"
    user_id = people.make(f"user-{role}-{code or 'office'}", role, code)
    return replace(office.staff, user_id=user_id, role=role, code=code, body="町")


def entry_of(office: Office, code: str | None) -> Entry:
    with reading() as session:
        found = registers.entries(session, office.consortium_id)
    return next(entry for entry in found if entry.code == code)


def test_the_head_printed_is_the_chain_as_it_stood_at_the_snapshot(office: Office) -> None:
    with reading() as session:
        head = audit_head(session, office.consortium_id)
        (witness,) = {
            (entry.register_seq, entry.register_hash)
            for entry in registers.entries(session, office.consortium_id)
        }
    assert witness[0] < head.seq
    with reading() as session:
        assert verify_chain(session, office.consortium_id, Head(*witness)) == []


def test_numbers_go_on_from_issue_to_issue(office: Office) -> None:
    office.issued(2022)
    with reading() as session:
        numbers = [e.number for e in registers.entries(session, office.consortium_id)]
    assert numbers == list(range(1, 17))


def test_a_file_is_handed_out_as_stored_under_both_its_names(
    office: Office, people: People
) -> None:
    entry = entry_of(office, ITAYANAGI)
    handed = downloads.fetch(somebody(office, people), entry.file_id, office.worker.folder)
    assert hashlib.sha256(handed.content).hexdigest() == entry.file_hash
    assert handed.display_name == "R03_負担金明細書_確定_023817_板柳町_第1版.xlsx"
    assert handed.ascii_name == "statement_FY2021_final_023817_v1.xlsx"


def test_the_summary_and_the_monthly_report_have_names_of_their_own(
    office: Office, people: People
) -> None:
    lead = entry_of(office, None)
    handed = downloads.fetch(office.staff, lead.file_id, office.worker.folder)
    assert handed.ascii_name == "summary_FY2021_final_022021_v1.xlsx"


def test_a_changed_file_is_not_handed_out(office: Office, people: People) -> None:
    viewer, entry = somebody(office, people), entry_of(office, ITAYANAGI)
    for path in office.worker.folder.iterdir():
        path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(DomainError, match="発行した時と異なります"):
        downloads.fetch(viewer, entry.file_id, office.worker.folder)


@pytest.mark.parametrize("code", [FUJISAKI, HIROSAKI, None])
def test_a_town_finds_its_own_files_only(office: Office, people: People, code: str | None) -> None:
    viewer, entry = somebody(office, people), entry_of(office, code)
    before = factories.everything()
    with pytest.raises(NotFoundError):
        downloads.fetch(viewer, entry.file_id, office.worker.folder)
    with pytest.raises(NotFoundError):
        downloads.receive(viewer, entry.file_id, office.clock.now())
    assert factories.everything() == before


def test_a_file_of_a_run_not_published_is_not_there(
    office: Office, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "_publish", lambda *_: (_ for _ in ()).throw(KeyError()))
    run_id = office.approved(2022)
    with pytest.raises(KeyError):
        office.issue(run_id)
    hidden = recorded(report_runs("statement_final")[-1].id)
    assert len(hidden) == 8
    for file in hidden:
        with pytest.raises(NotFoundError):
            downloads.fetch(office.staff, file.id, office.worker.folder)


def test_the_first_receipt_is_recorded_and_later_ones_count(office: Office, people: People) -> None:
    viewer, entry = somebody(office, people), entry_of(office, ITAYANAGI)
    first = office.clock.now()
    with reading() as session:
        head = audit_head(session, office.consortium_id)
    for _ in range(3):
        downloads.receive(viewer, entry.file_id, office.clock.now())
        office.clock.advance(timedelta(hours=1))
    with reading() as session:
        every = delivered(session, office.consortium_id, entry.year)
        assert audit_head(session, office.consortium_id).seq == head.seq + 1
    (file,) = [each for each in every if each.file_id == entry.file_id]
    (line,) = file.received
    assert (line.count, file.code, line.first_at) == (3, ITAYANAGI, first)
    assert line.last_at == first + timedelta(hours=2)
    assert entry_of(office, ITAYANAGI).received_at == first
    assert chain_faults(office) == []


def test_what_the_office_downloads_is_no_receipt_of_the_town(
    office: Office, people: People
) -> None:
    entry = entry_of(office, ITAYANAGI)
    staff = replace(office.staff, user_id=people.make("staff", "lead_staff"))
    downloads.receive(staff, entry.file_id, office.clock.now())
    assert entry_of(office, ITAYANAGI).received_at is None


def test_an_auditor_leaves_no_trace(office: Office, people: People) -> None:
    viewer = somebody(office, people, None)
    before = factories.everything()
    downloads.receive(viewer, entry_of(office, ITAYANAGI).file_id, office.clock.now())
    assert factories.everything() == before


def test_the_towns_that_have_not_received_are_named(office: Office, people: People) -> None:
    with reading() as session:
        unread = receipts.unread_by_town(session, office.consortium_id)
    assert [town.name for town in unread] == [
        "平川市", "西目屋村", "藤崎町", "大鰐町", "田舎館村", "板柳町",
    ]  # fmt: skip
    downloads.receive(
        somebody(office, people), entry_of(office, ITAYANAGI).file_id, office.clock.now()
    )
    with reading() as session:
        unread = receipts.unread_by_town(session, office.consortium_id)
    assert "板柳町" not in [town.name for town in unread]


def test_two_downloads_at_once_make_one_receipt(
    database: Flask, office: Office, people: People
) -> None:
    viewer, entry = somebody(office, people), entry_of(office, ITAYANAGI)
    failed: list[BaseException] = []

    def download() -> None:
        try:
            with database.app_context():
                downloads.receive(viewer, entry.file_id, office.clock.now())
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=download) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert count(models.Receipt) == 1
    assert chain_faults(office) == []


def test_a_town_sees_its_statement_in_force_for_each_year(office: Office, people: People) -> None:
    viewer = somebody(office, people)
    office.issued(reason="改める")
    office.issued(2022)
    page = town.show_town(viewer)
    assert [(entry.year.start_year, entry.edition) for entry in page.current] == [
        (2021, 2),
        (2022, 1),
    ]
    assert len(page.entries) == 3
    assert len(page.unread_entries) == 2


def test_a_town_without_statements_sees_an_empty_page(office: Office, people: People) -> None:
    viewer = replace(somebody(office, people), code="013048")
    assert town.show_town(viewer).entries == []
    assert town.show_charges(viewer) is None
    with pytest.raises(NotFoundError):
        town.show_charges(viewer, entry_of(office, ITAYANAGI).year)


@ON_SQLITE
def test_the_statements_triggers_refuse_a_change_by_hand(office: Office, database_url: str) -> None:
    with pytest.raises(Exception, match="statement"):
        by_hand(database_url, "UPDATE statement SET amount = 1")
