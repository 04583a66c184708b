"""Sessions of the councils and general meetings of the consortium (議会会期・総会)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from consortium.db import models
from consortium.db.tables.plan_records import CERTAINTIES, SESSION_KINDS
from consortium.db.unit import Unit

__all__ = ["CERTAINTIES", "SESSION_KINDS", "CouncilSession"]


@dataclass(frozen=True, slots=True)
class CouncilSession:
    """A session of a council or a general meeting (会期); `decision_on` is the day of the vote."""

    id: str
    #: town whose council it is; empty for the 総会 of the consortium (団体コード)
    code: str
    #: 定例会, 臨時会 or 総会
    kind: str
    opens_on: date | None
    closes_on: date | None
    decision_on: date
    #: 推定 or 確定
    certainty: str
    source: str


def save_sessions(
    unit: Unit,
    consortium_id: str,
    title: str,
    old: Sequence[CouncilSession],
    new: Sequence[CouncilSession],
) -> None:
    """Replace the sessions of one town and year by others as one event (会期の変更).

    Rows keep their ids; nothing is written when nothing differs.
    """
    if list(old) == list(new):
        return
    table = models.CouncilSession
    # Taken out first: two of them may have exchanged their days.
    for each in old:
        unit.session.delete(unit.session.get_one(table, each.id))
    unit.session.flush()
    unit.session.add_all(
        table(
            id=each.id, consortium_id=consortium_id, code=each.code, kind=each.kind,
            opens_on=each.opens_on, closes_on=each.closes_on, decision_on=each.decision_on,
            certainty=each.certainty, source=each.source,
        )
        for each in new
    )  # fmt: skip
    unit.session.flush()
    unit.record(
        consortium_id, "council_session.change", "council_session", (*new, *old)[0].id, title,
        _in_words(old), _in_words(new),
    )  # fmt: skip


def _in_words(found: Sequence[CouncilSession]) -> dict[str, str]:
    return {
        f"{each.kind} {each.decision_on}": "。".join(
            (
                f"{each.opens_on or '―'}から{each.closes_on or '―'}まで",
                each.certainty,
                each.source,
            )
        )
        for each in found
    }
