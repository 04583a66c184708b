"""A command line that cannot be read is answered in one Japanese line with exit code 2."""

import pytest
from flask.testing import FlaskCliRunner


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (["backup", "verify"], "「FILE」が指定されていません。"),
        (["register", "reconcile", "--none"], "「--none」という指定はありません。"),
        (["backup", "make"], "「make」というコマンドはありません。"),
        (["account", "create"], "「LOGIN」が指定されていません。"),
        (["serve", "--threads", "x"], "「--threads」の値「x」を読み取れません。"),
        (["share"], "「ケースのファイル...」が指定されていません。"),
        (["share", "a.yaml", "--format", "pdf"], "text・json・xlsxのいずれか"),
        (["share", "a.yaml", "--none\n"], "「--none�」という指定はありません。"),
        (["backup", "list", "all"], "余分な指定「all」があります。"),
        (["share", "a.yaml", "--format"], "「--format」の値が指定されていません。"),
    ],
)
def test_what_click_cannot_read_is_said_in_japanese(
    run: FlaskCliRunner, typed: list[str], found: str
) -> None:
    answer = run.invoke(args=typed)
    assert answer.exit_code == 2, answer.output
    assert answer.output.count("\n") == 1, answer.output
    line = answer.output
    assert found in line
    assert "Usage:" not in answer.output


def test_a_group_alone_lists_its_commands(run: FlaskCliRunner) -> None:
    assert "restore" in run.invoke(args=["backup"]).output
