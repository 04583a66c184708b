"""算定ケース of the simulator: opened from a file, kept, handed on, renamed, deleted."""

import io
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consortium.usecases.viewer import Viewer
from tests.factories import everything, seed_sample
from tests.pages import errors_of, submit, token, value_of
from tests.people import People
from tests.web.simulating import START, address, rows

CASES = Path(__file__).parents[1] / "domain" / "cases"


@pytest.fixture
def officer(app: Flask) -> Viewer:
    """Register the sample consortium."""
    with app.app_context():
        return seed_sample()


@pytest.fixture
def lead(officer: Viewer, cast: People) -> FlaskClient:
    """Log in as an officer of its lead city."""
    return cast.client("lead_staff")


def upload(client: FlaskClient, content: bytes, name: str = "case.yaml") -> TestResponse:
    """Open a file as a browser sends it."""
    fields = {"csrf_token": token(client.get(START)), "file": (io.BytesIO(content), name)}
    page = client.post(f"{START}/open", data=fields, content_type="multipart/form-data")
    page.request.environ["wsgi.input"].close()  # a large body lies in a file of the test client
    return page


def keep_form(page: TestResponse) -> dict[str, str]:
    """Give what the form for keeping on a result page holds."""
    form = page.text.split(f'action="{START}/cases"')[1].split("</form>")[0]
    hidden = dict(re.findall(r'name="(\w+)" type="hidden" value="([^"]*)"', form))
    hidden |= dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    year = re.search(r'<option selected value="(\d+)"', form)
    fields = {**hidden, "name": value_of(page, "name"), "is_shared": "y"}
    given = fields | ({"year": year[1]} if year else {})
    return {key: value.replace("&amp;", "&") for key, value in given.items()}


def keep(client: FlaskClient, **changes: str) -> TestResponse:
    """Compute 鶴田町が加入したら and keep the case of its last year."""
    page = client.get(address(client.get(START), "result"))
    return client.post(f"{START}/cases", data={**keep_form(page), **changes})


def test_a_case_is_kept_listed_and_opens_with_the_same_result(lead: FlaskClient) -> None:
    before = rows(lead.get(address(lead.get(START), "result")), "years")
    answer = keep(lead, name="令和11年の相談")
    assert answer.status_code == 302
    page = lead.get(answer.location)
    assert "算定ケース「令和11年の相談」を保存しました" in page.text
    assert rows(page, "years") == before
    assert "（共有）" in page.text
    assert "保存する</button>" not in page.text
    (listed,) = rows(lead.get(START), "saved")[1:]
    assert listed[:2] == ["令和11年の相談", "令和11年度（2029年度）"]
    file = lead.get(f"{answer.location}/file")
    assert "fiscal_year: 2029" in file.text
    assert upload(lead, file.data).status_code == 303


def test_a_file_handed_on_opens_with_all_its_conditions(lead: FlaskClient) -> None:
    page = lead.get(address(lead.get(START), "result"))
    (found,) = re.findall(r'href="([^"]*/simulator/case\?[^"]*year=2027)"', page.text)
    file = lead.get(found.replace("&amp;", "&"))
    answer = upload(lead, file.data)
    assert answer.status_code == 303
    assert rows(lead.get(answer.location), "years") == rows(page, "years")


def test_the_case_of_somebody_else_opens_as_a_simulation_where_it_is_one(
    lead: FlaskClient,
) -> None:
    plain = (
        "fiscal_year: 2021\n"
        'members: [{code: "022021", name: 弘前市, since: "2015-04-01"}]\n'
        'rules: [{since: "2015-04-01", components: [{basis: equal, weight: 1}]}]\n'
        "items: [{name: 運用費, amount: 1200}]\n"
    )
    answer = upload(lead, plain.encode())
    assert answer.status_code == 303
    assert "fixed=1%2C200" in answer.location
    page = lead.get(answer.location)
    assert ["加入後", "1,200"] in rows(page, "years")


def test_a_case_with_more_than_the_simulator_says_is_computed_and_shown(
    app: Flask, lead: FlaskClient
) -> None:
    content = (CASES / "rule_by_category.yaml").read_bytes()
    with app.app_context():
        before = everything()
    page = upload(lead, content)
    with app.app_context():
        assert everything() == before
    assert page.status_code == 200
    assert "シミュレーターでは条件を変えられません" in page.text
    assert '<title id="case-title">団体の負担額</title>' in page.text
    table = rows(page, "amounts")
    assert ["合計", "2,000"] in table
    lines = rows(page, "lines")
    amounts = [int(row[3].replace(",", "")) for row in lines if len(row) == 4 and row[3].isdigit()]
    assert sum(amounts) == 2_000
    text = re.findall(r'<textarea[^>]*name="text"[^>]*>\s*(.*?)</textarea>', page.text, re.DOTALL)
    fields = {**keep_form(page), "text": text[0].replace("&#34;", '"').replace("\n", "\r\n")}
    answer = lead.post(f"{START}/cases", data=fields, content_type="multipart/form-data")
    assert answer.status_code == 302
    assert lead.get(f"{answer.location}/file").data.strip() == content.strip()
    shown = lead.get(answer.location)
    assert rows(shown, "amounts") == table


def test_what_the_file_expects_and_does_not_get_is_shown(lead: FlaskClient) -> None:
    text = (CASES / "rule_by_category.yaml").read_text(encoding="utf-8")
    assert "expect:" in text
    wrong = re.sub(r"expect: .*", 'expect: {"022021": 7}', text)
    page = upload(lead, wrong.encode())
    assert "ファイルの expect と違う団体" in page.text
    cells = re.findall(r'<td class="p-num">([\d,]+)</td>', page.text.split("expect と違う")[2])
    assert cells[:2] == ["7", "1,250"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "中身がありません"),
        (b"   \n", "中身がありません"),
        (b"fiscal_year: 2021", "このキーがありません。members を書いて"),
        (b"\xff\xfe\x00", "UTF-8の文字ではありません"),
        (b"PK\x03\x04\x00\x00", "読めません"),
        (b"a: &x 1\nb: *x", "参照"),
        (b"#" * 1_000_001, "1MBを超えています"),
        (b"<script>alert(1)</script>", "「キー: 値」の形"),
    ],
)
def test_a_file_that_is_no_case_is_refused_at_the_field(
    lead: FlaskClient, content: bytes, why: str
) -> None:
    page = upload(lead, content)
    assert page.status_code == 400
    assert why in errors_of(page)["file"]
    assert "<script>alert" not in page.text


def test_no_file_at_all_is_refused(lead: FlaskClient) -> None:
    answer = lead.post(f"{START}/open", data={"csrf_token": token(lead.get(START))})
    assert answer.status_code == 400


def test_the_auditor_opens_files_but_keeps_nothing(officer: Viewer, cast: People) -> None:
    auditor = cast.client("auditor")
    assert upload(auditor, (CASES / "rule_by_category.yaml").read_bytes()).status_code == 200
    page = auditor.get(address(auditor.get(START), "result"))
    assert f'action="{START}/cases"' not in page.text
    csrf = token(auditor.get(START))
    assert auditor.post(f"{START}/cases", data={"csrf_token": csrf}).status_code == 403


# ---- keeping -------------------------------------------------------------------------------------


def test_a_case_needs_a_name_and_keeps_what_was_typed(app: Flask, lead: FlaskClient) -> None:
    with app.app_context():
        before = everything()
    answer = keep(lead, name="", year="2028")
    assert answer.status_code == 400
    assert errors_of(answer)["name"] == "名前を入力してください。"
    with app.app_context():
        assert everything() == before
    again = {**keep_form(answer), "name": "今度は", "year": "2028"}
    assert lead.post(f"{START}/cases", data=again).status_code == 302


@pytest.mark.parametrize(
    "changes",
    [
        {"conditions": ""},
        {"conditions": "first=2026"},
        {"year": "1999"},
        {"year": "x"},
        {"case_id": "x"},
        {"text": "fiscal_year: 2021"},
    ],
)
def test_a_form_made_by_hand_is_refused_and_keeps_nothing(
    app: Flask, lead: FlaskClient, changes: dict[str, str]
) -> None:
    with app.app_context():
        before = everything()
    assert keep(lead, **changes).status_code == 400
    with app.app_context():
        assert everything() == before


def test_without_the_token_of_the_page_nothing_is_kept(lead: FlaskClient) -> None:
    assert keep(lead, csrf_token="x").status_code == 400


def test_a_double_click_keeps_one(lead: FlaskClient) -> None:
    fields = keep_form(lead.get(address(lead.get(START), "result")))
    places = {lead.post(f"{START}/cases", data=fields).location for _ in range(2)}
    assert len(places) == 1
    assert len(rows(lead.get(START), "saved")) == 2


# ---- changing ------------------------------------------------------------------------------------


def test_a_case_is_renamed_and_taken_back_from_the_others(lead: FlaskClient, cast: People) -> None:
    path = keep(lead).location
    colleague = cast.client("lead_staff")
    assert colleague.get(path).status_code == 200
    seen = value_of(lead.get(f"{path}/rename"), "row_version")
    fields = {"name": "検討中", "row_version": seen}
    assert submit(lead, f"{path}/rename", fields).status_code == 302
    assert "検討中" in lead.get(START).text
    assert "（自分だけ）" in lead.get(path).text
    assert colleague.get(path).status_code == 404
    assert colleague.get(f"{path}/file").status_code == 404
    assert cast.client("auditor").get(path).status_code == 200


def test_the_second_of_two_renames_sees_the_first_one(lead: FlaskClient) -> None:
    path = keep(lead).location
    fields = {"row_version": "1", "is_shared": "y"}
    assert submit(lead, f"{path}/rename", {**fields, "name": "先の名"}).status_code == 302
    late = submit(lead, f"{path}/rename", {**fields, "name": "後の名"})
    assert late.status_code == 409
    assert "今の名前は「先の名」です" in late.text
    assert value_of(late, "name") == "後の名"
    assert value_of(late, "row_version") == "2"
    assert "先の名" in lead.get(START).text


def test_a_case_is_deleted_after_saying_why(lead: FlaskClient) -> None:
    path = keep(lead).location
    page = lead.get(f"{path}/remove")
    assert "元に戻せません" in page.text
    fields = {"row_version": value_of(page, "row_version"), "reason": ""}
    refused = submit(lead, f"{path}/remove", fields)
    assert refused.status_code == 400
    assert errors_of(refused)["reason"] == "理由を入力してください。"
    answer = submit(lead, f"{path}/remove", {**fields, "reason": "協議が終わったため"})
    assert (answer.status_code, answer.location) == (302, START)
    assert "まだありません" in lead.get(START).text
    assert lead.get(path).status_code == 404


def test_deleting_what_somebody_renamed_meanwhile_is_a_conflict(lead: FlaskClient) -> None:
    path = keep(lead).location
    fields = {"row_version": "1", "is_shared": "y", "name": "新しい名"}
    assert submit(lead, f"{path}/rename", fields).status_code == 302
    late = submit(lead, f"{path}/remove", {"row_version": "1", "reason": "不要"})
    assert late.status_code == 409
    assert lead.get(path).status_code == 200


def test_a_colleague_is_told_whom_to_ask(lead: FlaskClient, cast: People) -> None:
    path = keep(lead).location
    colleague = cast.client("lead_approver")
    assert f'href="{path}/rename"' in lead.get(START).text
    assert f'href="{path}/rename"' not in colleague.get(START).text
    for name, fields in (("rename", {"name": "名"}), ("remove", {"reason": "不要"})):
        page = colleague.get(f"{path}/{name}")
        assert "本人か管理者に依頼してください" in page.text
        sent = {**fields, "row_version": "1", "csrf_token": token(colleague.get(START))}
        assert colleague.post(f"{path}/{name}", data=sent).status_code == 409
    assert lead.get(path).status_code == 200
