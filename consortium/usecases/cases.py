"""Case files (算定ケース): compute one without database, key or configuration."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from consortium.domain.errors import DomainError
from consortium.domain.fiscalyear.instalment import Instalments
from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.result import Result
from consortium.domain.yen import Yen
from consortium.intake.casefile import Case, read_case
from consortium.intake.keys import MAX_YEN, at, refuse


class Difference(NamedTuple):
    """A member whose amount is not the one expected (相違)."""

    code: str
    name: str
    expected: Yen
    computed: Yen


class Outcome(NamedTuple):
    """A case and what came out of it (算定ケースの結果)."""

    case: Case
    result: Result

    def differences(self) -> Iterator[Difference]:
        """Give the members whose amount differs from `expect`; who is not named is not compared."""
        for party, amount in zip(self.result.parties, self.result.amounts, strict=True):
            expected = (self.case.expect or {}).get(party.code, amount)
            if expected != amount:
                yield Difference(party.code, party.name, expected, amount)


def compute(content: bytes) -> Outcome:
    """Read a case file and share its costs.

    Raises: BadInputError whose path is the key, e.g. `items[0]` for an item without a rule.
    """
    case = read_case(content)
    try:
        outcome = Outcome(case, _shared(case))
    except DomainError:
        _refuse_by_key(case)
        raise
    _refuse_too_large(outcome)
    return outcome


def _refuse_too_large(outcome: Outcome) -> None:
    """Refuse yen that came out larger than any that may be written (計算した額の上限)."""
    # The lines of the agreement that follow the items come from what was computed here.
    for index, entry in enumerate(outcome.result.items[: len(outcome.case.items)]):
        if max(map(abs, (entry.item.amount, *entry.amounts))) >= MAX_YEN:
            raise refuse(
                f"items[{index}]",
                f"費目「{entry.item.name}」の額が1,000兆円以上になります。",
                "単価・数量・為替レート・割合を確かめてください。",
            )


def _shared(case: Case) -> Result:
    return share(case.items, case.rules, case.facts, case.fiscal_year, agreement=case.agreement)


def _refuse_by_key(case: Case) -> None:
    """Refuse the first item or term of the agreement that cannot be shared, naming its key."""
    for index, item in enumerate(case.items):
        with at(f"items[{index}]"):
            share((item,), case.rules, case.facts, case.fiscal_year, recorded=False)
    for key in ("grants", "build_costs", "dampening"):
        agreement = Agreement(**{key: getattr(case.agreement, key)})
        with at(key):
            _shared(replace(case, agreement=agreement))


def as_json(result: Result, instalments: Instalments | None = None) -> dict[str, Any]:
    """Give the result as the JSON of `flask share`: keys in order, whole yen, members by code."""
    lines: dict[str, list[dict[str, Any]]] = {party.code: [] for party in result.parties}
    for line in result.lines():
        entry = {"item": line.item.name, "component": line.component, "amount": line.amount}
        lines[line.code].append(entry)
    return {
        "fiscal_year": result.fiscal_year.start_year,
        "total": result.total,
        "unallocated": result.unallocated,
        "members": [
            {"code": p.code, "name": p.name, "amount": amount, "lines": lines[p.code]}
            | _reference(result, position)
            | ({"instalments": list(instalments.cut(amount))} if instalments else {})
            for position, (p, amount) in enumerate(zip(result.parties, result.amounts, strict=True))
        ],
        "findings": [finding.text for finding in result.findings],
    }


def _reference(result: Result, position: int) -> dict[str, Any]:
    """Give 実質負担（参考）, where there is information-only funding."""
    if not result.beside:
        return {}
    relief = sum(each.amounts[position] for each in result.beside)
    return {"reference": {"relief": relief, "net": result.amounts[position] - relief}}
