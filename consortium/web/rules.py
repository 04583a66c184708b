"""負担ルール: what applies today, what is announced, what applied before."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField, TextAreaField

from consortium.domain.errors import BadInputError
from consortium.usecases import cost_categories, rule_versions, rules
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.fields import ChoiceField, Plain, plain_text
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.rights import may

pages = Blueprint("rules", __name__, url_prefix="/rules")


class WithdrawForm(PortalForm):
    """版の取下げ."""

    reason = TextAreaField(
        "理由",
        [Plain("理由", 500)],
        filters=[plain_text],
        description="操作記録に残ります。例：議会の議決が延期になったため",
    )


class CategoryForm(PortalForm):
    """経費区分の追加."""

    service = ChoiceField("共同サービス")
    name = StringField(
        "経費区分の名前",
        [Plain("経費区分の名前", 50)],
        filters=[plain_text],
        description="費目を登録するときに選ぶ区分。例：消防費、回線",
    )


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    histories = rules.list_rules(context.viewer(), context.today())
    return render_template("rules.html", histories=histories, may_write=may("rules.create"))


@pages.get("/<uuid:rule_id>")
@guarded
def show(rule_id: str) -> ResponseReturnValue:
    history = rules.show_rule(context.viewer(), rule_id, context.today())
    return render_template(
        "rule.html",
        history=history,
        may_see_bases=may("bases.index"),
        may_write=may("rules.add_version"),
    )


@pages.route("/versions/<uuid:version_id>/withdraw", methods=["GET", "POST"])
@guarded
def withdraw(version_id: str) -> ResponseReturnValue:
    viewer, today = context.viewer(), context.today()
    page = rule_versions.show_withdrawal(viewer, version_id, today)
    form = WithdrawForm()
    if page.refusal is None and form.validate_on_submit():
        try:
            rule = rule_versions.withdraw_version(
                viewer, version_id, form.reason.data, today, context.now()
            )
        except BadInputError as error:
            show_refusal(form, error)
        else:
            flash(f"負担ルール「{rule.name}」の版を取り下げました。", "success")
            return redirect(url_for(".index"))
    rendered = render_template("rule_withdraw.html", form=form, page=page)
    if page.refusal and request.method == "POST":
        return rendered, 409
    return rendered, 400 if form.errors else 200


@pages.route("/categories/new", methods=["GET", "POST"])
@guarded
def add_category() -> ResponseReturnValue:
    viewer = context.viewer()
    services = cost_categories.list_services(viewer)
    form = CategoryForm()
    form.service.offer(
        ((each.id, each.name) for each in services),
        nothing="" if len(services) == 1 else "選んでください",
    )
    if form.validate_on_submit():
        try:
            new = cost_categories.add_category(
                viewer, form.service.data, form.name.data, context.now()
            )
        except BadInputError as error:
            show_refusal(form, error)
        else:
            flash(f"{new.service_name}に経費区分「{new.name}」を追加しました。", "success")
            return redirect(url_for(".index"))
    page = render_template("rule_category.html", form=form, services=services)
    return page, 400 if form.errors else 200
