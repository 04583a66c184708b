"""Cases that officers keep: own and shared ones, renamed and deleted by whom, and the chain."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from consortium.db.audit import verify_chain
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import (
    BadInputError,
    InvalidTransitionError,
    NotFoundError,
    StaleError,
)
from consortium.usecases import saved_cases, simulator
from consortium.usecases.saved_cases import SavedCase
from consortium.usecases.simulated import simulate
from consortium.usecases.simulation_files import case_text, open_case
from consortium.usecases.viewer import Viewer
from tests.factories import NOW, add_foreign_consortium, everything, seed_sample
from tests.simulations import simulation

pytestmark = pytest.mark.usefixtures("database")
TEXT = case_text(simulation(), FiscalYear(2027))


@pytest.fixture
def officer(database: Flask) -> Viewer:
    """Register the sample consortium; give an officer of it."""
    return seed_sample()


def other(officer: Viewer, role: str = "lead_staff") -> Viewer:
    """Give a colleague."""
    return replace(officer, user_id="u-9", name="弘前 次郎", role=role)


def keep(viewer: Viewer, name: str = "鶴田町", **changes: object) -> SavedCase:
    """Keep the case of 鶴田町."""
    given = {"is_shared": True, "now": NOW, **changes}
    return saved_cases.keep_case(viewer, TEXT, name, **given)  # type: ignore[arg-type]  # keywords


def names(viewer: Viewer) -> list[str]:
    return [each.name for each in simulator.open_desk(viewer, with_saved=True).saved]


def test_a_kept_case_opens_with_the_same_result(officer: Viewer) -> None:
    kept = keep(officer)
    assert (kept.year, kept.owner_name) == (FiscalYear(2027), "弘前 花子")
    found = saved_cases.show_case(officer, kept.id)
    assert found == kept
    editions = simulator.open_desk(officer).editions
    opened = open_case(found.text.encode(), editions)
    assert opened.simulation
    again = simulate(opened.simulation).years[1].then
    assert again
    assert again.total == 49_581_600
    assert opened.sha256 == kept.sha256


def test_what_is_not_shared_is_seen_by_its_owner_and_the_auditor(officer: Viewer) -> None:
    mine = keep(officer, "自分だけ", is_shared=False)
    keep(officer, "みんな", now=NOW + timedelta(minutes=1))
    assert names(officer) == ["みんな", "自分だけ"]
    assert names(other(officer)) == ["みんな"]
    assert names(other(officer, "lead_admin")) == ["みんな"]
    assert names(other(officer, "auditor")) == ["みんな", "自分だけ"]
    with pytest.raises(NotFoundError):
        saved_cases.show_case(other(officer), mine.id)
    assert saved_cases.show_case(other(officer, "auditor"), mine.id) == mine


def test_another_consortium_sees_nothing(officer: Viewer) -> None:
    kept = keep(officer)
    stranger = add_foreign_consortium()
    assert names(stranger) == []
    with pytest.raises(NotFoundError):
        saved_cases.show_case(stranger, kept.id)
    with pytest.raises(BadInputError, match="この入力画面は使えません"):
        keep(stranger, case_id=kept.id)


def test_keeping_twice_by_a_double_click_keeps_one(officer: Viewer) -> None:
    key = "11111111-1111-4111-8111-111111111111"
    first = keep(officer, case_id=key)
    before = everything()
    assert keep(officer, case_id=key) == first
    assert everything() == before
    with pytest.raises(BadInputError, match="もう保存されています"):
        keep(officer, "別の名前", case_id=key)
    assert everything() == before


def test_name_and_sharing_are_changed_by_who_saved_it_and_the_admin(officer: Viewer) -> None:
    kept = keep(officer)
    later = NOW + timedelta(hours=1)
    renamed = saved_cases.change_case(officer, kept.id, 1, "新しい名", is_shared=True, now=later)
    assert (renamed.name, renamed.updated_at, renamed.text) == ("新しい名", later, TEXT)
    admin = other(officer, "lead_admin")
    saved_cases.change_case(admin, kept.id, 2, "管理者の名", is_shared=False, now=later)
    found = saved_cases.show_case(officer, kept.id)
    assert (found.name, found.is_shared, found.row_version) == ("管理者の名", False, 3)


def test_a_colleague_may_not_change_or_delete_it(officer: Viewer) -> None:
    kept = keep(officer)
    before = everything()
    for role in ("lead_staff", "lead_approver", "auditor"):
        with pytest.raises(InvalidTransitionError, match="弘前 花子さんが保存した"):
            saved_cases.change_case(other(officer, role), kept.id, 1, "名", is_shared=True, now=NOW)
        with pytest.raises(InvalidTransitionError):
            saved_cases.remove_case(other(officer, role), kept.id, 1, "不要", NOW)
    assert everything() == before


def test_the_second_of_two_changes_is_refused(officer: Viewer) -> None:
    kept = keep(officer)
    saved_cases.change_case(officer, kept.id, 1, "先", is_shared=True, now=NOW)
    before = everything()
    with pytest.raises(StaleError):
        saved_cases.change_case(officer, kept.id, 1, "後", is_shared=True, now=NOW)
    with pytest.raises(StaleError):
        saved_cases.remove_case(officer, kept.id, 1, "不要", NOW)
    assert everything() == before


def test_changing_nothing_writes_nothing(officer: Viewer) -> None:
    kept = keep(officer)
    before = everything()
    later = NOW + timedelta(hours=1)
    saved_cases.change_case(officer, kept.id, 1, kept.name, is_shared=True, now=later)
    assert everything() == before


def test_deleting_needs_a_reason_and_leaves_it_in_the_chain(officer: Viewer) -> None:
    kept = keep(officer)
    with pytest.raises(BadInputError, match="理由が書かれていません"):
        saved_cases.remove_case(officer, kept.id, 1, "  ", NOW)
    saved_cases.remove_case(officer, kept.id, 1, "協議が終わったため", NOW)
    assert names(officer) == []
    with reading() as session:
        assert verify_chain(session, officer.consortium_id) == []
    (event,) = [row for row in everything()["audit_event"] if "case.remove" in row]
    assert "協議が終わったため" in event
    assert kept.sha256 in event


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("fiscal_year: 2021", "members"),
        ("", "キー"),
        (TEXT + "#" * 200_000, "保存できるのは200,000文字まで"),
    ],
)
def test_what_is_no_case_or_too_long_is_not_kept(officer: Viewer, text: str, why: str) -> None:
    before = everything()
    with pytest.raises(BadInputError, match=why):
        saved_cases.keep_case(officer, text, "名", is_shared=True, now=NOW)
    assert everything() == before


# ---- what to start from --------------------------------------------------------------------------


def test_the_desk_has_the_true_history_and_every_edition(officer: Viewer) -> None:
    desk = simulator.open_desk(officer)
    assert [each.name for each in desk.history] == [
        "弘前市", "西目屋村", "大鰐町", "田舎館村", "平川市", "藤崎町", "板柳町",
    ]  # fmt: skip
    assert desk.lead == "022021"
    assert [(series.edition, len(series.values)) for series in desk.editions.values()] == [
        ("令和2年国勢調査(速報)", 7),
        ("平成27年国勢調査", 1_741),
        ("平成22年国勢調査(組替)", 1_741),
    ]
    assert desk.newest().edition == "令和2年国勢調査(速報)"


def test_the_examples_are_the_neighbour_the_history_and_an_empty_one(officer: Viewer) -> None:
    desk = simulator.open_desk(officer)
    neighbour, history, empty = simulator.presets(desk, NOW.date())
    assert simulate(neighbour.simulation).joinings[-1].saving == 1_090_123
    assert neighbour.title == "鶴田町が加入したら"
    rows = simulate(history.simulation).joinings
    assert [len(row.after) for row in rows] == [4, 5, 6, 7]
    assert [len(each.simulation.entrants) for each in (neighbour, history, empty)] == [8, 7, 7]


def test_a_consortium_without_members_starts_with_the_list(officer: Viewer) -> None:
    desk = simulator.open_desk(add_foreign_consortium())
    (empty,) = simulator.presets(desk, NOW.date())
    assert empty.simulation.entrants == ()
    assert empty.simulation.basis.edition == "平成27年国勢調査"
