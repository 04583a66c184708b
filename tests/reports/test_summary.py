"""The lead city's workbook."""

import pytest

from consortium.domain.yen import Rounding
from consortium.reports import summary
from tests.reports.documents import HEAD, MOVING, RUNNING, opened, rows, shared, statement


def test_each_row_adds_up_to_its_item_and_each_column_to_its_member() -> None:
    content = summary.render(statement())
    table = rows(content, "負担金総括表")
    assert opened(content).sheetnames == ["負担金総括表", "算定内訳", "データ"]
    assert table[5][0] == "経費区分"
    running, moving, total, ratio = table[6:10]
    assert running[1:] == (*RUNNING.values(), 120_000_000)
    assert moving[1:] == (*[0] * 6, MOVING, MOVING)
    assert total[1:] == (*list(RUNNING.values())[:6], RUNNING["023817"] + MOVING, 125_500_000)
    assert ratio[8] == 1
    assert sum(ratio[1:8]) == pytest.approx(1)


def test_yen_that_nobody_takes_have_a_column() -> None:
    result = shared(rounding=Rounding(unit=1000, residual="unallocated"))
    table = rows(summary.render(statement(result)), "負担金総括表")
    assert table[5][8:] == ("端数差額", "計")
    for row in table[6:9]:
        assert sum(row[1:9]) == row[9]
    assert table[8][9] == 125_500_000


def test_there_is_room_for_four_seals_at_the_right() -> None:
    sheet = opened(summary.render(statement()))["負担金総括表"]
    assert [sheet.cell(3, column).value for column in range(6, 10)] == [
        "課長",
        "課長補佐",
        "係長",
        "担当",
    ]
    assert sheet.row_dimensions[4].height == 42


def test_the_data_of_all_members_and_the_head_of_the_register_are_there() -> None:
    content = summary.render(statement(shows_other_members=False))
    data = rows(content, "データ")[1:]
    assert {row[1] for row in data} == set(RUNNING)
    assert sum(row[8] for row in data) == 125_500_000
    assert any(HEAD in str(row[0]) for row in rows(content, "負担金総括表"))
    assert opened(content)["負担金総括表"].oddFooter.right.text.startswith("弘電協第20号　第1版　")
