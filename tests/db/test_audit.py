"""The chain of what was done (操作記録): complete, linked, and not to be changed."""

import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError

from consortium.db import models
from consortium.db.audit import GENESIS, Head, audit_head, event_hash, verify_chain
from consortium.db.unit import Actor, reading, writing
from tests.databases import ON_SQLITE
from tests.db import rows

FORGED = (
    "INSERT INTO audit_event (consortium_id, seq, at, actor_id, actor_name, actor_body, actor_role,"
    ' action, object_type, object_id, title, reason, "before", "after", request_id, prev_hash,'
    " hash) SELECT consortium_id, {seq}, at, actor_id, actor_name, actor_body, actor_role, action,"
    " object_type, object_id, 'forged', reason, \"before\", \"after\", request_id, '{prev}',"
    " '{own}' FROM audit_event WHERE seq = 1"
)


@pytest.fixture
def chain(database: Flask, database_url: str) -> str:
    """Save five events and give the address of the database."""
    rows.save_consortium()
    for title in ("二", "三", "四", "五"):
        with rows.write() as unit:
            rows.note(unit, title)
    return database_url


def findings(against: Head | None = None) -> list[str]:
    """Verify the chain."""
    with reading() as session:
        return verify_chain(session, "c-1", against)


def tamper(url: str, *statements: str) -> None:
    """Change the chain by hand, its guards taken away."""
    rows.by_hand(url, *rows.triggers_off(url, "audit_event"), *statements)


def test_an_untouched_chain_is_whole_and_without_gaps(chain: str) -> None:
    assert findings() == []
    with reading() as session:
        seqs = session.scalars(select(models.AuditEvent.seq).order_by(models.AuditEvent.seq)).all()
    assert list(seqs) == [1, 2, 3, 4, 5]


def test_each_event_holds_the_hash_of_the_one_before(chain: str) -> None:
    with reading() as session:
        events = session.scalars(select(models.AuditEvent).order_by(models.AuditEvent.seq)).all()
        assert events[0].prev_hash == "0" * 64
        assert [event.prev_hash for event in events[1:]] == [event.hash for event in events[:-1]]


def test_an_empty_chain_has_no_findings(database: Flask) -> None:
    assert findings() == []
    with reading() as session:
        assert audit_head(session, "c-1") == Head(0, GENESIS)


@pytest.mark.parametrize(
    "change",
    [
        "title = 'changed'",
        "actor_name = 'somebody else'",
        '"after" = NULL',
        "\"before\" = ''",
        "reason = ''",
        "at = '2020-01-01 00:00:00.000000+00'",
        "hash = 'b'",
        "prev_hash = 'b'",
        "request_id = actor_id, actor_id = request_id",
    ],
)
def test_a_changed_event_is_found(chain: str, change: str) -> None:
    tamper(chain, f"UPDATE audit_event SET {change} WHERE seq = 3")
    assert any("第3号" in finding for finding in findings())


def test_an_event_changed_together_with_its_own_hash_is_found(chain: str) -> None:
    with reading() as session:
        event = session.scalars(select(models.AuditEvent).where(models.AuditEvent.seq == 3)).one()
        fields = {column.name: getattr(event, column.name) for column in event.__table__.columns}
    forged = event_hash(fields | {"title": "changed"})
    tamper(chain, f"UPDATE audit_event SET title='changed', hash='{forged}' WHERE seq=3")
    assert findings() == ["操作記録 第4号が前の記録とつながりません。"]


def test_a_deleted_event_is_found(chain: str) -> None:
    tamper(chain, "DELETE FROM audit_event WHERE seq = 3")
    assert findings() == ["操作記録 第3号がありません(次は第4号)。"]


def test_a_deleted_first_event_is_found(chain: str) -> None:
    tamper(chain, "DELETE FROM audit_event WHERE seq = 1")
    assert findings() == ["操作記録 第1号がありません(次は第2号)。"]


def test_an_inserted_event_is_found(chain: str) -> None:
    tamper(
        chain,
        "UPDATE audit_event SET seq = seq + 100 WHERE seq > 2",
        "UPDATE audit_event SET seq = seq - 99 WHERE seq > 100",
        FORGED.format(seq=3, prev="c" * 64, own="d" * 64),
    )
    assert any("第3号" in finding for finding in findings())


def test_an_event_added_at_the_end_by_hand_is_found(chain: str) -> None:
    with reading() as session:
        head = audit_head(session, "c-1")
    rows.by_hand(chain, FORGED.format(seq=6, prev=head.hash, own="d" * 64))
    assert findings() == ["操作記録 第6号の内容が記録した時と異なります。"]


def test_two_swapped_events_are_found(chain: str) -> None:
    tamper(
        chain,
        "UPDATE audit_event SET seq = 100 WHERE seq = 2",
        "UPDATE audit_event SET seq = 2 WHERE seq = 3",
        "UPDATE audit_event SET seq = 3 WHERE seq = 100",
    )
    found = findings()
    assert any("第2号" in finding for finding in found)
    assert any("第3号" in finding for finding in found)


def test_a_cut_off_tail_shows_only_against_a_printed_head(chain: str) -> None:
    with reading() as session:
        printed = audit_head(session, "c-1")
    assert findings(against=printed) == []
    tamper(chain, "DELETE FROM audit_event WHERE seq = 5")
    assert findings() == []
    assert findings(against=printed) == ["印字された照合値(第5号)と一致する操作記録がありません。"]


def test_a_head_printed_before_the_first_event_agrees(chain: str) -> None:
    assert findings(against=Head(0, GENESIS)) == []


@ON_SQLITE
def test_an_unreadable_event_is_a_finding_and_no_crash(chain: str) -> None:
    tamper(chain, "UPDATE audit_event SET at = 'yesterday' WHERE seq = 3")
    assert len(findings()) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET title = 'changed' WHERE seq = 3",
        "DELETE FROM audit_event WHERE seq = 3",
        "DELETE FROM audit_event",
    ],
)
def test_the_database_refuses_to_change_the_chain(chain: str, statement: str) -> None:
    with pytest.raises(IntegrityError, match="audit_event: final, never changed"):
        rows.by_hand(chain, statement)
    assert findings() == []


def test_the_database_refuses_to_empty_or_replace_the_chain(chain: str) -> None:
    """PostgreSQL knows TRUNCATE, SQLite INSERT OR REPLACE, on either of its keys."""
    if chain.startswith("postgresql"):
        with pytest.raises(DBAPIError, match="audit_event: final, never changed"):
            rows.by_hand(chain, "TRUNCATE audit_event")
        return
    replace = FORGED.replace("INSERT INTO", "INSERT OR REPLACE INTO")
    same_seq = replace.format(seq=3, prev="c" * 64, own="d" * 64)
    with reading() as session:
        second = session.scalars(select(models.AuditEvent).where(models.AuditEvent.seq == 2)).one()
        same_prev = replace.format(seq=9, prev=second.hash, own="d" * 64)
    # A plain connection: recursive_triggers is off, as in any tool an operator might use.
    plain = sqlite3.connect(chain.removeprefix("sqlite:///"))
    for statement in (same_seq, same_prev):
        with pytest.raises(sqlite3.IntegrityError, match="final, never changed"):
            plain.execute(statement)
    plain.close()
    assert findings() == []


@pytest.mark.parametrize(
    ("table", "column"),
    [("report_input", "document"), ("statement", "document_number")],
)
def test_a_frozen_input_and_an_issued_statement_never_change(
    database: Flask, database_url: str, table: str, column: str
) -> None:
    rows.save_one_of_each()
    for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(IntegrityError, match=f"{table}: final"):
            rows.by_hand(database_url, statement)


@pytest.mark.parametrize("state", ["in_review", "approved", "issued", "superseded"])
def test_a_run_beyond_the_draft_keeps_its_figures_but_may_move_on(
    database: Flask, database_url: str, state: str
) -> None:
    rows.save_one_of_each()
    rows.by_hand(database_url, f"UPDATE allocation_run SET total = 1, state = '{state}'")
    for statement in (
        "UPDATE allocation_run SET total = 2",
        "UPDATE allocation_run SET document = '{1}'",
        "UPDATE allocation_run SET inputs = '{1}'",
        "DELETE FROM allocation_run",
    ):
        with pytest.raises(IntegrityError, match="allocation_run: final"):
            rows.by_hand(database_url, statement)
    rows.by_hand(database_url, "UPDATE allocation_run SET state = 'issued', issued_by = 'u-1'")


def test_two_consortia_have_two_chains(chain: str) -> None:
    with writing(rows.OFFICER, rows.NOW) as unit:
        unit.session.add(rows.consortium(id="c-2", key="other"))
        head = unit.record("c-2", "create", "consortium", "c-2", "登録")
    assert head.seq == 1
    assert findings() == []


def test_an_event_keeps_who_acted_as_it_was_then(chain: str) -> None:
    with writing(
        Actor("u-9", "板柳 太郎", "板柳町", "member_staff"), rows.NOW, "訂正", "r-7"
    ) as unit:
        unit.record("c-1", "edit", "cost_item", "i-1", "運用費", {"金額": 1}, {"金額": 2})
    with reading() as session:
        event = session.scalars(select(models.AuditEvent).where(models.AuditEvent.seq == 6)).one()
    assert (event.actor_id, event.actor_name) == ("u-9", "板柳 太郎")
    assert (event.actor_body, event.actor_role) == ("板柳町", "member_staff")
    assert (event.reason, event.request_id, event.at) == ("訂正", "r-7", rows.NOW)
    assert (event.before, event.after) == ('{"金額":1}', '{"金額":2}')


def test_a_float_never_enters_the_chain(chain: str) -> None:
    with pytest.raises(TypeError, match="canonical"), rows.write() as unit:
        unit.record("c-1", "edit", "cost_item", "i-1", "運用費", None, {"amount": 1.5})


def event() -> dict[str, object]:
    """Make an event whose hash can be worked out by hand."""
    texts = {
        name: name
        for name in (
            "consortium_id", "actor_id", "actor_name", "actor_body", "actor_role", "action",
            "object_type", "object_id", "title", "reason", "request_id",
        )
    }  # fmt: skip
    instant = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    return texts | {"seq": 12, "at": instant, "before": None, "after": "{}", "prev_hash": GENESIS}


def test_the_hash_is_that_of_the_typed_and_counted_fields() -> None:
    """The serialisation is a promise to old chains: written out here byte by byte."""
    written = (
        "s13:consortium_idi2:12t32:2026-12-01T01:00:00.000000+00:00s8:actor_ids10:actor_name"
        "s10:actor_bodys10:actor_roles6:actions11:object_types9:object_ids5:titles6:reasonn0:"
        "s2:{}s10:request_ids64:" + "0" * 64
    )
    assert event_hash(event()) == sha256(written.encode()).hexdigest()


@pytest.mark.parametrize(
    "other",
    [
        {"before": ""},
        {"before": "0"},
        {"seq": 1, "at": datetime(2026, 12, 1, 1, 0, 0, 1, tzinfo=UTC)},
        {"title": "titler", "reason": "eason"},
    ],
)
def test_events_that_look_alike_have_different_hashes(other: dict[str, object]) -> None:
    assert event_hash(event() | other) != event_hash(event())


def test_the_same_instant_in_another_zone_has_the_same_hash() -> None:
    in_japan = datetime(2026, 12, 1, 10, 0, tzinfo=timezone(timedelta(hours=9)))
    assert event_hash(event() | {"at": in_japan}) == event_hash(event())
