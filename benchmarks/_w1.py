"""W1, the workload of a statement: five sheets of cells, ready in memory (ブックの測定用の内容).

Every number is made from a checksum, so that the workload is the same everywhere; two sums say
whether it is the one that was agreed on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple
from zlib import crc32

from consortium.reports.sheet import LANDSCAPE, UPRIGHT, Formula, Ratio, address, letters

SYSTEMS = [
    "住民記録",
    "個人住民税",
    "固定資産税",
    "国民健康保険",
    "介護保険",
    "後期高齢者医療",
    "児童手当",
    "選挙人名簿",
    "印鑑登録",
    "収納管理",
    "滞納管理",
    "財務会計",
]
MEMBERS = ["弘前市", "平川市", "西目屋村", "藤崎町", "大鰐町", "田舎館村", "板柳町"]
#: What the design gives for the sums of whole numbers and of what formulas come to.
INTEGERS, CACHED = 2_945_136_880, 9_143_358_964
HEADINGS, FIRST = 4, 5
DAY = date(2025, 4, 1)

Value = str | int | date | Ratio | Formula | None


class Spot(NamedTuple):
    """A cell with its place."""

    row: int
    column: int
    value: Value
    style: str


@dataclass(slots=True)
class Page:
    """A sheet of the workload."""

    name: str
    title: str
    orientation: str
    widths: tuple[int, ...]
    cells: list[Spot] = field(default_factory=list)
    last_row: int = 0

    @property
    def last_column(self) -> int:
        """Count the columns."""
        return len(self.widths)


def x(sheet: int, line: int, column: int, low: int, high: int) -> int:
    """Draw a number from low up to, not including, high."""
    return low + crc32(f"{sheet},{line},{column}".encode("ascii")) % (high - low)


Line = list[tuple[Value, str]]


def _first(i: int, r: int) -> Line:
    base, part = x(1, i, 4, 10_000, 9_000_000), x(1, i, 5, 1, 500)
    amount = base * part // 1000
    return [
        (i + 1, "num"),
        (SYSTEMS[x(1, i, 2, 0, 12)], "text"),
        ("均等割＋人口割による按分", "wrap"),
        (base, "yen"),
        (Ratio(part, 1000), "pct"),
        (Formula(f"INT(D{r}*{part}/1000)", amount), "yen"),
        (Formula(f"INT(F{r}*10/110)", amount * 10 // 110), "yen"),
        (None, "text"),
    ]


def _second(i: int, r: int) -> Line:
    system, count, price = SYSTEMS[x(2, i, 3, 0, 12)], x(2, i, 7, 1, 13), x(2, i, 8, 1000, 300_000)
    net = count * price
    text = f"クラウド利用料（{SYSTEMS[x(2, i, 4, 0, 12)]}）第{i % 12 + 1}回"
    return [
        (i + 1, "num"),
        (f"K{i:04d}", "code"),
        (system, "text"),
        (text, "text"),
        (DAY + timedelta(i), "date"),
        (DAY + timedelta(i + 30), "date"),
        (count, "num"),
        (price, "yen"),
        (Formula(f"G{r}*H{r}", net), "yen"),
        (Formula(f"INT(I{r}*10/100)", net // 10), "yen"),
        (Formula(f"I{r}+J{r}", net + net // 10), "yen"),
        (None, "text"),
    ]


def _third(i: int, r: int) -> Line:
    shares = [x(3, i, k, 100_000, 9_000_000) for k in range(2, 9)]
    sums = Formula(f"SUM(B{r}:H{r})", sum(shares))
    return [(f"項目{i + 1}", "text"), *((share, "yen") for share in shares), (sums, "yen")]


def _fourth(i: int, r: int) -> Line:
    months = [x(4, i, k, 0, 900_000) for k in range(3, 15)]
    names: Line = [(MEMBERS[i // 12], "text"), (SYSTEMS[i % 12], "text")]
    return [
        *names,
        *((month, "yen") for month in months),
        (Formula(f"SUM(C{r}:N{r})", sum(months)), "yen"),
    ]


def _fifth(i: int, _row: int) -> Line:
    return [
        (i + 1, "num"),
        (MEMBERS[i % 7], "text"),
        ("住民基本台帳人口", "text"),
        (DAY, "date"),
        (x(5, i, 5, 1000, 170_000), "num"),
        (Ratio(x(5, i, 6, 0, 5000), 10_000), "pct"),
        ("青森県人口移動統計調査", "text"),
        (None, "text"),
    ]


Maker = Callable[[int, int], Line]
SHEETS: tuple[tuple[Page, int, Maker, tuple[int, ...]], ...] = (
    (
        Page("負担金明細書", "負担金明細書", UPRIGHT, (6, 18, 26, 14, 10, 14, 14, 16)),
        120,
        _first,
        (4, 6, 7),
    ),
    (
        Page("費用内訳", "費用内訳書", LANDSCAPE, (6, 9, 16, 34, 18, 18, 7, 12, 13, 12, 13, 12)),
        300,
        _second,
        (9, 10, 11),
    ),
    (
        Page("按分計算", "按分計算書", LANDSCAPE, (16, *[13] * 7, 14)),
        60,
        _third,
        tuple(range(2, 10)),
    ),
    (
        Page("月別内訳", "月別内訳書", LANDSCAPE, (12, 16, *[10] * 12, 13)),
        84,
        _fourth,
        tuple(range(3, 16)),
    ),
    (
        Page("算定基礎", "算定基礎資料", UPRIGHT, (6, 12, 20, 18, 12, 10, 28, 14)),
        100,
        _fifth,
        (),
    ),
)
#: The sheet with the chart, the row it shows, and where it stands.
CHART, CHART_ROW, CHART_PLACE = "按分計算", 65, 68


@cache
def pages() -> tuple[Page, ...]:
    """Make the workload; AssertionError if it is not the one agreed on."""
    made = tuple(_filled(*sheet) for sheet in SHEETS)
    cells = [spot.value for page in made for spot in page.cells]
    assert len(cells) == 7_271
    assert sum(page.last_row for page in made) == 688
    formulas = [value.cached for value in cells if isinstance(value, Formula)]
    assert len(formulas) == 1_311
    assert sum(value for value in cells if type(value) is int) == INTEGERS
    assert sum(value for value in formulas if isinstance(value, int)) == CACHED
    return made


def _filled(page: Page, count: int, line: Maker, sums: tuple[int, ...]) -> Page:
    page.cells = [
        Spot(1, 1, page.title, "title"),
        Spot(2, page.last_column, "（単位：円）", "sub"),
        Spot(3, 1, "板柳町　令和７年度", "plain"),
        *(Spot(HEADINGS, k, f"列{k}", "hdr") for k in range(1, page.last_column + 1)),
    ]
    for i in range(count):
        row = FIRST + i
        page.cells += [Spot(row, k, *cell) for k, cell in enumerate(line(i, row), start=1)]
    page.last_row = FIRST + count - 1
    if sums:
        page.last_row += 1
        page.cells += _sums(page, sums)
    return page


def _sums(page: Page, sums: tuple[int, ...]) -> Iterator[Spot]:
    row = page.last_row
    yield Spot(row, 1, "合計", "sumlbl")
    for column in range(2, page.last_column + 1):
        if column not in sums:
            yield Spot(row, column, None, "sumlbl")
            continue
        above = [spot.value for spot in page.cells if spot.column == column and spot.row >= FIRST]
        amounts = [value.cached if isinstance(value, Formula) else value for value in above]
        text = f"SUM({letters(column)}{FIRST}:{address(row - 1, column)})"
        yield Spot(row, column, Formula(text, sum(n for n in amounts if type(n) is int)), "sumyen")
