"""The restore drill (復元の訓練): yesterday's state is put back, and today's work is done again.

As in docs/backup.md, by the commands of the manual, on both databases.
"""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from consortium import scheduler
from consortium.cli import create_app_for_commands
from consortium.clock import FrozenClock
from consortium.db import restore_mark
from consortium.db.engine import db
from consortium.db.models import CostItem, Statement
from consortium.db.unit import reading, writing
from consortium.domain.errors import DuplicateError, InvalidTransitionError
from consortium.domain.yen import Yen
from consortium.usecases import runs
from tests.databases import ON_SQLITE
from tests.factories import OFFICER, items_of
from tests.office import Office, files_of_run, open_office
from tests.saving import ABOUT, files_in, whole_state

pytestmark = pytest.mark.usefixtures("read_here")


@pytest.fixture
def office(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: FrozenClock
) -> Iterator[Office]:
    """Give the office of an installation; FY2021 was issued yesterday, FY2022 is approved."""
    monkeypatch.setenv("CONSORTIUM_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CONSORTIUM_DATABASE_URL", database_url)
    monkeypatch.setenv("CONSORTIUM_SECRET_KEY", secrets.token_hex(32))
    portal = create_app_for_commands()
    with portal.app_context():
        opened = open_office(portal.config["FILES_DIR"], clock)
        opened.issued(2021)
        yield opened
        db.session.remove()
        db.engine.dispose()


def say(*arguments: object, code: int = 0) -> str:
    """Run a command as an operator does, in a process of its own as far as the database goes."""
    db.session.remove()
    db.engine.dispose()
    portal = create_app_for_commands()
    runner: FlaskCliRunner = portal.test_cli_runner()
    answer = runner.invoke(args=[*map(str, arguments)])
    with portal.app_context():
        db.engine.dispose()
    assert answer.exit_code == code, answer.output
    return answer.output


def numbers(year: int) -> dict[int, str]:
    """Give number → slot of the register of a year."""
    with reading() as session:
        rows = session.execute(
            select(Statement.number, Statement.slot).where(Statement.fiscal_year_start == year)
        )
        return {number: slot for number, slot in rows}


def back_up_and_lose(office: Office, tmp_path: Path) -> tuple[dict[str, bytes], Path]:
    """Back up, issue FY2022, keep what the towns received, and put yesterday back."""
    say("backup", "create")
    backup = next((tmp_path / "backups").glob("*.zip"))
    before = whole_state(ABOUT), files_in(tmp_path / "files")
    sent = files_of_run(office, office.issued(2022))
    copies = tmp_path / "copies"
    copies.mkdir()
    for slot, content in sent.items():
        (copies / f"{slot[-6:]}.xlsx").write_bytes(content)
    say("backup", "restore", backup.name, "--replace")
    assert (whole_state(ABOUT), files_in(tmp_path / "files")) == before
    return sent, copies


def test_yesterday_is_put_back_and_what_went_out_today_keeps_its_numbers(
    office: Office, tmp_path: Path
) -> None:
    sent, copies = back_up_and_lose(office, tmp_path)
    assert "相違ありません。" in say("register", "verify")
    kept = min((tmp_path / "files").glob("*.xlsx"))
    assert "比べました" in say("audit", "verify", "--against", kept)
    lost = say("audit", "verify", "--against", copies / "lead.xlsx", code=1)
    assert "一致する操作記録がありません" in lost
    # Today's work again; before the comparison nobody gets a number.
    run_id = office.approved(2022)
    with pytest.raises(DuplicateError, match="register reconcile"):
        office.issue(run_id)
    said = say("register", "reconcile", "--highest", 40, "--files", copies)
    assert "引き取った文書 8件、台帳にない文書 0件。次の文書番号は第41号です。" in said
    # Numbers 1 to 8 went to FY2021, 9 to 16 to FY2022, as before the loss.
    assert numbers(2022) == dict(enumerate([*sorted(sent, key=_order)], start=9))
    assert files_of_run(office, runs.show_run(office.staff, run_id).run) == sent
    assert "相違ありません。" in say("register", "verify")


def _order(slot: str) -> tuple[bool, str]:
    return slot == "lead", slot


@ON_SQLITE
def test_what_does_not_come_out_the_same_becomes_the_next_edition(
    office: Office, tmp_path: Path
) -> None:
    _, copies = back_up_and_lose(office, tmp_path)
    item = items_of(office.staff, 2022, "final")[0]
    amount = Yen(item.amount_incl_tax + 1_000_000)
    change(office, item.id, amount)
    first = office.approved(2022)
    said = say("register", "reconcile", "--highest", 11, "--files", copies)
    assert "引き取った文書 0件、台帳にない文書 8件。次の文書番号は第17号です。" in said
    with pytest.raises(InvalidTransitionError, match="別の数字で発行"):
        office.issue(first)
    office.move(first, "withdraw")
    runs.discard(office.staff, first, seen=office.seen(first), now=office.clock.now())
    run = office.issued(2022)
    assert (run.edition, min(numbers(2022))) == (2, 17)
    # Once more changes nothing: what was lost is known.
    assert "台帳にない文書 0件。次の文書番号は第25号です。" in say(
        "register", "reconcile", "--highest", 0, "--files", copies
    )


def change(office: Office, item_id: str, amount: Yen) -> None:
    """Let a cost be another one than before the loss."""
    with writing(OFFICER, office.clock.now()) as unit:
        row = unit.session.get_one(CostItem, item_id)
        row.amount_incl_tax = amount
        if row.net_amount is not None:
            row.net_amount = row.tax_amount = row.tax_rate = None
        unit.record(office.consortium_id, "test", "cost_item", item_id, "試験")


def test_nothing_starts_while_a_restoration_is_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSORTIUM_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CONSORTIUM_SECRET_KEY", secrets.token_hex(32))
    monkeypatch.setattr(scheduler, "run_until", lambda *_: None)
    restore_mark.put(tmp_path / "files")
    for words in (
        "serve --host 192.0.2.1",
        "scheduler run",
        "scheduler tick",
        "backup create",
    ):
        answer = create_app_for_commands().test_cli_runner().invoke(args=words.split())
        assert answer.exit_code == 2, words
        assert "復元が途中で止まっています。" in answer.output, words
        assert "もう一度 flask backup restore 名前 --replace" in answer.output, words
