"""Whether dates that are given hold together (日付の整合): links, windows, first days.

The scheduler's own counting looks at them, so that what it made always holds.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import date

from consortium.domain.calendar.wareki import wareki
from consortium.domain.onboarding.jobs import Job, Span, jobs_of
from consortium.domain.onboarding.network import WINDOW_KINDS, Finding, Network
from consortium.domain.onboarding.workdays import ONE_DAY


def broken(network: Network, dates: Mapping[str, tuple[date, date]]) -> tuple[Finding, ...]:
    """List what dates break, by first and last day of each task (守られない依存・日の制約).

    What has begun has broken nothing by its start, and what is over nothing at all.
    """
    jobs = jobs_of(network)
    for job in jobs.values():
        job.planned = _span(job, dates[job.task.code])
    open_jobs = [job for job in jobs.values() if job.task.finished is None]
    return tuple(
        finding
        for job in open_jobs
        for finding in (*_windows(job), *_links(job), *_not_before(job))
    )


def _span(job: Job, days: tuple[date, date]) -> Span:
    if job.task.finished is not None:
        return job.earliest(date.min, None)[0]
    first, last = days
    return Span(first, last + ONE_DAY) if job.task.days else Span(last, last)


def _windows(job: Job) -> Iterator[Finding]:
    """A day is missed only where a later one is known; else the scheduler says there is none."""
    allowed, last = job.allowed, job.planned.last_day
    is_known = allowed is not None and bisect_left(allowed, last) < len(allowed)
    if allowed is None or not is_known or last in allowed:
        return
    task = job.task
    kind = task.window.partition(":")[0] or (
        "closed_block" if task.in_closed_block else "month_start"
    )
    text = f"「{task.code} {task.name}」の計画の終わり（{wareki(last)}）"
    yield Finding("window", task.code, f"{text}は、{WINDOW_KINDS[kind]}ではありません。")


def _links(job: Job) -> Iterator[Finding]:
    task = job.task
    for link, other in job.before:
        holds_start = job.holds_start(link)
        if task.started is not None and holds_start:
            continue
        moment = job.planned.start if holds_start else job.planned.end
        if job.count.index(moment) < job.count.index(job.arrival(link, other)):
            text = f"依存「{link.before} → {link.after}」が守られません。"
            yield Finding("link", task.code, text)


def _not_before(job: Job) -> Iterator[Finding]:
    day = job.task.not_before
    if day is not None and job.task.started is None and job.planned.start < day:
        text = f"「{job.task.code} {job.task.name}」が、着手可能日（{wareki(day)}）より前です。"
        yield Finding("not_before", job.task.code, text)
