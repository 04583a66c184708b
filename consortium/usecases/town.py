"""What a member town sees of its own matters (自団体・負担金・帳票の受取)."""

from collections.abc import Mapping
from dataclasses import dataclass

from consortium.db.store import receipts, registers, runs, settings
from consortium.db.store.receipts import MonthlyFile
from consortium.db.store.registers import Entry
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import NotFoundError
from consortium.domain.sharing.result import Result
from consortium.usecases import monthly
from consortium.usecases.viewer import Viewer


@dataclass(frozen=True, slots=True)
class TownPage:
    """A town's statements and reports (自団体の画面)."""

    #: its statements, the oldest first
    entries: list[Entry]
    #: its monthly reports, the newest first
    reports: list[MonthlyFile]
    year_labels: Mapping[int, str]

    @property
    def current(self) -> list[Entry]:
        """The statement in force for each fiscal year, in the order of the years (現行の明細書)."""
        latest = {entry.year: entry for entry in self.entries if entry.is_current}
        return [latest[year] for year in sorted(latest)]

    @property
    def unread_entries(self) -> list[Entry]:
        """Current statements nobody of the town has received, the newest first (未受領)."""
        return [e for e in reversed(self.entries) if e.is_current and e.received_at is None]

    @property
    def unread_reports(self) -> list[MonthlyFile]:
        """Monthly reports nobody of the town has received, the newest first (未受領)."""
        return [report for report in self.reports if report.received_at is None]


def show_town(viewer: Viewer) -> TownPage:
    """Give everything that was made for the viewer's town (自団体)."""
    owner, code = viewer.consortium_id, viewer.code or ""
    with reading() as session:
        return TownPage(
            registers.entries(session, owner, code=code),
            receipts.monthly_files(session, owner, monthly.KIND, code),
            settings.settings_of(session, owner).year_labels,
        )


@dataclass(frozen=True, slots=True)
class ChargesPage:
    """What a town pays for a fiscal year, item by item (負担金の画面)."""

    years: list[FiscalYear]
    year: FiscalYear
    #: the statement in force; an older one only where none is
    current: Entry
    #: every statement of the year, superseded ones too
    entries: list[Entry]
    result: Result
    code: str
    shows_other_members: bool
    year_labels: Mapping[int, str]


def show_charges(viewer: Viewer, year: FiscalYear | None = None) -> ChargesPage | None:
    """Give what the town pays for a year, of the newest year if none is named (負担金).

    None while the town has no statement at all. Raises: NotFoundError for a year without one.
    """
    owner, code = viewer.consortium_id, viewer.code or ""
    with reading() as session:
        entries = registers.entries(session, owner, code=code)
        years = sorted({entry.year for entry in entries})
        if year is None and not years:
            return None
        shown = year or years[-1]
        of_year = [entry for entry in entries if entry.year == shown]
        if not of_year:
            raise NotFoundError(
                "負担金を開こうとしました。",
                "その年度の明細書がありません。",
                "年度を選び直してください。",
            )
        current = [entry for entry in of_year if entry.is_current] or of_year
        office = settings.settings_of(session, owner)
        result = runs.read_result(session, owner, current[-1].run_id)
    return ChargesPage(
        years,
        shown,
        current[-1],
        of_year,
        result,
        code,
        office.shows_other_members,
        office.year_labels,
    )
