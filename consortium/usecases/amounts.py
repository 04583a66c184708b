"""How the 税込 yen of a cost item come about (金額の内訳): 税抜 and rate, invoice, US dollars.

Nothing is saved here: a plan says what every item would hold, so that an officer sees it first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from consortium.db.store.costs import CostItem
from consortium.db.store.invoices import AmountInputs, Invoice
from consortium.domain.calendar.wareki import wareki, wareki_month
from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.errors import BadInputError
from consortium.domain.invoicing import Rates, in_yen, rounding_note, tax_note, taxed, usd_note
from consortium.domain.yen import Yen, total

#: 金額の入れ方.
WAYS: Final = {"incl": "税込額", "net": "税抜額と税率", "usd": "米ドルと為替レート"}

#: The field of a form that says which plan was shown (確かめた計算).
CHECKED: Final = "checked"

#: Between how dollars became 税抜 and how 税抜 became 税込.
_THEN: Final = "。"

#: Far above any cost of the consortium, far below where a column or a workbook loses digits.
_LARGEST: Final = 10**12 - 1

#: The field that holds an item's yen, by 金額の入れ方; dollars have one a month.
_FIELDS: Final = {"incl": "amount", "net": "net_amount"}

#: An item as it is (None: not yet) and as it would be.
Change = tuple[CostItem | None, CostItem]


@dataclass(frozen=True, slots=True)
class Plan:
    """What saving would make of the items (金額の見込み)."""

    changes: tuple[Change, ...]

    def of(self, item_id: str) -> CostItem:
        """Give an item as it would be."""
        return next(new for _, new in self.changes if new.id == item_id)

    @property
    def moved(self) -> tuple[Change, ...]:
        """Give the items that are there and whose 税込 yen would change (変わる費目)."""
        return tuple(
            (old, new)
            for old, new in self.changes
            if old is not None and old.amount_incl_tax != new.amount_incl_tax
        )

    def beside(self, item_id: str) -> tuple[Change, ...]:
        """Give the other items whose yen would change with this one (いっしょに変わる費目)."""
        return tuple((old, new) for old, new in self.moved if new.id != item_id)

    @property
    def digest(self) -> str:
        """Give the mark of what is shown, so that nothing else is saved (照合値)."""
        shown = [
            (new.id, new.amount_incl_tax, new.net_amount, new.tax_amount, new.amount_note)
            for _, new in self.changes
        ]
        return sha256_hex(canonical(sorted(shown)))

    @property
    def difference(self) -> Yen:
        """Add up what the moved items gain (増減の合計)."""
        return gain(self.moved)


def gain(changes: Sequence[Change]) -> Yen:
    """Add up what items gain (増減の合計)."""
    return total(new.amount_incl_tax - (old.amount_incl_tax if old else 0) for old, new in changes)


def plan_items(
    inputs: AmountInputs, wanted: Sequence[CostItem], before: Mapping[str, CostItem]
) -> Plan:
    """Say what saving items makes of them, and of the other lines of the invoices they touch.

    `before` holds the items as they are, by id. Raises: BadInputError at the field.
    """
    priced = [
        in_dollars(item, inputs.rates, inputs.usd_mode) if item.amount_by == "usd" else item
        for item in wanted
    ]
    changes: list[Change] = [
        (before.get(item.id), _alone(item)) for item in priced if item.invoice_id is None
    ]
    for invoice, lines in inputs.invoices.values():
        old = {line.id: line for line in lines}
        new = old | {item.id: item for item in priced}
        kept = [line for line in new.values() if line.invoice_id == invoice.id]
        changes += [(before.get(line.id) or old.get(line.id), line) for line in _on(invoice, kept)]
    for _, item in changes:
        _refuse_too_large(item, inputs.rates)
    return Plan(tuple(changes))


def in_dollars(item: CostItem, rates: Rates, mode: str) -> CostItem:
    """Turn the dollars of an item into 税込 yen, or into 税抜 where it has a tax rate.

    Raises: BadInputError at the first month without a rate.
    """
    missing = sorted(month for month in item.dollars if month not in rates)
    if missing:
        raise BadInputError(
            "米ドルの金額を円に換算しようとしました。",
            f"{wareki_month(missing[0])}の為替レートが登録されていません。",
            "「費用」の「為替レート」で登録してから、もう一度保存してください。",
            path=f"usd_{missing[0].month}",
        )
    yen = in_yen(item.dollars, rates, mode)
    note = usd_note(item.dollars, rates, mode)
    if item.tax_rate is None:
        return replace(item, amount_incl_tax=yen, amount_note=note)
    return replace(item, net_amount=yen, amount_note=note)


def plan_invoice(invoice: Invoice, lines: Sequence[CostItem]) -> Plan:
    """Say what the lines of an invoice hold when its tax is rounded as it says."""
    old = {line.id: line for line in lines}
    return Plan(tuple((old[line.id], line) for line in _on(invoice, lines)))


def _alone(item: CostItem) -> CostItem:
    """Compute the tax of an item that stands on no invoice: cut below one yen."""
    if item.net_amount is None or item.tax_rate is None:
        return item
    (tax,) = taxed([(item.net_amount, item.tax_rate)])
    return _with_tax(item, tax, "")


def _on(invoice: Invoice, lines: Sequence[CostItem]) -> list[CostItem]:
    # By content, so that the yen that one line gets more does not hang on the order of typing.
    ordered = sorted(lines, key=lambda line: (line.first_month, line.name, line.id))
    pairs = [(line.net_amount or 0, line.tax_rate or 0) for line in ordered]
    taxes = taxed(pairs, invoice.tax_per, invoice.tax_mode)
    name = f"請求書 {invoice.name}（{wareki(invoice.invoice_date)}）"
    rounding = rounding_note(invoice.tax_per, invoice.tax_mode, name)
    return [_with_tax(line, tax, rounding) for line, tax in zip(ordered, taxes, strict=True)]


def _with_tax(item: CostItem, tax: Yen, rounding: str) -> CostItem:
    if item.net_amount is None or item.tax_rate is None:
        raise ValueError(f"an item of an invoice without 税抜: {item.id}")
    note = tax_note(item.net_amount, item.tax_rate, tax, rounding)
    if item.amount_by == "usd":
        # What stands before it says how the dollars became 税抜; a line computed anew keeps it.
        note = f"{item.amount_note.partition(_THEN)[0]}{_THEN}{note}"
    amount = Yen(item.net_amount + tax)
    return replace(item, tax_amount=tax, amount_incl_tax=amount, amount_note=note)


def _refuse_too_large(item: CostItem, rates: Rates) -> None:
    if abs(item.amount_incl_tax) <= _LARGEST:
        return
    path, found = _FIELDS.get(item.amount_by, ""), "税込額が1兆円以上になります。"
    if item.amount_by == "usd":
        # Another line of the invoice keeps its yen, so its rates are not read: its dollars tell.
        yen = {
            month: usd * rates[month].rate if month in rates else usd
            for month, usd in item.dollars.items()
        }
        month = max(sorted(yen), key=lambda each: abs(yen[each]))
        path = f"usd_{month.month}"
        found += f"いちばん大きいのは、{wareki_month(month)}の米ドルです。"
    todo = "金額と為替レートの桁を確かめてください。"
    raise BadInputError("費目を保存しようとしました。", found, todo, path=path)
