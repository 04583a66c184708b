"""053: 算定内訳 lost the odd yen of a member whose ratio was rounded to nothing.

An agreement that rounds the ratios gives a small member 0, and may still leave the odd yen to it.
The block of values had no cell for such a member, so the sums of the issued sheet were wrong.
"""

import pytest

from consortium.domain.yen import LEVELS, Rounding
from tests.reports.recalculated import PEOPLE, Matter, costs, marks, recalculate, totals

#: 333/1000 is 0.3 three times, and 1/1000 is 0.0: a tenth of the amount is left over.
MEMBERS = {"022021": 333, "022101": 333, "023434": 333, "023612": 1}
SMALLEST = "023612"


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("residual", ["last", "lead"])
def test_who_takes_the_odd_yen_has_its_cell(residual: str, level: str) -> None:
    rounding = Rounding(1, "half_up", level, residual, ratio_digits=1)
    matter = Matter(costs(1_000, -500), rounding, (PEOPLE,), people=MEMBERS, lead=SMALLEST)
    steps = matter.steps()
    changed, (book,) = recalculate(steps.sheet)
    assert changed == 0
    assert totals(book, steps) == [150, 150, 150, 50]
    assert marks(book, steps) == {"一致", "値のみ"}
