"""`flask consortium …`: from nothing to a consortium that somebody can log in to (本番の登録)."""

import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from consortium.cli import create_app_for_commands
from consortium.db.engine import db
from tests.registering import changed, filled, records, small, workbook

ADMIN = ("--admin", "kanri", "--admin-name", "見本 管理")


@pytest.fixture
def run(
    app: Flask, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FlaskCliRunner]:
    """Give the commands on an empty database."""
    monkeypatch.setenv("CONSORTIUM_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CONSORTIUM_DATABASE_URL", database_url)
    monkeypatch.setenv("CONSORTIUM_SECRET_KEY", secrets.token_hex(32))
    portal = create_app_for_commands()
    yield portal.test_cli_runner()
    with portal.app_context():
        db.engine.dispose()


def logs_in(app: Flask, output: str) -> bool:
    """Say whether the password that was printed opens the portal."""
    password = re.search(r"パスワード（表示は一度だけ）: (\S+)", output)
    assert password
    browser = app.test_client()
    page = browser.get("/login").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    fields = {"login": "kanri", "password": password[1], "csrf_token": token[1]}
    return browser.post("/login", data=fields).status_code == 302


def test_a_workbook_becomes_a_consortium_with_its_first_user(
    run: FlaskCliRunner, app: Flask, tmp_path: Path
) -> None:
    file, copy = tmp_path / "登録.xlsx", tmp_path / "写し.xlsx"
    file.write_bytes(workbook(small()))
    tried = run.invoke(args=["consortium", "register", str(file), "--dry-run"])
    assert (tried.exit_code, "登録していません" in tried.output) == (0, True)
    assert run.invoke(args=["consortium", "list"]).output == ""
    made = run.invoke(args=["consortium", "register", str(file), *ADMIN])
    assert made.exit_code == 0, made.output
    assert "「見本地区電算協議会」を登録しました：協議会1行、市町村3行" in made.output
    assert logs_in(app, made.output)
    listed = run.invoke(args=["consortium", "list"]).output
    assert listed == "mihon\t見本地区電算協議会\t見本市\t3団体\t本番\n"
    assert run.invoke(args=["consortium", "export", str(copy)]).exit_code == 0
    assert filled(small()).items() <= records(copy.read_bytes()).items()


def test_faults_are_printed_with_their_cells_and_nothing_is_registered(
    run: FlaskCliRunner, tmp_path: Path
) -> None:
    file = tmp_path / "登録.xlsx"
    book = changed(changed(small(), "費用", 0, 開始月="4月"), "市町村", 1, 区分="区")
    file.write_bytes(workbook(book))
    refused = run.invoke(args=["consortium", "register", str(file), *ADMIN])
    assert refused.exit_code == 2
    assert "シート「市町村」D3：「区」です。市、町、村 のいずれかにしてください。" in refused.output
    assert "シート「費用」J2：" in refused.output
    assert "2か所に誤りがあります。何も登録していません。" in refused.output
    assert run.invoke(args=["consortium", "list"]).output == ""
    file.write_bytes(b"no workbook")
    (line,) = run.invoke(args=["consortium", "register", str(file), *ADMIN]).output.splitlines()
    assert "Excelブック（.xlsx）" in line
    (line,) = run.invoke(args=["consortium", "register", str(file)]).output.splitlines()
    assert "--admin 利用者ID --admin-name 氏名" in line


def test_an_empty_consortium_is_created_and_the_form_written(
    run: FlaskCliRunner, app: Flask, tmp_path: Path
) -> None:
    made = run.invoke(
        args=["consortium", "create", "mihon", "--name", "見本協議会", "--office", "見本市", *ADMIN]
    )
    assert made.exit_code == 0, made.output
    assert logs_in(app, made.output)
    again = run.invoke(
        args=["consortium", "create", "mihon", "--name", "別", "--office", "別", *ADMIN]
    )
    assert (again.exit_code, "もう登録されています" in again.output) == (2, True)
    form = tmp_path / "様式.xlsx"
    assert run.invoke(args=["consortium", "template", str(form)]).exit_code == 0
    found = records(form.read_bytes())
    assert found.keys() >= filled(small()).keys()
    assert [name for name, those in found.items() if those] == ["記入のしかた"]
