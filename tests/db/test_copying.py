"""From SQLite to PostgreSQL (移し替え): the same rows, yen and hashes, or nothing at all."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, func, insert, select, text

from consortium.cli import create_app_for_commands
from consortium.clock import FrozenClock
from consortium.db import copying, databases
from consortium.db.backup_error import BackupError
from consortium.db.engine import db
from consortium.db.models import ShareRow, Statement, YearClosing
from consortium.db.unit import reading, writing
from consortium.domain.errors import ClosedError
from consortium.usecases import register_check
from tests.databases import ON_POSTGRESQL, ON_SQLITE, SqliteTemplates, opened
from tests.factories import NOW, OFFICER
from tests.office import open_office
from tests.saving import whole_state

pytestmark = pytest.mark.usefixtures("plain_files")


@pytest.fixture
def source(
    sqlite_source: SqliteTemplates, tmp_path: Path, clock: FrozenClock
) -> tuple[Path, dict[str, list[str]], tuple[int, int]]:
    """Give a SQLite portal with an issue, a second edition drafted and the year locked."""
    url = sqlite_source.fresh(tmp_path)
    with opened(url):
        office = open_office(tmp_path / "files", clock)
        office.issued(2021)
        office.draft(2021, reason="訂正")  # it names the run that it is to replace
        with writing(OFFICER, clock.now()) as unit:
            closing = YearClosing(
                consortium_id=office.consortium_id,
                fiscal_year_start=2021,
                kind="hard",
                closed_by="u-9",
                closed_at=clock.now(),
            )
            unit.session.add(closing)
            unit.record(office.consortium_id, "test", "year_closing", "c", "試験")
        with reading() as session:
            count, yen = session.execute(select(func.count(), func.sum(ShareRow.amount))).one()
        state = whole_state()
    return Path(url.removeprefix("sqlite:///")), state, (count, yen)


@pytest.fixture
def target(empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Give the portal with an empty PostgreSQL database in its settings."""
    monkeypatch.setenv("CONSORTIUM_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CONSORTIUM_DATABASE_URL", empty_url)
    monkeypatch.setenv("CONSORTIUM_SECRET_KEY", secrets.token_hex(32))
    portal = create_app_for_commands()
    yield portal
    with portal.app_context():
        db.engine.dispose()


@ON_POSTGRESQL
def test_everything_arrives_or_nothing_does(
    source: tuple[Path, dict[str, list[str]], tuple[int, int]],
    target: Flask,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, state, (count, yen) = source
    run = target.test_cli_runner()
    # A row that arrives as another one: nothing is saved.
    with monkeypatch.context() as patch:
        patch.setattr(copying, "insert", _one_yen_more)
        answer = run.invoke(args=["db-copy", "--from", str(path)])
        assert (answer.exit_code, "移す前と異なります" in answer.output) == (2, True), (
            answer.exception
        )
    with target.app_context():
        assert not any(whole_state().values())
    answer = run.invoke(args=["db-copy", "--from", str(path)])
    assert answer.exit_code == 0, answer.output
    # The sums of the shares, as SQL on the source gave them, stand in the table that is printed.
    line = next(line for line in answer.output.splitlines() if line.startswith("share_row"))
    assert line.split()[1:3] == [f"{count:,}", f"{yen:,}"]
    with target.app_context():
        found = whole_state()
        differing = {name for name in state if found[name] != state[name]}
        assert differing <= {"audit_event", "table_seal"}  # that it was moved is recorded
        assert len(found["audit_event"]) == len(state["audit_event"]) + 1
        (owner,) = register_check.owners()
        assert register_check.verify(owner, tmp_path / "files").faults == []
        with pytest.raises(ClosedError), writing(OFFICER, NOW) as unit:  # the triggers are on
            unit.session.execute(delete(Statement))
    again = run.invoke(args=["db-copy", "--from", str(path)])
    assert (again.exit_code, "もう行があります" in again.output) == (2, True)


def _one_yen_more(table: object) -> object:
    """Insert what the copy gives, but one share of it one yen higher."""
    statement = insert(table)  # type: ignore[arg-type]  # a table
    if getattr(table, "name", "") != "share_row":
        return statement
    return text(
        "INSERT INTO share_row (run_id, item_no, component, code, consortium_id, amount)"
        " VALUES (:run_id, :item_no, :component, :code, :consortium_id, :amount + 1)"
    )


@ON_POSTGRESQL
def test_a_source_that_does_not_fit_is_refused(target: Flask, tmp_path: Path) -> None:
    run = target.test_cli_runner()
    answer = run.invoke(args=["db-copy"])
    assert (answer.exit_code, "consortium.sqlite3」がありません" in answer.output) == (2, True)
    (tmp_path / "consortium.sqlite3").touch()
    answer = run.invoke(args=["db-copy"])
    assert (answer.exit_code, "flask db upgrade" in answer.output) == (2, True)


@ON_SQLITE
def test_a_target_that_is_no_postgresql_is_refused(empty_url: str, tmp_path: Path) -> None:
    with opened(empty_url), pytest.raises(BackupError, match="PostgreSQL ではありません"):
        copying.refuse_unfit(tmp_path / "x", databases.known_revisions()[-1])
