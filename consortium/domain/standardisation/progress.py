"""How far a town is with a 業務, and what may be added up of it (進捗の数え方).

The published count adds 対象外 to 完了済み. Both are kept apart here, and three numbers stand side
by side: one of them alone misleads.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from consortium.domain.standardisation.business import IN_USE, STATES, STEPS

#: What a cell is, beyond its count (印).
MARKS: Final = {
    "excluded": "対象外",
    "probable": "対象外（推定）",
    "unclear": "要確認",
    "done": "完了",
    "open": "",
}
#: 福祉事務所 of towns and villages is the prefecture's: these are probably not theirs (推定の規則).
PREFECTURAL: Final = frozenset({"seiho", "jifuyo"})
SMALL: Final = frozenset({"町", "村"})


@dataclass(frozen=True, slots=True)
class Cell:
    """One 業務 of one town in one month (団体×業務)."""

    code: str
    business: str
    #: published count: 完了済み and 対象外 of 40 steps
    steps: int
    #: 市, 町 or 村
    kind: str
    #: the town's own entry: 40 keys of STATES, empty while there is none
    states: tuple[str, ...] = ()
    #: whether the 業務 is the town's at all, None while nobody confirmed it (対象)
    is_applicable: bool | None = None
    go_live_on: date | None = None
    #: key of the service used for it, empty for a system of its own
    service: str = ""

    @property
    def mark(self) -> str:
        """Give the key of MARKS: 対象外 is told apart from 完了 (印)."""
        if self.is_applicable is False or set(self.states) == {"not_applicable"}:
            return "excluded"
        if self.steps < STEPS:
            return "open"
        if self.is_applicable or self.states:
            return "done"
        is_probable = self.kind in SMALL and self.business in PREFECTURAL
        return "probable" if is_probable else "unclear"

    @property
    def is_left_out(self) -> bool:
        """Say whether it is 対象外, confirmed or 推定: no progress, nothing to compare."""
        return self.mark in ("excluded", "probable")

    @property
    def entered(self) -> int | None:
        """Count 完了済み and 対象外 of the own entry as the state does, None without one."""
        if not self.states:
            return None
        return sum(state in ("done", "not_applicable") for state in self.states)

    def count(self, state: str) -> int:
        """Count the steps of the own entry in a state (内訳)."""
        return self.states.count(state)

    def is_done(self, step: int) -> bool | None:
        """Say whether a step is 完了済み, None while the states are not known."""
        return self.states[step - 1] == "done" if self.states else None

    def is_live(self, last_day: date) -> bool | None:
        """Say whether it runs on the standard system by a day (稼働済み), None for 不明.

        Known from ⑱-1 or from the day recorded; never from 40 of 40, which 対象外 also gives.
        """
        if self.is_done(IN_USE) or (self.go_live_on is not None and self.go_live_on <= last_day):
            return True
        return False if self.states or self.go_live_on is not None else None


def rate(cells: Sequence[Cell]) -> Fraction | None:
    """Add up the published counts: Σ ÷ (40 × cells) (手続き進捗率); None without a cell."""
    if not cells:
        return None
    return Fraction(sum(each.steps for each in cells), STEPS * len(cells))


def rate_without(cells: Iterable[Cell]) -> Fraction | None:
    """Give the same without the cells that are 対象外, confirmed or 推定 (対象外を除く進捗率)."""
    return rate([each for each in cells if not each.is_left_out])


def are_all_done(cells: Sequence[Cell]) -> bool:
    """Say whether a town's 業務 are all at 40, as the state counts it (全業務完了)."""
    return bool(cells) and all(each.steps == STEPS for each in cells)


@dataclass(frozen=True, slots=True)
class Live:
    """How many 業務 run on the standard system (稼働済み業務数); none of them is 対象外."""

    yes: int
    no: int
    unknown: int


def live(cells: Iterable[Cell], last_day: date) -> Live:
    """Count what runs by a day (稼働済み業務数)."""
    found = [each.is_live(last_day) for each in cells if not each.is_left_out]
    return Live(found.count(True), found.count(False), found.count(None))


def checked_states(states: Sequence[str]) -> tuple[str, ...]:
    """Give the 40 states of an entry. Raises: ValueError for another number or another word."""
    if len(states) != STEPS or not set(states) <= STATES.keys():
        raise ValueError(f"{len(states)} states")
    return tuple(states)
