"""What officers type, read exactly or refused in Japanese (入力欄)."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form, StringField, TextAreaField
from wtforms.validators import InputRequired

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.web.fields import (
    ChoiceField,
    MonthField,
    Plain,
    RatioField,
    WarekiDateField,
    YenField,
    parse_day,
    parse_ratio,
    parse_whole,
    parse_yen,
    plain_text,
    seen_number,
)


@pytest.mark.parametrize(
    ("typed", "yen"),
    [
        ("0", 0),
        ("1234", 1234),
        ("1,234", 1234),
        ("1,234円", 1234),
        ("1,234 円", 1234),
        ("¥1,234", 1234),
        ("￥１，２３４", 1234),
        ("\\1,234", 1234),
        ("１，２３４円", 1234),
        ("  1234　", 1234),
        ("00012", 12),
        ("999999999999", 999_999_999_999),
    ],
)
def test_an_amount_is_read_however_the_office_writes_it(typed: str, yen: int) -> None:
    assert parse_yen(typed) == yen
    assert type(parse_yen(typed)) is int


@pytest.mark.parametrize(
    "typed", ["△1,234", "▲1234", "-1234", "－１，２３４円", "−1,234", "¥-1,234", "△¥1,234"]
)
def test_a_refund_is_read_where_one_may_stand_only(typed: str) -> None:
    assert parse_yen(typed, allow_negative=True) == -1234
    with pytest.raises(ValueError, match="負の金額です"):
        parse_yen(typed)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("1234.5", "小数点"),
        ("１２３４．５円", "小数点"),
        ("1234.00", "小数点"),
        ("NaN", "読めません"),
        ("1e999", "読めません"),
        ("inf", "読めません"),
        ("0x10", "読めません"),
        ("千円", "読めません"),
        ("1万", "読めません"),
        ("1 234", "読めません"),
        ("1_000", "読めません"),
        ("(1,234)", "読めません"),
        ("△△1", "読めません"),
        ("△¥△1", "読めません"),
        ("円", "読めません"),
        ("10²", "読めません"),
        ("①", "読めません"),
        ("１２３４५", "読めません"),
        ("12,34", "桁区切り"),
        ("1,2345", "桁区切り"),
        (",123", "桁区切り"),
        ("1000000000000", "大きすぎます"),
        ("9" * 5000, "大きすぎます"),
    ],
)
def test_an_amount_that_is_none_is_refused_in_japanese(typed: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        parse_yen(typed, allow_negative=True)
    assert len(str(refused.value)) < 120


@pytest.mark.parametrize(
    ("typed", "ratio"),
    [("80", Fraction(80)), ("９．５", Fraction(19, 2)), ("0.1428571", Fraction(1_428_571, 10**7))],
)
def test_a_weight_is_read_exactly(typed: str, ratio: Fraction) -> None:
    assert parse_ratio(typed) == ratio


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("0", "割合が0"),
        ("0.000", "割合が0"),
        ("NaN", "読めません"),
        ("1e999", "読めません"),
        ("-80", "読めません"),
        ("八十", "読めません"),
        ("1/3", "読めません"),
        ("9" * 12, "大きすぎます"),
    ],
)
def test_a_weight_that_is_none_is_refused_in_japanese(typed: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_ratio(typed)


@pytest.mark.parametrize(
    "typed", ["令和3年6月1日", "R3.6.1", "2021-06-01", "２０２１／６／１", "平成33年6月1日"]
)
def test_a_day_is_read_however_the_office_writes_it(typed: str) -> None:
    assert parse_day(typed) == date(2021, 6, 1)


@pytest.mark.parametrize(
    "typed",
    ["令和3年2月30日", "6月1日", "昨日", "令和3年", "9999-12-31", "1899-12-31", "明治6年1月1日"],
)
def test_a_day_that_is_none_is_refused_in_japanese(typed: str) -> None:
    with pytest.raises(ValueError, match=r"ください。$"):
        parse_day(typed)


# ---- the fields in a form ------------------------------------------------------------------------


class Sample(Form):  # type: ignore[misc]  # the library ships no types
    """One field of each kind."""

    amount = YenField("金額", allow_negative=True, validators=[InputRequired("金額がありません。")])
    weight = RatioField("割合")
    day = WarekiDateField("日付")
    month = MonthField("月")
    town = ChoiceField("団体")
    name = StringField("名前", [Plain("名前", 10)], filters=[plain_text])
    note = TextAreaField("備考", [Plain("備考", 10, is_required=False)], filters=[plain_text])


GOOD = {
    "amount": "△１，２３４円",
    "weight": "9.5",
    "day": "R3.6.1",
    "month": "2021-06",
    "town": "t-1",
    "name": "運用",
    "note": "一行目\r\n二行目",
}


def filled(**changes: str) -> Sample:
    form = Sample(MultiDict(GOOD | changes))
    form.month.offer(FiscalYear(2021))
    form.town.offer([("t-1", "板柳町")], nothing="なし")
    return form


def test_a_form_gives_values_and_shows_what_was_typed() -> None:
    form = filled()
    assert form.validate(), form.errors
    assert form.amount.data == -1234
    assert form.weight.data == Fraction(19, 2)
    assert form.day.data == date(2021, 6, 1)
    assert form.month.month == Month(2021, 6)
    assert 'value="△１，２３４円"' in form.amount()


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("amount", "", "金額がありません。"),
        ("amount", "　", "金額を入力してください。"),
        ("amount", "1e999", "読めません"),
        ("weight", "0", "割合が0です"),
        ("day", "令和3年2月30日", "暦にない日です"),
        ("month", "2022-04", "令和3年4月から令和4年3月までの月ではありません"),
        ("month", "", "月を選んでください。"),
        ("town", "t-2", "団体を一覧から選び直してください。"),
        ("name", "", "名前を入力してください。"),
        ("name", "　 ", "名前を入力してください。"),
        ("name", "あ" * 11, "名前が長すぎます（11文字）"),
        ("name", "運\x00用", "制御文字"),
        ("name", "運\u202e用", "制御文字"),
        ("name", "運\n用", "制御文字"),
        ("note", "備\x07考", "制御文字"),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_field(field: str, typed: str, message: str) -> None:
    form = filled(**{field: typed})
    assert not form.validate()
    assert list(form.errors) == [field]
    (found,) = form.errors[field]
    assert message in found


def test_what_was_typed_stands_in_the_field_again() -> None:
    form = filled(amount="12,34.5円", day="昨日")
    form.validate()
    assert 'value="12,34.5円"' in form.amount()
    assert 'value="昨日"' in form.day()


def test_a_value_from_the_database_is_written_as_the_office_writes_it() -> None:
    form = Sample(data={"amount": -1234567, "day": date(2021, 6, 1)})
    assert 'value="△1,234,567"' in form.amount()
    assert 'value="令和3年6月1日"' in form.day()


def test_what_was_typed_is_escaped() -> None:
    form = filled(amount='"><script>alert(1)</script>')
    form.validate()
    assert "<script>" not in form.amount()


@pytest.mark.parametrize("parse", [parse_yen, parse_ratio, parse_day])
def test_no_text_whatever_is_met_with_anything_but_a_refusal(
    parse: Callable[[str], object],
) -> None:
    for typed in (
        "",
        " ",
        "\x00",
        "\ud800",
        "=1+1",
        "<b>",
        "%s",
        "'; --",
        "🤷",
        "٣",
        "Ⅷ",
        "½",
        "²",
    ):
        with pytest.raises(ValueError, match="。"):
            parse(typed)


def test_a_whole_number_is_read_up_to_its_bound() -> None:
    for typed, number in (("0", 0), ("１，２３４", 1234), (" 0080 ", 80), ("2000", 2000)):
        assert parse_whole(typed, 2000) == number
    for typed, why in (
        ("2001", "大きすぎます"), ("9" * 5000, "大きすぎます"),
        *((each, "整数として読めません") for each in ("-1", "1.5", "10²", "٣", "1,23", "")),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=f"{why}。0から2,000までの整数を入力してください。"):
            parse_whole(typed, 2000)


def test_a_version_that_no_form_of_ours_hides_is_none_at_all() -> None:
    assert [seen_number(each) for each in ("7", "2147483647")] == [7, 2_147_483_647]
    assert {seen_number(each) for each in (None, "", "x", "-1", "2147483648", "9" * 5000)} == {0}
