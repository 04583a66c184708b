"""A round of base figures on the sample (基礎数値の提出の材料)."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

from consortium.domain.calendar.period import FiscalYear
from consortium.usecases import base_figures, base_rounds
from consortium.usecases.base_figures import Figure, HandIn, HandInEntry, Intent
from consortium.usecases.viewer import Viewer
from tests.office import Office

YEAR = FiscalYear(2027)
REFERENCE, DUE = date(2026, 10, 1), date(2026, 12, 10)
POPULATION = "population"


def town(office: Office, code: str) -> Viewer:
    """Give somebody of a town."""
    return replace(office.staff, user_id=f"u-{code}", role="member_staff", code=code, body="町")


def opened(office: Office, *series: str, year: FiscalYear = YEAR) -> str:
    """Ask for figures; of the population where nothing else is said."""
    entry = base_rounds.RoundEntry(year, series or (POPULATION,), REFERENCE, DUE, "住基人口です。")
    return base_rounds.open_round(office.staff, entry, office.clock.now())


def hand_in(
    office: Office,
    round_id: str,
    code: str,
    value: int,
    *,
    by: Viewer | None = None,
    certainty: str = "確定",
    reason: str = "",
    confirms: bool = True,
    intents: dict[str, Intent] | None = None,
    hand_in_id: str = "",
) -> HandIn:
    """Hand in one figure."""
    figures = {POPULATION: Figure(Fraction(value), certainty)}
    entry = HandInEntry(figures, intents or {}, "", reason, confirms)
    viewer = by or town(office, code)
    now = office.clock.now()
    return base_figures.hand_in(viewer, round_id, code, entry, now, hand_in_id)


def close(office: Office, round_id: str) -> tuple[str, ...]:
    """Close a round as it is now."""
    seen = base_rounds.show_round(office.staff, round_id).round.row_version
    today = office.clock.today()
    return base_rounds.close_round(office.staff, round_id, seen, today, office.clock.now())
