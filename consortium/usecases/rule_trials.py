"""What a version would change, before it is registered (負担ルールの試算)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Final

from consortium.db.store import inputs
from consortium.db.store.inputs import Grounds
from consortium.db.store.rules import Rule, RuleVersion
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label, wareki
from consortium.domain.errors import DomainError, NotInForceError
from consortium.domain.sharing.cautions import Outlook, cautions, percentage
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Facts, Party, Series
from consortium.domain.sharing.pinning import pin
from consortium.domain.sharing.result import CostItem, Result
from consortium.domain.sharing.rule import Rule as SharingRule
from consortium.domain.timeline import Dated, Timeline
from consortium.domain.yen import Yen
from consortium.usecases.rule_versions import Place
from consortium.usecases.viewer import Viewer

#: What is shared where a year has no costs for the rule (例の額).
EXAMPLE: Final = Yen(100_000_000)


@dataclass(frozen=True, slots=True)
class TrialLine:
    """One member's amount now and under the draft (試算の一行)."""

    name: str
    #: None where the member pays nothing by that version, or it could not be computed
    now: Yen | None
    draft: Yen | None
    #: its part of the whole under the draft, for display
    part: str

    @property
    def difference(self) -> Yen | None:
        """Give draft minus now, None where either is not known (増減)."""
        if self.now is None or self.draft is None:
            return None
        return Yen(self.draft - self.now)


@dataclass(frozen=True, slots=True)
class Trial:
    """A version tried on the costs of a year (試算)."""

    #: year and stage of the costs, as shown
    label: str
    #: number of items that the rule shares; 0: an example amount stands in
    items: int
    amount: Yen
    lines: tuple[TrialLine, ...]
    total_now: Yen | None
    total_draft: Yen | None
    #: 端数差額 under the draft
    rest: Yen
    #: the day on which the version is taken to begin, if not its own
    as_if_from: date | None
    #: what keeps the draft from being computed
    refusal: DomainError | None
    #: what keeps the version in force from being computed
    refusal_now: DomainError | None
    cautions: tuple[str, ...]


def try_version(viewer: Viewer, rule: Rule, draft: RuleVersion, place: Place, today: date) -> Trial:
    """Share the costs of a year under a draft and under what is in force (試算).

    Nothing is saved. A refusal of the engine is part of the answer.
    """
    with reading() as session:
        grounds = inputs.read_grounds(session, viewer.consortium_id, place.year, place.stage)
    desk = _Desk(grounds, rule, place.year, today)
    dated = Dated(draft.since, draft.rule(), draft.source)
    timeline, as_if_from = desk.with_draft(dated)
    now, refusal_now = desk.share(desk.timeline)
    result, refusal = desk.share(timeline)
    parties = desk.parties
    shares, shares_now = _parts(result), _parts(now)
    pinned, series = desk.pinned(dated)
    before = desk.before(draft.since)
    ratios = _ratios(result)
    outlook = Outlook(pinned, draft.since, before, parties, series, shares, shares_now, ratios)
    return Trial(
        fiscal_year_label(place.year) if place.label == "例" else place.label,
        len(desk.own_items),
        Yen(sum(item.amount for item in desk.items)),
        tuple(_line(party, now, result, shares) for party in parties),
        now.total if now else None,
        result.total if result else None,
        result.unallocated if result else Yen(0),
        as_if_from,
        refusal,
        refusal_now,
        (*_overlap_cautions(draft, today), *cautions(outlook)),
    )


def _overlap_cautions(draft: RuleVersion, today: date) -> tuple[str, ...]:
    if draft.since > today:
        return ()
    past = f"施行日（{wareki(draft.since)}）は過ぎています。これまでの算定は変わりません。"
    return (f"{past}算定し直した年度から、この版が使われます。",)


@dataclass(frozen=True, slots=True)
class _Desk:
    """The costs of one rule with what they rest on (作業台)."""

    grounds: Grounds
    rule: Rule
    year: FiscalYear
    today: date

    @property
    def key(self) -> tuple[str, str | None]:
        return self.rule.service_key, self.rule.category

    @property
    def own_items(self) -> list[CostItem]:
        """List the costs that this rule shares, or would once it is registered."""
        others = self.grounds.rules.keys() - {self.key}
        return [
            item
            for item in self.grounds.items
            if not item.charge_to
            and item.service == self.rule.service_key
            and self.rule.category in (None, item.category)
            and not (self.rule.category is None and (item.service, item.category) in others)
        ]

    @property
    def items(self) -> list[CostItem]:
        """List its costs; where there are none, an example for the whole year."""
        months = self.year.months()
        example = CostItem(
            1, "例", self.rule.category or "例", EXAMPLE, months[0], months[-1],
            self.rule.service_key,
        )  # fmt: skip
        return self.own_items or [example]

    @property
    def timeline(self) -> Timeline[SharingRule]:
        """Give what is in force for these costs without the draft."""
        service, category = self.key
        rules = self.grounds.rules
        empty: Timeline[SharingRule] = Timeline((), "この負担ルール")
        return rules.get((service, category)) or rules.get((service, None)) or empty

    @property
    def parties(self) -> tuple[Party, ...]:
        """List who uses the service in the year."""
        uses = self.grounds.participation.get(self.rule.service_key, {})
        year = self.year.period
        return tuple(
            party
            for party in self.grounds.parties
            if any(period.overlaps(year) for period in uses.get(party.code, ()))
        )

    def with_draft(self, dated: Dated[SharingRule]) -> tuple[Timeline[SharingRule], date | None]:
        """Put the draft in; a draft of another year is tried as if it held all year."""
        if self.year.period.contains(dated.since):
            others = [each for each in self.timeline.entries if each.since != dated.since]
            return Timeline([*others, dated], self.timeline.what), None
        first = self.year.period.since
        return Timeline([replace(dated, since=first)], self.timeline.what), first

    def before(self, day: date) -> SharingRule | None:
        """Give the version that holds on the day before the draft begins."""
        earlier = [each for each in self.timeline.entries if each.since < day]
        return earlier[-1].value if earlier else None

    def share(self, timeline: Timeline[SharingRule]) -> tuple[Result | None, DomainError | None]:
        """Share the costs, or say why not."""
        try:
            if not timeline.entries:
                raise NotInForceError(
                    "今の負担ルールで計算しようとしました。",
                    "この対象の負担ルールは、まだありません。",
                    "この版を登録すると、最初の版になります。",
                )
            pinned, series = pin({self.key: timeline}, self.grounds.editions, self.year, self.today)
            facts = Facts(self.grounds.parties, self.grounds.participation, series)
            return share(self.items, pinned, facts, self.year, recorded=False), None
        except DomainError as error:
            return None, error

    def pinned(self, dated: Dated[SharingRule]) -> tuple[SharingRule, Mapping[str, Series]]:
        """Give the draft with the editions it would use in the year, where they are there."""
        whole: Timeline[SharingRule] = Timeline([replace(dated, since=self.year.period.since)])
        try:
            chosen, found = pin({self.key: whole}, self.grounds.editions, self.year, self.today)
        except DomainError:
            return dated.require(), {}
        return chosen[self.key].entries[0].require(), found


def _parts(result: Result | None) -> dict[str, Fraction]:
    """Give each member's part of the whole, for display and cautions only."""
    whole = sum(result.amounts) if result else 0
    if result is None or whole <= 0:
        return {}
    return {
        party.code: Fraction(amount, whole)
        for party, amount in zip(result.parties, result.amounts, strict=True)
        if amount >= 0
    }


def _ratios(result: Result | None) -> dict[str, list[Fraction]]:
    """Give the exact ratios of what is rounded at once, by name, for cautions."""
    found: dict[str, list[Fraction]] = {}
    for pot in result.pots if result else ():
        found = pot.ratios | found
    return found


def _line(
    party: Party, now: Result | None, draft: Result | None, shares: Mapping[str, Fraction]
) -> TrialLine:
    part = shares.get(party.code)
    return TrialLine(
        party.name,
        now.amount(party.code) if now else None,
        draft.amount(party.code) if draft else None,
        percentage(part) if part is not None else "",
    )
