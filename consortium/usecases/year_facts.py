"""From what happened to what each step needs to know (年度の事実の整理)."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from consortium.db.store.fact_lines import Row
from consortium.db.store.instalments import InForce, SavedPlan
from consortium.db.store.payments import Notice, Payment
from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.fiscalyear.plan import InstalmentPlan, Part, usual_plan
from consortium.domain.fiscalyear.schedule import TOKYO, DueFacts, Schedule, due_periods
from consortium.domain.fiscalyear.year_facts import BaseRoundState, InstalmentState, YearFacts
from consortium.domain.yen import Yen
from consortium.usecases.instalments import PAID_BY, YearLedger, ledger_of
from consortium.usecases.overdue import Unpaid, unpaid_of

#: (fiscal year, number) → how far an instalment is
Instalments = Mapping[tuple[int, int], InstalmentState]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known at one time (整理した事実): facts, open days, names of closed days, labels."""

    facts: YearFacts
    office: OpenDays
    #: names of the days closed for every party
    names: Mapping[date, str]
    year_labels: Mapping[int, str]


def sort_out(
    rows: Sequence[Row],
    schedules: Iterable[Schedule],
    until: datetime,
) -> Known:
    """Sort rows out by what they say; schedules count up to an instant (事実の整理)."""
    by_kind = sorted_by_kind(rows)
    days = own_first(by_kind["closed_day"])
    labels = "".join(row.note for row in by_kind["labels"]) or "{}"
    office = office_of(days.values())
    return Known(
        _facts(by_kind, schedules, until, office),
        office,
        {day: row.note for day, row in days.items() if row.number},
        {int(year): str(label) for year, label in json.loads(labels).items()},
    )


def own_first(rows: Iterable[Row]) -> dict[date, Row]:
    """Give what holds on each day: an office's own row goes before what holds for all (閉庁日)."""
    return {row.day: row for row in sorted(rows, key=lambda row: row.key) if row.day}


def office_of(rows: Iterable[Row]) -> OpenDays:
    """Give the open days of an office from one row a day (開庁日)."""
    is_closed = {row.day: row.number for row in rows if row.day}
    return OpenDays(
        (day for day, closed in is_closed.items() if closed),
        (day for day, closed in is_closed.items() if not closed),
    )


def _facts(
    by_kind: Mapping[str, Sequence[Row]],
    schedules: Iterable[Schedule],
    until: datetime,
    office: OpenDays,
) -> YearFacts:
    return YearFacts(
        issued=_days(by_kind["issued"]),
        cancelled=frozenset(map(_key, by_kind["cancelled"])),
        on_their_way={_key(row): row.note for row in by_kind["on_its_way"]},
        with_costs=frozenset(map(_key, by_kind["cost"])),
        rounds=_rounds(by_kind),
        instalments=_instalments(by_kind, office),
        planned={
            (row.year or 0, row.number or 0): row.day for row in by_kind["planned"] if row.day
        },
        settled={start: day for (start, _), day in _days(by_kind["settlement"]).items()},
        closed=_days(by_kind["closing"]),
        questions={row.year or 0: row.number or 0 for row in by_kind["question"]},
        reported={
            Month.parse(row.key): row.at.astimezone(TOKYO).date()
            for row in by_kind["report"]
            if row.at
        },
        scheduled=_scheduled(schedules, until, office),
    )


def _scheduled(
    schedules: Iterable[Schedule], until: datetime, office: OpenDays
) -> frozenset[Month]:
    """Give the months of which a monthly report is made by itself (配信予定のある月)."""
    monthly = [each for each in schedules if each.kind == "monthly_cost"]
    due = due_periods(monthly, DueFacts(office), until, ())
    return frozenset(Month.containing(each.period.days.since) for each in due)


def _key(row: Row) -> tuple[int, str]:
    return row.year or 0, row.key


def _days(rows: Iterable[Row]) -> dict[tuple[int, str], date]:
    return {_key(row): row.at.astimezone(TOKYO).date() for row in rows if row.at}


def _rounds(by_kind: Mapping[str, Sequence[Row]]) -> dict[int, tuple[BaseRoundState, ...]]:
    """Say of each round of a year whether its base figures are in, and by when (提出の状況)."""
    found: dict[int, tuple[BaseRoundState, ...]] = {}
    for row in sorted(by_kind["round"], key=lambda row: (str(row.until), row.key)):
        asked = asked_towns(row, by_kind["stay"])
        sent = {each.key for each in by_kind["handed_in"] if each.note == row.key}
        closed_on = row.at.astimezone(TOKYO).date() if row.at else None
        missing = tuple(name for code, name in asked.items() if code not in sent)
        series = tuple(sorted(each.note for each in by_kind["asked"] if each.key == row.key))
        one = BaseRoundState(row.note == "open", closed_on, missing, row.until, series)
        found[row.year or 0] = (*found.get(row.year or 0, ()), one)
    return found


def asked_towns(round_row: Row, stays: Iterable[Row]) -> dict[str, str]:
    """Name the towns a round asks: members on its reference day or in its year (依頼先)."""
    year = FiscalYear(round_row.year or 0).period
    return {
        stay.key: stay.note
        for stay in sorted(stays, key=lambda row: row.key)
        if stay.day
        and (
            (period := Period(stay.day, stay.until)).overlaps(year)
            or (round_row.day is not None and period.contains(round_row.day))
        )
    }


# ---- the ledger ----------------------------------------------------------------------------------


def _instalments(by_kind: Mapping[str, Sequence[Row]], office: OpenDays) -> Instalments:
    """Say of each instalment who was asked to pay, who was not, and who has not paid (期別納付).

    By the same ledger as 納付・精算 and 納入依頼; nothing of a year without amounts to pay.
    """
    names = {row.key: row.note for row in by_kind["member"]}
    years = {row.year for what in ("in_force", "notice") for row in by_kind[what] if row.year}
    states: dict[tuple[int, int], InstalmentState] = {}
    for start in sorted(years):
        rows = _of_year(by_kind, start)
        states |= _states(_ledger(FiscalYear(start), rows, office), _finals(rows), names)
    return states


def unpaid_in(
    by_kind: Mapping[str, Sequence[Row]], year: FiscalYear, office: OpenDays, code: str
) -> tuple[Unpaid, ...]:
    """List what a town was asked for in a year and has not paid, due or not (団体の未納)."""
    rows = _of_year(by_kind, year.start_year)
    return tuple(unpaid_of(_ledger(year, rows, office, code), _finals(rows)))


def sorted_by_kind(rows: Iterable[Row]) -> Mapping[str, Sequence[Row]]:
    """Give the rows by what they say; none of what nobody said (種別ごとの事実)."""
    by_kind: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_kind[row.what].append(row)
    return by_kind


def _of_year(by_kind: Mapping[str, Sequence[Row]], start: int) -> Mapping[str, Sequence[Row]]:
    return sorted_by_kind(row for rows in by_kind.values() for row in rows if row.year == start)


def _finals(rows: Mapping[str, Sequence[Row]]) -> dict[str, Yen] | None:
    found = rows["settled"]
    return {row.key: Yen(row.amount or 0) for row in found if row.key} if found else None


def _ledger(
    year: FiscalYear, rows: Mapping[str, Sequence[Row]], office: OpenDays, code: str | None = None
) -> YearLedger:
    """Put the ledger of a year together from its rows (年度の納付状況)."""
    paid: dict[str, tuple[Payment, ...]] = {}
    for row in rows["paid"]:
        one = Payment(
            "", year, row.key, row.note, year.period.since, Yen(row.amount or 0), None, row.number
        )
        paid[row.key] = (*paid.get(row.key, ()), one)
    sent = [
        Notice(
            "", row.note, 0, year, row.key, row.number or 0, Yen(row.amount or 0), row.until,
            row.day or year.period.since, row.what == "notice_void",
        )
        for what in ("notice_void", "notice")
        for row in rows[what]
    ]  # fmt: skip
    return ledger_of(year, _plan(year, rows, office), _in_force(rows), sent, paid, code)


def _in_force(rows: Mapping[str, Sequence[Row]]) -> InForce | None:
    amounts: dict[str, dict[str, Yen]] = defaultdict(dict)
    for row in rows["share"]:
        amounts[row.key][row.note] = Yen(row.amount or 0)
    runs = [InForce(row.note, row.key, 0, amounts, {}) for row in rows["in_force"]]
    return runs[0] if runs else None


def _plan(year: FiscalYear, rows: Mapping[str, Sequence[Row]], office: OpenDays) -> SavedPlan:
    if not rows["plan"]:
        return SavedPlan(usual_plan(year, office))
    (head,) = rows["plan"]
    asked: dict[int, tuple[str, ...]] = {}
    for row in rows["plan_item"]:
        asked[row.number or 0] = (*asked.get(row.number or 0, ()), row.key)
    parts = tuple(
        Part(
            row.until, row.key, row.day, Fraction(row.note) if row.note else None,
            asked.get(row.number or 0, ()),
        )
        for row in sorted(rows["planned"], key=lambda row: row.number or 0)
        if row.until and row.day
    )  # fmt: skip
    return SavedPlan(InstalmentPlan(year, head.key, head.number or 1, head.note, parts))


def _states(
    ledger: YearLedger, finals: Mapping[str, Yen] | None, names: Mapping[str, str]
) -> Instalments:
    stage = ledger.run.stage if ledger.run else "estimate"
    unpaid = list(unpaid_of(ledger, finals))
    states = {}
    for no in range(1, len(ledger.saved.plan.parts) + 1):
        lines = {code: each[no - 1] for code, each in ledger.lines.items() if each}
        sent = [line for line in lines.values() if line.state == "notified"]
        if stage == "estimate" and not sent:  # an estimate asks nobody for money
            continue
        asks = stage in PAID_BY
        states[ledger.year.start_year, no] = InstalmentState(
            len(sent),
            max((line.issued_on for line in sent if line.issued_on), default=None),
            tuple(names.get(each.code, each.code) for each in unpaid if each.line.no == no),
            tuple(names.get(c, c) for c, line in lines.items() if asks and line.is_to_ask),
        )
    return states
