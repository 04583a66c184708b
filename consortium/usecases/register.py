"""The issue register (発行台帳)."""

from collections.abc import Mapping
from dataclasses import dataclass

from consortium.db.store import members, registers, settings
from consortium.db.store.registers import Entry
from consortium.db.unit import Head, audit_head, reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import NotFoundError
from consortium.reports.document import check_code
from consortium.usecases.viewer import Viewer

__all__ = ["RegisterPage", "check_code", "show_register"]


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """The documents issued for a fiscal year, and the head of the chain (発行台帳の画面)."""

    years: list[FiscalYear]
    #: None while nothing was issued at all
    year: FiscalYear | None
    entries: list[Entry]
    #: 団体コード → name
    names: Mapping[str, str]
    #: the office's own code: its own statement needs no receipt
    lead_code: str
    head: Head
    year_labels: Mapping[int, str]


def show_register(viewer: Viewer, year: FiscalYear | None = None) -> RegisterPage:
    """Give the register of a fiscal year, of the newest one if none is named (発行台帳).

    Raises: NotFoundError for a year of which nothing was issued.
    """
    owner = viewer.consortium_id
    with reading() as session:
        years = registers.years_with_entries(session, owner)
        shown = year or (years[-1] if years else None)
        if year is not None and year not in years:
            raise NotFoundError(
                "発行台帳を開こうとしました。",
                "その年度に発行した帳票がありません。",
                "年度を選び直してください。",
            )
        towns = members.members(session, owner)
        return RegisterPage(
            years,
            shown,
            registers.entries(session, owner, year=shown) if shown else [],
            {town.code: town.name for town in towns},
            next((town.code for town in towns if town.is_lead), ""),
            audit_head(session, owner),
            settings.settings_of(session, owner).year_labels,
        )
