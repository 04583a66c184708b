"""The form of a rule version (負担ルールの版の入力): its head, then one part for each component."""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID, uuid4

from wtforms import Field, StringField, TextAreaField
from wtforms.validators import InputRequired, ValidationError
from wtforms.widgets import HiddenInput

from consortium.domain.sharing.bases import BASES
from consortium.domain.sharing.proration import PRORATIONS
from consortium.domain.sharing.rule import LEAVINGS, PERCENT
from consortium.domain.timeline import Source
from consortium.domain.yen import LEVELS, MODES, RESIDUALS, UNITS, Rounding
from consortium.usecases.rule_versions import Editor, RuleVersion
from consortium.web.fields import ChoiceField, Plain, WarekiDateField, plain_text
from consortium.web.forms import PortalForm
from consortium.web.rule_part import PartForm

_DIGITS: Final = {str(digits): f"小数第{digits}位まで" for digits in range(1, 10)}


def _needed(label: str, description: str) -> ChoiceField:
    """Make a choice that every version has."""
    required = [InputRequired(f"{label}を選んでください。")]
    return ChoiceField(label, validators=required, description=description)


class HeadForm(PortalForm):
    """施行日・根拠・端数処理・按分期間."""

    form_key = StringField("入力画面", widget=HiddenInput())
    name = StringField(
        "ルールの名前",
        [Plain("ルールの名前", 60)],
        filters=[plain_text],
        description="一覧や画面での呼び名。例：消防費の負担",
    )
    subject = ChoiceField(
        "対象",
        validators=[InputRequired("対象を選んでください。")],
        description="どの費用を分けるルールかを選びます。",
    )
    since = WarekiDateField(
        "施行日",
        validators=[InputRequired("施行日を入力してください。")],
        description="例：令和9年4月1日",
    )
    document = StringField(
        "根拠の文書",
        [Plain("根拠の文書", 100)],
        filters=[plain_text],
        description="例：共同利用に関する協定書",
    )
    article = StringField(
        "条",
        [Plain("条", 50, is_required=False)],
        filters=[plain_text],
        description="例：第7条第2項",
    )
    decided_on = WarekiDateField("議決日", description="例：令和9年3月20日")
    note = TextAreaField("備考", [Plain("備考", 500, is_required=False)], filters=[plain_text])
    unit = _needed("端数の単位", "この単位より下を丸めます。")
    mode = _needed("端数処理", "単位より下の丸め方。")
    level = _needed("端数処理の段階", "どこで一度だけ丸めるか。")
    residual = _needed("端数の負担者", "丸めて残った円の行き先。")
    ratio_digits = ChoiceField(
        "割合の桁数",
        description="協定に桁数の定めがあるときだけ選びます。",
    )
    proration = _needed("按分期間", "年度の途中の加入・脱退の数え方。")
    leaving = _needed("脱退時の負担", "脱退する団体がいつまで負担するか。")
    place = ChoiceField("試算に使う費用")

    def offer(self, editor: Editor) -> None:
        """Offer what the registries and the tables have."""
        self.subject.offer(
            ((each.key, each.label) for each in editor.subjects), nothing="選んでください"
        )
        self.unit.offer((str(unit), f"{unit:,}円") for unit in UNITS)
        self.mode.offer(MODES.items())
        self.level.offer(LEVELS.items())
        self.residual.offer((key, each.label) for key, each in RESIDUALS.items())
        self.ratio_digits.offer(_DIGITS.items(), nothing="丸めない")
        self.proration.offer((key, each.label) for key, each in PRORATIONS.items())
        self.leaving.offer(LEAVINGS.items())
        self.place.offer(
            ((each.key, each.label) for each in editor.places),
            nothing="" if editor.places else "例（1億円）",
        )
        if editor.rule is not None:
            del self.name, self.subject

    def validate_form_key(self, field: StringField) -> None:
        """Refuse what no form of ours has sent."""
        if not field.raw_data or not _is_id(field.data):
            raise ValidationError(
                "この入力画面は使えません。内容を確かめて、もう一度送ってください。"
            )

    def validate_residual(self, field: ChoiceField) -> None:
        """Refuse 最大剰余 with anything but 切捨て, before the domain says so with its keys."""
        if field.data == "largest_remainder" and self.mode.data != "floor":
            raise ValidationError(
                "最大剰余は、切捨てと組み合わせて使います。端数処理を切捨てにするか、"
                "端数の負担者を変えてください。"
            )

    @property
    def rounding(self) -> Rounding:
        """Give how it is rounded; call it after validation only."""
        digits = self.ratio_digits.data
        return Rounding(
            int(self.unit.data), self.mode.data, self.level.data, self.residual.data,
            int(digits) if digits else None,
        )  # fmt: skip

    @property
    def source(self) -> Source:
        """Give what it rests on; call it after validation only."""
        return Source(self.document.data, self.article.data, self.decided_on.data, self.note.data)


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def head_data(version: RuleVersion | None) -> dict[str, Any]:
    """Fill the head from the version that a new one starts from; day and ground are its own."""
    rounding = version.rounding if version else Rounding()
    return {
        "form_key": str(uuid4()),
        "unit": str(rounding.unit),
        "mode": rounding.mode,
        "level": rounding.level,
        "residual": rounding.residual,
        "ratio_digits": str(rounding.ratio_digits or ""),
        "proration": version.proration if version else "monthly",
        "leaving": version.leaving if version else "month",
    }


# ---- the whole form ------------------------------------------------------------------------------


class RuleForm:
    """The head and its parts as one form: templates see it as any other (版の入力)."""

    def __init__(self, head: HeadForm, parts: Sequence[PartForm]) -> None:
        """Put them together."""
        self.head = head
        self.parts = list(parts)

    def __iter__(self) -> Iterator[Field]:
        """Give every field, with the number of its part in the name that errors show."""
        yield from self.head
        for place, part in enumerate(self.parts, start=1):
            for field in part:
                field.label.text = f"構成割{place} {field.label.text.rpartition(' ')[2]}"
                yield field

    def check(self) -> bool:
        """Check head, parts, and what does not go together; say whether all is well."""
        is_whole = self.head.validate()
        checked = [part.check() for part in self.parts]
        if not self.parts:
            self.head.form_errors.append("構成割がありません。一つ以上追加してください。")
        kinds = {part.kind for part in self.parts}
        if PERCENT in kinds:
            self._check_percent(kinds)
        return is_whole and all(checked) and not self.errors

    def _check_percent(self, kinds: set[str]) -> None:
        """Refuse what a rule whose total comes out of it cannot have, in the words of the page."""
        head = self.head
        if len(kinds) > 1:
            head.form_errors.append(
                f"「{BASES[PERCENT].title}」は、ほかの種類の構成割と同じルールには書けません。"
                "ほかの構成割は、別の経費区分のルールに分けてください。"
            )
        if head.proration.data in ("monthly_rounded", "joiner_first"):
            head.proration.errors = [
                f"「{BASES[PERCENT].title}」のルールでは使えません。月割・日割・年額から選んでください。"
            ]
        if head.ratio_digits.data:
            head.ratio_digits.errors = [
                f"「{BASES[PERCENT].title}」のルールでは割合を丸めません。「丸めない」を選んでください。"
            ]

    @property
    def errors(self) -> dict[Any, Any]:
        """Give the errors by field."""
        found: dict[Any, Any] = dict(self.head.errors)
        for part in self.parts:
            found |= {field.name: field.errors for field in part if field.errors}
        return found

    @property
    def form_errors(self) -> Sequence[str]:
        """Give the errors of the form as a whole."""
        return list(self.head.form_errors)
