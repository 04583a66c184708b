"""Is the agreed rule fair? (公平性): each member's cost alone, and its Shapley value.

What sharing would cost any group of members is stated by a cost function; nothing here rounds.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import factorial

from consortium.domain.errors import BadInputError, NotInForceError
from consortium.domain.yen import Yen

#: Members whose groups are all looked at: 12 have 4,096 groups, each more doubles them.
MOST_MEMBERS = 12

#: group of members, by code → what running it together costs in a year; nobody costs nothing
Cost = Callable[[frozenset[str]], Fraction]


@dataclass(frozen=True, slots=True)
class CostModel:
    """A stated cost function (費用の想定).

    Yen a year: `fixed` for any group at all, `per_member` for each member in it, `per_unit` for
    each unit (resident, household …) that `values` counts for its members.

    >>> CostModel(Yen(900), Yen(50), Fraction(1, 2), {"023817": Fraction(100)}).cost({"023817"})
    Fraction(1000, 1)
    """

    fixed: Yen
    per_member: Yen
    per_unit: Fraction
    values: Mapping[str, Fraction]

    def cost(self, group: AbstractSet[str]) -> Fraction:
        """Give what a group costs in a year; exact, 0 for nobody (費用関数).

        Raises: NotInForceError naming a member without a value, where a unit costs anything.
        """
        if not group:
            return Fraction(0)
        units = sum((self._value(code) for code in sorted(group)), Fraction(0))
        return self.fixed + self.per_member * len(group) + self.per_unit * units

    def _value(self, code: str) -> Fraction:
        if not self.per_unit:
            return Fraction(0)
        try:
            return self.values[code]
        except KeyError:
            raise NotInForceError(
                "費用の想定により、団体の費用を求めました。",
                f"{code}の算定基礎の値がありません。",
                "その団体の値を入力してください。",
            ) from None


@dataclass(frozen=True, slots=True)
class MemberFairness:
    """What one member pays by the agreed rule, beside two yardsticks (公平性の一行)."""

    code: str
    #: what it would cost alone (単独の場合の費用)
    alone: Fraction
    #: what it pays by the agreed rule (協定の負担額)
    agreed: Yen
    #: its Shapley value (シャープレイ値)
    shapley: Fraction

    @property
    def difference(self) -> Fraction:
        """Give how much more than its Shapley value it pays (差)."""
        return self.agreed - self.shapley

    @property
    def passes(self) -> bool:
        """Say whether it pays no more than alone (単独テスト)."""
        return self.agreed <= self.alone


def fairness(agreed: Mapping[str, Yen], cost: Cost) -> tuple[MemberFairness, ...]:
    """Set what each member pays beside its Shapley value and its cost alone (公平性).

    In the order of the codes. Raises: BadInputError as for `shapley`.
    """
    codes = sorted(agreed)
    values = shapley(codes, cost)
    alone = stand_alone(codes, cost)
    return tuple(MemberFairness(code, alone[code], agreed[code], values[code]) for code in codes)


def stand_alone(players: Sequence[str], cost: Cost) -> dict[str, Fraction]:
    """Give what each member would cost alone (単独の場合の費用)."""
    return {player: cost(frozenset({player})) for player in players}


def shapley(players: Sequence[str], cost: Cost) -> dict[str, Fraction]:
    """Give the Shapley value of every member, exactly (シャープレイ値).

    The members arrive one after another in every possible order; a member's value is the mean of
    what its arrival adds to the cost. Of n members, a group of s is met before a given arrival in
    s!·(n−s−1)! of the n! orders. Source: L. S. Shapley, A Value for n-Person Games, 1953.

    Raises: BadInputError for nobody, a member named twice, and more than `MOST_MEMBERS`.
    """
    _refuse_players(players)
    costs = _costs(players, cost)
    n = len(players)
    weights = [Fraction(factorial(s) * factorial(n - s - 1), factorial(n)) for s in range(n)]
    values = dict.fromkeys(players, Fraction(0))
    for group, before in costs.items():
        for player in players:
            if player not in group:
                added = costs[group | {player}] - before
                values[player] += weights[len(group)] * added
    return values


def _costs(players: Sequence[str], cost: Cost) -> dict[frozenset[str], Fraction]:
    """Ask the cost of every group once: 128 for seven members."""
    groups = (
        frozenset(group)
        for size in range(len(players) + 1)
        for group in combinations(players, size)
    )
    return {group: cost(group) for group in groups}


def _refuse_players(players: Sequence[str]) -> None:
    asked = "シャープレイ値を求めようとしました。"
    if not players or len(set(players)) != len(players):
        found = "同じ団体が二度あります。" if players else "団体がありません。"
        raise BadInputError(asked, found, "団体を一度ずつ選んでください。", path="members")
    if len(players) > MOST_MEMBERS:
        raise BadInputError(
            asked,
            f"{len(players)}団体です（組合せは {2 ** len(players):,}通り）。",
            f"{MOST_MEMBERS}団体までにしてください。",
            path="members",
        )
