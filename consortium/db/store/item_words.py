"""A cost item in words, for the chain of what was done (費目の記録)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.invoicing import decimal

if TYPE_CHECKING:
    from consortium.db.store.costs import CostItem


def names_of(session: Session, consortium_id: str) -> Mapping[str, str]:
    """Name what an item refers to: the chain is read by people, ids say nothing to them."""
    named = (models.Service, models.CostCategory, models.Member)
    invoice = models.Invoice
    called = (invoice.supplier + " " + invoice.number).label("name")
    found = union_all(
        *(
            select(table.id, table.name).where(table.consortium_id == consortium_id)
            for table in named
        ),
        select(invoice.id, called).where(invoice.consortium_id == consortium_id),
    )
    return {row.id: row.name for row in session.execute(found)}


def in_words(item: "CostItem", names: Mapping[str, str]) -> dict[str, Any]:
    """Say what an item holds; how its yen came about only where they were not typed."""
    words = {
        "年度": item.year.start_year,
        "段階": STAGES[item.stage],
        "共同サービス": names.get(item.service_id),
        "経費区分": names.get(item.category_id),
        "費目名": item.name,
        "金額(税込)": item.amount_incl_tax,
        "開始月": str(item.first_month),
        "終了月": str(item.last_month),
        "個別負担の団体": names.get(item.charged_to_id or ""),
        "備考": item.note,
        "見本": item.is_sample,
    }
    if item.amount_by == "incl" and not item.amount_note:
        return words if item.tax_rate is None else words | {"税率": decimal(item.tax_rate)}
    return words | {
        "金額の入れ方": item.amount_by,
        "金額の内訳": item.amount_note,
        "税抜": item.net_amount,
        "税率": None if item.tax_rate is None else decimal(item.tax_rate),
        "消費税": item.tax_amount,
        "請求書": names.get(item.invoice_id or ""),
        "米ドル": {str(month): decimal(usd, 2) for month, usd in sorted(item.dollars.items())},
    }
