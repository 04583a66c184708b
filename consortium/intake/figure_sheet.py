"""A filled 基礎数値様式, read back (基礎数値様式の読取り).

A row counts only if it is one that was asked for: same year, town, series, reference day, edition
and unit. Everything wrong is told with its cell; a form with a single fault gives no figures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from consortium.domain.calendar.wareki import wareki
from consortium.intake.sheet_table import Findings, Line, read_table_of
from consortium.intake.signs import bare
from consortium.intake.workbook import read_workbook

SHEET: Final = "基礎数値"
YEAR, CODE, BASIS, DAY, EDITION = "年度", "団体コード", "算定基礎", "基準日", "版"
VALUE, UNIT, CERTAINTY, SOURCE, NOTE = "値", "単位", "見込・確定", "出典", "備考"
#: Heading → whether the sheet must have it; 団体名 is for people, towns are told by their code.
HEADINGS: Final = {
    YEAR: True, CODE: True, BASIS: True, DAY: True, EDITION: True, VALUE: True, UNIT: True,
    CERTAINTY: True, SOURCE: False, NOTE: False,
}  # fmt: skip
_CERTAINTIES: Final = ("確定", "見込")
_LONGEST: Final = 200
_AGAIN: Final = "今回の様式をダウンロードし直して、そちらに記入してください。"
#: As many digits as the screen takes (整数12桁、小数9桁).
_LARGEST, _FINEST = 10**12, 10**9


@dataclass(frozen=True, slots=True)
class Expected:
    """What the form was made for (様式の内容): a town, what is asked of it, the other towns."""

    year: str
    code: str
    name: str
    reference_on: date
    edition: str
    #: names of the 算定基礎 → their keys, and their units as printed
    series: Mapping[str, str]
    units: Mapping[str, str]
    #: the other towns that are asked, by code
    others: Mapping[str, str]
    #: the lead city's own form holds the rows of every town
    may_hold_others: bool = False


class FormFigure(NamedTuple):
    """One row as filled in (記入された値)."""

    value: Fraction
    certainty: str
    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class FilledForm:
    """What was read (読み取った様式): figures by series, or the faults that keep them out.

    `notices` say what was taken for a number; rows of other towns are left alone and counted.
    """

    figures: Mapping[str, FormFigure]
    faults: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    left: int = 0


def read_figures(content: bytes, expected: Expected) -> FilledForm:
    """Read a filled form.

    Raises: BadInputError at `file` for what is no workbook, or has no sheet 基礎数値.
    """
    findings = Findings()
    sheet = read_workbook(content).sheet(SHEET)
    table = read_table_of(sheet, HEADINGS, findings, header_row=1)
    figures: dict[str, FormFigure] = {}
    left = 0
    for line in table.lines:
        if _is_anothers(line, expected):
            left += 1
            continue
        series = _series(line, expected, figures)
        figure = _figure(line)
        if series and figure is not None:
            figures[series] = figure
    if not findings.has_faults:
        _refuse_missing(findings, expected, figures)
    if findings.has_faults:
        return FilledForm({}, findings.told())
    return FilledForm(figures, (), findings.notes(), left)


def _is_anothers(line: Line, expected: Expected) -> bool:
    """Leave the rows of other towns in the lead city's form; elsewhere they are a wrong form."""
    code = line.code(CODE)
    if code is None or code == expected.code:
        return False
    town = expected.others.get(code)
    if town is not None and expected.may_hold_others:
        return True
    found = f"{town}の様式です。" if town else f"団体コード {code} の団体には依頼していません。"
    line.fault(CODE, found, f"{expected.name}（{expected.code}）の様式を選んでください。")
    return False


def _series(line: Line, expected: Expected, taken: Mapping[str, FormFigure]) -> str:
    """Give the key of the 算定基礎 a row is about, once everything printed on it is right."""
    year, edition = bare(line.text(YEAR)), line.text(EDITION)
    if year and year != bare(expected.year):
        line.fault(YEAR, f"「{year}」の様式です。求めているのは{expected.year}です。", _AGAIN)
    elif edition and bare(edition) != bare(expected.edition):
        found = f"版が「{edition}」です。求めているのは「{expected.edition}」です。"
        line.fault(EDITION, found, _AGAIN)
    day = line.day(DAY)
    if day is not None and day != expected.reference_on:
        asked_day = wareki(expected.reference_on)
        line.fault(DAY, f"基準日が{wareki(day)}です。求めているのは{asked_day}の値です。", _AGAIN)
    basis = line.text(BASIS)
    key = {bare(label): key for label, key in expected.series.items()}.get(bare(basis), "")
    if basis and not key:
        asked = "、".join(expected.series)
        line.fault(BASIS, f"「{basis}」は依頼していません。", f"{asked} の行に記入してください。")
    if key in taken:
        line.fault(BASIS, f"{basis}の行が二つあります。", "一つだけにしてください。")
    unit, printed = line.text(UNIT, needed=False), expected.units.get(key, "")
    if key and bare(unit) != bare(printed):
        found = f"単位が「{unit}」です。様式では「{printed}」です。"
        line.fault(UNIT, found, "様式の単位で数えた値を入れて、単位は元に戻してください。")
    return key


def _figure(line: Line) -> FormFigure | None:
    value = line.number(VALUE)
    if value is not None and value < 0:
        line.fault(VALUE, "値が負の数です。", "0以上の数を入れてください。")
    if value is not None and (value >= _LARGEST or (value * _FINEST).denominator != 1):
        line.fault(VALUE, "値の桁が多すぎます。", "整数12桁、小数9桁までにしてください。")
    certainty = line.one_of(CERTAINTY, _CERTAINTIES)
    source = line.text(SOURCE, needed=False, longest=_LONGEST)
    note = line.text(NOTE, needed=False, longest=_LONGEST)
    if value is None or line.is_faulty:
        return None
    return FormFigure(value, certainty, source, note)


def _refuse_missing(
    findings: Findings, expected: Expected, figures: Mapping[str, FormFigure]
) -> None:
    for label, key in expected.series.items():
        if key not in figures:
            found = f"{expected.name}の「{label}」の行がありません。"
            findings.fault(SHEET, "", found, _AGAIN)
