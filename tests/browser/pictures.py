"""Pictures of the portal (画面の写真): the one in the README, or every page to look through.

python -m tests.browser.pictures              # docs/pictures/matrix.png
python -m tests.browser.pictures --all FOLDER # every page of each person in three widths
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser.crawling import crawl
from tests.browser.portal import Portal, new_context, opened_chromium, opened_portal

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "matrix.png"
SIZES = ((1440, 900), (1280, 720), (640, 900))
#: High enough for the whole table with its totals.
README_SIZE = {"width": 1280, "height": 1072}
LOGINS = ("hirosaki", "hirosaki-shonin", "itayanagi")


def take_matrix(portal: Portal, browser: Browser) -> None:
    """Take the allocation of the running year as its approver sees it, down to its totals."""
    context = new_context(browser, base_url=portal.url, viewport=README_SIZE)
    page = context.new_page()
    portal.log_in(page, "hirosaki-shonin")
    page.goto("/runs")
    page.get_by_role("row").filter(has_text="令和8年度").get_by_role("link").first.click()
    page.screenshot(path=PICTURE)
    context.close()


def take_all(portal: Portal, browser: Browser, folder: Path) -> None:
    """Take every page that links lead to, as a whole, in three widths."""
    for login in LOGINS:
        context = new_context(browser, base_url=portal.url)
        page = context.new_page()
        page.goto(f"{portal.url}/login")
        _take(page, folder, "login")
        portal.log_in(page, login)
        start = ["/", *(portal.runs.values() if login != "itayanagi" else ())]
        for number, endpoints in enumerate(crawl(page, portal, start)):
            _take(page, folder, f"{login}-{number:02}-{'-'.join(sorted(endpoints))}")
        context.close()


def _take(page: Page, folder: Path, name: str) -> None:
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)


def main(arguments: list[str]) -> None:
    """Make the sample, take the pictures, leave nothing else behind."""
    with (
        tempfile.TemporaryDirectory(prefix="consortium-pictures-") as folder,
        opened_portal(Path(folder)) as portal,
        opened_chromium() as browser,
    ):
        if arguments[:1] == ["--all"]:
            take_all(portal, browser, Path(arguments[1]))
        else:
            PICTURE.parent.mkdir(parents=True, exist_ok=True)
            take_matrix(portal, browser)


if __name__ == "__main__":
    main(sys.argv[1:])
