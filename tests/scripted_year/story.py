"""FY2025 as people live it in the portal (会計年度の一巡), from the estimate to the archive.

Everybody uses the use cases that the pages use. After every step each stored file is hashed and
the register is checked; what was found is kept with the step, for the tests to judge.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from fractions import Fraction
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.store import registers
from consortium.db.store.registers import Entry
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.errors import BadInputError, ClosedError, DomainError, InvalidTransitionError
from consortium.domain.yen import Yen
from consortium.usecases import (
    archives,
    base_rounds,
    cancelling,
    cost_items,
    costs,
    invoices,
    notices,
    payment_import,
    payments,
    register_check,
    reminders,
    settlements,
    year_closing,
)
from consortium.usecases.instalments import InstalmentLine, instalment_lines
from consortium.usecases.kinds import KINDS
from consortium.usecases.ordering import Maker
from consortium.usecases.reporting import Worker
from consortium.usecases.viewer import Viewer
from tests import asking, figures
from tests.case_in_portal import enter
from tests.factories import OFFICER, item_named, items_of
from tests.office import Office
from tests.scripted_year.by_hand import (
    CENSUS_2020,
    CODES,
    COSTS,
    FUJISAKI,
    HIRAKAWA,
    HIROSAKI,
    INAKADATE,
    ITAYANAGI,
    OPEN,
    OWANI,
    PAID,
    PART,
)

YEAR: Final = FiscalYear(2025)
EVEN, BY_PEOPLE, LATE = "基盤運用費", "システム利用料", "システム利用料（追加）"
LATE_NET: Final = 1_107_905
#: Nobody may change the year without saying why once it is locked softly.
WHY: Final = "請求書の届き遅れ"


@dataclass(frozen=True, slots=True)
class Step:
    """What happened on a day, and how files and register stood after it (できごと)."""

    day: date
    title: str
    #: first and last number entered in the register; 0 where none was
    numbers: tuple[int, int]
    #: files that are not what they were after an earlier step
    changed: tuple[str, ...]
    #: what `flask register verify` says
    faults: tuple[str, ...]


@dataclass(slots=True)
class Telling:
    """The office of the scripted year, and what was seen so far."""

    office: Office
    steps: list[Step] = field(default_factory=list)
    #: stored file → SHA-256 as it was when it was first there
    hashes: dict[str, str] = field(default_factory=dict)
    #: stage → the run issued for it
    runs: dict[str, str] = field(default_factory=dict)
    round_id: str = ""

    @property
    def staff(self) -> Viewer:
        """Give the officer who prepares (担当)."""
        return self.office.staff

    @property
    def maker(self) -> Maker:
        """Give who makes files."""
        return Maker(self.office.worker, KINDS)

    @property
    def now(self) -> datetime:
        """Give the instant."""
        return self.office.clock.now()

    @property
    def today(self) -> date:
        """Give the day."""
        return self.office.clock.today()

    @contextmanager
    def on(self, day: str, title: str) -> Iterator[None]:
        """Go on to ten in the morning of a day; look at everything after what happens then."""
        at = datetime.combine(date.fromisoformat(day), time(1), UTC)
        self.office.clock.advance(at - self.now)
        before = len(self.entries())
        yield
        after = self.entries()
        found = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.office.worker.folder.rglob("*")
            if path.is_file()
        }
        changed = [name for name, known in self.hashes.items() if found.get(name) != known]
        self.hashes = found | self.hashes
        checked = register_check.verify(self.office.consortium_id, self.office.worker.folder)
        new = after[before:]
        numbers = (new[0].number, new[-1].number) if new else (0, 0)
        step = Step(self.today, title, numbers, tuple(changed), tuple(checked.faults))
        self.steps.append(step)

    def entries(self, kind: str = "") -> list[Entry]:
        """Give the register of the year, of one kind where asked."""
        with reading() as session:
            found = registers.entries(session, self.office.consortium_id, year=YEAR)
        return [each for each in found if kind in ("", each.kind)]

    def line(self, code: str, no: int) -> InstalmentLine:
        """Give an instalment of a town."""
        with reading() as session:
            return instalment_lines(session, self.office.consortium_id, YEAR, code)[no - 1]

    def stand_in(self) -> Viewer:
        """Give a second approver: nobody cancels what he issued himself."""
        other = replace(self.office.approver, user_id="u-8", name="弘前 次長")
        with writing(OFFICER, self.now) as unit:
            unit.session.add(
                models.UserAccount(
                    id="u-8", consortium_id=self.office.consortium_id, login="u-8",
                    display_name=other.name, role=other.role, password_hash="-",
                    created_at=self.now,
                )
            )  # fmt: skip
            unit.record(self.office.consortium_id, "test.user", "user_account", "u-8", "別の承認者")
        return other

    # ---- what people do often --------------------------------------------------------------------

    def cost(self, stage: str, earlier: str) -> None:
        """Take the costs of an earlier stage over and enter what changed."""
        cost_items.copy_from_stage(self.staff, YEAR, stage, YEAR, earlier, self.now)
        even, by_people, _ = COSTS[stage]
        for name, amount in ((EVEN, even), (BY_PEOPLE, by_people[0])):
            item = item_named(self.staff, YEAR.start_year, name, stage)
            entry = costs.Entry(
                item.category_id, name, Yen(amount), item.first_month, item.last_month
            )
            if amount != item.amount_incl_tax:
                cost_items.change_item(self.staff, item.id, item.row_version, entry, self.now)

    def issue(self, stage: str) -> None:
        """Compute, review, approve and issue a stage."""
        self.runs[stage] = self.office.issued(YEAR.start_year, stage).id

    def send(self, no: int) -> None:
        """Send the notices of an instalment to everybody not asked yet."""
        page = notices.show_notices(self.office.approver, YEAR, self.today)
        entry = notices.NoticeOrder(str(uuid4()), page.seen(no))
        assert notices.issue_notices(self.office.approver, YEAR, no, entry, self.maker).is_done

    def notice(self, code: str, no: int) -> Entry:
        """Give the notice of an instalment that a town has."""
        (found,) = [
            each
            for each in self.entries("notice")
            if (each.code, each.instalment) == (code, no) and each.is_current
        ]
        return found

    def pay(self, code: str, amount: int, no: int | None = None, reason: str = "") -> str:
        """Record what a town pays today: on a notice, or on none."""
        target = self.notice(code, no).id if no else ""
        entry, key = payments.Entry(target, self.today, Yen(amount)), str(uuid4())
        viewer = replace(self.staff, reason=reason)
        return payments.record_payment(viewer, YEAR, code, entry, self.now, key).id

    def refused(self, error: type[DomainError], what: Callable[[], object]) -> None:
        """See something refused; the next step shows that no file and no entry came of it."""
        with pytest.raises(error):
            what()


def tell(agreement: str, folder: Path) -> Telling:
    """Live through the whole year in an empty database; `agreement` is the case of the document."""
    entered = enter(agreement, "estimate")
    clock = FrozenClock(entered.now)
    approver = replace(entered.viewer, user_id="u-9", name="弘前 承認", role="lead_approver")
    year = Telling(Office(entered.viewer, approver, Worker("process-1", folder, clock.now), clock))
    for chapter in CHAPTERS:
        chapter(year)
    return year


# ---- the year ------------------------------------------------------------------------------------


def before_the_year(year: Telling) -> None:
    """Say what it will cost: first for the towns' budgets, then as planned."""
    with year.on("2024-10-25", "概算を発行"):
        year.issue("estimate")
    with year.on("2025-02-07", "当初（予定額）を発行"):
        year.cost("planned", "estimate")
        year.issue("planned")


def first_instalment(year: Telling) -> None:
    """One notice is cancelled, one payment is in part, one is recorded for the wrong town."""
    with year.on("2025-04-22", "第1期の納入依頼を発行"):
        year.send(1)
    with year.on("2025-04-24", "大鰐町の納入依頼を取り消し、改めて発行"):
        gone = year.notice(OWANI, 1)
        cancelling.cancel(year.stand_in(), gone.id, "宛名の誤り", year.now)
        entry = payments.Entry(gone.id, year.today, Yen(gone.amount))
        year.refused(
            BadInputError,
            lambda: payments.record_payment(year.staff, YEAR, OWANI, entry, year.now, str(uuid4())),
        )
        year.send(1)
    with year.on("2025-05-20", "第1期の収納。藤崎町は400,000円だけ"):
        for code in CODES:
            year.pay(code, PART if code == FUJISAKI else year.line(code, 1).amount, 1)
        wrong = year.pay(INAKADATE, PART)
        payments.void_payment(year.staff, wrong, "藤崎町の収納の取違え", year.now)
    with year.on("2025-06-02", "藤崎町に督促を発行"):
        page = reminders.show_reminders(year.office.approver, YEAR, 1, year.today)
        owed = {each.owed.code: each.owed.open for each in page.lines}
        order = reminders.ReminderOrder(str(uuid4()), owed, page.proposed)
        reminders.issue_reminders(year.office.approver, YEAR, 1, order, year.maker)
    with year.on("2025-06-13", "藤崎町が残りを納付"):
        year.pay(FUJISAKI, year.line(FUJISAKI, 1).open, 1)


def second_instalment(year: Telling) -> None:
    """All pay by bank; the file comes twice."""
    with year.on("2025-07-30", "第2期の納入依頼を発行"):
        year.send(2)
    with year.on("2025-08-20", "第2期の収納をCSVで取込み"):
        lines = ["文書番号,収納日,金額,整理番号"]
        for code in CODES:
            asked = year.notice(code, 2)
            lines.append(f"{asked.document_number},2025-08-20,{asked.amount},会-{code}")
        text = "\n".join(lines)
        source, key = payment_import.Source("収納.csv", text), str(uuid4())
        seen = payment_import.look(year.staff, source, year.today).seen
        payment_import.take_in(year.staff, source, seen, year.now, key)
        longer = source._replace(text=f"{text}\n")
        again = payment_import.look(year.staff, longer, year.today)
        assert (again.may_record, len(again.duplicates)) == (False, len(CODES))


def base_figures(year: Telling) -> None:
    """Ask for the new census; 板柳町 is late, and its last figure stands in for it."""
    with year.on("2025-09-01", "令和2年国勢調査の人口の提出を依頼"):
        entry = base_rounds.RoundEntry(
            YEAR, (figures.POPULATION,), date(2020, 10, 1), date(2025, 9, 30)
        )
        year.round_id = base_rounds.open_round(year.staff, entry, year.now)
    with year.on("2025-10-01", "提出を締切り。板柳町は前回の値を見込とする"):
        for code, people in CENSUS_2020.items():
            if code != ITAYANAGI:
                by = year.staff if code == HIROSAKI else None
                figures.hand_in(year.office, year.round_id, code, people, by=by, confirms=False)
        assert figures.close(year.office, year.round_id) == ("板柳町",)
    with year.on("2025-10-31", "変更（10月末の再算定）を発行"):
        year.cost("revised", "planned")
        year.issue("revised")


def later_instalments(year: Telling) -> None:
    """What is not yet asked for is cut anew; 平川市 pays too much; 板柳町 hands in."""
    with year.on("2025-11-04", "第3期の納入依頼を発行"):
        year.send(3)
    with year.on("2025-11-20", "第3期の収納。平川市は1,500,000円"):
        for code in CODES:
            year.pay(code, PAID[code][2], 3)
    with year.on("2025-11-25", "板柳町が人口を提出し、版に取込み"):
        figures.hand_in(
            year.office, year.round_id, ITAYANAGI, CENSUS_2020[ITAYANAGI], confirms=False
        )
        assert base_rounds.take_late(year.staff, year.round_id, year.today, year.now) == ("板柳町",)
    with year.on("2026-02-05", "第4期の納入依頼を発行"):
        year.send(4)


def final(year: Telling) -> None:
    """A question keeps 確定 back until it is answered."""
    with year.on("2026-02-12", "板柳町の質疑。確定の発行を断る"):
        year.cost("final", "revised")
        run_id = year.office.approved(YEAR.start_year, "final")
        town = asking.town(year.office)
        question = asking.ask(year.office, year.runs["revised"], town, 2, "なぜ見込ですか。")
        year.refused(InvalidTransitionError, lambda: year.office.issue(run_id))
    with year.on("2026-02-13", "質疑に回答し、確定を発行"):
        asking.take(year.office, question, "answer", year.staff, "確定の算定で改めます。")
        year.runs["final"] = year.office.issue(run_id).id
    with year.on("2026-02-20", "第4期の収納"):
        for code in CODES:
            year.pay(code, year.line(code, 4).amount, 4)


def settlement(year: Telling) -> None:
    """An invoice comes after 確定: it goes into the settlement, with a reason."""
    with year.on("2026-03-31", "仮締め"):
        year_closing.close_soft(year.staff, YEAR, "", year.now)
    with year.on("2026-04-20", "遅れて届いた請求書を、理由を書いて登録"):
        viewer = replace(year.staff, reason=WHY)
        cost_items.copy_from_stage(viewer, YEAR, "settlement", YEAR, "final", year.now)
        year.refused(BadInputError, lambda: late_invoice(year, year.staff))
        late_invoice(year, viewer)
    with year.on("2026-05-11", "精算を発行"):
        viewer = replace(year.staff, reason=WHY)
        year.runs["settlement"] = replace(year.office, staff=viewer).issued(2025, "settlement").id
    with year.on("2026-05-12", "精算を確定。平川市は翌年度充当"):
        approver = replace(year.office.approver, reason="精算")
        facts = settlements.show_settlement(approver, YEAR).facts
        settlements.settle_year(approver, YEAR, facts.seen, {HIRAKAWA: "credit"}, year.now)
    with year.on("2026-05-22", "追加納入・還付・充当を記録"):
        viewer = replace(year.staff, reason="精算")
        for code, owed in OPEN.items():
            if owed > 0:
                year.pay(code, owed, reason="精算")
                continue
            done = settlements.Carrying(year.today, f"精-{code}")
            settlements.carry_out(viewer, YEAR, code, done, year.now, str(uuid4()))


def late_invoice(year: Telling, viewer: Viewer) -> None:
    """Enter the invoice with its one line, 税抜 and 10 %."""
    paper = invoices.InvoiceEntry("見本システム", "25-113", date(2026, 4, 15))
    saved = invoices.add_invoice(viewer, YEAR, "settlement", paper, year.now)
    like = item_named(viewer, YEAR.start_year, BY_PEOPLE, "settlement")
    entry = costs.Entry(
        like.category_id, LATE, Yen(0), Month(2026, 1), Month(2026, 3),
        amount_by="net", net_amount=Yen(LATE_NET), tax_rate=Fraction(10), invoice_id=saved.id,
    )  # fmt: skip
    cost_items.add_item(viewer, YEAR, "settlement", entry, year.now)


def closing(year: Telling) -> None:
    """The year is closed and kept; what comes now is refused, or a second person opens it."""
    approver = year.office.approver
    with year.on("2026-05-29", "本締め、年度アーカイブを発行"):
        year_closing.close_hard(approver, YEAR, "", year.now)
        archives.issue_archive(approver, YEAR, str(uuid4()), year.maker)
    viewer = replace(year.staff, reason=WHY)
    with year.on("2026-06-05", "さらに届いた請求書と収納を断る"):
        year.refused(ClosedError, lambda: late_invoice(year, viewer))
        year.refused(ClosedError, lambda: year.pay(FUJISAKI, 1_000, reason=WHY))
    with year.on("2026-06-08", "再開を申し出る。本人は認められない"):
        both = replace(approver, user_id=year.staff.user_id)
        year_closing.propose_reopening(year.staff, YEAR, "請求の誤り", date(2026, 6, 30), year.now)
        year.refused(
            InvalidTransitionError, lambda: year_closing.grant_reopening(both, YEAR, year.now)
        )
        year.refused(ClosedError, lambda: late_invoice(year, viewer))
    with year.on("2026-06-09", "承認者が再開を認め、誤りがないので本締めに戻す"):
        year_closing.grant_reopening(approver, YEAR, year.now)
        assert len(items_of(year.staff, YEAR.start_year, "settlement")) == 3
        year_closing.close_again(approver, YEAR, year.now)


CHAPTERS: Final = (
    before_the_year,
    first_instalment,
    second_instalment,
    base_figures,
    later_instalments,
    final,
    settlement,
    closing,
)
