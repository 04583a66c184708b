"""What calendars showed of plans before (以前の予定の表示), as the chain of 操作記録 tells it.

The rows know what is; a calendar program also has to be told what is no more.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from consortium.db.models import AuditEvent
from consortium.domain.onboarding.plan import PLAN_STATES

_OF_PLAN, _OF_TASK, _OF_ISSUE = "plan.change", "plan_task.change", "plan_issue.change"


@dataclass(frozen=True, slots=True)
class Past:
    """What was shown of a plan, a task or an issue before (以前の表示)."""

    #: how often a plan's title changed or it was stopped; 0 for tasks and issues, which count
    #: themselves
    changes: int = 0
    #: when the last of that happened, of an issue anything; None for tasks
    changed_at: datetime | None = None
    #: who was in charge of it, by name or as 担当
    in_charge: frozenset[str] = frozenset()
    #: what its last day had to be, in words, the latest last (日の制約)
    windows: tuple[str, ...] = ()
    #: True for a task that took no time before (節目)
    was_milestone: bool = False


_NOTHING: Final = Past()


@dataclass(frozen=True, slots=True)
class Pasts:
    """The pasts of all plans, tasks and issues of a consortium, by id (以前の表示の一覧)."""

    by_id: Mapping[str, Past]

    def of(self, object_id: str) -> Past:
        """Give what was before; nothing for what was never changed."""
        return self.by_id.get(object_id, _NOTHING)


def pasts(session: Session, consortium_id: str) -> Pasts:
    """Read what calendars showed before, in one statement (以前の表示)."""
    table = AuditEvent
    query = (
        select(table.action, table.object_id, table.at, table.before, table.after)
        .where(
            table.consortium_id == consortium_id,
            table.action.in_((_OF_PLAN, _OF_TASK, _OF_ISSUE)),
        )
        .order_by(table.seq)
    )
    found: dict[str, Past] = {}
    for action, object_id, at, before, after in session.execute(query):
        known = found.get(object_id, _NOTHING)
        was, now = json.loads(before or "{}"), json.loads(after or "{}")
        if action != _OF_PLAN:
            found[object_id] = _of_entry(known, was, at if action == _OF_ISSUE else None)
        elif "工程名" in now or now.get("状態") == PLAN_STATES["stopped"]:
            found[object_id] = Past(known.changes + 1, at)
    return Pasts(found)


def _of_entry(known: Past, was: Mapping[str, Any], at: datetime | None) -> Past:
    return replace(
        known,
        changed_at=at,
        in_charge=known.in_charge | _words(was, ("担当", "担当者")),
        windows=(*known.windows, *_words(was, ("日の制約",))),
        was_milestone=known.was_milestone or was.get("業務日") == 0,
    )


def _words(was: Mapping[str, Any], titles: Iterable[str]) -> frozenset[str]:
    return frozenset(was[title] for title in titles if was.get(title))
