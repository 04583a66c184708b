"""A report left to the clock: its page counts by itself, and says the same without a script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from consortium.usecases import ordering
from consortium.usecases.reporting import Worker
from consortium.usecases.ticking import tick
from tests.browser.conftest import OpenPage
from tests.browser.portal import NOW, Portal


@pytest.fixture
def many_towns() -> Iterator[None]:
    """Let every consortium be one of many towns: pages order, the clock makes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "MOST_AT_ONCE", 0)
        yield


def remake(page: Page, reason: str) -> None:
    page.goto("/report-runs")
    made = page.get_by_role("row").filter(has_text="作成済")
    row = made.filter(has_text="月次費用報告").first
    row.get_by_role("link", name="作成の状況").click()
    page.get_by_role("link", name="再作成").click()
    page.get_by_label("理由").fill(reason)
    page.get_by_role("button", name="再作成する").click()
    expect(page.get_by_role("status").filter(has_text="件のうち").or_(
        page.get_by_text("作成の順番を待っています。")
    )).to_be_visible()  # fmt: skip


def make(portal: Portal) -> None:
    """Tick once, as the clock of the office does."""
    with portal.app.app_context():
        tick(Worker("試験", portal.app.config["FILES_DIR"], lambda: NOW))


@pytest.mark.usefixtures("many_towns")
def test_the_page_notices_by_itself_that_the_files_are_made(
    portal: Portal, open_page: OpenPage
) -> None:
    page = open_page("hirosaki")
    remake(page, "試験の再作成")
    where = page.url
    make(portal)
    expect(page.get_by_role("link", name="一式を受け取る（zip）")).to_be_visible(timeout=6000)
    assert page.url == where
    expect(page.locator("progress")).to_have_count(0)


@pytest.mark.usefixtures("many_towns")
def test_without_a_script_the_page_left_is_found_again_and_asked_anew(
    portal: Portal, open_page: OpenPage
) -> None:
    page = open_page("hirosaki", java_script_enabled=False)
    remake(page, "試験の再作成、台本なし")
    page.goto("/this-month")
    page.goto("/report-runs")
    page.locator("#open").get_by_role("link", name="作成の状況").click()
    make(portal)
    page.get_by_role("link", name="最新の状態にする").click()
    expect(page.get_by_role("link", name="一式を受け取る（zip）")).to_be_visible()
