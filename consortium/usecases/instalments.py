"""Instalments of a fiscal year (期別納付): plan, amounts, what was notified, what was paid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from consortium.db.store import calendars, costs, payments, settings
from consortium.db.store import instalments as store
from consortium.db.store.costs import Category
from consortium.db.store.instalments import InForce, SavedPlan
from consortium.db.store.payments import Notice, Payment
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.opendays import ROLL_RULES, OpenDays
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError
from consortium.domain.fiscalyear.plan import (
    METHODS,
    MOST,
    InstalmentPlan,
    Part,
    add_carried,
    allocate,
    usual_plan,
)
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.fiscalyear.settlement import WAYS
from consortium.domain.yen import MODES, UNITS, Yen, total
from consortium.usecases.closings import refuse_closed, today_of
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["METHODS", "MODES", "MOST", "ROLL_RULES", "UNITS", "WAYS", "Part", "SavedPlan"]

#: Stages whose amounts are paid in instalments; an estimate is not due, a 精算 is paid by itself.
PAID_BY = ("planned", "revised", "final")

#: States of an instalment (期の状態).
LINE_STATES = {"planned": "未依頼", "notified": "納入依頼済", "cancelled": "取消"}


@dataclass(frozen=True, slots=True)
class InstalmentLine:
    """One instalment of one town (期別納付の一行), in yen.

    A notified one says what its notice says; the others follow the plan and the run in force.
    """

    no: int
    due_on: date
    amount: Yen
    #: planned, notified, or cancelled: its notice was cancelled and none was sent since
    state: str
    #: the notice that stands; of a cancelled one the cancelled notice
    statement_id: str | None
    #: what counts as paid for it
    paid: Yen
    document_number: str = ""
    #: the day of the notice, standing or cancelled
    issued_on: date | None = None

    @property
    def is_to_ask(self) -> bool:
        """Say whether there is something to pay that no standing notice asks for (未依頼)."""
        return self.state != "notified" and self.amount > 0

    @property
    def open(self) -> Yen:
        """Give what is still to be paid; nothing where more was paid (未納額)."""
        return Yen(max(0, self.amount - self.paid))

    def is_overdue(self, today: date) -> bool:
        """Say whether it was notified, is due and not paid in full (期限超過)."""
        return self.state == "notified" and self.due_on < today and self.open > 0


@dataclass(frozen=True, slots=True)
class YearLedger:
    """Everything that is due and paid for a year (年度の納付状況)."""

    year: FiscalYear
    saved: SavedPlan
    run: InForce | None
    #: 団体コード → its instalments, by code
    lines: Mapping[str, tuple[InstalmentLine, ...]]
    #: 団体コード → payments, voided ones too, by day
    payments: Mapping[str, tuple[Payment, ...]]

    def charged(self, code: str) -> Yen:
        """Give what a town bears by the run in force; 0 before the first run (負担額)."""
        return self.run.amount(code) if self.run else Yen(0)

    def paid(self, code: str) -> Yen:
        """Give what a town has paid, less what it got back (納付済額)."""
        return total(each.counts for each in self.payments.get(code, ()))

    def rest(self, code: str) -> Yen:
        """Give what a town still bears; negative where it has paid too much (残額)."""
        return Yen(self.charged(code) - self.paid(code))


# ---- reading -------------------------------------------------------------------------------------


def read_ledger(
    session: "Session", consortium_id: str, year: FiscalYear, code: str | None = None
) -> YearLedger:
    """Read what is due and paid for a year, of one town where asked (年度の納付状況)."""
    saved = store.plan_in_force(session, consortium_id, year)
    run = store.in_force(session, consortium_id, year)
    sent = payments.notices(session, consortium_id, year=year)
    paid: dict[str, tuple[Payment, ...]] = {}
    for each in payments.payments(session, consortium_id, year=year, code=code):
        paid[each.code] = (*paid.get(each.code, ()), each)
    return ledger_of(year, saved, run, sent, paid, code)


def ledger_of(  # noqa: PLR0913 -- all that a ledger is made of
    year: FiscalYear,
    saved: SavedPlan,
    run: InForce | None,
    sent: Sequence[Notice],
    paid: Mapping[str, tuple[Payment, ...]],
    code: str | None = None,
) -> YearLedger:
    """Put together what was read, of one town where asked (年度の納付状況)."""
    codes = {code} if code else {*(run.amounts if run else ()), *paid, *(n.code for n in sent)}
    lines = {
        one: _lines(saved.plan, run, one, [n for n in sent if n.code == one], paid.get(one, ()))
        for one in sorted(codes)
    }
    return YearLedger(year, saved, run, lines, paid)


def _lines(
    plan: InstalmentPlan,
    run: InForce | None,
    code: str,
    sent: Sequence[Notice],
    paid: Sequence[Payment],
) -> tuple[InstalmentLine, ...]:
    if run is None and not sent:
        return ()
    standing = {each.instalment: each for each in sent if not each.is_cancelled}
    cancelled = {each.instalment: each for each in sent if each.is_cancelled}
    notified = {no: each.amount for no, each in standing.items()}
    amounts = _amounts(plan, run, code, notified, paid)
    counted = allocate(amounts, *_by_instalment(paid, len(amounts)))
    lines = []
    for no, (part, amount) in enumerate(zip(plan.parts, amounts, strict=True), start=1):
        notice = standing.get(no) or cancelled.get(no)
        state = "planned" if notice is None else "notified" if no in standing else "cancelled"
        due_on = notice.due_on if notice and no in standing else None
        lines.append(
            InstalmentLine(
                no,
                due_on or part.due_on,
                amount,
                state,
                notice.statement_id if notice else None,
                counted[no - 1],
                notice.document_number if notice else "",
                notice.issued_on if notice else None,
            )
        )
    return tuple(lines)


def _amounts(
    plan: InstalmentPlan,
    run: InForce | None,
    code: str,
    notified: Mapping[int, Yen],
    paid: Sequence[Payment],
) -> tuple[Yen, ...]:
    if run is None:  # nothing to cut: what was notified is all there is
        return tuple(notified.get(no, Yen(0)) for no in range(1, len(plan.parts) + 1))
    charge, carried = run.amount(code), -sum(each.counts for each in paid if each.is_shortage)
    due = plan.amounts(charge, run.amounts.get(code, {}), notified)
    return add_carried(due, notified, charge, carried)


def _by_instalment(paid: Sequence[Payment], count: int) -> tuple[list[int], int]:
    """Give what was paid for each instalment by name, and what names none (期ごとの収納)."""
    named, loose = [0] * count, 0
    for each in paid:
        if each.instalment is not None and each.instalment <= count:
            named[each.instalment - 1] += each.counts
        elif not each.is_shortage:  # it is asked for, and takes back nothing that was paid
            loose += each.counts
    return named, loose


def instalment_lines(
    session: "Session", consortium_id: str, year: FiscalYear, code: str
) -> tuple[InstalmentLine, ...]:
    """Give a town's instalments of a year; none before the first run was issued (期別納付)."""
    return read_ledger(session, consortium_id, year, code).lines[code]


@dataclass(frozen=True, slots=True)
class PlanPage:
    """The plan of a year and what it asks of each town (納付計画の画面)."""

    year: FiscalYear
    label: str
    saved: SavedPlan
    ledger: YearLedger
    categories: tuple[Category, ...]

    @property
    def stage(self) -> str:
        """Name the run whose amounts are cut, empty before the first (有効な算定)."""
        run = self.ledger.run
        return f"{STAGES[run.stage]} 第{run.edition}版" if run else ""

    @property
    def notified(self) -> frozenset[int]:
        """Give the instalments that some town was notified of (納入依頼済の期)."""
        return frozenset(
            line.no
            for lines in self.ledger.lines.values()
            for line in lines
            if line.state == "notified"
        )

    def preview(self, plan: InstalmentPlan) -> tuple[tuple[str, tuple[Yen, ...]], ...]:
        """Give what a plan would ask of each town, notified amounts kept (試算).

        Raises: BadInputError for a plan with fewer instalments than were notified.
        """
        names = self.ledger.run.names if self.ledger.run else {}
        rows = []
        for code, lines in self.ledger.lines.items():
            sent = {line.no: line.amount for line in lines if line.state == "notified"}
            paid = self.ledger.payments.get(code, ())
            rows.append((names.get(code, code), _amounts(plan, self.ledger.run, code, sent, paid)))
        return tuple(rows)


def show_plan(viewer: Viewer, year: FiscalYear) -> PlanPage:
    """Read the plan of a year (納付計画)."""
    owner = viewer.consortium_id
    with reading() as session:
        ledger = read_ledger(session, owner, year)
        office = settings.settings_of(session, owner)
        return PlanPage(
            year,
            fiscal_year_label(year, office.year_labels),
            ledger.saved,
            ledger,
            costs.categories(session, owner),
        )


# ---- changing ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """What an officer enters for a plan (納付計画の入力); the due days are moved when saved."""

    method: str
    unit: int
    mode: str
    way: str
    #: nominal due day, roll rule, percent, category ids
    parts: tuple[Part, ...]


def plan_of(viewer: Viewer, year: FiscalYear, entry: Entry) -> InstalmentPlan:
    """Give the plan that an entry means, its due days moved (入力から納付計画へ).

    Raises: BadInputError at the field.
    """
    with reading() as session:
        return _plan(calendars.open_days(session, viewer.consortium_id, None), year, entry)


def _plan(days: OpenDays, year: FiscalYear, entry: Entry) -> InstalmentPlan:
    parts = tuple(
        replace(part, due_on=_rolled(days, no, part))
        for no, part in enumerate(entry.parts, start=1)
    )
    return InstalmentPlan(year, entry.method, entry.unit, entry.mode, parts)


def _rolled(days: OpenDays, no: int, part: Part) -> date:
    try:
        return days.roll(part.due_nominal, part.roll_rule)
    except BadInputError as error:
        raise BadInputError(error.asked, error.found, error.todo, path=f"roll-{no}") from None


def save_plan(  # noqa: PLR0913 -- whose plan, as seen, as entered, when, and whether of the past
    viewer: Viewer,
    year: FiscalYear,
    seen_version: int,
    entry: Entry,
    now: datetime,
    *,
    may_be_past: bool = False,
) -> SavedPlan:
    """Save the plan of a year as it was seen (納付計画の保存); 0 where none was saved yet.

    What is saved already changes nothing (二度押し). `may_be_past` takes due days that are over,
    of the time before the portal. Raises: StaleError if somebody saved meanwhile, BadInputError
    at the field, ClosedError.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        refuse_closed(unit, owner, year, reason=viewer.reason)
        session = unit.session
        new = SavedPlan(_plan(calendars.open_days(session, owner, None), year, entry), entry.way)
        _check_way(entry.way)
        old = store.find_plan(session, owner, year)
        if old is not None and (old.plan, old.way) == (new.plan, new.way):
            unit.operational()
            return old
        if (old.row_version if old else 0) != seen_version:
            raise store.stale()
        _check_categories(unit, owner, new.plan)
        before = old.plan if old else usual_plan(year, calendars.open_days(session, owner, None))
        new = replace(new, plan=_with_notified(unit, owner, before, new.plan))
        if not may_be_past:
            _refuse_past(before, new.plan, today_of(now))
        if old is None:
            new = replace(new, id=str(uuid4()), row_version=1)
            store.add_plan(unit, owner, new)
        else:
            new = replace(new, id=old.id, row_version=old.row_version + 1)
            store.save_plan(unit, owner, old, new)
        return new


def _check_way(way: str) -> None:
    if way not in WAYS:
        raise _refuse("way", f"「{way}」は使えません。", "精算の方法を選び直してください。")


def _check_categories(unit: Unit, consortium_id: str, plan: InstalmentPlan) -> None:
    known = {each.id for each in costs.categories(unit.session, consortium_id)}
    asked = [key for part in plan.parts for key in part.categories]
    if not known.issuperset(asked) or len(set(asked)) < len(asked):
        raise _refuse("method", "経費区分が正しくありません。", "期を選び直してください。")


def _with_notified(
    unit: Unit, consortium_id: str, old: InstalmentPlan, new: InstalmentPlan
) -> InstalmentPlan:
    """Keep every instalment that was notified as it is (納入依頼済の期).

    Its due day stays even where a closed day was entered since. Raises: BadInputError.
    """
    sent = payments.notices(unit.session, consortium_id, year=new.year)
    parts = dict(enumerate(new.parts, start=1))
    for no in sorted({each.instalment for each in sent if not each.is_cancelled}):
        before = old.parts[no - 1] if no <= len(old.parts) else None
        after = parts.get(no)
        if before is None or after is None or _terms(before, old, new) != _terms(after, old, new):
            raise _refuse(
                f"due-{no}",
                f"第{no}期は納入依頼済みなので、納期限・割合・経費区分を変えられません。",
                "元に戻すか、先にその納入依頼を取り消してください。",
            )
        parts[no] = replace(after, due_on=before.due_on)
    return replace(new, parts=tuple(parts.values()))


def _terms(part: Part, old: InstalmentPlan, new: InstalmentPlan) -> tuple[object, ...]:
    days = (part.due_nominal, part.roll_rule)
    # Another method cuts the other instalments another way; what was notified stays as it is.
    return (*days, part.percent, part.categories) if old.method == new.method else days


def _refuse_past(old: InstalmentPlan, new: InstalmentPlan, today: date) -> None:
    known = {part.due_on for part in old.parts}
    for no, part in enumerate(new.parts, start=1):
        if part.due_on < today and part.due_on not in known:
            raise _refuse(
                f"due-{no}", f"第{no}期の納期限が過ぎた日です。", "今日以後の日にしてください。"
            )


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("納付計画を保存しようとしました。", found, todo, path=path)
