"""費用: the items of a fiscal year and stage."""

from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import wareki_month
from consortium.domain.errors import BadInputError, NotFoundError, StaleError
from consortium.domain.invoicing import decimal
from consortium.domain.sharing.rule import plain as plain_number
from consortium.usecases import cost_items, costs
from consortium.usecases.amounts import WAYS, Plan, gain
from consortium.web import context, locks
from consortium.web.access import guarded
from consortium.web.cost_forms import (
    CONTAINED,
    ChangeForm,
    CopyForm,
    ItemForm,
    NewForm,
    RemoveForm,
    asked_way,
    filled,
)
from consortium.web.failures import failure_page
from consortium.web.forms import show_refusal
from consortium.web.year_links import year_links

pages = Blueprint("costs", __name__, url_prefix="/costs")

_STAGE = "<any(" + ",".join(costs.STAGES) + "):stage>"


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
    locks.note(year)
    return _sheet_page(found, CopyForm())


def _sheet_page(found: costs.CostSheet, copying: CopyForm) -> ResponseReturnValue:
    """Show a sheet; copying is a button for each source, under 仮締め a form that asks why."""
    sources = _sources(found)
    copying.source.offer((each["value"], each["label"]) for each in sources)
    rendered = render_template(
        "costs.html",
        sheet=found,
        stage=costs.STAGES[found.stage],
        years=_years(found),
        tabs=_tabs(found),
        sources=sources,
        copying=copying if locks.asks_reason() else None,
        may_write=locks.may_write("costs.add"),
    )
    return rendered, 400 if copying.errors else 200


def _unknown_year(error: NotFoundError) -> ResponseReturnValue:
    # The general page would not say which years there are.
    return failure_page(404, text=f"{error.found}{error.todo}")


def _years(found: costs.CostSheet) -> list[dict[str, object]]:
    """Give the years to choose from, each opening the same stage if it has items, else its last."""
    return year_links(
        found.labels,
        found.year,
        lambda year: url_for(".sheet", year=year, stage=_stage_of(found, year)),
        found.labels,
    )


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
    viewer, way = context.viewer(), asked_way(request.args.get("way"), "incl")
    try:
        choices = costs.offer(viewer, year, stage, way, context.today())
    except NotFoundError as error:
        return _unknown_year(error)
    locks.note(year)
    form = NewForm(way, data=_empty(year))
    form.offer(year, choices)
    plan = None
    if form.validate_on_submit():
        try:
            plan = cost_items.plan_new(viewer, year, stage, form.entry(), form.item_id.data)
            if not _has_to_look(form, plan, form.item_id.data):
                new = cost_items.add_item(
                    viewer, year, stage, form.entry(), context.now(), form.item_id.data, plan.digest
                )
                flash(f"費目「{new.name}」を追加しました。", "success")
                return redirect(url_for(".sheet", year=year, stage=stage))
        except BadInputError as error:
            plan = None
            show_refusal(form, error)
    form.renew()
    page = render_template(
        "cost_item.html",
        form=form,
        title="費目の追加",
        place=f"{choices.label} {costs.STAGES[stage]}",
        sheet_url=url_for(".sheet", year=year, stage=stage),
        ways=_ways(way, "costs.add", year=year, stage=stage),
        plan=plan,
        planned=plan.of(form.item_id.data) if plan else None,
        gain=gain,
        stages=costs.STAGES,
    )
    return page, 400 if form.errors else 200


def _has_to_look(form: ItemForm, plan: Plan, item_id: str) -> bool:
    """Show what was computed before it is saved; a typed 税込 that moves nothing else is seen."""
    if form.way == "incl" and not plan.beside(item_id):
        return False
    is_new = not form.has_shown(plan.digest)
    form.show(plan.digest)
    return is_new


def _ways(way: str, endpoint: str, **parts: Any) -> list[dict[str, object]]:
    return [
        {"label": label, "url": url_for(endpoint, way=key, **parts), "current": key == way}
        for key, label in WAYS.items()
    ]


def _empty(year: FiscalYear) -> dict[str, str]:
    months = year.months()
    return {
        "first_month": str(months[0]),
        "last_month": str(months[-1]),
        "invoice": request.args.get("invoice", ""),
        "contained": "10",  # almost every cost; another one is chosen
        "item_id": str(uuid4()),
    }


@pages.route("/items/<uuid:item_id>", methods=["GET", "POST"])
@guarded
def edit(item_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    page = costs.show_item(viewer, item_id, asked_way(request.args.get("way"), ""))
    locks.note(page.item.year)
    way = asked_way(request.args.get("way"), page.item.amount_by)
    form = ChangeForm(way, data={**filled(page.entry), "row_version": page.item.row_version})
    form.offer(page.item.year, page.choices)
    plan = None
    if form.validate_on_submit():
        try:
            entry, version = form.entry(), form.row_version.data
            plan = cost_items.plan_change(viewer, item_id, entry)
            if not _has_to_look(form, plan, item_id):
                cost_items.change_item(viewer, item_id, version, entry, context.now(), plan.digest)
                flash(f"費目「{form.name.data}」を保存しました。", "success")
                return redirect(_sheet_url(page))
        except BadInputError as error:
            plan = None
            show_refusal(form, error)
        except StaleError:
            return _conflict(item_id, form)
    rendered = render_template(
        "cost_item.html",
        form=form,
        title="費目の編集",
        place=_place(page),
        sheet_url=_sheet_url(page),
        runs=page.runs,
        is_sample_row=page.item.is_sample,
        item=page.item,
        ways=_ways(way, "costs.edit", item_id=item_id),
        plan=plan,
        planned=plan.of(item_id) if plan else None,
        gain=gain,
        stages=costs.STAGES,
    )
    return rendered, 400 if form.errors else 200


def _place(page: costs.ItemPage) -> str:
    return f"{page.choices.label} {costs.STAGES[page.item.stage]}"


def _sheet_url(page: costs.ItemPage) -> str:
    return url_for(".sheet", year=page.item.year, stage=page.item.stage)


def _conflict(item_id: str, form: ChangeForm) -> ResponseReturnValue:
    """Show what was saved meanwhile beside what was typed; saving again knows the new version."""
    page = costs.show_item(context.viewer(), item_id, form.way)
    form.row_version.raw_data = None
    form.row_version.data = page.item.row_version
    saved, typed = _in_words(page, page.entry), _in_words(page, form.entry())
    rows = [
        (title, saved.get(title, "なし"), typed.get(title, "なし")) for title in {**saved, **typed}
    ]
    rendered = render_template(
        "cost_item_conflict.html",
        form=form,
        place=_place(page),
        rows=rows,
        edit_url=url_for(".edit", item_id=item_id, way=form.way),
        sheet_url=_sheet_url(page),
    )
    return rendered, 409


def _in_words(page: costs.ItemPage, item: costs.Entry) -> dict[str, str | int]:
    categories = {each.id: each.name for each in page.choices.categories}
    towns = {each.id: each.name for each in page.choices.members}
    return {
        "経費区分": categories[item.category_id],
        "費目名": item.name,
        **_amount_in_words(page, item),
        "期間": f"{wareki_month(item.first_month)}から{wareki_month(item.last_month)}まで",
        "個別負担の団体": towns[item.charged_to_id] if item.charged_to_id else "なし",
        "備考": item.note or "なし",
    }


def _amount_in_words(page: costs.ItemPage, item: costs.Entry) -> dict[str, str | int]:
    if item.amount_by == "incl":
        rate = "" if item.tax_rate is None else plain_number(item.tax_rate)
        shown = CONTAINED.get(rate, f"{rate}％")
        return {"金額（税込）": item.amount_incl_tax, "含まれる消費税の率": shown}
    invoices = {each.id: each.name for each in page.choices.invoices}
    words: dict[str, str | int] = {"金額の入れ方": WAYS[item.amount_by]}
    if item.net_amount is not None:
        words["税抜額"] = item.net_amount
    for month, usd in sorted(item.dollars.items()):
        words[f"{wareki_month(month)}の米ドル"] = f"US${decimal(usd, 2)}"
    if item.tax_rate is not None:
        words["税率"] = f"{decimal(item.tax_rate)}％"
    if item.invoice_id is not None:
        words["請求書"] = invoices.get(item.invoice_id, "別の請求書")
    return words


@pages.route("/items/<uuid:item_id>/remove", methods=["GET", "POST"])
@guarded
def remove(item_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    page = costs.show_item(viewer, item_id)
    locks.note(page.item.year)
    form = RemoveForm(data={"row_version": page.item.row_version})
    if form.validate_on_submit():
        old = cost_items.remove_item(viewer, item_id, form.row_version.data, context.now())
        flash(f"費目「{old.name}」を削除しました。", "success")
        return redirect(_sheet_url(page))
    plan = cost_items.plan_removal(viewer, item_id) if page.item.invoice_id else None
    rendered = render_template(
        "cost_item_remove.html",
        form=form,
        page=page,
        rows=_in_words(page, page.entry),
        place=_place(page),
        sheet_url=_sheet_url(page),
        edit_url=url_for(".edit", item_id=item_id),
        plan=plan,
        stages=costs.STAGES,
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
    locks.note(year)
    form = CopyForm()
    form.source.offer([(chosen, "")])
    if locks.asks_reason() and not form.validate():
        return _sheet_page(found, form)
    copied = cost_items.copy_from_stage(
        viewer, year, stage, source.year, source.stage, context.now()
    )
    flash(_copied_words(f"{source.label} {costs.STAGES[source.stage]}", copied), "success")
    return redirect(url_for(".sheet", year=year, stage=stage))


def _copied_words(source: str, copied: cost_items.Copied) -> str:
    """Say what was copied, and which grants were not."""
    grants = f"、その費目の補助金・財源措置{copied.grants}件" if copied.grants else ""
    left = (
        f"写していない補助金・財源措置が{copied.left}件あります。"
        "要るものは「補助金・財源措置」の画面で登録してください。"
        if copied.left
        else ""
    )
    return (
        f"{source}から{copied.items}件の費目{grants}を写しました。"
        f"金額・期間・個別負担を確かめてください。{left}"
    )
