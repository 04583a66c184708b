"""A look at an uploaded workbook before anything parses it (取込み前の検査).

The zip directory and one bounded reading of each part: nothing is unpacked to disk, no XML parser
runs. What passes may be given to openpyxl, read-only.
"""

import re
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from consortium.domain.errors import BadInputError

MB = 1024 * 1024
MOST_BYTES = 5 * MB
MOST_PARTS = 200
MOST_OF_PART = 30 * MB
MOST_UNPACKED = 50 * MB
MOST_RATIO = 100
MOST_ROWS, MOST_COLUMNS, MOST_CELLS = 5_000, 100, 400_000
MOST_TEXT = 32_767
#: Ours have six at most; each costs time although it holds next to nothing.
MOST_SHEETS = 30
#: Tags in all, and those among them that are neither cell nor text: a reader makes objects of these
#: (formats, names, merged cells), some 20 µs each.
MOST_TAGS, MOST_MARKS = 2_500_000, 30_000

WORKBOOK_TYPE = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_CHUNK = 64 * 1024
_REFUSED_PARTS = re.compile(
    r"externallinks/|vbaproject|activex|embeddings/|(?:^|/)connections\.xml", re.IGNORECASE
)
_DECLARED = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_SHEET = re.compile(rb"<(?:[\w.-]+:)?worksheet[\s/>]")
# Up to the next sign of a tag and no further: every pattern here reads the bytes once.
_TOKEN = re.compile(rb"<(?:[\w.-]+:)?(row|c)(?=[\s/>])([^<>]*)>")
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,7})([0-9]{0,9})["']""")
_PLAIN = re.compile(rb"</?(?:[\w.-]+:)?(?:row|c|v|f|is|t|r|si|rPh|phoneticPr)[\s/>]")
_TEXT = re.compile(rb"[^<>]+")
#: A part that an XML parser would take, whatever its name says.
_XML = re.compile(rb"\s*<|\xef\xbb\xbf|\xff\xfe|\xfe\xff|\0<")
_ASKED = "ファイルを読み取ろうとしました。"


def prescan(content: bytes) -> None:
    """Refuse what is no plain .xlsx workbook of a size that we read (検査).

    Raises: BadInputError in Japanese, naming what was found.
    """
    if len(content) > MOST_BYTES:
        raise refused("ファイルが5MBを超えています。", "小さくしてから選んでください。")
    try:
        with ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            _check_names(parts)
            _check_parts(archive, parts)
    except (BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError) as error:
        raise refused("Excelブック（.xlsx）として開けません。") from error


def refused(found: str, todo: str = "発行した .xlsx のファイルを選んでください。") -> BadInputError:
    """Make the refusal of an uploaded file (受け取れないファイル)."""
    return BadInputError(_ASKED, found, todo, path="file")


def _check_names(parts: list[ZipInfo]) -> None:
    if len(parts) > MOST_PARTS:
        raise refused(f"中の部品が{MOST_PARTS}個を超えています。")
    names = [part.filename for part in parts]
    if len({name.lower() for name in names}) < len(names):
        raise refused("同じ名前の部品が二つあります。")
    for part in parts:
        _check_entry(part)
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= set(names):
        raise refused("Excelブック（.xlsx）ではありません。")


def _check_entry(part: ZipInfo) -> None:
    name = part.filename
    if name.startswith("/") or "\\" in name or ".." in name.split("/") or ":" in name:
        raise refused("部品の名前が正しくありません。")
    if part.flag_bits & 1:
        raise refused("暗号化されています。", "パスワードを外してから選んでください。")
    if part.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise refused("圧縮の方式が違います。")
    if _REFUSED_PARTS.search(name):
        raise refused("マクロ、外部リンク、埋込みのいずれかを含みます。")


def _check_parts(archive: ZipFile, parts: list[ZipInfo]) -> None:
    unpacked, found = 0, _Counts()
    for part in parts:
        data = _read(archive, part, MOST_UNPACKED - unpacked)
        unpacked += len(data)
        if part.filename == "[Content_Types].xml":
            _check_type(data)
        if data.startswith(b"PK\x03\x04"):
            raise refused("中に別の圧縮ファイルがあります。")
        if part.filename.lower().endswith((".xml", ".rels", ".vml")) or _XML.match(data):
            _check_xml(data)
            found.add(data)


@dataclass
class _Counts:
    """What the parts hold together (部品の数)."""

    tags: int = 0
    marks: int = 0
    sheets: int = 0
    cells: int = 0

    def add(self, data: bytes) -> None:
        """Count one part of XML; refuse what is too much to be read in a moment."""
        tags = data.count(b"<")
        self.tags += tags
        if self.tags <= MOST_TAGS:  # so many are counted in a second or two
            self.marks += tags - sum(1 for _ in _PLAIN.finditer(data))
        if self.tags > MOST_TAGS or self.marks > MOST_MARKS:
            raise refused("書式や名前の定義が多すぎます。")
        if _SHEET.search(data):
            self.sheets, self.cells = self.sheets + 1, self.cells + _count_cells(data)
        if self.sheets > MOST_SHEETS:
            raise refused(f"シートが{MOST_SHEETS}枚を超えています。")
        if self.cells > MOST_CELLS:
            raise refused(f"セルが{MOST_CELLS:,}個を超えています。")


def _read(archive: ZipFile, part: ZipInfo, left: int) -> bytes:
    """Read a part, never more of it than is allowed, whatever its size is declared to be."""
    most = min(MOST_OF_PART, left)
    chunks, size = [], 0
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            is_blown_up = size > MB and size > MOST_RATIO * max(part.compress_size, 1)
            if size > most or is_blown_up:
                raise refused("展開すると大きすぎます。")
            chunks.append(chunk)
    return b"".join(chunks)


def _check_type(data: bytes) -> None:
    if WORKBOOK_TYPE not in data or b"macroenabled" in data.lower():
        raise refused("マクロを含むか、別の形式のブックです。")


def _check_xml(data: bytes) -> None:
    if b"\0" in data or _DECLARED.search(data):
        raise refused("使えない宣言（DOCTYPE、ENTITY）か文字を含みます。")
    if any(_is_long(found[0]) for found in _TEXT.finditer(data)):
        raise refused(f"{MOST_TEXT:,}文字を超えるセルがあります。")


def _is_long(text: bytes) -> bool:
    """Say whether it has too many characters; one takes at least a byte."""
    return len(text) > MOST_TEXT and len(text.decode("utf-8", "replace")) > MOST_TEXT


def _count_cells(data: bytes) -> int:
    """Count rows, columns and cells, whether they name their place or not."""
    rows = columns = cells = 0
    for token in _TOKEN.finditer(data):
        place = _PLACE.search(token[2])
        letters, digits = (place[1], place[2]) if place else (b"", b"")
        if token[1] == b"row":
            rows, columns = rows + 1, 0
        else:
            columns, cells = columns + 1, cells + 1
        if max(rows, int(digits or b"0")) > MOST_ROWS:
            raise refused(f"行が{MOST_ROWS:,}行を超えています。")
        if max(columns, _column(letters)) > MOST_COLUMNS:
            raise refused(f"列が{MOST_COLUMNS}列を超えています。")
    return cells


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
