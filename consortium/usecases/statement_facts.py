"""What a statement says beside its shares: the amount before, the settlement (明細書の事実)."""

from typing import TYPE_CHECKING

from consortium.db.store import instalments, payments, run_inputs, runs
from consortium.db.store.run_inputs import Stored
from consortium.db.store.runs import Run
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.sharing.causes import Causes, causes
from consortium.domain.sharing.compare import matched
from consortium.domain.sharing.result import Result
from consortium.reports.compared import Compared, ComparedRun
from consortium.reports.dues import Before, SettleLine, Settling
from consortium.reports.wording import item_name
from consortium.usecases.settlements import STAGE, settlement_facts

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Stages whose letter says what was issued before, from their first edition on.
_CHANGING = ("revised", "final")


def before_of(session: "Session", consortium_id: str, run: Run) -> Before | None:
    """Give what was issued for the year before; None for a first amount and a 精算 (変更前の額)."""
    if run.stage == STAGE or (run.stage not in _CHANGING and run.edition == 1):
        return None
    found = instalments.in_force(session, consortium_id, run.year)
    if found is None or found.run_id == run.id:
        return None
    title = f"{STAGES[found.stage]}　第{found.edition}版"
    return Before(title, {code: found.amount(code) for code in found.amounts})


def causes_of(old: Stored, new: Stored) -> Causes | None:
    """Divide the difference of two kept runs into its causes; None if one is too old (要因分解)."""
    if old.inputs is None or new.inputs is None:
        return None
    return causes(old.inputs, new.inputs, (old.result, new.result))


def compared_of(
    session: "Session", consortium_id: str, run: Run, year_label: str
) -> Compared | None:
    """Say why the amounts differ from those in force before (要因分解).

    None for the first run of the year, and where one of the two was made before inputs were kept.
    """
    found = instalments.in_force(session, consortium_id, run.year)
    if found is None or found.run_id == run.id:
        return None
    why = causes_of(*run_inputs.read_stored(session, consortium_id, found.run_id, run.id))
    if why is None:
        return None
    old, new = (
        ComparedRun(run.year, year_label, each.stage, each.edition) for each in (found, run)
    )
    return Compared(old, new, why)


def settling_of(
    session: "Session", consortium_id: str, run: Run, result: Result
) -> dict[str, Settling]:
    """Give each member's settlement; empty for other stages and where nothing was paid (精算).

    What a member paid is one sum; item by item stands what it was charged before, and a line of
    its own says by how much its payments differ from that.
    """
    paid = payments.payments(session, consortium_id, year=run.year)
    if run.stage != STAGE or not any(each.counts for each in paid):
        return {}
    earlier = instalments.in_force(session, consortium_id, run.year)
    old = runs.read_result(session, consortium_id, earlier.run_id) if earlier else None
    facts = settlement_facts(session, consortium_id, run.year, run.id)
    known = {party.code for party in result.parties}
    return {
        line.code: Settling(
            _lines(line.code, old, result, line.paid), line.paid, line.final, line.disposition
        )
        for line in facts.lines
        if line.code in known
    }


def _lines(code: str, old: Result | None, new: Result, paid: int) -> tuple[SettleLine, ...]:
    """Set the items beside each other; the last line brings their sum to what was paid."""
    before = {} if old is None else _amounts(old, code)
    partner, gone = matched(
        [] if old is None else [each.item for each in old.items],
        [each.item for each in new.items],
    )
    after = _amounts(new, code)
    lines = [
        SettleLine(
            each.item.no,
            item_name(each.item),
            before[partner[at]] if at in partner else 0,
            after[at],
            "" if at in partner else "追加された経費",
        )
        for at, each in enumerate(new.items)
    ]
    if old is not None:
        lines += [
            SettleLine(None, item_name(old.items[at].item), before[at], 0, "なくなった経費")
            for at in gone
        ]
    lines = [line for line in lines if line.paid or line.final]
    rest = paid - sum(line.paid for line in lines)
    if rest:
        lines.append(SettleLine(None, "収納額との差", rest, 0, "未納" if rest < 0 else "過納"))
    return tuple(lines)


def _amounts(result: Result, code: str) -> dict[int, int]:
    """Give what a member bears of each item, by its place in the result."""
    if all(party.code != code for party in result.parties):
        return dict.fromkeys(range(len(result.items)), 0)
    position = result.position(code)
    return {at: entry.amounts[position] for at, entry in enumerate(result.items)}
