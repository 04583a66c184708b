"""What the pictures of plans stand on (工程の図の材料): open days, sessions, stays."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from consortium.db.store import members as members_store
from consortium.db.store.members import Membership
from consortium.db.unit import reading
from consortium.domain.calendar.period import Period
from consortium.domain.errors import BadInputError
from consortium.domain.onboarding.network import Network
from consortium.usecases.plan_calendars import network_of
from consortium.usecases.plans import PlanPage
from consortium.usecases.viewer import Viewer

_BOTH: Final = "両者"
_SURE: Final = "確定"


@dataclass(frozen=True, slots=True)
class SessionDay:
    """A day on which a council or the 総会 decides (議決日・総会日)."""

    day: date
    name: str
    is_certain: bool
    is_assembly: bool


@dataclass(frozen=True, slots=True)
class PictureDays:
    """The days of a picture (図の暦)."""

    #: days on which the parties of the first plan are all open, sorted (業務日)
    open_days: Sequence[date]
    sessions: tuple[SessionDay, ...]


@dataclass(frozen=True, slots=True)
class TownStays:
    """A town with the periods it belonged (団体の加入期間); expected ones are planned."""

    name: str
    stays: tuple[Period, ...]
    is_lead: bool = False
    is_expected: bool = False


def days_of(pages: Sequence[PlanPage]) -> PictureDays:
    """Give the open days and the sessions that some plans wait for (図の暦).

    A plan whose closed days are not filled gives none: its picture shows planned dates only.
    """
    open_days: Sequence[date] = ()
    sessions: list[SessionDay] = []
    for page in pages:
        try:
            network = network_of(page.plan, page.desk)
        except BadInputError:
            continue
        calendars = network.calendars
        open_days = open_days or calendars.get(_BOTH) or next(iter(calendars.values()), ())
        sessions += _sessions(page, network)
    return PictureDays(open_days, tuple(dict.fromkeys(sessions)))


def _sessions(page: PlanPage, network: Network) -> Iterator[SessionDay]:
    for key, days in network.windows.items():
        kind, _, code = key.partition(":")
        is_assembly = kind == "assembly"
        who = "" if is_assembly else code or str(page.plan.code)
        sure = {
            each.decision_on
            for each in page.desk.sessions
            if each.code == who and each.certainty == _SURE
        }
        names = {str(town.code): town.name for town in page.desk.towns}
        name = "総会" if is_assembly else f"{names.get(who, page.plan.town)}議会の議決日"
        yield from (SessionDay(day, name, day in sure, is_assembly) for day in days)


def show_stays(viewer: Viewer, pages: Sequence[PlanPage]) -> tuple[TownStays, ...]:
    """Give the members with their periods, then the towns going to join (構成団体と加入予定)."""
    if not pages:
        return ()
    with reading() as session:
        stays = members_store.memberships(session, viewer.consortium_id)
    joined = [
        TownStays(
            town.name,
            tuple(stay.period for stay in stays if stay.member_id == town.id),
            is_lead=town.is_lead,
        )
        for town in pages[0].desk.towns
    ]
    expected = [
        TownStays(page.plan.town, (Period(page.plan.anchor_on),), is_expected=True)
        for page in pages
        if page.plan.is_expected and not _is_in(page, stays)
    ]
    return (*(each for each in joined if each.stays), *expected)


def _is_in(page: PlanPage, stays: Sequence[Membership]) -> bool:
    """Say whether a town belongs already on the day its plan leads to."""
    ids = {town.id for town in page.desk.towns if town.code == page.plan.code}
    return any(
        each.member_id in ids and each.period.contains(page.plan.anchor_on) for each in stays
    )
