"""A filled 基礎数値様式 read back: taken only where every cell is what was asked for."""

from datetime import UTC, date, datetime
from fractions import Fraction
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from consortium.domain.errors import BadInputError
from consortium.intake.figure_sheet import Expected, FilledForm, FormFigure, read_figures
from consortium.reports.figure_form import FigureForm, FigureRow, render

DAY = date(2026, 10, 1)
TOWN, OTHER = ("023817", "板柳町"), ("023612", "藤崎町")
LABELS = ("住民基本台帳人口", "端末台数")
EXPECTED = Expected(
    "令和9年度", *TOWN, DAY, "令和9年度の提出",
    {"住民基本台帳人口": "population", "端末台数": "units"}, {"population": "人", "units": "台"},
    dict([OTHER]),
)  # fmt: skip
FILLED = {"G2": 12_800, "I2": "確定", "J2": "住民基本台帳", "G3": 12.5, "I3": "見込", "K3": "予定"}
#: cell → another value, and what is told about which cell
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "last year's form": ({"A2": "令和8年度"}, "A2：「令和8年度」の様式です。"),
    "another edition": ({"F2": "令和9年度の提出・追加1"}, "F2：版が「令和9年度の提出・追加1」"),
    "another day": ({"E2": date(2025, 10, 1)}, "E2：基準日が令和7年10月1日です。"),
    "another town's form": ({"B2": OTHER[0], "B3": OTHER[0]}, "B2：藤崎町の様式です。"),
    "a town that is not asked": ({"B2": "022021"}, "B2：団体コード 022021 の団体には"),
    "a changed code": ({"B3": "023812"}, "B3："),
    "a basis not asked for": ({"D3": "世帯数"}, "D3：「世帯数」は依頼していません。"),
    "a basis twice": ({"D3": LABELS[0], "H3": "人"}, "D3：住民基本台帳人口の行が二つあります。"),
    "another unit": ({"H2": "千人"}, "H2：単位が「千人」です。"),
    "no value": ({"G2": None}, "G2："),
    "words": ({"G2": "約12,800人"}, "G2："),
    "a negative value": ({"G2": -1}, "G2：値が負の数です。"),
    "too many digits": ({"G2": 1_000_000_000_000}, "G2：値の桁が多すぎます。"),
    "a day for a value": ({"G2": date(2026, 10, 1)}, "G2："),
    "a formula nobody calculated": ({"G2": "=1+1"}, "G2："),
    "an error value": ({"G2": "#N/A"}, "G2："),
    "an unknown certainty": ({"I3": "仮"}, "I3："),
    "no certainty": ({"I3": None}, "I3："),
    "a source too long": ({"J2": "あ" * 201}, "J2："),
    "a missing row": ({f"{column}3": None for column in "ABCDEFGHIJK"}, "「端末台数」の行がありま"),
    "a changed heading": ({"G1": "数値"}, "「値」"),
}


def filled(changes: dict[str, Any] | None = None, towns: tuple[Any, ...] = (TOWN,)) -> bytes:
    """Make the form, fill it in as Excel does, and change some cells."""
    rows = [FigureRow(*town, label) for town in towns for label in LABELS]
    made = datetime(2026, 9, 1, tzinfo=UTC)
    form = FigureForm("弘前市", "令和9年度", DAY, date(2026, 12, 10), "令和9年度の提出", made, rows)
    book = load_workbook(BytesIO(render(form)))
    for cell, value in (FILLED | (changes or {})).items():
        book["基礎数値"][cell] = value
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def test_what_was_filled_in_comes_back() -> None:
    assert read_figures(filled(), EXPECTED) == FilledForm(
        {
            "population": FormFigure(Fraction(12_800), "確定", "住民基本台帳", ""),
            "units": FormFigure(Fraction(25, 2), "見込", "", "予定"),
        }
    )


def test_a_number_as_text_is_taken_and_told() -> None:
    found = read_figures(filled({"G2": "１２，８００"}), EXPECTED)
    assert found.figures["population"].value == 12_800
    assert len(found.notices) == 1
    assert "G2" in found.notices[0]


@pytest.mark.parametrize("name", WRONG)
def test_a_form_with_a_fault_gives_no_figures_and_names_the_cell(name: str) -> None:
    changes, told = WRONG[name]
    found = read_figures(filled(changes), EXPECTED)
    assert found.figures == {}
    assert told in "\n".join(found.faults)
    assert all(fault.startswith("シート「基礎数値」") for fault in found.faults)


def test_every_fault_is_told_at_once() -> None:
    found = read_figures(filled({"G2": None, "I3": "仮", "A3": "令和8年度"}), EXPECTED)
    assert [text for text in ("G2：", "I3：", "A3：") if text in "".join(found.faults)] == [
        "G2：", "I3：", "A3：",
    ]  # fmt: skip


def test_an_empty_cell_is_told_once() -> None:
    found = read_figures(filled({"A2": None, "F3": None}), EXPECTED)
    assert [fault.partition("：")[0] for fault in found.faults] == [
        "シート「基礎数値」A2", "シート「基礎数値」F3",
    ]  # fmt: skip


def test_only_the_lead_city_may_send_a_form_with_other_towns_in_it() -> None:
    whole = filled({}, (TOWN, OTHER))
    assert "B4：藤崎町の様式です。" in "".join(read_figures(whole, EXPECTED).faults)
    lead = Expected(*(getattr(EXPECTED, name) for name in EXPECTED.__slots__[:-1]), True)
    found = read_figures(whole, lead)
    assert (len(found.figures), found.left, found.faults) == (2, 2, ())


@pytest.mark.parametrize("content", [b"", b"<html></html>", b"PK\x03\x04"])
def test_what_is_no_workbook_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(BadInputError) as refused:
        read_figures(content, EXPECTED)
    assert refused.value.path == "file"


def test_a_workbook_without_the_sheet_is_refused() -> None:
    book = load_workbook(BytesIO(filled()))
    book["基礎数値"].title = "Sheet1"
    target = BytesIO()
    book.save(target)
    with pytest.raises(BadInputError, match="基礎数値"):
        read_figures(target.getvalue(), EXPECTED)
