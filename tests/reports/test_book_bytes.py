"""The same book is the same bytes on every machine, and a long one needs no memory."""

import hashlib
import json
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from consortium.reports import frame
from consortium.reports.book import Book, write
from tests.reports.books import DATA, ISSUED, everything, long

ROOT = Path(__file__).resolve().parents[2]

WRITE = """
import hashlib
from consortium.reports.book import write
from tests.reports.books import everything
print(hashlib.sha256(write(everything())).hexdigest())
"""


def child(code: str, **environ: str) -> str:
    """Run Python in a process of its own; give what it prints."""
    changed = {**os.environ, "PYTHONPATH": str(ROOT), **environ}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=changed, check=True
    )
    return done.stdout


def test_other_hash_seeds_zones_and_locales_give_the_same_bytes() -> None:
    expected = hashlib.sha256(write(everything())).hexdigest()
    for seed, zone, locale in (("1", "Asia/Tokyo", "C"), ("2", "America/New_York", "ja_JP.UTF-8")):
        found = child(WRITE, PYTHONHASHSEED=seed, TZ=zone, LC_ALL=locale).strip()
        assert found == expected


def test_a_long_sheet_written_in_chunks_holds_what_a_short_one_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    book = Book("題", "弘前市", ISSUED, (long(1_203),))
    whole = write(book)
    monkeypatch.setattr(frame, "_MANY_ROWS", 1)
    chunked = write(book)
    assert whole != chunked  # the entry says that it may be long
    rows = [
        list(load_workbook(BytesIO(made))[DATA].iter_rows(values_only=True))
        for made in (whole, chunked)
    ]
    assert rows[0] == rows[1]
    assert len(rows[0]) == 1_204
    assert rows[0][1_203][:2] == (1_202 * 7_919, "=2")


MEMORY = """
import json, sys, tempfile, tracemalloc
from consortium.reports.book import Book, write_into
from tests.reports.books import ISSUED, everything, long
peaks = []
with tempfile.TemporaryFile() as target:
    for count in (6_000, 6_000, 14_000):
        tracemalloc.start()
        write_into(Book("題", "弘前市", ISSUED, (long(count),)), target)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
print(json.dumps(peaks))
"""


def test_more_than_twice_the_rows_need_no_more_memory() -> None:
    _, few, many = json.loads(child(MEMORY))
    assert many <= 1.1 * few
