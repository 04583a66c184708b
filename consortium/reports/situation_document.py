"""What waits where at an instant, as printed (状況報告の元)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any, NamedTuple

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import wareki
from consortium.reports.document_head import read_head, write_head

_TOKYO = timezone(timedelta(hours=9))


@dataclass(frozen=True, slots=True)
class TownSituation:
    """What waits for one town (団体の状況): documents, and yen of notices not paid in full."""

    code: str
    name: str
    unread: int = 0
    #: day of issue of the oldest document nobody received, as 2026-11-22; "" where there is none
    unread_since: str = ""
    #: instalments asked for and not paid in full, and what is open of them
    unpaid: int = 0
    open: int = 0
    #: of these: past their due day
    overdue: int = 0
    overdue_open: int = 0


class RunSituation(NamedTuple):
    """A run on its way to being issued (作業中の算定), in words."""

    name: str
    state: str
    #: since when, as 2026-11-22
    since: str
    #: who takes the next step
    who: str


@dataclass(frozen=True, slots=True)
class SituationDocument:
    """What waited where at the end of a week (状況報告の元).

    `as_of` is the due time, not when it is made: a report made late shows the same.
    """

    is_sample: bool
    consortium: str
    office: str
    fiscal_year: FiscalYear
    fiscal_year_label: str
    issued_at: datetime
    register_seq: int
    register_hash: str
    #: Monday of the week
    monday: date
    as_of: datetime
    lead: tuple[str, str]
    towns: tuple[TownSituation, ...]
    runs: tuple[RunSituation, ...]
    edition: int = 1

    @property
    def issued_on(self) -> date:
        """The day of issue in Japan (発行日)."""
        return self.issued_at.astimezone(_TOKYO).date()

    @property
    def as_of_words(self) -> str:
        """The instant it tells of, in words (現在)."""
        at = self.as_of.astimezone(_TOKYO)
        return f"{wareki(at.date())} {at:%H:%M} 現在"

    @property
    def period_name(self) -> str:
        """The week in a few words (対象期間)."""
        return f"{self.monday.month}月{self.monday.day}日からの週"

    def shown(self) -> dict[str, Any]:
        """Give what the file says, as plain values; the time of making is not in it."""
        return {
            "week": self.monday.isoformat(),
            "as_of": self.as_of.astimezone(_TOKYO).isoformat(),
            "lead": list(self.lead),
            "towns": [asdict(town) for town in self.towns],
            "runs": [list(run) for run in self.runs],
            "edition": self.edition,
        }

    def to_json(self) -> dict[str, Any]:
        """Give the document as plain values."""
        return {**write_head(self), **self.shown()}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "SituationDocument":
        """Read the document back."""
        code, name = plain["lead"]
        return cls(
            **read_head(plain),
            monday=date.fromisoformat(plain["week"]),
            as_of=datetime.fromisoformat(plain["as_of"]),
            lead=(code, name),
            towns=tuple(TownSituation(**town) for town in plain["towns"]),
            runs=tuple(RunSituation(*run) for run in plain["runs"]),
            edition=plain["edition"],
        )
