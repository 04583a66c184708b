"""What a service costs (経費区分・費目)."""

from datetime import date

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import (
    STAGES,
    Base,
    identifier,
    one_of,
    plausible_year,
    reference,
    whole_yen,
)
from consortium.db.types import YenType
from consortium.domain.yen import Yen


def _first_of_month(column: str) -> tuple[CheckConstraint, CheckConstraint]:
    """Keep a month written as its first day; the two databases spell the day differently."""
    name = f"{column}_is_first_of_month"
    return (
        CheckConstraint(f"substr({column}, 9) = '01'", name=name).ddl_if(dialect="sqlite"),
        CheckConstraint(f"EXTRACT(DAY FROM {column}) = 1", name=name).ddl_if(dialect="postgresql"),
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
        *_first_of_month("first_month"),
        *_first_of_month("last_month"),
        CheckConstraint("last_month >= first_month", name="last_month_not_before_first"),
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
    #: True for sample data, shown as 見本.
    is_sample: Mapped[bool] = mapped_column(default=False)
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it
