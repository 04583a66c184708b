"""Codes of municipalities and their stay in the consortium (団体コード・加入)."""

from datetime import date

import pytest

from consortium.domain.calendar.period import Period
from consortium.domain.errors import BadInputError
from consortium.domain.municipality import (
    Membership,
    Municipality,
    check_digit,
    municipality_code,
)
from consortium.domain.timeline import Source

SEVEN = [
    ("弘前市", "022021"),
    ("平川市", "022101"),
    ("西目屋村", "023434"),
    ("藤崎町", "023612"),
    ("大鰐町", "023621"),
    ("田舎館村", "023671"),
    ("板柳町", "023817"),
]


@pytest.mark.parametrize(("name", "code"), SEVEN)
def test_the_code_of_each_of_the_seven_is_accepted(name, code):
    """Source: code4fukui/localgovjp, localgovjp-utf8.csv at 232edc3."""
    assert municipality_code(code) == code
    assert check_digit(code[:5]) == code[5]


@pytest.mark.parametrize(("name", "code"), SEVEN)
@pytest.mark.parametrize("digit", "0123456789")
def test_any_other_last_digit_is_refused_and_the_right_one_named(name, code, digit):
    wrong = code[:5] + digit
    if wrong == code:
        return
    with pytest.raises(BadInputError) as refusal:
        municipality_code(wrong)
    assert f"「{wrong}」" in refusal.value.asked
    assert f"検査数字は{code[5]}です" in refusal.value.found
    assert code in refusal.value.todo


@pytest.mark.parametrize(
    ("five", "digit"),
    [
        ("02202", "1"),  # 弘前市: 10 + 8 + 4 = 22, rest 0, 11 - 0 = 11, last digit 1
        ("01205", "0"),  # 室蘭市: 5 + 8 + 10 = 23, rest 1, 11 - 1 = 10, last digit 0
        ("01214", "9"),  # 稚内市: 5 + 8 + 3 + 8 = 24, rest 2, 11 - 2 = 9
        ("01204", "1"),  # 旭川市: 5 + 8 + 8 = 21, rest 10, 11 - 10 = 1
        ("13101", "6"),  # 千代田区: 6 + 15 + 4 + 2 = 27, rest 5, 11 - 5 = 6
        ("01100", "2"),  # 札幌市: 5 + 4 = 9, rest 9, 11 - 9 = 2
    ],
)
def test_the_check_digit_is_what_the_weighted_sum_lacks_to_a_multiple_of_eleven(five, digit):
    assert check_digit(five) == digit


@pytest.mark.parametrize("five", ["", "0220", "022021", "0220a", "０２２０２"])
def test_a_check_digit_needs_five_plain_digits(five):
    with pytest.raises(BadInputError, match="数字5桁ではありません"):
        check_digit(five)


def test_a_wrong_check_digit_is_explained_in_one_line():
    with pytest.raises(BadInputError) as refusal:
        municipality_code("022022")
    assert str(refusal.value) == (
        "「022022」を団体コードとして読み取ろうとしました。"
        "末尾の検査数字が2ですが、02202の検査数字は1です。"
        "022021の誤りではないか、団体コードを確かめてください。"
    )


@pytest.mark.parametrize("text", ["０２３８１７", " 023817 ", "\u3000023817\n"])
def test_full_width_digits_and_outer_spaces_are_understood(text):
    assert municipality_code(text) == "023817"


@pytest.mark.parametrize(
    "text", ["", "22021", "02202", "0220211", "02202A", "板柳町", "02 2021", "-22021", "022٠21"]
)
def test_what_is_not_six_digits_is_refused(text):
    with pytest.raises(BadInputError) as refusal:
        municipality_code(text)
    assert f"「{text}」" in refusal.value.asked
    assert "数字6桁ではありません" in refusal.value.found
    assert "先頭の0" in refusal.value.todo


def test_a_membership_says_who_since_when_and_by_which_paper():
    code = municipality_code("023817")
    town = Municipality(code, "板柳町", "いたやなぎまち", "町")
    stay = Membership(town.code, Period(date(2021, 6, 1), None), Source("経過表 令和3年6月"))
    days = [date(2021, 5, 31), date(2021, 6, 1), date(2021, 6, 2)]
    assert [stay.period.contains(day) for day in days] == [False, True, True]
    assert (stay.code, stay.source.document) == ("023817", "経過表 令和3年6月")
