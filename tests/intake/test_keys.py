"""A value from a file together with its key (キーと値)."""

from datetime import date
from fractions import Fraction

import pytest

from consortium.domain.errors import BadInputError, CannotShareError
from consortium.intake.keys import Node, Unread, at, refuse, visible


def node(value: object) -> Node:
    return Node("items[0].amount", value)


def test_a_refusal_of_the_domain_gets_the_full_path() -> None:
    with pytest.raises(BadInputError) as refusal, at("rules[0]"):
        raise refuse("weight", "0です。", "直してください。")
    assert refusal.value.path == "rules[0].weight"
    with pytest.raises(BadInputError) as refusal, at("rules[0]"):
        raise refuse("", "0です。", "直してください。")
    assert refusal.value.path == "rules[0]"


def test_any_other_refusal_becomes_bad_input_with_the_path() -> None:
    with pytest.raises(BadInputError) as refusal, at("items[0]"):
        raise CannotShareError("按分しました。", "0です。", "直してください。")
    assert str(refusal.value) == "items[0]: 按分しました。0です。直してください。"


def test_keys_below_have_the_path_of_the_key_above() -> None:
    above = Node("", {"items": [{"amount": 1}]})
    (item,) = above.get("items").children()
    assert item.get("amount") == Node("items[0].amount", 1)
    assert item.find("from") is None
    assert Node("", {"a": None}).find("a") is None


@pytest.mark.parametrize(
    ("value", "amount"), [(0, 0), (-5, -5), (10**15 - 1, 10**15 - 1), (1 - 10**15, 1 - 10**15)]
)
def test_yen_are_whole_numbers_below_a_thousand_trillion(value: int, amount: int) -> None:
    assert node(value).yen() == amount


@pytest.mark.parametrize(
    "value", [10**15, -(10**15), True, "1", None, [], Unread("小数", "1.0"), Unread("整数", "010")]
)
def test_anything_else_is_no_yen(value: object) -> None:
    with pytest.raises(BadInputError) as refusal:
        node(value).yen()
    assert refusal.value.path == "items[0].amount"


@pytest.mark.parametrize(
    ("value", "ratio"),
    [
        (80, Fraction(80)),
        ("80", Fraction(80)),
        (" 9.5 ", Fraction(19, 2)),
        ("-0.25", Fraction(-1, 4)),
        ("9" * 18, Fraction(10**18 - 1)),
        (10**18 - 1, Fraction(10**18 - 1)),
        ("0." + "3" * 18, Fraction(333333333333333333, 10**18)),
    ],
)
def test_ratios_are_exact(value: object, ratio: Fraction) -> None:
    assert node(value).ratio() == ratio


@pytest.mark.parametrize(
    "value",
    [
        *(10**18, -(10**18), "9" * 19, "0." + "3" * 19, "1/3", "1e3", ".5", "5."),
        *("", True, None, Unread("小数", "9.5"), "１．５", "1_000", "+1"),
    ],
)
def test_anything_else_is_no_ratio(value: object) -> None:
    with pytest.raises(BadInputError):
        node(value).ratio()


@pytest.mark.parametrize(
    ("value", "right"), [(1989, True), (2999, True), (1988, False), (3000, False)]
)
def test_years_are_those_of_the_known_eras_and_the_near_future(value: int, right: bool) -> None:
    if right:
        assert node(value).year() == value
        return
    with pytest.raises(BadInputError):
        node(value).year()


@pytest.mark.parametrize("text", ["2022-03-31", "平成34年3月31日", "R4.3.31", "令和４年３月３１日"])
def test_days_are_read_in_every_form_of_the_office(text: str) -> None:
    assert node(text).day() == date(2022, 3, 31)


def test_a_text_is_trimmed_and_may_hold_full_width_spaces_and_private_characters() -> None:
    assert node("　弘前　市\ue000 ").text() == "弘前　市\ue000"


@pytest.mark.parametrize(
    "value", ["", "  ", "　", None, 1, [], {}, "a\nb", "a\tb", "a\u2028b", "\u200b"]
)
def test_what_is_empty_no_text_or_not_visible_is_refused(value: object) -> None:
    with pytest.raises(BadInputError):
        node(value).text()


def test_what_would_break_a_message_is_replaced() -> None:
    assert visible("a\nb\x1b[31m\ud800弘前　市") == "a�b�[31m�弘前　市"


def test_a_code_must_be_a_text_with_the_right_check_digit() -> None:
    assert node("０２２０２１").code() == "022021"
    for value in (22021, "022022", "22021", Unread("整数", "022021")):
        with pytest.raises(BadInputError) as refusal:
            node(value).code()
        assert refusal.value.path == "items[0].amount"


def test_true_and_false_only_are_flags() -> None:
    assert node(True).flag() is True
    for value in ("true", 1, None):
        with pytest.raises(BadInputError):
            node(value).flag()


def test_a_choice_is_one_of_the_words() -> None:
    assert node("見込").choice(("見込", "確定")) == "見込"
    for value in ("仮", ["見込"], None, Unread("整数", "01")):
        with pytest.raises(BadInputError) as refusal:
            node(value).choice(("見込", "確定"))
        assert "見込、確定 のいずれか" in str(refusal.value)
        assert "Unread(" not in str(refusal.value)


def test_a_long_value_is_not_quoted_whole() -> None:
    with pytest.raises(BadInputError) as refusal:
        node("x" * 1_000).yen()
    assert "x" * 40 + "…" in refusal.value.found
    assert "x" * 41 not in refusal.value.found


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ([], "空"),
        ([1], "並びです"),
        ({"a": 1}, "キーの組です"),
        (True, "「true」は真偽値です"),
        ("円", "「円」は文字です"),
        (object(), "object"),
    ],
)
def test_what_was_found_is_said_in_japanese(value: object, shown: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        node(value).integer()
    assert shown in refusal.value.found
