"""Where the bars of a waterfall stand (要因分解の図)."""

from itertools import pairwise

import pytest

from consortium.web.waterfall import DOWN, UP, WHOLE, waterfall


def test_each_bar_begins_where_the_one_before_ended() -> None:
    picture = waterfall([("経費", 300), ("為替", -500), ("負担ルール", 100)])
    cost, rate, rule, whole = picture.steps
    assert [step.series for step in picture.steps] == [UP, DOWN, UP, WHOLE]
    assert [step.text for step in picture.steps] == ["＋300", "△500", "＋100", "△100"]
    assert cost.y + cost.height == pytest.approx(picture.base)
    assert cost.end_y == cost.y == rate.y
    assert rate.end_y == pytest.approx(rate.y + rate.height, abs=0.2)
    assert rule.y + rule.height == pytest.approx(rate.end_y, abs=0.2)
    # The difference hangs below zero by what the last cause left.
    assert whole.y == picture.base
    assert whole.y + whole.height == pytest.approx(rule.end_y, abs=0.2)
    assert rate.height == pytest.approx(5 * whole.height, abs=0.5)


def test_the_bars_stand_side_by_side_inside_the_picture() -> None:
    picture = waterfall([(f"要因{number}", number) for number in range(8)])
    edges = [(step.x, step.x + step.width) for step in picture.steps]
    assert picture.left <= edges[0][0]
    assert edges[-1][1] <= picture.right <= picture.width
    assert all(left[1] < right[0] for left, right in pairwise(edges))


def test_causes_on_one_line_have_a_label_of_several_lines() -> None:
    picture = waterfall([("経費と負担ルール", 1)])
    assert [step.label for step in picture.steps] == [("経費と", "負担ルール"), ("差額",)]
    assert picture.height > waterfall([("経費", 1)]).height


def test_no_difference_is_drawn_flat() -> None:
    picture = waterfall([("経費", 0), ("為替", 0)])
    assert {step.height for step in picture.steps} == {0}
    assert picture.ticks
    assert [step.text for step in picture.steps] == ["0", "0", "0"]


def test_large_amounts_are_written_in_the_unit_of_the_scale() -> None:
    picture = waterfall([("経費", 1_234_567), ("為替", -400)])
    assert picture.unit == "千円"
    assert [step.text for step in picture.steps] == ["＋1,235", "0", "＋1,234"]
    assert picture.steps[0].amount == 1_234_567
