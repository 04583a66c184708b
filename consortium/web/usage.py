"""従量: quantity × unit price of an item, charged to each member before the rest is shared."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField
from wtforms.validators import InputRequired

from consortium.domain.errors import BadInputError, StaleError
from consortium.domain.invoicing import decimal
from consortium.domain.yen import MODES
from consortium.usecases import costs, usage
from consortium.web import context, locks
from consortium.web.access import guarded
from consortium.web.checking import CheckedForm
from consortium.web.fields import DecimalField
from consortium.web.forms import show_refusal
from consortium.web.records import Page, SeenForm

pages = Blueprint("usage", __name__, url_prefix="/costs")

#: The quantity of a member: this, then its code.
_QUANTITY = "quantity_"


class UsageForm(SeenForm, CheckedForm):
    """従量; the fields of the quantities are those of the members there are."""

    unit_price = DecimalField(
        "単価（税込）",
        description="1つの円。12.5 のような小数も使えます。空にすると、従量をやめます。",
    )
    mode = RadioField(
        "団体ごとの1円未満",
        [InputRequired("団体ごとの1円未満を選んでください。")],
        choices=dict(MODES),
    )

    def entry(self, page: usage.UsagePage) -> usage.UsageEntry:
        """Give what was entered, for the use case; 0 is no quantity."""
        typed = {town.id: self[_QUANTITY + town.code].data for town in page.members}
        return usage.UsageEntry(
            self.unit_price.data,
            self.mode.data,
            {member: quantity for member, quantity in typed.items() if quantity},
        )


def _form_for(page: usage.UsagePage) -> UsageForm:
    """Make the form with one field for each member that uses the service."""
    fields: dict[str, Any] = {
        _QUANTITY + town.code: DecimalField(town.name) for town in page.members
    }
    used = page.usage
    data = {
        "unit_price": used.unit_price if used else None,
        "mode": used.mode if used else "floor",
        "row_version": page.item.row_version,
    }
    if used:
        data |= {_QUANTITY + town.code: used.quantities.get(town.id) for town in page.members}
    form: UsageForm = type("UsageForm", (UsageForm,), fields)(data=data)
    return form


@pages.route("/items/<uuid:item_id>/usage", methods=["GET", "POST"])
@guarded
def edit(item_id: str) -> ResponseReturnValue:
    viewer = context.viewer()
    found = usage.show_usage(viewer, item_id)
    locks.note(found.item.year)
    form = _form_for(found)
    total, differences = None, []
    if form.validate_on_submit():
        try:
            _refuse_strangers(found)
            total = usage.add_up(found, form.entry(found))
            if form.has_shown(total.digest):
                usage.save_usage(
                    viewer, item_id, form.row_version.data, form.entry(found), context.now()
                )
                flash(f"費目「{found.item.name}」の従量を保存しました。", "success")
                return redirect(url_for("costs.edit", item_id=item_id))
            form.show(total.digest)
        except BadInputError as error:
            total = None
            show_refusal(form, error)
        except StaleError:
            found = usage.show_usage(viewer, item_id)
            form.see(found.item.row_version)
            saved, typed = _in_words(found, _entry(found)), _in_words(found, form.entry(found))
            differences = [(title, saved[title], typed[title]) for title in saved]
    return _drawn(found, form, total, differences)


def _drawn(
    found: usage.UsagePage,
    form: UsageForm,
    total: usage.UsageSum | None,
    differences: list[tuple[str, str, str]],
) -> ResponseReturnValue:
    page = Page(
        "従量（単価×数量）",
        f"{found.label} {costs.STAGES[found.item.stage]}の費目「{found.item.name}」のうち、"
        "使った数量で先に請求する分です。残りは負担ルールで分けます。",
        (found.item.name, url_for("costs.edit", item_id=found.item.id)),
    )
    rendered = render_template(
        "usage.html",
        form=form,
        page=page,
        item=found.item,
        quantities=[form[_QUANTITY + town.code] for town in found.members],
        total=total,
        decimal=decimal,
        differences=differences,
    )
    return rendered, 409 if differences else 400 if form.errors else 200


def _entry(page: usage.UsagePage) -> usage.UsageEntry:
    """Give what is saved as an officer could have entered it."""
    if page.usage is None:
        return usage.UsageEntry(None, "floor", {})
    return usage.UsageEntry(page.usage.unit_price, page.usage.mode, page.usage.quantities)


def _in_words(page: usage.UsagePage, entry: usage.UsageEntry) -> dict[str, str]:
    price = "なし" if entry.unit_price is None else f"{decimal(entry.unit_price)}円"
    return {
        "単価（税込）": price,
        "団体ごとの1円未満": MODES[entry.mode],
        **{
            f"{town.name}の数量": decimal(entry.quantities[town.id])
            if town.id in entry.quantities
            else "なし"
            for town in page.members
        },
    }


def _refuse_strangers(page: usage.UsagePage) -> None:
    """Refuse a quantity of a town that has no field on the page."""
    known = {_QUANTITY + town.code for town in page.members}
    if any(name.startswith(_QUANTITY) and name not in known for name in request.form):
        raise BadInputError(
            "従量を保存しようとしました。",
            "この費目の期間にサービスを利用していない団体の数量があります。",
            "画面を開き直して、利用している団体の数量だけを入力してください。",
            path="quantities",
        )
