"""Bounds on the change from year to year (激変緩和・許容幅), dated, with their source."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from uuid import uuid4

from consortium.db.store import dampening as store
from consortium.db.store import members as members_store
from consortium.db.store import settings as settings_store
from consortium.db.store.dampening import Issued, Typed, Version
from consortium.db.store.members import Member
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.period import FiscalYear, Period
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.errors import BadInputError, NotFoundError, StaleError
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.sharing.dampening import BY_SHARE, Dampening
from consortium.domain.sharing.rule import plain
from consortium.domain.timeline import Source
from consortium.domain.yen import Yen
from consortium.usecases.closings import refuse_closed, refuse_closed_days
from consortium.usecases.rules import ANNOUNCED, IN_FORCE, PAST
from consortium.usecases.viewer import Viewer

__all__ = ["BY_SHARE", "Entry", "Previous", "PreviousEntry", "Version"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What an officer enters for a version (激変緩和の版の入力); bounds in per cent."""

    since: date
    up: Fraction | None
    down: Fraction | None
    tolerance: Fraction | None
    #: `by_share`, or the codes that take the difference first
    order: tuple[str, ...] | str
    #: nothing is dampened from this day
    ends: bool
    document: str
    article: str = ""
    decided_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Dated:
    """A version with its state today, in words (激変緩和の版)."""

    row: Version
    state: str
    #: last day in force; None while no later version is registered
    last_day: date | None
    #: first fiscal year in which it counts
    first_year: str
    bounds: str
    turns: str


@dataclass(frozen=True, slots=True)
class History:
    """The versions, the earliest first (激変緩和の経過)."""

    versions: tuple[Dated, ...]
    members: tuple[Member, ...]
    #: the fiscal year of today and the next, with their labels
    years: tuple[tuple[FiscalYear, str], ...]

    @property
    def current(self) -> Dated | None:
        """Give the version in force today; None where nothing is dampened."""
        found = (each for each in self.versions if each.state == IN_FORCE)
        version = next(found, None)
        return None if version is None or version.row.ends else version


# ---- versions ------------------------------------------------------------------------------------


def show_history(viewer: Viewer, today: date) -> History:
    """Read the versions (激変緩和の経過)."""
    owner = viewer.consortium_id
    with reading() as session:
        found = store.versions(session, owner)
        towns = members_store.members(session, owner)
        labels = settings_store.settings_of(session, owner).year_labels
    names: dict[str, str] = {each.code: each.name for each in towns}
    present = FiscalYear.containing(today)
    ends = [each.since - timedelta(days=1) for each in found[1:]]
    return History(
        tuple(
            Dated(
                row,
                _state(row, last_day, today),
                last_day,
                fiscal_year_label(_first_year(row), labels),
                in_words(row),
                _turns(row, names),
            )
            for row, last_day in zip(found, [*ends, None][: len(found)], strict=True)
        ),
        towns,
        tuple((year, fiscal_year_label(year, labels)) for year in (present, present.next())),
    )


def _state(row: Version, last_day: date | None, today: date) -> str:
    if today < row.since:
        return ANNOUNCED
    return PAST if last_day is not None and last_day < today else IN_FORCE


def _first_year(row: Version) -> FiscalYear:
    """Give the first fiscal year on whose first day the version is in force."""
    year = FiscalYear.containing(row.since)
    return year if year.period.since == row.since else year.next()


def in_words(row: Version) -> str:
    """Write the bounds in one line, e.g. 増加は10％まで、許容幅3％."""
    if row.ends:
        return "激変緩和を行わない"
    parts = [
        f"増加は{plain(row.up)}％まで" if row.up is not None else "",
        f"減少は{plain(row.down)}％まで" if row.down is not None else "",
        f"許容幅{plain(row.tolerance)}％" if row.tolerance is not None else "",
    ]
    return "、".join(part for part in parts if part)


def _turns(row: Version, names: Mapping[str, str]) -> str:
    if row.ends:
        return ""
    if isinstance(row.order, str):
        return "算定額の割合で分ける"
    return "→".join(names.get(code, code) for code in row.order) + "の順に受け持つ"


def show_version(viewer: Viewer, version_id: str) -> tuple[Version, tuple[Member, ...]]:
    """Read one version, and the members its order can name. Raises: NotFoundError."""
    owner = viewer.consortium_id
    with reading() as session:
        found = store.version(session, owner, version_id)
        return found, members_store.members(session, owner)


def add_version(viewer: Viewer, entry: Entry, now: datetime) -> Version:
    """Register a version (激変緩和の版の登録); one a day, so a double click adds one.

    Raises: BadInputError and DuplicateError at the field.
    """
    with writing(viewer.actor(), now) as unit:
        new = _version(unit, viewer.consortium_id, str(uuid4()), entry)
        _refuse_closed(unit, viewer, new)
        store.add_version(unit, viewer.consortium_id, new)
    return new


def change_version(
    viewer: Viewer, version_id: str, seen_version: int, entry: Entry, now: datetime
) -> Version:
    """Change a version as it was seen (激変緩和の版の変更); runs keep theirs.

    Raises: StaleError, NotFoundError; BadInputError and DuplicateError at the field.
    """
    with writing(viewer.actor(), now) as unit:
        old = store.version(unit.session, viewer.consortium_id, version_id)
        new = _version(unit, viewer.consortium_id, old.id, entry)
        _refuse_closed(unit, viewer, old, new)
        seen = replace(old, row_version=seen_version)
        store.save_version(unit, viewer.consortium_id, seen, new)
    return new


def remove_version(viewer: Viewer, version_id: str, seen_version: int, now: datetime) -> Version:
    """Delete a version (激変緩和の版の削除); runs keep theirs. Raises: StaleError."""
    with writing(viewer.actor(), now) as unit:
        old = store.version(unit.session, viewer.consortium_id, version_id)
        _refuse_closed(unit, viewer, old)
        store.remove_version(unit, viewer.consortium_id, replace(old, row_version=seen_version))
    return old


def _refuse_closed(unit: Unit, viewer: Viewer, *changed: Version) -> None:
    """Refuse what would be in force otherwise in a closed year (本締め)."""
    starts = sorted(each.since for each in store.versions(unit.session, viewer.consortium_id))
    periods = [
        Period(each.since, next((day for day in starts if day > each.since), None))
        for each in changed
    ]
    refuse_closed_days(unit, viewer.consortium_id, *periods, reason=viewer.reason)


def _version(unit: Unit, consortium_id: str, version_id: str, entry: Entry) -> Version:
    source = Source(entry.document, entry.article, entry.decided_on, entry.note)
    bounds = (entry.up, entry.down, entry.tolerance)
    if entry.ends:
        if any(each is not None for each in bounds):
            raise BadInputError(
                "激変緩和の版を保存しようとしました。",
                "「激変緩和を行わない」を選び、上限か許容幅も入力しています。",
                "どちらか一つにしてください。",
                path="ends",
            )
        return Version(version_id, entry.since, None, None, None, BY_SHARE, source)
    Dampening({}, *bounds, entry.order)  # refuses what the sharing cannot use
    towns = {each.code for each in members_store.members(unit.session, consortium_id)}
    if not isinstance(entry.order, str) and not towns.issuperset(entry.order):
        raise BadInputError(
            "激変緩和の版を保存しようとしました。",
            "構成団体ではない団体があります。",
            "一覧から選び直してください。",
            path="order",
        )
    return Version(version_id, entry.since, *bounds, entry.order, source)


# ---- amounts of the year before ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PreviousEntry:
    """What an officer types for one member; None leaves it open (前年度の負担額の入力)."""

    code: str
    amount: Yen | None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Previous:
    """What the members paid the year before (前年度の負担額)."""

    #: the year that is dampened
    year: FiscalYear
    label: str
    #: the year before
    last_label: str
    members: tuple[Member, ...]
    issued: Issued | None
    typed: Mapping[str, Typed]

    @property
    def issued_title(self) -> str:
        """Name the issued run, e.g. 確定 第1版."""
        if self.issued is None:
            return ""
        return f"{STAGES[self.issued.stage]} 第{self.issued.edition}版"

    def issued_amount(self, code: str) -> Yen | None:
        """Give a member's issued amount, None where there is none."""
        return self.issued.amounts.get(code) if self.issued else None

    @property
    def open_members(self) -> tuple[Member, ...]:
        """Give the members without an issued amount: theirs can be typed in."""
        return tuple(each for each in self.members if self.issued_amount(each.code) is None)

    @property
    def seen(self) -> str:
        """Give a mark of what is typed in now; it changes with every change."""
        return _mark(self.typed.values())


def show_previous(viewer: Viewer, year: FiscalYear, today: date) -> Previous:
    """Read what the members paid the year before (前年度の負担額).

    Raises: NotFoundError for a year far away.
    """
    present = FiscalYear.containing(today).start_year
    if not present - 30 <= year.start_year <= present + 1:
        raise NotFoundError(
            "前年度の負担額を開こうとしました。",
            f"{year.start_year}年度は扱っていません。",
            "激変緩和の画面から選び直してください。",
        )
    owner = viewer.consortium_id
    with reading() as session:
        labels = settings_store.settings_of(session, owner).year_labels
        return Previous(
            year,
            fiscal_year_label(year, labels),
            fiscal_year_label(year.previous(), labels),
            members_store.members(session, owner),
            store.issued_amounts(session, owner, year.previous()),
            {each.code: each for each in store.typed_amounts(session, owner, year.previous())},
        )


def save_previous(
    viewer: Viewer, year: FiscalYear, seen: str, entries: Sequence[PreviousEntry], now: datetime
) -> int:
    """Replace the amounts typed in for the year before (前年度の負担額の登録); count them.

    Members not among the entries keep theirs.
    Raises: StaleError if somebody saved meanwhile.
    """
    last = year.previous()
    with writing(viewer.actor(), now) as unit:
        for each in (last, year):
            refuse_closed(unit, viewer.consortium_id, each, reason=viewer.reason)
        before = store.typed_amounts(unit.session, viewer.consortium_id, last)
        if _mark(before) != seen:
            raise StaleError(
                "前年度の負担額を保存しようとしました。",
                "ほかの人が先に変更しました。",
                "今の内容を確かめて、もう一度保存してください。",
            )
        asked = {each.code for each in entries}
        typed = [each for each in before if each.code not in asked]
        typed += [
            Typed(each.code, each.amount, each.source)
            for each in entries
            if each.amount is not None
        ]
        store.save_typed_amounts(unit, viewer.consortium_id, last, typed)
    return len(typed)


def _mark(typed: Iterable[Typed]) -> str:
    return sha256_hex(canonical([list(each) for each in sorted(typed)]))[:16]
