"""Money from elsewhere for a cost of the consortium (財源措置: 補助金・交付税措置).

1. A grant that reduces the pot (`PRE_SPLIT` 控除してから按分) is subtracted from its cost item
   before the item is shared, so everybody pays less.
2. A grant tied to a member (`PER_MEMBER` 団体への補助) is subtracted from what that member pays,
   and changes nothing for the others.
3. What a member hopes for from the state (`INFO_ONLY` 参考, e.g. 交付税措置) is never cash of the
   project: it stands beside the amount (実質負担・参考), never in it.
4. A grant above the cost it is tied to is reported, not cut: `above_cost()`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from consortium.domain.errors import BadInputError
from consortium.domain.yen import WHOLE_YEN, Weights, Yen, split

PRE_SPLIT, PER_MEMBER, INFO_ONLY = "PRE_SPLIT", "PER_MEMBER", "INFO_ONLY"


class Treatment(NamedTuple):
    """How a grant touches the shares (財源措置の扱い)."""

    label: str
    help: str


#: Every treatment by its key; the keys are stored and never renamed.
TREATMENTS: dict[str, Treatment] = {
    PRE_SPLIT: Treatment(
        "控除してから按分",
        "費目の額から先に引き、残りを負担ルールで分けます。すべての参加団体の負担が下がります。",
    ),
    PER_MEMBER: Treatment(
        "団体への補助",
        "その団体の負担額からだけ引きます。ほかの団体の負担額は変わりません。",
    ),
    INFO_ONLY: Treatment(
        "参考（交付税措置など）",
        "負担額からは引かず、実質負担（参考）として負担額の横に示します。",
    ),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant or another funding measure (補助金・財源措置).

    Units: `amount` in yen; `rate` (`INFO_ONLY` only) is a part of what is borne, e.g. 3/10.
    `item` is the number of a cost item, or its name before it got one; `member` is a 団体コード.
    Raises: BadInputError naming the field.
    """

    name: str
    amount: Yen | None
    treatment: str
    item: str | int | None = None
    member: str | None = None
    rate: Fraction | None = None
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be applied."""
        if not self.name.strip():
            raise BadInputError(
                "補助金・財源措置を読みました。",
                "名称が空です。",
                "補助金などの名称を書いてください。",
                path="name",
            )
        if self.treatment not in TREATMENTS:
            raise self._refusal(
                "treatment",
                f"扱い「{self.treatment}」は使えません。",
                f"{'、'.join(TREATMENTS)} のいずれかにしてください。",
            )
        self._refuse_target()
        self._refuse_amount()

    def _refuse_target(self) -> None:
        if self.treatment == PRE_SPLIT and self.item is None:
            raise self._refusal(
                "item", "控除する費目がありません。", "どの費目から引くかを指定してください。"
            )
        if self.treatment == PRE_SPLIT and self.member is not None:
            raise self._refusal(
                "member",
                f"控除してから按分する補助に団体（{self.member}）が指定されています。",
                "団体の指定を除くか、扱いを団体への補助にしてください。",
            )
        if self.treatment == PER_MEMBER and self.member is None:
            raise self._refusal(
                "member", "補助を受ける団体がありません。", "どの団体への補助かを指定してください。"
            )

    def _refuse_amount(self) -> None:
        if self.rate is not None and self.treatment != INFO_ONLY:
            raise self._refusal(
                "rate",
                "割合は、参考（交付税措置など）にだけ使えます。",
                "金額を円で書いてください。",
            )
        if (self.amount is None) == (self.rate is None):
            raise self._refusal(
                "amount",
                "金額も割合もありません。" if self.rate is None else "金額と割合の両方があります。",
                "どちらか一つを書いてください。"
                if self.treatment == INFO_ONLY
                else "金額を円で書いてください。",
            )
        if self.amount is not None and self.amount < 0:
            raise self._refusal(
                "amount",
                f"金額が {self.amount:,}円です。",
                "0円以上にしてください。返還は、費目として登録してください。",
            )
        if self.rate is not None and not 0 < self.rate <= 1:
            raise self._refusal(
                "rate",
                f"割合が {self.rate} です。",
                "0より大きく1以下（30％なら 0.3）にしてください。",
            )

    def _refusal(self, path: str, found: str, todo: str) -> BadInputError:
        return BadInputError(f"財源措置「{self.name}」を読みました。", found, todo, path=path)


def taken_off(grants: Iterable[Grant], item: str | int) -> Yen:
    """Add up what is subtracted from an item before it is shared (控除額, `PRE_SPLIT`)."""
    return Yen(sum(g.amount or 0 for g in grants if g.treatment == PRE_SPLIT and g.item == item))


def above_cost(what: str, grants: Sequence[Grant], cost: int) -> str | None:
    """Report grants that are together above the cost they are tied to (超過の指摘), else None.

    `what` names the cost: a 費目, or the 負担額 of a member. Such a finding blocks 発行.
    """
    granted = sum(grant.amount or 0 for grant in grants)
    if not granted or granted <= cost:
        return None
    names = "、".join(f"「{grant.name}」" for grant in grants)
    return (
        f"財源措置{names}の計 {granted:,}円が、{what} {cost:,}円を"
        f" {granted - cost:,}円超えています。"
    )


def relief(
    grants: Iterable[Grant],
    codes: Sequence[str],
    borne: Callable[[str | int | None], Sequence[int]],
) -> tuple[int, ...]:
    """Give each member's yen of information-only funding (参考の財源措置), in order of `codes`.

    `borne(item)` gives what each member bears of an item, `borne(None)` of everything. A rate
    counts for its member, or for all of them, cut to the whole yen. An amount without a member is
    shared in proportion to what they bear. It lowers no amount: 実質負担（参考）= 負担額 − this.
    """
    sums = [0] * len(codes)
    for grant in grants:
        if grant.treatment == INFO_ONLY:
            for position, yen in enumerate(_relief_of(grant, codes, borne(grant.item))):
                sums[position] += yen
    return tuple(sums)


def _relief_of(grant: Grant, codes: Sequence[str], borne: Sequence[int]) -> Sequence[int]:
    parts = [
        max(yen, 0) if grant.member in (None, code) else 0
        for code, yen in zip(codes, borne, strict=True)
    ]
    if grant.rate is not None:
        return [int(yen * grant.rate) for yen in parts]
    amount = grant.amount or 0
    if grant.member is not None:
        return [amount if code == grant.member else 0 for code in codes]
    return split(amount, Weights.of(parts), WHOLE_YEN).shares if any(parts) else parts
