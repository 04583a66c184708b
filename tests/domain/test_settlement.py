"""Settling a year (精算): the worked row of the design, dispositions, who bears nothing."""

import pytest

from consortium.domain.errors import BadInputError
from consortium.domain.fiscalyear.settlement import SettlementLine, settle
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.yen import Yen

CODES = tuple(
    MunicipalityCode(code)
    for code in ("022021", "023621", "023671", "023434", "022101", "023612", "023817")
)
#: cost-sharing.md §10 in its order: 弘前, 大鰐, 田舎館, 西目屋, 平川, 藤崎, 板柳.
PLANNED = (57_974_053, 5_863_221, 5_275_115, 3_296_746, 12_831_629, 7_572_857, 7_186_379)
ACTUAL = (55_970_012, 5_660_541, 5_092_766, 3_182_785, 12_388_066, 7_311_079, 6_937_961)
#: planned less actual, by hand
REFUNDS = (2_004_041, 202_680, 182_349, 113_961, 443_563, 261_778, 248_418)


def by_code(amounts: tuple[int, ...]) -> dict[MunicipalityCode, Yen]:
    return dict(zip(CODES, map(Yen, amounts), strict=True))


def test_the_worked_row_of_the_design() -> None:
    assert (sum(PLANNED), sum(ACTUAL), sum(REFUNDS)) == (100_000_000, 96_543_210, 3_456_790)
    lines = {line.code: line for line in settle(by_code(ACTUAL), by_code(PLANNED))}
    assert [lines[code].difference for code in CODES] == [-refund for refund in REFUNDS]
    assert sum(line.difference for line in lines.values()) == 96_543_210 - 100_000_000
    assert {line.disposition("cash") for line in lines.values()} == {"refund"}


def test_who_pays_nothing_owes_all_and_who_bears_nothing_gets_all_back() -> None:
    first, second, *_ = CODES
    lines = settle({first: Yen(100)}, {second: Yen(70)})
    assert [(line.code, line.difference) for line in lines] == [(first, 100), (second, -70)]


def test_the_lines_come_by_code() -> None:
    lines = settle(by_code(ACTUAL), by_code(PLANNED))
    assert [line.code for line in lines] == sorted(CODES)


@pytest.mark.parametrize(
    ("final", "paid", "way", "disposition"),
    [
        (90, 100, "cash", "refund"),
        (110, 100, "cash", "additional"),
        (100, 100, "cash", "none"),
        (90, 100, "credit", "credit"),
        (110, 100, "credit", "credit"),
        (100, 100, "credit", "none"),
    ],
)
def test_what_becomes_of_a_difference(final: int, paid: int, way: str, disposition: str) -> None:
    assert SettlementLine(CODES[0], Yen(final), Yen(paid)).disposition(way) == disposition


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(BadInputError) as refusal:
        SettlementLine(CODES[0], Yen(1), Yen(0)).disposition("gift")
    assert refusal.value.path == "way"
