"""Which record may be saved (記録の手順): state after state, and what each state has to rest on.

The tables of steps are the whole rule of what may follow what. A record entered for the first time
may begin in any state, as its matter may be older than the plan; what that state rests on is asked
for all the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from consortium.domain.errors import BadInputError, InvalidTransitionError
from consortium.domain.onboarding.plan import Plan
from consortium.domain.onboarding.record_checks import DECIDED, stage_of
from consortium.domain.onboarding.record_ground import lost_ground
from consortium.domain.onboarding.records import (
    CONDITIONAL,
    JUDGEMENT,
    JUDGEMENT_RESULTS,
    LASTING_BUDGETS,
    REHEARSALS,
    VOTE_RESULTS,
    BudgetAction,
    Contract,
    Decision,
    Evidence,
    Issue,
    MigrationRun,
    PlanRecords,
    Record,
    kind_of,
)

Steps = Mapping[str, tuple[str, ...]]
#: 予算措置: every state and what may follow it.
BUDGET_STEPS: Final[Steps] = {
    "未要求": ("要求済",),
    "要求済": ("内示",),
    "内示": ("上程",),
    "上程": ("可決", "条件付可決", "否決"),
    "可決": ("執行可",),
    "条件付可決": ("執行可",),
    "否決": (),
    "執行可": (),
}
#: 長期継続契約 needs no vote of its own (地方自治法234条の3).
WITHOUT_VOTE: Final[Steps] = {**BUDGET_STEPS, "内示": ("上程", "執行可")}
#: 移行回: a round that failed is planned again.
MIGRATION_STEPS: Final[Steps] = {
    "予定": ("実施",),
    "実施": ("突合中",),
    "突合中": ("合格", "不合格"),
    "合格": (),
    "不合格": ("予定",),
}
#: 課題: one that was solved may come back.
ISSUE_STEPS: Final[Steps] = {
    "未対応": ("対応中", "解決"),
    "対応中": ("解決",),
    "解決": ("対応中",),
}
_VOTED: Final = ("可決", "条件付可決", "否決")
_NO_VOTE: Final = "長期継続"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a record is checked against (記録の前提): its plan, the others, the towns by id."""

    plan: Plan
    records: PlanRecords
    today: date
    #: member id → municipality code
    codes: Mapping[str, str]


#: Field, what was found, what to do.
Fault = tuple[str, str, str]


def steps_of(record: Record) -> Steps | None:
    """Give the steps a record takes, None for one without states (状態の手順)."""
    if isinstance(record, BudgetAction):
        return WITHOUT_VOTE if record.kind == _NO_VOTE else BUDGET_STEPS
    if isinstance(record, MigrationRun):
        return MIGRATION_STEPS
    return ISSUE_STEPS if isinstance(record, Issue) else None


def check(new: Record, old: Record | None, setting: Setting) -> None:
    """Refuse a record that cannot be saved as it is (記録の確認); `old` is what it replaces.

    Raises: BadInputError at the field, InvalidTransitionError for a step that is not allowed.
    """
    _refuse_step(new, old)
    for path, found, todo in _faults(new, setting):
        raise BadInputError(f"{kind_of(new).name}を保存しようとしました。", found, todo, path=path)
    if isinstance(new, Decision) and isinstance(old, Decision) and new.result != old.result:
        for each in setting.records.budgets:
            if each.decision_id == new.id:
                raise BadInputError(
                    "議決の結果を変えようとしました。",
                    f"予算措置「{each.name}」が、この議決によっています。",
                    "予算措置を先に直すか、新しい議決を登録してください。",
                    path="result",
                )
    if old is not None:
        _keep_ground(old, new, setting)


def _keep_ground(old: Record, new: Record, setting: Setting) -> None:
    for found, todo in lost_ground(setting.plan, setting.records, old, new):
        asked = f"{kind_of(old).name}「{old.name}」を変更しようとしました。"
        raise InvalidTransitionError(asked, found, todo)


def _refuse_step(new: Record, old: Record | None) -> None:
    steps = steps_of(new)
    before, after = getattr(old, "state", None), getattr(new, "state", None)
    if steps is None or before is None or after in (before, *steps[before]):
        return
    allowed = "、".join(steps[before])
    raise InvalidTransitionError(
        f"{kind_of(new).name}を「{before}」から「{after}」にしようとしました。",
        f"「{before}」の次は「{allowed}」です。" if allowed else f"「{before}」で終わりです。",
        "順に進めるか、誤って登録したものなら削除して登録し直してください。",
    )


def refuse_removal(record: Record, setting: Setting) -> None:
    """Refuse to delete what something else rests on (削除の確認).

    Raises: InvalidTransitionError.
    """
    for found, todo in _holding(record, setting):
        asked = f"{kind_of(record).name}「{record.name}」を削除しようとしました。"
        raise InvalidTransitionError(asked, found, todo)


def _holding(record: Record, setting: Setting) -> Iterator[tuple[str, str]]:
    records = setting.records
    yield from lost_ground(setting.plan, records, record, None)
    resting = [each.name for each in records.budgets if each.decision_id == record.id]
    resting += [each.name for each in records.contracts if each.parent_id == record.id]
    if resting:
        yield f"「{resting[0]}」が、これによっています。", "先に、そちらを直してください。"
    if isinstance(record, MigrationRun):
        later = records.run(record.wave, record.round + 1)
        if later is not None:
            yield f"{later.name}が登録されています。", "後の回から順に削除してください。"


# ---- what each kind has to say -------------------------------------------------------------------


def _faults(new: Record, setting: Setting) -> Iterator[Fault]:
    if isinstance(new, Decision):
        yield from _task(new.task_code, setting)
        yield from _decision(new, setting)
    elif isinstance(new, BudgetAction):
        yield from _budget(new, setting)
    elif isinstance(new, Contract):
        yield from _contract(new, setting)
    elif isinstance(new, MigrationRun):
        yield from _migration(new, setting)
    elif isinstance(new, Evidence):
        yield from _task(new.task_code, setting)
        yield from _not_after_today("dated_on", "文書の日付", new.dated_on, setting)
    else:
        if new.task_code:
            yield from _task(new.task_code, setting)
        if new.state == "解決" and not new.answer:
            yield "answer", "どう解決したかが空です。", "対応を入力してください。"


def _task(code: str, setting: Setting) -> Iterator[Fault]:
    if setting.plan.task(code) is None:
        yield "task_code", f"工程「{code}」は、この計画にありません。", "選び直してください。"


def _not_after_today(path: str, label: str, day: date | None, setting: Setting) -> Iterator[Fault]:
    if day is not None and day > setting.today:
        yield path, f"{label}が今日より後です。", "まだ起きていないことは登録できません。"


def _decision(new: Decision, setting: Setting) -> Iterator[Fault]:
    is_judgement = new.kind == JUDGEMENT
    wanted = DECIDED.get(stage_of(new.task_code), new.kind)
    if wanted != new.kind:
        yield "task_code", f"{new.task_code}は{wanted}で決まる工程です。", "選び直してください。"
    if new.result not in (JUDGEMENT_RESULTS if is_judgement else VOTE_RESULTS):
        yield "result", f"{new.kind}の結果に「{new.result}」はありません。", "選び直してください。"
    yield from _whose(new, setting)
    yield from _not_after_today("decided_on", "議決日・判定日", new.decided_on, setting)
    yield from _condition(new, setting)


def _whose(new: Decision, setting: Setting) -> Iterator[Fault]:
    if new.kind in ("議会", "首長") and not new.code:
        yield "code", f"{new.kind}の団体が空です。", "どの団体の議決かを選んでください。"
    elif new.kind == "総会" and new.code:
        yield "code", "総会は協議会の議決です。", "団体は「協議会」にしてください。"
    task = setting.plan.task(new.task_code)
    council = (task.window_code or setting.plan.code) if task else ""
    if new.kind == "議会" and stage_of(new.task_code) in DECIDED and new.code != council:
        yield "code", f"{new.task_code}は別の団体の議会の工程です。", "工程を選び直してください。"


def _condition(new: Decision, setting: Setting) -> Iterator[Fault]:
    is_judgement = new.kind == JUDGEMENT
    lifted = "条件を満たした日" if is_judgement else "凍結解除日"
    if new.result not in CONDITIONAL:
        if new.freeze_lifted_on is not None:
            yield "freeze_lifted_on", f"結果は「{new.result}」です。", f"{lifted}を消してください。"
        return
    if not new.rider:
        what = "条件" if is_judgement else "付帯決議"
        yield "rider", f"{what}が空です。", f"結果が「{new.result}」のときは入力してください。"
    if is_judgement and new.conditions_due_on is None:
        yield "conditions_due_on", "条件の期限が空です。", "いつまでに満たすかを入力してください。"
    for path, day in (
        ("conditions_due_on", new.conditions_due_on), ("freeze_lifted_on", new.freeze_lifted_on),
    ):  # fmt: skip
        if day is not None and day < new.decided_on:
            yield path, "議決日・判定日より前の日です。", "日付を確かめてください。"
    yield from _not_after_today("freeze_lifted_on", lifted, new.freeze_lifted_on, setting)


def _budget(new: BudgetAction, setting: Setting) -> Iterator[Fault]:
    is_lasting = new.kind in LASTING_BUDGETS
    if new.last_fiscal_year_start < new.fiscal_year_start:
        yield "last_fiscal_year_start", "終わりの年度が年度より前です。", "確かめてください。"
    elif not is_lasting and new.last_fiscal_year_start != new.fiscal_year_start:
        todo = "年度をまたぐものは、債務負担か長期継続にしてください。"
        yield "last_fiscal_year_start", f"{new.kind}予算は一つの年度のものです。", todo
    vote = setting.records.find(new.decision_id)
    if new.decision_id and not (isinstance(vote, Decision) and vote.kind == "議会"):
        yield "decision_id", "この計画の議会の議決ではありません。", "選び直してください。"
    elif isinstance(vote, Decision) and vote.code != setting.codes.get(new.member_id):
        yield "decision_id", "別の団体の議会の議決です。", "その団体の議決を選んでください。"
    elif new.state in _VOTED and (not isinstance(vote, Decision) or vote.result != new.state):
        todo = "「議決・承認」に登録した、結果の同じ議決を選んでください。"
        yield "decision_id", f"「{new.state}」の議決が選ばれていません。", todo
    elif new.state == "執行可":
        yield from _executable(new, vote if isinstance(vote, Decision) else None)


def _executable(new: BudgetAction, vote: Decision | None) -> Iterator[Fault]:
    if new.executable_on is None:
        yield "executable_on", "執行可能日が空です。", "いつから執行できるかを入力してください。"
    elif vote is None:
        if new.kind != _NO_VOTE:
            yield "decision_id", "議決が選ばれていません。", "可決した議決を選んでください。"
    elif not vote.is_passed:
        yield "decision_id", f"議決の結果が「{vote.result}」です。", "執行可にはできません。"
    elif vote.result in CONDITIONAL and vote.freeze_lifted_on is None:
        todo = "凍結解除日を「議決・承認」に登録してから、執行可にしてください。"
        yield "state", "条件付可決の予算で、凍結がまだ解除されていません。", todo
    elif not vote.is_effective(new.executable_on):
        yield "executable_on", "議決日・凍結解除日より前の日です。", "日付を確かめてください。"


def _contract(new: Contract, setting: Setting) -> Iterator[Fault]:
    if new.until is not None and new.until <= new.since:
        yield "until", "終期が始期より前です。", "日付を確かめてください。"
    yield from _not_after_today("concluded_on", "締結日", new.concluded_on, setting)
    parent = setting.records.find(new.parent_id)
    if new.parent_id and (not isinstance(parent, Contract) or parent.id == new.id):
        yield "parent_id", "この計画の別の契約ではありません。", "選び直してください。"
    elif new.kind == "変更" and parent is None:
        yield "parent_id", "変更前の契約が選ばれていません。", "どの契約の変更かを選んでください。"


def _migration(new: MigrationRun, setting: Setting) -> Iterator[Fault]:
    waves = {"", *(task.wave for task in setting.plan.tasks)}
    if new.wave not in waves:
        yield "wave", f"業務の波「{new.wave}」は、この計画にありません。", "選び直してください。"
    if not 1 <= new.round <= REHEARSALS + 1:
        yield "round", "移行は第1回から第3回までと本移行です。", "回を選び直してください。"
    if new.state == "予定":
        return
    if new.run_on is None:
        yield "run_on", "実施日が空です。", "いつ実施したかを入力してください。"
    yield from _not_after_today("run_on", "実施日", new.run_on, setting)
    before = setting.records.run(new.wave, new.round - 1)
    if new.round > 1 and not new.waiver and (before is None or before.state != "合格"):
        stands = "登録されていません" if before is None else f"「{before.state}」です"
        todo = "前の回の合格を記録するか、省略の理由を入力してください。"
        yield "waiver", f"前の回が{stands}。", todo
    for path in ("extracted", "loaded", "error_count"):
        if new.state == "合格" and getattr(new, path) is None:
            yield path, "件数が空です。", "合格にするには、突合した件数を入力してください。"
