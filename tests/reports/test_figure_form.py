"""基礎数値様式: what stands where, and what of it can be changed."""

from datetime import UTC, date, datetime
from fractions import Fraction
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from consortium.intake.figure_sheet import HEADINGS
from consortium.reports.figure_form import COLUMNS, FigureForm, FigureRow, render

FORM = FigureForm(
    "弘前市 情報システム課", "令和9年度", date(2026, 10, 1), date(2026, 12, 10), "令和9年度の提出",
    datetime(2026, 9, 1, 0, 0, tzinfo=UTC),
    [
        FigureRow("023817", "板柳町", "住民基本台帳人口"),
        FigureRow("023817", "板柳町", "端末台数", Fraction(25, 2), "見込"),
    ],
)  # fmt: skip
#: The columns of the design, in its order (workbooks.md, section 6).
DESIGN = [
    "年度", "団体コード", "団体名", "算定基礎", "基準日", "版", "値", "単位", "見込・確定", "出典",
    "備考",
]  # fmt: skip


def opened() -> Any:
    return load_workbook(BytesIO(render(FORM)))


def test_the_headings_are_those_of_the_design_and_of_the_reader() -> None:
    sheet = opened()["基礎数値"]
    assert [cell.value for cell in sheet[1]] == DESIGN
    assert [cell.value for cell in sheet[2]] == [
        "令和9年度", "023817", "板柳町", "住民基本台帳人口", datetime(2026, 10, 1),  # noqa: DTZ001 -- as openpyxl reads a day
        "令和9年度の提出", None, "人", None, None, None,
    ]  # fmt: skip
    assert [cell.value for cell in sheet[3]][6:9] == [12.5, "台", "見込"]
    assert set(HEADINGS) == set(DESIGN) - {"団体名"}


def test_only_the_cells_to_fill_in_are_open_and_nothing_is_hidden() -> None:
    book = opened()
    sheet = book["基礎数値"]
    unlocked = {
        cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked
    }
    assert unlocked == {f"{column}{row}" for column in "GIJK" for row in (2, 3)}
    for each in book.worksheets:
        assert each.protection.sheet
        assert each.sheet_state == "visible"
        assert not any(row.hidden for row in each.row_dimensions.values())
        assert not any(column.hidden for column in each.column_dimensions.values())
    fills = {sheet[cell].fill.fgColor.rgb for cell in unlocked}
    assert len(fills) == 1
    assert fills.isdisjoint({sheet["A2"].fill.fgColor.rgb, sheet["H3"].fill.fgColor.rgb})


def test_the_same_form_gives_the_same_bytes_and_another_value_others() -> None:
    assert render(FORM) == render(FORM)
    other = FORM._replace(rows=[FORM.rows[0], FORM.rows[1]._replace(value=Fraction(13))])
    assert render(other) != render(FORM)


def test_every_width_holds_its_heading() -> None:
    sheet = opened()["基礎数値"]
    widths = [sheet.column_dimensions[chr(65 + n)].width for n in range(len(COLUMNS))]
    # Full-width characters count two.
    assert all(width >= 2 * len(name) + 1 for width, name in zip(widths, DESIGN, strict=True)), (
        widths
    )
