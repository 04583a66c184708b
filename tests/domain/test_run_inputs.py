"""Everything that a run was shared from, written and read (算定の入力)."""

import json
from dataclasses import fields, replace
from datetime import date
from fractions import Fraction

import pytest

from consortium.domain.calendar.period import Period
from consortium.domain.canonical import canonical
from consortium.domain.errors import NotInForceError
from consortium.domain.funding import INFO_ONLY, PER_MEMBER, PRE_SPLIT, Grant
from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.dampening import BY_SHARE, Dampening
from consortium.domain.sharing.dating import Dating
from consortium.domain.sharing.facts import Series
from consortium.domain.sharing.result import Usage
from consortium.domain.sharing.run_inputs import FORMAT, Dollars, RunInputs, read, write
from consortium.domain.sharing.transfers import BuildCost, Term
from consortium.domain.timeline import Dated, Source, Timeline
from consortium.domain.yen import Yen
from tests.domain.agreement import (
    EQUAL,
    FUJISAKI,
    HIRAKAWA,
    HIROSAKI,
    YEAR,
    by_table,
    make_facts,
    make_item,
    make_rule,
    month,
)

APRIL = month("2021-04")
TERM = Term("第1期", Period(date(2020, 4, 1), date(2022, 4, 1)))
END = Dated(date(2030, 4, 1), None, Source("廃止の協定", "第1条", date(2029, 3, 1), "注"))


def rich() -> RunInputs:
    """Make inputs with everything that a run can be shared from."""
    dated = replace(by_table(), dating=Dating("previous_fiscal_year", month_day=(9, 30)))
    later = make_rule(dated, since=date(2029, 4, 1))
    own = replace(by_table("1/3", key="own"), own={HIRAKAWA: Fraction(1, 7)}, own_source="第9条")
    half = replace(by_table(key="half"), basis="power", power=Fraction(1, 2))
    used = Usage(Fraction("12.5"), {HIROSAKI: Fraction(3, 2)}, "half_up")
    edition = Series(
        "units", "端末台数", {HIROSAKI: Fraction(2), HIRAKAWA: Fraction(1, 3)}, date(2021, 1, 1),
        "速報", "見込", "調査票", date(2021, 2, 1), date(2020, 4, 1),
    )  # fmt: skip
    facts = make_facts(stays={FUJISAKI: [Period(date(2021, 6, 1), date(2021, 9, 1))]})
    return RunInputs(
        (
            make_item(1_000, key="a", note="税抜"),
            make_item(900, no=2, usage=used),
            make_item(5, no=3, charge_to=HIROSAKI, category="移行", first=month("2021-05")),
        ),
        {
            ("", None): Timeline([make_rule(EQUAL, ratio_digits=3), later, END], "一般のルール"),
            ("", "移行"): Timeline([make_rule(own, half)], "移行のルール"),
        },
        replace(facts, series={"units": edition}),
        YEAR,
        Agreement(
            (
                Grant("県補助", Yen(30), PRE_SPLIT, 1, note="交付要綱"),
                Grant("国補助", Yen(5), PER_MEMBER, None, HIRAKAWA),
                Grant("交付税", None, INFO_ONLY, None, None, Fraction(3, 10)),
            ),
            (BuildCost("構築", Yen(1_200), TERM, "", "移行", joining=False, leaving=True),),
            Dampening({HIROSAKI: Yen(9)}, Fraction(25), None, Fraction(3), (FUJISAKI,), "第8条"),
        ),
        {1: Dollars({APRIL: Fraction("10.5")}, {APRIL: Fraction("149.53")}, "ceil", Fraction(10))},
    )


def through_text(inputs: RunInputs) -> RunInputs:
    return read(json.loads(canonical(write(inputs))))


def test_everything_survives_the_way_through_its_text() -> None:
    again = through_text(rich())
    for field in fields(RunInputs):
        assert getattr(again, field.name) == getattr(rich(), field.name), field.name
    assert canonical(write(again)) == canonical(write(rich()))


@pytest.mark.parametrize(
    "changed",
    [
        {"agreement": Agreement()},
        {"agreement": Agreement(dampening=Dampening({}, up=Fraction(1), order=BY_SHARE))},
        {"dollars": {7: Dollars({}, {})}},
        {"items": ()},
    ],
)
def test_what_is_not_there_stays_away(changed: dict[str, object]) -> None:
    inputs = replace(rich(), **changed)  # type: ignore[arg-type]  # keywords of a test
    assert through_text(inputs) == inputs


def test_a_document_names_its_format_and_year() -> None:
    assert (write(rich())["format"], write(rich())["fiscal_year"]) == (FORMAT, 2021) == (1, 2021)


def test_sharing_is_that_of_the_engine_with_records_or_without() -> None:
    inputs = RunInputs(
        (make_item(100),), {("", None): Timeline([make_rule(EQUAL)])}, make_facts(), YEAR
    )
    assert inputs.share().amounts == (34, 33, 33)
    assert inputs.share(recorded=False).amounts == (34, 33, 33)


@pytest.mark.parametrize(
    ("tax", "mode", "yen"), [(None, "floor", 1_570), (None, "ceil", 1_571), (10, "floor", 1_727)]
)
def test_dollars_become_yen_and_then_their_tax(tax: int | None, mode: str, yen: int) -> None:
    # 10.5 × 149.53 = 1,570.065; the tax of 1,570 is 157.
    rate = None if tax is None else Fraction(tax)
    amounts, rates = {APRIL: Fraction("10.5")}, {APRIL: Fraction("149.53")}
    assert Dollars(amounts, rates, mode, rate).yen() == yen


def test_dollars_without_a_rate_are_refused() -> None:
    with pytest.raises(NotInForceError):
        Dollars({APRIL: Fraction(1)}, {}).yen()
