"""`flask demo` as a process: what a newcomer gets, keeps, and finds again after a kill."""

import hashlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import pytest
from openpyxl import load_workbook

from tests.processes.commands import flask, installation, running, wait_for
from tests.seven import PAYING

pytestmark = pytest.mark.processes

YEARS = {
    **{f"平成{n}年度": n + 1988 for n in range(27, 31)},
    "令和元年度": 2019,
    **{f"令和{n}年度": n + 2018 for n in range(2, 9)},
}
PASSWORD = re.compile(r"[a-z0-9]{4}(-[a-z0-9]{4}){3}")
RESET = "account reset-password"
#: Instalments of 令和8年度 that were notified.
SENT_2026 = (
    "SELECT DISTINCT instalment FROM statement WHERE fiscal_year_start = 2026 AND kind = 'notice'"
)


@dataclass(frozen=True)
class Demo:
    """A sample installation in a folder of the test."""

    folder: Path
    environ: dict[str, str]

    def start(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run `demo --once` and see it succeed."""
        done = flask(self.environ, "demo", "--once", *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done


class Line(NamedTuple):
    """A line of the printed summary."""

    year: int
    stage: str
    members: int
    total: int
    shares: int
    agrees: str
    statements: int
    partly: str


def summary(output: str) -> list[Line]:
    """Read the printed table as an official would: column by column."""
    found = []
    for text in output.splitlines():
        label, *cells = text.split(maxsplit=7)
        if label in YEARS:
            stage, members, total, shares, agrees, statements, partly = cells
            yen = [int(each.replace(",", "")) for each in (total, shares)]
            found.append(
                Line(YEARS[label], stage, int(members), *yen, agrees, int(statements), partly)
            )
    return found


def ask(folder: Path, sql: str) -> list[tuple[object, ...]]:
    """Read the database from outside."""
    with closing(sqlite3.connect(folder / "demo.sqlite3")) as connection:
        return connection.execute(sql).fetchall()


class Digest(NamedTuple):
    """What must come out the same, however often the start was interrupted."""

    amounts: tuple[tuple[object, ...], ...]
    register: tuple[tuple[object, ...], ...]
    numbers: list[object]
    slots: tuple[tuple[object, ...], ...]
    chain: Counter[object]


def digest(folder: Path) -> Digest:
    """Read the business content, without ids and times."""
    amounts = ask(
        folder,
        "SELECT r.fiscal_year_start, r.stage, r.edition, r.state, s.item_no, s.component, s.code, "
        "s.amount FROM share_row s JOIN allocation_run r ON r.id = s.run_id "
        "ORDER BY 1, 2, 3, 5, 6, 7",
    )
    register = ask(
        folder,
        "SELECT fiscal_year_start, stage, edition, slot, amount, number, document_number, "
        "issued_on FROM statement ORDER BY number",
    )
    slots = ask(
        folder,
        "SELECT r.kind, r.period_key, r.state, f.slot FROM report_file f "
        "JOIN report_run r ON r.id = f.run_id WHERE r.kind <> 'monthly_cost' ORDER BY 1, 2, 4",
    )
    chain = ask(folder, "SELECT action || ' ' || title FROM audit_event ORDER BY seq")
    return Digest(
        tuple(amounts),
        tuple(register),
        [line[5] for line in register],
        tuple(slots),
        Counter(title for (title,) in chain),
    )


def hashes(folder: Path) -> dict[str, str]:
    """Give the hash of every produced file."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for name in ("demo-files", "見本")
        for path in (folder / name).iterdir()
    }


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Demo, str]:
    """Start the sample once in a folder with a space and Japanese in its name."""
    folder = tmp_path_factory.mktemp("demo") / "共同 クラウド"
    demo = Demo(folder, installation(folder, CONSORTIUM_DEMO="1"))
    return demo, demo.start().stdout


@pytest.fixture
def copied(first: tuple[Demo, str], tmp_path: Path) -> Demo:
    """Give a copy of the sample that the test may spoil."""
    folder = tmp_path / "控え 見本"
    shutil.copytree(first[0].folder, folder)
    return Demo(folder, installation(folder, CONSORTIUM_DEMO="1"))


def test_every_year_adds_up_and_the_paying_members_are_those_of_the_history(
    first: tuple[Demo, str],
) -> None:
    """平成27年度に4市町村、平成31年4月に平川市、令和3年4月に藤崎町、6月に板柳町。"""
    lines = summary(first[1])
    # 令和7年度 is there three times: 当初, 確定, 精算.
    assert [line.year for line in lines] == [*range(2015, 2025), 2025, 2025, 2025, 2026]
    assert {line.year: line.members for line in lines} == PAYING
    assert [line.members for line in lines] == [4] * 4 + [5] * 2 + [7] * 8
    assert all(line.total == line.shares > 0 for line in lines)
    assert {line.agrees for line in lines} == {"一致"}
    assert all(line.statements == line.members for line in lines)
    assert {line.year: line.partly for line in lines if line.partly != "－"} == {
        2021: "板柳町 10/12"
    }


def test_past_years_are_issued_as_final_and_the_running_one_as_planned(
    first: tuple[Demo, str],
) -> None:
    stages = [line.stage for line in summary(first[1])]
    assert stages == ["確定"] * 10 + ["当初", "確定", "精算"] + ["当初"]


def test_the_first_start_prints_three_passwords_and_where_the_files_are(
    first: tuple[Demo, str],
) -> None:
    demo, output = first
    assert len(PASSWORD.findall(output)) == 3
    for name in ("弘前市 担当", "弘前市 承認者", "板柳町", str(demo.folder / "見本")):
        assert name in output


def test_the_newest_year_lies_ready_as_workbooks_that_open(first: tuple[Demo, str]) -> None:
    """七つの市町村の明細書と、幹事市の総括表、送った期の納入依頼と督促。"""
    books = sorted((first[0].folder / "見本").iterdir())
    sheets = {path.name: load_workbook(path).sheetnames for path in books}
    assert all("データ" in names for names in sheets.values())
    kinds = Counter(
        next(kind for kind in ("総括表", "納入依頼", "督促", "負担金明細書") if kind in name)
        for name in sheets
    )
    sent = ask(first[0].folder, SENT_2026)
    assert kinds == {"負担金明細書": 7, "総括表": 1, "納入依頼": 7 * len(sent), "督促": 1}
    assert all("負担金総括表" in names for name, names in sheets.items() if "総括表" in name)
    for name, names in sheets.items():
        if "総括表" not in name and "督促" not in name:
            assert "負担金明細書" in names


def test_every_cost_of_the_sample_says_its_tax_rate(first: tuple[Demo, str]) -> None:
    """どの年度・段階の明細書にも「うち消費税等」が入る。"""
    asked = "SELECT count(*), count(tax_rate) FROM cost_item"
    ((items, with_rate),) = ask(first[0].folder, asked)
    assert items == with_rate != 0


def test_a_second_start_loses_nothing_and_prints_no_password(first: tuple[Demo, str]) -> None:
    demo, before = first
    kept = digest(demo.folder), hashes(demo.folder)
    output = demo.start().stdout
    assert (digest(demo.folder), hashes(demo.folder)) == kept
    assert summary(output) == summary(before)
    assert PASSWORD.findall(output) == []
    assert RESET in output


def test_last_year_ran_to_its_end(first: tuple[Demo, str]) -> None:
    """令和7年度：当初206,272,000円を4期で納め、藤崎町は1万円多く、精算は203,082,000円。

    By hand from consortium/seed/year_items.csv: Σ 精算額 = 203,082,000 − (206,272,000 + 10,000).
    """
    folder = first[0].folder
    of_2025 = "FROM statement WHERE fiscal_year_start = 2025 AND kind = 'notice'"
    assert ask(folder, f"SELECT count(*), sum(amount) {of_2025}") == [(28, 206_272_000)]
    early = f"SELECT count(*) {of_2025} AND julianday(due_on) - julianday(issued_on) >= 14"
    assert ask(folder, early) == [(28,)]
    settled = ask(
        folder,
        "SELECT sum(l.final), sum(l.paid), sum(l.difference), "
        "sum(l.disposition = 'refund'), sum(l.disposition = 'additional'), "
        "sum(l.disposition = 'credit') FROM settlement_line l",
    )
    assert settled == [(203_082_000, 206_282_000, -3_200_000, 4, 1, 2)]
    paid = "SELECT sum(amount) FROM payment WHERE fiscal_year_start = "
    assert ask(folder, f"{paid} 2025") == [(203_082_000,)]
    partial = f"{paid} 2025 AND instalment = 2 AND code = '023434' GROUP BY paid_on"
    due = ask(folder, f"SELECT amount {of_2025} AND instalment = 2 AND code = '023434'")[0][0]
    assert isinstance(due, int)
    assert ask(folder, partial) == [(due - 800_000,), (800_000,)]
    moved = (
        "SELECT count(*), sum(amount), sum(kind = 'credited_in' AND fiscal_year_start = 2026) "
        "FROM payment WHERE kind LIKE 'credited%'"
    )
    assert ask(folder, moved) == [(4, 0, 2)]
    closed = ask(folder, "SELECT fiscal_year_start, kind FROM year_closing ORDER BY closed_at")
    assert closed == [(2025, "soft"), (2025, "hard")]
    archive = "SELECT fiscal_year_start, count(*) FROM statement WHERE kind = 'archive'"
    assert ask(folder, archive) == [(2025, 1)]
    assert "令和7年度：納入依頼 28通 206,272,000円、納付済 203,082,000円" in first[1]
    assert "精算額 △3,200,000円" in first[1]


def test_this_year_has_one_town_late_one_reminder_and_work_that_waits(
    first: tuple[Demo, str],
) -> None:
    folder = first[0].folder
    # What each town was asked for and is due, less all it paid, the credit of last year included.
    open_amounts = ask(
        folder,
        "SELECT s.code, sum(s.amount) - (SELECT sum(p.amount) FROM payment p WHERE "
        "p.fiscal_year_start = 2026 AND p.code = s.code) FROM statement s WHERE "
        "s.fiscal_year_start = 2026 AND s.kind = 'notice' AND s.due_on < date('now', '+9 hours') "
        "GROUP BY s.code ORDER BY s.code",
    )
    assert len(open_amounts) == 7
    assert [each for each in open_amounts if each[1]] == [("023621", 150_000)]  # 大鰐町
    reminded = "SELECT code, amount FROM statement WHERE kind = 'reminder'"
    assert ask(folder, reminded) == [("023621", 150_000)]
    assert "期限超過 150,000円" in first[1]
    rounds = ask(folder, "SELECT fiscal_year_start, state FROM base_round")
    assert rounds == [(2027, "open")]
    handed_in = {code for (code,) in ask(folder, "SELECT code FROM base_hand_in")}
    assert set(open_code for open_code, _ in open_amounts) - handed_in == {"023817"}  # 板柳町
    questions = "SELECT code, state FROM question ORDER BY state"
    assert ask(folder, questions) == [("023817", "answered"), ("023817", "open")]
    years = "SELECT DISTINCT fiscal_year_start FROM calendar_step ORDER BY 1"
    assert ask(folder, years) == [(2025,), (2026,), (2027,)]


def test_the_register_of_the_sample_is_right(first: tuple[Demo, str]) -> None:
    done = flask(first[0].environ, "register", "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "相違ありません" in done.stdout


def kill_at(demo: Demo, title: str, files: int, *options: str) -> None:
    """Kill a start while it makes the first of the documents it tells of: the worst moment.

    `files` were made before these; an earlier kill may have left one that nobody recorded.
    """
    made = demo.folder / "demo-files"
    ((recorded,),) = ask(demo.folder, "SELECT count(*) FROM report_file")
    assert isinstance(recorded, int)
    stray = len(list(made.iterdir())) - recorded
    with running(demo.environ, "demo", "--once", *options) as child:
        wait_for(child, f"{title}を発行しています")
        while len(list(made.iterdir())) <= files + stray:
            assert child.poll() is None
            time.sleep(0.002)
        child.send_signal(signal.SIGKILL)
        assert child.wait(10) == -signal.SIGKILL
    assert len(digest(demo.folder).register) == files  # nothing of these is visible yet


def test_a_reset_killed_midway_and_started_again_gives_what_an_undisturbed_start_gives(
    first: tuple[Demo, str], copied: Demo
) -> None:
    """--reset は初めから作り直す。その途中で二度電源が落ちても、次の起動が続きを作る。"""
    # Four years have made five files each.
    kill_at(copied, "令和元年度 確定", 4 * 5, "--reset")
    # 2015–2018: 5 each, 2019 and 2020: 6, 2021–2025: 8, 令和7・8年度の当初: 8, 納入依頼: 4 × 7.
    sent = 4 * 5 + 2 * 6 + 5 * 8 + 2 * 8 + 4 * 7
    kill_at(copied, "令和8年度 第1期の納入依頼", sent)

    output = copied.start().stdout

    assert summary(output) == summary(first[1])
    whole, undisturbed = digest(copied.folder), digest(first[0].folder)
    assert whole.amounts == undisturbed.amounts
    assert whole.register == undisturbed.register
    assert whole.slots == undisturbed.slots
    assert whole.chain == undisturbed.chain
    assert whole.numbers == list(range(1, len(whole.numbers) + 1))
    # What the unfinished attempt left behind is swept by the next tick; every file has its line.
    assert flask(copied.environ, "scheduler", "tick").returncode == 0
    recorded = {name for (name,) in ask(copied.folder, "SELECT stored_name FROM report_file")}
    assert {path.name for path in (copied.folder / "demo-files").iterdir()} == recorded


def test_the_portal_answers_on_this_computer_and_ends_on_ctrl_c(first: tuple[Demo, str]) -> None:
    with running(first[0].environ, "demo", "--no-scheduler") as child:
        line = wait_for(child, "ポータル: ")
        address = re.search(r"http://(127\.0\.0\.1:80\d\d)/", line)
        assert address
        with closing(HTTPConnection(address[1], timeout=20)) as connection:
            connection.request("GET", "/login")
            answer = connection.getresponse()
            assert answer.status == 200
            assert "ログイン" in answer.read().decode("utf-8")
        child.send_signal(signal.SIGINT)
        assert child.wait(5) == 0


def test_a_port_in_use_is_refused_with_one_line(first: tuple[Demo, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = flask(first[0].environ, "demo", "--no-scheduler", "--port", str(port))
    assert done.returncode == 2
    assert f"ポート{port}" in done.stderr
    assert "Traceback" not in done.stderr
