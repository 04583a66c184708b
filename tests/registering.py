"""A consortium that exists nowhere, as its office would type it into the form (一括登録の材料).

Three towns called 見本 with codes that no municipality has. The rows stand in the order in which
the portal writes them, so that what comes out can be compared with what went in.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import date
from io import BytesIO
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter

Record = dict[str, Any]
Book = dict[str, list[Record]]

CITY, TOWN, VILLAGE = "990019", "990027", "990035"
NAMES = {CITY: "見本市", TOWN: "見本町", VILLAGE: "見本村"}
KEY = "mihon"
SINCE = date(2020, 4, 1)


def _town(code: str) -> Record:
    return {"団体コード": code, "団体名": NAMES[code]}


def _member(code: str, kana: str, kind: str, since: date = SINCE, **more: Any) -> Record:
    return {
        **_town(code), "よみ": kana, "区分": kind, "幹事市": "はい" if code == CITY else "いいえ",
        "加入日": since, "根拠": "協定書第3条", **more,
    }  # fmt: skip


def _use(code: str, since: date = SINCE, service: str = "core", **more: Any) -> Record:
    return {
        "サービス": service, **_town(code), "利用開始日": since, "根拠": "協定書第4条", **more,
    }  # fmt: skip


def _value(code: str, value: Any, **more: Any) -> Record:
    return {
        "系列": "population", "算定基礎": "国勢調査人口", "基準日": date(2025, 10, 1),
        "版": "令和7年国勢調査", "公表日": date(2026, 6, 1), "見込・確定": "確定",
        "出典": "見本の統計", **_town(code), "値": value, **more,
    }  # fmt: skip


def _rule(label: str, kind: str, weight: Any, **more: Any) -> Record:
    return {
        "ルール": "運用の分け方", "施行日": SINCE, "サービス": "core", "経費区分": "運用",
        "根拠文書": "協定書", "条項": "第7条", "端数の単位": 1, "端数処理": "切捨て",
        "端数処理の段階": "構成割ごと", "端数の負担者": "最大剰余",
        "年度途中の加入・脱退": "月割", "脱退時の負担": "脱退の月まで", "構成割": label,
        "構成割の種類": kind, "割合": weight, **more,
    }  # fmt: skip


def _item(no: int, name: str, amount: int, start: int = 2026, **more: Any) -> Record:
    return {
        "番号": no, "年度": start, "段階": "当初", "サービス": "core", "経費区分": "運用",
        "費目": name, "金額の入れ方": "税込額", "税込金額": amount, "税率": 10,
        "開始月": f"{start}-04", "終了月": f"{start + 1}-03", **more,
    }  # fmt: skip


def _part(no: int, due: date, percent: Any = None, **more: Any) -> Record:
    return {
        "年度": due.year - (due.month < 4), "分け方": "割合で分ける", "端数の単位": 1000,
        "端数処理": "切上げ", "精算の方法": "還付・追加納入", "期": no, "納期限": due,
        "閉庁日のとき": "翌開庁日", "割合": percent, **more,
    }  # fmt: skip


def small() -> Book:
    """Give what a consortium needs to compute FY2027: two costs, one rule, one census."""
    return {
        "協議会": [
            {
                "略称": KEY, "協議会の名称": "見本地区電算協議会", "事務局の名称": "見本市",
                "見本": "いいえ", "ほかの団体の額を載せる": "はい", "2019年度の表記": "令和元年度",
                "米ドルの円換算の端数": "切捨て", "作成者の承認を認める": "いいえ",
            }
        ],
        "市町村": [
            _member(CITY, "みほんし", "市"),
            _member(TOWN, "みほんまち", "町"),
            _member(VILLAGE, "みほんむら", "村"),
        ],
        "共同サービス": [
            {
                "略称": "core", "サービス名": "基幹系共同クラウド", "運営主体": "協議会",
                "稼働日": SINCE, "根拠": "協定書第2条",
            }
        ],
        "サービス参加": [_use(CITY), _use(TOWN), _use(VILLAGE)],
        "経費区分": [{"サービス": "core", "経費区分": "運用"}],
        "算定基礎": [_value(CITY, 60_000), _value(TOWN, 30_000), _value(VILLAGE, 10_000)],
        "負担ルール": [
            _rule("均等割", "均等割", 20),
            _rule("人口割", "基礎数値割", 80, 系列="population", 基準日の定め方="最新の公表値"),
        ],
        "費用": [
            _item(1, "システム利用料", 1_000_001, 2027),
            _item(2, "見本町の改修", 55_000, 2027, 個別負担の団体コード=TOWN),
        ],
        "納付計画": [
            _part(1, date(2026, 5, 20), 25),
            _part(2, date(2026, 8, 20), 25),
            _part(3, date(2026, 11, 20), 25),
            _part(4, date(2027, 2, 20)),
        ],
    }  # fmt: skip


def rich() -> Book:
    """Give a consortium that uses every sheet and every kind of value (すべてのシート)."""
    book = small()
    again, left = date(2026, 10, 1), {"脱退日": date(2024, 3, 31)}
    village = _member(VILLAGE, "みほんむら", "村", **left)
    book["市町村"][2:] = [village, _member(VILLAGE, "みほんむら", "村", again)]
    book["共同サービス"].append(
        {
            "略称": "net",
            "サービス名": "県の回線",
            "運営主体": "県",
            "稼働日": date(2021, 4, 1),
            "終了日": date(2030, 3, 31),
            "根拠": "見本県の要綱",
        }
    )
    ended = {"利用終了日": date(2024, 3, 31)}
    of_net = _use(TOWN, date(2021, 4, 1), "net", 利用終了日=date(2030, 3, 31))
    book["サービス参加"][2:] = [_use(VILLAGE, **ended), _use(VILLAGE, again), of_net]
    book["経費区分"][:0] = [{"サービス": "core", "経費区分": "構築"}]
    book["経費区分"].append({"サービス": "net", "経費区分": "回線"})
    days = {
        "系列": "days", "算定基礎": "利用日数", "基準日": date(2025, 12, 31),
        "期間の初日": date(2025, 1, 1), "版": "令和7年の計", "公表日": None,
    }  # fmt: skip
    book["算定基礎"] = [
        _value(CITY, 12.5, **days),
        _value(TOWN, 0.25, **days | {"見込・確定": "見込"}),
        *book["算定基礎"],
    ]
    _add_rules(book)
    _add_agreement(book)
    _add_costs(book)
    _add_payments(book)
    return book


def _add_rules(book: Book) -> None:
    later = {
        "施行日": date(2026, 4, 1),
        "注記": "一行目\n二行目　全角の空き",
        "議決日": date(2026, 3, 20),
    }
    powered = {
        "ルール": "構築の分け方", "経費区分": "構築", "端数の単位": 1000, "割合の桁数": 4,
        "端数処理の段階": "費目ごと", "端数の負担者": "幹事市負担", "脱退時の負担": "年度末まで",
        "端数処理": "四捨五入", "年度途中の加入・脱退": "日割",
    }  # fmt: skip
    book["負担ルール"] = [
        {
            **_rule("固定割", "固定割合", 1),
            "ルール": "回線の負担", "サービス": "net", "経費区分": None,
        },
        _rule("逓減割", "逓減基礎数値割", "33.30", **powered, 系列="population", 指数="0.5",
              基準日の定め方="固定", **{"固定の日・期間の初日": date(2025, 10, 1),
                                   "固定の版": "令和7年国勢調査"}),
        _rule("日数割", "基礎数値割", "66.7", **powered, 系列="days", 基準日の定め方="期間の計",
              期間の末日=date(2025, 12, 31), **{"固定の日・期間の初日": date(2025, 1, 1)}),
        *book["負担ルール"],
        _rule("前年度割", "基礎数値割", 100, **later, 系列="population", 月日="10-01",
              基準日の定め方="前年度の基準日", 団体ごとの値の根拠="附則"),
    ]  # fmt: skip
    own = {"ルール": "回線の負担", "施行日": SINCE, "構成割": "固定割"}
    book["団体ごとの値"] = [
        {**own, **_town(CITY), "値": 50},
        {**own, **_town(TOWN), "値": 33.25},
        {
            "ルール": "運用の分け方", "施行日": date(2026, 4, 1), "構成割": "前年度割",
            **_town(TOWN), "値": 29_000,
        },
    ]  # fmt: skip


def _add_agreement(book: Book) -> None:
    book["利用期"] = [
        {"利用期": "第1期", "始まりの日": SINCE, "終わりの日": date(2030, 3, 31), "根拠": "協定書"}
    ]
    book["共同構築費"] = [
        {
            "利用期": "第1期", "名称": "第1期共同構築費", "サービス": "core", "経費区分": "構築",
            "税込金額": 120_000_000, "加入金を取る": "はい", "残存費用を取る": "いいえ",
        }
    ]  # fmt: skip
    book["激変緩和"] = [
        {
            "施行日": SINCE, "増加の上限": 10, "許容幅": 2.5, "差額の順": f"{TOWN} {CITY}",
            "根拠文書": "協定書", "条項": "第9条", "議決日": date(2020, 3, 1), "注記": "附則による",
        },
        {"施行日": date(2028, 4, 1), "根拠文書": "改正協定書"},
    ]  # fmt: skip
    book["前年度の負担額"] = [
        {"年度": 2025, **_town(CITY), "負担額": 600_000, "根拠": "令和7年度通知"},
        {"年度": 2025, **_town(TOWN), "負担額": 300_000},
    ]


def _add_costs(book: Book) -> None:
    bill = {"請求者": "見本システム株式会社", "請求書番号": "A-1"}
    book["請求書"] = [
        {
            "年度": 2026, "段階": "当初", **bill, "請求日": date(2026, 4, 30),
            "消費税の端数処理の単位": "請求書ごと", "消費税の端数処理": "四捨五入",
            "備考": "=1+1 𠮷田・髙﨑",
        }
    ]  # fmt: skip
    book["為替レート"] = [
        {"月": "2026-04", "円": 149.53, "出典": "見本銀行", "公表日": date(2026, 4, 30)}
    ]
    net = {"金額の入れ方": "税抜額と税率", **bill}
    year = {"開始月": "2026-04", "終了月": "2027-03"}
    book["費用"] = [
        # 1,000.5 dollars at 149.53 are 149,604.765 yen; cut, and 10 % cut as well: 14,960.
        _item(1, "クラウド利用料", 164_564, 金額の入れ方="米ドルと為替レート"),
        _item(2, "ヘルプデスク", 1_000_000, **{"従量の単価": 12.5, "従量の端数": "切上げ"}),
        _item(3, "前年度から写した費目", 98_765, 税率=None, 金額の内訳="2025年度の額を写したもの"),
        # 10 % of 333 + 334 is 66.7, 67 by the invoice; the yen over goes to the larger fraction.
        _item(4, "印刷", 366, 税抜金額=333, **net),
        _item(5, "封入", 368, 税抜金額=334, 備考="一行目\n二行目　全角", **net),
        _item(6, "県の回線料", -12_000, 2027, サービス="net", 経費区分="回線", 税率=0,
              個別負担の団体コード=TOWN, 開始月="2027-06", 終了月="2027-06", 段階="概算"),
        *[{**item, "番号": no} for no, item in enumerate(book["費用"], start=7)],
    ]  # fmt: skip
    assert {key: book["費用"][0][key] for key in year} == year
    book["費用"][1]["費目"], book["費用"][4]["費目"] = "ヘルプデスク", "封入"
    book["費用"][:5] = sorted(book["費用"][:5], key=lambda item: str(item["費目"]))
    for no, item in enumerate(book["費用"], start=1):
        item["番号"] = no
    number = {item["費目"]: item["番号"] for item in book["費用"]}
    book["米ドル額"] = [{"費目番号": number["クラウド利用料"], "月": "2026-04", "米ドル": 1000.5}]
    book["従量"] = [
        {"費目番号": number["ヘルプデスク"], **_town(CITY), "数量": 1000},
        {"費目番号": number["ヘルプデスク"], **_town(TOWN), "数量": 33.5},
    ]
    book["補助金"] = [
        {
            "年度": 2026, "段階": "当初", "名称": "交付税", "扱い": "参考（交付税措置など）",
            "措置率": 30,
        },
        {
            "年度": 2026, "段階": "当初", "名称": "市町村補助", "扱い": "団体への補助",
            "金額": 5_000, **_town(VILLAGE),
        },
        {
            "年度": 2026, "段階": "当初", "名称": "県補助金", "扱い": "控除してから按分",
            "金額": 100_000, "費目番号": number["ヘルプデスク"], "備考": "県第12号",
        },
    ]  # fmt: skip


def _add_payments(book: Book) -> None:
    book["閉庁日"] = [
        {"日付": date(2026, 5, 6), "名称": "臨時の開庁", "扱い": "開庁する"},
        {"日付": date(2026, 8, 20), **_town(CITY), "名称": "市制記念日", "扱い": "閉庁する"},
    ]
    by_category = {"分け方": "経費区分で分ける", "端数の単位": 1}
    book["納付計画"] += [
        _part(1, date(2027, 5, 20), **by_category, サービス="core", 経費区分="構築"),
        _part(1, date(2027, 5, 20), **by_category, サービス="net", 経費区分="回線"),
        _part(2, date(2027, 10, 20), **by_category, サービス="core", 経費区分="運用"),
    ]
    book["納付"] = [
        {
            "年度": 2025, **_town(TOWN), "種別": "翌年度へ充当", "収納日": date(2026, 5, 29),
            "金額": -3_000, "整理番号": "S-1",
        },
        {
            "年度": 2026, **_town(CITY), "期": 1, "種別": "収納", "収納日": date(2026, 5, 20),
            "金額": 250_000, "整理番号": "R-1", "備考": "#N/A",
        },
        {
            "年度": 2026, **_town(TOWN), "種別": "前年度から充当", "収納日": date(2026, 5, 29),
            "金額": 3_000, "整理番号": "S-1",
        },
        {
            "年度": 2026, **_town(CITY), "種別": "還付", "収納日": date(2026, 6, 30),
            "金額": -1_000,
        },
    ]  # fmt: skip


# ---- files ---------------------------------------------------------------------------------------


def headings_of(name: str, those: Sequence[Record]) -> list[str]:
    """Give the headings as an office has them that moved its own columns to the front."""
    headings = list(dict.fromkeys(key for record in those for key in record))
    return headings + [each for each in _all_headings(name) if each not in headings]


def place(book: Book, sheet: str, number: int, heading: str) -> str:
    """Name the cell of a record, counted from 0: 市町村!F3."""
    column = headings_of(sheet, book[sheet]).index(heading) + 1
    return f"{sheet}!{get_column_letter(column)}{number + 2}"


def workbook(book: Mapping[str, Sequence[Record]]) -> bytes:
    """Write it as an office does with Excel."""
    made = Workbook()
    made.remove(made.worksheets[0])
    for name, records in book.items():
        sheet = made.create_sheet(name)
        headings = headings_of(name, records)
        sheet.append(headings)
        for record in records:
            sheet.append([record.get(heading) for heading in headings])
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            if isinstance(cell.value, str):  # and never a formula or an error, whatever it says
                cell.data_type = "s"
    target = BytesIO()
    made.save(target)
    return target.getvalue()


def records(content: bytes) -> Book:
    """Read a workbook back with another reader: sheets → filled cells by heading."""
    found: Book = {}
    opened = load_workbook(BytesIO(content), read_only=True, data_only=True)
    for sheet in opened.worksheets:
        lines = list(sheet.iter_rows(values_only=True))
        found[sheet.title] = [
            {
                str(heading): value.date() if hasattr(value, "hour") else value
                for heading, value in zip(lines[0], line, strict=False)
                if value is not None
            }
            for line in lines[1:]
        ]
    return found


def filled(book: Mapping[str, Sequence[Record]]) -> Book:
    """Leave out what is empty, to compare."""
    return {
        name: [{key: each for key, each in record.items() if each is not None} for record in those]
        for name, those in book.items()
    }


def changed(book: Book, sheet: str, number: int, **values: Any) -> Book:
    """Give the book with other values in one record, counted from 0."""
    other = deepcopy(book)
    other[sheet][number] |= values
    return other


def _all_headings(name: str) -> list[str]:
    from consortium.domain.registration.tables import TABLES

    return [
        column.heading
        for table in TABLES.values()
        if table.name == name
        for column in table.columns
    ]
