"""設定: what the lead_admin sets for the consortium."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, IntegerField, RadioField, StringField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from consortium.domain.errors import BadInputError, StaleError
from consortium.domain.yen import MODES
from consortium.usecases import settings
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.fields import Plain, plain_text
from consortium.web.forms import PortalForm, show_refusal

pages = Blueprint("settings", __name__, url_prefix="/settings")


class SettingsForm(PortalForm):
    """設定."""

    name = StringField(
        "協議会の名称",
        [Plain("協議会の名称", 60)],
        filters=[plain_text],
        description="画面の上と、これから発行する帳票に載ります。",
    )
    office_name = StringField(
        "事務局（幹事市）の名称",
        [Plain("事務局（幹事市）の名称", 60)],
        filters=[plain_text],
        description="これから発行する帳票の発行者として載ります。",
    )
    shows_other_members = BooleanField(
        "構成団体の負担金明細書に、ほかの団体の負担額も載せる",
        description="外すと、構成団体には自団体の負担額だけを載せます。",
    )
    label_2019 = RadioField(
        "2019年度の表記",
        [InputRequired("2019年度の表記を選んでください。")],
        choices=list(settings.LABELS_2019),
        description="2019年4月は平成31年、5月からは令和元年でした。年度の書き方は団体により異なります。",
    )
    usd_mode = RadioField(
        "米ドルの円換算の端数",
        [InputRequired("米ドルの円換算の端数を選んでください。")],
        choices=dict(MODES),
        description="月ごとの米ドル×為替レートを足してから、費目ごとに一度だけ丸めます。"
        "これから計算する費目に効き、登録済みの金額は変わりません。",
    )
    allows_own_approval = BooleanField(
        "算定を作成した人が、承認と発行もできるようにする（一人の事務局）",
        description="担当が一人しかいない間だけ選びます。本人が承認した算定とその帳票には、"
        "作成者と承認者が同一であることを記します。",
    )
    row_version = IntegerField(
        "版", [InputRequired("画面を開き直してください。")], widget=HiddenInput()
    )

    def entry(self) -> settings.Entry:
        """Give what was entered, for the use case."""
        return settings.Entry(
            name=self.name.data,
            office_name=self.office_name.data,
            shows_other_members=self.shows_other_members.data,
            label_2019=self.label_2019.data,
            usd_mode=self.usd_mode.data,
            allows_own_approval=self.allows_own_approval.data,
        )


@pages.route("", methods=["GET", "POST"])
@guarded
def index() -> ResponseReturnValue:
    viewer = context.viewer()
    current = settings.show_settings(viewer)
    form = SettingsForm(
        data={
            "name": current.name,
            "office_name": current.office_name,
            "shows_other_members": current.shows_other_members,
            "label_2019": settings.label_2019(current),
            "usd_mode": current.usd_mode,
            "allows_own_approval": current.allows_own_approval,
            "row_version": current.row_version,
        }
    )
    if form.validate_on_submit():
        try:
            settings.change_settings(viewer, form.row_version.data, form.entry(), context.now())
        except BadInputError as error:
            show_refusal(form, error)
        except StaleError:
            return _conflict(form)
        else:
            flash("設定を保存しました。すでに発行した帳票は変わりません。", "success")
            return redirect(url_for(".index"))
    page = render_template("settings.html", form=form, current=current, differences=[])
    return page, 400 if form.errors else 200


def _conflict(form: SettingsForm) -> ResponseReturnValue:
    """Show what was saved meanwhile beside what was typed (競合)."""
    current = settings.show_settings(context.viewer())
    form.row_version.raw_data, form.row_version.data = None, current.row_version
    saved, typed = _in_words(settings.entry_of(current)), _in_words(form.entry())
    rows = [(title, saved[title], typed[title]) for title in saved]
    page = render_template("settings.html", form=form, current=current, differences=rows)
    return page, 409


def _in_words(entry: settings.Entry) -> dict[str, str]:
    def yes(chosen: bool) -> str:
        return "はい" if chosen else "いいえ"

    return {
        "協議会の名称": entry.name,
        "事務局（幹事市）の名称": entry.office_name,
        "ほかの団体の負担額も載せる": yes(entry.shows_other_members),
        "2019年度の表記": entry.label_2019,
        "米ドルの円換算の端数": MODES[entry.usd_mode],
        "作成した人が承認と発行もできる": yes(entry.allows_own_approval),
    }
