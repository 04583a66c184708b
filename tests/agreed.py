"""Terms of an agreement that move no amount of the sample's history (協定の定めの見本)."""

from datetime import date, datetime
from fractions import Fraction

from consortium.db.store import costs as costs_store
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.yen import Yen
from consortium.usecases import dampening, funding, terms
from consortium.usecases.viewer import Viewer


def fill_agreement(officer: Viewer, year: FiscalYear, stage: str, now: datetime) -> dict[str, str]:
    """Register a grant, a term, a build cost and a dampening; give their ids by name in URLs."""
    with reading() as session:
        item = costs_store.items(session, officer.consortium_id, year, stage)[0]
    grant = funding.Entry("県補助金（見本）", funding.PRE_SPLIT, Yen(1_000_000), item_id=item.id)
    measure = funding.add_measure(officer, year, stage, grant, now)
    # Nobody joined or left in the second term, and the dampening begins in 2028.
    term = terms.add_term(
        officer, terms.TermEntry("第2期", date(2022, 4, 1), date(2027, 3, 31), "見本"), now
    )
    build = terms.add_build_cost(
        officer,
        terms.BuildEntry(
            "第2期共同構築費（見本）", Yen(60_000_000), term.id, item.category_id, True, True
        ),
        now,
    )
    version = dampening.add_version(
        officer,
        dampening.Entry(
            date(2028, 4, 1), Fraction(10), None, Fraction(3), "by_share", False, "見本"
        ),
        now,
    )
    return {
        "measure_id": measure.id,
        "term_id": term.id,
        "build_id": build.id,
        "dampening_id": version.id,
    }
