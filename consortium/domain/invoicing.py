"""Invoices: consumption tax and foreign currency (請求書・消費税・外貨).

The amount that is shared is always 税込 whole yen. Here is how it comes about from 税抜 and a tax
rate, or from US dollars by month, and the sentence that says so on the page なぜこの額か.
Exact fractions until the one rounding that the invoice, or the consortium for US$, names.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from consortium.domain.calendar.period import Month
from consortium.domain.calendar.wareki import wareki_month
from consortium.domain.errors import BadInputError, NotInForceError
from consortium.domain.yen import MODES, Yen, round_to

#: Where an invoice rounds its tax (消費税の端数処理の単位).
TAX_PER = {"line": "明細行ごと", "invoice": "請求書ごと"}

#: Every rate that 消費税 has had, in percent; another one is probably a slip of the pen.
KNOWN_TAX_RATES = tuple(Fraction(percent) for percent in (0, 3, 5, 8, 10))

_HIGHEST_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Rate:
    """Yen for one US dollar in a month (為替レート), with where and when it was read.

    Raises: BadInputError if it is not more than zero.
    """

    rate: Fraction
    source: str = ""
    quoted_on: date | None = None

    def __post_init__(self) -> None:
        """Refuse a rate that would make a cost vanish."""
        if self.rate <= 0:
            raise BadInputError(
                "為替レートを登録しようとしました。",
                f"1米ドル{decimal(self.rate)}円です。",
                "0より大きい円を入力してください。",
                path="rate",
            )


#: The rates by month (為替レート表).
Rates = Mapping[Month, Rate]


@dataclass(frozen=True, slots=True)
class RateTotal:
    """What the lines of one tax rate add up to (税率ごとの合計). Units: percent, yen."""

    percent: Fraction
    net: Yen
    tax: Yen

    @property
    def gross(self) -> Yen:
        """Give 税込."""
        return Yen(self.net + self.tax)


# ---- consumption tax -----------------------------------------------------------------------------


def taxed(
    lines: Sequence[tuple[int, Fraction | int]], per: str = "line", mode: str = "floor"
) -> tuple[Yen, ...]:
    """Give the tax of every line (消費税額): lines are (税抜 yen, percent).

    `per` line: each line is rounded. `per` invoice: the exact taxes of one rate are added up and
    rounded once, so an invoice with 8 % and 10 % has two roundings; the lines then get that yen by
    largest remainder, ties to the larger line, then to the first. A credit is the mirror image.

    >>> taxed([(333_333, 10), (333_333, 10), (333_334, 10)], "invoice")
    (33333, 33333, 33334)

    Raises: BadInputError for a percentage outside 0 to 100, an unknown `per` or `mode`.
    """
    _refuse_unknown("tax_per", per, TAX_PER)
    _refuse_unknown("mode", mode, MODES)
    for _, percent in lines:
        refuse_percent(Fraction(percent))
    exact = [Fraction(net) * percent / 100 for net, percent in lines]
    if per == "line":
        return tuple(round_to(tax, mode) for tax in exact)
    taxes: dict[int, Yen] = {}
    for rate in {Fraction(percent) for _, percent in lines}:
        places = [place for place, (_, percent) in enumerate(lines) if percent == rate]
        taxes |= _cut([exact[place] for place in places], places, mode)
    return tuple(taxes[place] for place in range(len(lines)))


def _cut(exact: Sequence[Fraction], places: Sequence[int], mode: str) -> dict[int, Yen]:
    """Round the sum once and give it to the lines by largest remainder.

    Not `yen.split`: an invoice may hold charges and credits of one rate, whose taxes have both
    signs. What a line lacks has its own sign, so only lines of the missing sign are served.
    """
    whole = [round_to(tax, "floor") for tax in exact]
    rest = round_to(sum(exact, Fraction(0)), mode) - sum(whole)
    sign = -1 if rest < 0 else 1
    lacking = [sign * (tax - kept) for tax, kept in zip(exact, whole, strict=True)]
    served = sorted(
        range(len(exact)), key=lambda place: (lacking[place], abs(exact[place])), reverse=True
    )
    for place in served[: abs(rest)]:
        whole[place] = Yen(whole[place] + sign)
    return dict(zip(places, whole, strict=True))


def rate_totals(
    lines: Sequence[tuple[int, Fraction | int]], taxes: Sequence[int]
) -> tuple[RateTotal, ...]:
    """Add the lines of an invoice up by rate (税率ごとの合計), the highest rate first."""
    totals: dict[Fraction, tuple[int, int]] = {}
    for (net, percent), tax in zip(lines, taxes, strict=True):
        rate = Fraction(percent)
        nets, sums = totals.get(rate, (0, 0))
        totals[rate] = (nets + net, sums + tax)
    return tuple(
        RateTotal(rate, Yen(totals[rate][0]), Yen(totals[rate][1]))
        for rate in sorted(totals, reverse=True)
    )


# ---- foreign currency ----------------------------------------------------------------------------


def in_yen(amounts: Mapping[Month, Fraction], rates: Rates, mode: str = "floor") -> Yen:
    """Turn US dollars by month into yen (外貨の円換算): exact products, added, rounded once.

    Raises: NotInForceError naming the months that have no rate, BadInputError for `mode`.
    """
    _refuse_unknown("mode", mode, MODES)
    return round_to(_exact_yen(amounts, rates), mode)


def _exact_yen(amounts: Mapping[Month, Fraction], rates: Rates) -> Fraction:
    missing = sorted(month for month in amounts if month not in rates)
    if missing:
        raise NotInForceError(
            "米ドルの金額を円に換算しようとしました。",
            f"{'、'.join(wareki_month(month) for month in missing)}の為替レートがありません。",
            "為替レートを登録してから、もう一度試してください。",
        )
    products = (usd * rates[month].rate for month, usd in amounts.items())
    return sum(products, Fraction(0))


# ---- in words ------------------------------------------------------------------------------------


def tax_note(net: int, percent: Fraction | int, tax: int, rounding: str = "") -> str:
    """Say how 税込 came about (消費税の説明); `rounding` is what `rounding_note` gives.

    >>> tax_note(333_333, 10, 33_333)
    '税抜333,333円＋消費税（10％）33,333円'
    """
    shown = f"税抜{_yen(net)}＋消費税（{decimal(Fraction(percent))}％）{_yen(tax)}"
    return f"{shown}（{rounding}）" if rounding else shown


def rounding_note(per: str, mode: str, invoice: str = "") -> str:
    """Name the rounding of the tax and the invoice that states it (消費税の端数処理の説明).

    >>> rounding_note("invoice", "floor", "請求書 第12号")
    '請求書 第12号、請求書ごとに1円未満切捨て'
    """
    rule = f"{TAX_PER[per]}に1円未満{MODES[mode]}"
    return f"{invoice}、{rule}" if invoice else rule


def usd_note(amounts: Mapping[Month, Fraction], rates: Rates, mode: str = "floor") -> str:
    """Say how yen came from US dollars (円換算の説明), month by month.

    Raises: as `in_yen`.
    """
    exact, yen = _exact_yen(amounts, rates), in_yen(amounts, rates, mode)
    products = "＋".join(
        f"{_usd(amounts[month])} × {decimal(rates[month].rate)}円（{wareki_month(month)}）"
        for month in sorted(amounts)
    )
    cut = "" if exact == yen else f"（1円未満{MODES[mode]}）"
    return f"{products}＝{_yen(yen)}{cut}"


def decimal(value: Fraction, places: int = 0) -> str:
    """Write a number with separators, exact, with at least so many decimals (数).

    >>> decimal(Fraction("1234.5"), 2), decimal(Fraction("149.53"))
    ('1,234.50', '149.53')

    Raises: BadInputError for a number whose decimals never end.
    """
    scaled, digits = abs(value), 0
    while digits < places or scaled.denominator != 1:
        scaled, digits = scaled * 10, digits + 1
        if digits > _MOST_DECIMALS:
            raise BadInputError(
                "数を書こうとしました。",
                f"{value} は小数で書き切れません。",
                "小数で書ける数にしてください。",
            )
    whole, rest = divmod(scaled.numerator, 10**digits)
    sign = "△" if value < 0 else ""
    return f"{sign}{whole:,}" + (f".{rest:0{digits}d}" if digits else "")


#: More than any price list or rate table states.
_MOST_DECIMALS = 30


def _usd(amount: Fraction) -> str:
    sign = "△" if amount < 0 else ""
    return f"{sign}US${decimal(abs(amount), 2)}"


def _yen(amount: int) -> str:
    return f"{decimal(Fraction(amount))}円"


# ---- refusals ------------------------------------------------------------------------------------


def _refuse_unknown(path: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        raise BadInputError(
            "金額の端数処理の指定を読みました。",
            f"「{value}」は使えません。",
            f"{'、'.join(known)} のいずれかにしてください。",
            path=path,
        )


def refuse_percent(percent: Fraction) -> None:
    """Refuse a tax rate that no tax can have. Raises: BadInputError at `tax_rate`."""
    if not 0 <= percent <= _HIGHEST_PERCENT:
        raise BadInputError(
            "消費税を計算しようとしました。",
            f"税率が{_shown(percent)}％です。",
            "0から100までの税率にしてください。",
            path="tax_rate",
        )


def _shown(value: Fraction) -> str:
    return f"△{-value}" if value < 0 else str(value)
