"""The three joins and the founding case as networks (工程の例): one calendar, usual sessions."""

import csv
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import consortium
from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.onboarding.gates import under
from consortium.domain.onboarding.network import Anchor, Network, Schedule, Task
from consortium.domain.onboarding.schedule import schedule
from consortium.domain.onboarding.sessions import default_sessions
from consortium.domain.onboarding.template import Template, read_template
from consortium.usecases.calendars import proposed_days
from consortium.usecases.plan_calendars import open_list

HIRAKAWA, FUJISAKI, ITAYANAGI = date(2019, 4, 1), date(2021, 4, 1), date(2021, 6, 1)
FOUNDING = date(2015, 4, 1)
YEARS = range(2012, 2023)
TEMPLATE = Path(consortium.__file__).parent / "seed" / "onboarding_template.csv"


@cache
def office() -> OpenDays:
    """Weekends, national holidays and 12/29–1/3 are closed."""
    return OpenDays(day for year in YEARS for day in proposed_days(year, date(2022, 12, 1)))


@cache
def open_days() -> list[date]:
    return open_list(YEARS, [office()])


@cache
def votes() -> list[date]:
    return [day for year in YEARS for day in default_sessions(year, office())]


@cache
def template() -> Template:
    with TEMPLATE.open(encoding="utf-8") as lines:
        return under(read_template(list(csv.DictReader(lines))), "agreement")


def template_codes() -> list[str]:
    return [each.code for each in template().tasks]


def network(
    go_live: date,
    more: Mapping[str, int] | None = None,
    start: date | None = None,
    *,
    with_r1: bool = False,
    in_closed_block: bool = False,
    at_month_start: bool = False,
) -> Network:
    """A join, with so many more days for some stages."""
    more = more or {}
    tasks = [
        Task(
            each.code,
            each.name,
            each.days + more.get(each.code, 0),
            window="council" if each.code in ("B3", "R1") else "",
            in_closed_block=in_closed_block and each.code == "E5",
            at_month_start=at_month_start and each.code == "H0",
        )
        for each in template().tasks
        if with_r1 or each.code != "R1"
    ]
    links = [link for link in template().links if with_r1 or "R1" not in (link.before, link.after)]
    return Network(
        tasks, links, {"": open_days()}, {"council": votes()}, Anchor("H0", go_live), start
    )


@cache
def plain(go_live: date) -> Schedule:
    return schedule(network(go_live))


def with_more(go_live: date, **more: int) -> Schedule:
    """The join as it goes when stages take longer: forward from the start that was found for it."""
    return schedule(network(go_live, more, plain(go_live).start))
