"""The receipt book (受領簿): which town received which file when, and what still waits (未受領)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from consortium.db.store import calendars, delivered, settings
from consortium.db.store.delivered import Delivered
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import NotFoundError
from consortium.domain.fiscalyear.schedule import TOKYO
from consortium.reports.csv_file import csv_file
from consortium.reports.names import file_name
from consortium.reports.receipt_book import COLUMNS, BookHead, BookLine, cells, render
from consortium.usecases.delivery import open_days_since
from consortium.usecases.downloads import Handed
from consortium.usecases.kinds import period_name, title_of
from consortium.usecases.viewer import Viewer


@dataclass(frozen=True, slots=True)
class ReceiptsPage:
    """The files of a fiscal year and who received them (受領簿の画面)."""

    years: list[FiscalYear]
    #: None while nothing was published at all
    year: FiscalYear | None
    files: list[Delivered]
    year_labels: Mapping[int, str]

    @property
    def unread(self) -> int:
        """Count what stands and was not received (未受領の件数)."""
        return sum(1 for file in self.files if file.stands and not file.received)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that waits for its town (未受領の一件)."""

    file: Delivered
    #: open days of the lead city after the day of issue, today included
    open_days: int


def show_receipts(viewer: Viewer, year: FiscalYear | None = None) -> ReceiptsPage:
    """Give the receipt book of a year, of the newest if none is named (受領簿).

    Raises: NotFoundError for a year of which nothing was published.
    """
    owner = viewer.consortium_id
    with reading() as session:
        years = delivered.years_delivered(session, owner)
        shown = year or (years[-1] if years else None)
        if year is not None and year not in years:
            raise NotFoundError(
                "受領簿を開こうとしました。",
                "その年度に公開した帳票がありません。",
                "年度を選び直してください。",
            )
        files = delivered.delivered(session, owner, shown) if shown else []
        labels = settings.settings_of(session, owner).year_labels
    return ReceiptsPage(years, shown, files, labels)


def show_unread(viewer: Viewer, today: date) -> list[Waiting]:
    """Give what stands and no town received, the oldest first (未受領の一覧)."""
    owner = viewer.consortium_id
    with reading() as session:
        files = delivered.unread(session, owner)
        office = calendars.open_days(session, owner, None)
    return [Waiting(file, open_days_since(file.issued_on, today, office)) for file in files]


def as_workbook(viewer: Viewer, year: FiscalYear, now: datetime) -> Handed:
    """Give the receipt book of a year as a workbook (受領簿のブック). Raises: NotFoundError."""
    page = show_receipts(viewer, year)
    with reading() as session:
        office = settings.settings_of(session, viewer.consortium_id)
    label = fiscal_year_label(year, page.year_labels)
    head = BookHead(label, office.name, office.office_name, now.astimezone(TOKYO), office.is_sample)
    return _handed(render(head, _lines(page)), year, ".xlsx")


def as_csv(viewer: Viewer, year: FiscalYear) -> Handed:
    """Give the same rows as CSV (受領簿のCSV). Raises: NotFoundError."""
    headings = tuple(column.heading for column in COLUMNS)
    lines = map(cells, _lines(show_receipts(viewer, year)))
    return _handed(csv_file([headings, *lines]), year, ".csv")


def _handed(content: bytes, year: FiscalYear, suffix: str) -> Handed:
    name = file_name(f"受領簿_{year.start_year}年度", suffix)
    return Handed(content, name, f"receipts_FY{year.start_year}{suffix}")


def document_of(file: Delivered) -> str:
    """Name a file as people do: 負担金明細書（確定）令和3年度 (帳票の名前)."""
    return f"{title_of(file.kind)} {period_name(file.period_key)}"


def state_of(file: Delivered) -> str:
    """Say whether a file was received, waits, or need not be received any more (受領の状態)."""
    if file.received:
        return "受領"
    return "未受領" if file.stands else "失効"


def _lines(page: ReceiptsPage) -> list[BookLine]:
    """Write a line for each receipt, and one for each file without any."""
    lines = []
    for file in page.files:
        for received in file.received or (None,):
            about = (
                file.document_number,
                document_of(file),
                file.edition,
                file.code,
                file.town,
                file.issued_on,
                state_of(file),
            )
            if received is None:
                lines.append(BookLine(*about, "", None, None, 0, file.file_hash))
                continue
            first, last = (at.astimezone(TOKYO) for at in (received.first_at, received.last_at))
            who = (received.name, first, last, received.count)
            lines.append(BookLine(*about, *who, file.file_hash))
    return lines
