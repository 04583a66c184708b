"""The sheets about money: agreement, costs, grants, instalments, payments (費用・納付の様式)."""

from typing import Final

from consortium.domain.calendar.opendays import ROLL_RULES
from consortium.domain.fiscalyear.plan import METHODS
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.fiscalyear.settlement import WAYS
from consortium.domain.funding import TREATMENTS
from consortium.domain.invoicing import TAX_PER
from consortium.domain.registration.form import FormColumn, FormSheet
from consortium.domain.yen import MODES

#: 金額の入れ方 and 収納の種別 as the portal names them; a test compares them.
AMOUNT_WAYS: Final = {"incl": "税込額", "net": "税抜額と税率", "usd": "米ドルと為替レート"}
PAYMENT_KINDS: Final = {
    "received": "収納",
    "refunded": "還付",
    "credited_out": "翌年度へ充当",
    "credited_in": "前年度から充当",
}

_C = FormColumn
_YEAR = _C("year", "年度", "year", "", "2025")
_STAGE = _C("stage", "段階", "word", "", "当初", words=STAGES)
_CODE = _C("code", "団体コード", "code", "シート「市町村」にある団体", "990019")
_TOWN = _C("town", "団体名", "town", "", "見本町", needed=False)
_SERVICE = _C("service", "サービス", "text", "シート「共同サービス」の略称", "core")
_CATEGORY = _C("category", "経費区分", "text", "シート「経費区分」の名前", "運用")
_NOTE = _C("note", "備考", "long", "", "", needed=False)
_SOURCE = _C("source", "根拠", "long", "", "協定書第9条")
_NO = _C("no", "費目番号", "whole", "シート「費用」の番号", "1")

TERMS: Final = FormSheet(
    "terms",
    "利用期",
    "共同クラウドの契約期間。加入金・残存費用の計算に使います。",
    (
        _C("name", "利用期", "text", "", "第1期"),
        _C("since", "始まりの日", "day", "", "2025-04-01"),
        _C("last", "終わりの日", "day", "", "2030-03-31"),
        _SOURCE,
    ),
    ("name",),
)

BUILD_COSTS: Final = FormSheet(
    "build_costs",
    "共同構築費",
    "利用期にわたって使うものの構築費。加入する団体が加入金を、脱退する団体が残存費用を負担します。",
    (
        _C("term", "利用期", "text", "", "第1期"),
        _C("name", "名称", "text", "", "第1期共同構築費"),
        _SERVICE,
        _CATEGORY,
        _C("amount", "税込金額", "yen", "", "120000000"),
        _C("joining", "加入金を取る", "yes", "", "はい"),
        _C("leaving", "残存費用を取る", "yes", "", "いいえ"),
        _NOTE,
    ),
    ("term", "name"),
)

DAMPENINGS: Final = FormSheet(
    "dampenings",
    "激変緩和",
    "年度の間の増減の上限と許容幅。上限も許容幅も空欄の行は、その日から行わないことを表します。",
    (
        _C("since", "施行日", "day", "", "2025-04-01"),
        _C("up", "増加の上限", "number", "％", "10", needed=False),
        _C("down", "減少の上限", "number", "％", "", needed=False),
        _C("tolerance", "許容幅", "number", "％", "3", needed=False),
        _C(
            "order", "差額の順", "text",
            "受け持つ順の団体コードを空白で区切る。算定額の割合で分けるときは空欄",
            "", needed=False,
        ),
        _C("document", "根拠文書", "text", "", "協定書"),
        _C("article", "条項", "text", "", "第9条", needed=False),
        _C("decided", "議決日", "day", "", "", needed=False),
        _NOTE._replace(heading="注記"),
    ),
    ("since",),
)  # fmt: skip

PREVIOUS: Final = FormSheet(
    "previous",
    "前年度の負担額",
    "激変緩和が比べる、ポータルで発行する前の年度の負担額。",
    (
        _YEAR._replace(note="負担した年度"),
        _CODE,
        _TOWN,
        _C("amount", "負担額", "yen", "", "1234567"),
        _SOURCE._replace(needed=False),
    ),
    ("year", "code"),
)

INVOICES: Final = FormSheet(
    "invoices",
    "請求書",
    "消費税の端数を請求書が決めている費目があるとき。明細は、シート「費用」で請求者と番号を書きます。",
    (
        _YEAR,
        _STAGE,
        _C("supplier", "請求者", "text", "", "見本システム株式会社"),
        _C("number", "請求書番号", "text", "", "A-001"),
        _C("day", "請求日", "day", "", "2025-04-30"),
        _C("tax_per", "消費税の端数処理の単位", "word", "", "請求書ごと", words=TAX_PER),
        _C("tax_mode", "消費税の端数処理", "word", "", "切捨て", words=MODES),
        _NOTE,
    ),
    ("year", "stage", "supplier", "number"),
)

RATES: Final = FormSheet(
    "rates",
    "為替レート",
    "米ドルの費目があるとき、月ごとの1米ドルの円。",
    (
        _C("month", "月", "month", "", "2025-04"),
        _C("rate", "円", "number", "1米ドルの円", "149.53"),
        _C("source", "出典", "long", "", "日本銀行"),
        _C("day", "公表日", "day", "", "", needed=False),
    ),
    ("month",),
)

ITEMS: Final = FormSheet(
    "items",
    "費用",
    "年度・段階ごとの費目。概算・当初・変更・確定・精算は、それぞれ別の行です。",
    (
        _C("no", "番号", "whole", "このシートの中で重ならない番号", "1"),
        _YEAR,
        _STAGE,
        _SERVICE,
        _CATEGORY,
        _C("name", "費目", "text", "", "システム利用料"),
        _C("way", "金額の入れ方", "word", "", "税込額", words=AMOUNT_WAYS),
        _C("amount", "税込金額", "yen", "ほかの入れ方では計算します", "1200000", needed=False),
        _C("net", "税抜金額", "yen", "「税抜額と税率」だけ", "", needed=False),
        _C("tax_rate", "税率", "number", "％。分からないときは空欄", "10", needed=False),
        _C("first", "開始月", "month", "年度の中の月", "2025-04"),
        _C("last", "終了月", "month", "年度の中の月", "2026-03"),
        _C("charged", "個別負担の団体コード", "code", "一つの団体が全額を負担するときだけ", "",
           needed=False),
        _C("supplier", "請求者", "text", "請求書の明細だけ", "", needed=False),
        _C("number", "請求書番号", "text", "請求書の明細だけ", "", needed=False),
        _C("price", "従量の単価", "number", "円。数量はシート「従量」", "", needed=False),
        _C("usage_mode", "従量の端数", "word", "", "", needed=False, words=MODES),
        _NOTE,
        _C("amount_note", "金額の内訳", "long", "「税込額」だけ", "", needed=False),
    ),
    ("year", "stage", "service", "category", "name", "first"),
)  # fmt: skip

DOLLARS: Final = FormSheet(
    "dollars",
    "米ドル額",
    "「米ドルと為替レート」の費目の、月ごとの米ドル。",
    (_NO, _C("month", "月", "month", "", "2025-04"), _C("usd", "米ドル", "number", "", "1000.5")),
    ("no", "month"),
)

USAGE: Final = FormSheet(
    "usage",
    "従量",
    "従量の単価がある費目の、団体ごとの数量。",
    (_NO, _CODE, _TOWN, _C("quantity", "数量", "number", "", "1000")),
    ("no", "code"),
)

FUNDING: Final = FormSheet(
    "funding",
    "補助金",
    "補助金・交付税措置などの財源措置。",
    (
        _YEAR,
        _STAGE,
        _C("name", "名称", "text", "", "県補助金"),
        _C(
            "treatment", "扱い", "word", "", "控除してから按分",
            words={key: each.label for key, each in TREATMENTS.items()},
        ),
        _C("amount", "金額", "yen", "金額か措置率のどちらか", "500000", needed=False),
        _C("rate", "措置率", "number", "％。「参考」だけ", "", needed=False),
        _NO._replace(note="控除する費目の番号", needed=False),
        _CODE._replace(needed=False, note="補助を受ける団体", example=""),
        _TOWN._replace(example=""),
        _NOTE,
    ),
    ("year", "stage", "name", "code"),
)  # fmt: skip

PLANS: Final = FormSheet(
    "plans",
    "納付計画",
    "年度の負担金を納める期。期ごとに1行、経費区分で分けるときは経費区分ごとに1行です。",
    (
        _YEAR,
        _C("method", "分け方", "word", "", "割合で分ける", words=METHODS),
        _C("unit", "端数の単位", "whole", "円。最後の期のほか", "1000"),
        _C("mode", "端数処理", "word", "", "切上げ", words=MODES),
        _C("way", "精算の方法", "word", "", "還付・追加納入", words=WAYS),
        _C("no", "期", "whole", "1から順に", "1"),
        _C("due", "納期限", "day", "協定の日。閉庁日なら次の列のとおり動きます", "2025-05-20"),
        _C("roll", "閉庁日のとき", "word", "", "翌開庁日", words=ROLL_RULES),
        _C("percent", "割合", "number", "％。「割合で分ける」の最後の期は空欄", "25", needed=False),
        _SERVICE._replace(needed=False, note="「経費区分で分ける」だけ", example=""),
        _CATEGORY._replace(needed=False, note="「経費区分で分ける」だけ", example=""),
    ),
    ("year", "no", "service", "category"),
)

PAYMENTS: Final = FormSheet(
    "payments",
    "納付",
    "すでに納められた負担金（ポータルを使い始める前の収納など）。",
    (
        _YEAR,
        _CODE,
        _TOWN,
        _C("instalment", "期", "whole", "期の決まっていない金は空欄", "1", needed=False),
        _C("kind", "種別", "word", "", "収納", words=PAYMENT_KINDS),
        _C("day", "収納日", "day", "", "2025-05-20"),
        _C("amount", "金額", "yen", "返した金は負の数", "250000"),
        _C("reference", "整理番号", "text", "財務会計の番号", "", needed=False),
        _NOTE,
    ),
    ("year", "code", "instalment", "kind", "day", "amount", "reference"),
)

CLOSED_DAYS: Final = FormSheet(
    "closed_days",
    "閉庁日",
    "祝日と年末年始のほかに閉庁する日、逆に開庁する日。祝日は登録のときに取り込みます。",
    (
        _C("day", "日付", "day", "", "2025-08-15"),
        _CODE._replace(needed=False, note="空欄はすべての団体", example=""),
        _TOWN._replace(example=""),
        _C("name", "名称", "text", "", "夏季閉庁日"),
        _C(
            "is_closed", "扱い", "word", "", "閉庁する",
            words={"closed": "閉庁する", "open": "開庁する"},
        ),
    ),
    ("day", "code"),
)  # fmt: skip

MONEY: Final = (
    TERMS, BUILD_COSTS, DAMPENINGS, PREVIOUS, INVOICES, RATES, ITEMS, DOLLARS, USAGE, FUNDING,
    CLOSED_DAYS, PLANS, PAYMENTS,
)  # fmt: skip
