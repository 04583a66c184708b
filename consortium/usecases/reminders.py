"""Reminders of overdue instalments (督促): the towns chosen, what they still owe, by when."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consortium.db.store import calendars, instalments, orders, registers, settings
from consortium.db.store.instalments import InForce
from consortium.db.store.reports import Claim, FileRecord, NewRun
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError, InvalidTransitionError, StaleError
from consortium.domain.yen import Yen
from consortium.reports import document as documents
from consortium.reports import reminder
from consortium.reports.document import ReminderDocument, member_slot
from consortium.usecases.closings import label_of, refuse_closed, today_of
from consortium.usecases.notices import period_key, refuse_day
from consortium.usecases.ordering import Asked, Maker, make, order, ordered_before, ordered_kind
from consortium.usecases.overdue import Overdue, overdue
from consortium.usecases.reporting import Kinds, Sheet
from consortium.usecases.statements import Numbered
from consortium.usecases.town_letters import Demand, Letters, letter_entry, letter_sheets
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

KIND = "reminder"
#: A reminder gives so many days to pay unless the officer says otherwise; assumption.
_GIVEN = timedelta(days=14)


# ---- reading -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Late:
    """A town that owes an instalment past its due day (督促の相手)."""

    owed: Overdue
    #: how often it was reminded of it already, and when last
    times: int
    last_on: date | None


@dataclass(frozen=True, slots=True)
class RemindersPage:
    """Who owes an instalment of a year past its due day (督促の画面)."""

    year: FiscalYear
    label: str
    no: int
    lines: tuple[Late, ...]
    #: day by which to pay, as proposed
    proposed: date


def show_reminders(viewer: Viewer, year: FiscalYear, no: int, today: date) -> RemindersPage:
    """Read who owes an instalment past its due day (督促)."""
    with reading() as session:
        return _page(session, viewer.consortium_id, year, no, today)


def late_instalments(viewer: Viewer, year: FiscalYear, today: date) -> dict[int, int]:
    """Count the towns that owe each instalment past its due day: number → towns (期限超過)."""
    with reading() as session:
        found = overdue(session, viewer.consortium_id, year, today)
    return dict(sorted(Counter(each.no for each in found).items()))


def _page(
    session: "Session", consortium_id: str, year: FiscalYear, no: int, today: date
) -> RemindersPage:
    office = settings.settings_of(session, consortium_id)
    days = calendars.open_days(session, consortium_id, None)
    sent: dict[str, list[date]] = {}
    for each in registers.entries(session, consortium_id, year=year):
        if each.kind == KIND and each.instalment == no and each.cancelled is None:
            sent.setdefault(each.code or "", []).append(each.issued_on)
    lines = tuple(
        Late(each, len(sent.get(each.code, ())), max(sent.get(each.code, ()), default=None))
        for each in overdue(session, consortium_id, year, today)
        if each.no == no
    )
    proposed = days.roll(today + _GIVEN, "next_open_day")
    return RemindersPage(year, fiscal_year_label(year, office.year_labels), no, lines, proposed)


# ---- issuing -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReminderOrder:
    """What the officer sends with 発行 (督促の入力)."""

    record_id: str
    #: 団体コード → what it owed on the screen, of the towns chosen
    chosen: Mapping[str, int]
    due_on: date


def issue_reminders(
    viewer: Viewer, year: FiscalYear, no: int, entry: ReminderOrder, maker: Maker
) -> orders.Order:
    """Issue a reminder to the towns chosen (督促の発行).

    The same form again gives the same answer and has no further effect. Raises: BadInputError
    without a town, or for a day that has gone by or on which nobody can pay; StaleError if one of
    them paid meanwhile; ClosedError.
    """
    owner, now = viewer.consortium_id, maker.worker.now()
    title = f"{fiscal_year_label(year)} 第{no}期の督促"
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        key = period_key(year, no)
        edition = orders.next_edition(unit.session, owner, KIND, year, key)
        asked = Asked(NewRun(owner, KIND, year, key, edition, now), entry.record_id, title)
        found = ordered_before(unit, asked)
        if found is None:
            refuse_closed(unit, owner, year, reason=viewer.reason)
            today = today_of(now)
            page = _page(unit.session, owner, year, no, today)
            days = calendars.open_days(unit.session, owner, None)
            refuse_day(f"{title}を発行しようとしました。", "指定期限", entry.due_on, today, days)
            _freeze(unit, page, _chosen(page, entry, title), entry.due_on, asked)
    return make(viewer, entry.record_id, maker)


def _chosen(page: RemindersPage, entry: ReminderOrder, title: str) -> list[Late]:
    doing = f"{title}を発行しようとしました。"
    if not entry.chosen:
        raise BadInputError(
            doing, "団体が選ばれていません。", "督促する団体を選んでください。", path="codes"
        )
    owed = {each.owed.code: each for each in page.lines}
    for code, amount in entry.chosen.items():
        if code not in owed or owed[code].owed.open != amount:
            raise StaleError(
                doing,
                "画面を開いた後に、未納の額が変わりました（収納の記録など）。",
                "今の額を確かめてから、もう一度発行してください。",
            )
    return [each for each in page.lines if each.owed.code in entry.chosen]


def _freeze(
    unit: Unit, page: RemindersPage, chosen: Collection[Late], due_on: date, asked: Asked
) -> None:
    """Fix what the reminders say, with their numbers, and order them."""
    owner = asked.new.consortium_id
    office = settings.settings_of(unit.session, owner)
    run = _run(instalments.in_force(unit.session, owner, page.year), asked)
    slots = [member_slot(each.owed.code) for each in chosen]
    numbered = Numbered.take(unit, owner, slots, asked.title)
    document = ReminderDocument(
        is_sample=office.is_sample,
        consortium=office.name,
        office=office.office_name,
        fiscal_year=page.year,
        fiscal_year_label=page.label,
        no=page.no,
        edition=asked.new.edition,
        due_on=due_on,
        issued_at=unit.now,
        register_seq=numbered.head.seq,
        register_hash=numbered.head.hash,
        numbers=numbered.printed,
        members=dict(_members(chosen)),
    )
    frozen = {
        "run_id": run.run_id,
        "stage": run.stage,
        "numbers": numbered.numbers,
        "reminder": document.to_json(),
    }
    order(unit, asked, run.run_id, frozen)


def _run(found: InForce | None, asked: Asked) -> InForce:
    """Give the run in force, which the register names beside each document."""
    if found is None:
        raise InvalidTransitionError(
            f"{asked.title}を発行しようとしました。",
            "有効な算定がありません（発行が取り消されています）。",
            "算定を発行し直してから、行ってください。",
        )
    return found


def _members(chosen: Iterable[Late]) -> Iterable[tuple[str, documents.Overdue]]:
    for each in chosen:
        owed = each.owed
        yield (
            owed.code,
            documents.Overdue(
                owed.name,
                owed.document_number,
                owed.due_on,
                owed.amount,
                owed.open,
                each.times + 1,
            ),
        )


# ---- making --------------------------------------------------------------------------------------


def sheets(frozen: Mapping[str, Any], _store: Path) -> list[Sheet]:
    """List one workbook for each town reminded (作成するファイル)."""
    document = ReminderDocument.from_json(frozen["reminder"])
    letters = Letters(KIND, document.no, document)
    return letter_sheets(letters, document.members, lambda code: reminder.render(document, code))


def publish(unit: Unit, held: Claim, frozen: Mapping[str, Any], made: list[FileRecord]) -> None:
    """Enter every reminder in the register (発行)."""
    document = ReminderDocument.from_json(frozen["reminder"])
    title = f"{label_of(unit, held.consortium_id, held.year)} 第{document.no}期の督促"
    letters = Letters(KIND, document.no, document)

    def demand(code: str) -> Demand:
        return Demand(frozen["stage"], Yen(document.members[code].open), document.due_on)

    entries = [letter_entry(letters, frozen, held, file, demand) for file in made]
    registers.enter(unit, held.consortium_id, title, entries)


#: How an overdue instalment is recalled.
KINDS: Kinds = {KIND: ordered_kind(sheets, publish)}
