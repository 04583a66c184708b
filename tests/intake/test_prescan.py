"""The look at an uploaded workbook before anything parses it (取込み前の検査).

What it refuses stands in hostile.py and is tried in test_workbook.py.
"""

import time
from contextlib import suppress

import pytest

from consortium.domain.errors import BadInputError
from consortium.intake import prescan
from tests.intake.uploads import SHEET, inline, package, with_cell, with_rows

ROW = "<row>" + "<c/>" * 100 + "</row>"


@pytest.mark.parametrize(
    "inside",
    [
        "<c " * 60_000,
        "<oddFooter " * 60_000,
        ("x" * 32_767 + "<a/>") * 15,
        "<worksheet" * 60_000,
        "<a" * 60_000 + "a" * 60_000,
    ],
)
def test_nothing_in_a_file_takes_longer_the_longer_it_is_already(inside: str) -> None:
    content = with_rows(inside)
    began = time.process_time()
    with suppress(BadInputError):
        prescan.prescan(content)
    # A tenth of this is usual; each of them took between ten seconds and some minutes once.
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "content",
    [
        with_rows('<row r="5000"><c r="CV5000"/></row>'),
        with_rows(ROW * 800),  # 80,000 cells
        with_cell(inline("あ" * 32_767)),
        package({SHEET: '<worksheet><dimension ref="A1:XFD1048576"/></worksheet>'}),
        package({"xl/calcChain.xml": "<calcChain>" + '<c r="A1"/>' * 500 + "</calcChain>"}),
    ],
)
def test_what_is_within_the_limits_passes(content: bytes) -> None:
    prescan.prescan(content)


def test_what_is_only_handed_along_may_hold_more_than_is_read() -> None:
    content = with_rows(ROW * 801)
    prescan.check_package(content)
    with pytest.raises(BadInputError, match="80,000個"):
        prescan.prescan(content)
