"""The forms of a cost item (費目の入力), one for each way to enter its amount (金額の入れ方)."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final
from uuid import UUID, uuid4

from wtforms import IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, ValidationError
from wtforms.widgets import HiddenInput

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.calendar.wareki import wareki_month
from consortium.domain.invoicing import KNOWN_TAX_RATES, Rate, decimal
from consortium.domain.sharing.rule import plain as plain_number
from consortium.domain.yen import Yen
from consortium.usecases import costs
from consortium.usecases.amounts import WAYS
from consortium.web.checking import CheckedForm
from consortium.web.fields import (
    ChoiceField,
    DecimalField,
    MonthField,
    PercentField,
    Plain,
    YenField,
    plain_text,
)
from consortium.web.forms import PortalForm

#: The months of a fiscal year by number, April first: `usd_4` … `usd_3`.
_MONTHS: Final = (*range(4, 13), *range(1, 4))
DOLLAR_FIELDS: Final = tuple(f"usd_{month}" for month in _MONTHS)
_OF_WAY: Final[Mapping[str, tuple[str, ...]]] = {
    "incl": ("amount", "contained"),
    "net": ("net_amount", "tax_rate", "invoice"),
    "usd": (*DOLLAR_FIELDS, "tax_rate", "invoice"),
}


#: 含まれる消費税の率 in percent, as offered; an unknown rate prints no tax.
CONTAINED: Final[Mapping[str, str]] = {
    "10": "10％", "8": "8％", "0": "非課税・不課税", "": "わからない",
}  # fmt: skip


class ItemForm(CheckedForm):
    """費目: the fields of one way to enter the amount; the others are taken away."""

    category = ChoiceField("経費区分", validators=[InputRequired("経費区分を選んでください。")])
    name = StringField(
        "費目名",
        [Plain("費目名", 100)],
        filters=[plain_text],
        description="請求書や契約書にある名前。負担金明細書に載ります。",
    )
    amount = YenField(
        "金額（税込）",
        allow_negative=True,
        validators=[InputRequired("金額を入力してください。")],
        description="全角の数字や「1,234円」でも読み取ります。返戻などの減額は △ を付けます。",
    )
    contained = ChoiceField(
        "含まれる消費税の率",
        description="負担金明細書の「うち消費税等」に使います。「わからない」は空欄になります。",
    )
    net_amount = YenField(
        "税抜額",
        allow_negative=True,
        validators=[InputRequired("税抜額を入力してください。")],
        description="請求書の明細行の税抜額。減額は △ を付けます。",
    )
    tax_rate = PercentField("消費税の税率", description="標準税率は10、軽減税率は8。")
    invoice = ChoiceField(
        "請求書",
        description="選ぶと、消費税はその請求書の端数処理で計算します。「なし」は1円未満切捨て。",
    )
    first_month = MonthField(
        "始まりの月", validators=[InputRequired("始まりの月を選んでください。")]
    )
    last_month = MonthField(
        "終わりの月",
        validators=[InputRequired("終わりの月を選んでください。")],
        description="この月の分まで。1か月だけなら同じ月。",
    )
    charged_to = ChoiceField(
        "個別負担の団体",
        description="一つの団体だけが全額を負担する費用のときに選びます。",
    )
    note = TextAreaField(
        "備考",
        [Plain("備考", 500, is_required=False)],
        filters=[plain_text],
        description="負担金明細書には載りません。",
    )

    def __init__(self, way: str, **options: Any) -> None:
        """Keep the fields of one way."""
        super().__init__(**options)
        self.way = way
        kept = set(_OF_WAY[way])
        for name in {field for fields in _OF_WAY.values() for field in fields} - kept:
            del self[name]
        if way == "net":
            self.tax_rate.flags.required = True
        elif way == "usd":
            self.tax_rate.description = (
                "米ドルの額が税抜で、円にしてから消費税がかかるとき。かからないなら空。"
            )

    def offer(self, year: FiscalYear, choices: costs.Choices) -> None:
        """Offer categories, months, members, and what the way needs."""
        services = {each.service_id for each in choices.categories}
        self.category.offer(
            (
                (each.id, f"{each.service_name} ／ {each.name}" if len(services) > 1 else each.name)
                for each in choices.categories
            ),
            nothing="選んでください",
        )
        self.first_month.offer(year)
        self.last_month.offer(year)
        self.charged_to.offer(
            ((each.id, each.name) for each in choices.members), nothing="なし（負担ルールで分ける）"
        )
        if self.way == "incl":
            saved = self.contained.object_data or ""
            self.contained.offer({saved: f"{saved}％", **CONTAINED}.items())
        else:
            self.invoice.offer(((each.id, each.name) for each in choices.invoices), nothing="なし")
        if self.way == "usd":
            self._name_months(year, choices.rates)

    def _name_months(self, year: FiscalYear, rates: Mapping[Month, Rate]) -> None:
        self.year = year
        for name, month in zip(DOLLAR_FIELDS, year.months(), strict=True):
            field = self[name]
            field.label.text = wareki_month(month)
            rate = rates.get(month)
            field.description = (
                f"1米ドル {decimal(rate.rate)}円" if rate else "為替レートは未登録です。"
            )

    def validate_tax_rate(self, field: PercentField) -> None:
        """Ask for a rate where 税抜 is entered; no rate is above 100."""
        if field.data is None and self.way == "net" and not field.process_errors:
            raise ValidationError("税率を入力してください。")
        if field.data is not None and field.data > 100:
            raise ValidationError("税率は100までです。10 や 8 のように入力してください。")

    @property
    def doubts(self) -> tuple[str, ...]:
        """Give what is probably a slip of the pen (念のため)."""
        rate = None if self.way == "incl" else self.tax_rate.data
        if rate is None or rate in KNOWN_TAX_RATES:
            return ()
        return (f"{decimal(rate)}％は、消費税にあったことのない税率です。",)

    @property
    def dollar_fields(self) -> Iterator[DecimalField]:
        """Give the fields of the months (米ドルの欄)."""
        return (self[name] for name in DOLLAR_FIELDS)

    def entry(self) -> costs.Entry:
        """Give what was entered, for the use case."""
        is_net, is_usd = self.way == "net", self.way == "usd"
        return costs.Entry(
            category_id=self.category.data,
            name=self.name.data,
            amount_incl_tax=self.amount.data if self.way == "incl" else Yen(0),
            first_month=self.first_month.month,
            last_month=self.last_month.month,
            charged_to_id=self.charged_to.data or None,
            note=self.note.data,
            amount_by=self.way,
            net_amount=self.net_amount.data if is_net else None,
            tax_rate=self._rate(),
            invoice_id=(self.invoice.data or None) if is_net or is_usd else None,
            dollars=self._dollars() if is_usd else {},
        )

    def _rate(self) -> Fraction | None:
        if self.way != "incl":
            rate: Fraction | None = self.tax_rate.data
            return rate
        return Fraction(self.contained.data) if self.contained.data else None

    def _dollars(self) -> dict[Month, Fraction]:
        months = zip(DOLLAR_FIELDS, self.year.months(), strict=True)
        typed = {month: self[name].data for name, month in months}
        return {month: usd for month, usd in typed.items() if usd}


# Twelve fields of one kind: written out, nobody would see that they are the same.
for _month in _MONTHS:
    setattr(ItemForm, f"usd_{_month}", DecimalField(f"{_month}月", allow_negative=True))


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


class NewForm(ItemForm):
    """費目の追加: brings the id of the new item, so that sending it twice adds one."""

    item_id = StringField("入力画面", widget=HiddenInput())

    def validate_item_id(self, field: StringField) -> None:
        """Refuse what no form of ours has sent."""
        # Left out, the field would keep the id made for this very request.
        if not field.raw_data or not _is_id(field.data):
            raise ValidationError(
                "この入力画面は使えません。内容を確かめて、もう一度送ってください。"
            )

    def renew(self) -> None:
        """Let a refused form be sent again as a new one."""
        if self.item_id.errors:
            self.item_id.data = str(uuid4())


class ChangeForm(ItemForm):
    """費目の編集: knows which version was seen."""

    row_version = IntegerField(
        "版",
        [InputRequired("画面を開き直してください。")],
        widget=HiddenInput(),
    )


class RemoveForm(PortalForm):
    """費目の削除."""

    row_version = IntegerField(
        "版", [InputRequired("画面を開き直してください。")], widget=HiddenInput()
    )


class CopyForm(PortalForm):
    """費目の写し, for a year under 仮締め: from where, and why."""

    source = ChoiceField("写す元")


def filled(entry: costs.Entry) -> dict[str, object]:
    """Give the data of a form that shows what is saved (保存されている内容)."""
    dollars = {f"usd_{month.month}": usd for month, usd in entry.dollars.items()}
    return {
        "category": entry.category_id,
        "name": entry.name,
        "amount": entry.amount_incl_tax,
        "net_amount": entry.net_amount,
        "tax_rate": entry.tax_rate,
        "contained": "" if entry.tax_rate is None else plain_number(entry.tax_rate),
        "invoice": entry.invoice_id or "",
        "first_month": str(entry.first_month),
        "last_month": str(entry.last_month),
        "charged_to": entry.charged_to_id or "",
        "note": entry.note,
        **dollars,
    }


def asked_way(text: str | None, otherwise: str) -> str:
    """Read which way a page was asked for; another word means the usual one."""
    return text if text in WAYS else otherwise
