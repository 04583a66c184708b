"""docs/year.md: every table says what the portal kept of the scripted year (文書の数字の確認)."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from consortium.domain.fiscalyear.run import STAGES as LABELS
from consortium.domain.municipality import municipality_code
from consortium.usecases.cases import compute
from tests.factories import items_of
from tests.scripted_year import document
from tests.scripted_year.by_hand import (
    BORNE,
    CENSUS_2020,
    CODES,
    COSTS,
    ITAYANAGI,
    NAMES,
    PART,
    STAGES,
    TOO_MUCH,
    WITHOUT_ITAYANAGI,
    borne,
)
from tests.scripted_year.document import yen
from tests.scripted_year.kept import amounts, causes, editions, moved, opened, register, settled
from tests.scripted_year.story import BY_PEOPLE, EVEN, LATE, LATE_NET, Telling

DISPOSITIONS = {"refund": "還付", "additional": "追加納入", "credit": "翌年度充当"}
KINDS = {
    "statement": "負担金明細書",
    "summary": "負担金総括表",
    "notice": "納入依頼",
    "reminder": "督促",
    "archive": "年度アーカイブ",
}


def by_town(columns: dict[str, dict[str, int]], *, totals: bool = True) -> document.Rows:
    """Make the rows of a table of towns as the document writes them, with 計 below."""
    rows = [
        {"団体": NAMES[code]} | {name: yen(column[code]) for name, column in columns.items()}
        for code in CODES
    ]
    whole = {name: yen(sum(column.values())) for name, column in columns.items()}
    return [*rows, {"団体": "計"} | whole] if totals else rows


def costs_table(year: Telling) -> document.Rows:
    rows = []
    for stage in STAGES:
        items = {item.name: item.amount_incl_tax for item in items_of(year.staff, 2025, stage)}
        rows.append(
            {"段階": LABELS[stage]}
            | {
                name: yen(items[name]) if name in items else "－"
                for name in (EVEN, BY_PEOPLE, LATE)
            }
            | {"計": yen(sum(items.values()))}
        )
    return rows


def events_table(year: Telling) -> document.Rows:
    return [
        {"日": step.day.isoformat(), "できごと": step.title, "台帳の番号": numbers(step.numbers)}
        for step in year.steps
    ]


def numbers(entered: tuple[int, int]) -> str:
    first, last = entered
    if not first:
        return "－"
    return f"{first}" if first == last else f"{first}〜{last}"


def people_table(year: Telling) -> document.Rows:
    names = ("平成27年", "変更で使った値", "確定で使った値")
    return by_town(
        {
            name: {code: int(edition.values[municipality_code(code)]) for code in CODES}
            for name, edition in zip(names, editions(year), strict=True)
        }
    )


def borne_table(year: Telling) -> document.Rows:
    return by_town({LABELS[stage]: amounts("statement", stage) for stage in STAGES})


def rounding_table(year: Telling) -> document.Rows:
    """Read how 変更 shared システム利用料 from the sheet 算定内訳 that 板柳町 was sent."""
    (file,) = [
        file for row, file in register()
        if (row.kind, row.stage, row.code) == ("statement", "revised", ITAYANAGI)
    ]  # fmt: skip
    sheet = opened(year, file)["算定内訳"]
    lines: list[Any] = list(sheet.iter_rows(values_only=True))
    first = next(at for at, line in enumerate(lines) if BY_PEOPLE in str(line[0]))
    names = ("指標", "切捨額", "剰余（計は不足額）", "順位", "負担額")
    found = {line[0]: line[1:8] for line in lines[first + 1 : first + 6]}
    assert tuple(found) == names
    heads = ("人口", "切捨て", "剰余", "順", "額")
    return [
        {"団体": NAMES[code]}
        | {head: yen(found[name][at]) for head, name in zip(heads, names, strict=True)}
        for at, code in enumerate(CODES)
    ]


def notices_table(year: Telling) -> document.Rows:
    found = {f"第{no}期": amounts("notice", "planned" if no < 3 else "revised", no)
             for no in (1, 2, 3, 4)}  # fmt: skip
    whole = {code: sum(column[code] for column in found.values()) for code in CODES}
    return by_town(found | {"計": whole})


def settlement_table(year: Telling) -> document.Rows:
    lines = settled()
    rows = by_town(
        {
            "確定した負担額": {code: lines[code].final for code in CODES},
            "納付済額": {code: lines[code].paid for code in CODES},
            "精算額": {code: lines[code].difference for code in CODES},
        }
    )
    ways = [DISPOSITIONS[lines[code].disposition] for code in CODES]
    return [row | {"処理": way} for row, way in zip(rows, [*ways, "－"], strict=True)]


def causes_table(year: Telling) -> document.Rows:
    found = moved(causes(year, "revised", "final"))
    whole = {code: sum(parts[code] for parts in found.values()) for code in CODES}
    return by_town({**found, "差額": whole})


def pairs_table(year: Telling) -> document.Rows:
    rows = []
    for before, after in pairwise(STAGES):
        found = moved(causes(year, before, after))
        rows.append(
            {"比べた算定": f"{LABELS[before]}→{LABELS[after]}"}
            | {name: yen(sum(found.get(name, {}).values())) for name in ("経費", "算定基礎")}
            | {"差額": yen(causes(year, before, after).difference)}
        )
    return rows


def register_table(year: Telling) -> document.Rows:
    found = [(KINDS[row.kind], row.amount) for row, _ in register()]
    return [
        {
            "種類": kind,
            "件数": yen(sum(each == kind for each, _ in found)),
            "金額の計": yen(sum(amount for each, amount in found if each == kind)),
        }
        for kind in KINDS.values()
    ]


TABLES = {
    "できごと": events_table,
    "費用": costs_table,
    "人口": people_table,
    "負担額": borne_table,
    "端数（変更のシステム利用料）": rounding_table,
    "納入依頼": notices_table,
    "収納と精算": settlement_table,
    "変更から確定への差額": causes_table,
    "どの算定の間でも": pairs_table,
    "発行台帳": register_table,
}


@pytest.mark.parametrize("heading", TABLES)
def test_a_table_of_the_document_says_what_the_portal_kept(year: Telling, heading: str) -> None:
    assert document.tables()[heading] == TABLES[heading](year)


def test_every_table_of_the_document_is_compared() -> None:
    assert list(document.tables()) == list(TABLES)


def test_the_agreement_of_the_document_comes_out_as_it_says() -> None:
    outcome = compute(document.agreement().encode())
    assert list(outcome.differences()) == []
    assert outcome.case.expect == BORNE["estimate"]


def test_every_amount_in_the_text_is_in_a_table_or_follows_from_them() -> None:
    """Numbers of four digits and more; those in no table are worked out here as the text says."""
    tables = {
        cell.removeprefix("△")
        for rows in document.tables().values()
        for row in rows
        for cell in row.values()
    }
    costs, people = COSTS["final"][1][0], WITHOUT_ITAYANAGI
    old, new = BORNE["revised"][ITAYANAGI], BORNE["final"][ITAYANAGI]
    cost_first = borne(COSTS["final"][0], (costs,), people)[ITAYANAGI]
    people_first = borne(COSTS["revised"][0], COSTS["revised"][1], CENSUS_2020)[ITAYANAGI]
    amounts = [
        1_000, PART, TOO_MUCH, COSTS["planned"][0] // 7, LATE_NET, LATE_NET // 10,
        cost_first, people_first, cost_first - old, new - people_first,
    ]  # fmt: skip
    quarters = [BORNE[stage][ITAYANAGI] / 4 for stage in ("planned", "revised")]
    told = set(re.findall(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9])?", document.text_alone()))
    assert told - tables == {yen(amount) for amount in amounts} | {f"{q:,}" for q in quarters}


def test_the_document_names_the_files_that_tell_and_reckon_the_year() -> None:
    folder = Path(__file__).parent
    for name in ("story.py", "by_hand.py", "test_scripted_year.py"):
        assert f"`tests/scripted_year/{name}`" in document.TEXT
        assert (folder / name).is_file()
