"""The consumption tax in an amount (うち消費税等): for information, never shared by itself.

What is shared is always 税込, so the tax in a member's part follows from that part and the rate of
its cost item; nothing here moves a yen.
"""

from fractions import Fraction
from typing import Final

from consortium.domain.sharing.result import DAMPENING, GRANT, JOINING, LEAVING, CostItem
from consortium.domain.yen import Yen, round_to

#: Rows that are money between the members, not the price of anything (不課税).
NOT_A_PRICE: Final = (GRANT, JOINING, LEAVING, DAMPENING)


def tax_in(amount: int, rate: Fraction) -> Yen:
    """Give the tax that 税込 yen hold (内税額), cut below one yen toward zero; `rate` e.g. 1/10.

    >>> tax_in(1_099, Fraction(1, 10)), tax_in(-1_099, Fraction(1, 10))
    (99, -99)
    """
    return round_to(amount * rate / (1 + rate), "floor")


def carried(item: CostItem, key: str) -> Fraction | None:
    """Give the tax rate of a printed row of an item, by the key of the row; None: unknown (税率).

    Whatever is a part of the item has the item's rate; grants, fees and 激変緩和 hold no tax.
    """
    return Fraction(0) if key in NOT_A_PRICE else item.tax_rate


def tax_of(item: CostItem, key: str, amount: int) -> Yen | None:
    """Give the tax in a member's yen of a printed row (うち消費税等); None: unknown, not 0."""
    rate = carried(item, key)
    return None if rate is None else tax_in(amount, rate)
