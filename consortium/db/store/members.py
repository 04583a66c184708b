"""Members, when they belong, and which services they use since when (構成団体・サービス利用)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.unit import Unit
from consortium.domain.calendar.period import Period
from consortium.domain.municipality import MunicipalityCode


@dataclass(frozen=True, slots=True)
class Member:
    """A municipality of the consortium (構成団体)."""

    id: str
    code: MunicipalityCode
    name: str
    kana: str
    kind: str
    is_lead: bool = False


@dataclass(frozen=True, slots=True)
class Membership:
    """One stay of a member in the consortium (加入期間)."""

    id: str
    member_id: str
    period: Period
    source: str


@dataclass(frozen=True, slots=True)
class Service:
    """A shared service (共同サービス)."""

    id: str
    key: str
    name: str
    operator: str
    period: Period
    source: str


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One period in which a member uses a service (サービス利用)."""

    id: str
    member_id: str
    service_id: str
    period: Period
    source: str


# ---- questions -----------------------------------------------------------------------------------


def members(session: Session, consortium_id: str) -> tuple[Member, ...]:
    """List the municipalities by code, the lead city first (構成団体の一覧)."""
    found = (
        select(models.Member)
        .where(models.Member.consortium_id == consortium_id)
        .order_by(models.Member.is_lead.desc(), models.Member.code)
    )
    return tuple(
        Member(row.id, row.code, row.name, row.kana, row.kind, row.is_lead)
        for row in session.scalars(found)
    )


def memberships(session: Session, consortium_id: str) -> tuple[Membership, ...]:
    """List every stay, the earliest first (加入期間の一覧)."""
    table = models.Membership
    found = select(table).where(table.consortium_id == consortium_id)
    return tuple(
        Membership(row.id, row.member_id, Period(row.since, row.until), row.source)
        for row in session.scalars(found.order_by(table.since, table.id))
    )


def services(session: Session, consortium_id: str) -> tuple[Service, ...]:
    """List the shared services, the earliest first (共同サービスの一覧)."""
    table = models.Service
    found = select(table).where(table.consortium_id == consortium_id)
    return tuple(
        Service(row.id, row.key, row.name, row.operator, Period(row.since, row.until), row.source)
        for row in session.scalars(found.order_by(table.since, table.key))
    )


def enrolments(session: Session, consortium_id: str) -> tuple[Enrolment, ...]:
    """List who uses what, the earliest first (サービス利用の一覧)."""
    table = models.Enrolment
    found = select(table).where(table.consortium_id == consortium_id)
    return tuple(
        Enrolment(row.id, row.member_id, row.service_id, Period(row.since, row.until), row.source)
        for row in session.scalars(found.order_by(table.since, table.id))
    )


# ---- changes -------------------------------------------------------------------------------------


def add_member(unit: Unit, consortium_id: str, new: Member) -> None:
    """Save a municipality (構成団体の登録).

    Raises: DuplicateError on leaving the unit if the code is there already.
    """
    unit.session.add(
        models.Member(
            id=new.id,
            consortium_id=consortium_id,
            code=new.code,
            name=new.name,
            kana=new.kana,
            kind=new.kind,
            is_lead=new.is_lead,
        )
    )
    unit.session.flush()
    after = {
        "団体コード": new.code,
        "団体名": new.name,
        "よみ": new.kana,
        "区分": new.kind,
        "幹事市": new.is_lead,
    }
    unit.record(consortium_id, "member.create", "member", new.id, f"{new.name}の登録", None, after)


def add_membership(unit: Unit, consortium_id: str, member: Member, new: Membership) -> None:
    """Save a stay (加入)."""
    unit.session.add(
        models.Membership(
            id=new.id,
            consortium_id=consortium_id,
            member_id=new.member_id,
            since=new.period.since,
            until=new.period.until,
            source=new.source,
        )
    )
    unit.session.flush()
    unit.record(
        consortium_id, "membership.begin", "membership", new.id, f"{member.name}の加入",
        None, _stay_in_words("加入日", new.period, new.source),
    )  # fmt: skip


def add_service(unit: Unit, consortium_id: str, new: Service) -> None:
    """Save a shared service (共同サービスの登録)."""
    unit.session.add(
        models.Service(
            id=new.id,
            consortium_id=consortium_id,
            key=new.key,
            name=new.name,
            operator=new.operator,
            since=new.period.since,
            until=new.period.until,
            source=new.source,
        )
    )
    unit.session.flush()
    after = {
        "略称": new.key,
        "サービス名": new.name,
        "運営主体": new.operator,
        **_stay_in_words("稼働日", new.period, new.source),
    }
    unit.record(
        consortium_id, "service.create", "service", new.id, f"{new.name}の登録", None, after
    )


def add_enrolment(
    unit: Unit, consortium_id: str, member: Member, service: Service, new: Enrolment
) -> None:
    """Save that a member uses a service (サービス利用の開始)."""
    unit.session.add(
        models.Enrolment(
            id=new.id,
            consortium_id=consortium_id,
            member_id=new.member_id,
            service_id=new.service_id,
            since=new.period.since,
            until=new.period.until,
            source=new.source,
        )
    )
    unit.session.flush()
    unit.record(
        consortium_id, "enrolment.begin", "enrolment", new.id,
        f"{member.name}の{service.name}の利用開始",
        None, _stay_in_words("利用開始日", new.period, new.source),
    )  # fmt: skip


def end_membership(
    unit: Unit, consortium_id: str, member: Member, old: Membership, until: date
) -> None:
    """Close an open stay (脱退); `until` is the first day outside."""
    table = models.Membership
    found = select(table).where(table.consortium_id == consortium_id, table.id == old.id)
    unit.session.scalars(found.with_for_update()).one().until = until
    unit.session.flush()
    unit.record(
        consortium_id, "membership.end", "membership", old.id, f"{member.name}の脱退",
        {"終わりの翌日": old.period.until}, {"終わりの翌日": until},
    )  # fmt: skip


def end_enrolment(  # noqa: PLR0913 -- who stops using what, since when, by whom
    unit: Unit, consortium_id: str, member: Member, service: Service, old: Enrolment, until: date
) -> None:
    """Close the use of a service (サービス利用の終了); `until` is the first day outside."""
    table = models.Enrolment
    found = select(table).where(table.consortium_id == consortium_id, table.id == old.id)
    unit.session.scalars(found.with_for_update()).one().until = until
    unit.session.flush()
    unit.record(
        consortium_id,
        "enrolment.end",
        "enrolment",
        old.id,
        f"{member.name}の{service.name}の利用終了",
        {"終わりの翌日": old.period.until},
        {"終わりの翌日": until},
    )


def _stay_in_words(first_day: str, period: Period, source: str) -> dict[str, Any]:
    return {first_day: period.since, "終わりの翌日": period.until, "根拠": source}
