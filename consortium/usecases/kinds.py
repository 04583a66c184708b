"""Every kind of report the product makes, and how people call them (帳票の種類と名前)."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from consortium.domain.calendar.period import Month
from consortium.domain.calendar.wareki import wareki_month
from consortium.domain.fiscalyear.report_period import ReportPeriod
from consortium.domain.fiscalyear.run import STAGES
from consortium.reports.names import title_of_report
from consortium.usecases import (
    archives,
    monthly,
    notices,
    quarterly,
    reminders,
    scheduled_backups,
    situation,
    statements,
)
from consortium.usecases.reporting import Kinds

#: Every kind of report the product makes.
KINDS: Kinds = {
    **statements.KINDS,
    **monthly.KINDS,
    **quarterly.KINDS,
    **situation.KINDS,
    **notices.KINDS,
    **reminders.KINDS,
    **archives.KINDS,
    **scheduled_backups.KINDS,
}


class Scheduled(NamedTuple):
    """What a schedule may ask of a kind of report (配信予定にできる帳票)."""

    title: str
    #: lengths of the periods it can be made for
    periods: tuple[str, ...]
    #: a schedule may serve some members only
    chooses_towns: bool = False
    #: of periods missed only the newest is made; its figures are of the moment
    newest_only: bool = False


def _statement_title(stage: str) -> str:
    return f"負担金明細書（{STAGES[stage]}）"


#: Kinds that schedules can name (配信予定にできる帳票).
SCHEDULED: Mapping[str, Scheduled] = {
    monthly.KIND: Scheduled("月次費用報告", ("month",), chooses_towns=True),
    quarterly.KIND: Scheduled("四半期費用報告", ("quarter",), chooses_towns=True),
    situation.KIND: Scheduled("状況報告", ("week",)),
    scheduled_backups.KIND: Scheduled("バックアップ", ("day",), newest_only=True),
    **{
        statements.kind_of(stage): Scheduled(_statement_title(stage), ("fiscal_year",))
        for stage in STAGES
    },
}

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
    return SCHEDULED[kind].title if kind in SCHEDULED else title_of_report(kind)


def month_name(day: date) -> str:
    """Name the month of a day, e.g. 令和8年12月 (今月)."""
    return wareki_month(Month.containing(day))


def period_name(period_key: str) -> str:
    """Name a period as people do: 令和8年11月分, 令和8年度, 令和8年度 第1期 (対象期間)."""
    return ReportPeriod.parse(period_key).name
