"""Tampering with the register (改ざん): 500 rows, every column, every way; all of it is found.

The triggers refuse such changes; here they are taken as overcome, on a copy in memory. What a
single row says is checked row by row, because a whole check of 500 rows for each of 12,500 changes
would take minutes; for one row of each column, and for every other kind, the whole check runs.
"""

import hashlib
import json
from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from flask import Flask

from consortium.db import models
from consortium.db.store import register_rows, registers
from consortium.db.unit import Head, audit_head, reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.yen import Yen
from consortium.reports import verify_register as verify
from tests.db import rows

ROWS, AT_ONCE = 500, 8
COLUMNS = (*verify.STATEMENT, "row_hash")
Register = dict[str, Any]


@pytest.fixture(scope="module")
def issued() -> dict[str, Register]:
    """Keep what the first test of each database issued."""
    return {}


@pytest.fixture
def register(database: Flask, issued: dict[str, Register]) -> Register:
    """Give a register of 500 rows as exported: 63 issues of eight documents each."""
    kind = database.config["SQLALCHEMY_DATABASE_URI"].partition(":")[0]
    if kind not in issued:
        issued[kind] = _issue()
    return deepcopy(issued[kind])


def _issue() -> Register:
    own = {"consortium_id": "c-1"}
    with rows.write() as unit:
        unit.session.add(rows.consortium())
        unit.session.flush()
        unit.session.add_all([rows.member(), rows.user(), rows.allocation_run()])
        unit.session.add(
            models.ReportRun(
                id="r-1", **own, kind="final", fiscal_year_start=2021, period_key="FY2021",
                due_at=rows.NOW,
            )
        )  # fmt: skip
        unit.session.flush()
        unit.session.add_all([_file(number) for number in range(1, ROWS + 1)])
        rows.note(unit)
    for first in range(1, ROWS + 1, AT_ONCE):
        with writing(rows.OFFICER, rows.NOW, reason="試験") as unit:
            head = audit_head(unit.session, "c-1")
            numbers = range(first, min(first + AT_ONCE, ROWS + 1))
            registers.enter(unit, "c-1", "確定", [_line(number, head) for number in numbers])
    with reading() as session:
        return register_rows.export(session, "c-1")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _file(number: int) -> models.ReportFile:
    return models.ReportFile(
        id=f"f-{number}", consortium_id="c-1", run_id="r-1", slot=f"s-{number}",
        stored_name=f"{number}.xlsx", display_name="明細書.xlsx", size=1,
        file_hash=_hash(f"file {number}"), attempt=1,
    )  # fmt: skip


def _line(number: int, head: Head) -> registers.NewStatement:
    """Give a row in which no two columns and no two rows are alike, with and without empty ones."""
    is_notice = number % 2 == 0
    return registers.NewStatement(
        run_id="a-1", report_run_id="r-1", report_file_id=f"f-{number}", slot=f"s-{number}",
        code=rows.HIROSAKI if number % 3 else None, number=number,
        document_number=f"共ク第{number}号", year=FiscalYear(2021), stage="final", edition=1,
        amount=Yen(1_000 + number), issued_on=date(2026, 12, 1), data_hash=_hash(f"data {number}"),
        file_hash=_hash(f"file {number}"), register_seq=head.seq, register_hash=head.hash,
        kind="notice" if is_notice else "", period_key="FY2021I1" if is_notice else "",
        instalment=1 if is_notice else None, due_on=date(2026, 12, 21) if is_notice else None,
        content_hash=_hash(f"content {number}"), rows_hash=None if is_notice else _hash("rows"),
    )  # fmt: skip


def changed(value: object) -> object:
    """Give the closest other value of the same kind; what is empty becomes the empty text."""
    if value is None:
        return ""
    if isinstance(value, int):
        return value + 1
    assert isinstance(value, str)
    return value[:-1] + ("0" if value[-1:] != "0" else "1")


def rewrite(register: Register) -> None:
    """Compute row hashes, events and chain anew, as somebody would who owns the whole database."""
    by_number = {row["number"]: row for row in register["statements"]}
    last = verify.GENESIS
    for event in register["events"]:
        if event["action"] == "statement.issue":
            said = json.loads(event["after"])
            for each in said.values():
                row = by_number[each["number"]]
                row["row_hash"] = verify.row_hash(verify.STATEMENT, row)
                each.update({key: row[key] for key in each})
            event["after"] = json.dumps(
                said, ensure_ascii=False, sort_keys=True, separators=(",", ":")
            )
        event["prev_hash"] = last
        last = event["hash"] = verify.event_hash(event)
        for row in register["statements"]:
            if row["register_seq"] == event["seq"]:
                row["register_hash"] = last


def test_the_register_is_whole_before_anybody_touches_it(register: Register) -> None:
    assert len(register["statements"]) == ROWS
    assert set(register["statements"][0]) == set(COLUMNS)
    assert verify.differences(register) == []


def test_every_column_of_every_row_is_guarded(register: Register) -> None:
    issues = verify.entered(register["events"], "statement.issue")
    for row in register["statements"]:
        for column in COLUMNS:
            tampered = row | {column: changed(row[column])}
            assert list(verify.row_faults(tampered, issues.get(row["number"]))), column


@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_column_is_found_even_if_the_row_is_hashed_anew(
    register: Register, column: str
) -> None:
    row = register["statements"][123]
    row[column] = changed(row[column])
    assert verify.differences(register)
    if column != "row_hash":
        row["row_hash"] = verify.row_hash(verify.STATEMENT, row)
        assert verify.differences(register)


@pytest.mark.parametrize("value", [None, "", 0, "0"])
def test_null_empty_and_zero_are_not_alike(register: Register, value: object) -> None:
    row = register["statements"][1]
    assert row["instalment"] == 1
    row["instalment"] = value
    assert verify.differences(register)


@pytest.mark.parametrize("number", [1, 2, 250, 499, 500])
def test_a_deleted_row_is_named(register: Register, number: int) -> None:
    del register["statements"][number - 1]
    (fault,) = verify.differences(register)
    assert fault.startswith(f"発行台帳 第{number}号の行がありません")


def test_rows_that_were_never_issued_are_named(register: Register) -> None:
    new = register["statements"][-1] | {"number": 501, "id": "t-new"}
    new["row_hash"] = verify.row_hash(verify.STATEMENT, new)
    register["statements"].append(new)
    assert verify.differences(register) == ["発行台帳 第501号を発行した記録がありません。"]


@pytest.mark.parametrize("step", [1, 7, 250])
def test_rows_that_changed_places_are_named(register: Register, step: int) -> None:
    one, other = register["statements"][3], register["statements"][3 + step]
    one["number"], other["number"] = other["number"], one["number"]
    found = verify.differences(register)
    for number in (4, 4 + step):
        assert any(each.startswith(f"発行台帳 第{number}号の") for each in found)


def test_a_duplicated_row_is_named(register: Register) -> None:
    register["statements"].insert(7, dict(register["statements"][6]))
    assert verify.differences(register) == ["発行台帳 第7号が二つあります。"]


def test_every_field_of_every_event_is_guarded(register: Register) -> None:
    for event in register["events"]:
        for field in (*verify.EVENT, "hash"):
            tampered = event | {field: changed(event[field])}
            if field == "at":
                tampered["at"] = event["at"].replace("01:00:00", "01:00:01")
            assert verify.event_hash(tampered) != tampered["hash"], field


@pytest.mark.parametrize("at", [1, 30, -2])
def test_events_deleted_doubled_or_exchanged_are_found(register: Register, at: int) -> None:
    for damage in ("delete", "double", "exchange"):
        copy = deepcopy(register)
        events = copy["events"]
        if damage == "delete":
            del events[at]
        elif damage == "double":
            events.insert(at, events[at])
        else:
            events[at - 1], events[at] = events[at], events[at - 1]
        assert verify.differences(copy), damage


def test_a_tail_cut_from_the_rows_or_the_chain_alone_is_found(register: Register) -> None:
    shorter = deepcopy(register)
    del shorter["statements"][-8:]
    assert verify.differences(shorter)
    del register["events"][-1:]
    assert verify.differences(register)


def test_a_tail_cut_from_both_is_found_by_a_printed_head_only(register: Register) -> None:
    witness = (register["events"][-1]["seq"], register["events"][-1]["hash"][:16])
    assert verify.differences(register, [witness]) == []
    gone = register["events"].pop()
    lost = {each["number"] for each in json.loads(gone["after"]).values()}
    kept = [row for row in register["statements"] if row["number"] not in lost]
    register["statements"] = kept
    assert verify.differences(register) == []
    assert verify.differences(register, [witness]) == [
        f"印字された照合値(第{witness[0]}号)と一致する操作記録がありません。"
    ]


def test_a_chain_replaced_as_a_whole_is_found_by_a_printed_head_only(register: Register) -> None:
    heads = [(event["seq"], event["hash"]) for event in register["events"]]
    register["statements"][10]["amount"] += 1
    rewrite(register)
    assert verify.differences(register) == []
    issue = next(
        event["seq"] for event in register["events"]
        if event["action"] == "statement.issue" and '"number":11,' in event["after"]
    )  # fmt: skip
    for seq, digest in heads:
        found = verify.differences(register, [(seq, digest)])
        # An event before the change is as it was; every head from the change on shows it.
        assert bool(found) == (seq >= issue), seq
        if seq >= issue + 2:
            break
    assert verify.differences(register, heads[-1:])


def test_rows_that_cannot_be_read_are_a_fault_not_a_crash(register: Register) -> None:
    for damage in ({"amount": 1.5}, {"number": None}, {"code": ["x"]}):
        copy = deepcopy(register)
        copy["statements"][5] |= damage
        assert verify.differences(copy)
    for damage in ({"at": "0001-01-01T00:00:00+09:00"}, {"after": "[" * 100_000}):
        copy = deepcopy(register)
        copy["events"][5] |= damage
        assert verify.differences(copy)
    del register["statements"][5]["amount"]
    assert verify.differences(register)
    assert verify.differences({}) != []
