"""What a cost item may say (費目の入力の確かめ): refused at the field, before anything is saved."""

from consortium.db.store.costs import CostItem
from consortium.db.store.entering import Ground
from consortium.db.store.invoices import AmountInputs
from consortium.db.store.members import Membership
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import wareki_month
from consortium.domain.errors import BadInputError
from consortium.usecases.amounts import WAYS
from consortium.usecases.costs import Entry


def checked(ground: Ground, year: FiscalYear, entry: Entry) -> str:
    """Refuse what does not fit; give the service of the category.

    Raises: BadInputError at the field.
    """
    known = {each.id: each for each in ground.categories}
    category = known.get(entry.category_id)
    if category is None:
        raise refusal("category", "一覧にない経費区分です。", "経費区分を選び直してください。")
    if not entry.name.strip():
        raise refusal("name", "費目名が空です。", "費目名を入力してください。")
    _refuse_months(year, entry)
    if entry.charged_to_id is not None:
        stays = [each for each in ground.stays if each.member_id == entry.charged_to_id]
        _refuse_charge(year, stays)
    _refuse_amount(entry)
    return category.service_id


def refuse_invoice(item: CostItem, inputs: AmountInputs) -> None:
    """Refuse an invoice of another year or stage.

    Raises: BadInputError at the field.
    """
    if item.invoice_id is None:
        return
    invoice, _ = inputs.invoices[item.invoice_id]
    if (invoice.year, invoice.stage) != (item.year, item.stage):
        raise refusal(
            "invoice",
            f"請求書「{invoice.name}」は、別の年度か段階のものです。",
            "この年度・段階の請求書を選んでください。",
        )


def _refuse_amount(entry: Entry) -> None:
    if entry.amount_by not in WAYS:
        raise refusal("amount_by", "金額の入れ方が分かりません。", "選び直してください。")
    if entry.amount_by == "net" and entry.net_amount is None:
        raise refusal("net_amount", "税抜額がありません。", "税抜額を入力してください。")
    if entry.amount_by == "net" and entry.tax_rate is None:
        raise refusal("tax_rate", "税率がありません。", "税率を入力してください。")
    if entry.amount_by != "incl" and entry.tax_rate is None and entry.invoice_id is not None:
        raise refusal(
            "tax_rate",
            "請求書の明細ですが、税率がありません。",
            "税率を入力するか、請求書を「なし」にしてください。",
        )
    if entry.tax_rate is not None and not 0 <= entry.tax_rate <= 100:
        raise refusal("tax_rate", "税率が0から100の間にありません。", "税率を確かめてください。")
    if entry.amount_by == "usd":
        _refuse_dollars(entry)


def _refuse_dollars(entry: Entry) -> None:
    if not entry.dollars:
        raise refusal(
            "dollars", "米ドルの金額が一つもありません。", "使った月の金額を入力してください。"
        )
    for month in sorted(entry.dollars):
        if not entry.first_month <= month <= entry.last_month:
            raise refusal(
                f"usd_{month.month}",
                f"{wareki_month(month)}は、この費目の期間の外です。",
                "期間を直すか、この月の金額を消してください。",
            )


def _refuse_months(year: FiscalYear, entry: Entry) -> None:
    months = year.months()
    for field, month in (("first_month", entry.first_month), ("last_month", entry.last_month)):
        if month not in months:
            raise refusal(
                field,
                f"{month.year}年{month.month}月は、この年度の月ではありません。",
                f"{months[0].year}年4月から{months[-1].year}年3月までの月を選んでください。",
            )
    if entry.last_month < entry.first_month:
        raise refusal(
            "last_month", "終わりの月が始まりの月より前です。", "始まりの月以後を選んでください。"
        )


def _refuse_charge(year: FiscalYear, stays: list[Membership]) -> None:
    if not stays:
        raise refusal("charged_to", "構成団体ではありません。", "一覧から選び直してください。")
    if not any(stay.period.overlaps(year.period) for stay in stays):
        raise refusal(
            "charged_to",
            "この年度には加入していない団体です。",
            "加入した年度以後の費用として登録するか、団体を選び直してください。",
        )


def refusal(path: str, found: str, todo: str) -> BadInputError:
    """Say at a field why an item cannot be saved (お断り)."""
    return BadInputError("費目を保存しようとしました。", found, todo, path=path)
