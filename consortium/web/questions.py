"""質疑: questions on an amount, what was answered, and the files sent with them."""

from contextlib import closing
from functools import partial
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from werkzeug.http import dump_options_header
from wtforms import TextAreaField

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import (
    BadInputError,
    DomainError,
    InvalidTransitionError,
    StaleError,
)
from consortium.domain.fiscalyear.run import STAGES
from consortium.usecases import questions
from consortium.usecases.questions import About, Upload, Words
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.fields import Plain, plain_text
from consortium.web.forms import show_refusal
from consortium.web.records import NewRecordForm, SeenForm
from consortium.web.rights import may
from consortium.web.year_links import year_links

pages = Blueprint("questions", __name__, url_prefix="/questions")

#: What a page calls the text of a step, and what it says once the step is taken.
TEXTS = {
    "answer": ("回答", "回答を送りました。質問した側の画面に表示します。"),
    "ask_again": ("質問", "続けて質問しました。回答を待ちます。"),
    "close": ("ひとこと", "質疑を終了しました。やり取りは残ります。"),
    "withdraw": ("理由", "質疑を取り下げました。やり取りは残ります。"),
    "overrule": ("見送る理由", "理由を記して、回答を見送りました。"),
}


class QuestionForm(NewRecordForm):
    """質問."""

    text = TextAreaField("質問", [Plain("質問", 2000)], filters=[plain_text])
    file = FileField("添付ファイル", description="Excel・PDF・CSV・PNG・JPEG、5MBまで1つ。")

    def words(self) -> Words:
        """Give what was written, for the use case."""
        return Words(self.text.data, self.record_id.data, self._upload())

    def _upload(self) -> Upload | None:
        if not self.file.data:
            return None
        with closing(self.file.data) as sent:
            # A byte more than the limit: the reader of attachments says what is too large.
            return Upload(sent.filename or "", sent.read(questions.MAX_BYTES + 1))


class EntryForm(SeenForm, QuestionForm):
    """回答・続けての質問・終了・取下げ・見送り."""


# ---- reading -------------------------------------------------------------------------------------


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    return _listed(None)


@pages.get("/<year:fiscal_year>")
@guarded
def year(fiscal_year: FiscalYear) -> ResponseReturnValue:
    return _listed(fiscal_year)


def _listed(chosen: FiscalYear | None) -> ResponseReturnValue:
    page = questions.list_questions(context.viewer(), chosen)
    years = year_links(page.years, chosen, lambda each: url_for(".year", fiscal_year=each))
    return render_template(
        "questions.html",
        page=page,
        years=[{"label": "すべて", "url": url_for(".index"), "current": chosen is None}, *years],
        **_names(page.year_labels),
    )


def _names(labels: Any) -> dict[str, Any]:
    return {
        "stages": STAGES,
        "states": questions.STATES,
        "kinds": questions.KINDS,
        "year_name": partial(fiscal_year_label, overrides=labels),
    }


@pages.get("/<uuid:question_id>")
@guarded
def show(question_id: str) -> ResponseReturnValue:
    return _drawn(question_id)


def _drawn(
    question_id: str, sent: EntryForm | None = None, step: str = "", status: int = 200
) -> ResponseReturnValue:
    """Draw a question with a form for each step; a refused form keeps what was typed."""
    page = questions.show_question(context.viewer(), question_id)
    forms = {}
    for name in page.steps:
        form = sent if sent is not None and name == step else _fresh(page.question.row_version)
        form.text.label.text = TEXTS[name][0]
        form.renew()
        if form is sent:
            form.see(page.question.row_version)
        forms[name] = form
    rendered = render_template(
        "question.html",
        page=page,
        question=page.question,
        forms=forms,
        lost=sent if sent is not None and step not in page.steps else None,
        labels={name: each.label for name, each in questions.STEPS.items()},
        accept=questions.ACCEPT,
        may_open_run=may("runs.show"),
        **_names(page.year_labels),
    )
    return rendered, status


def _fresh(row_version: int) -> EntryForm:
    return EntryForm(formdata=None, data={"row_version": row_version})


# ---- asking --------------------------------------------------------------------------------------


@pages.route("/about/<uuid:run_id>/<code:code>", methods=["GET", "POST"])
@guarded
def ask(run_id: str, code: str) -> ResponseReturnValue:
    return _ask(About(run_id, None, code))


@pages.route("/about/<uuid:run_id>/<code:code>/<int:item_no>", methods=["GET", "POST"])
@guarded
def ask_item(run_id: str, code: str, item_no: int) -> ResponseReturnValue:
    return _ask(About(run_id, item_no, code))


def _ask(about: About) -> ResponseReturnValue:
    viewer = context.viewer()
    subject = questions.show_subject(viewer, about)
    form = QuestionForm()
    if form.validate_on_submit():
        try:
            question_id = questions.ask(
                viewer, about, form.words(), now=context.now(), folder=_folder()
            )
        except BadInputError as error:
            show_refusal(form, error)
        else:
            flash("質問しました。回答は、この画面と、その額の画面に表示します。", "success")
            return redirect(url_for(".show", question_id=question_id))
    form.renew()
    rendered = render_template(
        "question_new.html",
        form=form,
        subject=subject,
        accept=questions.ACCEPT,
        is_from_town=viewer.is_member,
        **_names(subject.year_labels),
    )
    return rendered, 400 if form.errors else 200


def _folder() -> Any:
    return current_app.config["FILES_DIR"]


# ---- going on ------------------------------------------------------------------------------------


@pages.post("/<uuid:question_id>/answer")
@guarded
def answer(question_id: str) -> ResponseReturnValue:
    return _write(question_id, "answer")


@pages.post("/<uuid:question_id>/ask-again")
@guarded
def ask_again(question_id: str) -> ResponseReturnValue:
    return _write(question_id, "ask_again")


@pages.post("/<uuid:question_id>/close")
@guarded
def close(question_id: str) -> ResponseReturnValue:
    return _write(question_id, "close")


@pages.post("/<uuid:question_id>/withdraw")
@guarded
def withdraw(question_id: str) -> ResponseReturnValue:
    return _write(question_id, "withdraw")


@pages.post("/<uuid:question_id>/overrule")
@guarded
def overrule(question_id: str) -> ResponseReturnValue:
    return _write(question_id, "overrule")


def _write(question_id: str, step: str) -> ResponseReturnValue:
    viewer = context.viewer()
    form = EntryForm()
    form.text.validators = [
        Plain(TEXTS[step][0], 2000, is_required=questions.STEPS[step].needs_text)
    ]
    if not form.validate_on_submit():
        return _drawn(question_id, form, step, 400)
    try:
        questions.write(
            viewer,
            question_id,
            step,
            form.row_version.data,
            form.words(),
            now=context.now(),
            folder=_folder(),
        )
    except (BadInputError, StaleError, InvalidTransitionError) as error:
        show_refusal(form, error)
        return _drawn(question_id, form, step, _status(error))
    flash(TEXTS[step][1], "success")
    return redirect(url_for(".show", question_id=question_id))


def _status(error: DomainError) -> int:
    return 400 if isinstance(error, BadInputError) else 409


# ---- files ---------------------------------------------------------------------------------------


@pages.get("/files/<uuid:attachment_id>")
@guarded
def download(attachment_id: str) -> ResponseReturnValue:
    found = questions.fetch(context.viewer(), attachment_id, _folder())
    response = Response(found.content, content_type=found.media_type)
    names = {
        "filename": found.ascii_name,
        "filename*": f"UTF-8''{quote(found.display_name, safe='')}",
    }
    response.headers["Content-Disposition"] = dump_options_header("attachment", names)
    return response
