"""Statements of a usual year for P4: seven towns, ten costs; and many of them in a row."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from consortium.db import files
from consortium.domain.sharing.result import CostItem
from consortium.domain.yen import Yen
from consortium.intake import issued_book
from consortium.reports import cost_statement, page, summary
from consortium.reports.book import Book, write
from consortium.reports.document import StatementDocument
from tests.reports import documents

TOWN = "023817"
#: Name, kind, yen: what a consortium pays in a year beside the two costs of the tests.
COSTS = (
    ("システム利用料", "運用", 58_320_000),
    ("データセンター運用・監視", "運用", 21_384_000),
    ("ヘルプデスク・保守", "運用", 11_664_000),
    ("拠点間回線", "回線", 5_443_200),
    ("番号制度対応改修（情報連携）", "改修", 15_120_000),
    ("税制改正対応改修", "改修", 3_240_000),
    ("標準準拠システム移行準備", "構築", 24_200_000),
    ("職員研修・操作手引", "運用", 1_980_000),
)


def document() -> StatementDocument:
    """Make the document of a usual year, shared by the real engine."""
    costs = [
        CostItem(no, name, kind, Yen(yen), documents.APRIL, documents.MARCH, "core")
        for no, (name, kind, yen) in enumerate(COSTS, start=3)
    ]
    return documents.statement(documents.shared(documents.items(*costs)))


def seven() -> Callable[[], object]:
    """Seven statements and the lead city's book, from the document to the bytes."""
    made = document()

    def action() -> int:
        books = [cost_statement.render(made, code) for code, *_ in documents.MEMBERS]
        return sum(map(len, [*books, summary.render(made)]))

    return action


def stored() -> Callable[[], object]:
    """From the document to the stored file with its three hashes."""
    made = document()

    def action() -> None:
        content = cost_statement.render(made, TOWN)
        with tempfile.TemporaryDirectory() as folder:
            files.write_once(Path(folder), content, ".xlsx", "1-1")
        issued_book.content_hash(content)
        issued_book.rows_hash(content)

    return action


def written() -> Callable[[], object]:
    """The writer alone, for the same file."""
    kept: list[Book] = []
    with patch.object(page, "write", lambda book: kept.append(book) or b""):
        cost_statement.render(document(), TOWN)
    return lambda: write(kept[0])


def many(count: int) -> Callable[[], object]:
    """A number of statements one after the other, each of another moment, none of them kept."""

    def action() -> None:
        made = document()
        for number in range(count):
            later = replace(made, issued_at=made.issued_at + timedelta(seconds=number))
            cost_statement.render(later, documents.MEMBERS[number % 7][0])

    return action


CONTENDERS: dict[str, Callable[[], Callable[[], object]]] = {
    "seven": seven,
    "stored": stored,
    "written": written,
}
