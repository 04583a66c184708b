"""A PDF of something issued (PDF): found, its bytes checked, printed, never stored."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from consortium.db import files
from consortium.db.store import members, registers
from consortium.db.store.registers import Entry
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError, NotFoundError
from consortium.domain.fiscalyear.run import STAGES
from consortium.reports import pdf
from consortium.usecases import downloads
from consortium.usecases.downloads import Handed
from consortium.usecases.register import document_name, edition_name
from consortium.usecases.viewer import Viewer

_ASKED, _BOOK = "PDFにする文書を探しました。", ".xlsx"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which document is meant (文書の指定): its number, its file name, or year, stage and town."""

    number: str = ""
    file: str = ""
    year: FiscalYear | None = None
    #: key of the stage; empty for any
    stage: str = ""
    #: 団体コード or name; empty for the lead city's 総括表
    town: str = ""

    @property
    def words(self) -> str:
        """Say what was asked for (指定の内容)."""
        parts = {
            "番号": self.number,
            "ファイル": self.file,
            "年度": str(self.year.start_year) if self.year else "",
            "段階": STAGES.get(self.stage, ""),
            "団体": self.town,
        }
        return "、".join(f"{name}「{text}」" for name, text in parts.items() if text)


@dataclass(frozen=True, slots=True)
class Printed:
    """A PDF that was made (作成したPDF)."""

    content: bytes
    #: the document's own file name, ending in .pdf
    file_name: str
    #: what it is, and whether it still stands: 共ク第12号 確定通知書 確定 第1版（取消）
    title: str


def print_document(owners: Sequence[str], wanted: Wanted, folder: Path) -> Printed:
    """Print one document of the register of one of these consortia.

    Raises: NotFoundError where there is none, BadInputError where more than one is meant or it is
    no workbook, DomainError where the stored bytes are no longer those that were issued, or where
    the host cannot print.
    """
    found = [(owner, entry) for owner in owners for entry in _meant(owner, wanted)]
    if not found:
        raise NotFoundError(
            _ASKED,
            f"{wanted.words}の文書は、発行台帳にありません。",
            "発行台帳で文書番号かファイルの名前を確かめてください。",
        )
    if len(found) > 1:
        named = "、".join(f"{entry.document_number}「{entry.display_name}」" for _, entry in found)
        raise BadInputError(
            _ASKED,
            f"{len(found)}件あります（{named}）。",
            "文書番号で指定するか、--consortium で協議会を指定してください。",
        )
    owner, entry = found[0]
    with reading() as session:
        stored = registers.find_download(session, owner, entry.file_id, code=None).stored
    name = entry.display_name
    pages = _pages(name, files.read_stored(folder, stored))
    return Printed(pages, _named(name), _title(entry))


def can_print() -> bool:
    """Say whether this host has the program that prints (LibreOfficeの有無)."""
    return bool(pdf.find_program())


def print_file(viewer: Viewer, file_id: str, folder: Path, limit: float) -> Handed:
    """Print a published file that the viewer may have, in so many seconds (帳票のPDF).

    Raises: as `print_document`; NotFoundError for another town's file as for a missing one.
    """
    found = downloads.fetch(viewer, file_id, folder)
    pages = _pages(found.display_name, found.content, limit)
    return Handed(pages, _named(found.display_name), _named(found.ascii_name))


def _pages(name: str, content: bytes, limit: float = pdf.LIMIT) -> bytes:
    if not name.endswith(_BOOK):
        raise BadInputError(
            f"「{name}」をPDFにしようとしました。",
            "ブック（.xlsx）ではありません。",
            "PDFにできるのは、明細書・総括表・納入依頼・督促などのブックです。",
        )
    return pdf.print_books({name: content}, limit=limit)[name]


def _named(name: str) -> str:
    return f"{name.removesuffix(_BOOK)}.pdf"


def _meant(owner: str, wanted: Wanted) -> list[Entry]:
    """List the documents that a request may mean."""
    with reading() as session:
        entries = registers.entries(session, owner, year=wanted.year)
        codes = {
            town.code
            for town in members.members(session, owner)
            if wanted.town in (town.code, town.name)
        }
    if wanted.number:
        number = _number(wanted.number)
        return [e for e in entries if number in (_number(e.document_number), str(e.number))]
    if wanted.file:
        # A path as well: the files also lie in a folder of the sample, and names are completed.
        name = unicodedata.normalize("NFC", Path(wanted.file).name)
        return [entry for entry in entries if entry.display_name == name]
    if wanted.year is None:
        raise BadInputError(
            _ASKED,
            "どの文書かが指定されていません。",
            "文書番号か、--file か、--year を指定してください。",
        )
    if wanted.town and not codes:
        raise NotFoundError(
            _ASKED,
            f"構成団体「{wanted.town}」は登録されていません。",
            "--town に団体コードか名前を書いてください。",
        )
    return [
        entry
        for entry in entries
        if entry.is_yearly
        and entry.is_current
        and wanted.stage in ("", entry.stage)
        and ({entry.code} == codes if wanted.town else entry.code is None)
    ]


def _number(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _title(entry: Entry) -> str:
    names = (entry.document_number, document_name(entry), edition_name(entry))
    state = "" if entry.is_current else "（取消）" if entry.cancelled else "（失効）"
    return f"{fiscal_year_label(entry.year)} {' '.join(names)}{state}"
