"""算定内訳 calculated by another program: the stored yen; after a change, those of the engine."""

import re
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from consortium.domain.sharing.proration import PRORATIONS
from consortium.domain.sharing.result import WHOLE
from consortium.domain.sharing.rule import Component
from consortium.domain.yen import LEVELS, MODES, RESIDUALS, UNITS, Rounding
from consortium.reports.sheet import BLANK, Formula, Int, Ratio, Text
from consortium.reports.steps import Steps
from tests.reports.recalculated import (
    EQUAL,
    HOMES,
    JOINED,
    PEOPLE,
    POPULATION,
    TOWNS,
    Matter,
    costs,
    marks,
    recalculate,
    retyped,
    rows,
    totals,
)

ITEM = Rounding(level="item")
HIROSAKI, ITAYANAGI = "022021", "023817"
FOUR = {"022021": 183_473, "023434": 1_594, "023621": 10_978, "023671": 8_153}
SEVEN = {code: people for code, (_, people, _) in TOWNS.items()}
LATER = dict(zip(SEVEN, (168_564, 30_621, 1_265, 14_578, 8_671, 7_328, 12_712), strict=True))
YEAR_2021 = Matter(costs(120_000_000), ITEM, since={ITAYANAGI: JOINED})
TOTTORI = Component("fixed", "fixed", "固定割合", Fraction(1), own={
    "312011": Fraction(2), "312029": Fraction(1), "312037": Fraction(1)
})  # fmt: skip
INA = Component("fixed", "fixed", "均等割", Fraction(16), own={
    "202096": Fraction(4), "202100": Fraction(4)
})  # fmt: skip

#: cost-sharing.md section 10, members by code: 弘前, 平川, 西目屋, 藤崎, 大鰐, 田舎館, 板柳.
WORKED = [
    (
        Matter(costs(100_000_000), ITEM, people=FOUR),
        [76_880_430, 5_624_492, 9_300_923, 8_194_155],
    ),
    (
        Matter(costs(100_000_000), replace(ITEM, residual="lead"), people=FOUR),
        [76_880_432, 5_624_491, 9_300_923, 8_194_154],
    ),
    (
        Matter(costs(100_000_000), Rounding(1, "half_up", "item", "lead"), people=FOUR),
        [76_880_429, 5_624_492, 9_300_924, 8_194_155],
    ),
    (
        Matter(costs(100_000_000), ITEM),
        [57_974_053, 12_831_629, 3_296_746, 7_572_857, 5_863_221, 5_275_115, 7_186_379],
    ),
    (
        YEAR_2021,
        [70_294_766, 15_607_324, 4_056_363, 9_236_625, 7_165_499, 6_453_044, 7_186_379],
    ),
    (
        replace(YEAR_2021, rounding=Rounding()),
        [70_294_766, 15_607_324, 4_056_364, 9_236_625, 7_165_499, 6_453_043, 7_186_379],
    ),
    (
        replace(YEAR_2021, proration="monthly_rounded"),
        [70_294_762, 15_607_326, 4_056_368, 9_236_628, 7_165_498, 6_453_038, 7_186_380],
    ),
    (
        replace(YEAR_2021, proration="joiner_first"),
        [69_497_211, 15_656_810, 4_284_759, 9_384_785, 7_345_738, 6_644_318, 7_186_379],
    ),
    (
        Matter(
            costs(48_000_000),
            components=(replace(EQUAL, weight=Fraction(30)), replace(PEOPLE, weight=Fraction(70))),
            people=LATER,
        ),
        [25_294_091, 6_278_321, 2_231_526, 4_066_755, 3_252_461, 3_067_325, 3_809_521],
    ),
    (
        Matter(
            costs(539_173),
            Rounding(level="item", residual="last"),
            (TOTTORI,),
            people=dict.fromkeys(TOTTORI.own, 1),
            lead=None,
        ),
        [269_586, 134_793, 134_794],
    ),
    (
        Matter(
            costs(6_000_000),
            Rounding(10_000, "half_up", "item", "lead"),
            (INA, replace(PEOPLE, weight=Fraction(84))),
            people={"202096": 132_759, "202100": 57_643},
            lead="202096",
        ),
        [3_990_000, 2_010_000],
    ),
]


def test_the_worked_examples_come_out_to_the_yen() -> None:
    made = [replace(matter, homes=matter.people).steps() for matter, _ in WORKED]
    changed, books = recalculate(*(steps.sheet for steps in made))
    assert changed == 0
    for (_, worked), book, steps in zip(WORKED, books, made, strict=True):
        assert totals(book, steps) == worked
        assert marks(book, steps) <= {"一致", "値のみ"}


# ---- every policy --------------------------------------------------------------------------------

POLICIES = [(mode, residual) for residual in RESIDUALS for mode in MODES
            if mode == "floor" or residual != "largest_remainder"]  # fmt: skip
#: Two signs, one with a remainder in every unit, and less yen than members.
AMOUNTS = (120_000_000, -76_543_219, 3)
#: Ties, a member without inhabitants, and the lead city neither the first nor the largest.
ODD = Matter(
    costs(*AMOUNTS),
    people={**SEVEN, "022101": 15_179, "023671": 0},
    since={ITAYANAGI: JOINED},
    lead="023621",
)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("unit", UNITS)
def test_every_policy_comes_out_as_stored_and_follows_another_population(
    unit: int, level: str
) -> None:
    matters = [replace(ODD, rounding=Rounding(unit, mode, level, to)) for mode, to in POLICIES]
    follow(matters, HIROSAKI, 97)  # the largest share is another town's then


@pytest.mark.parametrize("proration", PRORATIONS)
def test_every_way_to_weigh_months_comes_out_as_stored_and_follows(proration: str) -> None:
    matter = replace(ODD, items=costs(*AMOUNTS[1:], 0), proration=proration)
    roundings = (Rounding(), Rounding(1_000, "ceil", "component", "lead"))
    matters = [replace(matter, rounding=rounding) for rounding in roundings]
    # Of both components and all days at once, only small towns have few enough digits.
    small = {code: people // 50 for code, people in ODD.people.items()}
    follow([*matters, replace(matter, rounding=ITEM, people=small)], ITAYANAGI, 14_612)


def test_components_of_any_number_and_with_decimals_come_out_as_stored_and_follow() -> None:
    tenths = Component("fixed", "fixed", "重み", Fraction("9.5"), own={
        code: Fraction(place, 10) for place, code in enumerate(SEVEN, start=5)
    })  # fmt: skip
    own = replace(PEOPLE, own={HIROSAKI: Fraction("0.5")})
    sets = [(PEOPLE,), (EQUAL, PEOPLE, HOMES), (tenths, HOMES, EQUAL, PEOPLE), (own, tenths)]
    matters = [Matter(costs(*AMOUNTS), Rounding(), components) for components in sets]
    follow(matters, ITAYANAGI, 14_612)


def test_a_member_without_any_figure_gets_one() -> None:
    moving = replace(costs(500)[0], no=9, charge_to="023671")  # or it would have no column
    matter = Matter(
        [*costs(*AMOUNTS), moving],
        proration="none",
        people={code: people // 1_000 for code, people in ODD.people.items()},
        homes={**ODD.homes, "023671": 0},
        lead="023671",  # who takes the odd yen as soon as it takes part
    )
    matters = [
        replace(matter, rounding=Rounding(1, "half_up", level, "lead"), components=components)
        for components in ((PEOPLE,), (PEOPLE, HOMES))
        for level in LEVELS
    ]
    follow(matters, "023671", 44)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("half_way", [True, False])
def test_just_half_a_unit_goes_up(half_way: bool, level: str) -> None:
    # Half each; or with six months alone before, three quarters and one: 1.5 and 0.5.
    pair = ("022021", "022101")
    matter = Matter(
        costs(2, -6, 200, 3),
        components=(EQUAL, HOMES) if level == "item" else (EQUAL,),
        people=dict.fromkeys(pair, 1),
        homes=dict.fromkeys(pair, 5),
        since={pair[1]: date(2021, 10, 1)} if half_way else {},
    )
    roundings = [Rounding(unit, "half_up", level, "unallocated") for unit in (1, 100)]
    made = [replace(matter, rounding=rounding).steps() for rounding in roundings]
    changed, (one, hundred) = recalculate(*(steps.sheet for steps in made))
    assert changed == 0
    # 2 + 1, △(5 + 2), 150 + 50, 2 + 1; or 1 + 1, △(3 + 3), 100 + 100, 2 + 2.
    assert totals(one, made[0]) == ([149, 50] if half_way else [100, 100])
    assert totals(hundred, made[1]) == ([200, 100] if half_way else [100, 100])


def test_of_equal_components_the_first_one_listed_gets_the_odd_yen() -> None:
    alike = [replace(part, weight=Fraction(20)) for part in (HOMES, EQUAL, PEOPLE)]
    matters = [
        Matter(costs(5), rounding, tuple(alike[:count]), "none")
        for count, rounding in ((2, Rounding()), (3, Rounding()), (2, ITEM))
    ]
    made = [matter.steps() for matter in matters]
    assert recalculate(*(steps.sheet for steps in made))[0] == 0
    for steps, cut in zip(made, ([3, 2], [2, 2, 1]), strict=False):
        parts = [stored(steps, steps.base(1, part.key)) for part in alike[: len(cut)]]
        assert parts == cut


def test_a_percentage_of_each_value_comes_out_as_stored_and_follows() -> None:
    percent = Component("percent", "percent", "人口の割合", Fraction("1234.5"), POPULATION)
    matters = [
        Matter(costs(0), Rounding(unit, mode, level, "lead"), (percent,))
        for unit, mode, level in ((1, "floor", "item"), (100, "half_up", "component"))
    ]
    # 12.345 times 177,411 is 2,190,138.795.
    assert matters[0].result().amounts[0] == 2_190_138
    follow([*matters, Matter(costs(0), Rounding(1_000, "ceil", residual="lead"), (percent,))],
           ITAYANAGI, 14_612)  # fmt: skip


@pytest.mark.parametrize("level", LEVELS)
def test_powers_and_rounded_ratios_are_values_with_sums_that_calculate(level: str) -> None:
    power = replace(PEOPLE, basis="power", power=Fraction(3, 5))
    digits = Rounding(1, "half_up", level, "lead", ratio_digits=3)
    matters = [
        Matter(costs(*AMOUNTS), Rounding(level=level), (EQUAL, power)),
        replace(ODD, rounding=digits),
    ]
    made = [matter.steps() for matter in matters]
    changed, found = recalculate(*(steps.sheet for steps in made))
    assert changed == 0
    for matter, steps, read in zip(matters, made, found, strict=True):
        assert totals(read, steps) == list(matter.result().amounts)
        assert marks(read, steps) == {"一致", "値のみ"}
        shares = rows(steps.sheet, "負担額")
        # No figure is open for a trial that nothing would follow.
        basis = rows(steps.sheet, "国勢調査人口")
        assert not [place for place in steps.sheet.unlocked if place[0] in basis]
        assert level == "component" or not steps.sheet.unlocked
        (first, *_) = (row for row in shares if isinstance(steps.sheet.cells[row, 2][0], Int))
        steps.sheet.put(first, 2, Int(1), "yen")
    _, found = recalculate(*(steps.sheet for steps in made))
    assert all("不一致" in marks(read, steps) for steps, read in zip(made, found, strict=True))


def follow(matters: list[Matter], code: str, people: int) -> None:
    """Recalculate as stored, then with another population, and compare with the engine's yen."""
    made = [matter.steps() for matter in matters]
    assert recalculate(*(steps.sheet for steps in made))[0] == 0
    position = sorted(matters[0].people).index(code)
    for steps in made:
        retyped(steps, "国勢調査人口", position, people)
    _, books = recalculate(*(steps.sheet for steps in made))
    for matter, book, steps in zip(matters, books, made, strict=True):
        after = matter.with_people(code, people).result()
        assert totals(book, steps) == list(after.amounts), matter.rounding
        assert "不一致" not in marks(book, steps), matter.rounding
    assert matters[0].result().amounts != after.amounts


# ---- other changes -------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3])
def test_another_amount_of_an_item_moves_its_components_and_the_sums(count: int) -> None:
    matter = Matter(costs(90_000_001), Rounding(), (HOMES, EQUAL, PEOPLE)[:count])
    steps = matter.steps()
    (row,) = (row for row, column in steps.sheet.unlocked if column == 9)
    steps.sheet.put(row, 9, Int(77_777_777), "yen")
    _, (book,) = recalculate(steps.sheet)
    after = replace(matter, items=costs(77_777_777)).result()
    assert totals(book, steps) == list(after.amounts)
    assert marks(book, steps) == {"一致"}


def test_figures_of_more_digits_than_are_exact_are_values_and_say_so() -> None:
    steps = Matter(costs(4 * 10**9, 3 * 10**9), Rounding(), (PEOPLE,)).steps()
    assert recalculate(steps.sheet)[0] == 0
    # 4 × 10^9 × 257,505 inhabitants have 16 digits, 3 × 10^9 times as many 15.
    sheet = steps.sheet
    heads = rows(sheet, "1　運用") + rows(sheet, "2　運用")
    assert [sheet.cells[row, 10][0] for row in heads] == [Text("値のみ"), BLANK]
    shares = rows(sheet, "負担額")
    assert [isinstance(sheet.cells[row, 2][0], Formula) for row in shares] == [False, True]
    assert all(isinstance(sheet.cells[row, 9][0], Formula) for row in shares)
    retyped(steps, "国勢調査人口", 0, 277_411)
    _, (book,) = recalculate(sheet)
    found = [book[row, 10] for row in shares]
    assert found == ["一致", "桁数超過"]


def test_where_the_others_are_hidden_no_formula_points_to_them() -> None:
    matters = [
        replace(ODD, rounding=Rounding(unit, "floor", level, to), proration=proration)
        for unit, level, to, proration in (
            (1, "component", "largest_remainder", "monthly"),
            (100, "item", "largest_remainder", "none"),
            (1_000, "component", "lead", "joiner_first"),
            (1, "item", "last", "monthly"),
            (1, "component", "largest_share", "monthly_rounded"),
            (100, "component", "unallocated", "daily"),
        )
    ]
    for code in ("023621", ITAYANAGI):
        made = [matter.steps(code) for matter in matters]
        assert recalculate(*(steps.sheet for steps in made))[0] == 0
        for matter, steps in zip(matters, made, strict=True):
            assert steps.sheet.last[1] == 4
            assert not steps.sheet.unlocked
            formulas = [c.text for c, _ in steps.sheet.cells.values() if isinstance(c, Formula)]
            assert len(formulas) > 20
            assert not [text for text in formulas if set("EFGH") & set(columns(text))]
            assert ":" not in "".join(formulas)
            amount = matter.result().amount(code)
            assert steps.sheet.cells[steps.total_row, 2][0].cached == amount


def columns(text: str) -> str:
    """Give the letters of the cells in a formula."""
    return "".join(re.findall(r"(?<![A-Z])\$?([A-Z])\$?\d", text))


# ---- places --------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("proration", PRORATIONS)
def test_other_sheets_are_pointed_to_the_cells_of_each_printed_row(
    proration: str, level: str
) -> None:
    rounding = Rounding(100, "half_up", level, "unallocated")
    matter = replace(ODD, items=costs(*AMOUNTS), rounding=rounding, proration=proration)
    result, steps = matter.result(), matter.steps()
    for entry in result.items:
        no, found = entry.item.no, result.rows(entry)
        for row in found:
            shares = [steps.share(no, row.key, at) for at in steps.positions]
            assert [stored(steps, text) for text in shares] == list(row.amounts), row.label
            if (proration, level) != ("joiner_first", "item"):  # cut from what is left, nowhere
                assert stored(steps, steps.base(no, row.key)) == row.base
        amounts = [stored(steps, steps.amount(no, at)) for at in steps.positions]
        assert amounts == list(entry.amounts)
        assert stored(steps, steps.unallocated(no)) == entry.unallocated
        if level == "item":
            whole = [stored(steps, steps.share(no, WHOLE, at)) for at in steps.positions]
            assert whole == amounts
            assert stored(steps, steps.base(no, WHOLE)) == entry.item.amount
    totals = [stored(steps, steps.total(at)) for at in steps.positions]
    assert totals == list(result.amounts)


def stored(steps: Steps, text: str | None) -> int:
    """Add up the stored values of the cells that a formula names."""
    assert text is not None
    yen = 0
    for place in text.split("+"):
        match = re.fullmatch(r"'\w+'!([A-Z])(\d+)", place)
        assert match
        cell = steps.sheet.cells[int(match[2]), ord(match[1]) - 64][0]
        assert isinstance(cell, Formula | Int)
        value = cell.cached if isinstance(cell, Formula) else cell.value
        assert isinstance(value, int)
        yen += value
    return yen


def test_the_ratio_is_weight_by_weights_or_yen_by_cost() -> None:
    steps = Matter(costs(100_000_000)).steps()
    # 13,935 of 257,505 inhabitants; 1 of 7 members.
    people = steps.ratio(1, POPULATION, 6, (1, 2))
    assert people is not None
    assert people.cached == Ratio(13_935, 257_505)
    assert re.fullmatch(r"'算定内訳'!H\d+/'算定内訳'!I\d+", people.text)
    joined = YEAR_2021.steps().ratio(1, WHOLE, 6, (7_186_379, 120_000_000))
    assert joined is not None
    assert joined.cached == Ratio(7_186_379, 120_000_000)
    assert joined.text.startswith("IF(('算定内訳'!I")
    refund = YEAR_2021.steps().ratio(1, WHOLE, 6, (-17, -140))
    assert refund is not None
    assert refund.cached == Ratio(17, 140)
    assert steps.ratio(1, "households", 6, (1, 2)) is None
