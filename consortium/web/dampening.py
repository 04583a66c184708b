"""激変緩和・許容幅: dated versions, and the amounts of the year before."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError, DuplicateError, NotFoundError, StaleError
from consortium.domain.sharing.rule import plain
from consortium.usecases import dampening
from consortium.web import context, locks
from consortium.web.access import guarded
from consortium.web.failures import failure_page
from consortium.web.fields import (
    ChoiceField,
    PercentField,
    Plain,
    WarekiDateField,
    YenField,
    plain_text,
)
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.records import (
    Page,
    RemoveForm,
    SeenForm,
    conflict_page,
    form_page,
    is_removed,
    remove_page,
)
from consortium.web.rights import may

pages = Blueprint("dampening", __name__, url_prefix="/dampening")

_LISTED = "listed"
Form = TypeVar("Form", bound="VersionForm")
_ROWS = (
    ("since",),
    ("up", "down", "tolerance"),
    ("ends",),
    ("document", "article"),
    ("decided_on",),
    ("note",),
    ("order",),
)


class VersionForm(PortalForm):
    """激変緩和の版."""

    since = WarekiDateField(
        "施行日",
        validators=[InputRequired("施行日を入力してください。")],
        description="4月1日に効力のある版を、その年度に使います。例：令和8年4月1日",
    )
    up = PercentField("増加の上限", description="前年度より何％まで増えてよいか。例：10")
    down = PercentField("減少の上限", description="前年度より何％まで減ってよいか。")
    tolerance = PercentField(
        "許容幅", description="負担割合の動きが前年度の割合の何％以内なら、前年度の割合のままか。"
    )
    order = RadioField(
        "差額の受け持ち",
        [InputRequired("差額の受け持ちを選んでください。")],
        choices={
            dampening.BY_SHARE: "余裕のある団体が、算定額の割合で分ける",
            _LISTED: "選んだ順に、余裕のあるだけ受け持つ（そのあとは団体コードの順）",
        },
        description="上限や許容幅で動いた額は、ほかの団体が受け持ちます。合計は変わりません。",
    )
    ends = BooleanField(
        "この日から激変緩和を行わない",
        description="それまでの定めを終えるとき。上限と許容幅は空にします。",
    )
    document = StringField(
        "根拠の文書", [Plain("根拠の文書", 100)], filters=[plain_text], description="例：協定書"
    )
    article = StringField(
        "条項",
        [Plain("条項", 40, is_required=False)],
        filters=[plain_text],
        description="例：第9条",
    )
    decided_on = WarekiDateField("議決日")
    note = TextAreaField("注記", [Plain("注記", 500, is_required=False)], filters=[plain_text])

    def turns(self) -> tuple[str, ...]:
        """Give the members chosen, in their order."""
        return tuple(field.data for field in self if field.name in _turns(self) and field.data)

    def entry(self) -> dampening.Entry:
        """Give what was entered, for the use case."""
        is_listed = self.order.data == _LISTED
        return dampening.Entry(
            since=self.since.data,
            up=self.up.data,
            down=self.down.data,
            tolerance=self.tolerance.data,
            order=self.turns() if is_listed else dampening.BY_SHARE,
            ends=self.ends.data,
            document=self.document.data,
            article=self.article.data,
            decided_on=self.decided_on.data,
            note=self.note.data,
        )


class ChangeForm(SeenForm, VersionForm):
    """激変緩和の版の編集."""


def _turns(form: PortalForm) -> tuple[str, ...]:
    return tuple(name for name in form._fields if name.startswith("turn_"))


def _form(kind: type[Form], members: Sequence[Any], data: Mapping[str, object]) -> Form:
    """Make a form with a place in the order for each member."""
    places = {
        f"turn_{place}": ChoiceField(f"{place}番目の団体") for place in range(1, len(members) + 1)
    }
    filled: type[Form] = type(f"Filled{kind.__name__}", (kind,), places)
    form = filled(data=data)
    for name in places:
        form[name].offer(((each.code, each.name) for each in members), nothing="選ばない")
    return form


def _page(title: str, form: PortalForm | None = None) -> Page:
    lead = "前年度からの増え方・減り方に上限を置き、動いた額をほかの団体が受け持ちます。"
    folded = ("受け持つ順（「選んだ順に」のとき）", _turns(form) if form else ())
    return Page(title, lead, ("激変緩和・許容幅", url_for(".index")), _ROWS, folded=folded)


# ---- versions ------------------------------------------------------------------------------------


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    history = dampening.show_history(context.viewer(), context.today())
    return render_template(
        "dampening.html",
        history=history,
        may_write=may("dampening.add"),
        may_see_amounts=may("dampening.previous"),
    )


@pages.route("/new", methods=["GET", "POST"])
@guarded
def add() -> ResponseReturnValue:
    viewer = context.viewer()
    members = dampening.show_history(viewer, context.today()).members
    form = _form(VersionForm, members, {"order": dampening.BY_SHARE})
    if form.validate_on_submit():
        try:
            new = dampening.add_version(viewer, form.entry(), context.now())
        except (BadInputError, DuplicateError) as error:
            show_refusal(form, error)
        else:
            flash(f"{wareki(new.since)}からの激変緩和を登録しました。", "success")
            return redirect(url_for(".index"))
    return form_page(form, _page("激変緩和の版の登録", form))


@pages.route("/versions/<uuid:dampening_id>", methods=["GET", "POST"])
@guarded
def edit(dampening_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    version, members = dampening.show_version(viewer, dampening_id)
    form = _form(ChangeForm, members, _filled(version))
    page = _page("激変緩和の版の編集", form)
    if form.validate_on_submit():
        try:
            dampening.change_version(
                viewer, dampening_id, form.row_version.data, form.entry(), context.now()
            )
        except (BadInputError, DuplicateError) as error:
            show_refusal(form, error)
        except StaleError:
            form.see(version.row_version)
            names: dict[str, str] = {each.code: each.name for each in members}
            saved, typed = _in_words(_entry(version), names), _in_words(form.entry(), names)
            return conflict_page(form, page, saved, typed)
        else:
            flash(f"{wareki(form.since.data)}からの激変緩和を保存しました。", "success")
            return redirect(url_for(".index"))
    return form_page(form, page)


def _filled(version: dampening.Version) -> dict[str, object]:
    codes = () if isinstance(version.order, str) else version.order
    return {
        "since": version.since,
        "up": version.up,
        "down": version.down,
        "tolerance": version.tolerance,
        "order": _LISTED if codes else dampening.BY_SHARE,
        **{f"turn_{place}": code for place, code in enumerate(codes, start=1)},
        "ends": version.ends,
        "document": version.source.document,
        "article": version.source.article,
        "decided_on": version.source.decided_on,
        "note": version.source.note,
        "row_version": version.row_version,
    }


def _entry(version: dampening.Version) -> dampening.Entry:
    return dampening.Entry(
        version.since,
        version.up,
        version.down,
        version.tolerance,
        version.order,
        version.ends,
        version.source.document,
        version.source.article,
        version.source.decided_on,
        version.source.note,
    )


def _in_words(entry: dampening.Entry, names: dict[str, str]) -> dict[str, str]:
    bounds = {"増加の上限": entry.up, "減少の上限": entry.down, "許容幅": entry.tolerance}
    order = (
        "算定額の割合で分ける"
        if isinstance(entry.order, str)
        else "→".join(names.get(code, code) for code in entry.order)
    )
    return {
        "施行日": wareki(entry.since),
        **{
            title: "なし" if value is None else f"{plain(value)}％"
            for title, value in bounds.items()
        },
        "差額の受け持ち": order,
        "激変緩和": "行わない" if entry.ends else "行う",
        "根拠": f"{entry.document} {entry.article}".strip(),
        "議決日": wareki(entry.decided_on) if entry.decided_on else "なし",
        "注記": entry.note or "なし",
    }


@pages.route("/versions/<uuid:dampening_id>/remove", methods=["GET", "POST"])
@guarded
def remove(dampening_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    version, members = dampening.show_version(viewer, dampening_id)
    form = RemoveForm(data={"row_version": version.row_version})
    seen, now = form.row_version.data, context.now()
    if is_removed(form, lambda: dampening.remove_version(viewer, dampening_id, seen, now)):
        flash(f"{wareki(version.since)}からの激変緩和を削除しました。", "success")
        return redirect(url_for(".index"))
    names: dict[str, str] = {each.code: each.name for each in members}
    facts = _in_words(_entry(version), names)
    note = "この版より前の定めがあれば、それが続きます。発行済みの負担金明細書は変わりません。"
    return remove_page(form, _page("激変緩和の版の削除"), facts, note=note)


# ---- amounts of the year before ------------------------------------------------------------------


class PreviousForm(PortalForm):
    """前年度の負担額: one field for each member without an issued amount."""

    seen = StringField("版", widget=HiddenInput())
    source = StringField(
        "根拠",
        [Plain("根拠", 100, is_required=False)],
        filters=[plain_text],
        description="負担額が分かる文書。例：令和7年度負担金決定通知",
    )

    def entries(self, found: dampening.Previous) -> list[dampening.PreviousEntry]:
        """Give what was typed, for the use case."""
        return [
            dampening.PreviousEntry(each.code, self[_field(each.code)].data, self.source.data or "")
            for each in found.open_members
        ]


def _field(code: str) -> str:
    return f"amount_{code}"


def _previous_form(found: dampening.Previous) -> PreviousForm:
    amounts = {_field(each.code): YenField(each.name) for each in found.open_members}
    kind: type[PreviousForm] = type("FilledPreviousForm", (PreviousForm,), amounts)
    typed = {_field(code): each.amount for code, each in found.typed.items()}
    sources = [each.source for each in found.typed.values()]
    return kind(data={**typed, "seen": found.seen, "source": sources[0] if sources else ""})


@pages.get("/previous/<year:year>")
@guarded
def previous(year: FiscalYear) -> ResponseReturnValue:
    try:
        found = dampening.show_previous(context.viewer(), year, context.today())
    except NotFoundError as error:
        return failure_page(404, text=f"{error.found}{error.todo}")
    locks.note(year.previous())
    return _previous_page(found, _previous_form(found)), 200


@pages.post("/previous/<year:year>")
@guarded
def type_previous(year: FiscalYear) -> ResponseReturnValue:
    viewer = context.viewer()
    try:
        found = dampening.show_previous(viewer, year, context.today())
    except NotFoundError as error:
        return failure_page(404, text=f"{error.found}{error.todo}")
    locks.note(year.previous())
    form = _previous_form(found)
    if not form.validate_on_submit():
        return _previous_page(found, form), 400
    try:
        count = dampening.save_previous(
            viewer, year, form.seen.data or "", form.entries(found), context.now()
        )
    except StaleError:
        found = dampening.show_previous(viewer, year, context.today())
        form.seen.raw_data, form.seen.data = None, found.seen
        return _previous_page(found, form, _previous_differences(found, form)), 409
    flash(f"{found.last_label}の負担額を{count}団体分保存しました。", "success")
    return redirect(url_for(".previous", year=year))


def _previous_differences(
    found: dampening.Previous, form: PreviousForm
) -> list[tuple[str, str, str]]:
    def words(amount: int | None) -> str:
        return "なし" if amount is None else f"{amount:,}円"

    typed = {each.code: each.amount for each in form.entries(found)}
    saved = {code: each.amount for code, each in found.typed.items()}
    return [
        (each.name, words(saved.get(each.code)), words(typed.get(each.code)))
        for each in found.open_members
    ]


def _previous_page(
    found: dampening.Previous,
    form: PreviousForm,
    differences: Sequence[tuple[str, str, str]] = (),
) -> str:
    return render_template(
        "dampening_previous.html",
        differences=differences,
        found=found,
        form=form,
        fields={each.code: form[_field(each.code)] for each in found.open_members},
        may_write=locks.may_write("dampening.type_previous"),
    )
