"""基礎数値の提出: asking, handing in, closing into editions, late figures settled later."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from consortium.clock import FrozenClock
from consortium.db.store import bases, members
from consortium.db.unit import reading
from consortium.domain.errors import (
    BadInputError,
    InvalidTransitionError,
    NotFoundError,
    StaleError,
)
from consortium.domain.municipality import municipality_code
from consortium.usecases import base_figures, base_rounds
from consortium.usecases.base_figures import Figure, HandInEntry, Intent
from tests import factories
from tests.db import rows
from tests.figures import DUE, POPULATION, REFERENCE, YEAR, close, hand_in, opened, town
from tests.office import FUJISAKI, HIROSAKI, ITAYANAGI, Office, chain_faults, open_office

#: census 2020 確定 as the sample holds it, and one that differs by more than a fifth
LAST, FAR = 12_000, 20_000


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    return open_office(tmp_path / "files", clock)


@pytest.fixture
def round_id(office: Office) -> str:
    return opened(office)


def newest(office: Office) -> bases.Edition:
    """Give the newest edition of the population."""
    with reading() as session:
        return bases.editions(session, office.consortium_id, POPULATION)[0]


def before(office: Office, code: str) -> Fraction:
    """Give the figure of a town before any round."""
    return newest(office).values[municipality_code(code)]


# ---- asking --------------------------------------------------------------------------------------


def test_a_round_asks_all_seven_towns_with_their_last_figures(
    office: Office, round_id: str
) -> None:
    asked = base_rounds.show_round(office.staff, round_id)
    assert len(asked.towns) == len(asked.missing) == 7
    assert asked.round.series == {POPULATION: newest(office).label}
    assert asked.previous(POPULATION, ITAYANAGI) == before(office, ITAYANAGI)
    with reading() as session:
        (waiting,) = base_figures.open_rounds(session, office.consortium_id)
    assert (waiting.round.id, waiting.round.due_on) == (round_id, DUE)


def test_a_form_sent_twice_asks_once_and_a_second_round_waits(office: Office) -> None:
    entry = base_rounds.RoundEntry(YEAR, (POPULATION,), REFERENCE, DUE)
    wanted = str(uuid4())
    now = office.clock.now()
    first = base_rounds.open_round(office.staff, entry, now, wanted)
    known = factories.everything()
    assert base_rounds.open_round(office.staff, entry, now, wanted) == first == wanted
    assert factories.everything() == known
    with pytest.raises(InvalidTransitionError, match="令和9年度の依頼が、まだ受付中"):
        base_rounds.open_round(office.staff, entry, now)


@pytest.mark.parametrize("series", [(), ("no_such",), (POPULATION, "no_such")])
def test_a_round_asks_for_series_that_are_there(office: Office, series: tuple[str, ...]) -> None:
    entry = base_rounds.RoundEntry(YEAR, series, REFERENCE, DUE)
    with pytest.raises(BadInputError) as refused:
        base_rounds.open_round(office.staff, entry, office.clock.now())
    assert refused.value.path == "series"


@pytest.mark.parametrize(
    ("due_on", "is_refused"), [(date(2026, 11, 30), True), (date(2026, 12, 1), False)]
)
def test_a_round_is_not_due_in_the_past(office: Office, due_on: date, is_refused: bool) -> None:
    now = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)  # 1 December in Japan
    entry = base_rounds.RoundEntry(YEAR, (POPULATION,), REFERENCE, due_on)
    if not is_refused:
        assert base_rounds.open_round(office.staff, entry, now)
        return
    before = factories.everything()
    with pytest.raises(BadInputError, match="期限が今日より前です") as refused:
        base_rounds.open_round(office.staff, entry, now)
    assert refused.value.path == "due_on"
    assert factories.everything() == before


def test_another_consortium_sees_no_round(office: Office, round_id: str) -> None:
    foreign = factories.add_foreign_consortium()
    assert base_rounds.list_rounds(foreign) == ()
    with pytest.raises(NotFoundError):
        base_rounds.show_round(foreign, round_id)


# ---- handing in ----------------------------------------------------------------------------------


def test_each_hand_in_is_kept_and_the_last_counts(office: Office, round_id: str) -> None:
    hand_in(office, round_id, ITAYANAGI, 13_000)
    office.clock.advance(timedelta(minutes=1))
    hand_in(office, round_id, ITAYANAGI, 13_100, certainty="見込")
    asked = base_rounds.show_round(office.staff, round_id)
    own = asked.round.of(ITAYANAGI)
    assert [each.figures[POPULATION].value for each in own] == [13_000, 13_100]
    assert asked.round.latest(ITAYANAGI) == own[-1]
    assert ITAYANAGI not in {each.code for each in asked.missing}
    assert chain_faults(office) == []


def test_a_form_sent_twice_hands_in_once(office: Office, round_id: str) -> None:
    wanted = str(uuid4())
    hand_in(office, round_id, ITAYANAGI, 13_000, hand_in_id=wanted)
    known = factories.everything()
    hand_in(office, round_id, ITAYANAGI, 13_000, hand_in_id=wanted)
    assert factories.everything() == known


def test_a_town_hands_in_its_own_figures_only(office: Office, round_id: str) -> None:
    known = factories.everything()
    with pytest.raises(NotFoundError):
        hand_in(office, round_id, FUJISAKI, 15_000, by=town(office, ITAYANAGI))
    with pytest.raises(NotFoundError):
        base_figures.show_hand_in(town(office, ITAYANAGI), round_id, FUJISAKI)
    with pytest.raises(NotFoundError):
        hand_in(office, round_id, "022012", 1, by=office.staff, reason="x")
    assert factories.everything() == known


def test_a_change_of_more_than_a_fifth_is_confirmed_first(office: Office, round_id: str) -> None:
    last = int(before(office, ITAYANAGI))
    fifth = last // 5
    hand_in(office, round_id, ITAYANAGI, last + fifth, confirms=False)
    hand_in(office, round_id, ITAYANAGI, last - fifth, confirms=False)
    known = factories.everything()
    for value in (last + fifth + 1, last - fifth - 1):
        with pytest.raises(BadInputError, match="20％を超えて") as refused:
            hand_in(office, round_id, ITAYANAGI, value, confirms=False)
        assert refused.value.path == "confirms"
    assert factories.everything() == known
    hand_in(office, round_id, ITAYANAGI, last * 2, confirms=True)


def test_the_lead_enters_for_a_town_with_a_reason_only(office: Office, round_id: str) -> None:
    with pytest.raises(BadInputError) as refused:
        hand_in(office, round_id, ITAYANAGI, 13_000, by=office.staff, reason=" ")
    assert refused.value.path == "reason"
    entered = hand_in(office, round_id, ITAYANAGI, 13_000, by=office.staff, reason="電話で確認")
    assert (entered.is_by_lead, entered.reason) == (True, "電話で確認")
    # Of the lead city itself nobody else could.
    assert hand_in(office, round_id, HIROSAKI, 165_000, by=office.staff).is_by_lead


def test_a_missing_figure_names_its_field(office: Office, round_id: str) -> None:
    entry = HandInEntry({}, {})
    with pytest.raises(BadInputError) as refused:
        base_figures.hand_in(
            town(office, ITAYANAGI), round_id, ITAYANAGI, entry, office.clock.now()
        )
    assert refused.value.path == f"value_{POPULATION}"


def test_intents_are_kept_by_service(office: Office, round_id: str) -> None:
    with reading() as session:
        first, *_ = members.services(session, office.consortium_id)
    hand_in(office, round_id, ITAYANAGI, 13_000, intents={first.id: Intent("leave", "更改まで")})
    latest = base_rounds.show_round(office.staff, round_id).round.latest(ITAYANAGI)
    assert latest is not None
    assert latest.intents == {first.id: Intent("leave", "更改まで")}
    for wrong in ({str(uuid4()): Intent("leave")}, {first.id: Intent("perhaps")}):
        with pytest.raises(BadInputError):
            hand_in(office, round_id, ITAYANAGI, 13_000, intents=wrong)


@pytest.mark.parametrize("table", ["base_hand_in", "base_figure", "use_intent"])
def test_the_database_refuses_to_rewrite_what_was_handed_in(
    office: Office, round_id: str, database_url: str, table: str
) -> None:
    with reading() as session:
        first, *_ = members.services(session, office.consortium_id)
    hand_in(office, round_id, ITAYANAGI, 13_000, intents={first.id: Intent("continue")})
    for change in (f"UPDATE {table} SET id = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(IntegrityError, match="never changed"):
            rows.by_hand(database_url, change)


# ---- closing -------------------------------------------------------------------------------------


def test_closing_makes_an_edition_and_fills_in_who_is_missing(
    office: Office, round_id: str
) -> None:
    last = before(office, FUJISAKI)
    codes = [each.code for each in base_rounds.show_round(office.staff, round_id).towns]
    for code in codes:
        if code != FUJISAKI:
            hand_in(office, round_id, code, LAST, by=office.staff, reason="試験")
    assert close(office, round_id) == ("藤崎町",)
    made = newest(office)
    assert (made.name, made.reference_date, made.certainty) == (
        "令和9年度の提出",
        REFERENCE,
        "見込",
    )
    assert made.published_on == office.clock.today()
    assert made.source == "基礎数値の提出（令和9年度、見込：藤崎町）"
    assert made.values[municipality_code(FUJISAKI)] == last
    assert made.estimated == {FUJISAKI}
    assert {made.certainty_of(code) for code in codes if code != FUJISAKI} == {"確定"}
    assert {made.values[municipality_code(code)] for code in codes if code != FUJISAKI} == {LAST}
    asked = base_rounds.show_round(office.staff, round_id)
    assert [each.code for each in asked.unsettled] == [FUJISAKI]
    assert chain_faults(office) == []


def test_all_handed_in_makes_a_final_edition(office: Office, round_id: str) -> None:
    for each in base_rounds.show_round(office.staff, round_id).towns:
        hand_in(office, round_id, each.code, LAST, by=office.staff, reason="試験")
    assert close(office, round_id) == ()
    made = newest(office)
    assert (made.certainty, made.estimated) == ("確定", frozenset())


def test_a_figure_handed_in_as_expected_stays_so(office: Office, round_id: str) -> None:
    for each in base_rounds.show_round(office.staff, round_id).towns:
        certainty = "見込" if each.code == ITAYANAGI else "確定"
        hand_in(
            office, round_id, each.code, LAST,
            by=office.staff, reason="試験", certainty=certainty,
        )  # fmt: skip
    close(office, round_id)
    assert newest(office).estimated == {ITAYANAGI}


def test_late_figures_become_a_final_edition_which_is_the_newest(
    office: Office, round_id: str
) -> None:
    for each in base_rounds.show_round(office.staff, round_id).towns:
        if each.code != ITAYANAGI:
            hand_in(office, round_id, each.code, LAST, by=office.staff, reason="試験")
    close(office, round_id)
    first = newest(office)
    with pytest.raises(InvalidTransitionError, match="取り込む値がありません"):
        base_rounds.take_late(office.staff, round_id, date(2026, 12, 2), office.clock.now())
    office.clock.advance(timedelta(days=1))
    # A town whose own figure is in the edition is past its time.
    with pytest.raises(InvalidTransitionError, match="締め切られ"):
        hand_in(office, round_id, FUJISAKI, 15_000)
    hand_in(office, round_id, ITAYANAGI, 13_131)
    asked = base_rounds.show_round(office.staff, round_id)
    assert [each.code for each in asked.late] == [ITAYANAGI]
    with reading() as session:
        assert len(base_figures.open_rounds(session, office.consortium_id)) == 1
    office.clock.advance(timedelta(minutes=1))
    taken = base_rounds.take_late(office.staff, round_id, office.clock.today(), office.clock.now())
    assert taken == ("板柳町",)
    second = newest(office)
    assert second.name == "令和9年度の提出・追加1"
    assert (second.certainty, second.estimated) == ("確定", frozenset())
    changed = {code for code in second.values if second.values[code] != first.values[code]}
    assert changed == {ITAYANAGI}
    assert second.values[municipality_code(ITAYANAGI)] == 13_131
    with pytest.raises(InvalidTransitionError):
        hand_in(office, round_id, ITAYANAGI, 13_132)
    with reading() as session:
        assert base_figures.open_rounds(session, office.consortium_id) == ()
    assert chain_faults(office) == []


@pytest.mark.parametrize(
    ("published_on", "found"),
    [
        # Asked on 2 December at midnight in Japan, which is still the 1st in UTC; closed the 5th.
        (date(2026, 12, 1), "公表日が、依頼した日（令和8年12月2日）より前です"),
        (date(2026, 12, 6), "公表日が今日（令和8年12月5日）より後です"),
    ],
)
def test_figures_are_published_between_the_request_and_today(
    office: Office, published_on: date, found: str
) -> None:
    asked_at = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
    closed_at = datetime(2026, 12, 5, 14, 59, tzinfo=UTC)
    entry = base_rounds.RoundEntry(YEAR, (POPULATION,), REFERENCE, DUE)
    round_id = base_rounds.open_round(office.staff, entry, asked_at)
    known = factories.everything()
    with pytest.raises(BadInputError, match=found) as refused:
        base_rounds.close_round(office.staff, round_id, 1, published_on, closed_at)
    assert refused.value.path == "published_on"
    assert factories.everything() == known
    base_rounds.close_round(office.staff, round_id, 1, date(2026, 12, 2), asked_at)
    later = closed_at + timedelta(hours=1)  # the 6th in Japan
    base_figures.hand_in(
        town(office, ITAYANAGI), round_id, ITAYANAGI,
        HandInEntry({POPULATION: Figure(Fraction(LAST), "確定")}, {}, confirms=True), closed_at,
    )  # fmt: skip
    for day in (date(2026, 12, 1), date(2026, 12, 7)):
        with pytest.raises(BadInputError) as refused:
            base_rounds.take_late(office.staff, round_id, day, later)
        assert refused.value.path == "published_on"
    assert base_rounds.take_late(office.staff, round_id, date(2026, 12, 6), later) == ("板柳町",)


def test_a_closed_round_is_not_closed_again_nor_by_whoever_saw_it_otherwise(
    office: Office, round_id: str
) -> None:
    today, now = office.clock.today(), office.clock.now()
    known = factories.everything()
    with pytest.raises(StaleError):
        base_rounds.close_round(office.staff, round_id, 9, today, now)
    assert factories.everything() == known
    close(office, round_id)
    with pytest.raises(InvalidTransitionError, match="もう締め切られ"):
        close(office, round_id)


def test_nothing_handed_in_at_all_leaves_the_last_figures_as_expected(
    office: Office, round_id: str
) -> None:
    last = newest(office).values
    assert len(close(office, round_id)) == 7
    made = newest(office)
    assert made.certainty == "見込"
    assert made.values == last
    assert {made.certainty_of(code) for code in made.values} == {"見込"}


def test_a_correction_of_an_edition_keeps_no_mark_of_a_town(office: Office, round_id: str) -> None:
    hand_in(office, round_id, ITAYANAGI, LAST, confirms=True)
    close(office, round_id)
    made = newest(office)
    assert made.estimated
    assert replace(made, estimated=frozenset()).fingerprint != made.fingerprint


def test_what_is_compared_is_the_edition_before_the_round(office: Office, round_id: str) -> None:
    last = before(office, ITAYANAGI)
    hand_in(office, round_id, ITAYANAGI, FAR)
    close(office, round_id)
    asked = base_rounds.show_round(office.staff, round_id)
    assert asked.previous(POPULATION, ITAYANAGI) == last
    figures = {POPULATION: Figure(Fraction(FAR), "確定")}
    assert base_figures.remarkable(asked, ITAYANAGI, figures) == (newest(office).label,)
