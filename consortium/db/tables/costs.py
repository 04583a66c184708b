"""What a service costs (経費区分・費目), in yen, and how the yen came about."""

from datetime import date
from fractions import Fraction

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import (
    STAGES,
    Base,
    first_of_month,
    identifier,
    one_of,
    plausible_year,
    reference,
    whole_yen,
)
from consortium.db.types import DecimalType, YenType
from consortium.domain.yen import MODES, Yen

#: How the 税込 amount of an item is entered (金額の入れ方): itself, from 税抜, from US dollars.
AMOUNT_BY = ("incl", "net", "usd")

#: 税抜, rate and tax stand together and add up to what is shared (M-21 of the invariants); beside
#: a typed 税込 stands the rate alone.
TAX_ADDS_UP = (
    "(net_amount IS NULL AND tax_amount IS NULL AND (tax_rate IS NULL OR amount_by = 'incl')) OR "
    "(net_amount IS NOT NULL AND tax_rate IS NOT NULL AND tax_amount IS NOT NULL "
    "AND amount_incl_tax = net_amount + tax_amount)"
)


class CostCategory(Base):
    """A cost category of a service (経費区分): 構築, 運用, 回線, 改修, 移行."""

    __tablename__ = "cost_category"
    __table_args__ = (UniqueConstraint("consortium_id", "service_id", "name"),)

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Service the category belongs to (共同サービス).
    service_id: Mapped[str] = reference("service.id", index=True)
    #: Name, e.g. 運用 (経費区分名).
    name: Mapped[str]
    #: Place in lists and forms, counted from 1 (表示順).
    position: Mapped[int]


class CostItem(Base):
    """One cost of one fiscal year and stage (費目)."""

    __tablename__ = "cost_item"
    __table_args__ = (
        Index(None, "consortium_id", "fiscal_year_start", "stage"),
        one_of("stage", STAGES),
        plausible_year(),
        whole_yen("amount_incl_tax"),
        *first_of_month("first_month"),
        *first_of_month("last_month"),
        CheckConstraint("last_month >= first_month", name="last_month_not_before_first"),
        one_of("amount_by", AMOUNT_BY),
        whole_yen("net_amount", may_be_empty=True),
        whole_yen("tax_amount", may_be_empty=True),
        CheckConstraint(TAX_ADDS_UP, name="tax_adds_up"),
        CheckConstraint(
            "invoice_id IS NULL OR net_amount IS NOT NULL", name="invoice_line_has_tax"
        ),
        CheckConstraint(
            "(unit_price IS NULL) = (usage_mode IS NULL)", name="usage_is_whole_or_none"
        ),
        one_of("usage_mode", MODES),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Year in which the fiscal year begins, e.g. 2021 (年度).
    fiscal_year_start: Mapped[int]
    #: Stage the figure belongs to: estimate, planned, revised, final, settlement (段階).
    stage: Mapped[str]
    #: Service the cost is for (共同サービス).
    service_id: Mapped[str] = reference("service.id", index=True)
    #: Cost category (経費区分).
    category_id: Mapped[str] = reference("cost_category.id", index=True)
    #: Name of the cost (費目名).
    name: Mapped[str]
    #: Amount in yen, tax included; negative for a refund (税込金額).
    amount_incl_tax: Mapped[Yen] = mapped_column(YenType())
    #: First month of service, as its first day (開始月).
    first_month: Mapped[date]
    #: Last month of service, itself included, as its first day (終了月).
    last_month: Mapped[date]
    #: Member that pays the whole item, empty when it is shared (個別負担の団体).
    charged_to_id: Mapped[str | None] = reference("member.id", index=True)
    #: Remark of the office (備考).
    note: Mapped[str] = mapped_column(default="")
    #: How the amount is entered: incl 税込, net 税抜と税率, usd 米ドルと為替 (金額の入れ方).
    amount_by: Mapped[str] = mapped_column(default="incl")
    #: How the amount came about, in words, empty when it was entered itself (金額の内訳).
    amount_note: Mapped[str] = mapped_column(default="")
    #: Amount in yen before tax, empty when only 税込 is known (税抜金額).
    net_amount: Mapped[Yen | None] = mapped_column(YenType())
    #: Rate of consumption tax in percent, e.g. 10; 0 not taxed, empty unknown (税率).
    tax_rate: Mapped[Fraction | None] = mapped_column(DecimalType())
    #: Consumption tax in yen, rounded as the invoice says (消費税額).
    tax_amount: Mapped[Yen | None] = mapped_column(YenType())
    #: Invoice of which the item is a line (請求書).
    invoice_id: Mapped[str | None] = reference("invoice.id", index=True)
    #: Yen for one unit that is charged by quantity first, empty when nothing is (従量の単価).
    unit_price: Mapped[Fraction | None] = mapped_column(DecimalType())
    #: Rounding of quantity × unit price: floor, half_up, ceil (従量の端数処理).
    usage_mode: Mapped[str | None]
    #: True for sample data, shown as 見本.
    is_sample: Mapped[bool] = mapped_column(default=False)
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it
