"""A whole fiscal year through the portal (会計年度の一巡), from the estimate to the archive.

The year is lived once for each database (story.py). What the portal kept of it is compared with
what was worked out by hand (by_hand.py); docs/year.md tells the same year (test_year_document.py).
"""

import hashlib
from collections import Counter
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from consortium.db import models
from consortium.db.unit import reading
from consortium.domain.municipality import municipality_code
from consortium.usecases import payments, year_closing
from tests.factories import items_of
from tests.office import chain_faults
from tests.scripted_year.by_hand import (
    ASKED,
    BORNE,
    CENSUS_2015,
    CENSUS_2020,
    CODES,
    COSTS,
    FUJISAKI,
    HIRAKAWA,
    ITAYANAGI,
    OPEN,
    OWANI,
    PAID,
    PART,
    STAGES,
    WITHOUT_ITAYANAGI,
    disposition,
    halves,
)
from tests.scripted_year.kept import (
    amounts,
    cancelled,
    causes,
    counted,
    editions,
    moved,
    opened,
    paid_by,
    register,
    settled,
)
from tests.scripted_year.story import LATE, LATE_NET, WHY, YEAR, Telling

# ---- nothing issued ever changes -----------------------------------------------------------------


def test_no_file_ever_changed_and_the_register_was_right_after_every_step(year: Telling) -> None:
    assert [(step.title, step.changed, step.faults) for step in year.steps] == [
        (step.title, (), ()) for step in year.steps
    ]
    assert chain_faults(year.office) == []


def test_every_stored_file_is_one_line_of_the_register_with_its_hash(year: Telling) -> None:
    lines = register()
    assert {file.stored_name: row.file_hash for row, file in lines} == year.hashes
    assert len(lines) == len(year.hashes)
    assert [row.number for row, _ in lines] == list(range(1, len(lines) + 1))
    for _, file in lines:
        content = (year.office.worker.folder / file.stored_name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == year.hashes[file.stored_name]


# ---- amounts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_asks_for_what_was_worked_out_by_hand(year: Telling, stage: str) -> None:
    assert amounts("statement", stage) == BORNE[stage]
    assert amounts("summary", stage) == {"": sum(BORNE[stage].values())}


def test_the_notices_ask_for_what_was_worked_out_by_hand(year: Telling) -> None:
    found = [amounts("notice", "planned", no) for no in (1, 2)]
    found += [amounts("notice", "revised", no) for no in (3, 4)]
    assert {code: tuple(each[code] for each in found) for code in CODES} == ASKED
    assert amounts("reminder", "planned", 1) == {FUJISAKI: ASKED[FUJISAKI][0] - PART}
    # The cancelled notice keeps its number and its amount; its town has the next edition.
    (gone,) = [row for row, _ in register() if row.id in cancelled()]
    assert (gone.code, gone.instalment, gone.edition) == (OWANI, 1, 1)
    assert gone.amount == ASKED[OWANI][0]


def test_every_amount_on_a_document_is_in_the_register(year: Telling) -> None:
    """What a file asks for stands in its own line; what it mentions, in a line before it."""
    earlier: dict[str, int] = {}
    for row, file in register():
        if row.kind == "archive":
            continue
        book = opened(year, file)
        assert data_total(book, row.kind, row.code) == row.amount
        if row.kind == "summary":
            assert row.amount == sum(BORNE[row.stage].values())
            continue
        assert row.code is not None
        told = {name: said for name, said in letter(book).items() if isinstance(said, int)}
        assert told.pop(ABOUT[row.kind] or HEADS[row.stage]) == row.amount
        assert told == mentioned(row, earlier)
        if row.kind == "statement":
            earlier[row.code] = row.amount


ABOUT = {"statement": "", "notice": "今回の納入額", "reminder": "未納額"}
HEADS = {
    "estimate": "負担見込額",
    "planned": "負担予定額",
    "revised": "変更後の負担金額",
    "final": "確定した負担金額",
    "settlement": "精算後の負担金額",
}


def mentioned(row: models.Statement, earlier: dict[str, int]) -> dict[str, int]:
    """Give what a letter says beside its amount: all of it in the register, or paid."""
    code = row.code or ""
    if row.kind == "reminder":
        return {"納入依頼の額": ASKED[code][0]}
    if row.kind == "notice" or row.stage in ("estimate", "planned"):
        return {}
    if row.stage == "settlement":
        word = "還付額" if OPEN[code] < 0 else "追加納入額"
        return {"概算納入額": paid_by(code), word: abs(row.amount - paid_by(code))}
    before = {"revised": "変更前の額", "final": "これまでの額"}[row.stage]
    return {before: earlier[code], "差額": row.amount - earlier[code]}


def letter(book: Workbook) -> dict[str, Any]:
    """Read the points of the sheet 鑑, without their numbers: what it is → what it says."""
    rows = book["鑑"].iter_rows(min_row=17, min_col=2, max_col=4, values_only=True)
    return {str(name)[2:]: said for name, _, said in rows if said is not None}


def data_total(book: Workbook, kind: str, code: str | None) -> int:
    """Add up the column of the sheet データ that holds what the document asks for."""
    column = {"notice": "今回納入額_円", "reminder": "未納額_円"}.get(kind, "負担額_円")
    lines: list[Any] = list(book["データ"].iter_rows(values_only=True))
    at, who = lines[0].index(column), lines[0].index("団体コード")
    return sum(row[at] or 0 for row in lines[1:] if code in (None, row[who]))


# ---- late: a figure, an invoice, money -----------------------------------------------------------


def test_the_late_figure_stands_in_as_expected_and_is_settled_later(year: Telling) -> None:
    first, stand_in, settled_figures = editions(year)
    for edition, people in (
        (first, CENSUS_2015), (stand_in, WITHOUT_ITAYANAGI), (settled_figures, CENSUS_2020),
    ):  # fmt: skip
        assert edition.values == {municipality_code(code): n for code, n in people.items()}
    assert (stand_in.certainty, set(stand_in.estimated)) == ("見込", {ITAYANAGI})
    assert (settled_figures.certainty, set(settled_figures.estimated)) == ("確定", set())
    said = {
        row.stage: letter(opened(year, file))["算定基礎"]
        for row, file in register()
        if (row.kind, row.code) == ("statement", FUJISAKI)
    }
    assert "【見込】" in said["revised"]
    assert "見込：板柳町" in said["revised"]
    assert not any("見込" in text for stage, text in said.items() if stage != "revised")


def test_the_late_invoice_is_in_the_settlement_with_the_reason_it_was_given(year: Telling) -> None:
    event = models.AuditEvent
    with reading() as session:
        added = select(event.action, event.reason).where(event.title.contains(LATE))
        assert session.execute(added).all() == [("item.create", WHY)]
    (late,) = [item for item in items_of(year.staff, 2025, "settlement") if item.name == LATE]
    assert (late.net_amount, late.tax_amount) == (LATE_NET, LATE_NET // 10)
    assert late.amount_incl_tax == COSTS["settlement"][1][1]


def test_m19_the_settlements_are_what_was_spent_less_what_was_paid(year: Telling) -> None:
    lines = settled()
    spent = sum(item.amount_incl_tax for item in items_of(year.staff, 2025, "settlement"))
    before = sum(paid_by(code) for code in CODES)
    assert sum(line.difference for line in lines.values()) == spent - before
    assert {code: line.paid for code, line in lines.items()} == {
        code: paid_by(code) for code in CODES
    }
    assert {code: paid_by(code) for code in CODES} == {code: sum(PAID[code]) for code in CODES}
    assert {code: (line.difference, line.disposition) for code, line in lines.items()} == {
        code: (OPEN[code], disposition(code)) for code in CODES
    }


def test_m19_nothing_is_left_once_the_settlement_was_carried_out(year: Telling) -> None:
    paid = Counter[str]()
    for each in counted(2025):
        paid[each.code] += each.amount
    assert paid == BORNE["settlement"]
    (credit,) = counted(2026)
    assert (credit.code, credit.kind, credit.amount) == (HIRAKAWA, "credited_in", -OPEN[HIRAKAWA])
    page = payments.show_year(year.staff, YEAR, date(2026, 6, 9))
    assert (page.rest, page.overdue) == (0, {})


# ---- why it changed ------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), list(pairwise(STAGES)))
def test_the_causes_add_up_to_the_yen_for_every_town(
    year: Telling, before: str, after: str
) -> None:
    found = causes(year, before, after)
    assert {member.code: member.difference for member in found.members} == {
        code: BORNE[after][code] - BORNE[before][code] for code in CODES
    }
    for at, member in enumerate(found.members):
        assert sum(line.parts[at] for line in found.lines) == member.difference


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        ("estimate", "planned", "経費"),
        ("planned", "revised", "算定基礎"),
        ("final", "settlement", "経費"),
    ],
)
def test_a_cause_that_is_alone_carries_the_whole_difference(
    year: Telling, before: str, after: str, cause: str
) -> None:
    assert moved(causes(year, before, after)) == {
        cause: {code: BORNE[after][code] - BORNE[before][code] for code in CODES}
    }


def test_two_causes_are_the_mean_of_both_orders(year: Telling) -> None:
    by_hand = halves("revised", "final")
    found = moved(causes(year, "revised", "final"))
    assert set(found) == {"経費", "算定基礎"}
    for at, cause in enumerate(("経費", "算定基礎")):
        assert found[cause] == {code: Fraction(by_hand[code][at], 2) for code in CODES}


# ---- closed --------------------------------------------------------------------------------------


def test_the_year_is_closed_and_its_archive_holds_every_file(year: Telling) -> None:
    page = year_closing.show_year(year.office.approver, YEAR, year.today)
    assert (page.lock.state(year.today), page.open) == ("hard", [])
    *lines, (row, file) = register()
    assert row.kind == "archive"
    with ZipFile(year.office.worker.folder / file.stored_name) as zipped:
        kept = {hashlib.sha256(zipped.read(name)).hexdigest() for name in zipped.namelist()}
    assert kept >= {row.file_hash for row, _ in lines}
