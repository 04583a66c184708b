"""One finished workbook of every kind the product issues (帳票の一そろい)."""

from consortium.domain.yen import Rounding
from consortium.reports import (
    case_book,
    causes,
    cost_statement,
    monthly_cost,
    notice,
    quarterly_cost,
    reminder,
    situation,
    summary,
)
from tests.reports.documents import (
    asked,
    monthly,
    quarterly,
    reminded,
    settled,
    shared,
    statement,
)
from tests.reports.documents import situation as situation_document
from tests.reports.test_causes import document as causes_document

ITAYANAGI, HIROSAKI = "023817", "022021"
#: Titles as they stand on the first page.
TITLES = {
    "statement": "共同クラウド運営負担金",
    "own columns": "共同クラウド運営負担金",
    "summary": "負担金総括表",
    "monthly_cost": "月次費用報告",
    "quarterly_cost": "四半期費用報告",
    "situation": "状況報告",
    "causes": "要因分解",
    "case": "見本のケース",
    "notice": "納入について（依頼）",
    "reminder": "督促",
    "settlement": "精算",
}


def every_kind() -> dict[str, bytes]:
    """Make them all: the worked year FY2021 of the design, seven members, one from June."""
    by_item = shared(rounding=Rounding(level="item"))
    return {
        "statement": cost_statement.render(statement(), ITAYANAGI),
        "own columns": cost_statement.render(
            statement(by_item, shows_other_members=False), HIROSAKI
        ),
        "summary": summary.render(statement()),
        "monthly_cost": monthly_cost.render(monthly(), ITAYANAGI),
        "quarterly_cost": quarterly_cost.render(quarterly(), ITAYANAGI),
        "situation": situation.render(situation_document()),
        "causes": causes.render(causes_document()),
        "case": case_book.render_case(statement().result, "見本のケース"),
        "notice": notice.render(asked(), ITAYANAGI),
        "reminder": reminder.render(reminded(), ITAYANAGI),
        "settlement": cost_statement.render(settled(), ITAYANAGI),
    }
