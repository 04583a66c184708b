"""受け取るPDF: printed from the stored bytes, one at a time, for whoever may have the file."""

from collections.abc import Mapping

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.reports import pdf
from consortium.web import inbox
from tests.office import ITAYANAGI, count
from tests.people import People
from tests.web.portal import Portal, issued_portal

pytestmark = pytest.mark.usefixtures("plain_files")


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return issued_portal(app, cast, clock)


def test_a_file_on_paper_has_its_names_and_counts_as_received(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = portal.file_of(ITAYANAGI)
    town = portal.cast.client("member_staff", ITAYANAGI)
    stored = town.get(f"/files/{file_id}").data
    given = []

    def print_books(books: Mapping[str, bytes], *, limit: float) -> dict[str, bytes]:
        given.append((list(books.values()), limit))
        # Somebody else asks in the meantime.
        busy = portal.cast.client("auditor").get(f"/files/{file_id}/pdf")
        assert (busy.status_code, "ほかのPDFを作っています" in busy.text) == (409, True)
        return dict.fromkeys(books, b"%PDF-1.7 printed")

    monkeypatch.setattr(pdf, "print_books", print_books)
    assert town.head(f"/files/{file_id}/pdf").status_code == 200
    assert given == []
    for _ in range(2):  # the second time nobody stands in the way any more
        answer = town.get(f"/files/{file_id}/pdf")
        assert (answer.status_code, answer.data) == (200, b"%PDF-1.7 printed")
    assert given == [([stored], inbox.PATIENCE)] * 2
    assert answer.headers["Content-Type"] == inbox.PDF
    named = answer.headers["Content-Disposition"]
    assert named.startswith("attachment; filename=statement_FY2021_final_023817_v1.pdf; ")
    with portal.app.app_context():
        assert count(models.Receipt) == 1
    assert (
        portal.cast.client("member_staff", "023612").get(f"/files/{file_id}/pdf").status_code == 404
    )


def test_the_link_stands_where_the_host_can_print_and_a_refusal_is_a_page(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id, staff = portal.file_of(ITAYANAGI), portal.cast.client("lead_staff")
    link, town = f"/files/{file_id}/pdf", portal.cast.client("member_staff", ITAYANAGI)
    for program in ("/usr/bin/soffice", ""):
        monkeypatch.setattr(pdf, "find_program", lambda program=program: program)
        for page in (staff.get("/register"), town.get("/inbox")):
            assert (link in page.text) == bool(program)

    def print_books(books: Mapping[str, bytes], *, limit: float) -> dict[str, bytes]:
        raise pdf.CannotPrintError("LibreOffice が見つかりません。", "入れてください。")

    monkeypatch.setattr(pdf, "print_books", print_books)
    for _ in range(2):  # the printer is free again after a refusal
        answer = staff.get(link)
        assert (answer.status_code, "LibreOffice が見つかりません" in answer.text) == (400, True)
