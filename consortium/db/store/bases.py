"""Basis values by edition, each with its source (算定基礎): one function per question asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.orm import Session, aliased

from consortium.db import models
from consortium.db.unit import Unit
from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.errors import NotFoundError
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.sharing.facts import Series
from consortium.domain.sharing.pinning import edition_key


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of a series with its values by code (基礎数値の版); `id` opens it."""

    id: str
    series: str
    label: str
    #: 基準日, or the last day of the period of a total
    reference_date: date
    #: first day of that period, None for a value as at a day
    period_from: date | None
    name: str
    published_on: date | None
    certainty: str
    source: str
    values: Mapping[MunicipalityCode, Fraction]
    #: where only some values may still change, the towns whose do (見込の団体); empty: all alike
    estimated: frozenset[str] = frozenset()

    def certainty_of(self, code: str) -> str:
        """Say whether one town's value may still change (団体ごとの確度)."""
        return "確定" if self.estimated and code not in self.estimated else self.certainty

    @property
    def key(self) -> str:
        """Name it as runs do, e.g. population@2015-10-01/平成27年国勢調査 (版のキー)."""
        return edition_key(self.series, self.reference_date, self.name)

    @property
    def fingerprint(self) -> str:
        """Say in one word what it holds: who saw another one is refused (内容の印)."""
        return sha256_hex(canonical(_in_words(self)))


# ---- questions -----------------------------------------------------------------------------------


def editions(
    session: Session, consortium_id: str, series: str | None = None
) -> tuple[Edition, ...]:
    """List every edition, or those of one series: by series, the newest first (算定基礎の一覧)."""
    table = models.BasisValue
    found = select(table).where(table.consortium_id == consortium_id)
    if series is not None:
        found = found.where(table.series == series)
    rows = session.scalars(found.order_by(table.series.desc(), table.code, table.id)).all()
    whole = [
        _edition(list(those))
        for _, those in groupby(sorted(rows, key=_edition_of), key=_edition_of)
    ]
    newest = sorted(whole, key=_age, reverse=True)
    return tuple(sorted(newest, key=lambda edition: edition.series, reverse=True))


def all_series(session: Session, consortium_id: str) -> dict[str, tuple[Series, ...]]:
    """Give every edition as a sharing reads it, by the key of its series (版の候補)."""
    return by_series(editions(session, consortium_id))


def by_series(editions: Iterable[Edition]) -> dict[str, tuple[Series, ...]]:
    """Turn editions into what a sharing reads, by the key of their series."""
    found: dict[str, tuple[Series, ...]] = {}
    for edition in editions:
        read = Series(
            edition.key,
            edition.label,
            {str(code): value for code, value in edition.values.items()},
            edition.reference_date,
            edition.name,
            edition.certainty,
            edition.source,
            edition.published_on,
            edition.period_from,
        )
        found[edition.series] = (*found.get(edition.series, ()), read)
    return found


def find_edition(session: Session, consortium_id: str, edition_id: str) -> Edition:
    """Give one edition by the id of any of its values.

    Raises: NotFoundError, for an edition of another consortium as well.
    """
    table = models.BasisValue
    one, every = aliased(table), aliased(table)
    alike = (
        (every.consortium_id == one.consortium_id)
        & (every.series == one.series)
        & (every.reference_date == one.reference_date)
        & (every.edition == one.edition)
    )
    rows = session.scalars(
        select(every)
        .join(one, alike)
        .where(one.consortium_id == consortium_id, one.id == edition_id)
    ).all()
    if not rows:
        raise NotFoundError(
            "算定基礎の版を開こうとしました。", "見つかりません。", "一覧から選び直してください。"
        )
    return _edition(rows)


@dataclass(frozen=True, slots=True)
class Holders:
    """What rests on an edition (版の使用): rules that name it, runs that were computed with it."""

    rules: tuple[str, ...] = ()
    #: fiscal year in which it begins, stage, edition of the run
    runs: tuple[tuple[int, str, int], ...] = ()

    def __bool__(self) -> bool:
        """Say whether anything does."""
        return bool(self.rules or self.runs)


def holders(session: Session, consortium_id: str, edition: Edition) -> Holders:
    """Find the rules that name an edition and the runs whose documents hold it (版の使用)."""
    part, version, rule = models.RuleComponent, models.SharingRuleVersion, models.SharingRule
    names = session.scalars(
        select(rule.name)
        .join(version, version.rule_id == rule.id)
        .join(part, part.version_id == version.id)
        .where(
            part.consortium_id == consortium_id,
            part.series == edition.series,
            part.reference_date == edition.reference_date,
            part.edition == edition.name,
        )
        .distinct()
        .order_by(rule.name)
    )
    run = models.AllocationRun
    runs = session.execute(
        select(run.fiscal_year_start, run.stage, run.edition)
        .where(run.consortium_id == consortium_id, _holds(edition))
        .order_by(run.fiscal_year_start, run.stage, run.edition)
    )
    return Holders(tuple(names), tuple((row[0], row[1], row[2]) for row in runs))


def _holds(edition: Edition) -> ColumnElement[bool]:
    """Look for the edition in the canonical text of a run's document."""
    text = models.AllocationRun.document
    named = text.contains(canonical(edition.key), autoescape=True)
    if edition.period_from is None:
        return named
    # A sum names its period and not its pieces: any sum of the series may hold this one.
    whole = text.contains(canonical(f"{edition.series}@")[:-1], autoescape=True)
    return or_(named, and_(whole, text.contains('の計"', autoescape=True)))


def series_labels(session: Session, consortium_id: str) -> dict[str, str]:
    """Give the label of each series by its key (系列の名)."""
    table = models.BasisValue
    rows = session.execute(
        select(table.series, func.min(table.label))
        .where(table.consortium_id == consortium_id)
        .group_by(table.series)
        .order_by(table.series)
    )
    return {row[0]: row[1] for row in rows}


def _edition_of(row: models.BasisValue) -> tuple[str, date, str]:
    return row.series, row.reference_date, row.edition


def _is(consortium_id: str, edition: Edition) -> ColumnElement[bool]:
    table = models.BasisValue
    return and_(
        table.consortium_id == consortium_id,
        table.series == edition.series,
        table.reference_date == edition.reference_date,
        table.edition == edition.name,
    )


def _age(edition: Edition) -> tuple[date, date, str]:
    return edition.reference_date, edition.published_on or edition.reference_date, edition.name


def _edition(rows: Sequence[models.BasisValue]) -> Edition:
    first = min(rows, key=lambda row: row.code)
    expected = frozenset(str(row.code) for row in rows if row.certainty == "見込")
    return Edition(
        first.id,
        first.series,
        first.label,
        first.reference_date,
        first.period_from,
        first.edition,
        first.published_on,
        # One value still expected makes the whole edition so.
        "見込" if expected else "確定",
        first.source,
        {row.code: row.value for row in sorted(rows, key=lambda row: row.code)},
        expected if len(expected) < len(rows) else frozenset(),
    )


# ---- changes -------------------------------------------------------------------------------------


def add_edition(unit: Unit, consortium_id: str, new: Edition) -> None:
    """Save one edition of a series, all its values as one event (基礎数値の版の登録)."""
    _add_rows(unit, consortium_id, new, set(new.values))
    _record(unit, consortium_id, "create", new, None, _in_words(new))


def correct_edition(unit: Unit, consortium_id: str, old: Edition, new: Edition) -> None:
    """Put a correction in the place of an edition (基礎数値の版の訂正).

    Each value keeps its row, so that the address of the edition stays the same.
    """
    rows = unit.session.scalars(select(models.BasisValue).where(_is(consortium_id, old))).all()
    for row in rows:
        if row.code in new.values:
            _fill(row, new)
        else:
            unit.session.delete(row)
    unit.session.flush()
    _add_rows(unit, consortium_id, new, set(new.values) - {row.code for row in rows})
    _record(unit, consortium_id, "correct", new, _in_words(old), _in_words(new))


def withdraw_edition(unit: Unit, consortium_id: str, old: Edition) -> None:
    """Remove an edition (基礎数値の版の取下げ); the chain keeps what it was."""
    unit.session.execute(delete(models.BasisValue).where(_is(consortium_id, old)))
    _record(unit, consortium_id, "withdraw", old, _in_words(old), None)


def _add_rows(
    unit: Unit, consortium_id: str, edition: Edition, codes: set[MunicipalityCode]
) -> None:
    rows = [
        _fill(models.BasisValue(consortium_id=consortium_id, code=code), edition)
        for code in sorted(codes)
    ]
    unit.session.add_all(rows)
    unit.session.flush()


def _fill(row: models.BasisValue, edition: Edition) -> models.BasisValue:
    row.series, row.label = edition.series, edition.label
    row.reference_date, row.period_from = edition.reference_date, edition.period_from
    row.edition, row.published_on = edition.name, edition.published_on
    row.certainty, row.source = edition.certainty_of(row.code), edition.source
    row.value = edition.values[row.code]
    return row


_TITLES = {"create": "登録", "correct": "訂正", "withdraw": "取下げ"}


def _record(  # noqa: PLR0913 -- what an event of the chain says
    unit: Unit,
    consortium_id: str,
    action: str,
    edition: Edition,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    title = f"{edition.label}({edition.name})の{_TITLES[action]}"
    unit.record(
        consortium_id, f"basis.{action}", "basis_edition", edition.key, title, before, after
    )


def _in_words(edition: Edition) -> dict[str, Any]:
    return {
        "基礎数値": edition.label,
        "基準日": edition.reference_date,
        "期間の初日": edition.period_from,
        "版": edition.name,
        "公表日": edition.published_on,
        "確度": edition.certainty,
        "根拠": edition.source,
        "値": dict(edition.values),
        **({"見込の団体": sorted(edition.estimated)} if edition.estimated else {}),
    }
