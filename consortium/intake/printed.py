"""What an issued workbook prints of itself (印字): number, edition, code, register, day, stage."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from consortium.domain.errors import BadInputError
from consortium.intake.prescan import refused
from consortium.intake.raw_cells import PlainSheet
from consortium.intake.worker import read_apart

_FOOTER_HEAD = re.compile(r"台帳 ([0-9]{1,9}) ([0-9a-f]{16})")
_FULL_HEAD = re.compile(r"発行時の台帳[ 　]第([0-9]{1,9})番 ([0-9a-f]{64})")
_NUMBER = re.compile(r"共ク第([0-9]{1,9})号")
_EDITION = re.compile(r"第([0-9]{1,4})版　照合符号 ([0-9a-f]{4})-([0-9a-f]{4})")
_STAGE = re.compile(r"負担金(?:明細書|総括表)（([^（）]{1,10})）")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATA = "データ"


@dataclass(frozen=True, slots=True)
class Printed:
    """What a workbook says of itself; what it does not say is None or empty (印字された事項)."""

    heads: tuple[tuple[int, str], ...]
    number: int | None
    edition: int | None
    #: eight digits
    code: str
    #: year in which the fiscal year begins
    year: int | None
    #: label of the stage, e.g. 確定; empty for what is no statement of a year
    stage: str
    issued_on: date | None


def read(content: bytes) -> Printed:
    """Read a workbook from outside, in a process of its own. Raises: BadInputError."""
    try:
        sheets = read_apart(content)
    except BadInputError as error:
        raise refused(error.found, "発行した .xlsx のファイルを指定してください。") from None
    footers = "\n".join(sheet["footer"] for sheet in sheets)
    texts = [held for sheet in sheets for _, _, _, held, _ in sheet["cells"] if held is not None]
    words = [text for text in texts if isinstance(text, str)]
    edition = _EDITION.search(footers)
    number = _NUMBER.search(footers)
    stages = [found[1] for found in map(_STAGE.search, words) if found]
    return Printed(
        _heads(footers, words),
        int(number[1]) if number else None,
        int(edition[1]) if edition else None,
        edition[2] + edition[3] if edition else "",
        _year(sheets),
        stages[0] if stages else "",
        _day(words),
    )


def _heads(footers: str, words: Iterable[str]) -> tuple[tuple[int, str], ...]:
    """Give each head once, the longest form of it that is printed."""
    found: dict[int, str] = {int(no): digest for no, digest in _FOOTER_HEAD.findall(footers)}
    for word in words:
        for no, digest in _FULL_HEAD.findall(word):
            if digest.startswith(found.get(int(no), "")):
                found[int(no)] = digest
    return tuple(found.items())


def _year(sheets: Iterable[PlainSheet]) -> int | None:
    """Read the year from the first row of データ below its headings."""
    for sheet in sheets:
        for row, column, kind, held, _ in sheet["cells"]:
            if sheet["name"] == _DATA and (row, column) == (2, 1) and kind == "n":
                return int(str(held)) if str(held).isdigit() else None
    return None


def _day(words: Iterable[str]) -> date | None:
    found = next((word for word in words if _DAY.fullmatch(word)), None)
    return None if found is None else date.fromisoformat(found)
