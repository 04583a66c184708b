"""What the style guide shows (見本帳): every component with plausible content, nothing stored.

Development only. Amounts are invented and marked 見本; names and dates are the real ones.
"""

import os
from datetime import date
from typing import Any, Final

from flask import Flask, render_template
from wtforms import (
    BooleanField,
    DateField,
    Form,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    validators,
)

from consortium.domain.calendar.period import FiscalYear, Period
from consortium.web.access import guarded
from consortium.web.svg import Lane, Series, membership_timeline, stacked_bars, years_between

_FIRST, _LAST = FiscalYear(2015), FiscalYear(2026)

_TOWNS: Final = (
    ("弘前市", date(2015, 4, 1)),
    ("大鰐町", date(2015, 4, 1)),
    ("田舎館村", date(2015, 4, 1)),
    ("西目屋村", date(2015, 4, 1)),
    ("平川市", date(2019, 4, 1)),
    ("藤崎町", date(2021, 4, 1)),
    ("板柳町", date(2021, 6, 1)),
)

#: 見本: yen a year, in the order of the towns, from the first year each one pays.
_SHARES: Final = (
    (31_420_000, 30_115_000, 30_480_000, 30_236_000, 27_944_000, 28_310_000,
     26_845_120, 26_210_440, 26_480_900, 27_015_300, 34_806_200, 29_377_600),
    (3_212_000, 3_084_000, 3_121_000, 3_096_000, 2_811_000, 2_848_000,
     2_655_310, 2_533_870, 2_560_020, 2_611_680, 3_364_900, 2_840_120),
    (2_905_000, 2_789_000, 2_823_000, 2_800_000, 2_560_000, 2_594_000,
     2_398_640, 2_339_710, 2_363_860, 2_411_560, 3_107_080, 2_622_470),
    (1_884_000, 1_809_000, 1_831_000, 1_816_000, 1_601_000, 1_622_000,
     1_413_250, 1_357_960, 1_371_980, 1_399_660, 1_803_320, 1_522_080),
    (None, None, None, None, 6_184_000, 6_266_000,
     5_968_710, 5_776_530, 5_836_140, 5_953_890, 7_671_060, 6_474_680),
    (None, None, None, None, None, None,
     3_376_480, 3_247_300, 3_280_810, 3_347_000, 4_312_300, 3_639_770),
    (None, None, None, None, None, None,
     2_619_690, 2_966_190, 2_996_800, 3_057_260, 3_938_960, 3_324_640),
)  # fmt: skip


class YenField(StringField):
    """Stands for the portal's field of yen (円の欄); its name gives it 円 and the right edge."""


class SampleForm(Form):
    """A cost item with one field of each kind (費目の見本)."""

    name = StringField("費目名", [validators.InputRequired("費目名を入力してください。")])
    amount = YenField(
        "金額（税込）",
        [validators.InputRequired()],
        description="全角の数字や「1,234円」の書き方でも読み取ります。減額は△か－を付けます。",
    )
    category = SelectField(
        "経費区分",
        [validators.InputRequired()],
        choices=["構築", "運用", "回線", "改修", "移行"],
    )
    contract = DateField("契約日", [validators.Optional()])
    month = StringField("対象の始まり", description="例：令和3年6月、R3.6、2021-06")
    operator = RadioField("実施主体", choices=["協議会", "県", "国"], default="協議会")
    note = TextAreaField("備考", description="負担金明細書には載りません。")
    is_direct = BooleanField("一つの団体だけが負担する（直接負担）")
    password = PasswordField(
        "パスワード",
        [validators.InputRequired()],
        render_kw={"autocomplete": "current-password"},
    )


def _refused_form() -> SampleForm:
    given = {"name": "", "amount": "１２，３４５．５円", "category": "運用", "month": "R8.13"}
    form = SampleForm(prefix="refused-", data=given)
    form.name.errors = ["費目名が空です。請求書にある名前を入力してください。"]
    form.amount.errors = [
        "「１２，３４５．５円」には1円未満の端数があります。円単位で入力してください。"
    ]
    form.month.errors = ["「R8.13」は月として読めません。R8.4 のように入力してください。"]
    return form


def context() -> dict[str, Any]:
    """Give what styleguide.html draws."""
    years = years_between(_FIRST, _LAST)
    series = [Series(name, shares) for (name, _), shares in zip(_TOWNS, _SHARES, strict=True)]
    lanes = [Lane(name, (Period(since),), name == "弘前市") for name, since in _TOWNS]
    latest = [(name, shares[-1] or 0) for (name, _), shares in zip(_TOWNS, _SHARES, strict=True)]
    return {
        "towns": _TOWNS,
        "years": years,
        "latest": latest,
        "latest_total": sum(amount for _, amount in latest),
        "series": series,
        "timeline": membership_timeline(lanes, _FIRST, _LAST),
        "bars": stacked_bars(years, series),
        "year_totals": [sum(one.amounts[at] or 0 for one in series) for at in range(len(years))],
        "share_columns": ["年度", ("合計", "num"), *((name, "num") for name, _ in _TOWNS)],
        "matrix_columns": ["費目", ("総額", "num"), *((name, "num") for name, _ in _TOWNS)],
        "filter_form_fields": SampleForm(prefix="filter-", data={"category": "運用"}),
        "blank_form": SampleForm(data={"category": "運用"}),
        "refused_form": _refused_form(),
    }


def init_styleguide(app: Flask) -> None:
    """Show the page in tests, and in development where it is asked for (CONSORTIUM_STYLEGUIDE=1).

    Elsewhere the route does not exist, whatever policy.yaml says of it.
    """
    if app.testing or os.environ.get("CONSORTIUM_STYLEGUIDE") == "1":
        app.add_url_rule("/styleguide", "styleguide", _show, methods=["GET"])


@guarded
def _show() -> str:
    return render_template("styleguide.html", **context())
