"""The chart of a sheet: bars, light lines, its values at hand for readers that do not calculate."""

from typing import Any

import pytest

from consortium.reports.book import write
from consortium.reports.chart import _step
from tests.reports.books import FORM, everything
from tests.reports.documents import opened


@pytest.fixture(scope="module")
def chart() -> Any:
    return opened(write(everything()))[FORM]._charts[0]


def test_the_bars_lie_with_the_first_on_top_and_no_legend(chart: Any) -> None:
    assert (chart.tagname, chart.type, chart.legend) == ("barChart", "bar", None)
    assert chart.title.overlay is False
    assert chart.title.tx.rich.p[0].r[0].t == "団体別"
    # Turned over, the axis of the amounts would stand on top but for "max".
    assert (chart.x_axis.scaling.orientation, chart.y_axis.crosses) == ("maxMin", "max")
    assert chart.x_axis.delete is chart.y_axis.delete is False
    assert chart.y_axis.majorGridlines.spPr.ln.solidFill.srgbClr == "D9D9D9"


def test_the_chart_holds_what_its_cells_hold(chart: Any) -> None:
    names, numbers = chart.series[0].cat.strRef, chart.series[0].val.numRef
    assert (names.f, numbers.f) == ("'総括表'!$B$2:$C$2", "'総括表'!$B$3:$C$3")
    assert [point.v for point in names.strCache.pt] == ["弘前市", "平川市"]
    assert [point.v for point in numbers.numCache.pt] == [1_234_567, -2_000]


@pytest.mark.parametrize(
    ("highest", "step"),
    [(0, None), (1, 1), (12, 5), (99, 20), (100, 20), (101, 50), (153_096_847, 50_000_000)],
)
def test_the_axis_has_at_most_five_steps_in_round_numbers(highest: int, step: int | None) -> None:
    assert _step([0, -highest]) == step
