"""What stands around a plan (工程の周り): contracts, terms, busy times, grants, and the yen.

Onboarding and cost sharing do not know each other; here they meet.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from consortium.db.store import funding, members, plan_records, terms
from consortium.domain.funding import PER_MEMBER
from consortium.domain.onboarding.golive import GO_LIVE
from consortium.domain.onboarding.plan import Plan
from consortium.domain.onboarding.records import OLD_CONTRACT, Contract
from consortium.usecases.plan_calendars import Desk
from consortium.usecases.plan_crossings import Ending, Surroundings
from consortium.usecases.plan_yen import Joiner, YearYen, read_years, years_touched, yen_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Kind of the contract under which data is moved, and the stage that ends it (移行委託・本移行).
MIGRATION: Final = "移行委託"
CUT_OVER: Final = "E5"
_ONE_DAY: Final = timedelta(days=1)
#: Target of the state for standard systems (標準化の目標期限); the law itself names no day.
STANDARD_BY: Final = ("標準化の目標期限", date(2026, 3, 31))


@dataclass(frozen=True, slots=True)
class YenChange:
    """What a new 本稼働日 costs every member (負担額の変化)."""

    #: 本稼働日 compared, the old one first
    days: tuple[date, ...] = ()
    #: fiscal years touched; empty where there is nothing to compute, see `why`
    years: tuple[YearYen, ...] = ()
    why: str = ""

    def document(self) -> list[Any]:
        """Give it as a plain document, for the digest (正規形)."""
        return [
            list(self.days),
            self.why,
            [
                [
                    each.year.start_year,
                    each.costs,
                    list(each.prorations),
                    [[line.code, *line.amounts] for line in each.lines],
                    str(each.refusal or ""),
                ]
                for each in self.years
            ],
        ]


def yen_change(
    session: "Session", consortium_id: str, plan: Plan, days: Sequence[date], today: date
) -> YenChange:
    """Share the costs of every fiscal year touched, once for each 本稼働日 (負担額の変化)."""
    if len(days) == 1:
        return YenChange(why="本稼働日が動かないので、負担額は変わりません。")
    services = {each.id: each for each in members.services(session, consortium_id)}
    if plan.kind != "join" or plan.service_id not in services:
        return YenChange(why="加入する共同サービスが工程にないので、負担額は計算しません。")
    joiner = Joiner(plan.code, plan.town, services[plan.service_id].key)
    years = read_years(session, consortium_id, years_touched(days))
    if not years:
        return YenChange(why="費用がまだ一つも登録されていないので、負担額は計算できません。")
    found = tuple(yen_of(each, joiner, days, today) for each in years)
    return YenChange(tuple(days), found)


def read_surroundings(
    session: "Session", consortium_id: str, plan: Plan, day: date, desk: Desk
) -> Surroundings:
    """Read what a change of the plan could cross (工程の周り); `day` is the new 本稼働日."""
    kept = plan_records.around(session, consortium_id, plan.id)
    found = Surroundings(
        endings=tuple(_endings(plan, kept.records.contracts)),
        busy=tuple(desk.busy),
        office=desk.office(plan.code),
        year_labels=desk.year_labels,
    )
    if day == plan.anchor_on:
        return found
    ids = {id_ for id_, code, _ in kept.towns if code == plan.code}
    grants = {
        (each.name, each.year)
        for each in funding.all_measures(session, consortium_id)
        if each.treatment == PER_MEMBER and each.member_id in ids
    }
    return replace(
        found,
        terms=tuple(
            (each.name, each.since, each.last_day) for each in terms.terms(session, consortium_id)
        ),
        grants=tuple(sorted(grants)),
        deadlines=(STANDARD_BY,) if plan.kind == "standard" else (),
    )


def _endings(plan: Plan, contracts: Iterable[Contract]) -> Iterator[Ending]:
    """List what runs out: the old contract until going live, that for migration until cut-over."""
    found = [each for each in contracts if each.until is not None]
    if plan.old_contract_ends_on and not any(each.kind == OLD_CONTRACT for each in found):
        yield Ending("現行契約", plan.old_contract_ends_on)
    for each in found:
        code = {OLD_CONTRACT: GO_LIVE, MIGRATION: CUT_OVER}.get(each.kind)
        if code and each.until:
            yield Ending(each.name, each.until - _ONE_DAY, code)
