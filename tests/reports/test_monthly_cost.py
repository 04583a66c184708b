"""The monthly report of a member."""

from consortium.reports import monthly_cost
from tests.reports.documents import monthly, opened, rows

TOWN = "023817"
# 7,186,379 / 12 = 598,864.92: one month has a yen less.
YEAR = 7_186_379


def test_the_months_add_up_to_the_year_and_the_reported_one_stands_out() -> None:
    content = monthly_cost.render(monthly(), TOWN)
    table = rows(content, "月次費用報告")[9:22]
    assert [row[0] for row in table] == [
        *(f"令和3年{month}月" for month in range(4, 13)),
        *(f"令和4年{month}月" for month in range(1, 4)),
        "年額",
    ]
    assert sum(row[1] for row in table[:12]) == table[12][1] == YEAR
    assert {row[1] for row in table[:12]} == {598_864, 598_865}
    assert table[11][2] == YEAR
    assert [row[4] for row in table[3:6]] == ["経過", "◎ 報告月", "予定"]
    sheet = opened(content)["月次費用報告"]
    assert [sheet.cell(row, 2).font.bold for row in (13, 14, 15)] == [False, True, False]


def test_the_figures_above_say_this_month_so_far_and_what_is_left() -> None:
    table = rows(monthly_cost.render(monthly(), TOWN), "月次費用報告")
    month, so_far, left, year = table[5][:4]
    assert (month, so_far) == (table[13][1], table[13][2])
    assert so_far + left == year == YEAR


def test_the_data_sheet_has_a_row_for_each_month() -> None:
    content = monthly_cost.render(monthly(is_sample=False), TOWN)
    header, *data = rows(content, "データ")
    assert header == (
        "年度", "団体コード", "団体名", "年", "月", "月額_円", "累計_円", "年額_円", "区分"
    )  # fmt: skip
    assert [(row[3], row[4]) for row in data][::11] == [(2021, 4), (2022, 3)]
    assert sum(row[5] for row in data) == YEAR
    assert "月次費用データ" in opened(content)["データ"].tables


def test_it_is_one_upright_page_that_names_month_and_check_code() -> None:
    sheet = opened(monthly_cost.render(monthly(), TOWN))["月次費用報告"]
    assert sheet.page_setup.orientation == "portrait"
    assert sheet["A1"].value == "令和3年度共同クラウド月次費用報告（令和3年8月分）"
    assert sheet.oddFooter.right.text.startswith("令和3年度　8月分　照合符号 ")
