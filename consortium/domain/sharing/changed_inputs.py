"""What two results were computed from, beside each other (前提の比較): rules, months, basis values.

Sources of the comparison are the results themselves: each holds the rules and values it used.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import zip_longest
from typing import NamedTuple

from consortium.domain.sharing.facts import Series
from consortium.domain.sharing.proration import months_between
from consortium.domain.sharing.result import EARLY, ItemResult, Pot, Result, Window
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.sharing.sentences import rule_note
from consortium.domain.timeline import Dated

#: Service and 経費区分 of a cost.
Subject = tuple[str, str]


class ValueChange(NamedTuple):
    """A member's basis value in both results (基礎数値の差); None where it has none."""

    code: str
    name: str
    old: Fraction | None
    new: Fraction | None


class BasisChange(NamedTuple):
    """Two editions of a basis, or one that only one result uses (算定基礎の変更)."""

    old: Series | None
    new: Series | None
    #: the members whose value differs; empty if only edition, date or source changed
    values: tuple[ValueChange, ...]

    @property
    def label(self) -> str:
        """Name of the basis (算定基礎の名前)."""
        series = self.new or self.old
        return series.label if series else ""


class RuleChange(NamedTuple):
    """Rule versions that the same costs were shared by (負担ルールの変更)."""

    #: service and 経費区分 of the costs
    subjects: tuple[Subject, ...]
    #: the versions in words, see `rule_note`
    old: tuple[str, ...]
    new: tuple[str, ...]
    #: what of the rule is different, e.g. 端数処理
    aspects: tuple[str, ...]


class PresenceChange(NamedTuple):
    """Months in which a member took part in the costs of a service (参加した月の変更).

    Only months of which both results have costs are compared.
    """

    service: str
    code: str
    name: str
    old: tuple[int, ...]
    new: tuple[int, ...]
    #: days in these months, old and new; None unless both results count days (日割)
    days: tuple[int, int] | None = None


def _pots_of(result: Result, entry: ItemResult) -> list[Pot]:
    """Give what an item was shared by, none for a direct charge."""
    return [result.pots[portion.pot] for portion in entry.portions]


def _versions(result: Result) -> dict[Subject, list[Dated[Rule]]]:
    """Give the rule versions used for the costs of each service and category, by day."""
    found: dict[Subject, list[Dated[Rule]]] = {}
    for entry in result.items:
        for pot in _pots_of(result, entry):
            used = found.setdefault((entry.item.service, entry.item.category), [])
            for window in pot.windows:
                if window.rule not in used:
                    used.append(window.rule)
    return {key: sorted(used, key=lambda dated: dated.since) for key, used in found.items()}


def _without_values(rule: Rule) -> Rule:
    """Leave out the values, which are compared by themselves."""
    parts = tuple(replace(part, series=None, own={}, own_source="") for part in rule.components)
    return replace(rule, components=parts)


def changed_rules(old: Result, new: Result, names: Mapping[str, str]) -> Iterator[RuleChange]:
    """Give the rules that are not the same, costs with the same change together.

    The rule of costs that only one result has is named if no other line tells it.
    """
    before, after = _versions(old), _versions(new)
    common = before.keys() & after.keys()
    told = {_notes(side[subject], names) for side in (before, after) for subject in common}
    found: dict[tuple[tuple[str, ...], ...], list[Subject]] = {}
    for subject in sorted({*before, *after}):
        left, right = before.get(subject, []), after.get(subject, [])
        if subject in common:
            is_told = [_bare(dated) for dated in left] == [_bare(dated) for dated in right]
        else:
            others = before if right else after
            elsewhere = {_notes(used, names) for used in others.values()}
            is_told = _notes(left or right, names) in told | elsewhere
        if not is_told:
            notes = _notes(left, names), _notes(right, names)
            change = *notes, tuple(_aspects(left, right))
            found.setdefault(change, []).append(subject)
    for (left_notes, right_notes, aspects), subjects in found.items():
        yield RuleChange(tuple(subjects), left_notes, right_notes, aspects)


def _notes(used: Iterable[Dated[Rule]], names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rule_note(dated, names) for dated in used))


def _bare(dated: Dated[Rule]) -> Dated[Rule]:
    return replace(dated, value=_without_values(dated.require()))


_ASPECTS: tuple[tuple[str, Callable[[Dated[Rule]], object]], ...] = (
    ("施行日と根拠", lambda dated: (dated.since, dated.source)),
    ("構成割", lambda dated: [_cut(part) for part in dated.require().components]),
    ("基準日の定め方", lambda dated: _datings(dated.require())),
    ("端数処理", lambda dated: dated.require().rounding),
    ("年度途中の加入・脱退", lambda dated: (dated.require().proration, dated.require().leaving)),
)


def _cut(part: Component) -> tuple[object, ...]:
    return part.key, part.basis, part.label, part.weight, part.power


def _datings(rule: Rule) -> dict[str, object]:
    return {part.key: part.dating for part in rule.components if part.dating is not None}


def _aspects(left: Sequence[Dated[Rule]], right: Sequence[Dated[Rule]]) -> Iterator[str]:
    """Name what of the rules is different, where both results have one."""
    for name, aspect in _ASPECTS:
        if left and right and [aspect(each) for each in left] != [aspect(each) for each in right]:
            yield name


class _Times(NamedTuple):
    """When somebody took part: months, and days (month, day) where days are counted."""

    months: set[int]
    days: set[tuple[int, int]]


def _times_of(result: Result) -> dict[str, dict[str, _Times]]:
    """Give when each member took part, by service; under the code "" is when anybody did."""
    found: dict[str, dict[str, _Times]] = {}
    for entry in result.items:
        service = found.setdefault(entry.item.service, {}) if entry.portions else {}
        for portion in entry.portions:
            for position, months in enumerate(portion.counted):
                _times(service, result, position).months.update(each.month for each in months)
            if portion.kind == EARLY:
                continue
            for window in result.pots[portion.pot].windows:
                for code in (None, *window.positions):
                    _add(_times(service, result, code), window)
    return found


def _times(service: dict[str, _Times], result: Result, position: int | None) -> _Times:
    code = "" if position is None else result.parties[position].code
    return service.setdefault(code, _Times(set(), set()))


def _add(times: _Times, window: Window) -> None:
    times.months.update(month.month for month in months_between(window.first, window.last))
    if window.days is not None:
        first, last = window.days
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        times.days.update((day.month, day.day) for day in days)


def changed_presences(
    old: Result, new: Result, names: Mapping[str, str]
) -> Iterator[PresenceChange]:
    """Give who takes part at other times, of the months and days both results have costs in."""
    before, after = _times_of(old), _times_of(new)
    for service in sorted({*before} & {*after}):
        left, right = before[service], after[service]
        both = _common(left[""], right[""])
        for code in sorted(({*left} | {*right}) - {""}):
            here, there = (
                _common(side.get(code, _Times(set(), set())), both) for side in (left, right)
            )
            if here != there:
                days = (len(here.days), len(there.days)) if both.days else None
                months = _in_order(here.months), _in_order(there.months)
                yield PresenceChange(service, code, names[code], *months, days)


def _common(times: _Times, others: _Times) -> _Times:
    return _Times(times.months & others.months, times.days & others.days)


def _in_order(months: set[int]) -> tuple[int, ...]:
    """Give months in the order of a fiscal year, April first."""
    return tuple(sorted(months, key=lambda month: (month - 4) % 12))


# ---- basis values


def values_used(result: Result) -> dict[str, list[Series]]:
    """Give the values each component read, values of the rule's own included, by component."""
    by_key = {series.key: series for series in result.series}
    found: dict[str, list[Series]] = {}
    for pot in result.pots:
        for window in pot.windows:
            for part in window.rule.require().components:
                table = _table(part, by_key)
                used = found.setdefault(part.key, [])
                if table is not None and table not in used:
                    used.append(table)
    return found


def _table(part: Component, by_key: Mapping[str, Series]) -> Series | None:
    if part.series is None:
        own = Series(part.key, part.label, part.own, source=part.own_source)
        return own if part.own else None
    series = by_key[part.series]
    if not part.own:
        return series
    source = "、".join(text for text in (series.source, part.own_source) if text)
    return replace(series, values={**series.values, **part.own}, source=source)


def changed_bases(old: Result, new: Result, names: Mapping[str, str]) -> Iterator[BasisChange]:
    """Pair the tables that only one of the results has, the earlier reference date first."""
    before, after = values_used(old), values_used(new)
    for key in sorted({*before, *after}):
        left = [each for each in before.get(key, []) if each not in after.get(key, [])]
        right = [each for each in after.get(key, []) if each not in before.get(key, [])]
        for pair in zip_longest(sorted(left, key=_by_date), sorted(right, key=_by_date)):
            yield BasisChange(*pair, tuple(_values(*pair, names)))


def _by_date(series: Series) -> tuple[str, str]:
    return str(series.reference_date or ""), series.edition


def _values(
    old: Series | None, new: Series | None, names: Mapping[str, str]
) -> Iterator[ValueChange]:
    for code, name in sorted(names.items()):
        left = old.values.get(code) if old else None
        right = new.values.get(code) if new else None
        if left != right:
            yield ValueChange(code, name, left, right)
