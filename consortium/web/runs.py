"""算定: list, create, show, explain, and the steps from 下書き to 発行."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from consortium.clock import TOKYO
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError, DomainError, InvalidTransitionError, StaleError
from consortium.domain.fiscalyear.run import STAGES, available
from consortium.usecases import matrix, runs
from consortium.usecases.costs import STAGES as COST_STAGES
from consortium.usecases.kinds import KINDS
from consortium.usecases.reporting import Worker
from consortium.usecases.runs import RunPage, RunsPage
from consortium.usecases.ticking import process_name
from consortium.web import comparing, context, locks
from consortium.web.access import guarded
from consortium.web.asking import asked_of_run, asking_about
from consortium.web.explaining import explained
from consortium.web.failures import status_of
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.progress import progress_of
from consortium.web.svg import Series, StackedBars, stacked_bars

pages = Blueprint("runs", __name__, url_prefix="/runs")
pages.add_url_rule("/compare", view_func=comparing.compare, methods=["GET"])
pages.add_url_rule("/compare/causes", view_func=comparing.causes, methods=["GET"])

#: What the chain calls a step, as people read it (経過の言葉).
ACTIONS = {
    "run.draft": "下書きの作成",
    "run.discard": "破棄",
    "run.recalculate": "計算し直し",
    "run.submit": "審査に出す",
    "run.send_back": "差し戻し",
    "run.approve": "承認",
    "run.withdraw": "承認の取消し",
    "run.order_issue": "発行の指示",
    "report.order": "文書の発行の指示",
    "statement.issue": "発行台帳への記載",
    "run.issue": "発行",
    "run.supersede": "失効",
    "statement.cancel": "発行の取消し",
}


#: What the drafter is told when a run came back, by the last line of its history.
RETURNED = {
    "run.send_back": "差し戻されました",
    "run.withdraw": "承認が取り消されました",
}


#: Who acts next, where the viewer cannot (次に行う人).
WAITS = {
    "draft": "担当者が審査に出すのを待っています。",
    "in_review": "承認者の確認を待っています。",
    "approved": "承認者による発行を待っています。",
}


class NewRunForm(PortalForm):
    """算定の作成."""

    year = SelectField(
        "年度",
        [InputRequired("年度を選んでください。")],
        coerce=int,
        description="費目を登録した年度から選びます。",
    )
    stage = SelectField(
        "段階", [InputRequired("段階を選んでください。")], choices=dict(COST_STAGES)
    )
    reason = TextAreaField(
        "理由",
        [Length(max=500, message="理由は500文字までで書いてください。")],
        description="同じ段階の第2版以降では必ず書いてください。操作記録と算定の画面に残り、団体の負担金の画面にも出ます。",
    )


class ReasonForm(PortalForm):
    """差し戻し・承認の取消し."""

    seen = HiddenField()
    reason = TextAreaField(
        "理由",
        [
            InputRequired("作成者に伝える理由を書いてください。"),
            Length(max=500, message="理由は500文字までで書いてください。"),
        ],
        description="作成者の画面に表示し、操作記録に残します。",
    )


class StepForm(PortalForm):
    """一つのボタンで終わる手順."""

    seen = HiddenField()


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    page = runs.list_runs(context.viewer())
    return render_template(
        "runs.html",
        page=page,
        bars=_bars(page),
        codes=[code for code, _ in page.payers],
        columns=["年度", ("合計", "num"), *((name, "num") for _, name in page.payers)],
        issued_on=_issued_on,
        stages=STAGES,
        year_name=partial(fiscal_year_label, overrides=page.year_labels),
    )


def _issued_on(run: runs.Run) -> date | None:
    return run.issued_at.astimezone(TOKYO).date() if run.issued_at else None


def _bars(page: RunsPage) -> StackedBars | None:
    """Lay out who paid how much each year, or nothing before the first issue."""
    if not page.issued:
        return None
    years = list(page.issued)
    series = [
        Series(name, tuple(page.issued[year].get(code) for year in years))
        for code, name in page.payers
    ]
    return stacked_bars(years, series)


@pages.route("/new", methods=["GET", "POST"])
@guarded
def create() -> ResponseReturnValue:
    viewer = context.viewer()
    page = runs.show_new(viewer)
    names = [(year.start_year, fiscal_year_label(year, page.year_labels)) for year in page.years]
    given = {"year": request.args.get("year", type=int), "stage": request.args.get("stage")}
    form = NewRunForm(data={key: value for key, value in given.items() if value})
    form.year.choices = names
    status = 400
    if form.validate_on_submit():
        year = FiscalYear(form.year.data)
        reason = form.reason.data or ""
        try:
            run_id = runs.create_run(
                viewer, year, form.stage.data, now=context.now(), reason=reason
            )
        except DomainError as error:
            show_refusal(form, error)
            status = status_of(error)
        else:
            flash("算定の下書きを作成しました。額を確かめて、審査に出してください。", "success")
            return redirect(url_for(".show", run_id=run_id))
    return render_template("run_new.html", form=form, page=page), status if form.errors else 200


@pages.get("/<uuid:run_id>")
@guarded
def show(run_id: str) -> ResponseReturnValue:
    return _shown(run_id)


def _shown(run_id: str, refusal: DomainError | None = None) -> ResponseReturnValue:
    """Draw a run as it is now, with why a step was not taken."""
    viewer = context.viewer()
    page = runs.show_run(viewer, run_id)
    run, result = page.run, page.result
    locks.note(run.year)
    steps = available(
        run.state,
        viewer.role,
        actor=viewer.user_id,
        drafted_by=run.drafted_by,
        allows_own=viewer.is_one_person,
    )
    return _drawn(
        "run.html",
        page,
        200 if refusal is None else status_of(refusal),
        refusal=refusal,
        steps=() if locks.is_locked() else steps,
        recalculation=StepForm(data={"seen": run.document_sha256}),
        progress=progress_of(run),
        rows=matrix.rows_of(result),
        columns=[(party.name, "num") for party in result.parties],
        waits=WAITS,
        months_text=matrix.months_text,
        rule_notes=matrix.rule_notes(result),
        bases=matrix.basis_tables(result),
        actions=ACTIONS,
        returned=_returned(page),
        cancelled=_cancelled(page),
        is_own_draft=viewer.user_id == run.drafted_by,
        **asked_of_run(run),
    )


def _returned(page: RunPage) -> tuple[str, str] | None:
    """Give how and why a draft came back to its drafter, None if it did not."""
    if not page.history or page.history[-1].action not in RETURNED:
        return None
    last = page.history[-1]
    return RETURNED[last.action], last.reason


def _cancelled(page: RunPage) -> tuple[datetime, str, str] | None:
    """Give when, by whom and why the issue was cancelled, None while it stands (取消し)."""
    # A notice based on the run is cancelled by its number, the issue by year, stage and edition;
    # how the year is written has changed, so only the rest of the name is looked at.
    run = page.run
    name = f" {STAGES[run.stage]} 第{run.edition}版の取消し"
    found = (line for line in page.history if run.is_void and line.title.endswith(name))
    return next(((line.at, line.actor, line.reason) for line in found), None)


def _drawn(template: str, page: RunPage, status: int = 200, **more: object) -> ResponseReturnValue:
    run = page.run
    year_name = fiscal_year_label(run.year, page.year_labels)
    title = f"{year_name} {STAGES[run.stage]} 第{run.edition}版の算定"
    drawn = render_template(
        template,
        page=page,
        run=run,
        result=page.result,
        run_title=title,
        stage=STAGES[run.stage],
        state=run.state_name,
        **more,
    )
    return drawn, status


@pages.get("/<uuid:run_id>/why/<int:item_no>/<code:payer>")
@guarded
def why(run_id: str, item_no: int, payer: str) -> ResponseReturnValue:
    cell = runs.explain_cell(context.viewer(), run_id, item_no, payer)
    run = cell.run
    title = f"{fiscal_year_label(run.year, cell.year_labels)} {STAGES[run.stage]}"
    back = (f"{title} 第{run.edition}版の算定", url_for(".show", run_id=run.id))
    return render_template(
        "why.html",
        cell=explained(cell),
        run=run,
        state=run.state_name,
        breadcrumbs=[("算定", url_for(".index")), back],
        link=partial(url_for, ".why", run_id=run.id),
        **asking_about(cell),
    )


def _seen() -> str:
    """Give the hash of the result that the page of the button showed (見た算定書)."""
    return request.form.get("seen", "")


def _asking(
    template: str, run_id: str, form: ReasonForm | StepForm, status: int = 200
) -> ResponseReturnValue:
    """Draw a page that asks before a step; a page drawn again keeps what was seen at first."""
    page = runs.show_run(context.viewer(), run_id)
    locks.note(page.run.year)
    if request.method == "GET":
        form.seen.data = page.run.document_sha256
    return _drawn(template, page, status, form=form)


@pages.post("/<uuid:run_id>/recalculate")
@guarded
def recalculate(run_id: str) -> ResponseReturnValue:
    done = "いまの費用・負担ルール・算定基礎で計算し直しました。"
    return _stepped(run_id, runs.recalculate, done)


@pages.post("/<uuid:run_id>/submit")
@guarded
def submit(run_id: str) -> ResponseReturnValue:
    move = partial(runs.move, step="submit")
    return _stepped(run_id, move, "審査に出しました。承認者の確認を待ちます。")


@pages.post("/<uuid:run_id>/approve")
@guarded
def approve(run_id: str) -> ResponseReturnValue:
    move = partial(runs.move, step="approve")
    return _stepped(run_id, move, "承認しました。続けて発行できます。")


def _stepped(run_id: str, step: Callable[..., object], done: str) -> ResponseReturnValue:
    """Take a step of one button; a refusal stands on the page of the run."""
    try:
        step(context.viewer(), run_id, seen=_seen(), now=context.now())
    except DomainError as error:
        return _shown(run_id, error)
    flash(done, "success")
    return redirect(url_for(".show", run_id=run_id))


@pages.route("/<uuid:run_id>/send-back", methods=["GET", "POST"])
@guarded
def send_back(run_id: str) -> ResponseReturnValue:
    done = "差し戻しました。作成者の画面に理由を表示します。"
    return _step_back(run_id, "send_back", "run_send_back.html", done)


@pages.route("/<uuid:run_id>/withdraw", methods=["GET", "POST"])
@guarded
def withdraw(run_id: str) -> ResponseReturnValue:
    done = "承認を取り消し、下書きに戻しました。作成者の画面に理由を表示します。"
    return _step_back(run_id, "withdraw", "run_withdraw.html", done)


def _step_back(run_id: str, step: str, template: str, done: str) -> ResponseReturnValue:
    """Give a run back to its drafter with a reason, which no refusal loses."""
    form, status = ReasonForm(), 400
    if form.validate_on_submit():
        given = {"seen": form.seen.data or "", "now": context.now(), "reason": form.reason.data}
        try:
            runs.move(context.viewer(), run_id, step, **given)
        except (BadInputError, StaleError) as error:
            show_refusal(form, error)
            status = status_of(error)
        except InvalidTransitionError as error:
            return _shown(run_id, error)
        else:
            flash(done, "success")
            return redirect(url_for(".show", run_id=run_id))
    return _asking(template, run_id, form, status if form.errors else 200)


@pages.route("/<uuid:run_id>/discard", methods=["GET", "POST"])
@guarded
def discard(run_id: str) -> ResponseReturnValue:
    locks.note(runs.show_run(context.viewer(), run_id).run.year)
    form = StepForm()
    if form.validate_on_submit():
        seen = form.seen.data or ""
        try:
            run = runs.discard(context.viewer(), run_id, seen=seen, now=context.now())
        except DomainError as error:
            return _shown(run_id, error)
        flash(f"{run.title}の下書きを破棄しました。操作記録には残っています。", "success")
        return redirect(url_for(".index"))
    return _asking("run_discard.html", run_id, form)


@pages.route("/<uuid:run_id>/issue", methods=["GET", "POST"])
@guarded
def issue(run_id: str) -> ResponseReturnValue:
    form = StepForm()
    if not form.validate_on_submit():
        return _asking("run_issue.html", run_id, form)
    seen = form.seen.data or ""
    try:
        run = runs.issue(context.viewer(), run_id, seen=seen, worker=_worker(), kinds=KINDS)
    except DomainError as error:
        return _shown(run_id, error)
    if run.state == "issued":
        flash("発行しました。各団体の画面で受け取れます。", "success")
        return redirect(url_for(".show", run_id=run_id))
    flash("発行を指示しました。この画面を閉じても、明細書の作成は続きます。", "info")
    report = runs.show_run(context.viewer(), run_id).report
    if report is None:
        return redirect(url_for(".show", run_id=run_id))
    return redirect(url_for("report_runs.show", report_id=report.id))


def _worker() -> Worker:
    """Give the worker of this process: files in the instance folder, time from the app's clock."""
    config = current_app.config
    mailer, instance = config["MAILER"], config["INSTANCE_DIR"]
    return Worker(process_name(), config["FILES_DIR"], context.now, mailer, instance)
