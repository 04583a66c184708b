"""Closing a year, and opening it again (仮締め・本締め・再開)."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, ClosedError, InvalidTransitionError
from consortium.usecases import closings, cost_items, costs, runs, year_closing
from consortium.usecases.reporting import SYSTEM
from consortium.usecases.ticking import tick
from tests import closing
from tests.factories import everything, items_of
from tests.office import Office, chain_faults, copy_costs, files_of_run, open_office

pytestmark = pytest.mark.usefixtures("plain_files")

#: FY2020 of the sample: five towns, nothing issued.
YEAR = FiscalYear(2020)


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    """Give the office of the sample consortium."""
    return open_office(tmp_path, clock)


def state(office: Office) -> str:
    """Give the state of the year today."""
    return closings.show_lock(office.staff, YEAR).state(office.clock.today())


def add_item(office: Office, reason: str = "") -> None:
    """Add a cost to the year, with a reason typed on the form."""
    first = items_of(office.staff, 2020)[0]
    entry = costs.Entry(
        first.category_id, "追加の費用", first.amount_incl_tax, first.first_month, first.last_month
    )
    viewer = replace(office.staff, reason=reason)
    cost_items.add_item(viewer, YEAR, "final", entry, office.clock.now())


def events(action: str) -> list[models.AuditEvent]:
    """Give the events of the chain with an action."""
    with reading() as session:
        found = select(models.AuditEvent).where(models.AuditEvent.action == action)
        return list(session.scalars(found.order_by(models.AuditEvent.seq)))


# ---- 仮締め ------------------------------------------------------------------------------------


def test_after_the_soft_lock_every_change_says_why(office: Office) -> None:
    year_closing.close_soft(office.staff, YEAR, "年度末", office.clock.now())
    assert state(office) == "soft"
    before = everything()
    with pytest.raises(BadInputError, match="理由") as refused:
        add_item(office)
    assert refused.value.path == closings.REASON
    assert everything() == before
    add_item(office, "請求書の届き遅れ")
    assert events("item.create")[-1].reason == "請求書の届き遅れ"


def test_a_soft_lock_lets_a_run_be_reviewed_without_another_reason(office: Office) -> None:
    run_id = office.draft(2020)
    year_closing.close_soft(office.staff, YEAR, "", office.clock.now())
    office.move(run_id, "submit", "approve")
    assert office.issue(run_id).state == "issued"


def test_the_approver_takes_the_soft_lock_back_with_a_reason(office: Office) -> None:
    now = office.clock.now()
    year_closing.close_soft(office.staff, YEAR, "", now)
    with pytest.raises(BadInputError, match="理由"):
        year_closing.lift(office.approver, YEAR, " ", now)
    year_closing.lift(office.approver, YEAR, "年度を間違えた", now)
    assert state(office) == "open"
    add_item(office)
    year_closing.close_soft(office.staff, YEAR, "", now)
    assert state(office) == "soft"


# ---- 本締め ------------------------------------------------------------------------------------


def test_a_year_is_closed_for_good_only_when_nothing_is_open(office: Office) -> None:
    now = office.clock.now()
    year_closing.close_soft(office.staff, YEAR, "", now)
    run_id = office.draft(2020, reason="年度末の確かめ")
    page = year_closing.show_year(office.approver, YEAR, office.clock.today())
    assert [(each.kind, each.id) for each in page.open] == [("settlement", ""), ("run", run_id)]
    before = everything()
    with pytest.raises(InvalidTransitionError) as refused:
        year_closing.close_hard(office.approver, YEAR, "", now)
    assert "精算の算定がまだ発行されていません" in refused.value.found
    assert "確定 第1版の算定が「下書き」です" in refused.value.found
    assert everything() == before


def test_a_closed_year_takes_no_change_and_says_who_closed_it(office: Office) -> None:
    closing.close(office, YEAR)
    assert state(office) == "hard"
    before = everything()
    with pytest.raises(ClosedError) as refused:
        add_item(office, "理由があっても")
    assert refused.value.found == "令和2年度は令和8年12月1日にu-9が本締めしました。"
    assert everything() == before


def test_closing_twice_has_one_effect(office: Office) -> None:
    closing.close(office, YEAR)
    before = everything()
    for again in (year_closing.close_soft, year_closing.close_hard):
        with pytest.raises(InvalidTransitionError):
            again(office.approver, YEAR, "", office.clock.now())
    assert everything() == before
    assert chain_faults(office) == []


# ---- 再開 ------------------------------------------------------------------------------------


def test_a_reopened_year_gives_a_further_edition_and_keeps_the_old_one(office: Office) -> None:
    """F-18: the old edition stays with its bytes and hashes; the new one says why."""
    first = office.issued(2020)
    closing.lock(office.staff, YEAR, office.clock.now())
    bytes_then, hash_then = files_of_run(office, first), first.document_sha256
    closing.reopen(office, YEAR)
    add_item(office)
    assert events("item.create")[-1].reason == "再開中の変更（請求の誤り）"
    second = office.issued(2020, reason="請求の誤りの訂正")
    assert (second.edition, second.supersedes_id) == (2, first.id)
    old = runs.show_run(office.staff, first.id).run
    assert (old.state, old.document_sha256) == ("superseded", hash_then)
    assert files_of_run(office, first) == bytes_then
    assert chain_faults(office) == []


@pytest.mark.parametrize(("days", "is_open"), [(29, True), (30, True), (31, False)])
def test_the_lock_is_back_the_day_after_the_last_one(
    office: Office, days: int, is_open: bool
) -> None:
    closing.close(office, YEAR)
    closing.reopen(office, YEAR, days=30)
    office.clock.advance(timedelta(days=days))
    assert state(office) == ("reopened" if is_open else "hard")
    if is_open:
        add_item(office)
    else:
        with pytest.raises(ClosedError):
            add_item(office)


def test_the_scheduler_writes_down_that_a_reopening_is_over(office: Office) -> None:
    closing.close(office, YEAR)
    closing.reopen(office, YEAR, days=0)
    tick(office.worker)
    assert events("year.end") == []
    office.clock.advance(timedelta(days=1))
    tick(office.worker)
    tick(office.worker)
    (ended,) = events("year.end")
    assert (ended.actor_name, ended.title) == ("自動処理", "令和2年度の再開の期限切れ")
    assert closings.end_overdue(SYSTEM, office.clock.now()) == 0


def test_a_reopening_needs_a_second_person(office: Office) -> None:
    closing.close(office, YEAR)
    now, until = office.clock.now(), office.clock.today()
    both = replace(office.approver, user_id=office.staff.user_id)
    year_closing.propose_reopening(office.staff, YEAR, "請求の誤り", until, now)
    with pytest.raises(ClosedError):
        add_item(office)
    before = everything()
    with pytest.raises(InvalidTransitionError, match="本人"):
        year_closing.grant_reopening(both, YEAR, now)
    assert everything() == before
    year_closing.grant_reopening(office.approver, YEAR, now)
    add_item(office)


@pytest.mark.parametrize(
    ("reason", "last_day", "path"),
    [("", date(2026, 12, 31), "reason"), ("請求の誤り", date(2026, 11, 30), "last_day")],
)
def test_a_reopening_without_reason_or_over_before_it_begins_is_refused(
    office: Office, reason: str, last_day: date, path: str
) -> None:
    closing.close(office, YEAR)
    before = everything()
    with pytest.raises(BadInputError) as refused:
        year_closing.propose_reopening(office.staff, YEAR, reason, last_day, office.clock.now())
    assert refused.value.path == path
    assert everything() == before


def test_a_refused_reopening_leaves_the_year_closed_with_the_reason_kept(office: Office) -> None:
    closing.close(office, YEAR)
    now, until = office.clock.now(), office.clock.today()
    year_closing.propose_reopening(office.staff, YEAR, "請求の誤り", until, now)
    year_closing.refuse_reopening(office.approver, YEAR, "翌年度の精算に入れる", now)
    assert state(office) == "hard"
    (past,) = year_closing.show_index(office.staff, until).reopenings
    assert (past.reason, past.answer) == ("請求の誤り", "翌年度の精算に入れる")
    closing.reopen(office, YEAR)
    assert state(office) == "reopened"


def test_a_proposal_that_lapsed_makes_room_for_the_next(office: Office) -> None:
    closing.close(office, YEAR)
    now, until = office.clock.now(), office.clock.today()
    year_closing.propose_reopening(office.staff, YEAR, "請求の誤り", until, now)
    office.clock.advance(timedelta(days=1))
    with pytest.raises(InvalidTransitionError):
        year_closing.grant_reopening(office.approver, YEAR, office.clock.now())
    closing.reopen(office, YEAR)
    assert state(office) == "reopened"


def test_the_approver_ends_a_reopening_early_when_nothing_is_open(office: Office) -> None:
    closing.close(office, YEAR)
    closing.reopen(office, YEAR)
    copy_costs(office, 2020, "final", 2020, "settlement")
    run_id = office.draft(2020, "settlement", reason="訂正")
    with pytest.raises(InvalidTransitionError, match="下書き"):
        year_closing.close_again(office.approver, YEAR, office.clock.now())
    seen, now = office.seen(run_id), office.clock.now()
    runs.discard(office.staff, run_id, seen=seen, now=now)
    year_closing.close_again(office.approver, YEAR, now)
    assert state(office) == "hard"
    with pytest.raises(ClosedError):
        add_item(office)
