"""How amounts and dates are written on a page (表示の書式): the only formatting in templates."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, pass_environment

from consortium.domain.calendar import wareki as era
from consortium.domain.errors import BadInputError

_TOKYO: Final = ZoneInfo("Asia/Tokyo")

#: Stands where there is no value; a zero is written as 0.
NOTHING: Final = "－"


def yen(amount: int | None) -> str:
    """Write an amount with separators, △ before a negative one; 円 is named in the table's unit.

    Raises: TypeError for anything but whole yen, so that a fraction is never rounded here.
    """
    if amount is None:
        return NOTHING
    if not isinstance(amount, int):
        raise TypeError(f"not whole yen: {amount!r}")
    return f"△{-amount:,}" if amount < 0 else f"{amount:,}"


def yen_unit(amount: int | None) -> str:
    """Write an amount within a sentence, with 円."""
    return NOTHING if amount is None else f"{yen(amount)}円"


def number(count: int | None) -> str:
    """Write a count of people, households or documents with separators (件数・人口)."""
    return yen(count)


@pass_environment
def wareki(environment: Environment, day: date | None) -> str:
    """Write 令和3年6月1日, with 2021年6月1日 on hover; an instant also gets its time in Japan."""
    return _dated(environment, day, era.wareki)


@pass_environment
def wareki_short(environment: Environment, day: date | None) -> str:
    """Write R3.6.1 for narrow columns, with 2021年6月1日 on hover."""
    return _dated(environment, day, era.wareki_short)


def _dated(environment: Environment, day: date | None, write: Callable[[date], str]) -> str:
    if day is None:
        return NOTHING
    moment = day.astimezone(_TOKYO) if isinstance(day, datetime) else None
    here = moment.date() if moment else day
    # The template, not this module, decides what is markup.
    template: Any = environment.get_template("macros/date.html").module
    drawn: str = template.dated(
        text=_named(here, write) + (f" {moment:%H:%M}" if moment else ""),
        machine=moment.isoformat(timespec="minutes") if moment else here.isoformat(),
        western=f"{here.year}年{here.month}月{here.day}日",
    )
    return drawn


def _named(day: date, write: Callable[[date], str]) -> str:
    """Write a day; one before the first era, mistyped and saved, must not take the page down."""
    try:
        return write(day)
    except BadInputError:
        return day.isoformat()


#: Given to Jinja by `create_app`: `app.jinja_env.filters.update(FILTERS)`.
FILTERS: Final[dict[str, Callable[..., str]]] = {
    "yen": yen,
    "yen_unit": yen_unit,
    "number": number,
    "wareki": wareki,
    "wareki_short": wareki_short,
}
