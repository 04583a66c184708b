"""Several processes at once, one that stands still, one long away (F-2, F-3, F-4, F-6)."""

from pathlib import Path

import pytest

from tests import databases, depth
from tests.crashes import rounds
from tests.crashes.verdicts import Verdict
from tests.crashes.worlds import World

pytestmark = pytest.mark.processes

MONTHS = [f"2021-{month:02}" for month in range(2, 13)] + ["2022-01", "2022-02"]
#: 令和2年度 has five towns, 令和3年度 six, and seven since 板柳町 joined in June.
TOWNS = dict(zip(MONTHS, [5, 5, 6, 6, *[7] * 9], strict=True))
#: Where the owner of a lease stands still, in turn on the two databases.
STOPS = ("claim:1", "half-written:3", "calculate-commit:1", "renamed-not-recorded:8", "recorded:8")


def assert_right(verdict: Verdict) -> None:
    assert (verdict.is_same, verdict.lost, verdict.doubled) == (True, 0, 0), verdict.why


def test_five_schedulers_at_once_make_every_file_once(world: World, tmp_path: Path) -> None:
    """F-3: 一つだけが取得し、ほかは何も作らない。"""
    assert_right(rounds.at_once(world, tmp_path, "monthly", 5))


@pytest.mark.parametrize(
    ("database_source", "stop"),
    [(databases.DATABASES[n % len(databases.DATABASES)], stop) for n, stop in enumerate(STOPS)],
    indirect=["database_source"],
)
def test_an_owner_that_stood_still_past_its_lease_can_change_nothing(
    world: World, tmp_path: Path, stop: str
) -> None:
    """F-4: 期限を過ぎて目を覚ました作業者は、何も記録できず、自分のファイルを残さない。"""
    assert_right(rounds.frozen(world, tmp_path, "statements", stop))


@pytest.mark.parametrize(
    "database_source",
    databases.DATABASES if depth.FULL else databases.DATABASES[:1],
    indirect=True,
)
def test_thirteen_months_away_are_caught_up_in_order_with_each_months_own_figures(
    database_source: databases.Source, tmp_path: Path
) -> None:
    """F-6: 年度をまたぐ13か月の停止。途中でまた止まっても、毎月動いていた時と同じ内容になる。"""
    on_time, caught_up = rounds.long_away(database_source, tmp_path)
    assert list(on_time) == list(caught_up) == MONTHS
    assert {month: len(made.files) for month, made in caught_up.items()} == TOWNS
    assert {month: made.files for month, made in caught_up.items()} == {
        month: made.files for month, made in on_time.items()
    }
    assert [made.late for made in on_time.values()] == [False] * 13
    assert [made.late for made in caught_up.values()] == [True] * 12 + [False]
