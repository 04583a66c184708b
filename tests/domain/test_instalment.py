"""A year's amount month by month (月割): M-13 of the invariants."""

from datetime import date
from fractions import Fraction

import pytest

from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.errors import BadInputError
from consortium.domain.fiscalyear.instalment import Instalments, by_month, charged_months
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Facts, Party
from consortium.domain.sharing.result import CostItem, Result
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.timeline import Dated, Source, Timeline
from consortium.domain.yen import Yen

YEAR = FiscalYear(2021)
MONTHS = YEAR.months()
HIROSAKI, ITAYANAGI, HIRAKAWA = "022021", "023817", "022101"
FROM_JUNE = MONTHS[2:]


def year_of_itayanagi(*more: CostItem) -> Result:
    """板柳町 joins on 1 June 2021; 平川市 takes no part in what is shared."""
    rule = Rule((Component("equal", "equal", "均等割", Fraction(1)),))
    stays = {
        HIROSAKI: (Period(date(2015, 4, 1)),),
        ITAYANAGI: (Period(date(2021, 6, 1)),),
    }
    parties = (Party(HIROSAKI, "弘前市"), Party(HIRAKAWA, "平川市"), Party(ITAYANAGI, "板柳町"))
    running = CostItem(1, "運用費", "運用", Yen(1200), MONTHS[0], MONTHS[-1])
    rules = {("", None): Timeline([Dated(date(2015, 4, 1), rule, Source("協定書"))])}
    return share([running, *more], rules, Facts(parties, {"": stays}, {}), YEAR)


def direct(code: str) -> CostItem:
    """移行費 of April and May."""
    return CostItem(2, "移行費", "移行", Yen(60), MONTHS[0], MONTHS[1], charge_to=code)


def test_a_town_that_joins_in_june_is_charged_for_ten_months() -> None:
    assert charged_months(year_of_itayanagi(), ITAYANAGI) == FROM_JUNE
    assert charged_months(year_of_itayanagi(), HIROSAKI) == MONTHS


def test_a_direct_charge_before_joining_adds_no_month() -> None:
    assert charged_months(year_of_itayanagi(direct(ITAYANAGI)), ITAYANAGI) == FROM_JUNE


def test_who_bears_a_direct_charge_only_has_the_months_of_it() -> None:
    assert charged_months(year_of_itayanagi(direct(HIRAKAWA)), HIRAKAWA) == MONTHS[:2]


def test_who_bears_nothing_has_no_month() -> None:
    assert charged_months(year_of_itayanagi(), HIRAKAWA) == ()


@pytest.mark.parametrize("amount", [0, 1, 11, 12, 13, 1_000_000, 30_821_546, -7, -1_000_001])
@pytest.mark.parametrize("charged", [MONTHS, FROM_JUNE, MONTHS[:1]])
def test_the_months_add_up_to_the_year_and_differ_by_a_yen_at_most(
    amount: int, charged: tuple[Month, ...]
) -> None:
    cut = by_month(amount, YEAR, charged)
    assert [month for month, _ in cut] == list(MONTHS)
    assert sum(yen for _, yen in cut) == amount
    parts = [yen for month, yen in cut if month in charged]
    assert max(parts) - min(parts) <= 1
    assert all(yen * amount >= 0 for _, yen in cut)


def test_months_that_are_not_charged_are_zero() -> None:
    cut = dict(by_month(100, YEAR, FROM_JUNE))
    assert (cut[Month(2021, 4)], cut[Month(2021, 5)], cut[Month(2021, 6)]) == (0, 0, 10)


# ---- instalments (期別納付) --------------------------------------------------------------------

QUARTERS = (Fraction(25),) * 3


@pytest.mark.parametrize(
    ("plan", "amount", "cut"),
    [
        # The design's own example: 25 % is 1,893,214.25, raised to the next thousand.
        (Instalments(QUARTERS, 1_000, "ceil"), 7_572_857, (1_894_000,) * 3 + (1_890_857,)),
        (Instalments(QUARTERS, 1_000, "ceil"), -7_572_857, (-1_894_000,) * 3 + (-1_890_857,)),
        (Instalments(QUARTERS), 10, (2, 2, 2, 4)),
        (Instalments(QUARTERS, mode="half_up"), 10, (3, 3, 3, 1)),
        # Never more than what is left.
        (Instalments(QUARTERS, 10_000, "ceil"), 15_000, (10_000, 5_000, 0, 0)),
        (Instalments((Fraction(100),)), 7, (7, 0)),
        (Instalments(QUARTERS), 0, (0, 0, 0, 0)),
    ],
)
def test_an_amount_is_cut_into_instalments_and_the_last_is_the_rest(
    plan: Instalments, amount: int, cut: tuple[int, ...]
) -> None:
    assert plan.cut(amount) == cut
    assert sum(cut) == amount


@pytest.mark.parametrize(
    ("percents", "options", "path", "says"),
    [
        ((), {}, "percents", "割合がありません"),
        ((0,), {}, "percents", "割合の計が 0％です"),
        ((60, -1), {}, "percents", "割合の計が 59％です"),
        ((60, 41), {}, "percents", "割合の計が 101％です"),
        ((25,), {"unit": 10}, "unit", "「10」は使えません"),
        ((25,), {"mode": "up"}, "mode", "「up」は使えません"),
    ],
)
def test_instalments_that_leave_nothing_sensible_are_refused(
    percents: tuple[int, ...], options: dict[str, object], path: str, says: str
) -> None:
    with pytest.raises(BadInputError) as refusal:
        Instalments(tuple(map(Fraction, percents)), **options)  # type: ignore[arg-type]  # what is refused
    assert refusal.value.path == path
    assert says in refusal.value.found
