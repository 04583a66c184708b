"""The rows of the registration workbook about money (一括登録の書き出し：協定・費用・納付)."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from consortium.db.store import (
    dampening,
    funding,
    instalments,
    invoices,
    item_parts,
    payments,
    terms,
)
from consortium.db.store.costs import CostItem
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.registration.form import Value
from consortium.domain.sharing.dampening import BY_SHARE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from consortium.usecases.registration_rows import Known

Values = Mapping[str, Value]
Sheets = dict[str, list[Values]]


# ---- agreement -----------------------------------------------------------------------------------


def agreement_rows(session: "Session", owner: str, known: "Known") -> Sheets:
    """Read terms, build costs and bounds on change (利用期・共同構築費・激変緩和)."""
    stored = sorted(terms.terms(session, owner), key=lambda each: (each.since, each.name))
    names = {each.id: each.name for each in stored}
    order = list(names)
    built = sorted(
        terms.build_costs(session, owner), key=lambda each: (order.index(each.term_id), each.name)
    )
    return {
        "terms": [
            {"name": each.name, "since": each.since, "last": each.last_day, "source": each.source}
            for each in stored
        ],
        "build_costs": [
            {
                "term": names[each.term_id],
                "name": each.name,
                **known.place(each.category_id),
                "amount": each.amount,
                "joining": each.joining,
                "leaving": each.leaving,
                "note": each.note,
            }
            for each in built
        ],
        "dampenings": [_bounds(each) for each in dampening.versions(session, owner)],
        "previous": list(_previous(session, owner, known)),
    }


def _bounds(found: dampening.Version) -> Values:
    order = "" if found.order == BY_SHARE else " ".join(found.order)
    return {
        "since": found.since,
        "up": found.up,
        "down": found.down,
        "tolerance": found.tolerance,
        "order": order,
        "document": found.source.document,
        "article": found.source.article,
        "decided": found.source.decided_on,
        "note": found.source.note,
    }


def _previous(session: "Session", owner: str, known: "Known") -> Iterator[Values]:
    """Give what dampening compares with: typed in or, where the portal issued it, as issued."""
    if not dampening.versions(session, owner):
        return
    years = sorted({item.year.start_year for item in known.items})
    for start in range(min(years) - 1, max(years) + 1) if years else ():
        year = FiscalYear(start)
        issued = dampening.issued_amounts(session, owner, year)
        found = {
            each.code: (each.amount, each.source)
            for each in dampening.typed_amounts(session, owner, year)
        }
        if issued:
            source = f"発行済み（{STAGES[issued.stage]} 第{issued.edition}版）"
            found |= {code: (amount, source) for code, amount in issued.amounts.items()}
        for code, (amount, source) in sorted(found.items()):
            yield {"year": start, **known.by_code(code), "amount": amount, "source": source}


# ---- costs and payments --------------------------------------------------------------------------


def money_rows(session: "Session", owner: str, known: "Known") -> Sheets:
    """Read costs with all that hangs on them, grants, plans and payments (費用・補助金・納付)."""
    bills = {each.id: each for each in sorted(invoices.invoices(session, owner), key=_of_bill)}
    quantities = item_parts.quantities_of(session, [item.id for item in known.items])
    ordered = sorted(known.items, key=lambda item: _rank(item, known, quantities, bills))
    numbers = {item.id: number for number, item in enumerate(ordered, start=1)}
    return {
        "invoices": [_invoice(each) for each in bills.values()],
        "rates": _rates(session, owner),
        "items": [{"no": numbers[item.id], **_item(item, known, bills)} for item in ordered],
        "dollars": [
            {"no": numbers[item.id], "month": month, "usd": usd}
            for item in ordered
            for month, usd in sorted(item.dollars.items())
        ],
        "usage": [
            row
            for item in ordered
            for row in _quantities(numbers[item.id], quantities.get(item.id, {}), known)
        ],
        "funding": _funding(session, owner, known, numbers),
        "plans": list(_plans(session, owner, known)),
        "payments": _payments(session, owner, known),
    }


def _rank(
    item: CostItem,
    known: "Known",
    quantities: Mapping[str, Mapping[str, Fraction]],
    bills: Mapping[str, invoices.Invoice],
) -> tuple[object, ...]:
    """Order items by what they say: year, stage, place in the lists, then everything else."""
    whole = tuple(str(value) for value in _item(item, known, bills).values())
    used = sorted((known.towns[key].code, n) for key, n in quantities.get(item.id, {}).items())
    places = list(known.categories)
    first = (item.year, list(STAGES).index(item.stage), places.index(item.category_id))
    return (*first, item.first_month, item.name, whole, sorted(item.dollars.items()), used)


def _item(item: CostItem, known: "Known", bills: Mapping[str, invoices.Invoice]) -> Values:
    bill = bills.get(item.invoice_id or "")
    return {
        "year": item.year.start_year,
        "stage": item.stage,
        **known.place(item.category_id),
        "name": item.name,
        "way": item.amount_by,
        "amount": item.amount_incl_tax,
        "net": item.net_amount if item.amount_by == "net" else None,
        "tax_rate": item.tax_rate,
        "first": item.first_month,
        "last": item.last_month,
        "charged": known.town(item.charged_to_id)["code"],
        "supplier": bill.supplier if bill else None,
        "number": bill.number if bill else None,
        "price": item.unit_price,
        "usage_mode": item.usage_mode,
        "note": item.note,
        "amount_note": item.amount_note if item.amount_by == "incl" else None,
    }


def _of_bill(found: invoices.Invoice) -> tuple[object, ...]:
    stage = list(STAGES).index(found.stage)
    return found.invoice_date, found.supplier, found.number, stage


def _invoice(found: invoices.Invoice) -> Values:
    return {
        "year": found.year.start_year,
        "stage": found.stage,
        "supplier": found.supplier,
        "number": found.number,
        "day": found.invoice_date,
        "tax_per": found.tax_per,
        "tax_mode": found.tax_mode,
        "note": found.note,
    }


def _rates(session: "Session", owner: str) -> list[Values]:
    stored = invoices.all_rates(session, owner)
    return [
        {
            "month": each.month,
            "rate": each.rate.rate,
            "source": each.rate.source,
            "day": each.rate.quoted_on,
        }
        for each in stored
    ]


def _quantities(number: int, used: Mapping[str, Fraction], known: "Known") -> list[Values]:
    rows = [{"no": number, **known.town(key), "quantity": n} for key, n in used.items()]
    return sorted(rows, key=lambda row: str(row["code"]))


def _funding(
    session: "Session", owner: str, known: "Known", numbers: Mapping[str, int]
) -> list[Values]:
    found = [
        {
            "year": each.year.start_year,
            "stage": each.stage,
            "name": each.name,
            "treatment": each.treatment,
            "amount": each.amount,
            "rate": None if each.rate is None else each.rate * 100,
            "no": numbers.get(each.item_id or ""),
            **known.town(each.member_id),
            "note": each.note,
        }
        for each in funding.all_measures(session, owner)
    ]
    return sorted(found, key=_content)


def _content(values: Values) -> tuple[object, ...]:
    """Order by what is said, the empty first."""
    stage = list(STAGES).index(str(values["stage"]))
    rest = tuple(("", "") if value is None else ("1", str(value)) for value in values.values())
    return values["year"], stage, rest


def _plans(session: "Session", owner: str, known: "Known") -> Iterator[Values]:
    for start in instalments.planned_years(session, owner):
        saved = instalments.find_plan(session, owner, FiscalYear(start))
        if saved is None:
            continue
        plan = saved.plan
        for no, part in enumerate(plan.parts, start=1):
            asked = sorted(part.categories, key=list(known.categories).index)
            places = [known.place(key) for key in asked]
            for place in places or [{"service": None, "category": None}]:
                yield {
                    "year": start,
                    "method": plan.method,
                    "unit": plan.unit,
                    "mode": plan.mode,
                    "way": saved.way,
                    "no": no,
                    "due": part.due_nominal,
                    "roll": part.roll_rule,
                    "percent": part.percent,
                    **place,
                }


def _payments(session: "Session", owner: str, known: "Known") -> list[Values]:
    found = [
        {
            "year": each.year.start_year,
            **known.by_code(each.code),
            "instalment": each.instalment,
            "kind": each.kind,
            "day": each.paid_on,
            "amount": each.amount,
            "reference": each.reference_number,
            "note": each.note,
        }
        for each in payments.payments(session, owner)
        if each.voided is None
    ]
    return sorted(found, key=lambda row: (row["year"], row["day"], *map(str, row.values())))
