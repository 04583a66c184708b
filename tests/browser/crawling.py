"""Opening every page that links lead to, a few of each kind (画面めぐり)."""

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import Page
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map

from tests.browser.portal import Portal

#: What a page of its own shows: a file.
FILES = {
    "inbox.download", "inbox.on_paper", "bases.download", "questions.download", "register.export",
    "register.verifier", "runs.causes", "simulator.download", "simulator.download_saved",
    "registration.download", "registration.template",
    "receipts.workbook", "receipts.data", "inbox.data", "inbox.whole_issue", "base_figures.form",
    "base_rounds.form", "base_rounds.forms",
    "report_runs.progress", "plan_sheets.download", "plan_sheets.download_all",
    "standardisation.workbook",
}  # fmt: skip
#: Pages that are nothing without the conditions in their address.
BY_QUERY = {"/simulator/result"}
#: How many pages of one kind are opened, where one does not show all it can look like.
SEVERAL = {
    "runs.show": 5, "costs.sheet": 3, "register.year": 2, "simulator.show": 3,
    "base_rounds.show": 2, "report_runs.show": 2, "plans.show": 4,
}  # fmt: skip


def links(page: Page, portal: Portal) -> list[str]:
    """Give the addresses of this portal that a page leads to."""
    every = page.eval_on_selector_all("a[href]", "list => list.map(a => a.href)")
    own = [urlsplit(url) for url in dict.fromkeys(every) if str(url).startswith(portal.url + "/")]
    return [
        f"{url.path}?{url.query}" if url.path in BY_QUERY and url.query else url.path for url in own
    ]


def endpoint_of(rules: Map, path: str) -> str:
    """Name the page behind an address."""
    try:
        endpoint, _ = rules.bind("127.0.0.1").match(urlsplit(path).path, method="GET")
    except HTTPException:
        return ""
    return str(endpoint)


def crawl(page: Page, portal: Portal, start: list[str]) -> Iterator[set[str]]:
    """Open the pages that can be reached by links, a few of each kind; name what was asked for
    and what is shown: they differ where an address leads to another.
    """
    waiting, known, opened = list(start), set(start), Counter[str]()
    while waiting:
        path = waiting.pop(0)
        endpoint = endpoint_of(portal.app.url_map, path)
        if endpoint in FILES or opened[endpoint] >= SEVERAL.get(endpoint, 1):
            continue
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        shown = endpoint_of(portal.app.url_map, urlsplit(page.url).path)
        opened.update({endpoint, shown})
        yield {endpoint, shown}
        new = [link for link in links(page, portal) if link not in known]
        known.update(new)
        waiting += new
