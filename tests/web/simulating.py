"""Asking the simulator as a browser would (シミュレーターの試験の操作)."""

import html
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

START = "/simulator"


def address(page: TestResponse, name: str, holding: str = "entrants-7-code=023841") -> str:
    """Give where the link of a start page leads that holds some condition."""
    found = re.findall(rf'href="({START}/{name}\?[^"]*)"', page.text)
    (one,) = {html.unescape(url) for url in found if holding in url}
    return one


def conditions(lead: FlaskClient) -> dict[str, str]:
    """Give the conditions of 鶴田町が加入したら, as the address holds them."""
    path = address(lead.get(START), "result")
    return dict(parse_qsl(path.partition("?")[2], keep_blank_values=True))


def query(lead: FlaskClient, changes: Mapping[str, str | None]) -> str:
    """Write those conditions, some of them changed (None: left out)."""
    given = {**conditions(lead), **changes}
    return urlencode({key: value for key, value in given.items() if value is not None})


def asked(lead: FlaskClient, changes: Mapping[str, str | None] | None = None) -> TestResponse:
    """Compute them."""
    return lead.get(f"{START}/result?{query(lead, changes or {})}")


def rows(page: TestResponse, section: str) -> list[list[str]]:
    """Give the cells of each row of a section's tables, without markup."""
    part = page.text.split(f'<section class="p-section p-stack" id="{section}">')[1]
    lines = re.findall(r"<tr[^>]*>(.*?)</tr>", part.split("</section>")[0], re.DOTALL)
    return [
        [
            html.unescape(re.sub(r"<[^>]+>|\s+", "", cell))
            for cell in re.findall(r"<t[hd].*?</t[hd]>", line, re.DOTALL)
        ]
        for line in lines
    ]
