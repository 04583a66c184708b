"""A 工程表 that came back: what of it is taken, what is told, what is refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from consortium.domain.errors import BadInputError
from consortium.domain.onboarding import plan_form as form
from consortium.domain.onboarding.plan_form import Actual
from consortium.intake.plan_book import PlanUpload, read_plan_book
from consortium.reports.plan_sheet import render
from tests.reports import plan_books
from tests.reports.plan_books import A1, B2, B3, E5, TODAY

TOWN = "鶴田町"


def filled(cells: dict[str, Any], change: Callable[[Any], object] | None = None) -> bytes:
    """Write the small 工程表 and fill cells in as Excel does; rows 7, 9 … 15 are 実績."""
    book = load_workbook(BytesIO(render(plan_books.one())))
    for cell, value in cells.items():
        book[TOWN][cell] = value
    if change:
        change(book)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def read(cells: dict[str, Any], change: Callable[[Any], object] | None = None) -> PlanUpload:
    return read_plan_book(filled(cells, change), TODAY)


def test_a_file_that_nobody_touched_says_nothing() -> None:
    found = read_plan_book(render(plan_books.two()), TODAY)
    assert found == PlanUpload(((TOWN, "p-1", 3), ("鶴田町（2）", "p-2", 1)))
    assert PlanUpload.parse(found.text()) == found


def test_what_happened_is_taken_however_it_was_typed_and_the_plan_is_not() -> None:
    cells = {
        # 実績 of A1, B2, B3, E5: a date cell, wareki, ratios, words and full-width signs
        "H7": date(2025, 7, 2), "I7": 0.1,
        "G9": "Ｒ８．１１．４", "I9": "６０％", "K9": None,
        "G11": "令和8年11月24日", "I11": 25, "J11": "作業中",
        "J13": "対象外", "I13": None, "K13": "別の協定による",
        # 計画: told, and left
        "G10": date(2026, 11, 25), "C12": "本移行", "E10": 99,
    }  # fmt: skip
    found = read(cells)
    assert found.faults == ()
    assert [(sent.row, sent.given.task_id, sent.actual) for sent in found.rows] == [
        # done is whole, whatever the percent says
        (7, A1.id, Actual(date(2025, 5, 7), date(2025, 7, 2), 100, "done", "")),
        (9, B2.id, Actual(date(2026, 11, 4), None, 60, "working", "")),
        (11, B3.id, Actual(date(2026, 11, 24), None, 25, "working", "")),
        (13, E5.id, Actual(None, None, 0, "not_applicable", "別の協定による")),
    ]
    assert PlanUpload.parse(found.text()).rows == found.rows
    told = "".join(found.notices)
    for cell, before, now in (
        ("C12", E5.name, "本移行"), ("E10", "15", "99"), ("G10", "2026-11-24", "2026-11-25"),
    ):  # fmt: skip
        assert f"シート「{TOWN}」{cell}：計画のセルが「{before}」から「{now}」に" in told
    assert told.count("取り込みません。計画の変更は画面から行ってください。") == 3


WRONG = {
    "A7": ("x", "A7：「x」という作業は、書き出した工程表にありません。"),
    "H9": (date(2026, 11, 1), "H9：終了日（2026-11-01）が開始日"),
    "G11": ("2026年13月1日", "G11：「2026年13月1日」：暦にない日です。"),
    "I9": ("半分", "I9：「半分」は数ではありません。"),
    "I11": (1.5, "I11：進捗が「1.5」です。"),
    "J11": ("完了", "J11：「完了」です。"),
    "G13": (date(2026, 12, 2), "G13：開始日（2026-12-02）が今日（2026-12-01）より後です。"),
    "J15": ("完了済み", "H15：状態が「完了済み」なのに、終了日がありません。"),
}


def test_every_fault_is_told_at_once_with_its_cell_and_nothing_is_taken() -> None:
    found = read({cell: value for cell, (value, _) in WRONG.items()} | {"K9": "書いた"})
    told = "\n".join(found.faults)
    for _, words in WRONG.values():
        assert f"シート「{TOWN}」{words}" in told, told
    assert "「A1 参加意向表明・首長間協議」の実績の行がありません。" in told
    assert (len(found.faults), found.rows) == (9, ())


def test_formulas_lost_rows_doubled_rows_and_far_dates_are_told() -> None:
    def lose(book: Any) -> None:
        sheet = book[TOWN]
        for column, of_row in (("A", 6), ("F", 7)):
            sheet[f"{column}9"] = sheet[f"{column}{of_row}"].value  # A1's id and 実績 once more
        sheet["F11"] = None

    found = read(
        {
            "K7": '=HYPERLINK("http://example.com/")',
            "G13": date(2016, 11, 1),
            "J13": "作業中",
            "I15": 0.3,
            "K15": "\u200b",
        },
        lose,
    )
    told = "\n".join(found.faults)
    assert "K7：計算式のセルです" in told
    assert "A9：同じ作業の実績の行が、7行目にもあります。" in told
    assert "「B2 査定・債務負担行為の予算案」の実績の行がありません。" in told
    assert "「B3 議会の議決」の実績の行がありません。" in told
    assert "G13：開始日（2016-11-01）が計画（2027-03-29〜2027-03-31）から離れすぎています。" in told
    assert "K15：目に見えない制御文字" in told
    assert "I15：" not in told  # the row was not understood as far as that
    lone = read({"I15": 0.3})
    (fault,) = lone.faults
    assert fault.startswith(f"シート「{TOWN}」I15：状態が「未着手」なのに、進捗が30%です。")


def test_a_far_day_that_stood_there_before_keeps_nothing_else_out() -> None:
    old = replace(A1, started_on=date(2012, 5, 7))
    book = load_workbook(BytesIO(render(plan_books.book(plan_books.plan(old, B2)))))
    book[TOWN]["I9"] = 0.6
    target = BytesIO()
    book.save(target)
    found = read_plan_book(target.getvalue(), TODAY)
    assert (found.faults, [sent.given.planned.code for sent in found.rows]) == ((), ["B2"])


@pytest.mark.parametrize("name", ["record", "seal", "format", "sheet", "heading"])
def test_a_file_that_is_not_as_it_went_out_is_explained(name: str) -> None:
    def change(book: Any) -> None:
        if name == "record":
            del book[form.RECORD]
        elif name == "seal":
            book[form.RECORD]["O6"] = "完了済み"  # B2 as if the file had gone out with it
        elif name == "format":
            book[form.RECORD]["B1"] = "工程表 2"
        elif name == "sheet":
            book[TOWN].title = "鶴田"
        else:
            book[TOWN]["G5"] = "開始"

    words = {
        "record": "ポータルから書き出した工程表ではありません",
        "seal": "控え（隠しシート「控え」）が、変わっているか",
        "format": "この様式の工程表は読めません。",
        "sheet": "工程のシートが一枚もありません。",
        "heading": "5行目に、見出し「開始日」がありません。",
    }[name]
    if name == "heading":
        assert words in "".join(read({}, change).faults)
        return
    with pytest.raises(BadInputError) as refused:
        read({}, change)
    assert words in refused.value.found
    assert refused.value.path == "file"


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[1]", '{"plans":[["a"]],"rows":[]}', '{"plans":[],"rows":[[1,"x"]]}', "[" * 9_000],
)
def test_a_text_that_the_browser_made_up_is_refused(text: str) -> None:
    with pytest.raises(BadInputError):
        PlanUpload.parse(text)
