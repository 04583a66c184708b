"""要因分解: the difference of two runs on one page."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.sharing.causes import CauseLine, Causes
from consortium.domain.sharing.compare import MemberChange
from consortium.domain.yen import Yen
from consortium.reports import causes
from consortium.reports.causes import CausesDocument
from consortium.reports.compared import ComparedRun
from tests.reports.documents import TOKYO, opened, rows

#: Two members and 端数差額; cost +100 and −30, rule −20 and +20, rounding 0 0 and 3.
FOUND = Causes(
    (
        MemberChange("022021", "弘前市", Yen(1_000), Yen(1_080)),
        MemberChange("023817", "板柳町", None, Yen(-10)),
        MemberChange("", "端数差額", Yen(0), Yen(3)),
    ),
    (
        CauseLine(("cost",), (100, -30, 0)),
        CauseLine(("price",), (0, 0, 0)),
        CauseLine(("quantity",), (0, 0, 0)),
        CauseLine(("exchange",), (0, 0, 0)),
        CauseLine(("basis", "rule"), (-20, 20, 0)),
        CauseLine(("membership",), (0, 0, 0)),
        CauseLine(("rounding",), (0, 0, 3)),
    ),
)


def document(**changes: Any) -> CausesDocument:
    plain = CausesDocument(
        True,
        "弘前地区電算共同化推進協議会",
        "弘前市",
        datetime(2022, 2, 15, 9, 0, tzinfo=TOKYO),
        ComparedRun(FiscalYear(2021), "令和3年度", "planned", 1),
        ComparedRun(FiscalYear(2021), "令和3年度", "final", 2),
        FOUND,
    )
    return replace(plain, **changes)


def test_the_page_says_who_pays_what_more_for_which_cause() -> None:
    table = rows(causes.render(document()), "要因分解")
    assert table[5] == (
        "団体", "前の額", "経費", "為替", "算定基礎と負担ルール", "加入・脱退", "端数処理", "差額",
        "後の額", "検算",
    )  # fmt: skip
    assert table[6] == ("弘前市", 1_000, 100, 0, -20, 0, 0, 80, 1_080, "一致")
    assert table[7] == ("板柳町", 0, -30, 0, 20, 0, 0, -10, -10, "一致")
    assert table[8] == ("端数差額", 0, 0, 0, 0, 0, 3, 3, 3, "一致")
    assert table[9] == ("合計", 1_000, 70, 0, 0, 0, 3, 73, 1_073, "一致")


def test_parts_that_do_not_add_up_are_marked() -> None:
    wrong = replace(FOUND, lines=(CauseLine(("cost",), (99, -30, 0)), *FOUND.lines[1:]))
    table = rows(causes.render(document(causes=wrong)), "要因分解")
    assert [row[-1] for row in table[6:10]] == ["不一致", "一致", "一致", "不一致"]


def test_it_is_one_page_of_a4_that_names_both_runs_and_is_in_no_register() -> None:
    sheet = opened(causes.render(document()))["要因分解"]
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 1)
    assert sheet["A1"].value == "令和3年度共同クラウド運営負担金の差額の要因分解"
    assert sheet["A3"].value == "前の算定　令和3年度 当初 第1版"
    assert sheet["A4"].value == "後の算定　令和3年度 確定 第2版"
    assert sheet.oddFooter.left.text == "発行台帳に載せない資料"
    assert sheet.oddHeader.left.text == "見本"


def test_the_notes_explain_the_causes_that_are_shown() -> None:
    table = rows(causes.render(document()), "要因分解")
    texts = [str(row[0]) for row in table[10:] if row[0]]
    assert any("算定基礎と負担ルール：" in text for text in texts)
    assert any("「と」でつないだ要因" in text for text in texts)
    assert not any("従量" in text.partition("：")[0] for text in texts)


def test_the_data_sheet_has_a_row_for_each_member_and_cause() -> None:
    header, *data = rows(causes.render(document(is_sample=False)), "データ")
    assert header == (
        "前の年度", "前の段階", "前の版", "年度", "段階", "版", "団体コード", "団体名", "要因",
        "額_円",
    )  # fmt: skip
    assert len(data) == 3 * 5
    assert data[0] == (2021, "当初", 1, 2021, "確定", 2, "022021", "弘前市", "経費", 100)
    assert sum(row[9] for row in data) == 73
