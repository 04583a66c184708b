"""A computed case as a workbook (算定ケースのブック)."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from consortium.domain.errors import BadInputError
from consortium.domain.fiscalyear.instalment import Instalments
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.explanation import explain
from consortium.domain.sharing.facts import Facts, Party
from consortium.domain.sharing.result import Result
from consortium.domain.sharing.rule import Component
from consortium.domain.sharing.sentences import render_tree
from consortium.domain.timeline import Timeline
from consortium.reports import case_book
from consortium.reports.case_book import AMOUNTS, GROUNDS, LINES, WHY, render_case
from tests.domain.agreement import (
    EQUAL,
    FUJISAKI,
    HIRAKAWA,
    HIROSAKI,
    YEAR,
    by_table,
    make_facts,
    make_item,
    make_rule,
    shared,
)
from tests.domain.properties.agreements import CODES
from tests.reports.documents import opened

UNITS = {HIROSAKI: 6, HIRAKAWA: 3, FUJISAKI: 1}
ITEMS = [
    make_item(1_000),
    make_item(-90, no=2, name="返還金"),
    make_item(500, no=3, name="移行費", category="", charge_to=FUJISAKI),
]


def result_of(**rounding: Any) -> Result:
    """Share three costs: 1 part equally, 3 parts by units."""
    return shared(ITEMS, make_rule(EQUAL, by_table(3), **rounding), make_facts(units=UNITS))


def rows(content: bytes, sheet: str) -> list[list[Any]]:
    """Give what the rows of a sheet show, without what is empty at their end."""
    found = []
    for row in opened(content)[sheet].iter_rows(values_only=True):
        cells = list(row)
        while cells and cells[-1] is None:
            cells.pop()
        found.append(cells)
    return found


def texts(content: bytes, sheet: str) -> list[str]:
    """Give every text of a sheet in order."""
    return [cell for row in rows(content, sheet) for cell in row if isinstance(cell, str)]


def parties(count: int) -> Facts:
    """Make so many members in force since long ago."""
    known = make_facts((HIROSAKI,))
    codes = CODES * 2
    every = tuple(Party(f"{no:02}{code[2:]}", f"団体{no}") for no, code in zip(range(count), codes))  # noqa: B905
    stays = {party.code: known.participation[""][HIROSAKI] for party in every}
    return Facts(every, {"": stays}, {})


def test_the_four_sheets_stand_in_order_with_the_name_of_the_case() -> None:
    content = render_case(result_of(), "＝三団体のケース")
    book = opened(content)
    assert book.sheetnames == [AMOUNTS, LINES, WHY, GROUNDS]
    for sheet in book:
        assert sheet["A1"].value == sheet.title
        assert sheet["A2"].value == "＝三団体のケース"
        assert sheet["A3"].value == "令和3年度"


def test_the_table_of_amounts_adds_up_both_ways() -> None:
    # 1,000: equally 250 are 84·83·83, by units 750 are 450·225·75. −90: the mirror image of 90,
    # whose parts of 22.5 and 67.5 become 23 (the first listed wins): 8·8·7, and 67: 40·20·7.
    found = rows(render_case(result_of(), ""), AMOUNTS)
    assert found[3:10] == [
        ["費目", "弘前市", "平川市", "藤崎町", "計", "検算"],
        ["1　運用　運用費", 534, 308, 158, 1_000, "一致"],
        ["2　運用　返還金", -48, -28, -14, -90, "一致"],
        ["3　移行費", 0, 0, 500, 500, "一致"],
        ["合計", 486, 280, 644, 1_410, "一致"],
        ["検算（縦の計）", "一致", "一致", "一致", "一致"],
        ["△は、減額を表します。どの額も、丸めた後の円を足したものです。"],
    ]


def test_what_nobody_took_has_a_column_and_a_remark() -> None:
    found = rows(render_case(result_of(unit=100, residual="unallocated"), ""), AMOUNTS)
    assert found[3] == ["費目", "弘前市", "平川市", "藤崎町", "端数差額", "計", "検算"]
    assert [row[-1] for row in found[4:8]] == ["一致"] * 4
    # Equally 200 of 250 go nowhere … each item adds up with what is left over.
    assert [sum(row[1:-2]) for row in found[4:8]] == [1_000, -90, 500, 1_410]
    assert any(str(row[0]).startswith("確認事項　端数差額") for row in found if row)


def test_a_sum_that_is_wrong_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    result = result_of()
    wrong = result.items[0]._replace(item=make_item(1_001))
    object.__setattr__(result, "items", (wrong, *result.items[1:]))
    found = rows(render_case(result, ""), AMOUNTS)
    assert [row[-1] for row in found[4:7]] == ["不一致", "一致", "一致"]


def test_many_members_stand_below_each_other() -> None:
    facts = parties(21)
    result = share([make_item(210)], {("", None): Timeline([make_rule(EQUAL)])}, facts, YEAR)
    found = rows(render_case(result, ""), AMOUNTS)
    assert found[3] == ["団体", "1　運用　運用費", "計", "検算"]
    assert [row[1:] for row in found[4:25]] == [[10, 10, "一致"]] * 21
    assert found[25] == ["合計", 210, 210, "一致"]


def test_the_lines_are_those_of_the_result_with_their_sum() -> None:
    result = result_of(level="item", residual="lead")
    found = rows(render_case(result, ""), LINES)
    assert found[3] == ["番号", "費目", "按分方法", "団体コード", "団体", "負担額"]
    lines = list(result.lines())
    assert [row[5] for row in found[4:-1]] == [line.amount for line in lines]
    assert [row[3] for row in found[4:-1]] == [line.code for line in lines]
    assert [row[2] for row in found[4:-1]] == [line.method for line in lines]
    assert found[-1][0] == "合計"
    assert found[-1][5] == sum(line.amount for line in lines) == 1_410


@pytest.mark.parametrize("level", ["component", "item"])
def test_the_sentences_are_those_of_the_text_each_in_its_column(level: str) -> None:
    result = result_of(level=level)
    content = render_case(result, "")
    wanted: list[tuple[int, str]] = []
    for party in result.parties:
        wanted.append((0, f"{party.name}（{party.code}）"))
        for entry in result.items:
            for line in render_tree(explain(result, entry.item.no, party.code)):
                text = line.lstrip(" ")
                wanted.append(((len(line) - len(text)) // 2, text))
    found = [
        next((n, cell) for n, cell in enumerate(row) if isinstance(cell, str))
        for row in rows(content, WHY)[4:]
    ]
    assert found == wanted


def test_the_amounts_beside_the_sentences_are_whole_yen_that_add_up() -> None:
    result = result_of()
    found = rows(render_case(result, ""), WHY)[4:]
    members = [row[5] for row in found if row[0] and "（02" in str(row[0])]
    assert members == list(result.amounts)
    items = [row[5] for row in found if row[0] and str(row[0]).startswith("「")]
    assert sum(items) == sum(members)
    deep = [row for row in found if row[:2] == [None, None]]
    assert deep
    assert all(len(row) < 6 for row in deep)  # parts of a yen stand in the sentences


def test_the_grounds_say_rules_editions_values_and_findings() -> None:
    facts = make_facts(units=UNITS)
    series = facts.series["units"]
    expected = type(series)(
        "units", "端末台数", {**series.values, FUJISAKI: Fraction(5, 2)}, date(2021, 1, 1),
        "速報", "見込", "台帳",
    )  # fmt: skip
    facts = Facts(facts.parties, facts.participation, {"units": expected})
    content = render_case(shared(ITEMS[:1], make_rule(by_table()), facts), "")
    found = texts(content, GROUNDS)
    assert "3団体（幹事市：弘前市）" in found
    assert any(text.startswith("運用：平成27年4月1日施行（協定書(例) 第5条") for text in found)
    assert "端末台数（令和3年1月1日時点、速報）【見込】出典：台帳" in found
    assert "算定基礎「端末台数」速報は見込の値です。" in found
    table = rows(content, GROUNDS)
    start = table.index(["団体", "端末台数\n速報"])
    assert table[start + 1 :] == [["弘前市", 6], ["平川市", 3], ["藤崎町", 2.5]]


def test_a_rule_names_its_members_by_name() -> None:
    host = Component("host", "host", "所在地負担", Fraction(1), own={FUJISAKI: Fraction(1)})
    content = render_case(shared(ITEMS[:1], make_rule(host)), "")
    assert any("所在地負担1（藤崎町）" in text for text in texts(content, GROUNDS))


def test_direct_charges_alone_rest_on_no_rule() -> None:
    content = render_case(shared([ITEMS[2]], make_rule(EQUAL)), "")
    assert "負担ルールを使う費目はありません（すべて個別負担です）。" in texts(content, GROUNDS)


def test_instalments_add_up_to_each_amount() -> None:
    plan = Instalments((Fraction(25),) * 3, 100, "ceil")
    found = rows(render_case(result_of(), "", plan), AMOUNTS)
    start = found.index(["期別納付", "第1期", "第2期", "第3期", "第4期"])
    # A quarter of 486 is 121.5, raised to 200; then what is left: 200, 86, 0.
    assert found[start + 1] == ["弘前市", 200, 200, 86, 0]
    assert [sum(row[1:]) for row in found[start + 1 :]] == [486, 280, 644]


def pages(content: bytes) -> Iterable[Any]:
    """Give the sheets for questions about paper."""
    return opened(content)


def test_every_sheet_prints_on_a4_as_wide_as_the_page_with_its_heading_repeated() -> None:
    for sheet in pages(render_case(result_of(), "")):
        assert int(sheet.page_setup.paperSize) == 9
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.print_area
        if sheet.title != GROUNDS:
            assert sheet.print_title_rows == "$1:$4"


def test_columns_hold_their_numbers_and_rows_their_wrapped_texts() -> None:
    large = 123_456_789_012_345
    long = "とても長い費目の名前" * 12
    result = shared([make_item(large, name=long)], make_rule(EQUAL))
    book = opened(render_case(result, ""))
    amounts = book[AMOUNTS]
    assert amounts.column_dimensions["E"].width >= len(f"{large:,}") + 3
    # 124 full-width characters in a column of 34 half-width ones: at least eight lines of 16.
    assert amounts.row_dimensions[5].height >= 8 * 16
    assert book[LINES].row_dimensions[5].height >= 8 * 16


def test_the_same_case_gives_the_same_bytes_in_any_process() -> None:
    path = Path(__file__).resolve().parents[1] / "domain" / "cases" / "joining_in_june_item.yaml"
    code = (
        "import hashlib, pathlib, sys\n"
        "from consortium.reports.case_book import render_case\n"
        "from consortium.usecases.cases import compute\n"
        "outcome = compute(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "print(hashlib.sha256(render_case(outcome.result, outcome.case.name)).hexdigest())\n"
    )
    found = set()
    for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo")):
        environ = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone}
        command = [sys.executable, "-c", code, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environ)
        found.add(done.stdout.strip())
    assert len(found) == 1
    assert len(found.pop()) == len(hashlib.sha256().hexdigest())


def test_the_parts_of_the_file_carry_no_time() -> None:
    with ZipFile(BytesIO(render_case(result_of(), ""))) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {part.external_attr for part in parts.infolist()} == {0o600 << 16}


def test_an_amount_beyond_excel_is_refused_in_japanese() -> None:
    with pytest.raises(BadInputError, match="15桁以上の額"):
        render_case(shared(10**16, make_rule(EQUAL)), "")


def test_more_sentences_than_a_sheet_can_hold_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_book, "MOST_SENTENCES", 20)
    with pytest.raises(BadInputError, match="20 行を超えます"):
        render_case(result_of(), "")
