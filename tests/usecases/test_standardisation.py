"""The matrix of the standardisation: the figures of the design, questions, editions (標準化)."""

import csv
import hashlib
from collections import Counter
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.domain.errors import BadInputError, NotFoundError, StaleError
from consortium.usecases import standard_board, standard_cells, standardisation
from consortium.usecases.standard_board import Board
from consortium.usecases.standard_cells import Said
from consortium.usecases.standard_lists import businesses, first_progress
from tests import standard
from tests.office import FUJISAKI, HIROSAKI, ITAYANAGI, Office, open_office
from tests.standard import FEBRUARY, JANUARY, board_of, flagged

CELLS = Path(__file__).parents[1] / "domain" / "standardisation" / "pmo_progress_2026_01.csv"
NISHIMEYA, INAKADATE, OWANI, HIRAKAWA = "023434", "023671", "023621", "022101"
KEYS = {each.alias or each.name: each.key for each in businesses()}


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    found = open_office(tmp_path, clock)
    standard.seed(found)
    return found


# ---- the figures of the design, 10.4 and 10.5 ----------------------------------------------------


def test_the_seed_gives_every_cell_of_the_design(office: Office) -> None:
    with CELLS.open(encoding="utf-8-sig", newline="") as lines:
        wanted = {
            (row["code"], KEYS[row["business"]]): int(row["steps_done"])
            for row in csv.DictReader(lines)
        }
    board = board_of(office)
    assert len(wanted) == 140
    assert {place: cell.steps for place, cell in board.cells.items()} == wanted
    assert [town.code for town in board.towns] == sorted(town.code for town in board.towns)
    assert board.snapshot.source.count("gcportal") == 1
    assert board.snapshot.sha256 == hashlib.sha256(first_progress()).hexdigest()


#: Typed from the table of 10.4: Σ steps, rate and rate without 対象外(推定) in tenths of a percent.
NUMBERS = {
    HIROSAKI: (575, 719, 719),
    HIRAKAWA: (522, 653, 653),
    OWANI: (602, 753, 725),
    INAKADATE: (613, 766, 740),
    NISHIMEYA: (768, 960, 956),
    FUJISAKI: (566, 708, 675),
    ITAYANAGI: (576, 720, 689),
}


def tenths(ratio: Fraction | None) -> int:
    """Round half up to a tenth of a percent, as the design prints it."""
    assert ratio is not None
    return int(ratio * 1000 + Fraction(1, 2))


def test_the_numbers_of_every_town_and_of_all(office: Office) -> None:
    board = board_of(office)
    for town in board.towns:
        found = board.numbers(town)
        assert (found.steps, tenths(found.rate), tenths(found.rate_without)) == NUMBERS[town.code]
        assert found.businesses == 20
        # What was published stands beside ours and differs by rounding at most.
        assert found.published is not None
        assert found.rate is not None
        assert abs(found.published - found.rate) <= Fraction(1, 10_000)
    both = board.together()
    assert (both.steps, both.businesses * 40) == (4_222, 5_600)
    assert (tenths(both.rate), tenths(both.rate_without)) == (754, 735)
    assert board.all_done() == 0
    aomori = board.mean("青森県")
    assert aomori is not None
    assert (aomori[0], tenths(aomori[1])) == (40, 789)
    assert board.mean() is None  # one prefecture says nothing of the nation


def test_a_full_count_is_not_taken_for_done(office: Office) -> None:
    board = board_of(office)
    full = {place: cell.mark for place, cell in board.cells.items() if cell.steps == 40}
    assert len(full) == 13
    small = (NISHIMEYA, FUJISAKI, OWANI, INAKADATE, ITAYANAGI)
    probable = {(code, key) for code in small for key in ("seiho", "jifuyo")}
    assert {place for place, mark in full.items() if mark == "probable"} == probable
    assert {place for place, mark in full.items() if mark == "unclear"} == {
        (NISHIMEYA, "hojin"), (NISHIMEYA, "jiteate"), (INAKADATE, "hojin"),
    }  # fmt: skip
    # Nothing says that a system runs: 130 cells are 不明, the ten 対象外(推定) are in no number.
    assert board.together().live == standard_board.Live(0, 0, 130)


def test_the_contradictions_of_the_design(office: Office) -> None:
    board = board_of(office)
    gaps = {each.key: board.gap(each.key) for each in businesses()}
    assert Counter(gaps.values()) == {12: 14, 14: 2, 11: 2, 3: 2}
    assert {key for key, gap in gaps.items() if gap == 14} == {"hojin", "jiteate"}
    assert {key for key, gap in gaps.items() if gap == 11} == {"koseki", "fuhyo"}
    assert {key for key, gap in gaps.items() if gap == 3} == {"seiho", "jifuyo"}
    assert sum(board.is_apart(key) for key in gaps) == 18
    cells = flagged(board, "gap")
    assert Counter(code for code, _ in cells) == {NISHIMEYA: 18, INAKADATE: 1}
    assert (INAKADATE, "hojin") in cells
    [asked] = [each for each in board.asked[NISHIMEYA, "juki"] if each.flag.kind == "gap"]
    assert asked.flag.question.startswith("38ステップで、幹事市の29より9進んでいます。")
    assert len(flagged(board, "full")) == 13


def test_without_the_rule_the_towns_would_look_twenty_and_twenty_nine(office: Office) -> None:
    """The same count where every town says that 生活保護 and 児童扶養手当 are its own."""
    for code in (NISHIMEYA, FUJISAKI, OWANI, INAKADATE, ITAYANAGI):
        for key in ("seiho", "jifuyo"):
            page = standard_cells.show_cell(office.staff, code, key)
            new = replace(page.rollout, is_applicable=True)
            standard_cells.save_rollout(office.staff, code, JANUARY, new, office.clock.now())
    board = board_of(office)
    assert sum(board.is_apart(each.key) for each in businesses()) == 20
    assert len(flagged(board, "gap")) == 29
    assert tenths(board.together().rate_without) == 754


# ---- answers, entries, what is recorded ----------------------------------------------------------


def said(board: Board, place: tuple[str, str], kind: str, answer: str, note: str = "") -> Said:
    [flag] = [each.flag for each in board.asked[place] if each.flag.kind == kind]
    return Said(kind, flag.numbers, answer, note)


def test_an_answered_question_is_quiet_until_the_numbers_change(office: Office) -> None:
    place = (NISHIMEYA, "juki")
    words = said(board_of(office), place, "gap", "別システム")
    now = office.clock.now()
    for _ in range(2):  # the form sent again
        standard_cells.answer(office.staff, *place, JANUARY, words, now, "a-1")
    board = board_of(office)
    assert place not in flagged(board, "gap")
    assert len(flagged(board, "gap")) == 18
    assert len(standard_cells.show_cell(office.staff, *place).answers) == 1
    # Neither number moves: quiet in the next month, too.
    standard.take_in(office, standard.as_csv(standard.published()), FEBRUARY)
    assert place not in flagged(board_of(office), "gap")
    # The lead city's number moves: asked again.
    moved = standard.as_csv(standard.changed("弘前市", "住民記録", "0.75"))
    standard.take_in(office, moved, FEBRUARY)
    assert place in flagged(board_of(office), "gap")


def test_what_is_confirmed_as_not_ours_is_neither_done_nor_compared(office: Office) -> None:
    place = (INAKADATE, "hojin")
    board = board_of(office)
    words = said(board, place, "gap", "対象外")
    with pytest.raises(BadInputError, match="説明が空です"):
        standard_cells.answer(office.staff, *place, JANUARY, words, office.clock.now(), "a-1")
    words = said(board, place, "gap", "対象外", "法人の課税は行っていません。")
    standard_cells.answer(office.staff, *place, JANUARY, words, office.clock.now(), "a-1")
    after = board_of(office)
    assert after.cells[place].mark == "excluded"
    assert place not in flagged(after, "gap") + flagged(after, "full")
    # 613 − 3 × 40 of 17 × 40
    found = after.numbers(next(town for town in after.towns if town.code == INAKADATE))
    assert found.rate_without == Fraction(493, 680)
    page = standard_cells.show_cell(office.staff, *place)
    assert (page.rollout.is_applicable, page.rollout.reason) == (False, words.note)


def test_the_entry_of_a_town_tells_what_runs_and_what_does_not_fit(office: Office) -> None:
    place, now = (HIROSAKI, "juki"), office.clock.now()
    states = ["done"] * 28 + ["working"] * 2 + ["waiting"] * 9 + ["done"]
    standard_cells.enter_states(office.staff, *place, (JANUARY, states, 0), now)
    board = board_of(office)
    cell = board.cells[place]
    assert [cell.count(each) for each in ("done", "working", "waiting")] == [29, 2, 9]
    assert board.together().live == standard_board.Live(1, 0, 129)
    assert flagged(board, "entry") == []  # 29, as was published
    assert flagged(board, "live") == [place]  # no day is recorded
    page = standard_cells.show_cell(office.staff, *place)
    assert page.is_entered
    new = replace(page.rollout, go_live_on=JANUARY.first)
    standard_cells.save_rollout(office.staff, HIROSAKI, JANUARY, new, now)
    assert flagged(board_of(office), "live") == []
    # Somebody had the form open before: refused. With the version of today: saved.
    states[0] = "waiting"
    with pytest.raises(StaleError):
        standard_cells.enter_states(office.staff, *place, (JANUARY, states, 0), now)
    standard_cells.enter_states(office.staff, *place, (JANUARY, states, 1), now)
    [asked] = [each.flag for each in board_of(office).asked[place] if each.flag.kind == "entry"]
    assert asked.numbers == (29, 28)
    with pytest.raises(BadInputError, match="40ステップの状態がそろっていません"):
        standard_cells.enter_states(office.staff, *place, (JANUARY, states[1:], 2), now)


def test_what_is_recorded_of_a_business_has_to_hold_together(office: Office) -> None:
    place, now = (ITAYANAGI, "juki"), office.clock.now()
    page = standard_cells.show_cell(office.staff, *place)
    core = page.rollout.service_id
    assert core is not None
    early = replace(page.rollout, go_live_on=date(2021, 5, 31))  # it joined in June
    with pytest.raises(BadInputError, match="利用開始より前の日"):
        standard_cells.save_rollout(office.staff, ITAYANAGI, JANUARY, early, now)
    standard_cells.save_rollout(
        office.staff, ITAYANAGI, JANUARY, replace(early, is_pilot=True), now
    )
    with pytest.raises(StaleError):  # as seen before the first was saved
        standard_cells.save_rollout(office.staff, ITAYANAGI, JANUARY, page.rollout, now)
    seen = standard_cells.show_cell(office.staff, *place).rollout
    unexplained = replace(seen, is_applicable=False)
    with pytest.raises(BadInputError, match="理由がありません"):
        standard_cells.save_rollout(office.staff, ITAYANAGI, JANUARY, unexplained, now)
    # A system of its own: nothing to compare it with. 板柳町 has no flag; 西目屋村 has one less.
    west = standard_cells.show_cell(office.staff, NISHIMEYA, "juki").rollout
    alone = replace(west, service_id=None)
    standard_cells.save_rollout(office.staff, NISHIMEYA, JANUARY, alone, now)
    board = board_of(office)
    assert len(flagged(board, "gap")) == 18
    assert board.gap("juki") == 3  # 29 − 26 without 西目屋村


def test_a_town_reads_and_writes_nothing_of_another(office: Office) -> None:
    town = replace(office.staff, role="member_staff", code=ITAYANAGI)
    page = standardisation.show_matrix(town, None, "soumu")
    assert page is not None
    assert [each.code for each in page.towns] == [ITAYANAGI]
    assert {each.flag.code for each in page.asked} == {ITAYANAGI}
    assert (page.apart, page.together, page.lines[0].gap) == (0, None, None)
    for act in (
        lambda: standard_cells.show_cell(town, HIROSAKI, "juki"),
        lambda: standard_cells.enter_states(
            town, HIROSAKI, "juki", (JANUARY, ["done"] * 40, 0), office.clock.now()
        ),
    ):
        with pytest.raises(NotFoundError):
            act()


def test_the_distance_that_is_told_is_a_setting(office: Office) -> None:
    with pytest.raises(BadInputError, match="1から40"):
        standardisation.change_gap(office.staff, 0, office.clock.now())
    standardisation.change_gap(office.staff, 12, office.clock.now())
    board = board_of(office)
    # Rows 12 or more apart: 14 and 2. From the lead city only 子ども・子育て支援: 38 − 26.
    assert sum(board.is_apart(each.key) for each in businesses()) == 16
    assert flagged(board, "gap") == [(NISHIMEYA, "kosodate")]
    standardisation.change_gap(office.staff, 3, office.clock.now())
    # 平川市 is 3 behind in 17 of 20 業務 (26 to 29; 子ども・子育て 26 to 26, 戸籍・附票 27 to 28).
    assert Counter(code for code, _ in flagged(board_of(office), "gap"))[HIRAKAWA] == 17


def test_a_stage_that_is_finished_while_its_step_waits_is_asked_about(office: Office) -> None:
    place, now = (HIROSAKI, "juki"), office.clock.now()
    states = ["done"] * 29 + ["waiting"] * 11
    standard_cells.enter_states(office.staff, *place, (JANUARY, states, 0), now)
    standard.planned(
        office, "p-join", "join"
    )  # of a join long ago: says nothing of the standardisation
    assert flagged(board_of(office), "task") == []
    standard.planned(office, "p-standard", "standard")
    board = board_of(office)
    assert flagged(board, "task") == [place]  # ⑪-2 is done, ⑫-1 waits
    [asked] = [each.flag for each in board.asked[place] if each.flag.kind == "task"]
    assert asked.numbers == (30, 1)


def test_two_questions_of_one_kind_are_answered_each_for_itself(office: Office) -> None:
    place, now = (HIROSAKI, "juki"), office.clock.now()
    states = ["done"] * 29 + ["waiting"] * 11
    standard_cells.enter_states(office.staff, *place, (JANUARY, states, 0), now)
    standard.planned(office, "p-1", "standard")
    standard.planned(office, "p-2", "standard", "H0", "⑱-1")
    for left, (own, answer) in ((1, (40, "その他")), (0, (30, "報告誤り"))):
        assert len(flagged(board_of(office), "task")) == left + 1
        words = Said("task", (own, 1), answer, "確かめました。")
        standard_cells.answer(office.staff, *place, JANUARY, words, now, f"a-{own}")
    asked = [each for each in board_of(office).asked[place] if each.flag.kind == "task"]
    assert {each.flag.own: each.answer and each.answer.answer for each in asked} == {
        30: "報告誤り", 40: "その他",
    }  # fmt: skip


def test_what_runs_already_is_not_answered_to_be_none_of_ours(office: Office) -> None:
    place, now = (INAKADATE, "hojin"), office.clock.now()
    running = replace(
        standard_cells.show_cell(office.staff, *place).rollout, go_live_on=JANUARY.first
    )
    standard_cells.save_rollout(office.staff, INAKADATE, JANUARY, running, now)
    words = said(board_of(office), place, "gap", "対象外", "法人の課税は行っていません。")
    with pytest.raises(BadInputError, match="対象外の業務に稼働日があります"):
        standard_cells.answer(office.staff, *place, JANUARY, words, now, "a-1")
    page = standard_cells.show_cell(office.staff, *place)
    assert (page.answers, page.rollout.is_applicable) == ((), None)
