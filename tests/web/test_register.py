"""発行台帳の画面."""

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db.unit import audit_head, reading
from tests.pages import submit
from tests.people import People
from tests.web.portal import Portal, open_portal, statements_of

pytestmark = pytest.mark.usefixtures("plain_files")


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


def test_before_the_first_issue_the_register_says_so(portal: Portal) -> None:
    assert "発行した文書はまだありません" in portal.cast.client("auditor").get("/register").text


def test_the_register_lists_number_town_amount_and_receipt(portal: Portal) -> None:
    portal.run()
    auditor = portal.cast.client("auditor")
    page = auditor.get("/register").text
    assert "令和3年度の発行台帳" in page
    assert all(f"共ク第{number}号" in page for number in range(1, 9))
    assert "185,570,000" in page
    assert page.count("未受領") == 6
    portal.cast.client("member_staff", "023817").get(f"/files/{portal.file_of('023817')}")
    assert auditor.get("/register/2021").text.count("未受領") == 5


def test_a_superseded_statement_stays_listed_and_marked(portal: Portal) -> None:
    portal.run()
    with portal.app.app_context():
        portal.office.issued(reason="改める")
    page = portal.cast.client("lead_staff").get("/register/2021").text
    assert (page.count("失効</span>"), page.count("現行</span>")) == (8, 8)


def test_the_head_of_the_chain_is_shown_in_full(portal: Portal) -> None:
    portal.run()
    page = portal.cast.client("lead_staff").get("/register").text
    with portal.app.app_context(), reading() as session:
        head = audit_head(session, portal.office.consortium_id)
    assert f"第{head.seq}号" in page
    assert " ".join(head.hash[at : at + 8] for at in range(0, 64, 8)) in page


@pytest.mark.parametrize("path", ["/register/2019", "/register/99999", "/register/令和3"])
def test_a_year_without_documents_is_a_404(portal: Portal, path: str) -> None:
    portal.run()
    assert portal.cast.client("lead_staff").get(path).status_code == 404


def test_the_register_needs_eight_statements_at_most(portal: Portal) -> None:
    portal.run(2020)
    portal.run(2021)
    assert statements_of(portal, portal.cast.client("lead_staff"), "/register/2021") <= 8


OTHERS = "発行した本人は取り消せません。取消しは、ほかの承認者が行います。"


def test_cancelling_is_offered_to_an_approver_who_did_not_issue(portal: Portal) -> None:
    issuer, other = (portal.cast.client("lead_approver") for _ in range(2))
    path = f"/runs/{portal.run(upto='approved')}"
    assert submit(issuer, f"{path}/issue", {}).status_code == 302
    # Seven towns and the 総括表: eight documents, each with its link or none.
    for client, links, is_said in (
        (issuer, 0, True),
        (other, 8, False),
        (portal.cast.client("lead_staff"), 0, False),
    ):
        page = client.get("/register/2021").text
        assert (page.count("/cancel"), OTHERS in page) == (links, is_said)
    assert statements_of(portal, issuer, "/register/2021") <= 8
    cancel = f"/register/statements/{portal.statement_of(None)}/cancel"
    assert "あなたが発行した文書です" in issuer.get(cancel).text
    assert submit(other, cancel, {"reason": "誤り"}).status_code == 302
    for client in (issuer, other):  # nothing is left to cancel, by anybody
        page = client.get("/register/2021").text
        assert (page.count("/cancel"), OTHERS in page) == (0, False)
