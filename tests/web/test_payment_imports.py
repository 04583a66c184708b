"""A file of payments on the page (収納の取込み): a look first, then all of it."""

import io
import re
from collections.abc import Sequence
from datetime import date
from zipfile import ZipFile

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import Workbook
from werkzeug.test import TestResponse

from consortium.clock import FrozenClock
from tests import closing, collecting
from tests.collecting import YEAR
from tests.office import FUJISAKI, ITAYANAGI
from tests.pages import errors_of, token, value_of
from tests.people import People
from tests.web.portal import Portal, issued_portal

pytestmark = pytest.mark.usefixtures("plain_files")

IMPORT = "/payments/import"


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return issued_portal(app, cast, clock, 2026, "planned")


@pytest.fixture
def lead(portal: Portal) -> FlaskClient:
    return portal.cast.client("lead_staff")


HEADING = "団体コード,年度,期別,収納日,金額,整理番号\n"
LINES = f"{ITAYANAGI},2026,1,2026-05-20,1000,会-1\n{FUJISAKI},2026,1,2026-05-20,2000,会-2\n"


def choose(lead: FlaskClient, content: bytes, name: str = "収納.csv") -> TestResponse:
    """Choose a file and look at what it would do."""
    form = lead.get(IMPORT)
    fields = {
        "csrf_token": token(form),
        "record_id": value_of(form, "record_id_of_file"),
        "file": (io.BytesIO(content), name),
    }
    return lead.post(IMPORT, data=fields, content_type="multipart/form-data")


def confirm(lead: FlaskClient, looked: TestResponse) -> TestResponse:
    """Record what the look showed."""
    names = ("record_id", "file_name", "sheet", "seen")
    fields = {name: value_of(looked, name) for name in names}
    found = re.search(r'id="text"[^>]*value="([^"]*)"', looked.text)
    assert found
    # A browser sends line ends of its own.
    fields |= {"text": found[1].replace("\n", "\r\n"), "take": "1", "csrf_token": token(looked)}
    return lead.post(IMPORT, data=fields, content_type="multipart/form-data")


def test_a_file_that_cannot_be_looked_at_says_nothing_of_saving(lead: FlaskClient) -> None:
    refused = choose(lead, b"\xef\xbb\xbf \r\n")
    assert refused.status_code == 400
    assert "ファイルが空です。" in refused.text
    assert "か所の誤りがあります。" in refused.text
    assert "保存していません" not in refused.text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
def test_a_file_is_looked_at_and_then_recorded_whole(
    portal: Portal, lead: FlaskClient, encoding: str
) -> None:
    before = portal.everything()
    looked = choose(lead, (HEADING + LINES).encode(encoding))
    assert looked.status_code == 200
    assert "記録する収納（2件）" in looked.text
    assert looked.text.count("令和8年度") == 4  # two lines, and what each town has paid then
    assert "収納額の新旧" in looked.text
    assert "2026年度" not in looked.text
    assert portal.everything() == before
    assert confirm(lead, looked).status_code == 302
    with portal.app.app_context():
        assert collecting.line_of(portal.office, ITAYANAGI, 1).paid == 1_000
    after = portal.everything()
    assert confirm(lead, looked).status_code == 302  # sent twice
    assert portal.everything() == after
    again = choose(lead, (HEADING + LINES).encode("utf-8"))
    assert "このファイルは、もう取り込まれています" in again.text
    assert 'name="take"' not in again.text


def test_a_workbook_is_looked_at_named_by_its_cells_and_recorded_whole(
    portal: Portal, lead: FlaskClient
) -> None:
    # Codes and days as Excel keeps them; row 3 is empty.
    rows: list[list[object]] = [
        HEADING.strip().split(","),
        [int(ITAYANAGI), 2026, 1, date(2026, 5, 20), 1000, "会-1"],
        [],
        [FUJISAKI, "令和８年度", "第１期", "R8.5.20", "２，０００", 2],
    ]
    before = portal.everything()
    looked = choose(lead, workbook(rows), "収納.xlsx")
    assert "記録する収納（2件）" in looked.text
    assert re.findall(r'<tr><td class="p-num">(\d+)</td>', looked.text) == ["2", "4"]
    changes = (
        looked.text.partition("収納額の新旧")[2].partition("<tbody>")[2].partition("</table>")[0]
    )
    found = " ".join(re.sub("<[^>]+>", " ", changes).split())
    # 今, 取込み後, 増
    assert found == "藤崎町 令和8年度 0 2,000 2,000 板柳町 令和8年度 0 1,000 1,000"
    assert portal.everything() == before
    assert confirm(lead, looked).status_code == 302
    with portal.app.app_context():
        assert collecting.line_of(portal.office, ITAYANAGI, 1).paid == 1_000
        assert collecting.line_of(portal.office, FUJISAKI, 1).paid == 2_000
    faulty = [*rows, [], [ITAYANAGI, 2026, 9, date(2026, 5, 20), 7, "会-9"]]
    page = choose(lead, workbook(faulty), "収納.xlsx").text
    assert "シート「Sheet」C6：第9期はありません" in page
    assert "重複（2件、記録しません）" in page
    assert 'name="take"' not in page


def test_cells_that_were_read_otherwise_are_told(lead: FlaskClient) -> None:
    rows = [HEADING.strip().split(","), [ITAYANAGI, 2026, 1, "R8.5.20", "=500*2", "会-1"]]
    page = choose(lead, with_values(workbook(rows)), "収納.xlsx").text
    assert "シート「Sheet」E2：計算式のセルです。保存されている値「1000」を読みました。" in page
    assert "記録する収納（1件）" in page


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    """Write rows by another program."""
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def with_values(content: bytes) -> bytes:
    """Give the formulas of a workbook the value 1000, as a program that calculates stores it."""
    target = io.BytesIO()
    with ZipFile(io.BytesIO(content)) as source, ZipFile(target, "w") as archive:
        for name in source.namelist():
            archive.writestr(name, source.read(name).replace(b"</f><v />", b"</f><v>1000</v>"))
    return target.getvalue()


def test_a_file_of_a_closed_year_is_told_by_line_and_can_be_chosen_anew(
    portal: Portal, lead: FlaskClient
) -> None:
    looked = choose(lead, (HEADING + LINES).encode())
    with portal.app.app_context():
        closing.lock(portal.office.staff, YEAR, portal.office.clock.now())
    before = portal.everything()
    for answer, status in (
        (choose(lead, (HEADING + LINES).encode()), 200),
        (confirm(lead, looked), 409),  # closed after the look
    ):
        assert answer.status_code == status
        assert "2行目の「年度」：令和8年度は本締め済みです" in answer.text
        assert "3行目の「年度」：令和8年度は本締め済みです" in answer.text
        assert ">下見する</button>" in answer.text
        assert 'name="take"' not in answer.text
    assert portal.everything() == before


def test_a_file_with_a_fault_can_only_be_looked_at(portal: Portal, lead: FlaskClient) -> None:
    looked = choose(lead, (HEADING + LINES + f"{ITAYANAGI},2026,9,x,5,\n").encode())
    assert "4行目の「収納日」" in looked.text
    assert 'name="take"' not in looked.text


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"PK\x03\x04", "Excel"), ("名前,額\n".encode(), "見出し"), (b"", "見出し")],
)
def test_what_is_no_payment_file_is_told(
    portal: Portal, lead: FlaskClient, content: bytes, said: str
) -> None:
    before = portal.everything()
    looked = choose(lead, content)
    assert said in looked.text
    assert portal.everything() == before


def test_without_a_file_there_is_nothing_to_look_at(lead: FlaskClient) -> None:
    form = lead.get(IMPORT)
    fields = {"csrf_token": token(form), "record_id": value_of(form, "record_id_of_file")}
    answer = lead.post(IMPORT, data=fields)
    assert answer.status_code == 400
    assert errors_of(answer) == {"file": "収納のファイルを選んでください。"}


def test_text_from_a_file_is_never_markup(lead: FlaskClient) -> None:
    looked = choose(lead, (HEADING + "<script>,2026,1,2026-05-20,5,\n").encode())
    assert "<script>,2026" not in looked.text
    assert "「&lt;script&gt;」は数字6桁ではありません。" in looked.text
