"""The Japanese sentences of an explanation (なぜこの額かの文): one function per kind of step.

The tree holds numbers; these make of them what an officer can read aloud. Screens, workbooks and
`flask share` use the same sentences.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from consortium.domain.calendar.period import Month
from consortium.domain.calendar.wareki import wareki, wareki_month
from consortium.domain.invoicing import decimal
from consortium.domain.sharing.dating import in_words
from consortium.domain.sharing.explanation import Step, source_text
from consortium.domain.sharing.facts import Series
from consortium.domain.sharing.proration import PRORATIONS
from consortium.domain.sharing.rule import PERCENT, Component, Rule, plain
from consortium.domain.timeline import Dated
from consortium.domain.yen import LEVELS, MODES, RESIDUALS

Sentence = Callable[[dict[str, Any], Fraction], str]


def yen(value: int | Fraction) -> str:
    """Write yen with separators and △; an exact part with four decimals, marked 約 (円).

    >>> yen(-1234), yen(Fraction(10, 3))
    ('△1,234円', '約3.3333円')
    """
    exact = Fraction(value)
    sign = "△" if exact < 0 else ""
    if exact.denominator == 1:
        return f"{sign}{abs(exact.numerator):,}円"
    tenthousandths = round(abs(exact) * 10_000)
    whole, rest = divmod(tenthousandths, 10_000)
    return f"約{sign}{whole:,}.{rest:04d}円"


def number(value: Fraction | int) -> str:
    """Write a weight: with separators, decimals where they end, else as a fraction (数値).

    >>> number(Fraction(12345, 10)), number(Fraction(1, 3))
    ('1,234.5', '1/3')
    """
    exact = Fraction(value)
    if (exact * _DECIMALS).denominator == 1:
        return decimal(exact)
    return f"{exact.numerator:,}/{exact.denominator:,}"


#: Powers are exact to so many parts; nothing finer is shown as decimals.
_DECIMALS = 10**12


def ratio(value: Fraction) -> str:
    """Write a part as a fraction (分数), 1 as 全部; one too long to read aloud in per cent.

    >>> ratio(Fraction(2, 12)), ratio(Fraction(1, 7 * 10**12))[:6]
    ('1/6', '約0.000')
    """
    if value.denominator > _LONGEST:
        millionths = round(abs(value) * 100 * 10**6)
        whole, rest = divmod(millionths, 10**6)
        return f"約{'△' if value < 0 else ''}{whole}.{rest:06d}％"
    return "全部" if value == 1 else f"{value.numerator:,}/{value.denominator:,}"


#: Fractions with a longer denominator are not read aloud.
_LONGEST = 10**9


def months(numbers: dict[str, Any]) -> str:
    """Write the time of a window, e.g. 令和3年4月〜5月分, or days where they count (区間)."""
    if "first_day" in numbers:
        days = [wareki(date.fromisoformat(numbers[key])) for key in ("first_day", "last_day")]
        return days[0] if days[0] == days[1] else "〜".join(days)
    first, last = (wareki_month(Month.parse(numbers[key])) for key in ("first", "last"))
    if first == last:
        return f"{first}分"
    year, month = last.split("年")
    return f"{first}〜{month if first.startswith(f'{year}年') else last}分"


def _item(n: dict[str, Any], value: Fraction) -> str:
    if not n["shared"]:
        return f"「{n['name']}」による{n['member']}の額は{yen(value)}です。"
    note = f"（{n['note']}）" if n["note"] else ""
    off, granted = n["gross"] - n["amount"], n["granted"]
    if off:
        note = f"{note}から補助金{yen(off)}を引いた{yen(n['amount'])}"
    share = yen(value)
    if granted:  # a grant to this member, taken from what it would bear without
        share = f"、{yen(value + granted)}からこの団体への補助{yen(granted)}を引いた{yen(value)}"
    text = f"「{n['name']}」{yen(n['gross'])}{note}のうち、{n['member']}の負担額は{share}です。"
    if "exact" not in n:
        return text
    return f"{text}{'補助を引く前の' if granted else ''}{_rounded(n)}"


def _direct(n: dict[str, Any], value: Fraction) -> str:
    return f"この団体だけの費用（個別負担）なので、{yen(n['amount'])}の全額を負担します。"


def _direct_other(n: dict[str, Any], value: Fraction) -> str:
    return "ほかの団体の個別負担なので、負担はありません。"


def _moved(n: dict[str, Any], value: Fraction) -> str:
    return f"端数の{yen(n['amount'])}を「{n['label']}」の定めにより引き受けます。"


def _usage(n: dict[str, Any], value: Fraction) -> str:
    exact = Fraction(n["exact"])
    rounded = "" if exact.denominator == 1 else f"、円未満{MODES[n['mode']]}"
    how = f"{number(n['quantity'])} × 単価{number(n['price'])}円"
    return f"従量：{how} ＝ {yen(exact)}{rounded}なので{yen(value)}です。"


def _grant(n: dict[str, Any], value: Fraction) -> str:
    return f"この団体への補助（{n['names']}）{yen(-value)}を引きます。"


def _transfer(n: dict[str, Any], value: Fraction, event: str) -> str:
    month = wareki_month(Month.parse(n["month"]))
    cost = f"「{n['name']}」{yen(n['cost'])}のうち{month}に残る額は"
    left = f"{cost}{yen(n['undepreciated'])}（{n['months']}か月のうち残り{n['months_left']}か月）。"
    paid = f"{n['payer']}の割合{ratio(n['ratio'])}を掛けて{yen(n['yen'])}（円未満切捨て）"
    if n["own"]:
        return f"{left}{paid}を{event}として負担します。"
    return f"{left}{paid}を{n['payer']}から受け取り、割合により{yen(-value)}を引きます。"


def _joining(n: dict[str, Any], value: Fraction) -> str:
    return _transfer(n, value, "加入金")


def _leaving(n: dict[str, Any], value: Fraction) -> str:
    return _transfer(n, value, "脱退時の残存費用")


def _dampening(n: dict[str, Any], value: Fraction) -> str:
    text = f"激変緩和：算定額{yen(n['computed'])}"
    if "previous" in n:
        text += f"、前年度{yen(n['previous'])}"
    if n.get("in_band"):
        text += "。許容幅の中なので前年度の割合のまま"
    bounds = [
        f"{word}{yen(n[key])}" for key, word in (("high", "上限"), ("low", "下限")) if key in n
    ]
    text += f"。{'、'.join(bounds)}" if bounds else ""
    return f"{text}。{yen(value)}を調整し、{yen(n['amount'])}とします。"


def _month(n: dict[str, Any], value: Fraction) -> str:
    text = f"{wareki_month(Month.parse(n['month']))}分 {yen(n['amount'])}のうち{yen(value)}です。"
    return f"{text}{_rounded(n)}" if "exact" in n else text


def _early(n: dict[str, Any], value: Fraction) -> str:
    return (
        f"期間の途中で加入・脱退したので、先に額を決めます（加入団体先取り）。{n['months']}か月のうち"
        f"{n['counted']}か月参加し、{yen(value)}です。"
    )


def _early_year(n: dict[str, Any], value: Fraction) -> str:
    return f"全期間なら、正確な額{yen(n['exact'])}を丸めて{yen(n['whole'])}です。"


def _early_months(n: dict[str, Any], value: Fraction) -> str:
    part = f"{yen(n['whole'])} × {n['counted']}/{n['months']}"
    return f"{part} を円未満切捨てで{yen(n['yen'])}とします（全期間との差 {yen(value)}）。"


def _rest(n: dict[str, Any], value: Fraction) -> str:
    text = f"先に決めた額を除く{yen(n['amount'])}を通年の団体で分け、{yen(value)}です。"
    return f"{text}{_rounded(n)}" if "exact" in n else text


def _component(n: dict[str, Any], value: Fraction) -> str:
    cut = f"（{yen(n['item_amount'])}の{ratio(n['part'])}）"
    return f"{n['label']}：{yen(n['base'])}{cut}のうち{yen(value)}です。"


def _component_percent(n: dict[str, Any], value: Fraction) -> str:
    return f"{n['label']}：{yen(value)}です（全団体の計 {yen(n['base'])}）。"


def _window(n: dict[str, Any], value: Fraction) -> str:
    return f"{months(n)} {yen(n['amount'])} × {_how(n)} ＝ {yen(value)}"


def _how(n: dict[str, Any]) -> str:
    """Say which part of a window the member bears."""
    if n["kind"] == "equal":
        return f"{n['members']}団体で等分"
    if n["kind"] == "host":
        return "幹事・所在地の団体が全額" if n["weight"] else "幹事・所在地の団体ではないので0"
    weight = number(n["weight"])
    if "power" in n:
        weight = f"{number(n['value'])}の{plain(n['power'])}乗 {weight}"
    if "own_source" in n:
        weight = f"{weight}（{n['own_source']}）"
    return f"{n['basis']} {weight} ÷ 参加{n['members']}団体の計 {number(n['base'])}"


def _window_percent(n: dict[str, Any], value: Fraction) -> str:
    own = f"（{n['own_source']}）" if "own_source" in n else ""
    part = "" if n["part"] == 1 else f" × 期間{ratio(n['part'])}"
    basis = f"{n['basis']} {number(n['value'])}{own}"
    return f"{months(n)} {basis} × {plain(n['percent'])}％{part} ＝ {yen(value)}"


def _window_absent(n: dict[str, Any], value: Fraction) -> str:
    return f"{months(n)}は参加していないので、負担はありません。"


def _rounded(n: dict[str, Any]) -> str:
    """Say how an exact amount became whole yen; a negative one mirrors its absolute value."""
    unit = "円未満を" if n["unit"] == 1 else f"{n['unit']:,}円単位に"
    text = f"正確な額は{yen(n['exact'])}。{_by_ratio(n)}{unit}"
    if "alone" in n:
        return f"{text}{MODES[n['mode']]}とします。"
    rounded, moved = n["rounded"] if n["exact"] >= 0 else -n["rounded"], n["moved"]
    if n["residual"] != "largest_remainder":
        rest = RESIDUALS[n["residual"]].label
        placed = f"端数は「{rest}」の定めによります"
        if moved:
            placed = f"端数の{yen(moved)}を加えます（{rest}）"
        return f"{text}{MODES[n['mode']]}で{yen(rounded)}とし、{placed}。"
    extra = n["share"] - rounded - moved
    added = f"なので{yen(extra)}を加えます" if extra else "で、加算はありません"
    below = f"{n['unit']:,}円に満たない{yen(moved)}も引き受けます。" if moved else ""
    size = f"切り捨てた部分の大きさは{n['rank']}番目{added}（最大剰余）。"
    return f"{text}切り捨てて{yen(rounded)}。{size}{below}"


def _by_ratio(n: dict[str, Any]) -> str:
    """Say that the ratio was rounded first, where the rule says so."""
    if "digits" not in n:
        return ""
    return f"割合 {ratio(n['exact_ratio'])} を先に小数{n['digits']}桁の {plain(n['ratio'])} とし、"


def _round_alone(n: dict[str, Any], value: Fraction) -> str:
    unit = "円未満を" if n["unit"] == 1 else f"{n['unit']:,}円単位に"
    return f"正確な額は{yen(n['exact'])}。{unit}{MODES[n['mode']]}で{yen(n['yen'])}とします。"


def _round_component(n: dict[str, Any], value: Fraction) -> str:
    return _rounded(n)


def _round_item(n: dict[str, Any], value: Fraction) -> str:
    return (
        f"正確な額は{yen(n['exact'])}。費目の負担額を構成割に分けて{yen(n['yen'])}とします"
        f"（最大剰余）。"
    )


SENTENCES: dict[str, Sentence] = {
    "item": _item,
    "direct": _direct,
    "direct_other": _direct_other,
    "moved": _moved,
    "component": _component,
    "usage_rate": _usage,
    "grant": _grant,
    "joining": _joining,
    "leaving": _leaving,
    "dampening": _dampening,
    "month": _month,
    "early": _early,
    "early_year": _early_year,
    "early_months": _early_months,
    "rest": _rest,
    "component_percent": _component_percent,
    "window": _window,
    "window_percent": _window_percent,
    "window_absent": _window_absent,
    "round_alone": _round_alone,
    "round_component": _round_component,
    "round_item": _round_item,
}


def render(step: Step) -> str:
    """Make the sentence of one step (説明文)."""
    return SENTENCES[step.what](dict(step.numbers), step.value)


def render_tree(step: Step, depth: int = 0) -> Iterator[str]:
    """Make the indented lines of a step and all below it (説明の全文)."""
    yield "  " * depth + render(step)
    for below in step.inputs:
        yield from render_tree(below, depth + 1)


def rule_text(rule: Rule, names: Mapping[str, str] | None = None) -> str:
    """Write a rule in one line, e.g. 均等割20・人口割80、1円未満切捨て… (負担ルールの文).

    `names` gives members their names; without, their codes stand there. Source: statements
    elsewhere name percentages, rounding and the method for a joining year.
    """
    rounding = rule.rounding
    digits = ""
    if rounding.ratio_digits is not None:
        digits = f"負担割合は小数第{rounding.ratio_digits}位までに丸めてから分ける。"
    rest = "" if rule.is_percent else f"、端数は{RESIDUALS[rounding.residual].label}"
    leaving = "脱退する団体は年度末まで負担。" if rule.leaving == "year" else ""
    return (
        f"{parts_text(rule, names)}。{digits}{LEVELS[rounding.level]}に{rounding.unit:,}円未満を"
        f"{MODES[rounding.mode]}{rest}。年度途中の加入・脱退は"
        f"{PRORATIONS[rule.proration].label}。{leaving}"
    )


def parts_text(rule: Rule, names: Mapping[str, str] | None = None) -> str:
    """Write the components of a rule, e.g. 均等割20・人口割80 (構成割の文)."""
    return "・".join(_part_text(part, names or {}) for part in rule.components)


def _part_text(part: Component, names: Mapping[str, str]) -> str:
    """Write a component with its weight and what else its kind needs (構成割の文)."""
    weight = f"{plain(part.weight)}％" if part.basis == PERCENT else plain(part.weight)
    more = []
    if part.power is not None:
        more.append(f"指数{plain(part.power)}")
    # An edition named for good stands beside the rule, with the values.
    if part.dating is not None and not part.dating.edition:
        more.append(in_words(part.dating))
    if part.basis == "host":
        more += [names.get(code, code) for code in part.own]
    elif part.own:
        what = "" if part.basis == "fixed" else "区分だけの値 "
        more.append(what + _own_text(part.own, names))
    if part.own_source:
        more.append(part.own_source)
    return f"{part.label}{weight}（{'、'.join(more)}）" if more else f"{part.label}{weight}"


def _own_text(own: Mapping[str, Fraction], names: Mapping[str, str]) -> str:
    """Write values by member, those of equal value together, e.g. 弘前市・平川市 100、大鰐町 50."""
    alike: dict[Fraction, list[str]] = {}
    for code in sorted(own):
        alike.setdefault(own[code], []).append(names.get(code, code))
    return "、".join(f"{'・'.join(those)} {number(value)}" for value, those in alike.items())


def rule_note(dated: Dated[Rule], names: Mapping[str, str] | None = None) -> str:
    """Write a rule version with its day and source (負担ルールの版の文)."""
    source = source_text(dated.source)
    return f"{wareki(dated.since)}施行（{source}）：{rule_text(dated.require(), names)}"


def series_note(series: Series) -> str:
    """Write which values were used (算定基礎の文)."""
    edition = f"、{series.edition}" if series.edition else ""
    day = f"（{wareki(series.reference_date)}時点{edition}）" if series.reference_date else edition
    expected = "【見込】" if series.certainty == "見込" else ""
    source = f"出典：{series.source}" if series.source else ""
    return f"{series.label}{day}{expected}{source}"
