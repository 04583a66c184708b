"""Cutting a year's amount into months (月割の額): M-13 of the invariants."""

from collections.abc import Sequence

from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.yen import spread


def months_in_force(year: FiscalYear, periods: Sequence[Period]) -> tuple[Month, ...]:
    """Give the months of the year in which a member takes part (在籍月); any day of it counts."""
    return tuple(
        month for month in year.months() if any(period.overlaps(month.period) for period in periods)
    )


def by_month(
    amount: int, year: FiscalYear, in_force: Sequence[Month]
) -> tuple[tuple[Month, int], ...]:
    """Cut a member's yearly amount into the twelve months of the year (月別の額).

    Months in which the member takes no part are 0; the others are equal to the yen and add up to
    the amount. A member in force in no month, who bears a direct charge only, has it in all twelve.

    Units: yen. The months come in order, 4月 to 3月.
    """
    months = year.months()
    charged = [month for month in months if month in in_force] or list(months)
    parts = dict(zip(charged, spread(amount, len(charged)), strict=True))
    return tuple((month, parts.get(month, 0)) for month in months)
