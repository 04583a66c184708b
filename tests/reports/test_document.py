"""What a report prints, as plain values and back; hashes; names."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.canonical import canonical
from consortium.reports import REPORTS, cost_statement, notice, summary
from consortium.reports.document import (
    LEAD_SLOT,
    Document,
    MonthlyDocument,
    StatementDocument,
    check_code,
    data_hash,
    member_slot,
)
from consortium.reports.names import FileLabel, ascii_name, display_name
from consortium.reports.wording import addressee, you
from tests.reports.documents import (
    COMPARED,
    asked,
    changed,
    first_asked,
    items,
    monthly,
    reminded,
    settled,
    shared,
    statement,
    with_formulas,
)

TOWN = member_slot("023817")


def test_a_document_is_the_same_after_a_trip_through_canonical_json() -> None:
    compared = statement(compared=COMPARED)
    kept = (statement(), monthly(), asked(), first_asked(), changed(), settled(), reminded())
    for document in (*kept, compared):
        plain = json.loads(canonical(document.to_json()))
        back = type(document).from_json(plain)
        assert back == document
        assert canonical(back.to_json()) == canonical(document.to_json())


def test_the_data_hash_tells_results_years_stages_editions_and_members_apart() -> None:
    document = statement()
    different: list[tuple[Document, str]] = [
        (document, TOWN),
        (document, member_slot("022021")),
        (document, LEAD_SLOT),
        (replace(document, edition=2), TOWN),
        (replace(document, stage="planned"), TOWN),
        (replace(document, is_sample=False), TOWN),
        (replace(document, result=shared(items()[:1])), TOWN),
        (asked(), TOWN),
        (first_asked(), TOWN),
        (first_asked(None), TOWN),
        (statement(compared=COMPARED), LEAD_SLOT),
        (changed(), TOWN),
        (settled(), TOWN),
        (reminded(), TOWN),
        (reminded(edition=2), TOWN),
        (monthly(), TOWN),
        (monthly(month=Month(2021, 9)), TOWN),
    ]
    assert len({data_hash(each, slot) for each, slot in different}) == len(different)


@pytest.mark.parametrize("document", [statement(), monthly()], ids=["statement", "monthly"])
def test_a_file_made_late_has_the_data_hash_of_one_made_on_time(
    document: StatementDocument | MonthlyDocument,
) -> None:
    later = document.issued_at + timedelta(days=400)
    late = replace(document, issued_at=later, register_seq=999, register_hash="f" * 64)
    assert data_hash(late, TOWN) == data_hash(document, TOWN)


def test_why_amounts_changed_is_no_part_of_what_a_member_is_told() -> None:
    assert data_hash(statement(compared=COMPARED), TOWN) == data_hash(statement(), TOWN)


def test_the_check_code_is_the_first_eight_digits() -> None:
    assert check_code("3f9a71c2d0" + "0" * 54) == "3f9a-71c2"


@pytest.mark.parametrize(
    ("label", "japanese", "ascii_only"),
    [
        (
            FileLabel("statement", FiscalYear(2025), "023817", "板柳町", 1, "final"),
            "R07_負担金明細書_確定_023817_板柳町_第1版.xlsx",
            "statement_FY2025_final_023817_v1.xlsx",
        ),
        (
            FileLabel("statement", FiscalYear(2025), "023817", "板柳町", 2, "planned"),
            "R07_負担金明細書_023817_板柳町_第2版.xlsx",
            "statement_FY2025_023817_v2.xlsx",
        ),
        (
            FileLabel("summary", FiscalYear(2015), "022021", "弘前市", 1, "final"),
            "H27_負担金総括表_確定_022021_弘前市_第1版.xlsx",
            "summary_FY2015_final_022021_v1.xlsx",
        ),
        (
            FileLabel("notice", FiscalYear(2025), "023817", "板柳町", 1, instalment=1),
            "R07_納入依頼_第1期_023817_板柳町_第1版.xlsx",
            "notice_FY2025_q1_023817_v1.xlsx",
        ),
        (
            FileLabel("archive", FiscalYear(2025), "", "", 1, suffix=".zip"),
            "R07_年度アーカイブ_第1版.zip",
            "archive_FY2025_v1.zip",
        ),
        (
            FileLabel("monthly_cost", FiscalYear(2021), "023817", "板柳町", 1, "", Month(2022, 1)),
            "R03_月次費用報告_令和4年1月分_023817_板柳町_第1版.xlsx",
            "monthly_cost_FY2021_2022-01_023817_v1.xlsx",
        ),
        (
            FileLabel("quarterly_cost", FiscalYear(2026), "023817", "板柳町", 1, quarter=3),
            "R08_四半期費用報告_第3四半期_023817_板柳町_第1版.xlsx",
            "quarterly_cost_FY2026_Q3_023817_v1.xlsx",
        ),
        (
            # ISO week 53 of 2026 begins on 28 December.
            FileLabel(
                "situation", FiscalYear(2026), "022021", "弘前市", 2, monday=date(2026, 12, 28)
            ),
            "R08_状況報告_令和8年12月28日からの週_022021_弘前市_第2版.xlsx",
            "situation_FY2026_2026-W53_022021_v2.xlsx",
        ),
    ],
)
def test_files_are_named_for_people_and_for_programs(
    label: FileLabel, japanese: str, ascii_only: str
) -> None:
    assert display_name(label) == japanese
    assert ascii_name(label) == ascii_only


def test_a_name_never_leaves_its_folder_and_is_never_too_long() -> None:
    label = FileLabel("statement", FiscalYear(2025), "023817", '../板\r\n柳:町"' * 20, 1, "final")
    name = display_name(label)
    assert not set(name) & set('\\/:*?"<>|\r\n')
    assert len(name) == 100
    assert name.endswith(".xlsx")


def test_every_report_is_registered() -> None:
    assert {key: each.title for key, each in REPORTS.items()} == {
        "statement": "負担金明細書",
        "summary": "負担金総括表",
        "monthly_cost": "月次費用報告",
        "quarterly_cost": "四半期費用報告",
        "situation": "状況報告",
        "causes": "要因分解",
        "notice": "納入依頼",
        "reminder": "督促",
    }


def test_heads_of_municipalities_are_addressed_by_office() -> None:
    assert [addressee(name) for name in ("弘前市", "西目屋村")] == [
        "弘前市長　様",
        "西目屋村長　様",
    ]
    assert addressee("津軽広域連合") == "津軽広域連合　御中"
    assert [you(name) for name in ("板柳町", "津軽広域連合")] == ["貴町", "貴団体"]


@pytest.mark.parametrize("format_then", [1, 2])
def test_a_document_frozen_by_an_earlier_format_still_makes_every_file(format_then: int) -> None:
    plain = json.loads(canonical(statement().to_json())) | {"format": format_then}
    document = StatementDocument.from_json(plain)
    assert document == statement()
    assert summary.render(document)
    assert cost_statement.render(document, "023817")


def test_a_notice_frozen_before_plans_were_kept_with_it_shows_its_amounts_as_values() -> None:
    plain = json.loads(canonical(first_asked().to_json()))
    del plain["asking"]["cut"]
    book = with_formulas(notice.render(StatementDocument.from_json(plain), "023817"))
    assert book["負担金明細書"]["F14"].value == 3_172_000
