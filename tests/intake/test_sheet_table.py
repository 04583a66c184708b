"""Tables on uploaded sheets (表の読取り): columns by heading, each finding with sheet and cell."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

import pytest

from consortium.domain.errors import BadInputError
from consortium.intake.sheet_table import MANY, Finding, Findings, Line, Table, read_table_of
from consortium.intake.workbook import read_workbook
from tests.intake.uploads import inline, text_cell, with_rows

pytestmark = pytest.mark.usefixtures("read_here")

HEADINGS = {"値（円）": True, "備考": False}


def read(
    rows: str, headings: Mapping[str, bool] = HEADINGS, header_row: int = 1
) -> tuple[Table, Findings]:
    findings = Findings()
    sheet = read_workbook(with_rows(rows)).sheet("表")
    return read_table_of(sheet, headings, findings, header_row=header_row), findings


def one(value: str, note: str = "") -> tuple[Line, Findings]:
    """Read a row whose first cell, A2, is given as attributes and content."""
    head = text_cell("A1", "値（円）") + text_cell("B1", "備考")
    noted = text_cell("B2", note) if note else text_cell("B2", "注")
    table, findings = read(f'<row r="1">{head}</row><row r="2"><c r="A2"{value}</c>{noted}</row>')
    (line,) = table.lines
    return line, findings


def test_columns_are_found_by_heading_whatever_their_width_and_place() -> None:
    head = text_cell("B3", "備　考") + text_cell("C3", "ほか") + text_cell("D3", "値 (円)")
    rows = f'<row r="3">{head}</row><row r="5">{text_cell("D5", "x")}</row>'
    table, findings = read(rows, header_row=3)
    assert [(line.row, line.place("値（円）"), line.text("値（円）")) for line in table.lines] == [
        (5, "D5", "x")
    ]
    assert (table.unknown, findings.has_faults) == (("ほか",), False)


@pytest.mark.parametrize(
    ("heads", "said"),
    [
        (("備考",), "シート「表」：1行目に、見出し「値（円）」がありません。"),
        (("値(円)", "値（円）"), "シート「表」：見出し「値（円）」が2つあります。"),
        ((), "見出し「値（円）」がありません"),
    ],
)
def test_a_heading_missing_or_twice_gives_no_line(heads: tuple[str, ...], said: str) -> None:
    cells = "".join(
        text_cell(f"{column}1", head) for column, head in zip("AB", heads, strict=False)
    )
    table, findings = read(f'<row r="1">{cells}</row><row r="2">{text_cell("A2", "1")}</row>')
    assert table.lines == ()
    assert said in findings.told()[0]


@pytest.mark.parametrize(
    ("value", "number", "notice"),
    [
        ("><v>1894000</v>", Fraction(1_894_000), ""),
        ("><v>-0.5</v>", Fraction(-1, 2), ""),
        (
            inline("１，８９４，０００"),
            Fraction(1_894_000),
            "文字の「１，８９４，０００」を数として",
        ),
        (inline("△1,234"), Fraction(-1234), "文字の「△1,234」を数として読みました。"),
        (inline("－5"), Fraction(-5), "文字の「－5」を数として"),
        (
            "><f>B9</f><v>7</v>",
            Fraction(7),
            "計算式のセルです。保存されている値「7」を読みました。",
        ),
    ],
)
def test_a_number_is_read_and_what_was_taken_as_one_is_noticed(
    value: str, number: Fraction, notice: str
) -> None:
    line, findings = one(value)
    assert (line.number("値（円）"), findings.has_faults) == (number, False)
    told = f"シート「表」A2：{notice}"
    assert findings.notes()[0].startswith(told) if notice else findings.notes() == ()


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (inline("1,23"), "「1,23」は数ではありません。"),
        (inline("10²"), "「10²」は数ではありません。"),
        (inline("=1+1"), "「=1+1」は数ではありません。"),
        (' s="1"><v>46162</v>', "「2026-05-20」は数ではありません。"),
        (' t="b"><v>0</v>', "「FALSE」は数ではありません。"),
        (' t="e"><v>#REF!</v>', "「#REF!」は値ではありません。"),
        ("><f>1+1</f>", "計算式だけで、計算した値がありません。"),
        (">", "「値（円）」が空です。"),
        (inline("　"), "「値（円）」が空です。"),
    ],
)
def test_what_is_no_number_is_told_with_sheet_and_cell(value: str, found: str) -> None:
    line, findings = one(value)
    assert line.number("値（円）") is None
    assert line.is_faulty
    assert str(findings.faults[0]).startswith(f"シート「表」A2：{found}")
    assert findings.faults[0].todo


def test_a_fraction_where_a_whole_number_belongs() -> None:
    line, findings = one("><v>1.5</v>")
    assert line.whole("値（円）") is None
    assert (
        str(findings.faults[0]) == "シート「表」A2：「1.5」に端数があります。整数にしてください。"
    )
    assert one("><v>-3</v>")[0].whole("値（円）") == -3
    line, findings = one(">")
    assert (line.whole("値（円）", needed=False), findings.has_faults) == (None, False)


@pytest.mark.parametrize(
    "value",
    [' s="1"><v>46162</v>', inline("令和８年５月２０日"), inline("R8.5.20"), inline("2026/5/20")],
)
def test_a_day_is_a_date_or_text_of_one(value: str) -> None:
    assert one(value)[0].day("値（円）") == date(2026, 5, 20)


@pytest.mark.parametrize("value", ["><v>46162</v>", ' s="1"><v>46162.5</v>', inline("R8.13.1")])
def test_what_is_no_day_is_told(value: str) -> None:
    line, findings = one(value)
    assert line.day("値（円）") is None
    assert findings.faults[0].cell == "A2"


def test_a_code_that_became_a_number_gets_its_zero_back_and_is_checked() -> None:
    assert one("><v>23817</v>")[0].code("値（円）") == "023817"
    assert one(inline("０２３８１７"))[0].code("値（円）") == "023817"
    for wrong, said in (("><v>23818</v>", "検査数字"), (inline("23817"), "数字6桁ではありません")):
        line, findings = one(wrong)
        assert line.code("値（円）") is None
        assert said in findings.told()[0]


def test_text_is_one_line_and_holds_nothing_that_cannot_be_seen() -> None:
    line, findings = one("><v>1</v>", "上&#10;下　右")
    assert line.text("備考") == "上 下 右"
    assert line.text("備考", as_written=True) == "上\n下　右"
    assert line.one_of("備考", ("上 下 右", "別")) == "上 下 右"
    assert line.one_of("備考", ("別",)) == ""
    assert "別 のいずれかにしてください" in findings.told()[0]
    for hidden in ("a_x0000_", "a\u200b", "a\u202e"):
        line, findings = one("><v>1</v>", hidden)
        assert line.text("備考") == ""
        assert "制御文字" in findings.told()[0]
    line, findings = one("><v>1</v>", "長" * 11)
    assert line.text("備考", longest=10) == ""
    assert "長すぎます（11文字）" in findings.told()[0]


def test_a_long_number_that_lost_its_end_is_no_text() -> None:
    line, findings = one("><v>1.23456789012345E+15</v>")
    assert line.text("値（円）") == ""
    assert "末尾の数字が失われています" in findings.told()[0]
    assert one("><v>123456789012345</v>")[0].text("値（円）") == "123456789012345"


def test_many_findings_are_counted_and_stop_the_upload() -> None:
    findings = Findings()
    findings.refuse("試しました。")
    for row in range(MANY + 3):
        findings.fault("表", f"A{row}", "誤りです。", "直してください。")
    assert findings.told()[-1] == "ほかに3か所あります。"
    with pytest.raises(
        BadInputError, match="シート「表」A0：誤りです。直してください。"
    ) as refusal:
        findings.refuse("試しました。")
    assert refusal.value.path == "file"
    assert str(Finding("", "", "ファイルです。")) == "ファイルです。"
