"""Sharing rules as an officer reads them: in force, announced, past (負担ルール)."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from consortium.db.store import costs as costs_store
from consortium.db.store import members as members_store
from consortium.db.store import rules as store
from consortium.db.store.rules import RuleVersion
from consortium.db.unit import reading
from consortium.domain.sharing.proration import PRORATIONS
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.sharing.sentences import rule_text
from consortium.domain.yen import LEVELS, MODES, RESIDUALS
from consortium.usecases.viewer import Viewer

ANNOUNCED: Final = "予定"
IN_FORCE: Final = "適用中"
PAST: Final = "過去"

#: What the terms mean, for an officer who reads an agreement for the first time (用語の説明).
_RESIDUAL_NOTES: Final = {
    "largest_remainder": "切り捨てた部分の大きい団体から、1単位ずつ加えます。",
    "lead": "切り捨てた残りを、幹事市が負担します。",
    "largest_share": "切り捨てた残りを、負担額の最も大きい団体が負担します。",
    "last": "切り捨てた残りを、団体コードの最も大きい団体が負担します。",
    "unallocated": "切り捨てた残りは、どの団体も負担しません。",
}
_PRORATION_NOTES: Final = {
    "monthly": "月ごとに、その月に参加している団体で分けます。1日でも参加した月は数えます。",
    "monthly_rounded": "月ごとの額に切り分け、月ごとに端数を処理して足し上げます。",
    "daily": "日ごとに、その日に参加している団体で分けます。",
    "joiner_first": "途中で加入した団体の額を先に決め、残りをほかの団体で分けます。",
    "none": "途中で加入しても、1年分を負担します。",
}


@dataclass(frozen=True, slots=True)
class Version:
    """A version with its state today and its rule in words (負担ルールの版)."""

    row: RuleVersion
    state: str
    #: last day in force; None while no later version is registered
    last_day: date | None
    sentence: str

    @property
    def level(self) -> str:
        """Say where it is rounded (端数処理の段階)."""
        return LEVELS[self.row.rounding.level]

    @property
    def rounding(self) -> str:
        """Say how it is rounded (端数処理)."""
        return f"{self.row.rounding.unit:,}円未満を{MODES[self.row.rounding.mode]}"

    @property
    def residual(self) -> str:
        """Say who takes the rest (端数の負担者)."""
        return RESIDUALS[self.row.rounding.residual].label

    @property
    def residual_note(self) -> str:
        """Explain who takes the rest (端数の負担者の説明)."""
        return _RESIDUAL_NOTES.get(self.row.rounding.residual, "")

    @property
    def proration_note(self) -> str:
        """Explain how joining and leaving counts (按分方法の説明)."""
        return _PRORATION_NOTES.get(self.row.proration, "")

    @property
    def proration(self) -> str:
        """Say how joining and leaving inside a year counts (按分方法)."""
        return PRORATIONS[self.row.proration].label


@dataclass(frozen=True, slots=True)
class RuleHistory:
    """A rule with what it is for and its versions, the newest first (負担ルールの経過)."""

    name: str
    service: str
    #: empty: all categories without a rule of their own
    category: str
    versions: tuple[Version, ...]

    @property
    def current(self) -> Version | None:
        """Give the version in force today, None before the first (適用中の版)."""
        return next((each for each in self.versions if each.state == IN_FORCE), None)


def list_rules(viewer: Viewer, today: date) -> tuple[RuleHistory, ...]:
    """Read the rules with all their versions (負担ルールの一覧)."""
    with reading() as session:
        rules = store.rules(session, viewer.consortium_id)
        services = members_store.services(session, viewer.consortium_id)
        categories = costs_store.categories(session, viewer.consortium_id)
    service_names = {service.id: service.name for service in services}
    category_names = {category.id: category.name for category in categories}
    return tuple(
        RuleHistory(
            rule.name,
            service_names[rule.service_id],
            category_names.get(rule.category_id or "", ""),
            _history(rule.versions, today),
        )
        for rule in rules
    )


def _history(versions: tuple[RuleVersion, ...], today: date) -> tuple[Version, ...]:
    ends = [later.since - timedelta(days=1) for later in versions[1:]]
    return tuple(
        Version(version, _state(version, last_day, today), last_day, rule_text(_domain(version)))
        for version, last_day in reversed(list(zip(versions, [*ends, None], strict=True)))
    )


def _state(version: RuleVersion, last_day: date | None, today: date) -> str:
    if today < version.since:
        return ANNOUNCED
    return IN_FORCE if last_day is None or today <= last_day else PAST


def _domain(version: RuleVersion) -> Rule:
    parts = tuple(
        Component(part.series or part.basis, part.basis, part.label, Fraction(part.weight))
        for part in version.components
    )
    return Rule(parts, version.rounding, version.proration)
