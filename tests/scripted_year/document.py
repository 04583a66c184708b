"""docs/year.md as tests read it (文書の読取り): its agreement and its tables."""

import re
from pathlib import Path
from typing import Final

TEXT: Final = (Path(__file__).resolve().parents[2] / "docs" / "year.md").read_text(encoding="utf-8")
_FENCED: Final = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
_RULER: Final = re.compile(r"[|:\- ]+")

#: Rows of a table: heading of the column → cell, as written.
Rows = list[dict[str, str]]


def agreement() -> str:
    """Give the case that the year begins with (協定と費用)."""
    (found,) = _FENCED.findall(TEXT)
    return str(found)


def tables() -> dict[str, Rows]:
    """Give every table by the heading that it stands under."""
    found: dict[str, Rows] = {}
    for section in re.split(r"^#+ ", TEXT, flags=re.MULTILINE):
        heading, _, body = section.partition("\n")
        lines = [_cells(line) for line in body.splitlines() if line.startswith("|")]
        if lines:
            heads, *rest = lines
            found[heading] = [dict(zip(heads, row, strict=True)) for row in rest if any(row)]
    return found


def text_alone() -> str:
    """Give the document without its tables and its case."""
    lines = _FENCED.sub("", TEXT).splitlines()
    return "\n".join(line for line in lines if not line.startswith("|"))


def _cells(line: str) -> list[str]:
    """Split a line into cells; the ruler under the headings has nothing in them."""
    return ["" if _RULER.fullmatch(cell) else cell.strip() for cell in line.split("|")[1:-1]]


def yen(amount: int) -> str:
    """Write an amount as the document does: 1,234 or △1,234."""
    return f"{amount:,}".replace("-", "△")
