"""The state's standardisation: published progress, own entries, answers (標準化の進捗)."""

from datetime import date, datetime
from fractions import Fraction

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import (
    Base,
    Sha256,
    at_least,
    first_of_month,
    identifier,
    one_of,
    reference,
)
from consortium.db.types import DecimalType
from consortium.domain.standardisation.flags import ANSWERS, KINDS

SNAPSHOT_KINDS = ("進捗", "特定移行")


class PmoSnapshot(Base):
    """One file of a month as it was published (月次の公表値); a later one is a new edition."""

    __tablename__ = "pmo_snapshot"
    __table_args__ = (
        UniqueConstraint("consortium_id", "kind", "month", "edition"),
        one_of("kind", SNAPSHOT_KINDS),
        at_least("edition", 1),
        *first_of_month("month"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: 進捗 (総務省) or 特定移行 (デジタル庁) (種類).
    kind: Mapped[str]
    #: Month it tells of, by its first day (月).
    month: Mapped[date]
    #: Edition of the month, from 1 on; the latest one counts (版).
    edition: Mapped[int]
    #: Name of the file (ファイル名).
    file_name: Mapped[str]
    #: SHA-256 of the file (照合値).
    sha256: Mapped[Sha256]
    #: Where the file comes from (出典).
    source: Mapped[str]
    #: Who took it in (取込者).
    imported_by: Mapped[str]
    #: When (取込日時).
    imported_at: Mapped[datetime]


class PmoRow(Base):
    """One municipality of a published file, of the consortium or not (公表値の行)."""

    __tablename__ = "pmo_row"
    __table_args__ = (
        UniqueConstraint("snapshot_id", "code"),
        at_least("total", 0),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: File it stands in (公表値).
    snapshot_id: Mapped[str] = reference("pmo_snapshot.id")
    #: Prefecture (都道府県).
    prefecture: Mapped[str]
    #: Name as published (市区町村).
    name: Mapped[str]
    #: Municipality code (団体コード).
    code: Mapped[str] = mapped_column(String(6))
    #: 完了率 as published, empty in the file of デジタル庁 (公表の完了率).
    published_rate: Mapped[Fraction | None] = mapped_column(DecimalType())
    #: Steps done of all 業務, or the number of marked ones (計).
    total: Mapped[int]
    #: Steps of 40 by 業務, JSON {"juki": 29}; of デジタル庁 1 where marked (業務ごとの値).
    counts: Mapped[str]


class PmoEntry(Base):
    """The 40 states of a 業務 as the town itself entered them for a month (自団体の入力)."""

    __tablename__ = "pmo_entry"
    __table_args__ = (
        UniqueConstraint("member_id", "business", "month"),
        CheckConstraint("length(states) = 40", name="forty_states"),
        *first_of_month("month"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Town (構成団体).
    member_id: Mapped[str] = reference("member.id")
    #: 業務 by its key, e.g. juki (業務).
    business: Mapped[str]
    #: Month, by its first day (月).
    month: Mapped[date]
    #: A letter for each step: D 完了済み, W 作業中, U 未着手, N 対象外 (40ステップの状態).
    states: Mapped[str] = mapped_column(String(40))
    #: Who entered it last (入力者).
    entered_by: Mapped[str]
    #: When (入力日時).
    entered_at: Mapped[datetime]
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class PmoAnswer(Base):
    """What a town answered to a question about its progress (指摘への回答); kept for good."""

    __tablename__ = "pmo_answer"
    __table_args__ = (
        Index(None, "consortium_id", "member_id", "business"),
        one_of("kind", KINDS),
        one_of("answer", ANSWERS),
        *first_of_month("month"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Town asked (構成団体).
    member_id: Mapped[str] = reference("member.id", index=True)
    #: 業務 by its key (業務).
    business: Mapped[str]
    #: Kind of the question: gap, ahead, fall, live, task, entry, full (指摘の種類).
    kind: Mapped[str]
    #: Month the question was about, by its first day (月).
    month: Mapped[date]
    #: Number of the town that it rested on (自団体の数).
    own: Mapped[int]
    #: Number it was compared with; a change of either asks again (比べた数).
    other: Mapped[int]
    #: 別システム, 報告誤り, 対象外, その他 (回答).
    answer: Mapped[str]
    #: In words (説明).
    note: Mapped[str] = mapped_column(default="")
    #: Who answered (回答者).
    answered_by: Mapped[str]
    #: When (回答日時).
    answered_at: Mapped[datetime]


class BusinessRollout(Base):
    """How a town does a 業務 on the standard system (団体別稼働)."""

    __tablename__ = "business_rollout"
    __table_args__ = (
        UniqueConstraint("member_id", "business"),
        CheckConstraint("transition_reason BETWEEN 1 AND 4", name="reason_is_known"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Town (構成団体).
    member_id: Mapped[str] = reference("member.id")
    #: 業務 by its key (業務).
    business: Mapped[str]
    #: Shared service it uses for it, empty for a system of its own (共同サービス).
    service_id: Mapped[str | None] = reference("service.id", index=True)
    #: Day it began to run on the standard system, empty while it does not (稼働日).
    go_live_on: Mapped[date | None]
    #: True for a trial that began before the town used the service (先行稼働).
    is_pilot: Mapped[bool] = mapped_column(default=False)
    #: Group it goes live with, empty for all at once (業務の波).
    wave: Mapped[str] = mapped_column(default="")
    #: False where the 業務 is not the town's (対象外), empty while nobody confirmed it (対象).
    is_applicable: Mapped[bool | None]
    #: Why it is not (対象外理由).
    reason: Mapped[str] = mapped_column(default="")
    #: Why it is a 特定移行支援システム: 1 to 4, empty for none (事由).
    transition_reason: Mapped[int | None]
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class PmoSetting(Base):
    """From which difference on a question is asked (差の目安)."""

    __tablename__ = "pmo_setting"
    __table_args__ = (
        UniqueConstraint("consortium_id"),
        CheckConstraint("gap BETWEEN 1 AND 40", name="gap_of_steps"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Steps apart from which a difference is told (差の目安).
    gap: Mapped[int] = mapped_column(default=5)
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it
