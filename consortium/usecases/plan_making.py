"""Making a plan from a template, and changing it while it is a draft (工程の作成・草案の変更)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from consortium.db.store import members as members_store
from consortium.db.store import plans as store
from consortium.db.store import stage_templates
from consortium.db.store.members import Member, Service
from consortium.db.unit import Unit, reading, writing
from consortium.domain.errors import BadInputError, InvalidTransitionError, StaleError
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.onboarding.change import PlanChange, changed
from consortium.domain.onboarding.gates import VotingTown, tasks_for
from consortium.domain.onboarding.plan import (
    ANCHOR_MODES,
    LEGAL_FORMS,
    PLAN_KINDS,
    PLAN_STATES,
    Plan,
)
from consortium.domain.onboarding.schedule import schedule
from consortium.usecases.members import KINDS
from consortium.usecases.national import town_of
from consortium.usecases.plan_calendars import Desk, network_of, read_desk
from consortium.usecases.plans import dated, status_day, visible_plan
from consortium.usecases.stage_templates import SHIPPED, ensured, shipped
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class PlanHead:
    """What an officer enters of a plan as a whole (工程の入力)."""

    title: str
    anchor_on: date
    kind: str = "join"
    anchor_mode: str = "backward"
    start_on: date | None = None
    service_id: str | None = None
    legal_form: str = "agreement"
    old_contract_ends_on: date | None = None
    uses_common_layout: bool | None = None
    customisations: int | None = None
    representative_code: str = ""
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen for a new plan (工程の選択肢)."""

    members: tuple[Member, ...]
    services: tuple[Service, ...]
    #: id of a version, or the key of a template that is saved with its first plan → its name
    templates: Mapping[str, str]

    def member(self, code: str) -> Member | None:
        """Give the member of a code, None for a town not known yet (構成団体)."""
        return next((each for each in self.members if each.code == code), None)


def show_choices(viewer: Viewer) -> Choices:
    """Read members, services and templates for the form (工程の作成の画面)."""
    owner = viewer.consortium_id
    with reading() as session:
        return Choices(
            members_store.members(session, owner),
            members_store.services(session, owner),
            _templates(stage_templates.versions(session, owner)),
        )


def _templates(saved: Sequence[stage_templates.Version]) -> dict[str, str]:
    """Name the versions in use, and what the portal brings of templates not saved yet."""
    keys = {each.key for each in saved}
    found = {each.id: f"{each.name} 第{each.version}版" for each in saved if not each.is_retired}
    return found | {key: shipped(key).name for key in SHIPPED if key not in keys}


def make_plan(  # noqa: PLR0913 -- who makes what for whom, from what, when, by which form
    viewer: Viewer,
    code: MunicipalityCode,
    kana: str,
    template_id: str,
    head: PlanHead,
    now: datetime,
    today: date,
    plan_id: str = "",
) -> Plan:
    """Make a plan from a template, its dates computed, in draft (工程の作成).

    A town not known yet becomes a member without a stay (加入予定団体): it is asked for nothing and
    pays nothing until it goes live. A form sent again with its `plan_id` gives what was saved.
    Raises: BadInputError at the field, nothing is saved then; NotFoundError for the template.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        saved = [each for each in store.plans(unit.session, owner) if each.id == plan_id]
        if saved:
            return saved[0]
        member = _member(unit, owner, code, kana)
        found = draft_plan(unit, owner, member, template_id, head, today, plan_id)
        check_joining(unit.session, owner, found)
        store.add_plan(unit, owner, member.id, found)
        return store.plan(unit.session, owner, found.id)


def draft_plan(  # noqa: PLR0913 -- whose plan, from what, saying what, seen when, under which id
    unit: Unit,
    consortium_id: str,
    member: Member,
    template_id: str,
    head: PlanHead,
    today: date | None,
    plan_id: str = "",
) -> Plan:
    """Put a plan together that is not saved yet (工程の草案); without `today` one of the past.

    Raises: BadInputError at the field; NotFoundError for the template.
    """
    session = unit.session
    template = (
        ensured(unit, consortium_id, template_id)
        if template_id in SHIPPED
        else stage_templates.template(session, consortium_id, template_id)
    )
    _check_head(session, consortium_id, head)
    tasks, links = tasks_for(
        template, head.legal_form, VotingTown(member.code, member.name),
        _parties(session, consortium_id), head.anchor_on,
    )  # fmt: skip
    draft = Plan(
        id=plan_id or str(uuid4()),
        code=member.code,
        town=member.name,
        state="draft",
        joining_state="considering",
        template_id=template.id,
        tasks=tuple(replace(task, id=str(uuid4())) for task in tasks),
        links=links,
        **_columns(head),
    )
    return with_dates(draft, read_desk(session, consortium_id), today)


def change_head(  # noqa: PLR0913 -- what to change, by whom and when, as it was seen
    viewer: Viewer,
    plan_id: str,
    seen_version: int,
    head: PlanHead,
    now: datetime,
    today: date,
) -> Plan:
    """Change what a plan says as a whole (工程の変更); of a draft the dates follow.

    Raises: BadInputError at the field; InvalidTransitionError for days that only the preview may
    change; StaleError, NotFoundError.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        old = seen_plan(unit.session, viewer, plan_id, seen_version)
        _check_head(unit.session, owner, head)
        new = replace(old, **_columns(head))
        if old.state == "draft":
            check_joining(unit.session, owner, new)
            new = with_dates(new, read_desk(unit.session, owner), today)
        else:
            _refuse_dating(old, new)
        return store.save_plan(unit, owner, old, new)


def change_draft(  # noqa: PLR0913 -- what to change, by whom and when, as it was seen
    viewer: Viewer,
    plan_id: str,
    seen_version: int,
    change: PlanChange,
    now: datetime,
    today: date,
) -> Plan:
    """Change days, links and windows of a draft; its dates follow at once (草案の変更).

    Raises: BadInputError naming the task; InvalidTransitionError after approval; StaleError,
    NotFoundError.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        old = seen_plan(unit.session, viewer, plan_id, seen_version)
        if old.state != "draft":
            raise InvalidTransitionError(
                "工程の草案を変えようとしました。",
                f"この工程は「{PLAN_STATES[old.state]}」です。",
                "日程の変更は、遅延の影響の画面から行ってください。",
            )
        new = with_dates(changed(old, change), read_desk(unit.session, owner), today)
        return store.save_plan(unit, owner, old, new)


def with_dates(plan: Plan, desk: Desk, today: date | None) -> Plan:
    """Compute the planned dates of a plan (計画日の計算); without `today` one of the past.

    Raises: BadInputError where none can be computed, e.g. closed days not filled so far.
    """
    status_on = None if today is None else status_day(plan, today)
    return dated(plan, schedule(network_of(plan, desk, start=plan.start_on, status_on=status_on)))


def _columns(head: PlanHead) -> dict[str, Any]:
    return {name: getattr(head, name) for name in PlanHead.__slots__}


def seen_plan(session: "Session", viewer: Viewer, plan_id: str, seen_version: int) -> Plan:
    """Give a plan as the viewer saw it (工程). Raises: StaleError, NotFoundError."""
    found = visible_plan(session, viewer, plan_id)
    if found.row_version != seen_version:
        raise StaleError(
            "工程を保存しようとしました。",
            "ほかの人が先に変更しました。",
            "今の内容を確かめて、もう一度保存してください。",
        )
    return found


def _member(unit: Unit, consortium_id: str, code: MunicipalityCode, kana: str) -> Member:
    known = members_store.members(unit.session, consortium_id)
    found = next((each for each in known if each.code == code), None)
    if found is not None:
        return found
    town = town_of(code)
    if not kana.strip():
        raise _refuse("kana", "よみが空です。", "団体名のよみを入力してください。")
    kind = town.kind if town.kind in KINDS else KINDS[0]
    new = Member(str(uuid4()), town.code, town.name, kana.strip(), kind)
    members_store.add_member(unit, consortium_id, new)
    return new


def _parties(session: "Session", consortium_id: str) -> list[VotingTown]:
    """Name the towns that belong now: whose councils may have to vote (構成団体の議会)."""
    staying = {
        each.member_id
        for each in members_store.memberships(session, consortium_id)
        if each.period.until is None
    }
    return [
        VotingTown(each.code, each.name, each.is_lead)
        for each in members_store.members(session, consortium_id)
        if each.id in staying
    ]


def _check_head(session: "Session", consortium_id: str, head: PlanHead) -> None:
    if not head.title.strip():
        raise _refuse("title", "工程名が空です。", "工程名を入力してください。")
    for path, word, known in (
        ("kind", head.kind, PLAN_KINDS),
        ("anchor_mode", head.anchor_mode, ANCHOR_MODES),
        ("legal_form", head.legal_form, LEGAL_FORMS),
    ):
        if word not in known:
            raise _refuse(path, "一覧にないものが選ばれています。", "選び直してください。")
    if head.start_on is not None and head.start_on >= head.anchor_on:
        raise _refuse("start_on", "本稼働日より前の日ではありません。", "日付を確かめてください。")
    if head.anchor_mode == "forward" and head.start_on is None:
        raise _refuse("start_on", "順算には着手日が要ります。", "着手日を入力してください。")
    if head.customisations is not None and head.customisations < 0:
        raise _refuse("customisations", "負の数です。", "0以上の数を入力してください。")
    services = members_store.services(session, consortium_id)
    if head.service_id is not None and head.service_id not in {each.id for each in services}:
        raise _refuse("service_id", "一覧にないサービスです。", "選び直してください。")


def check_joining(session: "Session", consortium_id: str, plan: Plan) -> None:
    """Check what a plan of joining leads to: a service, and no second plan to join it (加入).

    A plan that was stopped, is calculated only (参考), or whose stay has ended is in nobody's way.
    Raises: BadInputError at the service.
    """
    if plan.kind != "join":
        return
    joining_service(plan)
    ended = {
        each.id for each in members_store.memberships(session, consortium_id) if each.period.until
    }
    for other in store.plans(session, consortium_id):
        if (
            (other.code, other.kind, other.service_id) == (plan.code, "join", plan.service_id)
            and other.id != plan.id
            and other.state != "stopped"
            and not other.is_reference
            and other.membership_id not in ended
        ):
            raise _refuse(
                "service_id",
                f"{plan.town}がこの共同サービスに加入する工程「{other.title}」が、もうあります。",
                "その工程を使うか、中止してから作り直してください。",
            )


def joining_service(plan: Plan) -> str:
    """Give the service a plan of joining leads to (加入する共同サービス). Raises: BadInputError."""
    if plan.service_id is None:
        raise _refuse(
            "service_id",
            "加入の工程に、共同サービスが選ばれていません。",
            "利用を始める共同サービスを選んでください。",
        )
    return plan.service_id


def _refuse_dating(old: Plan, new: Plan) -> None:
    for name, what in (
        ("anchor_on", "本稼働日"),
        ("anchor_mode", "日付の決め方"),
        ("start_on", "着手日"),
        ("legal_form", "協議会の法的な形"),
        ("kind", "種類"),
        ("service_id", "共同サービス"),
    ):
        if getattr(old, name) != getattr(new, name):
            raise InvalidTransitionError(
                f"{what}を変えようとしました。",
                f"この工程は「{PLAN_STATES[old.state]}」です。",
                "本稼働日・着手日は遅延の影響の画面から変えてください。ほかは、草案の間だけ変えられます。",
            )


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("工程を保存しようとしました。", found, todo, path=path)
