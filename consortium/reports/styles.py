"""How cells look (書式): every style by its name, registered once per workbook."""

from dataclasses import dataclass

GOTHIC, MINCHO = "游ゴシック", "ＭＳ 明朝"

YEN = '#,##0_ ;"△"#,##0_ ;0_ '
COUNT = "#,##0_ "
LETTER_YEN = '"金"#,##0"円";"金△"#,##0"円"'
FINE_PERCENT = "0.0000%_ "
PERCENT = "0.00%_ "
CODE = "@"
#: Whole percent of something done; typing 50 gives 50 % (進捗).
WHOLE_PERCENT = "0%"
#: Narrow columns: R3.6.1.
SHORT_DATE = '[$-411]ge"."m"."d'
#: The first conditions catch 平成 and 令和元年, which plain ggge writes as 令和1年.
DATE = '[<43586][$-411]ggge"年"m"月"d"日";[<43831]"令和元年"m"月"d"日";[$-411]ggge"年"m"月"d"日"'
PLAIN = "0"
ABSENT = '0;0;"–"'

HEADER_FILL, TOTAL_FILL, BLOCK_FILL, BAD_FILL = "E7EDF5", "F5F5F5", "F7F9FC", "FFC7CE"
#: Cells that somebody fills in (記入する欄).
INPUT_FILL = "FFF9E5"
#: Bars of a 工程表: told apart by their row and mark, too.
PLANNED_FILL, HAPPENED_FILL = "B4C7E7", "F4B183"


@dataclass(frozen=True, slots=True)
class Style:
    """One look of a cell; `measured` says whether the cell's text widens its column."""

    number_format: str = "General"
    horizontal: str = "left"
    size: float = 10.5
    bold: bool = False
    fill: str = ""
    wrap: bool = False
    indent: int = 0
    font: str = GOTHIC
    vertical: str = "center"
    measured: bool = True


def _free(horizontal: str = "left", size: float = 10.5, *, bold: bool = False) -> Style:
    """Text that lies free on the sheet and may run over its neighbours."""
    return Style(horizontal=horizontal, size=size, bold=bold, measured=False)


def _note(size: float = 9) -> Style:
    return Style(size=size, wrap=True, measured=False)


def _letter(
    horizontal: str = "left",
    size: float = 11,
    number_format: str = "General",
    *,
    bold: bool = False,
    wrap: bool = False,
) -> Style:
    return Style(number_format, horizontal, size, bold, wrap=wrap, font=MINCHO, measured=False)


#: Every style by its name.
STYLES: dict[str, Style] = {
    "plain": _free(),
    "title": _free("center", 16, bold=True),
    "left_title": _free(size=16, bold=True),
    "sample": _free(bold=True),
    "unit": _free("right", 9),
    "note": _note(),
    "label": _free("right"),
    "value": _free(bold=True),
    "date": Style(DATE, "left", measured=False),
    "header": Style(horizontal="center", bold=True, fill=HEADER_FILL, wrap=True),
    "wrapped_header": Style(
        horizontal="center", bold=True, fill=HEADER_FILL, wrap=True, measured=False
    ),
    "text": Style(indent=1),
    "wrap": Style(indent=1, wrap=True, measured=False),
    "center": Style(horizontal="center"),
    "code": Style(CODE, "center"),
    "yen": Style(YEN, "right"),
    "count": Style(COUNT, "right"),
    "decimal": Style(horizontal="right", indent=1),
    "ratio": Style(FINE_PERCENT, "right"),
    "percent": Style(PERCENT, "right"),
    "total": Style(horizontal="center", bold=True, fill=TOTAL_FILL),
    "total_yen": Style(YEN, "right", bold=True, fill=TOTAL_FILL),
    "total_percent": Style(PERCENT, "right", fill=TOTAL_FILL),
    "block": Style(bold=True, fill=BLOCK_FILL, wrap=True, indent=1, measured=False),
    "block_yen": Style(YEN, "right", bold=True, fill=BLOCK_FILL),
    "block_center": Style(horizontal="center", bold=True, fill=BLOCK_FILL),
    "step": Style(indent=2),
    #: a member that takes no part: a zero for the formulas, a dash for the reader
    "absent": Style(ABSENT, "center"),
    "share": Style(bold=True, indent=2),
    "share_yen": Style(YEN, "right", bold=True),
    "good": Style(horizontal="center"),
    "bad": Style(horizontal="center", bold=True, fill=BAD_FILL),
    "marked": Style(bold=True, fill=HEADER_FILL, indent=1),
    "marked_center": Style(horizontal="center", bold=True, fill=HEADER_FILL),
    "marked_yen": Style(YEN, "right", bold=True, fill=HEADER_FILL),
    "marked_percent": Style(PERCENT, "right", bold=True, fill=HEADER_FILL),
    "text_date": Style(DATE, "left", indent=1),
    "marked_date": Style(DATE, "left", bold=True, fill=HEADER_FILL, indent=1),
    "input": Style(fill=INPUT_FILL, wrap=True, indent=1, measured=False),
    "input_center": Style(horizontal="center", fill=INPUT_FILL),
    "input_number": Style(horizontal="right", fill=INPUT_FILL, indent=1),
    "input_date": Style(SHORT_DATE, "center", fill=INPUT_FILL, measured=False),
    "input_percent": Style(WHOLE_PERCENT, "right", fill=INPUT_FILL, measured=False),
    "short_date": Style(SHORT_DATE, "center", measured=False),
    "scale": Style(horizontal="center", size=8, fill=HEADER_FILL, measured=False),
    "scale_year": Style(horizontal="center", size=9, bold=True, fill=HEADER_FILL, measured=False),
    "time": Style(horizontal="center", measured=False),
    "planned_bar": Style(horizontal="center", fill=PLANNED_FILL, measured=False),
    "happened_bar": Style(horizontal="center", fill=HAPPENED_FILL, measured=False),
    "data": Style(indent=1),
    "data_head": Style(bold=True, indent=1),
    "data_head_int": Style(horizontal="right", bold=True),
    "data_code": Style(CODE, indent=1),
    "data_int": Style(PLAIN, "right"),
    "letter": _letter(),
    "letter_right": _letter("right"),
    "letter_date": _letter("right", number_format=DATE),
    "letter_title": _letter("center", 14, bold=True),
    "letter_center": _letter("center"),
    "letter_body": _letter(wrap=True),
    "letter_day": _letter(number_format=DATE),
    "letter_yen": _letter(number_format=LETTER_YEN),
    "letter_amount": _letter(size=14, number_format=LETTER_YEN, bold=True),
    "letter_small": _letter(size=8),
    "letter_sample": _letter(bold=True),
}
