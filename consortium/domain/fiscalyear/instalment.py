"""Cutting a year's amount into instalments and months (期別納付・月割の額). Step 8 of `share()`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.errors import BadInputError
from consortium.domain.sharing.result import EARLY, Result
from consortium.domain.yen import MODES, UNITS, Yen, round_to, spread


@dataclass(frozen=True, slots=True)
class Instalments:
    """How a contribution is cut into instalments (期別納付の切り方); the last one is the rest.

    Units: `percents` of the contribution for each instalment but the last, `unit` in yen.
    Raises: BadInputError for percentages that leave nothing sensible, an unknown unit or mode.
    """

    percents: tuple[Fraction, ...]
    unit: int = 1
    mode: str = "floor"

    def __post_init__(self) -> None:
        """Refuse a plan that cannot be followed."""
        whole = sum(self.percents, Fraction(0))
        if not self.percents or min(self.percents) <= 0 or whole > 100:
            raise BadInputError(
                "期別納付の割合を読みました。",
                f"割合の計が {whole}％です。" if self.percents else "割合がありません。",
                "最後の期を除く各期の割合を、0より大きく、計が100以下になるように書いてください。",
                path="percents",
            )
        for path, value, allowed in (("unit", self.unit, UNITS), ("mode", self.mode, MODES)):
            if value not in allowed:
                raise BadInputError(
                    "期別納付の端数処理を読みました。",
                    f"「{value}」は使えません。",
                    f"{'、'.join(str(choice) for choice in allowed)} のいずれかにしてください。",
                    path=path,
                )

    def cut(self, amount: int) -> tuple[Yen, ...]:
        """Cut an amount: each instalment rounded, never more than what is left (期別の額).

        Units: yen; the parts add up to the amount, and a negative amount is the mirror image.

        >>> Instalments((Fraction(25),) * 3, 1_000, "ceil").cut(7_572_857)
        (1894000, 1894000, 1894000, 1890857)
        """
        return self.recut(amount, {})

    def recut(self, amount: int, sent: Mapping[int, int]) -> tuple[Yen, ...]:
        """Cut an amount anew around what is notified already (変更後の期別の額).

        `sent` are the amounts notified, by number of the instalment counted from 1. They stay;
        the others are cut from the new amount, none exceeds what is left, and the last takes the
        rest. Where more is notified than the amount, or the last is, the parts do not add up to
        it: the settlement (精算) meets the difference.

        >>> plan = Instalments((Fraction(25),) * 3, 1_000, "ceil")
        >>> plan.recut(8_000_000, {1: 1_894_000})
        (1894000, 2000000, 2000000, 2106000)

        Units: yen. Raises: BadInputError for a number that the plan does not have.
        """
        wanted = [
            round_to(percent * amount / 100, self.mode, self.unit) for percent in self.percents
        ]
        return fit((*wanted, amount - sum(wanted)), sent)


def fit(wanted: Sequence[int], sent: Mapping[int, int]) -> tuple[Yen, ...]:
    """Fit the parts wanted of an amount around what is notified already (期別の額の合わせ).

    The amount is the sum of `wanted`. Every part not sent is at most what is wanted and what is
    left, the last of all takes the rest; a negative amount is the mirror image.

    >>> fit((300, 500, 200), {1: 400})
    (400, 500, 100)

    Units: yen. Raises: BadInputError for a number sent that is not among the parts.
    """
    amount, last = sum(wanted), len(wanted)
    if beyond := [number for number in sent if not 1 <= number <= last]:
        raise BadInputError(
            "期別の額を求めました。",
            f"第{beyond[0]}期は納入依頼済みですが、計画は第{last}期までです。",
            f"計画を第{max(beyond)}期以上にしてください。",
            path="count",
        )
    sign = -1 if amount < 0 else 1
    left = max(0, sign * (amount - sum(sent.values())))
    parts = []
    for number, want in enumerate(wanted, start=1):
        if number in sent:
            parts.append(Yen(sent[number]))
            continue
        part = left if number == last else max(0, min(left, sign * want))
        parts.append(Yen(sign * part))
        left -= part
    return tuple(parts)


def charged_months(result: Result, code: str) -> tuple[Month, ...]:
    """Give the months in which a member shares any cost of a result (負担する月), in order.

    They come from the result and not from the memberships of today, so that a later 脱退 moves
    no amount that was issued. Direct charges count only where there is nothing else: a joiner may
    bear 移行費 before it joins.
    """
    position = result.position(code)
    months = result.fiscal_year.months()
    early = [p for entry in result.items for p in entry.portions if p.kind == EARLY]
    not_by_window = {portion.pot for portion in early}
    spans = [
        (window.first, window.last)
        for number, pot in enumerate(result.pots)
        if number not in not_by_window
        for window in pot.windows
        if position in window.positions
    ]
    spans += [(month, month) for portion in early for month in portion.counted[position]]
    spans = spans or [
        (entry.item.first, entry.item.last)
        for entry in result.items
        if entry.item.charge_to == code
    ]
    return tuple(month for month in months if any(first <= month <= last for first, last in spans))


def by_month(
    amount: int, year: FiscalYear, charged: Sequence[Month]
) -> tuple[tuple[Month, int], ...]:
    """Cut a member's yearly amount into the twelve months of the year (月別の額).

    Months in which the member bears nothing are 0; the others are equal to the yen and add up to
    the amount.

    Units: yen. The months come in order, 4月 to 3月.
    """
    parts = dict(zip(charged, spread(amount, len(charged)), strict=True))
    return tuple((month, parts.get(month, 0)) for month in year.months())
