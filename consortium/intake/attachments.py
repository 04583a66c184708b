"""Files that people send along (添付): what kind they are, and a name that is safe to show.

Nothing is parsed; the parts of a workbook are unpacked, bounded, to see that it is no bomb and
holds no macro. The bytes are kept as they came.
"""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from consortium.domain.errors import BadInputError
from consortium.intake.prescan import check_package

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
    if suffix == ".xlsx":
        _check_workbook(content)
    elif not _is_of_kind(suffix, content):
        raise _refuse(
            f"ファイルの中身が、名前の種類（{suffix[1:]}）と合いません。",
            "マクロや埋込みのない、正しい形式で保存し直してください。",
        )
    return Attachment(safe_name(name, suffix), suffix, content)


def _check_workbook(content: bytes) -> None:
    """Refuse a workbook with macros, embedded files or links, and one that is none; unread."""
    try:
        check_package(content)
    except BadInputError as error:
        raise _refuse(f"ファイルの中身を受け取れません。{error.found}", error.todo) from None


def _is_of_kind(suffix: str, content: bytes) -> bool:
    if suffix == ".pdf":
        return content.startswith(b"%PDF-")
    if suffix == ".png":
        return content.startswith(b"\x89PNG\r\n\x1a\n")
    if suffix == ".jpg":
        return content.startswith(b"\xff\xd8\xff")
    return _is_table_of_text(content)


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
