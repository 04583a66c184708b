"""One workbook sets a consortium up, and what is registered is written out (一括登録)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db.audit import verify_chain
from consortium.db.store import bases, inputs, settings
from consortium.db.store import members as members_store
from consortium.db.store.members import Member
from consortium.db.store.payments import KINDS as PAYMENTS
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import InvalidTransitionError, NotFoundError, StaleError
from consortium.domain.municipality import municipality_code
from consortium.domain.registration.money import AMOUNT_WAYS, PAYMENT_KINDS
from consortium.domain.sharing.engine import share
from consortium.reports.document import member_slot
from consortium.usecases import (
    amounts,
    calendars,
    instalments,
    members,
    registration,
    runs,
    year_start,
)
from consortium.usecases.accounts import NewAccount
from consortium.usecases.consortia import NewConsortium
from consortium.usecases.register_check import owners
from consortium.usecases.reporting import Worker
from consortium.usecases.settings import Entry
from consortium.usecases.viewer import Viewer
from tests import databases, registering
from tests.factories import NOW, everything, seed_sample
from tests.office import Office, chain_faults, data_rows, files_of_run
from tests.registering import (
    CITY,
    SINCE,
    TOWN,
    VILLAGE,
    changed,
    filled,
    records,
    rich,
    small,
    workbook,
)


@contextmanager
def another(source: databases.Source, folder: Path) -> Iterator[None]:
    """Enter a second database, migrated and empty."""
    url = source.fresh(folder)
    with databases.opened(url):
        yield
    source.drop(url)


def registered(content: bytes) -> str:
    """Register a workbook without a fault and give the consortium."""
    outcome = registration.register(content, None, NOW)
    assert (outcome.faults, outcome.is_saved) == ((), True)
    (owner,) = owners(registering.KEY) if outcome.name.startswith("見本") else owners()
    return owner


def office_of(owner: str, folder: Path, clock: FrozenClock) -> Office:
    """Give staff and approver of a consortium at work."""
    staff = Viewer("u-5", "見本 花子", "lead_staff", owner, body="見本市")
    approver = replace(staff, user_id="u-6", name="見本 承認", role="lead_approver")
    return Office(staff, approver, Worker("process-1", folder, clock.now), clock)


def shares(owner: str, start: int, stage: str) -> dict[str, int]:
    """Compute a stage of a year: 団体コード → yen."""
    with reading() as session:
        given = inputs.load_inputs(session, owner, FiscalYear(start), stage, date(2026, 12, 1))
    result = share(given.items, given.rules, given.facts, FiscalYear(start))
    return {party.code: yen for party, yen in zip(result.parties, result.amounts, strict=True)}


# ---- round trips ---------------------------------------------------------------------------------


def test_the_sample_goes_into_another_database_and_comes_out_the_same(
    database_source: databases.Source, database_url: str, tmp_path: Path
) -> None:
    years = [(start, "final") for start in range(2015, 2026)] + [(2026, "planned")]
    with databases.opened(database_url):
        owner = seed_sample().consortium_id
        _, first = registration.export(owner)
        before = [shares(owner, *year) for year in years]
    with another(database_source, tmp_path):
        there = registered(first)
        assert registration.export(there)[1] == first
        assert [shares(there, *year) for year in years] == before
        with reading() as session:
            assert verify_chain(session, there) == []


def test_every_sheet_is_registered_and_written_out_as_it_was_typed(
    database_source: databases.Source, database_url: str, tmp_path: Path
) -> None:
    with databases.opened(database_url):
        _, first = registration.export(registered(workbook(rich())))
    found = records(first)
    found.pop("記入のしかた")
    assert found == filled(rich())
    assert all(found.values()), "a sheet without a record would prove nothing"
    with another(database_source, tmp_path):
        assert registration.export(registered(first))[1] == first


def test_a_town_that_is_going_to_join_is_not_written_out(
    database_source: databases.Source, database_url: str, tmp_path: Path, clock: FrozenClock
) -> None:
    with databases.opened(database_url):
        owner = registered(workbook(small()))
        before = registration.export(owner)[1]
        expect_another_town(office_of(owner, tmp_path, clock).staff)
        _, first = registration.export(owner)
    assert records(first) == records(before)
    with another(database_source, tmp_path):
        assert registration.export(registered(first))[1] == first


def expect_another_town(staff: Viewer) -> None:
    """Enter all that may stand there before a town joins (加入予定団体): it has no stay."""
    code = municipality_code("023841")
    new = Member(str(uuid4()), code, "鶴田町", "つるたまち", "町")
    owner = staff.consortium_id
    with writing(staff.actor(), NOW) as unit:
        members_store.add_member(unit, owner, new)
        (census,) = bases.editions(unit.session, owner)
        values = {**census.values, code: Fraction(12_074)}
        bases.correct_edition(unit, owner, census, replace(census, values=values))
    calendars.add_day(staff, calendars.DayEntry(date(2027, 8, 16), "町の休日", True, code), NOW)


def test_the_words_of_the_form_are_those_of_the_portal() -> None:
    assert (AMOUNT_WAYS, PAYMENT_KINDS) == (amounts.WAYS, PAYMENTS)


# ---- a second consortium at work -----------------------------------------------------------------


def test_a_registered_consortium_computes_approves_and_issues(
    database: Flask, tmp_path: Path, clock: FrozenClock
) -> None:
    """Three towns of 60,000, 30,000 and 10,000 people share 1,000,001 yen, a fifth of it equally.

    200,000.2 and 800,000.8 by weight: the yen over goes to the people, 200,000 and 800,001.
    Equally 66,666 2/3 each: the two first by code get the yen over. By people 480,000.6, 240,000.3,
    80,000.1: the yen over goes to the city. The town also pays its own 55,000.
    """
    later = {"施行日": date(2028, 4, 1), "増加の上限": 10, "根拠文書": "改正協定書"}
    owner = registered(workbook({**small(), "激変緩和": [later]}))
    office, year = office_of(owner, tmp_path, clock), FiscalYear(2027)
    started = year_start.start_year(office.staff, year, clock.now())
    assert started.instalments
    parts = instalments.show_plan(office.staff, year).saved.plan.parts
    # 2027-05-20 is a Thursday, 2028-02-20 a Sunday.
    assert (parts[0].due_on, parts[3].due_on) == (date(2027, 5, 20), date(2028, 2, 21))
    run = office.issued(2027, "planned")
    wanted = {CITY: 66_667 + 480_001, TOWN: 66_667 + 240_000 + 55_000, VILLAGE: 66_666 + 80_000}
    files = files_of_run(office, run)
    found = {
        code: sum(
            row["負担額_円"]
            for row in data_rows(files[member_slot(code)])
            if row["団体コード"] == code
        )
        for code in wanted
    }
    assert found == wanted
    assert sum(wanted.values()) == run.total == 1_055_001
    # What the next database has to compare FY2028 with, without what the town pays by itself.
    previous = records(registration.export(owner)[1])["前年度の負担額"]
    assert {row["団体コード"]: row["負担額"] for row in previous} == wanted | {TOWN: 306_667}
    assert {row["根拠"] for row in previous} == {"発行済み（当初 第1版）"}
    assert chain_faults(office) == []


@pytest.mark.usefixtures("plain_files")
def test_two_consortia_in_one_database_do_not_see_each_other(
    database: Flask, tmp_path: Path, clock: FrozenClock
) -> None:
    sample = seed_sample()
    before = registration.export(sample.consortium_id)[1]
    office = office_of(registered(workbook(small())), tmp_path, clock)
    run = office.issued(2027, "planned")
    own = {each.member.name for each in members.show_roster(office.staff).standings}
    assert own == {"見本市", "見本町", "見本村"}
    assert len(members.show_roster(sample).standings) == 7
    assert registration.export(sample.consortium_id)[1] == before
    with reading() as session:
        assert settings.find_consortium_id(session, "hirosaki") == sample.consortium_id
    assert runs.list_runs(sample).runs == []
    with pytest.raises(NotFoundError):
        runs.show_run(sample, run.id)


# ---- what is wrong with a workbook ---------------------------------------------------------------


def told(book: registering.Book) -> list[tuple[str, str]]:
    """Register a workbook with faults; give each with its place."""
    outcome = registration.register(workbook(book), None, NOW)
    assert not outcome.is_saved
    return [(f"{each.sheet}!{each.cell}", f"{each.found}{each.todo}") for each in outcome.faults]


@pytest.mark.parametrize("number", range(4))
def test_everything_wrong_is_told_at_its_cell_and_nothing_is_saved(
    database: Flask, number: int
) -> None:
    empty, book = everything(), small() if number < 3 else rich()
    for sheet, row, heading, value, _ in WRONG[number]:
        book = changed(book, sheet, row, **{heading: value})
    found = told(book)
    wanted = {
        registering.place(book, sheet, row, heading): words
        for sheet, row, heading, _, words in WRONG[number]
    }
    assert {place for place, _ in found} == set(wanted)
    assert all(wanted[place] in said for place, said in found), found
    assert everything() == empty


#: What is typed wrong in a good workbook, all together: sheet, record, column, value, the answer.
WRONG = (
    (
        ("協議会", 0, "見本", "たぶん", "はい、いいえ のいずれか"),
        ("市町村", 1, "団体コード", "990026", "990027の誤りではないか"),
        ("市町村", 2, "加入日", "そのうち", "日付の形ではありません"),
        ("共同サービス", 0, "稼働日", None, "空です"),
        ("算定基礎", 0, "値", "約六万", "数ではありません"),
        ("負担ルール", 0, "端数処理", "切り捨てる", "切捨て、四捨五入、切上げ"),
        ("負担ルール", 1, "割合", "0", "0より大きい数"),
        ("費用", 0, "税込金額", "百万", "数ではありません"),
    ),
    (
        ("市町村", 2, "幹事市", "はい", "見本市が幹事市です"),
        ("サービス参加", 0, "サービス", "cor", "シート「共同サービス」にありません"),
        ("サービス参加", 1, "利用開始日", date(2019, 4, 1), "加入期間の外"),
        ("算定基礎", 1, "公表日", date(2026, 7, 1), "最初の行（2行目）と違います"),
        ("費用", 0, "開始月", "2028-04", "この年度の月ではありません"),
        ("費用", 1, "番号", 1, "番号1が二つあります"),
        ("納付計画", 3, "割合", 25, "最後の期に割合があります"),
    ),
    (
        ("サービス参加", 1, "団体名", "見本村", "990027は「見本町」です"),
        ("算定基礎", 0, "値", -1, "負の値"),
        ("負担ルール", 1, "端数の単位", 100, "最初の行（2行目）と違います"),
        ("費用", 0, "税込金額", None, "税込金額が空です"),
        ("費用", 1, "個別負担の団体コード", "022021", "シート「市町村」にありません"),
        ("納付計画", 1, "納期限", date(2026, 5, 1), "第1期より後ではありません"),
    ),
    (
        ("サービス参加", 4, "利用開始日", SINCE, "稼働の期間"),
        ("費用", 3, "税込金額", 367, "計算すると366円です"),
        ("補助金", 2, "費目番号", 99, "シート「費用」にありません"),
        ("従量", 1, "費目番号", 99, "シート「費用」にありません"),
        ("納付", 0, "期", 9, "第9期は、この年度の納付計画"),
        ("納付", 1, "金額", -250_000, "収納の金額が負です"),
        ("納付", 2, "収納日", date(2026, 12, 2), "まだ来ていない日です"),
        ("納付", 3, "金額", 1_000, "還付の金額が正です"),
    ),
)


@pytest.mark.parametrize(
    ("changes", "heading", "words"),
    [
        (
            {"基準日の定め方": "固定"},
            "固定の日・期間の初日",
            "の 「固定の日・期間の初日」 がありません",
        ),
        ({"系列": "people"}, "系列", "シート「算定基礎」にありません"),
        ({"構成割": "均等割"}, "構成割", "二つあります"),
    ],
)
def test_a_component_that_does_not_fit_is_told_at_its_own_row(
    database: Flask, changes: dict[str, str], heading: str, words: str
) -> None:
    book = changed(small(), "負担ルール", 1, **changes)
    ((place, said),) = told(book)
    assert place == registering.place(book, "負担ルール", 1, heading)
    assert words in said


def test_a_payment_that_stands_twice_is_refused(database: Flask) -> None:
    book = rich()
    book["納付"] += [book["納付"][1], book["納付"][3]]
    wanted = [("納付", 4, "整理番号"), ("納付", 5, "金額")]
    assert [place for place, _ in told(book)] == [registering.place(book, *each) for each in wanted]


def test_a_consortium_without_a_lead_city_is_refused(database: Flask) -> None:
    ((place, said),) = told(changed(small(), "市町村", 0, 幹事市="いいえ"))
    assert (place, said[:9]) == ("市町村!", "幹事市がありません")


def test_faults_of_many_sheets_are_told_together(database: Flask) -> None:
    book = changed(rich(), "市町村", 1, 加入日="そのうち")
    book = changed(book, "費用", 0, 終了月="2027-13")
    book = changed(book, "納付計画", 0, 端数の単位=7)
    book["経費区分"] = []
    wanted = [("市町村", 1, "加入日"), ("費用", 0, "終了月"), ("納付計画", 0, "端数の単位")]
    found = dict(told(book))
    assert found.keys() >= {registering.place(book, *each) for each in wanted}
    # What rests on 見本町 is not told once more; that a sheet is empty, at what refers to it.
    assert not any(place.startswith(("サービス参加", "算定基礎", "負担ルール")) for place in found)
    assert "シート「経費区分」にありません" in found[registering.place(book, "費用", 3, "経費区分")]


def test_a_key_in_use_is_refused_and_a_trial_saves_nothing(database: Flask) -> None:
    empty = everything()
    trial = registration.register(workbook(rich()), None, NOW, is_trial=True)
    assert (trial.faults, trial.is_saved) == ((), False)
    assert everything() == empty
    registered(workbook(small()))
    before = everything()
    again = registration.register(workbook(small()), None, NOW)
    assert [each.cell for each in again.faults] == ["A2"]
    assert everything() == before


# ---- in the portal -------------------------------------------------------------------------------


@pytest.fixture
def admin(database: Flask) -> Viewer:
    """Give the administrator of a consortium that was created without towns."""
    entry = Entry("仮の名称", "見本市", shows_other_members=True, label_2019="令和元年度")
    new = NewConsortium(registering.KEY, entry)
    registration.create(new, NewAccount("kanri", "管理", "lead_admin"), NOW)
    (owner,) = owners(registering.KEY)
    return Viewer("u-7", "管理", "lead_admin", owner, body="見本市")


def test_a_created_consortium_is_filled_after_a_look_and_only_once(admin: Viewer) -> None:
    content = workbook(small())
    before = everything()
    looked = registration.look(admin, content, NOW)
    assert looked.is_right
    assert everything() == before
    assert [(each.heading, each.old, each.new) for each in looked.comparison.changes] == [
        ("協議会の名称", "仮の名称", "見本地区電算協議会")
    ]
    with pytest.raises(StaleError):
        registration.take_in(admin, workbook(rich()), looked.seen, NOW)
    assert registration.take_in(admin, content, looked.seen, NOW).is_saved
    assert filled(small()).items() <= records(registration.export(admin.consortium_id)[1]).items()
    with pytest.raises(InvalidTransitionError, match="もう構成団体が登録"):
        registration.take_in(admin, content, looked.seen, NOW)


def test_a_workbook_is_compared_with_what_is_registered(admin: Viewer) -> None:
    content = workbook(small())
    registration.take_in(admin, content, registration.look(admin, content, NOW).seen, NOW)
    assert registration.look(admin, content, NOW).comparison.is_same
    book = changed(small(), "費用", 0, 税込金額=1_000_002)
    book["市町村"].pop()
    found = registration.look(admin, workbook(book), NOW).comparison
    (change,) = found.changes
    assert (change.sheet, change.old, change.new) == ("費用", "1,000,001", "1,000,002")
    towns = next(each for each in found.sheets if each.name == "市町村")
    assert (towns.same, towns.missing, towns.added) == (2, 1, 0)
