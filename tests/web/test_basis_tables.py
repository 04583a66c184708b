"""算定基礎の版: pasting from a sheet and CSV files fill the grid and save nothing."""

import re
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consortium.usecases.viewer import Viewer
from tests.factories import everything, seed_sample
from tests.intake.uploads import inline, table
from tests.pages import errors_of, submit, value_of
from tests.people import People
from tests.web.basis_pages import NEW, PASTED, SERIES, cells, check, good


@pytest.fixture
def officer(app: Flask) -> Viewer:
    """Register the sample consortium."""
    with app.app_context():
        return seed_sample()


@pytest.fixture
def lead(officer: Viewer, cast: People) -> FlaskClient:
    """Log in as an officer of its lead city."""
    return cast.client("lead_staff")


def test_what_is_pasted_fills_the_grid_and_saves_nothing(app: Flask, lead: FlaskClient) -> None:
    with app.app_context():
        before = everything()
    page = check(lead, pasted=PASTED, reference_date="R2.10.1")
    assert page.status_code == 200
    assert "7団体の値を表に入れました" in page.text
    assert value_of(page, "value-022021") == "168,466"
    # 168,466 - 168,564 = -98; 98 / 168,564 = 0.058 %
    assert cells(page, "弘前市") == ["168,564", "", "△98", "△0.1％"]
    # 12,700 - 12,712 = -12; 12 / 12,712 = 0.094 %
    assert cells(page, "板柳町") == ["12,712", "", "△12", "△0.1％"]
    assert cells(page, "西目屋村") == ["1,265", "", "0", "0.0％"]
    assert "差が大きい" not in page.text
    with app.app_context():
        assert everything() == before


def test_the_difference_is_from_the_edition_before_that_day(lead: FlaskClient) -> None:
    page = check(lead, reference_date="2020-09-30", **{"value-022021": "180000"})
    # 180,000 - 177,411 = 2,589; 2,589 / 177,411 = 1.459 %
    assert cells(page, "弘前市") == ["177,411", "", "＋2,589", "＋1.5％"]
    assert "平成27年国勢調査" in page.text


def test_a_large_difference_is_marked(lead: FlaskClient) -> None:
    page = check(lead, **{"value-022021": "16856"})
    assert "△90.0％ 差が大きい" in cells(page, "弘前市")[3]


def test_what_was_typed_before_stays_where_the_table_has_nothing(lead: FlaskClient) -> None:
    page = check(lead, pasted="022101\t30567", **{"value-022021": "168,466", "source": "資料"})
    assert value_of(page, "value-022021") == "168,466"
    assert value_of(page, "value-022101") == "30,567"
    assert value_of(page, "source") == "資料"
    assert "値が未登録の団体があります" in page.text
    assert cells(page, "板柳町")[2] == "未登録"


def test_what_is_pasted_replaces_what_could_not_be_read(lead: FlaskClient) -> None:
    page = check(lead, pasted="022021\t168466", **{"value-022021": "たくさん"})
    assert page.status_code == 200
    assert value_of(page, "value-022021") == "168,466"


def test_a_faulty_table_is_refused_with_its_lines_and_kept(lead: FlaskClient) -> None:
    text = "022021\t168466\n022022\t1\n999999\t△1"
    page = check(lead, pasted=text, **{"value-022101": "30567"})
    assert page.status_code == 400
    assert "2行目：団体コード「022022」は末尾の検査数字が2ですが" in page.text
    assert "3行目：団体コード「999999」は" in page.text
    assert text in page.text.replace("\r\n", "\n")
    assert value_of(page, "value-022021") == ""
    assert value_of(page, "value-022101") == "30567"


def test_a_pasted_table_is_not_saved_unseen(app: Flask, lead: FlaskClient) -> None:
    with app.app_context():
        before = everything()
    page = submit(lead, NEW, good(pasted=PASTED))
    assert page.status_code == 400
    assert "まだ下の表に入っていません" in page.text
    with app.app_context():
        assert everything() == before


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_csv_file_fills_the_grid(lead: FlaskClient, encoding: str) -> None:
    content = "団体コード,団体名,値\r\n022021,髙﨑市,168466\r\n".encode(encoding)
    page = check(lead, file=(BytesIO(content), "人口.csv"))
    assert page.status_code == 200
    assert "1団体の値を表に入れました" in page.text
    assert value_of(page, "value-022021") == "168,466"


def test_a_workbook_fills_the_grid_and_shows_old_and_new(app: Flask, lead: FlaskClient) -> None:
    with app.app_context():
        before = everything()
    page = check(
        lead, file=(BytesIO(table("><v>12700</v>")), "人口.xlsx"), reference_date="R2.10.1"
    )
    assert "1団体の値を表に入れました" in page.text
    assert "読み替えたセル" not in page.text
    # 12,700 - 12,712 = -12; 12 / 12,712 = 0.094 %
    assert (value_of(page, "value-023817"), cells(page, "板柳町")) == (
        "12,700", ["12,712", "", "△12", "△0.1％"]
    )  # fmt: skip
    page = check(lead, file=(BytesIO(table(inline("１２７００"))), "人口.xlsx"))
    assert "シート「表」C2：文字の「１２７００」を数として読みました。" in page.text
    page = check(lead, file=(BytesIO(table("><v>1</v>", heading="人口")), "人口.xlsx"))
    assert "シート「表」：1行目に、見出し「値」がありません" in errors_of(page)["file"]
    with app.app_context():
        assert everything() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04" + b"\0" * 50, "Excelブック（.xlsx）として開けません。"),
        (b"<html>", "HTMLかXMLです。"),
        (
            "団体コード,値\n022021,1\n022021,2\n".encode(),
            "3行目：022021（弘前市）は2行目にもあります",
        ),
        (b"x" * 1_000_001, "ファイルが大きすぎます。"),
    ],
    ids=["workbook", "HTML", "twice", "too large"],
)
def test_a_file_that_cannot_be_read_is_refused_at_its_field(
    lead: FlaskClient, content: bytes, message: str
) -> None:
    page = check(lead, file=(BytesIO(content), "人口.csv"))
    assert page.status_code == 400
    assert message in errors_of(page)["file"]


def test_a_table_and_a_file_at_once_are_refused(lead: FlaskClient) -> None:
    file = (BytesIO("団体コード,値\n022021,1\n".encode()), "人口.csv")
    page = check(lead, file=file, pasted=PASTED)
    assert "どちらか一つ" in errors_of(page)["file"]


def test_a_file_not_taken_over_is_not_forgotten(lead: FlaskClient) -> None:
    file = (BytesIO("団体コード,値\n022021,1\n".encode()), "人口.csv")
    assert "まだ下の表に入っていません" in submit(lead, NEW, good(file=file)).text


def test_far_too_much_text_is_refused_in_japanese(lead: FlaskClient) -> None:
    assert "貼り付けた文字が多すぎます" in check(lead, pasted="x" * 100_001).text
    assert check(lead, pasted="x" * 12_000_000).status_code == 413


# ---- doubtful values -----------------------------------------------------------------------------


def asked(page: TestResponse) -> list[list[str]]:
    """Give the rows of the question before saving."""
    part = page.text.partition("確かめる値")[2].partition("</table>")[0]
    rows = re.findall(r"<tr>(<th scope=\"row\".*?)</tr>", part, re.DOTALL)
    cells = [re.findall(r"<t[hd].*?</t[hd]>", row) for row in rows]
    return [[" ".join(re.sub("<[^>]+>", " ", cell).split()) for cell in row] for row in cells]


@pytest.mark.parametrize(
    ("typed", "row"),
    [
        # 12,712 in the edition of 令和2年国勢調査(速報).
        ("0", ["12,712", "0", "△100.0％", "値が0です"]),
        ("127,120", ["12,712", "127,120", "＋900.0％", "50％を超えて変わります"]),
        ("6,355", ["12,712", "6,355", "△50.0％", "50％を超えて変わります"]),
    ],
)
def test_a_doubtful_value_is_asked_about_once(
    app: Flask, lead: FlaskClient, typed: str, row: list[str]
) -> None:
    with app.app_context():
        before = everything()
    page = submit(lead, NEW, good(**{"value-023817": typed}))
    assert page.status_code == 200
    assert asked(page) == [["板柳町 023817", *row]]
    assert "確認して登録する" in page.text
    with app.app_context():
        assert everything() == before
    fields = {**good(**{"value-023817": typed}), "checked": value_of(page, "checked")}
    other = submit(lead, NEW, {**fields, "value-023671": "1"})
    assert [row[0] for row in asked(other)] == ["田舎館村 023671", "板柳町 023817"]
    assert submit(lead, NEW, fields).status_code == 302


@pytest.mark.parametrize("typed", ["6,356", "19,068", "12,712"])
def test_half_more_or_less_is_not_asked_about(lead: FlaskClient, typed: str) -> None:
    assert submit(lead, NEW, good(**{"value-023817": typed})).status_code == 302


def test_pasted_and_uploaded_values_are_asked_about_alike(lead: FlaskClient) -> None:
    rest = {name: value for name, value in good().items() if name != "value-023817"}
    csv = "団体コード,値\r\n023817,127120\r\n".encode()
    for given in ({"pasted": "023817\t127120"}, {"file": (BytesIO(csv), "人口.csv")}):
        shown = check(lead, **rest, **given)
        assert value_of(shown, "value-023817") == "127,120"
        page = submit(lead, NEW, {**rest, "value-023817": "127,120"})
        assert [row[0] for row in asked(page)] == ["板柳町 023817"]


def test_a_new_series_is_asked_about_zeros_only(lead: FlaskClient) -> None:
    fields = good(label="端末台数", key="desks", **{"value-023817": "0"})
    page = submit(lead, SERIES, fields)
    assert asked(page) == [["板柳町 023817", "－", "0", "－", "値が0です"]]
    answer = submit(lead, SERIES, {**fields, "checked": value_of(page, "checked")})
    assert answer.status_code == 302
