"""Exact parts as whole yen, rows and columns adding up (表の円未満の整理)."""

from fractions import Fraction

import pytest

from consortium.domain.sharing.whole_table import whole_table

THIRD, HALF = Fraction(1, 3), Fraction(1, 2)


def test_whole_numbers_stay_what_they_are() -> None:
    rows = [[Fraction(3), Fraction(-2)], [Fraction(0), Fraction(7)]]
    assert whole_table(rows) == ((3, -2), (0, 7))


@pytest.mark.parametrize("rows", [[], [[]], [[], []]])
def test_a_table_without_cells_is_none(rows: list[list[Fraction]]) -> None:
    assert whole_table(rows) == tuple(() for _ in rows)


def test_the_largest_remainder_gets_the_yen_and_ties_go_to_the_first() -> None:
    # One row has its columns for itself: 1/3 and 2/3 of a yen, two halves.
    assert whole_table([[THIRD, 2 * THIRD]]) == ((0, 1),)
    assert whole_table([[HALF, HALF]]) == ((1, 0),)
    assert whole_table([[-HALF, -HALF]]) == ((-1, 0),)


def test_a_column_that_adds_up_to_nothing_shows_nothing() -> None:
    # By rows alone the first column would have 1 + 1 of 2 × ½ − 1.
    rows = [[HALF, HALF], [HALF, HALF], [Fraction(-1), Fraction(-1)]]
    whole = whole_table(rows)
    assert [sum(column) for column in zip(*whole, strict=True)] == [0, 0]
    assert [sum(row) for row in whole] == [1, 1, -2]


def test_yen_move_over_several_columns_where_no_row_has_both() -> None:
    # Three rows raise the first column (sum 3/2 at most 2); the last lacks a yen two columns on.
    rows = [
        [HALF, HALF, Fraction(0)],
        [HALF, HALF, Fraction(0)],
        [HALF, HALF, Fraction(0)],
        [Fraction(0), HALF, HALF],
    ]
    whole = whole_table(rows)
    sums = [sum(column) for column in zip(*whole, strict=True)]
    assert sums[0] in (1, 2)
    assert sums[1] == 2
    assert sums[2] in (0, 1)
    assert [sum(row) for row in whole] == [1, 1, 1, 1]
