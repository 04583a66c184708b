"""`flask account …` and the command line's refusals, through the real entry point."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.cli import FlaskGroup
from flask.testing import FlaskCliRunner

from consortium.cli import create_app_for_commands
from consortium.db.engine import db
from tests.people import ITAYANAGI, People


@pytest.fixture
def run(
    app: Flask, cast: People, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FlaskCliRunner]:
    """Give the commands on a database with a consortium."""
    with app.app_context():
        cast.consortium_id()
    monkeypatch.setenv("CONSORTIUM_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CONSORTIUM_DATABASE_URL", database_url)
    monkeypatch.setenv("CONSORTIUM_SECRET_KEY", secrets.token_hex(32))
    portal = create_app_for_commands()
    yield portal.test_cli_runner()
    with portal.app_context():
        db.engine.dispose()


def test_a_user_is_made_listed_reset_and_disabled(run: FlaskCliRunner) -> None:
    made = run.invoke(
        args=["account", "create", "taro", "--name", "板柳 太郎", "--role", "member_staff",
              "--code", ITAYANAGI]
    )  # fmt: skip
    assert made.exit_code == 0
    assert "利用者「taro」を登録しました。" in made.output
    again = run.invoke(args=["account", "reset-password", "taro"])
    first, second = (each.output.strip().split(": ")[1] for each in (made, again))
    assert first != second
    assert len(first) == len(second) == 19
    assert (
        "taro\t板柳 太郎\t板柳町\t構成団体 担当\t有効"
        in run.invoke(args=["account", "list"]).output
    )
    assert run.invoke(args=["account", "disable", "taro"]).exit_code == 0
    assert "\t停止" in run.invoke(args=["account", "list"]).output


def test_an_address_is_set_taken_away_and_refused_where_it_is_none(run: FlaskCliRunner) -> None:
    new = ["account", "create", "taro", "--name", "板柳 太郎", "--role", "auditor"]
    assert run.invoke(args=new).exit_code == 0
    said = run.invoke(args=["account", "email", "ＴＡＲＯ", "taro@example.lg.jp"]).output
    assert said == "利用者「ＴＡＲＯ」: taro@example.lg.jp を登録しました。\n"
    assert "消しました" in run.invoke(args=["account", "email", "taro", ""]).output
    wrong = run.invoke(args=["account", "email", "taro", "taro@"])
    assert (wrong.exit_code, "メールアドレスとして読めません" in wrong.output) == (2, True)
    assert run.invoke(args=["account", "email", "nobody", "a@example.jp"]).exit_code == 2


def test_a_refusal_is_one_japanese_line_and_exit_code_2(run: FlaskCliRunner) -> None:
    answer = run.invoke(args=["account", "reset-password", "nobody"])
    assert answer.exit_code == 2
    (line,) = answer.output.splitlines()
    assert line.startswith("利用者「nobody」を探しました。登録されていません。")


@pytest.mark.parametrize("command", ["account list", "db upgrade", "demo", "routes"])
def test_without_a_key_a_command_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("CONSORTIUM_INSTANCE", str(tmp_path))
    monkeypatch.delenv("CONSORTIUM_SECRET_KEY", raising=False)
    group = FlaskGroup(create_app=create_app_for_commands)
    answer = FlaskCliRunner(create_app_for_commands()).invoke(group, command.split())
    assert answer.exit_code == 2
    assert answer.output.startswith("秘密鍵がありません。")
    assert len(answer.output.splitlines()) == 1


def test_share_needs_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSORTIUM_INSTANCE", str(tmp_path))
    monkeypatch.delenv("CONSORTIUM_SECRET_KEY", raising=False)
    group = FlaskGroup(create_app=create_app_for_commands)
    answer = FlaskCliRunner(create_app_for_commands()).invoke(group, ["share", "--help"])
    assert answer.exit_code == 0
