"""Every endpoint for every role, own and another town's: as policy.yaml says, and never a 500."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from consortium.clock import FrozenClock
from consortium.db.store import bases, rules
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.usecases import invoices, saved_cases
from consortium.usecases.viewer import MEMBER_ROLES, Viewer
from consortium.web.access import POLICY_FILE, Entry, read_policy, refusal
from tests import factories
from tests.agreed import fill_agreement
from tests.people import People
from tests.web.portal import Portal, open_portal

ROLES = ("anonymous", *MEMBER_ROLES, "lead_staff", "lead_approver", "lead_admin", "auditor")
POLICY = read_policy(POLICY_FILE.read_text(encoding="utf-8"))
OWN, OTHER = "023817", "023612"
CASES = Path(__file__).parents[1] / "domain" / "cases"
#: What an allowed request may answer: shown, redirected, refused for its content or its state.
ANSWERED = {200, 302, 400, 409}


STAFF, APPROVER = {"lead_staff"}, {"lead_approver"}
OFFICE = {"lead_staff", "lead_approver", "lead_admin", "auditor"}
TOWN = set(MEMBER_ROLES)
#: Who may do what, typed from the design's table of capabilities.
CAPABILITIES = {
    "home.root": OFFICE | TOWN,
    "home.index": OFFICE,
    "runs.index": OFFICE,
    "runs.show": OFFICE,
    "runs.why": OFFICE,
    "runs.compare": OFFICE,
    "runs.create": STAFF,
    "runs.recalculate": STAFF,
    "runs.submit": STAFF,
    "runs.discard": STAFF,
    "runs.approve": APPROVER,
    "runs.send_back": APPROVER,
    "runs.withdraw": APPROVER,
    "runs.issue": APPROVER,
    "register.index": OFFICE,
    "register.year": OFFICE,
    "schedules.index": OFFICE,
    "schedules.retry": STAFF,
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
    "inbox.index": TOWN,
    "inbox.receive": TOWN,
    "inbox.download": OFFICE | TOWN,
}


def test_the_table_gives_each_role_what_the_design_gives_it() -> None:
    subjects = {endpoint.partition(".")[0] for endpoint in CAPABILITIES}
    table = {
        endpoint: set(entry.allow)
        for endpoint, entry in POLICY.items()
        if endpoint.partition(".")[0] in subjects
    }
    assert table == CAPABILITIES
    scopes = {
        scope
        for entry in POLICY.values()
        for role, scope in entry.allow.items()
        if role in TOWN and not entry.parts.keys().isdisjoint({"file_id", "payer"})
    }
    assert scopes == {"own"}


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    opened = open_portal(app, cast, clock)
    # Here only: what is asked is who may, not whether the form is genuine.
    app.config["WTF_CSRF_ENABLED"] = False
    return opened


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
        "item_id": item.id,
        "edition_id": edition.id,
        "rule_id": rule.id,
        "version_id": rule.versions[0].id,
        "series": "population",
        "file_id": portal.file_of(town),
        "invoice_id": registered_invoice(portal),
        "month": 4,
        "case_id": kept_case(portal),
        "report_id": "00000000-0000-4000-8000-000000000000",
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
    return {404} if is_others and "file_id" in entry.parts else ANSWERED


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
    wrong = []
    for endpoint, entry in sorted(POLICY.items()):
        with portal.app.test_request_context():
            given = {name: parts[name] for name in entry.parts}
            path = portal.app.url_for(endpoint, **given)
        for method in sorted(entry.methods):
            if endpoint == "schedules.retry" and role == "lead_staff":
                continue  # no report failed: a 404, as test_schedules.py says
            with browser(portal, role).open(path, method=method) as answer:
                if not is_right(answer, expected(entry, role, town), role):
                    wrong.append((endpoint, method, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("state", ["draft", "in_review", "approved"])
def test_a_run_not_issued_does_not_exist_for_a_town(portal: Portal, state: str) -> None:
    run_id = portal.run(upto=state)
    town = browser(portal, "member_staff")
    for path in (f"/runs/{run_id}", f"/charges/runs/{run_id}/why/1/{OWN}", "/charges/2021"):
        assert town.get(path).status_code == 404
