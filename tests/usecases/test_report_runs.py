"""Making reports from the portal: left and found again, tried again, made anew (帳票の作成)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from consortium.clock import TOKYO, FrozenClock
from consortium.db.store import receipts, reports, schedules
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, InvalidTransitionError, NotFoundError
from consortium.usecases import ordering, report_runs, reporting
from consortium.usecases.kinds import KINDS
from consortium.usecases.ordering import Maker
from consortium.usecases.report_runs import ReportLine
from tests.office import (
    ITAYANAGI,
    SLOTS,
    Office,
    chain_faults,
    copy_costs,
    open_office,
    recorded,
)
from tests.office import (
    report_runs as runs_of,
)

JANUARY = datetime(2027, 1, 1, 6, tzinfo=TOKYO)
TOWNS = 7


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    """Give an office whose monthly reports begin with December 2026; nothing is issued."""
    return open_office(tmp_path / "files", clock)


def maker(office: Office) -> Maker:
    return Maker(office.worker, KINDS)


def line(office: Office, kind: str, place: int = -1) -> ReportLine:
    return report_runs.progress(office.staff, runs_of(kind)[place].id)


@contextmanager
def full_after(files: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the disk be full after so many files."""
    real, written = reporting._write, []

    def write(*given: Any) -> None:
        if len(written) == files:
            raise OSError(28, "No space left on device")
        written.append(1)
        real(*given)

    with monkeypatch.context() as patch:
        patch.setattr(reporting, "_write", write)
        yield


def test_of_many_towns_an_issue_is_ordered_left_and_found_again_by_whoever_ticks(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordering, "MOST_AT_ONCE", TOWNS - 1)
    run = office.issue(office.approved(2026, "planned"))
    assert run.state == "approved"
    (ordered,) = report_runs.list_reports(office.staff).coming
    assert (ordered.state, ordered.made, ordered.total, ordered.is_scheduled) == (
        "due", 0, None, False
    )  # fmt: skip
    with full_after(3, monkeypatch):
        office.tick(office.clock.now())
    halfway = report_runs.progress(office.staff, ordered.id)
    assert (halfway.made, halfway.total, halfway.is_out) == (3, SLOTS, False)
    assert report_runs.list_reports(office.staff).needing == [halfway]
    assert office.issue(run.id).state == "approved"  # asked again: still one order
    office.tick(datetime(2026, 12, 1, 11, tzinfo=TOKYO))
    done = report_runs.progress(office.staff, ordered.id)
    assert (done.made, done.total, done.is_out, done.trouble) == (SLOTS, SLOTS, True, "")
    assert [each.id for each in report_runs.list_reports(office.staff).done] == [ordered.id]
    told = report_runs.show_report(office.staff, ordered.id).events
    assert ("publish", "自動処理") in [(each.event, each.owner) for each in told]
    assert office.issue(run.id).state == "issued"
    assert chain_faults(office) == []


def test_of_few_towns_the_page_that_orders_makes_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordering, "MOST_AT_ONCE", TOWNS)
    assert office.issued(2026, "planned").state == "issued"


def test_a_report_that_waits_is_made_at_once_when_asked_and_in_its_turn(office: Office) -> None:
    office.tick(datetime(2027, 2, 1, 6, tzinfo=TOKYO))
    december, january = runs_of("monthly_cost")
    waits = report_runs.run_now(office.staff, december.id, maker(office))
    assert (waits.state, waits.wait_reason) == ("due", "この年度の負担金の発行待ち")
    office.issued(2026, "planned")
    with pytest.raises(InvalidTransitionError, match="前の対象期間"):
        report_runs.run_now(office.staff, january.id, maker(office))
    assert report_runs.run_now(office.staff, december.id, maker(office)).is_out
    assert report_runs.run_now(office.staff, january.id, maker(office)).is_out
    with pytest.raises(InvalidTransitionError, match="作成を待っている状態ではありません"):
        report_runs.run_now(office.staff, january.id, maker(office))


def test_of_many_towns_asking_ends_the_waiting_and_the_next_tick_makes_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.tick(JANUARY)
    (report,) = runs_of("monthly_cost")
    office.issued(2026, "planned")
    monkeypatch.setattr(ordering, "MOST_AT_ONCE", 1)
    assert office.tick(JANUARY) == 0  # it was to be tried again in some minutes
    assert not report_runs.run_now(office.staff, report.id, maker(office)).is_out
    assert office.tick(JANUARY) == 1
    assert line(office, "monthly_cost").is_out


def test_a_period_that_no_schedule_made_is_made_once_when_asked(office: Office) -> None:
    office.issued(2026, "planned")
    staff, now = office.staff, office.clock.now()  # 1 December 2026, a Tuesday
    offered = report_runs.missing_periods(staff, now)
    assert {kind: [each.key for each in found][:2] for kind, found in offered.items()} == {
        "monthly_cost": ["2026-11", "2026-10"],
        "quarterly_cost": ["FY2026Q2", "FY2026Q1"],
        "situation": ["2026-W48", "2026-W47"],
    }
    twice = [
        report_runs.make_period(staff, "quarterly_cost", "FY2026Q2", maker(office))
        for _ in range(2)
    ]
    assert twice[0].id == twice[1].id
    assert (twice[0].is_out, twice[0].made, twice[0].is_late) == (True, TOWNS, False)
    later = report_runs.missing_periods(staff, now)["quarterly_cost"]
    assert [each.key for each in later][:1] == ["FY2026Q1"]
    for kind, key in (("monthly_cost", "2026-12"), ("statement_final", "FY2026"), ("", "x")):
        with pytest.raises(BadInputError, match="選べません"):
            report_runs.make_period(staff, kind, key, maker(office))
    assert chain_faults(office) == []


def test_only_a_failed_report_is_tried_again(office: Office) -> None:
    office.issued(2026, "planned")
    office.tick(JANUARY)
    with pytest.raises(NotFoundError):
        report_runs.retry(office.staff, line(office, "monthly_cost").id, office.clock.now())


def test_what_cannot_be_made_is_cancelled_with_a_reason_and_not_planned_again(
    office: Office,
) -> None:
    """FY2026 is not issued here: its months wait, in April those of FY2027 have their turn."""
    office.tick(datetime(2027, 2, 1, 6, tzinfo=TOKYO))
    december, january = (line(office, "monthly_cost", place) for place in (0, 1))
    now = office.clock.now()
    with pytest.raises(BadInputError, match="理由"):
        report_runs.cancel(office.staff, december.id, " ", now)
    for _ in range(2):
        report_runs.cancel(office.staff, december.id, "旧システムで出した", now)
    gone = report_runs.progress(office.staff, december.id)
    assert (gone.state, gone.trouble, gone.is_open) == ("cancelled", "", False)
    page = report_runs.show_report(office.staff, december.id)
    assert (page.events[0].event, page.events[0].detail) == ("cancel", "旧システムで出した")
    assert [each.id for each in report_runs.list_reports(office.staff).done] == [december.id]
    assert office.tick(now) == 1  # not december: january waits now
    assert line(office, "monthly_cost", 1).wait_reason == "この年度の負担金の発行待ち"
    assert [run.state for run in runs_of("monthly_cost")] == ["cancelled", "due"]
    office.issued(2026, "planned")
    anew = report_runs.remake(office.staff, december.id, "やはり要る", maker(office))
    assert (anew.edition, anew.is_out) == (2, True)
    assert report_runs.run_now(office.staff, january.id, maker(office)).is_out
    for made in (january, anew):
        with pytest.raises(InvalidTransitionError, match="取り消せません"):
            report_runs.cancel(office.staff, made.id, "誤り", now)
    assert chain_faults(office) == []


def test_a_scheduled_statement_that_was_cancelled_goes_out_when_it_is_issued(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = office.approved(2026, "planned")
    year, kind, now = FiscalYear(2026), "statement_planned", office.clock.now()
    (schedule,) = schedules_of(office)
    new = reports.NewRun(office.consortium_id, kind, year, "FY2026", 1, now, schedule)
    with writing(office.staff.actor(), now) as unit:
        unit.operational()
        reports.insert_due(unit.session, [new])
    monkeypatch.setattr(ordering, "MOST_AT_ONCE", 1)
    report_runs.cancel(office.staff, line(office, kind).id, "手で発行する", now)
    assert office.tick(now) == 0
    assert office.issue(run_id).state == "approved"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reporting, "_write", full)
        office.tick(now)
    # Its numbers are taken: from here on it goes out.
    fixed = line(office, kind)
    assert (fixed.state, report_runs.show_report(office.staff, fixed.id).can_cancel) == (
        "due", False
    )  # fmt: skip
    with pytest.raises(InvalidTransitionError, match="取り消せません"):
        report_runs.cancel(office.staff, line(office, kind).id, "手で発行する", now)
    office.tick(now + timedelta(minutes=1))
    assert office.issue(run_id).state == "issued"
    with pytest.raises(NotFoundError):
        report_runs.retry(office.staff, line(office, kind).id, now)
    assert chain_faults(office) == []


def schedules_of(office: Office) -> list[str]:
    with reading() as session:
        rows = schedules.schedule_rows(session, office.consortium_id)
    return [row.id for row in rows if row.kind == "monthly_cost"]


def full(*_: Any) -> None:
    raise OSError(28, "No space left on device")


def test_what_an_officer_ordered_is_not_cancelled_here(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordering, "MOST_AT_ONCE", 1)
    office.issue(office.approved(2026, "planned"))
    ordered = line(office, "statement_planned")
    with pytest.raises(InvalidTransitionError, match="取り消せません"):
        report_runs.cancel(office.staff, ordered.id, "誤り", office.clock.now())
    assert line(office, "statement_planned").state == "due"


def test_a_new_edition_has_a_reason_and_leaves_the_old_one_as_it_was(office: Office) -> None:
    office.issued(2026, "planned")
    office.tick(JANUARY)
    first = line(office, "monthly_cost")
    before = {file.slot: file for file in recorded(first.id)}
    with pytest.raises(BadInputError, match="理由"):
        report_runs.remake(office.staff, first.id, "　 ", maker(office))
    copy_costs(office, 2026, "planned", 2026, "revised")
    office.issued(2026, "revised")
    second = report_runs.remake(office.staff, first.id, "変更後の額で出す", maker(office))
    assert (second.edition, second.reason, second.is_out) == (2, "変更後の額で出す", True)
    assert {file.slot: file for file in recorded(first.id)} == before
    after = {file.slot: file for file in recorded(second.id)}
    assert after.keys() == before.keys()
    # The stage is printed, so the data differ; the old file lies beside the new one.
    assert all(after[slot].data_hash != before[slot].data_hash for slot in before)
    assert all(file.display_name.endswith("_第2版.xlsx") for file in after.values())
    with reading() as session:
        files = receipts.periodic_files(session, office.consortium_id, ["monthly_cost"], ITAYANAGI)
    assert [(file.edition, file.is_current) for file in files] == [(2, True), (1, False)]
    with pytest.raises(InvalidTransitionError, match="再作成できません"):
        report_runs.remake(office.staff, first.id, "もう一度", maker(office))
    page = report_runs.show_report(office.staff, second.id)
    assert (page.can_remake, [each.edition for each in page.editions]) == (True, [1, 2])
    assert chain_faults(office) == []


def test_the_same_reason_sent_twice_orders_one_edition_and_statements_are_not_remade_here(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.issued(2026, "planned")
    office.tick(JANUARY)
    first = line(office, "monthly_cost")
    monkeypatch.setattr(ordering, "MOST_AT_ONCE", 1)
    twice = [report_runs.remake(office.staff, first.id, "誤字", maker(office)) for _ in range(2)]
    assert twice[0].id == twice[1].id
    assert twice[0].state == "due"
    assert office.tick(JANUARY) == 1
    assert line(office, "monthly_cost").edition == 2
    with pytest.raises(InvalidTransitionError, match="再作成できません"):
        report_runs.remake(office.staff, runs_of("statement_planned")[0].id, "誤字", maker(office))
