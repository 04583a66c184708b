"""Which edition of a basis a fiscal year uses; the days are those of the Japanese fiscal year."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, NotInForceError
from consortium.domain.sharing.dating import (
    CUSTOMARY_DAYS,
    DATINGS,
    Dating,
    choose,
    in_words,
    period_in_words,
)
from consortium.domain.sharing.facts import Series

FY2021 = FiscalYear(2021)
HIROSAKI, ITAYANAGI = "022021", "023817"


def edition(day, name="", *, published=None, since=None, certainty="確定", **values):
    """One edition; `values` are given as v022021=…, because a code is no Python name."""
    given = {code.removeprefix("v"): Fraction(value) for code, value in values.items()}
    return Series(
        "visits", "利用件数", given or {HIROSAKI: Fraction(1)}, on(day), name, certainty,
        f"資料 {name}" if name else "", on(published), on(since),
    )  # fmt: skip


def on(day):
    return date.fromisoformat(day) if day else None


def chosen(dating, *editions, year=FY2021, as_of="2022-03-31"):
    return choose(dating, editions, year, on(as_of))


# ---- values as at a day --------------------------------------------------------------------------


def test_the_latest_is_the_newest_reference_date_not_the_newest_publication():
    census = edition("2020-10-01", "令和2年国勢調査", published="2021-11-30")
    revised = edition("2015-10-01", "遡及改訂", published="2022-01-10")
    assert chosen(Dating("latest"), revised, census) is census


def test_what_was_not_published_by_then_does_not_count():
    old = edition("2015-10-01", "平成27年国勢調査", published="2016-10-26")
    new = edition("2020-10-01", "速報", published="2021-06-25")
    assert chosen(Dating("latest"), old, new, as_of="2021-06-24") is old
    assert chosen(Dating("latest"), old, new, as_of="2021-06-25") is new


def test_of_one_reference_date_the_edition_published_last_is_used():
    first = edition("2020-10-01", "速報", published="2021-06-25", certainty="見込")
    final = edition("2020-10-01", "確定", published="2021-11-30")
    assert chosen(Dating("latest"), first, final) is final
    assert chosen(Dating("latest"), final, first) is final
    assert chosen(Dating("latest"), first, final, as_of="2021-10-31") is first


def test_an_expected_value_is_used_and_stays_marked_as_expected():
    first = edition("2020-10-01", "速報", published="2021-06-25", certainty="見込")
    assert chosen(Dating("latest"), first).certainty == "見込"


def test_without_a_day_of_publication_a_value_counts_from_the_day_it_describes():
    unknown = edition("2020-09-30", "年報")
    assert chosen(Dating("latest"), unknown, as_of="2020-09-30") is unknown
    with pytest.raises(NotInForceError, match="令和2年9月30日公表"):
        chosen(Dating("latest"), unknown, as_of="2020-09-29")


def test_of_two_published_on_one_day_the_final_one_is_used():
    expected = edition("2020-10-01", "見込", published="2021-06-25", certainty="見込")
    final = edition("2020-10-01", "確定", published="2021-06-25")
    assert chosen(Dating("latest"), final, expected) is final


def test_two_editions_alike_are_refused_by_name():
    one, other = edition("2020-10-01", "甲"), edition("2020-10-01", "乙")
    with pytest.raises(NotInForceError, match="版「甲」と「乙」のどちらが新しいか分かりません"):
        chosen(Dating("latest"), one, other)


@pytest.mark.parametrize(
    ("month_day", "day"),
    [
        ((8, 1), "2020-08-01"),
        ((9, 30), "2020-09-30"),
        ((10, 1), "2020-10-01"),
        ((1, 1), "2021-01-01"),
        ((3, 31), "2021-03-31"),
        ((4, 1), "2020-04-01"),
    ],
)
def test_a_day_of_the_previous_fiscal_year(month_day, day):
    days = ("2019-09-30", "2020-04-01", "2020-08-01", "2020-09-30", "2020-10-01", "2021-01-01",
            "2021-03-31", "2021-04-01", "2021-09-30")  # fmt: skip
    found = chosen(Dating("previous_fiscal_year", month_day), *map(edition, days))
    assert str(found.reference_date) == day


def test_every_customary_day_can_be_chosen():
    assert [Dating("previous_fiscal_year", day).month_day for day in CUSTOMARY_DAYS] == [
        (8, 1), (9, 30), (10, 1), (1, 1), (3, 31)
    ]  # fmt: skip


def test_a_missing_day_names_series_day_and_what_there_is():
    with pytest.raises(NotInForceError) as refusal:
        chosen(Dating("previous_fiscal_year", (9, 30)), edition("2019-09-30", "令和元年度"))
    assert refusal.value.asked == (
        "利用件数の令和2年9月30日現在（定めは「前年度の9月30日現在」）を使おうとしました。"
    )
    assert "登録されている版: 令和元年9月30日（令和元年度）。" in refusal.value.found
    assert "令和4年3月31日までに公表された版に、その値がありません。" in refusal.value.found


def test_an_edition_without_a_day_stands_behind_every_other():
    dated = edition("2015-10-01", "平成27年国勢調査")
    assert chosen(Dating("latest"), edition(None, "年報"), dated) is dated


def test_a_series_without_any_edition_is_refused():
    with pytest.raises(NotInForceError, match="登録されている版: なし。"):
        chosen(Dating("latest"))


def test_an_edition_without_a_day_cannot_be_the_latest():
    with pytest.raises(NotInForceError, match="登録されている版: 基準日なし（年報）。"):
        chosen(Dating("latest"), edition(None, "年報"))


def test_frozen_keeps_to_its_day_in_every_year():
    old = edition("2015-10-01", "平成27年国勢調査", published="2016-10-26")
    new = edition("2020-10-01", "令和2年国勢調査", published="2021-11-30")
    dating = Dating("frozen", first=date(2015, 10, 1))
    assert chosen(dating, old, new) is old
    assert chosen(dating, old, new, year=FiscalYear(2035), as_of="2035-04-01") is old


def test_frozen_takes_the_edition_published_last_by_then_unless_one_is_named():
    first = edition("2020-10-01", "速報", published="2021-06-25", certainty="見込")
    final = edition("2020-10-01", "確定", published="2021-11-30")
    assert chosen(Dating("frozen", first=date(2020, 10, 1)), first, final) is final
    named = Dating("frozen", first=date(2020, 10, 1), edition="速報")
    assert chosen(named, first, final) is first


def test_a_named_edition_is_meant_even_before_its_publication():
    final = edition("2020-10-01", "確定", published="2021-11-30")
    named = Dating("frozen", first=date(2020, 10, 1), edition="確定")
    assert chosen(named, final, as_of="2021-04-01") is final


def test_frozen_at_a_day_waits_for_the_publication_like_any_other():
    final = edition("2020-10-01", "確定", published="2021-11-30")
    with pytest.raises(NotInForceError, match="令和3年11月30日公表"):
        chosen(Dating("frozen", first=date(2020, 10, 1)), final, as_of="2021-11-29")


def test_an_edition_published_on_the_very_day_is_not_said_to_come_later():
    today = edition("2020-10-01", "確定", published="2021-11-30")
    with pytest.raises(NotInForceError) as refusal:
        chosen(Dating("frozen", first=date(2019, 10, 1)), today, as_of="2021-11-30")
    assert "令和2年10月1日（確定）。" in refusal.value.found


def test_a_named_edition_that_is_not_there_is_refused():
    named = Dating("frozen", first=date(2020, 10, 1), edition="確報")
    with pytest.raises(NotInForceError, match=r"利用件数.*令和2年10月1日現在（確報）"):
        chosen(named, edition("2020-10-01", "速報"))


# ---- totals of a period --------------------------------------------------------------------------

SPRING = edition("2020-06-30", "上", since="2020-01-01", v022021=10, v023817=4)
AUTUMN = edition("2020-12-31", "下", since="2020-07-01", v022021=7, v023817="1/2")


def test_the_previous_calendar_year_is_added_up():
    found = chosen(Dating("previous_calendar_year"), AUTUMN, SPRING)
    assert found.values == {HIROSAKI: 17, ITAYANAGI: Fraction(9, 2)}
    assert (found.period_from, found.reference_date) == (date(2020, 1, 1), date(2020, 12, 31))
    assert found.edition == "令和2年1月〜12月の計"
    assert found.source == "資料 上、資料 下"
    assert found.published_on == date(2020, 12, 31)
    assert found.certainty == "確定"


def test_a_sum_is_expected_when_any_piece_is():
    expected = edition("2020-12-31", "下", since="2020-07-01", certainty="見込")
    assert chosen(Dating("previous_calendar_year"), SPRING, expected).certainty == "見込"


def test_the_later_edition_of_a_piece_takes_its_place():
    revised = edition("2020-12-31", "訂正", since="2020-07-01", published="2021-05-01", v022021=9)
    found = chosen(Dating("previous_calendar_year"), SPRING, AUTUMN, revised)
    assert found.values == {HIROSAKI: 19}


def test_an_edition_of_exactly_the_period_is_taken_as_it_is():
    year = edition("2020-12-31", "年報", since="2020-01-01", v022021=18)
    assert chosen(Dating("previous_calendar_year"), SPRING, AUTUMN, year) is year


def test_the_year_before_last_runs_from_april_to_march():
    year = edition("2020-03-31", "決算", since="2019-04-01")
    other = edition("2020-12-31", "年報", since="2020-01-01")
    assert chosen(Dating("year_before_last"), other, year) is year


def test_a_named_period_is_added_up_over_fiscal_years():
    years = [edition(f"{y + 1}-03-31", str(y), since=f"{y}-04-01", v022021=y) for y in (2018, 2019)]
    dating = Dating("cumulated", first=date(2018, 4, 1), last=date(2020, 3, 31))
    found = chosen(dating, *years)
    assert found.values == {HIROSAKI: 4037}
    assert found.edition == "平成30年4月〜令和2年3月の計"


def test_a_value_as_at_a_day_is_no_part_of_a_total():
    with pytest.raises(
        NotInForceError, match="令和2年1月1日から令和2年12月31日までの値がありません"
    ):
        chosen(Dating("previous_calendar_year"), edition("2020-12-31", "年末"))


@pytest.mark.parametrize(
    ("pieces", "found"),
    [
        ((AUTUMN,), "令和2年1月1日から令和2年6月30日までの値がありません。"),
        ((SPRING,), "令和2年7月1日から令和2年12月31日までの値がありません。"),
        (
            (SPRING, edition("2020-12-31", "下", since="2020-06-01")),
            "令和2年6月1日から令和2年6月30日までの値が、二つの版に重なっています。",
        ),
        (
            (SPRING, AUTUMN, edition("2020-08-31", "夏", since="2020-08-01")),
            "令和2年8月1日から令和2年8月31日までの値が、二つの版に重なっています。",
        ),
    ],
    ids=["gap before", "gap after", "overlap of a month", "one inside another"],
)
def test_a_gap_or_an_overlap_is_refused_by_name(pieces, found):
    with pytest.raises(NotInForceError) as refusal:
        chosen(Dating("previous_calendar_year"), *pieces)
    assert found in refusal.value.found
    assert "令和2年1月〜6月の計（上）" in refusal.value.found or SPRING not in pieces


def test_a_piece_that_reaches_out_of_the_period_is_not_cut():
    reaching = edition("2021-03-31", "年度", since="2020-04-01")
    with pytest.raises(NotInForceError, match="令和2年7月1日から令和2年12月31日まで"):
        chosen(Dating("previous_calendar_year"), SPRING, reaching)


def test_a_piece_that_begins_before_the_period_is_not_cut_either():
    reaching = edition("2020-06-30", "前", since="2019-12-31")
    with pytest.raises(NotInForceError, match="令和2年1月1日から令和2年6月30日まで"):
        chosen(Dating("previous_calendar_year"), reaching, AUTUMN)


def test_a_single_day_missing_at_the_end_is_missing():
    short = edition("2020-12-30", "下", since="2020-07-01")
    with pytest.raises(NotInForceError, match="令和2年12月31日から令和2年12月31日までの値が"):
        chosen(Dating("previous_calendar_year"), SPRING, short)


def test_a_sum_is_named_as_its_newest_piece():
    renamed = replace(AUTUMN, label="窓口の利用件数")
    assert chosen(Dating("previous_calendar_year"), SPRING, renamed).label == "窓口の利用件数"


def test_who_lacks_one_piece_gets_no_sum_rather_than_part_of_one():
    only_one = edition("2020-12-31", "下", since="2020-07-01", v022021=7)
    found = chosen(Dating("previous_calendar_year"), SPRING, only_one)
    assert ITAYANAGI not in found.values


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2020-01-01", "2020-12-31", "令和2年1月〜12月の計"),
        ("2019-01-01", "2019-12-31", "平成31年1月〜令和元年12月の計"),
        ("2020-02-01", "2020-02-29", "令和2年2月の計"),
        ("2020-02-01", "2020-02-28", "令和2年2月1日〜令和2年2月28日の計"),
        ("2020-02-02", "2020-02-29", "令和2年2月2日〜令和2年2月29日の計"),
    ],
)
def test_a_period_is_named_by_its_months_when_it_has_whole_ones(first, last, words):
    assert period_in_words(on(first), on(last)) == words


# ---- the rule itself -----------------------------------------------------------------------------


def test_every_date_rule_has_a_label_and_a_help_text_in_japanese():
    assert {key: kind.label for key, kind in DATINGS.items()} == {
        "latest": "最新の公表値",
        "previous_fiscal_year": "前年度の基準日",
        "previous_calendar_year": "前年（暦年）の計",
        "year_before_last": "前々年度の計",
        "cumulated": "期間の計",
        "frozen": "固定",
    }
    assert all(kind.help.endswith("。") for kind in DATINGS.values())


@pytest.mark.parametrize(
    ("dating", "words"),
    [
        (Dating("latest"), "最新の公表値"),
        (Dating("previous_fiscal_year", (9, 30)), "前年度の9月30日現在"),
        (Dating("previous_calendar_year"), "前年（暦年）の計"),
        (Dating("frozen", first=date(2015, 10, 1)), "平成27年10月1日現在に固定"),
        (
            Dating("frozen", first=date(2020, 10, 1), edition="速報"),
            "令和2年10月1日現在（速報）に固定",
        ),
        (
            Dating("cumulated", first=date(2018, 4, 1), last=date(2021, 3, 31)),
            "平成30年4月〜令和3年3月の計",
        ),
    ],
)
def test_a_date_rule_reads_as_in_an_agreement(dating, words):
    assert in_words(dating) == words


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"kind": "newest"}, "kind"),
        ({"kind": "previous_fiscal_year"}, "month_day"),
        ({"kind": "previous_fiscal_year", "month_day": (2, 29)}, "month_day"),
        ({"kind": "previous_fiscal_year", "month_day": (13, 1)}, "month_day"),
        ({"kind": "latest", "month_day": (9, 30)}, "month_day"),
        ({"kind": "cumulated", "first": date(2018, 4, 1)}, "last"),
        ({"kind": "cumulated", "first": date(2018, 4, 1), "last": date(2018, 3, 31)}, "last"),
        ({"kind": "frozen"}, "first"),
        ({"kind": "frozen", "first": date(2015, 10, 1), "last": date(2016, 10, 1)}, "last"),
        ({"kind": "latest", "edition": "速報"}, "edition"),
    ],
)
def test_a_rule_that_says_too_little_or_too_much_is_refused(given, path):
    with pytest.raises(BadInputError) as refusal:
        Dating(**given)
    assert refusal.value.path == path


def test_a_period_of_one_day_is_a_period():
    dating = Dating("cumulated", first=date(2018, 4, 1), last=date(2018, 4, 1))
    piece = edition("2018-04-01", "一日", since="2018-04-01")
    assert chosen(dating, piece) is piece
