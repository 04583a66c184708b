"""Joining and leaving (加入・脱退)."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from consortium.db.models import AuditEvent
from consortium.db.store import members, plans
from consortium.db.store.members import Member
from consortium.db.unit import reading, together, writing
from consortium.domain.errors import BadInputError, NotFoundError
from consortium.domain.municipality import municipality_code
from consortium.usecases.members import (
    Joining,
    end_membership,
    join_member,
    last_day,
    show_roster,
    show_standing,
)
from consortium.usecases.viewer import Viewer
from tests import planning
from tests.factories import NOW, add_foreign_consortium, everything, seed_sample

# 鶴田町, next to 板柳町, is no member; 02384 → 6·0+5·2+4·3+3·8+2·4=54, 54 mod 11=10, 11−10=1.
TSURUTA = municipality_code("023841")
# 鰺ヶ沢町, no member either: 02321 → 6·0+5·2+4·3+3·2+2·1=30, 30 mod 11=8, 11−8=3.
ANOTHER = municipality_code("023213")
JOINING = Joining(TSURUTA, "鶴田町", "つるたまち", "町", date(2027, 4, 1), "令和8年12月議会議決")


@pytest.fixture
def officer(database: Flask) -> Viewer:
    """Give an officer of the sample consortium."""
    return seed_sample()


def core(officer: Viewer) -> str:
    return show_roster(officer).services[0].id


def test_a_town_joins_with_the_services_it_chose(officer: Viewer) -> None:
    join_member(officer, replace(JOINING, service_ids=(core(officer),)), NOW)
    standing = show_standing(officer, TSURUTA)
    assert standing.open_stay is not None
    assert standing.open_stay.period.since == date(2027, 4, 1)
    assert [use.service.name for use in standing.uses] == ["基幹系共同クラウド"]
    assert not standing.uses_on(date(2027, 3, 31))
    assert standing.uses_on(date(2027, 4, 1))
    assert not standing.member.is_lead


def test_joining_is_written_to_the_chain_in_words(officer: Viewer) -> None:
    join_member(officer, replace(JOINING, service_ids=(core(officer),)), NOW)
    with reading() as session:
        events = session.scalars(
            select(AuditEvent.title).order_by(AuditEvent.seq.desc()).limit(3)
        ).all()
    assert events == ["鶴田町の基幹系共同クラウドの利用開始", "鶴田町の加入", "鶴田町の登録"]


@pytest.mark.parametrize(
    ("changes", "path", "found"),
    [
        ({"code": municipality_code("023817"), "name": "板柳町"}, "since", "重なっています"),
        ({"code": municipality_code("023817")}, "code", "板柳町の団体コード"),
        ({"service_ids": ("nowhere",)}, "services", "一覧にない"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field_and_nothing_changes(
    officer: Viewer, changes: dict[str, object], path: str, found: str
) -> None:
    before = everything()
    with pytest.raises(BadInputError, match=found) as refused:
        join_member(officer, replace(JOINING, **changes), NOW)  # type: ignore[arg-type]
    assert refused.value.path == path
    assert everything() == before


def test_a_service_cannot_be_used_before_it_runs(officer: Viewer) -> None:
    entry = replace(JOINING, since=date(2015, 3, 31), service_ids=(core(officer),))
    with pytest.raises(BadInputError, match="稼働していません") as refused:
        join_member(officer, entry, NOW)
    assert refused.value.path == "services"
    join_member(officer, replace(entry, since=date(2015, 4, 1)), NOW)


def test_a_town_with_a_joining_under_way_begins_by_its_plan_only(officer: Viewer) -> None:
    owner = officer.consortium_id
    with writing(officer.actor(), NOW) as unit:
        town = Member(str(uuid4()), TSURUTA, "鶴田町", "つるたまち", "町")
        members.add_member(unit, owner, town)
    plan_id = planning.live_plan(officer, TSURUTA, date(2027, 4, 1))

    def turned(**changes: Any) -> None:
        with writing(officer.actor(), NOW) as unit:
            old = plans.plan(unit.session, owner, plan_id)
            plans.save_plan(unit, owner, old, replace(old, **changes))

    for changes in (
        {"state": "draft", "joining_state": "considering"},
        {"state": "approved", "joining_state": "accepted"},
        {"state": "running", "joining_state": "preparing"},
    ):
        turned(**changes)
        before = everything()
        with pytest.raises(BadInputError, match="加入工程から利用を始めてください") as refused:
            join_member(officer, JOINING, NOW)
        assert (refused.value.path, "「鶴田町の工程」" in refused.value.found) == ("code", True)
        assert everything() == before
    # What leads to no stay stands in nobody's way; the trials are undone.
    for changes in (
        {"state": "stopped"},
        {"state": "done"},
        {"is_reference": True},
        {"kind": "other"},
        {"joining_state": "withdrawn"},
        {"joining_state": "refused"},
        {"joining_state": "using"},
    ):
        with together(officer.actor(), NOW, "試験", is_trial=True):
            turned(**changes)
            join_member(officer, JOINING, NOW)
    join_member(officer, replace(JOINING, code=ANOTHER, name="鰺ヶ沢町"), NOW)


def test_the_last_day_is_inside_and_the_day_after_is_stored(officer: Viewer) -> None:
    end_membership(officer, "023817", date(2027, 3, 31), "令和8年12月議会議決", NOW)
    standing = show_standing(officer, "023817")
    (stay,) = standing.stays
    assert stay.period.until == date(2027, 4, 1)
    assert last_day(stay.period) == date(2027, 3, 31)
    assert standing.uses_on(date(2027, 3, 31))
    assert not standing.uses_on(date(2027, 4, 1))
    assert not standing.open_uses


def test_a_town_that_left_may_join_again_the_day_after(officer: Viewer) -> None:
    end_membership(officer, "023817", date(2027, 3, 31), "議決", NOW)
    code = municipality_code("023817")
    again = replace(JOINING, code=code, name="板柳町", since=date(2027, 3, 31))
    with pytest.raises(BadInputError, match="重なっています"):
        join_member(officer, again, NOW)
    join_member(officer, replace(again, since=date(2027, 4, 1)), NOW)
    assert len(show_standing(officer, "023817").stays) == 2


@pytest.mark.parametrize(
    ("code", "day", "found"),
    [
        ("023817", date(2021, 5, 31), "加入日（令和3年6月1日）より前"),
        ("022021", date(2027, 3, 31), "幹事市"),
    ],
)
def test_an_end_that_cannot_be_is_refused_and_nothing_changes(
    officer: Viewer, code: str, day: date, found: str
) -> None:
    before = everything()
    with pytest.raises(BadInputError, match=found) as refused:
        end_membership(officer, code, day, "議決", NOW)
    assert refused.value.path == "last_day"
    assert everything() == before


def test_a_town_may_leave_after_a_single_day_but_not_twice(officer: Viewer) -> None:
    end_membership(officer, "023817", date(2021, 6, 1), "議決", NOW)
    with pytest.raises(BadInputError, match="継続中の加入期間がありません"):
        end_membership(officer, "023817", date(2027, 3, 31), "議決", NOW)


def test_another_consortium_sees_and_ends_nothing_of_ours(officer: Viewer) -> None:
    foreigner = add_foreign_consortium()
    before = everything()
    assert show_roster(foreigner).standings == ()
    with pytest.raises(NotFoundError):
        end_membership(foreigner, "023817", date(2027, 3, 31), "議決", NOW)
    with pytest.raises(BadInputError, match="一覧にない"):
        join_member(foreigner, replace(JOINING, service_ids=(core(officer),)), NOW)
    assert everything() == before
