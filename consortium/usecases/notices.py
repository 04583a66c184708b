"""Notices of an instalment (納入依頼): who is asked for how much by when, and issuing them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consortium.db.store import calendars, members, orders, registers, runs, settings
from consortium.db.store.reports import Claim, FileRecord, NewRun
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.calendar.wareki import fiscal_year_label, wareki
from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.errors import BadInputError, InvalidTransitionError, StaleError
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.fiscalyear.steps import notice_deadline
from consortium.domain.yen import Yen, total
from consortium.reports import notice
from consortium.reports.document import StatementDocument, member_slot
from consortium.reports.dues import Asking, Due
from consortium.usecases.closings import label_of, refuse_closed, today_of
from consortium.usecases.instalments import PAID_BY, InstalmentLine, YearLedger, read_ledger
from consortium.usecases.ordering import Asked, Maker, make, order, ordered_before, ordered_kind
from consortium.usecases.reporting import Kinds, Sheet
from consortium.usecases.statements import Numbered, new_document
from consortium.usecases.town_letters import Demand, Letters, letter_entry, letter_sheets
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

KIND = "notice"
#: A notice goes out at least so many days before its due day.
_AHEAD = timedelta(days=14)


def period_key(year: FiscalYear, no: int) -> str:
    """Give the key of an instalment (対象期間).

    >>> period_key(FiscalYear(2026), 1)
    'FY2026I1'
    """
    return f"FY{year.start_year}I{no}"


# ---- reading -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Payer:
    """A town that an instalment asks for money (納入依頼の相手)."""

    code: str
    name: str
    line: InstalmentLine


@dataclass(frozen=True, slots=True)
class InstalmentNotices:
    """One instalment: who is to be asked, who was, who is left out (期の納入依頼)."""

    no: int
    due_on: date
    #: last open day that is at least 14 days before
    send_by: date
    to_send: tuple[Payer, ...]
    sent: tuple[Payer, ...]
    #: names of the towns that have nothing to pay in it
    left_out: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name the instalment (期別)."""
        return f"第{self.no}期"

    @property
    def amount(self) -> Yen:
        """Add up what is still to be asked for (これから依頼する額)."""
        return total(each.line.amount for each in self.to_send)

    @property
    def asked(self) -> Yen:
        """Add up what was asked for (依頼した額)."""
        return total(each.line.amount for each in self.sent)


@dataclass(frozen=True, slots=True)
class NoticesPage:
    """The notices of a year (納入依頼の画面)."""

    year: FiscalYear
    label: str
    today: date
    ledger: YearLedger
    instalments: tuple[InstalmentNotices, ...]

    @property
    def stage(self) -> str:
        """Name the run whose amounts are asked for, empty before the first (有効な算定)."""
        run = self.ledger.run
        return f"{STAGES[run.stage]} 第{run.edition}版" if run else ""

    @property
    def blocked(self) -> str:
        """Say why nothing can be asked for, empty where it can (依頼できない理由)."""
        if self.ledger.run is None:
            return "発行した算定がありません。当初などの算定を発行してから、行ってください。"
        if self.ledger.run.stage not in PAID_BY:
            label = STAGES[self.ledger.run.stage]
            return f"有効な算定が「{label}」です。納入依頼は、当初・変更・確定の額で行います。"
        return ""

    def find(self, no: int) -> InstalmentNotices:
        """Give an instalment. Raises: BadInputError for one that the plan does not have."""
        if not 1 <= no <= len(self.instalments):
            count = len(self.instalments)
            raise BadInputError(
                "納入依頼を開こうとしました。",
                f"納付計画は第{count}期までです。",
                "期を選び直してください。",
                path="no",
            )
        return self.instalments[no - 1]

    def seen(self, no: int) -> str:
        """Give the mark of what would be sent, so that nobody sends other figures."""
        rows = [[p.code, p.line.amount, p.line.due_on.isoformat()] for p in self.find(no).to_send]
        run_id = self.ledger.run.run_id if self.ledger.run else ""
        return sha256_hex(canonical([run_id, no, rows]))


def show_notices(viewer: Viewer, year: FiscalYear, today: date) -> NoticesPage:
    """Read what was asked for, and what is to be, of a year (納入依頼)."""
    with reading() as session:
        return _page(session, viewer.consortium_id, year, today)


def _page(session: "Session", consortium_id: str, year: FiscalYear, today: date) -> NoticesPage:
    ledger = read_ledger(session, consortium_id, year)
    office = settings.settings_of(session, consortium_id)
    days = calendars.open_days(session, consortium_id, None)
    names: dict[str, str] = {
        each.code: each.name for each in members.members(session, consortium_id)
    }
    parts = [
        _instalment(ledger, names, no, part.due_on, notice_deadline(part.due_on, days))
        for no, part in enumerate(ledger.saved.plan.parts, start=1)
    ]
    label = fiscal_year_label(year, office.year_labels)
    return NoticesPage(year, label, today, ledger, tuple(parts))


def _instalment(
    ledger: YearLedger, names: Mapping[str, str], no: int, due_on: date, send_by: date
) -> InstalmentNotices:
    every = [
        Payer(code, names.get(code, code), lines[no - 1])
        for code, lines in ledger.lines.items()
        if lines
    ]
    open_ones = [each for each in every if each.line.state != "notified"]
    return InstalmentNotices(
        no,
        due_on,
        send_by,
        tuple(each for each in open_ones if each.line.is_to_ask),
        tuple(each for each in every if each.line.state == "notified"),
        tuple(each.name for each in open_ones if not each.line.is_to_ask),
    )


# ---- issuing -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoticeOrder:
    """What the officer sends with 発行 (発行の入力)."""

    record_id: str
    #: mark of the amounts on the screen
    seen: str
    #: that fewer than 14 days are left is known
    is_late_accepted: bool = False
    #: day by which these towns pay where the plan's has gone by; None: the plan's
    due_on: date | None = None


def issue_notices(
    viewer: Viewer, year: FiscalYear, no: int, entry: NoticeOrder, maker: Maker
) -> orders.Order:
    """Issue the notices of an instalment to every town not asked yet (納入依頼の発行).

    The same form again gives the same answer and has no further effect. Raises: BadInputError for
    a due day gone by or on which nobody can pay, or for fewer than 14 days not accepted;
    InvalidTransitionError with nothing to ask for; StaleError if the amounts changed meanwhile;
    ClosedError.
    """
    owner, now = viewer.consortium_id, maker.worker.now()
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        title = f"{label_of(unit, owner, year)} 第{no}期の納入依頼"
        key = period_key(year, no)
        edition = orders.next_edition(unit.session, owner, KIND, year, key)
        asked = Asked(NewRun(owner, KIND, year, key, edition, now), entry.record_id, title)
        found = ordered_before(unit, asked)
        if found is None:
            refuse_closed(unit, owner, year, reason=viewer.reason)
            page = _page(unit.session, owner, year, today_of(now))
            _check(page, no, entry, title)
            days = calendars.open_days(unit.session, owner, None)
            due_on = _due_on(page, no, entry, days, title)
            _freeze(unit, page, no, due_on, asked)
    return make(viewer, entry.record_id, maker)


def _check(page: NoticesPage, no: int, entry: NoticeOrder, title: str) -> None:
    instalment, doing = page.find(no), f"{title}を発行しようとしました。"
    if page.blocked:
        raise InvalidTransitionError(doing, page.blocked, "算定の画面で確かめてください。")
    if not instalment.to_send:
        raise InvalidTransitionError(
            doing, "依頼する団体がありません。", "納入依頼の画面で、送った依頼を確かめてください。"
        )
    if page.seen(no) != entry.seen:
        raise StaleError(
            doing,
            "画面を開いた後に、額か納期限が変わりました。",
            "今の額を確かめてから、もう一度発行してください。",
        )


def _due_on(page: NoticesPage, no: int, entry: NoticeOrder, days: OpenDays, title: str) -> date:
    """Give the day by which the towns asked now have to pay (この依頼の納期限)."""
    doing, due_on = f"{title}を発行しようとしました。", entry.due_on or page.find(no).due_on
    if entry.due_on:
        refuse_day(doing, "納期限", entry.due_on, page.today, days)
        if entry.due_on >= Month(page.year.start_year + 1, 6).first:
            found = f"納期限の{wareki(due_on)}は、この年度（出納整理期間を含む）の外です。"
            raise BadInputError(doing, found, "翌年5月31日までの日にしてください。", path="due_on")
    if due_on < page.today:
        raise BadInputError(
            doing,
            f"納期限の{wareki(due_on)}は過ぎています。",
            "この依頼の納期限を入力するか、納付計画で納期限を改めてから、発行してください。",
            path="due_on",
        )
    if is_late(due_on, page.today) and not entry.is_late_accepted:
        left = (due_on - page.today).days
        raise BadInputError(
            doing,
            f"納期限の{wareki(due_on)}まで{left}日です（14日前までに送る定めです）。",
            "それでも発行するときは、確認の欄に印を付けてください。",
            path="is_late_accepted",
        )
    return due_on


def refuse_day(doing: str, what: str, day: date, today: date, days: OpenDays) -> None:
    """Refuse a day to pay by that has gone by, is today, or on which nobody can pay (期限の確かめ).

    Raises: BadInputError at `due_on`.
    """
    found = ""
    if day <= today:
        found = f"{what}の{wareki(day)}は、明日以後ではありません。"
    elif not days.is_open(day):
        found = f"{what}の{wareki(day)}は、閉庁日です。"
    if found:
        raise BadInputError(doing, found, "明日以後の開庁日にしてください。", path="due_on")


def is_late(due_on: date, today: date) -> bool:
    """Say whether fewer than 14 days are left to a due day (14日前を過ぎた依頼)."""
    return due_on - today < _AHEAD


def _freeze(unit: Unit, page: NoticesPage, no: int, due_on: date, asked: Asked) -> None:
    """Fix what the notices say, with their numbers, and order them."""
    owner, in_force = asked.new.consortium_id, page.ledger.run
    if in_force is None:
        raise RuntimeError("checked before: there is a run in force")
    run = runs.get_run(unit.session, owner, in_force.run_id, lock=True)
    result = runs.read_result(unit.session, owner, run.id)
    codes = [each.code for each in page.find(no).to_send]
    numbered = Numbered.take(unit, owner, [member_slot(code) for code in codes], asked.title)
    dues = {code: _dues(page.ledger.lines[code], no, due_on) for code in codes}
    document = replace(
        new_document(unit, owner, run, result, numbered),
        edition=asked.new.edition,
        asking=Asking(no, run.edition, dues, page.ledger.saved.plan.cut),
    )
    frozen = {"run_id": run.id, "numbers": numbered.numbers, "statement": document.to_json()}
    order(unit, asked, run.id, frozen)


def _dues(lines: tuple[InstalmentLine, ...], no: int, due_on: date) -> tuple[Due, ...]:
    return tuple(
        Due(
            line.no,
            due_on if line.no == no else line.due_on,
            line.amount,
            line.document_number if line.state == "notified" else "",
        )
        for line in lines
    )


# ---- making --------------------------------------------------------------------------------------


def _read(frozen: Mapping[str, Any]) -> tuple[StatementDocument, Asking]:
    document = StatementDocument.from_json(frozen["statement"])
    if document.asking is None:
        raise ValueError("a notice asks for an instalment")
    return document, document.asking


def sheets(frozen: Mapping[str, Any], _store: Path) -> list[Sheet]:
    """List one workbook for each town asked (作成するファイル)."""
    document, asking = _read(frozen)
    letters = Letters(KIND, asking.no, document)
    return letter_sheets(letters, asking.dues, lambda code: notice.render(document, code))


def publish(unit: Unit, held: Claim, frozen: Mapping[str, Any], made: list[FileRecord]) -> None:
    """Enter every notice in the register (発行)."""
    document, asking = _read(frozen)
    title = f"{label_of(unit, held.consortium_id, held.year)} {asking.name}の納入依頼"
    letters = Letters(KIND, asking.no, document)

    def demand(code: str) -> Demand:
        due = asking.due(code)
        return Demand(document.stage, Yen(due.amount), due.due_on)

    entries = [letter_entry(letters, frozen, held, file, demand) for file in made]
    registers.enter(unit, held.consortium_id, title, entries)


#: How an instalment is asked for.
KINDS: Kinds = {KIND: ordered_kind(sheets, publish)}
