"""Filling in the form of a rule version as a browser would (負担ルールの入力)."""

import re
from collections.abc import Mapping

from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from consortium.db.models import new_id
from consortium.db.store import costs
from consortium.db.unit import writing
from consortium.domain.calendar.period import FiscalYear
from tests import factories
from tests.pages import token
from tests.people import TOWNS
from tests.web.portal import Portal

HEAD = {
    "since": "令和8年4月1日",
    "document": "見本の変更協定書",
    "article": "第3条",
    "decided_on": "令和8年3月20日",
    "note": "",
    "unit": "1",
    "mode": "floor",
    "level": "component",
    "residual": "largest_remainder",
    "ratio_digits": "",
    "proration": "monthly",
    "leaving": "month",
    "place": "2023-final",
}
_PART = {
    "label": "", "power": "", "series": "", "dating": "latest", "month_day": "", "frozen": "",
    "first": "", "last": "", "host": "", "own_source": "",
    **{f"own_{code}": "" for code in TOWNS},
}  # fmt: skip

#: What stands in the fields of a component.
Part = Mapping[str, str]


def part(kind: str, weight: str = "100", **changes: str) -> Part:
    """Fill in a component."""
    return {**_PART, "kind": kind, "weight": weight, **changes}


def own(*values: str) -> dict[str, str]:
    """Fill in the values of the seven towns, in code order."""
    return {f"own_{code}": value for code, value in zip(TOWNS, values, strict=True)}


def fields(page: TestResponse, do: str, *parts: Part, **head: str) -> MultiDict[str, str]:
    """Give what a browser would send from a page, as filled in."""
    hidden = re.search(r'<input[^>]*\bname="form_key"[^>]*\bvalue="([^"]+)"', page.text)
    assert hidden
    sent = MultiDict({"csrf_token": token(page), "form_key": hidden[1], "do": do, **HEAD, **head})
    if seen := re.search(r'name="seen" value="([^"]+)"', page.text):
        sent["seen"] = seen[1]
    for number, each in enumerate(parts, start=1):
        sent.add("part", str(number))
        for name, value in each.items():
            sent.add(f"c{number}-{name}", value)
    return sent


def try_it(client: FlaskClient, path: str, *parts: Part, **head: str) -> TestResponse:
    """Open the form, fill it in and press 試算して確かめる."""
    return client.post(path, data=fields(client.get(path), "try", *parts, **head))


def register(client: FlaskClient, path: str, *parts: Part, **head: str) -> TestResponse:
    """Try what was filled in, then press この内容で登録する."""
    tried = try_it(client, path, *parts, **head)
    assert tried.status_code == 200, tried.text
    return client.post(path, data=fields(tried, "save", *parts, **head))


def add_item(portal: Portal, amount: int) -> None:
    """Register one cost of the whole of 令和8年度 概算."""
    with portal.app.app_context():
        first = factories.item_named(portal.office.staff, 2023, "システム利用料")
        months = factories.month("2026-04"), factories.month("2027-03")
        new = costs.CostItem(
            new_id(), FiscalYear(2026), "estimate", first.service_id, first.category_id,
            "試験の費目", factories.yen(amount), *months,
        )  # fmt: skip
        with writing(factories.OFFICER, factories.NOW) as unit:
            costs.add_item(unit, portal.office.consortium_id, new)
