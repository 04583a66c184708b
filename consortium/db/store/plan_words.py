"""How the chain and its readers say a plan (工程の内容を言葉にする)."""

from collections.abc import Iterable
from typing import Any, Final

from consortium.domain.onboarding.network import WINDOW_KINDS
from consortium.domain.onboarding.plan import (
    ANCHOR_MODES,
    JOINING_STATES,
    LEGAL_FORMS,
    PLAN_KINDS,
    PLAN_STATES,
    TASK_STATES,
    Baseline,
    Plan,
    PlanTask,
)

_TASK_TITLES: Final = {
    "position": "順",
    "name": "作業名",
    "phase": "段階",
    "days": "業務日",
    "owner": "担当",
    "in_charge": "担当者",
    "evidence": "成果物",
    "window_kind": "日の制約",
    "window_code": "議会の団体",
    "steps": "国の手順",
    "wave": "業務の波",
    "not_before": "着手可能日",
    "planned_start": "計画の開始日",
    "planned_finish": "計画の終了日",
    "state": "状態",
    "started_on": "実績の開始日",
    "finished_on": "実績の終了日",
    "percent": "進捗",
    "note": "備考",
}


def plan_in_words(each: Plan) -> dict[str, Any]:
    """Say the head of a plan (工程の内容)."""
    return {
        "団体コード": each.code,
        "工程名": each.title,
        "種類": PLAN_KINDS[each.kind],
        "本稼働日": each.anchor_on,
        "日付の決め方": ANCHOR_MODES[each.anchor_mode],
        "着手日": each.start_on,
        "協議会の法的な形": LEGAL_FORMS[each.legal_form],
        "状態": PLAN_STATES[each.state],
        "加入の状態": JOINING_STATES[each.joining_state],
        "申請日": each.applied_on,
        "承認日": each.accepted_on,
        "本稼働の実績": each.went_live_on,
        "加入期間": each.membership_id,
        "共同サービス": each.service_id,
        "現行契約満了日": each.old_contract_ends_on,
        "中間標準レイアウト": each.uses_common_layout,
        "カスタマイズ数": each.customisations,
        "代表団体": each.representative_code,
        "参考": each.is_reference,
        "共有": each.is_shared,
    }


def task_in_words(each: PlanTask) -> dict[str, Any]:
    """Say a task as it stands (作業の内容)."""
    return {title: _said(name, getattr(each, name)) for name, title in _TASK_TITLES.items()}


def difference(old: PlanTask, new: PlanTask) -> tuple[dict[str, Any], dict[str, Any]]:
    """Say what differs between two versions of a task, before and after (作業の変更)."""
    before, after = task_in_words(old), task_in_words(new)
    titles = [title for title in after if before[title] != after[title]]
    return {title: before[title] for title in titles}, {title: after[title] for title in titles}


def _said(name: str, value: Any) -> Any:
    if name == "state":
        return TASK_STATES[value]
    if name == "window_kind":
        return WINDOW_KINDS.get(value, "")
    return value


def tasks_in_words(tasks: Iterable[PlanTask]) -> dict[str, Any]:
    """Say the tasks of a new plan, a line each (作業の一覧)."""
    return {
        "作業": [
            f"{each.code} {each.name} {each.planned_start}～{each.planned_finish}" for each in tasks
        ]
    }


def links_in_words(each: Plan) -> list[str]:
    """Say the dependencies, a line each (依存の一覧)."""
    return sorted(f"{link.before} → {link.after} {link.type}{link.lag:+d}" for link in each.links)


def baseline_in_words(each: Baseline) -> dict[str, Any]:
    """Say a baseline with the dates it holds (基準計画の内容)."""
    return {
        "番号": each.number,
        "名称": each.name,
        "理由": each.reason,
        "本稼働日": each.anchor_on,
        "承認者": each.approved_by,
        "作業": [
            f"{code} {name} {start}～{finish}"
            for code, (name, _, start, finish) in each.tasks.items()
        ],
    }
