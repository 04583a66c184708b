"""Documents for the tests: the worked year FY2021 of the design, shared by the real engine."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.fiscalyear.instalment import Instalments
from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.causes import CauseLine, Causes
from consortium.domain.sharing.compare import MemberChange
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.facts import Facts, Party, Series
from consortium.domain.sharing.result import CostItem, Result
from consortium.domain.sharing.rule import Component, Rule
from consortium.domain.timeline import Dated, Source, Timeline
from consortium.domain.yen import Rounding, Yen, spread
from consortium.reports.compared import Compared, ComparedRun
from consortium.reports.document import (
    MonthlyDocument,
    Overdue,
    ReminderDocument,
    StatementDocument,
)
from consortium.reports.dues import Asking, Before, Due, SettleLine, Settling
from consortium.reports.situation_document import (
    RunSituation,
    SituationDocument,
    TownSituation,
)

TOKYO = timezone(timedelta(hours=9))
YEAR = FiscalYear(2021)
APRIL, MARCH = Month(2021, 4), Month(2022, 3)
HEAD = "0123456789abcdef" * 4

#: Code, name, census 2015, first day.
MEMBERS = (
    ("022021", "弘前市", 177411, date(2015, 4, 1)),
    ("022101", "平川市", 32106, date(2019, 4, 1)),
    ("023434", "西目屋村", 1415, date(2015, 4, 1)),
    ("023612", "藤崎町", 15179, date(2021, 4, 1)),
    ("023621", "大鰐町", 9676, date(2015, 4, 1)),
    ("023671", "田舎館村", 7783, date(2015, 4, 1)),
    ("023817", "板柳町", 13935, date(2021, 6, 1)),
)
#: cost-sharing.md section 10: 120,000,000 yen of FY2021, 20/80, `level: component`.
RUNNING = {
    "022021": 70_294_766,
    "022101": 15_607_324,
    "023434": 4_056_364,
    "023612": 9_236_625,
    "023621": 7_165_499,
    "023671": 6_453_043,
    "023817": 7_186_379,
}
MOVING = 5_500_000


def items(*extra: CostItem, name: str = "共同クラウド運用費") -> list[CostItem]:
    """120,000,000 yen for all, and 5,500,000 yen for 板柳町 alone."""
    moving = CostItem(2, "データ移行費", "移行", Yen(MOVING), APRIL, MARCH, "core", "023817")
    return [
        CostItem(1, name, "運用", Yen(120_000_000), APRIL, MARCH, "core"),
        moving,
        *extra,
    ]


def shared(
    costs: list[CostItem] | None = None,
    rounding: Rounding | None = None,
    *,
    proration: str = "monthly",
    agreement: Agreement | None = None,
    members: Sequence[tuple[str, str, int, date]] = MEMBERS,
) -> Result:
    facts = Facts(
        tuple(Party(code, name, code == "022021") for code, name, _, _ in members),
        {"core": {code: (Period(since),) for code, _, _, since in members}},
        {
            "population": Series(
                "population",
                "国勢調査人口",
                {code: Fraction(people) for code, _, people, _ in members},
                date(2015, 10, 1),
                "平成27年国勢調査",
            )
        },
    )
    rule = Rule(
        (
            Component("equal", "equal", "均等割", Fraction(20)),
            Component("population", "table", "人口割", Fraction(80), "population"),
        ),
        rounding or Rounding(),
        proration,
    )
    dated = Dated(date(2015, 4, 1), rule, Source("見本協定書", "第5条"))
    rules = {("core", None): Timeline([dated])}
    return share(costs or items(), rules, facts, YEAR, agreement=agreement)


def statement(result: Result | None = None, **changes: Any) -> StatementDocument:
    document = StatementDocument(
        is_sample=True,
        consortium="弘前地区電算共同化推進協議会",
        office="弘前市",
        fiscal_year=YEAR,
        fiscal_year_label="令和3年度",
        stage="final",
        edition=1,
        issued_at=datetime(2022, 2, 15, 9, 0, tzinfo=TOKYO),
        register_seq=128,
        register_hash=HEAD,
        shows_other_members=True,
        numbers={"member:023817": "弘電協第12号", "lead": "弘電協第20号"},
        rule_notes=("均等割20・人口割80（平成27年4月1日施行、見本協定書第5条）。月割。",),
        basis_notes=("国勢調査人口（平成27年国勢調査、平成27年10月1日現在、確定）",),
        result=result or shared(),
    )
    return replace(document, **changes)


def monthly(**changes: Any) -> MonthlyDocument:
    document = MonthlyDocument(
        is_sample=True,
        consortium="弘前地区電算共同化推進協議会",
        office="弘前市",
        fiscal_year=YEAR,
        fiscal_year_label="令和3年度",
        month=Month(2021, 8),
        stage="確定",
        issued_at=datetime(2021, 9, 1, 6, 0, tzinfo=TOKYO),
        register_seq=130,
        register_hash=HEAD,
        members=tuple((code, name) for code, name, _, _ in MEMBERS),
        year_amounts=RUNNING,
        months={
            code: tuple(zip(YEAR.months(), spread(yen, 12), strict=True))
            for code, yen in RUNNING.items()
        },
    )
    return replace(document, **changes)


def quarterly(**changes: Any) -> MonthlyDocument:
    """The second quarter, 7月 to 9月, of the same amounts."""
    return monthly(month=Month(2021, 9), quarter=2, **changes)


def situation(**changes: Any) -> SituationDocument:
    """Two towns owe something, one has nothing to do; two runs are on their way."""
    document = SituationDocument(
        is_sample=True,
        consortium="弘前地区電算共同化推進協議会",
        office="弘前市",
        fiscal_year=YEAR,
        fiscal_year_label="令和3年度",
        issued_at=datetime(2021, 11, 29, 8, 0, tzinfo=TOKYO),
        register_seq=131,
        register_hash=HEAD,
        monday=date(2021, 11, 22),
        as_of=datetime(2021, 11, 29, 8, 0, tzinfo=TOKYO),
        lead=("022021", "弘前市"),
        towns=(
            TownSituation("023612", "藤崎町"),
            TownSituation("023621", "大鰐町", 2, "2021-05-06", 2, 250_000, 1, 150_000),
            TownSituation("023817", "板柳町", 1, "2021-11-01", 1, 3_172_000),
        ),
        runs=(
            RunSituation("令和3年度 変更 第1版", "審査中", "2021-11-25", "承認者"),
            RunSituation("令和4年度 概算 第1版", "下書き", "2021-11-26", "担当"),
        ),
    )
    return replace(document, **changes)


#: 12,686,379 of 板柳町 in quarters rounded up to 1,000: 3,172,000 three times, the rest 3,170,379.
DUES = (
    Due(1, date(2021, 5, 20), 3_172_000, "共ク第3号"),
    Due(2, date(2021, 8, 20), 3_172_000),
    Due(3, date(2021, 11, 19), 3_172_000),
    Due(4, date(2022, 2, 18), 3_170_379),
)
#: What the lines before add up to, less 100,000 not paid.
SETTLED = Settling(
    (
        SettleLine(1, "運用　共同クラウド運用費", 7_200_000, 7_186_379),
        SettleLine(2, "移行　データ移行費", 5_500_000, 5_500_000),
        SettleLine(None, "収納額との差", -100_000, 0, "未納"),
    ),
    12_600_000,
    12_686_379,
    "additional",
)


def asked(**changes: Any) -> StatementDocument:
    """The notice of the second instalment to 板柳町."""
    return statement(stage="planned", asking=Asking(2, 1, {"023817": DUES}), **changes)


def changed(stage: str = "revised") -> StatementDocument:
    """A 変更通知書: 板柳町 paid 12,700,000 before, and 藤崎町 was not in it."""
    return statement(stage=stage, before=Before("当初　第1版", {"023817": 12_700_000}))


#: The usual plan: three quarters rounded up to 1,000 yen, the rest last.
USUAL = Instalments((Fraction(25),) * 3, 1_000, "ceil")


def first_asked(cut: Instalments | None = USUAL, dues: tuple[Due, ...] = DUES) -> StatementDocument:
    """The notice of the first instalment: nothing was asked for before."""
    dues = (replace(dues[0], sent_as=""), *dues[1:])
    return statement(stage="planned", asking=Asking(1, 1, {"023817": dues}, cut))


#: 当初 to 確定 of three of them: the costs bring 弘前市 +100 and 板柳町 −30, the rule 板柳町 +20.
COMPARED = Compared(
    ComparedRun(YEAR, "令和3年度", "planned", 1),
    ComparedRun(YEAR, "令和3年度", "final", 1),
    Causes(
        (
            MemberChange("022021", "弘前市", Yen(1_000), Yen(1_100)),
            MemberChange("023612", "藤崎町", Yen(500), Yen(500)),
            MemberChange("023817", "板柳町", None, Yen(-10)),
        ),
        (CauseLine(("cost",), (100, 0, -30)), CauseLine(("basis", "rule"), (0, 0, 20))),
    ),
)


def settled(settling: Settling = SETTLED) -> StatementDocument:
    return statement(stage="settlement", settling={"023817": settling})


def reminded(**changes: Any) -> ReminderDocument:
    document = ReminderDocument(
        is_sample=True,
        consortium="弘前地区電算共同化推進協議会",
        office="弘前市",
        fiscal_year=YEAR,
        fiscal_year_label="令和3年度",
        no=1,
        edition=1,
        due_on=date(2021, 9, 17),
        issued_at=datetime(2021, 9, 1, 9, 0, tzinfo=TOKYO),
        register_seq=140,
        register_hash=HEAD,
        numbers={"member:023817": "共ク第33号"},
        members={
            "023817": Overdue("板柳町", "共ク第3号", date(2021, 5, 20), 3_172_000, 172_000, 1)
        },
    )
    return replace(document, **changes)


def opened(content: bytes) -> Any:
    """Read a workbook as a program that calculates nothing shows it: formulas by their value.

    Untyped, because openpyxl lets nearly every part be None.
    """
    return load_workbook(BytesIO(content), data_only=True)


def with_formulas(content: bytes) -> Any:
    """Read a workbook with the text of its formulas."""
    return load_workbook(BytesIO(content))


def values(content: bytes) -> list[Any]:
    """Every value of every cell of every sheet."""
    return [
        cell.value
        for sheet in opened(content).worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    ]


def rows(content: bytes, sheet: str) -> list[tuple[Any, ...]]:
    return list(opened(content)[sheet].iter_rows(values_only=True))


def text_of(content: bytes, sheet: str) -> str:
    """All texts and numbers of a sheet, one a line."""
    cells = [str(value) for row in rows(content, sheet) for value in row if value is not None]
    return "\n".join(cells)


def lines(content: bytes) -> list[tuple[Any, ...]]:
    """The rows of 負担金明細書 between the headings and 合計."""
    body = rows(content, "負担金明細書")[6:]
    return body[: next(i for i, row in enumerate(body) if row[0] == "合計")]


def total(content: bytes) -> tuple[Any, ...]:
    """The row 合計 of 負担金明細書."""
    return next(row for row in rows(content, "負担金明細書") if row[0] == "合計")


def calculated(content: bytes, label: str) -> list[tuple[Any, ...]]:
    """The rows of 算定内訳 that have the label."""
    return [row for row in rows(content, "算定内訳") if row[0] == label]
