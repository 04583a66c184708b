"""How a life ended beside the undisturbed one, and the table of many (判定と記録)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import create_engine, select
from sqlalchemy.pool import NullPool

from consortium.db import models
from tests.crashes import digest
from tests.crashes.acts import Place
from tests.crashes.digest import Portal


class Verdict(NamedTuple):
    """One life (判定): is it the same, and how many files are missing or there twice."""

    what: str
    is_same: bool
    lost: int
    doubled: int
    why: str = ""


def judge(what: str, place: Place, expected: Portal) -> Verdict:
    """Compare a portal with the undisturbed one; nothing is raised, so that a loop goes on."""
    slots = _slots(place)
    lost = len(expected.files.keys() - slots.keys())
    doubled = sum(count - 1 for count in slots.values())
    try:
        found = digest.portal(place)
    except AssertionError as error:
        return Verdict(what, False, lost, doubled, str(error).partition("\n")[0])
    why = "" if found == expected else str(digest.difference(found.rows, expected.rows))[:500]
    return Verdict(what, found.sha256 == expected.sha256, lost, doubled, why)


def _slots(place: Place) -> Counter[str]:
    """Count the files of published reports by what they are."""
    run, file = models.ReportRun, models.ReportFile
    query = (
        select(run.kind, run.period_key, run.edition, file.slot)
        .join(file, file.run_id == run.id)
        .where(run.state.in_(("published", "notified")))
    )
    with create_engine(place.url, poolclass=NullPool).connect() as connection:
        return Counter(" ".join(map(str, row)) for row in connection.execute(query))


class Line(NamedTuple):
    """One line of the table (表の一行)."""

    title: str
    database: str
    tried: int
    same: int
    lost: int
    doubled: int
    seconds: float


@dataclass
class Evidence:
    """What a full run has found, for people to read (記録)."""

    lines: list[Line] = field(default_factory=list)
    #: failpoints of each work, in the order in which a tick comes to them
    hits: dict[str, list[str]] = field(default_factory=dict)

    def add(
        self, title: str, database: str, verdicts: Iterable[Verdict], seconds: float
    ) -> list[Verdict]:
        """Enter a loop; give the lives that went wrong."""
        all_of_them = list(verdicts)
        same = sum(each.is_same for each in all_of_them)
        lost = sum(each.lost for each in all_of_them)
        doubled = sum(each.doubled for each in all_of_them)
        self.lines.append(Line(title, database, len(all_of_them), same, lost, doubled, seconds))
        return [each for each in all_of_them if not each.is_same or each.lost or each.doubled]

    def write(self, path: Path, head: str) -> None:
        """Write the table (記録の保存)."""
        table = [
            "| 試験 | データベース | 回数 | 中断のない時と同じ | 欠け | 重なり | 秒 |",
            "|---|---|---:|---:|---:|---:|---:|",
            *(
                f"| {line.title} | {line.database} | {line.tried} | {line.same} | {line.lost} "
                f"| {line.doubled} | {line.seconds:.0f} |"
                for line in self.lines
            ),
        ]
        points = [
            f"- {title}（{len(hits)}か所）：{_in_turn(hits)}" for title, hits in self.hits.items()
        ]
        text = "\n".join([head, *table, "", "## 中断点", "", *points, ""])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _in_turn(hits: list[str]) -> str:
    """Name each failpoint once, with how often it was come to."""
    return "、".join(f"`{name}` {count}" for name, count in Counter(hits).items())
