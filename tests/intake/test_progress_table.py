"""The two public files of the standardisation (公表資料の読取り): layouts, headings, every row."""

import io
from collections.abc import Callable
from fractions import Fraction

import pytest
from openpyxl import load_workbook

from consortium.domain.calendar.period import Month
from consortium.domain.errors import BadInputError
from consortium.intake.progress_table import PROGRESS, SPECIAL, ProgressTable, read_progress
from consortium.usecases.standard_import import reference
from tests import standard
from tests.standard import JANUARY, Table

pytestmark = pytest.mark.usefixtures("read_here")


def read(content: bytes, month: Month = JANUARY) -> ProgressTable:
    return read_progress(content, month, reference())


def faults(table: Table) -> tuple[str, ...]:
    return read(standard.as_csv(table)).faults


def edited(content: bytes, change: Callable[..., None]) -> bytes:
    """Give a workbook after something was done to its first sheet."""
    book = load_workbook(io.BytesIO(content))
    change(book.worksheets[0])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


# ---- 総務省 --------------------------------------------------------------------------------------


def test_both_layouts_of_the_ministry_say_the_same() -> None:
    as_csv = read(standard.as_csv(standard.published()))
    as_book = read(standard.as_ministry_book(standard.published()))
    assert as_csv == as_book
    assert (as_csv.kind, len(as_csv.rows), as_csv.faults, as_csv.notices) == (PROGRESS, 40, (), ())
    aomori = next(row for row in as_csv.rows if row.name == "青森市")
    # 0.55 × 40 and 0.975 × 40; nobody of the seven.
    assert (aomori.counts["senkyo"], aomori.counts["fuhyo"], aomori.code) == (22, 39, "022012")
    assert aomori.published == Fraction("0.74")


def test_a_csv_saved_from_the_sheet_keeps_its_title_and_percents() -> None:
    table = standard.published()
    percents = [
        [*line[:2], *(f"{float(each) * 100:.2f}%" for each in line[2:])] for line in table[1:]
    ]
    titled: Table = [["進捗状況", *[""] * 22], table[0], [""] * 23, *percents]
    assert read(standard.as_csv(titled)).rows == read(standard.as_csv(table)).rows


@pytest.mark.parametrize("month", ["令和8年１月", "平成38年1月"])
def test_the_month_is_in_the_name_of_the_sheet(month: str) -> None:
    book = standard.as_ministry_book(standard.published(), month)
    assert len(read(book).rows) == 40
    with pytest.raises(BadInputError, match="選んだ月は令和8年2月"):
        read(book, Month(2026, 2))


def test_the_first_year_of_an_era_is_a_month_too() -> None:
    book = standard.as_ministry_book(standard.published(), "令和元年12月")
    assert len(read(book, Month(2019, 12)).rows) == 40
    renamed = edited(book, lambda sheet: setattr(sheet, "title", "Sheet1"))
    with pytest.raises(BadInputError, match=r"令和元年12月_進捗状況.*あるのは「Sheet1」"):
        read(renamed, Month(2019, 12))


def with_headings(change: Callable[[list[str]], list[str]]) -> Table:
    table = standard.published()
    return [change(table[0]), *table[1:]]


HEADINGS: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "one is missing": (lambda line: [*line[:-1], ""], "見出し 印鑑登録 がありません"),
    "one is added": (lambda line: [*line, "旅券"], "知らない見出し 旅券 があります"),
    "one is another": (
        lambda line: ["水道" if each == "就学" else each for each in line],
        "見出し 就学 がありません。知らない見出し 水道 があります",
    ),
    "one stands twice": (
        lambda line: ["戸籍" if each == "就学" else each for each in line],
        "同じ見出しが二つあります（J1・U1）",
    ),
    "two spellings of one": (
        lambda line: ["住民基本台帳" if each == "就学" else each for each in line],
        "同じ見出しが二つあります（D1・J1）",
    ),
    "none is ours": (lambda line: ["県", "名", *line[2:]], "見出し「都道府県・市区町村」も"),
}


@pytest.mark.parametrize("case", HEADINGS)
def test_other_headings_are_refused_before_any_row(case: str) -> None:
    change, words = HEADINGS[case]
    table = with_headings(change)
    table[1][3] = "壊れた値"
    with pytest.raises(BadInputError, match=words) as refused:
        read(standard.as_csv(table))
    assert refused.value.path == "file"


def test_another_order_is_read_by_the_headings_and_told() -> None:
    table = standard.published()
    moved = [[*line[:3], line[4], line[3], *line[5:]] for line in table]
    found = read(standard.as_csv(moved))
    assert found.rows == read(standard.as_csv(table)).rows
    [notice] = found.notices
    assert "業務の並びが公表資料の順と違います（選挙人名簿管理、住民基本台帳" in notice


ROWS = {
    "no fortieth": (
        "平川市",
        "就学",
        "0.66",
        "平川市の就学（0.66）は、40分の1の倍数ではありません",
    ),
    "nearly a fortieth": ("平川市", "就学", "0.65000001", ""),
    "above one": ("平川市", "就学", "1.025", "1を超えています"),
    "negative": ("平川市", "就学", "-0.025", "割合ではありません"),
    "no number": ("平川市", "就学", "済", "「済」は割合ではありません"),
    "empty": ("平川市", "就学", "", "平川市の就学が空です"),
    "no rate": ("平川市", "完了率", "－", "平川市の完了率「－」"),
    "an unknown town": ("平川市", "市区町村", "平河市", "「青森県平河市」は全国の市区町村の一覧に"),
    "another prefecture": ("平川市", "都道府県", "岩手県", "「岩手県平川市」は"),
    "a town twice": ("平川市", "市区町村", "弘前市", "青森県弘前市は3行目にもあります"),
}


@pytest.mark.parametrize("case", ROWS)
def test_a_row_that_cannot_be_read_is_named(case: str) -> None:
    town, heading, value, words = ROWS[case]
    found = faults(standard.changed(town, heading, value))
    if not words:
        assert found == ()
        return
    [fault] = found
    # 平川市 is line 11; the column of the heading is named, of a town without a code its name.
    assert fault.startswith("11行目・")
    assert words in fault


def test_a_fault_of_a_workbook_is_named_by_its_cell() -> None:
    table = standard.changed("平川市", "就学", "0.66")
    [fault] = read(standard.as_ministry_book(table)).faults
    # A title and the headings stand above: 平川市 is row 12; 就学 is the tenth column.
    assert fault.startswith("シート「令和8年1月_進捗状況」J12：")
    formula = edited(
        standard.as_ministry_book(standard.published()),
        lambda sheet: sheet.__setitem__("J12", "=1/0"),
    )
    assert "平川市の就学が空です" in read(formula).faults[0]


def test_a_mean_that_is_not_what_the_row_adds_up_to_is_told() -> None:
    assert read(standard.as_csv(standard.changed("弘前市", "完了率", "0.7188"))).notices == ()
    [notice] = read(standard.as_csv(standard.changed("弘前市", "完了率", "0.7190"))).notices
    assert notice.startswith("弘前市の完了率は0.7190と公表されていますが")


def test_many_faults_are_counted_and_none_at_all_is_one() -> None:
    table = [
        [*line[:3], "x", *line[4:]] if line[0] == "青森県" else line
        for line in standard.published()
    ]
    found = faults(table)
    assert len(found) == 21
    assert found[-1] == "ほかに20か所あります。"
    assert faults(standard.published()[:1]) == (
        "団体の行が一つもありません。表のあるファイルを選んでください。",
    )


# ---- デジタル庁 ----------------------------------------------------------------------------------

DIGITAL: dict[str, tuple[tuple[object, str, str, list[str]], str]] = {
    "a wrong check digit": (("022022", "弘前市", "市", []), "検査数字"),
    "no code": (("弘前", "弘前市", "市", []), "団体コードではありません"),
    "another town's code": (("022021", "平川市", "市", []), "（一覧では青森県弘前市）"),
    "no prefecture": (("990001", "どこか", "市", []), "検査数字|都道府県はありません"),
    "no name": (("022021", "青森県", "市", []), "団体コード022021の名前が「青森県」"),
}


@pytest.mark.parametrize("case", DIGITAL)
def test_a_row_of_the_digital_agency_that_cannot_be_read_is_named(case: str) -> None:
    row, words = DIGITAL[case]
    found = read(standard.as_digital_book([row]))
    assert found.kind == SPECIAL
    assert len(found.faults) == 1
    assert any(word in found.faults[0] for word in words.split("|"))
    assert "シート「結果一覧」" in found.faults[0]


def test_a_body_that_is_no_municipality_is_known_by_its_code() -> None:
    found = read(
        standard.as_digital_book(
            [("020001", "青森県", "都道府県", []), ("020001", "青森", "都道府県", [])]
        )
    )
    assert [row.name for row in found.rows] == ["青森県"]
    [fault] = found.faults
    assert "青森県青森は4行目にもあります" in fault


def test_a_mark_is_a_dot_and_nothing_else() -> None:
    good = standard.as_digital_book([("022021", "弘前市", "市", ["戸籍", "共通機能"])])
    [row] = read(good).rows
    assert dict(row.counts) == {"koseki": 1, "kyotsu": 1}
    assert (row.prefecture, row.name, row.published) == ("青森県", "弘前市", None)
    ticked = edited(good, lambda sheet: sheet.__setitem__("D4", "○"))
    [fault] = read(ticked).faults
    assert fault.startswith("シート「結果一覧」D4：「○」があります。")
    lacking = edited(good, lambda sheet: sheet.delete_cols(24))
    with pytest.raises(BadInputError, match="見出し 共通機能 がありません"):
        read(lacking)
