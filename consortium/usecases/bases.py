"""Basis values as an officer reads them: series, editions, values (算定基礎)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby
from typing import NamedTuple

from consortium.db.store import bases as store
from consortium.db.store import members as members_store
from consortium.db.store import rules as rules_store
from consortium.db.store.bases import Edition as Edition
from consortium.db.store.bases import Holders as Holders
from consortium.db.store.members import Member
from consortium.db.store.rules import Component, Rule
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import NotFoundError, NotInForceError
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.sharing.dating import choose
from consortium.domain.sharing.facts import Series
from consortium.intake import basis_table
from consortium.intake.basis_table import BasisTable
from consortium.intake.basis_table import parse_value as parse_value
from consortium.intake.basis_table import write_value as write_value
from consortium.reports.csv_file import csv_file
from consortium.reports.names import file_name
from consortium.usecases.viewer import Viewer

CERTAINTIES = ("確定", "見込")


@dataclass(frozen=True, slots=True)
class InUse:
    """From when to when a rule rests on an edition (使用の期間)."""

    rule: str
    since: date
    #: last day inside; None while no later version is registered
    last_day: date | None

    def is_on(self, day: date) -> bool:
        """Say whether it is in use on a day."""
        return self.since <= day and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True)
class UsedEdition:
    """An edition with the rules that rest on it (使用中の版)."""

    edition: Edition
    uses: tuple[InUse, ...]

    @property
    def total(self) -> Fraction:
        """Add the values up (合計)."""
        return sum(self.edition.values.values(), Fraction(0))

    def is_in_use(self, day: date) -> bool:
        """Say whether a rule in force on the day rests on it."""
        return any(use.is_on(day) for use in self.uses)


@dataclass(frozen=True, slots=True)
class BasisSeries:
    """A series with its editions, the newest first, and the members it should cover (系列)."""

    key: str
    label: str
    editions: tuple[UsedEdition, ...]
    members: tuple[Member, ...]


def list_series(viewer: Viewer, today: date) -> tuple[BasisSeries, ...]:
    """Read every series with its editions, and where rules use them (算定基礎の一覧)."""
    with reading() as session:
        editions = store.editions(session, viewer.consortium_id)
        rules = rules_store.rules(session, viewer.consortium_id)
        towns = members_store.members(session, viewer.consortium_id)
    uses = _uses(rules, editions, today)
    series = []
    for key, of_series in groupby(editions, key=lambda edition: edition.series):
        used = tuple(UsedEdition(each, uses.get(each.key, ())) for each in of_series)
        series.append(BasisSeries(key, used[0].edition.label, used, towns))
    return tuple(series)


def _uses(
    rules: Iterable[Rule], editions: Iterable[Edition], today: date
) -> dict[str, tuple[InUse, ...]]:
    """Say which rules use which edition: key of the edition → uses."""
    found: dict[str, tuple[InUse, ...]] = {}
    by_series = store.by_series(editions)
    for rule in rules:
        ends = [later.since - timedelta(days=1) for later in rule.versions[1:]]
        for version, last_day in zip(rule.versions, [*ends, None], strict=True):
            use = InUse(rule.name, version.since, last_day)
            for part in version.components:
                there = by_series.get(part.series or "", ())
                for key in _used_keys(part, there, today, is_now=use.is_on(today)):
                    found[key] = (*found.get(key, ()), use)
    return found


def _used_keys(
    part: Component, editions: tuple[Series, ...], today: date, *, is_now: bool
) -> tuple[str, ...]:
    """Name the editions a component uses: by name, or as its date rule chooses them today."""
    if part.dating is None:
        return tuple(each.key for each in editions) if len(editions) == 1 else ()
    # What 最新の公表値 was in a year gone by stands in that year's runs.
    if not editions or not (is_now or part.dating.kind == "frozen"):
        return ()
    try:
        chosen = choose(part.dating, editions, FiscalYear.containing(today), today)
    except NotInForceError:
        return ()
    if any(each is chosen for each in editions):
        return (chosen.key,)
    return tuple(each.key for each in editions if _is_piece(each, chosen))


def _is_piece(edition: Series, total: Series) -> bool:
    """Say whether an edition lies within the period of a total."""
    first, last = edition.period_from, edition.reference_date
    if first is None or last is None or total.period_from is None or total.reference_date is None:
        return False
    return total.period_from <= first and last <= total.reference_date


# ---- one edition ---------------------------------------------------------------------------------


#: More of a change than this part of the value before is asked about before it is saved.
_LARGE_CHANGE = Fraction(1, 2)


class Doubt(NamedTuple):
    """A value that may be a slip of the pen (確かめる値)."""

    code: MunicipalityCode
    #: the value to compare with; None where there is none
    before: Fraction | None
    value: Fraction
    #: what is to be looked at
    reason: str


@dataclass(frozen=True, slots=True)
class EditionPage:
    """What the form of an edition shows (版の入力画面)."""

    #: key of the series and its label; empty for a new series
    series: str
    label: str
    members: tuple[Member, ...]
    #: the editions of the series, the newest first
    editions: tuple[Edition, ...]
    #: the edition to correct, None for a new one
    edition: Edition | None = None
    holders: Holders = field(default_factory=Holders)

    @property
    def seen(self) -> str:
        """Say in one word what the edition to correct holds (画面の内容の印)."""
        return self.edition.fingerprint if self.edition else ""

    def compared(self, reference_date: date | None) -> Edition | None:
        """Give the edition to compare with (比べる版): the newest one of that day or earlier.

        A correction is compared with what is registered.
        """
        if self.edition is not None:
            return self.edition
        for each in self.editions:
            if reference_date is None or each.reference_date <= reference_date:
                return each
        return None

    def doubts(
        self, reference_date: date | None, values: Mapping[MunicipalityCode, Fraction]
    ) -> tuple[Doubt, ...]:
        """Give the values to ask about once: 0, and a change of more than half (確かめる値)."""
        compared = self.compared(reference_date)
        known = compared.values if compared else {}
        return tuple(
            Doubt(code, known.get(code), value, reason)
            for code, value in values.items()
            if (reason := _doubt(known.get(code), value))
        )

    @property
    def names(self) -> Mapping[str, str]:
        """Give the name of each member by its code (団体名)."""
        return {town.code: town.name for town in self.members}

    def without_value(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Name the members that are not among the codes (未登録の団体)."""
        known = set(codes)
        return tuple(town.name for town in self.members if town.code not in known)


def _doubt(before: Fraction | None, value: Fraction) -> str:
    """Say what is doubtful about a value, nothing if nothing is."""
    if value == before:
        return ""
    if value == 0:
        return "値が0です"
    if before is not None and abs(value - before) > before * _LARGE_CHANGE:
        return "50％を超えて変わります" if before else "0から変わります"
    return ""


def show_new_edition(viewer: Viewer, series: str = "") -> EditionPage:
    """Give what a new edition of a series starts from, or of a new series (新しい版の画面).

    Raises: NotFoundError for a series that is not there.
    """
    with reading() as session:
        towns = members_store.members(session, viewer.consortium_id)
        if not series:
            return EditionPage("", "", towns, ())
        editions = store.editions(session, viewer.consortium_id, series)
    if not editions:
        raise NotFoundError(
            "算定基礎に版を加えようとしました。", "見つかりません。", "一覧から選んでください。"
        )
    return EditionPage(series, editions[0].label, towns, editions)


def show_edition(viewer: Viewer, edition_id: str) -> EditionPage:
    """Give an edition, and what rests on it (版の訂正・取下げの画面).

    Raises: NotFoundError.
    """
    owner = viewer.consortium_id
    with reading() as session:
        edition = store.find_edition(session, owner, edition_id)
        towns = members_store.members(session, owner)
        others = store.editions(session, owner, edition.series)
        holders = store.holders(session, owner, edition)
    return EditionPage(edition.series, edition.label, towns, others, edition, holders)


def read_pasted(page: EditionPage, text: str) -> BasisTable:
    """Read lines pasted from a sheet (貼付けの読取り); see intake/basis_table.py."""
    return basis_table.read_pasted(text, _by_code(page))


def read_file(page: EditionPage, content: bytes) -> BasisTable:
    """Read an uploaded workbook or CSV file (ファイルの読取り); see intake/basis_table.py."""
    return basis_table.read_file(content, _by_code(page))


#: One byte more than this is enough to know that a file is too large.
LARGEST_FILE = basis_table.LARGEST_FILE


def _by_code(page: EditionPage) -> dict[MunicipalityCode, str]:
    return {town.code: town.name for town in page.members}


def export_edition(viewer: Viewer, edition_id: str) -> tuple[str, bytes]:
    """Give an edition as a CSV file that can be read in again, with its name (CSVの出力).

    Raises: NotFoundError.
    """
    with reading() as session:
        edition = store.find_edition(session, viewer.consortium_id, edition_id)
        towns = members_store.members(session, viewer.consortium_id)
    rows = [
        (town.code, town.name, write_value(edition.values[town.code]).replace(",", ""))
        for town in towns
        if town.code in edition.values
    ]
    stem = f"{edition.label}_{edition.reference_date:%Y%m%d}_{edition.name}"
    return file_name(stem, ".csv"), csv_file([tuple(basis_table.COLUMNS), *rows])
