"""帳票の作成: what is being made, how far it is, what failed; trying again and making anew."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Final

from flask import Blueprint, flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField, TextAreaField
from wtforms.validators import InputRequired

from consortium.clock import TOKYO
from consortium.domain.calendar.wareki import wareki, wareki_short
from consortium.domain.errors import DomainError
from consortium.usecases import kinds, report_runs
from consortium.usecases.report_runs import ReportLine
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.failures import status_of
from consortium.web.fields import Plain, plain_text
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.notices import maker
from consortium.web.rights import may

pages = Blueprint("report_runs", __name__, url_prefix="/report-runs")

#: What happened to a report run, as people read it (経過の言葉).
EVENTS: Final = {
    "claim": "作成を始めた",
    "publish": "公開した",
    "lease_lost": "作成が中断した",
    "wait": "待機した",
    "error": "作成できなかった",
    "retry": "再試行の指示",
    "cancel": "作成の取消し",
}


class ReasonForm(PortalForm):
    """帳票の再作成、作成の取消し."""

    reason = TextAreaField(
        "理由",
        [Plain("理由", 500)],
        filters=[plain_text],
        description="操作記録と、この帳票の作成の状況に残します。ファイルには書きません。",
    )

    @property
    def is_locked(self) -> bool:
        """Never: a report changes no figure of its year."""
        return False


class PeriodForm(PortalForm):
    """期間を選んで作成."""

    chosen = SelectField(
        "帳票と対象",
        [InputRequired("帳票と対象を選んでください。")],
        description="終わった期間のうち、まだ作成していないものです。いまの登録と額で作成し、全団体に出します。",
    )

    @property
    def is_locked(self) -> bool:
        """Never: a report changes no figure of its year."""
        return False


def shown_name(line: ReportLine) -> str:
    """Name a report with its period (帳票と対象)."""
    return f"{kinds.title_of(line.kind)}　{kinds.period_name(line.period_key)}"


def progress_text(line: ReportLine) -> str:
    """Say how far a report is, in towns or files (進み)."""
    if line.is_out:
        return f"{line.made}件のファイルができました。"
    if line.state == "cancelled":
        return "作成を取り消しました。"
    if line.total is None:
        return "作成の順番を待っています。" if line.is_open else "ファイルはまだありません。"
    return f"{line.total}件のうち{line.made}件ができました。"


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    page = report_runs.list_reports(context.viewer())
    return render_template("report_runs.html", page=page, **_words())


@pages.route("/new", methods=["GET", "POST"])
@guarded
def new() -> ResponseReturnValue:
    viewer, form = context.viewer(), PeriodForm()
    missing = report_runs.missing_periods(viewer, context.now())
    form.chosen.choices = {
        kinds.title_of(kind): [
            (f"{kind} {each.key}", f"{kinds.title_of(kind)}　{each.name}") for each in periods
        ]
        for kind, periods in missing.items()
    }
    # A form sent twice names what the first one made, which is offered no more.
    form.chosen.validate_choice = False
    status = 400
    if form.validate_on_submit():
        kind, _, key = str(form.chosen.data).partition(" ")
        try:
            line = report_runs.make_period(viewer, kind, key, maker())
        except DomainError as error:
            show_refusal(form, error)
            status = status_of(error)
        else:
            _say(line)
            return redirect(url_for(".show", report_id=line.id))
    return render_template("report_new.html", form=form), status if form.errors else 200


@pages.get("/<uuid:report_id>")
@guarded
def show(report_id: str) -> ResponseReturnValue:
    return _shown(report_id)


def _shown(report_id: str, refusal: DomainError | None = None) -> ResponseReturnValue:
    page = report_runs.show_report(context.viewer(), report_id)
    rendered = render_template(
        "report_run.html",
        page=page,
        line=page.line,
        phase=_phase(page.line),
        events=EVENTS,
        refusal=refusal,
        **_words(),
    )
    return rendered, 200 if refusal is None else status_of(refusal)


def _why(line: ReportLine) -> str:
    """Say what asked for a report (きっかけ)."""
    if line.reason:
        return "再作成の指示"
    if line.is_scheduled:
        return "配信予定"
    return "期間を選んで作成" if line.kind in report_runs.REMADE else "発行の指示"


def _at(at: datetime, day_in_words: Callable[[date], str] = wareki) -> str:
    """Write an instant in Japan time, to the minute (日時)."""
    local = at.astimezone(TOKYO)
    return f"{day_in_words(local.date())} {local:%H:%M}"


#: What the templates say, by name.
WORDS: Final = {
    "name": shown_name,
    "title": kinds.title_of,
    "period": kinds.period_name,
    "progress": progress_text,
    "why": _why,
    "at": _at,
    "at_short": partial(_at, day_in_words=wareki_short),
}


def _words() -> dict[str, object]:
    return {
        "words": WORDS,
        "states": kinds.REPORT_STATES,
        "may_retry": may("report_runs.retry"),
        "may_make": may("report_runs.new"),
    }


@pages.get("/<uuid:report_id>/progress")
@guarded
def progress(report_id: str) -> ResponseReturnValue:
    line = report_runs.progress(context.viewer(), report_id)
    return jsonify(
        state=line.state,
        made=line.made,
        total=line.total,
        text=progress_text(line),
        # The page draws itself anew once there is more to say than how many.
        phase=_phase(line),
    )


def _phase(line: ReportLine) -> str:
    if not line.is_open:
        return "over"
    return "waiting" if line.needs_a_person else "moving"


@pages.post("/<uuid:report_id>/retry")
@guarded
def retry(report_id: str) -> ResponseReturnValue:
    report_runs.retry(context.viewer(), report_id, context.now())
    flash("もう一度作成します。次の確認（30秒ごと）で始まります。", "success")
    return redirect(url_for(".show", report_id=report_id))


@pages.post("/<uuid:report_id>/run-now")
@guarded
def run_now(report_id: str) -> ResponseReturnValue:
    try:
        line = report_runs.run_now(context.viewer(), report_id, maker())
    except DomainError as error:
        return _shown(report_id, error)
    _say(line)
    return redirect(url_for(".show", report_id=report_id))


def _say(line: ReportLine) -> None:
    if line.is_out:
        flash("作成し、公開しました。", "success")
    elif line.wait_reason:
        flash(
            f"まだ作成できません（{line.wait_reason}）。整いしだい、自動で作成します。", "warning"
        )
    else:
        flash("作成を指示しました。この画面を閉じても、作成は続きます。", "info")


@pages.route("/<uuid:report_id>/remake", methods=["GET", "POST"])
@guarded
def remake(report_id: str) -> ResponseReturnValue:
    viewer, form, status = context.viewer(), ReasonForm(), 400
    page = report_runs.show_report(viewer, report_id)
    if form.validate_on_submit():
        try:
            line = report_runs.remake(viewer, report_id, form.reason.data or "", maker())
        except DomainError as error:
            show_refusal(form, error)
            status = status_of(error)
        else:
            _say(line)
            return redirect(url_for(".show", report_id=line.id))
    rendered = render_template(
        "report_remake.html", page=page, line=page.line, form=form, **_words()
    )
    return rendered, status if form.errors else 200


@pages.route("/<uuid:report_id>/cancel", methods=["GET", "POST"])
@guarded
def cancel(report_id: str) -> ResponseReturnValue:
    viewer, form, status = context.viewer(), ReasonForm(), 400
    if form.validate_on_submit():
        try:
            report_runs.cancel(viewer, report_id, form.reason.data or "", context.now())
        except DomainError as error:
            show_refusal(form, error)
            status = status_of(error)
        else:
            flash("作成を取り消しました。この対象期間は、自動では作成しません。", "success")
            return redirect(url_for(".show", report_id=report_id))
    page = report_runs.show_report(viewer, report_id)
    rendered = render_template(
        "report_cancel.html", page=page, line=page.line, form=form, **_words()
    )
    return rendered, status if form.errors else 200
