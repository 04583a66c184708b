"""What stands left of the bars of a plan (工程表の見出しの列): number, stage, owner, days."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from consortium.domain.calendar.wareki import wareki_short
from consortium.domain.onboarding.plan import PlanLine
from consortium.web.gantt_axis import width_of
from consortium.web.svg import rounded

#: What may stand left of the bars (見出しの列).
COLUMNS: Final = {
    "code": "番号",
    "name": "工程",
    "owner": "担当",
    "days": "業務日",
    "start": "開始",
    "finish": "終了",
    "float": "余裕",
}
#: Width of the band of phases at the left edge.
BAND: Final = 20.0
#: Size of the letters, in units of the view box.
LETTER: Final = 11.5


@dataclass(frozen=True, slots=True)
class Heading:
    """One column of texts (見出しの列)."""

    title: str
    x: float
    width: float
    #: numbers stand at the right edge
    is_number: bool
    #: gives the lines of the text of a task
    lines: Callable[[PlanLine], tuple[str, ...]]

    @property
    def end(self) -> float:
        """Give where the column ends."""
        return rounded(self.x + self.width)

    @property
    def text_x(self) -> float:
        """Give where its texts begin, or end for numbers."""
        return rounded(self.end - 4 if self.is_number else self.x + 4)


def headings(lines: Sequence[PlanLine], name: float, words: Sequence[str]) -> tuple[Heading, ...]:
    """Lay out columns by their words; `name` is the width of the stage in characters."""
    codes = max(width_of(line.task.code) for line in lines)
    owners = max(width_of(line.task.owner) for line in lines)
    letters = {
        "code": max(codes, 2.2), "name": name, "owner": max(owners, 2.2), "days": 3.1,
        "start": 5.2, "finish": 5.2, "float": 2.4,
    }  # fmt: skip
    texts: dict[str, Callable[[PlanLine], tuple[str, ...]]] = {
        "code": lambda line: (line.task.code,),
        "name": lambda line: wrapped(line.task.name, name),
        "owner": lambda line: (line.task.owner,),
        "days": lambda line: (str(line.task.days),),
        "start": lambda line: (wareki_short(line.times.start),),
        "finish": lambda line: (wareki_short(line.times.finish),),
        "float": lambda line: (_float(line),),
    }
    found, x = [], BAND
    for word in words:
        width = rounded(letters[word] * LETTER + 8)
        is_number = word in ("days", "float")
        found.append(Heading(COLUMNS[word], x, width, is_number, texts[word]))
        x = rounded(x + width)
    return tuple(found)


def written(line: PlanLine, columns: Sequence[Heading]) -> tuple[tuple[str, ...], ...]:
    """Write a task into the columns (見出しの文字)."""
    return tuple(column.lines(line) for column in columns)


def _float(line: PlanLine) -> str:
    found = line.times.total_float
    if found is None or line.task.finished_on:
        return "－"
    return f"△{-found}" if found < 0 else str(found)


def wrapped(text: str, letters: float) -> tuple[str, ...]:
    """Set a name in one line or two; what does not fit ends with … (折り返し).

    It breaks before a bracket or after a dot where both parts fit, else where the line is full.
    """
    if width_of(text) <= letters:
        return (text,)
    good = [at for at in range(1, len(text)) if text[at] in "(（" or text[at - 1] in "・、 　/"]
    fitting = [
        at for at in good if width_of(text[:at]) <= letters and width_of(text[at:]) <= letters
    ]
    if fitting:
        # A bracket is left whole where that is possible; otherwise the first line is full.
        at = next((at for at in fitting if text[at] in "(（"), fitting[-1])
    else:
        at = _full(text, letters)
    rest = text[at:].strip()
    if width_of(rest) > letters:
        rest = rest[: _full(rest, letters - 1)] + "…"
    return (text[:at].strip(), rest)


def _full(text: str, letters: float) -> int:
    """Give how many characters fill a line."""
    return max(at for at in range(len(text) + 1) if width_of(text[:at]) <= letters)
