"""Every worked example through the portal's own path (例題を画面の道で): the same yen to the line.

Each case file of the tests and each example of docs/rules.md is entered as data, computed as a run
and compared with what the author worked out by hand and with every line of `flask share`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from click.testing import CliRunner
from flask import Flask
from openpyxl import load_workbook

from consortium.cli.share import share_command
from consortium.clock import FrozenClock
from consortium.db.store import inputs, registers
from consortium.db.store.agreement import load_agreement
from consortium.db.unit import reading
from consortium.domain.sharing.engine import share
from consortium.domain.sharing.result import Result
from consortium.usecases import comparing, cost_items, costs, runs
from consortium.usecases.cases import as_json
from consortium.usecases.reporting import Worker
from tests.case_in_portal import ABOUT, EDITION, NOT_IN_PORTAL, READ_BESIDE, STEPS, Entered, enter
from tests.factories import items_of, yen
from tests.office import Office, data_rows, files_of_run

TESTS = Path(__file__).resolve().parents[1]
DOCUMENT = (TESTS.parent / "docs" / "rules.md").read_text(encoding="utf-8")
FENCED = re.compile(r"```yaml\n(.*?)```", re.DOTALL)

#: The worked examples and published figures of the design, in its order, by case file.
WORKED = (
    "four_towns_largest_remainder",
    "four_towns_lead",
    "four_towns_half_up_lead",
    "seven_towns",
    "joining_in_june_item",
    "joining_in_june_component",
    "joining_in_june_monthly_rounded",
    "joining_in_june_joiner_first",
    "preliminary_census",
    "published_tottori",
    "published_kamiina",
    "agreement_tosu_instalments",
    "seven_towns_settled",
)
#: One with everything that is not simply shared.
MIXED = "usage_grants_direct_tax_dollars"
FUJISAKI = "023612"


def examples() -> Iterator[tuple[str, str]]:
    """Give every example of docs/rules.md with its name; what many share is written once."""
    shared = FENCED.findall(DOCUMENT.split("\n### ")[0])[0]
    for section in DOCUMENT.split("\n### ")[1:]:
        (text,) = FENCED.findall(section)
        title = section.partition("\n")[0].replace("`", "")
        yield f"rules.md {title}", text if "members:" in text else shared + text


CASES = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted((TESTS / "domain" / "cases").glob("*.yaml"))
} | dict(examples())


def expected_of(name: str) -> dict[str, int]:
    """Give what the author of a case worked out by hand, by code."""
    found: dict[str, int] = yaml.safe_load(CASES[name])["expect"]
    return found


def computed_again(entered: Entered) -> Result:
    """Share what is registered, without a run."""
    owner, year = entered.viewer.consortium_id, entered.year
    with reading() as session:
        given = inputs.load_inputs(session, owner, year, entered.stage, entered.now.date())
        terms = load_agreement(session, owner, year, entered.stage, given.items)
    return share(given.items, given.rules, given.facts, year, agreement=terms)


def printed(name: str, folder: Path) -> dict[str, Any]:
    """Give what `flask share --format json` prints of a case."""
    path = folder / "case.yaml"
    path.write_text(CASES[name], encoding="utf-8")
    done = CliRunner().invoke(share_command, ["--format", "json", str(path)])
    assert (done.exit_code, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def comparable(answer: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Sort the lines, name components as the case does, leave out what the portal has not."""
    for member in answer["members"]:
        for line in member["lines"]:
            line["component"] = names.get(line["component"], line["component"])
        member["lines"].sort(key=lambda line: (line["item"], line["component"]))
        for key in NOT_IN_PORTAL:
            member.pop(key, None)
    answer["findings"] = [text.replace(EDITION, "") for text in answer["findings"]]
    return answer


# ---- run by run ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_the_portal_finds_every_yen_that_the_case_file_finds(
    name: str, database: Flask, tmp_path: Path
) -> None:
    entered = enter(CASES[name])
    run_id = runs.create_run(entered.viewer, entered.year, entered.stage, now=entered.now)
    stored = runs.show_run(entered.viewer, run_id).result
    assert {each.code: stored.amount(each.code) for each in stored.parties} == expected_of(name)
    found = comparable(as_json(stored), entered.components)
    assert found == comparable(printed(name, tmp_path), {})
    assert stored == computed_again(entered)


def test_every_figure_of_the_design_is_among_the_cases() -> None:
    assert set(WORKED) <= set(CASES)


def test_only_what_no_page_holds_is_left_out_and_some_case_says_it() -> None:
    said = {key for text in CASES.values() for key in yaml.safe_load(text)}
    entered = {*STEPS, *READ_BESIDE, *ABOUT}
    assert said - entered == set(NOT_IN_PORTAL)
    assert set(STEPS) <= said


# ---- to the end: settled, issued -----------------------------------------------------------------


def test_what_was_planned_and_what_was_spent_differ_by_the_refund_of_the_design(
    database: Flask,
) -> None:
    plan = enter(CASES["seven_towns"], "planned")
    viewer, year, now = plan.viewer, plan.year, plan.now
    old = runs.create_run(viewer, year, "planned", now=now)
    cost_items.copy_from_stage(viewer, year, "final", year, "planned", now)
    (item,) = items_of(viewer, year.start_year)
    spent = costs.Entry(
        item.category_id, item.name, yen(96_543_210), item.first_month, item.last_month
    )
    cost_items.change_item(viewer, item.id, item.row_version, spent, now)
    new = runs.create_run(viewer, year, "final", now=now)
    compared = comparing.show_comparison(viewer, old, new).compared
    assert compared is not None
    assert {each.code: each.new for each in compared.members} == expected_of("seven_towns_settled")
    assert compared.difference == -3_456_790
    # 57,974,053 - 55,970,012 and 7,186,379 - 6,937,961 of the design's table.
    differences = {each.code: each.difference for each in compared.members}
    assert (differences["022021"], differences["023817"]) == (-2_004_041, -248_418)


class Statement(NamedTuple):
    """What a 負担金明細書 says: item and 負担額 of each line that is not 0, and 合計."""

    lines: list[tuple[str, int]]
    total: int


def statement(content: bytes) -> Statement:
    """Read the sheet 負担金明細書 of a workbook."""
    sheet = load_workbook(BytesIO(content), data_only=True)["負担金明細書"]
    rows: list[Any] = list(sheet.iter_rows(values_only=True))
    first = next(number for number, row in enumerate(rows) if row[0] == "番号") + 1
    last = next(number for number, row in enumerate(rows) if row[0] == "合計")
    name, amount = rows[first - 1].index("経費区分"), rows[first - 1].index("負担額")
    # 経費区分 and item stand in one cell: 運用　保守料.
    lines = [(row[name].rpartition("\u3000")[2], row[amount]) for row in rows[first:last]]
    return Statement(sorted(line for line in lines if line[1]), rows[last][amount])


def issued(name: str, folder: Path, clock: FrozenClock) -> tuple[Office, dict[str, bytes]]:
    """Enter a case, let two people compute, approve and issue it; give the files by slot."""
    entered = enter(CASES[name])
    approver = replace(entered.viewer, user_id="u-9", name="弘前 承認", role="lead_approver")
    worker = Worker("process-1", folder / "files", clock.now)
    office = Office(entered.viewer, approver, worker, clock)
    run = office.issued(entered.year.start_year, entered.stage)
    return office, files_of_run(office, run)


@pytest.mark.parametrize("name", ["joining_in_june_joiner_first", MIXED])
def test_the_issued_statements_show_the_same_yen(
    name: str, database: Flask, tmp_path: Path, clock: FrozenClock
) -> None:
    office, files = issued(name, tmp_path, clock)
    members = {member["code"]: member for member in printed(name, tmp_path)["members"]}
    # Where the items are rounded, a statement has one line an item and not its components.
    at_items = yaml.safe_load(CASES[name]).get("rounding", {}).get("level") == "item"
    assert set(files) == {"lead", *(f"member:{code}" for code in members)}
    for code, member in members.items():
        found = statement(files[f"member:{code}"])
        lines = [(line["item"], line["amount"]) for line in member["lines"] if line["amount"]]
        if at_items:
            lines = [(item, sum(n for of, n in lines if of == item)) for item in {*dict(lines)}]
        assert found == (sorted(lines), expected_of(name)[code])
        own = [row for row in data_rows(files[f"member:{code}"]) if row["団体コード"] == code]
        assert sum(row["負担額_円"] for row in own) == expected_of(name)[code]
    with reading() as session:
        entries = registers.entries(session, office.consortium_id)
    registered = {each.code: each.amount for each in entries if each.code}
    assert registered == expected_of(name)


def test_a_statement_has_the_lines_worked_by_hand(
    database: Flask, tmp_path: Path, clock: FrozenClock
) -> None:
    _, files = issued(MIXED, tmp_path, clock)
    # See the notes in the case file: equal part, population, then what is not shared.
    lines = [
        ("運用費", 60_000), ("運用費", 144_000),
        ("印刷", 5_466), ("印刷", 13_120), ("印刷", 6_000),
        ("移行費", 5_500),
        ("保守料", 2_444), ("保守料", 5_867),
        ("クラウド利用料", 1_997), ("クラウド利用料", 4_794),
        ("参加補助金", -2_000),
    ]  # fmt: skip
    assert statement(files[f"member:{FUJISAKI}"]) == (sorted(lines), 247_188)
