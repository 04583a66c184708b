"""標準化の進捗: the matrix of a month, the numbers and the questions as a workbook.

What stands here is handed over ready to be written; nothing is computed in the file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from consortium.reports.book import Book, write
from consortium.reports.sheet import (
    A3,
    BLANK,
    DASH,
    LANDSCAPE,
    Cell,
    Column,
    Int,
    Ratio,
    Sheet,
    Text,
)

TITLE = "標準化の進捗"
QUESTIONS = (
    Column("town", "団体", 12, "text"),
    Column("business", "業務", 20, "text"),
    Column("kind", "指摘", 16, "text"),
    Column("question", "内容", 84, "wrap"),
    Column("answer", "回答", 12, "center"),
    Column("note", "説明", 40, "wrap"),
)
_NUMBER_HEADINGS = (
    "団体", "ステップ数", "全ステップ", "手続き進捗率", "公表の完了率", "対象外を除く進捗率",
    "稼働済み業務", "未稼働", "不明", "全業務完了",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One cell of the matrix (団体×業務)."""

    steps: int
    #: in words: 対象外（推定）, 矛盾の可能性 … (印)
    mark: str
    #: difference to the earlier month, None where there is none
    change: int | None


@dataclass(frozen=True, slots=True)
class NumberLine:
    """The numbers of a town side by side (三つの数)."""

    name: str
    steps: int
    of_steps: int
    published: Fraction | None
    without: Fraction | None
    live: tuple[int, int, int]
    is_all_done: str


@dataclass(frozen=True, slots=True)
class StandardBook:
    """What the workbook says (標準化の進捗の内容)."""

    office: str
    month: str
    #: edition, file, hash and source of the figures
    facts: Sequence[str]
    made_at: datetime
    towns: Sequence[str]
    #: name of the 業務, its largest distance, whether that is flagged, a cell for each town
    rows: Sequence[tuple[str, int | None, bool, Sequence[MatrixCell | None]]]
    numbers: Sequence[NumberLine]
    #: means and counts in sentences
    sentences: Sequence[str]
    #: in the order of QUESTIONS
    questions: Sequence[Sequence[str]]
    is_sample: bool = False


def render(book: StandardBook) -> bytes:
    """Make the workbook; the same content gives the same bytes (標準化の進捗)."""
    sheets = (_matrix(book), _numbers(book), _questions(book))
    for sheet in sheets:
        sheet.header_left = "見本" if book.is_sample else ""
        sheet.footer_left = f"{TITLE}　{book.month}"
    return write(Book(f"{TITLE} {book.month}", book.office, book.made_at, sheets))


def _matrix(book: StandardBook) -> Sheet:
    sheet = Sheet("20業務と団体", LANDSCAPE, A3, one_page=True, frozen_columns=1)
    width = 2 + 3 * len(book.towns)
    sheet.merge((1, 1, 1, width), Text(f"{TITLE}（{book.month}）"), "title")
    for number, fact in enumerate(book.facts, start=2):
        sheet.put(number, 1, Text(fact), "plain")
    head = 3 + len(book.facts)
    sheet.merge((head, 1, head + 1, 1), Text("業務"), "header")
    sheet.merge((head, 2, head + 1, 2), Text("最大の差"), "header")
    for place, town in enumerate(book.towns):
        first = 3 + 3 * place
        sheet.merge((head, first, head, first + 2), Text(town), "header")
        sheet.row(head + 1, [Text("数"), Text("前月差"), Text("印")], ["header"] * 3, first)
    sheet.header_row = head + 1
    for number, (name, gap, is_apart, cells) in enumerate(book.rows, start=head + 2):
        distance = DASH if gap is None else Int(gap)
        sheet.row(number, [Text(name), distance], ["text", "bad" if is_apart else "count"])
        for place, cell in enumerate(cells):
            sheet.row(number, _cell(cell), ["count", "yen", "center"], 3 + 3 * place)
    last = head + 1 + len(book.rows)
    sheet.frame((head, 1, last, width), header=head + 1)
    sheet.least_widths = [22, 9, *[7, 8, 16] * len(book.towns)]
    return sheet


def _cell(cell: MatrixCell | None) -> list[Cell]:
    if cell is None:
        return [DASH, BLANK, BLANK]
    change = Int(cell.change) if cell.change is not None else DASH
    return [Int(cell.steps), change, Text(cell.mark) if cell.mark else BLANK]


def _numbers(book: StandardBook) -> Sheet:
    sheet = Sheet("三つの数", LANDSCAPE, header_row=1)
    sheet.row(1, [Text(each) for each in _NUMBER_HEADINGS], ["header"] * len(_NUMBER_HEADINGS))
    styles = ["text", "count", "count", "percent", "percent", "percent", *["count"] * 3, "center"]
    for number, line in enumerate(book.numbers, start=2):
        cells = [
            Text(line.name), Int(line.steps), Int(line.of_steps),
            Ratio(line.steps, line.of_steps), _ratio(line.published), _ratio(line.without),
            *map(Int, line.live), Text(line.is_all_done),
        ]  # fmt: skip
        sheet.row(number, cells, styles)
    last = 1 + len(book.numbers)
    sheet.frame((1, 1, last, len(_NUMBER_HEADINGS)), header=1)
    for number, sentence in enumerate(book.sentences, start=last + 2):
        sheet.put(number, 1, Text(sentence), "plain")
    return sheet


def _ratio(value: Fraction | None) -> Cell:
    return DASH if value is None else Ratio(value.numerator, value.denominator)


def _questions(book: StandardBook) -> Sheet:
    sheet = Sheet("指摘と回答", LANDSCAPE, header_row=1)
    sheet.least_widths = [each.width for each in QUESTIONS]
    sheet.row(1, [Text(each.heading) for each in QUESTIONS], ["header"] * len(QUESTIONS))
    for number, line in enumerate(book.questions, start=2):
        cells = [Text(text) if text else BLANK for text in line]
        sheet.row(number, cells, [each.style for each in QUESTIONS])
        longest = max(
            zip(line, QUESTIONS, strict=True), key=lambda pair: len(pair[0]) / pair[1].width
        )
        sheet.fit_height(number, longest[0], longest[1].width)
    if not book.questions:
        sheet.put(2, 1, Text("指摘はありません。"), "plain")
    sheet.frame((1, 1, max(2, 1 + len(book.questions)), len(QUESTIONS)), header=1)
    return sheet
