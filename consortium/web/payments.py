"""納付・精算: what is due, paid and overdue by town and instalment; recording and voiding."""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import wareki, wareki_short
from consortium.domain.errors import BadInputError
from consortium.usecases import payments
from consortium.usecases.instalments import LINE_STATES, InstalmentLine
from consortium.usecases.payments import TownPage
from consortium.web import context, locks
from consortium.web.access import guarded
from consortium.web.fields import ChoiceField, Plain, WarekiDateField, YenField, plain_text
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.instalments import headings
from consortium.web.records import NewRecordForm, Page, form_page
from consortium.web.year_links import year_links

pages = Blueprint("payments", __name__, url_prefix="/payments")

_ROWS: Final = (("target",), ("paid_on", "amount"), ("reference_number",), ("note",))
#: Years offered before and after the one shown.
_AROUND: Final = 2


class PaymentForm(NewRecordForm):
    """収納の記録."""

    target = ChoiceField("何の納付か", description="納入依頼の期を選びます。")
    paid_on = WarekiDateField(
        "収納日",
        validators=[InputRequired("収納日を入力してください。")],
        description="金融機関が収納した日。例：令和8年5月20日、R8.5.20、2026-05-20",
    )
    amount = YenField(
        "金額",
        least=1,
        validators=[InputRequired("金額を入力してください。")],
        description="実際に収納した額。依頼した額と違っても、そのまま記録します。",
    )
    reference_number = StringField(
        "整理番号",
        [Plain("整理番号", 60, is_required=False)],
        filters=[plain_text],
        description="会計の収納番号など。二重の記録を防ぎます。",
    )
    note = TextAreaField("備考", [Plain("備考", 300, is_required=False)], filters=[plain_text])

    def offer(self, page: TownPage) -> None:
        """Offer the town's instalments; a notice cancelled since is not among them."""
        self.target.offer((_target_of(line), _target_label(line)) for line in page.lines)
        self.target.choices = [*self.target.choices, ("", "期を定めない（追加納入・前納など）")]

    def entry(self) -> payments.Entry:
        """Give what was entered, for the use case."""
        return payments.Entry(
            target=self.target.data or "",
            paid_on=self.paid_on.data,
            amount=self.amount.data,
            reference_number=self.reference_number.data or "",
            note=self.note.data or "",
        )


class VoidForm(PortalForm):
    """収納の取消."""

    reason = StringField(
        "取り消す理由",
        [Plain("取り消す理由", 200)],
        filters=[plain_text],
        description="取り消した収納とともに、画面と操作記録に残ります。例：団体の取違え",
    )


def _target_of(line: InstalmentLine) -> str:
    is_sent = line.state == "notified" and line.statement_id
    return line.statement_id or "" if is_sent else f"I{line.no}"


def _target_label(line: InstalmentLine) -> str:
    due = f"納期限 {wareki_short(line.due_on)}、{line.amount:,}円、残り {line.open:,}円"
    if line.state == "notified":
        return f"第{line.no}期（{due}、{line.document_number}）"
    return f"第{line.no}期（{due}、未依頼）"


# ---- reading -------------------------------------------------------------------------------------


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    return _drawn(FiscalYear.containing(context.today()))


@pages.get("/<year:year>")
@guarded
def year(year: FiscalYear) -> ResponseReturnValue:
    return _drawn(year)


def _drawn(shown: FiscalYear) -> ResponseReturnValue:
    today = context.today()
    page = payments.show_year(context.viewer(), shown, today)
    locks.note(shown)
    return render_template(
        "payments.html",
        page=page,
        headings=headings(page.ledger.saved.plan),
        years=years_around(shown, "payments.year"),
        states=LINE_STATES,
        today=today,
        may_record=locks.may_write("payments.add"),
        may_import=locks.may_write("payment_imports.take_in"),
    )


def years_around(shown: FiscalYear, endpoint: str) -> list[dict[str, object]]:
    """Offer the years around today and the one shown (年度の切替)."""
    now = FiscalYear.containing(context.today()).start_year
    starts = {shown.start_year, *range(now - _AROUND, now + _AROUND)}
    return year_links(
        map(FiscalYear, sorted(starts)), shown, lambda each: url_for(endpoint, year=each)
    )


@pages.get("/<year:year>/<code:code>")
@guarded
def town(year: FiscalYear, code: str) -> ResponseReturnValue:
    page = payments.show_town(context.viewer(), year, code)
    locks.note(year)
    return render_template(
        "payments_town.html",
        page=page,
        states=LINE_STATES,
        today=context.today(),
        back=_back(page),
        may_record=locks.may_write("payments.add"),
        may_void=locks.may_write("payments.void"),
    )


def _back(page: TownPage) -> tuple[str, str]:
    return f"{page.label}の納付・精算", url_for("payments.year", year=page.year)


def _back_to_town(page: TownPage) -> tuple[str, str]:
    title = f"{page.member.name}の{page.label}の納付"
    return title, url_for(".town", year=page.year, code=page.member.code)


# ---- recording and voiding -----------------------------------------------------------------------


@pages.route("/<year:year>/<code:code>/new", methods=["GET", "POST"])
@guarded
def add(year: FiscalYear, code: str) -> ResponseReturnValue:
    viewer = context.viewer()
    page = payments.show_town(viewer, year, code)
    locks.note(year)
    form = PaymentForm(data={"target": _first_open(page)})
    form.offer(page)
    if form.validate_on_submit():
        try:
            payments.record_payment(
                viewer, year, code, form.entry(), context.now(), form.record_id.data
            )
        except BadInputError as error:
            show_refusal(form, error)
        else:
            flash(f"{page.member.name}の収納 {form.amount.data:,}円を記録しました。", "success")
            return redirect(_back_to_town(page)[1])
    form.renew()
    lead = f"{page.label}の負担金として収納した額を記録します。"
    title = f"{page.member.name}の収納の記録"
    return form_page(form, Page(title, lead, _back_to_town(page), _ROWS, submit="記録する"))


def _first_open(page: TownPage) -> str:
    """Choose the instalment asked for, else the first that is notified and open."""
    wanted = request.args.get("no", "")
    for line in page.lines:
        if str(line.no) == wanted:
            return _target_of(line)
    first = (each for each in page.lines if each.state == "notified" and each.open)
    return next(map(_target_of, first), "")


@pages.route("/entries/<uuid:payment_id>/void", methods=["GET", "POST"])
@guarded
def void(payment_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    found, page = payments.show_payment(viewer, payment_id)
    locks.note(found.year)
    form = VoidForm()
    if form.validate_on_submit():
        try:
            payments.void_payment(viewer, payment_id, form.reason.data or "", context.now())
        except BadInputError as error:
            show_refusal(form, error)
        else:
            flash(f"{page.member.name}の収納 {found.amount:,}円を取り消しました。", "success")
            return redirect(_back_to_town(page)[1])
    facts = {
        "団体": page.member.name,
        "年度": page.label,
        "期": f"第{found.instalment}期" if found.instalment else "期を定めない",
        "種別": found.kind_label,
        "収納日": wareki(found.paid_on),
        "金額": f"{found.amount:,}円",
        "整理番号": found.reference_number or "なし",
        "備考": found.note or "なし",
    }
    rendered = render_template(
        "payment_void.html",
        form=form,
        payment=found,
        facts=list(facts.items()),
        back=_back_to_town(page),
        is_credit=found.kind.startswith("credited"),
    )
    return rendered, 400 if form.errors else 200
