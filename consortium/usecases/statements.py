"""Statements (負担金明細書): what issuing a run freezes, prints and enters in the register."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from consortium.db.store import questions, registers, restorations, runs, settings
from consortium.db.store.registers import NewStatement
from consortium.db.store.reports import Claim, FileRecord
from consortium.db.unit import Head, Unit, audit_head
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import CannotShareError
from consortium.domain.fiscalyear.run import STAGES, take
from consortium.domain.sharing.result import Result
from consortium.domain.sharing.sentences import series_note
from consortium.domain.yen import Yen
from consortium.reports import cost_statement, summary
from consortium.reports.document import (
    LEAD_SLOT,
    ReminderDocument,
    StatementDocument,
    data_hash,
    member_slot,
)
from consortium.reports.names import FileLabel, display_name
from consortium.usecases.matrix import rule_notes
from consortium.usecases.reporting import Kind, NotReadyError, Sheet
from consortium.usecases.statement_facts import before_of, compared_of, settling_of

_PREFIX = "statement_"


def kind_of(stage: str) -> str:
    """Name the kind of report that issues a stage (帳票の種類)."""
    return f"{_PREFIX}{stage}"


def stage_of(kind: str) -> str:
    """Give the stage that a kind of report issues (段階)."""
    return kind.removeprefix(_PREFIX)


def freeze(unit: Unit, held: Claim) -> Mapping[str, Any]:
    """Freeze an approved run with everything its statements show (発行時点の固定).

    Document numbers are taken here, for good: a run that is cancelled later leaves them unused.
    """
    run = approved_run(unit, held)
    restorations.refuse_issue(unit.session, held.consortium_id, run)
    if run.stage == "final" and questions.open_questions(
        unit.session, held.consortium_id, held.year
    ):
        raise NotReadyError("質疑の回答待ち")
    return freeze_run(unit, held.consortium_id, run, Numbered.take)


def freeze_run(
    unit: Unit, consortium_id: str, run: runs.Run, number: "Numbering"
) -> Mapping[str, Any]:
    """Freeze a run; `number` gives its documents their numbers (発行時点の固定)."""
    result = runs.read_result(unit.session, consortium_id, run.id)
    if not any(party.is_lead for party in result.parties):
        raise CannotShareError(
            f"{run.title}を発行しようとしました。",
            "この年度に参加している幹事市がありません。",
            "「構成団体」で幹事市の加入期間を確認し、算定し直してください。",
        )
    slots = [*(member_slot(code) for code in paying(result)), LEAD_SLOT]
    numbered = number(unit, consortium_id, slots, run.title)
    document = new_document(unit, consortium_id, run, result, numbered)
    document = replace(
        document,
        before=before_of(unit.session, consortium_id, run),
        settling=settling_of(unit.session, consortium_id, run, result),
        compared=compared_of(unit.session, consortium_id, run, document.fiscal_year_label),
    )
    return {"run_id": run.id, "numbers": numbered.numbers, "statement": document.to_json()}


class Numbered(NamedTuple):
    """The numbers taken for documents, and the head of the chain they are printed with (採番)."""

    head: Head
    #: slot → 台帳番号
    numbers: dict[str, int]

    @classmethod
    def take(cls, unit: Unit, consortium_id: str, slots: Sequence[str], title: str) -> "Numbered":
        """Take a number for each slot, for good (文書番号の割当).

        Raises: DuplicateError after a restoration until 台帳の照合 was done.
        """
        restorations.refuse_waiting(unit.session, consortium_id, title)
        head = audit_head(unit.session, consortium_id)
        first = registers.take_numbers(unit, consortium_id, len(slots), title)
        return cls(head, {slot: first + index for index, slot in enumerate(slots)})

    @property
    def printed(self) -> dict[str, str]:
        """Give the numbers as printed (文書番号)."""
        return {slot: f"共ク第{number}号" for slot, number in self.numbers.items()}


#: Gives numbers to slots: unit, consortium, slots, title of the run (採番のしかた).
Numbering = Callable[[Unit, str, Sequence[str], str], Numbered]


def new_document(
    unit: Unit, consortium_id: str, run: runs.Run, result: Result, numbered: Numbered
) -> StatementDocument:
    """Put together what every document of a run shows, as of now (発行時点の固定)."""
    office = settings.settings_of(unit.session, consortium_id)
    return StatementDocument(
        is_sample=office.is_sample,
        consortium=office.name,
        office=office.office_name,
        fiscal_year=run.year,
        fiscal_year_label=fiscal_year_label(run.year, office.year_labels),
        stage=run.stage,
        edition=run.edition,
        issued_at=unit.now,
        register_seq=numbered.head.seq,
        register_hash=numbered.head.hash,
        shows_other_members=office.shows_other_members,
        numbers=numbered.printed,
        rule_notes=tuple(rule_notes(result)),
        basis_notes=tuple(series_note(series) for series in result.series),
        result=result,
        own_approval=run.is_own_approval,
    )


def approved_run(unit: Unit, held: Claim) -> runs.Run:
    """Lock the run to be issued: its approval is withdrawn before this or not at all."""
    owner = held.consortium_id
    for found in runs.runs_of(unit.session, owner, held.year, stage_of(held.kind)):
        if found.edition == held.edition:
            run = runs.get_run(unit.session, owner, found.id, lock=True)
            if run.state == "approved":
                return run
    raise NotReadyError("承認待ち")


def paying(result: Result) -> tuple[str, ...]:
    """Name the members that some item of the result concerns (負担する団体), by code."""
    concerned = [result.concerned(entry) for entry in result.items]
    there = [any(row[at] for row in concerned) for at in range(len(result.parties))]
    return tuple(
        party.code for party, is_there in zip(result.parties, there, strict=True) if is_there
    )


def sheets(frozen: Mapping[str, Any], _store: Path) -> list[Sheet]:
    """List one workbook for each paying member, and the lead city's summary (作成するファイル)."""
    document = StatementDocument.from_json(frozen["statement"])
    result = document.result

    def of_member(code: str) -> Sheet:
        slot = member_slot(code)
        name = result.parties[result.position(code)].name
        return Sheet(
            slot,
            display_name(_label("statement", document, code, name)),
            data_hash(document, slot),
            lambda: cost_statement.render(document, code),
        )

    lead = next(party for party in result.parties if party.is_lead)
    whole = Sheet(
        LEAD_SLOT,
        display_name(_label("summary", document, lead.code, lead.name)),
        data_hash(document, LEAD_SLOT),
        lambda: summary.render(document),
    )
    return [*(of_member(code) for code in paying(result)), whole]


def _label(report: str, document: StatementDocument, code: str, name: str) -> FileLabel:
    return FileLabel(report, document.fiscal_year, code, name, document.edition, document.stage)


def publish(unit: Unit, held: Claim, frozen: Mapping[str, Any], made: list[FileRecord]) -> None:
    """Enter every file in the register and make the run the current one (発行)."""
    document = StatementDocument.from_json(frozen["statement"])
    run = runs.get_run(unit.session, held.consortium_id, frozen["run_id"], lock=True)
    office = settings.settings_of(unit.session, held.consortium_id)
    take(
        "issue",
        run.state,
        actor=unit.actor.id,
        drafted_by=run.drafted_by,
        allows_own=office.allows_own_approval,
    )
    for earlier in runs.runs_of(unit.session, held.consortium_id, held.year, document.stage):
        if earlier.state == "issued":
            runs.change_state(unit, held.consortium_id, earlier.id, "supersede", "superseded")
    entries = [_entry(document, frozen, held, file) for file in made]
    registers.enter(unit, held.consortium_id, run.title, entries)
    runs.change_state(unit, held.consortium_id, run.id, "issue", "issued")


def _entry(
    document: StatementDocument, frozen: Mapping[str, Any], held: Claim, file: FileRecord
) -> NewStatement:
    result = document.result
    is_lead = file.slot == LEAD_SLOT
    code = None if is_lead else file.slot.removeprefix(member_slot(""))
    amount = result.total if code is None else result.amount(code)
    return register_line(document, frozen, held, file, (code, document.stage, amount))


def register_line(
    document: StatementDocument | ReminderDocument,
    frozen: Mapping[str, Any],
    held: Claim,
    file: FileRecord,
    about: tuple[str | None, str, Yen],
) -> NewStatement:
    """Give the line of a file in the register (発行台帳の一行); `about`: code, stage and amount."""
    code, stage, amount = about
    return NewStatement(
        run_id=frozen["run_id"],
        report_run_id=held.id,
        report_file_id=file.id,
        slot=file.slot,
        code=code,
        number=frozen["numbers"][file.slot],
        document_number=document.numbers[file.slot],
        year=document.fiscal_year,
        stage=stage,
        edition=document.edition,
        amount=amount,
        issued_on=document.issued_on,
        data_hash=file.data_hash,
        file_hash=file.file_hash,
        register_seq=document.register_seq,
        register_hash=document.register_hash,
        content_hash=file.content_hash,
        rows_hash=file.rows_hash,
    )


#: How every stage of a fiscal year is issued.
KINDS: Mapping[str, Kind] = {kind_of(stage): Kind(freeze, sheets, publish) for stage in STAGES}
