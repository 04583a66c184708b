"""Workbooks on paper where it gets tight: many lines, many members, long names, hidden columns.

Every sheet names itself in its header, so that its pages can be counted; every kind of 帳票 in its
usual size is printed in tests/workbooks/test_pdf.py.
"""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from consortium.domain.municipality import check_digit
from consortium.domain.sharing.result import Result
from consortium.domain.yen import Yen
from consortium.reports import cost_statement, notice, pdf, summary
from consortium.reports.dues import Asking
from tests.reports import documents
from tests.reports.documents import COMPARED, DUES, SETTLED, USUAL, shared, statement
from tests.workbooks import programs
from tests.workbooks.test_pdf import asked, page_sizes

TOWN = "023817"
A4, A3 = (595, 842), (842, 1191)
LONG = "つがる西北五広域連合情報システム共同利用運用保守業務委託料（基幹系・内部系・LGWAN系一式）"
OFFICE = "津軽広域圏情報システム共同利用推進事務組合"
COSTS = {"回線使用料": 8_400_000, "データセンター利用料": 36_000_000, "端末": 1_200_000}
#: Codes without their check digits, names, inhabitants; 弘前市 leads.
FOURTEEN = [
    ("02202", "弘前市", 177_411),
    *((f"023{number}", f"第{number}西津軽広域町", 900 * number) for number in range(11, 24)),
]


def costs(*names: str) -> Result:
    """The year of the design and further items, all at 10 %."""
    items = [replace(item, tax_rate=Fraction(1, 10)) for item in documents.items()]
    for number, name in enumerate(names, start=3):
        amount = Yen(COSTS.get(name, 12_345_678))
        items.append(replace(items[0], no=number, name=name, amount=amount))
    return shared(items)


def fourteen() -> Result:
    since = date(2015, 4, 1)
    members = [(code + check_digit(code), name, people, since) for code, name, people in FOURTEEN]
    return shared(documents.items()[:1], members=members)


def tight() -> dict[str, bytes]:
    usual = costs(*COSTS)
    settled = replace(statement(usual, stage="settlement"), settling={TOWN: SETTLED})
    return {
        "notice": notice.render(
            statement(usual, stage="planned", asking=Asking(2, 1, {TOWN: DUES}, USUAL)), TOWN
        ),
        "own columns": cost_statement.render(replace(settled, shows_other_members=False), TOWN),
        "long": cost_statement.render(statement(costs(LONG), office=OFFICE), TOWN),
        "fourteen": summary.render(statement(fourteen(), compared=COMPARED)),
    }


#: Pages of each sheet, fewest and most; the sheets stand in the order of their pages.
PAGES = {
    "notice": {"鑑": (1, 1), "負担金明細書": (1, 2), "算定内訳": (1, 5), "データ": (1, 2)},
    "own columns": {
        "鑑": (1, 1), "負担金明細書": (1, 2), "算定内訳": (1, 9), "精算書": (1, 1),
        "データ": (1, 1),
    },
    "long": {"鑑": (1, 1), "負担金明細書": (1, 2), "算定内訳": (1, 4), "データ": (1, 1)},
    "fourteen": {"負担金総括表": (1, 2), "算定内訳": (1, 1), "データ": (1, 1), "要因分解": (1, 1)},
}  # fmt: skip
ON_A3 = ("負担金総括表", "算定内訳")


@pytest.mark.slow
def test_tight_workbooks_keep_their_pages(tmp_path: Path) -> None:
    programs.calc()
    for name, content in pdf.print_books(tight()).items():
        path = tmp_path / "printed.pdf"
        path.write_bytes(content)
        text = asked("pdftotext", "-layout", str(path), "-")
        assert "###" not in text, name
        # 見本 at the left of a header, the name of the sheet at the right
        pages = [page.split("\n")[0].split()[-1] for page in text.split("\f") if page.strip()]
        assert list(dict.fromkeys(pages)) == list(PAGES[name]), name
        for sheet, (fewest, most) in PAGES[name].items():
            assert fewest <= pages.count(sheet) <= most, (name, sheet, pages.count(sheet))
        for sheet, size in zip(pages, page_sizes(content), strict=True):
            paper = A3 if name == "fourteen" and sheet in ON_A3 else A4
            assert tuple(sorted(size)) == pytest.approx(paper, abs=2), (name, sheet)
