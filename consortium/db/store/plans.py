"""Plans of joining towns with their tasks, links and frozen baselines (工程・基準計画)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import fields
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.store import plan_words as words
from consortium.db.unit import Unit
from consortium.domain.errors import NotFoundError, StaleError
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.onboarding.network import Link
from consortium.domain.onboarding.plan import Baseline, Plan, PlanTask

#: Columns of a plan that are saved from the record as they stand.
_PLAN: Final = (
    "service_id", "template_id", "kind", "title", "anchor_on", "anchor_mode", "start_on",
    "legal_form", "state", "joining_state", "applied_on", "accepted_on", "went_live_on",
    "membership_id", "old_contract_ends_on", "uses_common_layout", "customisations",
    "representative_code", "is_reference", "is_shared",
)  # fmt: skip
#: The same of a task; sequence and changed_at are counted here.
_TASK: Final = tuple(
    each.name
    for each in fields(PlanTask)
    if each.name not in ("id", "sequence", "changed_at", "removed_at", "row_version")
)
#: What a calendar program shows of a task: a change of it is a new SEQUENCE.
_SHOWN: Final = (
    "name", "days", "owner", "in_charge", "window_kind", "planned_start", "planned_finish",
)  # fmt: skip
#: What the dates of a plan follow from: a change of it is a new revision.
_DATING: Final = ("anchor_on", "anchor_mode", "start_on")
_DATING_TASK: Final = (
    "code", "days", "owner", "planned_start", "planned_finish", "not_before", "window_kind",
    "window_code",
)  # fmt: skip


# ---- questions -----------------------------------------------------------------------------------


def plan(session: Session, consortium_id: str, plan_id: str) -> Plan:
    """Give one plan with tasks and links, in one statement (工程).

    Raises: NotFoundError, for a plan of another consortium as well.
    """
    found = _plans(session, consortium_id, models.Plan.id == plan_id)
    if not found:
        raise not_found()
    return found[0]


def plans(session: Session, consortium_id: str) -> tuple[Plan, ...]:
    """List every plan by the day it goes live, in one statement (工程の一覧)."""
    return _plans(session, consortium_id)


def not_found() -> NotFoundError:
    """Say that there is no such plan, or none for this viewer (該当なし)."""
    return NotFoundError(
        "工程を開こうとしました。", "見つかりません。", "工程の一覧から選び直してください。"
    )


def _plans(
    session: Session, consortium_id: str, *conditions: ColumnElement[bool]
) -> tuple[Plan, ...]:
    head, task, link = models.Plan, models.PlanTask, models.PlanLink
    # A link stands with the task that waits for it: one statement reads everything.
    query = (
        select(head, models.Member.code, models.Member.name, task, link)
        .join(models.Member, models.Member.id == head.member_id)
        .outerjoin(task, task.plan_id == head.id)
        .outerjoin(link, and_(link.plan_id == head.id, link.after == task.code))
        .where(head.consortium_id == consortium_id, *conditions)
        .order_by(head.anchor_on, head.id, task.position, link.before, link.type)
    )
    heads: dict[str, tuple[models.Plan, MunicipalityCode, str]] = {}
    tasks: dict[str, dict[str, PlanTask]] = defaultdict(dict)
    links: dict[str, list[Link]] = defaultdict(list)
    for row, code, town, of_task, of_link in session.execute(query):
        heads[row.id] = (row, code, town)
        if of_task is not None and of_task.code not in tasks[row.id]:
            tasks[row.id][of_task.code] = _task(of_task)
        if of_link is not None:
            links[row.id].append(Link(of_link.before, of_link.after, of_link.type, of_link.lag))
    return tuple(
        _plan(row, code, town, list(tasks[row.id].values()), links[row.id])
        for row, code, town in heads.values()
    )


def _plan(
    row: models.Plan, code: MunicipalityCode, town: str, tasks: list[PlanTask], links: list[Link]
) -> Plan:
    return Plan(
        id=row.id,
        code=code,
        town=town,
        **{name: getattr(row, name) for name in _PLAN},
        revision=row.revision,
        created_at=row.created_at,
        row_version=row.row_version,
        tasks=tuple(each for each in tasks if each.removed_at is None),
        links=tuple(links),
        removed=tuple(each for each in tasks if each.removed_at is not None),
    )


def _task(row: models.PlanTask) -> PlanTask:
    return PlanTask(**{each.name: getattr(row, each.name) for each in fields(PlanTask)})


def baselines(session: Session, consortium_id: str, plan_id: str) -> tuple[Baseline, ...]:
    """List the baselines of a plan, the current one last, in one statement (基準計画)."""
    return _baselines(session, consortium_id, models.Baseline.plan_id == plan_id).get(plan_id, ())


def all_baselines(session: Session, consortium_id: str) -> dict[str, tuple[Baseline, ...]]:
    """List the baselines of all plans by plan id, in one statement (基準計画の一覧)."""
    return _baselines(session, consortium_id)


def _baselines(
    session: Session, consortium_id: str, *conditions: ColumnElement[bool]
) -> dict[str, tuple[Baseline, ...]]:
    head, line = models.Baseline, models.BaselineTask
    query = (
        select(head, line)
        .outerjoin(line, line.baseline_id == head.id)
        .where(head.consortium_id == consortium_id, *conditions)
        .order_by(head.plan_id, head.number, line.code)
    )
    rows: dict[str, models.Baseline] = {}
    tasks: dict[str, dict[str, tuple[str, int, date, date]]] = defaultdict(dict)
    for row, task in session.execute(query):
        rows[row.id] = row
        if task is not None:
            tasks[row.id][task.code] = (task.name, task.days, task.start, task.finish)
    found: dict[str, tuple[Baseline, ...]] = {}
    for row in rows.values():
        each = Baseline(
            row.id, row.number, row.name, row.reason, row.anchor_on, row.approved_by,
            row.frozen_at, tasks[row.id],
        )  # fmt: skip
        found[row.plan_id] = (*found.get(row.plan_id, ()), each)
    return found


# ---- changes -------------------------------------------------------------------------------------


def add_plan(unit: Unit, consortium_id: str, member_id: str, new: Plan) -> None:
    """Save a new plan with its tasks and links as one event (工程の作成)."""
    unit.session.add(
        models.Plan(
            id=new.id,
            consortium_id=consortium_id,
            member_id=member_id,
            created_at=unit.now,
            **{name: getattr(new, name) for name in _PLAN},
        )
    )
    unit.session.flush()
    for task in new.tasks:
        _insert_task(unit, consortium_id, new.id, task)
    _insert_links(unit, consortium_id, new.id, new.links)
    unit.session.flush()
    unit.record(
        consortium_id, "plan.create", "plan", new.id, f"工程「{new.title}」の作成",
        None, words.plan_in_words(new) | words.tasks_in_words(new.tasks),
    )  # fmt: skip


def save_plan(unit: Unit, consortium_id: str, old: Plan, new: Plan, done: str = "変更") -> Plan:
    """Save what differs: head, tasks, links (工程の変更); give the plan as it stands then.

    After approval each task whose dates change is an event of its own, with the unit's reason; of
    a draft all of it is one. A change of dates or of what they follow from is a new revision. A
    task that is no longer among `new.tasks` stays, taken off, for the calendars that show it.
    Raises: StaleError if somebody saved after `old` was read.
    """
    row = _seen(unit.session, consortium_id, old)
    before, after = words.plan_in_words(old), words.plan_in_words(new)
    changed = [title for title in after if before[title] != after[title]]
    for name in _PLAN:
        setattr(row, name, getattr(new, name))
    if _is_redated(old, new):
        row.revision = old.revision + 1
    moved = _save_tasks(unit, consortium_id, old, new)
    if _save_links(unit, consortium_id, old, new):
        before["依存"], after["依存"] = words.links_in_words(old), words.links_in_words(new)
        changed.append("依存")
    if not old.is_open and moved:
        before["作業"], after["作業"] = moved
        changed.append("作業")
    unit.session.flush()
    if changed:
        unit.record(
            consortium_id, "plan.change", "plan", old.id, f"工程「{new.title}」の{done}",
            {title: before[title] for title in changed}, {title: after[title] for title in changed},
        )  # fmt: skip
    return plan(unit.session, consortium_id, old.id)


def save_task(unit: Unit, consortium_id: str, owner: Plan, old: PlanTask, new: PlanTask) -> None:
    """Save one task of a plan (作業の変更); nothing is written when nothing differs.

    Raises: StaleError if somebody saved after `old` was read.
    """
    if _fill_task(unit, consortium_id, old, new):
        unit.session.flush()
        before, after = words.difference(old, new)
        unit.record(
            consortium_id, "plan_task.change", "plan_task", old.id,
            f"「{owner.title}」{new.code} {new.name}の変更", before, after,
        )  # fmt: skip


def add_baseline(unit: Unit, consortium_id: str, owner: Plan, new: Baseline) -> None:
    """Freeze the dates of a plan (基準計画); they never change again."""
    unit.session.add(
        models.Baseline(
            id=new.id,
            consortium_id=consortium_id,
            plan_id=owner.id,
            number=new.number,
            name=new.name,
            reason=new.reason,
            anchor_on=new.anchor_on,
            approved_by=new.approved_by,
            frozen_at=new.frozen_at,
        )
    )
    unit.session.flush()
    for code, (name, days, start, finish) in new.tasks.items():
        unit.session.add(
            models.BaselineTask(
                consortium_id=consortium_id, baseline_id=new.id, code=code, name=name, days=days,
                start=start, finish=finish,
            )
        )  # fmt: skip
    unit.session.flush()
    unit.record(
        consortium_id, "baseline.freeze", "baseline", new.id,
        f"「{owner.title}」の基準計画「{new.name}」の凍結", None, words.baseline_in_words(new),
    )  # fmt: skip


def _seen(session: Session, consortium_id: str, old: Plan) -> models.Plan:
    table = models.Plan
    found = select(table).where(table.consortium_id == consortium_id, table.id == old.id)
    row = session.scalars(found).one_or_none()
    if row is None:
        raise not_found()
    if row.row_version != old.row_version:
        raise _stale("工程")
    return row


def _is_redated(old: Plan, new: Plan) -> bool:
    if any(getattr(old, name) != getattr(new, name) for name in _DATING):
        return True
    dating = [
        [tuple(getattr(task, name) for name in _DATING_TASK) for task in each.tasks]
        for each in (old, new)
    ]
    return dating[0] != dating[1] or set(old.links) != set(new.links)


def _save_tasks(
    unit: Unit, consortium_id: str, old: Plan, new: Plan
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Save the tasks that differ; give what changed of a draft, where all is one event."""
    known = {task.code: task for task in (*old.tasks, *old.removed)}
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for task in new.tasks:
        was = known.get(task.code)
        if was is None:
            _insert_task(unit, consortium_id, old.id, task)
            after[task.code] = words.task_in_words(task)
        elif old.is_open and was.removed_at is None:
            save_task(unit, consortium_id, new, was, task)
        elif _fill_task(unit, consortium_id, was, task):
            before[task.code], after[task.code] = words.difference(was, task)
    kept = {task.code for task in new.tasks}
    for task in old.tasks:
        if task.code not in kept:
            _take_off(unit, consortium_id, task)
            before[task.code] = words.task_in_words(task)
    unit.session.flush()
    if old.is_open and (before or after):
        unit.record(
            consortium_id, "plan.change", "plan", old.id,
            f"工程「{new.title}」の作業の追加・取りやめ", before, after,
        )  # fmt: skip
    return (before, after) if before or after else None


def _insert_task(unit: Unit, consortium_id: str, plan_id: str, task: PlanTask) -> None:
    columns = {name: getattr(task, name) for name in _TASK}
    unit.session.add(
        models.PlanTask(
            id=task.id, consortium_id=consortium_id, plan_id=plan_id, changed_at=unit.now,
            **columns,
        )
    )  # fmt: skip


def _fill_task(unit: Unit, consortium_id: str, old: PlanTask, new: PlanTask) -> bool:
    """Write what differs into the row; say whether anything does."""
    names = [name for name in _TASK if getattr(old, name) != getattr(new, name)]
    is_back = old.removed_at is not None
    if not names and not is_back:
        return False
    row = _seen_task(unit.session, consortium_id, old)
    for name in names:
        setattr(row, name, getattr(new, name))
    row.removed_at = None
    if is_back or any(name in _SHOWN for name in names):
        _count(row, unit.now)
    return True


def _take_off(unit: Unit, consortium_id: str, old: PlanTask) -> None:
    row = _seen_task(unit.session, consortium_id, old)
    row.removed_at = unit.now
    _count(row, unit.now)


def _count(row: models.PlanTask, now: datetime) -> None:
    row.sequence += 1
    row.changed_at = now


def _seen_task(session: Session, consortium_id: str, old: PlanTask) -> models.PlanTask:
    table = models.PlanTask
    found = select(table).where(table.consortium_id == consortium_id, table.id == old.id)
    row = session.scalars(found).one()
    if row.row_version != old.row_version:
        raise _stale(f"作業「{old.code} {old.name}」")
    return row


def _save_links(unit: Unit, consortium_id: str, old: Plan, new: Plan) -> bool:
    gone, more = set(old.links) - set(new.links), set(new.links) - set(old.links)
    table = models.PlanLink
    found = select(table).where(table.consortium_id == consortium_id, table.plan_id == old.id)
    for row in unit.session.scalars(found).all() if gone else ():
        if Link(row.before, row.after, row.type, row.lag) in gone:
            unit.session.delete(row)
    unit.session.flush()
    _insert_links(unit, consortium_id, old.id, more)
    return bool(gone or more)


def _insert_links(unit: Unit, consortium_id: str, plan_id: str, links: Iterable[Link]) -> None:
    for link in links:
        unit.session.add(
            models.PlanLink(
                consortium_id=consortium_id, plan_id=plan_id, before=link.before,
                after=link.after, type=link.type, lag=link.lag,
            )
        )  # fmt: skip


def _stale(what: str) -> StaleError:
    return StaleError(
        f"{what}を保存しようとしました。",
        "ほかの人が先に変更しました。",
        "今の内容を確かめて、もう一度保存してください。",
    )
