"""P6 and P8: the page of an allocation, items × members, beside a static page with the same cells.

Both are asked for through the test client of the same application. The static one is the plainest
template that shows the table: the layout of the portal, no login, no database, amounts that stand
ready as whole numbers. Ours knows who asks, reads the stored run, and shows the grounds, too.
"""

import atexit
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Flask, render_template
from flask.testing import FlaskClient
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader

from benchmarks import Count, Pair, goal
from config import TestConfig
from consortium import create_app
from consortium.clock import FrozenClock
from consortium.db.engine import db
from consortium.domain.calendar.period import FiscalYear
from consortium.usecases import runs
from consortium.usecases.viewer import Viewer
from consortium.web.navigation import MENU
from tests import databases, factories, people

WEB = Path(__file__).parents[1] / "consortium" / "web"
ITEMS, MANY = 200, 2_000
YEARS = {ITEMS: 2022, MANY: 2023}  # seven members each

STATIC = """\
{% extends "base.html" %}
{% block title %}{{ title }}{% endblock %}
{% block content %}
<h1>{{ title }}</h1>
<table>
<thead>
<tr><th>費目</th><th>合計</th>{% for name in names %}<th>{{ name }}</th>{% endfor %}</tr>
</thead>
<tbody>
{% for item, total, cells in rows %}
<tr><th>{{ item }}</th><td>{{ "{:,}".format(total) }}</td>
{%- for cell in cells %}<td><a href="{{ base }}/{{ loop.index }}">{{ "{:,}".format(cell) }}</a></td>
{%- endfor %}</tr>
{% endfor %}
</tbody>
</table>
{% endblock %}
"""


@dataclass(frozen=True, slots=True)
class Office:
    """An application with a run of 200 items and one of 2,000, and an officer logged in."""

    app: Flask
    client: FlaskClient
    viewer: Viewer
    paths: dict[int, str]

    def page(self, items: int) -> str:
        """Ask for the page of a run; it must really show every item."""
        answer = self.client.get(self.paths[items])
        text = answer.get_data(as_text=True)
        assert answer.status_code == 200, answer.status
        assert text.count("<tr>") > items
        return text

    def statements(self, items: int) -> int:
        """Count the SQL statements of that page, the login included."""
        with self.app.app_context(), factories.statements() as found:
            self.client.get(self.paths[items])
        return len(found)


@cache
def _office() -> Office:
    place = tempfile.TemporaryDirectory(prefix="consortium-bench-")
    atexit.register(place.cleanup)
    folder = Path(place.name)
    url = databases.SqliteTemplates(folder).fresh(folder)
    key = "k3y-0f-a-benchmark-with-32-characters"
    clock = FrozenClock(factories.NOW)
    app = create_app(TestConfig(secret_key=key, database_url=url, instance=folder), clock)
    paths = {}
    with app.app_context():
        viewer = factories.seed_sample()
        for items, year in YEARS.items():
            present = len(factories.items_of(viewer, year))
            factories.add_many_items(viewer, year, items - present)
            run_id = runs.create_run(viewer, FiscalYear(year), "final", now=factories.NOW)
            paths[items] = f"/runs/{run_id}"
    client = people.People(app, clock).client("lead_staff")
    with app.app_context():
        db.session.remove()
    return Office(app, client, viewer, paths)


def _static_client(office: Office) -> FlaskClient:
    """Give an application that knows one page: the same layout and menu, and the same cells."""
    with office.app.app_context():
        result = runs.show_run(office.viewer, office.paths[ITEMS].rpartition("/")[2]).result
    given = {
        "title": "令和4年度 確定 第1版の算定",
        "names": [party.name for party in result.parties],
        "base": f"{office.paths[ITEMS]}/why",
        "rows": [
            (entry.item.name, entry.item.amount, cells)
            for entry, cells in zip(result.items, result.matrix, strict=True)
        ],
        "nav": [{"label": item.label, "group": item.group, "url": "/"} for item in MENU],
        "account": {"name": "弘前 花子", "body": "弘前市", "role": "担当"},
        "logout_url": "/logout",
        "consortium_name": "協議会",
    }
    app = Flask("static", static_folder=str(WEB / "static"))
    templates = FileSystemLoader(WEB / "templates")
    app.jinja_env.loader = ChoiceLoader([DictLoader({"static.html": STATIC}), templates])
    app.jinja_env.globals["csrf_token"] = lambda: "token"
    app.secret_key = office.app.secret_key
    app.add_url_rule("/", view_func=lambda: render_template("static.html", **given))
    return app.test_client()


@goal("P6", "算定の画面 200費目×7団体 ÷ 同じマスの静的な画面", at_most=1.5)
def matrix_page() -> Pair:
    """Ask for the page of an allocation."""
    office = _office()
    static = _static_client(office)
    assert static.get("/").get_data(as_text=True).count("<tr>") > ITEMS
    return Pair(ours=lambda: office.page(ITEMS), theirs=lambda: static.get("/"))


@goal("P8", "算定の画面 200費目×7団体のSQL文", at_most=8)
def statements() -> Count:
    """Count what the page asks the database."""
    return Count(_office().statements(ITEMS))


@goal("P8", "算定の画面 2,000費目×7団体のSQL文（200費目との差）", at_most=0)
def more_statements() -> Count:
    """Ten times the rows ask nothing more."""
    office = _office()
    return Count(abs(office.statements(MANY) - office.statements(ITEMS)))
