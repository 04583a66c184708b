"""Units of work (作業単位): what they save, what they refuse."""

import threading
import time
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from consortium.db import engine, models
from consortium.db.engine import db
from consortium.db.errors import BusyError
from consortium.db.seals import SEALED
from consortium.db.unit import Head, Unit, UnitError, audit_head, reading, together, writing
from consortium.domain.errors import DuplicateError, StaleError
from tests.db import rows


def count(model: type[models.Base]) -> int:
    """Count the saved rows of a table."""
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_what_a_unit_wrote_is_there_afterwards(database: Flask) -> None:
    rows.save_consortium()
    assert count(models.Consortium) == 1


def test_one_row_of_every_table_can_be_saved(database: Flask) -> None:
    rows.save_one_of_each()
    for mapper in models.Base.registry.mappers:
        # A unit adds the hash of every table of figures that it filled.
        wanted = len(SEALED) if mapper.class_ is models.TableSeal else 1
        assert count(mapper.class_) == wanted, mapper.class_.__name__


def test_an_exception_leaves_nothing_behind(database: Flask) -> None:
    def break_off() -> None:
        with rows.write() as unit:
            unit.session.add(rows.consortium())
            rows.note(unit)
            raise ValueError("途中")

    with pytest.raises(ValueError, match="途中"):
        break_off()
    assert count(models.Consortium) == 0
    assert count(models.AuditEvent) == 0


def test_a_view_cannot_write(database: Flask) -> None:
    rows.save_consortium()
    rename = update(models.Consortium).values(name="改名")
    with pytest.raises(DBAPIError, match=r"readonly|read-only"), reading() as session:
        session.execute(rename)
    with reading() as session:
        assert session.scalars(select(models.Consortium.name)).one() == "試験協議会"


def test_a_unit_can_write_after_a_view_was_refused(database: Flask) -> None:
    """The connection goes back to the pool without the refusal."""
    with pytest.raises(DBAPIError), reading() as session:
        session.execute(delete(models.Consortium))
    rows.save_consortium()
    assert count(models.Consortium) == 1


def test_a_view_that_leaves_something_unsaved_is_a_mistake(database: Flask) -> None:
    with pytest.raises(UnitError, match="outside writing"), reading() as session:
        session.add(rows.consortium())


def test_a_view_sees_one_state_of_the_data(database: Flask, database_url: str) -> None:
    rows.save_consortium()
    with reading() as session:
        names = select(models.Consortium.name)
        assert session.scalars(names).one() == "試験協議会"
        rows.by_hand(database_url, "UPDATE consortium SET name = '改名'")
        assert session.scalars(names).one() == "試験協議会"


def test_nothing_can_be_written_outside_a_unit(database: Flask) -> None:
    rows.save_consortium()
    with pytest.raises(DBAPIError, match=r"readonly|read-only"):
        db.session.execute(delete(models.AuditEvent))


def test_a_unit_begins_anew_after_a_stray_read(database: Flask) -> None:
    """Somebody loaded the user before the view: its read transaction must not be gone on with."""
    db.session.execute(select(models.Consortium)).all()
    rows.save_consortium()
    assert count(models.Consortium) == 1


def test_a_unit_does_not_adopt_changes_made_before_it(database: Flask) -> None:
    db.session.add(rows.consortium())
    with pytest.raises(UnitError, match="outside writing"), rows.write():
        pass


@pytest.mark.parametrize("outer", [reading, rows.write])
@pytest.mark.parametrize("inner", [reading, rows.write])
def test_a_unit_inside_a_unit_is_a_mistake(
    database: Flask, outer: Callable[[], object], inner: Callable[[], object]
) -> None:
    with outer(), pytest.raises(UnitError, match="inside"), inner():  # type: ignore[attr-defined]
        pass


def test_units_may_follow_each_other(database: Flask) -> None:
    with pytest.raises(ValueError, match="途中"), rows.write():
        raise ValueError("途中")
    with reading():
        pass
    rows.save_consortium()


def by_orm(unit: Unit) -> None:
    unit.session.get_one(models.Consortium, "c-1").name = "改名"


def by_statement(unit: Unit) -> None:
    unit.session.execute(update(models.Consortium).values(name="改名"))


def by_text(unit: Unit) -> None:
    unit.session.execute(text("update consortium set name = '改名'"))


def by_giving_back(unit: Unit) -> None:
    changed = update(models.Consortium).values(name="改名").returning(models.Consortium.id)
    assert unit.session.scalar(changed) == "c-1"


def by_many_rows(unit: Unit) -> None:
    unit.session.add_all(
        models.CostCategory(consortium_id="c-1", service_id="s-1", name=f"区分{n}", position=n)
        for n in range(2, 5)
    )


def by_deletion(unit: Unit) -> None:
    unit.session.execute(delete(models.Receipt))
    unit.session.execute(delete(models.RuleComponentValue))
    unit.session.execute(delete(models.RuleComponent))


@pytest.mark.parametrize(
    "change", [by_orm, by_statement, by_text, by_giving_back, by_many_rows, by_deletion]
)
def test_a_change_that_nothing_records_is_not_saved(
    database: Flask, change: Callable[[Unit], None]
) -> None:
    rows.save_one_of_each()
    with pytest.raises(UnitError, match="without a recorded event"), rows.write() as unit:
        change(unit)
    with reading() as session:
        assert session.scalars(select(models.Consortium.name)).one() == "試験協議会"
    assert count(models.CostCategory) == 1
    assert count(models.RuleComponent) == 1


def test_a_statement_that_hits_no_row_needs_no_record(database: Flask) -> None:
    rows.save_consortium()
    with rows.write() as unit:
        unit.session.execute(
            update(models.Consortium).where(models.Consortium.id == "c-2").values(name="改名")
        )


def test_operational_tables_need_no_record(database: Flask) -> None:
    rows.save_consortium()
    with rows.write() as unit:
        unit.operational()
        unit.session.add(models.LoginAttempt(bucket="x", window_start=rows.NOW, tries=1))
    assert count(models.LoginAttempt) == 1
    assert count(models.AuditEvent) == 1  # that of save_consortium


def test_operational_tables_need_the_word_operational(database: Flask) -> None:
    with pytest.raises(UnitError, match="login_attempt"), rows.write() as unit:
        unit.session.add(models.LoginAttempt(bucket="x", window_start=rows.NOW, tries=1))


def test_the_word_operational_does_not_cover_other_tables(database: Flask) -> None:
    rows.save_consortium()

    def rename() -> None:
        with rows.write() as unit:
            unit.operational()
            by_orm(unit)

    with pytest.raises(UnitError, match="consortium"):
        rename()


def test_the_second_of_two_editors_is_refused(database: Flask) -> None:
    rows.save_one_of_each()

    def edit() -> None:
        with rows.write() as unit:
            item = unit.session.get_one(models.CostItem, "i-1")
            # What the other editor's unit left behind, after we had read the row.
            unit.session.execute(text("UPDATE cost_item SET row_version = row_version + 1"))
            item.name = "保守費"
            rows.note(unit)

    with pytest.raises(StaleError, match="ほかの人"):
        edit()


def test_two_writers_who_read_first_both_succeed(database: Flask) -> None:
    """L-2: the second waits; with plain transactions it is refused at once."""
    rows.save_consortium()
    barrier = threading.Barrier(2)
    seen: list[int] = []
    failed: list[BaseException] = []

    def read_then_write() -> None:
        try:
            with database.app_context():
                barrier.wait(10)
                with rows.write() as unit:
                    seen.append(audit_head(unit.session, "c-1").seq)
                    time.sleep(0.2)  # long enough for the other to come to the same point
                    by_statement(unit)
                    rows.note(unit)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=read_then_write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert failed == []
    with reading() as session:
        assert audit_head(session, "c-1").seq == 3


def test_ten_writers_at_once_make_one_chain_without_gaps(database: Flask) -> None:
    rows.save_consortium()
    failed: list[BaseException] = []

    def record() -> None:
        try:
            with database.app_context(), rows.write() as unit:
                # An insert first: it locks the consortium row the way every child row does.
                unit.session.add(rows.basis_value(id=None, edition=threading.current_thread().name))
                unit.session.flush()
                rows.note(unit)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=record) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []
    with reading() as session:
        seqs = session.scalars(select(models.AuditEvent.seq).order_by(models.AuditEvent.seq)).all()
    assert list(seqs) == list(range(1, 12))


def test_a_locked_database_is_reported_as_busy(
    database: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.save_consortium()
    db.engine.dispose()  # the next connection takes the shorter wait
    monkeypatch.setattr(engine, "LOCK_WAIT_MS", 100)
    refused: list[BaseException] = []

    def write_meanwhile() -> None:
        try:
            with database.app_context(), rows.write() as unit:
                rows.note(unit)
        except BusyError as error:
            refused.append(error)

    with rows.write() as unit:
        rows.note(unit)
        other = threading.Thread(target=write_meanwhile)
        other.start()
        other.join(10)
    assert len(refused) == 1


def test_a_recorded_event_gives_its_place_in_the_chain(database: Flask) -> None:
    with writing(rows.OFFICER, rows.NOW) as unit:
        unit.session.add(rows.consortium())
        assert audit_head(unit.session, "c-1") == Head(0, "0" * 64)
        head = unit.record("c-1", "create", "consortium", "c-1", "登録", None, {"since": date.min})
        assert head.seq == 1
        assert audit_head(unit.session, "c-1") == head


# ---- many units together -------------------------------------------------------------------------


def test_units_within_a_greater_one_are_saved_with_it_and_refused_alone(database: Flask) -> None:
    rows.save_consortium()

    def add(code: str, name: str) -> None:
        with writing(rows.OFFICER, rows.NOW) as unit:
            unit.session.add(rows.member(id=f"m-{name}", code=code, name=name))
            rows.note(unit)

    with together(rows.OFFICER, rows.NOW, "まとめて"):
        add("022021", "弘前市")
        with pytest.raises(DuplicateError):
            add("022021", "もう一つの弘前市")
        with reading() as session:
            assert session.scalars(select(models.Member.name)).all() == ["弘前市"]
        add("023817", "板柳町")
    with reading() as session:
        found = session.scalars(select(models.Member.name).order_by(models.Member.code)).all()
        reasons = session.scalars(select(models.AuditEvent.reason).distinct()).all()
    assert found == ["弘前市", "板柳町"]
    assert "まとめて" in reasons


@pytest.mark.parametrize("is_trial", [True, False])
def test_a_trial_and_what_is_broken_off_save_nothing(database: Flask, is_trial: bool) -> None:
    rows.save_consortium()
    before = count(models.AuditEvent)

    def fill() -> None:
        with together(rows.OFFICER, rows.NOW, is_trial=is_trial):
            with writing(rows.OFFICER, rows.NOW) as unit:
                unit.session.add(rows.member())
                rows.note(unit)
            assert count(models.Member) == 1
            if not is_trial:
                raise ValueError("途中")

    if is_trial:
        fill()
    else:
        with pytest.raises(ValueError, match="途中"):
            fill()
    assert (count(models.Member), count(models.AuditEvent)) == (0, before)
    with writing(rows.OFFICER, rows.NOW) as unit:  # and the next unit is one of its own again
        unit.session.add(rows.member())
        rows.note(unit)
    assert count(models.Member) == 1
