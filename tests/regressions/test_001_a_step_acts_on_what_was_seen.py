"""A step was taken on figures that the person had never seen (見ていない額の承認).

The page was open while somebody else sent the run back, computed it again and submitted it.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.domain.errors import StaleError
from consortium.usecases import runs
from consortium.usecases.kinds import KINDS
from tests import factories
from tests.office import Office, open_office
from tests.pages import seen_on, submit, token
from tests.people import People
from tests.web.portal import open_portal

pytestmark = pytest.mark.usefixtures("plain_files")


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    return open_office(tmp_path / "files", clock)


def computed_again(office: Office, run_id: str) -> None:
    """Let another officer put other figures into a draft."""
    factories.add_many_items(office.staff, 2021, 1)
    runs.recalculate(office.staff, run_id, seen=office.seen(run_id), now=office.clock.now())


def step_of(office: Office, name: str, seen: str) -> Callable[[str], object]:
    now = office.clock.now()
    steps: dict[str, Callable[[str], object]] = {
        "recalculate": lambda run_id: runs.recalculate(office.staff, run_id, seen=seen, now=now),
        "discard": lambda run_id: runs.discard(office.staff, run_id, seen=seen, now=now),
        "submit": lambda run_id: runs.move(office.staff, run_id, "submit", seen=seen, now=now),
        "issue": lambda run_id: runs.issue(
            office.approver, run_id, seen=seen, worker=office.worker, kinds=KINDS
        ),
    }
    moved: Callable[[str], object] = lambda run_id: runs.move(  # noqa: E731 -- one of the table
        office.approver, run_id, name, seen=seen, now=now, reason="試験"
    )
    return steps.get(name, moved)


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("recalculate", ()),
        ("discard", ()),
        ("submit", ()),
        ("send_back", ("submit",)),
        ("approve", ("submit",)),
        ("withdraw", ("submit", "approve")),
        ("issue", ("submit", "approve")),
    ],
)
def test_no_step_is_taken_on_figures_that_changed_after_the_page_was_opened(
    office: Office, name: str, before: tuple[str, ...]
) -> None:
    run_id = office.draft()
    seen = office.seen(run_id)
    computed_again(office, run_id)
    office.move(run_id, *before)
    stored = factories.everything()
    with pytest.raises(StaleError, match="計算し直されています"):
        step_of(office, name, seen)(run_id)
    assert factories.everything() == stored


def test_an_old_page_of_the_approver_approves_nothing(
    app: Flask, cast: People, clock: FrozenClock
) -> None:
    portal = open_portal(app, cast, clock)
    run_id = portal.run(upto="in_review")
    approver = cast.client("lead_approver")
    old = approver.get(f"/runs/{run_id}")
    with app.app_context():
        portal.office.move(run_id, "send_back")
        computed_again(portal.office, run_id)
        portal.office.move(run_id, "submit")
    before = portal.everything()
    data = {"csrf_token": token(old), "seen": seen_on(old)}
    answer = approver.post(f"/runs/{run_id}/approve", data=data)
    assert answer.status_code == 409
    assert "画面を開いた後に計算し直されています。" in answer.text
    assert portal.everything() == before
    assert (
        submit(approver, f"/runs/{run_id}/approve", {}, page=f"/runs/{run_id}").status_code == 302
    )
    assert portal.state(run_id) == "approved"


@pytest.mark.parametrize(
    ("state", "role", "step"),
    [
        ("draft", "lead_staff", "discard"),
        ("in_review", "lead_approver", "send-back"),
        ("approved", "lead_approver", "withdraw"),
        ("approved", "lead_approver", "issue"),
    ],
)
def test_a_page_that_asks_first_says_what_it_showed(
    app: Flask, cast: People, clock: FrozenClock, state: str, role: str, step: str
) -> None:
    portal = open_portal(app, cast, clock)
    run_id = portal.run(upto=state)
    client = cast.client(role)
    path = f"/runs/{run_id}/{step}"
    page = client.get(path)
    with app.app_context():
        assert seen_on(page) == portal.office.seen(run_id)
    before = portal.everything()
    data = {"csrf_token": token(page), "seen": "0" * 64, "reason": "書いた理由"}
    answer = client.post(path, data=data)
    assert answer.status_code == 409
    assert "画面を開いた後に計算し直されています。" in answer.text
    if "reason" in page.text:
        assert "書いた理由" in answer.text
    assert portal.everything() == before
