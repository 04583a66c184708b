"""Naming the edition that every component of a fiscal year uses (算定基礎の版の固定).

A rule says 最新の国勢調査; a run says which edition that was on its day. After `pin` no component
in force in the year has a date rule any more, so that what is stored with a run can never come to
mean another edition.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from consortium.domain.calendar.period import FiscalYear, Period
from consortium.domain.errors import BadInputError, DomainError
from consortium.domain.sharing.dating import choose
from consortium.domain.sharing.facts import Series
from consortium.domain.sharing.rule import Component, Rule, Rules
from consortium.domain.timeline import Dated, Timeline


def pin(
    rules: Rules, editions: Mapping[str, Sequence[Series]], year: FiscalYear, as_of: date
) -> tuple[Rules, dict[str, Series]]:
    """Put the key of one edition into each component, and give the editions used (版の固定).

    `editions` lists every edition of each series by the key of the series. Versions of a rule that
    are in force neither in the year nor on the days before and after it stay as they are: nothing
    of that year rests on them.

    Raises: NotInForceError naming series, date wanted and dates there are; BadInputError for a
    series that is not there, and for one with several editions and no date rule.
    """
    desk = _Desk(editions, year, as_of)
    pinned = {whose: desk.timeline(timeline) for whose, timeline in rules.items()}
    return pinned, desk.used


def edition_key(series: str, reference_date: date | None, edition: str) -> str:
    """Name one edition of a series, e.g. population@2015-10-01/平成27年国勢調査 (版のキー)."""
    return f"{series}@{reference_date or ''}/{edition}"


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where rules and editions meet (作業台); `used` fills while rules pass over it."""

    editions: Mapping[str, Sequence[Series]]
    year: FiscalYear
    as_of: date
    used: dict[str, Series] = field(default_factory=dict)

    def timeline(self, timeline: Timeline[Rule]) -> Timeline[Rule]:
        ends = [*(later.since for later in timeline.entries[1:]), None]
        entries = [
            self._entry(dated, Period(dated.since, end))
            for dated, end in zip(timeline.entries, ends, strict=True)
        ]
        return Timeline(entries, timeline.what)

    def _entry(self, dated: Dated[Rule], in_force: Period) -> Dated[Rule]:
        if in_force.overlaps(self.year.period):
            return self._dated(dated)
        around = (self.year.period.since - timedelta(days=1), self.year.next().period.since)
        if any(in_force.contains(day) for day in around):
            # Who joins on 1 April pays 加入金 to the others by their ratio of March; 残存費用 of
            # who leaves on 31 March goes to them by that of April. Nobody asks for these ratios
            # otherwise, so a version that cannot be pinned is no reason to refuse.
            with suppress(DomainError):
                return self._dated(dated)
        return dated

    def _dated(self, dated: Dated[Rule]) -> Dated[Rule]:
        if dated.value is None:
            return dated
        components = tuple(self._component(each) for each in dated.value.components)
        return replace(dated, value=replace(dated.value, components=components))

    def _component(self, component: Component) -> Component:
        if component.series is None:
            return component
        chosen = self._chosen(component, component.series)
        key = edition_key(component.series, chosen.reference_date, chosen.edition)
        self.used[key] = replace(chosen, key=key)
        return replace(component, series=key, dating=None)

    def _chosen(self, component: Component, series: str) -> Series:
        there = self.editions.get(series, ())
        if not there:
            raise BadInputError(
                f"構成割「{component.label}」の算定基礎を探しました。",
                f"算定基礎「{series}」がありません。",
                "算定基礎を登録するか、構成割の算定基礎を直してください。",
                path="basis",
            )
        if component.dating is not None:
            return choose(component.dating, there, self.year, self.as_of)
        if len(there) == 1:
            return there[0]
        names = "、".join(f"{each.reference_date}（{each.edition}）" for each in there)
        raise BadInputError(
            f"構成割「{component.label}」の{there[0].label}を使おうとしました。",
            f"版が{len(there)}つあり、どれを使うかの定めがありません（{names}）。",
            "構成割に基準日の定め方（最新の公表値、前年度の基準日、固定など）を付けてください。",
            path="dating",
        )
