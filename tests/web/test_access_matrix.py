"""Every endpoint for every role, own and another town's: as policy.yaml says, and never a 500."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from consortium.clock import FrozenClock
from consortium.usecases.viewer import MEMBER_ROLES, Viewer
from consortium.web.access import POLICY_FILE, Entry, read_policy, refusal
from tests.people import People
from tests.web.addresses import values
from tests.web.capabilities import CAPABILITIES, TOWN
from tests.web.portal import Portal, open_portal

pytestmark = pytest.mark.usefixtures("plain_files")

ROLES = ("anonymous", *MEMBER_ROLES, "lead_staff", "lead_approver", "lead_admin", "auditor")
POLICY = read_policy(POLICY_FILE.read_text(encoding="utf-8"))
OWN, OTHER = "023817", "023612"
#: What an allowed request may answer: shown, redirected, refused for its content or its state.
ANSWERED = {200, 302, 400, 409}


#: Of which nothing is there: a report that failed, a letter given up, a calendar's address.
NOWHERE = {"report_runs.retry", "outbox.send_again", "feeds.show", "feeds.revoke_plans"}
#: Parts of URLs that name what belongs to one town.
OWNED = ("question_id", "attachment_id", "plan_id")
#: Parts of URLs that differ from town to town.
TOWNS_OWN = {"code", "payer", "file_id", "statement_id", "payment_id", *OWNED}


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
    asked = {
        "runs.causes": {"old": parts["run_id"], "new": portal.run(2020, upto="draft")},
        # A record has kinds of its own.
        **{f"plan_records.{name}": {"kind": "evidence"} for name in ("add", "edit", "remove")},
    }
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
