"""The zip of a fiscal year (年度アーカイブ): every file that went out, the register, its verifier.

The same document and files give the same bytes: no clock, names in a fixed order.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import wareki
from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.fiscalyear.schedule import TOKYO
from consortium.failpoint import failpoint
from consortium.reports.document_head import read_head, write_head

FORMAT = 1
README = "README.txt"
#: Folder of each kind of document.
FOLDERS = {
    "statement": "01_負担金明細書",
    "summary": "02_負担金総括表",
    "notice": "03_納入依頼",
    "reminder": "04_督促",
    "monthly_cost": "05_月次費用報告",
    "quarterly_cost": "08_四半期費用報告",
    "situation": "09_状況報告",
}
REGISTER_FOLDER = "06_発行台帳"
#: What is kept of anything that has no folder of its own.
_OTHER_FOLDER = "07_その他"
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
_FILE_MODE, _UNIX = 0o600 << 16, 3


@dataclass(frozen=True, slots=True)
class Kept:
    """One file of the archive (保存するファイル)."""

    path: str
    stored_name: str
    size: int
    sha256: str
    #: 文書番号; empty for a report outside the register
    document_number: str = ""
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class ArchiveDocument:
    """What an archive holds (年度アーカイブの元)."""

    is_sample: bool
    consortium: str
    office: str
    fiscal_year: FiscalYear
    fiscal_year_label: str
    edition: int
    number: str
    issued_at: datetime
    register_seq: int
    register_hash: str
    kept: tuple[Kept, ...]
    #: exported register and its verifier, by file name
    register: Mapping[str, bytes]

    @property
    def issued_on(self) -> date:
        """The day of issue in Japan (発行日)."""
        return self.issued_at.astimezone(TOKYO).date()

    @property
    def data_hash(self) -> str:
        """Hash what is kept (データハッシュ)."""
        return kept_hash(self.fiscal_year, self.kept)


def kept_hash(year: FiscalYear, kept: Iterable[Kept]) -> str:
    """Hash the files of a year: the same files, valid or not as before, give the same hash."""
    rows = [[k.path, k.sha256, k.document_number, k.is_cancelled] for k in kept]
    return sha256_hex(canonical([FORMAT, year.start_year, rows]))


def place(kind: str, name: str) -> str:
    """Give the path of a document in the archive.

    >>> place("notice", "R08_納入依頼_第1期_023817_板柳町_第1版.xlsx")
    '03_納入依頼/R08_納入依頼_第1期_023817_板柳町_第1版.xlsx'
    """
    return f"{FOLDERS.get(kind, _OTHER_FOLDER)}/{name}"


def render(document: ArchiveDocument, read: Callable[[Kept], bytes]) -> bytes:
    """Make the zip; `read` gives the stored bytes of a file."""
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=6) as archive:
        put(archive, README, _readme(document).encode("utf-8-sig"))
        for at, kept in enumerate(sorted(document.kept, key=lambda each: each.path)):
            put(archive, kept.path, read(kept))
            if at == len(document.kept) // 2:
                failpoint("zip-half")
        for name, content in sorted(document.register.items()):
            put(archive, f"{REGISTER_FOLDER}/{name}", content)
    failpoint("zip-done")
    return target.getvalue()


def put(archive: ZipFile, path: str, content: bytes) -> None:
    """Put a file into a zip, the same bytes whenever it is done (zipへの収納)."""
    info = ZipInfo(path, _FIRST_DAY)
    info.compress_type, info.create_system, info.external_attr = ZIP_DEFLATED, _UNIX, _FILE_MODE
    archive.writestr(info, content, compresslevel=6)


def _readme(document: ArchiveDocument) -> str:
    """Say what lies where and how to check it (使い方)."""
    name = f"{document.consortium}　{document.fiscal_year_label}"
    lines = [
        f"{name}　年度アーカイブ　第{document.edition}版",
        *(["【見本】実際の通知ではありません。"] if document.is_sample else []),
        "",
        f"文書番号　　{document.number}",
        f"発行日　　　{wareki(document.issued_on)}",
        f"発行者　　　{document.office}",
        f"発行時の台帳　第{document.register_seq}番 {document.register_hash}",
        "",
        "この年度に発行したすべての帳票を、発行した時のまま収めています。",
        "失効した版と、発行を取り消した文書も含みます。",
        f"「{REGISTER_FOLDER}」には、発行台帳と操作記録の全体（他の年度を含む）があります。",
        "次のコマンドで、ポータルなしに確かめられます（Python 3 だけが要ります）。",
        "",
        f"  cd {REGISTER_FOLDER}",
        "  python3 verify_register.py register.json ../フォルダー名/ファイル名",
        "",
        "月次費用報告は台帳に載せない帳票なので、検証では「不明」と出ます。下の照合値で確かめて",
        "ください。",
        "",
        f"収めたファイル（{len(document.kept)}件）と、その照合値（SHA-256）",
        "",
    ]
    for kept in sorted(document.kept, key=lambda each: each.path):
        said = [kept.document_number, "取消" if kept.is_cancelled else ""]
        remark = "　".join(part for part in said if part)
        lines.append(f"{kept.sha256}  {kept.path}{f'（{remark}）' if remark else ''}")
    return "\r\n".join([*lines, ""])


def write(document: ArchiveDocument) -> dict[str, Any]:
    """Give the document as plain values, but for the register."""
    return {
        "format": FORMAT,
        **write_head(document),
        "edition": document.edition,
        "number": document.number,
        "kept": [
            [k.path, k.stored_name, k.size, k.sha256, k.document_number, k.is_cancelled]
            for k in document.kept
        ],
    }


def read(plain: Mapping[str, Any], register: Mapping[str, bytes]) -> ArchiveDocument:
    """Read the document back, with the register that was frozen beside it."""
    return ArchiveDocument(
        **read_head(plain),
        edition=plain["edition"],
        number=plain["number"],
        kept=tuple(Kept(*row) for row in plain["kept"]),
        register=register,
    )
