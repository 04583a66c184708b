"""What does not fit together in the progress reported (矛盾の可能性): questions, never verdicts.

Towns that share one system are expected to be about as far; whether they use it for the
standardisation is not known, so a flag only asks.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from consortium.domain.standardisation.business import IN_USE, LAST_MIGRATION, SCHEDULE_FIXED
from consortium.domain.standardisation.progress import Cell

#: From so many steps on a difference is told (差の目安).
GAP: Final = 5
#: Kinds of flags (指摘の種類).
KINDS: Final = {
    "gap": "幹事市との差",
    "ahead": "幹事市より先",
    "fall": "後退",
    "live": "稼働日との食違い",
    "task": "工程との食違い",
    "entry": "自団体の入力との差",
    "full": "対象外の確認",
}
#: What a town may answer (回答).
ANSWERS: Final = ("別システム", "報告誤り", "対象外", "その他")


@dataclass(frozen=True, slots=True)
class Flag:
    """One question to a town about a 業務 (指摘). `own` and `other` are the numbers it rests on."""

    kind: str
    code: str
    business: str
    own: int
    other: int
    question: str

    @property
    def numbers(self) -> tuple[int, int]:
        """Give what has to change before an answered flag asks again."""
        return self.own, self.other

    @property
    def word(self) -> str:
        """Name its kind (指摘の種類)."""
        return KINDS[self.kind]


@dataclass(frozen=True, slots=True)
class Finished:
    """A task of a town's plan that is 完了済み, with the step it belongs to (工程の作業)."""

    code: str
    name: str
    #: numbers of the steps it belongs to
    steps: tuple[int, ...]


def row_gap(cells: Iterable[Cell]) -> int:
    """Give the largest distance between towns that share a service for a 業務 (行の差)."""
    groups: dict[str, list[int]] = defaultdict(list)
    for each in cells:
        if each.service and not each.is_left_out:
            groups[each.service].append(each.steps)
    return max((max(found) - min(found) for found in groups.values()), default=0)


@dataclass(frozen=True, slots=True)
class Around:
    """What a cell is compared with (比べる相手)."""

    #: last day of the month
    last_day: date
    #: the lead city's cell of the 業務
    lead: Cell | None = None
    #: count of the month before, None where there is none
    before: int | None = None
    #: from so many steps on a difference is told
    gap: int = GAP
    #: tasks of the town's plans that are 完了済み
    finished: tuple[Finished, ...] = ()


def flags_of(cell: Cell, around: Around) -> tuple[Flag, ...]:
    """Give every question about a cell (セルの指摘)."""
    desk, before = _Desk(cell, []), around.before
    if cell.mark in ("probable", "unclear"):
        desk.ask("full", cell.steps, 0, "全40ステップが完了済みか対象外です。対象外ですか。")
    if before is not None and cell.steps < before:
        said = f"前回の{before}ステップから{cell.steps}ステップに減りました。"
        desk.ask("fall", cell.steps, before, said)
    entered = cell.entered
    if entered is not None and entered != cell.steps:
        said = f"公表の値は{cell.steps}、自団体の入力は{entered}です。どちらが正しいですか。"
        desk.ask("entry", cell.steps, entered, said)
    if not cell.is_left_out:
        _compare(desk, around)
        _check_live(desk, around.last_day)
        _check_tasks(desk, around.finished)
    return tuple(desk.flags)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Collects the questions about one cell (指摘の途中)."""

    cell: Cell
    flags: list[Flag]

    def ask(self, kind: str, own: int, other: int, question: str) -> None:
        self.flags.append(Flag(kind, self.cell.code, self.cell.business, own, other, question))


def _compare(desk: _Desk, around: Around) -> None:
    """Compare with the lead city where both use one service for the 業務."""
    cell, lead = desk.cell, around.lead
    if lead is None or lead.code == cell.code or lead.is_left_out:
        return
    if not cell.service or cell.service != lead.service:
        return
    distance = cell.steps - lead.steps
    if abs(distance) >= around.gap:
        side = "進んで" if distance > 0 else "遅れて"
        said = (
            f"{cell.steps}ステップで、幹事市の{lead.steps}より{abs(distance)}{side}います。"
            "同じ共同クラウドを使っていますか。"
        )
        desk.ask("gap", cell.steps, lead.steps, said)
    is_ahead = cell.is_done(LAST_MIGRATION) or cell.is_done(IN_USE)
    if is_ahead and lead.is_done(SCHEDULE_FIXED) is False:
        said = (
            "⑭-3 最終データ移行か⑱-1 運用開始が完了済みですが、"
            "幹事市は⑪-2 日程確定が済んでいません。"
        )
        desk.ask("ahead", cell.steps, lead.steps, said)


def _check_tasks(desk: _Desk, finished: Iterable[Finished]) -> None:
    """Compare the tasks of the town's plans with the states, where those are known."""
    for task in finished if desk.cell.states else ():
        waiting = [step for step in task.steps if desk.cell.states[step - 1] == "waiting"]
        if waiting:
            said = (
                f"工程の「{task.code} {task.name}」は完了済みですが、"
                f"対応するステップのうち{len(waiting)}が未着手です。"
            )
            desk.ask("task", waiting[0], len(waiting), said)


def _check_live(desk: _Desk, last_day: date) -> None:
    """Compare the day recorded here with ⑱-1, where the states are known."""
    cell = desk.cell
    is_in_use = cell.is_done(IN_USE)
    if is_in_use is None:
        return
    has_begun = cell.go_live_on is not None and cell.go_live_on <= last_day
    if has_begun and not is_in_use:
        desk.ask("live", cell.steps, 1, "稼働日が記録されていますが、⑱-1が完了済みではありません。")
    if is_in_use and not has_begun:
        desk.ask(
            "live", cell.steps, 2, "⑱-1は完了済みですが、この月までの稼働日が記録されていません。"
        )
