"""What an agreement says beside the shares (協定の定め): funding, terms, build costs, dampening."""

from datetime import date
from fractions import Fraction

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import (
    STAGES,
    Base,
    at_least,
    identifier,
    one_of,
    plausible_year,
    reference,
    until_after_since,
    whole_yen,
)
from consortium.db.types import DecimalType, YenType
from consortium.domain.funding import TREATMENTS
from consortium.domain.yen import Yen

#: What each treatment needs (扱いごとに要るもの); the same words as in the domain.
TARGET_FITS = (
    "(treatment = 'PRE_SPLIT' AND item_id IS NOT NULL AND member_id IS NULL) OR "
    "(treatment = 'PER_MEMBER' AND member_id IS NOT NULL) OR treatment = 'INFO_ONLY'"
)


class FundingMeasure(Base):
    """A grant or another funding measure of a fiscal year and stage (補助金・財源措置)."""

    __tablename__ = "funding_measure"
    __table_args__ = (
        Index(None, "consortium_id", "fiscal_year_start", "stage"),
        plausible_year(),
        one_of("stage", STAGES),
        one_of("treatment", TREATMENTS),
        whole_yen("amount", may_be_empty=True),
        at_least("amount", 0),
        CheckConstraint("(amount IS NULL) <> (rate IS NULL)", name="amount_or_rate"),
        CheckConstraint("rate IS NULL OR treatment = 'INFO_ONLY'", name="rate_is_information"),
        CheckConstraint(TARGET_FITS, name="target_fits_treatment"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Year in which the fiscal year begins, e.g. 2021 (年度).
    fiscal_year_start: Mapped[int]
    #: Stage of the costs it belongs to (段階).
    stage: Mapped[str]
    #: Name, e.g. 県補助金 (名称).
    name: Mapped[str]
    #: PRE_SPLIT 控除してから按分, PER_MEMBER 団体への補助, INFO_ONLY 参考 (扱い).
    treatment: Mapped[str]
    #: Amount in yen, empty where a rate stands (金額).
    amount: Mapped[Yen | None] = mapped_column(YenType())
    #: Part of what is borne, e.g. 0.3, for information only (措置率).
    rate: Mapped[Fraction | None] = mapped_column(DecimalType())
    #: Cost item it belongs to, empty for none (費目).
    item_id: Mapped[str | None] = reference("cost_item.id", index=True)
    #: Member it belongs to, empty for all (団体).
    member_id: Mapped[str | None] = reference("member.id", index=True)
    #: Remark, e.g. the letter that granted it (備考).
    note: Mapped[str] = mapped_column(default="")
    #: True for sample data, shown as 見本.
    is_sample: Mapped[bool] = mapped_column(default=False)
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class Term(Base):
    """A contract period of the shared cloud (利用期), e.g. 第1期."""

    __tablename__ = "term"
    __table_args__ = (UniqueConstraint("consortium_id", "name"), until_after_since())

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Name, e.g. 第1期 (利用期名).
    name: Mapped[str]
    #: First day (始まり).
    since: Mapped[date]
    #: Day after the last one (終わりの翌日).
    until: Mapped[date]
    #: Document it rests on (根拠).
    source: Mapped[str]
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class BuildCost(Base):
    """What was built together over a term, for 加入金 and 残存費用 (共同構築費)."""

    __tablename__ = "build_cost"
    __table_args__ = (
        UniqueConstraint("term_id", "name"),
        whole_yen("amount"),
        at_least("amount", 1),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Term over which it is depreciated (利用期).
    term_id: Mapped[str] = reference("term.id")
    #: Cost category whose sharing rule gives the ratio (経費区分).
    category_id: Mapped[str] = reference("cost_category.id", index=True)
    #: Name as printed, e.g. 第1期共同構築費 (名称).
    name: Mapped[str]
    #: Amount in yen, tax included (税込金額).
    amount: Mapped[Yen] = mapped_column(YenType())
    #: True where who joins pays a part of it (加入金を取る).
    joining: Mapped[bool] = mapped_column(default=True)
    #: True where who leaves pays to the end of the term (残存費用を取る).
    leaving: Mapped[bool] = mapped_column(default=False)
    #: Remark or source (備考).
    note: Mapped[str] = mapped_column(default="")
    #: True for sample data, shown as 見本.
    is_sample: Mapped[bool] = mapped_column(default=False)
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class DampeningVersion(Base):
    """What holds from a day on about change from year to year (激変緩和の版)."""

    __tablename__ = "dampening_version"
    __table_args__ = (UniqueConstraint("consortium_id", "since"),)

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: First day in force, until the next version begins (施行日).
    since: Mapped[date]
    #: Most a member may rise, in percent; all three empty: nothing from this day (増加の上限).
    up: Mapped[Fraction | None] = mapped_column(DecimalType())
    #: Most a member may fall, in percent (減少の上限).
    down: Mapped[Fraction | None] = mapped_column(DecimalType())
    #: Percent of its old share within which the old share stays (許容幅).
    tolerance: Mapped[Fraction | None] = mapped_column(DecimalType())
    #: Who takes the difference: `by_share`, or municipality codes with spaces (差額の順).
    turns: Mapped[str] = mapped_column(default="by_share")
    #: Document it rests on, e.g. 協定書 (根拠文書).
    source_document: Mapped[str]
    #: Article of that document, e.g. 第9条 (条項).
    source_article: Mapped[str] = mapped_column(default="")
    #: Day of the decision, empty when unknown (議決日).
    decided_on: Mapped[date | None]
    #: Remark printed with the source (注記).
    note: Mapped[str] = mapped_column(default="")
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class PreviousAmount(Base):
    """What a member paid in a year of which the portal issued nothing (前年度の負担額)."""

    __tablename__ = "previous_amount"
    __table_args__ = (
        UniqueConstraint("consortium_id", "fiscal_year_start", "member_id"),
        plausible_year(),
        whole_yen("amount"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Year the amount was paid for (年度).
    fiscal_year_start: Mapped[int]
    #: Member that paid it (構成団体).
    member_id: Mapped[str] = reference("member.id", index=True)
    #: Amount in yen (負担額).
    amount: Mapped[Yen] = mapped_column(YenType())
    #: Where the amount is written (根拠).
    source: Mapped[str] = mapped_column(default="")
