"""Plans of joining towns, their tasks, links and frozen baselines (工程・作業・基準計画)."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import Base, at_least, identifier, one_of, reference
from consortium.domain.onboarding.network import LINK_TYPES, WINDOW_KINDS
from consortium.domain.onboarding.plan import (
    ANCHOR_MODES,
    JOINING_STATES,
    LEGAL_FORMS,
    OWNERS,
    PLAN_KINDS,
    PLAN_STATES,
    TASK_STATES,
)


class Plan(Base):
    """A plan: what has to happen by when until a town uses a service (工程)."""

    __tablename__ = "plan"
    __table_args__ = (
        one_of("kind", PLAN_KINDS),
        one_of("anchor_mode", ANCHOR_MODES),
        one_of("legal_form", LEGAL_FORMS),
        one_of("state", PLAN_STATES),
        one_of("joining_state", JOINING_STATES),
        at_least("revision", 1),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Town whose plan it is (団体).
    member_id: Mapped[str] = reference("member.id", index=True)
    #: Service it leads to, empty for none (共同サービス).
    service_id: Mapped[str | None] = reference("service.id", index=True)
    #: Template version it came from (雛形の版).
    template_id: Mapped[str] = reference("stage_template.id")
    #: join 加入, standard 標準化, other その他 (種類).
    kind: Mapped[str]
    #: Title, e.g. 鶴田町 加入工程 (工程名).
    title: Mapped[str]
    #: Day on which the town is to go live (本稼働日).
    anchor_on: Mapped[date]
    #: backward 逆算, forward 順算 (日付の決め方).
    anchor_mode: Mapped[str] = mapped_column(default="backward")
    #: First day of work, empty: as counted back from the anchor (着手日).
    start_on: Mapped[date | None]
    #: Legal form of the consortium when the plan was made (協議会の法的な形).
    legal_form: Mapped[str] = mapped_column(default="agreement")
    #: draft, approved, running, done, stopped (状態).
    state: Mapped[str] = mapped_column(default="draft")
    #: considering … using; what the joining has come to (加入の状態).
    joining_state: Mapped[str] = mapped_column(default="considering")
    #: Day of the town's application, empty before (申請日).
    applied_on: Mapped[date | None]
    #: Day the 総会 accepted it, empty before (承認日).
    accepted_on: Mapped[date | None]
    #: Day it went live, empty before (本稼働の実績).
    went_live_on: Mapped[date | None]
    #: Stay that began with it, empty before (加入期間).
    membership_id: Mapped[str | None] = reference("membership.id", index=True)
    #: Last day of the town's old contract, empty while not known (現行契約満了日).
    old_contract_ends_on: Mapped[date | None]
    #: 中間標準レイアウト is used; empty while not known (中間標準レイアウト).
    uses_common_layout: Mapped[bool | None]
    #: Number of customisations agreed, empty while not known (カスタマイズ数).
    customisations: Mapped[int | None]
    #: Town that answers for the money of a 任意団体, empty for none (代表団体).
    representative_code: Mapped[str] = mapped_column(default="")
    #: Rises with each change of dates; a preview of an older one is refused (工程の版).
    revision: Mapped[int] = mapped_column(default=1)
    #: True for dates that are calculated, not history, 参考(逆算) (参考).
    is_reference: Mapped[bool] = mapped_column(default=False)
    #: True where the other towns may read it (共有).
    is_shared: Mapped[bool] = mapped_column(default=False)
    #: When it was made (作成日時).
    created_at: Mapped[datetime]
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class PlanTask(Base):
    """One task of a plan (作業), with what is planned and what happened."""

    __tablename__ = "plan_task"
    __table_args__ = (
        UniqueConstraint("plan_id", "code"),
        at_least("days", 0),
        one_of("owner", OWNERS),
        one_of("window_kind", ("", *WINDOW_KINDS)),
        one_of("state", TASK_STATES),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent_of_whole"),
        CheckConstraint("planned_finish >= planned_start", name="planned_in_order"),
        CheckConstraint("finished_on >= started_on", name="done_in_order"),
    )

    #: Row id (UUID); the workbook 工程表 carries it.
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Plan it belongs to (工程).
    plan_id: Mapped[str] = reference("plan.id")
    #: Place in the list, from 1 on (順).
    position: Mapped[int]
    #: Code, e.g. B3 or B3-023817 (番号).
    code: Mapped[str]
    #: Name of the stage (作業名).
    name: Mapped[str]
    #: Phase (段階).
    phase: Mapped[str]
    #: Working days it takes; 0 is a milestone (業務日).
    days: Mapped[int]
    #: Who does it (担当): the calendar follows from it.
    owner: Mapped[str]
    #: Name of the person or section in charge, empty while not known (担当者).
    in_charge: Mapped[str] = mapped_column(default="")
    #: What closes it, empty for nothing (成果物).
    evidence: Mapped[str] = mapped_column(default="")
    #: What its last day has to be, a word of WINDOW_KINDS or empty (日の制約).
    window_kind: Mapped[str] = mapped_column(default="")
    #: Town whose council decides, empty for the shared calendar of sessions (議会の団体).
    window_code: Mapped[str] = mapped_column(default="")
    #: Steps of the state's scheme (国の手順).
    steps: Mapped[str] = mapped_column(default="")
    #: Group of 業務 it goes live with, empty for all (業務の波).
    wave: Mapped[str] = mapped_column(default="")
    #: No earlier than this day (着手可能日).
    not_before: Mapped[date | None]
    #: First planned day, as confirmed last (計画の開始日).
    planned_start: Mapped[date]
    #: Last planned day, inside (計画の終了日).
    planned_finish: Mapped[date]
    #: waiting, working, done, not_applicable, on_hold (状態).
    state: Mapped[str] = mapped_column(default="waiting")
    #: First day it was worked on (実績の開始日).
    started_on: Mapped[date | None]
    #: Last day it was worked on, inside (実績の終了日).
    finished_on: Mapped[date | None]
    #: Progress, 0 to 100; never moves a date (進捗).
    percent: Mapped[int] = mapped_column(default=0)
    #: Remark (備考).
    note: Mapped[str] = mapped_column(default="")
    #: Rises when its dates or name change: SEQUENCE of its calendar entry (暦の版).
    sequence: Mapped[int] = mapped_column(default=0)
    #: When that last happened: DTSTAMP (変更日時).
    changed_at: Mapped[datetime]
    #: When it was taken off the plan, empty while on it (取りやめ).
    removed_at: Mapped[datetime | None]
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class PlanLink(Base):
    """One dependency between two tasks of a plan (依存)."""

    __tablename__ = "plan_link"
    __table_args__ = (
        UniqueConstraint("plan_id", "before", "after", "type"),
        one_of("type", LINK_TYPES),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Plan it belongs to (工程).
    plan_id: Mapped[str] = reference("plan.id")
    #: Code of the task before (先行).
    before: Mapped[str]
    #: Code of the task after (後続).
    after: Mapped[str]
    #: FS, SS, FF or SF (種類).
    type: Mapped[str] = mapped_column(default="FS")
    #: Signed working days between them, by the calendar of the task after (間隔).
    lag: Mapped[int] = mapped_column(default=0)


class Baseline(Base):
    """Dates frozen when a plan was approved or planned anew (基準計画); never changed."""

    __tablename__ = "baseline"
    __table_args__ = (UniqueConstraint("plan_id", "number"), at_least("number", 1))

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Plan it belongs to (工程).
    plan_id: Mapped[str] = reference("plan.id")
    #: Running number, from 1 on; the highest is the current one (番号).
    number: Mapped[int]
    #: Name, e.g. 当初計画(総会承認) (基準計画名).
    name: Mapped[str]
    #: Why it was frozen (理由).
    reason: Mapped[str]
    #: 本稼働日 it holds (本稼働日).
    anchor_on: Mapped[date]
    #: Who approved it (承認者).
    approved_by: Mapped[str]
    #: When (凍結日時).
    frozen_at: Mapped[datetime]


class BaselineTask(Base):
    """One task as it stood in a baseline (基準計画の作業); never changed."""

    __tablename__ = "baseline_task"
    __table_args__ = (
        UniqueConstraint("baseline_id", "code"),
        CheckConstraint("finish >= start", name="in_order"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Baseline it belongs to (基準計画).
    baseline_id: Mapped[str] = reference("baseline.id")
    #: Code of the task (番号).
    code: Mapped[str]
    #: Name of the task then (作業名).
    name: Mapped[str]
    #: Working days then (業務日).
    days: Mapped[int]
    #: First day (開始日).
    start: Mapped[date]
    #: Last day, inside (終了日).
    finish: Mapped[date]
