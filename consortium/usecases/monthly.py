"""The monthly cost report (月次費用報告): a town's issued yearly amount, month by month."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from consortium.db.store import runs, settings
from consortium.db.store.reports import Claim, FileRecord
from consortium.db.unit import Unit, audit_head
from consortium.domain.calendar.period import Month
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.fiscalyear.instalment import by_month, charged_months
from consortium.domain.fiscalyear.run import STAGES
from consortium.reports import monthly_cost
from consortium.reports.document import MonthlyDocument, data_hash, member_slot
from consortium.reports.names import FileLabel, display_name
from consortium.usecases.reporting import Kind, NotReadyError, Sheet

KIND = "monthly_cost"


def freeze(unit: Unit, held: Claim) -> Mapping[str, Any]:
    """Freeze the amounts issued last for the year of the month (報告の元の固定)."""
    session, consortium_id = unit.session, held.consortium_id
    month = Month.parse(held.period_key)
    run = runs.latest_issued(session, consortium_id, held.year)
    if run is None:
        raise NotReadyError("この年度の負担金の発行待ち")
    result = runs.read_result(session, consortium_id, run.id)
    office = settings.settings_of(session, consortium_id)
    charged = {party.code: charged_months(result, party.code) for party in result.parties}
    members = tuple((p.code, p.name) for p in result.parties if month in charged[p.code])
    head = audit_head(session, consortium_id)
    document = MonthlyDocument(
        is_sample=office.is_sample,
        consortium=office.name,
        office=office.office_name,
        fiscal_year=held.year,
        fiscal_year_label=fiscal_year_label(held.year, office.year_labels),
        month=month,
        stage=STAGES[run.stage],
        issued_at=unit.now,
        register_seq=head.seq,
        register_hash=head.hash,
        members=members,
        year_amounts={code: result.amount(code) for code, _ in members},
        months={
            code: by_month(result.amount(code), held.year, charged[code]) for code, _ in members
        },
    )
    return document.to_json()


def sheets(frozen: Mapping[str, Any], _store: Path) -> list[Sheet]:
    """List one workbook for each member that bears a part of the month (作成するファイル)."""
    document = MonthlyDocument.from_json(frozen)

    def of_member(code: str, name: str) -> Sheet:
        slot = member_slot(code)
        label = FileLabel(KIND, document.fiscal_year, code, name, 1, month=document.month)
        return Sheet(
            slot,
            display_name(label),
            data_hash(document, slot),
            lambda: monthly_cost.render(document, code),
        )

    return [of_member(code, name) for code, name in document.members]


def publish(unit: Unit, held: Claim, frozen: Mapping[str, Any], made: list[FileRecord]) -> None:
    """Write down that the month's reports went out, with the hash of each file (公開)."""
    unit.record(
        held.consortium_id,
        "report.publish",
        "report_run",
        held.id,
        f"{held.period_key} 月次費用報告",
        None,
        {"files": {file.slot: file.file_hash for file in made}},
    )


KINDS: Mapping[str, Kind] = {KIND: Kind(freeze, sheets, publish)}
