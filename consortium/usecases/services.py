"""Shared services and who uses them since when (共同サービスの登録・サービス利用の登録)."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from consortium.db.store import members as store
from consortium.db.store.members import Enrolment, Member, Service
from consortium.db.unit import Unit, writing
from consortium.domain.calendar.period import Period
from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError
from consortium.domain.services import Operator, refuse_overlaps
from consortium.usecases.closings import refuse_closed_days
from consortium.usecases.viewer import Viewer

#: A key stands in case files and seed files; it is never renamed.
KEY_FORM = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """What an officer enters for a service (共同サービスの入力)."""

    key: str
    name: str
    operator: str
    period: Period
    source: str


def add_service(viewer: Viewer, entry: ServiceEntry, now: datetime) -> Service:
    """Register a shared service (共同サービスの登録). Raises: BadInputError at the field."""
    owner = viewer.consortium_id
    if not KEY_FORM.fullmatch(entry.key):
        found = f"略称「{entry.key}」は使えません。"
        todo = "英小文字で始め、英小文字・数字・「_」「-」で40文字までにしてください。"
        raise _refuse("key", found, todo)
    if entry.operator not in [each.value for each in Operator]:
        words = "、".join(each.value for each in Operator)
        raise _refuse("operator", f"「{entry.operator}」です。", f"{words} から選びます。")
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        for known in store.services(unit.session, owner):
            if known.key == entry.key:
                found = f"略称「{entry.key}」は「{known.name}」が使っています。"
                raise _refuse("key", found, "別の略称にしてください。")
            if known.name == entry.name:
                raise _refuse(
                    "name", f"「{entry.name}」はもう登録されています。", "名前を変えてください。"
                )
        new = Service(
            str(uuid4()), entry.key, entry.name, entry.operator, entry.period, entry.source
        )
        store.add_service(unit, owner, new)
    return new


def enrol(  # noqa: PLR0913 -- who uses what from when to when, by which paper, entered by whom when
    viewer: Viewer, code: str, service_key: str, period: Period, source: str, now: datetime
) -> Enrolment:
    """Register that a member uses a service (サービス利用の登録).

    Raises: BadInputError at the field, e.g. for days outside the stay or the service.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        refuse_closed_days(unit, owner, period, reason=viewer.reason)
        member, service = _both(unit, owner, code, service_key)
        stays = store.memberships(unit.session, owner)
        own = [each.period for each in stays if each.member_id == member.id]
        if not any(_covers(stay, period) for stay in own):
            found = f"{member.name}の加入期間の外の日を含みます。"
            raise _refuse(
                "since", found, "加入日・脱退日と、利用の始まりと終わりを確かめてください。"
            )
        if not _covers(service.period, period):
            found = f"{service.name}の稼働の期間（{wareki(service.period.since)}から）の外です。"
            raise _refuse("since", found, "稼働日・終了日と、利用の日を確かめてください。")
        used = [
            each.period
            for each in store.enrolments(unit.session, owner)
            if (each.member_id, each.service_id) == (member.id, service.id)
        ]
        refuse_overlaps([*used, period], f"{member.name}の{service.name}の利用")
        new = Enrolment(str(uuid4()), member.id, service.id, period, source)
        store.add_enrolment(unit, owner, member, service, new)
    return new


def _both(unit: Unit, owner: str, code: str, key: str) -> tuple[Member, Service]:
    towns = {str(each.code): each for each in store.members(unit.session, owner)}
    services = {each.key: each for each in store.services(unit.session, owner)}
    if code not in towns:
        raise _refuse("code", f"「{code}」は構成団体ではありません。", "団体を確かめてください。")
    if key not in services:
        raise _refuse(
            "service", f"「{key}」というサービスはありません。", "略称を確かめてください。"
        )
    return towns[code], services[key]


def _covers(outer: Period, inner: Period) -> bool:
    """Say whether every day of the inner period lies in the outer one."""
    ends = outer.until is None or (inner.until is not None and inner.until <= outer.until)
    return outer.since <= inner.since and ends


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("共同サービスを登録しようとしました。", found, todo, path=path)
