"""Letters of one instalment, one for each town (納入依頼・督促): their files and register lines."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from consortium.db.store.registers import NewStatement
from consortium.db.store.reports import Claim, FileRecord
from consortium.domain.yen import Yen
from consortium.reports.document import (
    ReminderDocument,
    StatementDocument,
    data_hash,
    member_slot,
)
from consortium.reports.names import FileLabel, display_name
from consortium.usecases.reporting import Sheet
from consortium.usecases.statements import register_line


class Letters(NamedTuple):
    """The letters of an instalment (期別の文書)."""

    #: key of the 帳票
    kind: str
    #: number of the instalment
    no: int
    document: StatementDocument | ReminderDocument


class Demand(NamedTuple):
    """What a town is asked for (依頼の内容), in yen."""

    stage: str
    amount: Yen
    due_on: date


def letter_sheets(
    letters: Letters, codes: Iterable[str], render: Callable[[str], bytes]
) -> list[Sheet]:
    """List one workbook for each town (作成するファイル)."""
    document = letters.document

    def of_member(code: str) -> Sheet:
        slot, name = member_slot(code), document.name(code)
        label = FileLabel(
            letters.kind, document.fiscal_year, code, name, document.edition,
            instalment=letters.no,
        )  # fmt: skip
        return Sheet(
            slot, display_name(label), data_hash(document, slot), lambda: render(code)
        )  # fmt: skip

    return [of_member(code) for code in codes]


def letter_entry(
    letters: Letters,
    frozen: Mapping[str, Any],
    held: Claim,
    file: FileRecord,
    demand: Callable[[str], Demand],
) -> NewStatement:
    """Give the line of one letter in the register (発行台帳の一行)."""
    code = file.slot.removeprefix(member_slot(""))
    asked = demand(code)
    about = (code, asked.stage, asked.amount)
    return replace(
        register_line(letters.document, frozen, held, file, about),
        kind=letters.kind,
        period_key=held.period_key,
        instalment=letters.no,
        due_on=asked.due_on,
    )
