"""An explained cell as the page draws it (なぜこの額かの表示)."""

from typing import Any

from consortium.domain.calendar.wareki import wareki
from consortium.domain.sharing.explanation import Step
from consortium.domain.sharing.result import CostItem, Pot, Result
from consortium.domain.sharing.sentences import render, rule_note, series_note, yen
from consortium.usecases.kinds import month_name
from consortium.usecases.runs import Cell


def explained(cell: Cell) -> dict[str, Any]:
    """Give everything that why.html prints of a cell: nothing is computed here."""
    result, step = cell.result, cell.step
    entry = next(entry for entry in result.items if entry.item.no == cell.item_no)
    names = {party.code: party.name for party in result.parties}
    pots = [result.pots[portion.pot] for portion in entry.portions]
    return {
        "member": names[cell.code],
        "code": cell.code,
        "item": entry.item,
        "period": _period(entry.item),
        "amount": entry.amounts[result.position(cell.code)],
        "whole": render(step),
        "steps": [drawn(each) for each in step.inputs],
        "grounds": _grounds(result, pots),
        "others": [
            (party.code, party.name, amount)
            for party, amount in zip(result.parties, entry.amounts, strict=True)
            if cell.shows_other_members or party.code == cell.code
        ],
    }


def _period(item: CostItem) -> str:
    return f"{month_name(item.first.first)}から{month_name(item.last.first)}まで"


def _grounds(result: Result, pots: list[Pot]) -> list[tuple[str, str]]:
    """Give the rule versions and basis editions that the item used, each in words."""
    windows = [window for pot in pots for window in pot.windows]
    versions = dict.fromkeys(rule_note(window.rule, result.names) for window in windows)
    used = {part.series for window in windows for part in window.rule.require().components}
    notes = [series_note(series) for series in result.series if series.key in used]
    return [("負担ルール", note) for note in versions] + [("算定基礎", note) for note in notes]


def drawn(step: Step) -> dict[str, Any]:
    """Give one step and those below it: sentence, value, where it comes from."""
    ref = step.parameter
    note = ""
    if ref is not None:
        day = f"{wareki(ref.since)}施行の" if ref.since else ""
        note = f"根拠：{day}{ref.source}"
    return {
        "label": render(step),
        "value": yen(step.value),
        "note": note,
        "steps": [drawn(below) for below in step.inputs],
    }
