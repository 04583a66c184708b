"""費用: the items of a fiscal year and stage."""

from uuid import UUID, uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, ValidationError
from wtforms.widgets import HiddenInput

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import wareki_month
from consortium.domain.errors import BadInputError, NotFoundError, StaleError
from consortium.usecases import cost_items, costs
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.failures import failure_page
from consortium.web.fields import ChoiceField, MonthField, Plain, YenField, plain_text
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.rights import may
from consortium.web.svg import year_label

pages = Blueprint("costs", __name__, url_prefix="/costs")

_STAGE = "<any(" + ",".join(costs.STAGES) + "):stage>"


class ItemForm(PortalForm):
    """費目."""

    category = ChoiceField("経費区分", validators=[InputRequired("経費区分を選んでください。")])
    name = StringField(
        "費目名",
        [Plain("費目名", 100)],
        filters=[plain_text],
        description="請求書や契約書にある名前。負担金明細書に載ります。",
    )
    amount = YenField(
        "金額（税込）",
        allow_negative=True,
        validators=[InputRequired("金額を入力してください。")],
        description="全角の数字や「1,234円」でも読み取ります。返戻などの減額は △ を付けます。",
    )
    first_month = MonthField(
        "始まりの月", validators=[InputRequired("始まりの月を選んでください。")]
    )
    last_month = MonthField(
        "終わりの月",
        validators=[InputRequired("終わりの月を選んでください。")],
        description="この月の分まで。1か月だけなら同じ月。",
    )
    charged_to = ChoiceField(
        "個別負担の団体",
        description="一つの団体だけが全額を負担する費用のときに選びます。",
    )
    note = TextAreaField(
        "備考",
        [Plain("備考", 500, is_required=False)],
        filters=[plain_text],
        description="負担金明細書には載りません。",
    )

    def offer(self, year: FiscalYear, page: costs.CostSheet | costs.ItemPage) -> None:
        """Offer categories, months and members."""
        services = {each.service_id for each in page.categories}
        self.category.offer(
            (
                (each.id, f"{each.service_name} ／ {each.name}" if len(services) > 1 else each.name)
                for each in page.categories
            ),
            nothing="選んでください",
        )
        self.first_month.offer(year)
        self.last_month.offer(year)
        towns = page.members if isinstance(page.members, tuple) else page.members.values()
        self.charged_to.offer(
            ((each.id, each.name) for each in towns), nothing="なし（負担ルールで分ける）"
        )

    def entry(self) -> costs.Entry:
        """Give what was entered, for the use case."""
        return costs.Entry(
            category_id=self.category.data,
            name=self.name.data,
            amount_incl_tax=self.amount.data,
            first_month=self.first_month.month,
            last_month=self.last_month.month,
            charged_to_id=self.charged_to.data or None,
            note=self.note.data,
        )


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


class NewForm(ItemForm):
    """費目の追加: brings the id of the new item, so that sending it twice adds one."""

    item_id = StringField("入力画面", widget=HiddenInput())

    def validate_item_id(self, field: StringField) -> None:
        """Refuse what no form of ours has sent."""
        # Left out, the field would keep the id made for this very request.
        if not field.raw_data or not _is_id(field.data):
            raise ValidationError(
                "この入力画面は使えません。内容を確かめて、もう一度送ってください。"
            )

    def renew(self) -> None:
        """Let a refused form be sent again as a new one."""
        if self.item_id.errors:
            self.item_id.data = str(uuid4())


class ChangeForm(ItemForm):
    """費目の編集: knows which version was seen."""

    row_version = IntegerField(
        "版",
        [InputRequired("画面を開き直してください。")],
        widget=HiddenInput(),
    )


class RemoveForm(PortalForm):
    """費目の削除."""

    row_version = IntegerField(
        "版", [InputRequired("画面を開き直してください。")], widget=HiddenInput()
    )


# ---- reading -------------------------------------------------------------------------------------


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    year, stage = costs.starting_place(context.viewer(), context.today())
    return redirect(url_for(".sheet", year=year, stage=stage))


@pages.get(f"/<year:year>/{_STAGE}")
@guarded
def sheet(year: FiscalYear, stage: str) -> ResponseReturnValue:
    try:
        found = costs.show_costs(context.viewer(), year, stage, context.today())
    except NotFoundError as error:
        return _unknown_year(error)
    return render_template(
        "costs.html",
        sheet=found,
        stage=costs.STAGES[stage],
        years=_years(found),
        tabs=_tabs(found),
        sources=_sources(found),
        may_write=may("costs.add"),
    )


def _unknown_year(error: NotFoundError) -> ResponseReturnValue:
    # The general page would not say which years there are.
    return failure_page(404, text=f"{error.found}{error.todo}")


def _years(found: costs.CostSheet) -> list[dict[str, object]]:
    """Give the years to choose from, each opening the same stage if it has items, else its last."""
    return [
        {
            "label": year_label(year),
            "url": url_for(".sheet", year=year, stage=_stage_of(found, year)),
            "title": f"{label}（{year.start_year}年度）",
            "current": year == found.year,
        }
        for year, label in found.labels.items()
    ]


def _stage_of(found: costs.CostSheet, year: FiscalYear) -> str:
    filled = [stage for stage in costs.STAGES if found.counts.get((year.start_year, stage))]
    return found.stage if found.stage in filled or not filled else filled[-1]


def _tabs(found: costs.CostSheet) -> list[dict[str, object]]:
    return [
        {
            "label": f"{label}（{found.counts.get((found.year.start_year, stage), 0)}件）",
            "url": url_for(".sheet", year=found.year, stage=stage),
            "current": stage == found.stage,
        }
        for stage, label in costs.STAGES.items()
    ]


def _sources(found: costs.CostSheet) -> list[dict[str, str]]:
    return [
        {
            "label": f"{each.label} {costs.STAGES[each.stage]}の{each.count}件を写す",
            "value": _source_key(each),
        }
        for each in found.copy_sources
    ]


def _source_key(source: costs.CopySource) -> str:
    return f"{source.year.start_year}-{source.stage}"


# ---- changing ------------------------------------------------------------------------------------


@pages.route(f"/<year:year>/{_STAGE}/new", methods=["GET", "POST"])
@guarded
def add(year: FiscalYear, stage: str) -> ResponseReturnValue:
    viewer = context.viewer()
    try:
        found = costs.show_costs(viewer, year, stage, context.today())
    except NotFoundError as error:
        return _unknown_year(error)
    form = NewForm(data=_empty(year))
    form.offer(year, found)
    if form.validate_on_submit():
        try:
            new = cost_items.add_item(
                viewer, year, stage, form.entry(), context.now(), form.item_id.data
            )
        except BadInputError as error:
            show_refusal(form, error)
        else:
            flash(f"費目「{new.name}」を追加しました。", "success")
            return redirect(url_for(".sheet", year=year, stage=stage))
    form.renew()
    page = render_template(
        "cost_item.html",
        form=form,
        title="費目の追加",
        place=f"{found.label} {costs.STAGES[stage]}",
        sheet_url=url_for(".sheet", year=year, stage=stage),
    )
    return page, 400 if form.errors else 200


def _empty(year: FiscalYear) -> dict[str, str]:
    months = year.months()
    return {
        "first_month": str(months[0]),
        "last_month": str(months[-1]),
        "item_id": str(uuid4()),
    }


@pages.route("/items/<uuid:item_id>", methods=["GET", "POST"])
@guarded
def edit(item_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    page = costs.show_item(viewer, item_id)
    form = ChangeForm(data=_filled(page))
    form.offer(page.item.year, page)
    if form.validate_on_submit():
        try:
            cost_items.change_item(
                viewer, item_id, form.row_version.data, form.entry(), context.now()
            )
        except BadInputError as error:
            show_refusal(form, error)
        except StaleError:
            return _conflict(item_id, form)
        else:
            flash(f"費目「{form.name.data}」を保存しました。", "success")
            return redirect(_sheet_url(page))
    rendered = render_template(
        "cost_item.html",
        form=form,
        title="費目の編集",
        place=_place(page),
        sheet_url=_sheet_url(page),
        runs=page.runs,
        is_sample_row=page.item.is_sample,
    )
    return rendered, 400 if form.errors else 200


def _filled(page: costs.ItemPage) -> dict[str, object]:
    item = page.entry
    return {
        "category": item.category_id,
        "name": item.name,
        "amount": item.amount_incl_tax,
        "first_month": str(item.first_month),
        "last_month": str(item.last_month),
        "charged_to": item.charged_to_id or "",
        "note": item.note,
        "row_version": page.item.row_version,
    }


def _place(page: costs.ItemPage) -> str:
    return f"{page.label} {costs.STAGES[page.item.stage]}"


def _sheet_url(page: costs.ItemPage) -> str:
    return url_for(".sheet", year=page.item.year, stage=page.item.stage)


def _conflict(item_id: str, form: ChangeForm) -> ResponseReturnValue:
    """Show what was saved meanwhile beside what was typed; saving again knows the new version."""
    page = costs.show_item(context.viewer(), item_id)
    form.row_version.raw_data = None
    form.row_version.data = page.item.row_version
    saved, typed = _in_words(page, page.entry), _in_words(page, form.entry())
    rows = [(title, saved[title], typed[title]) for title in saved]
    rendered = render_template(
        "cost_item_conflict.html",
        form=form,
        place=_place(page),
        rows=rows,
        edit_url=url_for(".edit", item_id=item_id),
        sheet_url=_sheet_url(page),
    )
    return rendered, 409


def _in_words(page: costs.ItemPage, item: costs.Entry) -> dict[str, str | int]:
    categories = {each.id: each.name for each in page.categories}
    towns = {each.id: each.name for each in page.members}
    return {
        "経費区分": categories[item.category_id],
        "費目名": item.name,
        "金額（税込）": item.amount_incl_tax,
        "期間": f"{wareki_month(item.first_month)}から{wareki_month(item.last_month)}まで",
        "個別負担の団体": towns[item.charged_to_id] if item.charged_to_id else "なし",
        "備考": item.note or "なし",
    }


@pages.route("/items/<uuid:item_id>/remove", methods=["GET", "POST"])
@guarded
def remove(item_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    page = costs.show_item(viewer, item_id)
    form = RemoveForm(data={"row_version": page.item.row_version})
    if form.validate_on_submit():
        old = cost_items.remove_item(viewer, item_id, form.row_version.data, context.now())
        flash(f"費目「{old.name}」を削除しました。", "success")
        return redirect(_sheet_url(page))
    rendered = render_template(
        "cost_item_remove.html",
        form=form,
        page=page,
        rows=_in_words(page, page.entry),
        place=_place(page),
        sheet_url=_sheet_url(page),
        edit_url=url_for(".edit", item_id=item_id),
    )
    return rendered, 400 if form.errors else 200


@pages.post(f"/<year:year>/{_STAGE}/copy")
@guarded
def copy(year: FiscalYear, stage: str) -> ResponseReturnValue:
    viewer = context.viewer()
    try:
        found = costs.show_costs(viewer, year, stage, context.today())
    except NotFoundError as error:
        return _unknown_year(error)
    chosen = request.form.get("source", "")
    source = next((each for each in found.copy_sources if _source_key(each) == chosen), None)
    if source is None:
        return failure_page(
            400, text="写す元に費目がありません。費用の一覧から選び直してください。"
        )
    count = cost_items.copy_from_stage(
        viewer, year, stage, source.year, source.stage, context.now()
    )
    flash(
        f"{source.label} {costs.STAGES[source.stage]}から{count}件の費目を写しました。"
        "金額・期間・個別負担を確かめてください。",
        "success",
    )
    return redirect(url_for(".sheet", year=year, stage=stage))
