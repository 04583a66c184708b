"""Checking the register (発行台帳の検証), in the portal and without it."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.store import registers, runs
from consortium.db.unit import Head, reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import (
    BadInputError,
    InvalidTransitionError,
    NotFoundError,
)
from consortium.usecases import cancelling, register_check
from consortium.usecases.viewer import Viewer
from tests.databases import ON_SQLITE
from tests.db.rows import by_hand, triggers_off
from tests.office import ITAYANAGI, Office, count, issued_office
from tests.people import People

REASON = "請求額の誤り"


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    return issued_office(tmp_path / "files", clock)


@pytest.fixture
def second(office: Office, database: Flask, clock: FrozenClock) -> Viewer:
    """Give an approver who issued nothing."""
    user_id = People(database, clock).make("second", "lead_approver")
    return replace(office.approver, user_id=user_id, name="second の人")


def entries(office: Office) -> list[registers.Entry]:
    with reading() as session:
        return registers.entries(session, office.consortium_id)


def faults(office: Office, *heads: Head) -> list[str]:
    """Check the register; every fault the portal names the export shows, too."""
    return register_check.verify(office.consortium_id, office.worker.folder, heads).faults


def offline(folder: Path, register: bytes, *more: str) -> tuple[int, list[str]]:
    """Run the program that needs no portal in an empty folder; give exit code and lines."""
    folder.mkdir(exist_ok=True)
    (folder / "verify_register.py").write_bytes(register_check.verifier())
    (folder / "register.json").write_bytes(register)
    command = [sys.executable, "-I", "-S", "verify_register.py", "register.json", *more]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, env={"PYTHONIOENCODING": "utf-8"}, check=False
    )
    # With -I the variable is ignored; a console may still be ASCII.
    return done.returncode, done.stdout.decode("utf-8").splitlines()


def test_an_issue_is_whole_and_the_check_says_what_it_looked_at(office: Office) -> None:
    checked = register_check.verify(office.consortium_id, office.worker.folder)
    assert checked.faults == []
    assert "保存ファイル 8件、発行台帳 8件、取消し 0件、操作記録" in checked.summary


def test_every_file_has_the_hashes_of_its_parts_and_of_its_rows(office: Office) -> None:
    with reading() as session:
        rows = session.execute(
            text("SELECT content_hash, rows_hash, row_hash, kind, period_key FROM statement")
        ).all()
    assert all(len(value) == 64 for row in rows for value in row[:3])
    assert len({row.content_hash for row in rows}) == 8
    assert {row.kind for row in rows} == {"statement", "summary"}
    assert {row.period_key for row in rows} == {"FY2021"}


def test_a_printed_head_is_found_by_its_first_sixteen_digits(office: Office) -> None:
    entry = entries(office)[0]
    printed = register_check.read_head(f"{entry.register_seq}:{entry.register_hash[:16]}")
    assert faults(office, printed) == []
    (fault,) = faults(office, Head(entry.register_seq, "0" * 16))
    assert fault == (f"印字された照合値(第{entry.register_seq}号)と一致する操作記録がありません。")


@pytest.mark.parametrize("typed", ["", "12", "12:xyz", "12:abc", ":" + "a" * 64])
def test_a_head_that_cannot_be_read_is_refused(typed: str) -> None:
    with pytest.raises(BadInputError, match="番号:照合値"):
        register_check.read_head(typed)


def test_a_file_that_is_gone_changed_or_exchanged_is_named(office: Office) -> None:
    first, second, third = sorted(office.worker.folder.glob("*.xlsx"))[:3]
    first.unlink()
    second.write_bytes(second.read_bytes() + b" ")
    third.write_bytes(b"")
    found = faults(office)
    assert len(found) == 3
    assert sum("見つかりません" in each for each in found) == 1
    assert sum("発行した時と異なります" in each for each in found) == 2


@ON_SQLITE
def test_a_file_that_is_no_longer_listed_is_named_even_if_its_bytes_are_there(
    office: Office, database_url: str
) -> None:
    third = entries(office)[2]
    gone = f"DELETE FROM report_file WHERE id = '{third.file_id}'"
    by_hand(database_url, *triggers_off(database_url, "report_file"), gone)
    (fault,) = faults(office)
    assert fault.startswith("共ク第3号「")
    assert fault.endswith("照合値が、発行台帳と帳票の一覧で異なります。")


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        ("share_row", "amount = amount + 1", "負担額の一覧が算定結果と異なります"),
        ("share_row", "item_id = 'x'", "負担額の一覧が算定結果と異なります"),
        ("allocation_run", "document = '{}'", "算定結果が照合値と一致しません"),
        ("allocation_run", "inputs = '{}'", "算定の入力が操作記録と異なります"),
        ("allocation_run", "inputs = NULL", "算定の入力が操作記録と異なります"),
        ("report_input", "document = '{}'", "照合値と一致しません"),
        ("report_file", "rows_hash = NULL", "発行台帳と帳票の一覧で異なります"),
        ("statement", "amount = amount + 1", "内容が行の照合値と一致しません"),
        ("audit_event", "reason = 'x'", "内容が記録した時と異なります"),
    ],
)
def test_each_layer_names_what_differs(
    office: Office, database_url: str, table: str, change: str, said: str
) -> None:
    guarded = triggers_off(database_url, table)
    by_hand(database_url, *guarded, f"UPDATE {table} SET {change}")
    assert any(said in fault for fault in faults(office))


# ---- cancelling ----------------------------------------------------------------------------------


def test_a_whole_issue_becomes_void_and_nothing_else_changes(
    office: Office, second: Viewer
) -> None:
    before = entries(office)
    cancelling.cancel(second, before[0].id, REASON, office.clock.now())
    after = entries(office)
    assert [entry.number for entry in after] == [entry.number for entry in before]
    assert all(not entry.is_current and entry.cancelled for entry in after)
    assert {entry.cancelled.reason for entry in after if entry.cancelled} == {REASON}
    with reading() as session:
        assert all(registers.is_cancelled(session, entry.id) for entry in after)
        assert not registers.is_cancelled(session, "no-such-id")
        assert runs.latest_issued(session, office.consortium_id, FiscalYear(2021)) is None
    assert faults(office) == []


def test_after_a_cancellation_the_next_edition_counts_again(office: Office, second: Viewer) -> None:
    cancelling.cancel(second, entries(office)[0].id, REASON, office.clock.now())
    office.issued(reason="改める")
    found = entries(office)
    assert [entry.edition for entry in found if entry.is_current] == [2] * 8
    assert min(entry.number for entry in found if entry.is_current) == 9


def test_a_notice_is_cancelled_alone(office: Office, second: Viewer) -> None:
    notice = add_notice(office)
    cancelling.cancel(second, notice.id, REASON, office.clock.now())
    cancelled = [entry.document_number for entry in entries(office) if entry.cancelled]
    assert cancelled == ["共ク第9号"]
    assert faults(office) == []


def add_notice(office: Office) -> registers.Entry:
    """Enter a 納入依頼 of the first instalment, on a file that is there already."""
    first = entries(office)[0]
    with writing(office.approver.actor(), office.clock.now()) as unit:
        file = unit.session.get_one(models.ReportFile, first.file_id)
        copy = models.ReportFile(
            consortium_id=file.consortium_id, run_id=file.run_id, slot="member:notice",
            stored_name="00000000-0000-4000-8000-000000000000.xlsx", display_name="納入依頼.xlsx",
            size=file.size, file_hash=file.file_hash, data_hash=file.data_hash, attempt=1,
        )  # fmt: skip
        stored = office.worker.folder / file.stored_name
        (office.worker.folder / copy.stored_name).write_bytes(stored.read_bytes())
        # Files of what went out are final: for a moment it has not.
        run = unit.session.get_one(models.ReportRun, file.run_id)
        run.state = "filed"
        unit.session.flush()
        unit.session.add(copy)
        unit.session.flush()
        run.state = "published"
        number = registers.take_numbers(unit, office.consortium_id, 1, "納入依頼")
        new = registers.NewStatement(
            first.run_id, file.run_id, copy.id, copy.slot, ITAYANAGI, number, f"共ク第{number}号",
            first.year, first.stage, 1, first.amount, first.issued_on, first.data_hash,
            first.file_hash, first.register_seq, first.register_hash, kind="notice",
            period_key="FY2021I1", instalment=1, due_on=first.issued_on,
        )  # fmt: skip
        registers.enter(unit, office.consortium_id, "納入依頼", [new])
    return entries(office)[-1]


def test_whoever_issued_cannot_cancel(office: Office) -> None:
    entry = entries(office)[0]
    page = cancelling.show_cancel(office.approver, entry.id)
    assert page.blocked == "あなたが発行した文書です。別の承認者が取り消してください。"
    with pytest.raises(InvalidTransitionError, match="あなたが発行した文書です"):
        cancelling.cancel(office.approver, entry.id, REASON, office.clock.now())
    assert count(models.StatementCancellation) == 0


@pytest.mark.parametrize("reason", ["", " \n"])
def test_a_cancellation_needs_a_reason(office: Office, second: Viewer, reason: str) -> None:
    with pytest.raises(BadInputError, match="理由がありません"):
        cancelling.cancel(second, entries(office)[0].id, reason, office.clock.now())
    assert count(models.StatementCancellation) == 0


def test_what_is_cancelled_or_superseded_or_missing_cannot_be_cancelled(
    office: Office, second: Viewer
) -> None:
    old, now = entries(office)[0], office.clock.now()
    office.issued(reason="改める")
    with pytest.raises(InvalidTransitionError, match="すでに失効しています"):
        cancelling.cancel(second, old.id, REASON, now)
    new = entries(office)[-1]
    cancelling.cancel(second, new.id, REASON, now)
    cancelling.cancel(second, new.id, REASON, now)
    assert count(models.StatementCancellation) == 8
    with pytest.raises(InvalidTransitionError, match="すでに取り消されています"):
        cancelling.cancel(second, new.id, "別の理由", now)
    with pytest.raises(NotFoundError):
        cancelling.cancel(second, "00000000-0000-4000-8000-000000000000", REASON, now)


@ON_SQLITE
@pytest.mark.parametrize("change", ["reason = 'x'", "cancelled_by = 'u-9'"])
def test_a_changed_cancellation_is_found(
    office: Office, second: Viewer, database_url: str, change: str
) -> None:
    cancelling.cancel(second, entries(office)[0].id, REASON, office.clock.now())
    off = triggers_off(database_url, "statement_cancellation")
    by_hand(database_url, *off, f"UPDATE statement_cancellation SET {change}")
    assert sum("取消しの内容が" in fault for fault in faults(office)) == 8
    by_hand(database_url, "DELETE FROM statement_cancellation")
    assert sum("取消しの行がありません" in fault for fault in faults(office)) == 8


# ---- without the portal --------------------------------------------------------------------------


def test_the_export_is_the_same_bytes_for_the_same_state(office: Office) -> None:
    first = register_check.export_of(office.consortium_id)
    assert register_check.export_of(office.consortium_id) == first
    assert set(json.loads(first)) == {
        "format", "consortium", "events", "statements", "cancellations",
    }  # fmt: skip


def test_the_program_checks_export_files_and_heads_in_an_empty_folder(
    office: Office, second: Viewer, tmp_path: Path
) -> None:
    issued = min(office.worker.folder.glob("*.xlsx")).read_bytes()
    head = entries(office)[0]
    folder = tmp_path / "audit"
    folder.mkdir()
    (folder / "a.xlsx").write_bytes(issued)
    (folder / "b.xlsx").write_bytes(issued + b" ")
    witness = ("--head", f"{head.register_seq}:{head.register_hash[:16]}")
    register = register_check.export_of(office.consortium_id)
    code, lines = offline(folder, register, *witness, "a.xlsx")
    assert code == 0
    assert lines[0].startswith("a.xlsx: 真正・現行: 共ク第")
    assert lines[1].startswith("相違ありません。発行台帳 8件")
    assert offline(folder, register, "b.xlsx")[0] == 1
    assert offline(folder, register, "--head", "1:" + "0" * 16)[0] == 1
    assert offline(folder, b"{}")[0] == 2
    assert offline(folder, register, "missing.xlsx")[0] == 2
    cancelling.cancel(second, head.id, REASON, office.clock.now())
    later = register_check.export_of(office.consortium_id)
    assert offline(folder, later, "a.xlsx")[1][0].startswith("a.xlsx: 真正・取消")


def test_a_console_without_japanese_makes_no_difference(office: Office, tmp_path: Path) -> None:
    offline(tmp_path / "audit", register_check.export_of(office.consortium_id))
    done = subprocess.run(
        [sys.executable, "-S", "verify_register.py", "register.json"],
        cwd=tmp_path / "audit", capture_output=True, env={"PYTHONIOENCODING": "ascii"}, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE statement SET amount = amount + 1 WHERE number = 3",
        "UPDATE statement SET issued_on = '2026-11-30' WHERE number = 3",
        "DELETE FROM statement WHERE number = 3",
        "UPDATE audit_event SET reason = 'x' WHERE seq = 2",
    ],
)
def test_the_program_and_the_portal_say_the_same_of_a_tampered_register(
    office: Office, database_url: str, tmp_path: Path, change: str
) -> None:
    table = "audit_event" if "audit" in change else "statement"
    by_hand(database_url, *triggers_off(database_url, table), change)
    found = faults(office)
    code, lines = offline(tmp_path / "audit", register_check.export_of(office.consortium_id))
    assert code == 1
    assert found
    assert lines[:-1] == [fault for fault in found if "xlsx" not in fault]
