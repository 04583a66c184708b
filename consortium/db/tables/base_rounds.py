"""Base figures that the towns hand in, round by round (基礎数値の提出・利用意向)."""

from datetime import date, datetime
from fractions import Fraction

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import (
    Base,
    Code,
    at_least,
    identifier,
    one_of,
    plausible_year,
    reference,
)
from consortium.db.types import FractionType

ROUND_STATES = ("open", "closed")
INTENTS = ("continue", "join", "leave", "undecided")


class BaseRound(Base):
    """A request for base figures of a fiscal year to all towns (基礎数値の提出の依頼)."""

    __tablename__ = "base_round"
    __table_args__ = (plausible_year(), one_of("state", ROUND_STATES))

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Year in which the fiscal year of the figures begins (年度).
    fiscal_year_start: Mapped[int]
    #: Day the figures describe (基準日).
    reference_on: Mapped[date]
    #: Last day for handing in (期限).
    due_on: Mapped[date]
    #: What the towns are asked to mind (依頼の文).
    note: Mapped[str]
    #: State: open, closed (状態).
    state: Mapped[str] = mapped_column(default="open")
    #: Actor who opened it (依頼者).
    opened_by: Mapped[str]
    #: When it was opened (依頼日時).
    opened_at: Mapped[datetime]
    #: Actor who closed it (締切者).
    closed_by: Mapped[str | None]
    #: When it was closed (締切日時).
    closed_at: Mapped[datetime | None]
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class BaseRoundSeries(Base):
    """A basis series that a round asks for (依頼する算定基礎)."""

    __tablename__ = "base_round_series"
    __table_args__ = (UniqueConstraint("round_id", "series"),)

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Round that asks for it (依頼).
    round_id: Mapped[str] = reference("base_round.id")
    #: Key of the series, e.g. `population` (系列).
    series: Mapped[str]
    #: Name of the series as printed (基礎数値名).
    label: Mapped[str]


class BaseRoundEdition(Base):
    """An edition of a basis series that was made of what was handed in (提出から作った版)."""

    __tablename__ = "base_round_edition"
    __table_args__ = (UniqueConstraint("round_id", "series", "position"), at_least("position", 1))

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Round it came from (依頼).
    round_id: Mapped[str] = reference("base_round.id")
    #: Key of the series (系列).
    series: Mapped[str]
    #: Place among the editions of this round and series, counted from 1 (順番).
    position: Mapped[int]
    #: Name of the edition (版).
    edition: Mapped[str]
    #: When it was made; what is handed in later is late (作成日時).
    made_at: Mapped[datetime]


class BaseHandIn(Base):
    """One hand-in of a town, kept when it hands in again (提出); the last one counts."""

    __tablename__ = "base_hand_in"
    __table_args__ = (UniqueConstraint("round_id", "code", "position"), at_least("position", 1))

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Round it answers (依頼).
    round_id: Mapped[str] = reference("base_round.id")
    #: Municipality whose figures they are (団体コード).
    code: Mapped[Code]
    #: Place among the town's hand-ins, counted from 1 (提出の回).
    position: Mapped[int]
    #: What the town adds (備考).
    note: Mapped[str]
    #: Why the lead city entered it for the town, empty where the town did (代行の理由).
    reason: Mapped[str]
    #: True when the lead city entered it (幹事市の代行).
    is_by_lead: Mapped[bool]
    #: Actor who handed it in (提出者).
    handed_in_by: Mapped[str]
    #: Name of that person as it was then (提出者の氏名).
    writer: Mapped[str]
    #: When it was handed in (提出日時).
    handed_in_at: Mapped[datetime]


class BaseFigure(Base):
    """One figure of a hand-in (提出された基礎数値)."""

    __tablename__ = "base_figure"
    __table_args__ = (
        UniqueConstraint("hand_in_id", "series"),
        one_of("certainty", ("見込", "確定")),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Hand-in it belongs to (提出).
    hand_in_id: Mapped[str] = reference("base_hand_in.id")
    #: Key of the series (系列).
    series: Mapped[str]
    #: The figure, exact, as the text n/d (値).
    value: Mapped[Fraction] = mapped_column(FractionType())
    #: 見込 while it may still change, else 確定 (確度).
    certainty: Mapped[str]


class UseIntent(Base):
    """What a town means to do with a shared service next year (利用意向)."""

    __tablename__ = "use_intent"
    __table_args__ = (UniqueConstraint("hand_in_id", "service_id"), one_of("intent", INTENTS))

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Hand-in it belongs to (提出).
    hand_in_id: Mapped[str] = reference("base_hand_in.id")
    #: Service it is about (共同サービス).
    service_id: Mapped[str] = reference("service.id", index=True)
    #: Intent: continue, join, leave, undecided (意向).
    intent: Mapped[str]
    #: What the town adds (備考).
    note: Mapped[str]
