"""Basis values and sharing rules, each with its source (算定基礎・負担ルール)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.unit import Unit
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.timeline import Source
from consortium.domain.yen import Rounding


@dataclass(frozen=True, slots=True)
class BasisValue:
    """The value of one municipality in one edition of a series (基礎数値)."""

    id: str
    series: str
    label: str
    reference_date: date
    edition: str
    published_on: date | None
    code: MunicipalityCode
    value: Fraction
    certainty: str
    source: str


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a rule version (構成割); the last three are empty for 均等割."""

    position: int
    basis: str
    label: str
    #: decimal text, as the agreement writes it
    weight: str
    series: str | None = None
    reference_date: date | None = None
    edition: str | None = None


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """A rule as it stands from a day on (負担ルールの版)."""

    id: str
    since: date
    source: Source
    rounding: Rounding
    proration: str
    components: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A sharing rule with its versions, the earliest first (負担ルール)."""

    id: str
    name: str
    service_id: str
    #: None: all categories without a rule of their own
    category_id: str | None
    versions: tuple[RuleVersion, ...] = ()


# ---- questions -----------------------------------------------------------------------------------


def basis_values(session: Session, consortium_id: str) -> tuple[BasisValue, ...]:
    """List every basis value: by series, the newest edition first, by code (算定基礎の一覧)."""
    table = models.BasisValue
    found = select(table).where(table.consortium_id == consortium_id)
    ordered = found.order_by(
        table.series.desc(), table.reference_date.desc(), table.edition, table.code
    )
    return tuple(
        BasisValue(
            row.id,
            row.series,
            row.label,
            row.reference_date,
            row.edition,
            row.published_on,
            row.code,
            row.value,
            row.certainty,
            row.source,
        )
        for row in session.scalars(ordered)
    )


def rules(session: Session, consortium_id: str) -> tuple[Rule, ...]:
    """List the rules with versions and components; three statements (負担ルールの一覧)."""
    components = _components(session, consortium_id)
    versions: dict[str, list[RuleVersion]] = {}
    table = models.SharingRuleVersion
    found = select(table).where(table.consortium_id == consortium_id).order_by(table.since)
    for row in session.scalars(found):
        versions.setdefault(row.rule_id, []).append(
            RuleVersion(
                row.id,
                row.since,
                Source(row.source_document, row.source_article, row.decided_on, row.note),
                Rounding(row.unit, row.mode, row.level, row.residual),
                row.proration,
                tuple(components.get(row.id, ())),
            )
        )
    heads = select(models.SharingRule).where(models.SharingRule.consortium_id == consortium_id)
    return tuple(
        Rule(row.id, row.name, row.service_id, row.category_id, tuple(versions.get(row.id, ())))
        for row in session.scalars(heads.order_by(models.SharingRule.name))
    )


def _components(session: Session, consortium_id: str) -> dict[str, list[Component]]:
    table = models.RuleComponent
    found = select(table).where(table.consortium_id == consortium_id).order_by(table.position)
    components: dict[str, list[Component]] = {}
    for row in session.scalars(found):
        components.setdefault(row.version_id, []).append(
            Component(
                row.position,
                row.basis,
                row.label,
                row.weight,
                row.series,
                row.reference_date,
                row.edition,
            )
        )
    return components


# ---- changes -------------------------------------------------------------------------------------


def add_basis_edition(unit: Unit, consortium_id: str, values: Sequence[BasisValue]) -> None:
    """Save one edition of a series, all its values as one event (基礎数値の版の登録)."""
    rows = [
        models.BasisValue(
            id=value.id,
            consortium_id=consortium_id,
            series=value.series,
            label=value.label,
            reference_date=value.reference_date,
            edition=value.edition,
            published_on=value.published_on,
            code=value.code,
            value=value.value,
            certainty=value.certainty,
            source=value.source,
        )
        for value in values
    ]
    unit.session.add_all(rows)
    unit.session.flush()
    first = values[0]
    after = {
        "基礎数値": first.label,
        "基準日": first.reference_date,
        "版": first.edition,
        "公表日": first.published_on,
        "確度": first.certainty,
        "根拠": first.source,
        "値": {value.code: value.value for value in values},
    }
    unit.record(
        consortium_id, "basis.create", "basis_edition",
        f"{first.series}@{first.reference_date}/{first.edition}",
        f"{first.label}({first.edition})の登録", None, after,
    )  # fmt: skip


def add_rule(unit: Unit, consortium_id: str, new: Rule) -> None:
    """Save a rule with its versions, one event for each version (負担ルールの登録)."""
    unit.session.add(
        models.SharingRule(
            id=new.id,
            consortium_id=consortium_id,
            name=new.name,
            service_id=new.service_id,
            category_id=new.category_id,
        )
    )
    unit.session.flush()
    for version in new.versions:
        add_version(unit, consortium_id, new, version)


def _add_components(unit: Unit, consortium_id: str, new: RuleVersion) -> None:
    unit.session.add_all(
        models.RuleComponent(
            id=models.new_id(),
            consortium_id=consortium_id,
            version_id=new.id,
            position=each.position,
            basis=each.basis,
            series=each.series,
            reference_date=each.reference_date,
            edition=each.edition,
            label=each.label,
            weight=each.weight,
        )
        for each in new.components
    )
    unit.session.flush()


def add_version(unit: Unit, consortium_id: str, rule: Rule, new: RuleVersion) -> None:
    """Save one more version of a rule (負担ルールの版の登録); versions are never edited."""
    rounding, source = new.rounding, new.source
    unit.session.add(
        models.SharingRuleVersion(
            id=new.id,
            consortium_id=consortium_id,
            rule_id=rule.id,
            since=new.since,
            source_document=source.document,
            source_article=source.article,
            decided_on=source.decided_on,
            note=source.note,
            unit=rounding.unit,
            mode=rounding.mode,
            level=rounding.level,
            residual=rounding.residual,
            proration=new.proration,
        )
    )
    unit.session.flush()
    _add_components(unit, consortium_id, new)
    after = {
        "施行日": new.since,
        "根拠文書": source.document,
        "条項": source.article,
        "議決日": source.decided_on,
        "構成割": [_component_in_words(each) for each in new.components],
        "端数処理": [rounding.unit, rounding.mode, rounding.level, rounding.residual],
        "按分方法": new.proration,
    }
    unit.record(
        consortium_id, "rule.add_version", "sharing_rule_version", new.id,
        f"負担ルール「{rule.name}」の版の登録", None, after,
    )  # fmt: skip


def _component_in_words(component: Component) -> dict[str, str]:
    words = {"構成割": component.label, "割合": component.weight}
    if component.series is not None:
        words |= {"基準日": str(component.reference_date), "版": component.edition or ""}
    return words
