"""Filling in the portal's forms as a browser would (画面の操作)."""

import html
import re
from collections.abc import Mapping

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


def token(page: TestResponse) -> str:
    """Give the CSRF token of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found, f"no form on {page.request.path}: {page.status}"
    return found[1]


def submit(
    client: FlaskClient, path: str, fields: Mapping[str, object], page: str = ""
) -> TestResponse:
    """Open a page and post fields to it, or from another page, with what that page hides."""
    opened = client.get(page or path)
    hidden = {"csrf_token": token(opened), "seen": seen_on(opened)}
    return client.post(path, data={**hidden, **fields})


def seen_on(page: TestResponse) -> str:
    """Give the hash of the run that a page shows, empty where it shows none."""
    found = re.search(r'name="seen"[^>]*\bvalue="([^"]*)"', page.text)
    return found[1] if found else ""


def errors_of(page: TestResponse) -> dict[str, str]:
    """Give what stands at each field marked as wrong: field → message."""
    found = re.findall(
        r'<div id="([\w-]+)-error">\s*<p class="p-field__error">.*?</span>(.*?)</span></p>',
        page.text,
        re.DOTALL,
    )
    return {field: message.strip() for field, message in found}


def value_of(page: TestResponse, field: str) -> str:
    """Give the text that stands in an input."""
    found = re.search(rf'<input[^>]*\bid="{field}"[^>]*>', page.text)
    assert found, f"no field {field}"
    value = re.search(r'\bvalue="([^"]*)"', found[0])
    return value[1] if value else ""


def chosen(page: TestResponse, field: str) -> str:
    """Give the value chosen in a list, empty for the empty choice or none."""
    found = re.search(rf'<select[^>]*\bid="{field}"[^>]*>(.*?)</select>', page.text, re.DOTALL)
    assert found, f"no list {field}"
    value = re.search(r'<option selected value="([^"]*)"', found[1])
    return value[1] if value else ""


def fields_on(page: TestResponse) -> dict[str, str]:
    """Give what the form of a page would send as it stands: texts and choices, no ticked boxes."""
    found = {}
    for tag in re.findall(r"<input\b[^>]*>", page.text):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and not re.search(r'type="(checkbox|radio|submit)"', tag):
            found[name[1]] = html.unescape(value[1]) if value else ""
    for name, options in re.findall(
        r'<select\b[^>]*\bname="([^"]+)"[^>]*>(.*?)</select>', page.text, re.DOTALL
    ):
        value = re.search(r'<option selected value="([^"]*)"', options)
        first = re.search(r'<option value="([^"]*)"', options)
        found[name] = html.unescape((value or first)[1]) if value or first else ""
    return found
