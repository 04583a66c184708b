"""W2, a long table: 100,000 lines of 20 columns, made while they are written (長い表の測定)."""

import tempfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from benchmarks._w1 import MEMBERS, SYSTEMS
from consortium.clock import TOKYO
from consortium.reports.book import Book, write_into
from consortium.reports.sheet import Date, Edges, Int, Lines, Sheet, Text

COUNT, COLUMNS = 100_000, 20
INTEGERS = 4_954_421_350_000
DAY = date(2025, 4, 1)
BOX: Edges = ("thin", "thin", "thin", "thin")
Row = tuple[str | int | date, ...]


def lines(count: int) -> Iterator[Row]:
    """Make the lines one after the other."""
    for i in range(count):
        yield (
            i + 1,
            f"K{i % 5000:05d}",
            MEMBERS[i % 7],
            SYSTEMS[i % 12],
            "クラウド利用料",
            "備考なし",
            "LGWAN",
            DAY,
            DAY,
            *(i * k * 7919 % 9_000_000 for k in range(1, 12)),
        )


HEADINGS = [f"列{number}" for number in range(1, COLUMNS + 1)]


def book(count: int) -> Book:
    """Make the table as our own sheet, every cell with a style."""
    sheet = Sheet("データ", header_row=1)
    sheet.row(1, map(Text, HEADINGS), ["header"] * COLUMNS)
    kinds = (Int, *[Text] * 6, Date, Date, *[Int] * 11)
    styles = ("count", *["text"] * 6, "date", "date", *["yen"] * 11)
    sheet.lines = Lines(kinds, styles, count, lambda: lines(count), BOX)
    return Book("W2", "弘前市", datetime(2026, 2, 15, 9, 0, tzinfo=TOKYO), (sheet,))


def checked() -> None:
    """Refuse to measure another workload than the one agreed on."""
    assert sum(n for row in lines(COUNT) for n in row if type(n) is int) == INTEGERS


def ours(count: int) -> Callable[[IO[bytes]], None]:
    """Our writer, streamed."""
    return lambda target: write_into(book(count), target)  # type: ignore[arg-type]  # the benchmark opens it for writing bytes


def append(count: int) -> Callable[[IO[bytes]], None]:
    """openpyxl write_only without any style (D1)."""

    def action(target: IO[bytes]) -> None:
        from openpyxl import Workbook

        workbook = Workbook(write_only=True)
        sheet = workbook.create_sheet("データ")
        sheet.append(HEADINGS)
        for row in lines(count):
            sheet.append(row)
        workbook.save(target)

    return action


def zipping(count: int) -> Callable[[IO[bytes]], None]:
    """Zip our finished parts and nothing else (Z2)."""
    with tempfile.TemporaryFile() as made:
        write_into(book(count), made)
        with ZipFile(made) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}

    def action(target: IO[bytes]) -> None:
        with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=6) as archive:
            for name, part in parts.items():
                archive.writestr(name, part)

    return action


CONTENDERS: dict[str, Callable[[int], Callable[[IO[bytes]], None]]] = {
    "W2": ours,
    "D1": append,
    "Z2": zipping,
}


def written(name: str, count: int) -> Callable[[], int]:
    """Give the action of a contender: write into a file, tell how long it is."""
    action = CONTENDERS[name](count)

    def run() -> int:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table.xlsx"
            with path.open("w+b") as target:
                action(target)
            return path.stat().st_size

    return run
