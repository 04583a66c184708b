"""The sheets of the registration workbook, in the order in which they are registered (様式)."""

from typing import Final

from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.registration.form import FormColumn, FormSheet
from consortium.domain.registration.money import MONEY
from consortium.domain.services import Operator
from consortium.domain.sharing.bases import BASES
from consortium.domain.sharing.dating import DATINGS
from consortium.domain.sharing.proration import PRORATIONS
from consortium.domain.sharing.rule import LEAVINGS
from consortium.domain.yen import LEVELS, MODES, RESIDUALS

__all__ = ["STAGES", "TABLES"]

_C = FormColumn
_CODE = _C("code", "団体コード", "code", "シート「市町村」にある団体", "990019")
_TOWN = _C("town", "団体名", "town", "", "見本町", needed=False)
_SERVICE = _C("service", "サービス", "text", "シート「共同サービス」の略称", "core")
_SOURCE = _C("source", "根拠", "long", "協定書・経過表など、この行の拠り所", "協定書第3条")
_BASES = {key: kind.label.format(series="基礎数値") for key, kind in BASES.items()}

CONSORTIUM: Final = FormSheet(
    "consortium",
    "協議会",
    "協議会の名称と設定。1行だけ書きます。",
    (
        _C("key", "略称", "text", "英小文字で始まる、英小文字・数字・「-」", "mihon"),
        _C("name", "協議会の名称", "text", "帳票に載ります", "見本地区電算共同化推進協議会"),
        _C("office", "事務局の名称", "text", "帳票の発行者（幹事市）", "見本市"),
        _C("is_sample", "見本", "yes", "「はい」は帳票に見本と載ります", "いいえ"),
        _C("shows_others", "ほかの団体の額を載せる", "yes", "構成団体の明細書に", "はい"),
        _C(
            "label_2019", "2019年度の表記", "word", "", "令和元年度",
            words={"令和元年度": "令和元年度", "平成31年度": "平成31年度"},
        ),
        _C("usd_mode", "米ドルの円換算の端数", "word", "", "切捨て", words=MODES),
        _C("own_approval", "作成者の承認を認める", "yes", "一人の事務局だけ「はい」", "いいえ"),
    ),
    ("key",),
)  # fmt: skip

MEMBERS: Final = FormSheet(
    "members",
    "市町村",
    "構成団体とその加入期間。脱退した後にまた加入した団体は、加入期間ごとに1行です。",
    (
        _C("code", "団体コード", "code", "検査数字まで6桁", "990019"),
        _C("name", "団体名", "text", "", "見本町"),
        _C("kana", "よみ", "text", "ひらがな", "みほんまち"),
        _C("kind", "区分", "word", "", "町", words={"市": "市", "町": "町", "村": "村"}),
        _C("is_lead", "幹事市", "yes", "一つの団体だけ「はい」", "いいえ"),
        _C("since", "加入日", "day", "", "2025-04-01"),
        _C("last", "脱退日", "day", "最後の日。続いている間は空欄", "", needed=False),
        _SOURCE._replace(note="日が資料になく月の初日としたときは、そのことも書きます"),
    ),
    ("code", "since"),
)

SERVICES: Final = FormSheet(
    "services",
    "共同サービス",
    "共同で使うサービス。費用はサービスごとに登録します。",
    (
        _C("key", "略称", "text", "英小文字で始まる短い名前", "core"),
        _C("name", "サービス名", "text", "", "基幹系共同クラウド"),
        _C(
            "operator", "運営主体", "word", "", "協議会",
            words={each.value: each.value for each in Operator},
        ),
        _C("since", "稼働日", "day", "これより前の費用は登録できません", "2025-04-01"),
        _C("last", "終了日", "day", "最後の日。続いている間は空欄", "", needed=False),
        _SOURCE,
    ),
    ("key",),
)  # fmt: skip

ENROLMENTS: Final = FormSheet(
    "enrolments",
    "サービス参加",
    "どの団体がどのサービスをいつから使うか。費用はここにある団体で分けます。",
    (
        _SERVICE,
        _CODE,
        _TOWN,
        _C("since", "利用開始日", "day", "加入期間の中の日", "2025-04-01"),
        _C("last", "利用終了日", "day", "最後の日。続いている間は空欄", "", needed=False),
        _SOURCE,
    ),
    ("service", "code", "since"),
)

CATEGORIES: Final = FormSheet(
    "categories",
    "経費区分",
    "サービスの費用の区分。書いた順に表示します。",
    (_SERVICE, _C("name", "経費区分", "text", "", "運用")),
    ("service", "name"),
)

BASIS_VALUES: Final = FormSheet(
    "bases",
    "算定基礎",
    "人口などの値。一つの版（系列・基準日・版が同じ行）は、団体ごとに1行です。",
    (
        _C("series", "系列", "text", "英小文字の短い名前", "population"),
        _C("label", "算定基礎", "text", "印刷する名前", "国勢調査人口"),
        _C("day", "基準日", "day", "期間の計は、期間の末日", "2020-10-01"),
        _C("period_from", "期間の初日", "day", "期間の計だけ", "", needed=False),
        _C("edition", "版", "text", "", "令和2年国勢調査"),
        _C("published", "公表日", "day", "", "2021-11-30", needed=False),
        _C("certainty", "見込・確定", "word", "", "確定", words={"見込": "見込", "確定": "確定"}),
        _C("source", "出典", "long", "", "総務省統計局"),
        _CODE,
        _TOWN,
        _C("value", "値", "number", "0以上", "12345"),
    ),
    ("series", "day", "edition", "code"),
)

RULES: Final = FormSheet(
    "rules",
    "負担ルール",
    "費用の分け方。一つの版（ルール・施行日が同じ行）は、構成割ごとに1行です。"
    "2行目からは、構成割より左の列を空欄にできます（ルールと施行日は書きます）。",
    (
        _C("rule", "ルール", "text", "名前", "運用費の負担割合"),
        _C("since", "施行日", "day", "次の版の施行日まで有効", "2025-04-01"),
        _SERVICE,
        _C("category", "経費区分", "text", "空欄は、ほかのすべての区分", "運用", needed=False),
        _C("document", "根拠文書", "text", "", "協定書"),
        _C("article", "条項", "text", "", "第7条", needed=False),
        _C("decided", "議決日", "day", "", "2025-03-20", needed=False),
        _C("note", "注記", "long", "根拠とともに印刷します", "", needed=False),
        _C("unit", "端数の単位", "whole", "円。1、100、1000、10000", "1"),
        _C("mode", "端数処理", "word", "", "切捨て", words=MODES),
        _C("level", "端数処理の段階", "word", "", "構成割ごと", words=LEVELS),
        _C(
            "residual", "端数の負担者", "word", "", "最大剰余",
            words={key: each.label for key, each in RESIDUALS.items()},
        ),
        _C("digits", "割合の桁数", "whole", "割合を先に丸めるときだけ", "", needed=False),
        _C(
            "proration", "年度途中の加入・脱退", "word", "", "月割",
            words={key: each.label for key, each in PRORATIONS.items()},
        ),
        _C("leaving", "脱退時の負担", "word", "", "脱退の月まで", words=LEAVINGS),
        _C("label", "構成割", "text", "印刷する名前", "人口割"),
        _C("basis", "構成割の種類", "word", "", _BASES["table"], words=_BASES),
        _C("weight", "割合", "weight", "合計は100でなくてもよい", "80"),
        _C("series", "系列", "text", "算定基礎を使う種類だけ", "population", needed=False),
        _C(
            "dating", "基準日の定め方", "word", "", "最新の公表値", needed=False,
            words={key: each.label for key, each in DATINGS.items()},
        ),
        _C("month_day", "月日", "month_day", "「前年度の基準日」だけ", "", needed=False),
        _C("first", "固定の日・期間の初日", "day", "「固定」「期間の計」だけ", "", needed=False),
        _C("last", "期間の末日", "day", "「期間の計」だけ", "", needed=False),
        _C("edition", "固定の版", "text", "「固定」で版も決まるときだけ", "", needed=False),
        _C("power", "指数", "weight", "逓減する種類だけ", "", needed=False),
        _C("own_source", "団体ごとの値の根拠", "long", "", "", needed=False),
    ),
    ("rule", "since", "label"),
)  # fmt: skip

OWN_VALUES: Final = FormSheet(
    "own_values",
    "団体ごとの値",
    "負担ルールが団体ごとに決めている値（固定割合、所在地負担、この区分だけの値）。",
    (
        _C("rule", "ルール", "text", "シート「負担ルール」の名前", "運用費の負担割合"),
        _C("since", "施行日", "day", "", "2025-04-01"),
        _C("label", "構成割", "text", "", "固定割"),
        _CODE,
        _TOWN,
        _C("value", "値", "number", "0以上", "50"),
    ),
    ("rule", "since", "label", "code"),
)

#: Every sheet by its key; the seven that an office needs and those that serve only some.
TABLES: Final = {
    table.key: table
    for table in (
        CONSORTIUM, MEMBERS, SERVICES, ENROLMENTS, CATEGORIES, BASIS_VALUES, RULES, OWN_VALUES,
        *MONEY,
    )
}  # fmt: skip
