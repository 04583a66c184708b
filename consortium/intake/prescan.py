"""A look at an uploaded workbook before anything parses it (取込み前の検査).

The zip directory and one bounded reading of each part: nothing is unpacked to disk, no XML parser
runs. What passes may be given to openpyxl, read-only.
"""

import re
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from consortium.domain.errors import BadInputError

MB = 1024 * 1024
MOST_BYTES = 5 * MB
MOST_PARTS = 200
MOST_OF_PART = 30 * MB
MOST_UNPACKED = 50 * MB
MOST_RATIO = 100
#: So many cells are looked at and read in a second; with 400,000 it would be four.
MOST_ROWS, MOST_COLUMNS, MOST_CELLS = 5_000, 100, 80_000
MOST_TEXT = 32_767
#: Ours have six at most; each costs time although it holds next to nothing.
MOST_SHEETS = 30
#: Tags in all, and those among them that are neither cell nor text: a reader makes objects of these
#: (formats, names, merged cells), some 20 µs each.
MOST_TAGS, MOST_MARKS = 1_000_000, 30_000

WORKBOOK_TYPE = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_BEGINNING = b"PK\x03\x04"
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
#: A part that an XML parser would take, whatever its name says.
_XML = re.compile(rb"\s*<|\xef\xbb\xbf|\xff\xfe|\xfe\xff|\0<")
_SAVE_AGAIN = "Excelで開いて、値だけのブック（.xlsx）として保存し直してください。"
_ASKED = "ファイルを読み取ろうとしました。"


def prescan(content: bytes) -> None:
    """Refuse what is no plain .xlsx workbook of a size that we read (検査).

    Raises: BadInputError in Japanese, naming what was found.
    """
    _look(content, _Counts())


def check_package(content: bytes) -> None:
    """Refuse what is no plain .xlsx workbook, whatever it holds: it is not read (受取りの検査).

    Raises: BadInputError.
    """
    _look(content, None)


def _look(content: bytes, counts: "_Counts | None") -> None:
    check_size(content)
    try:
        if not content.startswith(_BEGINNING):
            raise BadZipFile  # another file may stand before a zip, and hide it
        with ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            _check_names(parts)
            _check_parts(archive, parts, counts)
    except BadInputError:
        raise
    except Exception as error:  # zipfile and zlib raise many kinds for broken files
        raise refused("Excelブック（.xlsx）として開けません。") from error


def check_size(content: bytes) -> None:
    """Refuse a file that is too large to be looked at (大きさ)."""
    if len(content) > MOST_BYTES:
        raise refused("ファイルが5MBを超えています。", "小さくしてから選んでください。")


def refused(found: str, todo: str = _SAVE_AGAIN) -> BadInputError:
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


def _check_parts(archive: ZipFile, parts: list[ZipInfo], counts: "_Counts | None") -> None:
    unpacked = 0
    for part in parts:
        data = _read(archive, part, MOST_UNPACKED - unpacked)
        unpacked += len(data)
        if part.filename == "[Content_Types].xml":
            _check_type(data)
        if data.startswith(b"PK\x03\x04"):
            raise refused("中に別の圧縮ファイルがあります。")
        if part.filename.lower().endswith((".xml", ".rels", ".vml")) or _XML.match(data):
            _check_declarations(data)
            if counts is not None:
                counts.add(data)


class _Counts:
    """What the parts hold together (部品の数)."""

    def __init__(self) -> None:
        self.tags = self.marks = self.sheets = self.cells = 0

    def add(self, data: bytes) -> None:
        """Count one part of XML; refuse what is too much to be read in a moment."""
        tags = data.count(b"<")
        self.tags += tags
        if self.tags <= MOST_TAGS:  # so many are counted in a second or two
            self.marks += tags - len(_PLAIN.findall(data))
        if self.tags > MOST_TAGS or self.marks > MOST_MARKS:
            raise refused("書式や名前の定義が多すぎます。")
        _check_texts(data)
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


def _check_declarations(data: bytes) -> None:
    if b"\0" in data or _DECLARED.search(data):
        raise refused("使えない宣言（DOCTYPE、ENTITY）か文字を含みます。")


def _check_texts(data: bytes) -> None:
    pieces = data.split(b"<")
    if len(max(pieces, key=len)) > MOST_TEXT and any(map(_is_long, pieces)):
        raise refused(f"{MOST_TEXT:,}文字を超えるセルがあります。")


def _is_long(piece: bytes) -> bool:
    """Say whether a tag's text has too many characters; one takes at least a byte."""
    if len(piece) <= MOST_TEXT:
        return False
    return any(len(part.decode("utf-8", "replace")) > MOST_TEXT for part in piece.split(b">"))


def _count_cells(data: bytes) -> int:
    """Count rows, columns and cells, whether they name their place or not."""
    rows = columns = cells = 0
    known: dict[bytes, int] = {}
    for token in _TOKEN.finditer(data):
        place = _PLACE.search(token[2])
        letters, digits = (place[1], place[2]) if place else (b"", b"")
        if token[1] == b"row":
            rows, columns = rows + 1, 0
        else:
            columns, cells = columns + 1, cells + 1
        if rows > MOST_ROWS or int(digits or b"0") > MOST_ROWS:
            raise refused(f"行が{MOST_ROWS:,}行を超えています。")
        if letters not in known:
            known[letters] = _column(letters)
        if columns > MOST_COLUMNS or known[letters] > MOST_COLUMNS:
            raise refused(f"列が{MOST_COLUMNS}列を超えています。")
    return cells


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
