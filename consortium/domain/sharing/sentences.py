"""The Japanese sentences of an explanation (なぜこの額かの文): one function per kind of step.

The tree holds numbers; these make of them what an officer can read aloud. Screens, workbooks and
`flask share` use the same sentences.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from consortium.domain.calendar.period import Month
from consortium.domain.calendar.wareki import wareki, wareki_month
from consortium.domain.sharing.explanation import Step, source_text
from consortium.domain.sharing.facts import Series
from consortium.domain.sharing.proration import PRORATIONS
from consortium.domain.sharing.rule import Rule, plain
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
    """Write a weight: whole numbers with separators, others as they are (数値)."""
    exact = Fraction(value)
    if exact.denominator == 1:
        return f"{exact.numerator:,}"
    return f"{exact.numerator:,}/{exact.denominator:,}"


def ratio(value: Fraction) -> str:
    """Write a part as a fraction (分数), 1 as 全部."""
    return "全部" if value == 1 else f"{value.numerator:,}/{value.denominator:,}"


def months(numbers: dict[str, Any]) -> str:
    """Write the months of a window, e.g. 令和3年4月〜5月分 (区間)."""
    first, last = (wareki_month(Month.parse(numbers[key])) for key in ("first", "last"))
    if first == last:
        return f"{first}分"
    year, month = last.split("年")
    return f"{first}〜{month if first.startswith(f'{year}年') else last}分"


def _item(n: dict[str, Any], value: Fraction) -> str:
    text = f"「{n['name']}」{yen(n['amount'])}のうち、{n['member']}の負担額は{yen(value)}です。"
    return f"{text}{_rounded(n)}" if "exact" in n else text


def _direct(n: dict[str, Any], value: Fraction) -> str:
    return f"この団体だけの費用（個別負担）なので、{yen(n['amount'])}の全額を負担します。"


def _direct_other(n: dict[str, Any], value: Fraction) -> str:
    return "ほかの団体の個別負担なので、負担はありません。"


def _moved(n: dict[str, Any], value: Fraction) -> str:
    return f"端数の{yen(n['amount'])}を「{n['label']}」の定めにより引き受けます。"


def _component(n: dict[str, Any], value: Fraction) -> str:
    cut = f"（{yen(n['item_amount'])}の{ratio(n['part'])}）"
    return f"{n['label']}：{yen(n['base'])}{cut}のうち{yen(value)}です。"


def _window(n: dict[str, Any], value: Fraction) -> str:
    if n["basis"] == "均等割":
        how = f"{n['members']}団体で等分"
    else:
        how = f"{n['basis']} {number(n['weight'])} ÷ 参加{n['members']}団体の計 {number(n['base'])}"
    return f"{months(n)} {yen(n['amount'])} × {how} ＝ {yen(value)}"


def _window_absent(n: dict[str, Any], value: Fraction) -> str:
    return f"{months(n)}は参加していないので、負担はありません。"


def _rounded(n: dict[str, Any]) -> str:
    """Say how an exact amount became whole yen; a negative one mirrors its absolute value."""
    rounded, moved = n["rounded"] if n["exact"] >= 0 else -n["rounded"], n["moved"]
    unit = "円未満を" if n["unit"] == 1 else f"{n['unit']:,}円単位に"
    text = f"正確な額は{yen(n['exact'])}。{unit}"
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
    "window": _window,
    "window_absent": _window_absent,
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


def rule_text(rule: Rule) -> str:
    """Write a rule in one line, e.g. 均等割20・人口割80、1円未満切捨て… (負担ルールの文).

    Source: statements elsewhere name percentages, rounding and the method for a joining year.
    """
    parts = "・".join(f"{part.label}{plain(part.weight)}" for part in rule.components)
    rounding = rule.rounding
    return (
        f"{parts}。{LEVELS[rounding.level]}に{rounding.unit:,}円未満を{MODES[rounding.mode]}、"
        f"端数は{RESIDUALS[rounding.residual].label}。年度途中の加入・脱退は"
        f"{PRORATIONS[rule.proration].label}。"
    )


def rule_note(dated: Dated[Rule]) -> str:
    """Write a rule version with its day and source (負担ルールの版の文)."""
    return f"{wareki(dated.since)}施行（{source_text(dated.source)}）：{rule_text(dated.require())}"


def series_note(series: Series) -> str:
    """Write which values were used (算定基礎の文)."""
    edition = f"、{series.edition}" if series.edition else ""
    day = f"（{wareki(series.reference_date)}時点{edition}）" if series.reference_date else edition
    expected = "【見込】" if series.certainty == "見込" else ""
    source = f"出典：{series.source}" if series.source else ""
    return f"{series.label}{day}{expected}{source}"
