"""LibreOffice opens the workbooks and prints them on as many pages as they need."""

import os
import re
import subprocess

import pytest

from consortium.reports import (
    case_book,
    causes,
    cost_statement,
    monthly_cost,
    notice,
    reminder,
    summary,
)
from tests import host
from tests.reports.documents import asked, monthly, reminded, settled, statement
from tests.reports.test_causes import document as causes_document

#: A4 in points; LibreOffice rounds to a hundredth of a millimetre.
A4 = (595, 842)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Make every 帳票 once and let LibreOffice print them all in one start."""
    program = host.find_calc()
    if not program:
        missing = "LibreOffice Calc がないため、印刷を確かめられません。"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("printed")
    books = {
        "statement": cost_statement.render(statement(), "023817"),
        "summary": summary.render(statement()),
        "monthly_cost": monthly_cost.render(monthly(), "023817"),
        "causes": causes.render(causes_document()),
        "notice": notice.render(asked(), "023817"),
        "reminder": reminder.render(reminded(), "023817"),
        "settlement": cost_statement.render(settled(), "023817"),
        "case": case_book.render_case(statement().result, "見本のケース"),
    }
    for name, content in books.items():
        (folder / f"{name}.xlsx").write_bytes(content)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    files = [str(folder / f"{name}.xlsx") for name in books]
    command = [program, profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
    subprocess.run([*command, *files], check=True, capture_output=True, timeout=180)
    return {name: (folder / f"{name}.pdf").read_bytes() for name in books}


def page_sizes(pdf: bytes) -> list[tuple[int, int]]:
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([0-9.]+) ([0-9.]+)\s*\]", pdf)
    # The tree of pages has a box of its own, after those of the pages.
    pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
    return [(int(float(width)), int(float(height))) for width, height in boxes[:pages]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "fewest", "most"),
    [
        ("statement", 4, 6),
        ("summary", 2, 2),
        ("monthly_cost", 2, 2),
        ("causes", 2, 2),
        ("case", 5, 6),
        ("notice", 4, 6),
        ("reminder", 2, 2),
        ("settlement", 5, 7),
    ],
)
def test_a_workbook_prints_on_few_pages_of_a4(
    printed: dict[str, bytes], name: str, fewest: int, most: int
) -> None:
    sizes = page_sizes(printed[name])
    assert fewest <= len(sizes) <= most
    for width, height in sizes:
        assert (min(width, height), max(width, height)) == pytest.approx(A4, abs=2)
