"""Entering amounts by tax, dollars and quantities through the pages (金額の入れ方)."""

import re
from collections.abc import Mapping
from fractions import Fraction

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consortium.usecases import exchange
from consortium.usecases.exchange import RateEntry
from consortium.usecases.viewer import Viewer
from tests.factories import (
    NOW,
    item_named,
    month,
)
from tests.pages import errors_of, submit, token, value_of

NEW = "/costs/2026/planned/new"
INVOICE = {
    "supplier": "（株）見本データ",
    "number": "第12号",
    "invoice_date": "R8.4.30",
    "tax_per": "invoice",
    "tax_mode": "floor",
    "note": "",
}
RATE = {"rate": "149.53", "source": "月末TTM", "quoted_on": "R8.4.30", "row_version": "0"}


def item(lead: FlaskClient, way: str, **changes: str) -> dict[str, object]:
    """Fill the form of a new item as it is offered for a way."""
    form = lead.get(f"{NEW}?way={way}")
    (category,) = re.findall(r'<option value="([\w-]{36})">運用<', form.text)
    plain = {
        "item_id": value_of(form, "item_id"),
        "category": category,
        "name": "監視費",
        "first_month": "2026-04",
        "last_month": "2027-03",
        "charged_to": "",
        "note": "",
        "invoice": "",
    }
    return {**plain, **changes}


def look_and_save(lead: FlaskClient, path: str, fields: Mapping[str, object]) -> TestResponse:
    """Send a form, look at what it computed, and send it again as it stands."""
    page = submit(lead, path, fields)
    assert page.status_code == 200, errors_of(page)
    again = {**fields, "csrf_token": token(page), "checked": value_of(page, "checked")}
    return lead.post(path, data=again)


def register_rate(app: Flask, officer: Viewer) -> None:
    """Register the rate of April 2026."""
    entry = RateEntry(Fraction("149.53"), "月末TTM")
    with app.app_context():
        seen = exchange.plan_rate(officer, month("2026-04"), entry).digest
        exchange.save_rate(officer, month("2026-04"), 0, entry, NOW, seen)


def usage_path(app: Flask, officer: Viewer) -> str:
    with app.app_context():
        return f"/costs/items/{item_named(officer, 2026, '拠点間回線', 'planned').id}/usage"
