"""The rows that index the result of a run (負担額の一覧): dropped and rebuilt, never edited."""

from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from consortium.db.models import ShareRow
from consortium.domain.sharing.result import Result


def share_rows(run_id: str, consortium_id: str, result: Result) -> list[dict[str, Any]]:
    """Give the rows that index a result; they can be made anew at any time (負担額の一覧)."""
    keys = {entry.item.no: entry.item.key for entry in result.items}
    return [
        {
            "run_id": run_id,
            "consortium_id": consortium_id,
            "item_no": line.item.no,
            "component": line.component,
            "code": line.code,
            "item_id": keys[line.item.no] or None,
            "amount": line.amount,
        }
        for line in result.lines()
    ]


def write_shares(session: Session, run_id: str, consortium_id: str, result: Result) -> None:
    """Save the rows of a run that has none (負担額の保存)."""
    rows = share_rows(run_id, consortium_id, result)
    if rows:
        session.execute(insert(ShareRow), rows)
