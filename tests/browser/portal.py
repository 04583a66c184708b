"""A portal to look at: the sample, served on this computer, and a Chromium (画面の試験の土台)."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from waitress import wasyncore
from waitress.server import create_server

from config import TestConfig
from consortium import create_app
from consortium.clock import FrozenClock
from consortium.db.engine import db
from consortium.db.store import reports
from consortium.db.store.reports import NewRun
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.municipality import municipality_code
from consortium.usecases import (
    accounts,
    basis_editions,
    cost_items,
    invoices,
    runs,
    sample,
    saved_cases,
    simulator,
)
from consortium.usecases.basis_editions import Entry
from consortium.usecases.reporting import SYSTEM, Worker
from consortium.usecases.simulation_files import case_text
from consortium.usecases.ticking import tick
from consortium.usecases.viewer import Viewer
from tests import databases, host
from tests.agreed import fill_agreement
from tests.browser.asked import fill_money, fill_notices, fill_questions, fill_rounds
from tests.browser.planned import fill_plans
from tests.browser.scheduled import fill_schedules
from tests.plain_files import print_plainly

#: 2026-12-01 10:00 in Japan; the monthly schedule has run since the middle of October.
NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
SCHEDULED_FROM = datetime(2026, 10, 15, 1, 0, tzinfo=UTC)
#: A second edition in each state that the sample's history does not show: state → its year.
OPEN_RUNS = {"draft": 2023, "in_review": 2024, "approved": 2025}
#: 幅 1280 は事務用のノート、640 はその 200% 表示（WCAG 1.4.4・1.4.10）。
DESKTOP, ZOOMED = {"width": 1280, "height": 800}, {"width": 640, "height": 400}
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(frozen=True)
class Portal:
    """A running portal: where it is, and who may log in."""

    url: str
    app: Flask
    passwords: dict[str, str]
    #: state → path of a run in it
    runs: dict[str, str]
    clock: FrozenClock

    def log_in(self, page: Page, login: str) -> None:
        """Log in as a person does: by the labels on the page."""
        page.goto(f"{self.url}/login")
        page.get_by_label("利用者ID").fill(login)
        page.get_by_label("パスワード").fill(self.passwords[login])
        page.get_by_role("button", name="ログイン").click()
        page.get_by_role("button", name="ログアウト").wait_for()


#: Fills an application with what is looked at: passwords by login, paths of runs by state.
Fill = Callable[[Flask], tuple[dict[str, str], dict[str, str]]]


@contextmanager
def opened_portal(folder: Path, now: datetime = NOW, fill: Fill | None = None) -> Iterator[Portal]:
    """Make the sample in a folder and serve it from a thread until the caller is done."""
    url = databases.SqliteTemplates(folder).fresh(folder)
    key = "k3y-0f-tests-0nly-with-32-characters"
    config = TestConfig(secret_key=key, database_url=url, instance=folder)
    clock = FrozenClock(now)
    app = create_app(config, clock)
    with app.app_context(), pytest.MonkeyPatch.context() as patch:
        print_plainly(patch)  # nobody opens the files of the past
        passwords, open_runs = (fill or _fill)(app)
    with _served(app) as address:
        yield Portal(address, app, passwords, open_runs, clock)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _waiting_report(owner: str, worker: Worker) -> str:
    """Let a monthly report of a year that is not issued wait; give its page."""
    month = NewRun(owner, "monthly_cost", FiscalYear(2027), "2027-04", 1, NOW)
    with writing(SYSTEM, NOW) as unit:
        unit.operational()
        reports.insert_due(unit.session, [month])
    tick(worker)
    with reading() as session:
        report_id, _ = reports.find_run(session, month)
    return f"/report-runs/{report_id}"


def _fill(app: Flask) -> tuple[dict[str, str], dict[str, str]]:
    """Issue the history, make two monthly reports, and leave a run in each open state."""
    made = sample.register(SCHEDULED_FROM)
    worker = Worker("試験", app.config["FILES_DIR"], lambda: NOW)
    sample.issue_history(worker, lambda _: None)
    sample.finish_past_steps(SCHEDULED_FROM)
    tick(worker)
    people = {
        each.role: Viewer(each.id, each.name, each.role, each.consortium_id, body=each.body)
        for each in accounts.list_accounts()
    }
    open_runs = {}
    for state, year in OPEN_RUNS.items():
        run_id = runs.create_run(
            people["lead_staff"], FiscalYear(year), "final", now=NOW, reason="請求額の訂正のため"
        )
        seen = runs.show_run(people["lead_staff"], run_id).run.document_sha256
        if state != "draft":
            runs.move(people["lead_staff"], run_id, "submit", seen=seen, now=NOW)
        if state == "approved":
            runs.move(people["lead_approver"], run_id, "approve", seen=seen, now=NOW)
        open_runs[state] = f"/runs/{run_id}"
    open_runs["waiting"] = _waiting_report(people["lead_staff"].consortium_id, worker)
    # A stage with items that no run rests on yet: they can be deleted.
    draft = {"source_year": FiscalYear(2026), "source_stage": "planned", "now": NOW}
    cost_items.copy_from_stage(people["lead_staff"], FiscalYear(2027), "estimate", **draft)
    # Values that no rule rests on yet: they can be withdrawn.
    terminals = Entry(
        NOW.date(), None, "令和8年度当初", None, "確定", "端末台帳（見本）",
        {municipality_code("022021"): Fraction(900), municipality_code("022101"): Fraction(250)},
    )  # fmt: skip
    basis_editions.add_series(people["lead_staff"], "端末台数", "terminals", terminals, NOW)
    _keep_cases(people)
    fill_questions(people["lead_staff"], NOW, app.config["FILES_DIR"])
    fill_rounds(people["lead_staff"], NOW)
    fill_schedules(people["lead_staff"], SCHEDULED_FROM, NOW)
    fill_money(people, worker)
    fill_notices(people, worker)
    fill_plans(people, NOW)
    fill_agreement(people["lead_staff"], FiscalYear(2027), "estimate", NOW)
    entry = invoices.InvoiceEntry("（株）見本", "第1号", NOW.date(), "invoice")
    invoices.add_invoice(people["lead_staff"], FiscalYear(2027), "estimate", entry, NOW)
    return {account.login: password for account, password in made}, open_runs


def _keep_cases(people: dict[str, Viewer]) -> None:
    """Keep a case of the simulator for each of the office, and one that it cannot change."""
    cases = Path(__file__).parents[1] / "domain" / "cases"
    for role in ("lead_staff", "lead_approver"):
        desk = simulator.open_desk(people[role])
        start = simulator.presets(desk, NOW.date())[0].simulation
        text = case_text(start, start.last)
        saved_cases.keep_case(people[role], text, f"試算 {role}", is_shared=True, now=NOW)
    other = (cases / "rule_by_category.yaml").read_text(encoding="utf-8")
    saved_cases.keep_case(people["lead_staff"], other, "区分ごと", is_shared=True, now=NOW)


@contextmanager
def _served(app: Flask) -> Iterator[str]:
    """Serve an application with the server of the product, on a port of its own."""
    server = create_server(app, host="127.0.0.1", port=0, threads=8, ident=None)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        # Everything is closed by the loop's own thread; then the loop has nothing left and ends.
        server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
        thread.join(10)
        server.task_dispatcher.shutdown()


@contextmanager
def opened_chromium() -> Iterator[Browser]:
    """Start the Chromium of this host; as root it cannot have its sandbox."""
    flags = [*FLAGS, "--no-sandbox"] if host.is_root() else list(FLAGS)
    program = os.environ.get("CHROMIUM_PATH") or host.find_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


def new_context(browser: Browser, **options: object) -> BrowserContext:
    """Open a window of its own: Japanese, no cookies, the size of an office notebook."""
    settings = {"locale": "ja-JP", "timezone_id": "Asia/Tokyo", "viewport": DESKTOP, **options}
    return browser.new_context(**settings)  # type: ignore[arg-type]  # options by name
