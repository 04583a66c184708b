"""The forms of a plan (工程の入力): as a whole, one task of a draft, what really happened."""

from collections.abc import Callable
from typing import Any, Final

from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired

from consortium.domain.onboarding.network import MOST_DAYS
from consortium.domain.onboarding.plan import (
    ANCHOR_MODES,
    LEGAL_FORMS,
    PLAN_KINDS,
    TASK_STATES,
    Plan,
    PlanTask,
)
from consortium.usecases.plan_making import Choices, PlanHead
from consortium.usecases.plan_progress import Progress
from consortium.web.fields import (
    ChoiceField,
    Plain,
    TypedField,
    WarekiDateField,
    parse_whole,
    plain_text,
)
from consortium.web.forms import PortalForm
from consortium.web.records import NewRecordForm, SeenForm

_CHOSEN: Final = InputRequired("一つを選んでください。")
_YES_NO: Final = {"": "未定", "yes": "使う", "no": "使わない"}


def _upto(most: int) -> Callable[[str], int]:
    return lambda typed: parse_whole(typed, most)


class HeadForm(PortalForm):
    """工程の全体."""

    title = StringField("工程名", [Plain("工程名", 80)], filters=[plain_text])
    kind = RadioField("種類", [_CHOSEN], choices=dict(PLAN_KINDS), default="join")
    anchor_on = WarekiDateField(
        "本稼働日",
        validators=[InputRequired("本稼働日を入力してください。")],
        description="利用を始める日。例：令和9年4月1日",
    )
    anchor_mode = RadioField(
        "日付の決め方",
        [_CHOSEN],
        choices=dict(ANCHOR_MODES),
        default="backward",
        description="逆算は本稼働日から、順算は着手日から日付を決めます。",
    )
    start_on = WarekiDateField(
        "着手日", description="最初の作業を始める日。逆算で空のときは、間に合う最後の日です。"
    )
    service_id = ChoiceField(
        "共同サービス", description="本稼働の日から利用を始めるサービス。負担はここから始まります。"
    )
    legal_form = RadioField(
        "協議会の法的な形",
        [_CHOSEN],
        choices=dict(LEGAL_FORMS),
        default="agreement",
        description="議決・告示・届出・許可のどの関門が要るかが決まります。",
    )
    old_contract_ends_on = WarekiDateField(
        "現行契約の満了日", description="今のシステムの契約の最後の日。分からなければ空にします。"
    )
    uses_common_layout = RadioField("中間標準レイアウト", choices=dict(_YES_NO), default="")
    customisations = TypedField(
        "カスタマイズ数", _upto(9999), description="合意した独自機能の数。未定なら空。"
    )
    representative_code = ChoiceField(
        "代表団体", description="任意団体の契約・補助金の責任を負う団体。なければ「なし」。"
    )
    is_shared = BooleanField("ほかの構成団体にも見せる（共有）")

    def offer(self, choices: Choices) -> None:
        """Offer services and towns."""
        self.service_id.offer([(each.id, each.name) for each in choices.services], "なし")
        self.representative_code.offer([(each.code, each.name) for each in choices.members], "なし")

    def head(self) -> PlanHead:
        """Give what was entered, for the use case."""
        return PlanHead(
            title=self.title.data,
            kind=self.kind.data,
            anchor_on=self.anchor_on.data,
            anchor_mode=self.anchor_mode.data,
            start_on=self.start_on.data,
            service_id=self.service_id.data or None,
            legal_form=self.legal_form.data,
            old_contract_ends_on=self.old_contract_ends_on.data,
            uses_common_layout={"yes": True, "no": False}.get(self.uses_common_layout.data),
            customisations=self.customisations.data,
            representative_code=self.representative_code.data or "",
            is_shared=bool(self.is_shared.data),
        )


class NewPlanForm(NewRecordForm, HeadForm):
    """工程の作成."""

    template_id = ChoiceField(
        "工程雛形",
        validators=[InputRequired("工程雛形を選んでください。")],
        description="作業の一覧と業務日数の出どころ。",
    )
    kana = StringField(
        "よみ",
        [Plain("よみ", 60, is_required=False)],
        filters=[plain_text],
        description="まだ構成団体でない団体は、加入予定団体として登録します。例：つるたまち",
    )


class ChangePlanForm(SeenForm, HeadForm):
    """工程の編集."""


#: Fields of the form, those of one row together.
HEAD_ROWS: Final = (
    ("title",), ("kind",), ("service_id",), ("anchor_on", "start_on"), ("anchor_mode",),
    ("legal_form",), ("old_contract_ends_on", "customisations"), ("uses_common_layout",),
    ("representative_code",), ("is_shared",),
)  # fmt: skip


def head_of(plan: Plan) -> dict[str, Any]:
    """Give what a plan says as a whole, as its form starts with it."""
    layout = {True: "yes", False: "no", None: ""}[plan.uses_common_layout]
    names = (
        "title", "kind", "anchor_on", "anchor_mode", "start_on", "legal_form",
        "old_contract_ends_on", "customisations", "representative_code", "is_shared", "row_version",
    )  # fmt: skip
    return {name: getattr(plan, name) for name in names} | {
        "service_id": plan.service_id or "",
        "uses_common_layout": layout,
    }


class DraftTaskForm(SeenForm):
    """草案の作業."""

    days = TypedField(
        "業務日",
        _upto(MOST_DAYS),
        validators=[InputRequired("業務日を入力してください。")],
        description="開庁日で数えた日数。0は節目です。",
    )
    not_before = WarekiDateField(
        "着手可能日", description="この日より前には始めません。なければ空にします。"
    )


class ReportForm(SeenForm):
    """実績の入力."""

    state = RadioField("状態", [_CHOSEN], choices=dict(TASK_STATES))
    started_on = WarekiDateField("開始日", description="実際に始めた日。例：R8.7.1、2026-07-01")
    finished_on = WarekiDateField("終了日", description="実際に終えた最後の日。節目はその日。")
    percent = TypedField("進捗", _upto(100), description="0から100。日付は動きません。")
    in_charge = StringField(
        "担当者", [Plain("担当者", 60, is_required=False)], filters=[plain_text]
    )
    note = TextAreaField("備考", [Plain("備考", 500, is_required=False)], filters=[plain_text])
    reason = TextAreaField(
        "開き直す理由",
        [Plain("理由", 500, is_required=False)],
        filters=[plain_text],
        description="完了済みの作業を開き直すときだけ書きます。操作記録に残します。",
    )

    def progress(self) -> Progress:
        """Give what was entered, for the use case."""
        return Progress(
            self.state.data,
            self.started_on.data,
            self.finished_on.data,
            self.percent.data or 0,
            self.note.data or "",
            self.in_charge.data or "",
        )


REPORT_ROWS: Final = (
    ("state",), ("started_on", "finished_on"), ("percent", "in_charge"), ("note",),
)  # fmt: skip


def report_of(task: PlanTask) -> dict[str, Any]:
    """Give what is known of a task, as its form starts with it."""
    names = ("state", "started_on", "finished_on", "percent", "in_charge", "note", "row_version")
    return {name: getattr(task, name) for name in names}


class ApproveForm(SeenForm):
    """工程の承認."""

    name = StringField(
        "基準計画の名前",
        [Plain("基準計画の名前", 60)],
        filters=[plain_text],
        description="例：当初計画（総会承認）",
    )
    reason = TextAreaField("承認の理由・根拠", [Plain("理由・根拠", 500)], filters=[plain_text])


class StepForm(SeenForm):
    """工程・加入の手順."""

    reason = TextAreaField("理由", [Plain("理由", 500, is_required=False)], filters=[plain_text])


class ApplyForm(StepForm):
    """申請を受ける."""

    applied_on = WarekiDateField(
        "申請日",
        validators=[InputRequired("申請日を入力してください。")],
        description="申請書の日付。",
    )
