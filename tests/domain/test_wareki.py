"""Era dates and fiscal-year labels (和暦・年度の表記)."""

from datetime import date, timedelta

import pytest
from japanera import EraDate

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import (
    fiscal_year_code,
    fiscal_year_label,
    parse_date,
    wareki,
    wareki_short,
)
from consortium.domain.errors import BadInputError

FIRST_DAY, LAST_DAY = date(1873, 1, 1), date(2100, 12, 31)
EVERY_DAY = [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]


@pytest.mark.parametrize(
    ("day", "long", "short"),
    [
        (date(1873, 1, 1), "明治6年1月1日", "M6.1.1"),
        (date(1873, 1, 2), "明治6年1月2日", "M6.1.2"),
        (date(1912, 7, 29), "明治45年7月29日", "M45.7.29"),
        (date(1912, 7, 30), "大正元年7月30日", "T1.7.30"),
        (date(1912, 7, 31), "大正元年7月31日", "T1.7.31"),
        (date(1926, 12, 24), "大正15年12月24日", "T15.12.24"),
        (date(1926, 12, 25), "昭和元年12月25日", "S1.12.25"),
        (date(1926, 12, 26), "昭和元年12月26日", "S1.12.26"),
        (date(1989, 1, 7), "昭和64年1月7日", "S64.1.7"),
        (date(1989, 1, 8), "平成元年1月8日", "H1.1.8"),
        (date(1989, 1, 9), "平成元年1月9日", "H1.1.9"),
        (date(2019, 4, 30), "平成31年4月30日", "H31.4.30"),
        (date(2019, 5, 1), "令和元年5月1日", "R1.5.1"),
        (date(2019, 5, 2), "令和元年5月2日", "R1.5.2"),
        (date(2020, 1, 1), "令和2年1月1日", "R2.1.1"),
        (date(2021, 6, 1), "令和3年6月1日", "R3.6.1"),
    ],
)
def test_a_day_is_written_in_the_era_of_that_day(day, long, short):
    assert wareki(day) == long
    assert wareki_short(day) == short


def test_every_day_from_1873_to_2100_is_read_back_as_it_was_written():
    assert len(EVERY_DAY) == 83275  # 228 years, 55 leap days: 228 × 365 + 55
    for day in EVERY_DAY:
        assert parse_date(wareki(day)) == day
        assert parse_date(wareki_short(day)) == day


def test_every_day_from_1873_to_2100_agrees_with_japanera():
    for day in EVERY_DAY:
        era = EraDate.from_date(day).era
        number = era.calc_relative_year(day)
        in_words = "元" if number == 1 else str(number)
        assert wareki(day) == f"{era.kanji}{in_words}年{day.month}月{day.day}日"
        assert wareki_short(day) == f"{era.english_head}{number}.{day.month}.{day.day}"


@pytest.mark.parametrize("write", [wareki, wareki_short])
def test_a_day_of_the_old_calendar_cannot_be_written(write):
    with pytest.raises(BadInputError, match="明治6年（1873年）1月1日以後"):
        write(date(1872, 12, 31))


@pytest.mark.parametrize(
    "text",
    [
        "令和3年6月1日", "令和03年06月01日", "令和３年６月１日", "令和 3年 6月 1日",
        "令和\u30003年\u30006月\u30001日", "㋿3年6月1日", "R3年6月1日", "令和3.6.1",
        "R3.6.1", "R03.06.01", "Ｒ３．６．１", "R3/6/1", "R3-6-1", " R3.6.1 ",
        "2021-06-01", "2021/6/1", "2021/06/01", "2021年6月1日", "２０２１年６月１日",
        "２０２１－０６－０１", "平成33年6月1日", "H33.6.1", "昭和96年6月1日",
    ],
)  # fmt: skip
def test_the_first_of_june_2021_is_read_in_every_form_of_the_office(text):
    assert parse_date(text) == date(2021, 6, 1)


@pytest.mark.parametrize(
    "text", ["令和元年5月1日", "令和1年5月1日", "R元.5.1", "R1.5.1", "平成31年5月1日"]
)
def test_the_first_year_of_an_era_is_read_as_gannen_and_as_one(text):
    assert parse_date(text) == date(2019, 5, 1)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("平成34年3月30日", date(2022, 3, 30)),
        ("平成34年3月31日", date(2022, 3, 31)),
        ("平成34年4月1日", date(2022, 4, 1)),
        ("昭和100年1月1日", date(2025, 1, 1)),
    ],
)
def test_a_year_beyond_the_end_of_its_era_is_read_as_written_then(text, day):
    """The first term ends 平成34年3月31日, as papers made before 令和 say."""
    assert parse_date(text) == day


@pytest.mark.parametrize(
    ("text", "first_day", "instead"),
    [
        ("令和元年4月30日", "2019年5月1日", "平成31年4月30日"),
        ("R1.1.1", "2019年5月1日", "平成31年1月1日"),
        ("令和0年6月1日", "2019年5月1日", "平成30年6月1日"),
        ("平成元年1月7日", "1989年1月8日", "昭和64年1月7日"),
        ("昭和元年12月24日", "1926年12月25日", "大正15年12月24日"),
        ("大正元年7月29日", "1912年7月30日", "明治45年7月29日"),
    ],
)
def test_a_day_before_its_era_began_is_refused_with_what_to_write_instead(text, first_day, instead):
    with pytest.raises(BadInputError) as refusal:
        parse_date(text)
    assert f"「{text}」" in refusal.value.asked
    assert f"{first_day}からです" in refusal.value.found
    assert refusal.value.todo == f"{instead}と書いてください。"


def test_a_day_before_its_era_is_explained_in_one_line():
    with pytest.raises(BadInputError) as refusal:
        parse_date("令和元年4月30日")
    assert str(refusal.value) == (
        "「令和元年4月30日」を日付として扱おうとしました。"
        "令和は2019年5月1日からです。平成31年4月30日と書いてください。"
    )


@pytest.mark.parametrize("text", ["明治5年12月31日", "1872-12-31", "明治元年10月23日"])
def test_a_day_of_the_old_calendar_cannot_be_read(text):
    with pytest.raises(BadInputError, match="明治6年（1873年）1月1日以後"):
        parse_date(text)


@pytest.mark.parametrize(
    "text",
    ["令和3年2月30日", "2021-02-29", "令和3年13月1日", "R3.4.31", "令和3年0月1日", "2021/6/0",
     "0000-01-01"],
)  # fmt: skip
def test_a_day_that_does_not_exist_is_refused(text):
    with pytest.raises(BadInputError, match="暦にない日です") as refusal:
        parse_date(text)
    assert f"「{text}」" in refusal.value.asked


@pytest.mark.parametrize(
    "text",
    ["", "　", "あした", "令和3年6月", "R3.6", "令和3年度", "令和2021年6月1日", "21-06-01",
     "2021-06-01T00:00", "2021.6/1", "令和3年6/1", "令和3年6月1", "R3.6.1日", "慶応3年6月1日",
     "r3.6.1", "20210601", "令和3年6月1日から", "元年6月1日", "令和三年六月一日", "44348"],
)  # fmt: skip
def test_any_other_text_is_refused_with_examples(text):
    with pytest.raises(BadInputError) as refusal:
        parse_date(text)
    assert f"「{text}」" in refusal.value.asked
    assert "日付の形ではありません" in refusal.value.found
    assert "令和3年6月1日" in refusal.value.todo


def test_a_western_date_written_with_points_is_read():
    assert parse_date("2021.6.1") == date(2021, 6, 1)


@pytest.mark.parametrize(
    ("start_year", "label", "code"),
    [
        (1873, "明治6年度", "M06"),
        (1912, "明治45年度", "M45"),
        (1926, "大正15年度", "T15"),
        (1988, "昭和63年度", "S63"),
        (1989, "平成元年度", "H01"),
        (2015, "平成27年度", "H27"),
        (2018, "平成30年度", "H30"),
        (2019, "令和元年度", "R01"),
        (2020, "令和2年度", "R02"),
        (2021, "令和3年度", "R03"),
        (2028, "令和10年度", "R10"),
    ],
)
def test_a_fiscal_year_is_named_by_the_era_of_its_first_of_april(start_year, label, code):
    """2019 alone is named by the era that began in its second month."""
    assert fiscal_year_label(FiscalYear(start_year)) == label
    assert fiscal_year_code(FiscalYear(start_year)) == code


def test_an_office_may_call_2019_heisei_31():
    labels = {2019: "平成31年度"}
    assert fiscal_year_label(FiscalYear(2019), labels) == "平成31年度"
    assert fiscal_year_label(FiscalYear(2018), labels) == "平成30年度"
    assert fiscal_year_label(FiscalYear(2020), labels) == "令和2年度"


@pytest.mark.parametrize("write", [fiscal_year_label, fiscal_year_code])
def test_a_fiscal_year_of_the_old_calendar_has_no_name(write):
    with pytest.raises(BadInputError, match="明治6年"):
        write(FiscalYear(1872))
