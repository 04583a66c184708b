"""The result as one plain document, and back (算定結果の正規文書).

A run stores this document in canonical form with its hash; everything that is shown later is read
from it. `read(write(result)) == result`.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.sharing.facts import Party, Series
from consortium.domain.sharing.result import (
    CostItem,
    ItemResult,
    Pot,
    PotComponent,
    Result,
    Window,
)
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.timeline import Dated, Source
from consortium.domain.yen import Rounding, Shares, Weights, Yen

#: Raised when the shape of the document changes; `read` keeps understanding the earlier ones.
FORMAT = 1


def write(result: Result) -> dict[str, Any]:
    """Turn a result into a plain document (正規文書); `canonical()` makes the text of it."""
    return {
        "format": FORMAT,
        "fiscal_year": result.fiscal_year.start_year,
        "parties": [[p.code, p.name, p.is_lead] for p in result.parties],
        "series": [_write_series(series) for series in result.series],
        "pots": [_write_pot(pot) for pot in result.pots],
        "items": [_write_item(item) for item in result.items],
        "amounts": dict(zip((p.code for p in result.parties), result.amounts, strict=True)),
        "total": result.total,
        "unallocated": result.unallocated,
        "findings": list(result.findings),
    }


def read(document: Mapping[str, Any]) -> Result:
    """Turn a document back into the result; nothing is computed again."""
    return Result(
        FiscalYear(document["fiscal_year"]),
        tuple(Party(code, name, is_lead) for code, name, is_lead in document["parties"]),
        tuple(_read_series(series) for series in document["series"]),
        tuple(_read_pot(pot) for pot in document["pots"]),
        tuple(_read_item(item) for item in document["items"]),
        tuple(document["findings"]),
    )


def _fraction(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _read_day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _write_series(series: Series) -> dict[str, Any]:
    return {
        "key": series.key,
        "label": series.label,
        "values": {code: _fraction(value) for code, value in series.values.items()},
        "reference_date": _day(series.reference_date),
        "edition": series.edition,
        "certainty": series.certainty,
        "source": series.source,
    }


def _read_series(plain: Mapping[str, Any]) -> Series:
    return Series(
        plain["key"],
        plain["label"],
        {code: Fraction(value) for code, value in plain["values"].items()},
        _read_day(plain["reference_date"]),
        plain["edition"],
        plain["certainty"],
        plain["source"],
    )


def _write_pot(pot: Pot) -> dict[str, Any]:
    return {
        "windows": [_write_window(window) for window in pot.windows],
        "components": [
            [part.key, part.label, _fraction(part.part), _write_weights(part.weights)]
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
        "part": _fraction(window.part),
        "rule": _write_rule(window.rule),
        "positions": list(window.positions),
        "weights": [[_fraction(weight) for weight in row] for row in window.weights],
    }


def _read_window(plain: Mapping[str, Any]) -> Window:
    return Window(
        Month.parse(plain["first"]),
        Month.parse(plain["last"]),
        Fraction(plain["part"]),
        _read_rule(plain["rule"]),
        tuple(plain["positions"]),
        tuple(tuple(Fraction(weight) for weight in row) for row in plain["weights"]),
    )


def _write_rule(dated: Dated[Rule]) -> dict[str, Any]:
    rule, source = dated.require(), dated.source
    return {
        "since": dated.since.isoformat(),
        "source": [source.document, source.article, _day(source.decided_on), source.note],
        "components": [
            [part.key, part.basis, part.label, _fraction(part.weight), part.series]
            for part in rule.components
        ],
        "rounding": {
            "unit": rule.rounding.unit,
            "mode": rule.rounding.mode,
            "level": rule.rounding.level,
            "residual": rule.rounding.residual,
        },
        "proration": rule.proration,
    }


def _read_rule(plain: Mapping[str, Any]) -> Dated[Rule]:
    document, article, decided_on, note = plain["source"]
    rule = Rule(
        tuple(
            Component(key, basis, label, Fraction(weight), series)
            for key, basis, label, weight, series in plain["components"]
        ),
        Rounding(**plain["rounding"]),
        plain["proration"],
    )
    source = Source(document, article, _read_day(decided_on), note)
    return Dated(date.fromisoformat(plain["since"]), rule, source)


def _write_item(entry: ItemResult) -> dict[str, Any]:
    item = entry.item
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
        "pot": entry.pot,
        "records": [_write_record(record) for record in entry.records],
        "cuts": [list(row) for row in entry.cuts],
        "moved": list(entry.moved),
    }


def _write_record(record: Shares) -> list[Any]:
    return [list(each) if isinstance(each, tuple) else each for each in record]


def _read_item(plain: Mapping[str, Any]) -> ItemResult:
    item = CostItem(
        plain["no"],
        plain["name"],
        plain["category"],
        Yen(plain["amount"]),
        Month.parse(plain["first"]),
        Month.parse(plain["last"]),
        plain["service"],
        plain["charge_to"],
        plain["key"],
    )
    return ItemResult(
        item,
        plain["pot"],
        tuple(_read_record(record) for record in plain["records"]),
        tuple(tuple(row) for row in plain["cuts"]),
        tuple(plain["moved"]),
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
