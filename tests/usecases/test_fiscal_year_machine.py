"""Whole fiscal years in any order of steps (年度の通し): M-9, M-19, M-24 and M-28 after each.

Hypothesis chooses the steps: costs, base figures, rules, 発行, 納入依頼, 収納, 精算, 締め, 再開,
再発行, and what is forbidden. A year begins at one of four points of a fixed life.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests import databases, depth
from tests import fiscal_year_life as life
from tests import fiscal_year_setup as setup
from tests.fiscal_year_book import MONTHS, START, STEPS
from tests.fiscal_year_faults import FAULTS
from tests.fiscal_year_money import ALWAYS_REFUSED, CLOSED_REFUSED, Year
from tests.plain_files import print_plainly


@dataclass
class Lives:
    """Where years begin, and what was reached in all of them (試験の材料)."""

    source: databases.Source
    folder: Path
    stands: dict[str, life.Stand]
    reached: Counter[str] = field(default_factory=Counter)


@pytest.fixture
def lives(
    database_source: databases.Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Lives]:
    """Live the fixed life once; its files hold the words of the letters only."""
    print_plainly(monkeypatch)
    with life.stands(database_source, tmp_path) as stands:
        yield Lives(database_source, tmp_path / "copies", stands)


PICK = st.integers(0, 99)
TOWN = st.sampled_from(list(setup.TOWNS))
STAGE = st.sampled_from(setup.STAGES)
PEOPLE = st.integers(1, 200_000)
NO = st.integers(1, 4)
#: Money back from a supplier is a negative cost; an item of 0 yen is no item.
AMOUNT = st.one_of(st.integers(1, 9), st.integers(-2_000_000, 12_000_000)).filter(bool)
MONEY = st.one_of(st.integers(1, 9), st.integers(1, 12_000_000))


#: Every step with what it draws. One rule of hypothesis takes them all: with a rule for each, an
#: example would leave most of them out (swarm testing), and twenty examples would reach little.
CHOICES: list[st.SearchStrategy[tuple[str, dict[str, Any]]]] = []
Step = Callable[..., None]


def step(times: int = 1, **given: st.SearchStrategy[Any]) -> Callable[[Step], Step]:
    """Make a method a step of a year, so many times as likely as others."""

    def register(method: Step) -> Step:
        one = st.tuples(st.just(method.__name__), st.fixed_dictionaries(given))
        # Hypothesis likes what comes first: the likelier ones.
        CHOICES[:] = [*[one] * times, *CHOICES] if times > 1 else [*CHOICES, one]
        return method

    return register


class YearMachine(RuleBasedStateMachine):
    """Any order of steps of a year; what is forbidden is tried like everything else."""

    def __init__(self, lives: Lives) -> None:
        """Keep where years begin."""
        super().__init__()
        self.lives, self.stack = lives, ExitStack()
        self.year: Year

    @initialize(start=st.sampled_from((*life.PHASES, "本締め", "本締め")))
    def begin(self, start: str) -> None:
        stand = self.lives.stands[start]
        self.year = self.stack.enter_context(stand.living(self.lives.source, self.lives.folder))

    def teardown(self) -> None:
        try:
            if hasattr(self, "year"):
                self.year.check_at_the_end()
                self.lives.reached += self.year.reached
                for name in self.year.reached:
                    event(name)
        finally:
            self.stack.close()

    @rule(chosen=st.deferred(lambda: st.one_of(CHOICES)))
    def live(self, chosen: tuple[str, dict[str, Any]]) -> None:
        name, given = chosen
        getattr(self, name)(**given)

    @invariant()
    def holds(self) -> None:
        self.year.check()

    # ---- what a run rests on --------------------------------------------------------------------

    @step(stage=STAGE, amount=AMOUNT)
    def cost_added(self, stage: str, amount: int) -> None:
        self.year.add_cost(stage, amount)

    @step(stage=STAGE, pick=PICK, amount=AMOUNT, what=st.sampled_from(("額", "補助金", "削除")))
    def cost_changed(self, stage: str, pick: int, amount: int, what: str) -> None:
        known = list(self.year.book.costs[stage])
        if not known:
            return
        item = known[pick % len(known)]
        if what == "額":
            self.year.change_cost(stage, item, amount)
        elif what == "補助金":
            self.year.grant(stage, item, abs(amount))
        else:
            self.year.remove_cost(stage, item)

    @step(people=st.fixed_dictionaries({}, optional=dict.fromkeys(setup.TOWNS, PEOPLE)))
    def figures_come(self, people: dict[str, int]) -> None:
        """All towns: a new publication. Some: their hand-ins, the others keep what they had."""
        if len(people) == len(setup.TOWNS):
            self.year.base_edition(people)
        else:
            self.year.base_round(people)

    @step(since=st.sampled_from(MONTHS), equal=st.integers(0, 100), people=st.integers(1, 100))
    def rule_agreed(self, since: date, equal: int, people: int) -> None:
        self.year.rule(since, equal, people)

    # ---- runs -----------------------------------------------------------------------------------

    @step(stage=STAGE, pick=PICK, by_drafter=st.booleans())
    def step_taken(self, stage: str, pick: int, by_drafter: bool) -> None:
        """Draft, or take a step: mostly one that the run can take."""
        run_id = self.year.book.under_way(stage)
        if run_id is None or pick % 10 == 0:
            self.year.draft(stage)
            return
        state = self.year.book.runs[run_id].state
        steps = [name for name, (before, _) in STEPS.items() if before == state]
        steps = steps if pick % 4 else list(STEPS)
        self.year.step(run_id, steps[pick % len(steps)], by_drafter=by_drafter)

    @step(2, stage=STAGE, fault=st.sampled_from(("", *FAULTS)), at=PICK)
    def issued(self, stage: str, fault: str, at: int) -> None:
        """Issue; the process may be killed, or its disk be full, and the officer asks again."""
        life.issue(self.year, stage, fault, at)

    @step(pick=PICK, by_issuer=st.booleans())
    def cancelled(self, pick: int, by_issuer: bool) -> None:
        rows = self.year.dump()["statement"].values()
        known = [row["id"] for row in sorted(rows, key=lambda row: -row["number"])]
        if known:
            self.year.cancel(known[pick % len(known)], by_issuer=by_issuer)

    # ---- money ----------------------------------------------------------------------------------

    @step(2, no=NO)
    def notified(self, no: int) -> None:
        self.year.notify(no)

    @step(code=TOWN, amount=MONEY, no=NO, what=st.sampled_from(("期なし", "前納", "翌年度")))
    def paid(self, code: str, amount: int, no: int, what: str) -> None:
        year = START + 1 if what == "翌年度" else START
        self.year.pay(code, amount, f"I{no}" if what == "前納" else "", year)

    @step(2, code=TOWN, pick=PICK, more=st.sampled_from((0, 0, -1, 1, 1_000_000)))
    def notice_paid(self, code: str, pick: int, more: int) -> None:
        """Pay a notice: in full or not, of another town or cancelled now and then."""
        known = list(self.year.book.notices)
        if known:
            key = known[pick % len(known)]
            asked = self.year.book.notices[key]
            whose = code if pick % 5 == 0 else asked.code
            self.year.pay(whose, max(1, asked.amount + more), key)

    @step(pick=PICK, reason=st.sampled_from(("誤り", "誤り", "")))
    def payment_voided(self, pick: int, reason: str) -> None:
        known = list(self.year.book.payments)
        if known:
            self.year.void(known[pick % len(known)], reason)

    @step(ways=st.dictionaries(TOWN, st.sampled_from(("cash", "credit"))))
    def settled(self, ways: dict[str, str]) -> None:
        self.year.settle(ways)

    @step(code=TOWN, all_of_them=st.booleans())
    def carried_out(self, code: str, all_of_them: bool) -> None:
        if all_of_them and self.year.book.settlement and not self.year.is_locked:
            life.finish(self.year)
        else:
            self.year.carry_out(code)

    # ---- locks and time -------------------------------------------------------------------------

    @step(step=st.sampled_from(("仮締め", "本締め", "本締めに戻す", "仮締めの取消し", "すべて")))
    def lock_turned(self, step: str) -> None:
        turn: dict[str, Callable[[], None]] = {
            "仮締め": lambda: self.year.lock("soft"),
            "本締め": lambda: self.year.lock("hard"),
            "本締めに戻す": self.year.close_again,
            "仮締めの取消し": self.year.lift,
            "すべて": lambda: life.close(self.year),
        }
        turn[step]()

    @step(days=st.integers(0, 20))
    def reopened(self, days: int) -> None:
        self.year.reopen(days)

    @step(days=st.one_of(st.integers(1, 20), st.integers(100, 400)), ticks=st.booleans())
    def waited(self, days: int, ticks: bool) -> None:
        self.year.wait(days, ticks=ticks)

    # ---- past the doors -------------------------------------------------------------------------

    @step()
    def written_past_the_doors(self) -> None:
        self.year.write_past_the_doors(*ALWAYS_REFUSED)
        if self.year.book.lock == "hard":
            self.year.write_past_the_doors(*CLOSED_REFUSED)
            self.year.write_by_object()


def test_any_order_of_steps_keeps_what_was_issued_and_every_yen(lives: Lives) -> None:
    """M-9, M-19, M-24, M-28 after every step; test_fiscal_year.py counts what a life reaches."""
    # A copy of a database takes PostgreSQL longer than a year of steps takes SQLite.
    sample = 28 if isinstance(lives.source, databases.SqliteTemplates) else 20
    run_state_machine_as_test(
        lambda: YearMachine(lives),  # type: ignore[arg-type]  # it takes any maker of machines
        settings=settings(depth.examples(sample), stateful_step_count=20),
    )
    assert {"算定", "発行", "収納", "直接の書込み・拒否"} <= set(lives.reached)
