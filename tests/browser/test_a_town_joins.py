"""鶴田町 joins on 2027-04-01: from 参加意向 to its first statement, as people walk it (加入の一連).

The office plans, the 総会 and the council decide, the town does its work and reports it by the
workbook 工程表, the office lets it begin, and the next run shares with it.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from openpyxl import load_workbook
from openpyxl.cell import Cell
from playwright.sync_api import Browser, Page, expect

from consortium.usecases import accounts, rule_versions, rules, sample
from consortium.usecases.accounts import NewAccount
from tests.browser.portal import Portal, new_context, opened_portal
from tests.fiscal_year_setup import rule_version

pytestmark = pytest.mark.browser

JST = timezone(timedelta(hours=9))
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TOWN, CODE = "鶴田町", "023841"
BEGINNING = datetime(2024, 12, 2, 10, 0, tzinfo=JST)
LIVE = date(2027, 4, 1)
#: 令和2年国勢調査（速報） of the seven, and a round figure for the eighth (見本).
PEOPLE = {
    "022021": 168_564, "022101": 30_621, "023434": 1_265, "023612": 14_578, "023621": 8_671,
    "023671": 7_328, "023817": 12_712, CODE: 12_000,
}  # fmt: skip
#: What each stage is closed with; for the others a decision, a contract or a round stands.
PAPERS = [
    "A1",
    "A2",
    "A3",
    "A4",
    "B1",
    "B2",
    "C1",
    "D1",
    "D2",
    "D3",
    "D4",
    "E1",
    "F1",
    "F2",
    "F3",
    "G1",
    "R1",
]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Serve the sample at the end of 2024, without its history."""

    def fill(_app: Flask) -> tuple[dict[str, str], dict[str, str]]:
        made = sample.register(BEGINNING)
        staff = sample.people()["lead_staff"]
        (rule,) = rules.list_rules(staff, BEGINNING.date())
        newest = rule_version(LIVE, 20, 80)  # by the newest population, whoever belongs then
        rule_versions.add_version(staff, rule.id, newest, BEGINNING)
        return {account.login: password for account, password in made}, {}

    with opened_portal(tmp_path_factory.mktemp("joining"), BEGINNING, fill) as served:
        yield served


class Office:
    """The people of the office and of the town, each with a window; logged in anew each day."""

    def __init__(self, portal: Portal, chromium: Browser) -> None:
        self.portal, self.chromium = portal, chromium
        self.path = ""

    def on(self, day: date) -> None:
        """Let time pass until a day at ten o'clock."""
        clock = self.portal.clock
        clock.advance(datetime(day.year, day.month, day.day, 10, tzinfo=JST) - clock.now())

    def person(self, login: str) -> Page:
        """Give the window of somebody who has just logged in."""
        context = new_context(self.chromium, base_url=self.portal.url)
        context.set_default_timeout(8000)
        page = context.new_page()
        self.portal.log_in(page, login)
        return page

    def step(self, page: Page, name: str, entered: Mapping[str, str] | None = None) -> None:
        """Take a step of the plan."""
        page.goto(self.path)
        page.get_by_role("link", name=name, exact=True).click()
        fill(page, entered or {})
        page.get_by_role("button", name=name).click()
        expect(page.locator("h1")).to_contain_text(f"{TOWN} 加入工程")

    def record(self, page: Page, kind: str, entered: Mapping[str, str]) -> None:
        """Register a record of the plan."""
        page.goto(f"{self.path}/records/{kind}/new")
        fill(page, entered)
        page.get_by_role("button", name="登録する").click()
        expect(page.locator("h1")).to_contain_text(f"{TOWN} 加入工程")


def fill(page: Page, entered: Mapping[str, str]) -> None:
    """Fill fields by name: write, choose from a list, or take one of several."""
    for name, value in entered.items():
        found = page.locator(f'main [name="{name}"]')
        if found.count() > 1:
            found.and_(page.locator(f'[value="{value}"]')).check()
        elif found.evaluate("each => each.tagName") == "SELECT":
            options = found.locator("option").all_inner_texts()
            found.select_option(label=next(each for each in options if each.startswith(value)))
        else:
            found.fill(value)


def wareki(day: date) -> str:
    """Write a day of Reiwa as people type it."""
    return f"R{day.year - 2018}.{day.month}.{day.day}"


def save(page: Page, path: str, name: str) -> bytes:
    """Follow a link that gives a file."""
    page.goto(path)
    with page.expect_download() as coming:
        page.get_by_role("link", name=name).first.click()
    return Path(coming.value.path()).read_bytes()


def days_of(content: bytes) -> dict[str, tuple[date, date]]:
    """Read the planned days from the workbook, by code."""
    return {
        str(row[1].value): (row[6].value.date(), row[7].value.date())
        for row in rows_of(content, "計画")
    }


def rows_of(content: bytes, kind: str) -> Iterator[tuple[Cell, ...]]:
    """Give the rows 計画 or 実績 of the sheet of the town."""
    for row in load_workbook(BytesIO(content))[TOWN].iter_rows(min_row=5):
        if row[5].value == kind:
            yield row


def plan(office: Office) -> dict[str, tuple[date, date]]:
    """草案 → 承認 → 申請: the plan, counted back from the day of going live."""
    staff = office.person("hirosaki")
    staff.goto("/closed-days/2024")
    staff.get_by_role("button", name="祝日を取り込む").first.click()
    staff.goto("/plans/new?pref=02&q=鶴田")
    staff.get_by_role("link", name=TOWN).first.click()
    fill(staff, {"template_id": "加入工程", "anchor_on": "令和9年4月1日", "kana": "つるたまち"})
    fill(staff, {"service_id": "基幹系共同クラウド"})
    staff.get_by_role("button", name="草案を作る").click()
    expect(staff.locator("h1")).to_contain_text(f"{TOWN} 加入工程")
    office.path = staff.url.removeprefix(office.portal.url)
    # The vote of 2026-03-19 would come one day too late (20 is 春分の日): it is that of December.
    expect(staff.locator("#task-B3")).to_contain_text("R7.12.15")
    approver = office.person("hirosaki-shonin")
    office.step(approver, "承認する", {"reason": "総会で示す案のため"})
    office.step(staff, "申請を受ける", {"applied_on": "R6.12.2"})
    return days_of(save(staff, office.path, "工程表（Excel）"))


def begin_work(office: Office, days: dict[str, tuple[date, date]]) -> None:
    """参加意向: the town, which takes part in nothing yet, hands in its paper and its days."""
    with office.portal.app.app_context():
        office.portal.passwords["tsuruta"] = accounts.create_account(
            NewAccount("tsuruta", "鶴田町 担当", "member_staff", CODE), office.portal.clock.now()
        )
    start, finish = days["A1"]
    office.on(finish)
    town = office.person("tsuruta")
    paper = {"task_code": "A1", "title": "参加意向書", "dated_on": wareki(start)}
    office.record(town, "evidence", paper)
    town.goto(f"{office.path}/tasks/A1")
    done = {"state": "done", "started_on": wareki(start), "finished_on": wareki(finish)}
    fill(town, {**done, "percent": "100"})
    town.get_by_role("button", name="実績を保存する").click()
    expect(town.locator("#task-A1")).to_contain_text("完了済み")
    town.goto("/charges")
    expect(town.locator("main")).not_to_contain_text("円")  # nothing to pay before it takes part


def decide(office: Office, days: dict[str, tuple[date, date]]) -> None:
    """議決・承認・準備: the 総会 accepts, the council gives the money, the judgement is 可."""
    office.on(LIVE)
    staff, approver = office.person("hirosaki"), office.person("hirosaki-shonin")
    vote = {"kind": "総会", "task_code": "A5", "decided_on": wareki(days["A5"][1])}
    office.record(staff, "decisions", {**vote, "result": "可決", "source": "総会議事録"})
    office.step(approver, "加入を承認する")
    office.step(staff, "準備を始める")
    voted = wareki(days["B3"][1])
    vote = {"kind": "議会", "task_code": "B3", "code": TOWN, "decided_on": voted, "result": "可決"}
    office.record(staff, "decisions", {**vote, "bill": "議案第12号", "source": "12月定例会会議録"})
    years = {"fiscal_year_start": "令和7年度", "last_fiscal_year_start": "令和13年度"}
    money = {"member_id": TOWN, "kind": "債務負担", **years, "limit_amount": "50,000,000"}
    staff.goto(f"{office.path}/records/budgets/new")
    fill(staff, {**money, "state": "執行可", "executable_on": voted})
    staff.locator('[name="decision_id"]').select_option(index=1)
    staff.get_by_role("button", name="登録する").click()
    signed = {"kind": "利用", "title": "共同クラウド利用契約", "vendor": "（株）見本"}
    term = {"concluded_on": wareki(days["C2"][1]), "since": "R9.4.1", "until": "R14.3.31"}
    office.record(staff, "contracts", {**signed, **term})
    judged = {"task_code": "G2", "decided_on": wareki(days["G2"][1]), "result": "可"}
    office.record(staff, "judgements", {**judged, "source": "稼働判定書"})
    for code in PAPERS:
        paper = {"task_code": code, "title": f"{code}の成果物", "dated_on": wareki(days[code][1])}
        office.record(staff, "evidence", paper)
    for number, code in enumerate(("E2", "E3", "E4", "E5"), start=1):
        run = {"run_on": wareki(days[code][1]), "extracted": "1,000", "loaded": "1,000"}
        counts = {"error_count": "0", "minutes": "90"}
        staff.goto(f"{office.path}/records/migrations/new")
        staff.locator('[name="round"]').select_option(str(number))
        fill(staff, {**run, **counts, "state": "合格"})
        staff.get_by_role("button", name="登録する").click()


def report_by_workbook(office: Office) -> None:
    """工程表: everything that happened comes back in the workbook, looked at before it counts."""
    staff = office.person("hirosaki")
    book = load_workbook(BytesIO(save(staff, office.path, "工程表（Excel）")))
    planned: tuple[object, object] = (None, None)
    for row in book[TOWN].iter_rows(min_row=5):
        if row[5].value == "計画":
            planned = (row[6].value, row[7].value)
            code = row[1].value
        elif row[5].value == "実績" and code not in ("A1", "H1"):
            row[6].value, row[7].value, row[8].value, row[9].value = *planned, 1, "完了済み"
    changed = BytesIO()
    book.save(changed)
    staff.goto("/plans/import")
    sheet = {"name": "工程表.xlsx", "mimeType": XLSX, "buffer": changed.getvalue()}
    staff.locator('main input[type="file"]').first.set_input_files(sheet)
    staff.get_by_role("button", name="差分を見る").click()
    staff.locator('button[name="take"]').click()
    staff.goto(office.path)
    expect(staff.locator("#task-H0")).to_contain_text("完了済み")


def take_stock(office: Office) -> None:
    """算定基礎・費用: the newest census counts the eighth town; the costs of last year go on."""
    staff = office.person("hirosaki")
    staff.goto("/bases/population/new")
    known = {"name": "令和7年国勢調査（見本）", "reference_date": "R7.10.1"}
    fill(staff, {**known, "published_on": "R8.11.27", "certainty": "確定", "source": "見本"})
    fill(staff, {f"value-{code}": str(value) for code, value in PEOPLE.items()})
    staff.get_by_role("button", name="登録する", exact=True).click()
    expect(staff.locator("main")).to_contain_text("を登録しました")
    staff.goto("/costs/2027/planned")
    staff.get_by_role("button", name="令和8年度").first.click()


def share(office: Office) -> None:
    """算定・承認・発行: the next run shares with the new member."""
    staff, approver = office.person("hirosaki"), office.person("hirosaki-shonin")
    staff.goto("/runs/new?year=2027&stage=planned")
    staff.get_by_role("button", name="下書きを作成する").click()
    expect(staff.locator("h1")).to_contain_text("当初 第1版")
    last = staff.get_by_role("row").filter(
        has=staff.get_by_role("rowheader", name="合計", exact=True)
    )
    total, *shares = [
        int(text.replace(",", "")) for text in last.get_by_role("cell").all_inner_texts()
    ]
    assert (len(shares), sum(shares)) == (len(PEOPLE), total)
    # 20 parts equally, 80 by residents, in force for the whole year; below a yen six costs differ.
    exact = total * (
        Fraction(20, 100) / len(PEOPLE)
        + Fraction(80, 100) * Fraction(PEOPLE[CODE], sum(PEOPLE.values()))
    )
    assert abs(shares[-1] - exact) < 2 * 6
    staff.get_by_role("button", name="審査に出す").click()
    expect(staff.locator("main")).to_contain_text("審査中")
    approver.goto(staff.url)
    for name in ("承認する", "発行する"):
        approver.get_by_role("button", name=name).or_(
            approver.get_by_role("link", name=name)
        ).first.click()
    approver.get_by_role("button", name="この内容で発行する").click()
    expect(approver.get_by_role("link", name="発行台帳で明細書を見る")).to_be_visible()


def receive(town: Page) -> None:
    """受取: the first statement of the new member."""
    book = load_workbook(BytesIO(save(town, "/inbox", "受け取る")))
    words = {str(cell) for row in book.worksheets[0].iter_rows(values_only=True) for cell in row}
    assert any(TOWN in each for each in words), words
    assert "負担金明細書" in book.sheetnames


def test_a_town_joins_and_gets_its_first_statement(portal: Portal, chromium: Browser) -> None:
    office = Office(portal, chromium)
    days = plan(office)
    begin_work(office, days)
    decide(office, days)
    report_by_workbook(office)
    office.step(office.person("hirosaki-shonin"), "利用を始める")
    take_stock(office)
    share(office)
    receive(office.person("tsuruta"))
