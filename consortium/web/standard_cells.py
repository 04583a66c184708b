"""標準化 of one 業務 of one town: the 40 steps, answers to what is asked, how it is done."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, ValidationError

from consortium.domain.calendar.period import Month
from consortium.domain.calendar.wareki import wareki, wareki_month
from consortium.domain.errors import (
    BadInputError,
    InvalidTransitionError,
    NotFoundError,
    StaleError,
)
from consortium.domain.standardisation.business import STATES, STEPS
from consortium.domain.standardisation.flags import ANSWERS
from consortium.usecases import standard_cells
from consortium.usecases.standard_cells import Asked, CellPage, Rollout, Said
from consortium.usecases.standardisation import REASONS
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.failures import failure_page
from consortium.web.fields import ChoiceField, Plain, WarekiDateField, plain_text
from consortium.web.forms import show_refusal
from consortium.web.records import NewRecordForm, Page, SeenForm, conflict_page, form_page
from consortium.web.rights import may
from consortium.web.standardisation import month_asked, segments
from consortium.web.standardisation import pages as pages

_APPLICABLE = {"": "未確認", "yes": "対象", "no": "対象外"}


class AnswerForm(NewRecordForm):
    """指摘への回答."""

    month = HiddenField()
    kind = HiddenField()
    own = HiddenField()
    other = HiddenField()
    answer = RadioField(
        "回答",
        [InputRequired("回答を選んでください。")],
        choices={each: each for each in ANSWERS},
    )
    note = TextAreaField(
        "説明",
        [Plain("説明", 500, is_required=False)],
        filters=[plain_text],
        description="「対象外」と「その他」のときは、訳を書いてください。",
    )

    def said(self) -> Said:
        """Give what was answered, for the use case. Raises: ValueError for changed numbers."""
        numbers = (int(self.own.data or ""), int(self.other.data or ""))
        return Said(self.kind.data or "", numbers, self.answer.data, self.note.data or "")


class StatesForm(SeenForm):
    """40ステップの状態."""

    month = HiddenField()


for _no in range(1, STEPS + 1):
    _needed = [InputRequired("状態を選んでください。")]
    setattr(StatesForm, f"step_{_no}", SelectField(f"{_no}番目のステップ", _needed, choices=STATES))


class RolloutForm(SeenForm):
    """稼働の記録."""

    applicable = RadioField("対象か", choices=_APPLICABLE)
    reason = StringField(
        "対象外の理由", [Plain("対象外の理由", 200, is_required=False)], filters=[plain_text]
    )
    service_id = ChoiceField("使うシステム")
    go_live_on = WarekiDateField(
        "稼働日", description="標準準拠システムを使い始めた日。まだなら空欄。"
    )
    is_pilot = BooleanField("共同サービスの利用開始より前の先行稼働")
    wave = StringField("業務の波", [Plain("業務の波", 60, is_required=False)], filters=[plain_text])
    transition_reason = ChoiceField("特定移行の事由")

    def validate_applicable(self, field: RadioField) -> None:
        """Refuse what is none of the choices."""
        if field.data not in _APPLICABLE:
            raise ValidationError("一覧から選んでください。")


@pages.get("/towns/<code:code>/<string:business>")
@guarded
def cell(code: str, business: str) -> ResponseReturnValue:
    try:
        page = standard_cells.show_cell(context.viewer(), code, business, month_asked())
    except NotFoundError as error:
        return failure_page(404, text=f"{error.found}{error.todo}")
    return _cell(page, None)


def _cell(page: CellPage, refused: AnswerForm | None) -> ResponseReturnValue:
    """Draw the page; a refused answer keeps its place with what was typed."""
    forms: list[tuple[Asked, AnswerForm | None]] = []
    place = _place(page, refused)
    for asked in page.asked:
        if asked.is_open and may("standardisation.answer"):
            flag = asked.flag
            data = {"month": page.month, "kind": flag.kind, "own": flag.own, "other": flag.other}
            is_same = refused is not None and asked is place
            form = refused if is_same and refused else AnswerForm(formdata=None, data=data)
            form.renew()
            forms.append((asked, form))
        else:
            forms.append((asked, None))
    rendered = render_template(
        "standardisation_cell.html",
        page=page,
        forms=forms,
        month_name=wareki_month,
        segments=segments,
        states=STATES,
        recorded=_in_words(page.rollout, page),
        links=[
            {
                "label": wareki_month(each),
                "url": _address(page, each),
                "current": each == page.month,
            }
            for each in page.months
        ],
        may_enter=may("standardisation.states"),
    )
    return rendered, 400 if refused is not None and refused.errors else 200


def _place(page: CellPage, refused: AnswerForm | None) -> Asked | None:
    """Give the question a refused answer stands at: its own, else the first left of its kind."""
    if refused is None:
        return None
    found = [each for each in page.asked if each.is_open and each.flag.kind == refused.kind.data]
    sent = (refused.own.data, refused.other.data)
    own = (each for each in found if tuple(map(str, each.flag.numbers)) == sent)
    return next(own, found[0] if found else None)


def _address(page: CellPage, month: Month | None = None) -> str:
    return url_for(
        ".cell", code=page.town.code, business=page.business.key, month=month or page.month
    )


def _applicable(rollout: Rollout) -> str:
    return _APPLICABLE[_key(rollout)]


def _key(rollout: Rollout) -> str:
    return {None: "", True: "yes", False: "no"}[rollout.is_applicable]


@pages.post("/towns/<code:code>/<string:business>/answer")
@guarded
def answer(code: str, business: str) -> ResponseReturnValue:
    form, viewer = AnswerForm(), context.viewer()
    try:
        page = standard_cells.show_cell(viewer, code, business, month_asked())
        if form.validate_on_submit():
            said, now = form.said(), context.now()
            standard_cells.answer(
                viewer, code, business, page.month, said, now, form.record_id.data
            )
            flash("回答を保存しました。数が変わるまで、同じことは聞きません。", "success")
            return redirect(_address(page))
    except NotFoundError as error:
        return failure_page(404, text=f"{error.found}{error.todo}")
    except (BadInputError, InvalidTransitionError) as error:
        show_refusal(form, error)
    except ValueError:
        form.form_errors.append("画面を開き直して、もう一度回答してください。")
    return _cell(page, form)


@pages.route("/towns/<code:code>/<string:business>/steps", methods=["GET", "POST"])
@guarded
def states(code: str, business: str) -> ResponseReturnValue:
    viewer = context.viewer()
    try:
        page = standard_cells.show_cell(viewer, code, business, month_asked())
    except NotFoundError as error:
        return failure_page(404, text=f"{error.found}{error.todo}")
    form = StatesForm(data={**_filled(page), "row_version": _version(page), "month": page.month})
    status, differences = 200, []
    if form.validate_on_submit():
        typed = [form[f"step_{no}"].data for no in range(1, STEPS + 1)]
        try:
            standard_cells.enter_states(
                viewer, code, business, (page.month, typed, form.row_version.data), context.now()
            )
        except BadInputError as error:
            show_refusal(form, error)
            status = 400
        except StaleError:
            page = standard_cells.show_cell(viewer, code, business, page.month)
            status, differences = 409, _differences(page, typed)
            form.see(_version(page))
        else:
            flash(f"{wareki_month(page.month)}のステップの状態を保存しました。", "success")
            return redirect(_address(page))
    elif form.errors:
        status = 400
    rendered = render_template(
        "standardisation_steps.html",
        page=page,
        form=form,
        differences=differences,
        back=_address(page),
        month_name=wareki_month,
        begin_url=url_for(
            ".states", code=code, business=business, month=page.month, upto=page.cell.steps
        ),
    )
    return rendered, status


def _version(page: CellPage) -> int:
    """Give the version of what was entered for this very month, 0 for nothing so far."""
    return page.entry.row_version if page.entry and page.is_entered else 0


def _differences(page: CellPage, typed: Sequence[str]) -> list[tuple[str, str, str]]:
    """Put the states that somebody else saved beside those typed (競合)."""
    saved = page.entry.states if page.entry else ("waiting",) * STEPS
    return [
        (f"{step.code} {step.heading}", STATES[old], STATES[new])
        for step, old, new in zip(page.steps, saved, typed, strict=True)
    ]


def _filled(page: CellPage) -> dict[str, str]:
    """Fill the form: as entered, or done up to the published count where that is asked for."""
    upto = request.args.get("upto", "")
    if upto.isdecimal() and len(upto) <= 2:
        reached = int(upto)
        return {f"step_{no}": "done" if no <= reached else "waiting" for no in range(1, STEPS + 1)}
    known = page.entry.states if page.entry else ("waiting",) * STEPS
    return {f"step_{no}": state for no, state in enumerate(known, start=1)}


@pages.route("/towns/<code:code>/<string:business>/rollout", methods=["GET", "POST"])
@guarded
def rollout(code: str, business: str) -> ResponseReturnValue:
    viewer = context.viewer()
    try:
        page = standard_cells.show_cell(viewer, code, business, month_asked())
    except NotFoundError as error:
        return failure_page(404, text=f"{error.found}{error.todo}")
    known = page.rollout
    form = RolloutForm(data=_recorded(page))
    form.service_id.offer(page.services.items(), nothing="単独のシステム")
    form.transition_reason.offer(
        [(str(number), text) for number, text in REASONS.items()], nothing="特定移行ではない"
    )
    around = Page(
        "稼働の記録",
        "対象か、どのシステムを使うか、いつ動き始めたかを記録します。",
        (f"{page.town.name} {page.business.name}", _address(page)),
        (
            ("applicable",), ("reason",), ("service_id",), ("go_live_on", "wave"), ("is_pilot",),
            ("transition_reason",),
        ),
    )  # fmt: skip
    if form.validate_on_submit():
        new = _typed(form, known)
        try:
            standard_cells.save_rollout(viewer, code, page.month, new, context.now())
        except BadInputError as error:
            show_refusal(form, error)
        except StaleError:
            form.see(known.row_version)
            return conflict_page(form, around, _in_words(known, page), _in_words(new, page))
        else:
            flash("稼働の記録を保存しました。", "success")
            return redirect(_address(page))
    return form_page(form, around)


def _in_words(rollout: Rollout, page: CellPage) -> dict[str, str]:
    """Give a record as the form names it (競合の表示)."""
    return {
        "対象か": _applicable(rollout),
        "対象外の理由": rollout.reason or "－",
        "使うシステム": page.services.get(rollout.service_id or "", "単独のシステム"),
        "稼働日": wareki(rollout.go_live_on) if rollout.go_live_on else "－",
        "先行稼働": "はい" if rollout.is_pilot else "いいえ",
        "業務の波": rollout.wave or "－",
        "特定移行の事由": REASONS.get(rollout.transition_reason or 0, "－"),
    }


def _recorded(page: CellPage) -> dict[str, Any]:
    known = page.rollout
    return {
        "row_version": known.row_version,
        "applicable": _key(known),
        "reason": known.reason,
        "service_id": known.service_id or "",
        "go_live_on": known.go_live_on,
        "is_pilot": known.is_pilot,
        "wave": known.wave,
        "transition_reason": str(known.transition_reason or ""),
    }


def _typed(form: RolloutForm, known: Rollout) -> Rollout:
    number = form.transition_reason.data
    return replace(
        known,
        is_applicable={"": None, "yes": True, "no": False}[form.applicable.data],
        reason=form.reason.data or "",
        service_id=form.service_id.data or None,
        go_live_on=form.go_live_on.data,
        is_pilot=form.is_pilot.data,
        wave=form.wave.data or "",
        transition_reason=int(number) if number else None,
        row_version=form.row_version.data,
    )
