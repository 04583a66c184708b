"""A fiscal year lived through the real doors (年度の通し), with the second books beside it.

Every method is something an officer does. It says beforehand, by the second books alone, whether
the portal has to refuse it; a refusal may change nothing at all.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from consortium.db import models
from consortium.db.unit import reading
from consortium.domain.calendar.period import Month
from consortium.domain.errors import (
    BadInputError,
    CannotShareError,
    ClosedError,
    DomainError,
    InvalidTransitionError,
)
from consortium.domain.yen import Yen
from consortium.usecases import (
    closings,
    comparing,
    cost_items,
    costs,
    funding,
    rule_versions,
    rules,
    runs,
)
from consortium.usecases.kinds import KINDS
from consortium.usecases.reporting import SYSTEM, Worker
from consortium.usecases.viewer import Viewer
from tests import fiscal_year_checks as checks
from tests import fiscal_year_setup as setup
from tests.fiscal_year_book import ANSWERED_FOR, START, STEPS, Book
from tests.fiscal_year_checks import Dump
from tests.fiscal_year_faults import befall
from tests.office import Office

YEAR = setup.YEAR
Error = type[DomainError]
#: What a step of a run is called when it is counted.
STEP_NAMES = {
    "recalculate": "計算し直し",
    "discard": "破棄",
    "submit": "審査",
    "send_back": "差戻し",
    "approve": "承認",
    "withdraw": "承認の取消し",
    "issue": "発行",
}


class World:
    """The office, its database as plain SQL sees it, and the second books (年度)."""

    def __init__(self, office: Office, book: Book, connection: Connection) -> None:
        """Begin where a database stands; the books say the same."""
        self.office, self.book, self.connection = office, book, connection
        #: what was reached: name → how often
        self.reached: Counter[str] = Counter()
        self.issued = checks.issued_rows(self.dump())
        #: the rows of the year while it is closed, and all rows as checked last
        self.closed: object = None
        self.checked: Dump = {}

    # ---- people and time ------------------------------------------------------------------------

    @property
    def now(self) -> Any:
        """Give the instant; nothing happens twice at the same one."""
        self.office.clock.advance(timedelta(seconds=1))
        return self.office.clock.now()

    @property
    def today(self) -> date:
        return self.office.clock.today()

    @property
    def staff(self) -> Viewer:
        return self._saying_why(self.office.staff)

    @property
    def approver(self) -> Viewer:
        return self._saying_why(self.office.approver)

    @property
    def other(self) -> Viewer:
        """Another approver than the one who issues."""
        return replace(self.approver, user_id=setup.OTHER_APPROVER, name="弘前 別")

    def _saying_why(self, viewer: Viewer) -> Viewer:
        return replace(viewer, reason="年度末の直し" if self.book.lock == "soft" else "")

    @property
    def is_locked(self) -> bool:
        return self.book.is_locked(self.today)

    def wait(self, days: int, *, ticks: bool) -> None:
        """Let days go by; the clock of the scheduler may write down that a reopening is over."""
        self.office.clock.advance(timedelta(days=days))
        if ticks:
            closings.end_overdue(SYSTEM, self.now)
            if self.book.lock == "reopened" and self.is_locked:
                self.book.lock, self.book.until = "hard", None

    def fresh(self) -> int:
        """Give a number that nothing else has."""
        self.book.numbers += 1
        return self.book.numbers

    # ---- trying ---------------------------------------------------------------------------------

    def dump(self) -> Dump:
        return checks.dump(self.connection)

    def attempt(self, name: str, refusal: Error | None, act: Callable[[], Any]) -> Any:
        """Do something, or see it refused with nothing changed; None for what was refused."""
        if refusal is None:
            self.reached[name] += 1
            return act()
        self.reached[f"{name}・{refusal.__name__}"] += 1
        before = self.dump()
        with pytest.raises(refusal) as refused:
            act()
        assert refused.value.__cause__ is None, "only the database refused"
        assert self.dump() == before
        return None

    def unchanged(self, act: Callable[[], Any]) -> Any:
        """Do something that has no effect the second time."""
        before = self.dump()
        given = act()
        assert self.dump() == before
        return given

    def closed_or(self, refusal: Error | None = None) -> Error | None:
        """Say that 本締め refuses first."""
        return ClosedError if self.is_locked else refusal

    # ---- what a run rests on --------------------------------------------------------------------

    def add_cost(self, stage: str, amount: int) -> None:
        entry, plain = self._entry(f"費目{self.fresh():03}", amount), self.office.staff
        if self.book.lock == "soft":
            self.attempt(
                "理由のない変更",
                BadInputError,
                lambda: cost_items.add_item(plain, YEAR, stage, entry, self.now),
            )
        done = self.attempt(
            "費目",
            self.closed_or(),
            lambda: cost_items.add_item(self.staff, YEAR, stage, entry, self.now),
        )
        if done is not None:
            self.book.costs[stage][done.id] = amount

    def _entry(self, name: str, amount: int) -> costs.Entry:
        with reading() as session:
            category = session.query(models.CostCategory.id).scalar()
        assert category
        year = (Month(START, 4), Month(START + 1, 3))
        return costs.Entry(category, name, Yen(amount), *year)

    def change_cost(self, stage: str, item: str, amount: int) -> None:
        page = costs.show_item(self.staff, item)
        entry = replace(page.entry, amount_incl_tax=Yen(amount))
        version = page.item.row_version
        done = self.attempt(
            "費目の変更",
            self.closed_or(),
            lambda: cost_items.change_item(self.staff, item, version, entry, self.now),
        )
        if done is not None:
            self.book.costs[stage][item] = amount

    def remove_cost(self, stage: str, item: str) -> None:
        book = self.book
        is_held = any(item in run.items and run.state != "draft" for run in book.runs.values())
        is_tied = any(item == tied for _, tied, _ in book.grants.values())
        version = costs.show_item(self.staff, item).item.row_version
        done = self.attempt(
            "費目の削除",
            self.closed_or(InvalidTransitionError if is_held or is_tied else None),
            lambda: cost_items.remove_item(self.staff, item, version, self.now),
        )
        if done is not None:
            del book.costs[stage][item]

    def grant(self, stage: str, item: str, amount: int) -> None:
        name = f"補助金{self.fresh()}"
        entry = funding.Entry(name, funding.PRE_SPLIT, Yen(amount), item_id=item)
        done = self.attempt(
            "補助金",
            self.closed_or(),
            lambda: funding.add_measure(self.staff, YEAR, stage, entry, self.now),
        )
        if done is not None:
            self.book.grants[done.id] = (stage, item, amount)

    def rule(self, since: date, equal: int, people: int) -> None:
        new = setup.rule_version(since, equal, people)
        (known,) = rules.list_rules(self.staff, self.today)
        is_taken = since in self.book.rules
        done = self.attempt(
            "負担ルール",
            # What is asked for is looked at before the lock.
            BadInputError if is_taken else self.closed_or(),
            lambda: rule_versions.add_version(self.staff, known.id, new, self.now),
        )
        if done is not None:
            self.book.rules[since] = (equal, people)

    # ---- runs -----------------------------------------------------------------------------------

    def draft(self, stage: str) -> None:
        book = self.book
        refusal: Error | None = None
        if book.under_way(stage) or book.is_overtaken(stage):
            refusal = InvalidTransitionError
        elif not book.costs[stage]:
            refusal = CannotShareError
        done = self.attempt(
            "算定",
            self.closed_or(refusal),
            lambda: runs.create_run(self.staff, YEAR, stage, now=self.now, reason="改め"),
        )
        if done is not None:
            book.runs[done] = book.compute(stage)

    def step(
        self, run_id: str, step: str, *, by_drafter: bool = False, fault: str = "", at: int = 0
    ) -> None:
        """Take a step of a run that is on its way; the drafter may not answer for it himself.

        The machine may fail while it issues; nothing is issued then, and the officer asks again.
        """
        run = self.book.runs[run_id]
        before, after = STEPS[step]
        refusal: Error | None = None
        if run.state != before or (by_drafter and step not in ("recalculate", "discard", "submit")):
            refusal = InvalidTransitionError
        elif self.is_locked:
            refusal = ClosedError
        elif (run.is_blocked and step in ANSWERED_FOR) or (
            step == "issue" and self.book.is_overtaken(run.stage)
        ):
            refusal = InvalidTransitionError
        viewer = self.staff if step in ("recalculate", "discard", "submit") else self.approver
        if by_drafter:
            viewer = replace(viewer, user_id=self.staff.user_id)
        seen = self.office.seen(run_id)
        if fault and step == "issue" and refusal is None:
            self._befall(fault, at, viewer, run_id, seen)
        self.attempt(STEP_NAMES[step], refusal, lambda: self._take(viewer, run_id, step, seen))
        if refusal is None:
            self._write(run_id, step, after)

    def _befall(self, fault: str, at: int, viewer: Viewer, run_id: str, seen: str) -> None:
        """Let the machine fail: either all of the issue is there afterwards, or nothing (F-19)."""

        def issue(worker: Worker) -> None:
            runs.issue(viewer, run_id, seen=seen, worker=worker, kinds=KINDS)

        self.reached[f"発行中の{fault}"] += 1
        befall(fault, at, self.office, self.connection, issue)
        state = runs.show_run(viewer, run_id).run.state
        of_run = [row for row in self.dump()["statement"].values() if row["run_id"] == run_id]
        assert bool(of_run) == (state == "issued")

    def _take(self, viewer: Viewer, run_id: str, step: str, seen: str) -> None:
        if step == "recalculate":
            runs.recalculate(viewer, run_id, seen=seen, now=self.now)
        elif step == "discard":
            runs.discard(viewer, run_id, seen=seen, now=self.now)
        elif step == "issue":
            worker = self.office.worker
            self.office.clock.advance(timedelta(seconds=1))
            runs.issue(viewer, run_id, seen=seen, worker=worker, kinds=KINDS)
        else:
            runs.move(viewer, run_id, step, seen=seen, now=self.now, reason="試験")

    def _write(self, run_id: str, step: str, after: str) -> None:
        book, run = self.book, self.book.runs[run_id]
        if step == "discard":
            del book.runs[run_id]
        elif step == "recalculate":
            book.runs[run_id] = replace(book.compute(run.stage), edition=run.edition)
        elif step == "issue":
            self._write_issue(run_id)
        else:
            run.state = after

    def _write_issue(self, run_id: str) -> None:
        """Compare what the letters print with what was in force before (M-24)."""
        book, run = self.book, self.book.runs[run_id]
        before = book.in_force
        earlier = [
            key
            for key, each in book.runs.items()
            if (each.stage, each.state) == (run.stage, "issued")
        ]
        for key in earlier:
            book.runs[key].state = "superseded"
        book.issues += 1
        run.state, run.issued = "issued", book.issues
        self.reached[f"発行・{run.stage}"] += 1
        self.reached["再発行"] += run.edition > 1
        self._check_letters(run_id, None if before is None else before.shares)
        self.unchanged(lambda: self._take(self.approver, run_id, "issue", ""))
        for key in earlier:
            self._check_comparison(key, run_id)

    def _check_letters(self, run_id: str, before: Mapping[str, int] | None) -> None:
        run = self.book.runs[run_id]
        says_before = run.stage in ("revised", "final") or run.edition > 1
        differences = []
        for code, share in run.shares.items():
            points = checks.printed(self.document(run_id, f"member:{code}")[1])
            assert next(iter(points.values())) == share
            if run.stage == "settlement":
                self._check_settling(points, code, share)
            elif before is not None and says_before:
                differences.append(share - before[code])
                assert points["差額"] == differences[-1]
            else:
                assert "差額" not in points
        if differences and before is not None and run.net == sum(before.values()):
            self.reached["費用の変わらない変更"] += 1
            assert sum(differences) == 0

    def _check_settling(self, points: Mapping[str, object], code: str, share: int) -> None:
        """M-19 as printed: what was paid, and what is left of it."""
        assert "差額" not in points
        moved = any(self.book.moved(each) for each in self.book.towns)
        paid = self.book.paid(code)
        if moved and (share or paid):
            owed = share - paid
            heading = "還付額" if owed < 0 else "追加納入額" if owed else "過不足額"
            assert points["概算納入額"] == paid
            assert points[heading] == (abs(owed) or "過不足なし")
        else:
            assert "概算納入額" not in points

    def _check_comparison(self, old: str, new: str) -> None:
        """M-24: the page of two editions says their difference, and Σ causes = Σ differences."""
        page = comparing.show_comparison(self.staff, old, new)
        assert page.compared is not None
        was, now = self.book.runs[old], self.book.runs[new]
        assert {each.code: each.difference for each in page.compared.members} == {
            code: now.shares[code] - was.shares[code] for code in now.shares
        }
        assert page.compared.difference == now.net - was.net
        assert page.causes is not None
        for code in now.shares:
            assert sum(page.causes.of(code)) == now.shares[code] - was.shares[code]

    def document(self, run_id: str, slot: str) -> tuple[str, bytes]:
        """Give the id and the stored bytes of a statement of a run."""
        found = self.dump()
        (file_id,) = [
            row["report_file_id"]
            for row in found["statement"].values()
            if (row["run_id"], row["slot"], row["kind"]) == (run_id, slot, "statement")
        ]
        name: str = found["report_file"][(file_id,)]["stored_name"]
        return file_id, (self.office.worker.folder / name).read_bytes()
