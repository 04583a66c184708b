"""Everything that a run was shared from, as one plain document, and back (算定の入力).

A run keeps it beside its result, so that it can be shared again with some of the inputs exchanged:
that is how a difference is divided into its causes. `read(write(inputs)) == inputs`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.funding import Grant
from consortium.domain.invoicing import Rate, in_yen, taxed
from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.dampening import Dampening
from consortium.domain.sharing.document import (
    read_cost,
    read_day,
    read_rule,
    read_series,
    write_cost,
    write_day,
    write_fraction,
    write_rule,
    write_series,
)
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Facts, Party
from consortium.domain.sharing.result import CostItem, Result
from consortium.domain.sharing.rule import Rule, Rules
from consortium.domain.sharing.transfers import BuildCost, Term
from consortium.domain.timeline import Dated, Source, Timeline
from consortium.domain.yen import Yen

#: Raised when the shape of the document changes; `read` keeps understanding the earlier ones.
FORMAT = 1


class Dollars(NamedTuple):
    """How the yen of an item came from US dollars (米ドルの費目の前提).

    Units: US dollars and yen per dollar by month; `mode` a key of `yen.MODES`; `tax_rate` in
    percent, None where the dollars include the tax.
    """

    amounts: Mapping[Month, Fraction]
    rates: Mapping[Month, Fraction]
    mode: str = "floor"
    tax_rate: Fraction | None = None

    def yen(self) -> Yen:
        """Give the 税込 yen, the tax computed for the item alone (円換算)."""
        rates = {month: Rate(rate) for month, rate in self.rates.items()}
        net = in_yen(self.amounts, rates, self.mode)
        if self.tax_rate is None:
            return net
        (tax,) = taxed([(net, self.tax_rate)])
        return Yen(net + tax)


@dataclass(frozen=True, slots=True)
class RunInputs:
    """What `share()` was given for a run (算定の入力), and where dollars became yen."""

    items: tuple[CostItem, ...]
    rules: Rules
    facts: Facts
    year: FiscalYear
    agreement: Agreement = field(default_factory=Agreement)
    #: number of an item entered in US dollars → its dollars and rates
    dollars: Mapping[int, Dollars] = field(default_factory=dict)

    def share(self, *, recorded: bool = True) -> Result:
        """Share the costs (費用負担の算定). Raises: as `share()` of the engine."""
        return share(
            self.items, self.rules, self.facts, self.year,
            agreement=self.agreement, recorded=recorded,
        )  # fmt: skip


def write(inputs: RunInputs) -> dict[str, Any]:
    """Turn the inputs into a plain document; `canonical()` makes the text of it."""
    return {
        "format": FORMAT,
        "fiscal_year": inputs.year.start_year,
        "items": [write_cost(item) for item in inputs.items],
        "rules": [
            [*key, timeline.what, [_write_version(dated) for dated in timeline.entries]]
            for key, timeline in inputs.rules.items()
        ],
        "parties": [[p.code, p.name, p.is_lead] for p in inputs.facts.parties],
        "participation": {
            service: {code: [_write_period(each) for each in stays] for code, stays in of.items()}
            for service, of in inputs.facts.participation.items()
        },
        "series": {key: write_series(series) for key, series in inputs.facts.series.items()},
        "agreement": _write_agreement(inputs.agreement),
        "dollars": [[no, *_write_dollars(each)] for no, each in inputs.dollars.items()],
    }


def read(document: Mapping[str, Any]) -> RunInputs:
    """Turn a document back into the inputs."""
    rules = {
        (service, category): Timeline((_read_version(each) for each in versions), what)
        for service, category, what, versions in document["rules"]
    }
    facts = Facts(
        tuple(Party(code, name, is_lead) for code, name, is_lead in document["parties"]),
        {
            service: {code: tuple(map(_read_period, stays)) for code, stays in of.items()}
            for service, of in document["participation"].items()
        },
        {key: read_series(series) for key, series in document["series"].items()},
    )
    return RunInputs(
        tuple(read_cost(item) for item in document["items"]),
        rules,
        facts,
        FiscalYear(document["fiscal_year"]),
        _read_agreement(document["agreement"]),
        {no: _read_dollars(plain) for no, *plain in document["dollars"]},
    )


def _write_version(dated: Dated[Rule]) -> dict[str, Any]:
    """Write a version; a 廃止 has its day and source only."""
    if dated.value is not None:
        return write_rule(dated)
    source = dated.source
    return {
        "since": dated.since.isoformat(),
        "source": [source.document, source.article, write_day(source.decided_on), source.note],
    }


def _read_version(plain: Mapping[str, Any]) -> Dated[Rule]:
    if "components" in plain:
        return read_rule(plain)
    document, article, decided_on, note = plain["source"]
    source = Source(document, article, read_day(decided_on), note)
    return Dated(date.fromisoformat(plain["since"]), None, source)


def _write_period(period: Period) -> list[str | None]:
    return [write_day(period.since), write_day(period.until)]


def _read_period(plain: list[Any]) -> Period:
    return Period(date.fromisoformat(plain[0]), read_day(plain[1]))


# ---- what the agreement says ---------------------------------------------------------------------


def _write_agreement(terms: Agreement) -> dict[str, Any]:
    return {
        "grants": [
            [each.name, each.amount, each.treatment, each.item, each.member, _number(each.rate),
             each.note]
            for each in terms.grants
        ],
        "build_costs": [
            [each.name, each.amount, each.term.name, *_write_period(each.term.period),
             each.service, each.category, each.joining, each.leaving]
            for each in terms.build_costs
        ],
        "dampening": _write_dampening(terms.dampening) if terms.dampening else None,
    }  # fmt: skip


def _read_agreement(plain: Mapping[str, Any]) -> Agreement:
    grants = (
        Grant(name, amount, treatment, item, member, _read_number(rate), note)
        for name, amount, treatment, item, member, rate, note in plain["grants"]
    )
    builds = (
        BuildCost(name, amount, Term(term, _read_period([since, until])), *rest)
        for name, amount, term, since, until, *rest in plain["build_costs"]
    )
    dampening = plain["dampening"]
    return Agreement(
        tuple(grants), tuple(builds), _read_dampening(dampening) if dampening else None
    )


def _write_dampening(rule: Dampening) -> list[Any]:
    order = rule.order if isinstance(rule.order, str) else list(rule.order)
    bounds = [_number(bound) for bound in (rule.up, rule.down, rule.tolerance)]
    return [dict(rule.previous), *bounds, order, rule.source]


def _read_dampening(plain: list[Any]) -> Dampening:
    previous, up, down, tolerance, order, source = plain
    turns = order if isinstance(order, str) else tuple(order)
    return Dampening(
        previous, _read_number(up), _read_number(down), _read_number(tolerance), turns, source
    )


def _number(value: Fraction | None) -> str | None:
    return None if value is None else write_fraction(value)


def _read_number(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


# ---- US dollars ----------------------------------------------------------------------------------


def _write_dollars(dollars: Dollars) -> list[Any]:
    by_month = [
        {str(month): write_fraction(value) for month, value in part.items()}
        for part in (dollars.amounts, dollars.rates)
    ]
    return [*by_month, dollars.mode, _number(dollars.tax_rate)]


def _read_dollars(plain: list[Any]) -> Dollars:
    amounts, rates, mode, tax_rate = plain
    by_month = (
        {Month.parse(month): Fraction(value) for month, value in part.items()}
        for part in (amounts, rates)
    )
    return Dollars(next(by_month), next(by_month), mode, _read_number(tax_rate))
