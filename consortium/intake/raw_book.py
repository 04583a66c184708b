"""What the parts of a workbook hold, as plain data (ブックの中身): sheets, cells, footers.

A workbook must have passed `prescan`, or be our own. Only the standard library is used, so that a
worker process starts at once; and unlike openpyxl it tells a formula from its stored value.
"""

import posixpath
from io import BytesIO
from typing import Final, TypeVar
from xml.parsers import expat
from zipfile import ZipFile

from consortium.intake.number_formats import date_styles
from consortium.intake.raw_cells import (
    Attributes,
    BrokenBookError,
    Cells,
    Part,
    PlainSheet,
    Texts,
)

_WORKBOOK: Final = "xl/workbook.xml"
_CHUNK: Final = 64 * 1024


P = TypeVar("P", bound=Part)


def read(content: bytes, *, only: str = "") -> list[PlainSheet]:
    """Give the sheets in order, or the one of a name; those that are only a chart are left out.

    Raises: BrokenBookError, expat.ExpatError, LookupError, ValueError, and what a zip raises.
    """
    with ZipFile(BytesIO(content)) as archive:
        book = _parse(archive, _WORKBOOK, _Book())
        links = _parse(archive, "xl/_rels/workbook.xml.rels", _Links()).parts
        by_kind = dict(links.values())
        strings, styles = _Strings(), _Styles()
        if "sharedStrings" in by_kind:
            _parse(archive, by_kind["sharedStrings"], strings)
        if "styles" in by_kind:
            _parse(archive, by_kind["styles"], styles)
        dates = date_styles(styles.codes, styles.formats)
        sheets: list[PlainSheet] = []
        for name, link, is_hidden in book.sheets:
            kind, part = links[link]
            if kind == "worksheet" and only in ("", name):
                cells = _parse(archive, part, Cells(strings.texts, dates, is_1904=book.is_1904))
                sheets.append(cells.sheet(name, is_hidden=is_hidden))
        return sheets


def _parse(archive: ZipFile, name: str, part: P) -> P:
    """Give a part its tags one by one; what it does not know is passed over."""
    starts, ends = part.starts, part.ends

    def start(tag: str, attributes: Attributes) -> None:
        handler = starts.get(tag) or starts.get(tag.rpartition(":")[2])
        if handler is not None:
            handler(attributes)

    def end(tag: str) -> None:
        handler = ends.get(tag) or ends.get(tag.rpartition(":")[2])
        if handler is not None:
            handler()

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = part.text
    parser.StartDoctypeDeclHandler = _refuse_declaration
    with archive.open(name) as stream:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk)
        parser.Parse(b"", True)
    return part


def _refuse_declaration(*_declared: object) -> None:
    raise BrokenBookError("a declaration")


class _Book(Part):
    """The list of sheets (ブックの目次)."""

    def __init__(self) -> None:
        #: name, link, whether it is hidden
        self.sheets: list[tuple[str, str, bool]] = []
        self.is_1904 = False
        self.starts = {"workbookPr": self._take_facts, "sheet": self._take_sheet}

    def _take_facts(self, attributes: Attributes) -> None:
        self.is_1904 = attributes.get("date1904", "0") in ("1", "true")

    def _take_sheet(self, attributes: Attributes) -> None:
        name = attributes["name"]
        if any(name.lower() == known.lower() for known, _, _ in self.sheets):
            raise BrokenBookError("two sheets of one name")
        link = next(value for key, value in attributes.items() if key.endswith(":id"))
        is_hidden = attributes.get("state", "visible") != "visible"
        self.sheets.append((name, link, is_hidden))


class _Links(Part):
    """Which part a link of the workbook means (部品の対応)."""

    def __init__(self) -> None:
        #: link → kind and name of the part
        self.parts: dict[str, tuple[str, str]] = {}
        self.starts = {"Relationship": self._take}

    def _take(self, attributes: Attributes) -> None:
        kind = attributes["Type"].rpartition("/")[2]
        target = posixpath.normpath(posixpath.join("/xl", attributes["Target"]))
        self.parts[attributes["Id"]] = kind, target.lstrip("/")


class _Strings(Texts):
    """The texts that cells name by number (共有文字列)."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.starts = {"t": self.begin_text, "rPh": self.begin_aid}
        self.ends = {"t": self.end_text, "rPh": self.end_aid, "si": self._end_entry}

    def _end_entry(self) -> None:
        self.texts.append(self.joined())


class _Styles(Part):
    """The number format of each cell style (表示形式)."""

    def __init__(self) -> None:
        self.codes: dict[int, str] = {}
        self.formats: list[int] = []
        self._is_inside = False
        self.starts = {"numFmt": self._take_code, "cellXfs": self._begin, "xf": self._take_style}
        self.ends = {"cellXfs": self._end}

    def _take_code(self, attributes: Attributes) -> None:
        self.codes[int(attributes["numFmtId"])] = attributes["formatCode"]

    def _begin(self, _attributes: Attributes) -> None:
        self._is_inside = True

    def _take_style(self, attributes: Attributes) -> None:
        if self._is_inside:
            self.formats.append(int(attributes.get("numFmtId", 0)))

    def _end(self) -> None:
        self._is_inside = False
