"""Every door that takes a file, and the whole hostile corpus (悪意のあるファイルの取込み): T-11.

Each is answered in Japanese by 200 or 400, never by 500; and no row of any table is changed. The
workbooks are read in this process; tests/intake/test_workbook.py has the process of its own.
"""

import re
from collections.abc import Iterable, Mapping
from html import unescape
from io import BytesIO
from typing import TypeVar
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consortium.clock import FrozenClock
from consortium.usecases import authenticity
from tests.intake import hostile
from tests.intake.uploads import inline, package, payments, table
from tests.people import ITAYANAGI, People
from tests.web.basis_pages import NEW
from tests.web.portal import Portal, open_portal
from tests.web.test_base_figures import asked as ask_for_figures

pytestmark = pytest.mark.usefixtures("read_here")

V = TypeVar("V")
AUTHENTICITY, IMPORT, REGISTRATION = "/authenticity", "/payments/import", "/registration"


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    opened = open_portal(app, cast, clock)
    opened.app.config["WTF_CSRF_ENABLED"] = False  # what is asked is what the page answers
    return opened


def sent(client: FlaskClient, path: str, content: bytes, name: str = "表.xlsx") -> TestResponse:
    """Send a file, to be looked at."""
    fields = {"check": "1", "record_id": str(uuid4()), "file": (BytesIO(content), name)}
    fields["month"] = "2026-01"  # which only 標準化 asks for
    answer = client.post(path, data=fields, content_type="multipart/form-data")
    answer.request.environ["wsgi.input"].close()
    return answer


def said(page: TestResponse) -> str:
    return unescape(re.sub(r"<[^>]+>", "", page.text.partition("<main")[2]))


def wrong(page: TestResponse, words: str) -> Iterable[str]:
    """Say what is wrong with an answer: its status, or that it does not say what was found."""
    if page.status_code not in (200, 400):
        yield str(page.status_code)
    if not re.search(words, said(page)):
        yield f"{words}: {said(page)[:500]}"


#: Door → role, where it is.
DOORS = {
    "authenticity": ("auditor", AUTHENTICITY),
    "basis": ("lead_staff", NEW),
    "payments": ("lead_staff", IMPORT),
    "plans": ("lead_staff", "/plans/import"),
    "figures": ("member_staff", "/base-figures/{round}/{town}/file"),
    "figures of a town": ("lead_staff", "/base-rounds/{round}/figures/{town}/file"),
    "registration": ("lead_admin", REGISTRATION),
    "standardisation": ("lead_staff", "/standardisation/import"),
}


def part_of(corpus: Mapping[str, V], door: str) -> list[tuple[str, V]]:
    """Give the first door everything, and share everything once more among the others.

    They call the same reader: what is tried at each of them is that it answers.
    """
    others = list(DOORS)[1:]
    files = list(corpus.items())
    return files if door not in others else files[others.index(door) :: len(others)]


@pytest.mark.parametrize("door", DOORS)
def test_a_hostile_workbook_is_refused_at_every_door(portal: Portal, door: str) -> None:
    role, path = DOORS[door]
    client = portal.cast.client(role, ITAYANAGI if role == "member_staff" else None)
    if "{round}" in path:
        asked_at = ask_for_figures(portal.cast.client("lead_staff")).location.rpartition("/")[2]
        path = path.format(round=asked_at, town=ITAYANAGI)
    before, problems = portal.everything(), {}
    for name, (content, words) in part_of(hostile.REFUSED, door):
        is_text = door in ("basis", "payments", "standardisation") and not content.startswith(
            b"PK\x03\x04"
        )
        if not is_text:
            problems[name] = list(wrong(sent(client, path, content), words))
    for name, (content, _) in part_of(hostile.READ, door):
        problems[name] = list(wrong(sent(client, path, content), "[ぁ-ん]。"))
    assert {name: each for name, each in problems.items() if each} == {}
    assert portal.everything() == before


def test_a_value_that_is_none_is_named_by_its_cell(portal: Portal) -> None:
    lead, before, problems = portal.cast.client("lead_staff"), portal.everything(), {}
    for name, (value, words) in hostile.CELLS.items():
        page = sent(lead, NEW, table(value))
        expected = words or "1団体の値を表に入れました"
        if words and name != "nothing":
            expected = rf"シート「表」C2：.*{re.escape(words)}"
        problems[name] = list(wrong(page, expected))
        if words and "表に入れました" in page.text:
            problems[name].append("taken")
        if not words and "読み替えたセルがあります" not in page.text:
            problems[name].append("no notice")
    assert {name: each for name, each in problems.items() if each} == {}
    assert portal.everything() == before


#: Amount and day of a payment, what is said of them.
PAYMENTS = [
    ("><v>0</v>", "", "E2：金額が0円です。"),
    ("><v>-5</v>", "", "E2：「-5」は負の金額です。"),
    ("><v>0.5</v>", "", "E2：「0.5」は金額として読めません。"),
    (inline("=cmd|'/c calc'!A0"), "", "E2：「=cmd|'/c calc'!A0」は金額として読めません。"),
    ("><f>1+1</f>", "", "E2：計算式だけで、計算した値がありません。"),
    (' t="e"><v>#N/A</v>', "", "E2：「#N/A」は値ではありません。"),
    ("><v>1E+20</v>", "", "E2：「100000000000000000000」は桁が多すぎて"),
    ("><v>5</v>", "><v>46162</v>", "D2：「46162」"),
    ("><v>5</v>", ' s="1"><v>46162.5</v>', "D2：「2026-05-20 12:00:00」"),
    ("><v>5</v>", ' s="1"><v>99999</v>', "D2：令和155年10月13日は、まだ来ていない日です。"),
]


def test_a_payment_that_is_none_is_named_by_its_cell(portal: Portal) -> None:
    lead, before, problems = portal.cast.client("lead_staff"), portal.everything(), {}
    for amount, day, words in PAYMENTS:
        page = sent(lead, IMPORT, payments(amount, day or inline("R8.5.20")))
        problems[amount, day] = list(wrong(page, re.escape(f"シート「表」{words}")))
        if 'name="take"' in page.text:
            problems[amount, day].append("may be recorded")
    assert {name: each for name, each in problems.items() if each} == {}
    assert portal.everything() == before


def test_text_of_any_encoding_is_read_or_refused(portal: Portal) -> None:
    lead, before, problems = portal.cast.client("lead_staff"), portal.everything(), {}
    for name, (content, words) in hostile.TEXTS.items():
        page = sent(lead, NEW, content, "表.csv")
        problems[name] = list(wrong(page, words or "1団体の値を表に入れました"))
        problems[name] += wrong(sent(lead, IMPORT, content, "表.csv"), "[ぁ-ん]。")
    assert {name: each for name, each in problems.items() if each} == {}
    assert portal.everything() == before


def test_a_large_archive_is_known_by_its_hash_and_not_by_its_size(portal: Portal) -> None:
    """照合 hashes what it would never parse; past the largest of our files it stops."""
    auditor, large = portal.cast.client("auditor"), b"PK\x03\x04" + bytes(12 * 1024 * 1024)
    page = sent(auditor, AUTHENTICITY, large, "年度アーカイブ.zip")
    assert (page.status_code, "5MBを超えています" in said(page)) == (400, True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(authenticity, "MOST_HASHED", 11 * 1024 * 1024)
        page = sent(auditor, AUTHENTICITY, large, "年度アーカイブ.zip")
        assert (page.status_code, "11MBを超えています" in said(page)) == (400, True)
    assert sent(auditor, NEW, large).status_code in (403, 413)
    assert sent(auditor, AUTHENTICITY, package({})).status_code == 200
