"""Comparing a restored register with what had gone out (台帳の照合): no number is used twice.

Documents issued after the backup was made are in no register any more. One whose figures come out
the same again is taken back under its own number; of any other the edition counts as used, so that
the office issues the next one. Numbers go on above the highest that anybody knows of.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from consortium.db import restore_mark
from consortium.db.store import reports, restorations, runs
from consortium.db.store.reports import Claim, NewRun
from consortium.db.store.restorations import Lost
from consortium.db.unit import Head, Unit, audit_head, reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, InvalidTransitionError
from consortium.domain.fiscalyear.run import STAGES
from consortium.intake import issued_book, printed
from consortium.usecases import statements
from consortium.usecases.reporting import SYSTEM, Kind, Sheet, Worker, work
from consortium.usecases.statements import Numbered, kind_of

_TOKYO = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True, slots=True)
class _Found:
    """A document in no register (台帳にない文書)."""

    content: bytes
    sha256: str
    number: int
    edition: int
    code: str
    year: int | None
    stage: str
    issued_on: date | None

    @property
    def name(self) -> str:
        return f"共ク第{self.number}号（第{self.edition}版、照合符号 {self.code}）"


@dataclass(frozen=True, slots=True)
class _Again:
    """An approved run whose documents had gone out (同じ算定): slot → the document."""

    run: runs.Run
    found: Mapping[str, _Found]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What the comparison found and did (照合の結果)."""

    #: sentences about each document that is in no register
    lines: list[str]
    read: int
    taken: int
    lost: int
    next_number: int


def reconcile(
    consortium_id: str, worker: Worker, places: Sequence[Path], highest: int
) -> Reconciled:
    """Compare files with the register and let numbers go on above the highest (台帳の照合).

    `highest` is what the towns have in hand. Doing it again changes nothing more. Raises:
    BadInputError for a number that is implausibly high.
    """
    restore_mark.refuse_marked(worker.folder, "台帳を照合しようとしました。")
    with reading() as session:
        known = restorations.known_hashes(session, consortium_id)
        taken = restorations.numbers_of(session, consortium_id)
        so_far = restorations.highest_number(session, consortium_id)
    _refuse_implausible(highest, so_far)
    paths = _books([worker.folder, *places])
    found = list(_unknown(paths, known))
    same = [_again(worker, consortium_id, run, found, taken) for run in _approved(consortium_id)]
    again = [each for each in same if each.found]
    kept = {each.sha256 for group in again for each in group.found.values()}
    lost = [each for each in found if each.sha256 not in kept]
    top = max(highest, so_far, *(each.number for each in found), 0)
    with writing(SYSTEM, worker.now(), "バックアップからの復元") as unit:
        restorations.finish(unit, consortium_id, top, [_lost(each) for each in lost])
    lines = [f"{each.name}は、台帳にありません。版と番号は使用済みとします。" for each in lost]
    for group in again:
        _take_back(worker, consortium_id, group)
        lines += [f"{each.name}を、同じ番号で台帳に戻しました。" for each in group.found.values()]
    with reading() as session:
        following = restorations.highest_number(session, consortium_id) + 1
    return Reconciled(lines, len(paths), len(kept), len(lost), following)


def _refuse_implausible(highest: int, so_far: int) -> None:
    """Refuse a slip of the finger: a number once passed over never comes back."""
    if highest > so_far + 10_000:
        raise BadInputError(
            "台帳を照合しようとしました。",
            f"指定した番号（{highest}）が、台帳の最後の番号（{so_far}）から離れすぎています。",
            "各団体の手元にある文書の番号を確かめてください。",
            path="--highest",
        )


# ---- what had gone out ---------------------------------------------------------------------------


def _books(places: Sequence[Path]) -> list[Path]:
    """List the workbooks of some files and folders, each once."""
    found: dict[Path, None] = {}
    for place in places:
        for path in [place] if place.is_file() else sorted(place.rglob("*.xlsx")):
            found[path.resolve()] = None
    return list(found)


def _unknown(paths: Sequence[Path], known: set[str]) -> Iterator[_Found]:
    """Read the documents that no row records, each once; other workbooks are passed over."""
    seen = set(known)
    for path in paths:
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if digest in seen:
            continue
        seen.add(digest)
        try:
            said = printed.read(content)
        except BadInputError:
            continue  # no workbook of ours, or a broken one: nothing is known of it
        if said.number is not None and said.edition is not None:
            yield _Found(
                content,
                digest,
                said.number,
                said.edition,
                said.code,
                said.year,
                next((key for key, label in STAGES.items() if label == said.stage), ""),
                said.issued_on,
            )


def _lost(each: _Found) -> Lost:
    year = FiscalYear(each.year) if each.year and each.stage else None
    stage = each.stage if year else None
    return Lost(each.number, year, stage, each.edition, each.code, each.sha256)


# ---- what comes out the same again ---------------------------------------------------------------


def _approved(consortium_id: str) -> list[runs.Run]:
    with reading() as session:
        return [run for run in runs.list_runs(session, consortium_id) if run.state == "approved"]


def _again(
    worker: Worker,
    consortium_id: str,
    run: runs.Run,
    found: Sequence[_Found],
    taken: set[int],
) -> _Again:
    """Make the documents of an approved run for comparison and find those that had gone out.

    Both the printed 照合符号 and every row of データ have to be the same.
    """
    with writing(SYSTEM, worker.now()) as unit:
        unit.operational()
        frozen = statements.freeze_run(unit, consortium_id, run, _numbering({}, 1))
    same = {}
    for sheet in statements.sheets(frozen, worker.folder):
        candidates = [
            each for each in found if each.code == sheet.data_hash[:8] and each.number not in taken
        ]
        rows = issued_book.rows_hash(sheet.render()) if candidates else None
        for each in candidates:
            if issued_book.rows_hash(each.content) == rows:
                same[sheet.slot] = each
                break
    return _Again(run, same)


def _numbering(numbers: Mapping[str, int], first: int) -> statements.Numbering:
    """Give slots the numbers they had, and others the ones from `first` on."""

    def number(unit: Unit, consortium_id: str, slots: Sequence[str], _title: str) -> Numbered:
        head: Head = audit_head(unit.session, consortium_id)
        others = [slot for slot in slots if slot not in numbers]
        fresh = {slot: first + index for index, slot in enumerate(others)}
        return Numbered(head, {slot: numbers.get(slot) or fresh[slot] for slot in slots})

    return number


def _take_back(worker: Worker, consortium_id: str, group: _Again) -> None:
    """Issue the run once more, with the very files that had gone out (引き取り)."""
    run = group.run
    key = NewRun(
        consortium_id,
        kind_of(run.stage),
        run.year,
        f"FY{run.year.start_year}",
        run.edition,
        worker.now(),
    )
    with writing(SYSTEM, worker.now(), "復元の前に発行した文書の引き取り") as unit:
        reports.insert_due(unit.session, [key])
        title = f"{run.title}の引き取り"
        unit.record(consortium_id, "register.take_back", "allocation_run", run.id, title)
        report_id, state = reports.find_run(unit.session, key)
        if state == "failed":
            reports.retry(unit, consortium_id, report_id)
    kind = Kind(_freezing(group), _sheets(group), statements.publish)
    work(worker, {key.kind: kind}, run_id=report_id)
    with reading() as session:
        is_issued = runs.get_run(session, consortium_id, run.id).state == "issued"
    if not is_issued:
        raise InvalidTransitionError(
            f"{run.title}を、外に出た文書の番号のまま台帳に戻そうとしました。",
            "帳票の作成が終わっていません。",
            "作成の状態を確かめ、もう一度 flask register reconcile を行ってください。",
        )


def _freezing(group: _Again) -> Any:
    def freeze(unit: Unit, held: Claim) -> Mapping[str, Any]:
        run = statements.approved_run(unit, held)
        numbers = {slot: each.number for slot, each in group.found.items()}

        def number(unit: Unit, owner: str, slots: Sequence[str], title: str) -> Numbered:
            others = [slot for slot in slots if slot not in numbers]
            taken = Numbered.take(unit, owner, others, title).numbers if others else {}
            head = audit_head(unit.session, owner)
            return Numbered(head, {**taken, **numbers})

        frozen = statements.freeze_run(unit, held.consortium_id, run, number)
        day = next((each.issued_on for each in group.found.values() if each.issued_on), None)
        if day is None:
            return frozen
        at = datetime.combine(day, time(), _TOKYO).isoformat()
        return {**frozen, "statement": {**frozen["statement"], "issued_at": at}}

    return freeze


def _sheets(group: _Again) -> Any:
    def sheets(frozen: Mapping[str, Any], store: Path) -> list[Sheet]:
        return [
            sheet._replace(render=partial(bytes, group.found[sheet.slot].content))
            if sheet.slot in group.found
            else sheet
            for sheet in statements.sheets(frozen, store)
        ]

    return sheets
