"""A case file entered into an empty consortium as officers do (算定ケースを画面の道で登録する).

The file is taken as it is written, not as `flask share` reads it: what the reader works out (tax,
yen of US dollars, which edition) is left to the portal. Everything goes through a use case, but
for the three things that no page registers: the consortium, its service, and its lead city.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any, Final

import yaml

from consortium.db.models import new_id
from consortium.db.store import members as members_store
from consortium.db.store import settings as settings_store
from consortium.db.unit import writing
from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.municipality import municipality_code
from consortium.domain.sharing.bases import BASES, component_label
from consortium.domain.sharing.dating import Dating
from consortium.domain.timeline import Source
from consortium.domain.yen import Rounding, Yen
from consortium.usecases import (
    basis_editions,
    cost_categories,
    cost_items,
    costs,
    dampening,
    exchange,
    funding,
    invoices,
    members,
    rule_versions,
    settings,
    terms,
    usage,
)
from consortium.usecases.viewer import Viewer

Raw = Mapping[str, Any]

#: Keys of a case that the portal does not hold, and why; every other key is entered.
NOT_IN_PORTAL: Final = {
    # tests/usecases/test_design_settlement.py asks for instalments by the portal's own plan.
    "instalments": "期別納付は納付計画の画面で決める。負担額そのものは変えない。",
}
#: Keys that are no data to enter: a title, the day of the run, and what should come out.
ABOUT: Final = {"name", "fiscal_year", "as_of", "expect"}

SERVICE: Final = "cloud"
#: Where a case names no category, no source, no edition.
CATEGORY, SOURCE, EDITION = "共通", "（出典の記載なし）", "（版の名なし）"
LONG_AGO = date(1989, 4, 1)


@dataclass(frozen=True, slots=True)
class Entered:
    """A consortium that holds exactly what a case file says (登録したケース)."""

    viewer: Viewer
    year: FiscalYear
    stage: str
    #: the day of the case: what is published later is not known
    now: datetime
    #: component as named in the portal's results → as the case file names it
    components: Mapping[str, str]


@dataclass(slots=True)
class Desk:
    """Where a case is typed in (登録の机); what was saved is found again by its name."""

    raw: Raw
    viewer: Viewer
    year: FiscalYear
    stage: str
    now: datetime
    service_id: str = ""
    members: dict[str, str] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    invoices: dict[str, str] = field(default_factory=dict)
    items: dict[str, str] = field(default_factory=dict)
    components: dict[str, str] = field(default_factory=dict)

    def listed(self, key: str) -> list[Raw]:
        """Give the entries of a key that may be left out."""
        return list(self.raw.get(key) or ())


def enter(text: str, stage: str = "final") -> Entered:
    """Enter a case into a consortium of its own, without anything the case does not say."""
    raw = yaml.safe_load(text)
    year = FiscalYear(raw["fiscal_year"])
    day = _day(raw["as_of"]) if "as_of" in raw else year.period.since
    now = datetime.combine(day, time(1), UTC)
    viewer = Viewer("u-1", "弘前 花子", "lead_staff", new_id(), body="事務局")
    desk = Desk(raw, viewer, year, stage, now)
    _consortium(desk)
    unknown = set(raw) - set(STEPS) - set(NOT_IN_PORTAL) - ABOUT - set(READ_BESIDE)
    assert not unknown, f"画面の道で登録していないキー: {unknown}"
    for key, step in STEPS.items():
        if raw.get(key):
            step(desk)
    return Entered(viewer, year, stage, now, desk.components)


# ---- who takes part ------------------------------------------------------------------------------


def _consortium(desk: Desk) -> None:
    """Set up what no page registers: the consortium with its service."""
    owner = desk.viewer.consortium_id
    new = settings_store.Settings(owner, owner, "試験の協議会", "事務局", False, True, {})
    service = members_store.Service(
        new_id(), SERVICE, "共同クラウド", "協議会", Period(LONG_AGO), SOURCE
    )
    with writing(desk.viewer.actor(), desk.now) as unit:
        settings_store.add_consortium(unit, new)
        members_store.add_service(unit, owner, service)
    desk.service_id = service.id


def _members(desk: Desk) -> None:
    for each in desk.listed("members"):
        code, name = municipality_code(each["code"]), each["name"]
        kind = name[-1] if name[-1] in members.KINDS else "市"
        if each.get("lead"):
            lead = members_store.Member(new_id(), code, name, "", kind, is_lead=True)
            with writing(desk.viewer.actor(), desk.now) as unit:
                members_store.add_member(unit, desk.viewer.consortium_id, lead)
        joining = members.Joining(
            code, name, "", kind, _day(each["since"]), SOURCE, (desk.service_id,)
        )
        members.join_member(desk.viewer, joining, desk.now)
        if "until" in each:
            final = _day(each["until"]) - timedelta(days=1)
            members.end_membership(desk.viewer, code, final, "脱退", desk.now)
    standings = members.show_roster(desk.viewer).standings
    desk.members |= {each.member.code: each.member.id for each in standings}


# ---- bases and rules -----------------------------------------------------------------------------


def _bases(desk: Desk) -> None:
    for key, basis in desk.raw["bases"].items():
        label, editions = basis.get("label", key), basis.get("editions", [basis])
        for number, each in enumerate(editions):
            entry = _edition(each)
            if number == 0:
                basis_editions.add_series(desk.viewer, label, key, entry, desk.now)
            else:
                basis_editions.add_edition(desk.viewer, key, entry, desk.now)


def _edition(each: Raw) -> basis_editions.Entry:
    return basis_editions.Entry(
        # A table of a case may be as at no day; a basis of the portal has one.
        _day(each["reference_date"]) if "reference_date" in each else LONG_AGO,
        _day(each["period_from"]) if "period_from" in each else None,
        each.get("edition", EDITION),
        _day(each["published_on"]) if "published_on" in each else None,
        each.get("certainty", "確定"),
        each.get("source", SOURCE),
        {municipality_code(code): _exact(value) for code, value in each["values"].items()},
    )


def _rules(desk: Desk) -> None:
    """Register the versions of each category's rule: the first makes the rule."""
    known: dict[str, str] = {}
    for each in desk.listed("rules"):
        category = each.get("category", "")
        version = _version(desk, each)
        if category in known:
            rule_versions.add_version(desk.viewer, known[category], version, desk.now)
            continue
        subject = _category(desk, category) if category else desk.service_id
        name = f"{category or 'すべての経費区分'}の負担ルール"
        rule = rule_versions.create_rule(desk.viewer, name, subject, version, desk.now)
        known[category] = rule.id


def _version(desk: Desk, each: Raw) -> rule_versions.RuleVersion:
    def said(key: str, usual: Any) -> Any:
        return each.get(key, desk.raw.get(key, usual))

    parts = list(enumerate(each["components"], start=1))
    version = rule_versions.RuleVersion(
        new_id(),
        _day(each["since"]),
        Source(each.get("source", SOURCE)),
        Rounding(**said("rounding", {})),
        said("proration", "monthly"),
        tuple(_component(desk, part, position) for position, part in parts),
        said("leaving", "month"),
    )
    for (_, part), named in zip(parts, version.rule().components, strict=True):
        assert desk.components.setdefault(named.key, part["basis"]) == part["basis"]
    return version


def _component(desk: Desk, part: Raw, position: int) -> rule_versions.Component:
    kind = next((KINDS[key] for key in KINDS if key in part), "table")
    if part["basis"] == "equal":
        kind = "equal"
    series = part["basis"] if BASES[kind].reads_series else None
    called = desk.raw["bases"][series].get("label", series) if series else ""
    own = part.get("values") or part.get("overrides") or {}
    if "host" in part:
        own = {part["host"]: 1}
    return rule_versions.Component(
        position,
        kind,
        part.get("label") or component_label(kind, called),
        str(part.get("percent", part.get("weight"))),
        series,
        _dating(part["dating"]) if "dating" in part else None,
        str(part["power"]) if "power" in part else None,
        {municipality_code(code): _exact(value) for code, value in own.items()},
        part.get("override_source", ""),
    )


#: The key of a component that says of which kind it is.
KINDS: Final = {"values": "fixed", "host": "host", "power": "power", "percent": "percent"}


def _dating(said: Any) -> Dating:
    if isinstance(said, str):
        return Dating(said)
    if "frozen" in said:
        return Dating("frozen", first=_day(said["frozen"]), edition=said.get("edition", ""))
    if "cumulated" in said:
        period = said["cumulated"]
        return Dating("cumulated", first=_day(period["from"]), last=_day(period["to"]))
    month, day = said["previous_fiscal_year"].split("-")
    return Dating("previous_fiscal_year", (int(month), int(day)))


# ---- costs ---------------------------------------------------------------------------------------


def _exchange_rates(desk: Desk) -> None:
    given = desk.raw["exchange_rates"]
    known = settings.show_settings(desk.viewer)
    entry = settings.Entry(
        known.name,
        known.office_name,
        known.shows_other_members,
        settings.label_2019(known),
        given.get("mode", "floor"),
    )
    settings.change_settings(desk.viewer, known.row_version, entry, desk.now)
    for text, said in given["rates"].items():
        month, rate = Month.parse(text), said if isinstance(said, dict) else {"rate": said}
        quoted_on = _day(rate["quoted_on"]) if "quoted_on" in rate else None
        new = exchange.RateEntry(_exact(rate["rate"]), rate.get("source", SOURCE), quoted_on)
        seen = exchange.plan_rate(desk.viewer, month, new).digest
        exchange.save_rate(desk.viewer, month, 0, new, desk.now, seen)


def _invoices(desk: Desk) -> None:
    for number, said in desk.raw["invoices"].items():
        entry = invoices.InvoiceEntry(
            "請求者",
            number,
            desk.now.date(),
            said.get("tax_per", "line"),
            said.get("mode", "floor"),
        )
        new = invoices.add_invoice(desk.viewer, desk.year, desk.stage, entry, desk.now)
        desk.invoices[number] = new.id


def _items(desk: Desk) -> None:
    for each in desk.listed("items"):
        entry = _item(desk, each)
        seen = cost_items.plan_new(
            desk.viewer, desk.year, desk.stage, entry, key := new_id()
        ).digest
        new = cost_items.add_item(desk.viewer, desk.year, desk.stage, entry, desk.now, key, seen)
        desk.items[each["name"]] = new.id
        if "usage" in each:
            _usage(desk, new.id, each["usage"])


def _item(desk: Desk, each: Raw) -> costs.Entry:
    months = desk.year.months()
    way = next((way for way in ("net", "usd") if way in each), "incl")
    return costs.Entry(
        _category(desk, each.get("category", CATEGORY)),
        each["name"],
        # An item may lack an amount where its rule makes it (基礎値の割合).
        Yen(each.get("amount", 0)),
        Month.parse(each["from"]) if "from" in each else months[0],
        Month.parse(each["to"]) if "to" in each else months[-1],
        desk.members[each["charge_to"]] if "charge_to" in each else None,
        amount_by=way,
        net_amount=Yen(each["net"]) if "net" in each else None,
        tax_rate=_exact(each["tax_rate"]) if "tax_rate" in each else None,
        invoice_id=desk.invoices[each["invoice"]] if "invoice" in each else None,
        dollars={Month.parse(text): _exact(usd) for text, usd in each.get("usd", {}).items()},
    )


def _usage(desk: Desk, item_id: str, said: Raw) -> None:
    quantities = {desk.members[code]: _exact(n) for code, n in said["quantities"].items()}
    entry = usage.UsageEntry(_exact(said["unit_price"]), said.get("mode", "floor"), quantities)
    saved = usage.show_usage(desk.viewer, item_id).item
    usage.save_usage(desk.viewer, item_id, saved.row_version, entry, desk.now)


def _category(desk: Desk, name: str) -> str:
    if name not in desk.categories:
        new = cost_categories.add_category(desk.viewer, desk.service_id, name, desk.now)
        desk.categories[name] = new.id
    return desk.categories[name]


# ---- the agreement -------------------------------------------------------------------------------


def _grants(desk: Desk) -> None:
    for each in desk.listed("grants"):
        entry = funding.Entry(
            each.get("name", "補助金"),
            each["treatment"],
            Yen(each["amount"]) if "amount" in each else None,
            _exact(each["rate"]) if "rate" in each else None,
            desk.items[each["item"]] if "item" in each else None,
            desk.members[each["member"]] if "member" in each else None,
        )
        funding.add_measure(desk.viewer, desk.year, desk.stage, entry, desk.now)


def _build_costs(desk: Desk) -> None:
    known = {}
    for each in desk.listed("terms"):
        final = _day(each["until"]) - timedelta(days=1)
        term = terms.TermEntry(each["name"], _day(each["since"]), final, SOURCE)
        known[each["name"]] = terms.add_term(desk.viewer, term, desk.now).id
    for each in desk.listed("build_costs"):
        build = terms.BuildEntry(
            each["name"],
            Yen(each["amount"]),
            known[each["term"]],
            _category(desk, each.get("category", CATEGORY)),
            each.get("joining", True),
            each.get("leaving", False),
        )
        terms.add_build_cost(desk.viewer, build, desk.now)


def _dampening(desk: Desk) -> None:
    said = desk.raw["dampening"]
    up, down, tolerance = (
        _exact(said[key]) if key in said else None for key in ("up", "down", "tolerance")
    )
    order = said.get("order", dampening.BY_SHARE)
    entry = dampening.Entry(
        desk.year.period.since,
        up,
        down,
        tolerance,
        order if isinstance(order, str) else tuple(order),
        ends=False,
        document=said.get("source", SOURCE),
    )
    dampening.add_version(desk.viewer, entry, desk.now)
    seen = dampening.show_previous(desk.viewer, desk.year, desk.now.date()).seen
    previous = [dampening.PreviousEntry(code, Yen(yen)) for code, yen in said["previous"].items()]
    dampening.save_previous(desk.viewer, desk.year, seen, previous, desk.now)


#: Key of a case → how it is entered, in an order in which each finds what it needs.
STEPS: Final = {
    "members": _members,
    "bases": _bases,
    "rules": _rules,
    "exchange_rates": _exchange_rates,
    "invoices": _invoices,
    "items": _items,
    "grants": _grants,
    "build_costs": _build_costs,
    "dampening": _dampening,
}
#: Keys that another step reads: what versions of a rule have in common, what build costs rest on.
READ_BESIDE: Final = ("rounding", "proration", "leaving", "terms")


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _exact(value: int | str) -> Fraction:
    return Fraction(str(value))
