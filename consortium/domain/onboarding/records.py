"""What is recorded around a plan (工程の記録): votes, budgets, contracts, migrations, issues.

The judgement whether to go live (稼働判定) is a decision with words of its own. Which state may
follow which stands in `record_steps.py`, what the records mean for the plan in `record_checks.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label, wareki
from consortium.domain.yen import Yen

JUDGEMENT: Final = "稼働判定"
DECISION_KINDS: Final = ("議会", "総会", "首長", JUDGEMENT)
VOTE_RESULTS: Final = ("可決", "条件付可決", "否決", "継続")
#: Judgement that the town cannot go live yet (否).
NOT_READY: Final = "否"
JUDGEMENT_RESULTS: Final = ("可", "条件付可", NOT_READY)
DECISION_RESULTS: Final = (*VOTE_RESULTS, *JUDGEMENT_RESULTS)
#: Results that let the plan go on, and those of them that wait for conditions (条件つき).
PASSING: Final = ("可決", "条件付可決", "可", "条件付可")
CONDITIONAL: Final = ("条件付可決", "条件付可")
BUDGET_KINDS: Final = ("当初", "補正", "債務負担", "長期継続")
#: Kinds that promise money of later years (債務負担行為・長期継続契約: 地方自治法214条・234条の3).
LASTING_BUDGETS: Final = ("債務負担", "長期継続")
BUDGET_STATES: Final = (
    "未要求", "要求済", "内示", "上程", "可決", "条件付可決", "否決", "執行可",
)  # fmt: skip
CONTRACT_KINDS: Final = ("現行", "利用", "移行委託", "変更", "その他")
#: The contract the town leaves, which is no part of what the plan concludes (現行契約).
OLD_CONTRACT: Final = "現行"
MIGRATION_STATES: Final = ("予定", "実施", "突合中", "合格", "不合格")
ISSUE_SEVERITIES: Final = ("高", "中", "低")
ISSUE_STATES: Final = ("未対応", "対応中", "解決")
#: Rounds before the cut-over (本移行), the minimum: find, fix, dress rehearsal.
REHEARSALS: Final = 3
#: Most records, votes or minutes: what a column of 32 bits holds (件数の上限).
LARGEST_COUNT: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Decision:
    """A vote, or the judgement whether to go live (議決・承認・稼働判定)."""

    id: str
    task_code: str
    kind: str
    decided_on: date
    result: str
    source: str
    #: town whose council or head decided, empty for the consortium (団体コード)
    code: str = ""
    bill: str = ""
    rider: str = ""
    conditions_due_on: date | None = None
    freeze_lifted_on: date | None = None
    votes_for: int | None = None
    votes_against: int | None = None
    row_version: int = 1

    @property
    def name(self) -> str:
        """Name it as people do (議決の呼び名)."""
        bill = f" {self.bill}" if self.bill else ""
        return f"{self.kind} {wareki(self.decided_on)}{bill} {self.result}"

    @property
    def is_passed(self) -> bool:
        """Say whether it lets the plan go on, conditions or not (可決・可)."""
        return self.result in PASSING

    def is_effective(self, day: date) -> bool:
        """Say whether it holds on a day: passed, and nothing holds the money back (執行できる)."""
        if not self.is_passed or day < self.decided_on:
            return False
        lifted = self.freeze_lifted_on
        return self.result not in CONDITIONAL or (lifted is not None and lifted <= day)


@dataclass(frozen=True, slots=True)
class BudgetAction:
    """Money a town has to provide for a plan (予算措置); the years are those it covers."""

    id: str
    member_id: str
    fiscal_year_start: int
    last_fiscal_year_start: int
    kind: str
    limit_amount: Yen | None = None
    state: str = BUDGET_STATES[0]
    decision_id: str | None = None
    executable_on: date | None = None
    note: str = ""
    row_version: int = 1

    @property
    def name(self) -> str:
        """Name it as people do (予算措置の呼び名)."""
        first = fiscal_year_label(FiscalYear(self.fiscal_year_start))
        if self.last_fiscal_year_start == self.fiscal_year_start:
            return f"{first} {self.kind}"
        last = fiscal_year_label(FiscalYear(self.last_fiscal_year_start))
        return f"{first}〜{last} {self.kind}"

    def covers(self, first: FiscalYear, last: FiscalYear) -> bool:
        """Say whether it promises money for all these years (期間の範囲)."""
        return (
            self.fiscal_year_start <= first.start_year
            and last.start_year <= self.last_fiscal_year_start
        )


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract of a plan (契約): the old one, the use, the migration; `until` is outside."""

    id: str
    kind: str
    vendor: str
    title: str
    since: date
    until: date | None = None
    concluded_on: date | None = None
    parent_id: str | None = None
    note: str = ""
    row_version: int = 1

    @property
    def name(self) -> str:
        """Name it as people do (契約の呼び名)."""
        return f"{self.kind}契約「{self.title}」"


@dataclass(frozen=True, slots=True)
class MigrationRun:
    """One round of moving the data (移行回); the round after the rehearsals is the cut-over."""

    id: str
    round: int
    wave: str = ""
    run_on: date | None = None
    state: str = MIGRATION_STATES[0]
    extracted: int | None = None
    loaded: int | None = None
    error_count: int | None = None
    minutes: int | None = None
    #: why it may run although the round before has not passed (省略の理由)
    waiver: str = ""
    note: str = ""
    row_version: int = 1

    @property
    def name(self) -> str:
        """Name it as people do (移行回の呼び名)."""
        wave = f"（{self.wave}）" if self.wave else ""
        return (f"第{self.round}回" if self.round <= REHEARSALS else "本移行") + wave


@dataclass(frozen=True, slots=True)
class Evidence:
    """A paper that closes a task (成果物)."""

    id: str
    task_code: str
    title: str
    number: str = ""
    dated_on: date | None = None
    added_by: str = ""
    added_at: datetime | None = None
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None
    row_version: int = 1

    @property
    def name(self) -> str:
        """Name it as people do (成果物の呼び名)."""
        return f"{self.task_code} {self.title}"


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that stands in the way of a plan (課題)."""

    id: str
    text: str
    severity: str
    task_code: str = ""
    in_charge: str = ""
    due_on: date | None = None
    state: str = ISSUE_STATES[0]
    answer: str = ""
    number: int = 0
    raised_by: str = ""
    raised_at: datetime | None = None
    row_version: int = 1

    @property
    def name(self) -> str:
        """Name it as people do (課題の呼び名)."""
        return f"課題{self.number}" if self.number else "課題"


Record = Decision | BudgetAction | Contract | MigrationRun | Evidence | Issue


@dataclass(frozen=True, slots=True)
class RecordKind:
    """One of the seven kinds of records (記録の種類), with what its fields are called."""

    key: str
    name: str
    record: type[Record]
    #: field → what it is called; fields the portal fills itself have no name (項目名)
    labels: Mapping[str, str]
    #: True where a town enters those of its own plan (構成団体も入力)
    is_for_towns: bool = False


_STATE = {"state": "状態"}
_NOTE = {"note": "備考"}
_TASK = {"task_code": "工程"}
_VOTE: Final = {
    **_TASK, "kind": "種類", "code": "団体", "decided_on": "議決日", "bill": "議案番号",
    "result": "結果", "rider": "付帯決議", "freeze_lifted_on": "凍結解除日",
    "votes_for": "賛成", "votes_against": "反対", "source": "根拠",
}  # fmt: skip

#: Kinds by key, in the order of the page (記録の種類).
KINDS: Final = {
    each.key: each
    for each in (
        RecordKind("decisions", "議決・承認", Decision, _VOTE),
        RecordKind("budgets", "予算措置", BudgetAction, {
            "member_id": "団体", "fiscal_year_start": "年度",
            "last_fiscal_year_start": "終わりの年度", "kind": "種類",
            "limit_amount": "限度額", **_STATE, "decision_id": "議決",
            "executable_on": "執行可能日", **_NOTE,
        }),
        RecordKind("contracts", "契約", Contract, {
            "kind": "種類", "vendor": "契約の相手", "title": "件名", "concluded_on": "締結日",
            "since": "始期", "until": "終期の翌日", "parent_id": "変更前の契約", **_NOTE,
        }),
        RecordKind("migrations", "移行回", MigrationRun, {
            "wave": "業務の波", "round": "回", "run_on": "実施日", **_STATE,
            "extracted": "抽出件数", "loaded": "投入件数", "error_count": "エラー件数",
            "minutes": "所要分", "waiver": "省略の理由", **_NOTE,
        }),
        RecordKind("evidence", "成果物", Evidence, {
            **_TASK, "title": "成果物名", "number": "文書番号・保管場所", "dated_on": "文書の日付",
        }, is_for_towns=True),
        RecordKind("judgements", JUDGEMENT, Decision, {
            **_TASK, "decided_on": "判定日", "result": "結果", "rider": "条件",
            "conditions_due_on": "条件の期限", "freeze_lifted_on": "条件を満たした日",
            "source": "根拠",
        }),
        RecordKind("issues", "課題", Issue, {
            **_TASK, "text": "内容", "severity": "重要度", "in_charge": "担当者",
            "due_on": "期限", **_STATE, "answer": "対応",
        }, is_for_towns=True),
    )
}  # fmt: skip


def kind_of(record: Record) -> RecordKind:
    """Give the kind of a record (記録の種類)."""
    if isinstance(record, Decision):
        return KINDS["judgements" if record.kind == JUDGEMENT else "decisions"]
    return next(each for each in KINDS.values() if each.record is type(record))


@dataclass(frozen=True, slots=True)
class PlanRecords:
    """Everything recorded around one plan (工程の記録), each kind in its own order."""

    decisions: tuple[Decision, ...] = ()
    budgets: tuple[BudgetAction, ...] = ()
    contracts: tuple[Contract, ...] = ()
    migrations: tuple[MigrationRun, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    issues: tuple[Issue, ...] = ()
    _by_id: dict[str, Record] = field(default_factory=dict, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Keep every record by its id as well."""
        for records in (
            self.decisions, self.budgets, self.contracts,
            self.migrations, self.evidence, self.issues,
        ):  # fmt: skip
            self._by_id.update({each.id: each for each in records})

    def of(self, kind: RecordKind) -> tuple[Record, ...]:
        """Give the records of a kind (種類ごとの記録)."""
        return tuple(each for each in self._by_id.values() if kind_of(each) is kind)

    def find(self, record_id: str | None) -> Record | None:
        """Give a record, None where it is not of this plan."""
        return self._by_id.get(record_id or "")

    def latest(self, kind: str, task_code: str = "") -> Decision | None:
        """Give the last decision of a kind, on one task where asked (最後の議決).

        A day has one of a kind, a task and a town only: a second one is not saved.
        """
        found = [
            each
            for each in self.decisions
            if each.kind == kind and task_code in ("", each.task_code)
        ]
        return max(found, key=lambda each: each.decided_on, default=None)

    def run(self, wave: str, number: int) -> MigrationRun | None:
        """Give a round of a wave, None where it is not planned (移行回)."""
        found = (each for each in self.migrations if (each.wave, each.round) == (wave, number))
        return next(found, None)
