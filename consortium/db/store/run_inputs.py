"""What runs are shared from, kept with them (算定の入力), and how dollars became yen."""

import json
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from consortium.db.models import AllocationRun, CostItem
from consortium.db.store import invoices, item_parts, settings
from consortium.domain.canonical import canonical
from consortium.domain.invoicing import usd_note
from consortium.domain.sharing import document, run_inputs
from consortium.domain.sharing.result import CostItem as Item
from consortium.domain.sharing.result import Result
from consortium.domain.sharing.run_inputs import Dollars, RunInputs


class Computed(NamedTuple):
    """A result with everything it was shared from (計算した算定)."""

    inputs: RunInputs
    result: Result

    @property
    def text(self) -> str:
        """Give the inputs as they are stored."""
        return canonical(run_inputs.write(self.inputs))


class Stored(NamedTuple):
    """A run as it is kept (保存した算定): its result, and its inputs unless it is too old."""

    result: Result
    #: None for a run made before inputs were kept
    inputs: RunInputs | None
    #: why it was made, empty for a first edition (理由)
    reason: str = ""


def read_stored(session: Session, consortium_id: str, *run_ids: str) -> list[Stored]:
    """Give runs of the consortium in the order named, in one statement (算定結果と入力).

    KeyError for a run that is not the consortium's.
    """
    found = session.execute(
        select(
            AllocationRun.id, AllocationRun.document, AllocationRun.inputs, AllocationRun.reason
        ).where(AllocationRun.consortium_id == consortium_id, AllocationRun.id.in_(run_ids))
    )
    rows = {row.id: row for row in found}
    return [
        Stored(
            document.read(json.loads(rows[run_id].document)),
            run_inputs.read(json.loads(text)) if (text := rows[run_id].inputs) else None,
            rows[run_id].reason,
        )
        for run_id in run_ids
    ]


def dollars_of(session: Session, consortium_id: str, items: Iterable[Item]) -> dict[int, Dollars]:
    """Give dollars and rates of the items entered in them, by number (米ドルの費目の前提).

    An item whose yen came from other rates than those registered now (it was issued before they
    changed) is left out: nobody can say any more at which rate. One statement if there are none.
    """
    numbers = {item.key: item for item in items}
    found = select(CostItem.id, CostItem.tax_rate).where(
        CostItem.consortium_id == consortium_id,
        CostItem.id.in_(list(numbers)),
        CostItem.amount_by == "usd",
    )
    tax_rates = {row.id: row.tax_rate for row in session.execute(found)}
    if not tax_rates:
        return {}
    amounts = item_parts.dollars_of(session, sorted(tax_rates))
    months = sorted({month for part in amounts.values() for month in part})
    rates = {
        month: stored.rate
        for month, stored in invoices.rates(session, consortium_id, months).items()
    }
    mode = settings.settings_of(session, consortium_id).usd_mode
    result: dict[int, Dollars] = {}
    for key, part in amounts.items():
        item = numbers[key]
        is_known = all(month in rates for month in part)
        # The note is written with the yen, so it says by which rates they came about.
        if is_known and item.note.startswith(usd_note(part, rates, mode)):
            by_month = {month: rates[month].rate for month in part}
            result[item.no] = Dollars(part, by_month, mode, tax_rates[key])
    return result
