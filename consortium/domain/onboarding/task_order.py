"""In which order tasks are computed (計算の順), and what a network must not have (工程網の点検)."""

from collections.abc import Collection

from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError
from consortium.domain.onboarding.network import LINK_TYPES, Link, Network, Task
from consortium.domain.onboarding.template import find_loop


def check(network: Network) -> None:
    """Refuse a network that dates cannot follow from.

    Raises: BadInputError, whose path is the code of the task.
    """
    codes: set[str] = set()
    for task in network.tasks:
        if task.code in codes:
            raise refuse(
                task.code, f"番号「{task.code}」が二つあります。", "別の番号にしてください。"
            )
        codes.add(task.code)
        _check_task(task, network)
    for link in network.links:
        _check_link(link, codes)
    _check_anchor(network)


def _check_task(task: Task, network: Network) -> None:
    if task.days < 0:
        raise refuse(task.code, f"業務日が負の数（{task.days}）です。", "0以上の数にしてください。")
    if not network.calendars.get(task.calendar):
        raise refuse(task.code, f"暦「{task.calendar}」がありません。", "担当を確かめてください。")
    if task.window and task.window not in network.windows:
        raise refuse(
            task.code, f"日の制約「{task.window}」の日がありません。",
            "議会会期・総会を確かめてください。",
        )  # fmt: skip
    if task.started and task.finished and task.finished < task.started:
        raise refuse(
            task.code,
            f"実績の終了日（{wareki(task.finished)}）が開始日（{wareki(task.started)}）より前です。",
            "実績を直してください。",
        )


def _check_link(link: Link, codes: Collection[str]) -> None:
    for code, other in ((link.before, link.after), (link.after, link.before)):
        if code not in codes:
            raise refuse(
                other,
                f"依存の相手「{code}」が、この工程にありません。",
                "ある番号を書いてください。",
            )
    if link.type not in LINK_TYPES:
        raise refuse(
            link.after, f"依存の種類「{link.type}」が分かりません。",
            f"{'・'.join(LINK_TYPES)} のいずれかにしてください。",
        )  # fmt: skip


def _check_anchor(network: Network) -> None:
    anchor = network.anchor
    if anchor is None:
        if network.start is None:
            raise refuse("", "着手日も本稼働日も決まっていません。", "どちらかを決めてください。")
        return
    task = next((each for each in network.tasks if each.code == anchor.code), None)
    if task is None:
        raise refuse(anchor.code, "固定日を置く作業がありません。", "番号を確かめてください。")
    if task.days:
        raise refuse(
            task.code, f"固定日を置く作業に{task.days}業務日あります。", "0業務日にしてください。"
        )


def in_order(network: Network) -> tuple[Task, ...]:
    """Give the tasks so that each stands after those it depends on (計算の順).

    Raises: BadInputError naming a loop, e.g. 「C1 → C2 → C1」.
    """
    tasks = {task.code: task for task in network.tasks}
    after: dict[str, list[str]] = {code: [] for code in tasks}
    waiting = dict.fromkeys(tasks, 0)
    for link in network.links:
        after[link.before].append(link.after)
        waiting[link.after] += 1
    ready = [code for code, count in waiting.items() if not count]
    for code in ready:  # grows while it is walked
        for following in after[code]:
            waiting[following] -= 1
            if not waiting[following]:
                ready.append(following)
    if len(ready) < len(tasks):
        loop = find_loop(tuple(tasks), network.links)
        raise refuse(
            loop[0], f"依存が輪になっています（{' → '.join(loop)}）。",
            "どれか一つの依存を外してください。",
        )  # fmt: skip
    return tuple(tasks[code] for code in ready)


def refuse(code: str, found: str, todo: str) -> BadInputError:
    """Make the refusal that names a task by its code (日程を計算できない理由)."""
    return BadInputError("工程の日程を計算しようとしました。", found, todo, path=code)
