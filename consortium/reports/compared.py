"""Two runs set beside each other, as a document keeps them (比べた算定と要因)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.sharing.causes import CauseLine, Causes
from consortium.domain.sharing.compare import MemberChange
from consortium.domain.yen import Yen
from consortium.reports.wording import STAGES


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """One of the two runs as the page names it (比べた算定)."""

    year: FiscalYear
    year_label: str
    stage: str
    edition: int

    @property
    def title(self) -> str:
        """Name it, e.g. 令和3年度 確定 第1版."""
        return f"{self.year_label} {STAGES[self.stage].label} 第{self.edition}版"


@dataclass(frozen=True, slots=True)
class Compared:
    """Two runs and the causes of their difference (要因分解の内容)."""

    old: ComparedRun
    new: ComparedRun
    causes: Causes


def write(compared: Compared) -> dict[str, Any]:
    """Give it as plain values."""
    return {
        "old": _run(compared.old),
        "new": _run(compared.new),
        "members": [[m.code, m.name, m.old, m.new] for m in compared.causes.members],
        "lines": [[list(line.keys), list(line.parts)] for line in compared.causes.lines],
    }


def read(plain: Mapping[str, Any] | None) -> Compared | None:
    """Read what `write` wrote; None where nothing was compared."""
    if plain is None:
        return None
    members = (
        MemberChange(code, name, _yen(old), _yen(new)) for code, name, old, new in plain["members"]
    )
    lines = (CauseLine(tuple(keys), tuple(parts)) for keys, parts in plain["lines"])
    causes = Causes(tuple(members), tuple(lines))
    return Compared(_read_run(plain["old"]), _read_run(plain["new"]), causes)


def _run(run: ComparedRun) -> list[Any]:
    return [run.year.start_year, run.year_label, run.stage, run.edition]


def _read_run(plain: list[Any]) -> ComparedRun:
    year, label, stage, edition = plain
    return ComparedRun(FiscalYear(year), label, stage, edition)


def _yen(plain: int | None) -> Yen | None:
    return None if plain is None else Yen(plain)
