"""Editions of basis values: added beside the earlier ones, corrected only while unused."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from consortium.db import models
from consortium.db.store import bases as store
from consortium.db.store import runs as runs_store
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.canonical import canonical
from consortium.domain.errors import (
    BadInputError,
    InvalidTransitionError,
    NotFoundError,
    StaleError,
)
from consortium.domain.municipality import municipality_code
from consortium.intake.case_rules import RESERVED
from consortium.usecases import bases, basis_editions, runs
from consortium.usecases.basis_editions import Entry
from consortium.usecases.viewer import Viewer
from tests.factories import (
    NOW,
    add_foreign_consortium,
    everything,
    items_of,
    put_into_run,
    seed_sample,
)

HIROSAKI, ITAYANAGI = municipality_code("022021"), municipality_code("023817")
FINAL = Entry(
    reference_date=date(2020, 10, 1),
    period_from=None,
    name="令和2年国勢調査(確定)",
    published_on=date(2021, 11, 30),
    certainty="確定",
    source="総務省統計局 人口等基本集計",
    values={HIROSAKI: Fraction(168466), ITAYANAGI: Fraction(12700)},
)


@pytest.fixture
def officer(database: Flask) -> Viewer:
    """Give an officer of the sample consortium."""
    return seed_sample()


def entry(**changes: Any) -> Entry:
    return replace(FINAL, **changes)


def editions(officer: Viewer, series: str = "population") -> tuple[store.Edition, ...]:
    with reading() as session:
        return store.editions(session, officer.consortium_id, series)


def named(officer: Viewer, name: str, series: str = "population") -> store.Edition:
    (found,) = [each for each in editions(officer, series) if each.name == name]
    return found


def audited(officer: Viewer) -> list[tuple[str, str, str]]:
    with reading() as session:
        rows = session.scalars(
            select(models.AuditEvent)
            .where(models.AuditEvent.object_type == "basis_edition")
            .order_by(models.AuditEvent.seq)
        ).all()
    return [(row.action, row.title, row.reason) for row in rows][4:]  # after those of the sample


def correct(officer: Viewer, old: store.Edition, reason: str = "誤記", **changes: Any) -> Any:
    new = entry(**{"name": old.name, "reference_date": old.reference_date, **changes})
    return basis_editions.correct_edition(officer, old.id, old.fingerprint, new, reason, NOW)


# ---- adding --------------------------------------------------------------------------------------


def test_a_final_edition_stands_beside_the_first_one(officer: Viewer) -> None:
    before = named(officer, "令和2年国勢調査(速報)")
    basis_editions.add_edition(officer, "population", FINAL, NOW)
    assert named(officer, "令和2年国勢調査(速報)") == before
    new = named(officer, "令和2年国勢調査(確定)")
    assert new.values == FINAL.values
    assert (new.label, new.certainty, new.published_on) == (
        "国勢調査人口", "確定", date(2021, 11, 30)
    )  # fmt: skip
    assert [each.name for each in editions(officer)][:2] == [
        "令和2年国勢調査(確定)",
        "令和2年国勢調査(速報)",
    ]
    assert audited(officer) == [("basis.create", "国勢調査人口(令和2年国勢調査(確定))の登録", "")]


def test_a_form_sent_twice_saves_one_edition(officer: Viewer) -> None:
    basis_editions.add_edition(officer, "population", FINAL, NOW)
    before = everything()
    basis_editions.add_edition(officer, "population", FINAL, NOW)
    assert everything() == before


def test_a_total_keeps_its_period(officer: Viewer) -> None:
    total = entry(
        reference_date=date(2020, 12, 31), period_from=date(2020, 1, 1), published_on=None,
        name="令和2年",
    )  # fmt: skip
    basis_editions.add_series(officer, "ごみ搬入量", "waste", total, NOW)
    (saved,) = editions(officer, "waste")
    assert (saved.period_from, saved.reference_date) == (date(2020, 1, 1), date(2020, 12, 31))
    with reading() as session:
        (series,) = store.all_series(session, officer.consortium_id)["waste"]
    assert (series.period_from, series.published_on) == (date(2020, 1, 1), None)
    assert series.key == "waste@2020-12-31/令和2年"


@pytest.mark.parametrize(
    ("changes", "path", "found"),
    [
        ({"name": "令和2年国勢調査(速報)"}, "name", "もう登録されています"),
        ({"values": {}}, "", "値が一つもありません"),
        ({"values": {municipality_code("011002"): Fraction(1)}}, "", "値が一つもありません"),
        ({"period_from": date(2020, 10, 2)}, "period_from", "末日より後"),
        ({"published_on": date(2020, 9, 30)}, "published_on", "令和2年10月1日より前です"),
        (
            {"published_on": date(2021, 6, 25), "certainty": "見込"},
            "published_on",
            "どちらを使うか決まりません",
        ),
    ],
)
def test_an_edition_that_no_run_could_use_is_refused_at_its_field(
    officer: Viewer, changes: dict[str, Any], path: str, found: str
) -> None:
    before = everything()
    with pytest.raises(BadInputError, match=found) as refusal:
        basis_editions.add_edition(officer, "population", entry(**changes), NOW)
    assert refusal.value.path == path
    assert everything() == before


def test_an_expected_value_may_be_known_before_its_day(officer: Viewer) -> None:
    expected = entry(published_on=date(2020, 9, 1), certainty="見込")
    assert basis_editions.add_edition(officer, "population", expected, NOW).certainty == "見込"


def test_the_same_day_in_another_period_is_no_rival(officer: Viewer) -> None:
    rest = {"reference_date": date(2020, 12, 31), "published_on": None}
    basis_editions.add_series(
        officer, "搬入量", "waste", entry(name="12月分", period_from=date(2020, 12, 1), **rest), NOW
    )
    year = entry(name="年計", period_from=date(2020, 1, 1), **rest)
    basis_editions.add_edition(officer, "waste", year, NOW)
    assert len(editions(officer, "waste")) == 2


def test_a_series_that_is_not_there_gets_no_edition(officer: Viewer) -> None:
    with pytest.raises(BadInputError, match="その算定基礎がありません"):
        basis_editions.add_edition(officer, "desks", FINAL, NOW)
    with pytest.raises(NotFoundError):
        bases.show_new_edition(officer, "desks")


# ---- new series ----------------------------------------------------------------------------------


def test_a_series_without_a_key_is_given_one(officer: Viewer) -> None:
    first = basis_editions.add_series(officer, "端末台数", "", FINAL, NOW)
    second = basis_editions.add_series(officer, "職員数", "", FINAL, NOW)
    assert (first.series, second.series) == ("basis_1", "basis_2")


def test_a_new_series_sent_twice_is_saved_once(officer: Viewer) -> None:
    basis_editions.add_series(officer, "端末台数", "", FINAL, NOW)
    before = everything()
    assert basis_editions.add_series(officer, "端末台数", "", FINAL, NOW).series == "basis_1"
    assert basis_editions.add_series(officer, "端末台数", "basis_1", FINAL, NOW).name == FINAL.name
    assert everything() == before


def test_another_key_is_another_series_even_with_the_same_content(officer: Viewer) -> None:
    basis_editions.add_series(officer, "端末台数", "desks", FINAL, NOW)
    before = everything()
    with pytest.raises(BadInputError, match="「端末台数」は、もう登録されています") as refusal:
        basis_editions.add_series(officer, "端末台数", "terminals", FINAL, NOW)
    assert refusal.value.path == "label"
    assert everything() == before


def test_no_result_has_a_line_named_as_a_series(officer: Viewer) -> None:
    for key in RESERVED:
        with pytest.raises(BadInputError, match=f"「{key}」は、明細の行を表す名前に使うため"):
            basis_editions.add_series(officer, "端末台数", key, FINAL, NOW)


@pytest.mark.parametrize(
    ("label", "key", "path"),
    [
        ("国勢調査人口", "", "label"),
        ("端末台数", "population", "key"),
        ("端末台数", "Desks", "key"),
        ("端末台数", "1desk", "key"),
        ("端末台数", "desk@s", "key"),
        ("端末台数", "d" * 41, "key"),
        ("端末台数", "台数", "key"),
    ],
)
def test_a_label_or_key_that_is_taken_or_unusable_is_refused(
    officer: Viewer, label: str, key: str, path: str
) -> None:
    with pytest.raises(BadInputError) as refusal:
        basis_editions.add_series(officer, label, key, FINAL, NOW)
    assert refusal.value.path == path


# ---- correcting and withdrawing ------------------------------------------------------------------


def test_an_edition_nothing_uses_is_corrected_with_a_reason(officer: Viewer) -> None:
    old = named(officer, "平成27年国勢調査", "households")
    values = {code: value for code, value in old.values.items() if code != ITAYANAGI}
    correct(officer, old, values={**values, HIROSAKI: Fraction(71153)}, published_on=None)
    new = named(officer, "平成27年国勢調査", "households")
    assert new.values == {**values, HIROSAKI: 71153}
    assert new.id == old.id
    assert audited(officer) == [("basis.correct", "国勢調査世帯数(平成27年国勢調査)の訂正", "誤記")]
    correct(officer, new, values={**new.values, ITAYANAGI: Fraction(4680)})
    assert named(officer, "平成27年国勢調査", "households").values[ITAYANAGI] == 4680


def test_an_edition_nothing_uses_is_withdrawn_with_a_reason(officer: Viewer) -> None:
    old = named(officer, "平成27年国勢調査", "households")
    basis_editions.withdraw_edition(officer, old.id, old.fingerprint, "別の資料", NOW)
    assert editions(officer, "households") == ()
    assert audited(officer) == [
        ("basis.withdraw", "国勢調査世帯数(平成27年国勢調査)の取下げ", "別の資料")
    ]


@pytest.mark.parametrize("reason", ["", "  ", "\u3000"])
def test_without_a_reason_nothing_is_corrected_or_withdrawn(officer: Viewer, reason: str) -> None:
    old = named(officer, "平成27年国勢調査", "households")
    before = everything()
    with pytest.raises(BadInputError) as refusal:
        correct(officer, old, reason)
    assert refusal.value.path == "reason"
    with pytest.raises(BadInputError):
        basis_editions.withdraw_edition(officer, old.id, old.fingerprint, reason, NOW)
    assert everything() == before


def test_an_edition_that_a_rule_names_is_left_alone(officer: Viewer) -> None:
    used = named(officer, "平成22年国勢調査(組替)")
    before = everything()
    with pytest.raises(InvalidTransitionError) as refusal:
        correct(officer, used)
    assert refusal.value.found == "負担ルール「費用負担（見本）」が使っています。"
    assert "新しい版" in refusal.value.todo
    with pytest.raises(InvalidTransitionError):
        basis_editions.withdraw_edition(officer, used.id, used.fingerprint, "誤り", NOW)
    assert everything() == before


def test_an_edition_changed_meanwhile_is_not_overwritten(officer: Viewer) -> None:
    old = named(officer, "平成27年国勢調査", "households")
    correct(officer, old)
    before = everything()
    with pytest.raises(StaleError):
        correct(officer, old, source="後から")
    with pytest.raises(StaleError):
        basis_editions.withdraw_edition(officer, old.id, old.fingerprint, "誤り", NOW)
    assert everything() == before


def test_a_correction_cannot_take_the_name_of_another_edition(officer: Viewer) -> None:
    basis_editions.add_edition(officer, "population", FINAL, NOW)
    new = named(officer, FINAL.name)
    with pytest.raises(BadInputError, match="もう登録されています"):
        correct(officer, new, name="令和2年国勢調査(速報)")


def test_another_consortium_finds_no_edition(officer: Viewer) -> None:
    old = named(officer, "平成27年国勢調査", "households")
    foreigner = add_foreign_consortium()
    with pytest.raises(NotFoundError):
        bases.show_edition(foreigner, old.id)
    with pytest.raises(NotFoundError):
        bases.export_edition(foreigner, old.id)
    with pytest.raises(NotFoundError):
        basis_editions.withdraw_edition(foreigner, old.id, old.fingerprint, "誤り", NOW)
    with pytest.raises(NotFoundError):
        bases.show_new_edition(foreigner, "population")


# ---- what runs rest on ---------------------------------------------------------------------------


def test_a_run_keeps_the_edition_it_was_computed_with(officer: Viewer) -> None:
    run_id = runs.create_run(officer, FiscalYear(2022), "final", now=NOW)
    with reading() as session:
        result = runs_store.read_result(session, officer.consortium_id, run_id)
        sha = runs_store.get_run(session, officer.consortium_id, run_id).document_sha256
    (pinned,) = result.series
    assert pinned.values[HIROSAKI] == 168564
    revised = entry(name="遡及改訂", published_on=date(2022, 3, 1))
    basis_editions.add_edition(officer, "population", revised, NOW)
    with reading() as session:
        again = runs_store.read_result(session, officer.consortium_id, run_id)
        assert runs_store.get_run(session, officer.consortium_id, run_id).document_sha256 == sha
    assert again == result


def test_an_edition_in_a_run_is_named_with_the_run(officer: Viewer) -> None:
    runs.create_run(officer, FiscalYear(2022), "final", now=NOW)
    page = bases.show_edition(officer, named(officer, "令和2年国勢調査(速報)").id)
    assert page.holders.runs == ((2022, "final", 1),)
    other = bases.show_edition(officer, named(officer, "平成27年国勢調査").id)
    assert other.holders.runs == ()
    assert basis_editions.in_use_words(page.holders) == (
        "負担ルール「費用負担（見本）」、令和4年度 確定 第1版の算定が使っています。"
    )


@pytest.mark.parametrize(
    ("key", "is_held"),
    [
        ("waste@2020-12-31/令和2年1月〜12月の計", True),
        ("waste@2020-12-31/年計", False),
        ("wastes@2020-12-31/令和2年1月〜12月の計", False),
        ("was_e@2020-12-31/令和2年1月〜12月の計", False),
    ],
)
def test_a_piece_is_held_by_every_run_with_a_sum_of_its_series(
    officer: Viewer, key: str, is_held: bool
) -> None:
    half = entry(
        reference_date=date(2020, 6, 30), period_from=date(2020, 1, 1), published_on=None,
        name="上半期",
    )  # fmt: skip
    basis_editions.add_series(officer, "ごみ搬入量", "waste", half, NOW)
    put_into_run(officer, items_of(officer, 2021)[0], "draft", canonical({"key": key}))
    page = bases.show_edition(officer, named(officer, "上半期", "waste").id)
    assert bool(page.holders) == is_held


def test_a_long_list_of_runs_is_cut() -> None:
    many = store.Holders((), tuple((2015 + n, "final", 1) for n in range(8)))
    words = basis_editions.in_use_words(many)
    assert words.count("年度") == 5
    assert words.endswith("ほか3件が使っています。")


# ---- reading -------------------------------------------------------------------------------------


def test_a_new_edition_is_compared_with_the_one_before_its_day(officer: Viewer) -> None:
    page = bases.show_new_edition(officer, "population")
    names = {
        day: found.name if (found := page.compared(day)) else None
        for day in (None, date(2020, 10, 1), date(2020, 9, 30), date(2010, 9, 30))
    }
    assert names == {
        None: "令和2年国勢調査(速報)",
        date(2020, 10, 1): "令和2年国勢調査(速報)",
        date(2020, 9, 30): "平成27年国勢調査",
        date(2010, 9, 30): None,
    }


def test_an_edition_is_written_as_a_file_that_can_be_read_in_again(officer: Viewer) -> None:
    edition = named(officer, "令和2年国勢調査(速報)")
    name, content = bases.export_edition(officer, edition.id)
    assert name == "国勢調査人口_20201001_令和2年国勢調査(速報).csv"
    assert content.splitlines()[:2] == [
        "\ufeff団体コード,団体名,値".encode(),
        "022021,弘前市,168564".encode(),
    ]
    page = bases.show_new_edition(officer, "population")
    assert dict(bases.read_file(page, content).values) == edition.values
