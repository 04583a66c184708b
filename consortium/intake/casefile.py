"""Case files (算定ケース): members, bases, rules and costs of one fiscal year in YAML or JSON.

The schema is docs/case-file.md. Everything is checked here and in the modules beside it
(case_rules, case_items, case_agreement); a refusal names the key.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from consortium.domain.calendar.period import FiscalYear, Period
from consortium.domain.fiscalyear.instalment import Instalments
from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.facts import Facts, Party
from consortium.domain.sharing.pinning import pin
from consortium.domain.sharing.result import CostItem
from consortium.domain.sharing.rule import Rules
from consortium.domain.yen import Yen
from consortium.intake.case_agreement import read_agreement, read_instalments
from consortium.intake.case_items import read_items
from consortium.intake.case_rules import read_bases, read_rules
from consortium.intake.keys import Node, at
from consortium.intake.plain_yaml import MAX_BYTES, parse

__all__ = ["MAX_BYTES", "Case", "read_case"]


@dataclass(frozen=True, slots=True)
class Case:
    """One case, ready to be shared (算定ケース); `expect` is what the author says comes out."""

    name: str
    fiscal_year: FiscalYear
    items: tuple[CostItem, ...]
    rules: Rules
    facts: Facts
    expect: Mapping[str, Yen] | None
    agreement: Agreement
    instalments: Instalments | None


def read_case(content: bytes) -> Case:
    """Read a case file.

    Raises: BadInputError whose `path` is the key, e.g. `items[0].from`.
    """
    return _case(Node("", parse(content)))


def _case(root: Node) -> Case:
    root.allow(
        "name", "fiscal_year", "as_of", "members", "bases", "rules", "rounding", "proration",
        "leaving", "items", "invoices", "exchange_rates", "grants", "terms", "build_costs",
        "dampening", "instalments", "expect",
    )  # fmt: skip
    name, as_of = root.find("name"), root.find("as_of")
    fiscal_year = FiscalYear(root.get("fiscal_year").year())
    parties, periods = _members(root.get("members"))
    codes = {party.code for party in parties}
    editions = read_bases(root.find("bases"), codes)
    rules = read_rules(root, editions, codes)
    items = read_items(root, fiscal_year, codes, rules)
    agreement = read_agreement(root, items, codes)
    expect, instalments = root.find("expect"), root.find("instalments")
    day = as_of.day() if as_of else fiscal_year.period.since
    with at("rules"):
        pinned, series = pin(rules, editions, fiscal_year, day)
    return Case(
        name.text() if name else "",
        fiscal_year,
        items,
        pinned,
        Facts(parties, {"": periods}, series),
        expect.by_code(Node.yen, codes) if expect else None,
        agreement,
        read_instalments(instalments) if instalments else None,
    )


def _members(node: Node) -> tuple[tuple[Party, ...], dict[str, tuple[Period, ...]]]:
    """Read the members; each code once, at most one lead."""
    parties: dict[str, Party] = {}
    periods: dict[str, tuple[Period, ...]] = {}
    for member in node.children():
        member.allow("code", "name", "since", "until", "lead")
        code = str(member.get("code").code())
        if code in parties:
            found = f"{code} が二度あります。"
            raise member.get("code").refuse(found, "団体は一度だけ書いてください。")
        lead = member.find("lead")
        is_lead = lead.flag() if lead else False
        if lead and is_lead and any(party.is_lead for party in parties.values()):
            raise lead.refuse("幹事市が二つあります。", "lead: true は一団体だけにしてください。")
        until = member.find("until")
        since = member.get("since").day()
        end = until.day() if until else None
        with at(member.path):
            periods[code] = (Period(since, end),)
        parties[code] = Party(code, member.get("name").text(), is_lead)
    return tuple(parties[code] for code in sorted(parties)), periods
