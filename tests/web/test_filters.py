"""Amounts and dates on a page (表示の書式)."""

from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader

from consortium.web.filters import FILTERS, number, yen, yen_unit

TEMPLATES = Path(__file__).parents[2] / "consortium" / "web" / "templates"


def written(source: str, value: object) -> str:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    environment.filters.update(FILTERS)
    return environment.from_string(source).render(value=value)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_234_567, "1,234,567"),
        (-1_234, "△1,234"),
        (None, "－"),
    ],
)
def test_an_amount_has_separators_and_a_triangle_when_negative(
    amount: int | None, text: str
) -> None:
    assert yen(amount) == text


@pytest.mark.parametrize("amount", [1234.0, Fraction(1, 3), "1234"])
def test_anything_but_whole_yen_is_refused_rather_than_rounded(amount: Any) -> None:
    with pytest.raises(TypeError):
        yen(amount)


def test_within_a_sentence_the_amount_names_its_unit() -> None:
    assert (yen_unit(-500), yen_unit(None)) == ("△500円", "－")


def test_a_population_has_separators() -> None:
    assert number(177_411) == "177,411"


def test_a_date_is_written_in_wareki_with_the_western_year_on_hover() -> None:
    assert written("{{ value | wareki }}", date(2021, 6, 1)) == (
        '<time datetime="2021-06-01" title="2021年6月1日">令和3年6月1日</time>'
    )


def test_a_narrow_column_gets_the_short_date() -> None:
    assert written("{{ value | wareki_short }}", date(2019, 4, 1)) == (
        '<time datetime="2019-04-01" title="2019年4月1日">H31.4.1</time>'
    )


def test_an_instant_is_written_in_japanese_time_with_its_clock() -> None:
    # 2026-03-31 23:05 UTC is the morning of 1 April in Japan.
    assert written("{{ value | wareki }}", datetime(2026, 3, 31, 23, 5, tzinfo=UTC)) == (
        '<time datetime="2026-04-01T08:05+09:00" title="2026年4月1日">令和8年4月1日 08:05</time>'
    )


def test_a_missing_date_is_a_dash() -> None:
    assert written("{{ value | wareki }}{{ value | wareki_short }}", None) == "－－"
