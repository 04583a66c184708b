"""Settling a fiscal year (精算): what each member bears in the end, less what it has paid.

Settling rests on nothing but the two amounts, so settling twice gives the same answer, and once
the difference was paid, paid back or moved to the next year, settling gives 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from consortium.domain.errors import BadInputError
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.yen import Yen

#: How a difference is met (精算の方法).
WAYS = {"cash": "還付・追加納入", "credit": "翌年度充当"}

#: What becomes of a member's difference (精算の処理).
DISPOSITIONS = {
    "refund": "還付",
    "additional": "追加納入",
    "credit": "翌年度充当",
    "none": "過不足なし",
}


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One member's settlement (精算の一行), in yen; negative: the member gets money back."""

    code: MunicipalityCode
    final: Yen
    paid: Yen

    @property
    def difference(self) -> Yen:
        """What is still to be paid, or to be given back (精算額)."""
        return Yen(self.final - self.paid)

    def disposition(self, way: str) -> str:
        """Give what becomes of the difference by the way chosen, a key of WAYS (処理).

        Raises: BadInputError for another word.
        """
        if way not in WAYS:
            raise BadInputError(
                "精算の方法を読みました。",
                f"「{way}」は使えません。",
                f"{'、'.join(WAYS.values())} のいずれかにしてください。",
                path="way",
            )
        if not self.difference:
            return "none"
        if way == "credit":
            return "credit"
        return "refund" if self.difference < 0 else "additional"


def settle(
    final: Mapping[MunicipalityCode, Yen], paid: Mapping[MunicipalityCode, Yen]
) -> tuple[SettlementLine, ...]:
    """Set what each member bears against what it has paid (精算); by 団体コード.

    Somebody who paid but bears nothing gets all of it back; who bears but has not paid pays all.

    >>> [line.difference for line in settle({"022021": Yen(90)}, {"022021": Yen(100)})]
    [-10]

    Units: yen.
    """
    codes = sorted({*final, *paid})
    return tuple(
        SettlementLine(code, final.get(code, Yen(0)), paid.get(code, Yen(0))) for code in codes
    )
