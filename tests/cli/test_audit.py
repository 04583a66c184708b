"""`flask audit verify`: the chain, against what is typed and what a workbook prints."""

from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from consortium.db.models import Statement
from consortium.db.unit import reading
from tests.databases import ON_SQLITE

pytestmark = [ON_SQLITE, pytest.mark.usefixtures("read_here")]


def test_the_head_is_read_from_an_issued_workbook(run: FlaskCliRunner, tmp_path: Path) -> None:
    book = min((tmp_path / "files").glob("*.xlsx"))
    with run.app.app_context(), reading() as session:
        seq, digest = session.execute(
            select(Statement.register_seq, Statement.register_hash)
        ).first() or (0, "")
    for against in (str(book), f"{seq}:{digest[:16]}"):
        answer = run.invoke(args=["audit", "verify", "--against", against])
        assert answer.exit_code == 0, answer.output
        assert answer.output.startswith("相違ありません。")
        assert "印字された台帳 1件と比べました" in answer.output
    wrong = f"{seq}:{'0' * 16}"
    answer = run.invoke(args=["audit", "verify", "--against", wrong])
    assert (answer.exit_code, f"(第{seq}号)と一致する操作記録がありません" in answer.output) == (
        1,
        True,
    )
    # What prints no head is refused.
    (tmp_path / "broken.xlsx").write_bytes(b"no workbook")
    for name, said in (
        (str(tmp_path / "missing.xlsx"), "ファイルを開けません"),
        (str(tmp_path / "broken.xlsx"), "指定してください"),
        ("12", "16桁以上"),
    ):
        answer = run.invoke(args=["audit", "verify", "--against", name])
        assert (answer.exit_code, said in answer.output) == (2, True), answer.output
