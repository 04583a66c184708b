"""Basis values as an officer reads them: series, editions, values (算定基礎)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby

from consortium.db.store import members as members_store
from consortium.db.store import rules as store
from consortium.db.store.members import Member
from consortium.db.store.rules import BasisValue, Rule
from consortium.db.unit import reading
from consortium.usecases.viewer import Viewer


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
class Edition:
    """One edition of a series with its values by code (基礎数値の版)."""

    reference_date: date
    name: str
    published_on: date | None
    certainty: str
    source: str
    values: Mapping[str, Fraction]
    uses: tuple[InUse, ...]

    @property
    def total(self) -> Fraction:
        """Add the values up (合計)."""
        return sum(self.values.values(), Fraction(0))

    def is_in_use(self, day: date) -> bool:
        """Say whether a rule in force on the day rests on it."""
        return any(use.is_on(day) for use in self.uses)


@dataclass(frozen=True, slots=True)
class BasisSeries:
    """A series with its editions, the newest first, and the members it should cover (系列)."""

    key: str
    label: str
    editions: tuple[Edition, ...]
    members: tuple[Member, ...]


def list_series(viewer: Viewer) -> tuple[BasisSeries, ...]:
    """Read every series with its editions, and where rules use them (算定基礎の一覧)."""
    with reading() as session:
        values = store.basis_values(session, viewer.consortium_id)
        rules = store.rules(session, viewer.consortium_id)
        towns = members_store.members(session, viewer.consortium_id)
    uses = _uses(rules)
    series = []
    for key, of_series in groupby(values, key=lambda value: value.series):
        editions = tuple(
            _edition(list(those), uses.get((key, *edition), ()))
            for edition, those in groupby(of_series, key=_edition_key)
        )
        label = next(value.label for value in values if value.series == key)
        series.append(BasisSeries(key, label, editions, towns))
    return tuple(series)


def _edition_key(value: BasisValue) -> tuple[date, str]:
    return value.reference_date, value.edition


def _edition(values: list[BasisValue], uses: tuple[InUse, ...]) -> Edition:
    first = values[0]
    return Edition(
        first.reference_date,
        first.edition,
        first.published_on,
        # One value still expected makes the whole edition so.
        "見込" if any(value.certainty == "見込" for value in values) else "確定",
        first.source,
        {value.code: value.value for value in values},
        uses,
    )


def _uses(rules: tuple[Rule, ...]) -> dict[tuple[str, date, str], tuple[InUse, ...]]:
    found: dict[tuple[str, date, str], tuple[InUse, ...]] = {}
    for rule in rules:
        ends = [later.since - timedelta(days=1) for later in rule.versions[1:]]
        for version, last_day in zip(rule.versions, [*ends, None], strict=True):
            for part in version.components:
                if part.series is None or part.reference_date is None:
                    continue
                key = (part.series, part.reference_date, part.edition or "")
                use = InUse(rule.name, version.since, last_day)
                found[key] = (*found.get(key, ()), use)
    return found
