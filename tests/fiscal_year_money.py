"""The second half of a lived fiscal year: base figures, notices, money, locks (年度の通し)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from consortium.db import models
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, ClosedError, InvalidTransitionError
from consortium.domain.municipality import municipality_code
from consortium.domain.yen import Yen
from consortium.usecases import (
    base_figures,
    base_rounds,
    basis_editions,
    cancelling,
    notices,
    payments,
    register_check,
    settlements,
    year_closing,
)
from consortium.usecases.kinds import KINDS
from consortium.usecases.ordering import Maker
from tests import fiscal_year_checks as checks
from tests.factories import OFFICER
from tests.fiscal_year_book import DUE, PAID_BY, START, Asked, Paid
from tests.fiscal_year_world import YEAR, Error, World

#: Direct writes that the database lets never pass, and those that it refuses in a closed year.
ALWAYS_REFUSED = (
    "UPDATE statement SET amount = amount + 1",
    "UPDATE statement SET row_hash = file_hash",
    "DELETE FROM statement",
    "UPDATE report_input SET document = '{}'",
    "UPDATE allocation_run SET document = '{}' WHERE state IN ('issued', 'superseded')",
    "UPDATE allocation_run SET total = total + 1 WHERE state IN ('issued', 'superseded')",
    "DELETE FROM allocation_run WHERE state IN ('issued', 'superseded')",
    "UPDATE payment SET amount = amount + 1",
    "DELETE FROM payment_void",
    "UPDATE settlement_line SET final = final + 1, difference = difference + 1",
    "DELETE FROM settlement",
    "DELETE FROM statement_cancellation",
)
_VOID = f"""
INSERT INTO payment_void (id, consortium_id, payment_id, reason, voided_by, voided_at)
SELECT id, consortium_id, id, 'x', 'x', recorded_at FROM payment
WHERE fiscal_year_start = {START} AND id NOT IN (SELECT payment_id FROM payment_void)
"""
_CANCEL = """
INSERT INTO statement_cancellation
(id, consortium_id, statement_id, reason, cancelled_by, cancelled_at)
SELECT s.id, s.consortium_id, s.id, 'x', 'u-8', r.issued_at
FROM statement s JOIN allocation_run r ON r.id = s.run_id
WHERE s.id NOT IN (SELECT statement_id FROM statement_cancellation)
"""
CLOSED_REFUSED = (
    "UPDATE cost_item SET amount_incl_tax = amount_incl_tax + 1",
    "DELETE FROM funding_measure",
    "UPDATE share_row SET amount = amount + 1",
    "UPDATE report_file SET stored_name = stored_name || 'x'",
    "UPDATE report_run SET edition = edition + 1",
    "UPDATE allocation_run SET state = 'superseded' WHERE state = 'issued'",
    _VOID,
    _CANCEL,
)


class Year(World):
    """A whole fiscal year (年度)."""

    # ---- base figures ---------------------------------------------------------------------------

    def base_edition(self, people: Mapping[str, int]) -> None:
        """Register newer figures; those of the day count (算定基礎の版)."""
        self.wait(1, ticks=False)
        name, today = f"版{self.fresh()}", self.today
        values = {municipality_code(code): Fraction(count) for code, count in people.items()}
        entry = basis_editions.Entry(today, None, name, today, "確定", "試験", values)
        done = self.attempt(
            "基礎数値",
            self._closed_today(),
            lambda: basis_editions.add_edition(self.staff, "population", entry, self.now),
        )
        if done is not None:
            self.book.people = dict(people)

    def _closed_today(self) -> Error | None:
        """What is published after the year is no longer the year's matter."""
        return self.closed_or() if YEAR.period.contains(self.today) else None

    def base_round(self, people: Mapping[str, int]) -> None:
        """Ask the towns; who does not answer keeps its figure (基礎数値の提出)."""
        self.wait(1, ticks=False)
        today = self.today
        asked = base_rounds.RoundEntry(YEAR, ("population",), today, today)
        opened = self.attempt(
            "提出の依頼",
            self.closed_or(),
            lambda: base_rounds.open_round(self.staff, asked, self.now),
        )
        if opened is None:
            return
        for code, count in people.items():
            figures = {"population": base_figures.Figure(Fraction(count), "確定")}
            entry = base_figures.HandInEntry(figures, {}, confirms=True)
            town = replace(self.staff, user_id=f"u-{code}", role="member_staff", code=code)
            base_figures.hand_in(town, opened, code, entry, self.now)
        base_rounds.close_round(self.staff, opened, 1, today, self.now)
        self.book.people |= people

    # ---- notices --------------------------------------------------------------------------------

    def notify(self, no: int) -> None:
        """Ask for an instalment of whoever was not asked yet (納入依頼)."""
        book, due = self.book, self.book.due(no)
        refusal: Error | None = None
        if book.in_force is None or book.in_force.stage not in PAID_BY or not due:
            refusal = InvalidTransitionError
        elif DUE[no - 1] < self.today:
            refusal = BadInputError
        page = notices.show_notices(self.approver, YEAR, self.today)
        order = notices.NoticeOrder(str(uuid4()), page.seen(no), is_late_accepted=True)
        before = {key for (key,) in self.dump()["statement"]}
        act = self._notifying(no, order)
        if self.attempt("納入依頼", self.closed_or(refusal), act) is None:
            return
        rows = sorted(self.dump()["statement"].items(), key=lambda each: each[1]["number"])
        for (key,), row in rows:
            if key not in before:
                assert checks.due_day(row) == DUE[no - 1]
                book.notices[key] = Asked(row["code"], no, int(row["amount"]))
        assert {
            each.code: each.amount for key, each in book.notices.items() if key not in before
        } == due
        self.unchanged(act)

    def _notifying(self, no: int, order: notices.NoticeOrder) -> Callable[[], Any]:
        maker = Maker(self.office.worker, KINDS)
        self.office.clock.advance(timedelta(seconds=1))
        return lambda: notices.issue_notices(self.approver, YEAR, no, order, maker)

    # ---- money ----------------------------------------------------------------------------------

    def pay(self, code: str, amount: int, target: str = "", year: int = START) -> None:
        """Record money of a town, for a notice, for an instalment (I1) or for none (収納)."""
        notice = self.book.notices.get(target)
        no = notice.no if notice else int(target[1:]) if target else None
        is_wrong = self.today < FiscalYear(year).period.since
        if notice:
            is_wrong |= notice.is_cancelled or notice.code != code
        elif no:
            is_wrong |= no in self.book.sent(code) or not self._has_lines(code)
        refusal: Error | None = BadInputError if is_wrong else None
        if year == START:
            refusal = self.closed_or(refusal)
        entry = payments.Entry(target, self.today, Yen(amount), f"整-{self.fresh()}")
        key, of_year = str(uuid4()), FiscalYear(year)

        def act() -> Any:
            return payments.record_payment(self.staff, of_year, code, entry, self.now, key)

        name = "取り消した納入依頼への収納" if notice and notice.is_cancelled else "収納"
        if self.attempt(name, refusal, act) is not None:
            self.book.payments[key] = Paid(code, year, "received", amount, no)
            self.unchanged(act)

    def _has_lines(self, code: str) -> bool:
        """Before anything was issued there is no instalment to pay."""
        asked = any(each.code == code for each in self.book.notices.values())
        return self.book.in_force is not None or asked

    def void(self, key: str, reason: str = "誤り") -> None:
        """Say that a payment was recorded by mistake, a credit on both sides (収納の取消)."""
        old = self.book.payments[key]
        both = [old, *([self.book.payments[old.other]] if old.other else [])]
        refusal: Error | None = None if reason else BadInputError
        if reason and any(each.year == START for each in both):
            refusal = self.closed_or(refusal)

        def act() -> Any:
            return payments.void_payment(self.staff, key, reason, self.now)

        if old.is_void:
            self.unchanged(act)
        elif self.attempt("収納の取消", refusal, act) is not None:
            for each in both:
                each.is_void = True

    # ---- settlement -----------------------------------------------------------------------------

    def settle(self, ways: Mapping[str, str]) -> None:
        """Settle the year; once settled, again is once (精算)."""
        book = self.book

        def act() -> Any:
            with reading() as session:
                facts = settlements.settlement_facts(session, self.office.consortium_id, YEAR)
            return settlements.settle_year(self.approver, YEAR, facts.seen, ways, self.now)

        if book.settlement is not None:
            self.unchanged(act)
            return
        refusal = None if book.settling else InvalidTransitionError
        if self.attempt("精算", self.closed_or(refusal), act) is not None:
            book.settled.append(book.settle(ways))
            self.unchanged(act)

    def carry_out(self, code: str) -> None:
        """Pay back, or move to the next year, what a town's settlement says (還付・充当)."""
        settled, done = self.book.settlement, ""
        if settled is not None and code in settled.lines:
            done = settled.lines[code][2]
        left = self.book.outstanding(code) if done in ("refund", "credit") else 0
        is_nothing = left >= 0 if done == "refund" else left == 0
        refusal = self.closed_or(InvalidTransitionError if is_nothing else None)
        entry = settlements.Carrying(self.today, f"還-{self.fresh()}")
        key = str(uuid4())

        def act() -> Any:
            return settlements.carry_out(self.staff, YEAR, code, entry, self.now, key)

        made = self.attempt("還付・充当", refusal, act)
        if made is None:
            return
        kinds = {"refund": ["refunded"], "credit": ["credited_out", "credited_in"]}[done]
        assert [each.kind for each in made] == kinds
        here, there = made[0].id, made[-1].id
        self.book.payments[here] = Paid(code, START, kinds[0], left)
        if done == "credit":
            self.book.payments[here].other = there
            self.book.payments[there] = Paid(code, START + 1, kinds[1], -left, other=here)
        assert self.book.outstanding(code) == 0
        self.unchanged(act)

    # ---- cancelling -----------------------------------------------------------------------------

    def cancel(self, statement_id: str, *, by_issuer: bool = False) -> None:
        """Make a notice, or a whole stage, void (発行の取消し)."""
        book, notice = self.book, self.book.notices.get(statement_id)
        run_id = self.dump()["statement"][(statement_id,)]["run_id"]
        stands = not notice.is_cancelled if notice else book.runs[run_id].stands
        refusal = None if stands and not by_issuer else InvalidTransitionError
        viewer = self.approver if by_issuer else self.other
        reason = f"誤り{self.fresh()}"
        done = self.attempt(
            "発行の取消し",
            self.closed_or(refusal),
            lambda: cancelling.cancel(viewer, statement_id, reason, self.now),
        )
        if done is None:
            return
        if notice:
            notice.is_cancelled = True
        else:
            book.runs[run_id].is_cancelled = True

    # ---- locks ----------------------------------------------------------------------------------

    def lock(self, kind: str) -> None:
        """Close the year, softly or for good; only when nothing is open (仮締め・本締め)."""
        book = self.book
        fits = book.lock == "open" if kind == "soft" else book.lock == "soft" and book.is_finished
        refusal = None if fits else InvalidTransitionError
        viewer, close = self.staff, year_closing.close_soft
        if kind == "hard":
            viewer, close = self.approver, year_closing.close_hard
        name = "仮締め" if kind == "soft" else "本締め"
        self.attempt(name, refusal, lambda: close(viewer, YEAR, "", self.now))
        if refusal is None:
            book.lock = kind

    def lift(self) -> None:
        """Take the soft lock back (仮締めの取消し)."""
        refusal = None if self.book.lock == "soft" else InvalidTransitionError
        act = year_closing.lift
        self.attempt("仮締めの取消し", refusal, lambda: act(self.approver, YEAR, "誤り", self.now))
        if refusal is None:
            self.book.lock = "open"

    def reopen(self, days: int) -> None:
        """Open a closed year again: reason, a second person, up to a day (再開)."""
        until = self.today + timedelta(days=days)
        refusal = None if self.is_locked else InvalidTransitionError
        propose = year_closing.propose_reopening
        if refusal is None:
            self.attempt(
                "再開の申出",
                BadInputError,
                lambda: propose(self.staff, YEAR, " ", until, self.now),
            )
        self.attempt(
            "再開の申出", refusal, lambda: propose(self.staff, YEAR, "請求の誤り", until, self.now)
        )
        if refusal is not None:
            return
        # Still closed: nobody may approve what he proposed himself.
        alone = replace(self.approver, user_id=self.staff.user_id)
        grant = year_closing.grant_reopening
        self.attempt("再開", InvalidTransitionError, lambda: grant(alone, YEAR, self.now))
        self.book.lock, self.book.until = "hard", None
        self.attempt("再開", None, lambda: grant(self.approver, YEAR, self.now))
        self.book.lock, self.book.until = "reopened", until

    def close_again(self) -> None:
        """End a reopening before its last day (本締めに戻す)."""
        is_open = self.book.lock == "reopened" and not self.is_locked
        refusal = None if is_open and self.book.is_finished else InvalidTransitionError
        act = year_closing.close_again
        self.attempt("本締めに戻す", refusal, lambda: act(self.approver, YEAR, self.now))
        if refusal is None:
            self.book.lock, self.book.until = "hard", None

    # ---- past the doors -------------------------------------------------------------------------

    def write_past_the_doors(self, *statements: str) -> None:
        """Write as somebody with the database's password would (データベースへの直接の書込み)."""
        before = self.dump()
        engine = create_engine(self.connection.engine.url, poolclass=NullPool)
        for statement in statements:
            with engine.connect() as connection:
                try:
                    touched = connection.exec_driver_sql(statement).rowcount
                except DBAPIError:
                    self.reached["直接の書込み・拒否"] += 1
                else:
                    assert touched == 0, f"let pass: {statement}"
                connection.rollback()
        assert self.dump() == before

    def write_by_object(self) -> None:
        """Change an item of a closed year through the ORM: a mistake in a program of ours."""
        before = self.dump()
        with pytest.raises(ClosedError), writing(OFFICER, self.now) as unit:
            unit.session.execute(update(models.CostItem).values(note="直し"))
        self.reached["直接の書込み・拒否"] += 1
        assert self.dump() == before

    # ---- after every step -----------------------------------------------------------------------

    def check(self) -> None:
        """M-9, M-19, M-24 and M-28 of everything there is."""
        found, book = self.dump(), self.book
        checks.check_files(found, self.office.worker.folder)
        year = checks.rows_of_year(found) if self.is_locked else None
        if self.closed is not None and year is not None:
            assert year == self.closed
        self.closed = year
        if found == self.checked:
            return  # nothing was written since, so nothing else can be different
        issued = checks.issued_rows(found)
        checks.refuse_changed(self.issued, issued)
        is_about_money = any(found[name] != self.checked.get(name) for name in checks.MONEY)
        self.issued, self.checked = issued, found
        checks.check_runs(found, book)
        checks.check_register(found, book)
        checks.check_payments(found, book)
        checks.check_settlements(found, book)
        if is_about_money:
            self._check_answers()

    def _check_answers(self) -> None:
        """What the pages say of the money is what the second books say; M-19 and M-28."""
        book = self.book
        page = payments.show_year(self.office.staff, YEAR, self.today)
        for code in book.towns:
            lines = page.ledger.lines.get(code, ())
            assert (page.ledger.charged(code), page.ledger.paid(code)) == (
                book.charge(code),
                book.paid(code),
            )
            if lines:
                assert tuple(line.amount for line in lines) == book.instalments(code)
                assert tuple(line.paid for line in lines) == book.counted(code)
        moved = [each for each in book.payments.values() if each.year == START and not each.is_void]
        rest = [page.ledger.rest(code) for code in book.towns]
        charges = sum(e.amount for e in moved if e.amount > 0) + sum(r for r in rest if r > 0)
        refunds = -sum(e.amount for e in moved if e.amount < 0) - sum(r for r in rest if r < 0)
        assert charges - refunds == (book.in_force.net if book.in_force else 0)
        with reading() as session:
            facts = settlements.settlement_facts(session, self.office.consortium_id, YEAR)
        assert (facts.run and facts.run.id) == book.settling
        if book.settlement is not None:
            assert {line.code: line.outstanding for line in facts.lines} == {
                code: book.outstanding(code) for code in book.settlement.lines
            }

    def check_at_the_end(self) -> None:
        """The chain, every row and every file agree (発行台帳の検証)."""
        found = register_check.verify(self.office.consortium_id, self.office.worker.folder)
        assert found.faults == []
