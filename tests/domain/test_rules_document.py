"""docs/rules.md: every link leads somewhere, every example comes out, no kind is forgotten."""

import importlib
import re
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from consortium.domain.funding import TREATMENTS
from consortium.domain.sharing.bases import BASES
from consortium.domain.sharing.dating import DATINGS
from consortium.domain.sharing.proration import PRORATIONS
from consortium.domain.yen import LEVELS, MODES, RESIDUALS, UNITS
from consortium.usecases.cases import compute

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
CASES = sorted(Path(__file__).with_name("cases").glob("*.yaml"))
LINK = re.compile(r"`([\w/]+\.py)::([\w.]+)`")
FENCED = re.compile(r"```yaml\n(.*?)```", re.DOTALL)

#: registry → the heading of its part of the document, and its keys
REGISTRIES: dict[str, list[str]] = {
    "BASES": list(BASES),
    "RESIDUALS": list(RESIDUALS),
    "MODES": list(MODES),
    "LEVELS": list(LEVELS),
    "UNITS": [str(unit) for unit in UNITS],
    "PRORATIONS": list(PRORATIONS),
    "DATINGS": list(DATINGS),
}


class Section(NamedTuple):
    """One `### key label` of the document."""

    part: str
    key: str
    label: str
    body: str


def sections() -> list[Section]:
    found = []
    for part in TEXT.split("\n## ")[1:]:
        heading, *below = part.split("\n### ")
        for each in below:
            title, _, body = each.partition("\n")
            match = re.fullmatch(r"`([^`]+)` (.+)", title)
            assert match, title
            found.append(Section(heading.partition("\n")[0], match[1], match[2], body))
    return found


SECTIONS = sections()
COMMON = FENCED.findall(TEXT.split("\n### ")[0])[0]


@pytest.mark.parametrize("link", sorted(set(LINK.findall(TEXT))), ids="::".join)
def test_every_link_leads_to_a_file_and_a_symbol(link: tuple[str, str]) -> None:
    file, symbol = link
    assert (ROOT / file).is_file()
    module = importlib.import_module(file.removesuffix(".py").replace("/", "."))
    assert reduce(getattr, symbol.split("."), module) is not None


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: f"{section.key} {section.label}")
def test_every_example_comes_out_as_it_says(section: Section) -> None:
    (example,) = FENCED.findall(section.body)
    outcome = compute((example if "members:" in example else COMMON + example).encode())
    assert list(outcome.differences()) == []
    assert set(outcome.case.expect or ()) == {party.code for party in outcome.result.parties}


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: f"{section.key} {section.label}")
def test_every_rule_names_its_code(section: Section) -> None:
    assert re.search(r"^コード: `[\w/]+\.py::[\w.]+`$", section.body, re.MULTILINE)


@pytest.mark.parametrize("registry", REGISTRIES)
def test_every_kind_has_its_example_and_no_kind_is_invented(registry: str) -> None:
    documented = [each.key for each in SECTIONS if f"`{registry}`" in each.part]
    assert documented == REGISTRIES[registry]


@pytest.mark.parametrize("registry", ["RESIDUALS", "MODES", "LEVELS", "PRORATIONS"])
def test_every_kind_is_called_by_its_label(registry: str) -> None:
    labels: dict[str, str] = {
        "RESIDUALS": {key: each.label for key, each in RESIDUALS.items()},
        "MODES": MODES,
        "LEVELS": LEVELS,
        "PRORATIONS": {key: each.label for key, each in PRORATIONS.items()},
    }[registry]
    for section in SECTIONS:
        if f"`{registry}`" in section.part:
            assert section.label.removesuffix("（既定）") == labels[section.key]


def kinds(plain: dict[str, Any]) -> set[tuple[str, str]]:
    """Give the kinds that a case file writes out: (registry, key)."""
    named = {("PRORATIONS", str(plain.get("proration")))}
    for rule in [plain, *plain["rules"]]:
        rounding = rule.get("rounding", {})
        named |= {
            ("RESIDUALS", str(rounding.get("residual"))),
            ("MODES", str(rounding.get("mode"))),
            ("LEVELS", str(rounding.get("level"))),
            ("UNITS", str(rounding.get("unit"))),
        }
        named.add(("PRORATIONS", str(rule.get("proration"))))
        for component in rule.get("components", ()):
            named.add(("BASES", kind_of(component)))
            dating = component.get("dating")
            named.add(
                ("DATINGS", dating if isinstance(dating, str) else next(iter(dating or [""])))
            )
    return named


def kind_of(component: dict[str, Any]) -> str:
    """Give the kind that a component of a case file is of, by the keys it has."""
    if component["basis"] == "equal":
        return "equal"
    named = {"values": "fixed", "host": "host", "power": "power", "percent": "percent"}
    return next((kind for key, kind in named.items() if key in component), "table")


@pytest.mark.parametrize(
    ("name", "help"),
    [(f"構成割 {each.title}", each.help) for each in BASES.values()]
    + [(f"按分期間 {each.label}", each.help) for each in PRORATIONS.values()]
    + [(f"基準日 {each.label}", each.help) for each in DATINGS.values()]
    + [(f"財源措置 {each.label}", each.help) for each in TREATMENTS.values()],
)
def test_every_kind_explains_itself_in_a_sentence(name: str, help: str) -> None:
    assert re.search("[ぁ-ん]", name + help)
    assert len(help) >= 10
    assert help.endswith("。")


def test_every_kind_has_a_case_file() -> None:
    found = set()
    for path in CASES:
        found |= kinds(yaml.safe_load(path.read_text(encoding="utf-8")))
    for registry, keys in REGISTRIES.items():
        for key in keys:
            assert (registry, key) in found, f"{registry} {key} のケースがありません"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_case_file_expects_something_of_every_member(path: Path) -> None:
    plain = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(plain["expect"]) == {member["code"] for member in plain["members"]}
    assert path.read_text(encoding="utf-8").startswith("#"), "計算のしかたを注釈に書いてください"
