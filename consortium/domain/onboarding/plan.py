"""The words of a plan: kinds, states, and which step may follow which (工程・作業の状態)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from consortium.domain.municipality import MunicipalityCode
from consortium.domain.onboarding.network import Link, Times

#: Kinds of plans (工程の種類).
PLAN_KINDS: Final = {"join": "加入", "standard": "標準化", "other": "その他"}
#: How its dates are found (日付の決め方).
ANCHOR_MODES: Final = {"backward": "逆算", "forward": "順算"}
#: States of a plan (工程の状態).
PLAN_STATES: Final = {
    "draft": "草案",
    "approved": "承認済",
    "running": "実行中",
    "done": "完了",
    "stopped": "中止",
}
#: States of a joining (加入の状態), as far as the plan carries it: the stay itself says the rest.
JOINING_STATES: Final = {
    "considering": "検討",
    "applied": "申請",
    "accepted": "承認",
    "preparing": "準備中",
    "using": "利用中",
    "withdrawn": "取下げ",
    "refused": "否認",
}
#: Those from which the use may still begin (利用の前).
_BEFORE_USE: Final = ("considering", "applied", "accepted", "preparing")
#: States of a task: the state's own four words and one of ours (作業の状態).
TASK_STATES: Final = {
    "waiting": "未着手",
    "working": "作業中",
    "done": "完了済み",
    "not_applicable": "対象外",
    "on_hold": "保留",
}
#: Legal form of the consortium: decides which gates a plan has (協議会の法的な形).
LEGAL_FORMS: Final = {
    "agreement": "任意協議会(協定)",
    "council": "法定協議会",
    "delegation": "事務の委託",
    "union": "一部事務組合",
    "joint_organ": "機関等の共同設置",
}
#: Five phases of a plan (工程の段階); which code stands where is ours.
PHASES: Final = ("計画立案", "仕様検討", "調達", "導入・移行", "運用")
#: Who does a task (担当): its calendar follows from it.
OWNERS: Final = (
    "加入団体", "幹事市", "両者", "協議会", "事業者", "原課", "各財政課", "各議会",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlanTask:
    """One task of a plan as it stands (作業). Each `finish` is the last day, inside."""

    id: str
    position: int
    code: str
    name: str
    phase: str
    days: int
    owner: str
    planned_start: date
    planned_finish: date
    in_charge: str = ""
    evidence: str = ""
    #: word of WINDOW_KINDS or empty (日の制約)
    window_kind: str = ""
    #: town whose council decides; empty for the joining town's own (議会の団体)
    window_code: str = ""
    steps: str = ""
    wave: str = ""
    not_before: date | None = None
    #: word of TASK_STATES (状態)
    state: str = "waiting"
    started_on: date | None = None
    finished_on: date | None = None
    percent: int = 0
    note: str = ""
    sequence: int = 0
    changed_at: datetime | None = None
    removed_at: datetime | None = None
    row_version: int = 1

    @property
    def is_milestone(self) -> bool:
        """Say whether it takes no time (節目)."""
        return self.days == 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan with its tasks and links (工程). `anchor_on` is the day it is to go live."""

    id: str
    code: MunicipalityCode
    #: name of the town
    town: str
    title: str
    kind: str
    anchor_on: date
    anchor_mode: str
    legal_form: str
    state: str
    joining_state: str
    template_id: str
    service_id: str | None = None
    start_on: date | None = None
    applied_on: date | None = None
    accepted_on: date | None = None
    went_live_on: date | None = None
    membership_id: str | None = None
    old_contract_ends_on: date | None = None
    uses_common_layout: bool | None = None
    customisations: int | None = None
    representative_code: str = ""
    revision: int = 1
    is_reference: bool = False
    is_shared: bool = False
    created_at: datetime | None = None
    row_version: int = 1
    #: tasks on the plan, by position; those taken off stand in `removed`
    tasks: tuple[PlanTask, ...] = ()
    links: tuple[Link, ...] = ()
    removed: tuple[PlanTask, ...] = ()

    @property
    def is_open(self) -> bool:
        """Say whether its dates still need a reason and a preview to change (承認後)."""
        return self.state in ("approved", "running")

    @property
    def is_expected(self) -> bool:
        """Say whether a stay may still begin by it (加入予定)."""
        return (
            self.kind == "join"
            and not self.is_reference
            and self.state not in ("done", "stopped")
            and self.joining_state in _BEFORE_USE
        )

    def task(self, code: str) -> PlanTask | None:
        """Give the task of a code, None where the plan has none (作業)."""
        return next((each for each in self.tasks if each.code == code), None)


@dataclass(frozen=True, slots=True)
class Baseline:
    """Dates as frozen with an approval (基準計画): first and last day by code of the task."""

    id: str
    number: int
    name: str
    reason: str
    anchor_on: date
    approved_by: str
    frozen_at: datetime
    #: code → (name, working days, first day, last day)
    tasks: Mapping[str, tuple[str, int, date, date]]


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One row of everything that shows a plan: page, Gantt, workbook, calendar (工程の一行)."""

    task: PlanTask
    #: forecast by the scheduler from what has happened so far (見込み)
    times: Times
    #: first and last day in the current baseline, None without one (基準計画)
    baseline: tuple[date, date] | None
