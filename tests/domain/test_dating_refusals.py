"""What is said when no edition fits (使う版がないとき): whole sentences, word for word."""

from datetime import date
from fractions import Fraction

import pytest

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, NotInForceError
from consortium.domain.sharing.dating import DATINGS, Dating, choose, in_words, period_in_words
from consortium.domain.sharing.facts import Series

FY2021 = FiscalYear(2021)
NEW_YEAR, MIDSUMMER = date(2020, 1, 1), date(2020, 6, 30)
AS_OF = date(2022, 3, 31)
REMEDY = "足りない版を登録するか、公表日または基準日の定め方を直してください。"


def edition(day: date | None, name: str, since: date | None = None, **more: object) -> Series:
    """Make an edition of one value."""
    given: dict[str, object] = {"values": {"022021": Fraction(1)}, "reference_date": day}
    given |= {"edition": name, "period_from": since} | more
    return Series("visits", "利用件数", **given)  # type: ignore[arg-type]  # keywords of a test


def refusal(dating: Dating, *editions: Series) -> tuple[str, str, str]:
    """Give the three sentences of a refusal."""
    with pytest.raises(NotInForceError) as error:
        choose(dating, editions, FY2021, AS_OF)
    return error.value.asked, error.value.found, error.value.todo


SPRING = edition(MIDSUMMER, "上", NEW_YEAR)
LATE_SUMMER = edition(date(2020, 12, 31), "下", date(2020, 8, 1))
EARLY_SUMMER = edition(date(2020, 12, 31), "下", date(2020, 6, 1))
YEAR_2020 = Dating("previous_calendar_year")
TOTAL = "利用件数の令和2年1月〜12月の計（定めは「前年（暦年）の計」）を使おうとしました。"


def test_without_any_edition_the_basis_has_no_name_yet() -> None:
    assert refusal(Dating("latest")) == (
        "算定基礎の最新の公表値を使おうとしました。",
        "令和4年3月31日までに公表された版に、その値がありません。登録されている版: なし。",
        REMEDY,
    )


def test_editions_without_a_day_are_listed_one_by_one() -> None:
    assert refusal(Dating("latest"), edition(None, "年報"), edition(None, "")) == (
        "利用件数の最新の公表値を使おうとしました。",
        (
            "令和4年3月31日までに公表された版に、その値がありません。"
            "登録されている版: 基準日なし（年報）、基準日なし。"
        ),
        REMEDY,
    )


def test_an_edition_of_tomorrow_says_when_it_comes_beside_its_name() -> None:
    later = edition(MIDSUMMER, "速報", published_on=date(2022, 4, 1))
    assert refusal(Dating("frozen", first=MIDSUMMER), later) == (
        "利用件数の令和2年6月30日現在（定めは「令和2年6月30日現在に固定」）を使おうとしました。",
        (
            "令和4年3月31日までに公表された版に、その値がありません。"
            "登録されている版: 令和2年6月30日（速報・令和4年4月1日公表）。"
        ),
        REMEDY,
    )


def test_two_editions_of_one_day_are_asked_for_in_the_words_of_the_rule() -> None:
    twins = edition(MIDSUMMER, "甲"), edition(MIDSUMMER, "乙")
    rivals = (
        "版「甲」と「乙」のどちらが新しいか分かりません。公表日が同じです。"
        "登録されている版: 令和2年6月30日（甲）、令和2年6月30日（乙）。"
    )
    assert refusal(Dating("latest"), *twins) == (
        "利用件数の最新の公表値を使おうとしました。",
        rivals,
        REMEDY,
    )
    assert refusal(Dating("frozen", first=MIDSUMMER), *twins) == (
        "利用件数の令和2年6月30日現在（定めは「令和2年6月30日現在に固定」）を使おうとしました。",
        rivals,
        REMEDY,
    )


def test_two_named_editions_are_asked_for_with_the_name() -> None:
    twins = edition(MIDSUMMER, "速報"), edition(MIDSUMMER, "速報")
    asked, _, _ = refusal(Dating("frozen", first=MIDSUMMER, edition="速報"), *twins)
    assert asked == (
        "利用件数の令和2年6月30日現在（速報）"
        "（定めは「令和2年6月30日現在（速報）に固定」）を使おうとしました。"
    )


def test_two_editions_of_one_piece_are_asked_for_as_the_total() -> None:
    twin = edition(MIDSUMMER, "別", NEW_YEAR)
    asked, found, _ = refusal(YEAR_2020, SPRING, twin)
    assert asked == TOTAL
    assert found.startswith("版「上」と「別」のどちらが新しいか分かりません。")


@pytest.mark.parametrize(
    ("pieces", "found"),
    [
        ((SPRING,), "令和2年7月1日から令和2年12月31日までの値がありません。"),
        ((SPRING, LATE_SUMMER), "令和2年7月1日から令和2年7月31日までの値がありません。"),
        (
            (SPRING, EARLY_SUMMER),
            "令和2年6月1日から令和2年6月30日までの値が、二つの版に重なっています。",
        ),
    ],
    ids=["end missing", "middle missing", "overlap"],
)
def test_pieces_that_do_not_fit_are_asked_for_as_the_total(
    pieces: tuple[Series, ...], found: str
) -> None:
    asked, said, todo = refusal(YEAR_2020, *pieces)
    assert (asked, todo) == (TOTAL, REMEDY)
    assert said.startswith(f"{found}登録されている版: 令和2年1月〜6月の計（上）")


def test_a_sum_is_final_though_its_last_piece_says_otherwise_only_if_all_pieces_are() -> None:
    expected = edition(MIDSUMMER, "上", NEW_YEAR, certainty="見込")
    autumn = edition(date(2020, 12, 31), "下", date(2020, 7, 1))
    assert choose(YEAR_2020, (expected, autumn), FY2021, AS_OF).certainty == "見込"


def test_three_pieces_are_named_as_the_last_of_them() -> None:
    pieces = [
        Series("visits", label, {"022021": Fraction(1)}, last, period_from=first)
        for label, first, last in (
            ("一", NEW_YEAR, MIDSUMMER),
            ("二", date(2020, 7, 1), date(2020, 9, 30)),
            ("三", date(2020, 10, 1), date(2020, 12, 31)),
        )
    ]
    assert choose(YEAR_2020, pieces, FY2021, AS_OF).label == "三"


def test_a_rule_without_words_of_its_own_reads_as_its_label() -> None:
    assert in_words(Dating("latest")) == DATINGS["latest"].label == "最新の公表値"


def test_a_period_within_one_year_names_the_year_once() -> None:
    assert period_in_words(NEW_YEAR, MIDSUMMER) == "令和2年1月〜6月の計"


def test_an_unknown_rule_lists_those_there_are() -> None:
    with pytest.raises(BadInputError) as error:
        Dating("someday")
    assert "latest、previous_fiscal_year、frozen、" in error.value.todo
