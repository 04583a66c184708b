"""Every kind of report the product makes, and how people call them (帳票の種類と名前)."""

from datetime import date

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.calendar.wareki import fiscal_year_label, wareki_month
from consortium.domain.fiscalyear.run import STAGES
from consortium.reports.dues import instalment_name
from consortium.reports.names import title_of_report
from consortium.usecases import archives, monthly, notices, reminders, statements
from consortium.usecases.reporting import Kinds

#: Every kind of report the product makes.
KINDS: Kinds = {
    **statements.KINDS,
    **monthly.KINDS,
    **notices.KINDS,
    **reminders.KINDS,
    **archives.KINDS,
}

#: Kinds that an officer orders for an instalment or a year (指示による帳票).
_ORDERED = (notices.KIND, reminders.KIND, archives.KIND)

#: Titles of the kinds that schedules can name (帳票名).
SCHEDULED = {monthly.KIND: "月次費用報告"}

#: States of a report run as people read them (帳票作成の状態).
REPORT_STATES = {
    "due": "予定",
    "claimed": "作成中",
    "calculated": "作成中",
    "filed": "作成中",
    "published": "作成済",
    "notified": "作成済",
    "failed": "失敗",
    "cancelled": "取消",
}


def title_of(kind: str) -> str:
    """Name a kind of report as people do (帳票名)."""
    if kind in SCHEDULED:
        return SCHEDULED[kind]
    if kind in _ORDERED:
        return title_of_report(kind)
    return f"負担金明細書（{STAGES[statements.stage_of(kind)]}）"


def month_name(day: date) -> str:
    """Name the month of a day, e.g. 令和8年12月 (今月)."""
    return wareki_month(Month.containing(day))


def period_name(period_key: str) -> str:
    """Name a period as people do: 令和8年11月分, 令和8年度, 令和8年度 第1期 (対象期間)."""
    if not period_key.startswith("FY"):
        return f"{wareki_month(Month.parse(period_key))}分"
    start, _, no = period_key.removeprefix("FY").partition("I")
    label = fiscal_year_label(FiscalYear(int(start)))
    return f"{label} {instalment_name(int(no))}" if no else label
