"""請求書: invoices of a fiscal year and stage, their lines and the rounding of their tax."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError, DuplicateError, NotFoundError, StaleError
from consortium.domain.invoicing import TAX_PER, decimal
from consortium.domain.yen import MODES
from consortium.usecases import costs, invoices
from consortium.web import context, locks
from consortium.web.access import guarded
from consortium.web.checking import CheckedForm
from consortium.web.failures import failure_page
from consortium.web.fields import Plain, WarekiDateField, plain_text
from consortium.web.forms import show_refusal
from consortium.web.records import Page, RemoveForm, SeenForm, remove_page
from consortium.web.year_links import year_links

pages = Blueprint("invoices", __name__, url_prefix="/invoices")

_STAGE = "<any(" + ",".join(costs.STAGES) + "):stage>"
_ROWS = (("supplier",), ("number", "invoice_date"), ("tax_per",), ("tax_mode",), ("note",))


class InvoiceForm(CheckedForm):
    """請求書."""

    supplier = StringField(
        "請求者", [Plain("請求者", 100)], filters=[plain_text], description="請求した事業者の名前。"
    )
    number = StringField(
        "請求書番号",
        [Plain("請求書番号", 60)],
        filters=[plain_text],
        description="請求書にある番号。なければ「令和7年4月分」など、見分けられる名前。",
    )
    invoice_date = WarekiDateField(
        "請求日",
        validators=[InputRequired("請求日を入力してください。")],
        description="例：令和7年4月30日、R7.4.30、2025-04-30",
    )
    tax_per = RadioField(
        "消費税を丸めるところ",
        [InputRequired("消費税を丸めるところを選んでください。")],
        choices=dict(TAX_PER),
        default="invoice",
        description="請求書の消費税額と合う方を選びます。請求書ごとのときは、税率ごとに一度丸め、"
        "明細行に端数の大きい順に割り振ります。",
    )
    tax_mode = RadioField(
        "消費税の1円未満",
        [InputRequired("消費税の1円未満を選んでください。")],
        choices=dict(MODES),
        default="floor",
    )
    note = TextAreaField("備考", [Plain("備考", 500, is_required=False)], filters=[plain_text])

    def entry(self) -> invoices.InvoiceEntry:
        """Give what was entered, for the use case."""
        return invoices.InvoiceEntry(
            supplier=self.supplier.data,
            number=self.number.data,
            invoice_date=self.invoice_date.data,
            tax_per=self.tax_per.data,
            tax_mode=self.tax_mode.data,
            note=self.note.data,
        )


class ChangeForm(SeenForm, InvoiceForm):
    """請求書の編集: knows which version was seen."""


# ---- reading -------------------------------------------------------------------------------------


@pages.get(f"/<year:year>/{_STAGE}")
@guarded
def sheet(year: FiscalYear, stage: str) -> ResponseReturnValue:
    try:
        found = invoices.list_invoices(context.viewer(), year, stage, context.today())
    except NotFoundError as error:
        return failure_page(404, text=f"{error.found}{error.todo}")
    locks.note(year)
    years = year_links(
        found.labels, year, lambda each: url_for(".sheet", year=each, stage=stage), found.labels
    )
    tabs = [
        {"label": label, "url": url_for(".sheet", year=year, stage=key), "current": key == stage}
        for key, label in costs.STAGES.items()
    ]
    return render_template(
        "invoices.html",
        sheet=found,
        stage=costs.STAGES[stage],
        years=years,
        tabs=tabs,
        costs_page=_costs(found.label, year, stage),
        may_write=locks.may_write("invoices.add"),
    )


@pages.get("/<uuid:invoice_id>")
@guarded
def show(invoice_id: str) -> ResponseReturnValue:
    page = invoices.show_invoice(context.viewer(), invoice_id)
    locks.note(page.found.invoice.year)
    return render_template(
        "invoice.html",
        page=page,
        found=page.found,
        invoice=page.found.invoice,
        facts=list(_in_words(_entry(page)).items()),
        stage=costs.STAGES[page.found.invoice.stage],
        back=_back(page),
        percent=lambda rate: f"{decimal(rate)}％",
        may_write=locks.may_write("invoices.edit"),
    )


def _costs(label: str, year: FiscalYear, stage: str) -> tuple[str, str]:
    title = f"{label} {costs.STAGES[stage]}の費用"
    return title, url_for("costs.sheet", year=year, stage=stage)


def _back(page: invoices.InvoicePage) -> tuple[str, str]:
    invoice = page.found.invoice
    title = f"{page.label} {costs.STAGES[invoice.stage]}の請求書"
    return title, url_for(".sheet", year=invoice.year, stage=invoice.stage)


def _entry(page: invoices.InvoicePage) -> invoices.InvoiceEntry:
    invoice = page.found.invoice
    return invoices.InvoiceEntry(
        invoice.supplier,
        invoice.number,
        invoice.invoice_date,
        invoice.tax_per,
        invoice.tax_mode,
        invoice.note,
    )


def _in_words(entry: invoices.InvoiceEntry) -> dict[str, str]:
    return {
        "請求者": entry.supplier,
        "請求書番号": entry.number,
        "請求日": wareki(entry.invoice_date),
        "消費税の端数": f"{TAX_PER[entry.tax_per]}に1円未満{MODES[entry.tax_mode]}",
        "備考": entry.note or "なし",
    }


# ---- changing ------------------------------------------------------------------------------------


@pages.route(f"/<year:year>/{_STAGE}/new", methods=["GET", "POST"])
@guarded
def add(year: FiscalYear, stage: str) -> ResponseReturnValue:
    viewer = context.viewer()
    try:
        found = invoices.list_invoices(viewer, year, stage, context.today())
    except NotFoundError as error:
        return failure_page(404, text=f"{error.found}{error.todo}")
    locks.note(year)
    form = InvoiceForm()
    if form.validate_on_submit():
        try:
            new = invoices.add_invoice(viewer, year, stage, form.entry(), context.now())
        except (BadInputError, DuplicateError) as error:
            show_refusal(form, error)
        else:
            flash(f"請求書「{new.name}」を登録しました。明細の費目を追加してください。", "success")
            return redirect(url_for(".show", invoice_id=new.id))
    place = f"{found.label} {costs.STAGES[stage]}"
    back = (f"{place}の請求書", url_for(".sheet", year=year, stage=stage))
    page = Page("請求書の登録", f"{place}の費目になる請求書です。", back, _ROWS, "登録する")
    rendered = render_template("checked_form.html", form=form, page=page)
    return rendered, 400 if form.errors else 200


@pages.route("/<uuid:invoice_id>/edit", methods=["GET", "POST"])
@guarded
def edit(invoice_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    found = invoices.show_invoice(viewer, invoice_id)
    invoice = found.found.invoice
    locks.note(invoice.year)
    form = ChangeForm(obj=invoice)
    plan = None
    back = (invoice.name, url_for(".show", invoice_id=invoice_id))
    page = Page("請求書の編集", "明細の税抜額は変わりません。", back, _ROWS)
    differences: list[tuple[str, str, str]] = []
    if form.validate_on_submit():
        try:
            entry, version = form.entry(), form.row_version.data
            plan = invoices.plan_change(viewer, invoice_id, entry)
            if not plan.moved or form.has_shown(plan.digest):
                invoices.change_invoice(
                    viewer, invoice_id, version, entry, context.now(), plan.digest
                )
                flash(
                    f"請求書「{form.supplier.data} {form.number.data}」を保存しました。", "success"
                )
                return redirect(back[1])
            form.show(plan.digest)
        except (BadInputError, DuplicateError) as error:
            plan = None
            show_refusal(form, error)
        except StaleError:
            form.see(invoice.row_version)
            saved, typed = _in_words(_entry(found)), _in_words(form.entry())
            differences = [(title, saved[title], typed[title]) for title in saved]
    rendered = render_template(
        "checked_form.html",
        form=form,
        page=page,
        plan=plan,
        stages=costs.STAGES,
        differences=differences,
    )
    return rendered, 409 if differences else 400 if form.errors else 200


@pages.route("/<uuid:invoice_id>/remove", methods=["GET", "POST"])
@guarded
def remove(invoice_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    found = invoices.show_invoice(viewer, invoice_id)
    locks.note(found.found.invoice.year)
    form = RemoveForm(data={"row_version": found.found.invoice.row_version})
    if form.validate_on_submit():
        old = invoices.remove_invoice(viewer, invoice_id, form.row_version.data, context.now())
        flash(f"請求書「{old.name}」を削除しました。", "success")
        return redirect(_back(found)[1])
    page = Page("請求書の削除", "次の請求書を削除します。", _back(found))
    count = len(found.found.lines)
    blocked = f"明細が{count}件あります。費目の請求書を「なし」にするか、費目を削除してください。"
    return remove_page(
        form,
        page,
        _in_words(_entry(found)),
        blocked if count else "",
        "明細のない請求書なので、費目の金額は変わりません。",
    )
