"""Sharing rules as an officer reads them: in force, announced, past (負担ルール)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from consortium.db.store import members as members_store
from consortium.db.store import rules as store
from consortium.db.store.rules import Component, Rule, RuleVersion
from consortium.db.unit import reading
from consortium.domain.calendar.wareki import wareki
from consortium.domain.sharing.dating import in_words
from consortium.domain.sharing.proration import PRORATIONS
from consortium.domain.sharing.rule import LEAVINGS, PERCENT
from consortium.domain.sharing.sentences import number, parts_text, rule_text
from consortium.domain.yen import LEVELS, MODES, RESIDUALS
from consortium.usecases.viewer import Viewer

ANNOUNCED: Final = "予定"
IN_FORCE: Final = "適用中"
PAST: Final = "過去"

#: Who takes the rest, for an officer who reads an agreement for the first time (端数の説明).
RESIDUAL_NOTES: Final = {
    "largest_remainder": "切り捨てた部分の大きい団体から、1単位ずつ加えます。",
    "lead": "切り捨てた残りを、幹事市が負担します。",
    "largest_share": "切り捨てた残りを、負担額の最も大きい団体が負担します。",
    "last": "切り捨てた残りを、団体コードの最も大きい団体が負担します。",
    "unallocated": "切り捨てた残りは、どの団体も負担しません。",
}


@dataclass(frozen=True, slots=True)
class PartLine:
    """A component as a page shows it (構成割の一行)."""

    label: str
    weight: str
    #: which values it uses
    used: str
    #: what else it says
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A version with its state today and its rule in words (負担ルールの版)."""

    row: RuleVersion
    state: str
    #: last day in force; None while no later version is registered
    last_day: date | None
    sentence: str
    #: its components alone, e.g. 均等割20・人口割80
    parts: str
    part_lines: tuple[PartLine, ...]

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
        return RESIDUAL_NOTES.get(self.row.rounding.residual, "")

    @property
    def proration_note(self) -> str:
        """Explain how joining and leaving counts (按分方法の説明)."""
        return PRORATIONS[self.row.proration].help

    @property
    def proration(self) -> str:
        """Say how joining and leaving inside a year counts (按分方法)."""
        return PRORATIONS[self.row.proration].label

    @property
    def leaving(self) -> str:
        """Say until when a member that leaves pays (脱退時の負担)."""
        return LEAVINGS[self.row.leaving]

    @property
    def ratios(self) -> str:
        """Say how ratios are rounded before anything else (割合の桁数)."""
        digits = self.row.rounding.ratio_digits
        return "丸めない" if digits is None else f"小数第{digits}位までに四捨五入"


@dataclass(frozen=True, slots=True)
class RuleHistory:
    """A rule with what it is for and its versions, the newest first (負担ルールの経過)."""

    id: str
    name: str
    service: str
    #: empty: all categories without a rule of their own
    category: str
    versions: tuple[Version, ...]

    @property
    def current(self) -> Version | None:
        """Give the version in force today, None before the first (適用中の版)."""
        return next((each for each in self.versions if each.state == IN_FORCE), None)

    @property
    def announced(self) -> tuple[Version, ...]:
        """Give what is announced, the earliest first (予定の版)."""
        return tuple(each for each in reversed(self.versions) if each.state == ANNOUNCED)

    @property
    def subject(self) -> str:
        """Say what it is for, e.g. 基幹系共同クラウドの運用 (対象)."""
        return f"{self.service}の{self.category or 'すべての経費区分'}"


def list_rules(viewer: Viewer, today: date) -> tuple[RuleHistory, ...]:
    """Read the rules with all their versions (負担ルールの一覧)."""
    with reading() as session:
        rules = store.rules(session, viewer.consortium_id)
        towns = members_store.members(session, viewer.consortium_id)
    names = {str(town.code): town.name for town in towns}
    return tuple(history(rule, today, names) for rule in rules)


def show_rule(viewer: Viewer, rule_id: str, today: date) -> RuleHistory:
    """Read one rule with all its versions (負担ルール).

    Raises: NotFoundError.
    """
    with reading() as session:
        rule = store.rule(session, viewer.consortium_id, rule_id)
        towns = members_store.members(session, viewer.consortium_id)
    return history(rule, today, {str(town.code): town.name for town in towns})


def history(rule: Rule, today: date, names: Mapping[str, str]) -> RuleHistory:
    """Put the versions of a rule in words, the newest first (負担ルールの経過)."""
    ends = [later.since - timedelta(days=1) for later in rule.versions[1:]]
    versions = tuple(
        _version(row, last_day, today, names)
        for row, last_day in reversed(list(zip(rule.versions, [*ends, None], strict=True)))
    )
    return RuleHistory(rule.id, rule.name, rule.service, rule.category or "", versions)


def _version(
    row: RuleVersion, last_day: date | None, today: date, names: Mapping[str, str]
) -> Version:
    rule = row.rule()
    state = _state(row, last_day, today)
    lines = tuple(_part_line(part, names) for part in row.components)
    return Version(row, state, last_day, rule_text(rule, names), parts_text(rule, names), lines)


def _part_line(part: Component, names: Mapping[str, str]) -> PartLine:
    """Say which values a component uses (使う数値)."""
    own = "、".join(f"{names.get(code, code)} {number(value)}" for code, value in part.own.items())
    notes: list[str] = []
    used = "団体の数で等分"
    if part.basis == "host":
        used = f"{'、'.join(names.get(code, code) for code in part.own)}が全額を負担"
    elif part.series is not None:
        used = part.edition or (in_words(part.dating) if part.dating else "")
        if part.edition and part.reference_date:
            notes.append(f"{wareki(part.reference_date)}時点")
        notes += [f"値を{part.power}乗した比で分けます"] if part.power else []
        notes += [f"区分だけの値：{own}"] if own else []
    elif own:
        used = own
    notes += [part.own_source] if part.own_source else []
    weight = f"{part.weight}％" if part.basis == PERCENT else part.weight
    return PartLine(part.label, weight, used, tuple(notes))


def _state(version: RuleVersion, last_day: date | None, today: date) -> str:
    if today < version.since:
        return ANNOUNCED
    return IN_FORCE if last_day is None or today <= last_day else PAST
