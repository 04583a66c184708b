"""Killed anywhere, caught up: the same portal as if nothing had been (F-1, F-2, F-16, F-18).

A first run lists every failpoint that a tick comes to. `manage.py test --full` kills the process at
each of them (test_every_point.py); here each name is tried once, in turn on the two databases.
"""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from tests import databases
from tests.crashes import digest, driver, rounds
from tests.crashes.acts import tick_once
from tests.crashes.worlds import POINTS, World
from tests.mail_server import mail_server

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[2]
FILES = 8  # seven towns and the summary
OF_A_FILE = ("open", "half-written", "written-not-synced", "renamed-not-recorded", "recorded")
CALLED = re.compile(r'\bfailpoint\("([a-z-]+)"\)')
#: Which work is killed where: point of the life; failpoint, and where the recovery is killed.
SAMPLE = (
    ("statements", ("claim:1",)),
    ("statements", ("snapshot:1",)),
    ("statements", ("calculate-commit:1", "claim:1")),
    ("statements", ("open:1",)),
    ("statements", ("half-written:4", "renamed-not-recorded:2")),
    ("statements", ("written-not-synced:8",)),
    ("statements", ("renamed-not-recorded:3",)),
    ("statements", ("recorded:7", "publish:1")),
    ("statements", ("filed:1", "publish:1")),
    ("statements", ("publish:1",)),
    ("statements", ("published:1",)),
    ("correction", ("renamed-not-recorded:8",)),
    ("correction", ("publish:1", "published:1")),
    ("monthly", ("snapshot:1",)),
    ("archive", ("zip-half:1",)),
    ("archive", ("zip-done:1", "renamed-not-recorded:1")),
)


@pytest.mark.parametrize(
    ("database_source", "point", "stops"),
    [
        (databases.DATABASES[number % len(databases.DATABASES)], *case)
        for number, case in enumerate(SAMPLE)
    ],
    indirect=["database_source"],
)
def test_whatever_is_killed_where_the_next_tick_makes_the_same_portal(
    world: World, tmp_path: Path, point: str, stops: tuple[str, ...]
) -> None:
    """F-1: 中断の後の一巡で、中断のない時と同じ表と同じファイルになる。欠けも重なりもない。"""
    verdict = rounds.killed(world, tmp_path, point, *stops)
    assert (verdict.is_same, verdict.lost, verdict.doubled) == (True, 0, 0), verdict.why


@pytest.mark.parametrize(
    ("database_source", "at", "most"),
    [
        (databases.DATABASES[0], "mail-before:2", 1),
        # Handed over and not yet marked: this one letter goes out again, under the same name.
        (databases.DATABASES[-1], "mail-taken:1", 2),
        (databases.DATABASES[0], "mail-settled:1", 1),
        (databases.DATABASES[-1], "notify-before:1", 1),
    ],
    indirect=["database_source"],
)
def test_letters_go_out_at_least_once_and_documents_exactly_once(
    world: World, tmp_path: Path, at: str, most: int
) -> None:
    verdict, taken = rounds.told_by_mail(world, tmp_path, at)
    assert (verdict.is_same, verdict.lost, verdict.doubled) == (True, 0, 0), verdict.why
    assert sorted(taken.values()) == sorted([1, most])


@databases.ON_SQLITE
def test_a_tick_comes_to_every_failpoint_of_the_product(world: World, tmp_path: Path) -> None:
    """43か所以上: 明細書は一通ごとに5か所、初めと終わりの分がこれに加わる。"""
    found = {point: Counter(world.undisturbed(point, tmp_path).hits) for point in POINTS}
    with mail_server() as server:
        of_statements = Counter(world.undisturbed("statements", tmp_path, server.mailer()).hits)
    assert {name: of_statements[name] for name in OF_A_FILE} == dict.fromkeys(OF_A_FILE, FILES)
    for once in (
        "claim", "snapshot", "calculate-commit", "filed", "publish", "published", "notify-before",
        "notify-after",
    ):  # fmt: skip
        assert of_statements[once] == 1
    assert of_statements.total() >= 43
    sources = (ROOT / "consortium").rglob("*.py")
    named = {name for path in sources for name in CALLED.findall(path.read_text("utf-8"))}
    # Those of backups are tried in tests/db/test_backup_restore.py.
    named = {name for name in named if not name.startswith(("backup-", "restore-"))}
    assert named == of_statements.keys() | found["archive"].keys()


@databases.ON_SQLITE
def test_a_correction_killed_at_its_issue_leaves_the_first_edition_as_it_was(
    world: World, tmp_path: Path
) -> None:
    """F-18: 旧版は元の照合値のまま。新しいものは理由のある第2版。"""
    with world.copy("correction", tmp_path) as place:
        before = digest.portal(place)
        driver.kill_at(place, "publish:1")
        assert documents(digest.dump(place)) == documents(before.rows)
        driver.recover(place)
        after = digest.portal(place)
    assert {key: after.files[key] for key in before.files} == before.files
    first, both = documents(before.rows), documents(after.rows)
    assert both == first | {number: both[number] for number in range(FILES + 1, 2 * FILES + 1)}
    new = after.files.keys() - before.files.keys()
    assert len(new) == FILES
    assert all(" FY2021 2 " in key for key in new)
    titles = [json.loads(row)["title"] for row in after.rows["audit_event"]]
    assert [f"令和3年度 確定 第{edition}版の発行" in titles for edition in (1, 2)] == [True, True]
    assert any('"reason": "費目の誤り"' in row for row in after.rows["audit_event"])


def documents(rows: digest.Dump) -> dict[int, str]:
    """Give number → hash of the file of every document in the register."""
    lines = [json.loads(row) for row in rows["statement"]]
    return {line["number"]: line["file_hash"] for line in lines}


@databases.ON_SQLITE
def test_a_file_missing_while_the_archive_is_made_keeps_it_from_everybody(
    world: World, tmp_path: Path
) -> None:
    """F-16: 一式が欠けたままの年度アーカイブは公開されない。戻れば、中断のない時と同じになる。"""
    undisturbed = world.undisturbed("archive", tmp_path)
    with world.copy("archive", tmp_path) as place:
        driver.kill_at(place, "zip-half:1")
        kept = [name for name in undisturbed.portal.files if name.startswith("statement_final")]
        gone = driver.stored(place, kept[0])
        gone.rename(tmp_path / gone.name)
        driver.let_five_minutes_go_by(place)
        assert driver.run(tick_once, place, "recovery") == 0, driver.said(place)
        assert driver.open_runs(place) == 1
        assert not [key for key in digest.recorded(place) if key.startswith("archive")]
        (tmp_path / gone.name).rename(gone)
        driver.recover(place)
        found = digest.portal(place)
    assert found.files == undisturbed.portal.files
    assert digest.difference(found.rows, undisturbed.portal.rows) == {}
