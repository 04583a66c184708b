"""The result as one plain document, and back (算定結果の正規文書).

A run stores this document in canonical form with its hash; everything that is shown later is read
from it. `read(write(result)) == result`.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.sharing.dating import Dating
from consortium.domain.sharing.facts import Party, Series
from consortium.domain.sharing.result import (
    DIRECT,
    WHOLE,
    Beside,
    Charge,
    CostItem,
    Finding,
    ItemResult,
    Portion,
    Pot,
    PotComponent,
    Result,
    Usage,
    Window,
)
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.timeline import Dated, Source
from consortium.domain.yen import Rounding, Shares, Weights, Yen

#: Raised when the shape of the document changes; `read` keeps understanding the earlier ones.
FORMAT = 2


def write(result: Result) -> dict[str, Any]:
    """Turn a result into a plain document (正規文書); `canonical()` makes the text of it."""
    return {
        "format": FORMAT,
        "fiscal_year": result.fiscal_year.start_year,
        "parties": [[p.code, p.name, p.is_lead] for p in result.parties],
        "series": [write_series(series) for series in result.series],
        "pots": [_write_pot(pot) for pot in result.pots],
        "items": [_write_item(item) for item in result.items],
        "amounts": dict(zip((p.code for p in result.parties), result.amounts, strict=True)),
        "total": result.total,
        "unallocated": result.unallocated,
        "findings": [[finding.text, finding.blocks] for finding in result.findings],
        "beside": [[each.name, list(each.amounts)] for each in result.beside],
    }


def read(document: Mapping[str, Any]) -> Result:
    """Turn a document back into the result; nothing is computed again."""
    first = document["format"] == 1
    findings = [[text, False] for text in document["findings"]] if first else document["findings"]
    return Result(
        FiscalYear(document["fiscal_year"]),
        tuple(Party(code, name, is_lead) for code, name, is_lead in document["parties"]),
        tuple(read_series(series) for series in document["series"]),
        tuple(_read_pot(pot) for pot in document["pots"]),
        tuple((_read_item_1 if first else _read_item)(item) for item in document["items"]),
        tuple(Finding(text, blocks) for text, blocks in findings),
        tuple(Beside(name, tuple(amounts)) for name, amounts in document.get("beside", ())),
    )


def write_fraction(value: Fraction) -> str:
    """Write an exact number: n/d."""
    return f"{value.numerator}/{value.denominator}"


def write_day(value: date | None) -> str | None:
    """Write a day, or that there is none."""
    return value.isoformat() if value else None


def read_day(text: str | None) -> date | None:
    """Read what `write_day` wrote."""
    return date.fromisoformat(text) if text else None


def write_series(series: Series) -> dict[str, Any]:
    """Write an edition of basis values (算定基礎の版)."""
    return {
        "key": series.key,
        "label": series.label,
        "values": {code: write_fraction(value) for code, value in series.values.items()},
        "reference_date": write_day(series.reference_date),
        "edition": series.edition,
        "certainty": series.certainty,
        "source": series.source,
        "published_on": write_day(series.published_on),
        "period_from": write_day(series.period_from),
    }


def read_series(plain: Mapping[str, Any]) -> Series:
    """Read what `write_series` wrote."""
    return Series(
        plain["key"],
        plain["label"],
        {code: Fraction(value) for code, value in plain["values"].items()},
        read_day(plain["reference_date"]),
        plain["edition"],
        plain["certainty"],
        plain["source"],
        read_day(plain.get("published_on")),
        read_day(plain.get("period_from")),
    )


def _write_pot(pot: Pot) -> dict[str, Any]:
    return {
        "windows": [_write_window(window) for window in pot.windows],
        "components": [
            [part.key, part.label, write_fraction(part.part), _write_weights(part.weights)]
            for part in pot.components
        ],
        "cut": _write_weights(pot.cut),
        "whole": _write_weights(pot.whole),
        "cells": [_write_weights(cells) for cells in pot.cells],
    }


def _read_pot(plain: Mapping[str, Any]) -> Pot:
    return Pot(
        tuple(_read_window(window) for window in plain["windows"]),
        tuple(
            PotComponent(key, label, Fraction(part), _read_weights(weights))
            for key, label, part, weights in plain["components"]
        ),
        _read_weights(plain["cut"]),
        _read_weights(plain["whole"]) if plain["whole"] else None,
        tuple(_read_weights(cells) if cells else None for cells in plain["cells"]),
    )


def _write_weights(weights: Weights | None) -> list[Any] | None:
    if weights is None:
        return None
    return [list(weights.numerators), weights.denominator, list(weights.ties), weights.largest]


def _read_weights(plain: list[Any]) -> Weights:
    numerators, denominator, ties, largest = plain
    return Weights(tuple(numerators), denominator, tuple(ties), largest)


def _write_window(window: Window) -> dict[str, Any]:
    return {
        "first": str(window.first),
        "last": str(window.last),
        "part": write_fraction(window.part),
        "rule": write_rule(window.rule),
        "positions": list(window.positions),
        "weights": [[write_fraction(weight) for weight in row] for row in window.weights],
        "days": [day.isoformat() for day in window.days] if window.days else None,
    }


def _read_window(plain: Mapping[str, Any]) -> Window:
    days = plain.get("days")
    return Window(
        Month.parse(plain["first"]),
        Month.parse(plain["last"]),
        Fraction(plain["part"]),
        read_rule(plain["rule"]),
        tuple(plain["positions"]),
        tuple(tuple(Fraction(weight) for weight in row) for row in plain["weights"]),
        (date.fromisoformat(days[0]), date.fromisoformat(days[1])) if days else None,
    )


def write_rule(dated: Dated[Rule]) -> dict[str, Any]:
    """Write a rule version (負担ルールの版); a 廃止 has none."""
    rule, source = dated.require(), dated.source
    return {
        "since": dated.since.isoformat(),
        "source": [source.document, source.article, write_day(source.decided_on), source.note],
        "components": [_write_component(part) for part in rule.components],
        "rounding": {
            "unit": rule.rounding.unit,
            "mode": rule.rounding.mode,
            "level": rule.rounding.level,
            "residual": rule.rounding.residual,
            "ratio_digits": rule.rounding.ratio_digits,
        },
        "proration": rule.proration,
        "leaving": rule.leaving,
    }


def _write_component(part: Component) -> list[Any]:
    """Write a component; what only some kinds have follows where there is any of it."""
    plain: list[Any] = [part.key, part.basis, part.label, write_fraction(part.weight), part.series]
    dating = [] if part.dating is None else [_write_dating(part.dating)]
    if part.own or part.power is not None or dating:
        own = {code: write_fraction(value) for code, value in part.own.items()}
        power = write_fraction(part.power) if part.power is not None else None
        plain += [own, part.own_source, power, *dating]
    return plain


def _write_dating(dating: Dating) -> list[Any]:
    day = list(dating.month_day) if dating.month_day else None
    return [dating.kind, day, write_day(dating.first), write_day(dating.last), dating.edition]


def _read_dating(plain: list[Any]) -> Dating:
    kind, day, first, last, edition = plain
    return Dating(kind, tuple(day) if day else None, read_day(first), read_day(last), edition)


def _read_component(plain: list[Any]) -> Component:
    key, basis, label, weight, series, *more = plain
    own, own_source, power, *dating = more or ({}, "", None)
    return Component(
        key,
        basis,
        label,
        Fraction(weight),
        series,
        {code: Fraction(value) for code, value in own.items()},
        own_source,
        Fraction(power) if power else None,
        _read_dating(dating[0]) if dating else None,
    )


def read_rule(plain: Mapping[str, Any]) -> Dated[Rule]:
    """Read what `write_rule` wrote."""
    document, article, decided_on, note = plain["source"]
    rule = Rule(
        tuple(_read_component(part) for part in plain["components"]),
        Rounding(**plain["rounding"]),
        plain["proration"],
        plain.get("leaving", "month"),
    )
    source = Source(document, article, read_day(decided_on), note)
    return Dated(date.fromisoformat(plain["since"]), rule, source)


def write_cost(item: CostItem) -> dict[str, Any]:
    """Write a cost item (費目); a tax rate only where known, as documents of old have none."""
    rate = {} if item.tax_rate is None else {"tax_rate": write_fraction(item.tax_rate)}
    return {
        "no": item.no,
        "name": item.name,
        "category": item.category,
        "amount": item.amount,
        "first": str(item.first),
        "last": str(item.last),
        "service": item.service,
        "charge_to": item.charge_to,
        "key": item.key,
        "usage": _write_usage(item.usage),
        "gross": item.gross,
        "note": item.note,
        **rate,
    }


def _write_item(entry: ItemResult) -> dict[str, Any]:
    return write_cost(entry.item) | {
        "portions": [_write_portion(portion) for portion in entry.portions],
        "charges": [
            [charge.key, list(charge.amounts), [_write_facts(facts) for facts in charge.facts]]
            for charge in entry.charges
        ],
    }


def _write_usage(usage: Usage | None) -> list[Any] | None:
    if usage is None:
        return None
    quantities = {code: write_fraction(value) for code, value in usage.quantities.items()}
    return [write_fraction(usage.unit_price), quantities, usage.mode]


def _read_usage(plain: list[Any] | None) -> Usage | None:
    if plain is None:
        return None
    price, quantities, mode = plain
    known = {code: Fraction(value) for code, value in quantities.items()}
    return Usage(Fraction(price), known, mode)


def _write_facts(facts: Mapping[str, int | str | Fraction]) -> dict[str, Any]:
    """Write what a sentence needs; a fraction is marked, so that a text 1/2 stays a text."""
    return {
        name: [write_fraction(value)] if isinstance(value, Fraction) else value
        for name, value in facts.items()
    }


def _read_facts(plain: Mapping[str, Any]) -> dict[str, int | str | Fraction]:
    return {
        name: Fraction(value[0]) if isinstance(value, list) else value
        for name, value in plain.items()
    }


def _write_portion(portion: Portion) -> dict[str, Any]:
    return {
        "pot": portion.pot,
        "amount": portion.amount,
        "records": [_write_record(record) for record in portion.records],
        "cuts": [list(row) for row in portion.cuts],
        "moved": list(portion.moved),
        "kind": portion.kind,
        "month": str(portion.month) if portion.month else None,
        "counted": [[str(month) for month in months] for months in portion.counted],
    }


def _read_portion(plain: Mapping[str, Any]) -> Portion:
    return Portion(
        plain["pot"],
        plain["amount"],
        tuple(_read_record(record) for record in plain["records"]),
        tuple(tuple(row) for row in plain["cuts"]),
        tuple(plain["moved"]),
        plain["kind"],
        Month.parse(plain["month"]) if plain["month"] else None,
        tuple(tuple(Month.parse(month) for month in months) for months in plain["counted"]),
    )


def _write_record(record: Shares) -> list[Any]:
    return [list(each) if isinstance(each, tuple) else each for each in record]


def _read_item(plain: Mapping[str, Any]) -> ItemResult:
    charges = [
        Charge(key, tuple(amounts), tuple(_read_facts(each) for each in facts))
        for key, amounts, facts in plain["charges"]
    ]
    portions = tuple(_read_portion(portion) for portion in plain["portions"])
    return ItemResult(read_cost(plain), portions, tuple(charges))


def _read_item_1(plain: Mapping[str, Any]) -> ItemResult:
    """Read an item of format 1: it was charged to one member, or split as a whole."""
    item = read_cost(plain)
    cuts = tuple(tuple(row) for row in plain["cuts"])
    if plain["pot"] is None:
        return ItemResult(item, (), (Charge(DIRECT, cuts[0]),))
    records = tuple(_read_record(record) for record in plain["records"])
    moved = tuple(plain["moved"])
    return ItemResult(item, (Portion(plain["pot"], item.amount, records, cuts, moved, WHOLE),))


def read_cost(plain: Mapping[str, Any]) -> CostItem:
    """Read what `write_cost` wrote, whatever stands beside it."""
    gross, rate = plain.get("gross"), plain.get("tax_rate")
    return CostItem(
        plain["no"],
        plain["name"],
        plain["category"],
        Yen(plain["amount"]),
        Month.parse(plain["first"]),
        Month.parse(plain["last"]),
        plain["service"],
        plain["charge_to"],
        plain["key"],
        _read_usage(plain.get("usage")),
        None if gross is None else Yen(gross),
        plain.get("note", ""),
        None if rate is None else Fraction(rate),
    )


def _read_record(plain: list[Any]) -> Shares:
    shares, rounded, remainders, order, moved, receiver, unallocated = plain
    return Shares(
        tuple(shares),
        tuple(rounded),
        tuple(remainders),
        tuple(order),
        moved,
        receiver,
        unallocated,
    )
