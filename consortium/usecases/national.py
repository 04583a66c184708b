"""The national list (全国の市区町村): every municipality with its census populations.

The list is a seed file, read once by each process; it changes with a release of the portal only.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from consortium.domain.errors import BadInputError
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.sharing.facts import Series
from consortium.intake.tables import Row, read_table

_COLUMNS: Final = (
    "code,name,kind,population_2015,population_2010,households_2015,households_2010,source"
)
_KINDS: Final = ("政令市", "特別区", "市", "町", "村")
#: The prefectures in the order of their codes, 01 first (都道府県).
PREFECTURES: Final = (
    "北海道", "青森県", "岩手県", "宮城県", "秋田県", "山形県", "福島県", "茨城県",
    "栃木県", "群馬県", "埼玉県", "千葉県", "東京都", "神奈川県", "新潟県", "富山県",
    "石川県", "福井県", "山梨県", "長野県", "岐阜県", "静岡県", "愛知県", "三重県",
    "滋賀県", "京都府", "大阪府", "兵庫県", "奈良県", "和歌山県", "鳥取県", "島根県",
    "岡山県", "広島県", "山口県", "徳島県", "香川県", "愛媛県", "高知県", "福岡県",
    "佐賀県", "長崎県", "熊本県", "大分県", "宮崎県", "鹿児島県", "沖縄県",
)  # fmt: skip
#: Written either way in the names of places: 六ヶ所, 六ケ所 (小書きの仮名).
_SMALL: Final = str.maketrans("ヶヵカ", "ケケケ")
#: So many towns are shown at once; who finds more is asked to narrow the search.
MOST_FOUND: Final = 60


@dataclass(frozen=True, slots=True)
class Town:
    """One municipality of the national list (全国の市区町村の一つ)."""

    code: MunicipalityCode
    name: str
    kind: str
    #: census year → people (国勢調査人口)
    population: Mapping[int, int]
    source: str

    @property
    def prefecture(self) -> str:
        """Name its prefecture (都道府県); the code begins with it."""
        return PREFECTURES[int(self.code[:2]) - 1]


class Found(NamedTuple):
    """What a search found (検索の結果): the first of them, and how many there are."""

    towns: tuple[Town, ...]
    total: int


@cache
def national_list() -> Mapping[str, Town]:
    """Give every municipality by code (全国の市区町村).

    Raises: BadInputError naming line and column if the file is not what it should be.
    """
    content = (files("consortium") / "seed" / "municipalities.csv").read_bytes()
    return read_towns(content, "municipalities.csv")


def read_towns(content: bytes, name: str) -> dict[str, Town]:
    """Read the list strictly: each code once, whole numbers of people (一覧の読取り)."""
    towns: dict[str, Town] = {}
    for row in read_table(content, name, _COLUMNS.split(",")):
        town = _town(row)
        if town.code in towns:
            raise row.refuse("code", f"{town.code} が二度あります。", "一つにしてください。")
        if not 1 <= int(town.code[:2]) <= len(PREFECTURES):
            raise row.refuse("code", "都道府県のない団体コードです。", "コードを直してください。")
        towns[town.code] = town
    return towns


def _town(row: Row) -> Town:
    counts = {
        column: row.whole(column)
        for column in _COLUMNS.split(",")
        if column.startswith(("population", "households"))
    }
    for column, count in counts.items():
        if count < 0:
            raise row.refuse(column, f"{count} は負の値です。", "0以上にしてください。")
    people = {year: counts[f"population_{year}"] for year in (2010, 2015)}
    # Some names hold compatibility characters; the rest of the portal writes NFC.
    name = unicodedata.normalize("NFC", row.text("name"))
    return Town(row.code("code"), name, row.one_of("kind", _KINDS), people, row.text("source"))


def town_of(code: str) -> Town:
    """Give one municipality (市区町村).

    Raises: BadInputError for a code that is not in the list.
    """
    try:
        return national_list()[code]
    except KeyError:
        raise BadInputError(
            "市区町村を選びました。",
            f"団体コード {code} は全国の一覧（{len(national_list()):,}団体）にありません。",
            "検索して一覧から選んでください。",
            path="code",
        ) from None


def search(prefecture: str, text: str) -> Found:
    """Find municipalities by prefecture (its number, 02) and a part of name or code (検索).

    In the order of the codes; nothing asked finds nothing. ヶ, ケ, ヵ and カ are one sign.
    """
    wanted = _folded(text)
    if not prefecture and not wanted:
        return Found((), 0)
    hits = [
        town
        for town in national_list().values()
        if town.code.startswith(prefecture)
        and (wanted in _folded(town.name) or town.code.startswith(wanted))
    ]
    return Found(tuple(hits[:MOST_FOUND]), len(hits))


def _folded(text: str) -> str:
    """Give a text as it is compared (検索の照合)."""
    return "".join(unicodedata.normalize("NFKC", text).split()).translate(_SMALL)


def census_series() -> tuple[Series, ...]:
    """Give the populations of the list as editions of the basis, the newest first (人口の版)."""
    towns = national_list().values()
    source = next(iter(towns)).source
    return tuple(
        Series(
            "population",
            "国勢調査人口",
            {town.code: Fraction(town.population[year]) for town in towns},
            date(year, 10, 1),
            edition,
            source=source,
        )
        for year, edition in ((2015, "平成27年国勢調査"), (2010, "平成22年国勢調査(組替)"))
    )
