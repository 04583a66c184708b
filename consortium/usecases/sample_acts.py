"""What the sample's people do in its years (見本の経過の一つ一つ), through the portal's own doors.

Each act may be done again, after a start that was killed in the middle of it: what is entered
carries an id made of what it is, and what is there already stays.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from importlib.resources import files
from uuid import NAMESPACE_OID, uuid5

from consortium.db.store import calendars, closings, costs, members, registers
from consortium.db.store import instalments as plan_store
from consortium.db.store import payments as payment_store
from consortium.db.store import runs as run_store
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.fiscalyear.plan import Part
from consortium.intake.payment_table import AMOUNT, NOTE, NUMBER, PAID_ON, REFERENCE
from consortium.intake.tables import Row, read_table
from consortium.usecases import (
    archives,
    base_figures,
    base_rounds,
    cost_items,
    downloads,
    instalments,
    notices,
    payment_import,
    payments,
    questions,
    reminders,
    runs,
    sample,
    seed,
    settlements,
    year_closing,
    year_plan,
    year_start,
)
from consortium.usecases.base_figures import Figure, HandInEntry, Intent
from consortium.usecases.closings import today_of
from consortium.usecases.costs import Entry
from consortium.usecases.kinds import KINDS
from consortium.usecases.ordering import Maker
from consortium.usecases.reporting import Worker
from consortium.usecases.settlements import Carrying
from consortium.usecases.viewer import Viewer

#: Costs entered in the course of the years, written as the seed's own.
ITEMS = "year_items.csv"

#: Quarters, due on these days: the default calendar of the design.
_DUE_DAYS = ((5, 20), (8, 20), (11, 20), (2, 20))
_NOT_SHOWN = "見本では省いています。"
_SERIES = "population"
#: What the towns hand in, to the census before it: a made-up figure, and marked so.
_CHANGE = Fraction(97, 100)


def key(*words: object) -> str:
    """Give the id of what an act enters, the same at every start (見本の識別子)."""
    return str(uuid5(NAMESPACE_OID, "/".join(("sample", *map(str, words)))))


def due_days(year: FiscalYear) -> tuple[date, ...]:
    """Give the days the instalments of a year are due, before they move (納期限)."""
    start = year.start_year
    return tuple(date(start + (month < 4), month, day) for month, day in _DUE_DAYS)


@dataclass(frozen=True, slots=True)
class Office:
    """The sample's people at one instant (見本の人たち)."""

    staff: Viewer
    approver: Viewer
    town: Viewer
    worker: Worker
    at: datetime

    @property
    def owner(self) -> str:
        """Give the consortium."""
        return self.staff.consortium_id

    @property
    def today(self) -> date:
        """Give the day in Japan."""
        return today_of(self.at)

    def because(self, reason: str) -> "Office":
        """Say why a year under 仮締め changes (変更の理由)."""
        staff, approver = (replace(each, reason=reason) for each in (self.staff, self.approver))
        return replace(self, staff=staff, approver=approver)

    def make(self, what: str, order: Callable[[Maker], bool]) -> None:
        """Have documents made in the sample's time."""
        sample.make_in_time(self.worker, self.at, what, lambda one: order(Maker(one, KINDS)))


# ---- costs, runs, the plan -----------------------------------------------------------------------


def enter_costs(office: Office, year: FiscalYear, stage: str) -> None:
    """Enter the costs of a stage (費用の登録)."""
    content = (files("consortium") / "seed" / ITEMS).read_bytes()
    rows = read_table(content, ITEMS, seed.COLUMNS["cost_items"].split(","))
    wanted = [row for row in rows if _is_of(row, year, stage)]
    with reading() as session:
        there = costs.items(session, office.owner, year, stage)
        services = {each.id: each.key for each in members.services(session, office.owner)}
        categories = {
            (services[each.service_id], each.name): each.id
            for each in costs.categories(session, office.owner)
        }
        towns = {str(each.code): each.id for each in members.members(session, office.owner)}
    if len(there) == len(wanted):
        return
    for no, row in enumerate(wanted):
        code = row.optional_code("charged_to")
        entry = Entry(
            categories[row.text("service"), row.text("category")],
            row.text("name"),
            row.yen("amount_incl_tax"),
            row.month("first_month"),
            row.month("last_month"),
            None if code is None else towns[code],
            row.optional("note"),
            tax_rate=row.fraction("tax_rate") if row.optional("tax_rate") else None,
        )
        item_id = key("item", year.start_year, stage, no)
        cost_items.add_item(office.staff, year, stage, entry, office.at, item_id)


def _is_of(row: Row, year: FiscalYear, stage: str) -> bool:
    return (row.whole("fiscal_year"), row.text("stage")) == (year.start_year, stage)


def issue(office: Office, year: FiscalYear, stage: str) -> None:
    """Compute, approve and issue a stage (算定から発行まで)."""
    new = sample.Issue(year, stage, office.at)
    if not sample.is_issued(new, office.staff):
        sample.issue_one(new, office.staff, office.approver, office.worker)


def begin(office: Office, year: FiscalYear) -> None:
    """Begin a year: calendar and plan, copied where there is one to copy (年度開始)."""
    with reading() as session:
        if plan_store.find_plan(session, office.owner, year) is not None:
            return
    year_start.start_year(office.staff, year, office.at)
    with reading() as session:
        is_copied = plan_store.find_plan(session, office.owner, year) is not None
    if not is_copied:
        parts = tuple(Part(day, "previous_open_day", day) for day in due_days(year))
        entry = instalments.Entry("equal", 1_000, "ceil", "cash", parts)
        instalments.save_plan(office.staff, year, 0, entry, office.at)


# ---- notices and payments ------------------------------------------------------------------------


def send_notices(office: Office, year: FiscalYear, no: int) -> None:
    """Ask every town for an instalment (納入依頼)."""
    page = notices.show_notices(office.approver, year, office.today)
    entry = notices.NoticeOrder(key("notice", year.start_year, no), page.seen(no))
    office.make(
        f"第{no}期の納入依頼",
        lambda maker: notices.issue_notices(office.approver, year, no, entry, maker).is_done,
    )


def take_payments(
    office: Office, year: FiscalYear, no: int, unusual: Mapping[str, tuple[int, str]]
) -> None:
    """Take in what the bank reports of an instalment (収納の取込み).

    Every town pays what is open; `unusual` says who paid how much more or less, and why.
    """
    batch_id = key("batch", year.start_year, no)
    with reading() as session:
        if payment_store.find_batch(session, office.owner, batch_id=batch_id):
            return
        ledger = instalments.read_ledger(session, office.owner, year)
        days = calendars.open_days(session, office.owner, None)
    rows = [",".join((NUMBER, PAID_ON, AMOUNT, REFERENCE, NOTE))]
    for place, (code, lines) in enumerate(ledger.lines.items()):
        line, (more, note) = lines[no - 1], unusual.get(code, (0, ""))
        day = days.add(line.due_on, -(place % 3))
        reference = f"{year.start_year}-{no}-{place + 1:03}"
        amount = str(line.open + more)
        rows.append(",".join((line.document_number, day.isoformat(), amount, reference, note)))
    name, text = f"収納_{year.start_year}年度_第{no}期_見本.csv", "\n".join(rows) + "\n"
    source = payment_import.Source(name, text)
    seen = payment_import.look(office.staff, source, office.today).seen
    payment_import.take_in(office.staff, source, seen, office.at, batch_id)


def pay_rest(office: Office, year: FiscalYear, no: int, code: str) -> None:
    """Record that a town paid what it still owed of an instalment (不足分の収納)."""
    payment_id = key("rest", year.start_year, no, code)
    with reading() as session:
        if payment_store.find_payment(session, office.owner, payment_id):
            return
        line = instalments.instalment_lines(session, office.owner, year, code)[no - 1]
    entry = payments.Entry(
        line.statement_id or "",
        office.today,
        line.open,
        f"{year.start_year}-{no}-R01",
        "不足分（見本）",
    )
    payments.record_payment(office.staff, year, code, entry, office.at, payment_id)


def receive(office: Office) -> None:
    """Let the town receive every document that waits for it (受領)."""
    with reading() as session:
        mine = registers.entries(session, office.owner, code=office.town.code)
    for entry in mine:
        if entry.received_at is None:
            downloads.receive(office.town, entry.file_id, office.at)


def remind(office: Office, year: FiscalYear, no: int, code: str) -> None:
    """Remind a town of an instalment past its due day (督促)."""
    page = reminders.show_reminders(office.approver, year, no, office.today)
    owed = {each.owed.code: each.owed.open for each in page.lines if each.owed.code == code}
    entry = reminders.ReminderOrder(key("reminder", year.start_year, no), owed, page.proposed)
    office.make(
        f"第{no}期の督促",
        lambda maker: reminders.issue_reminders(office.approver, year, no, entry, maker).is_done,
    )


# ---- the end of a year ---------------------------------------------------------------------------


def settle(office: Office, year: FiscalYear, credited: Sequence[str]) -> None:
    """Settle a year; some towns want their difference in the next one (精算の確定)."""
    facts = settlements.show_settlement(office.approver, year).facts
    ways = dict.fromkeys(credited, "credit")
    settlements.settle_year(office.approver, year, facts.seen, ways, office.at)


def carry_out(office: Office, year: FiscalYear) -> None:
    """Pay back, move to the next year, and receive what is still due (精算の実行)."""
    for line in settlements.show_settlement(office.approver, year).facts.lines:
        form = key("settled", year.start_year, line.code)
        reference = f"{year.start_year}-S-{line.code}"
        if not line.outstanding:
            continue
        if line.disposition == "additional":
            entry = payments.Entry("", office.today, line.outstanding, reference, "精算（見本）")
            payments.record_payment(office.staff, year, line.code, entry, office.at, form)
        else:
            done = Carrying(office.today, reference, "精算（見本）")
            settlements.carry_out(office.approver, year, line.code, done, office.at, form)


def close_soft(office: Office, year: FiscalYear) -> None:
    """Lock a year softly (仮締め)."""
    with reading() as session:
        lock = closings.lock_of(session, office.owner, year)
    if lock.state(office.today) == "open":
        year_closing.close_soft(office.staff, year, "", office.at)


def close_hard(office: Office, year: FiscalYear) -> None:
    """Lock a year for good (本締め)."""
    with reading() as session:
        lock = closings.lock_of(session, office.owner, year)
    if lock.hard is None:
        year_closing.close_hard(office.approver, year, "", office.at)


def keep(office: Office, year: FiscalYear) -> None:
    """Make the archive of a year (年度アーカイブ)."""

    def order(maker: Maker) -> bool:
        record_id = key("archive", year.start_year)
        made = archives.issue_archive(office.approver, year, record_id, maker)
        return made is None or made.is_done

    office.make("年度アーカイブ", order)


def mark_steps(office: Office, year: FiscalYear, before: date) -> None:
    """Mark what the sample leaves out as done, up to a day (見本で省く予定)."""
    for line in year_plan.show_plan(office.staff, year, office.at).lines:
        step = line.step
        is_collecting = step.key.startswith(("notice_", "instalment_"))
        if step.nominal_on < before and not line.is_settled and not is_collecting:
            year_plan.mark_done(office.staff, step.id, step.row_version, _NOT_SHOWN, office.at)


# ---- base figures and questions ------------------------------------------------------------------


def open_round(office: Office, year: FiscalYear, reference_on: date, due_on: date) -> None:
    """Ask all towns for their figures of a year (基礎数値の提出の依頼)."""
    note = "最新の人口を提出してください（見本：届く値は実在の人口ではありません）。"
    entry = base_rounds.RoundEntry(year, (_SERIES,), reference_on, due_on, note)
    base_rounds.open_round(office.staff, entry, office.at, key("round", year.start_year))


def hand_in(office: Office, year: FiscalYear, codes: Sequence[str]) -> None:
    """Enter the figures that came on paper from some towns (代わりの提出)."""
    round_id = key("round", year.start_year)
    asked = base_rounds.show_round(office.staff, round_id)
    leads = {town.code for town in asked.towns if town.is_lead}
    for code in codes:
        value = Fraction(int((asked.previous(_SERIES, code) or 0) * _CHANGE))
        goes_on = {service: Intent("continue") for service in asked.uses.get(code, ())}
        reason = "" if code in leads else "紙で届いた様式を入力"
        entry = HandInEntry({_SERIES: Figure(value, "確定")}, goes_on, "見本の値", reason=reason)
        hand_in_id = key("hand-in", year.start_year, code)
        base_figures.hand_in(office.staff, round_id, code, entry, office.at, hand_in_id)


def ask(office: Office, year: FiscalYear, name: str, item: str, text: str) -> str:
    """Let the town ask about an amount of the planned run; give the question (質疑)."""
    with reading() as session:
        run = run_store.runs_of(session, office.owner, year, "planned")[0]
    result = runs.show_run(office.staff, run.id).result
    item_no = next(each.item.no for each in result.items if each.item.name == item)
    about = questions.About(run.id, item_no, office.town.code or "")
    words = questions.Words(text, key("question", name))
    return questions.ask(office.town, about, words, now=office.at, folder=office.worker.folder)


def answer(office: Office, question_id: str, text: str) -> None:
    """Answer a question (回答)."""
    seen = questions.show_question(office.staff, question_id).question.row_version
    words = questions.Words(text, key("answer", question_id))
    questions.write(
        office.staff, question_id, "answer", seen, words,
        now=office.at, folder=office.worker.folder,
    )  # fmt: skip
