"""Registering agreement, costs, plans and payments of a workbook (一括登録：協定・費用・納付)."""

import re
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from consortium.db.store import costs as costs_store
from consortium.db.store.costs import CostItem
from consortium.db.store.payments import Payment
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import DomainError
from consortium.domain.fiscalyear.plan import Part
from consortium.domain.registration.form import Record
from consortium.domain.sharing.dampening import BY_SHARE
from consortium.domain.yen import Yen
from consortium.usecases import (
    calendars,
    cost_items,
    dampening,
    exchange,
    funding,
    instalments,
    invoices,
    opening_payments,
    terms,
    usage,
)
from consortium.usecases.costs import Entry
from consortium.usecases.item_checks import refusal
from consortium.usecases.registration_desk import Desk
from consortium.usecases.registration_people import grouped


def register_costs(desk: Desk) -> None:
    """Register everything about money, in the order in which it rests on each other."""
    _terms(desk)
    _dampening(desk)
    _rates_and_invoices(desk)
    _items(desk)
    _funding(desk)
    _plans(desk)
    _payments(desk)


def _terms(desk: Desk) -> None:
    for row in desk.rows("terms"):
        with desk.at("terms", row, {"last_day": "last"}):
            values: Any = row.values
            entry = terms.TermEntry(
                values["name"], values["since"], values["last"], values["source"]
            )
            desk.keep("terms", row["name"], terms.add_term(desk.viewer, entry, desk.now))
    for row in desk.rows("build_costs"):
        with desk.at("build_costs", row):
            build = terms.BuildEntry(
                row.text("name"),
                _yen(row["amount"]),
                desk.find("terms", row["term"], "term").id,
                desk.category(row).id,
                bool(row["joining"]),
                bool(row["leaving"]),
                row.text("note"),
            )
            terms.add_build_cost(desk.viewer, build, desk.now)


def _dampening(desk: Desk) -> None:
    for row in desk.rows("dampenings"):
        with desk.at("dampenings", row):
            values: Any = row.values
            bounds = (values["up"], values["down"], values["tolerance"])
            order: Any = tuple(row.text("order").split()) or BY_SHARE
            for code in row.text("order").split():
                desk.find("members", code, "order")
            entry = dampening.Entry(
                values["since"], *bounds, order, bounds == (None, None, None),
                row.text("document"), row.text("article"), values["decided"], row.text("note"),
            )  # fmt: skip
            dampening.add_version(desk.viewer, entry, desk.now)
    for rows in grouped(desk.rows("previous"), "year"):
        with desk.at("previous", rows[0]):
            _previous(desk, rows)


def _previous(desk: Desk, rows: Sequence[Record]) -> None:
    year = _year(rows[0]).next()
    entries = []
    for row in rows:
        desk.find("members", row["code"], "code")
        amount, source = _yen(row["amount"]), row.text("source")
        entries.append(dampening.PreviousEntry(row.text("code"), amount, source))
    seen = dampening.show_previous(desk.viewer, year, desk.today).seen
    dampening.save_previous(desk.viewer, year, seen, entries, desk.now)


def _rates_and_invoices(desk: Desk) -> None:
    for row in desk.rows("rates"):
        with desk.at("rates", row):
            values: Any = row.values
            rate = exchange.RateEntry(Fraction(values["rate"]), values["source"], values["day"])
            seen = exchange.plan_rate(desk.viewer, values["month"], rate).digest
            exchange.save_rate(desk.viewer, values["month"], 0, rate, desk.now, seen)
    for row in desk.rows("invoices"):
        with desk.at("invoices", row):
            values = row.values
            invoice = invoices.InvoiceEntry(
                values["supplier"], values["number"], values["day"], values["tax_per"],
                values["tax_mode"], row.text("note"),
            )  # fmt: skip
            new = invoices.add_invoice(
                desk.viewer, _year(row), row.text("stage"), invoice, desk.now
            )
            key = tuple(row[name] for name in ("year", "stage", "supplier", "number"))
            desk.keep("invoices", key, new)


# ---- cost items ----------------------------------------------------------------------------------

_ITEM_FIELDS = {
    "net_amount": "net", "first_month": "first", "last_month": "last", "charged_to": "charged",
    "invoice": "number", "dollars": "way", "amount_by": "way", "unit_price": "price",
    "mode": "usage_mode", "quantities": "price",
} | {f"usd_{month}": "way" for month in range(1, 13)}  # fmt: skip


def _items(desk: Desk) -> None:
    made: list[tuple[Record, str]] = []
    seen: set[object] = set()
    for row in desk.rows("items"):
        with desk.at("items", row, _ITEM_FIELDS):
            if row["no"] in seen:
                raise refusal("no", f"番号{row['no']}が二つあります。", "別の番号にします。")
            seen.add(row["no"])
            new = cost_items.add_item(
                desk.viewer, _year(row), row.text("stage"), _entry(desk, row), desk.now
            )
            desk.keep("items", row["no"], new)
            made.append((row, new.id))
    for row, item_id in made:
        with desk.at("items", row, _ITEM_FIELDS):
            _usage(desk, row, item_id)
    _check_parts(desk)
    _check_amounts(desk, made)


def _entry(desk: Desk, row: Record) -> Entry:
    values: Any = row.values
    way = values["way"]
    if way == "incl" and values["amount"] is None:
        raise refusal("amount", "税込金額が空です。", "税込金額を書いてください。")
    invoice_id = None
    if values["number"] is not None:
        key = tuple(row[name] for name in ("year", "stage", "supplier", "number"))
        invoice_id = desk.find("invoices", key, "number").id
    dollars: dict[Any, Fraction] = {
        each["month"]: Fraction(each["usd"])  # type: ignore[arg-type]  # a needed number
        for each in desk.rows("dollars")
        if each["no"] == row["no"]
    }
    return Entry(
        desk.category(row).id,
        row.text("name"),
        _yen(values["amount"] or 0),
        values["first"],
        values["last"],
        desk.member_id(row, "charged"),
        row.text("note"),
        way,
        None if values["net"] is None else _yen(values["net"]),
        values["tax_rate"],
        invoice_id,
        dollars if way == "usd" else {},
        row.text("amount_note"),
    )


def _usage(desk: Desk, row: Record, item_id: str) -> None:
    quantities = {
        str(desk.member_id(each)): Fraction(each["quantity"])  # type: ignore[arg-type]  # needed
        for each in desk.rows("usage")
        if each["no"] == row["no"]
    }
    price: Any = row["price"]
    if price is None and not quantities:
        return
    entry = usage.UsageEntry(price, row.text("usage_mode"), quantities)
    seen = usage.show_usage(desk.viewer, item_id).item.row_version
    usage.save_usage(desk.viewer, item_id, seen, entry, desk.now)


def _check_parts(desk: Desk) -> None:
    """Refuse dollars and quantities of an item that is not there."""
    for sheet in ("dollars", "usage"):
        for row in desk.rows(sheet):
            with desk.at(sheet, row):
                desk.find("items", row["no"], "no")


def _check_amounts(desk: Desk, made: Sequence[tuple[Record, str]]) -> None:
    """Compare what was computed from 税抜 or dollars with the yen that stands in the workbook."""
    for row, item_id in made:
        item: CostItem = costs_store.item(desk.unit.session, desk.viewer.consortium_id, item_id)
        if row["amount"] not in (None, item.amount_incl_tax):
            found = f"計算すると{item.amount_incl_tax:,}円です。"
            todo = "税抜金額・税率・為替レートを確かめるか、空欄にしてください。"
            desk.upload.fault("items", row.number, "amount", found, todo, is_lost=False)


# ---- grants, plans, payments ---------------------------------------------------------------------


def _funding(desk: Desk) -> None:
    for row in desk.rows("funding"):
        with desk.at("funding", row, {"item": "no", "item_id": "no", "member": "code"}):
            values: Any = row.values
            item = None if row["no"] is None else desk.find("items", row["no"], "no")
            entry = funding.Entry(
                row.text("name"),
                row.text("treatment"),
                None if values["amount"] is None else _yen(values["amount"]),
                None if values["rate"] is None else Fraction(values["rate"]) / 100,
                item.id if item else None,
                desk.member_id(row),
                row.text("note"),
            )
            funding.add_measure(desk.viewer, _year(row), row.text("stage"), entry, desk.now)


#: How the refusal of an instalment names its field and its number.
_PART = re.compile(r"(due|roll|percent)-(\d+)")


def _plans(desk: Desk) -> None:
    if "plans" in desk.upload.faulty:  # a plan without one of its rows would be another one
        return
    for rows in grouped(desk.rows("plans"), "year"):
        try:
            _plan(desk, rows)
        except DomainError as error:
            part = _PART.match(getattr(error, "path", ""))
            row = next((each for each in rows if part and str(each["no"]) == part[2]), rows[0])
            fields = {part[0]: part[1]} if part else {"parts": "no"}
            with desk.at("plans", row, fields):
                raise


def _plan(desk: Desk, rows: Sequence[Record]) -> None:
    for each in sorted({_day(row).year for row in rows}):
        calendars.import_holidays(desk.viewer, each, desk.now, desk.today)
    plan = instalments.Entry(
        rows[0].text("method"), int(str(rows[0]["unit"])), rows[0].text("mode"),
        rows[0].text("way"), tuple(_part(desk, part) for part in grouped(rows, "no")),
    )  # fmt: skip
    instalments.save_plan(desk.viewer, _year(rows[0]), 0, plan, desk.now, may_be_past=True)


def _part(desk: Desk, rows: Sequence[Record]) -> Part:
    first: Any = rows[0]
    places = [row for row in rows if row["category"] is not None]
    return Part(
        first["due"],
        first["roll"],
        first["due"],
        first["percent"],
        tuple(desk.category(row).id for row in places),
    )


def _payments(desk: Desk) -> None:
    fields = {"reference_number": "reference", "paid_on": "day"}
    for row in desk.rows("payments"):
        with desk.at("payments", row, fields):
            desk.find("members", row["code"], "code")
            values: Any = row.values
            entry = Payment(
                "", _year(row), row.text("code"), row.text("kind"), values["day"],
                _yen(values["amount"]), None, values["instalment"], row.text("reference"),
                row.text("note"),
            )  # fmt: skip
            opening_payments.record_opening(desk.viewer, entry, desk.now)


def _year(row: Record) -> FiscalYear:
    return FiscalYear(int(str(row["year"])))


def _day(row: Record) -> date:
    day: Any = row["due"]
    return date(day.year, day.month, day.day)


def _yen(value: Any) -> Yen:
    return Yen(int(value))
