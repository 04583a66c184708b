"""The books of a fiscal year kept a second time (検算の帳簿): plain whole numbers and loops.

Nothing here knows the product: what was entered is written down by the test that entered it, and
what has to come of it is worked out from cost-sharing.md and fiscal-year.md. Who pays what of an
item says tests/oracle.py. All amounts are whole yen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from tests import oracle

#: The year, its months as first days, and the next one.
START = 2026
MONTHS = tuple(date(START + (n + 3) // 12, (n + 3) % 12 + 1, 1) for n in range(12))
#: 20 May, 20 August, 20 November and 20 February, or the open day before: 2027-02-20 is a Saturday.
DUE = (date(2026, 5, 20), date(2026, 8, 20), date(2026, 11, 20), date(2027, 2, 19))
#: Stages whose amounts are paid in instalments, and that a letter compares with what was before.
PAID_BY = ("planned", "revised", "final")
#: Every stage of a year, the earliest first.
ORDER = ("estimate", "planned", "revised", "final", "settlement")
ON_ITS_WAY = ("draft", "in_review", "approved")
#: step → (state before, state after); "" where the run goes.
STEPS = {
    "recalculate": ("draft", "draft"),
    "discard": ("draft", ""),
    "submit": ("draft", "in_review"),
    "send_back": ("in_review", "draft"),
    "approve": ("in_review", "approved"),
    "withdraw": ("approved", "draft"),
    "issue": ("approved", "issued"),
}
#: What nobody may answer for where a grant is above its cost.
ANSWERED_FOR = ("submit", "approve", "issue")


@dataclass
class Run:
    """A computation of a stage (算定)."""

    stage: str
    edition: int
    #: 団体コード → yen
    shares: Mapping[str, int]
    #: all costs less all grants
    net: int
    items: frozenset[str]
    #: a grant is above its cost
    is_blocked: bool
    state: str = "draft"
    is_cancelled: bool = False
    #: counted over all issues
    issued: int = 0

    @property
    def stands(self) -> bool:
        return self.state == "issued" and not self.is_cancelled


@dataclass
class Asked:
    """A notice of an instalment (納入依頼)."""

    code: str
    no: int
    amount: int
    is_cancelled: bool = False


@dataclass
class Paid:
    """Money that moved (収納); negative where it was given back."""

    code: str
    year: int
    kind: str
    amount: int
    no: int | None = None
    is_void: bool = False
    #: the other side of a credit
    other: str = ""


@dataclass(frozen=True)
class Settled:
    """A settlement (精算): of which run, 団体コード → (final, paid, disposition)."""

    run: str
    lines: Mapping[str, tuple[int, int, str]]


@dataclass
class Book:
    """Everything that was entered for the year, and what became of it (帳簿)."""

    towns: tuple[str, ...]
    lead: str
    people: dict[str, int]
    #: since → parts in 均等割 and 人口割
    rules: dict[date, tuple[int, int]]
    #: stage → item → yen
    costs: dict[str, dict[str, int]]
    #: measure → (stage, item, yen)
    grants: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    notices: dict[str, Asked] = field(default_factory=dict)
    payments: dict[str, Paid] = field(default_factory=dict)
    settled: list[Settled] = field(default_factory=list)
    #: open, soft, hard or reopened
    lock: str = "open"
    #: last day of a reopening
    until: date | None = None
    issues: int = 0
    #: names and 整理番号 given out so far
    numbers: int = 0

    # ---- shares ---------------------------------------------------------------------------------

    def compute(self, stage: str) -> Run:
        """Work the stage out as it is entered now (算定)."""
        costs = self.costs[stage]
        granted = dict.fromkeys(costs, 0)
        for of_stage, item, amount in self.grants.values():
            if of_stage == stage:
                granted[item] += amount
        shares = dict.fromkeys(self.towns, 0)
        for item, amount in costs.items():
            paid = oracle.pays(
                self._agreement(),
                oracle.Item("運用", amount, MONTHS, None, None, (("", granted[item]),)),
            )
            for (_, code), yen in paid.items():
                if code:  # a rest that nobody takes is not among our rules
                    shares[code] += yen
        earlier = [run.edition for run in self.runs.values() if run.stage == stage]
        return Run(
            stage,
            max(earlier, default=0) + 1,
            shares,
            sum(costs.values()) - sum(granted.values()),
            frozenset(costs),
            any(granted[item] and granted[item] > amount for item, amount in costs.items()),
        )

    def _agreement(self) -> oracle.Agreement:
        always = ((date(2015, 4, 1), date(2999, 4, 1)),)
        parts = {"equal": "equal", "people": "table"}
        versions = [
            oracle.Version(
                since,
                None,
                tuple(
                    oracle.Part(name, Fraction(weight), kind)
                    for (name, kind), weight in zip(parts.items(), weights, strict=True)
                    if weight
                ),
            )
            for since, weights in self.rules.items()
        ]
        return oracle.Agreement(
            dict.fromkeys(self.towns, always), self.lead, {"people": self.people}, versions,
            1, "floor", "component", "largest_remainder",
        )  # fmt: skip

    # ---- runs -----------------------------------------------------------------------------------

    def under_way(self, stage: str) -> str | None:
        """Give the run of a stage that is not issued yet, if there is one."""
        found = [
            key for key, run in self.runs.items() if run.stage == stage and run.state in ON_ITS_WAY
        ]
        return found[0] if found else None

    def is_overtaken(self, stage: str) -> bool:
        """Say whether a later stage stands (後の段階が発行済み)."""
        later = ORDER[ORDER.index(stage) + 1 :]
        return any(run.stands and run.stage in later for run in self.runs.values())

    @property
    def in_force(self) -> Run | None:
        """Give the run issued last that was not cancelled (有効な算定)."""
        standing = [run for run in self.runs.values() if run.stands]
        return max(standing, key=lambda run: run.issued, default=None)

    def charge(self, code: str) -> int:
        """Give what a town bears by the run in force (負担額)."""
        return self.in_force.shares[code] if self.in_force else 0

    # ---- instalments ----------------------------------------------------------------------------

    def sent(self, code: str) -> dict[int, int]:
        """Give what a town was asked for and that stands, by instalment (納入依頼済)."""
        return {
            each.no: each.amount
            for each in self.notices.values()
            if each.code == code and not each.is_cancelled
        }

    def instalments(self, code: str) -> tuple[int, ...]:
        """Give the instalments of what a town bears; before the first run, what was asked for."""
        sent = self.sent(code)
        if self.in_force is None:
            return tuple(sent.get(no, 0) for no in range(1, 5))
        return cut(self.charge(code), sent)

    def due(self, no: int) -> dict[str, int]:
        """Give who is still to be asked for an instalment, and for how much (納入依頼の対象)."""
        amounts = {code: self.instalments(code)[no - 1] for code in self.towns}
        return {
            code: amount
            for code, amount in amounts.items()
            if amount > 0 and no not in self.sent(code)
        }

    # ---- money ----------------------------------------------------------------------------------

    def moved(self, code: str, year: int = START) -> list[Paid]:
        """Give the payments of a town that count (収納)."""
        return [
            each
            for each in self.payments.values()
            if (each.code, each.year) == (code, year) and not each.is_void
        ]

    def paid(self, code: str, year: int = START) -> int:
        """Give what a town has paid less what it got back (納付済額)."""
        return sum(each.amount for each in self.moved(code, year))

    def counted(self, code: str) -> tuple[int, ...]:
        """Give what counts as paid for each instalment (期ごとの収納)."""
        moved = self.moved(code)
        loose = sum(each.amount for each in moved if each.no is None)
        counted = []
        for no, amount in enumerate(self.instalments(code), start=1):
            own = sum(each.amount for each in moved if each.no == no)
            more = max(0, min(amount - own, loose))
            loose -= more
            counted.append(own + more)
        return tuple(counted)

    # ---- settlement -----------------------------------------------------------------------------

    @property
    def settling(self) -> str | None:
        """Give the run that the year is settled by (精算の算定)."""
        found = [key for key, run in self.runs.items() if run.stage == "settlement" and run.stands]
        return found[0] if found else None

    @property
    def settlement(self) -> Settled | None:
        """Give the settlement of that run, None before it was settled (精算)."""
        if self.settled and self.settled[-1].run == self.settling:
            return self.settled[-1]
        return None

    def settle(self, ways: Mapping[str, str]) -> Settled:
        """Set what each town bears against what it paid (精算)."""
        assert self.settling is not None
        final = self.runs[self.settling].shares
        lines = {}
        for code in self.towns:
            paid = self.paid(code)
            if not (final[code] or paid):
                continue
            owed, way = final[code] - paid, ways.get(code, "cash")
            done = "credit" if way == "credit" else "refund" if owed < 0 else "additional"
            lines[code] = (final[code], paid, done if owed else "none")
        return Settled(self.settling, lines)

    def outstanding(self, code: str) -> int:
        """Give what is left of a town's difference (未処理額)."""
        assert self.settlement is not None
        return self.settlement.lines[code][0] - self.paid(code)

    # ---- locks ----------------------------------------------------------------------------------

    def is_locked(self, today: date) -> bool:
        """Say whether nothing of the year may change (本締め)."""
        is_over = self.until is not None and today > self.until
        return self.lock == "hard" or (self.lock == "reopened" and is_over)

    @property
    def is_finished(self) -> bool:
        """Say whether the year can be closed for good (未了なし)."""
        if self.settlement is None or any(run.state in ON_ITS_WAY for run in self.runs.values()):
            return False
        return not any(map(self.outstanding, self.settlement.lines)) and not self.unasked

    @property
    def unasked(self) -> bool:
        """Say whether a town that still owes money was not asked for it (未依頼の期)."""
        for code in self.towns:
            parts = zip(range(1, 5), self.instalments(code), self.counted(code), strict=True)
            is_open = [no not in self.sent(code) and due > paid for no, due, paid in parts]
            if any(is_open) and self.charge(code) > self.paid(code):
                return True
        return False


def cut(charge: int, sent: Mapping[int, int]) -> tuple[int, ...]:
    """Cut what a town bears (期別の額): quarters raised to 1,000 yen, the rest last.

    What was asked for stays; no other is more than what is left, the last is all of that.
    """
    sign = -1 if charge < 0 else 1
    left = max(0, abs(charge) - sign * sum(sent.values()))
    quarter = -(-abs(charge) // 4000) * 1000
    parts = []
    for no in range(1, 5):
        if no in sent:
            parts.append(sent[no])
            continue
        part = left if no == 4 else min(left, quarter)
        parts.append(sign * part)
        left -= part
    return tuple(parts)
