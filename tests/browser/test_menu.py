"""The menu is longer than the window of an office notebook: it shows where one is."""

import pytest

from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", ["/this-month", "/plans", "/stage-templates"])
def test_the_line_of_the_page_shown_is_in_sight(open_page: OpenPage, path: str) -> None:
    page = open_page("hirosaki", viewport={"width": 1280, "height": 720})
    page.goto(path)
    menu = page.locator(".p-nav__inner").bounding_box()
    line = page.locator(".p-nav__inner [aria-current]").first.bounding_box()
    assert menu
    assert line
    assert menu["y"] <= line["y"]
    assert line["y"] + line["height"] <= min(menu["y"] + menu["height"], 720)
