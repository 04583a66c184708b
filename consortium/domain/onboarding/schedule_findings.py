"""What an officer has to know of a schedule (日程の指摘): sessions missed, days missing."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from consortium.domain.calendar.wareki import wareki
from consortium.domain.onboarding.jobs import Job
from consortium.domain.onboarding.network import WINDOW_KINDS, Anchor, Finding, Network

#: What a window is called in a sentence, by the part of its key before 「:」 (窓の呼び名).
_NAMES: Final = {"council": "議会", "assembly": "総会"}


def findings(jobs: Iterable[Job], network: Network) -> tuple[Finding, ...]:
    """Give what is wrong with a schedule, the anchor first (指摘)."""
    kept = tuple(jobs)
    return (*_late(kept, network.anchor), *_missed(kept, network.anchor))


def _late(jobs: Iterable[Job], anchor: Anchor | None) -> Iterator[Finding]:
    for job in jobs:
        if anchor is None or job.task.code != anchor.code or job.ready <= anchor.day:
            continue
        missing = -job.in_hand(anchor.day)
        day = job.early.start
        yield Finding(
            "late", anchor.code,
            f"{job.task.name}（{wareki(anchor.day)}）に間に合いません。{missing}業務日不足しています。"
            f"最も早い日は{wareki(day)}です。",
        )  # fmt: skip


def _missed(jobs: Iterable[Job], anchor: Anchor | None) -> Iterator[Finding]:
    for job in jobs:
        is_anchor = anchor is not None and job.task.code == anchor.code
        if job.allowed is None or job.task.finished or is_anchor:
            continue
        planned, late = job.planned, job.late
        is_allowed = planned.last_day in job.allowed
        if is_allowed and (late is None or planned.end <= late.end):
            continue
        # The last day that would do: before the anchor where something holds it, else of all.
        last = late.last_day if late is not None else max(job.allowed, default=None)
        last = last if last in job.allowed else None
        following = planned.last_day if is_allowed else None
        yield Finding("missed", job.task.code, _missed_text(job, last, following))


def _missed_text(job: Job, last: date | None, following: date | None) -> str:
    task = job.task
    name = (
        _NAMES.get(task.window.partition(":")[0])
        or WINDOW_KINDS["closed_block" if task.in_closed_block else "month_start"]
    )
    whom = f"（{task.code} {task.name}）"
    after = "" if following is None else f"次は{wareki(following)}です。"
    if last is None:
        return f"間に合いません: それまでに{name}がありません{whom}。{after}"
    return f"間に合いません: 最終の{name}は{wareki(last)}{whom}です。{after}"
