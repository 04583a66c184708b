"""Sharing rules with their versions, each with its source (負担ルール)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import groupby
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.unit import Unit
from consortium.domain.errors import NotFoundError
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.sharing import document
from consortium.domain.sharing import rule as domain
from consortium.domain.sharing.dating import Dating, in_words
from consortium.domain.sharing.result import Result
from consortium.domain.timeline import Source
from consortium.domain.yen import Rounding


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a rule version (構成割); what its kind does not use is empty."""

    position: int
    basis: str
    label: str
    #: decimal text, as the agreement writes it
    weight: str
    series: str | None = None
    dating: Dating | None = None
    #: exponent, decimal text
    power: str | None = None
    #: values that the rule itself writes
    own: Mapping[MunicipalityCode, Fraction] = field(default_factory=dict)
    own_source: str = ""

    @property
    def reference_date(self) -> date | None:
        """Give the reference date that the date rule names, if it names one (固定の基準日)."""
        return self.dating.first if self.dating and self.dating.kind == "frozen" else None

    @property
    def edition(self) -> str | None:
        """Give the edition that the date rule names, if it names one (固定の版)."""
        return self.dating.edition or None if self.dating else None


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """A rule as it stands from a day on (負担ルールの版)."""

    id: str
    since: date
    source: Source
    rounding: Rounding
    proration: str
    components: tuple[Component, ...]
    leaving: str = "month"

    def rule(self) -> domain.Rule:
        """Give it as a sharing reads it.

        Raises: BadInputError for what does not go together; `path` names component and field.
        """
        keys = _keys(self.components)
        parts = tuple(
            domain.Component(
                key,
                each.basis,
                each.label,
                Fraction(each.weight),
                each.series,
                {str(code): value for code, value in each.own.items()},
                each.own_source,
                None if each.power is None else Fraction(each.power),
                each.dating,
            )
            for key, each in zip(keys, self.components, strict=True)
        )
        return domain.Rule(parts, self.rounding, self.proration, self.leaving)


def _keys(components: tuple[Component, ...]) -> list[str]:
    """Name the components in results: after their series, numbered from the second alike."""
    keys: list[str] = []
    for each in components:
        plain = each.series or each.basis
        alike = sum(key.partition("#")[0] == plain for key in keys)
        keys.append(f"{plain}#{alike + 1}" if alike else plain)
    return keys


@dataclass(frozen=True, slots=True)
class Rule:
    """A sharing rule with its versions, the earliest first (負担ルール)."""

    id: str
    name: str
    service_id: str
    #: None: all categories without a rule of their own
    category_id: str | None
    versions: tuple[RuleVersion, ...] = ()
    #: as read from the tables
    service_key: str = ""
    service: str = ""
    category: str | None = None


# ---- questions -----------------------------------------------------------------------------------


def rules(session: Session, consortium_id: str, rule_id: str | None = None) -> tuple[Rule, ...]:
    """List the rules with their versions; two statements (負担ルールの一覧)."""
    components = _components(session, consortium_id)
    head, version = models.SharingRule, models.SharingRuleVersion
    service, category = models.Service, models.CostCategory
    found = (
        select(head, version, service.key, service.name, category.name)
        .join(service, service.id == head.service_id)
        .outerjoin(category, category.id == head.category_id)
        .outerjoin(version, version.rule_id == head.id)
        .where(head.consortium_id == consortium_id)
        .order_by(head.name, version.since)
    )
    if rule_id is not None:
        found = found.where(head.id == rule_id)
    rows = session.execute(found).all()
    return tuple(
        _rule([(row[0], row[1], row[2], row[3], row[4]) for row in those], components)
        for _, those in groupby(rows, key=lambda row: row[0].id)
    )


def rule(session: Session, consortium_id: str, rule_id: str) -> Rule:
    """Give one rule.

    Raises: NotFoundError, for a rule of another consortium as well.
    """
    found = rules(session, consortium_id, rule_id)
    if not found:
        raise NotFoundError(
            "負担ルールを開こうとしました。", "見つかりません。", "一覧から選び直してください。"
        )
    return found[0]


def version_owner(session: Session, version_id: str) -> str | None:
    """Give the consortium that uses an id for a version, None while it is free (版のid)."""
    table = models.SharingRuleVersion
    return session.scalar(select(table.consortium_id).where(table.id == version_id))


def runs_resting_on(
    session: Session, consortium_id: str, version: RuleVersion
) -> tuple[tuple[int, str, int], ...]:
    """Give year, stage and edition of the runs beyond the draft that used a version (版の使用)."""
    run = models.AllocationRun
    found = (
        select(run.fiscal_year_start, run.stage, run.edition, run.document)
        .where(
            run.consortium_id == consortium_id,
            run.state != "draft",
            run.document.contains(version.since.isoformat()),
        )
        .order_by(run.fiscal_year_start, run.stage, run.edition)
    )
    return tuple(
        (year, stage, edition)
        for year, stage, edition, text in session.execute(found)
        if _rests_on(document.read(json.loads(text)), version)
    )


def _rests_on(result: Result, version: RuleVersion) -> bool:
    # A run keeps no ids of rules: day, source and weights together tell the version.
    weights = [(each.label, Fraction(each.weight)) for each in version.components]
    return any(
        window.rule.since == version.since
        and window.rule.source == version.source
        and [(part.label, part.weight) for part in window.rule.require().components] == weights
        for pot in result.pots
        for window in pot.windows
    )


def _rule(rows: list[tuple[Any, ...]], components: Mapping[str, list[Component]]) -> Rule:
    head, _, key, service, category = rows[0]
    versions = tuple(_version(row[1], components) for row in rows if row[1] is not None)
    return Rule(
        head.id, head.name, head.service_id, head.category_id, versions, key, service, category
    )


def _version(
    row: models.SharingRuleVersion, components: Mapping[str, list[Component]]
) -> RuleVersion:
    return RuleVersion(
        row.id,
        row.since,
        Source(row.source_document, row.source_article, row.decided_on, row.note),
        Rounding(row.unit, row.mode, row.level, row.residual, row.ratio_digits),
        row.proration,
        tuple(components.get(row.id, ())),
        row.leaving,
    )


def _components(session: Session, consortium_id: str) -> dict[str, list[Component]]:
    table, own = models.RuleComponent, models.RuleComponentValue
    found = (
        select(table, own.code, own.value)
        .outerjoin(own, own.component_id == table.id)
        .where(table.consortium_id == consortium_id)
        .order_by(table.version_id, table.position, own.code)
    )
    components: dict[str, list[Component]] = {}
    for row, those in groupby(session.execute(found), key=lambda line: line[0]):
        values = {code: value for _, code, value in those if code is not None}
        component = Component(
            row.position,
            row.basis,
            row.label,
            row.weight,
            row.series,
            _dating(row),
            row.power,
            values,
            row.own_source,
        )
        components.setdefault(row.version_id, []).append(component)
    return components


def _dating(row: models.RuleComponent) -> Dating | None:
    if row.dating is None:
        return None
    month_day = None
    if row.month_day:
        month, day = row.month_day.split("-")
        month_day = int(month), int(day)
    is_period = row.period_from is not None
    return Dating(
        row.dating,
        month_day,
        row.period_from if is_period else row.reference_date,
        row.reference_date if is_period else None,
        row.edition or "",
    )


# ---- changes -------------------------------------------------------------------------------------


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
            ratio_digits=rounding.ratio_digits,
            leaving=new.leaving,
        )
    )
    unit.session.flush()
    for each in new.components:
        _add_component(unit, consortium_id, new.id, each)
    unit.record(
        consortium_id, "rule.add_version", "sharing_rule_version", new.id,
        f"負担ルール「{rule.name}」の版の登録", None, _in_words(new),
    )  # fmt: skip


def _add_component(unit: Unit, consortium_id: str, version_id: str, new: Component) -> None:
    dating = new.dating
    month_day = dating.month_day if dating else None
    row = models.RuleComponent(
        id=models.new_id(),
        consortium_id=consortium_id,
        version_id=version_id,
        position=new.position,
        basis=new.basis,
        series=new.series,
        reference_date=(dating.last or dating.first) if dating else None,
        edition=new.edition,
        label=new.label,
        weight=new.weight,
        dating=dating.kind if dating else None,
        month_day=f"{month_day[0]:02}-{month_day[1]:02}" if month_day else None,
        period_from=dating.first if dating and dating.last else None,
        power=new.power,
        own_source=new.own_source,
    )
    unit.session.add(row)
    unit.session.flush()
    unit.session.add_all(
        models.RuleComponentValue(
            component_id=row.id, code=code, consortium_id=consortium_id, value=value
        )
        for code, value in new.own.items()
    )
    unit.session.flush()


def remove_version(unit: Unit, consortium_id: str, rule: Rule, old: RuleVersion) -> None:
    """Take a version back; a rule without any other goes with it (負担ルールの版の取下げ)."""
    part, value = models.RuleComponent, models.RuleComponentValue
    version, head = models.SharingRuleVersion, models.SharingRule
    its_parts = select(part.id).where(part.version_id == old.id)
    unit.session.execute(delete(value).where(value.component_id.in_(its_parts)))
    unit.session.execute(delete(part).where(part.version_id == old.id))
    unit.session.execute(delete(version).where(version.id == old.id))
    if len(rule.versions) == 1:
        unit.session.execute(delete(head).where(head.id == rule.id))
    unit.record(
        consortium_id, "rule.withdraw_version", "sharing_rule_version", old.id,
        f"負担ルール「{rule.name}」の版の取下げ", _in_words(old), None,
    )  # fmt: skip


def _in_words(version: RuleVersion) -> dict[str, Any]:
    rounding, source = version.rounding, version.source
    words = {
        "施行日": version.since,
        "根拠文書": source.document,
        "条項": source.article,
        "議決日": source.decided_on,
        "構成割": [dict(_component_in_words(each)) for each in version.components],
        "端数処理": [rounding.unit, rounding.mode, rounding.level, rounding.residual],
        "按分方法": version.proration,
    }
    if source.note:
        words["備考"] = source.note
    if rounding.ratio_digits is not None:
        words["割合の桁数"] = rounding.ratio_digits
    if version.leaving != "month":
        words["脱退時の負担"] = domain.LEAVINGS[version.leaving]
    return words


def _component_in_words(component: Component) -> Iterator[tuple[str, Any]]:
    yield from (("構成割", component.label), ("割合", component.weight))
    if component.dating is not None:
        yield "基準日の定め方", in_words(component.dating)
    if component.power is not None:
        yield "指数", component.power
    if component.own:
        yield "団体ごとの値", dict(component.own)
        yield "団体ごとの値の根拠", component.own_source
