"""Fixtures of the browser tests: one portal and one Chromium for all, a window for each."""

import subprocess
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, StorageState

from tests.browser.portal import Portal, new_context, opened_chromium, opened_portal

LOGINS = ("hirosaki", "hirosaki-shonin", "itayanagi")
OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Serve the sample."""
    with opened_portal(tmp_path_factory.mktemp("portal")) as served:
        yield served


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start Chromium where Japanese can be drawn; without a font no picture would count."""
    listed = subprocess.run(
        ["fc-list", ":lang=ja"], capture_output=True, encoding="utf-8", check=True
    )
    assert listed.stdout, "和文フォントがありません。"
    with opened_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def cookies(portal: Portal, chromium: Browser) -> dict[str, StorageState]:
    """Log each of the three in once, by the labels of the page."""
    kept = {}
    for login in LOGINS:
        context = new_context(chromium)
        portal.log_in(context.new_page(), login)
        kept[login] = context.storage_state()
        context.close()
    return kept


@pytest.fixture
def complaints(portal: Portal) -> Iterator[list[str]]:
    """Collect what no page may cause: console errors, CSP violations, requests to elsewhere."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def open_page(
    portal: Portal,
    chromium: Browser,
    cookies: dict[str, StorageState],
    complaints: list[str],
) -> Iterator[OpenPage]:
    """Open windows, watched: `open_page("itayanagi", java_script_enabled=False)`."""
    contexts: list[BrowserContext] = []

    def heard(message: ConsoleMessage) -> None:
        # A 4xx page that the test asks for is no fault of a page.
        if message.type in {"error", "warning"} and "status of 4" not in message.text:
            complaints.append(f"{message.text} ({message.location.get('url')})")

    def asked(request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(portal.url).netloc:
            complaints.append(f"よその相手に問い合わせました: {request.url}")

    def opened(login: str | None = None, **options: object) -> Page:
        state = {"storage_state": cookies[login]} if login else {}
        context = new_context(chromium, base_url=portal.url, **state, **options)
        contexts.append(context)
        context.on("console", heard)
        context.on("request", asked)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
