"""docs/case-file.md names exactly the keys that are read (算定ケースの書き方)."""

import ast
import re
from pathlib import Path

import pytest
import yaml

from consortium.domain.errors import BadInputError
from consortium.intake import casefile
from consortium.usecases.cases import compute

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "case-file.md").read_text(encoding="utf-8")
READ, _, LATER = TEXT.partition("## まだ受け付けないキー")
(EXAMPLE,) = re.findall(r"```yaml\n(.*?)```", READ, re.DOTALL)


def documented() -> list[set[str]]:
    """Give the keys of each table of the key list."""
    tables = READ.partition("## キーの一覧")[2].split("\n### ")[1:]
    return [set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) for table in tables]


def allowed() -> list[set[str]]:
    """Give the keys of each call of `allow` in the reader."""
    tree = ast.parse(Path(casefile.__file__).read_text(encoding="utf-8"))
    found = [set(casefile._KEYS)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "allow":
            texts = {each.value for each in node.args if isinstance(each, ast.Constant)}
            found += [texts] if texts else []
    return found


def test_every_key_that_is_read_is_documented_and_no_other() -> None:
    assert sorted(map(sorted, documented())) == sorted(map(sorted, allowed()))


def test_the_example_comes_out_as_it_says() -> None:
    outcome = compute(EXAMPLE.encode())
    assert list(outcome.differences()) == []
    assert len(outcome.case.expect or ()) == 2


@pytest.mark.parametrize(
    ("place", "key"), re.findall(r"^\| ([^|]+) \| `(\w+)` \|", LATER, re.MULTILINE)
)
def test_a_key_of_a_later_version_is_refused_by_its_name(place: str, key: str) -> None:
    plain = yaml.safe_load(EXAMPLE)
    if place == "`proration`":
        plain["proration"] = key
    else:
        target = {
            "最上位": plain,
            "`rounding`": plain["rounding"],
            "`rules[].components[]`": plain["rules"][0]["components"][1],
            "`items[]`": plain["items"][0],
        }[place]
        target[key] = "1"
    with pytest.raises(BadInputError) as refusal:
        compute(yaml.safe_dump(plain, allow_unicode=True).encode())
    assert key in str(refusal.value)
