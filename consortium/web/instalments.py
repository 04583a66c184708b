"""納付計画: how a year's contribution is paid in parts, with the amounts it asks of each town."""

from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField
from wtforms.validators import InputRequired, Optional

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import wareki, wareki_short
from consortium.domain.errors import BadInputError, StaleError
from consortium.domain.fiscalyear.plan import InstalmentPlan
from consortium.domain.sharing.rule import plain
from consortium.usecases import instalments
from consortium.usecases.instalments import MOST, PlanPage
from consortium.web import context, locks
from consortium.web.access import guarded
from consortium.web.fields import ChoiceField, PercentField, WarekiDateField
from consortium.web.forms import show_refusal
from consortium.web.records import SeenForm

pages = Blueprint("instalments", __name__, url_prefix="/instalments")

#: So many empty instalments are offered below those of the plan.
_SPARE: Final = 2


class PlanForm(SeenForm):
    """納付計画; `plan_form()` adds the fields of each instalment and of each cost category."""

    method = RadioField(
        "分け方",
        [InputRequired("分け方を選んでください。")],
        choices=dict(instalments.METHODS),
        description="どの分け方でも、最後の期は残りの額になります。",
    )
    unit = ChoiceField("端数処理の単位", description="最後の期を除く各期の額を、この単位にします。")
    mode = ChoiceField("端数処理")
    way = RadioField(
        "精算の方法",
        [InputRequired("精算の方法を選んでください。")],
        choices=dict(instalments.WAYS),
        description="団体ごとに変えるときは、精算を確定する画面で選びます。",
    )

    def numbers(self) -> list[int]:
        """Number the instalments that the form has fields for."""
        return [no for no in range(1, MOST + 1) if f"due-{no}" in self]

    def entry(self) -> instalments.Entry:
        """Give what was entered, for the use case; instalments without a due day are left out.

        Raises: BadInputError for one left out between others, or one that a percentage stands in.
        """
        filled = [no for no in self.numbers() if self[f"due-{no}"].data is not None]
        for no in self.numbers():
            is_gap = no not in filled and (filled and no < filled[-1])
            if is_gap or (no not in filled and self[f"percent-{no}"].data is not None):
                raise BadInputError(
                    "納付計画を読みました。",
                    f"第{no}期の納期限がありません。",
                    "期は1期から続けて入れてください。",
                    path=f"due-{no}",
                )
        parts = tuple(
            instalments.Part(
                self[f"due-{no}"].data,
                self[f"roll-{no}"].data,
                self[f"due-{no}"].data,
                self._percent(no),
                self._categories(no),
            )
            for no in filled
        )
        return instalments.Entry(
            self.method.data, int(self.unit.data), self.mode.data, self.way.data, parts
        )

    def _percent(self, no: int) -> Any:
        return self[f"percent-{no}"].data if self.method.data == "percents" else None

    def _categories(self, no: int) -> tuple[str, ...]:
        if self.method.data != "items":
            return ()
        return tuple(
            field.name.removeprefix("category-")
            for field in self
            if field.name.startswith("category-") and field.data == str(no)
        )


def plan_form(page: PlanPage) -> PlanForm:
    """Make the form with fields for each instalment, filled with the plan in force."""
    plan = page.saved.plan
    count = min(MOST, max(len(plan.parts), _sent_count()) + _SPARE)
    fields: dict[str, Any] = {}
    for no in range(1, count + 1):
        fields[f"due-{no}"] = WarekiDateField(f"第{no}期の納期限", validators=[Optional()])
        fields[f"roll-{no}"] = ChoiceField(f"第{no}期が閉庁日のとき")
        fields[f"percent-{no}"] = PercentField(f"第{no}期の割合")
    for category in page.categories:
        fields[f"category-{category.id}"] = ChoiceField(category.name)
    kind = type("PlanForm", (PlanForm,), fields)
    form: PlanForm = kind(data=_filled(page, count))
    form.unit.offer((str(unit), f"{unit:,}円") for unit in instalments.UNITS)
    form.mode.offer(instalments.MODES.items())
    for no in range(1, count + 1):
        form[f"roll-{no}"].offer(instalments.ROLL_RULES.items())
    for category in page.categories:
        form[f"category-{category.id}"].offer(
            ((str(no), f"第{no}期") for no in range(1, count + 1)), nothing="最後の期（残り）"
        )
    return form


def _sent_count() -> int:
    """Count the instalments that the form sent had, so that nothing typed is lost."""
    sent = [no for no in range(1, MOST + 1) if (request.form.get(f"due-{no}") or "").strip()]
    return max(sent, default=0)


def _filled(page: PlanPage, count: int) -> dict[str, object]:
    plan, data = page.saved.plan, dict[str, object]()
    for no in range(1, count + 1):
        data[f"roll-{no}"] = "previous_open_day"
    for no, part in enumerate(plan.parts, start=1):
        data |= {
            f"due-{no}": part.due_nominal,
            f"roll-{no}": part.roll_rule,
            f"percent-{no}": part.percent,
        }
        data |= {f"category-{key}": str(no) for key in part.categories}
    return data | {
        "method": plan.method,
        "unit": str(plan.unit),
        "mode": plan.mode,
        "way": page.saved.way,
        "row_version": page.saved.row_version,
    }


# ---- pages ---------------------------------------------------------------------------------------


@pages.get("/<year:year>")
@guarded
def show(year: FiscalYear) -> ResponseReturnValue:
    page = instalments.show_plan(context.viewer(), year)
    locks.note(year)
    return render_template(
        "instalments.html",
        page=page,
        words=_in_words(page, page.saved.plan, page.saved.way),
        preview=_preview(page, page.saved.plan),
        percent=plain,
        rolls=instalments.ROLL_RULES,
        may_write=locks.may_write("instalments.edit"),
    )


@pages.route("/<year:year>/edit", methods=["GET", "POST"])
@guarded
def edit(year: FiscalYear) -> ResponseReturnValue:
    viewer = context.viewer()
    page = instalments.show_plan(viewer, year)
    locks.note(year)
    form = plan_form(page)
    preview = None
    try:
        if form.validate_on_submit():
            entry = form.entry()
            plan = instalments.plan_of(viewer, year, entry)
            preview = _preview(page, plan)
            if "check" not in request.form:
                seen = form.row_version.data
                instalments.save_plan(viewer, year, seen, entry, context.now())
                flash(f"{page.label}の納付計画を保存しました。", "success")
                return redirect(url_for(".show", year=year))
    except BadInputError as error:
        show_refusal(form, error)
    except StaleError:
        return _conflict(year, form, plan, entry.way)
    return _form_page(form, page, preview), 400 if form.errors else 200


def _conflict(
    year: FiscalYear, form: PlanForm, typed: InstalmentPlan, way: str
) -> ResponseReturnValue:
    """Show what was saved meanwhile beside what was typed (競合)."""
    now = instalments.show_plan(context.viewer(), year)
    form.see(now.saved.row_version)
    saved, entered = _in_words(now, now.saved.plan, now.saved.way), _in_words(now, typed, way)
    titles = list(dict.fromkeys([*saved, *entered]))
    rows = [(title, saved.get(title, "なし"), entered.get(title, "なし")) for title in titles]
    return _form_page(form, now, _preview(now, typed), rows), 409


@dataclass(frozen=True, slots=True)
class Preview:
    """What a plan asks of each town (試算の表)."""

    headings: list[tuple[str, str]]
    rows: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def totals(self) -> list[int]:
        """Add every instalment up."""
        return [sum(column) for column in zip(*(row for _, row in self.rows), strict=True)]


def _preview(page: PlanPage, plan: InstalmentPlan) -> Preview | None:
    rows = page.preview(plan)
    return Preview(headings(plan), rows) if rows else None


def headings(plan: InstalmentPlan) -> list[tuple[str, str]]:
    """Name the instalments over their columns: 第1期（R8.5.20）."""
    return [
        (f"第{no}期（{wareki_short(part.due_on)}）", "num")
        for no, part in enumerate(plan.parts, start=1)
    ]


def _form_page(
    form: PlanForm,
    page: PlanPage,
    preview: Preview | None,
    differences: list[tuple[str, str, str]] | None = None,
) -> str:
    return render_template(
        "instalments_edit.html",
        form=form,
        page=page,
        preview=preview,
        differences=differences or [],
    )


def _in_words(page: PlanPage, plan: InstalmentPlan, way: str) -> dict[str, str]:
    words = {
        "分け方": instalments.METHODS[plan.method],
        "端数処理": f"{plan.unit:,}円単位に{instalments.MODES[plan.mode]}（最後の期は残り）",
        "精算の方法": instalments.WAYS[way],
    }
    names = {each.id: each.name for each in page.categories}
    for no, part in enumerate(plan.parts, start=1):
        text = f"{wareki(part.due_nominal)}（{instalments.ROLL_RULES[part.roll_rule]}）"
        if part.percent is not None:
            text += f" {plain(part.percent)}％"
        if part.categories:
            text += f" {'・'.join(names.get(key, key) for key in part.categories)}"
        words[f"第{no}期"] = text
    return words
