"""Taking in the public files of the standardisation: editions, months (公表資料の取込み)."""

import hashlib
from pathlib import Path

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db.store import standardisation as store
from consortium.db.unit import reading
from consortium.domain.calendar.period import Month
from consortium.domain.errors import BadInputError, StaleError
from consortium.usecases import standard_import, standardisation
from consortium.usecases.standard_import import PROGRESS, SPECIAL, Upload
from consortium.usecases.standard_lists import first_progress
from tests import factories, standard
from tests.office import HIROSAKI, ITAYANAGI, Office, open_office
from tests.standard import FEBRUARY, JANUARY, board_of, flagged

HIRAKAWA = "022101"


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    found = open_office(tmp_path, clock)
    standard.seed(found)
    return found


# ---- editions ------------------------------------------------------------------------------------


def snapshots(office: Office) -> tuple[store.Snapshot, ...]:
    with reading() as session:
        return store.published(session, office.consortium_id).snapshots


def test_the_same_file_changes_nothing_and_a_changed_one_is_an_edition(office: Office) -> None:
    before = factories.everything()
    again = standard.take_in(office, first_progress(), JANUARY)
    assert again.edition == 1
    assert factories.everything() == before
    content = standard.as_csv(standard.changed("板柳町", "住民記録", "0.75"))
    look = standard_import.look(office.staff, Upload(JANUARY, "進捗.csv", content, "試験の表"))
    assert factories.everything() == before  # looking writes nothing
    assert [tuple(each) for each in look.changes] == [("板柳町", "住民基本台帳", 27, 30)]
    assert look.edition == 2
    # 完了率 is still the old one: 576/800 was published, 579/800 is ours.
    [notice] = look.table.notices
    assert notice.startswith("板柳町の完了率は0.7200と公表されていますが")
    second = standard.take_in(office, content, JANUARY)
    assert (second.edition, second.sha256) == (2, hashlib.sha256(content).hexdigest())
    assert [each.edition for each in snapshots(office)] == [2, 1]
    assert board_of(office).cells[ITAYANAGI, "juki"].steps == 30
    upload = Upload(JANUARY, "進捗.csv", standard.as_csv(standard.published()), "試験の表")
    with pytest.raises(StaleError):
        standard_import.take_in(office.staff, upload, look.seen, office.clock.now())


def test_the_forty_towns_come_in_from_the_layout_of_the_ministry(office: Office) -> None:
    content = standard.as_ministry_book(standard.published())
    look = standard_import.look(office.staff, Upload(JANUARY, "進捗.xlsx", content))
    assert (len(look.table.rows), look.table.faults, look.table.notices) == (40, (), ())
    assert (look.changes, look.missing) == ((), ())
    before = board_of(office)
    standard.take_in(office, content, JANUARY, "進捗.xlsx")
    after = board_of(office)
    assert after.snapshot.edition == 2
    assert after.cells == before.cells
    assert after.rates == before.rates


def test_a_month_later_the_difference_and_the_fall_are_told(office: Office) -> None:
    table = standard.changed("弘前市", "住民記録", "0.75")
    table = standard.changed("平川市", "戸籍", "0.65", table)
    standard.take_in(office, standard.as_csv(table), FEBRUARY)
    board = board_of(office)
    assert board.month == FEBRUARY
    assert board.change((HIROSAKI, "juki")) == 1
    assert board.change((HIRAKAWA, "koseki")) == -1
    assert board.change((HIRAKAWA, "juki")) == 0
    assert flagged(board, "fall") == [(HIRAKAWA, "koseki")]
    january = board_of(office, JANUARY)
    assert january.change((HIROSAKI, "juki")) is None
    assert flagged(january, "fall") == []


def test_a_file_with_a_fault_leaves_nothing_behind(office: Office) -> None:
    before = factories.everything()
    content = standard.as_csv(standard.changed("平川市", "就学", "0.66"))
    upload = Upload(FEBRUARY, "進捗.csv", content, "試験の表")
    look = standard_import.look(office.staff, upload)
    assert not look.may_record
    # The row that cannot be read is there, and what is refused changes nothing.
    assert (look.missing, look.changes, look.neighbours) == ((), (), ())
    with pytest.raises(BadInputError, match="平川市の就学"):
        standard_import.take_in(office.staff, upload, look.seen, office.clock.now())
    assert factories.everything() == before
    with pytest.raises(BadInputError, match="令和8年1月です（選んだ月は令和8年2月）"):
        standard_import.look(office.staff, Upload(FEBRUARY, "令和8年1月.csv", first_progress()))


def test_another_edition_of_a_month_needs_a_confirmation(office: Office) -> None:
    content = standard.as_csv(standard.changed("板柳町", "住民記録", "0.75"))
    upload = Upload(JANUARY, "進捗.csv", content, "試験の表")
    look, before = standard_import.look(office.staff, upload), factories.everything()
    assert look.replaces is not None
    assert look.replaces.edition == 1
    with pytest.raises(BadInputError, match="令和8年1月の進捗は、もう第1版があります") as refused:
        standard_import.take_in(office.staff, upload, look.seen, office.clock.now())
    assert refused.value.path == "confirmed"
    assert factories.everything() == before
    # The month that has none needs no word.
    later = Upload(FEBRUARY, "進捗.csv", content, "試験の表")
    seen = standard_import.look(office.staff, later)
    assert seen.replaces is None
    taken = standard_import.take_in(office.staff, later, seen.seen, office.clock.now())
    assert (taken.edition, taken.source) == (1, "試験の表")


def test_a_csv_without_a_month_is_compared_with_the_months_around_it(office: Office) -> None:
    april = standard.changed("弘前市", "住民記録", "0.75")  # 29 → 30
    standard.take_in(office, standard.as_csv(april), Month(2026, 4))
    march = standard.changed("平川市", "戸籍", "0.65")  # 27 → 26
    march = standard.changed("弘前市", "住民記録", "0.775", march)  # 31
    content = standard.as_csv(march)

    def beside(month: Month, name: str = "進捗.csv") -> list[tuple[Month, int, int]]:
        look = standard_import.look(office.staff, Upload(month, name, content, "試験の表"))
        return [(each.snapshot.month, each.differing, each.backward) for each in look.neighbours]

    # After January one number falls; towards April 弘前市's would fall, 平川市's rise again.
    assert beside(Month(2026, 3)) == [(JANUARY, 2, 1), (Month(2026, 4), 2, 1)]
    # As January's second edition, January itself is what the table of changes is compared with.
    assert beside(JANUARY) == [(Month(2026, 4), 2, 1)]
    assert beside(Month(2026, 3), "令和8年3月.csv") == []
    # What falls stands first.
    look = standard_import.look(office.staff, Upload(FEBRUARY, "進捗.csv", content, "試験の表"))
    assert [(each.town, each.after - each.before) for each in look.changes] == [
        ("平川市", -1), ("弘前市", 2),
    ]  # fmt: skip


def test_a_csv_has_to_say_where_it_comes_from(office: Office) -> None:
    table = standard.published()
    with pytest.raises(BadInputError, match="CSVには公表元が書かれていません") as refused:
        standard_import.look(office.staff, Upload(FEBRUARY, "進捗.csv", standard.as_csv(table)))
    assert refused.value.path == "source"
    # A workbook has the layout and the month of the ministry's.
    book = Upload(FEBRUARY, "進捗.xlsx", standard.as_ministry_book(table, "令和8年2月"))
    seen = standard_import.look(office.staff, book).seen
    taken = standard_import.take_in(office.staff, book, seen, office.clock.now())
    assert taken.source.startswith("総務省「")


def test_only_the_figures_the_sample_begins_with_are_called_real(office: Office) -> None:
    [first] = snapshots(office)
    assert standardisation.origin(first) == (
        "進捗の数は、公表された実際の値です。見本ではありません。"
    )
    content = standard.as_csv(standard.changed("板柳町", "住民記録", "0.75"))
    taken = standard.take_in(office, content, FEBRUARY)
    assert standardisation.origin(taken) == (
        "進捗の数は、取り込んだファイルによる値です。取込みの時の出典：試験の表"
    )
    # The figures of January given out for March are not what was published of March.
    again = standard.take_in(office, first_progress(), Month(2026, 3))
    assert standardisation.origin(again).endswith("取込みの時の出典：試験の表")


# ---- 特定移行 ------------------------------------------------------------------------------------


def test_the_list_of_the_digital_agency_has_none_of_ours(office: Office) -> None:
    rows: list[tuple[object, str, str, list[str]]] = [
        ("022012", "青森県青森市", "市", ["住民基本台帳", "戸籍の附票", "共通機能"]),
        (22047, "黒石市", "市", ["就学", "国民年金"]),  # a number lost its 0
        ("02411", "六ヶ所村", "村", ["介護保険"]),  # five digits lack the check digit
        ("020001", "青森県", "都道府県", []),
        ("022021", "弘前市", "市", []),
    ]
    standard.take_in(office, standard.as_digital_book(rows), JANUARY, "結果一覧.xlsx")
    page = standardisation.show_special(office.staff, None)
    assert [row for _, row in page.towns] == [None] * 7
    assert [(row.code, page.names(row)) for row in page.neighbours] == [
        ("022012", "住民基本台帳、戸籍の附票、共通機能"),
        ("022047", "就学、国民年金"),
        ("024112", "介護保険"),
    ]
    assert (page.bodies, page.systems) == (3, 6)
    assert board_of(office).snapshot.kind == PROGRESS
    assert [each.kind for each in snapshots(office)].count(SPECIAL) == 1
