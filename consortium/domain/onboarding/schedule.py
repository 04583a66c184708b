"""Both passes over working days with council windows (日程計算).

The planned dates are the early ones: counted forward from the day the backward pass found, or from
the day the planner chose. The late ones stand beside them as limits (限界日).
"""

from collections.abc import Sequence
from datetime import date

from consortium.domain.onboarding.jobs import Job, Span, jobs_of
from consortium.domain.onboarding.network import Anchor, Link, Network, Schedule, Times
from consortium.domain.onboarding.schedule_findings import findings
from consortium.domain.onboarding.task_order import check, in_order


def schedule(network: Network) -> Schedule:
    """Give the dates, floats and findings of all tasks, in the order of the network (日程計算).

    Without an anchor everything has to be done when the last task can be.

    Raises: BadInputError, whose path is the code of the task, for what dates cannot follow from;
    without a path where the calendars do not reach so far.
    """
    check(network)
    jobs = jobs_of(network)
    order = [jobs[task.code] for task in in_order(network)]
    anchor = network.anchor
    if anchor is None:
        _advance(order, network)
        horizon = max((job.planned.end for job in order), default=None)
        _go_back(order, None, horizon)
    else:
        _go_back(order, anchor, None)
        _advance(order, network)
    times = tuple(_times(job, network.near) for job in jobs.values())
    held = None if anchor is None else jobs[anchor.code]
    return Schedule(
        times,
        findings(jobs.values(), network),
        min((each.start for each in times), default=_first_day(order, network)),
        None if held is None or anchor is None else held.in_hand(anchor.day),
        None if held is None else held.early.start,
    )


def _go_back(order: Sequence[Job], anchor: Anchor | None, horizon: date | None) -> None:
    """Find the last days of every task that something holds (逆算)."""
    for job in reversed(order):
        if anchor is not None and job.task.code == anchor.code:
            job.late = Span(anchor.day, anchor.day)
        else:
            job.late = job.latest(lambda _link, other: other.late, horizon)


def _advance(order: Sequence[Job], network: Network) -> None:
    """Find the first days of every task (順算)."""
    floor = _first_day(order, network)
    for job in order:
        job.early, job.waits, job.ready = job.earliest(floor, network.status_on)
        job.planned = job.early
        anchor = network.anchor
        if anchor is None or job.task.code != anchor.code or job.task.finished:
            continue
        if job.ready <= anchor.day:
            # It stays on its day, open or not, as long as all before it is done by then.
            job.planned = Span(anchor.day, anchor.day)
            if job.early.start > anchor.day:
                job.early = job.planned


def _first_day(order: Sequence[Job], network: Network) -> date:
    if network.start is not None:
        return network.start
    return min(job.late.start for job in order if job.late is not None)


def _times(job: Job, near: int) -> Times:
    task, planned, late = job.task, job.planned, job.late
    total = None if late is None else _gap(job, job.early, late)
    is_open = task.finished is None
    return Times(
        task.code,
        planned.start,
        planned.last_day,
        None if late is None else late.start,
        None if late is None else late.last_day,
        total,
        _free(job, total),
        is_critical=is_open and total is not None and total <= 0,
        is_near=is_open and total is not None and 0 < total <= near,
        waits=job.waits,
    )


def _free(job: Job, total: int | None) -> int | None:
    limit = job.latest(_movable)
    return total if limit is None else max(0, _gap(job, job.planned, limit))


def _movable(link: Link, job: Job) -> Span | None:
    """Give when a following task is planned, None where what happened holds it already."""
    happened = job.task.finished or (job.task.started and job.holds_start(link))
    return None if happened else job.early


def _gap(job: Job, since: Span, until: Span) -> int:
    return job.office.index(until.end) - job.office.index(since.end)
