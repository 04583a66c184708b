"""`flask share` where nothing is set up: no key, no database, no folder to write to."""

import json
from pathlib import Path

import pytest

from tests.processes.commands import ROOT, environment, flask

pytestmark = pytest.mark.processes

CASE = ROOT / "tests" / "domain" / "cases" / "joining_in_june_item.yaml"


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """Give an environment without key and database; its instance cannot even be made."""
    file = tmp_path / "ここはファイル"
    file.write_text("", encoding="utf-8")
    nowhere = {"CONSORTIUM_INSTANCE": str(file / "instance")}
    return environment({**nowhere, "CONSORTIUM_DATABASE_URL": "postgresql+psycopg://nobody@/none"})


def test_a_case_is_computed_without_key_database_or_folder(bare: dict[str, str]) -> None:
    done = flask(bare, "share", "--format", "json", str(CASE))
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    assert result["total"] == sum(member["amount"] for member in result["members"])


@pytest.mark.parametrize(
    "command", [("scheduler", "tick"), ("account", "list"), ("demo", "--once"), ("db", "upgrade")]
)
def test_every_other_command_says_in_one_line_what_is_missing(
    bare: dict[str, str], command: tuple[str, ...]
) -> None:
    done = flask(bare, *command)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert "秘密鍵がありません" in line
    assert "python3 manage.py setup" in line


def test_a_case_with_a_mistake_gives_one_line_and_two(bare: dict[str, str], tmp_path: Path) -> None:
    case = tmp_path / "誤り.yaml"
    case.write_text("fiscal_year: 2021\nmembers: []\n", encoding="utf-8")
    done = flask(bare, "share", str(case))
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
