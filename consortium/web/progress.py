"""The steps of a run as the step list draws them (段階の表示)."""

from datetime import datetime
from typing import Any

from consortium.clock import TOKYO
from consortium.domain.calendar.wareki import wareki_short
from consortium.domain.fiscalyear.run import STATES
from consortium.usecases.runs import Run

_SHOWN = ("draft", "in_review", "approved", "issued")


def progress_of(run: Run) -> list[dict[str, Any]]:
    """Give label, state and note of each step: what is done, where it stands, what comes."""
    reached = "issued" if run.state == "superseded" else run.state
    at = _SHOWN.index(reached)
    notes = {
        "draft": _note(run.drafted_at, run.drafted_by_name),
        "in_review": _note(run.submitted_at, "承認者の確認を待っています" if at == 1 else ""),
        "approved": _note(run.approved_at, run.approved_by_name),
        "issued": _note(run.issued_at, ""),
    }
    return [
        {
            "label": STATES[state],
            "state": _mark(place, at),
            "note": notes[state] if place <= at else "",
        }
        for place, state in enumerate(_SHOWN)
    ]


def _mark(place: int, at: int) -> str:
    if place < at or at == len(_SHOWN) - 1:
        return "done"
    return "now" if place == at else "todo"


def _note(at: datetime | None, text: str) -> str:
    day = wareki_short(at.astimezone(TOKYO).date()) if at else ""
    return "　".join(part for part in (day, text) if part)
