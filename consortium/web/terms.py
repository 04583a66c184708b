"""利用期・共同構築費: what 加入金 and 脱退時の残存費用 rest on."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import InputRequired

from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError, DuplicateError, StaleError
from consortium.usecases import terms
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.fields import ChoiceField, Plain, WarekiDateField, YenField, plain_text
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

pages = Blueprint("terms", __name__, url_prefix="/terms")


class TermForm(PortalForm):
    """利用期."""

    name = StringField("名称", [Plain("名称", 40)], filters=[plain_text], description="例：第1期")
    since = WarekiDateField(
        "始まりの日",
        validators=[InputRequired("始まりの日を入力してください。")],
        description="例：平成27年4月1日、2015-04-01",
    )
    last_day = WarekiDateField(
        "終わりの日",
        validators=[InputRequired("終わりの日を入力してください。")],
        description="契約期間の最後の日。例：平成34年3月31日、令和4年3月31日",
    )
    source = StringField(
        "根拠", [Plain("根拠", 200)], filters=[plain_text], description="例：協定書第3条"
    )

    def entry(self) -> terms.TermEntry:
        """Give what was entered, for the use case."""
        return terms.TermEntry(
            self.name.data, self.since.data, self.last_day.data, self.source.data
        )


class TermChangeForm(SeenForm, TermForm):
    """利用期の編集."""


class BuildForm(PortalForm):
    """共同構築費."""

    name = StringField(
        "名称",
        [Plain("名称", 100)],
        filters=[plain_text],
        description="負担金明細書に「加入金（名称）」と載ります。例：第1期共同構築費",
    )
    amount = YenField(
        "金額（税込）",
        validators=[InputRequired("金額を入力してください。")],
        description="構成団体で負担した構築費の総額。利用期の月数で均等に減っていきます。",
    )
    term = ChoiceField("利用期", validators=[InputRequired("利用期を選んでください。")])
    category = ChoiceField(
        "負担割合を使う経費区分",
        validators=[InputRequired("経費区分を選んでください。")],
        description="この経費区分の負担ルールの割合で、加入金と残存費用を求めます。",
    )
    joining = BooleanField(
        "加入する団体から加入金を取る",
        description="加入した月からの残りの額に、その月の負担割合を掛けます。"
        "前からの団体が、前の月の割合で受け取ります。",
    )
    leaving = BooleanField(
        "脱退する団体から残存費用を取る",
        description="脱退した翌月からの残りの額に、脱退前の負担割合を掛けます。"
        "残る団体が、新しい割合で受け取ります。",
    )
    note = TextAreaField("備考", [Plain("備考", 500, is_required=False)], filters=[plain_text])

    def offer(self, found: terms.Terms) -> None:
        """Offer the terms and the categories."""
        self.term.offer(((each.id, each.name) for each in found.terms), nothing="選んでください")
        many = len({each.service_id for each in found.categories.values()}) > 1
        self.category.offer(
            (
                (each.id, f"{each.service_name} ／ {each.name}" if many else each.name)
                for each in found.categories.values()
            ),
            nothing="選んでください",
        )

    def entry(self) -> terms.BuildEntry:
        """Give what was entered, for the use case."""
        return terms.BuildEntry(
            self.name.data,
            self.amount.data,
            self.term.data,
            self.category.data,
            self.joining.data,
            self.leaving.data,
            self.note.data,
        )


class BuildChangeForm(SeenForm, BuildForm):
    """共同構築費の編集."""


def _back() -> tuple[str, str]:
    return "利用期・共同構築費", url_for(".index")


def _term_page(title: str) -> Page:
    rows = (("name",), ("since", "last_day"), ("source",))
    return Page(title, "共同クラウドの契約期間です。", _back(), rows)


def _build_page(title: str, *, is_sample: bool = False) -> Page:
    rows = (
        ("name",), ("amount",), ("term", "category"), ("joining",), ("leaving",), ("note",),
    )  # fmt: skip
    lead = "途中で加入・脱退する団体との清算に使う、いっしょに作った費用です。"
    return Page(title, lead, _back(), rows, is_sample=is_sample)


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    return render_template(
        "terms.html",
        found=terms.show_terms(context.viewer(), context.today()),
        may_write=may("terms.add"),
    )


# ---- terms ---------------------------------------------------------------------------------------


@pages.route("/new", methods=["GET", "POST"])
@guarded
def add() -> ResponseReturnValue:
    form = TermForm()
    if form.validate_on_submit():
        try:
            new = terms.add_term(context.viewer(), form.entry(), context.now())
        except (BadInputError, DuplicateError) as error:
            show_refusal(form, error)
        else:
            flash(f"利用期「{new.name}」を登録しました。", "success")
            return redirect(url_for(".index"))
    return form_page(form, _term_page("利用期の登録"))


@pages.route("/<uuid:term_id>", methods=["GET", "POST"])
@guarded
def edit(term_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    term, _ = terms.show_term(viewer, term_id)
    form = TermChangeForm(data=_term_data(term))
    page = _term_page("利用期の編集")
    if form.validate_on_submit():
        try:
            terms.change_term(viewer, term_id, form.row_version.data, form.entry(), context.now())
        except (BadInputError, DuplicateError) as error:
            show_refusal(form, error)
        except StaleError:
            form.see(term.row_version)
            saved = terms.TermEntry(term.name, term.since, term.last_day, term.source)
            return conflict_page(form, page, _term_words(saved), _term_words(form.entry()))
        else:
            flash(f"利用期「{form.name.data}」を保存しました。", "success")
            return redirect(url_for(".index"))
    return form_page(form, page)


def _term_data(term: terms.Term) -> dict[str, object]:
    return {
        "name": term.name,
        "since": term.since,
        "last_day": term.last_day,
        "source": term.source,
        "row_version": term.row_version,
    }


def _term_words(entry: terms.TermEntry) -> dict[str, str]:
    return {
        "名称": entry.name,
        "期間": f"{wareki(entry.since)}から{wareki(entry.last_day)}まで",
        "根拠": entry.source,
    }


@pages.route("/<uuid:term_id>/remove", methods=["GET", "POST"])
@guarded
def remove(term_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    term, costs = terms.show_term(viewer, term_id)
    form = RemoveForm(data={"row_version": term.row_version})
    version = form.row_version.data
    if is_removed(form, lambda: terms.remove_term(viewer, term_id, version, context.now())):
        flash(f"利用期「{term.name}」を削除しました。", "success")
        return redirect(url_for(".index"))
    saved = terms.TermEntry(term.name, term.since, term.last_day, term.source)
    blocked = f"共同構築費が{costs}件あります。先に削除するか、別の利用期に移してください。"
    return remove_page(
        form, _term_page("利用期の削除"), _term_words(saved), blocked if costs else ""
    )


# ---- build costs ---------------------------------------------------------------------------------


@pages.route("/build-costs/new", methods=["GET", "POST"])
@guarded
def add_cost() -> ResponseReturnValue:
    viewer = context.viewer()
    found = terms.show_terms(viewer, context.today())
    form = BuildForm(data={"joining": True})
    form.offer(found)
    if form.validate_on_submit():
        try:
            new = terms.add_build_cost(viewer, form.entry(), context.now())
        except (BadInputError, DuplicateError) as error:
            show_refusal(form, error)
        else:
            flash(f"共同構築費「{new.name}」を登録しました。", "success")
            return redirect(url_for(".index"))
    return form_page(form, _build_page("共同構築費の登録"))


@pages.route("/build-costs/<uuid:build_id>", methods=["GET", "POST"])
@guarded
def edit_cost(build_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    cost = terms.show_build_cost(viewer, build_id)
    found = terms.show_terms(viewer, context.today())
    form = BuildChangeForm(data=_build_data(cost))
    form.offer(found)
    page = _build_page("共同構築費の編集", is_sample=cost.is_sample)
    if form.validate_on_submit():
        try:
            terms.change_build_cost(
                viewer, build_id, form.row_version.data, form.entry(), context.now()
            )
        except (BadInputError, DuplicateError) as error:
            show_refusal(form, error)
        except StaleError:
            form.see(cost.row_version)
            saved, typed = _build_words(found, _entry(cost)), _build_words(found, form.entry())
            return conflict_page(form, page, saved, typed)
        else:
            flash(f"共同構築費「{form.name.data}」を保存しました。", "success")
            return redirect(url_for(".index"))
    return form_page(form, page)


def _build_data(cost: terms.BuildCost) -> dict[str, object]:
    return {
        "name": cost.name,
        "amount": cost.amount,
        "term": cost.term_id,
        "category": cost.category_id,
        "joining": cost.joining,
        "leaving": cost.leaving,
        "note": cost.note,
        "row_version": cost.row_version,
    }


def _entry(cost: terms.BuildCost) -> terms.BuildEntry:
    return terms.BuildEntry(
        cost.name,
        cost.amount,
        cost.term_id,
        cost.category_id,
        cost.joining,
        cost.leaving,
        cost.note,
    )


def _build_words(found: terms.Terms, entry: terms.BuildEntry) -> dict[str, str]:
    names = {each.id: each.name for each in found.terms}
    return {
        "名称": entry.name,
        "金額（税込）": f"{entry.amount:,}円",
        "利用期": names[entry.term_id],
        "経費区分": found.categories[entry.category_id].name,
        "加入金": "取る" if entry.joining else "取らない",
        "脱退時の残存費用": "取る" if entry.leaving else "取らない",
        "備考": entry.note or "なし",
    }


@pages.route("/build-costs/<uuid:build_id>/remove", methods=["GET", "POST"])
@guarded
def remove_cost(build_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    cost = terms.show_build_cost(viewer, build_id)
    form = RemoveForm(data={"row_version": cost.row_version})
    version = form.row_version.data
    if is_removed(form, lambda: terms.remove_build_cost(viewer, build_id, version, context.now())):
        flash(f"共同構築費「{cost.name}」を削除しました。", "success")
        return redirect(url_for(".index"))
    found = terms.show_terms(viewer, context.today())
    return remove_page(form, _build_page("共同構築費の削除"), _build_words(found, _entry(cost)))
