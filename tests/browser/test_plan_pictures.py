"""工程の図 on paper: each picture is whole on one sheet of A3 landscape."""

import re

import pytest

from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser

#: 420 × 297 mm in points.
A3 = (1191, 842)


def test_each_picture_is_whole_on_one_sheet_of_a3(open_page: OpenPage) -> None:
    page = open_page("hirosaki")
    page.goto("/plans")
    page.get_by_role("link", name="全体の工程表").click()
    everything = page.url
    page.get_by_role("link", name="工程を横に並べる").click()
    beside = page.url
    page.goto("/plans")
    page.get_by_role("link", name="鶴田町").first.click()
    page.get_by_role("link", name="A3横で印刷する図").click()
    for url in (page.url, everything, beside):
        page.goto(url)
        assert page.locator("svg.p-gantt").count() == 1
        # The table behind it follows on sheets of its own; here only the picture counts.
        page.locator("details").evaluate_all("all => all.forEach(each => each.remove())")
        paper = page.pdf(prefer_css_page_size=True)
        boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper)
        assert [tuple(round(float(each)) for each in box) for box in boxes] == [A3], url
