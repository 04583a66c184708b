"""Cost items of a case file (費目の読取り): yen, or how they come about.

Keys: docs/case-file.md.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.invoicing import (
    TAX_PER,
    Rate,
    Rates,
    in_yen,
    refuse_percent,
    rounding_note,
    tax_note,
    taxed,
    usd_note,
)
from consortium.domain.sharing.engine import check_months, rule_of
from consortium.domain.sharing.result import CostItem, Usage
from consortium.domain.sharing.rule import Rules
from consortium.domain.yen import MODES, Yen
from consortium.intake.keys import Node, at

#: Ways to say what an item costs; exactly one of them. To some a tax is added, if there is a rate.
_WAYS = ("amount", "net", "usd")
_UNTAXED = ("net", "usd")


class _Invoice(NamedTuple):
    """How an invoice rounds its tax."""

    name: str
    per: str
    mode: str


class _Line(NamedTuple):
    """An item before its tax is known."""

    node: Node
    item: CostItem
    #: 税抜 yen and percent; None where the amount is 税込 already
    net: tuple[int, Fraction] | None
    invoice: str | None


def read_items(
    root: Node, fiscal_year: FiscalYear, codes: set[str], rules: Rules
) -> tuple[CostItem, ...]:
    """Read the cost items; tax and foreign currency become whole yen here (費目)."""
    invoices = _invoices(root.find("invoices"))
    rates, mode = _rates(root.find("exchange_rates"))
    lines = [
        _line(_Entry(node, no, fiscal_year, codes), rates, mode)
        for no, node in enumerate(root.get("items").children(), start=1)
    ]
    for line in lines:
        _refuse_without_amount(line, rules)
        if line.invoice is not None and line.invoice not in invoices:
            raise line.node.get("invoice").refuse(
                f"invoicesに「{line.invoice}」がありません。", "invoicesに書いてください。"
            )
    notes = _taxed(lines, invoices)
    return tuple(notes.get(number, line.item) for number, line in enumerate(lines))


def _invoices(node: Node | None) -> dict[str, _Invoice]:
    if node is None:
        return {}
    result = {}
    for name in node.mapping():
        entry = node.child(name)
        entry.allow("tax_per", "mode")
        per, mode = entry.find("tax_per"), entry.find("mode")
        result[name] = _Invoice(
            name,
            per.choice(tuple(TAX_PER)) if per else "line",
            mode.choice(tuple(MODES)) if mode else "floor",
        )
    return result


def _rates(node: Node | None) -> tuple[Rates, str]:
    """Read the monthly rates and how yen are rounded (為替レート)."""
    if node is None:
        return {}, "floor"
    node.allow("mode", "rates")
    mode = node.find("mode")
    rates = node.get("rates").by_month(_rate)
    return rates, mode.choice(tuple(MODES)) if mode else "floor"


def _rate(node: Node) -> Rate:
    if not isinstance(node.value, dict):
        with at(node.path, whole=True):
            return Rate(node.ratio())
    node.allow("rate", "source", "quoted_on")
    source, day = node.find("source"), node.find("quoted_on")
    rate = node.get("rate").ratio()
    with at(node.path):
        return Rate(rate, source.text() if source else "", day.day() if day else None)


class _Entry(NamedTuple):
    """One entry of `items` and what is known of the case."""

    node: Node
    no: int
    fiscal_year: FiscalYear
    codes: set[str]


def _line(entry: _Entry, rates: Rates, mode: str) -> _Line:
    node, months = entry.node, entry.fiscal_year.months()
    node.allow(
        "name", "category", "amount", "net", "tax_rate", "invoice", "usd", "usage", "from", "to",
        "charge_to",
    )  # fmt: skip
    first, last = node.find("from"), node.find("to")
    category, charge_to = node.find("category"), node.find("charge_to")
    span = first.month() if first else months[0], last.month() if last else months[-1]
    amount, note = _amount(node, rates, mode, span)
    rate, invoice = node.find("tax_rate"), node.find("invoice")
    percent = rate.ratio() if rate else None
    item = CostItem(
        entry.no,
        node.get("name").text(),
        category.text() if category else "",
        amount,
        *span,
        charge_to=charge_to.member(entry.codes) if charge_to else None,
        usage=_usage(node, entry.codes),
        note=note,
        tax_rate=None if percent is None else percent / 100,
    )
    with at(node.path):
        check_months(item, months)
        refuse_percent(percent or Fraction(0))
    is_untaxed = any(node.find(way) for way in _UNTAXED)
    net = (int(amount), percent) if is_untaxed and percent is not None else None
    return _Line(node, item, net, invoice.text() if invoice else None)


def _amount(node: Node, rates: Rates, mode: str, span: tuple[Month, Month]) -> tuple[Yen, str]:
    """Give the yen as written (税込 or 税抜), or those of the US dollars, and how they came."""
    given = [key for key in _WAYS if node.find(key)]
    if len(given) > 1:
        found = f"{'と'.join(given)} が両方あります。"
        raise node.child(given[1]).refuse(found, "一つだけ書いてください。")
    way = given[0] if given else ""
    rate, invoice = node.find("tax_rate"), node.find("invoice")
    if way == "net" and not rate:
        node.get("tax_rate")
    if invoice and rate and way not in _UNTAXED:
        found = "請求書の明細ですが、税抜の額がありません。"
        raise invoice.refuse(found, "額を net（税抜）か usd で書いてください。")
    if invoice and not rate:
        raise invoice.refuse("税率がありません。", "tax_rate を書くか除いてください。")
    if way == "usd":
        dollars = _dollars(node.get("usd"), span)
        with at(f"{node.path}.usd"):
            return in_yen(dollars, rates, mode), usd_note(dollars, rates, mode)
    return (node.get(way).yen() if way else Yen(0)), ""


def _dollars(node: Node, span: tuple[Month, Month]) -> dict[Month, Fraction]:
    """Read US dollars by month; none at all would be a cost of 0 yen that nobody wrote."""
    dollars = node.by_month(Node.ratio)
    if not dollars:
        todo = "使った月と米ドルを書いてください。"
        raise node.refuse("月ごとの米ドルが一つもありません。", todo)
    for month in dollars:
        if not span[0] <= month <= span[1]:
            found = f"{month} は費目の期間（{span[0]}〜{span[1]}）の外です。"
            raise node.child(str(month)).refuse(found, "月を直してください。")
    return dollars


def _usage(node: Node, codes: set[str]) -> Usage | None:
    """Read quantities at a unit price (従量)."""
    usage, charge_to = node.find("usage"), node.find("charge_to")
    if usage is None:
        return None
    if charge_to:
        raise charge_to.refuse("従量と個別負担の両方があります。", "どちらかにしてください。")
    usage.allow("unit_price", "quantities", "mode")
    price, mode = usage.get("unit_price"), usage.find("mode")
    if price.ratio() < 0:
        raise price.refuse(f"単価が {price.ratio()} です。", "0以上にしてください。")
    quantities = usage.get("quantities").by_code(Node.ratio, codes)
    for code, quantity in quantities.items():
        if quantity < 0:
            below = usage.get("quantities").child(code)
            raise below.refuse(f"数量が {quantity} です。", "0以上にしてください。")
    return Usage(price.ratio(), quantities, mode.choice(tuple(MODES)) if mode else "floor")


def _refuse_without_amount(line: _Line, rules: Rules) -> None:
    """Refuse an item without an amount, unless its rule makes the amount."""
    if any(line.node.find(way) for way in _WAYS):
        return
    if line.item.charge_to is None:
        with at(line.node.path):
            entries = rule_of(line.item, rules).entries
        if any(dated.value is not None and dated.value.is_percent for dated in entries):
            return
    line.node.get("amount").yen()


def _taxed(lines: list[_Line], invoices: Mapping[str, _Invoice]) -> dict[int, CostItem]:
    """Add the tax to items that are written 税抜, invoice by invoice."""
    groups: dict[str | int, list[int]] = {}
    for number, line in enumerate(lines):
        if line.net is not None:
            groups.setdefault(number if line.invoice is None else line.invoice, []).append(number)
    result = {}
    for key, numbers in groups.items():
        named = invoices[key] if isinstance(key, str) else _Invoice("", "line", "floor")
        nets = [net for number in numbers if (net := lines[number].net) is not None]
        with at(lines[numbers[0]].node.path):
            taxes = taxed(nets, named.per, named.mode)
        for number, (taxless, rate), tax in zip(numbers, nets, taxes, strict=True):
            item = lines[number].item
            note = tax_note(taxless, rate, tax, rounding_note(named.per, named.mode, named.name))
            note = f"{item.note}、{note}" if item.note else note
            result[number] = replace(item, amount=Yen(taxless + tax), note=note)
    return result
