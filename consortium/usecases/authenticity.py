"""Whether a file is the one that was issued (照合); nothing of it is stored."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from consortium.db import files
from consortium.db.store import register_rows, registers
from consortium.db.store.register_rows import Candidate
from consortium.db.store.registers import Entry
from consortium.db.unit import reading
from consortium.domain.fiscalyear.run import STAGES
from consortium.intake import issued_book, prescan
from consortium.intake.issued_book import DATA, Difference, Rows
from consortium.reports.verify_register import newest_edition
from consortium.usecases.viewer import Viewer

#: Most bytes of a file whose values are compared; a larger one is known by its hash only.
MAX_BYTES = prescan.MOST_BYTES
#: Most bytes of a file at all: an archive of a year, or the zip of a large issue.
MOST_HASHED = 64 * prescan.MB
_CHUNK = 256 * 1024
#: Differing cells that are shown; the first say enough.
MOST_SHOWN = 10
#: Documents with the same 照合符号 or the same rows that are compared cell by cell.
_MOST_COMPARED = 8

#: Answers, and what they are called.
ANSWERS = {
    "current": "真正・現行",
    "superseded": "真正・失効",
    "cancelled": "真正・取消",
    "same": "数値一致（再保存）",
    "changed": "変更あり",
    "unknown": "不明",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer about a file (照合の結果)."""

    answer: str
    #: the document it is, or was made from; None where unknown or outside the register
    entry: Entry | None = None
    #: its name; empty where unknown
    name: str = ""
    #: edition that replaced it, None where none did
    newer: int | None = None
    #: a document of the last stage issued after its own for the year, None where none is in force
    later: Entry | None = None
    differences: tuple[Difference, ...] = ()
    #: there are more differing cells than are shown
    has_more: bool = False

    @property
    def label(self) -> str:
        """Give the answer in words (結果)."""
        if self.answer == "superseded":
            return f"真正・第{self.newer}版で失効"
        return ANSWERS[self.answer]


def check_file(viewer: Viewer, sent: BinaryIO, folder: Path) -> Verdict:
    """Say whether a file is genuine, and current; a town asks about its own documents (照合).

    Another town's file is as unknown as any other. Raises: BadInputError for what is no workbook
    that can be read, or is too large even to be hashed.
    """
    code = (viewer.code or "") if viewer.is_member else None
    digest, content = _hashed(sent)
    owner = viewer.consortium_id
    with reading() as session:
        entries = registers.entries(session, owner, code=code)
        found = register_rows.candidates(session, owner, code, register_rows.by_file(digest))
        report = register_rows.report_named(session, owner, code, digest)
    if found:
        return _genuine(entries, found[0].statement_id)
    if report is not None:
        return Verdict("current", name=report)
    sheets, codes = issued_book.read_upload(content)
    # Towns that see each other's amounts have the same rows: what is printed says whose file it is.
    if codes:
        same = register_rows.by_code(codes)
    elif DATA in sheets:
        same = register_rows.by_rows(issued_book.hash_of(sheets[DATA]))
    else:
        return Verdict("unknown")
    with reading() as session:
        alike = register_rows.candidates(session, owner, code, same)
    return _closest(entries, alike, sheets, folder)


def _hashed(sent: BinaryIO) -> tuple[str, bytes]:
    """Hash a file piece by piece; give as much of it as shows whether it is small enough to read.

    Raises: BadInputError for one that is larger than anything that is issued.
    """
    digest, kept, size = hashlib.sha256(), bytearray(), 0
    while chunk := sent.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if size > MOST_HASHED:
            raise prescan.refused(
                f"ファイルが{MOST_HASHED // prescan.MB}MBを超えています。",
                "発行したファイルを選んでください。",
            )
        if len(kept) <= MAX_BYTES:
            kept += chunk
    return digest.hexdigest(), bytes(kept)


def _genuine(entries: Iterable[Entry], statement_id: str) -> Verdict:
    everything = list(entries)
    entry = next(each for each in everything if each.id == statement_id)
    verdict = Verdict("current", entry, entry.display_name, later=_later(everything, entry))
    if entry.cancelled is not None:
        return replace(verdict, answer="cancelled")
    if not entry.is_current:
        rows = [_key(each) for each in everything]
        return replace(verdict, answer="superseded", newer=newest_edition(rows, _key(entry)))
    return verdict


def _later(entries: Iterable[Entry], entry: Entry) -> Entry | None:
    """Give a document of the last stage that follows its own in the year (後の段階)."""
    if not (entry.is_yearly and entry.is_current):
        return None
    order = list(STAGES)
    found = [
        each
        for each in entries
        if each.is_yearly and each.is_current and each.year == entry.year
        if order.index(each.stage) > order.index(entry.stage)
    ]
    return max(found, key=lambda each: order.index(each.stage), default=None)


def _key(entry: Entry) -> dict[str, object]:
    return {
        "kind": entry.kind,
        "fiscal_year_start": entry.year.start_year,
        "stage": entry.stage,
        "period_key": entry.period_key,
        "edition": entry.edition,
    }


def _closest(
    entries: list[Entry], alike: list[Candidate], sheets: dict[str, Rows], folder: Path
) -> Verdict:
    """Compare with the stored files and answer for the one that differs least."""
    verdicts = [
        _compared(_genuine(entries, each.statement_id), each, sheets, folder)
        for each in alike[:_MOST_COMPARED]
    ]
    order = {"same": 0, "changed": 1}
    verdicts.sort(key=lambda each: (order[each.answer], each.has_more, len(each.differences)))
    return verdicts[0] if verdicts else Verdict("unknown")


def _compared(
    genuine: Verdict, candidate: Candidate, sheets: dict[str, Rows], folder: Path
) -> Verdict:
    issued = issued_book.read_sheets(files.read_stored(folder, candidate.stored))
    first = tuple(islice(issued_book.differing_cells(issued, sheets), MOST_SHOWN + 1))
    if not first:
        return replace(genuine, answer="same")
    has_more = len(first) > MOST_SHOWN
    return replace(genuine, answer="changed", differences=first[:MOST_SHOWN], has_more=has_more)
