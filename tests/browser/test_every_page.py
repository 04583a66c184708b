"""Every page of each of the three people: accessible, quiet, within the window, by keyboard."""

import json
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from consortium.web import access
from tests.browser.conftest import LOGINS, OpenPage
from tests.browser.crawling import FILES, crawl
from tests.browser.portal import DESKTOP, ZOOMED, Portal

pytestmark = pytest.mark.browser

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
ROLES = {"hirosaki": "lead_staff", "hirosaki-shonin": "lead_approver", "itayanagi": "member_staff"}


def violations(page: Page) -> list[str]:
    """Give what axe finds on the page as it is, each with the element."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{page.url} {rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]
    ]


def too_wide(page: Page) -> list[str]:
    """Say whether the page as a whole must be scrolled sideways."""
    inner, outer = page.evaluate(
        "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    width = page.viewport_size["width"] if page.viewport_size else 0
    return [f"{page.url} は幅{width}で{inner - outer}はみ出します"] if inner > outer else []


def open_to(portal: Portal, role: str) -> set[str]:
    """List the pages that policy.yaml lets a role read."""
    readable = {rule.endpoint for rule in portal.app.url_map.iter_rules() if "GET" in rule.methods}
    with portal.app.app_context():
        policy = access.policy()
    # "alone": for the staff of a one-person office, which the sample is not.
    offered = {name for name, each in policy.items() if each.allow.get(role) in {"own", "any"}}
    return (offered & readable) - FILES


@pytest.mark.parametrize("login", LOGINS)
def test_every_page_is_accessible_quiet_and_within_the_window(
    login: str, open_page: OpenPage, portal: Portal
) -> None:
    """axe の違反 0、コンソールのエラー 0、よそへの通信 0、幅 1280 と 640 で横にはみ出さない。"""
    page = open_page(login)
    is_office = login != "itayanagi"
    settled = ("/settlements/2022", "/payments/2022/022021")
    office = [*portal.runs.values(), "/costs/2027/estimate", *settled]
    start = ["/", *(office if is_office else ())]
    faults: list[str] = []
    seen: set[str] = set()
    # The approver's pages are mostly those of the staff: axe looks at the others only.
    known = open_to(portal, ROLES["hirosaki"]) if login == "hirosaki-shonin" else set()
    for endpoints in crawl(page, portal, start):
        seen |= endpoints
        faults += (violations(page) if endpoints - known else []) + too_wide(page)
        assert page.locator("h1").count() == 1, page.url
        page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]  # a plain mapping
        faults += too_wide(page)
        page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]  # a plain mapping
    assert faults == []
    assert open_to(portal, ROLES[login]) - seen == set()


def test_pages_for_nobody_and_refusals_are_accessible_too(
    open_page: OpenPage, portal: Portal
) -> None:
    page, faults = open_page(), []
    page.goto("/login")
    faults += violations(page) + too_wide(page)
    page.get_by_label("利用者ID").fill("だれか")
    page.get_by_label("パスワード").fill("ちがう")
    page.get_by_role("button", name="ログイン").click()
    page.get_by_text("ログインできません").wait_for()
    faults += violations(page) + too_wide(page)
    page = open_page("hirosaki")
    page.goto("/costs/1999/final")
    faults += violations(page) + too_wide(page)
    page.goto("/costs/2026/planned/new")
    page.get_by_role("button", name="追加する").click()
    page.get_by_role("alert").or_(page.get_by_text("エラー")).first.wait_for()
    faults += violations(page) + too_wide(page)
    assert faults == []


def test_the_menu_leads_everywhere_and_marks_where_one_is(open_page: OpenPage) -> None:
    page = open_page("hirosaki")
    page.goto("/")
    menu = page.get_by_role("navigation", name="メニュー")
    names = menu.get_by_role("link").all_inner_texts()
    for name in names:
        if name == "メニューを閉じる":
            continue
        menu.get_by_role("link", name=name, exact=True).click()
        assert menu.locator("[aria-current=page]").inner_text() == name
        assert page.locator("h1").inner_text()


def focus(page: Page) -> dict[str, Any]:
    """Say what has the focus and whether that can be seen."""
    described = page.evaluate(
        """() => {
          const it = document.activeElement, style = getComputedStyle(it);
          const box = it.getBoundingClientRect();
          const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
          return JSON.stringify({
            tag: it.tagName, text: it.innerText || it.getAttribute('aria-label') || it.name || '',
            seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0,
            ring: ring || style.boxShadow !== 'none',
            order: [...document.querySelectorAll('*')].indexOf(it)});
        }"""
    )
    return dict(json.loads(described))


@pytest.mark.parametrize("path", ["/this-month", "/costs/2026/planned/new", "matrix"])
def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(
    path: str, open_page: OpenPage, portal: Portal
) -> None:
    page = open_page("hirosaki")
    page.goto(portal.runs["draft"] if path == "matrix" else path)
    page.keyboard.press("Tab")
    first = focus(page)
    assert (first["text"], first["seen"], first["ring"]) == ("本文へ進む", True, True)
    orders = [first["order"]]
    for _ in range(60):
        page.keyboard.press("Tab")
        now = focus(page)
        if now["tag"] in {"BODY", "HTML"} or now["order"] == orders[0]:
            break
        assert now["seen"], now
        assert now["ring"], now
        orders.append(now["order"])
    assert len(orders) > 10
    assert orders == sorted(orders), "フォーカスの順が画面の順と違います。"


def test_the_skip_link_goes_past_the_menu(open_page: OpenPage) -> None:
    page = open_page("hirosaki")
    page.goto("/this-month")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.querySelector('main').contains(document.activeElement)")


def test_forced_colours_keep_pages_usable(open_page: OpenPage, portal: Portal) -> None:
    page = open_page("hirosaki", forced_colors="active")
    for path in ("/members", portal.runs["draft"]):
        page.goto(path)
        assert violations(page) + too_wide(page) == []
