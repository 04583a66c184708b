"""What somebody should look at before a rule version is registered (ルールの注意): never a refusal.

A caution is one function; `cautions` runs them all and repairs nothing. What cannot be shared at
all is refused by the engine itself.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from consortium.domain.calendar.wareki import wareki
from consortium.domain.sharing.bases import BASES, component_label
from consortium.domain.sharing.facts import Party, Series
from consortium.domain.sharing.rule import Component, Rule, plain
from consortium.domain.sharing.sentences import number

#: Sums this near to 100 were meant as percentages.
_LIKE_PERCENT = (Fraction(90), Fraction(110))
_WHOLE = Fraction(100)
#: A share that moves by more points than this is worth a second look.
_LEAP = Fraction(5)
#: More names than this would not be read.
_MOST_NAMES = 8


@dataclass(frozen=True, slots=True)
class Outlook:
    """A rule with what is known of its use (ルールの見通し); leave out what is not known."""

    rule: Rule
    since: date | None = None
    #: the version that was in force before it
    previous: Rule | None = None
    #: members of the service, in code order
    parties: Sequence[Party] = ()
    #: edition key → values, of the editions the components name
    series: Mapping[str, Series] = field(default_factory=dict)
    #: 団体コード → part of the whole, under this version and under the one in force
    shares: Mapping[str, Fraction] = field(default_factory=dict)
    shares_now: Mapping[str, Fraction] = field(default_factory=dict)
    #: what is rounded at once (構成割, or 費目) → the members' exact ratios
    ratios: Mapping[str, Sequence[Fraction]] = field(default_factory=dict)


Caution = Callable[[Outlook], Iterator[str]]


def weights_near_hundred(outlook: Outlook) -> Iterator[str]:
    """Weights written like percentages do not total 100."""
    rule = outlook.rule
    if len(rule.components) > 1 and not rule.is_percent and _near_hundred(rule.whole):
        yield (f"割合の計が{plain(rule.whole)}で、100になりません。合計に対する割合で按分します。")


def fixed_near_hundred(outlook: Outlook) -> Iterator[str]:
    """Fixed percentages do not total 100."""
    for component in outlook.rule.components:
        if component.basis == "fixed":
            whole = sum(component.own.values(), Fraction(0))
            if _near_hundred(whole):
                yield (
                    f"「{component.label}」の団体ごとの値の計が{plain(whole)}で、100になりません。"
                    "合計に対する割合で按分します。"
                )


def _near_hundred(whole: Fraction) -> bool:
    return _LIKE_PERCENT[0] <= whole <= _LIKE_PERCENT[1] and whole != _WHOLE


def shown_percentages(outlook: Outlook) -> Iterator[str]:
    """Percentages of two decimals, as statements show them, do not total 100."""
    shown = sum((rounded(share * 100, 2) for share in outlook.shares.values()), Fraction(0))
    if outlook.shares and shown != _WHOLE:
        yield (
            f"小数第2位までの割合を足すと{_decimals(shown)}%になり、100%になりません。表示だけのことで、"
            "負担額は割合を丸めずに計算し、合計に一致します。"
        )


def ratios_rounded(outlook: Outlook) -> Iterator[str]:
    """Ratios rounded first do not total 1."""
    digits = outlook.rule.rounding.ratio_digits
    if digits is None:
        return
    for label, ratios in outlook.ratios.items():
        whole = sum((rounded(ratio, digits) for ratio in ratios), Fraction(0))
        if whole != 1:
            yield (
                f"{label}の割合を小数第{digits}位までに丸めると、計が{number(whole)}になり、"
                "1になりません。差は端数として調整します。"
            )


def nobody_takes_the_rest(outlook: Outlook) -> Iterator[str]:
    """The odd yen stay with nobody."""
    if outlook.rule.rounding.residual == "unallocated":
        yield "端数はどの団体も負担しません。費用に足りない分は、端数差額として残ります。"


def values_expected(outlook: Outlook) -> Iterator[str]:
    """A value is not final yet."""
    for series in outlook.series.values():
        if series.certainty == "見込":
            edition = f"（{series.edition}）" if series.edition else ""
            yield f"{series.label}{edition}は見込の値です。確定したら、算定し直してください。"


def values_missing(outlook: Outlook) -> Iterator[str]:
    """Members of the service have no value."""
    for component in outlook.rule.components:
        known = _codes_known(component, outlook)
        if known is None:
            continue
        missing = [party.name for party in outlook.parties if party.code not in known]
        if missing:
            yield (
                f"「{component.label}」に、{_listed(missing)}の値がありません。"
                "その団体が参加する期間の費用は算定できません。"
            )


def _codes_known(component: Component, outlook: Outlook) -> set[str] | None:
    """Give who has a value; None where nobody needs one, or the edition is not known."""
    if component.basis == "fixed":
        return set(component.own)
    if not BASES[component.basis].reads_series:
        return None
    series = outlook.series.get(component.series or "")
    return None if series is None else {*series.values, *component.own}


def named_otherwise(outlook: Outlook) -> Iterator[str]:
    """A component is not called after the values it reads, e.g. 人口割 by households."""
    for component in outlook.rule.components:
        series = outlook.series.get(component.series or "")
        if series is None:
            continue
        usual = component_label(component.basis, series.label)
        if component.label != usual:
            yield (
                f"「{component.label}」は{series.label}の値で分けます。名前が「{usual}」ではないのは、"
                "そのつもりか確かめてください。"
            )


def host_absent(outlook: Outlook) -> Iterator[str]:
    """The member that bears a component alone does not use the service."""
    codes = {party.code for party in outlook.parties}
    for component in outlook.rule.components:
        if component.basis == "host" and outlook.parties and codes.isdisjoint(component.own):
            yield (
                f"「{component.label}」を負担する団体が、この共同サービスに参加していません。"
                "費用を算定できません。"
            )


def begins_inside_a_year(outlook: Outlook) -> Iterator[str]:
    """The version starts where costs of a whole year would meet two ways of rounding."""
    since, previous = outlook.since, outlook.previous
    if since is None:
        return
    if since.day != 1:
        yield (
            f"施行日（{wareki(since)}）が月の初日ではありません。その月の費用は前の版で分け、"
            "翌月の分からこの版で分けます。"
        )
    differs = previous is not None and _ways(previous) != _ways(outlook.rule)
    if differs and (since.month, since.day) != (4, 1):
        yield (
            f"年度の途中（{wareki(since)}）から端数処理か按分期間が変わります。この日をまたぐ費目は算定"
            "できません。費目を施行日の前と後に分けるか、施行日を4月1日にしてください。"
        )


def _ways(rule: Rule) -> tuple[object, str]:
    return rule.rounding, rule.proration


def leaps(outlook: Outlook) -> Iterator[str]:
    """A member's share moves far."""
    names = {party.code: party.name for party in outlook.parties}
    for code, share in outlook.shares.items():
        now = outlook.shares_now.get(code)
        if now is None or abs(share - now) * 100 <= _LEAP:
            continue
        way = "上がります" if share > now else "下がります"
        yield (
            f"{names.get(code, code)}の負担割合が{percentage(now)}から{percentage(share)}へ、"
            f"{_decimals(rounded(abs(share - now) * 100, 2))}ポイント{way}。"
        )


#: In the order in which they are shown.
CAUTIONS: tuple[Caution, ...] = (
    weights_near_hundred,
    fixed_near_hundred,
    values_missing,
    named_otherwise,
    host_absent,
    begins_inside_a_year,
    leaps,
    values_expected,
    nobody_takes_the_rest,
    ratios_rounded,
    shown_percentages,
)


def cautions(outlook: Outlook) -> tuple[str, ...]:
    """Give what somebody should look at, with the reasons (注意)."""
    return tuple(text for caution in CAUTIONS for text in caution(outlook))


def rounded(value: Fraction, digits: int) -> Fraction:
    """Round to decimals, half up, for values of 0 or more (四捨五入).

    >>> rounded(Fraction(12345, 1000), 2)
    Fraction(247, 20)
    """
    scale = 10**digits
    return Fraction((value * scale * 2 + 1) // 2, scale)


def percentage(share: Fraction) -> str:
    """Write a part of the whole with two decimals, for display only (割合の表示).

    >>> percentage(Fraction(1, 3)), percentage(Fraction(1, 8))
    ('33.33%', '12.50%')
    """
    return f"{_decimals(rounded(share * 100, 2))}%"


def _decimals(value: Fraction) -> str:
    hundredths = int(value * 100)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _listed(names: Sequence[str]) -> str:
    shown = "、".join(names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown}ほか{len(names) - _MOST_NAMES}団体"
