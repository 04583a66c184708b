"""The forms of the records around a plan (工程の記録の入力): a field for each field of a record."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any, ClassVar, Final

from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.onboarding.record_checks import DECIDED, ROUNDS, stage_of
from consortium.domain.onboarding.record_steps import steps_of
from consortium.domain.onboarding.records import (
    BUDGET_KINDS,
    BUDGET_STATES,
    CONTRACT_KINDS,
    DECISION_KINDS,
    ISSUE_SEVERITIES,
    ISSUE_STATES,
    JUDGEMENT,
    JUDGEMENT_RESULTS,
    LARGEST_COUNT,
    MIGRATION_STATES,
    REHEARSALS,
    VOTE_RESULTS,
    BudgetAction,
    Contract,
    Decision,
    Evidence,
    Issue,
    MigrationRun,
    Record,
)
from consortium.usecases.plan_records import RecordForm as Offered
from consortium.web.fields import (
    ChoiceField,
    Plain,
    TypedField,
    WarekiDateField,
    YenField,
    parse_whole,
    plain_text,
)
from consortium.web.records import NewRecordForm, Rows, SeenForm

_ONE_DAY: Final = timedelta(days=1)
_LONGEST: Final = 500
_NOTHING: Final = "選んでください"
#: Fiscal years offered before and after the one of 本稼働.
_YEARS: Final = range(-3, 11)


def _text(label: str, longest: int = 100, description: str = "", *, needed: bool = True) -> Any:
    return StringField(
        label, [Plain(label, longest, is_required=needed)], filters=[plain_text],
        description=description,
    )  # fmt: skip


def _note(label: str, description: str = "") -> Any:
    return TextAreaField(
        label, [Plain(label, _LONGEST, is_required=False)], filters=[plain_text],
        description=description,
    )  # fmt: skip


def _day(label: str, description: str = "", *, needed: bool = False) -> Any:
    asked = [InputRequired(f"{label}を入力してください。")] if needed else []
    return WarekiDateField(label, validators=asked, description=description)


def _one(label: str, description: str = "") -> Any:
    return ChoiceField(
        label, validators=[InputRequired(f"{label}を選んでください。")], description=description
    )


def _choice(label: str, words: Sequence[str]) -> Any:
    return RadioField(
        label, [InputRequired(f"{label}を選んでください。")],
        choices={word: word for word in words},
    )  # fmt: skip


class CountField(TypedField):
    """A number of records, votes or minutes (件数)."""

    def __init__(self, label: str, **options: Any) -> None:
        """Read whole numbers, with or without commas."""
        super().__init__(label, lambda typed: parse_whole(typed, LARGEST_COUNT), **options)

    def write(self, value: int) -> str:
        """Write 172,000."""
        return f"{value:,}"


class _RecordForm(NewRecordForm, SeenForm):
    """A record of a plan, new or as it was seen."""

    ROWS: ClassVar[Rows] = ()

    def offer(self, offered: Offered) -> None:
        """Offer what can be chosen."""

    def values(self) -> dict[str, Any]:
        """Give what was typed, by field of the record; what was not chosen is None or empty."""
        return {name: self[name].data for row in self.ROWS for name in row if name in self}

    def onto(self, record: Record) -> Record:
        """Put what was typed into a record."""
        return replace(record, **self.values())


def _offer_tasks(field: ChoiceField, offered: Offered, *, may_be_empty: bool = False) -> None:
    nothing = "計画の全体" if may_be_empty else _NOTHING
    field.offer([(each.code, f"{each.code} {each.name}") for each in offered.tasks], nothing)


def _offer_steps(field: RadioField, words: Sequence[str], offered: Offered) -> None:
    """Offer the present state and those that may follow it; every one of a new record."""
    record = offered.record
    steps = steps_of(record) if record else None
    now = getattr(record, "state", "")
    field.choices = [
        (word, word) for word in words if steps is None or word == now or word in steps[now]
    ]


class DecisionForm(_RecordForm):
    """議決・承認."""

    ROWS = (
        ("kind",), ("task_code",), ("code",), ("decided_on", "bill"), ("result",), ("rider",),
        ("freeze_lifted_on",), ("votes_for", "votes_against"), ("source",),
    )  # fmt: skip
    kind = _choice("種類", [each for each in DECISION_KINDS if each != JUDGEMENT])
    task_code = _one("工程", "この議決で終わる工程。")
    code = ChoiceField("団体", description="議会・首長の団体。")
    decided_on = _day("議決日", "例：令和8年12月18日、2026-12-18", needed=True)
    bill = _text("議案番号", 40, "例：議案第12号", needed=False)
    result = _choice("結果", VOTE_RESULTS)
    rider = _note("付帯決議", "条件付可決のときは、付いた条件を書きます。")
    freeze_lifted_on = _day(
        "凍結解除日", "条件付可決の予算が執行できるようになった日。まだのときは空欄。"
    )
    votes_for = CountField("賛成")
    votes_against = CountField("反対")
    source = _text("根拠", 200, "例：12月定例会会議録、総会議事録")

    def offer(self, offered: Offered) -> None:
        """Offer the tasks and the towns."""
        _offer_tasks(self.task_code, offered)
        self.code.offer(offered.page.names.items(), nothing="協議会")


class JudgementForm(_RecordForm):
    """稼働判定."""

    ROWS = (
        ("task_code",), ("decided_on",), ("result",), ("rider",), ("conditions_due_on",),
        ("freeze_lifted_on",), ("source",),
    )  # fmt: skip
    task_code = _one("工程", "この判定で終わる工程。")
    decided_on = _day("判定日", "例：令和9年3月26日、2027-03-26", needed=True)
    result = _choice("結果", JUDGEMENT_RESULTS)
    rider = _note("条件", "条件付可のときは、満たすべきことを書きます。")
    conditions_due_on = _day("条件の期限", "条件付可のときに入力します。")
    freeze_lifted_on = _day("条件を満たした日", "まだのときは空欄。")
    source = _text("根拠", 200, "例：稼働判定書")

    def offer(self, offered: Offered) -> None:
        """Offer the tasks that are judged, all where the plan has none."""
        _offer_tasks(self.task_code, offered)
        judged = [
            each.code for each in offered.tasks if DECIDED.get(stage_of(each.code)) == JUDGEMENT
        ]
        if not self.is_submitted() and not self.task_code.data and judged:
            self.task_code.data = judged[0]


class BudgetForm(_RecordForm):
    """予算措置."""

    ROWS = (
        ("member_id",), ("kind",), ("fiscal_year_start", "last_fiscal_year_start"),
        ("limit_amount",), ("state",), ("decision_id",), ("executable_on",), ("note",),
    )  # fmt: skip
    member_id = _one("団体", "予算を措置する団体。")
    kind = _choice("種類", BUDGET_KINDS)
    fiscal_year_start = _one("年度")
    last_fiscal_year_start = ChoiceField(
        "終わりの年度", description="債務負担・長期継続のほかは、年度と同じです。"
    )
    limit_amount = YenField("限度額", description="まだ決まっていないときは空欄。")
    state = _choice("状態", BUDGET_STATES)
    decision_id = ChoiceField(
        "議決", description="可決・条件付可決・否決のときに、「議決・承認」の記録を選びます。"
    )
    executable_on = _day("執行可能日", "この日から執行できる日。執行可のときに入力します。")
    note = _note("備考")

    def offer(self, offered: Offered) -> None:
        """Offer towns, years, the votes of councils and what may follow the present state."""
        page = offered.page
        self.member_id.offer(page.towns.items(), nothing=_NOTHING)
        live = FiscalYear.containing(page.plan.anchor_on).start_year
        years = [FiscalYear(live + each) for each in _YEARS]
        labels = [(str(each.start_year), fiscal_year_label(each)) for each in years]
        self.fiscal_year_start.offer(labels, nothing=_NOTHING)
        self.last_fiscal_year_start.offer(labels, nothing="年度と同じ")
        votes = [each for each in page.records.decisions if each.kind == "議会"]
        self.decision_id.offer([(each.id, each.name) for each in votes], nothing="なし")
        _offer_steps(self.state, BUDGET_STATES, offered)

    def values(self) -> dict[str, Any]:
        """Give the years as numbers; the last one is the first where none was chosen."""
        found = super().values()
        first = int(found["fiscal_year_start"] or 0)
        last = int(found["last_fiscal_year_start"] or first)
        return {
            **found,
            "fiscal_year_start": first,
            "last_fiscal_year_start": last,
            "decision_id": found["decision_id"] or None,
        }


class ContractForm(_RecordForm):
    """契約."""

    ROWS = (
        ("kind",), ("title",), ("vendor",), ("concluded_on",), ("since", "until"), ("parent_id",),
        ("note",),
    )  # fmt: skip
    kind = _choice("種類", CONTRACT_KINDS)
    title = _text("件名", description="例：共同クラウド利用契約（変更）")
    vendor = _text("契約の相手")
    concluded_on = _day("締結日", "まだのときは空欄。")
    since = _day("始期", "例：令和9年4月1日、2027-04-01", needed=True)
    until = _day("終期", "契約の最後の日。定めがないときは空欄。")
    parent_id = ChoiceField("変更前の契約", description="変更契約のときに選びます。")
    note = _note("備考")

    def offer(self, offered: Offered) -> None:
        """Offer the other contracts; show the last day, where the day after is kept."""
        own = offered.record.id if offered.record else ""
        others = [each for each in offered.page.records.contracts if each.id != own]
        self.parent_id.offer([(each.id, each.name) for each in others], nothing="なし")
        if not self.is_submitted() and isinstance(self.until.data, date):
            self.until.data -= _ONE_DAY

    def values(self) -> dict[str, Any]:
        """Give the day after the last one."""
        found = super().values()
        until = found["until"] + _ONE_DAY if found["until"] else None
        return {**found, "until": until, "parent_id": found["parent_id"] or None}


class MigrationForm(_RecordForm):
    """移行回."""

    ROWS = (
        ("wave", "round"), ("run_on",), ("state",), ("extracted", "loaded"),
        ("error_count", "minutes"), ("waiver",), ("note",),
    )  # fmt: skip
    wave = ChoiceField("業務の波", description="業務ごとに稼働するときに選びます。")
    round = ChoiceField("回")
    run_on = _day("実施日", "予定のときは、予定の日か空欄。")
    state = _choice("状態", MIGRATION_STATES)
    extracted = CountField("抽出件数")
    loaded = CountField("投入件数")
    error_count = CountField("エラー件数")
    minutes = CountField("所要分", description="作業にかかった時間（分）。")
    waiver = _note("省略の理由", "前の回が合格していないのに進めるときは、その理由を書きます。")
    note = _note("備考")

    def offer(self, offered: Offered) -> None:
        """Offer waves and rounds and what may follow the present state."""
        waves = {each.wave for each in offered.tasks if stage_of(each.code) in ROUNDS and each.wave}
        self.wave.offer([(each, each) for each in sorted(waves)], nothing="すべての業務")
        rounds = range(1, REHEARSALS + 2)
        self.round.offer([(str(each), MigrationRun("", each).name) for each in rounds])
        _offer_steps(self.state, MIGRATION_STATES, offered)

    def values(self) -> dict[str, Any]:
        """Give the round as a number."""
        found = super().values()
        return {**found, "round": int(found["round"])}


class EvidenceForm(_RecordForm):
    """成果物."""

    ROWS = (("task_code",), ("title",), ("number",), ("dated_on",))
    task_code = _one("工程", "この成果物で終わる工程。")
    title = _text("成果物名", description="例：調査票、差異一覧、協定書")
    number = _text(
        "文書番号・保管場所", 200, "あとから探せるように書きます。例：4企第123号", needed=False
    )
    dated_on = _day("文書の日付")

    def offer(self, offered: Offered) -> None:
        """Offer the tasks with the paper each waits for."""
        self.task_code.offer(
            [
                (each.code, f"{each.code} {each.name}" + _waits_for(each.evidence))
                for each in offered.tasks
            ],
            nothing=_NOTHING,
        )


def _waits_for(evidence: str) -> str:
    return f"（{evidence}）" if evidence else ""


class IssueForm(_RecordForm):
    """課題."""

    ROWS = (
        ("text",), ("task_code",), ("severity",), ("in_charge", "due_on"), ("state",), ("answer",),
    )  # fmt: skip
    text = TextAreaField("内容", [Plain("内容", _LONGEST)], filters=[plain_text])
    task_code = ChoiceField("工程", description="関わる工程。")
    severity = _choice("重要度", ISSUE_SEVERITIES)
    in_charge = _text("担当者", 60, needed=False)
    due_on = _day("期限")
    state = _choice("状態", ISSUE_STATES)
    answer = _note("対応", "どう解決したか。解決のときに入力します。")

    def offer(self, offered: Offered) -> None:
        """Offer the tasks and what may follow the present state."""
        _offer_tasks(self.task_code, offered, may_be_empty=True)
        _offer_steps(self.state, ISSUE_STATES, offered)


#: Numbers that are chosen from a list, and what a field shows as nothing.
_NUMBERS: Final = ("round", "fiscal_year_start", "last_fiscal_year_start")
_EMPTY: Final = (None, "", "0", date.min)
FORMS: Final[dict[str, type[_RecordForm]]] = {
    "decisions": DecisionForm,
    "budgets": BudgetForm,
    "contracts": ContractForm,
    "migrations": MigrationForm,
    "evidence": EvidenceForm,
    "judgements": JudgementForm,
    "issues": IssueForm,
}


def form_of(offered: Offered) -> _RecordForm:
    """Give the form of a kind, filled with the record to change (入力欄)."""
    record = offered.record or blank(offered.kind.key, "")
    data = {each.name: getattr(record, each.name) for each in fields(record)}
    for name in _NUMBERS:
        if name in data:
            data[name] = str(data[name])
    filled = {name: value for name, value in data.items() if value not in _EMPTY}
    form = FORMS[offered.kind.key](data={**filled, "record_id": record.id})
    form.offer(offered)
    return form


def blank(key: str, record_id: str) -> Record:
    """Give a record of a kind in which nothing was entered (空の記録)."""
    day = date.min
    made: dict[str, Record] = {
        "decisions": Decision(record_id, "", "", day, "", ""),
        "judgements": Decision(record_id, "", JUDGEMENT, day, "", ""),
        "budgets": BudgetAction(record_id, "", 0, 0, ""),
        "contracts": Contract(record_id, "", "", "", day),
        "migrations": MigrationRun(record_id, 1),
        "evidence": Evidence(record_id, "", ""),
        "issues": Issue(record_id, "", ""),
    }
    return made[key]
