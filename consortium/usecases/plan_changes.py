"""The delay preview, and confirming what it showed (遅延の影響・変更の確定).

A preview writes nothing. Confirming computes it again inside the writing unit: what is saved is
what was shown, or nothing is.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from consortium.db.store import plans as store
from consortium.db.unit import Unit, reading, writing
from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.errors import BadInputError, InvalidTransitionError, StaleError
from consortium.domain.onboarding.change import PlanChange, changed, check_councils
from consortium.domain.onboarding.network import Finding, Network
from consortium.domain.onboarding.plan import Plan
from consortium.domain.onboarding.steps import ALONE
from consortium.usecases.joining import baseline_of
from consortium.usecases.plan_calendars import Desk, network_of, read_desk
from consortium.usecases.plan_crossings import Crossing, Surroundings, crossings
from consortium.usecases.plan_impact import (
    GoLive,
    Moved,
    PullIn,
    go_live,
    moved_tasks,
    planned_anew,
    pull_ins,
    scheduled,
    unheld,
)
from consortium.usecases.plan_surroundings import YenChange, read_surroundings, yen_change
from consortium.usecases.plans import status_day, visible_plan
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["Looked", "PlanChange", "Preview", "confirm", "look", "may_replan", "preview"]

_ASKED = "工程の変更を確定しようとしました。"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do (遅延の影響); nothing of it is saved."""

    #: as it is saved now
    plan: Plan
    change: PlanChange
    #: as confirming would save it; while `go_live.is_late` the day of going live is still open
    new: Plan
    moved: tuple[Moved, ...]
    crossings: tuple[Crossing, ...]
    go_live: GoLive
    yen: YenChange
    pull_ins: tuple[PullIn, ...]
    #: what the scheduler has to say of the dates
    findings: tuple[Finding, ...]
    #: links, windows and first days the new dates would break; none where the scheduler made them
    broken: tuple[Finding, ...]

    @property
    def revision(self) -> int:
        """Give the revision of the plan it was computed from (工程の版)."""
        return self.plan.revision

    @property
    def changes_nothing(self) -> bool:
        """Say whether confirming would save nothing (変わるものがない)."""
        return self.new == self.plan

    @property
    def moves_go_live(self) -> bool:
        """Say whether 本稼働日 moves, which a second person has to answer for (再計画)."""
        return self.new.anchor_on != self.plan.anchor_on

    @property
    def lacks_yen(self) -> bool:
        """Say whether 本稼働日 may move with amounts nobody has seen (額の分からない変更)."""
        is_open = len(self.go_live.days) > 1 and not self.yen.years
        return is_open or any(each.refusal for each in self.yen.years)

    @property
    def digest(self) -> str:
        """Give the hash of everything shown: posted back, it proves what was seen."""
        return sha256_hex(canonical(self._document()))

    def _document(self) -> dict[str, object]:
        return {
            "plan": [self.plan.id, self.revision],
            "change": self.change.document(),
            "tasks": [
                [task.code, task.planned_start, task.planned_finish] for task in self.new.tasks
            ],
            "moved": [[each.code, each.float_left, each.becomes_critical] for each in self.moved],
            "crossings": [[each.kind, each.code, each.text] for each in self.crossings],
            "go_live": [self.go_live.new, self.go_live.margin, self.go_live.earliest],
            "yen": self.yen.document(),
            "pull_ins": [[each.code, *each.possible] for each in self.pull_ins],
            "findings": [[each.kind, each.code, each.text] for each in self.findings],
        }


# ---- looking -------------------------------------------------------------------------------------


class Looked(NamedTuple):
    """A plan with the preview of a change, or why there is none (遅延の影響の画面)."""

    plan: Plan
    preview: Preview | None
    refusal: BadInputError | None = None


def preview(viewer: Viewer, plan_id: str, change: PlanChange, today: date) -> Preview:
    """Show what a change would move, cross and cost; nothing is written (遅延の影響).

    Raises: NotFoundError; BadInputError for a change that has no meaning, at its field.
    """
    with reading() as session:
        plan = visible_plan(session, viewer, plan_id)
        return _preview(session, viewer, plan, change, today)


def look(viewer: Viewer, plan_id: str, change: PlanChange, today: date) -> Looked:
    """Give the plan with the preview, a refusal as part of the answer. Raises: NotFoundError."""
    with reading() as session:
        plan = visible_plan(session, viewer, plan_id)
        try:
            return Looked(plan, _preview(session, viewer, plan, change, today))
        except BadInputError as refusal:
            return Looked(plan, None, refusal)


def _preview(
    session: "Session", viewer: Viewer, plan: Plan, change: PlanChange, today: date
) -> Preview:
    desk = read_desk(session, viewer.consortium_id)
    wanted = changed(plan, change)
    check_councils(change, {str(town.code) for town in desk.towns})
    network = _network(wanted, desk, today)
    before = scheduled(_network(plan, desk, today), plan)
    after = scheduled(network, wanted, change.pulled)
    new = planned_anew(wanted, after)
    found = go_live(plan, new, after)
    day = found.earliest if found.is_late and found.earliest else new.anchor_on
    moved = moved_tasks(plan, new, before, after, network)
    owner = viewer.consortium_id
    around = read_surroundings(session, owner, plan, day, desk) if moved else Surroundings()
    return Preview(
        plan,
        change,
        new,
        moved,
        crossings(plan, new, day, network, around),
        found,
        yen_change(session, owner, plan, found.days, today),
        pull_ins(plan, new, wanted, network, change.pulled),
        after.findings,
        unheld(network, new),
    )


def _network(plan: Plan, desk: Desk, today: date) -> Network:
    start = plan.start_on or min(task.planned_start for task in plan.tasks)
    return network_of(plan, desk, start=start, status_on=status_day(plan, today))


# ---- confirming ----------------------------------------------------------------------------------


def may_replan(viewer: Viewer) -> bool:
    """Say whether a viewer may move 本稼働日 and freeze a new baseline (再計画できる人)."""
    return viewer.role == "lead_approver" or (viewer.is_one_person and viewer.role == ALONE)


def confirm(  # noqa: PLR0913 -- who confirms what, why, having seen which preview, when
    viewer: Viewer,
    plan_id: str,
    change: PlanChange,
    reason: str,
    seen_revision: int,
    seen_digest: str,
    now: datetime,
    today: date,
    *,
    replans: bool = False,
) -> Plan:
    """Save what a preview showed, one event for each date (変更の確定); give the plan as it is now.

    `replans` freezes a new baseline as well (再計画). Raises: StaleError where plan or preview is
    no longer the one seen, so that the new one is shown; BadInputError without a reason, while
    本稼働日 is still open, or where nothing changes; InvalidTransitionError for a plan that is not
    under way, for dates that break a link, a window or a first day, and for 本稼働日 moved or a
    baseline frozen by anybody but the approver.
    """
    if not reason.strip():
        raise _refuse("理由が書かれていません。", "日付を動かす理由を書いてください。", "reason")
    with writing(viewer.actor(), now, reason.strip()) as unit:
        unit.take_turn(viewer.consortium_id)
        plan = visible_plan(unit.session, viewer, plan_id)
        seen = _preview(unit.session, viewer, plan, change, today)
        _check_state(seen, viewer, replans=replans)
        if (seen.revision, seen.digest) != (seen_revision, seen_digest):
            raise StaleError(
                _ASKED,
                "画面を開いた後に、工程か、その前提（会期・閉庁日・費用など）が変わりました。",
                "新しい影響を確かめてから、もう一度確定してください。",
            )
        _check_dates(seen)
        first = min(task.planned_start for task in seen.plan.tasks)
        new = replace(seen.new, start_on=seen.new.start_on or first)
        saved = store.save_plan(unit, viewer.consortium_id, seen.plan, new)
        if replans:
            _freeze(unit, viewer, saved, reason.strip())
    return saved


def _check_state(seen: Preview, viewer: Viewer, *, replans: bool) -> None:
    if not seen.plan.is_open:
        raise InvalidTransitionError(
            _ASKED,
            "この工程は、承認済でも実行中でもありません。",
            "草案の日付は、工程の編集画面で変えてください。",
        )
    if (replans or seen.moves_go_live) and not may_replan(viewer):
        raise InvalidTransitionError(
            _ASKED,
            "本稼働日を動かすことと再計画は、承認者が行います。",
            "この画面のアドレスを承認者に渡して、確定してもらってください。",
        )
    if seen.moves_go_live and not replans:
        raise _refuse(
            "本稼働日が動きます。", "再計画として、新しい基準計画も残してください。", "replans"
        )


def _check_dates(seen: Preview) -> None:
    if seen.go_live.is_late:
        raise _refuse(
            "このままでは本稼働日に間に合いません。",
            "新しい本稼働日を選んでください。",
            "anchor_on",
        )
    if seen.broken:
        raise InvalidTransitionError(
            _ASKED,
            "".join(each.text for each in seen.broken),
            "依存・日の制約・着手可能日を確かめて、変更の内容を直してください。",
        )
    if seen.changes_nothing:
        raise _refuse("変わる日付がありません。", "変更する内容を入力してください。", "")


def _freeze(unit: Unit, viewer: Viewer, plan: Plan, reason: str) -> None:
    number = len(store.baselines(unit.session, viewer.consortium_id, plan.id)) + 1
    frozen = baseline_of(plan, number, f"変更{number - 1}", reason, viewer, unit.now)
    store.add_baseline(unit, viewer.consortium_id, plan, frozen)


def _refuse(found: str, todo: str, path: str) -> BadInputError:
    return BadInputError(_ASKED, found, todo, path=path)
