"""What the towns themselves say of the standardisation (標準化の自団体の記録)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from consortium.db import models
from consortium.db.unit import Unit
from consortium.domain.calendar.period import Month
from consortium.domain.calendar.wareki import wareki, wareki_month
from consortium.domain.errors import StaleError
from consortium.domain.services import Operator
from consortium.domain.standardisation.business import STATES

#: Letter of each state in the table (40ステップの状態).
LETTERS: Final = {"done": "D", "working": "W", "waiting": "U", "not_applicable": "N"}
_STATES: Final = {letter: state for state, letter in LETTERS.items()}


@dataclass(frozen=True, slots=True)
class Rollout:
    """How a town does a 業務 (団体別稼働)."""

    id: str
    business: str
    #: shared service it uses, None for a system of its own
    service_id: str | None
    go_live_on: date | None = None
    is_pilot: bool = False
    wave: str = ""
    #: None while nobody confirmed whether the 業務 is the town's
    is_applicable: bool | None = None
    reason: str = ""
    #: 1 to 4, None for no 特定移行支援システム
    transition_reason: int | None = None
    row_version: int = 1


@dataclass(frozen=True, slots=True)
class StandardTown:
    """A town of the consortium on a day, with what it says of each 業務 (構成団体)."""

    id: str
    code: str
    name: str
    kind: str
    is_lead: bool
    #: shared service of the consortium it uses, None for none
    service_id: str | None
    #: first day it used it, None where it does not
    since: date | None
    #: key of the 業務 → what is recorded
    rollouts: Mapping[str, Rollout]

    def service_for(self, business: str) -> str:
        """Give the service it does a 業務 with, empty for a system of its own (使うサービス)."""
        found = self.rollouts.get(business)
        return (self.service_id if found is None else found.service_id) or ""


@dataclass(frozen=True, slots=True)
class Entry:
    """The 40 states of a 業務 for a month (自団体の入力)."""

    id: str
    code: str
    business: str
    month: Month
    #: keys of STATES, by step
    states: tuple[str, ...]
    entered_by: str
    entered_at: datetime
    row_version: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to a question, and the numbers it rested on (指摘への回答)."""

    id: str
    code: str
    business: str
    kind: str
    month: Month
    own: int
    other: int
    answer: str
    note: str
    answered_by: str
    answered_at: datetime


# ---- questions -----------------------------------------------------------------------------------


def towns(session: Session, consortium_id: str, day: date) -> tuple[StandardTown, ...]:
    """List the towns that belong on a day by code, with what they record, in one statement."""
    member, service, rollout = models.Member, models.Service, models.BusinessRollout
    stay, use = aliased(models.Membership), aliased(models.Enrolment)
    query = (
        select(member, service, use.since, use.until, rollout)
        .join(stay, and_(stay.member_id == member.id, _holds(stay, day)))
        .outerjoin(use, and_(use.member_id == member.id, _holds(use, day)))
        .outerjoin(
            service,
            and_(service.id == use.service_id, service.operator == Operator.CONSORTIUM.value),
        )
        .outerjoin(rollout, rollout.member_id == member.id)
        .where(member.consortium_id == consortium_id)
        .order_by(member.code, service.since, service.key)
    )
    found: dict[str, tuple[models.Member, list[tuple[str, date]], dict[str, Rollout]]] = {}
    for row, used, since, _, recorded in session.execute(query):
        _, services, rollouts = found.setdefault(row.id, (row, [], {}))
        if used is not None:
            services.append((used.id, since))
        if recorded is not None:
            rollouts[recorded.business] = _rollout(recorded)
    return tuple(
        StandardTown(
            row.id, str(row.code), row.name, row.kind, row.is_lead,
            services[0][0] if services else None, services[0][1] if services else None, rollouts,
        )
        for row, services, rollouts in found.values()
    )  # fmt: skip


def _holds(table: Any, day: date) -> Any:
    return and_(table.since <= day, (table.until.is_(None)) | (table.until > day))


def entries(session: Session, consortium_id: str, month: Month) -> dict[tuple[str, str], Entry]:
    """Give what the towns entered for a month, by code and 業務 (自団体の入力)."""
    table, member = models.PmoEntry, models.Member
    query = (
        select(table, member.code)
        .join(member, member.id == table.member_id)
        .where(table.consortium_id == consortium_id, table.month == month.first)
    )
    found = [_entry(row, code) for row, code in session.execute(query)]
    return {(each.code, each.business): each for each in found}


def latest_entry(
    session: Session, consortium_id: str, code: str, business: str, month: Month
) -> Entry | None:
    """Give what a town entered for a 業務 last, up to a month (直近の入力)."""
    table, member = models.PmoEntry, models.Member
    query = (
        select(table, member.code)
        .join(member, member.id == table.member_id)
        .where(
            table.consortium_id == consortium_id,
            member.code == code,
            table.business == business,
            table.month <= month.first,
        )
        .order_by(table.month.desc())
        .limit(1)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else _entry(row[0], row[1])


def answers(session: Session, consortium_id: str) -> tuple[Answer, ...]:
    """List every answer, the newest first (回答の一覧)."""
    table, member = models.PmoAnswer, models.Member
    query = (
        select(table, member.code)
        .join(member, member.id == table.member_id)
        .where(table.consortium_id == consortium_id)
        .order_by(table.answered_at.desc(), table.id)
    )
    return tuple(
        Answer(
            row.id, str(code), row.business, row.kind, Month.containing(row.month), row.own,
            row.other, row.answer, row.note, row.answered_by, row.answered_at,
        )
        for row, code in session.execute(query)
    )  # fmt: skip


def finished_tasks(session: Session, consortium_id: str) -> tuple[tuple[str, str, str, str], ...]:
    """List what is 完了済み on the plans of the standardisation: code of the town, task, steps."""
    plan, task, member = models.Plan, models.PlanTask, models.Member
    query = (
        select(member.code, task.code, task.name, task.steps)
        .join(plan, plan.id == task.plan_id)
        .join(member, member.id == plan.member_id)
        .where(
            plan.consortium_id == consortium_id,
            plan.kind == "standard",
            plan.state != "stopped",
            task.state == "done",
            task.removed_at.is_(None),
            task.steps != "",
        )
        .order_by(member.code, task.position)
    )
    return tuple(
        (str(code), task, name, steps) for code, task, name, steps in session.execute(query)
    )


# ---- changes -------------------------------------------------------------------------------------


def save_entry(unit: Unit, consortium_id: str, town: StandardTown, new: Entry, words: str) -> None:
    """Save the 40 states of a 業務 (自団体の入力); `words` names the 業務.

    Raises: StaleError where somebody saved after `new` was read, DuplicateError on leaving the
    unit where somebody entered the month first.
    """
    row = unit.session.get(models.PmoEntry, new.id)
    letters = "".join(LETTERS[state] for state in new.states)
    before = None
    if row is None:
        row = models.PmoEntry(
            id=new.id, consortium_id=consortium_id, member_id=town.id, business=new.business,
            month=new.month.first, states=letters, entered_by=new.entered_by,
            entered_at=new.entered_at,
        )  # fmt: skip
        unit.session.add(row)
    else:
        if row.row_version != new.row_version:
            raise _stale("ステップの状態")
        before = _counted(row.states)
        if row.states == letters:
            return
        row.states, row.entered_by, row.entered_at = letters, new.entered_by, new.entered_at
    unit.session.flush()
    unit.record(
        consortium_id, "pmo_entry.save", "pmo_entry", new.id,
        f"{town.name}の標準化の状態（{words}、{wareki_month(new.month)}）の入力",
        before, _counted(letters),
    )  # fmt: skip


def add_answer(unit: Unit, consortium_id: str, town: StandardTown, new: Answer, words: str) -> None:
    """Keep an answer beside those before it (指摘への回答)."""
    unit.session.add(
        models.PmoAnswer(
            id=new.id, consortium_id=consortium_id, member_id=town.id, business=new.business,
            kind=new.kind, month=new.month.first, own=new.own, other=new.other, answer=new.answer,
            note=new.note, answered_by=new.answered_by, answered_at=new.answered_at,
        )
    )  # fmt: skip
    unit.session.flush()
    unit.record(
        consortium_id, "pmo_answer.create", "pmo_answer", new.id,
        f"{town.name}の標準化の指摘（{words}）への回答",
        None, {"回答": new.answer, "説明": new.note, "数": f"{new.own} と {new.other}"},
    )  # fmt: skip


def find_answer(session: Session, consortium_id: str, answer_id: str) -> bool:
    """Say whether an answer was kept already: a form sent twice adds one."""
    row = session.get(models.PmoAnswer, answer_id)
    return row is not None and row.consortium_id == consortium_id


def save_rollout(
    unit: Unit, consortium_id: str, town: StandardTown, new: Rollout, words: str
) -> None:
    """Save how a town does a 業務 (団体別稼働); nothing is written when nothing differs.

    Raises: StaleError where somebody saved after `new` was read.
    """
    row = unit.session.get(models.BusinessRollout, new.id)
    names = [each.name for each in fields(Rollout) if each.name not in ("id", "row_version")]
    before = None
    if row is None:
        row = models.BusinessRollout(id=new.id, consortium_id=consortium_id, member_id=town.id)
        unit.session.add(row)
    else:
        if row.row_version != new.row_version:
            raise _stale("稼働の記録")
        before = _in_words(_rollout(row))
        if before == _in_words(new) and row.service_id == new.service_id:
            return
    for name in names:
        setattr(row, name, getattr(new, name))
    unit.session.flush()
    unit.record(
        consortium_id, "business_rollout.save", "business_rollout", new.id,
        f"{town.name}の{words}の稼働の記録", before, _in_words(new),
    )  # fmt: skip


def _in_words(rollout: Rollout) -> dict[str, Any]:
    applicable = {True: "対象", False: "対象外", None: "未確認"}[rollout.is_applicable]
    return {
        "共同サービス": "使う" if rollout.service_id else "単独",
        "稼働日": wareki(rollout.go_live_on) if rollout.go_live_on else "",
        "先行稼働": rollout.is_pilot,
        "波": rollout.wave,
        "対象": applicable,
        "対象外理由": rollout.reason,
        "特定移行の事由": rollout.transition_reason or "",
    }


def _counted(letters: str) -> dict[str, Any]:
    counts = {STATES[state]: letters.count(letter) for state, letter in LETTERS.items()}
    return counts | {"状態": letters}


def _stale(what: str) -> StaleError:
    return StaleError(
        f"{what}を保存しようとしました。",
        "開いている間に、ほかの人が保存しました。",
        "今の内容を確かめてから、もう一度入力してください。",
    )


def _entry(row: models.PmoEntry, code: str) -> Entry:
    return Entry(
        row.id, str(code), row.business, Month.containing(row.month),
        tuple(_STATES[letter] for letter in row.states), row.entered_by, row.entered_at,
        row.row_version,
    )  # fmt: skip


def _rollout(row: models.BusinessRollout) -> Rollout:
    return Rollout(**{each.name: getattr(row, each.name) for each in fields(Rollout)})
