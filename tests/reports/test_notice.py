"""納入依頼, 督促, 精算書 and the amount before, read back as their officers would."""

from datetime import date, datetime
from typing import Any

import pytest

from consortium.reports import cost_statement, notice, reminder
from consortium.reports.dues import SettleLine, Settling
from tests.reports.documents import (
    DUES,
    asked,
    changed,
    opened,
    reminded,
    rows,
    settled,
    shared,
    statement,
    values,
)

TOWN, FUJISAKI = "023817", "023612"
#: 7,186,379 of the running costs and 5,500,000 of its own move.
YEARLY = 12_686_379


def points(content: bytes) -> dict[str, Any]:
    """The numbered points of 鑑: label without its number → value."""
    sheet = opened(content)["鑑"]
    found = ((sheet.cell(row, 2).value, sheet.cell(row, 4).value) for row in range(17, 45, 2))
    return {str(label).partition("　")[2]: value for label, value in found if label and value}


def day(value: datetime) -> date:
    return value.date()


def test_the_letter_of_a_notice_asks_for_one_instalment() -> None:
    content = notice.render(asked(), TOWN)
    sheet = opened(content)["鑑"]
    assert sheet["A10"].value == "令和3年度共同クラウド運営負担金（第2期）の納入について（依頼）"
    said = points(content)
    assert said["今回の納入額"] == 3_172_000
    assert day(said["納入期限"]) == date(2021, 8, 20)
    assert said["納入方法"].startswith("別に送付する納入通知書")
    assert said["対象期間"] == "令和3年6月から令和4年3月まで（10か月）"
    assert said["算定"] == "当初　第1版の負担金による"


def test_the_block_of_instalments_marks_the_one_asked_for() -> None:
    table = rows(notice.render(asked(), TOWN), "負担金明細書")
    head = next(i for i, row in enumerate(table) if row[1] == "期別")
    body = table[head + 1 : head + 6]
    assert [(row[1], row[5], row[7]) for row in body] == [
        ("第1期", 3_172_000, "共ク第3号で依頼済"),
        ("第2期", 3_172_000, "今回"),
        ("第3期", 3_172_000, None),
        ("第4期", 3_170_379, None),
        ("計", YEARLY, None),
    ]
    assert [day(row[2]) for row in body[:4]] == [due.due_on for due in DUES]
    assert next(row for row in table if row[0] == "合計")[5] == YEARLY


def test_the_data_of_a_notice_says_once_what_is_asked() -> None:
    header, *data = rows(notice.render(asked(), TOWN), "データ")
    place = header.index("今回納入額_円")
    assert header[place - 2 : place + 1] == ("期", "納入期限", "今回納入額_円")
    asked_rows = [(row[1], row[place]) for row in data if row[place] is not None]
    assert asked_rows == [(TOWN, 3_172_000)]


def test_a_notice_has_the_sheets_of_a_statement_and_other_rows() -> None:
    content = notice.render(asked(), TOWN)
    assert opened(content).sheetnames == ["鑑", "負担金明細書", "算定内訳", "データ"]
    assert rows(content, "データ") != rows(cost_statement.render(statement(), TOWN), "データ")
    with pytest.raises(ValueError, match="asks for an instalment"):
        notice.render(statement(), TOWN)


def test_a_change_says_the_amount_before_and_the_difference() -> None:
    said = points(cost_statement.render(changed(), TOWN))
    # 12,686,379 − 12,700,000
    assert said["変更後の負担金額"] == YEARLY
    assert (said["変更前の額"], said["差額"]) == (12_700_000, -13_621)
    assert said["比べた算定"] == "当初　第1版"
    sheet = opened(cost_statement.render(changed(), TOWN))["鑑"]
    assert "△" in sheet["D21"].number_format


def test_a_member_that_was_not_in_it_before_pays_all_of_it_anew() -> None:
    said = points(cost_statement.render(changed(), FUJISAKI))
    assert (said["変更前の額"], said["差額"]) == ("－（今回からの負担）", 9_236_625)


def test_a_final_notice_calls_the_amounts_final_and_so_far() -> None:
    said = points(cost_statement.render(changed(stage="final"), TOWN))
    assert (said["確定した負担金額"], said["これまでの額"]) == (YEARLY, 12_700_000)


@pytest.mark.parametrize("shows", [True, False])
def test_the_base_figures_stand_on_every_statement(*, shows: bool) -> None:
    for document in (statement(), asked(), changed(), settled()):
        content = cost_statement.render(
            type(document).from_json(document.to_json() | {"shows_other_members": shows}), TOWN
        )
        text = "\n".join(str(row[0]) for row in rows(content, "負担金明細書") if row[0])
        assert "基礎数値　国勢調査人口　" in text
        assert "板柳町 13,935" in text
        assert ("弘前市 177,411" in text) is shows


def test_the_settlement_sets_paid_beside_final_item_by_item() -> None:
    content = cost_statement.render(settled(), TOWN)
    assert opened(content).sheetnames == ["鑑", "負担金明細書", "算定内訳", "精算書", "データ"]
    table = rows(content, "精算書")
    assert table[5] == (
        "番号", "経費区分", "概算納入額（Ａ）", "確定額（Ｂ）", "過不足額（Ｂ－Ａ）", "備考",
    )  # fmt: skip
    assert [row[:6] for row in table[6:10]] == [
        (1, "運用　共同クラウド運用費", 7_200_000, 7_186_379, -13_621, None),
        (2, "移行　データ移行費", 5_500_000, 5_500_000, 0, None),
        (None, "収納額との差", -100_000, 0, 100_000, "未納"),
        ("合計", None, 12_600_000, YEARLY, 86_379, None),
    ]
    assert table[11][1] == "追加納入額　86,379円"
    said = points(content)
    assert (said["概算納入額"], said["追加納入額"]) == (12_600_000, 86_379)


@pytest.mark.parametrize(
    ("paid", "disposition", "sentence", "point"),
    [
        (12_700_000, "refund", "還付額　13,621円", ("還付額", 13_621)),
        (YEARLY, "none", "過不足なし", ("過不足額", "過不足なし")),
    ],
)
def test_the_sentence_says_which_way_the_difference_goes(
    paid: int, disposition: str, sentence: str, point: tuple[str, object]
) -> None:
    line = SettleLine(1, "運用", paid, YEARLY)
    content = cost_statement.render(settled(Settling((line,), paid, YEARLY, disposition)), TOWN)
    assert sentence in values(content)
    assert points(content)[point[0]] == point[1]


def test_a_settlement_without_payments_has_no_such_sheet() -> None:
    content = cost_statement.render(statement(shared(), stage="settlement"), TOWN)
    assert "精算書" not in opened(content).sheetnames


def test_a_reminder_asks_for_what_is_unpaid() -> None:
    content = reminder.render(reminded(), TOWN)
    book = opened(content)
    assert book.sheetnames == ["鑑", "データ"]
    assert book["鑑"]["A10"].value == (
        "令和3年度共同クラウド運営負担金（第1期）の納入について（督促）"
    )
    said = points(content)
    assert (said["未納額"], said["納入依頼の額"]) == (172_000, 3_172_000)
    assert [day(said[key]) for key in ("指定期限", "当初の納入期限")] == [
        date(2021, 9, 17),
        date(2021, 5, 20),
    ]
    assert said["督促の回"] == "第1回"
    header, row = rows(content, "データ")
    assert dict(zip(header, row, strict=True))["未納額_円"] == 172_000


def test_the_same_document_gives_the_same_bytes() -> None:
    assert notice.render(asked(), TOWN) == notice.render(asked(), TOWN)
    assert reminder.render(reminded(), TOWN) == reminder.render(reminded(), TOWN)
