"""`flask share` answered wrong options in English, and named wrong values oddly."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from consortium.cli import create_app_for_commands
from consortium.cli.share import share_command
from consortium.domain.errors import BadInputError
from consortium.intake.keys import Node, Unread


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("たくさん", "「たくさん」は文字です。"),
        (True, "「true」は真偽値です。"),
        (Unread("小数", "1.5"), "「1.5」は小数です。"),
        ([1], "並びです。"),
        ("", "空です。"),
    ],
)
def test_a_wrong_value_is_quoted_and_then_named(value: object, found: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        Node("items[0].amount", value).yen()
    assert refusal.value.found == found


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "「ケースのファイル...」が指定されていません"),
        (["--format", "xml", "a.yaml"], "--format"),
        (["--format"], "--format"),
        (["--output"], "--output"),
        (["--fromat", "json", "a.yaml"], "--fromat"),
    ],
)
def test_a_wrong_call_is_answered_with_one_japanese_line(arguments: list[str], said: str) -> None:
    result = create_app_for_commands().test_cli_runner().invoke(args=["share", *arguments])
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert said in line
    assert re.search("[ぁ-ん]", line)
    assert not re.search("Usage|Error|Missing|Invalid|Try", result.stderr)


def test_help_is_still_given(tmp_path: Path) -> None:
    result = CliRunner().invoke(share_command, ["--help"])
    assert result.exit_code == 0
    assert "算定ケース" in result.stdout
