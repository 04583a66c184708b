"""Invoices, US dollars and what is charged by quantity (請求書・外貨・従量)."""

from datetime import date
from fractions import Fraction

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import (
    STAGES,
    Base,
    first_of_month,
    identifier,
    one_of,
    plausible_year,
    reference,
)
from consortium.db.types import DecimalType
from consortium.domain.invoicing import TAX_PER
from consortium.domain.yen import MODES


class Invoice(Base):
    """An invoice of a supplier (請求書); its lines are the cost items that name it."""

    __tablename__ = "invoice"
    __table_args__ = (
        UniqueConstraint("consortium_id", "supplier", "number", "stage"),
        Index(None, "consortium_id", "fiscal_year_start", "stage"),
        one_of("stage", STAGES),
        plausible_year(),
        one_of("tax_per", TAX_PER),
        one_of("tax_mode", MODES),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Year in which the fiscal year of its items begins, e.g. 2021 (年度).
    fiscal_year_start: Mapped[int]
    #: Stage of its items (段階).
    stage: Mapped[str]
    #: Who sent it (請求者).
    supplier: Mapped[str]
    #: Number the supplier gave it (請求書番号).
    number: Mapped[str]
    #: Date it bears (請求日).
    invoice_date: Mapped[date]
    #: Where its tax is rounded: line 明細行ごと, invoice 請求書ごと (消費税の端数処理の単位).
    tax_per: Mapped[str]
    #: How its tax is rounded: floor, half_up, ceil (消費税の端数処理).
    tax_mode: Mapped[str]
    #: Remark of the office (備考).
    note: Mapped[str] = mapped_column(default="")
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class ExchangeRate(Base):
    """Yen for one US dollar in a month (為替レート); changed only with a reason."""

    __tablename__ = "exchange_rate"
    __table_args__ = (UniqueConstraint("consortium_id", "month"), *first_of_month("month"))

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Month it holds for, as its first day (月).
    month: Mapped[date]
    #: Yen for one US dollar, e.g. 149.53 (為替レート).
    rate: Mapped[Fraction] = mapped_column(DecimalType())
    #: Where it was read (出典).
    source: Mapped[str]
    #: Day for which it was published (公表日).
    quoted_on: Mapped[date | None]
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class CostItemUsd(Base):
    """US dollars of one month of a cost item (費目の米ドル額)."""

    __tablename__ = "cost_item_usd"
    __table_args__ = (UniqueConstraint("item_id", "month"), *first_of_month("month"))

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Cost item (費目).
    item_id: Mapped[str] = reference("cost_item.id")
    #: Month of use, as its first day (月).
    month: Mapped[date]
    #: US dollars, negative for a credit, e.g. 1000.5 (米ドル額).
    amount: Mapped[Fraction] = mapped_column(DecimalType())


class UsageQuantity(Base):
    """How much of a cost item one member used (従量の数量)."""

    __tablename__ = "usage_quantity"
    __table_args__ = (UniqueConstraint("item_id", "member_id"),)

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Cost item with the unit price (費目).
    item_id: Mapped[str] = reference("cost_item.id")
    #: Member that used it (構成団体).
    member_id: Mapped[str] = reference("member.id", index=True)
    #: How many units, e.g. 1000 (数量).
    quantity: Mapped[Fraction] = mapped_column(DecimalType())
