"""締め: 仮締め, 本締め and 再開 of each fiscal year."""

from collections.abc import Callable
from datetime import date, datetime

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired

from consortium.clock import TOKYO
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError, InvalidTransitionError
from consortium.domain.fiscalyear.closing import STATES, STEPS, YearLock
from consortium.usecases import closings, year_closing
from consortium.usecases.viewer import Viewer
from consortium.web import context, locks
from consortium.web.access import guarded
from consortium.web.fields import Plain, WarekiDateField, plain_text
from consortium.web.forms import PortalForm, show_refusal

pages = Blueprint("closings", __name__, url_prefix="/closings")

#: Where an open point is settled, by its kind; of the year where the page has one.
_PLACES = {
    "report": "schedules.index",
    "round": "base_rounds.index",
    "question": "questions.index",
}
_PLACES_OF_YEAR = {"settlement": "settlements.show", "notice": "notices.year"}


class NoteForm(PortalForm):
    """仮締め・本締め: a remark may be left."""

    reason = StringField(
        "備考",
        [Plain("備考", 500, is_required=False)],
        filters=[plain_text],
        description="操作記録に残します。",
    )


class ReasonForm(PortalForm):
    """仮締めの取消し・再開を認めない: needs a reason."""

    reason = TextAreaField(
        "理由", [Plain("理由", 500)], filters=[plain_text], description="操作記録に残します。"
    )


class ReopeningForm(ReasonForm):
    """再開の申出."""

    last_day = WarekiDateField(
        "再開の期限",
        validators=[InputRequired("再開の期限を入力してください。")],
        description="この日まで変更できます。翌日に、自動で本締めに戻ります。例：令和9年9月30日",
    )


class ButtonForm(PortalForm):
    """再開を認める・本締めに戻す."""


FORMS: dict[str, type[PortalForm]] = {
    "close_soft": NoteForm,
    "lift": ReasonForm,
    "close_hard": NoteForm,
    "propose": ReopeningForm,
    "grant": ButtonForm,
    "refuse": ReasonForm,
    "close_again": ButtonForm,
}

#: What a step does, said before it is taken (手順の説明).
EXPLAINED = {
    "close_soft": "この年度の費用・財源・算定などを変えるとき、理由を書くようになります。"
    "承認者が取り消せます。",
    "lift": "理由を書かずに変更できる状態に戻します。",
    "close_hard": "この年度の費用・財源・算定・収納などは、だれも変更できなくなります。"
    "直すには、別の人が認める再開が要ります。",
    "propose": "別の人（承認者）が認めると、期限の日まで変更できます。"
    "直した結果は新しい版になり、前の版もそのまま残ります。",
    "grant": "期限の日まで、この年度の変更と新しい版の算定ができるようになります。",
    "refuse": "本締めのままにします。",
    "close_again": "期限を待たずに本締めに戻します。",
}

DONE = {
    "close_soft": "仮締めしました。これからの変更には理由が要ります。",
    "lift": "仮締めを取り消しました。",
    "close_hard": "本締めしました。この年度は変更できません。",
    "propose": "再開を申し出ました。承認者の決定を待ちます。",
    "grant": "再開を認めました。期限の日まで変更できます。",
    "refuse": "再開を認めませんでした。",
    "close_again": "本締めに戻しました。",
}


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    today = context.today()
    return render_template(
        "closings.html",
        page=year_closing.show_index(context.viewer(), today),
        state=lambda lock: STATES[lock.state(today)],
        outcome=_outcome,
        day_of=locks.day_of,
        by=_by,
        on=_day,
    )


def _by(lock: YearLock) -> str:
    closing = lock.hard or lock.soft
    return "" if closing is None else closing.by_name or closing.by


def _day(at: datetime) -> date:
    return at.astimezone(TOKYO).date()


def _outcome(past: year_closing.PastReopening) -> str:
    """Say how a reopening went (再開の結果)."""
    if past.refused_at is not None:
        return f"認めない（{past.answer}）"
    if past.ended_at is not None:
        return "終了" if past.granted_at is not None else "期限切れ"
    over = past.last_day < context.today()
    if past.granted_at is None:
        return "期限切れ" if over else "決定待ち"
    return "終了" if over else f"再開中（{past.granted_by}が承認）"


@pages.get("/<year:year>")
@guarded
def year(year: FiscalYear) -> ResponseReturnValue:
    return _page(year, {}), 200


def _page(year: FiscalYear, sent: dict[str, PortalForm]) -> str:
    viewer, today = context.viewer(), context.today()
    page = year_closing.show_year(viewer, year, today)
    return render_template(
        "closing.html",
        page=page,
        state=STATES[page.lock.state(today)],
        forms={step: sent.get(step) or _form(step, fresh=True) for step in page.steps},
        form=next(iter(sent.values()), None),
        labels={name: step.label for name, step in STEPS.items()},
        explained=EXPLAINED,
        words=closings.closed_words(page.lock),
        links=_links(page, year),
    )


def _form(step: str, *, fresh: bool = False) -> PortalForm:
    # Two forms of a page must not share the ids of their fields.
    return FORMS[step](None, prefix=f"{step}-") if fresh else FORMS[step](prefix=f"{step}-")


def _links(page: year_closing.YearPage, year: FiscalYear) -> list[tuple[str, str]]:
    """Give each open point with the page that settles it, where there is one."""
    return [(point.text, _place(point, year)) for point in page.open]


def _place(point: year_closing.OpenPoint, year: FiscalYear) -> str:
    if point.kind == "run":
        return url_for("runs.show", run_id=point.id)
    if point.kind in _PLACES_OF_YEAR:
        return url_for(_PLACES_OF_YEAR[point.kind], year=year)
    return url_for(_PLACES[point.kind])


# ---- the steps -----------------------------------------------------------------------------------


def _taken(
    year: FiscalYear, step: str, take: Callable[[Viewer, PortalForm, datetime], None]
) -> ResponseReturnValue:
    """Take a step with what its form says; nothing typed is lost where it is refused."""
    form, status = _form(step), 400
    if form.validate_on_submit():
        try:
            take(context.viewer(), form, context.now())
        except (BadInputError, InvalidTransitionError) as error:
            show_refusal(form, error)
            status = 409 if isinstance(error, InvalidTransitionError) else 400
        else:
            flash(DONE[step], "success")
            return redirect(url_for(".year", year=year))
    return _page(year, {step: form}), status


def _text(form: PortalForm) -> str:
    return str(form["reason"].data or "")


@pages.post("/<year:year>/close-soft")
@guarded
def close_soft(year: FiscalYear) -> ResponseReturnValue:
    return _taken(
        year,
        "close_soft",
        lambda who, form, now: year_closing.close_soft(who, year, _text(form), now),
    )


@pages.post("/<year:year>/lift")
@guarded
def lift(year: FiscalYear) -> ResponseReturnValue:
    return _taken(
        year, "lift", lambda who, form, now: year_closing.lift(who, year, _text(form), now)
    )


@pages.post("/<year:year>/close-hard")
@guarded
def close_hard(year: FiscalYear) -> ResponseReturnValue:
    return _taken(
        year,
        "close_hard",
        lambda who, form, now: year_closing.close_hard(who, year, _text(form), now),
    )


@pages.post("/<year:year>/propose")
@guarded
def propose(year: FiscalYear) -> ResponseReturnValue:
    return _taken(
        year,
        "propose",
        lambda who, form, now: year_closing.propose_reopening(
            who, year, _text(form), form["last_day"].data, now
        ),
    )


@pages.post("/<year:year>/grant")
@guarded
def grant(year: FiscalYear) -> ResponseReturnValue:
    return _taken(year, "grant", lambda who, _, now: year_closing.grant_reopening(who, year, now))


@pages.post("/<year:year>/refuse")
@guarded
def refuse(year: FiscalYear) -> ResponseReturnValue:
    return _taken(
        year,
        "refuse",
        lambda who, form, now: year_closing.refuse_reopening(who, year, _text(form), now),
    )


@pages.post("/<year:year>/close-again")
@guarded
def close_again(year: FiscalYear) -> ResponseReturnValue:
    return _taken(year, "close_again", lambda who, _, now: year_closing.close_again(who, year, now))
