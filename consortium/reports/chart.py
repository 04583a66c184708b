"""The bar chart of a sheet (横棒グラフ); readers that do not calculate find its values in it."""

from collections.abc import Sequence
from typing import Any

from consortium.reports.sheet import Area, Chart, Formula, Int, Ratio, Sheet, Text, letters
from consortium.reports.styles import GOTHIC

_GRID, _BAR = "D9D9D9", "5B7FA6"
_TITLE_SIZE, _LABEL_SIZE = 1200, 900  # hundredths of a point


def bar_chart(sheet: Sheet, chart: Chart) -> Any:
    """Make a chart without legend, light lines behind, the first category on top."""
    from openpyxl.chart import BarChart
    from openpyxl.chart.series import Series
    from openpyxl.chart.shapes import GraphicalProperties

    made: Any = BarChart()
    made.type, made.style, made.legend, made.gapWidth = "bar", None, None, 60
    made.width, made.height = chart.size
    made.roundedCorners = False
    made.title = _title(chart.title)
    made.title.overlay = False
    series: Any = Series(val=_numbers(sheet, chart.values), cat=_names(sheet, chart.categories))
    series.graphicalProperties = GraphicalProperties(solidFill=_BAR)
    series.invertIfNegative = False
    made.series.append(series)
    for axis in (made.x_axis, made.y_axis):
        axis.delete, axis.txPr = False, _letters(_LABEL_SIZE)
    made.x_axis.scaling.orientation = "maxMin"
    made.x_axis.tickLblSkip = 1  # every category is named, however close they stand
    made.y_axis.axPos, made.y_axis.crosses, made.y_axis.number_format = "b", "max", "#,##0"
    made.y_axis.majorUnit = _step(
        [_number(sheet.cells[place][0]) for place in _places(chart.values)]
    )
    made.y_axis.majorGridlines.spPr = GraphicalProperties(ln=_thin())
    return made


def _step(values: Sequence[float]) -> int | None:
    """Give the step of the axis: few lines, so that long amounts do not run into each other."""
    highest = max(map(abs, values))
    if highest < 1:
        return None
    power = 10 ** (len(str(int(highest))) - 1)
    return next(n * power // 10 for n in (2, 5, 10, 20, 50) if n * power >= 2 * highest) or 1


def _thin() -> Any:
    from openpyxl.drawing.line import LineProperties

    return LineProperties(solidFill=_GRID, w=6350)


def _font(size: int) -> Any:
    from openpyxl.drawing.text import CharacterProperties, Font

    face = Font(typeface=GOTHIC)
    return CharacterProperties(latin=face, ea=face, sz=size, b=False)


def _letters(size: int) -> Any:
    from openpyxl.chart.text import RichText
    from openpyxl.drawing.text import Paragraph, ParagraphProperties

    return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=_font(size)), r=())])


def _title(text: str) -> Any:
    from openpyxl.chart.text import RichText, Text
    from openpyxl.chart.title import Title
    from openpyxl.drawing.text import Paragraph, ParagraphProperties, RegularTextRun

    run = RegularTextRun(rPr=_font(_TITLE_SIZE), t=text)
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=_font(_TITLE_SIZE)), r=[run])
    return Title(tx=Text(rich=RichText(p=[paragraph])))


def _places(area: Area) -> list[tuple[int, int]]:
    top, left, bottom, right = area
    return [(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)]


def _reference(sheet: Sheet, area: Area) -> str:
    top, left, bottom, right = area
    return f"'{sheet.name}'!${letters(left)}${top}:${letters(right)}${bottom}"


def _names(sheet: Sheet, area: Area) -> Any:
    from openpyxl.chart.data_source import AxDataSource, StrData, StrRef, StrVal

    found = [sheet.cells[place][0] for place in _places(area)]
    texts = [cell.value if isinstance(cell, Text) else "" for cell in found]
    points = [StrVal(idx=place, v=text) for place, text in enumerate(texts)]
    kept = StrData(ptCount=len(points), pt=points)
    return AxDataSource(strRef=StrRef(f=_reference(sheet, area), strCache=kept))


def _numbers(sheet: Sheet, area: Area) -> Any:
    from openpyxl.chart.data_source import NumData, NumDataSource, NumRef, NumVal

    found = [_number(sheet.cells[place][0]) for place in _places(area)]
    points = [NumVal(idx=place, v=value) for place, value in enumerate(found)]
    kept = NumData(formatCode="#,##0", ptCount=len(points), pt=points)
    return NumDataSource(numRef=NumRef(f=_reference(sheet, area), numCache=kept))


def _number(cell: object) -> float:
    value = cell.cached if isinstance(cell, Formula) else cell
    if isinstance(value, Ratio):
        return value.numerator / value.denominator
    return value.value if isinstance(value, Int) else value if isinstance(value, int) else 0
