"""docs/data-dictionary.md from the models: `python -m tests.db.data_dictionary` writes it anew."""

import ast
from collections.abc import Iterator
from pathlib import Path

from consortium.db.models import Base

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "consortium" / "db" / "tables"
DICTIONARY = ROOT / "docs" / "data-dictionary.md"
HEADER = """# データ項目一覧 (data dictionary)

データベースの全ての表と列です。`consortium/db/tables/` の列の説明(`#:`)から作ります。
手で直さず、`python -m tests.db.data_dictionary` で作り直してください(試験が両者を比べます)。

型: `Yen` は円の整数、`Fraction` は分数 n/d、`Decimal` は小数(正確な値)の文字列、
`Code` は団体コード6桁、`Instant` はUTCの時刻、
`Text(n)` は n 文字までの文字列です。「空」は値がないことを許す列です。
"""
KINDS = {"BigInteger": "Integer", "String": "Text"}


def sentence(lines: list[str], number: int) -> str:
    """Give the `#:` comment that ends above a line."""
    found: list[str] = []
    while lines[number - 1].strip().startswith("#:"):
        number -= 1
        found.insert(0, lines[number].strip().removeprefix("#:").strip())
    return " ".join(found)


def models_in(path: Path) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Give table name, meaning and the sentence of each column for each class of a file."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and "__tablename__" in ast.dump(node):
            columns = {
                each.target.id: sentence(lines, each.lineno - 1)
                for each in node.body
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
            }
            name = next(
                each.value.value
                for each in node.body
                if isinstance(each, ast.Assign)
                and isinstance(each.targets[0], ast.Name)
                and each.targets[0].id == "__tablename__"
                and isinstance(each.value, ast.Constant)
            )
            meaning = (ast.get_docstring(node) or "").partition("\n")[0]
            yield str(name), meaning, columns


def kind(column_type: object) -> str:
    """Name a column type in the words of the dictionary."""
    name = type(column_type).__name__
    length = getattr(column_type, "length", None) if name == "String" else None
    word = KINDS.get(name, name.removesuffix("Type"))
    return f"{word}({length})" if length else word


def section(name: str, meaning: str, sentences: dict[str, str]) -> Iterator[str]:
    """Write one table."""
    yield f"\n## {name}\n"
    yield f"{meaning}\n"
    yield "| 列 | 型 | 空 | 意味 |"
    yield "|---|---|---|---|"
    for column in Base.metadata.tables[name].columns:
        empty = "空" if column.nullable else ""
        key = " 主キー" if column.primary_key else ""
        meaning = sentences[column.name].replace("|", "\\|")
        yield f"| `{column.name}` | {kind(column.type)}{key} | {empty} | {meaning} |"


def described() -> dict[str, tuple[str, dict[str, str]]]:
    """Give meaning and column sentences of every table."""
    return {
        name: (meaning, columns)
        for path in sorted(TABLES.glob("*.py"))
        for name, meaning, columns in models_in(path)
    }


def render() -> str:
    """Write the whole dictionary, tables in the order in which they depend on each other."""
    known = described()
    lines = [HEADER.rstrip()]
    for table in Base.metadata.sorted_tables:
        lines += section(table.name, *known[table.name])
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    DICTIONARY.write_text(render(), encoding="utf-8")
