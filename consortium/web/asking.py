"""質疑 beside the amount it is about: on なぜこの額か and on the page of a run."""

from typing import Any

from flask import url_for

from consortium.usecases import questions
from consortium.usecases.runs import Cell, Run
from consortium.web import context
from consortium.web.rights import may


def asking_about(cell: Cell) -> dict[str, Any]:
    """Give what why.html shows of the questions on a cell, and where to ask (この額の質疑)."""
    viewer, run = context.viewer(), cell.run
    is_own = not viewer.is_member or cell.code == viewer.code
    asked = [
        each
        for each in (questions.questions_of_run(viewer, run.id) if is_own else ())
        if (each.item_no, each.code) == (cell.item_no, cell.code)
    ]
    entry = next(each for each in cell.result.items if each.item.no == cell.item_no)
    may_ask = is_own and may("questions.ask") and entry.item.charge_to in (None, cell.code)
    url = url_for("questions.ask_item", run_id=run.id, item_no=cell.item_no, code=cell.code)
    return {"asked": asked, "states": questions.STATES, "ask_url": url if may_ask else ""}


def asked_of_run(run: Run) -> dict[str, Any]:
    """Give what run.html shows of the questions on its year (算定の質疑)."""
    of_year = questions.questions_of_year(context.viewer(), run.year)
    waits = run.stage == "final" and run.state in ("draft", "in_review", "approved")
    blocking = [each for each in of_year if each.state == "open"] if waits else []
    return {
        "asked": [each for each in of_year if each.run_id == run.id],
        "question_states": questions.STATES,
        "blocking": [f"{each.town}「{each.subject}」（{each.run_title}）" for each in blocking],
        "may_ask": may("questions.ask"),
    }
