"""The sample's history (見本の経過): every year computed, approved and issued in its time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from consortium.db import files
from consortium.db.store import registers, runs, steps
from consortium.db.store.reports import LEASE, MOST_CRASHES
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import DuplicateError, InvalidTransitionError
from consortium.domain.fiscalyear.instalment import charged_months
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.sharing.result import Result
from consortium.domain.yen import Yen
from consortium.usecases import accounts, seed, standard_import, year_plan
from consortium.usecases import runs as running
from consortium.usecases.closings import today_of
from consortium.usecases.kinds import KINDS
from consortium.usecases.reporting import SYSTEM, Worker
from consortium.usecases.viewer import Viewer

_TOKYO = ZoneInfo("Asia/Tokyo")

#: The sample's books open on the day the cloud went live.
BEGINNING = datetime(2015, 4, 1, 9, 0, tzinfo=_TOKYO)

_BEFORE_THE_SAMPLE = "見本を登録した月より前のことです（見本）。"

#: Logins of the sample: key → (login, name, role, 団体コード).
LOGINS = (
    accounts.NewAccount("hirosaki", "弘前市 担当（見本）", "lead_staff"),
    accounts.NewAccount("hirosaki-shonin", "弘前市 承認者（見本）", "lead_approver"),
    accounts.NewAccount("itayanagi", "板柳町 担当（見本）", "member_staff", "023817"),
)


@dataclass(frozen=True, slots=True)
class Issue:
    """A stage of a year and when it was issued (発行の予定)."""

    year: FiscalYear
    stage: str
    at: datetime


def _history() -> tuple[Issue, ...]:
    """Give every issue in order of time: 確定 on 15 February, 当初 of the next year on the 10th.

    Source: the calendar of comparable bodies (確定通知 2/15, 予定額通知 2/10); a day that falls on
    a weekend is taken as the Friday before.
    """
    finals = [_issue(year, "final", 15) for year in range(2015, 2026)]
    planned = Issue(FiscalYear(2026), "planned", datetime(2026, 2, 10, 10, 0, tzinfo=_TOKYO))
    return tuple(sorted([*finals, planned], key=lambda issue: issue.at))


def _issue(year: int, stage: str, day: int) -> Issue:
    at = datetime(year + 1, 2, day, 10, 0, tzinfo=_TOKYO)
    return Issue(FiscalYear(year), stage, at.replace(day=day - max(0, at.weekday() - 4)))


HISTORY = _history()


def register(now: datetime) -> list[tuple[accounts.NewAccount, str]]:
    """Register the sample consortium and its logins; give the passwords made now (見本の登録)."""
    seed.seed(BEGINNING, SYSTEM, schedule_from=now)
    made = []
    for account in LOGINS:
        try:
            made.append((account, accounts.create_account(account, BEGINNING)))
        except DuplicateError:
            continue
    standard_import.seed_progress(people()["lead_staff"], now)
    return made


def finish_past_steps(now: datetime) -> None:
    """Mark the steps of earlier months done: the office did them before the sample began."""
    staff, this_month = people()["lead_staff"], Month.containing(today_of(now))
    with reading() as session:
        listed = steps.steps(session, staff.consortium_id)
    for step in listed:
        is_past = step.nominal_on < this_month.first
        if is_past and not step.is_marked and not step.key.startswith("monthly_"):
            year_plan.mark_done(staff, step.id, step.row_version, _BEFORE_THE_SAMPLE, now)


def issue_history(worker: Worker, progress: Callable[[Issue], None]) -> None:
    """Issue every year that is not issued yet, and nothing else (見本の発行).

    The years that run as in an office, with payments and all, are in `sample_story`.
    """
    found = people()
    for issue in HISTORY:
        if not is_issued(issue, found["lead_staff"]):
            progress(issue)
            issue_one(issue, found["lead_staff"], found["lead_approver"], worker)


def is_issued(issue: Issue, staff: Viewer) -> bool:
    """Say whether the statements of a stage are out (発行済)."""
    with reading() as session:
        found = runs.issued_runs(session, staff.consortium_id)
    return any((run.year, run.stage) == (issue.year, issue.stage) for run in found)


def issue_one(issue: Issue, staff: Viewer, approver: Viewer, worker: Worker) -> None:
    """Compute, approve and issue a stage in its time; what is begun is gone on with."""
    begun = _begun(issue, staff)
    if not begun:
        running.create_run(staff, issue.year, issue.stage, now=issue.at)
        begun = _begun(issue, staff)
    run = begun[0]
    seen = run.document_sha256
    if run.state == "draft":
        running.move(staff, run.id, "submit", seen=seen, now=issue.at)
    if run.state in ("draft", "in_review"):
        running.move(approver, run.id, "approve", seen=seen, now=issue.at)
    _publish(issue, run, approver, worker)


def _begun(issue: Issue, staff: Viewer) -> list[runs.Run]:
    with reading() as session:
        return runs.runs_of(session, staff.consortium_id, issue.year, issue.stage)


def _publish(issue: Issue, run: runs.Run, approver: Viewer, worker: Worker) -> None:
    def make(then: Worker) -> bool:
        seen = run.document_sha256
        made = running.issue(approver, run.id, seen=seen, worker=then, kinds=KINDS)
        return made.state == "issued"

    make_in_time(worker, issue.at, fiscal_year_label(issue.year), make)


def make_in_time(worker: Worker, at: datetime, what: str, make: Callable[[Worker], bool]) -> None:
    """Make documents in the sample's time (見本の時刻での作成).

    A start that was killed here left a lease, which runs out first. Every further kill leaves one
    more, so the time moves on by one lease until the documents are made.
    """
    for leases in range(MOST_CRASHES + 2):
        then = at + leases * LEASE
        if make(replace(worker, now=lambda then=then: then)):  # type: ignore[misc]  # this turn's
            return
    raise InvalidTransitionError(
        f"{what}の見本を発行しようとしました。",
        "別の起動が、同じ文書を作成しています。",
        "その起動が終わってから、もう一度起動してください。",
    )


def people() -> dict[str, Viewer]:
    """Give the sample's people by role; what they enter is marked 見本."""
    logins = {account.login for account in LOGINS}
    return {
        account.role: Viewer(
            account.id,
            account.name,
            account.role,
            account.consortium_id,
            account.code,
            account.body,
            is_sample=True,
        )
        for account in accounts.list_accounts()
        if account.login in logins
    }


@dataclass(frozen=True, slots=True)
class YearLine:
    """One line of the summary (集計の一行): what was issued for a year, and whether it adds up."""

    year: FiscalYear
    stage: str
    members: int
    total: Yen
    shares: Yen
    statements: int
    #: members in force in a part of the year only: name and months (年度途中の加入・脱退)
    partly: tuple[tuple[str, int], ...]


def summary() -> Iterator[YearLine]:
    """Give one line per issued year, from the stored shares and the register (集計)."""
    consortium_id = people()["lead_staff"].consortium_id
    with reading() as session:
        amounts = runs.issued_amounts(session, consortium_id)
        entries = registers.entries(session, consortium_id)
        issued = runs.issued_runs(session, consortium_id)
        results = {run.id: runs.read_result(session, consortium_id, run.id) for run in issued}
    for run in issued:
        shares = [yen for (run_id, _), yen in amounts.items() if run_id == run.id]
        yield YearLine(
            run.year,
            STAGES[run.stage],
            sum(1 for yen in shares if yen),
            run.total,
            Yen(sum(shares) + run.unallocated),
            sum(1 for each in entries if (each.run_id, each.kind) == (run.id, "statement")),
            tuple(_partly(results[run.id])),
        )


def _partly(result: Result) -> Iterator[tuple[str, int]]:
    """Name the members that the year concerns in some of its months only, with their number."""
    for party in result.parties:
        months = len(charged_months(result, party.code))
        if 0 < months < len(result.fiscal_year.months()):
            yield party.name, months


def copy_latest(worker: Worker, folder: Path) -> int:
    """Copy the newest issue under its display names into a folder (見本の控え)."""
    consortium_id = people()["lead_staff"].consortium_id
    with reading() as session:
        newest = registers.entries(session, consortium_id, year=max(i.year for i in HISTORY))
        made = {
            entry.display_name: registers.find_download(
                session, consortium_id, entry.file_id, code=None
            )
            for entry in newest
            if entry.is_current
        }
    folder.mkdir(parents=True, exist_ok=True)
    copied = 0
    for name, download in made.items():
        target = folder / name
        if target.exists() and target.stat().st_size == download.stored.size:
            continue
        target.write_bytes(files.read_stored(worker.folder, download.stored))
        copied += 1
    return copied
