"""Dates and fiscal years as the office writes them (和暦): era dates ↔ `date`, 年度 labels.

An era's year runs on after the era for whoever wrote the paper before it ended: the first term
ends on 平成34年3月31日, which is 2022-03-31. Nothing can be dated before its era began.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.errors import BadInputError


@dataclass(frozen=True, slots=True)
class Era:
    """An era (元号): its name, its letter on forms, its first day and the year it counts as 1."""

    name: str
    letter: str
    first_day: date
    year_one: int


#: Latest first. 明治 begins here with the solar calendar, which makes 1873 its sixth year.
ERAS = (
    Era("令和", "R", date(2019, 5, 1), 2019),
    Era("平成", "H", date(1989, 1, 8), 1989),
    Era("昭和", "S", date(1926, 12, 25), 1926),
    Era("大正", "T", date(1912, 7, 30), 1912),
    Era("明治", "M", date(1873, 1, 1), 1868),
)

_ERA_OF_SIGN = {sign: era for era in ERAS for sign in (era.name, era.letter)}

# Three digits at most: 令和2021年 is a slip of the pen, not the year 4039.
_YEAR = rf"(?:(?P<era>{'|'.join(_ERA_OF_SIGN)})(?P<era_year>元|[0-9]{{1,3}})|(?P<year>[0-9]{{4}}))"
_DATE_TEXTS = (
    re.compile(_YEAR + "年(?P<month>[0-9]{1,2})月(?P<day>[0-9]{1,2})日"),
    re.compile(_YEAR + "(?P<mark>[./-])(?P<month>[0-9]{1,2})(?P=mark)(?P<day>[0-9]{1,2})"),
)

# FY2019 began in 平成31, but papers made since 2019-05-01 call the whole year 令和元年度. Offices
# differ, therefore `overrides`. Source: info.shaho.co.jp/nenkin/trend/201905/5553.
_NAMING_DAY = {2019: date(2019, 5, 1)}


def wareki(day: date) -> str:
    """Write a day as documents do (和暦); an era's first year is 元年.

    >>> wareki(date(2021, 6, 1)), wareki(date(2019, 5, 1))
    ('令和3年6月1日', '令和元年5月1日')

    Raises: BadInputError for a day before 明治6年1月1日, when the calendar was another one.
    """
    era = _era_on(day)
    return f"{era.name}{_year_in_words(era, day)}年{day.month}月{day.day}日"


def wareki_month(month: Month) -> str:
    """Write a month as documents do (和暦の月); its first day decides the era.

    >>> wareki_month(Month(2019, 5))
    '令和元年5月'

    Raises: BadInputError as `wareki`.
    """
    return wareki(month.first).removesuffix("1日")


def wareki_short(day: date) -> str:
    """Write a day as narrow columns do (和暦の略記).

    >>> wareki_short(date(2021, 6, 1))
    'R3.6.1'

    Raises: BadInputError as `wareki`.
    """
    era = _era_on(day)
    return f"{era.letter}{_year_number(era, day)}.{day.month}.{day.day}"


def parse_date(text: str) -> date:
    """Read a day in any form the office writes it (日付の読取り).

    Understood: 令和3年6月1日, 令和元年 and 令和1年, R3.6.1, years beyond the era's end, 2021-06-01,
    2021/6/1 and 2021年6月1日, each also in full-width characters or with spaces between.

    >>> parse_date("平成34年3月31日")
    datetime.date(2022, 3, 31)

    Raises: BadInputError for any other text, an unknown day, or a day before its era began.
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    match = next(filter(None, (form.fullmatch(plain) for form in _DATE_TEXTS)), None)
    if match is None:
        raise _unreadable(
            text,
            "日付の形ではありません。",
            "令和3年6月1日、R3.6.1、2021-06-01 のように、年月日をそろえて書いてください。",
        )
    era = _ERA_OF_SIGN.get(match["era"])
    day = _existing_day(text, _year(match, era), int(match["month"]), int(match["day"]))
    if era is not None and day < era.first_day:
        raise _unreadable(
            text,
            f"{era.name}は{era.first_day.year}年{era.first_day.month}月{era.first_day.day}日からです。",
            f"{wareki(day)}と書いてください。",
        )
    _era_on(day)
    return day


def fiscal_year_label(fiscal_year: FiscalYear, overrides: Mapping[int, str] | None = None) -> str:
    """Write a fiscal year as on forms (年度の表記): by the era of 1 April, 2019 as 令和元年度.

    `overrides` is the consortium's setting, from start year to label.

    >>> fiscal_year_label(FiscalYear(2021))
    '令和3年度'

    Raises: BadInputError for a year without an era.
    """
    label = (overrides or {}).get(fiscal_year.start_year)
    if label is not None:
        return label
    day = _naming_day(fiscal_year)
    era = _era_on(day)
    return f"{era.name}{_year_in_words(era, day)}年度"


def fiscal_year_code(fiscal_year: FiscalYear) -> str:
    """Write a fiscal year as in document numbers and file names (年度記号).

    >>> fiscal_year_code(FiscalYear(2021)), fiscal_year_code(FiscalYear(2019))
    ('R03', 'R01')

    Raises: BadInputError for a year without an era.
    """
    day = _naming_day(fiscal_year)
    era = _era_on(day)
    return f"{era.letter}{_year_number(era, day):02d}"


def _era_on(day: date) -> Era:
    for era in ERAS:
        if era.first_day <= day:
            return era
    raise _unreadable(
        str(day), "この日の和暦は扱えません。", "明治6年（1873年）1月1日以後の日付にしてください。"
    )


def _year_number(era: Era, day: date) -> int:
    return day.year - era.year_one + 1


def _year_in_words(era: Era, day: date) -> str:
    number = _year_number(era, day)
    return "元" if number == 1 else str(number)


def _naming_day(fiscal_year: FiscalYear) -> date:
    return _NAMING_DAY.get(fiscal_year.start_year, fiscal_year.period.since)


def _year(match: re.Match[str], era: Era | None) -> int:
    if era is None:
        return int(match["year"])
    number = 1 if match["era_year"] == "元" else int(match["era_year"])
    return era.year_one + number - 1


def _existing_day(text: str, year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise _unreadable(
            text, "暦にない日です。", "その月に実際にある日を書いてください。"
        ) from error


def _unreadable(text: str, found: str, todo: str) -> BadInputError:
    return BadInputError(f"「{text}」を日付として扱おうとしました。", found, todo)
