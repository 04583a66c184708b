"""The seven municipalities: who joined when, how many people each census counted.

Source: the consortium's history (経過表) and the censuses of 2010, 2015 and 2020 (速報); typed from
there, not read from the seed files, which are compared with it.
"""

from datetime import date
from typing import Final, NamedTuple


class Town(NamedTuple):
    """A municipality with the day it joined (構成団体)."""

    code: str
    name: str
    kana: str
    kind: str
    joined: date


TOWNS: Final = (
    Town("022021", "弘前市", "ひろさきし", "市", date(2015, 4, 1)),
    Town("022101", "平川市", "ひらかわし", "市", date(2019, 4, 1)),
    Town("023434", "西目屋村", "にしめやむら", "村", date(2015, 4, 1)),
    Town("023612", "藤崎町", "ふじさきまち", "町", date(2021, 4, 1)),
    Town("023621", "大鰐町", "おおわにまち", "町", date(2015, 4, 1)),
    Town("023671", "田舎館村", "いなかだてむら", "村", date(2015, 4, 1)),
    Town("023817", "板柳町", "いたやなぎまち", "町", date(2021, 6, 1)),
)

#: Reference date → people, in the order of TOWNS.
POPULATION: Final = {
    date(2010, 10, 1): (183_473, 33_764, 1_594, 16_021, 10_978, 8_153, 15_227),
    date(2015, 10, 1): (177_411, 32_106, 1_415, 15_179, 9_676, 7_783, 13_935),
    date(2020, 10, 1): (168_564, 30_621, 1_265, 14_578, 8_671, 7_328, 12_712),
}

#: How many take part in each fiscal year; 板柳町 for ten months of 2021.
PAYING: Final = (
    dict.fromkeys(range(2015, 2019), 4)
    | dict.fromkeys((2019, 2020), 5)
    | dict.fromkeys(range(2021, 2027), 7)
)
