"""Questions, base figures and money for the pages of the browser tests (画面の材料)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select

from consortium.db import models
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.yen import Yen
from consortium.usecases import (
    accounts,
    base_figures,
    base_rounds,
    cost_items,
    notices,
    payments,
    questions,
    runs,
    settlements,
)
from consortium.usecases.base_figures import Figure, HandInEntry
from consortium.usecases.base_rounds import RoundEntry
from consortium.usecases.kinds import KINDS
from consortium.usecases.ordering import Maker
from consortium.usecases.questions import About, Upload, Words
from consortium.usecases.reporting import Worker
from consortium.usecases.viewer import Viewer

HIROSAKI, ITAYANAGI = "022021", "023817"
#: In good time for 20 May.
ASKED_ON = datetime(2026, 4, 21, 1, 0, tzinfo=UTC)


def fill_questions(lead: Viewer, now: datetime, folder: Path) -> None:
    """Let 板柳町 ask about an amount of FY2021, with a file, and be answered."""
    town = replace(lead, role="member_staff", code=ITAYANAGI, body="板柳町")
    table = models.AllocationRun
    issued = select(table.id).where(table.state == "issued", table.fiscal_year_start == 2021)
    with reading() as session:
        run_id = session.scalars(issued).first() or ""
    given = {"now": now, "folder": folder}
    words = Words("昨年度より増えたのはなぜですか。", upload=Upload("問.pdf", b"%PDF-1.7"))
    asked = questions.ask(town, About(run_id, 1, ITAYANAGI), words, **given)
    seen = questions.show_question(lead, asked).question.row_version
    questions.write(lead, asked, "answer", seen, Words("端末が増えたためです。"), **given)


def fill_rounds(lead: Viewer, now: datetime) -> None:
    """Ask for the population of FY2027; close a round of FY2026 to which a town comes late."""
    day = now.date()
    base_rounds.open_round(lead, RoundEntry(FiscalYear(2027), ("population",), day, day), now)
    old = base_rounds.open_round(lead, RoundEntry(FiscalYear(2026), ("terminals",), day, day), now)
    seen = base_rounds.show_round(lead, old).round.row_version
    base_rounds.close_round(lead, old, seen, day, now)
    entry = HandInEntry({"terminals": Figure(Fraction(120), "確定")}, {}, reason="電話で確認")
    later = now + timedelta(minutes=1)
    base_figures.hand_in(lead, old, ITAYANAGI, entry, later)


def fill_money(people: dict[str, Viewer], worker: Worker) -> None:
    """Settle FY2022: 弘前市 paid more than it bears, the others nothing."""
    year, staff, approver = FiscalYear(2022), people["lead_staff"], people["lead_approver"]
    now = worker.now()
    cost_items.copy_from_stage(staff, year, "settlement", year, "final", now)
    run_id = runs.create_run(staff, year, "settlement", now=now)
    seen = runs.show_run(staff, run_id).run.document_sha256
    runs.move(staff, run_id, "submit", seen=seen, now=now)
    runs.move(approver, run_id, "approve", seen=seen, now=now)
    runs.issue(approver, run_id, seen=seen, worker=worker, kinds=KINDS)
    paid = payments.Entry("", now.date(), Yen(999_999_999))
    payments.record_payment(staff, year, HIROSAKI, paid, now, str(uuid4()))
    with reading() as session:
        facts = settlements.settlement_facts(session, staff.consortium_id, year)
    settlements.settle_year(approver, year, facts.seen, {}, now)


def fill_notices(people: dict[str, Viewer], worker: Worker) -> None:
    """Let another approver ask for the first instalment of FY2026, which nobody paid in time."""
    entry = accounts.NewAccount("hirosaki-2", "弘前市 別の承認者（見本）", "lead_approver")
    accounts.create_account(entry, ASKED_ON)
    (other,) = [each for each in accounts.list_accounts() if each.login == entry.login]
    viewer = replace(people["lead_approver"], user_id=other.id, name=other.name)
    year = FiscalYear(2026)
    page = notices.show_notices(viewer, year, ASKED_ON.date())
    order = notices.NoticeOrder(str(uuid4()), page.seen(1))
    then = replace(worker, now=lambda: ASKED_ON)
    notices.issue_notices(viewer, year, 1, order, Maker(then, KINDS))
