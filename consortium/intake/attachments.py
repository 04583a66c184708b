"""Files that people send along (添付): what kind they are, and a name that is safe to show.

Nothing is opened or parsed beyond the directory of a zip; the bytes are kept as they came.
"""

import re
import unicodedata
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import Final

from consortium.domain.errors import BadInputError

#: Most bytes of one file (添付の上限).
MAX_BYTES: Final = 5 * 1024 * 1024

#: Ending in the store → media type it is handed out with.
MEDIA_TYPES: Final = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pdf": "application/pdf",
    ".csv": "text/csv",
    ".png": "image/png",
    ".jpg": "image/jpeg",
}
#: What a form offers to choose from.
ACCEPT: Final = ".xlsx,.pdf,.csv,.png,.jpg,.jpeg"

_MOST_PARTS: Final = 200
_MOST_UNPACKED: Final = 50 * 1024 * 1024
_NEEDED_PARTS: Final = ("[Content_Types].xml", "xl/workbook.xml")
_ACTIVE: Final = ("vbaproject", "activex", "embeddings", "externallinks", "macrosheets")
_REFUSED_SIGNS: Final = re.compile(r'[\\/:*?"<>|]')
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])")
_LONGEST_STEM: Final = 80


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that was accepted (添付ファイル); `suffix` is one of MEDIA_TYPES."""

    display_name: str
    suffix: str
    content: bytes


def read_attachment(name: str, content: bytes) -> Attachment:
    """Accept a file whose ending and content say the same kind (添付の受付).

    Raises: BadInputError at `file` for one that is empty, too large, or of another kind.
    """
    if not content:
        raise _refuse("ファイルの中身がありません。", "ファイルを選び直してください。")
    if len(content) > MAX_BYTES:
        raise _refuse("ファイルが5MBを超えています。", "5MBまでのファイルを選んでください。")
    ending = PurePosixPath(name.replace("\\", "/").strip().lower()).suffix
    suffix = ".jpg" if ending == ".jpeg" else ending
    if suffix not in MEDIA_TYPES:
        raise _refuse(
            "この種類のファイルは添付できません。",
            "Excel（xlsx）・PDF・CSV・PNG・JPEGのファイルを選んでください。",
        )
    if not _is_of_kind(suffix, content):
        raise _refuse(
            f"ファイルの中身が、名前の種類（{suffix[1:]}）と合いません。",
            "マクロや埋込みのない、正しい形式で保存し直してください。",
        )
    return Attachment(safe_name(name, suffix), suffix, content)


def _is_of_kind(suffix: str, content: bytes) -> bool:
    if suffix == ".xlsx":
        return _is_plain_workbook(content)
    if suffix == ".pdf":
        return content.startswith(b"%PDF-")
    if suffix == ".png":
        return content.startswith(b"\x89PNG\r\n\x1a\n")
    if suffix == ".jpg":
        return content.startswith(b"\xff\xd8\xff")
    return _is_table_of_text(content)


def _is_plain_workbook(content: bytes) -> bool:
    """Look at the directory only; a workbook with macros or embedded files is refused."""
    if not content.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(BytesIO(content)) as book:
            parts = book.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return False
    names = [part.filename for part in parts]
    return (
        len(names) <= _MOST_PARTS
        and len(set(names)) == len(names)
        and sum(part.file_size for part in parts) <= _MOST_UNPACKED
        and all(needed in names for needed in _NEEDED_PARTS)
        and not any(part.flag_bits & 1 for part in parts)
        and not any(_leaves_the_folder(each) for each in names)
        and not any(word in each.lower() for each in names for word in _ACTIVE)
    )


def _leaves_the_folder(part: str) -> bool:
    return part.startswith("/") or "\\" in part or ".." in part.split("/")


def _is_table_of_text(content: bytes) -> bool:
    """Accept UTF-8 or cp932 without control characters that does not begin as a web page does."""
    for encoding in ("utf-8-sig", "cp932"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        controls = any(ord(sign) < 32 and sign not in "\t\r\n" for sign in text)
        return not controls and not text.lstrip().startswith(("<", "%PDF-", "%!"))
    return False


def safe_name(name: str, suffix: str) -> str:
    r"""Give a name that every system accepts and that shows what it is (表示名).

    >>> safe_name("..\\..\\回答 案.XLSX", ".xlsx")
    '回答 案.xlsx'
    >>> safe_name("con.pdf", ".pdf")
    '_con.pdf'
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    visible = "".join(sign for sign in last if unicodedata.category(sign) not in _INVISIBLE)
    stem = _REFUSED_SIGNS.sub("", visible).strip().rpartition(".")[0].strip(" .")[:_LONGEST_STEM]
    stem = stem.strip(" .") or "添付"
    if _RESERVED.fullmatch(stem.split(".")[0]):
        stem = f"_{stem}"
    return f"{stem}{suffix}"


def _refuse(found: str, todo: str) -> BadInputError:
    return BadInputError("ファイルを添付しようとしました。", found, todo, path="file")
