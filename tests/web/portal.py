"""A portal of the sample consortium, and browsers of the people who use it (画面の試験の材料)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.engine import db
from consortium.db.store import settings
from consortium.db.unit import reading, writing
from tests import factories
from tests.office import Office, issued_office, open_office
from tests.people import People


@dataclass(frozen=True, slots=True)
class Portal:
    """The application, its office at work, and people in front of browsers."""

    app: Flask
    office: Office
    cast: People

    def run(self, start: int = 2021, stage: str = "final", upto: str = "issued") -> str:
        """Bring a run of the sample to a state and give its id."""
        with self.app.app_context():
            run_id = self.office.draft(start, stage)
            if upto != "draft":
                self.office.move(run_id, "submit")
            if upto in ("approved", "issued"):
                self.office.move(run_id, "approve")
            if upto == "issued":
                self.office.issue(run_id)
        return run_id

    def state(self, run_id: str) -> str | None:
        """Give the state of a run, None if it is gone."""
        with self.app.app_context(), reading() as session:
            found = select(models.AllocationRun.state).where(models.AllocationRun.id == run_id)
            return session.scalar(found)

    def file_of(self, code: str | None, start: int = 2021) -> str:
        """Give the file of a town's newest statement of a year; None: the summary's."""
        query = (
            select(models.Statement.report_file_id)
            .where(models.Statement.code == code, models.Statement.fiscal_year_start == start)
            .order_by(models.Statement.number.desc())
        )
        with self.app.app_context(), reading() as session:
            found = session.scalars(query).first()
        assert found
        return found

    def issue_of(self, run_id: str) -> str:
        """Give the issue that an issued run went out with."""
        query = select(models.Statement.report_run_id).where(models.Statement.run_id == run_id)
        with self.app.app_context(), reading() as session:
            found = session.scalars(query).first()
        assert found
        return found

    def statement_of(self, code: str | None, start: int = 2021) -> str:
        """Give the register entry of that file."""
        table = models.Statement
        query = select(table.id).where(table.report_file_id == self.file_of(code, start))
        with self.app.app_context(), reading() as session:
            return session.scalars(query).one()

    def hide_other_towns(self) -> None:
        """Set that a town sees its own amounts only."""
        with self.app.app_context(), writing(factories.OFFICER, factories.NOW) as unit:
            old = settings.settings_of(unit.session, self.office.consortium_id)
            settings.save_settings(unit, old, replace(old, shows_other_members=False))

    def everything(self) -> dict[str, list[object]]:
        """Give every row of every table but logins."""
        with self.app.app_context():
            return factories.everything()

    @contextmanager
    def counted(self) -> Iterator[list[str]]:
        """Collect the SQL statements of requests, those of the login included."""
        found: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            if statement.split(maxsplit=1)[0] in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}:
                found.append(statement)

        with self.app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield found
        finally:
            event.remove(engine, "before_cursor_execute", note)


def open_portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    """Register the sample consortium; nothing is computed or issued yet."""
    with app.app_context():
        office = open_office(Path(app.config["FILES_DIR"]), clock)
    return Portal(app, office, cast)


def issued_portal(
    app: Flask, cast: People, clock: FrozenClock, start: int = 2021, stage: str = "final"
) -> Portal:
    """Give a portal whose office has issued a year."""
    with app.app_context():
        office = issued_office(Path(app.config["FILES_DIR"]), clock, start, stage)
    return Portal(app, office, cast)


def statements_of(portal: Portal, client: FlaskClient, path: str) -> int:
    """Count the SQL statements of one page."""
    client.get(path)  # templates, connection
    with portal.counted() as found:
        assert client.get(path).status_code == 200
    return len(found)
