"""Who belongs to the consortium and uses which service since when (構成団体・加入期間)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid4

from consortium.db.store import members as store
from consortium.db.store import plans
from consortium.db.store.members import Enrolment, Member, Membership, Service
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.period import Period
from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError, NotFoundError
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.services import refuse_overlaps
from consortium.usecases.closings import refuse_closed_days
from consortium.usecases.viewer import Viewer

KINDS = ("市", "町", "村")


@dataclass(frozen=True, slots=True)
class Use:
    """One period in which a member uses a service, with that service (サービス利用)."""

    service: Service
    enrolment: Enrolment


@dataclass(frozen=True, slots=True)
class Standing:
    """A member with its stays and what it uses (構成団体の状況)."""

    member: Member
    stays: tuple[Membership, ...]
    uses: tuple[Use, ...]

    @property
    def open_stay(self) -> Membership | None:
        """Give the stay that has no end yet, None if there is none (継続中の加入期間)."""
        return next((stay for stay in self.stays if stay.period.until is None), None)

    def uses_on(self, day: date) -> tuple[Use, ...]:
        """Give what it uses on a day (利用中のサービス)."""
        return tuple(use for use in self.uses if use.enrolment.period.contains(day))

    @property
    def open_uses(self) -> tuple[Use, ...]:
        """Give the uses that would end with the membership (継続中のサービス利用)."""
        return tuple(use for use in self.uses if use.enrolment.period.until is None)


@dataclass(frozen=True, slots=True)
class Roster:
    """All members and services (構成団体と共同サービス)."""

    standings: tuple[Standing, ...]
    services: tuple[Service, ...]

    @property
    def settled(self) -> tuple[Standing, ...]:
        """Give who belongs, belonged or is registered to: everybody with a stay (構成団体)."""
        return tuple(each for each in self.standings if each.stays)

    @property
    def candidates(self) -> tuple[Standing, ...]:
        """Give the towns without a stay, which are going to join (加入予定団体)."""
        return tuple(each for each in self.standings if not each.stays)

    def users_of(self, service: Service) -> tuple[Standing, ...]:
        """Give who uses or used a service; empty where nothing is published (参加団体)."""
        return tuple(
            each
            for each in self.standings
            if any(use.service.id == service.id for use in each.uses)
        )

    def on(self, day: date) -> tuple[Standing, ...]:
        """Give who belongs to the consortium on a day (在籍する団体)."""
        return tuple(
            each for each in self.standings if any(stay.period.contains(day) for stay in each.stays)
        )


def last_day(period: Period) -> date | None:
    """Give the last day inside, as officers count it (利用終了日); None while open."""
    return None if period.until is None else period.until - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Joining:
    """What an officer enters for a town that joins (加入の登録)."""

    code: MunicipalityCode
    name: str
    kana: str
    kind: str
    since: date
    source: str
    service_ids: tuple[str, ...] = ()
    #: first day outside, for a stay that is over; the portal's form has none
    until: date | None = None
    is_lead: bool = False


def show_roster(viewer: Viewer) -> Roster:
    """Read members, stays, services and who uses what (構成団体の一覧)."""
    with reading() as session:
        towns = store.members(session, viewer.consortium_id)
        stays = store.memberships(session, viewer.consortium_id)
        services = store.services(session, viewer.consortium_id)
        enrolments = store.enrolments(session, viewer.consortium_id)
    return _roster(towns, stays, services, enrolments)


def _roster(
    towns: Iterable[Member],
    stays: tuple[Membership, ...],
    services: tuple[Service, ...],
    enrolments: tuple[Enrolment, ...],
) -> Roster:
    by_id = {service.id: service for service in services}
    standings = tuple(
        Standing(
            town,
            tuple(stay for stay in stays if stay.member_id == town.id),
            tuple(Use(by_id[e.service_id], e) for e in enrolments if e.member_id == town.id),
        )
        for town in towns
    )
    return Roster(standings, services)


def show_standing(viewer: Viewer, code: str) -> Standing:
    """Read one member (構成団体).

    Raises: NotFoundError for a code that is not a member's.
    """
    return _standing(show_roster(viewer), code)


def show_leaving(viewer: Viewer, code: str) -> Standing:
    """Read a member that may leave (利用終了の画面).

    Raises: NotFoundError; BadInputError for whom no last day could be registered.
    """
    standing = show_standing(viewer, code)
    _leavable_stay(standing)
    return standing


def _standing(roster: Roster, code: str) -> Standing:
    found = next((each for each in roster.standings if each.member.code == code), None)
    if found is None:
        raise NotFoundError(
            "構成団体を開こうとしました。", "見つかりません。", "一覧から選び直してください。"
        )
    return found


def join_member(viewer: Viewer, entry: Joining, now: datetime) -> None:
    """Register that a town joins, and the services it uses from that day on (加入の登録).

    A town that left may join again; one with a plan of joining (加入工程) begins by that.
    Raises: BadInputError at the field, nothing is saved then.
    """
    period = Period(entry.since, entry.until)
    with writing(viewer.actor(), now) as unit:
        refuse_closed_days(unit, viewer.consortium_id, period, reason=viewer.reason)
        roster = _roster_in(unit, viewer.consortium_id)
        known = next((each for each in roster.standings if each.member.code == entry.code), None)
        if known is not None:
            _refuse_other_town(known.member, entry)
        if entry.is_lead:
            _refuse_second_lead(roster, entry)
        chosen = _chosen_services(roster, entry)
        member = known.member if known else _new_member(unit, viewer.consortium_id, entry)
        stay = Membership(str(uuid4()), member.id, period, entry.source)
        store.add_membership(unit, viewer.consortium_id, member, stay)
        for service in chosen:
            new = Enrolment(str(uuid4()), member.id, service.id, period, entry.source)
            store.add_enrolment(unit, viewer.consortium_id, member, service, new)
        # Only here, where others must wait: two officers may register the town at the same time.
        _refuse_expected(unit, viewer.consortium_id, entry)
        saved = store.memberships(unit.session, viewer.consortium_id)
        own = [each for each in saved if each.member_id == member.id and each.id != stay.id]
        _refuse_overlap(own, period, entry.name)


def _new_member(unit: Unit, consortium_id: str, entry: Joining) -> Member:
    member = Member(str(uuid4()), entry.code, entry.name, entry.kana, entry.kind, entry.is_lead)
    store.add_member(unit, consortium_id, member)
    return member


def _refuse_second_lead(roster: Roster, entry: Joining) -> None:
    lead = next((each.member for each in roster.standings if each.member.is_lead), None)
    if (lead is not None and lead.code != entry.code) or entry.until is not None:
        raise BadInputError(
            "幹事市を登録しようとしました。",
            f"{lead.name}が幹事市です。" if lead else "幹事市に脱退日があります。",
            "幹事市は、加入の続く一つの団体にしてください。",
            path="is_lead",
        )


def _refuse_other_town(known: Member, entry: Joining) -> None:
    if known.name != entry.name:
        raise BadInputError(
            "加入を登録しようとしました。",
            f"{entry.code}は{known.name}の団体コードとして登録されています。",
            "団体コードか団体名を確かめてください。",
            path="code",
        )


def _refuse_expected(unit: Unit, consortium_id: str, entry: Joining) -> None:
    """Refuse a stay beside the plan it would begin by: it would rest on no decision (加入工程)."""
    for plan in plans.plans(unit.session, consortium_id):
        if plan.code == entry.code and plan.is_expected:
            raise BadInputError(
                "加入を登録しようとしました。",
                f"{plan.town}には、加入の工程「{plan.title}」があります。",
                "加入工程から利用を始めてください。",
                path="code",
            )


def _refuse_overlap(stays: Iterable[Membership], period: Period, name: str) -> None:
    refuse_overlaps([*(stay.period for stay in stays), period], f"{name}の加入")


def _chosen_services(roster: Roster, entry: Joining) -> tuple[Service, ...]:
    chosen = tuple(service for service in roster.services if service.id in entry.service_ids)
    if len(chosen) != len(set(entry.service_ids)):
        raise BadInputError(
            "加入を登録しようとしました。",
            "一覧にないサービスが選ばれています。",
            "画面を開き直して、選び直してください。",
            path="services",
        )
    for service in chosen:
        if not service.period.contains(entry.since):
            raise BadInputError(
                "加入を登録しようとしました。",
                f"{service.name}は{wareki(entry.since)}には稼働していません。",
                "加入日を直すか、このサービスを選ばずに登録してください。",
                path="services",
            )
    return chosen


def end_membership(viewer: Viewer, code: str, final: date, reason: str, now: datetime) -> None:
    """Register the last day of a town in the consortium; its open uses end with it (脱退の登録).

    Raises: NotFoundError, BadInputError at the field; nothing is saved then.
    """
    with writing(viewer.actor(), now, reason=reason) as unit:
        standing = _standing(_roster_in(unit, viewer.consortium_id), code)
        stay, until = _stay_to_end(standing, final), final + timedelta(days=1)
        refuse_closed_days(unit, viewer.consortium_id, Period(until), reason=viewer.reason)
        for use in standing.uses:
            if not _reaches(use.enrolment.period, until):
                continue
            if use.enrolment.period.since >= until:
                raise _refuse_end(
                    f"{use.service.name}の利用が{wareki(use.enrolment.period.since)}から始まります。",
                    "利用終了日を直してください。",
                )
            store.end_enrolment(
                unit, viewer.consortium_id, standing.member, use.service, use.enrolment, until
            )
        store.end_membership(unit, viewer.consortium_id, standing.member, stay, until)


def _roster_in(unit: Unit, consortium_id: str) -> Roster:
    return _roster(
        store.members(unit.session, consortium_id),
        store.memberships(unit.session, consortium_id),
        store.services(unit.session, consortium_id),
        store.enrolments(unit.session, consortium_id),
    )


def _reaches(period: Period, until: date) -> bool:
    return period.until is None or period.until > until


def _stay_to_end(standing: Standing, final: date) -> Membership:
    stay = _leavable_stay(standing)
    if final < stay.period.since:
        raise _refuse_end(
            f"加入日（{wareki(stay.period.since)}）より前の日です。",
            "加入日以後の日を入力してください。",
        )
    return stay


def _leavable_stay(standing: Standing) -> Membership:
    if standing.member.is_lead:
        raise _refuse_end(
            f"{standing.member.name}は幹事市です。", "幹事市の利用終了は登録できません。"
        )
    stay = standing.open_stay
    if stay is None:
        raise _refuse_end(
            f"{standing.member.name}に継続中の加入期間がありません。",
            "構成団体の一覧を確かめてください。",
        )
    return stay


def _refuse_end(found: str, todo: str) -> BadInputError:
    return BadInputError("利用終了を登録しようとしました。", found, todo, path="last_day")
