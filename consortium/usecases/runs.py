"""Runs (算定): draft, review, approve, issue; what each step needs stands in `domain`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from consortium.db.store import inputs, members, reports, run_inputs, runs, schedules, settings
from consortium.db.store.agreement import load_agreement
from consortium.db.store.reports import NewRun
from consortium.db.store.restorations import next_edition, refuse_issue
from consortium.db.store.run_history import HistoryLine, history
from consortium.db.store.run_inputs import Computed
from consortium.db.store.runs import Run as Run
from consortium.db.store.schedules import ReportKey, ReportState
from consortium.db.store.settings import Settings
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import (
    BadInputError,
    CannotShareError,
    InvalidTransitionError,
    NotFoundError,
    StaleError,
)
from consortium.domain.fiscalyear.run import (
    STAGES,
    WITH_REASON,
    asked,
    refuse_overtaken,
    take,
)
from consortium.domain.sharing.explanation import Step, explain
from consortium.domain.sharing.result import Result
from consortium.domain.sharing.run_inputs import RunInputs
from consortium.domain.yen import Yen, total
from consortium.usecases import questions
from consortium.usecases.closings import label_of, refuse_closed, today_of
from consortium.usecases.matrix import Payer
from consortium.usecases.ordering import is_short
from consortium.usecases.reporting import Kinds, Worker, work
from consortium.usecases.statements import kind_of, paying
from consortium.usecases.viewer import Viewer


@dataclass(frozen=True, slots=True)
class RunsPage:
    """All runs, and what was issued last for each year (算定の一覧)."""

    runs: list[Run]
    #: fiscal year → 団体コード → yen, of the run issued last for the year
    issued: Mapping[FiscalYear, Mapping[str, Yen]]
    #: code and name of everybody who pays in one of those years, the lead city first
    payers: tuple[tuple[str, str], ...]
    year_labels: Mapping[int, str]

    def total(self, year: FiscalYear) -> Yen:
        """Give what all paid for a year (合計)."""
        return total(self.issued[year].values())


@dataclass(frozen=True, slots=True)
class RunPage:
    """A run with its result and what became of it (算定の画面)."""

    run: Run
    result: Result
    history: list[HistoryLine]
    #: making of its statements; None before 発行
    report: ReportState | None
    year_labels: Mapping[int, str]

    @property
    def payers(self) -> list[Payer]:
        """Whom the statements go to, and what each one pays (発行する相手)."""
        at = {party.code: party.name for party in self.result.parties}
        return [Payer(code, at[code], self.result.amount(code)) for code in paying(self.result)]

    @property
    def blocking(self) -> list[str]:
        """Say what keeps the run from being submitted, approved and issued (発行できない指摘)."""
        return blocking(self.result)


def blocking(result: Result) -> list[str]:
    """Give the findings of a result that nobody may answer for (発行できない指摘)."""
    return [finding.text for finding in result.findings if finding.blocks]


@dataclass(frozen=True, slots=True)
class Cell:
    """One explained cell (なぜこの額か)."""

    run: Run
    result: Result
    item_no: int
    code: str
    step: Step
    #: the viewer may open the other members' cells as well
    shows_other_members: bool
    year_labels: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class NewRunPage:
    """What a new run can be made for (算定の作成の画面)."""

    years: list[FiscalYear]
    year_labels: Mapping[int, str]


def list_runs(viewer: Viewer) -> RunsPage:
    """Give all runs of the consortium, the newest year first (算定の一覧)."""
    owner = viewer.consortium_id
    with reading() as session:
        found = runs.list_runs(session, owner)
        amounts = runs.issued_amounts(session, owner)
        towns = members.members(session, owner)
        labels = settings.settings_of(session, owner).year_labels
    issued = _issued_by_year(found, amounts)
    paying_codes = {code for shares in issued.values() for code in shares}
    payers = tuple((town.code, town.name) for town in towns if town.code in paying_codes)
    return RunsPage(found, issued, payers, labels)


def _issued_by_year(
    found: list[Run], amounts: Mapping[tuple[str, str], Yen]
) -> dict[FiscalYear, dict[str, Yen]]:
    """Keep the amounts of the run issued last for each year, in the order of the years."""
    issued = [run for run in found if run.state == "issued" and not run.is_void]
    latest = {run.id: run.year for run in _latest(issued)}
    by_year: dict[FiscalYear, dict[str, Yen]] = {year: {} for year in sorted(latest.values())}
    for (run_id, code), amount in amounts.items():
        if run_id in latest:
            by_year[latest[run_id]][code] = amount
    return by_year


def _latest(issued: list[Run]) -> list[Run]:
    by_time = sorted(issued, key=lambda run: run.issued_at or run.drafted_at)
    return list({run.year: run for run in by_time}.values())


def show_new(viewer: Viewer) -> NewRunPage:
    """Give the years that have costs (算定の作成)."""
    with reading() as session:
        years = runs.years_with_costs(session, viewer.consortium_id)
        labels = settings.settings_of(session, viewer.consortium_id).year_labels
    return NewRunPage(years, labels)


def show_run(viewer: Viewer, run_id: str) -> RunPage:
    """Give a run and its stored result; nothing is computed again (算定).

    Raises: NotFoundError.
    """
    owner = viewer.consortium_id
    with reading() as session:
        run = runs.get_run(session, owner, run_id)
        key = ReportKey(kind_of(run.stage), run.year, run.edition)
        return RunPage(
            run,
            runs.read_result(session, owner, run_id),
            history(session, owner, run_id),
            schedules.find_report(session, owner, key),
            settings.settings_of(session, owner).year_labels,
        )


def explain_cell(viewer: Viewer, run_id: str, item_no: int, code: str) -> Cell:
    """Explain what a member pays for an item (なぜこの額か).

    A member town may ask about what was issued to it, and about other towns where the setting
    shows them. Raises: NotFoundError for everything else, and for what is not there.
    """
    owner = viewer.consortium_id
    with reading() as session:
        run = runs.get_run(session, owner, run_id)
        office = settings.settings_of(session, owner)
        if viewer.is_member and not _is_open_to_towns(viewer, run, code, office):
            raise _no_such_cell()
        result = runs.read_result(session, owner, run_id)
    sees_others = office.shows_other_members or not viewer.is_member
    items = {
        entry.item.no
        for entry in result.items
        if sees_others or entry.item.charge_to in (None, viewer.code)
    }
    codes = {party.code for party in result.parties}
    if item_no not in items or not {code, viewer.code or code} <= codes:
        raise _no_such_cell()
    step = explain(result, item_no, code)
    return Cell(run, result, item_no, code, step, sees_others, office.year_labels)


def _is_open_to_towns(viewer: Viewer, run: Run, code: str, office: Settings) -> bool:
    is_own = code == viewer.code
    return run.state in ("issued", "superseded") and (is_own or office.shows_other_members)


def _no_such_cell() -> NotFoundError:
    return NotFoundError(
        "負担額の説明を開こうとしました。",
        "この算定に、その費目か団体がありません。",
        "算定の表から額を選び直してください。",
    )


def create_run(
    viewer: Viewer, year: FiscalYear, stage: str, *, now: datetime, reason: str = ""
) -> str:
    """Share the year's costs as they stand and save the result as a draft (算定の作成).

    Raises: BadInputError without costs, or without a reason for a further edition;
    InvalidTransitionError while another run of the stage is on its way; what `share()` raises.
    """
    with writing(viewer.actor(), now, reason) as unit:
        refuse_closed(unit, viewer.consortium_id, year, reason=viewer.reason)
        earlier = runs.runs_of(unit.session, viewer.consortium_id, year, stage)
        _refuse_second_draft(earlier)
        _refuse_overtaken(
            unit, viewer, year, stage, f"{STAGES[stage]}の算定を作成しようとしました。"
        )
        if earlier and not reason.strip():
            raise BadInputError(
                f"{STAGES[stage]}の第{earlier[0].edition + 1}版を作成しようとしました。",
                "理由が書かれていません。",
                "前の版を改める理由を書いてください。",
                path="reason",
            )
        edition = next_edition(unit.session, viewer.consortium_id, year, stage, earlier)
        computed = _compute(unit, viewer.consortium_id, year, stage)
        return runs.add_run(unit, viewer.consortium_id, edition, computed)


def _refuse_second_draft(earlier: list[Run]) -> None:
    for run in earlier:
        if run.state in runs.OPEN:
            raise InvalidTransitionError(
                f"{STAGES[run.stage]}の算定を作成しようとしました。",
                f"第{run.edition}版がまだ「{run.state_name}」です。",
                "その算定を発行するか、下書きなら計算し直すか破棄してください。",
            )


def _refuse_overtaken(unit: Unit, viewer: Viewer, year: FiscalYear, stage: str, asked: str) -> None:
    issued = runs.issued_runs(unit.session, viewer.consortium_id)
    refuse_overtaken(stage, {run.stage for run in issued if run.year == year}, asked)


def _compute(unit: Unit, consortium_id: str, year: FiscalYear, stage: str) -> Computed:
    given = inputs.load_inputs(unit.session, consortium_id, year, stage, today_of(unit.now))
    if not given.items:
        raise CannotShareError(
            f"{label_of(unit, consortium_id, year)}の{STAGES[stage]}を算定しようとしました。",
            "この年度・段階の費目が登録されていません。",
            "「費用」の画面で費目を登録してください。",
        )
    terms = load_agreement(unit.session, consortium_id, year, stage, given.items)
    dollars = run_inputs.dollars_of(unit.session, consortium_id, given.items)
    whole = RunInputs(given.items, given.rules, given.facts, year, terms, dollars)
    return Computed(whole, whole.share())


def _locked(unit: Unit, viewer: Viewer, run_id: str, step: str, seen: str) -> tuple[Run, str]:
    """Lock a run, and give it with the state after the step (手順の確かめ).

    `seen` is the hash of the result that the person had on the screen. Raises:
    InvalidTransitionError in another state or by the drafter; StaleError if the run was computed
    again meanwhile: nobody answers for figures not seen.
    """
    run = runs.get_run(unit.session, viewer.consortium_id, run_id, lock=True)
    office = settings.settings_of(unit.session, viewer.consortium_id)
    after = take(
        step,
        run.state,
        actor=viewer.user_id,
        drafted_by=run.drafted_by,
        allows_own=office.allows_own_approval,
    )
    if seen != run.document_sha256:
        raise StaleError(
            asked(step),
            "画面を開いた後に計算し直されています。",
            "画面を開き直し、今の額を確かめてから、もう一度行ってください。",
        )
    return run, after


def recalculate(viewer: Viewer, run_id: str, *, seen: str, now: datetime) -> None:
    """Share the costs as they stand now and put the result into the draft (計算し直し).

    Raises: see `_locked`; what `share()` raises.
    """
    with writing(viewer.actor(), now) as unit:
        run, _ = _locked(unit, viewer, run_id, "recalculate", seen)
        refuse_closed(unit, viewer.consortium_id, run.year, reason=viewer.reason)
        computed = _compute(unit, viewer.consortium_id, run.year, run.stage)
        runs.replace_result(unit, viewer.consortium_id, run_id, computed)


def discard(viewer: Viewer, run_id: str, *, seen: str, now: datetime) -> Run:
    """Throw a draft away; the chain keeps that it was (下書きの破棄). Raises: see `_locked`."""
    with writing(viewer.actor(), now) as unit:
        run, _ = _locked(unit, viewer, run_id, "discard", seen)
        refuse_closed(unit, viewer.consortium_id, run.year, reason=viewer.reason)
        runs.discard(unit, viewer.consortium_id, run_id)
        return run


def move(  # noqa: PLR0913 -- who takes which step of what, having seen what, when and why
    viewer: Viewer, run_id: str, step: str, *, seen: str, now: datetime, reason: str = ""
) -> None:
    """Submit, send back, approve, or withdraw (審査に出す・差し戻す・承認する・承認を取り消す).

    Raises: see `_locked`; BadInputError for a step back without a reason.
    """
    if step in WITH_REASON and not reason.strip():
        raise BadInputError(
            asked(step),
            "理由が書かれていません。",
            "作成者に伝える理由を書いてください。",
            path="reason",
        )
    with writing(viewer.actor(), now, reason) as unit:
        run, after = _locked(unit, viewer, run_id, step, seen)
        refuse_closed(unit, viewer.consortium_id, run.year, reason=None)
        if step == "withdraw":
            _refuse_ordered(unit, viewer.consortium_id, run)
        if step in ("submit", "approve"):
            _refuse_blocked(unit, viewer.consortium_id, run, step)
        runs.change_state(unit, viewer.consortium_id, run_id, step, after)


def _refuse_ordered(unit: Unit, consortium_id: str, run: Run) -> None:
    """Keep the approval under statements that are being made: their figures are fixed."""
    if reports.is_ordered(unit.session, _report_key(consortium_id, run, unit.now)):
        raise InvalidTransitionError(
            asked("withdraw"),
            "もう発行の指示が出ています。",
            "発行が終わってから、理由を書いて新しい版を作成してください。",
        )


def _refuse_blocked(unit: Unit, consortium_id: str, run: Run, step: str) -> None:
    """Refuse to answer for a result in which something is wrong (発行できない指摘)."""
    found = blocking(runs.read_result(unit.session, consortium_id, run.id))
    if found:
        raise InvalidTransitionError(
            asked(step),
            "".join(found),
            "費用・財源措置を直し、計算し直してから、もう一度行ってください。",
        )


def issue(viewer: Viewer, run_id: str, *, seen: str, worker: Worker, kinds: Kinds) -> Run:
    """Issue an approved run: all its statements, files and register lines, or nothing (発行).

    Of many towns the next tick makes it. Asked again, nothing more happens. Raises: see `_locked`.
    """
    with writing(viewer.actor(), worker.now()) as unit:
        run = runs.get_run(unit.session, viewer.consortium_id, run_id, lock=True)
        if run.state == "issued":
            unit.operational()
            return run
        run, _ = _locked(unit, viewer, run_id, "issue", seen)
        refuse_closed(unit, viewer.consortium_id, run.year, reason=None)
        _refuse_overtaken(unit, viewer, run.year, run.stage, asked("issue"))
        _refuse_blocked(unit, viewer.consortium_id, run, "issue")
        questions.refuse_open(unit, viewer.consortium_id, run)
        refuse_issue(unit.session, viewer.consortium_id, run)
        report_id = _order(unit, viewer.consortium_id, run)
    if is_short(viewer.consortium_id):
        work(worker, kinds, run_id=report_id, actor=viewer.actor())
    with reading() as session:
        return runs.get_run(session, viewer.consortium_id, run_id)


def _order(unit: Unit, consortium_id: str, run: Run) -> str:
    """Order the statements of a run, unless somebody is making them already (発行の指示)."""
    key = _report_key(consortium_id, run, unit.now)
    reports.insert_due(unit.session, [key])
    report_id, state = reports.find_run(unit.session, key)
    if state in reports.STOPPED:
        reports.retry(unit, consortium_id, report_id, reports.STOPPED)
    if state in ("due", *reports.STOPPED):
        title = f"{run.title}の発行の指示"
        unit.record(consortium_id, "run.order_issue", "allocation_run", run.id, title)
    else:
        unit.operational()
    return report_id


def _report_key(consortium_id: str, run: Run, now: datetime) -> NewRun:
    key = f"FY{run.year.start_year}"
    return NewRun(consortium_id, kind_of(run.stage), run.year, key, run.edition, now)
