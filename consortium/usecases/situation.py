"""The weekly report of the lead city (状況報告): what waits where when the week's report is due."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consortium.db.store import as_of, instalments, members, payments, settings
from consortium.db.store.as_of import IssuedDocument
from consortium.db.store.payments import Notice, Payment
from consortium.db.store.reports import Claim
from consortium.db.unit import Unit, audit_head
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.fiscalyear.report_period import ReportPeriod
from consortium.domain.fiscalyear.run import STAGES, STATES
from consortium.reports import situation
from consortium.reports.document import LEAD_SLOT, data_hash
from consortium.reports.names import FileLabel, display_name
from consortium.reports.situation_document import (
    RunSituation,
    SituationDocument,
    TownSituation,
)
from consortium.usecases.closings import today_of
from consortium.usecases.instalments import YearLedger, ledger_of
from consortium.usecases.monthly import publish
from consortium.usecases.overdue import unpaid_of
from consortium.usecases.reporting import Kind, Sheet

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

KIND = "situation"

#: Who takes the next step of a run in each open state (次に行う人).
_WHO = {"draft": "担当", "in_review": "承認者", "approved": "承認者"}


def freeze(unit: Unit, held: Claim) -> Mapping[str, Any]:
    """Freeze what waited where when the report was due (報告の元の固定)."""
    session, owner, at = unit.session, held.consortium_id, held.due_at
    office = settings.settings_of(session, owner)
    head = audit_head(session, owner)
    lead = next(each for each in members.members(session, owner) if each.is_lead)
    document = SituationDocument(
        is_sample=office.is_sample,
        consortium=office.name,
        office=office.office_name,
        fiscal_year=held.year,
        fiscal_year_label=fiscal_year_label(held.year, office.year_labels),
        issued_at=unit.now,
        register_seq=head.seq,
        register_hash=head.hash,
        monday=ReportPeriod.parse(held.period_key).days.since,
        as_of=at,
        lead=(lead.code, lead.name),
        towns=_towns(session, owner, at),
        runs=tuple(
            RunSituation(
                f"{fiscal_year_label(run.year, office.year_labels)} {STAGES[run.stage]} "
                f"第{run.edition}版",
                STATES[run.state],
                today_of(run.since).isoformat(),
                _WHO[run.state],
            )
            for run in as_of.runs_on_their_way(session, owner, at)
        ),
        edition=held.edition,
    )
    return document.to_json()


def _towns(session: "Session", consortium_id: str, at: datetime) -> tuple[TownSituation, ...]:
    """Give what waited for each town that was a member or had something to do, by code."""
    today = today_of(at)
    known = [each for each in members.members(session, consortium_id) if not each.is_lead]
    there = {
        stay.member_id
        for stay in members.memberships(session, consortium_id)
        if stay.period.contains(today)
    }
    found = as_of.documents(session, consortium_id, at, today)
    towns = {str(each.code): TownSituation(str(each.code), each.name) for each in known}
    _count_unread(towns, found)
    _count_unpaid(towns, _ledgers(session, consortium_id, at, found), today)
    idle = {each.code for each in known if each.id not in there}
    return tuple(
        town
        for code, town in sorted(towns.items())
        if code not in idle or town.unread or town.unpaid
    )


def _count_unread(towns: dict[str, TownSituation], found: Sequence[IssuedDocument]) -> None:
    for each in found:
        town = towns.get(each.notice.code)
        if town is None or each.is_read:
            continue
        since = min(filter(None, (town.unread_since, each.notice.issued_on.isoformat())))
        towns[town.code] = replace(town, unread=town.unread + 1, unread_since=since)


def _ledgers(
    session: "Session", consortium_id: str, at: datetime, found: Sequence[IssuedDocument]
) -> list[YearLedger]:
    """Put together what was asked for and paid by an instant, of each year not settled by then."""
    settled = as_of.settled_years(session, consortium_id, at)
    asked: dict[FiscalYear, list[Notice]] = {}
    for each in found:
        if each.kind == "notice" and each.notice.year not in settled:
            asked.setdefault(each.notice.year, []).append(each.notice)
    paid = [
        each
        for each in payments.payments(session, consortium_id)
        if each.recorded_at is not None and each.recorded_at <= at
    ]
    return [
        ledger_of(
            year,
            instalments.plan_in_force(session, consortium_id, year),
            None,
            sent,
            _by_town([_then(each, at) for each in paid if each.year == year]),
        )
        for year, sent in sorted(asked.items())
    ]


def _then(payment: Payment, at: datetime) -> Payment:
    """Give a payment as it stood at an instant: one voided later still counted."""
    is_void = payment.voided is not None and payment.voided.at <= at
    return payment if is_void else replace(payment, voided=None)


def _by_town(paid: Sequence[Payment]) -> dict[str, tuple[Payment, ...]]:
    codes = {each.code for each in paid}
    return {code: tuple(each for each in paid if each.code == code) for code in codes}


def _count_unpaid(
    towns: dict[str, TownSituation], ledgers: Sequence[YearLedger], today: date
) -> None:
    for ledger in ledgers:
        for each in unpaid_of(ledger, None):
            town = towns.get(each.code)
            if town is None:
                continue
            is_late = each.line.is_overdue(today)
            towns[each.code] = replace(
                town,
                unpaid=town.unpaid + 1,
                open=town.open + each.left,
                overdue=town.overdue + is_late,
                overdue_open=town.overdue_open + (each.left if is_late else 0),
            )


def sheets(frozen: Mapping[str, Any], _store: Path) -> list[Sheet]:
    """List the lead city's one workbook (作成するファイル)."""
    document = SituationDocument.from_json(frozen)
    code, name = document.lead
    label = FileLabel(
        KIND, document.fiscal_year, code, name, document.edition, monday=document.monday
    )
    return [
        Sheet(
            LEAD_SLOT,
            display_name(label),
            data_hash(document, LEAD_SLOT),
            lambda: situation.render(document),
        )
    ]


KINDS: Mapping[str, Kind] = {KIND: Kind(freeze, sheets, publish)}
