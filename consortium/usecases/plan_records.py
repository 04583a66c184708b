"""The records around a plan (工程の記録): read with the plan, entered by the office and its town.

The lead city enters all seven kinds; the town of the plan its own papers and issues (成果物・課題).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from consortium.db.store import plan_records as store
from consortium.db.store import plans as plans_store
from consortium.db.unit import Unit, reading, writing
from consortium.domain.errors import InvalidTransitionError, NotFoundError
from consortium.domain.onboarding.network import Finding
from consortium.domain.onboarding.plan import PLAN_STATES, Plan, PlanTask
from consortium.domain.onboarding.record_effects import reopened
from consortium.domain.onboarding.record_points import open_points
from consortium.domain.onboarding.record_steps import Setting, check, refuse_removal
from consortium.domain.onboarding.records import (
    JUDGEMENT,
    KINDS,
    NOT_READY,
    Decision,
    Evidence,
    Issue,
    PlanRecords,
    Record,
    RecordKind,
    kind_of,
)
from consortium.usecases.plans import TOWNS_OWN, may_see_records, visible_plan
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Records of a plan that was given up are kept as they are (中止).
_ENDED: Final = "stopped"


@dataclass(frozen=True, slots=True)
class RecordsPage:
    """The records of a plan with what they leave open (工程の記録の画面)."""

    plan: Plan
    records: PlanRecords
    findings: tuple[Finding, ...]
    #: member id → name of the town
    towns: Mapping[str, str]
    #: municipality code → name of the town
    names: Mapping[str, str]
    #: keys of the kinds the viewer may enter
    writable: frozenset[str]
    #: True for who confirms papers (確認できる人)
    may_confirm: bool

    def may_change(self, record: Record) -> bool:
        """Say whether the viewer may change a record (変更できるか)."""
        if kind_of(record).key not in self.writable:
            return False
        return self.may_confirm or not isinstance(record, Evidence) or record.confirmed_at is None


@dataclass(frozen=True, slots=True)
class RecordForm:
    """What a form about a record offers (記録の入力画面)."""

    page: RecordsPage
    kind: RecordKind
    #: the record to change, None for a new one
    record: Record | None
    #: tasks it may be about
    tasks: tuple[PlanTask, ...]


# ---- reading -------------------------------------------------------------------------------------


def read_records(viewer: Viewer, plan: Plan, today: date) -> RecordsPage | None:
    """Read everything recorded around a plan (工程の記録), in one statement.

    None for who sees the plan but not its records (共有された工程).
    """
    if not may_see_records(viewer, plan):
        return None
    with reading() as session:
        return _records(session, viewer, plan, today)


def _records(session: "Session", viewer: Viewer, plan: Plan, today: date) -> RecordsPage:
    found = store.around(session, viewer.consortium_id, plan.id)
    return RecordsPage(
        plan,
        found.records,
        open_points(plan, found.records, today, found.terms, found.stays),
        {each: name for each, _, name in found.towns},
        {code: name for _, code, name in found.towns},
        frozenset(key for key, kind in KINDS.items() if may_write(viewer, plan, kind)),
        may_confirm=viewer.role == "lead_staff" and _takes_records(plan),
    )


def show_form(
    viewer: Viewer, plan_id: str, key: str, today: date, record_id: str = ""
) -> RecordForm:
    """Read what a form about a new record, or one to change, offers (記録の入力画面).

    Raises: NotFoundError, also for a kind the viewer does not enter.
    """
    kind = KINDS[key]
    with reading() as session:
        page = _records(session, viewer, visible_plan(session, viewer, plan_id), today)
    _refuse_other(viewer, page.plan, kind)
    record = store.get_record(page.records, kind, record_id) if record_id else None
    if record is not None and not page.may_change(record):
        raise _not_there(kind)
    tasks = tuple(task for task in page.plan.tasks if _may_be_about(viewer, kind, task))
    return RecordForm(page, kind, record, tasks)


def may_write(viewer: Viewer, plan: Plan, kind: RecordKind) -> bool:
    """Say whether a viewer enters records of a kind (記録を入れられるか)."""
    if not (_takes_records(plan) and may_see_records(viewer, plan)):
        return False
    if viewer.role == "lead_staff":
        return True
    return viewer.role == "member_staff" and kind.is_for_towns and plan.state != "draft"


def _takes_records(plan: Plan) -> bool:
    """Say whether anybody records anything: what happened in a plan counted back is not known."""
    return plan.state != _ENDED and not plan.is_reference


def _refuse_other(viewer: Viewer, plan: Plan, kind: RecordKind) -> None:
    if viewer.role == "lead_staff" and not _takes_records(plan):
        is_counted = plan.is_reference
        raise InvalidTransitionError(
            f"{kind.name}を入力しようとしました。",
            "この工程は逆算した参考です。"
            if is_counted
            else f"この工程は{PLAN_STATES[_ENDED]}しています。",
            "参考の工程には、記録を入れません。" if is_counted else "記録はそのまま残します。",
        )
    if not may_write(viewer, plan, kind):
        raise _not_there(kind)


def _may_be_about(viewer: Viewer, kind: RecordKind, task: PlanTask) -> bool:
    return not viewer.is_member or kind.record is Issue or task.owner in TOWNS_OWN


def _not_there(kind: RecordKind) -> NotFoundError:
    return NotFoundError(
        f"{kind.name}を入力しようとしました。",
        "入力できるものが見つかりません。",
        "工程の画面から選び直してください。",
    )


# ---- changing ------------------------------------------------------------------------------------


def add_record(viewer: Viewer, plan_id: str, new: Record, now: datetime, today: date) -> Record:
    """Save a new record (記録の登録); sent again with its id it gives what was saved first.

    Raises: BadInputError at the field, DuplicateError, InvalidTransitionError, NotFoundError.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now, _reason(new)) as unit:
        unit.take_turn(owner)
        plan, setting = _setting(unit.session, viewer, plan_id, new, today)
        saved = setting.records.find(new.id)
        if saved is not None:
            return saved
        made = _filled(viewer, new, setting, now)
        check(made, None, setting)
        store.add_record(unit, owner, plan, made)
        _reopen(unit, owner, plan, made)
    return made


def change_record(viewer: Viewer, plan_id: str, new: Record, now: datetime, today: date) -> Record:
    """Replace a record as it was seen, by its id and version (記録の変更).

    A paper that was confirmed has to be confirmed again. Raises: StaleError if somebody saved
    meanwhile, BadInputError at the field, InvalidTransitionError, NotFoundError.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now, _reason(new)) as unit:
        unit.take_turn(owner)
        plan, setting = _setting(unit.session, viewer, plan_id, new, today)
        old = _changeable(viewer, setting.records, new)
        made = _kept(new, old)
        check(made, old, setting)
        store.save_record(unit, owner, plan, old, made)
        if getattr(old, "result", "") != getattr(made, "result", ""):
            _reopen(unit, owner, plan, made)
    return made


def remove_record(viewer: Viewer, plan_id: str, seen: Record, now: datetime, today: date) -> None:
    """Delete a record as it was seen, if nothing rests on it (記録の削除).

    Raises: StaleError, InvalidTransitionError, NotFoundError.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        plan, setting = _setting(unit.session, viewer, plan_id, seen, today)
        old = _changeable(viewer, setting.records, seen)
        refuse_removal(old, setting)
        store.remove_record(unit, owner, plan, replace(old, row_version=seen.row_version))


def confirm_paper(
    viewer: Viewer, plan_id: str, paper_id: str, seen_version: int, now: datetime
) -> Evidence:
    """Say that a paper was looked at and closes its task (成果物の確認).

    Raises: StaleError if somebody saved meanwhile, NotFoundError.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        plan = visible_plan(unit.session, viewer, plan_id)
        kind = KINDS["evidence"]
        old = store.get_record(store.records(unit.session, owner, plan_id), kind, paper_id)
        if not isinstance(old, Evidence) or not may_write(viewer, plan, kind):
            raise _not_there(kind)
        made = replace(old, confirmed_by=viewer.name, confirmed_at=now, row_version=seen_version)
        store.save_record(unit, owner, plan, old, made)
    return made


def _reason(record: Record) -> str:
    """Say why the trial run is opened again, nothing for what opens nothing (再開の理由)."""
    is_no = isinstance(record, Decision) and record.result == NOT_READY
    return f"{JUDGEMENT}が{NOT_READY}のため" if is_no else ""


def _reopen(unit: Unit, owner: str, plan: Plan, made: Record) -> None:
    if (trial := reopened(plan, made)) is not None:
        plans_store.save_task(unit, owner, plan, *trial)


def _setting(
    session: "Session", viewer: Viewer, plan_id: str, record: Record, today: date
) -> tuple[Plan, Setting]:
    plan, kind = visible_plan(session, viewer, plan_id), kind_of(record)
    _refuse_other(viewer, plan, kind)
    found = store.around(session, viewer.consortium_id, plan_id)
    task = plan.task(getattr(record, "task_code", ""))
    if task is not None and not _may_be_about(viewer, kind, task):
        raise _not_there(kind)
    codes = {each: code for each, code, _ in found.towns}
    return plan, Setting(plan, found.records, today, codes)


def _changeable(viewer: Viewer, found: PlanRecords, seen: Record) -> Record:
    old = store.get_record(found, kind_of(seen), seen.id)
    if viewer.is_member and isinstance(old, Evidence) and old.confirmed_at is not None:
        raise InvalidTransitionError(
            "成果物を変えようとしました。",
            f"幹事市の{old.confirmed_by}さんが、もう確認しています。",
            "直すときは、幹事市に連絡してください。",
        )
    return old


def _filled(viewer: Viewer, new: Record, setting: Setting, now: datetime) -> Record:
    """Put in what the portal knows itself: who, when, the number (自動の項目)."""
    if isinstance(new, Evidence):
        return replace(new, added_by=viewer.name, added_at=now)
    if isinstance(new, Issue):
        number = max((each.number for each in setting.records.issues), default=0) + 1
        return replace(new, number=number, raised_by=viewer.name, raised_at=now)
    return new


def _kept(new: Record, old: Record) -> Record:
    """Keep what a change never touches (変わらない項目)."""
    if isinstance(new, Evidence) and isinstance(old, Evidence):
        return replace(
            new, added_by=old.added_by, added_at=old.added_at,
            confirmed_by=None, confirmed_at=None,
        )  # fmt: skip
    if isinstance(new, Issue) and isinstance(old, Issue):
        return replace(new, number=old.number, raised_by=old.raised_by, raised_at=old.raised_at)
    return new
