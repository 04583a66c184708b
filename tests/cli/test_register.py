"""`flask register …`: verify and export, through the real entry point."""

import json
import secrets
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from consortium.cli import create_app_for_commands
from consortium.db.engine import db
from consortium.db.models import Statement
from consortium.db.unit import reading
from tests.databases import Source


def test_a_whole_register_gives_one_line_and_exit_code_0(run: FlaskCliRunner) -> None:
    with run.app.app_context(), reading() as session:
        printed = session.execute(select(Statement.register_seq, Statement.register_hash))
        seq, digest = printed.first() or (0, "")
    answer = run.invoke(args=["register", "verify", "--against", f"{seq}:{digest}"])
    assert (answer.exit_code, answer.output.count("\n")) == (0, 1)
    assert answer.output.startswith("相違ありません。")


def test_what_differs_is_named_with_exit_code_1(run: FlaskCliRunner) -> None:
    folder = Path(run.app.config["FILES_DIR"])
    min(folder.glob("*.xlsx")).unlink()
    answer = run.invoke(args=["register", "verify", "--against", "1:" + "0" * 16])
    assert answer.exit_code == 1
    lines = answer.output.splitlines()
    assert lines[0] == "印字された照合値(第1号)と一致する操作記録がありません。"
    assert "保存したファイルが見つかりません" in lines[1]
    assert lines[2].startswith("相違があります。")


@pytest.mark.parametrize("extra", [["--against", "12"], ["--consortium", "none"]])
def test_what_cannot_be_read_is_refused_with_exit_code_2(
    run: FlaskCliRunner, extra: list[str]
) -> None:
    assert run.invoke(args=["register", "verify", *extra]).exit_code == 2


def test_the_register_is_written_out_with_its_program(run: FlaskCliRunner, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    assert run.invoke(args=["register", "export", str(target)]).exit_code == 0
    assert len(json.loads(target.read_text(encoding="utf-8"))["statements"]) == 8
    assert (tmp_path / "verify_register.py").is_file()
    missing = run.invoke(args=["register", "export", str(tmp_path / "no" / "out.json")])
    assert (missing.exit_code, "書き込めません" in missing.output) == (2, True)


def test_a_database_without_tables_is_refused_with_what_to_do(
    database_source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = database_source.empty(tmp_path)
    monkeypatch.setenv("CONSORTIUM_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CONSORTIUM_DATABASE_URL", url)
    monkeypatch.setenv("CONSORTIUM_SECRET_KEY", secrets.token_hex(32))
    portal = create_app_for_commands()
    result = portal.test_cli_runner().invoke(args=["register", "verify"])
    assert result.exit_code == 2, result.output
    assert "flask db upgrade" in result.output
    assert "--demo" in result.output
    with portal.app_context():
        db.engine.dispose()
