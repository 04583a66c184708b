"""Cutting a year's amount into months (月割の額): M-13 of the invariants."""

from collections.abc import Sequence

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.sharing.result import Result
from consortium.domain.yen import spread


def charged_months(result: Result, code: str) -> tuple[Month, ...]:
    """Give the months in which a member shares any cost of a result (負担する月), in order.

    They come from the result and not from the memberships of today, so that a later 脱退 moves
    no amount that was issued. Direct charges count only where there is nothing else: a joiner may
    bear 移行費 before it joins.
    """
    position = result.position(code)
    months = result.fiscal_year.months()
    spans = [
        (window.first, window.last)
        for pot in result.pots
        for window in pot.windows
        if position in window.positions
    ] or [
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
