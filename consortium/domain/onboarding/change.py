"""What somebody wants to change of a plan's dates (工程の変更), and the plan with it.

Nothing here knows what follows from a change: that is the scheduler's and the preview's work.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from consortium.domain.errors import BadInputError
from consortium.domain.onboarding.network import MOST_DAYS, WINDOW_KINDS, Link
from consortium.domain.onboarding.plan import Plan, PlanTask

#: Longest lag of a dependency in 業務日, either way: about four years.
MOST_LAG: Final = 999


@dataclass(frozen=True, slots=True)
class PlanChange:
    """Changes of one plan, by code of the task (工程の変更).

    Empty, only what has happened since counts: actual dates, sessions and closed days.
    """

    #: code → 業務日 it is to take
    days: Mapping[str, int] = field(default_factory=dict)
    #: code → no earlier than this day; None takes the day away (着手可能日)
    not_before: Mapping[str, date | None] = field(default_factory=dict)
    #: code → (word of WINDOW_KINDS or empty, town whose council decides) (日の制約)
    windows: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    #: dependencies to add; one that is there gets this lag (依存・間隔)
    links: tuple[Link, ...] = ()
    #: dependencies to take away, whatever their lag
    dropped: tuple[Link, ...] = ()
    #: new 本稼働日
    anchor_on: date | None = None
    #: new first day of work (着手日)
    start_on: date | None = None
    #: codes that may move to earlier dates; every other task only moves later (前倒し)
    pulled: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is asked for, so that only what happened counts (変更なし)."""
        return self == PlanChange()

    @property
    def codes(self) -> tuple[str, ...]:
        """Name every task the change speaks of, each once (変更する作業)."""
        links = (*self.links, *self.dropped)
        linked = [code for link in links for code in (link.before, link.after)]
        named = (*self.days, *self.not_before, *self.windows, *linked, *self.pulled)
        return tuple(dict.fromkeys(named))

    def document(self) -> dict[str, Any]:
        """Give it as one plain document, for the digest of a preview (正規形)."""
        return {
            "days": self.days,
            "not_before": self.not_before,
            "windows": self.windows,
            "links": [[*_key(link), link.lag] for link in self.links],
            "dropped": [list(_key(link)) for link in self.dropped],
            "anchor_on": self.anchor_on,
            "start_on": self.start_on,
            "pulled": sorted(self.pulled),
        }


def changed(plan: Plan, change: PlanChange) -> Plan:
    """Give the plan as it would be, its planned dates still the old ones (変更後の工程).

    Raises: BadInputError naming the task, at `days-A3` and the like.
    """
    for fault in _faults(plan, change):
        raise fault
    gone = {_key(link) for link in (*change.links, *change.dropped)}
    kept = tuple(link for link in plan.links if _key(link) not in gone)
    return replace(
        plan,
        anchor_on=change.anchor_on or plan.anchor_on,
        start_on=change.start_on or plan.start_on,
        tasks=tuple(_task(each, change) for each in plan.tasks),
        links=(*kept, *change.links),
    )


def check_councils(change: PlanChange, towns: Collection[str]) -> None:
    """Refuse the council of a town that is not among `towns`, given by code (議会の団体).

    Raises: BadInputError naming the task, at `window-B3` and the like.
    """
    for code, (_, council) in change.windows.items():
        if council and council not in towns:
            text = f"作業「{code}」の議会の団体「{council}」は、協議会にない団体です。"
            raise _fault(f"window-{code}", text)


def _key(link: Link) -> tuple[str, str, str]:
    return link.before, link.after, link.type


def _task(task: PlanTask, change: PlanChange) -> PlanTask:
    code = task.code
    kind, council = change.windows.get(code, (task.window_kind, task.window_code))
    return replace(
        task,
        days=change.days.get(code, task.days),
        not_before=change.not_before.get(code, task.not_before),
        window_kind=kind,
        window_code=council,
    )


def _faults(plan: Plan, change: PlanChange) -> Iterator[BadInputError]:
    known = {task.code for task in plan.tasks}
    for code in change.codes:
        if code not in known:
            yield _fault("", f"作業「{code}」は、この工程にありません。")
    missing = {_key(link) for link in change.dropped} - {_key(link) for link in plan.links}
    for before, after, _ in sorted(missing):
        yield _fault("links", f"依存「{before} → {after}」は、この工程にありません。")
    if change.anchor_on and plan.went_live_on:
        yield _fault("anchor_on", "この工程は、もう本稼働しています。")
    yield from _wrong_values(change)
    yield from _wrong_windows(change)


def _wrong_values(change: PlanChange) -> Iterator[BadInputError]:
    for code, days in change.days.items():
        if not 0 <= days <= MOST_DAYS:
            text = f"作業「{code}」の業務日が{days}日です。0から{MOST_DAYS}までの数にしてください。"
            yield _fault(f"days-{code}", text)
    for link in change.links:
        if link.before == link.after:
            yield _fault("links", f"作業「{link.after}」は、自分自身を待てません。")
        if abs(link.lag) > MOST_LAG:
            text = f"依存「{link.before} → {link.after}」の間隔が{link.lag}業務日です。"
            yield _fault("links", f"{text}-{MOST_LAG}から{MOST_LAG}までの数にしてください。")
    asked = Counter(_key(link) for link in (*change.links, *change.dropped))
    for (before, after, _), count in asked.items():
        if count > 1:
            text = f"依存「{before} → {after}」の変更が二つあります。一つだけにしてください。"
            yield _fault("links", text)


def _wrong_windows(change: PlanChange) -> Iterator[BadInputError]:
    for code, (kind, council) in change.windows.items():
        task = f"作業「{code}」の"
        if kind not in ("", *WINDOW_KINDS):
            yield _fault(f"window-{code}", f"{task}日の制約「{kind}」は、ありません。")
        elif council and kind != "council":
            text = f"{task}議会の団体は、{WINDOW_KINDS['council']}のときだけ選べます。"
            yield _fault(f"window-{code}", text)


def _fault(path: str, found: str) -> BadInputError:
    asked = "工程の変更を試算しようとしました。"
    return BadInputError(asked, found, "内容を確かめて、入力し直してください。", path=path)
