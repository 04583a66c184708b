"""Sentences and names that 帳票 have in common (文言)."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.calendar.wareki import wareki_month
from consortium.domain.fiscalyear import run
from consortium.domain.sharing.proration import months_between
from consortium.domain.sharing.result import EARLY, CostItem, ItemResult, Pot, Result


class Stage(NamedTuple):
    """How a stage of the fiscal year reads on paper (算定の段階)."""

    label: str
    #: what the office calls the letter (帳票名)
    document: str
    #: subject of the letter, after 令和3年度
    subject: str
    #: the letter's sentence, with {year} and {you}
    body: str
    amount: str
    #: what the amount issued before is called
    before: str = "変更前の額"


#: What a document says where one person drafted and approved (作成者と承認者が同一).
OWN_APPROVAL = "この算定は、作成者と承認者が同一です（協議会の設定による、一人の事務局の扱い）。"

#: How an instalment is paid; the office's own 納入通知書 names account and bank (納入方法).
PAYMENT = "別に送付する納入通知書により、期限までに納入してください。"

#: The sentences of a 納入依頼 and of a 督促.
NOTICE_BODY = (
    "　{year}共同クラウド運営負担金の{instalment}分について、{you}の納入額は\n"
    "下記のとおりですので、期限までに納入してくださるようお願いします。"
)
REMINDER_BODY = (
    "　{year}共同クラウド運営負担金の{instalment}分について、{you}の納入が\n"
    "期限を過ぎても確認できません。下記のとおり納入してください。"
)

#: What is planned for the difference of a settlement, by the year's way: the way of one town may
#: still be changed when the settlement is fixed, after this is printed (精算の処理).
DISPOSITIONS = {
    "refund": "還付する予定です。別に通知します。",
    "additional": "追加納入の予定です。別に通知します。",
    "credit": "翌年度の負担金で調整する予定です。",
    "none": "納入又は還付の必要はありません。",
}

_RUNNING_COST = "　{year}の共同クラウドの運営に要する経費について、"

#: Every stage by its stored key.
STAGES: dict[str, Stage] = {
    "estimate": Stage(
        run.STAGES["estimate"],
        "負担見込額通知",
        "共同クラウド運営費の負担見込額について（通知）",
        _RUNNING_COST + "{you}の負担見込額は\n下記のとおりですので、通知します。",
        "負担見込額",
    ),
    "planned": Stage(
        run.STAGES["planned"],
        "予定額通知",
        "共同クラウド運営負担金の予定額について（通知）",
        _RUNNING_COST + "{you}の負担金の予定額は\n下記のとおりですので、通知します。",
        "負担予定額",
    ),
    "revised": Stage(
        run.STAGES["revised"],
        "変更通知書",
        "共同クラウド運営負担金の変更について（通知）",
        _RUNNING_COST + "{you}の負担金の額を\n下記のとおり変更しましたので、通知します。",
        "変更後の負担金額",
    ),
    "final": Stage(
        run.STAGES["final"],
        "確定通知書",
        "共同クラウド運営負担金の確定について（通知）",
        _RUNNING_COST + "{you}の負担金の額が\n下記のとおり確定しましたので、通知します。",
        "確定した負担金額",
        "これまでの額",
    ),
    "settlement": Stage(
        run.STAGES["settlement"],
        "精算書",
        "共同クラウド運営負担金の精算について（通知）",
        _RUNNING_COST + "{you}の負担金を\n下記のとおり精算しましたので、通知します。",
        "精算後の負担金額",
    ),
}

SAMPLE_LINE = "【見本】費用と負担の割合は見本の値です。実際の通知ではありません。"


def addressee(name: str) -> str:
    """Address the head of a municipality.

    >>> addressee("板柳町")
    '板柳町長　様'
    """
    return f"{name}長　様" if name.endswith(("市", "町", "村")) else f"{name}　御中"


def you(name: str) -> str:
    """Address a municipality within a sentence: 貴市, 貴町, 貴村."""
    return f"貴{name[-1]}" if name.endswith(("市", "町", "村")) else "貴団体"


def span(months: Sequence[Month]) -> str:
    """Write the months from the first to the last: 令和3年6月～令和4年3月."""
    first, last = wareki_month(months[0]), wareki_month(months[-1])
    return first if first == last else f"{first}～{last}"


def quarter_name(no: int) -> str:
    """Name a quarter of a fiscal year, counted from 1 (四半期).

    >>> quarter_name(1)
    '第1四半期'
    """
    return f"第{no}四半期"


def item_name(item: CostItem) -> str:
    """Name an item with its category (経費区分), unless both are the same."""
    if item.category and item.category != item.name:
        return f"{item.category}　{item.name}"
    return item.name


def rule_name(pot: Pot) -> str:
    """Name all components of a pot in one line, e.g. 均等割20・人口割80 (按分方法)."""
    return "・".join(
        part.label if "→" in part.label else part.label.replace("（", "").rsplit("/", 1)[0]
        for part in pot.components
    )


def months_of_item(item: CostItem, fiscal_year: FiscalYear) -> tuple[Month, ...]:
    """Give the months of an item, both ends included."""
    return tuple(month for month in fiscal_year.months() if item.first <= month <= item.last)


def months_in(result: Result, entry: ItemResult, position: int) -> tuple[Month, ...]:
    """Give the months of an item in which a member takes part."""
    there: set[Month] = set()
    for portion in entry.portions:
        if portion.kind == EARLY:
            there.update(portion.counted[position])
            continue
        for window in result.pots[portion.pot].windows:
            if position in window.positions:
                there.update(months_between(window.first, window.last))
    return tuple(
        month for month in months_of_item(entry.item, result.fiscal_year) if month in there
    )


def takes_part(result: Result) -> tuple[int, ...]:
    """Give the positions of the members that some item concerns, in code order."""
    codes = {line.code for line in result.lines()}
    return tuple(i for i, party in enumerate(result.parties) if party.code in codes)


def numbered(notes: Iterable[str]) -> list[str]:
    """Number notes: 注１, 注２ …; list marks are full-width, like nothing else."""
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    return [f"注{str(number).translate(wide)}　{note}" for number, note in enumerate(notes, 1)]
