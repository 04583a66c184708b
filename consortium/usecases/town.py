"""What a member town sees of its own matters (自団体・負担金・帳票の受取)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from consortium.db.store import receipts, registers, run_inputs, settings, year_facts
from consortium.db.store.receipts import PeriodicFile
from consortium.db.store.registers import Entry
from consortium.db.store.run_inputs import Stored
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import NotFoundError
from consortium.domain.sharing.causes import CauseLine
from consortium.domain.sharing.result import Result
from consortium.domain.yen import Yen
from consortium.usecases import monthly, quarterly
from consortium.usecases.statement_facts import causes_of
from consortium.usecases.town_duties import Duty, duties_of, unpaid_by_year, years_with_notices
from consortium.usecases.viewer import Viewer

#: Reports of a period that towns get (定期の帳票).
_PERIODIC = (monthly.KIND, quarterly.KIND)


@dataclass(frozen=True, slots=True)
class TownPage:
    """A town's statements and reports (自団体の画面)."""

    #: its statements, the oldest first
    entries: list[Entry]
    #: its reports of months and quarters, the newest first
    reports: list[PeriodicFile]
    year_labels: Mapping[int, str]
    #: what the town has to do, the earliest day first
    duties: tuple[Duty, ...] = ()

    @property
    def current(self) -> list[Entry]:
        """The statement in force for each fiscal year, in the order of the years (現行の明細書)."""
        latest = {
            entry.year: entry for entry in self.entries if entry.is_current and entry.is_yearly
        }
        return [latest[year] for year in sorted(latest)]

    @property
    def unread_entries(self) -> list[Entry]:
        """Current statements nobody of the town has received, the newest first (未受領)."""
        return [e for e in reversed(self.entries) if e.is_current and e.received_at is None]

    @property
    def unread_reports(self) -> list[PeriodicFile]:
        """Current reports nobody of the town has received, the newest first (未受領)."""
        return [each for each in self.reports if each.is_current and each.received_at is None]


def show_town(viewer: Viewer, today: date | None = None) -> TownPage:
    """Give everything that was made for the viewer's town; what it has to do, if a day is given."""
    owner, code = viewer.consortium_id, viewer.code or ""
    with reading() as session:
        entries = registers.entries(session, owner, code=code)
        labels = settings.settings_of(session, owner).year_labels
        asked = years_with_notices(entries)
        rows = year_facts.waiting_for(session, owner, code, asked) if today else []
        unpaid = unpaid_by_year(rows, code, asked) if today else {}
        return TownPage(
            entries,
            receipts.periodic_files(session, owner, _PERIODIC, code),
            labels,
            duties_of(code, unpaid, rows, labels, today) if today else (),
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What a town pays more or less than by the statement before, and why (前回からの変化)."""

    before: Entry
    #: why the edition was made (理由); empty for a first one
    reason: str
    old: Yen
    new: Yen
    #: cause and its yen, in the order of the causes; None where a run is too old to tell
    causes: tuple[tuple[CauseLine, int], ...] | None

    @property
    def difference(self) -> Yen:
        """New less old (差額)."""
        return Yen(self.new - self.old)


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
    #: what was issued to the town before; None for its first statement
    change: Change | None = None


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
        if not any(entry.is_yearly for entry in of_year):
            raise NotFoundError(
                "負担金を開こうとしました。",
                "その年度の明細書がありません。",
                "年度を選び直してください。",
            )
        yearly = [entry for entry in of_year if entry.is_yearly]
        current = [entry for entry in yearly if entry.is_current] or yearly
        office = settings.settings_of(session, owner)
        before = _before(entries, current[-1])
        ids = [each.run_id for each in (before, current[-1]) if each]
        stored = run_inputs.read_stored(session, owner, *ids)
    return ChargesPage(
        years,
        shown,
        current[-1],
        of_year,
        stored[-1].result,
        code,
        office.shows_other_members,
        office.year_labels,
        _change(before, stored, code) if before else None,
    )


def _before(entries: list[Entry], current: Entry) -> Entry | None:
    """Give the statement issued before: of the same year, else the last of the year before."""
    earlier = [
        entry
        for entry in entries
        if entry.is_yearly and not entry.cancelled and entry.number < current.number
    ]
    for year in (current.year, current.year.previous()):
        of_year = [entry for entry in earlier if entry.year == year]
        if of_year:
            return of_year[-1]
    return None


def _change(before: Entry, stored: list[Stored], code: str) -> Change:
    """Set what a town pays beside what it paid before; nothing of the other towns is in it."""
    old, new = stored
    found = causes_of(old, new)
    lines = None if found is None else tuple(zip(found.shown, found.of(code), strict=True))
    return Change(before, new.reason, old.result.amount(code), new.result.amount(code), lines)
