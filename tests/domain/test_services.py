"""Shared services and who takes part in them (共同サービス・サービス利用)."""

from datetime import date
from itertools import permutations

import pytest

from consortium.domain.calendar.period import Period
from consortium.domain.errors import BadInputError
from consortium.domain.municipality import municipality_code
from consortium.domain.services import Enrolment, Operator, Service, refuse_overlaps
from consortium.domain.timeline import Source

FIRST_STAY = Period(date(2015, 4, 1), date(2017, 4, 1))


def test_the_operators_carry_the_labels_that_are_stored_and_shown():
    assert [str(operator) for operator in Operator] == ["協議会", "県", "国"]
    assert Operator("県") is Operator.PREFECTURE


def test_an_operator_of_another_name_is_refused():
    with pytest.raises(ValueError, match="市"):
        Operator("市")


def test_an_enrolment_says_who_uses_which_service_since_when():
    cloud = Service(
        "cloud",
        "基幹系共同クラウド",
        Operator.CONSORTIUM,
        Period(date(2015, 4, 1), None),
        Source("経過表 平成27年4月"),
    )
    source = Source("経過表 令和3年6月")
    since_june = Period(date(2021, 6, 1), None)
    enrolment = Enrolment(cloud.key, municipality_code("023817"), since_june, source)
    assert (enrolment.service_key, enrolment.code) == ("cloud", "023817")
    assert enrolment.period.intersection(cloud.period) == since_june


@pytest.mark.parametrize("again", [date(2017, 4, 1), date(2017, 4, 2)])
def test_who_left_may_join_again_on_the_day_of_leaving_or_later(again):
    refuse_overlaps([FIRST_STAY, Period(again, None)], "板柳町の加入")


def test_joining_again_on_the_last_day_of_the_first_stay_is_refused():
    with pytest.raises(BadInputError) as refusal:
        refuse_overlaps([Period(date(2017, 3, 31), None), FIRST_STAY], "板柳町の加入")
    assert refusal.value.asked == "板柳町の加入の期間を登録しようとしました。"
    assert refusal.value.found == (
        "平成27年4月1日から平成29年3月31日までと平成29年3月31日から（継続中）が重なっています。"
    )
    assert refusal.value.path == "since"


def test_two_open_periods_always_overlap():
    with pytest.raises(BadInputError):
        refuse_overlaps([Period(date(2015, 4, 1)), Period(date(2021, 6, 1))], "利用")


def test_the_same_period_twice_is_refused():
    with pytest.raises(BadInputError):
        refuse_overlaps([FIRST_STAY, FIRST_STAY], "利用")


def test_a_long_period_around_a_short_one_is_found_in_any_order():
    around = Period(date(2015, 4, 1), date(2025, 4, 1))
    inside = Period(date(2018, 4, 1), date(2019, 4, 1))
    after = Period(date(2025, 4, 1), None)
    for periods in permutations([around, inside, after]):
        with pytest.raises(BadInputError, match="平成30年4月1日から平成31年3月31日まで"):
            refuse_overlaps(periods, "利用")


@pytest.mark.parametrize("periods", [[], [FIRST_STAY]])
def test_fewer_than_two_periods_cannot_overlap(periods):
    refuse_overlaps(periods, "利用")
