"""Every kind of component and every date rule, entered in the portal and shared by a run."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from io import BytesIO

import pytest
from flask import Flask
from openpyxl import load_workbook

from consortium.clock import FrozenClock
from consortium.db.store import bases, rules, runs
from consortium.db.unit import reading, writing
from consortium.domain.municipality import municipality_code
from consortium.domain.sharing.bases import BASES
from consortium.domain.sharing.dating import DATINGS
from tests import factories, seven
from tests.office import files_of_run
from tests.people import TOWNS, People
from tests.web.portal import Portal, open_portal
from tests.web.rule_entry import Part, add_item, own, part, register

HIROSAKI = "022021"
#: 5年分の国勢調査人口をそのまま千円単位の額にすると、各団体の負担額は人口×1,000円。
CENSUS_2015 = seven.POPULATION[date(2015, 10, 1)]
CENSUS_2020 = seven.POPULATION[date(2020, 10, 1)]


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


def rule_path(portal: Portal) -> str:
    """Give the form of a new version of the sample's rule."""
    with portal.app.app_context(), reading() as session:
        (rule,) = rules.rules(session, portal.office.consortium_id)
    return f"/rules/{rule.id}/new"


def add_edition(
    portal: Portal, day: date, values: tuple[int, ...], period_from: date | None = None
) -> None:
    """Register an edition of 取扱件数 in code order of the towns."""
    by_code = {
        municipality_code(code): Fraction(value) for code, value in zip(TOWNS, values, strict=True)
    }
    new = bases.Edition(
        id="", series="cases", label="取扱件数", reference_date=day, period_from=period_from,
        name="確定", published_on=None, certainty="確定", source="業務統計", values=by_code,
    )  # fmt: skip
    with portal.app.app_context(), writing(factories.OFFICER, factories.NOW) as unit:
        bases.add_edition(unit, portal.office.consortium_id, new)


def shared(portal: Portal) -> tuple[dict[str, int], Mapping[str, Fraction]]:
    """Draft a run; give the yen by code and the values it stored with them."""
    with portal.app.app_context():
        run_id = portal.office.draft(2026, "estimate")
        with reading() as session:
            result = runs.read_result(session, portal.office.consortium_id, run_id)
    amounts = {party.code: int(result.amount(party.code)) for party in result.parties}
    values = result.series[0].values if result.series else {}
    return amounts, values


def by_town(*amounts: int) -> dict[str, int]:
    return dict(zip(TOWNS, amounts, strict=True))


FROZEN_2015 = {"series": "population", "dating": "frozen", "frozen": "population@2015-10-01/"}
SQUARES = own("10,000", "2,500", "25", "900", "400", "100", "225")

#: kind → (components, amount of the item, yen by town): each worked by hand.
KINDS: dict[str, tuple[tuple[Part, ...], int, dict[str, int]]] = {
    # 1,000,000 ÷ 7 = 142,857 あまり 1。端数の大きさは同じなので、コードの小さい弘前市へ。
    "equal": (
        (part("equal"),),
        1_000_000,
        by_town(142_858, 142_857, 142_857, 142_857, 142_857, 142_857, 142_857),
    ),
    # 額 = 人口の計 257,505 × 1,000円。
    "table": (
        (part("table", **FROZEN_2015),),
        257_505_000,
        by_town(*(people * 1_000 for people in CENSUS_2015)),
    ),
    # 平方根は 100, 50, 5, 30, 20, 10, 15、計 230。額 2,300,000円は 1 あたり 10,000円。
    "power": (
        (part("power", power="0.5", own_source="別表", **FROZEN_2015, **SQUARES),),
        2_300_000,
        by_town(1_000_000, 500_000, 50_000, 300_000, 200_000, 100_000, 150_000),
    ),
    # 市 100・町村 50、計 450。額 900,000円は 1 あたり 2,000円。
    "fixed": (
        (part("fixed", **own("100", "100", "50", "50", "50", "50", "50")),),
        900_000,
        by_town(200_000, 200_000, 100_000, 100_000, 100_000, 100_000, 100_000),
    ),
    # 700,000円の 40% 280,000円は弘前市、残り 420,000円を 7 団体で 60,000円ずつ。
    "host": (
        (part("host", "40", host=HIROSAKI), part("equal", "60")),
        700_000,
        by_town(340_000, 60_000, 60_000, 60_000, 60_000, 60_000, 60_000),
    ),
    # 人口の 200% を円とみなす。総額は 515,010円になる。
    "percent": (
        (part("percent", "200", **FROZEN_2015),),
        0,
        by_town(*(people * 2 for people in CENSUS_2015)),
    ),
}


def test_every_kind_of_component_is_tried_here() -> None:
    assert KINDS.keys() == BASES.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_of_each_kind_is_entered_and_shared_to_the_yen(portal: Portal, kind: str) -> None:
    parts, amount, expected = KINDS[kind]
    add_item(portal, amount)
    done = register(portal.cast.client("lead_staff"), rule_path(portal), *parts)
    assert done.status_code == 302, done.text
    assert shared(portal)[0] == expected


#: date rule → (what is filled in, the values used by code order): FY2026, computed on 2026-12-01.
#: 取扱件数 has a value for two days and for each year of the three, a half year apart once.
ONE, TWO, FOUR = (1, 2, 3, 4, 5, 6, 7), (2, 4, 6, 8, 10, 12, 14), (4, 8, 12, 16, 20, 24, 28)
DATED: dict[str, tuple[Part, tuple[int, ...]]] = {
    "latest": (part("table", series="population", dating="latest"), CENSUS_2020),
    "previous_fiscal_year": (
        part("table", series="cases", dating="previous_fiscal_year", month_day="9月30日"),
        FOUR,
    ),
    "frozen": (
        part(
            "table",
            series="population",
            dating="frozen",
            frozen="population@2015-10-01/平成27年国勢調査",
        ),
        CENSUS_2015,
    ),
    # 2025年の上期 1 倍と下期 1 倍で 2 倍。
    "previous_calendar_year": (
        part("table", series="cases", dating="previous_calendar_year"),
        TWO,
    ),
    # 令和6年度（2024年4月〜2025年3月）はひとつの版。
    "year_before_last": (part("table", series="cases", dating="year_before_last"), ONE),
    # 2023年 2 倍と2024年 2 倍で 4 倍。
    "cumulated": (
        part(
            "table",
            series="cases",
            dating="cumulated",
            first="令和5年1月1日",
            last="令和6年12月31日",
        ),
        FOUR,
    ),
}


def test_every_date_rule_is_tried_here() -> None:
    assert DATED.keys() == DATINGS.keys()


@pytest.mark.parametrize("kind", DATED)
def test_a_run_stores_the_values_that_the_date_rule_chose(portal: Portal, kind: str) -> None:
    entered, expected = DATED[kind]
    add_edition(portal, date(2024, 9, 30), ONE)
    add_edition(portal, date(2025, 9, 30), FOUR)
    add_edition(portal, date(2023, 12, 31), TWO, date(2023, 1, 1))
    add_edition(portal, date(2024, 12, 31), TWO, date(2024, 1, 1))
    add_edition(portal, date(2025, 6, 30), ONE, date(2025, 1, 1))
    add_edition(portal, date(2025, 12, 31), ONE, date(2025, 7, 1))
    add_edition(portal, date(2025, 3, 31), ONE, date(2024, 4, 1))
    add_item(portal, sum(expected) * 100)
    done = register(portal.cast.client("lead_staff"), rule_path(portal), entered)
    assert done.status_code == 302, done.text
    amounts, values = shared(portal)
    assert values == dict(zip(TOWNS, map(Fraction, expected), strict=True))
    assert amounts == by_town(*(value * 100 for value in expected))


def test_what_was_entered_is_told_on_the_page_of_the_rule(portal: Portal) -> None:
    client = portal.cast.client("lead_staff")
    path = rule_path(portal)
    parts = (
        part("host", "40", host=HIROSAKI),
        part("power", "50", power="0.585", series="population", dating="latest"),
        part("fixed", "10", label="重みつき均等割", own_source="第8条",
             **own("100", "100", "50", "50", "50", "50", "0")),
    )  # fmt: skip
    entered = {"ratio_digits": "3", "leaving": "year", "mode": "floor", "residual": "lead"}
    assert register(client, path, *parts, **entered).status_code == 302
    page = client.get(path.removesuffix("/new")).text
    for text in (
        "幹事・所在地負担40（弘前市）",
        "逓減人口割50（指数0.585、最新の公表値）",
        "重みつき均等割10（弘前市・平川市 100、",
        "西目屋村・藤崎町・大鰐町・田舎館村 50、板柳町 0、第8条）",
        "負担割合は小数第3位までに丸めてから分ける。",
        "脱退する団体は年度末まで負担。",
        "小数第3位まで",
    ):
        assert text in page


def test_pages_and_statements_name_the_members_of_a_rule_by_name(portal: Portal) -> None:
    client = portal.cast.client("lead_staff")
    parts = part("host", "40", host=HIROSAKI), part("equal", "60")
    add_item(portal, 700_000)
    assert register(client, rule_path(portal), *parts).status_code == 302
    with portal.app.app_context():
        run = portal.office.issued(2026, "estimate")
        files = files_of_run(portal.office, run)
    told = "幹事・所在地負担40（弘前市）"
    assert told in client.get(f"/runs/{run.id}").text
    assert told in client.get(f"/runs/{run.id}/why/1/023817").text
    assert len(files) == 8
    for content in files.values():
        cells = (
            cell.value
            for sheet in load_workbook(BytesIO(content))
            for row in sheet.rows
            for cell in row
        )
        assert any(told in str(value) for value in cells)
