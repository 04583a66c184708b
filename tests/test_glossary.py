"""docs/glossary.md knows every word of the code (用語集)."""

import ast
import re
from pathlib import Path

import pytest

from consortium.db.models import Base

ROOT = Path(__file__).resolve().parents[1]
GLOSSARY = ROOT / "docs" / "glossary.md"
ROW = re.compile(r"^\| (`[^|]+`) \| ([^|]+) \| ([^|]+) \|$")
TEXTS = {".py", ".html", ".js", ".css", ".md", ".json"}
JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")


def sections() -> dict[str, dict[str, tuple[str, str]]]:
    """Give the rows of each section: identifier → (Japanese, meaning)."""
    result: dict[str, dict[str, tuple[str, str]]] = {}
    title = ""
    for line in GLOSSARY.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            title = line.removeprefix("## ")
            result[title] = {}
        match = ROW.match(line)
        if match:
            for identifier in re.findall(r"`([^`]+)`", match[1]):
                assert identifier not in result[title], f"{identifier} が二度あります"
                result[title][identifier] = (match[2].strip(), match[3].strip())
    return result


def words(start: str) -> dict[str, tuple[str, str]]:
    """Give the rows of the section with this beginning."""
    return next(rows for title, rows in sections().items() if title.startswith(start))


def domain_classes() -> set[str]:
    """Give every public class and named type of the domain."""
    found = set()
    for path in (ROOT / "consortium" / "domain").rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                found.add(node.name)
            is_type = isinstance(node, ast.Assign) and "NewType(" in ast.unparse(node.value)
            if is_type and isinstance(node.targets[0], ast.Name):
                found.add(node.targets[0].id)
    return {name for name in found if not name.startswith("_")}


def model_classes() -> set[str]:
    """Give the class of every table."""
    return {mapper.class_.__name__ for mapper in Base.registry.mappers}


@pytest.mark.parametrize(
    ("section", "classes"), [("領域のクラス", domain_classes()), ("表のクラス", model_classes())]
)
def test_the_glossary_knows_every_class_and_no_other(section: str, classes: set[str]) -> None:
    known = set(words(section))
    assert classes - known == set(), "docs/glossary.md に加えてください"
    assert known - classes == set(), "docs/glossary.md から除いてください"
    assert classes


def test_every_word_has_a_japanese_term_and_a_meaning() -> None:
    for rows in sections().values():
        for identifier, (term, meaning) in rows.items():
            assert JAPANESE.search(term), identifier
            assert JAPANESE.search(meaning), identifier


def test_the_words_of_the_office_do_not_share_a_term() -> None:
    terms = [term for term, _ in words("業務の言葉").values()]
    # Plan, task and baseline stand in one row.
    repeated = {term for term in terms if terms.count(term) > 1}
    assert repeated <= {"工程・作業・基準計画"}


def test_every_row_of_a_table_is_read() -> None:
    lines = GLOSSARY.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| `")]
    assert [line for line in rows if not ROW.match(line)] == []


def test_a_date_rule_has_one_name_on_pages_and_in_documents() -> None:
    places = [ROOT / "docs", *(ROOT / "consortium" / name for name in ("web", "db", "usecases"))]
    files = [path for place in places for path in place.rglob("*") if path.suffix in TEXTS]
    others = re.compile("基準日の(?:定め(?!方)|決まり)")
    assert [str(path) for path in files if others.search(path.read_text(encoding="utf-8"))] == []
