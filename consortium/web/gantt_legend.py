"""The legend of the picture of a plan (工程表の図の凡例): only what the picture holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from consortium.web.gantt_axis import Column, width_of
from consortium.web.svg import rounded

if TYPE_CHECKING:
    from consortium.web.gantt import Flag, Row

#: What may stand in a picture, in the order of the legend (凡例の語).
KEYS: Final = {
    "baseline": "基準計画",
    "planned": "計画",
    "bar": "見込み・実績",
    "done": "済んだ分",
    "critical": "クリティカル（余裕なし）",
    "near": "余裕わずか",
    "limit": "限界日までの余裕",
    "wait": "会期待ち",
    "milestone": "節目",
    "council": "議決日",
    "predicted": "議決日（推定）",
    "assembly": "総会",
    "closed": "閉庁日",
    "today": "今日",
    "lightning": "イナズマ線（進みと遅れ）",
}
_LINE: Final = 20.0


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of the legend (凡例)."""

    x: float
    y: float
    kind: str
    text: str


def shown_keys(
    rows: "Sequence[Row]", flags: "Sequence[Flag]", closed: Sequence[Column], *, has_today: bool
) -> frozenset[str]:
    """Find what a picture holds (図にあるもの)."""
    drawn = [row for row in rows if row.bar]
    bars = [row for row in drawn if not row.is_milestone]
    marks = [flag.mark for flag in flags]
    return frozenset(
        kind
        for kind, is_shown in (
            ("baseline", any(row.baseline for row in rows)),
            ("planned", any(row.planned for row in bars)),
            ("bar", bool(bars)),
            ("done", any(row.done for row in bars)),
            ("critical", any(row.line.times.is_critical for row in drawn)),
            ("near", any(row.is_near for row in bars)),
            ("limit", any(row.limit for row in rows)),
            ("wait", any(row.wait for row in rows)),
            ("milestone", any(row.is_milestone for row in drawn)),
            ("council", any(each.is_certain and not each.is_assembly for each in marks)),
            ("predicted", any(not each.is_certain and not each.is_assembly for each in marks)),
            ("assembly", any(each.is_assembly for each in marks)),
            ("closed", bool(closed)),
            ("today", has_today),
            ("lightning", has_today),
        )
        if is_shown
    )


def placed(kinds: frozenset[str], width: float, y: float) -> tuple[Key, ...]:
    """Set the entries beside each other, in as many lines as it takes (凡例の配置)."""
    keys, x = [], 4.0
    for kind, text in KEYS.items():
        if kind not in kinds:
            continue
        room = 34 + width_of(text) * 12 + 14
        if x + room > width:
            x, y = 4.0, y + _LINE
        keys.append(Key(rounded(x), rounded(y), kind, text))
        x += room
    return tuple(keys)
