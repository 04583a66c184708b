"""The cost reports of a month (月次費用報告): a town's issued yearly amount, month by month.

`cost_report` makes those of a quarter as well. A report is about the amounts in force when it was
due, whenever it is made.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from consortium.db.store import as_of, runs, schedules, settings
from consortium.db.store.reports import Claim, FileRecord
from consortium.db.unit import Unit, audit_head
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.fiscalyear.instalment import by_month, charged_months
from consortium.domain.fiscalyear.report_period import ReportPeriod
from consortium.domain.fiscalyear.run import STAGES
from consortium.reports import monthly_cost
from consortium.reports.document import MonthlyDocument, data_hash, member_slot
from consortium.reports.names import FileLabel, display_name, title_of_report
from consortium.usecases.reporting import Kind, NotReadyError, Sheet

KIND = "monthly_cost"

Render = Callable[[MonthlyDocument, str], bytes]


def cost_report(kind: str, render: Render) -> Kind:
    """Give a kind that makes one workbook for each member, of a month or a quarter (費用報告)."""
    return Kind(freeze, partial(_sheets, kind, render), publish)


def freeze(unit: Unit, held: Claim) -> Mapping[str, Any]:
    """Freeze the amounts issued last for the year when the report was due (報告の元の固定)."""
    session, consortium_id = unit.session, held.consortium_id
    period = ReportPeriod.parse(held.period_key)
    run = as_of.issued_run(session, consortium_id, held.year, held.due_at)
    if run is None:
        raise NotReadyError("この年度の負担金の発行待ち")
    result = runs.read_result(session, consortium_id, run.id)
    office = settings.settings_of(session, consortium_id)
    charged = {party.code: charged_months(result, party.code) for party in result.parties}
    served = schedules.recipients_of_run(session, held.id) or charged.keys()
    members = tuple(
        (party.code, party.name)
        for party in result.parties
        if party.code in served and not set(period.months).isdisjoint(charged[party.code])
    )
    head = audit_head(session, consortium_id)
    document = MonthlyDocument(
        is_sample=office.is_sample,
        consortium=office.name,
        office=office.office_name,
        fiscal_year=held.year,
        fiscal_year_label=fiscal_year_label(held.year, office.year_labels),
        month=period.months[-1],
        stage=STAGES[run.stage],
        issued_at=unit.now,
        register_seq=head.seq,
        register_hash=head.hash,
        members=members,
        year_amounts={code: result.amount(code) for code, _ in members},
        months={
            code: by_month(result.amount(code), held.year, charged[code]) for code, _ in members
        },
        quarter=period.number or None,
        edition=held.edition,
    )
    return document.to_json()


def _sheets(kind: str, render: Render, frozen: Mapping[str, Any], _store: Path) -> list[Sheet]:
    """List one workbook for each member that bears a part of the period (作成するファイル)."""
    document = MonthlyDocument.from_json(frozen)
    month = document.month if document.quarter is None else None

    def of_member(code: str, name: str) -> Sheet:
        slot = member_slot(code)
        label = FileLabel(
            kind,
            document.fiscal_year,
            code,
            name,
            document.edition,
            month=month,
            quarter=document.quarter,
        )
        return Sheet(
            slot, display_name(label), data_hash(document, slot), lambda: render(document, code)
        )

    return [of_member(code, name) for code, name in document.members]


def publish(unit: Unit, held: Claim, _frozen: Mapping[str, Any], made: list[FileRecord]) -> None:
    """Write down that the reports of a period went out, with the hash of each file (公開)."""
    edition = f" 第{held.edition}版" if held.edition > 1 else ""
    unit.record(
        held.consortium_id,
        "report.publish",
        "report_run",
        held.id,
        f"{held.period_key} {title_of_report(held.kind)}{edition}",
        None,
        {"files": {file.slot: file.file_hash for file in made}},
    )


KINDS: Mapping[str, Kind] = {KIND: cost_report(KIND, monthly_cost.render)}
