"""054: 端数差額 of a charge and of a refund came to nothing together, and both went unseen.

The column stood only where the sum over all items was not 0: each row was short of its amount.
"""

from dataclasses import replace

import pytest
from flask import Flask, get_template_attribute

from consortium.domain.sharing.compare import compare
from consortium.domain.sharing.result import Result
from consortium.reports import case_book, summary
from consortium.reports.case_book import AMOUNTS, render_case
from tests.domain.agreement import EQUAL, HIROSAKI, make_facts, make_item, make_rule, shared
from tests.reports.documents import opened, statement


@pytest.fixture
def result() -> Result:
    """A third of 2 yen is 0.67, raised to 1: one yen too many, and of the refund one too few."""
    rule = make_rule(EQUAL, mode="half_up", residual="unallocated")
    items = [make_item(2), make_item(-2, no=2, name="返還金")]
    return shared(items, rule, make_facts(units={HIROSAKI: 1}))


@pytest.mark.parametrize("beside", [1, 9])
def test_the_book_of_a_case_shows_both(
    result: Result, beside: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_book, "_MOST_BESIDE", beside)
    rows = list(opened(render_case(result, "打消し"))[AMOUNTS].iter_rows(values_only=True))
    table = rows if beside == 9 else list(zip(*rows, strict=True))
    (at,) = (place for row in table for place, cell in enumerate(row) if cell == "端数差額")
    assert [row[at] for row in table if isinstance(row[at], int)][:2] == [-1, 1]
    assert "不一致" not in {cell for row in rows for cell in row}


def test_the_lead_citys_book_shows_both(result: Result) -> None:
    (sheet,) = [
        each
        for each in opened(summary.render(replace(statement(), result=result))).worksheets
        if each.title == summary.SHEET
    ]
    rows = list(sheet.iter_rows(values_only=True))
    (at,) = (place for row in rows for place, cell in enumerate(row) if cell == "端数差額")
    assert [row[at] for row in rows if isinstance(row[at], int)] == [-1, 1, 0]
    assert [row[at + 1] for row in rows if isinstance(row[at + 1], int)] == [2, -2, 0]


def test_a_comparison_shows_both(result: Result) -> None:
    assert compare(result, result).leaves_rest


def test_the_table_of_a_run_shows_both(app: Flask, result: Result) -> None:
    rows = [({"name": entry.item.name, "no": entry.item.no, "amount": entry.item.amount}, [])
            for entry in result.items]  # fmt: skip
    with app.test_request_context():
        matrix = get_template_attribute("macros/run.html", "matrix")
        shown = matrix(rows, result, [], "", lambda _: "")
    assert "端数差額" in shown
    assert '<td class="p-num">△1</td>' in shown
