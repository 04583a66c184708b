"""docs/case-file.md names exactly the keys that are read (算定ケースの書き方)."""

import ast
import re
from pathlib import Path

from consortium.intake import case_agreement, case_items, case_rules, casefile
from consortium.usecases.cases import compute

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "case-file.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
READERS = (casefile, case_rules, case_items, case_agreement)


def documented() -> list[set[str]]:
    """Give the keys of each table of the key list."""
    tables = TEXT.partition("## キーの一覧")[2].split("\n### ")[1:]
    return [set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) for table in tables]


def allowed() -> list[set[str]]:
    """Give the keys of each call of `allow` in the reader."""
    found = []
    for module in READERS:
        for node in ast.walk(ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "allow":
                texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
                assert len(texts) == len(node.args)
                found.append(set(texts))
    return found


def test_every_key_that_is_read_is_documented_and_no_other() -> None:
    assert sorted(map(sorted, documented())) == sorted(map(sorted, allowed()))


def test_the_example_comes_out_as_it_says() -> None:
    outcome = compute(EXAMPLE.encode())
    assert list(outcome.differences()) == []
    assert len(outcome.case.expect or ()) == 2
