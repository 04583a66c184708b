"""Every endpoint for every role, own and another town's: as policy.yaml says, and never a 500."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from consortium.clock import FrozenClock
from consortium.db.store import bases, calendars, rules, schedules, steps
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.yen import Yen
from consortium.usecases import invoices, payments, questions, saved_cases
from consortium.usecases.viewer import MEMBER_ROLES, Viewer
from consortium.web.access import POLICY_FILE, Entry, read_policy, refusal
from tests import factories, figures
from tests.agreed import fill_agreement
from tests.people import People
from tests.web.portal import Portal, open_portal

pytestmark = pytest.mark.usefixtures("plain_files")

ROLES = ("anonymous", *MEMBER_ROLES, "lead_staff", "lead_approver", "lead_admin", "auditor")
POLICY = read_policy(POLICY_FILE.read_text(encoding="utf-8"))
OWN, OTHER = "023817", "023612"
CASES = Path(__file__).parents[1] / "domain" / "cases"
#: What an allowed request may answer: shown, redirected, refused for its content or its state.
ANSWERED = {200, 302, 400, 409}


#: Of which nothing is there: a report that failed, a letter given up, a calendar's address.
NOWHERE = {"report_runs.retry", "outbox.send_again", "feeds.show"}
#: Parts of URLs that name what belongs to one town.
OWNED = ("question_id", "attachment_id")
#: Parts of URLs that differ from town to town.
TOWNS_OWN = {"code", "payer", "file_id", "statement_id", "payment_id", *OWNED}


STAFF, APPROVER = {"lead_staff"}, {"lead_approver"}
OFFICE = {"lead_staff", "lead_approver", "lead_admin", "auditor"}
TOWN = set(MEMBER_ROLES)
#: Who may do what, typed from the design's table of capabilities.
CAPABILITIES = {
    "home.root": OFFICE | TOWN,
    "home.index": OFFICE,
    "home.month": OFFICE,
    "year_plan.index": OFFICE,
    "year_plan.year": OFFICE,
    "year_plan.add": STAFF,
    "year_plan.edit": STAFF,
    "year_plan.remove": STAFF,
    "year_plan.finish": STAFF | APPROVER,
    "year_plan.reopen": STAFF | APPROVER,
    "year_start.show": OFFICE,
    "year_start.start": STAFF,
    "closed_days.index": OFFICE,
    "registration.index": {"lead_admin"},
    "registration.download": {"lead_admin"},
    "registration.template": {"lead_admin"},
    "closed_days.year": OFFICE,
    "closed_days.fill": STAFF,
    "closed_days.add": STAFF,
    "closed_days.edit": STAFF,
    "closed_days.remove": STAFF,
    "runs.index": OFFICE,
    "runs.show": OFFICE,
    "runs.why": OFFICE,
    "runs.compare": OFFICE,
    "runs.causes": OFFICE,
    "runs.create": STAFF,
    "runs.recalculate": STAFF,
    "runs.submit": STAFF,
    "runs.discard": STAFF,
    "runs.approve": APPROVER,
    "runs.send_back": APPROVER,
    "runs.withdraw": APPROVER,
    "runs.issue": APPROVER,
    "notices.year": OFFICE,
    "notices.issue": APPROVER,
    "notices.remind": APPROVER,
    "archives.show": OFFICE,
    "archives.issue": APPROVER,
    "register.index": OFFICE,
    "register.year": OFFICE,
    "register.cancel": APPROVER,
    "register.export": OFFICE - STAFF,
    "register.verifier": OFFICE - STAFF,
    "authenticity.index": OFFICE | TOWN,
    "receipts.index": OFFICE,
    "receipts.year": OFFICE,
    "receipts.unread": OFFICE,
    "receipts.workbook": OFFICE,
    "receipts.data": OFFICE,
    "outbox.index": OFFICE,
    "outbox.send_again": STAFF,
    "accounts.save_mail": OFFICE | TOWN,
    "accounts.show": OFFICE | TOWN,
    "accounts.login": set(),
    "accounts.logout": OFFICE | TOWN,
    "feeds.create": OFFICE | TOWN,
    "feeds.revoke": OFFICE | TOWN,
    "feeds.show": set(),
    "closings.index": OFFICE,
    "closings.year": OFFICE,
    "closings.close_soft": STAFF,
    "closings.lift": APPROVER,
    "closings.close_hard": APPROVER,
    "closings.propose": STAFF,
    "closings.grant": APPROVER,
    "closings.refuse": APPROVER,
    "closings.close_again": APPROVER,
    "schedules.index": OFFICE,
    "health.livez": set(),
    "health.healthz": set(),
    "health.index": OFFICE,
    "health.verify": OFFICE - {"auditor"},
    "report_runs.index": OFFICE,
    "report_runs.show": OFFICE,
    "report_runs.progress": OFFICE,
    "report_runs.new": STAFF,
    "report_runs.retry": STAFF,
    "report_runs.run_now": STAFF,
    "report_runs.remake": STAFF,
    "report_runs.cancel": STAFF,
    "schedule_editing.choose": STAFF,
    "schedule_editing.add": STAFF,
    "schedule_editing.edit": STAFF,
    "schedule_editing.pause": STAFF,
    "schedule_editing.resume": STAFF,
    "schedule_editing.end": STAFF,
    "funding.sheet": OFFICE,
    "funding.add": STAFF,
    "funding.edit": STAFF,
    "funding.remove": STAFF,
    "terms.index": OFFICE | TOWN,
    "terms.add": STAFF,
    "terms.edit": STAFF,
    "terms.remove": STAFF,
    "terms.add_cost": STAFF,
    "terms.edit_cost": STAFF,
    "terms.remove_cost": STAFF,
    "dampening.index": OFFICE | TOWN,
    "dampening.add": STAFF,
    "dampening.edit": STAFF,
    "dampening.remove": STAFF,
    "dampening.previous": OFFICE,
    "dampening.type_previous": STAFF,
    "simulator.index": OFFICE,
    "simulator.edit": OFFICE,
    "simulator.result": OFFICE,
    "simulator.download": OFFICE,
    "simulator.open_file": OFFICE,
    "simulator.keep": OFFICE - {"auditor"},
    "simulator.show": OFFICE,
    "simulator.download_saved": OFFICE,
    "simulator.rename": OFFICE - {"auditor"},
    "simulator.remove": OFFICE - {"auditor"},
    "usage.edit": STAFF,
    "invoices.sheet": OFFICE,
    "invoices.show": OFFICE,
    "invoices.add": STAFF,
    "invoices.edit": STAFF,
    "invoices.remove": STAFF,
    "exchange.sheet": OFFICE,
    "exchange.edit": STAFF,
    "town.index": TOWN,
    "charges.index": TOWN,
    "charges.year": TOWN,
    "charges.why": TOWN,
    "charges.payments": TOWN,
    "instalments.show": OFFICE,
    "instalments.edit": STAFF,
    "payments.index": OFFICE,
    "payments.year": OFFICE,
    "payments.town": OFFICE,
    "payments.add": STAFF,
    "payments.void": STAFF,
    "payment_imports.take_in": STAFF,
    "settlements.show": OFFICE,
    "settlements.settle": APPROVER,
    "settlements.carry_out": STAFF,
    "inbox.index": TOWN,
    "inbox.receive": TOWN,
    "inbox.download": OFFICE | TOWN,
    "inbox.on_paper": OFFICE | TOWN,
    "inbox.data": OFFICE | TOWN,
    "inbox.whole_issue": OFFICE,
    "base_rounds.index": OFFICE,
    "base_rounds.show": OFFICE,
    "base_rounds.add": STAFF,
    "base_rounds.enter": STAFF,
    "base_rounds.forms": STAFF,
    "base_rounds.form": STAFF,
    "base_rounds.upload": STAFF,
    "base_rounds.close": STAFF,
    "base_rounds.late": STAFF,
    "base_figures.index": TOWN,
    "base_figures.hand_in": TOWN,
    "base_figures.form": TOWN,
    "base_figures.upload": TOWN,
    "questions.index": OFFICE | TOWN,
    "questions.year": OFFICE | TOWN,
    "questions.show": OFFICE | TOWN,
    "questions.ask": STAFF | TOWN,
    "questions.ask_item": STAFF | TOWN,
    "questions.answer": STAFF | TOWN,
    "questions.ask_again": STAFF | TOWN,
    "questions.close": STAFF | TOWN,
    "questions.withdraw": STAFF | TOWN,
    "questions.overrule": APPROVER,
    "questions.download": OFFICE | TOWN,
}


def test_the_table_gives_each_role_what_the_design_gives_it() -> None:
    subjects = {endpoint.partition(".")[0] for endpoint in CAPABILITIES}
    # "alone": only where the setting of a one-person office says so; tests/web/test_one_person.py.
    table = {
        endpoint: {role for role, scope in entry.allow.items() if scope != "alone"}
        for endpoint, entry in POLICY.items()
        if endpoint.partition(".")[0] in subjects
    }
    assert table == CAPABILITIES
    scopes = {
        scope
        for entry in POLICY.values()
        for role, scope in entry.allow.items()
        if role in TOWN and not entry.parts.keys().isdisjoint({"file_id", "payer", *OWNED})
    }
    assert scopes == {"own"}


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    opened = open_portal(app, cast, clock)
    # Here only: what is asked is who may, not whether the form is genuine.
    app.config["WTF_CSRF_ENABLED"] = False
    return opened


def calendar_rows(portal: Portal) -> dict[str, str]:
    """Give a step of the year's calendar, a closed day and a schedule."""
    with portal.app.app_context(), reading() as session:
        step = steps.steps(session, portal.office.consortium_id)[0]
        day = calendars.closed_days(session, portal.office.consortium_id, 2026)[0]
        schedule = schedules.schedule_rows(session, portal.office.consortium_id)[0]
    asked = {"kind": schedule.kind, "period_type": "month", "schedule_id": schedule.id}
    return {"step_id": step.id, "day_id": day.id, **asked}


def values(portal: Portal, run_id: str, town: str) -> dict[str, Any]:
    """Give one value for each typed part of a URL; `town` decides whose object it names."""
    with portal.app.app_context():
        item = factories.items_of(portal.office.staff, 2021)[0]
        agreed = fill_agreement(portal.office.staff, FiscalYear(2026), "planned", factories.NOW)
        with reading() as session:
            edition = bases.editions(session, portal.office.consortium_id)[0]
            rule = rules.rules(session, portal.office.consortium_id)[0]
    return agreed | {
        "filename": "favicon.svg",
        "code": town,
        "payer": town,
        "run_id": run_id,
        "item_no": 1,
        "no": 1,
        "item_id": item.id,
        "edition_id": edition.id,
        "rule_id": rule.id,
        "version_id": rule.versions[0].id,
        "series": "population",
        "file_id": portal.file_of(town),
        "statement_id": portal.statement_of(town),
        **asked_question(portal, run_id, town),
        "round_id": asked_figures(portal),
        "invoice_id": registered_invoice(portal),
        "month": 4,
        "shown": "2021-04",
        "calendar_year": 2026,
        **calendar_rows(portal),
        "case_id": kept_case(portal),
        "payment_id": recorded_payment(portal, town),
        "report_id": portal.issue_of(run_id),
        "letter_id": "00000000-0000-4000-8000-000000000000",
        "token": "A" * 43,
        "issue_id": portal.issue_of(run_id),
        "fiscal_year": FiscalYear(2021),
        "year": FiscalYear(2021),
        "stage": "final",
    }


def registered_invoice(portal: Portal) -> str:
    """Register an invoice without lines."""
    entry = invoices.InvoiceEntry("（株）見本", "1", factories.NOW.date())
    with portal.app.app_context():
        year = FiscalYear(2026)
        return invoices.add_invoice(portal.office.staff, year, "planned", entry, factories.NOW).id


def asked_figures(portal: Portal) -> str:
    """Ask all towns for base figures."""
    with portal.app.app_context():
        return figures.opened(portal.office)


def asked_question(portal: Portal, run_id: str, town: str) -> dict[str, str]:
    """Let a town ask about all it pays in an issued run, with a file."""
    viewer = replace(portal.office.staff, role="member_staff", code=town)
    words = questions.Words("なぜですか。", upload=questions.Upload("問.pdf", b"%PDF-1.7"))
    folder = portal.app.config["FILES_DIR"]
    about = questions.About(run_id, None, town)
    with portal.app.app_context():
        asked = questions.ask(viewer, about, words, now=factories.NOW, folder=folder)
        (entry,) = questions.show_question(viewer, asked).question.entries
    assert entry.attachment
    return {"question_id": asked, "attachment_id": entry.attachment.id}


def recorded_payment(portal: Portal, town: str) -> str:
    """Record a payment of a town."""
    entry = payments.Entry("", date(2021, 5, 20), Yen(1_000))
    staff, year, form = portal.office.staff, FiscalYear(2021), str(uuid4())
    with portal.app.app_context():
        return payments.record_payment(staff, year, town, entry, factories.NOW, form).id


def kept_case(portal: Portal) -> str:
    """Keep a case of the simulator that the whole office sees."""
    text = (CASES / "seven_towns.yaml").read_text(encoding="utf-8")
    staff = portal.office.staff
    with portal.app.app_context():
        return saved_cases.keep_case(staff, text, "七団体", is_shared=True, now=factories.NOW).id


def expected(entry: Entry, role: str, town: str) -> set[int]:
    """Read the answer off the table."""
    if entry.anonymous == "allow":
        return ANSWERED
    if role == "anonymous":
        return {401} if entry.anonymous == 401 else {302}
    viewer = Viewer("u", "名", role, "c", OWN if role in MEMBER_ROLES else None)
    status = refusal(entry, viewer, {"code": town} if "code" in entry.parts else {})
    if status is not None:
        return {status}
    is_others = town == OTHER and entry.allow[role] == "own"
    is_object = not entry.parts.keys().isdisjoint({"file_id", *OWNED})
    return {404} if is_others and is_object else ANSWERED


def browser(portal: Portal, role: str) -> FlaskClient:
    if role == "anonymous":
        return portal.app.test_client()
    return portal.cast.client(role, OWN if role in MEMBER_ROLES else None)


def is_right(answer: Response, wanted: set[int], role: str) -> bool:
    if role == "anonymous" and wanted == {302}:
        return answer.status_code == 302 and answer.location.startswith("/login")
    return answer.status_code in wanted


@pytest.mark.parametrize("town", [OWN, OTHER])
@pytest.mark.parametrize("role", ROLES)
def test_every_endpoint_answers_each_role_as_the_table_says(
    portal: Portal, role: str, town: str
) -> None:
    parts = values(portal, portal.run(), town)
    asked = {"runs.causes": {"old": parts["run_id"], "new": portal.run(2020, upto="draft")}}
    wrong, usual = [], browser(portal, role)
    for endpoint, entry in sorted(POLICY.items()):
        if town == OTHER and entry.parts.keys().isdisjoint(TOWNS_OWN):
            continue  # the same address as with one's own town
        with portal.app.test_request_context():
            given = {name: parts[name] for name in entry.parts} | asked.get(endpoint, {})
            path = portal.app.url_for(endpoint, **given)
        for method in sorted(entry.methods):
            # Logging out and such end a login.
            client = browser(portal, role) if endpoint.startswith("accounts.") else usual
            with client.open(path, method=method) as answer:
                wanted = expected(entry, role, town)
                wanted = {404} if endpoint in NOWHERE and wanted == ANSWERED else wanted
                if endpoint == "health.healthz":
                    wanted = {503}  # no scheduler has ticked
                if not is_right(answer, wanted, role):
                    wrong.append((endpoint, method, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("state", ["draft", "in_review", "approved"])
def test_a_run_not_issued_does_not_exist_for_a_town(portal: Portal, state: str) -> None:
    run_id = portal.run(upto=state)
    town = browser(portal, "member_staff")
    for path in (f"/runs/{run_id}", f"/charges/runs/{run_id}/why/1/{OWN}", "/charges/2021"):
        assert town.get(path).status_code == 404
