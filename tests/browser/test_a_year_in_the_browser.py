"""One path through the portal as two officers and a town walk it: from a cost item to 受領."""

from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser

#: 変更 of 令和8年度: the sample knows no item of it, so nothing is there before this test.
SHEET = "/costs/2026/revised"
EXTRA = 1_234_567


def amount(text: str) -> int:
    """Read an amount as printed."""
    return int(text.replace(",", "").replace("円", "").replace("△", "-").strip())


def press(page: Page, name: str) -> None:
    """Press a button or follow a link that looks like one."""
    page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)).first.click()


def enter_costs(page: Page) -> None:
    """費用: copy the items of the stage before, and add one with full-width digits."""
    page.goto(SHEET)
    page.get_by_role("button", name="当初").first.click()
    page.get_by_role("link", name="費目を追加する").first.click()
    page.get_by_label("経費区分").select_option(index=1)
    page.get_by_label("費目名").fill("回線の増強")
    page.get_by_label("金額（税込）").fill("１，２３４，５６７円")
    press(page, "追加する")
    expect(page.get_by_role("row", name="回線の増強")).to_contain_text("1,234,567")


def compute(page: Page) -> str:
    """算定: make a draft, see that the new item adds up, hand it in; give its address."""
    page.goto("/runs/new?year=2026&stage=revised")
    press(page, "下書きを作成する")
    expect(page.locator("h1")).to_contain_text("変更 第1版")
    added = page.get_by_role("row", name="回線の増強").get_by_role("cell")
    figures = [amount(text) for text in added.all_inner_texts() if text != "－"]
    assert figures[0] == sum(figures[1:]) == EXTRA
    press(page, "審査に出す")
    expect(page.locator("main")).to_contain_text("審査中")
    assert page.get_by_role("button", name="承認する").count() == 0  # 四つの目
    return page.url


def issue(page: Page, run: str) -> None:
    """承認・発行: by the second person, who presses the last button twice."""
    page.goto(run)
    press(page, "承認する")
    press(page, "発行する")
    page.get_by_role("button", name="この内容で発行する").dblclick()
    to_register = page.get_by_role("link", name="発行台帳で明細書を見る")
    for _ in range(40):
        page.wait_for_timeout(250)
        page.goto(run)
        if to_register.count():
            break
    to_register.click()


def receive(page: Page) -> None:
    """受取: download the statement; from then on it counts as received."""
    page.goto("/inbox")
    mine = page.get_by_role("row").filter(has_text="変更 第1版")
    expect(mine).to_contain_text("未受領")
    with page.expect_download() as coming:
        mine.get_by_role("link", name="受け取る").click()
    assert "板柳町" in coming.value.suggested_filename
    book = load_workbook(BytesIO(Path(coming.value.path()).read_bytes()))
    assert "負担金明細書" in book.sheetnames
    page.goto("/inbox")
    expect(mine).not_to_contain_text("未受領")


def test_a_cost_becomes_a_statement_that_a_town_receives(open_page: OpenPage) -> None:
    """費用 → 算定 → 審査 → 承認 → 発行（二度押し）→ 発行台帳 → 町の受取 → 受領。"""
    staff, approver, town = map(open_page, ("hirosaki", "hirosaki-shonin", "itayanagi"))
    enter_costs(staff)
    issue(approver, compute(staff))
    issued = approver.get_by_role("row").filter(has_text="変更 第1版")
    assert issued.count() == 9  # 七つの市町村と総括表、その一式。二度押しても一度だけ
    line = issued.filter(has_text="板柳町")
    expect(line).to_contain_text("未受領")
    receive(town)
    approver.reload()
    expect(line).not_to_contain_text("未受領")


def test_a_refused_form_keeps_what_was_typed_and_says_so_at_the_field(open_page: OpenPage) -> None:
    page = open_page("hirosaki")
    page.goto("/costs/2026/planned/new")
    page.get_by_label("費目名").fill("回線の増強")
    page.get_by_label("金額（税込）").fill("千円")
    press(page, "追加する")
    field = page.get_by_label("金額（税込）")
    expect(field).to_have_value("千円")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("費目名")).to_have_value("回線の増強")


def test_everything_works_with_scripts_switched_off(open_page: OpenPage) -> None:
    page = open_page("hirosaki", java_script_enabled=False)
    page.goto("/costs/2026/planned")
    page.get_by_role("link", name="費目を追加する").first.click()
    page.get_by_label("経費区分").select_option(index=1)
    page.get_by_label("費目名").fill("消耗品")
    page.get_by_label("金額（税込）").fill("△1,000")
    press(page, "追加する")
    row = page.get_by_role("row", name="消耗品")
    expect(row).to_contain_text("△1,000")
    row.get_by_role("link", name="削除").click()
    press(page, "削除する")
    expect(page.get_by_role("row", name="消耗品")).to_have_count(0)


def test_a_town_opens_its_amount_and_is_told_why(open_page: OpenPage) -> None:
    page = open_page("itayanagi")
    page.goto("/charges/2021")
    cell = page.locator("a.p-num-link").first
    shown = amount(cell.inner_text().split("円")[0])
    cell.click()
    expect(page.locator("h1")).to_contain_text("なぜこの額か")
    assert f"{shown:,}" in page.locator("main").inner_text()


def test_another_towns_things_are_simply_not_there(open_page: OpenPage) -> None:
    page = open_page("itayanagi")
    for path in ("/this-month", "/runs", "/costs/2026/planned", "/register"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 404, path
