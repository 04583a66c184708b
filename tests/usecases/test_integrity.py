"""整合性の検証: a changed, missing or added row shows; nothing is issued while one does."""

import random
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from consortium.clock import TOKYO, FrozenClock
from consortium.db import models
from consortium.db.engine import db
from consortium.db.seals import SEALED
from consortium.db.store import integrity as store
from consortium.db.unit import reading
from consortium.usecases import integrity
from tests import databases, depth
from tests.db.rows import by_hand
from tests.office import Office, count, issued_office, open_office, recorded, report_runs

pytestmark = pytest.mark.usefixtures("plain_files")

#: Flipped bits, each in a copy of the file; the design's measurement took 1,000.
FLIPS = depth.cases(100)


COPY_SHARE = """
INSERT INTO share_row
SELECT run_id, consortium_id, 99, component, code, item_id, amount FROM share_row WHERE item_no = 1
"""
COPY_FILE = """
INSERT INTO report_file
(id, consortium_id, run_id, slot, stored_name, display_name, size, file_hash, attempt)
SELECT 'x', consortium_id, run_id, 'x', 'x', 'x', 1, file_hash, 1 FROM report_file LIMIT 1
"""


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    return issued_office(tmp_path / "files", clock)


def faults(office: Office) -> tuple[str, ...]:
    now = office.clock.now()
    return integrity.check(office.consortium_id, office.worker.folder, now, "asked").faults


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "UPDATE basis_value SET value = '2/1' WHERE code = '023817'",
            "「算定基礎」（28行）の内容が最後に保存した時と異なります",
        ),
        (
            "DELETE FROM basis_value WHERE id = (SELECT min(id) FROM basis_value)",
            "「算定基礎」の行数が最後に保存した時と異なります（28行あるはずのところ、27行）",
        ),
        (
            (
                "INSERT INTO cost_category (id, consortium_id, service_id, name, position) "
                "SELECT 'x', consortium_id, service_id, 'x', 99 FROM cost_category LIMIT 1"
            ),
            "「経費区分」の行数が最後に保存した時と異なります",
        ),
        ("DELETE FROM table_seal WHERE name = 'member'", "「構成団体」（7行）の照合値がありません"),
        ("UPDATE table_seal SET name = 'x' WHERE name = 'member'", "知らない表「x」の照合値"),
    ],
)
def test_a_row_changed_by_no_unit_of_work_is_named(
    office: Office, database_url: str, change: str, said: str
) -> None:
    assert faults(office) == ()
    by_hand(database_url, change)
    assert any(said in fault for fault in faults(office))


def test_a_damaged_report_outside_the_register_is_named(office: Office) -> None:
    office.issued(2026, "planned")
    office.tick(datetime(2027, 1, 1, 6, tzinfo=TOKYO))
    (monthly,) = report_runs("monthly_cost")
    file = office.worker.folder / recorded(monthly.id)[0].stored_name
    assert faults(office) == ()
    file.write_bytes(file.read_bytes()[:-1])
    (fault,) = faults(office)
    assert fault.endswith("保存したファイルの内容が発行した時と異なります。")
    file.unlink()
    (fault,) = faults(office)
    assert fault.endswith("保存したファイルが見つかりません。")


def test_every_table_with_money_has_a_hash_or_another_witness() -> None:
    """share_row is rebuilt from the run's document, statement rows carry a hash of their own."""
    witnessed = {"share_row", "statement"}
    money = {
        table.name
        for table in models.Base.metadata.sorted_tables
        for column in table.columns
        if type(column.type).__name__ in {"YenType", "FractionType", "DecimalType"}
    }
    assert money - witnessed <= SEALED.keys()


def test_nothing_is_issued_while_a_record_differs(
    office: Office, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = office.approved(2026, "planned")
    issued = count(models.Statement)
    monkeypatch.setattr(integrity, "_checked", {})  # as in a process that has just started
    by_hand(database_url, "UPDATE member SET kana = kana || 'x'")
    office.issue(run_id)
    assert count(models.Statement) == issued
    with reading() as session:
        (found,) = store.states(session, office.consortium_id)
    assert (found.occasion, found.fault_count) == ("issue", 1)
    # Nor does the clock go on with it, until somebody has the records checked again.
    by_hand(database_url, "UPDATE member SET kana = rtrim(kana, 'x')")
    office.tick(office.clock.now() + timedelta(hours=1))
    assert count(models.Statement) == issued
    assert faults(office) == ()
    office.tick(office.clock.now() + timedelta(hours=1))
    assert count(models.Statement) == issued + 8


def test_a_day_later_the_clock_checks_by_itself(office: Office, database_url: str) -> None:
    office.tick(office.clock.now())
    by_hand(database_url, "UPDATE member SET kana = kana || 'x'")
    office.tick(office.clock.now() + timedelta(hours=23))
    assert not count_faults(office)
    office.tick(office.clock.now() + timedelta(hours=1))
    assert count_faults(office)


def count_faults(office: Office) -> int:
    with reading() as session:
        (found,) = store.states(session, office.consortium_id)
    return found.fault_count


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE share_row SET amount = amount + 1",
        "DELETE FROM share_row",
        COPY_SHARE,
        "UPDATE report_file SET size = size + 1",
        "DELETE FROM report_file",
        COPY_FILE,
    ],
)
def test_the_database_itself_keeps_what_went_out_though_the_year_is_open(
    office: Office, database_url: str, change: str
) -> None:
    with pytest.raises(IntegrityError, match="final, never changed"):
        by_hand(database_url, change)


def test_shares_and_files_of_what_has_not_gone_out_may_change(
    database: Flask, database_url: str, tmp_path: Path, clock: FrozenClock
) -> None:
    office = open_office(tmp_path / "files", clock)
    office.draft()
    by_hand(database_url, "DELETE FROM share_row")
    assert count(models.ShareRow) == 0


# ---- F-10 ----------------------------------------------------------------------------------------


@databases.ON_SQLITE
def test_every_flipped_bit_that_changes_a_figure_is_found(
    office: Office, database_url: str, tmp_path: Path
) -> None:
    """Whoever reads the tables without the portal says whether a figure changed (F-10)."""
    whole = Path(database_url.removeprefix("sqlite:///"))
    db.session.remove()
    db.engine.dispose()
    with sqlite3.connect(whole) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content, wanted = whole.read_bytes(), figures(whole)
    assert wanted is not None
    chance, changed, missed = random.Random(10), 0, []
    for number in range(FLIPS):
        place = chance.randrange(len(content) * 8)
        flipped = bytearray(content)
        flipped[place // 8] ^= 1 << place % 8
        copy = tmp_path / "flipped.sqlite3"
        copy.write_bytes(flipped)
        if figures(copy) == wanted:
            continue
        changed += 1
        if not is_refused(office, copy):
            missed.append((number, place))
    assert changed > FLIPS // 10
    assert missed == []


def figures(path: Path) -> list[list[tuple[object, ...]]] | None:
    """Read what was counted, agreed and issued by a plain connection; None where nobody can."""
    parts = {"report_input": "id, document", "report_file": "id, run_id, slot, size, file_hash"}
    names = (*SEALED, "share_row", "statement", "audit_event", *parts)
    try:
        with closing(sqlite3.connect(path)) as connection:
            asked = [f"SELECT {parts.get(name, '*')} FROM {name}" for name in names]
            return [sorted(connection.execute(each), key=repr) for each in asked]
    except (sqlite3.Error, UnicodeDecodeError):
        return None


def is_refused(office: Office, path: Path) -> bool:
    """Start on a file as `flask serve` does; say whether it would show no figures."""
    try:
        with databases.opened(f"sqlite:///{path}"):
            found = integrity.check_all(office.worker.folder, office.clock.now(), "start")
    except Exception:
        return True
    return not found or any(each.fault_count for each in found)


def test_what_cannot_be_read_just_now_is_no_difference(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A virus scanner holds a file for a moment: nobody is locked out for it."""
    assert faults(office) == ()

    def held(*_: object) -> bytes:
        raise PermissionError(13, "held by another program")

    with monkeypatch.context() as patch:
        patch.setattr(integrity.files, "read_stored", held)
        with pytest.raises(PermissionError):
            faults(office)
    with reading() as session:
        (kept,) = store.states(session, office.consortium_id)
    assert kept.fault_count == 0
