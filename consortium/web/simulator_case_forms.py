"""Forms around case files (算定ケースの入力): open, keep, rename, delete."""

from uuid import UUID

from flask_wtf.file import FileField
from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, ValidationError
from wtforms.widgets import HiddenInput

from consortium.web.fields import ChoiceField, Plain, plain_text
from consortium.web.forms import PortalForm


class OpenForm(PortalForm):
    """算定ケースを開く."""

    file = FileField("算定ケースのファイル", description="YAML または JSON、1MBまで。")


class KeepForm(PortalForm):
    """算定ケースの保存: brings the id of the new case, so that sending it twice keeps one."""

    name = StringField("名前", [Plain("名前", 60)], filters=[plain_text])
    year = ChoiceField("保存する年度")
    is_shared = BooleanField("幹事市のほかの利用者にも見せる", default=True)
    case_id = StringField("入力画面", widget=HiddenInput())
    #: either the conditions of a simulation, as in an address, or the text of a case
    conditions = StringField("条件", widget=HiddenInput())
    text = TextAreaField("算定ケース")

    def validate_case_id(self, field: StringField) -> None:
        """Refuse what no form of ours has sent."""
        try:
            is_id = str(UUID(field.data or "")) == field.data
        except ValueError:
            is_id = False
        if not is_id:
            raise ValidationError("画面を開き直して、もう一度保存してください。")


class RenameForm(PortalForm):
    """名前・共有の変更."""

    name = StringField("名前", [Plain("名前", 60)], filters=[plain_text])
    is_shared = BooleanField("幹事市のほかの利用者にも見せる")
    row_version = IntegerField(
        "版", [InputRequired("画面を開き直してください。")], widget=HiddenInput()
    )


class RemoveForm(PortalForm):
    """算定ケースの削除."""

    reason = StringField(
        "理由", [Plain("理由", 200)], filters=[plain_text], description="操作記録に残ります。"
    )
    row_version = IntegerField(
        "版", [InputRequired("画面を開き直してください。")], widget=HiddenInput()
    )
