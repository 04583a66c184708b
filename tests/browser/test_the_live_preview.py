"""新しい版: what is typed is tried at once, and only what was tried is registered (試算)."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser


def open_editor(page: Page) -> None:
    """Open the form of a new version of the sample's rule; a day and a ground are its own."""
    page.goto("/rules")
    page.get_by_role("link", name="費用負担（見本）").first.click()
    page.goto(f"{page.url}/new")
    page.get_by_label("根拠の文書").fill("変更協定書")
    page.get_by_label("施行日").fill("令和9年4月1日")


def part_of(page: Page, town: str) -> str:
    """Give the share of a town as the preview shows it."""
    return (
        page.locator("#trial").get_by_role("row", name=town).get_by_role("cell").last.inner_text()
    )


def test_a_weight_typed_changes_the_shares_without_a_click(open_page: OpenPage) -> None:
    page = open_page("hirosaki")
    open_editor(page)
    expect(page.locator("#trial")).to_contain_text("弘前市")
    weight = page.locator("#c1-weight")
    weight.fill("100")
    page.locator("#c2-weight").press_sequentially("x")
    expect(page.locator("#trial")).to_contain_text("構成割2 割合")
    page.locator("#c2-weight").fill("0.0001")
    weight.focus()
    place = weight.bounding_box()
    # 均等割がほとんどなので、どの団体も 7 分の 1 になる。
    expect(page.locator("#trial").get_by_role("row", name="弘前市")).to_contain_text("14.29%")
    assert part_of(page, "西目屋村") == "14.29%"
    expect(page.get_by_role("status")).to_contain_text("試算しました。")
    expect(weight).to_be_focused()
    assert weight.bounding_box() == place
    page.get_by_role("button", name="この内容で登録する").click()
    expect(page.get_by_text("の版を登録しました")).to_be_visible()
    expect(page.locator("main")).to_contain_text(re.compile("均等割100・人口割0.0001"))


def test_nothing_is_lost_when_the_portal_does_not_answer(open_page: OpenPage) -> None:
    page = open_page("hirosaki")
    open_editor(page)
    expect(page.locator("#trial")).to_contain_text("試算の結果")
    page.context.clear_cookies()
    page.locator("#c1-weight").fill("55")
    expect(page.locator("#trial")).to_contain_text("画面を開き直して、もう一度操作してください。")
    expect(page.locator("#c1-weight")).to_have_value("55")
    assert page.get_by_role("button", name="この内容で登録する").count() == 0
