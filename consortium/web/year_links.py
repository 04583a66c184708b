"""The links to the same page of other years (年度・暦年の選択)."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date

from flask import url_for

from consortium.domain.calendar.period import FiscalYear
from consortium.web.svg import year_label

YearLinks = list[dict[str, object]]


def year_links(
    years: Iterable[FiscalYear],
    chosen: FiscalYear | None,
    url: Callable[[FiscalYear], str],
    labels: Mapping[FiscalYear, str] | None = None,
) -> YearLinks:
    """Give a link for each year, with its full name as title where the page has names (年度)."""
    return [
        {
            "label": year_label(each),
            "title": f"{labels[each]}（{each.start_year}年度）"
            if labels
            else f"{each.start_year}年度",
            "url": url(each),
            "current": each == chosen,
        }
        for each in years
    ]


def calendar_year_links(year: int, today: date) -> YearLinks:
    """Give links to the calendar years about today and the one shown (暦年の選択)."""
    offered = sorted({year, *range(today.year - 1, today.year + 4)})
    return [
        {"label": f"{each}年", "url": url_for(".year", calendar_year=each), "current": each == year}
        for each in offered
    ]
