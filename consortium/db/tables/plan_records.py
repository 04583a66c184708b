"""What happens around a plan: sessions, decisions, budgets, contracts, migrations (工程の記録)."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import (
    Base,
    at_least,
    identifier,
    one_of,
    plausible_year,
    reference,
    until_after_since,
    whole_yen,
)
from consortium.db.types import YenType
from consortium.domain.onboarding.records import (
    BUDGET_KINDS,
    BUDGET_STATES,
    CONTRACT_KINDS,
    DECISION_KINDS,
    DECISION_RESULTS,
    ISSUE_SEVERITIES,
    ISSUE_STATES,
    MIGRATION_STATES,
)
from consortium.domain.yen import Yen

SESSION_KINDS = ("定例会", "臨時会", "総会")
CERTAINTIES = ("推定", "確定")


class CouncilSession(Base):
    """A session of a council, or a general meeting of the consortium (議会会期・総会)."""

    __tablename__ = "council_session"
    __table_args__ = (
        UniqueConstraint("consortium_id", "code", "decision_on"),
        one_of("kind", SESSION_KINDS),
        one_of("certainty", CERTAINTIES),
        CheckConstraint("closes_on >= opens_on", name="in_order"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Town whose council it is (団体コード); empty for the 総会 of the consortium.
    code: Mapped[str] = mapped_column(String(6), default="")
    #: 定例会, 臨時会 or 総会 (種類).
    kind: Mapped[str]
    #: First day, empty while not known (開会日).
    opens_on: Mapped[date | None]
    #: Last day, empty while not known (閉会日).
    closes_on: Mapped[date | None]
    #: Day of the vote (議決日).
    decision_on: Mapped[date]
    #: 推定 or 確定 (確度).
    certainty: Mapped[str]
    #: Where the day comes from (根拠).
    source: Mapped[str]
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class Decision(Base):
    """A vote, or the judgement whether to go live (議決・承認・稼働判定)."""

    __tablename__ = "decision"
    __table_args__ = (
        # Which of two of one day holds could not be said.
        UniqueConstraint("plan_id", "kind", "task_code", "code", "decided_on"),
        Index(None, "plan_id", "decided_on"),
        one_of("kind", DECISION_KINDS),
        one_of("result", DECISION_RESULTS),
        CheckConstraint("freeze_lifted_on >= decided_on", name="lifted_after"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Plan it was taken for (工程).
    plan_id: Mapped[str] = reference("plan.id")
    #: Task it closes, e.g. B3 (作業).
    task_code: Mapped[str]
    #: 議会, 総会, 首長 or 稼働判定 (種類).
    kind: Mapped[str]
    #: Town whose council or head decided, empty for the consortium (団体コード).
    code: Mapped[str] = mapped_column(String(6), default="")
    #: Day of the decision (議決日).
    decided_on: Mapped[date]
    #: Number of the bill, empty where there is none (議案番号).
    bill: Mapped[str] = mapped_column(default="")
    #: 可決, 条件付可決, 否決, 継続; of a judgement 可, 条件付可, 否 (結果).
    result: Mapped[str]
    #: Rider of the vote, or the conditions of a judgement (付帯決議・条件).
    rider: Mapped[str] = mapped_column(default="")
    #: Day until which the conditions are to be met, empty for none (条件の期限).
    conditions_due_on: Mapped[date | None]
    #: Day a rider stopped holding the money back, empty while it does (凍結解除日).
    freeze_lifted_on: Mapped[date | None]
    #: Votes for, empty while not known (賛成).
    votes_for: Mapped[int | None]
    #: Votes against, empty while not known (反対).
    votes_against: Mapped[int | None]
    #: Document that proves it (根拠).
    source: Mapped[str]
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class BudgetAction(Base):
    """Money a town has to provide for a plan (予算措置)."""

    __tablename__ = "budget_action"
    __table_args__ = (
        Index(None, "plan_id", "fiscal_year_start"),
        plausible_year(),
        plausible_year("last_fiscal_year_start"),
        one_of("kind", BUDGET_KINDS),
        one_of("state", BUDGET_STATES),
        whole_yen("limit_amount", may_be_empty=True),
        at_least("limit_amount", 0),
        CheckConstraint("last_fiscal_year_start >= fiscal_year_start", name="years_in_order"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Plan it pays for (工程).
    plan_id: Mapped[str] = reference("plan.id")
    #: Town that provides it (団体).
    member_id: Mapped[str] = reference("member.id", index=True)
    #: First fiscal year (年度).
    fiscal_year_start: Mapped[int]
    #: Last fiscal year it covers, the first one for a single year (終わりの年度).
    last_fiscal_year_start: Mapped[int]
    #: 当初, 補正, 債務負担, 長期継続 (種類).
    kind: Mapped[str]
    #: Limit in yen, empty while not known (限度額).
    limit_amount: Mapped[Yen | None] = mapped_column(YenType())
    #: 未要求 … 執行可 (状態).
    state: Mapped[str] = mapped_column(default="未要求")
    #: Decision it rests on, empty before the vote (議決).
    decision_id: Mapped[str | None] = reference("decision.id", index=True)
    #: Day from which it may be spent, empty before (執行可能日).
    executable_on: Mapped[date | None]
    #: Remark (備考).
    note: Mapped[str] = mapped_column(default="")
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class PlanContract(Base):
    """A contract of a plan: the old one, the use, the migration (契約)."""

    __tablename__ = "plan_contract"
    __table_args__ = (Index(None, "plan_id"), one_of("kind", CONTRACT_KINDS), until_after_since())

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Plan it belongs to (工程).
    plan_id: Mapped[str] = reference("plan.id")
    #: 現行, 利用, 移行委託, 変更, その他 (種類).
    kind: Mapped[str]
    #: Other party (契約の相手).
    vendor: Mapped[str]
    #: What it is about (件名).
    title: Mapped[str]
    #: Day it was concluded, empty before (締結日).
    concluded_on: Mapped[date | None]
    #: First day it covers (始期).
    since: Mapped[date]
    #: First day it no longer covers, empty while open (終期の翌日).
    until: Mapped[date | None]
    #: Contract it changes, empty for a first one (変更前の契約).
    parent_id: Mapped[str | None] = reference("plan_contract.id", index=True)
    #: Remark (備考).
    note: Mapped[str] = mapped_column(default="")
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class MigrationRun(Base):
    """One round of moving the data (移行回)."""

    __tablename__ = "migration_run"
    __table_args__ = (
        UniqueConstraint("plan_id", "wave", "round"),
        one_of("state", MIGRATION_STATES),
        at_least("round", 1),
        at_least("extracted", 0),
        at_least("loaded", 0),
        at_least("error_count", 0),
        at_least("minutes", 0),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Plan it belongs to (工程).
    plan_id: Mapped[str] = reference("plan.id")
    #: Group of 業務, empty for all (業務の波).
    wave: Mapped[str] = mapped_column(default="")
    #: Round: 1, 2, 3 rehearse, 4 is the cut-over (回).
    round: Mapped[int]
    #: Day it ran or is to run (実施日).
    run_on: Mapped[date | None]
    #: 予定, 実施, 突合中, 合格, 不合格 (状態).
    state: Mapped[str] = mapped_column(default="予定")
    #: Records taken out, empty before (抽出件数).
    extracted: Mapped[int | None]
    #: Records taken in, empty before (投入件数).
    loaded: Mapped[int | None]
    #: Records that failed, empty before (エラー件数).
    error_count: Mapped[int | None]
    #: Minutes it took, empty before (所要分).
    minutes: Mapped[int | None]
    #: Why it may run although the round before has not passed, empty for none (省略の理由).
    waiver: Mapped[str] = mapped_column(default="")
    #: Remark (備考).
    note: Mapped[str] = mapped_column(default="")
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class PlanEvidence(Base):
    """A paper that closes a task (成果物)."""

    __tablename__ = "plan_evidence"
    __table_args__ = (Index(None, "plan_id", "task_code"),)

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Plan it belongs to (工程).
    plan_id: Mapped[str] = reference("plan.id")
    #: Task it closes (作業).
    task_code: Mapped[str]
    #: Kind and name of the paper, e.g. 議決書 (成果物名).
    title: Mapped[str]
    #: Number or place by which it is found (文書番号・保管場所).
    number: Mapped[str] = mapped_column(default="")
    #: Date of the paper, empty while not known (文書の日付).
    dated_on: Mapped[date | None]
    #: Who confirmed it, empty before (確認者).
    confirmed_by: Mapped[str | None]
    #: When (確認日時).
    confirmed_at: Mapped[datetime | None]
    #: Who entered it (登録者).
    added_by: Mapped[str]
    #: When (登録日時).
    added_at: Mapped[datetime]
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class PlanIssue(Base):
    """Something that stands in the way of a plan (課題)."""

    __tablename__ = "plan_issue"
    __table_args__ = (
        UniqueConstraint("plan_id", "number"),
        at_least("number", 1),
        one_of("severity", ISSUE_SEVERITIES),
        one_of("state", ISSUE_STATES),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Plan it belongs to (工程).
    plan_id: Mapped[str] = reference("plan.id")
    #: Running number in the plan (番号).
    number: Mapped[int]
    #: Task it is about, empty for the whole plan (作業).
    task_code: Mapped[str] = mapped_column(default="")
    #: What it is (内容).
    text: Mapped[str]
    #: 高, 中, 低 (重要度).
    severity: Mapped[str]
    #: Who takes care of it (担当者).
    in_charge: Mapped[str] = mapped_column(default="")
    #: Day by which it should be solved, empty for none (期限).
    due_on: Mapped[date | None]
    #: 未対応, 対応中, 解決 (状態).
    state: Mapped[str] = mapped_column(default="未対応")
    #: How it was solved, empty before (対応).
    answer: Mapped[str] = mapped_column(default="")
    #: Who raised it (起票者).
    raised_by: Mapped[str]
    #: When (起票日時).
    raised_at: Mapped[datetime]
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it
