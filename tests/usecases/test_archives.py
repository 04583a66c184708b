"""Keeping a closed year in one zip, and what a settlement says (年度アーカイブ・精算書)."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import pytest
from flask import Flask
from openpyxl import load_workbook

from consortium.clock import FrozenClock
from consortium.db.store import registers, reports
from consortium.db.store.registers import Entry
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import InvalidTransitionError, NotFoundError
from consortium.domain.fiscalyear.instalment import Instalments
from consortium.domain.yen import Yen
from consortium.reports import verify_register
from consortium.reports.document import StatementDocument
from consortium.usecases import (
    archives,
    authenticity,
    downloads,
    notices,
    payments,
    register_check,
    year_closing,
)
from consortium.usecases.kinds import KINDS
from consortium.usecases.ordering import Maker
from consortium.usecases.statements import stage_of
from tests import closing, factories
from tests.office import (
    FUJISAKI,
    ITAYANAGI,
    Office,
    copy_costs,
    files_of_run,
    issued_office,
    report_runs,
)

YEAR = FiscalYear(2026)
APRIL = datetime(2026, 4, 20, 1, 0, tzinfo=UTC)


@pytest.fixture
def office(database: Flask, tmp_path: Path) -> Office:
    opened = issued_office(tmp_path / "files", FrozenClock(APRIL), 2026, "planned")
    opened.clock.advance(timedelta(days=1))
    return opened


def close(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Close the year, whatever is still open of it."""
    monkeypatch.setattr(year_closing, "_open_points", lambda *_: [])
    year_closing.close_soft(office.staff, YEAR, "", office.clock.now())
    year_closing.close_hard(office.approver, YEAR, "", office.clock.now())


def maker(office: Office) -> Maker:
    return Maker(office.worker, KINDS)


def archive_entries(office: Office) -> list[Entry]:
    with reading() as session:
        found = registers.entries(session, office.consortium_id, year=YEAR)
    return [each for each in found if each.kind == "archive"]


def pay(office: Office, code: str, amount: int) -> None:
    entry = payments.Entry("", date(2026, 4, 21), Yen(amount))
    payments.record_payment(office.staff, YEAR, code, entry, office.clock.now(), str(uuid4()))


def book(content: bytes) -> Any:
    return load_workbook(BytesIO(content), data_only=True)


def test_an_open_year_is_not_kept(office: Office) -> None:
    page = archives.show_archive(office.approver, YEAR, date(2026, 4, 21))
    assert not page.is_closed
    assert "精算の算定がまだ発行されていません" in [each.text for each in page.open]
    before = factories.everything()
    with pytest.raises(InvalidTransitionError, match="本締めされていません"):
        archives.issue_archive(office.approver, YEAR, str(uuid4()), maker(office))
    assert factories.everything() == before


def test_a_closed_year_is_kept_whole_and_checks_itself(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close(office, monkeypatch)
    key = str(uuid4())
    made = archives.issue_archive(office.approver, YEAR, key, maker(office))
    assert made is not None
    assert made.is_done
    (entry,) = archive_entries(office)
    handed = downloads.fetch(office.approver, entry.file_id, office.worker.folder)
    assert (handed.display_name, handed.ascii_name) == (
        "R08_年度アーカイブ_第1版.zip",
        "archive_FY2026_v1.zip",
    )
    target = tmp_path / "opened"
    with ZipFile(BytesIO(handed.content)) as zipped:
        names = zipped.namelist()
        assert {info.date_time for info in zipped.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        zipped.extractall(target)
    assert names == ["README.txt", *sorted(names[1:])]
    folders = [name.partition("/")[0] for name in names[1:]]
    assert folders.count("01_負担金明細書") == 7
    assert (folders.count("02_負担金総括表"), folders.count("06_発行台帳")) == (1, 2)
    own = target / "01_負担金明細書/R08_負担金明細書_023817_板柳町_第1版.xlsx"
    assert hashlib.sha256(own.read_bytes()).hexdigest() in (target / "README.txt").read_text(
        "utf-8-sig"
    )
    register = target / "06_発行台帳"
    checked = subprocess.run(
        [sys.executable, register / "verify_register.py", register / "register.json", own],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    assert "真正・現行" in checked.stdout
    assert register_check.verify(office.consortium_id, office.worker.folder).faults == []
    # The same form again, another form, and made anew from what was frozen.
    before = factories.everything()
    assert archives.issue_archive(office.approver, YEAR, key, maker(office)) == made
    assert archives.issue_archive(office.approver, YEAR, str(uuid4()), maker(office)) is None
    assert factories.everything() == before
    (run,) = report_runs("archive")
    with reading() as session:
        frozen = reports.read_input(session, run.id)
    (again,) = archives.sheets(frozen, office.worker.folder)
    assert again.render() == handed.content
    assert archives.show_archive(office.staff, YEAR, date(2026, 4, 21)).is_complete
    town = replace(office.staff, user_id="u-7", role="member_staff", code=ITAYANAGI)
    with pytest.raises(NotFoundError):
        downloads.fetch(town, entry.file_id, office.worker.folder)


def test_an_archive_made_anew_replaces_the_one_before(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    close(office, monkeypatch)
    folder = office.worker.folder
    archives.issue_archive(office.approver, YEAR, str(uuid4()), maker(office))
    first = downloads.fetch(office.approver, archive_entries(office)[0].file_id, folder).content
    monkeypatch.setattr(authenticity, "MAX_BYTES", 100)  # known by its hash, whatever its size
    assert authenticity.check_file(office.approver, BytesIO(first), folder).answer == "current"
    closing.reopen(office, YEAR)
    office.issued(2026, "planned", "請求の誤り")
    year_closing.close_again(office.approver, YEAR, office.clock.now())
    archives.issue_archive(office.approver, YEAR, str(uuid4()), maker(office))
    assert [(each.edition, each.is_current) for each in archive_entries(office)] == [
        (1, False), (2, True),
    ]  # fmt: skip
    verdict = authenticity.check_file(office.approver, BytesIO(first), folder)
    assert (verdict.answer, verdict.newer) == ("superseded", 2)
    register = verify_register.read_register(register_check.export(office.approver).decode())
    assert verify_register.file_verdict(register, first)[1].startswith("真正・第2版で失効")


def test_a_file_that_changed_stops_the_archive(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    close(office, monkeypatch)
    next(office.worker.folder.glob("*.xlsx")).write_bytes(b"changed")
    with pytest.raises(Exception, match="発行した時と異なります"):
        archives.issue_archive(office.approver, YEAR, str(uuid4()), maker(office))
    assert archive_entries(office) == []


# ---- what a settlement and a change say ----------------------------------------------------------


def test_a_settlement_sets_what_was_paid_beside_what_is_final(office: Office) -> None:
    copy_costs(office, 2026, "planned", 2026, "settlement")
    first = files_of_run(office, office.issued(2026, "planned", "試験"))[f"member:{ITAYANAGI}"]
    charged = book(first)["鑑"]["D17"].value
    pay(office, ITAYANAGI, charged + 500)
    office.clock.advance(timedelta(days=1))
    made = files_of_run(office, office.issued(2026, "settlement"))
    rows = list(book(made[f"member:{ITAYANAGI}"])["精算書"].iter_rows(values_only=True))
    total = next(row for row in rows if row[0] == "合計")
    # The same costs: what was paid over comes back, on a line of its own.
    assert total[2:5] == (charged + 500, charged, -500)
    extra = next(row for row in rows if row[1] == "収納額との差")
    assert (extra[2], extra[4], extra[5]) == (500, -500, "過納")
    other = list(book(made[f"member:{FUJISAKI}"])["精算書"].iter_rows(values_only=True))
    unpaid = next(row for row in other if row[0] == "合計")
    assert (unpaid[2], unpaid[4]) == (0, unpaid[3])


def test_a_year_without_payments_has_no_settlement_sheet(office: Office) -> None:
    copy_costs(office, 2026, "planned", 2026, "settlement")
    made = files_of_run(office, office.issued(2026, "settlement"))
    assert "精算書" not in book(made[f"member:{ITAYANAGI}"]).sheetnames


def test_a_notice_keeps_the_plan_and_cuts_the_amount_by_it(office: Office) -> None:
    page = notices.show_notices(office.approver, YEAR, office.clock.now().date())
    order = notices.NoticeOrder(str(uuid4()), page.seen(1))
    assert notices.issue_notices(office.approver, YEAR, 1, order, maker(office)).is_done
    (run,) = report_runs("notice")
    with reading() as session:
        frozen = reports.read_input(session, run.id)
    asking = StatementDocument.from_json(frozen["statement"]).asking
    assert asking is not None
    assert asking.cut == Instalments((Fraction(25),) * 3, 1_000, "ceil")


def test_a_change_says_what_was_issued_before(office: Office) -> None:
    copy_costs(office, 2026, "planned", 2026, "revised")
    factories.add_many_items(office.staff, 2026, 1, "revised")
    made = files_of_run(office, office.issued(2026, "revised"))
    letter = book(made[f"member:{ITAYANAGI}"])["鑑"]
    said = {letter.cell(row, 2).value: letter.cell(row, 4).value for row in range(17, 40, 2)}
    new, old = said["１　変更後の負担金額"], said["２　変更前の額"]
    assert said["３　差額"] == new - old > 0
    assert said["４　比べた算定"] == "当初　第1版"
    assert stage_of("statement_revised") == "revised"
