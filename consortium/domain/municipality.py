"""Municipalities, their codes, and who belongs to the consortium since when (市町村・構成団体)."""

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, NewType

from consortium.domain.calendar.period import Period
from consortium.domain.errors import BadInputError

if TYPE_CHECKING:  # a membership only carries its source, it asks nothing of it
    from consortium.domain.timeline import Source

#: Six digits as text, leading zero kept (団体コード). Made by `municipality_code()` only.
MunicipalityCode = NewType("MunicipalityCode", str)

_WEIGHTS = (6, 5, 4, 3, 2)
_FIVE_DIGITS = re.compile(r"[0-9]{5}")
_SIX_DIGITS = re.compile(r"[0-9]{6}")


@dataclass(frozen=True, slots=True)
class Municipality:
    """A city, town or village (市町村); `kind` is 市, 町 or 村."""

    code: MunicipalityCode
    name: str
    kana: str
    kind: str


@dataclass(frozen=True, slots=True)
class Membership:
    """One stay of a municipality in the consortium (加入・脱退), with the paper that says so."""

    code: MunicipalityCode
    period: Period
    source: "Source"


def municipality_code(text: str) -> MunicipalityCode:
    """Read a code of six digits, full-width ones too (団体コード).

    >>> municipality_code("０２３８１７")
    '023817'

    Raises: BadInputError if it is not six digits, or the last one is not the check digit.
    """
    code = unicodedata.normalize("NFKC", text).strip()
    asked = f"「{text}」を団体コードとして読み取ろうとしました。"
    if not _SIX_DIGITS.fullmatch(code):
        raise BadInputError(
            asked,
            "数字6桁ではありません。",
            "先頭の0と末尾の検査数字を含めて、022021 のように6桁で書いてください。",
        )
    right = check_digit(code[:5])
    if code[5] != right:
        raise BadInputError(
            asked,
            f"末尾の検査数字が{code[5]}ですが、{code[:5]}の検査数字は{right}です。",
            f"{code[:5]}{right}の誤りではないか、団体コードを確かめてください。",
        )
    return MunicipalityCode(code)


def check_digit(five: str) -> str:
    """Compute the sixth digit of a code from its first five (検査数字).

    The last digit of 11 − (weighted sum mod 11), weights 6-5-4-3-2.

    >>> check_digit("02202")
    '1'

    Source: 総務省 全国地方公共団体コード; checked against all 1,741 codes of the census file.
    Raises: BadInputError if it is not five digits.
    """
    if not _FIVE_DIGITS.fullmatch(five):
        raise BadInputError(
            f"「{five}」の検査数字を求めようとしました。",
            "数字5桁ではありません。",
            "都道府県2桁と市区町村3桁を続けて書いてください。",
        )
    weighted = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, five, strict=True))
    return str((11 - weighted % 11) % 10)
