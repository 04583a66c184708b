"""Where a login may lead: a page of ours, never another site (`next`)."""

import pytest
from flask import Flask

from consortium.web.redirects import safe_next

HOSTILE = [
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "https://evil.example/",
    "https:evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "@evil.example",
    "/@evil.example",
    "https://localhost@evil.example/account",
    "%2f%2fevil.example",
    "/%2fevil.example",
    "/%2f%2fevil.example",
    "/%5cevil.example",
    "\t//evil.example",
    "/\t/evil.example",
    " /account",
    "/account ",
    "/account\r\nSet-Cookie: x=1",
    "/account%0d%0aSet-Cookie: x=1",
    "／／evil.example",
    "/／evil.example",
    "/account?\r\n",
    "/account\x00",
    "/./account",
    "/../account",
    "/.//evil.example",
    "/account#//evil.example",
    "/nowhere",
    "/account/",
    "/logout",
    "/login",
    "/login?next=//evil.example",
    "/static/css/frame.css",
    "/account?" + "x" * 2000,
    "",
    None,
]


@pytest.mark.parametrize("target", HOSTILE)
def test_a_target_that_is_no_page_of_ours_leads_home(app: Flask, target: str | None) -> None:
    with app.app_context():
        assert safe_next(target) == "/"


@pytest.mark.parametrize("target", ["/account", "/account?year=2021&q=%E5%BC%98%E5%89%8D"])
def test_a_page_of_ours_is_kept(app: Flask, target: str) -> None:
    with app.app_context():
        assert safe_next(target) == target
