"""Values that change by date, with their sources (適用日・根拠)."""

from dataclasses import FrozenInstanceError
from datetime import date

import pytest

from consortium.domain.errors import BadInputError, NotInForceError
from consortium.domain.timeline import Dated, Source, Timeline

AGREEMENT = Source("協定書", "第5条", date(2013, 12, 1))
CHANGE = Source("変更協定書", "第1条")
ENDING = Source("廃止の議決")

AT_FIRST = Dated(date(2015, 4, 1), "平成22年国勢調査", AGREEMENT)
LATER = Dated(date(2017, 4, 1), "平成27年国勢調査", CHANGE)
ENDED = Dated(date(2022, 4, 1), None, ENDING)
HISTORY = Timeline([LATER, ENDED, AT_FIRST], "人口の基準日")


@pytest.mark.parametrize("document", ["", "  ", "\u3000"])
def test_a_source_without_a_document_is_refused(document):
    with pytest.raises(BadInputError, match="文書の名前が空です") as refusal:
        Source(document)
    assert refusal.value.path == "source"


def test_a_source_may_name_only_its_document():
    source = Source("協定書")
    assert (source.article, source.decided_on, source.note) == ("", None, "")


@pytest.mark.parametrize(
    ("day", "entry"),
    [
        (date(2015, 4, 1), AT_FIRST),
        (date(2015, 4, 2), AT_FIRST),
        (date(2017, 3, 31), AT_FIRST),
        (date(2017, 4, 1), LATER),
        (date(2017, 4, 2), LATER),
        (date(2022, 3, 31), LATER),
    ],
)
def test_an_entry_is_in_force_from_its_day_until_the_next_entry(day, entry):
    assert HISTORY.on(day) is entry


def test_before_the_first_entry_nothing_is_in_force():
    with pytest.raises(NotInForceError) as refusal:
        HISTORY.on(date(2015, 3, 31))
    assert "人口の基準日（2015-03-31時点）" in refusal.value.asked
    assert "2015-04-01から" in refusal.value.found


@pytest.mark.parametrize("day", [date(2022, 4, 1), date(2022, 4, 2), date(2030, 1, 1)])
def test_from_the_day_of_abolition_nothing_is_in_force(day):
    with pytest.raises(NotInForceError) as refusal:
        HISTORY.on(day)
    assert "2022-04-01に廃止されています（廃止の議決）" in refusal.value.found


def test_a_value_may_return_after_an_abolition():
    again = Dated(date(2024, 4, 1), "令和2年国勢調査", CHANGE)
    history = Timeline([*HISTORY.entries, again], "人口の基準日")
    with pytest.raises(NotInForceError):
        history.on(date(2024, 3, 31))
    assert history.on(date(2024, 4, 1)) is again


def test_an_empty_history_says_that_nothing_was_entered():
    with pytest.raises(NotInForceError, match="まだ一件も登録されていません"):
        Timeline[str]().on(date(2021, 4, 1))


def test_an_entry_may_be_written_with_the_type_of_its_value():
    assert Dated[str](date(2017, 4, 1), "平成27年国勢調査", CHANGE) == LATER


def test_neither_an_entry_nor_a_history_can_be_edited():
    with pytest.raises(FrozenInstanceError):
        LATER.since = date(2016, 4, 1)
    with pytest.raises(FrozenInstanceError):
        HISTORY.entries = ()


def test_a_value_of_zero_is_a_value():
    zero = Dated(date(2015, 4, 1), 0, AGREEMENT)
    assert Timeline([zero]).on(date(2015, 4, 1)).require() == 0


def test_entries_are_kept_in_the_order_of_their_days():
    assert HISTORY.entries == (AT_FIRST, LATER, ENDED)
    assert Timeline([AT_FIRST, LATER, ENDED], "人口の基準日") == HISTORY


@pytest.mark.parametrize("entries", [[AT_FIRST, LATER], [LATER, AT_FIRST]])
def test_two_entries_on_one_day_are_refused(entries):
    clash = Dated(date(2017, 4, 1), "令和2年国勢調査", AGREEMENT)
    with pytest.raises(BadInputError) as refusal:
        Timeline([*entries, clash], "人口の基準日")
    assert "人口の基準日を2017-04-01から" in refusal.value.asked
    assert refusal.value.path == "since"


def test_entries_on_neighbouring_days_are_accepted():
    next_day = Dated(date(2017, 4, 2), "令和2年国勢調査", AGREEMENT)
    assert Timeline([LATER, next_day]).on(date(2017, 4, 2)) is next_day


def test_requiring_a_value_gives_it():
    assert LATER.require() == "平成27年国勢調査"


def test_requiring_the_value_of_an_abolition_is_refused():
    with pytest.raises(NotInForceError, match="廃止の議決"):
        ENDED.require()
