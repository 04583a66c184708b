"""What a page shows is what is stored (表示と保存値の一致): the M-27 of the design."""

import re
from datetime import date

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from consortium.clock import FrozenClock
from consortium.db.store import runs
from consortium.db.unit import reading
from consortium.domain.calendar.wareki import parse_date, wareki
from consortium.domain.errors import BadInputError
from consortium.domain.municipality import municipality_code
from consortium.web.filters import yen
from tests.depth import examples
from tests.people import People
from tests.web.portal import Portal, open_portal

pytestmark = pytest.mark.usefixtures("plain_files")

CELL = re.compile(r'href="[^"]*/why/(\d+)/(\d{6})">([^<]+)</a>')
TIME = re.compile(r'<time datetime="(\d{4}-\d{2}-\d{2})"[^>]*>((?:平成|令和)[^<]+日)</time>')
#: first day of the era → its name and the year before its first
ERAS = ((date(2019, 5, 1), "令和", 2018), (date(1989, 1, 8), "平成", 1988))


def amount_of(text: str) -> int:
    """Read yen as a person does: separators away, △ is minus."""
    assert re.fullmatch(r"△?\d{1,3}(,\d{3})*", text), text
    return int(text.replace(",", "").replace("△", "-"))


def last_digit(five: str) -> int:
    """Compute a check digit from the definition: 11 − (6a+5b+4c+3d+2e mod 11), last digit."""
    a, b, c, d, e = map(int, five)
    return (11 - (6 * a + 5 * b + 4 * c + 3 * d + 2 * e) % 11) % 10


def in_wareki(day: date) -> str:
    """Write a day of 平成 or 令和, 元年 for the first year."""
    name, before = next((name, before) for first, name, before in ERAS if day >= first)
    year = day.year - before
    return f"{name}{'元' if year == 1 else year}年{day.month}月{day.day}日"


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


@pytest.mark.web
def test_m27_amounts_and_codes_on_a_page_are_the_stored_ones(portal: Portal) -> None:
    run_id = portal.run(2021)
    with portal.app.app_context(), reading() as session:
        result = runs.read_result(session, portal.office.consortium_id, run_id)
    page = portal.cast.client("lead_staff").get(f"/runs/{run_id}").text
    shown = {(int(no), code): amount_of(text) for no, code, text in CELL.findall(page)}
    stored = {
        (entry.item.no, party.code): amount
        for entry, row in zip(result.items, result.matrix, strict=True)
        for party, amount in zip(result.parties, row, strict=True)
    }
    assert len(shown) > 20
    assert shown.items() <= stored.items()
    assert {key for key, amount in stored.items() if amount} <= set(shown)
    assert all(int(code[5]) == last_digit(code[:5]) for _, code in shown)
    for party, amount in zip(result.parties, result.amounts, strict=True):
        assert yen(amount) in page, party.name


@pytest.mark.web
def test_m27_days_and_codes_of_the_members_are_the_stored_ones(portal: Portal) -> None:
    page = portal.cast.client("lead_staff").get("/members").text
    days = TIME.findall(page)
    assert len(days) >= 7
    for stored, shown in days:
        assert shown == in_wareki(date.fromisoformat(stored))
    codes = re.findall(r">(\d{6})</td>", page)
    assert len(set(codes)) == 7
    assert all(int(code[5]) == last_digit(code[:5]) for code in codes)


@pytest.mark.property
@examples(1_000)
@given(st.integers(-(10**12), 10**12))
def test_m27_an_amount_is_read_back_as_it_was(amount: int) -> None:
    assert amount_of(yen(amount)) == amount


@pytest.mark.property
@examples(1_000)
@given(st.dates(date(1989, 1, 8), date(2050, 12, 31)))
def test_m27_a_day_is_read_back_as_it_was(day: date) -> None:
    assert wareki(day) == in_wareki(day)
    assert parse_date(wareki(day)) == day


@pytest.mark.property
@examples(1_000)
@given(st.from_regex(r"\A[0-9]{6}\Z"))
def test_m27_a_code_is_taken_with_its_check_digit_only(code: str) -> None:
    if int(code[5]) == last_digit(code[:5]):
        assert municipality_code(code) == code
        return
    with pytest.raises(BadInputError):
        municipality_code(code)
