"""Finished workbooks put to other programs (ほかの表計算による検算).

LibreOffice shows the values stored in a file as they stand. Only a profile that says "always
recalculate" makes it compute (OOXMLRecalcMode 0); a test with any other profile proves nothing.
"""

import os
import re
import subprocess
from collections.abc import Mapping
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import formualizer
import pytest
from openpyxl import load_workbook
from openpyxl.utils.datetime import to_excel
from python_calamine import CalamineWorkbook

from consortium.reports.sheet import address
from tests import host

#: (sheet, address) → what a reader finds there; a date is its serial number, nothing is left out
Values = dict[tuple[str, str], float | str]

ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""
_RESULT = "xlsx:Calc MS Excel 2007 XML"


def calc() -> str:
    """Give LibreOffice Calc, or skip; where nobody may skip, fail."""
    program = host.find_calc()
    if not program:
        missing = "LibreOffice Calc がないため、ブックの検算ができません。"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return program


def recalculated(
    books: Mapping[str, bytes], folder: Path, *, always: bool = True
) -> dict[str, bytes]:
    """Let LibreOffice open all the books in one start, with a profile of its own, and save them."""
    program, made = calc(), folder / "made"
    (folder / "profile" / "user").mkdir(parents=True)
    if always:
        settings = folder / "profile" / "user" / "registrymodifications.xcu"
        settings.write_text(ALWAYS, encoding="utf-8")
    names = {name: f"{number}.xlsx" for number, name in enumerate(books)}
    for name, file in names.items():
        (folder / file).write_bytes(books[name])
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [program, profile, "--headless", "--convert-to", _RESULT, "--outdir", str(made)]
    subprocess.run(
        [*command, *(str(folder / file) for file in names.values())],
        check=True,
        capture_output=True,
        timeout=300,
    )
    return {name: (made / file).read_bytes() for name, file in names.items()}


def formualized(content: bytes) -> tuple[int, int, int]:
    """Let formualizer recalculate; give its formula cells, changed values and errors."""
    done = formualizer.recalculate_xlsx_bytes(content)
    assert done["summary"]["unknown_functions"] == []
    errors = done["summary"]["total_errors"]
    return done["formula_cells"], done["cache_cells_changed"], errors


# ---- reading -------------------------------------------------------------------------------------


def by_openpyxl(content: bytes) -> Values:
    """Read the stored values as any script does."""
    book = load_workbook(BytesIO(content), data_only=True)
    return {
        (sheet.title, cell.coordinate): _plain(cell.value)
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }


def by_calamine(content: bytes) -> Values:
    """Read the stored values with a reader that shares no code with the writer."""
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    return {
        (name, address(row, column)): _plain(value)
        for name in book.sheet_names
        for row, cells in enumerate(
            book.get_sheet_by_name(name).to_python(skip_empty_area=False), start=1
        )
        for column, value in enumerate(cells, start=1)
        if value != ""
    }


def _plain(value: Any) -> float | str:
    if isinstance(value, date | datetime):
        serial: float = to_excel(value)
        return serial
    assert type(value) in (int, float, str), value
    return value


def formulas(content: bytes) -> dict[tuple[str, str], str]:
    """Give the text of every formula."""
    book = load_workbook(BytesIO(content))
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def differences(stored: Values, found: Values) -> list[str]:
    """Say where two readings differ; ratios are doubles and agree to 12 digits."""
    return [
        f"{sheet}!{place}: {stored.get((sheet, place))!r} → {found.get((sheet, place))!r}"
        for sheet, place in sorted(stored.keys() | found.keys())
        if not alike(stored.get((sheet, place)), found.get((sheet, place)))
    ]


def alike(stored: float | str | None, found: float | str | None) -> bool:
    """Say whether two values are the same; nothing and an empty text are."""
    if isinstance(stored, float | int) and isinstance(found, float | int):
        exact = float(stored).is_integer()
        return stored == found if exact else abs(stored - found) < abs(stored) * 1e-12
    return (stored or "") == (found or "")


# ---- changing ------------------------------------------------------------------------------------


def edited(content: bytes, changes: Mapping[tuple[str, str], int]) -> bytes:
    """Type other numbers into cells of a finished file; every other byte of its parts stays."""
    with ZipFile(BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    paths = _paths(parts)
    for (sheet, place), number in changes.items():
        text, times = re.subn(
            rf'<c r="{place}"((?: s="\d+")?)(?: t="\w+")?(?:/>|>.*?</c>)',
            rf'<c r="{place}"\g<1>><v>{number}</v></c>',
            parts[paths[sheet]].decode(),
        )
        assert times == 1, f"{sheet}!{place}: {times}"
        parts[paths[sheet]] = text.encode()
    return _zipped(parts)


def spoiled(content: bytes) -> tuple[bytes, int]:
    """Make a mutant: store a wrong value with every formula, and say how many there are."""
    with ZipFile(BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    count = 0
    for path in _paths(parts).values():
        text, times = re.subn(
            r'(<c r="[A-Z]+\d+"(?: s="\d+")?)(?: t="\w+")?>(<f>[^<]*</f>)<v>[^<]*</v>',
            r"\1>\2<v>424242</v>",
            parts[path].decode(),
        )
        parts[path], count = text.encode(), count + times
    return _zipped(parts), count


def _paths(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Find the part of each sheet by its name."""
    book, links = (
        parts[name].decode() for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
    )
    targets = {}
    for link in re.findall(r"<Relationship [^>]*>", links):
        held = dict(re.findall(r'(\w+)="([^"]*)"', link))
        targets[held["Id"]] = "xl/" + held["Target"].removeprefix("/xl/")
    sheets = [
        dict(re.findall(r'([\w:]+)="([^"]*)"', each)) for each in re.findall(r"<sheet [^>]*>", book)
    ]
    return {each["name"]: targets[each["r:id"]] for each in sheets}


def _zipped(parts: Mapping[str, bytes]) -> bytes:
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()
