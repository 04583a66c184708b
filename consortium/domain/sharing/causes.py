"""Why two runs differ (差額の要因分解): how many yen of a difference each cause makes.

The causes that changed (`mixing.CAUSES`) are applied one after another in every possible order; a
cause's part is the mean of what its turn adds, exactly (Shapley, as in fairness.py). So the order
does not matter, the parts add up to the difference, and a single changed cause carries all of it.
The amounts are those of the engine, rounded as the rule says: the yen that members really pay.

Causes of which a mixture cannot be shared (a cost whose rule the other run does not have, caps that
cannot hold the cost) are applied together and shown as one line: of all pairs the one whose joining
leaves the fewest mixtures refused, the first in the order of the names; again until none is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

from consortium.domain.errors import DomainError
from consortium.domain.sharing.compare import MemberChange, member_changes
from consortium.domain.sharing.fairness import shapley
from consortium.domain.sharing.mixing import CAUSES, Mixer
from consortium.domain.sharing.mixing import PRICE as PRICE
from consortium.domain.sharing.mixing import QUANTITY as QUANTITY
from consortium.domain.sharing.result import Result
from consortium.domain.sharing.run_inputs import RunInputs
from consortium.domain.sharing.whole_table import whole_table
from consortium.domain.yen import Yen, total

#: What nobody takes has a row of its own, under this code (端数差額).
UNALLOCATED = ""

#: Causes applied together; nearly always one alone.
Block = tuple[str, ...]


class CauseLine(NamedTuple):
    """One cause, or several that cannot be told apart (要因), with its yen by member."""

    keys: Block
    #: yen in the order of `Causes.members`
    parts: tuple[int, ...]

    @property
    def name(self) -> str:
        """Name it as printed, e.g. 経費 or 経費と負担ルール (要因の名前)."""
        return "と".join(CAUSES[key].label for key in self.keys)

    @property
    def meaning(self) -> str:
        """Say which inputs belong to it (要因の説明)."""
        return "。".join(CAUSES[key].meaning for key in self.keys)

    @property
    def total(self) -> Yen:
        """Add up its yen over all members (要因の計)."""
        return total(self.parts)


@dataclass(frozen=True, slots=True)
class Causes:
    """The difference of two runs by member and cause (差額の要因分解)."""

    #: as in `Comparison.members`; 端数差額 last, under `UNALLOCATED`, where there is any
    members: tuple[MemberChange, ...]
    #: every cause once, in the order of their names
    lines: tuple[CauseLine, ...]

    @property
    def shown(self) -> tuple[CauseLine, ...]:
        """Give the lines to print: 従量の単価 and 従量の数量 only where they moved a yen."""
        return tuple(
            line
            for line in self.lines
            if any(line.parts) or line.keys not in ((PRICE,), (QUANTITY,))
        )

    @property
    def difference(self) -> Yen:
        """New total less old total (差額)."""
        return total(member.difference for member in self.members)

    def of(self, code: str) -> tuple[int, ...]:
        """Give a member's parts, in the order of `shown`; KeyError for one in neither run."""
        position = {member.code: at for at, member in enumerate(self.members)}[code]
        return tuple(line.parts[position] for line in self.shown)

    @property
    def adds_up(self) -> bool:
        """Say whether the parts of every member add up to its difference (計＝差額)."""
        sums = [sum(parts) for parts in zip(*(line.parts for line in self.lines), strict=True)]
        return sums == [member.difference for member in self.members]


def causes(old: RunInputs, new: RunInputs, results: tuple[Result, Result] | None = None) -> Causes:
    """Divide the difference between two runs into its causes (差額の要因分解).

    `results` are those stored with the runs, where there are any. Raises: DomainError if one of
    the runs cannot be shared and no results are given.
    """
    before, after = results or (old.share(recorded=False), new.share(recorded=False))
    members = _members(before, after)
    yen = _Yen(Mixer(old, new), members)
    blocks = _blocks(yen)
    table = whole_table([_exact(blocks, yen, row) for row in range(len(members))])
    columns = dict(zip(blocks, zip(*table, strict=True), strict=True))
    together = {key: block for block in blocks for key in block}
    parts = {
        block: columns.get(block, (0,) * len(members))
        for block in (together.get(key, (key,)) for key in CAUSES)
    }
    if not any((members[-1].old, members[-1].new, *(each[-1] for each in parts.values()))):
        members = members[:-1]
    lines = (CauseLine(block, yens[: len(members)]) for block, yens in parts.items())
    return Causes(members, tuple(lines))


def _members(before: Result, after: Result) -> tuple[MemberChange, ...]:
    rest = MemberChange(UNALLOCATED, "端数差額", before.unallocated, after.unallocated)
    return (*member_changes(before, after), rest)


class _Yen:
    """What each row pays in a mixture, computed once (入れ替えた場合の額)."""

    def __init__(self, mixer: Mixer, members: Sequence[MemberChange]) -> None:
        self.codes = [member.code for member in members]
        self.mixer = mixer
        self.changed = tuple(_changed(mixer))
        before = tuple(int(member.old or 0) for member in members)
        after = tuple(int(member.new or 0) for member in members)
        if (
            not self.changed and before != after
        ):  # stored results of an engine that shared otherwise
            self.changed = tuple(CAUSES)
        self.known: dict[frozenset[str], tuple[int, ...] | None] = {
            frozenset(self.changed): after,
            frozenset(): before,
        }

    def of(self, taken: frozenset[str]) -> tuple[int, ...] | None:
        """Give the yen with these causes as they are now; None if that cannot be shared."""
        if taken not in self.known:
            self.known[taken] = self._shared(taken)
        return self.known[taken]

    def _shared(self, taken: frozenset[str]) -> tuple[int, ...] | None:
        try:
            result = self.mixer.of(taken).share(recorded=False)
        except DomainError:
            return None
        yen: dict[str, int] = dict(
            zip((party.code for party in result.parties), result.amounts, strict=True)
        )
        yen[UNALLOCATED] = result.unallocated
        return tuple(yen[code] for code in self.codes)


def _changed(mixer: Mixer) -> Iterator[str]:
    """Name the causes whose inputs are different, beside the old ones or beside the new ones."""
    every = frozenset(CAUSES)
    old, new = mixer.of(frozenset()), mixer.of(every)
    for key in CAUSES:
        try:
            if mixer.of(frozenset({key})) != old or mixer.of(every - {key}) != new:
                yield key
        except DomainError:
            yield key


def _blocks(yen: _Yen) -> list[Block]:
    """Keep together the causes that cannot be told apart."""
    blocks: list[Block] = [(key,) for key in yen.changed]
    while _refused(blocks, yen):
        pairs = combinations(range(len(blocks)), 2)
        joined = [_joined(blocks, *pair) for pair in pairs]
        blocks = min(joined, key=lambda each: _refused(each, yen))
    return blocks


def _joined(blocks: list[Block], first: int, second: int) -> list[Block]:
    whole = tuple(key for key in CAUSES if key in blocks[first] + blocks[second])
    return [whole if at == first else each for at, each in enumerate(blocks) if at != second]


def _refused(blocks: Sequence[Block], yen: _Yen) -> int:
    """Count the mixtures of these blocks that cannot be shared."""
    groups = (group for size in range(len(blocks) + 1) for group in combinations(blocks, size))
    return sum(
        yen.of(frozenset(key for block in group for key in block)) is None for group in groups
    )


def _exact(blocks: Sequence[Block], yen: _Yen, row: int) -> list[Fraction]:
    """Give what each block makes of a row's difference, exactly."""
    names = {" ".join(block): block for block in blocks}

    def pays(group: frozenset[str]) -> Fraction:
        found = yen.of(frozenset(key for name in group for key in names[name]))
        return Fraction((found or ())[row])  # no mixture of the blocks is refused

    values = shapley(list(names), pays) if names else {}
    return [values[name] for name in names]
