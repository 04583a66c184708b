"""A letter waited for good where the office could not be told of another report's failure."""

from pathlib import Path

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.usecases import delivery
from consortium.usecases.ticking import tick
from tests.mail_server import mail_server
from tests.mailing import reader, told, with_mail
from tests.office import open_office
from tests.people import People

pytestmark = pytest.mark.usefixtures("plain_files")


def test_letters_go_out_although_another_part_fails(
    database: Flask, tmp_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = open_office(tmp_path / "files", clock)
    reader(People(database, clock), "ita")

    def unknown_kind(*_args: object) -> None:
        raise KeyError("no such kind")

    monkeypatch.setattr(delivery, "_tell_failures", unknown_kind)
    with mail_server() as server:
        office = with_mail(office, server.mailer())
        office.issued()
        with pytest.raises(KeyError, match="no such kind"):
            tick(office.worker)
    assert told() == {"ita": "sent"}
