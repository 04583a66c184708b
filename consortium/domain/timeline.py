"""Values that change by date, each with its source (適用日・根拠).

An entry is in force from its day until the next entry's day. Entries are added, never edited. An
entry without a value ends the matter (廃止); one of the future is visible, not effective (予定).
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Generic, TypeVar

from consortium.domain.errors import BadInputError, NotInForceError

T_co = TypeVar("T_co", covariant=True)

# The two generic classes have no slots: on Python 3.11 a frozen, slotted, generic dataclass fails
# with TypeError when written with its type, as in `Timeline[str]()`.


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from (根拠): 協定書第n条, 議決, 覚書, a census edition.

    Raises: BadInputError if no document is named.
    """

    document: str
    article: str = ""
    decided_on: date | None = None
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse a source that names nothing."""
        if not self.document.strip():
            raise BadInputError(
                "根拠を登録しようとしました。",
                "文書の名前が空です。",
                "協定書、議決、国勢調査の版など、根拠となる文書の名前を書いてください。",
                path="source",
            )


@dataclass(frozen=True)
class Dated(Generic[T_co]):
    """A value from a day on (適用日つきの値); the value None says that it ends there (廃止)."""

    since: date
    value: T_co | None
    source: Source

    def require(self) -> T_co:
        """Give the value; what `Timeline.on` hands out always has one.

        Raises: NotInForceError if the entry is a 廃止.
        """
        if self.value is None:
            raise NotInForceError(
                f"{self.since}から適用する値を使おうとしました。",
                f"この日に廃止されています（{self.source.document}）。",
                "廃止より前の日を指定するか、新しい値を登録してください。",
            )
        return self.value


@dataclass(frozen=True, init=False)
class Timeline(Generic[T_co]):
    """The history of one value (適用履歴), sorted by day; `what` names it in messages.

    Raises: BadInputError if two entries begin on one day.
    """

    entries: tuple[Dated[T_co], ...]
    what: str

    def __init__(self, entries: Iterable[Dated[T_co]] = (), what: str = "値") -> None:
        """Sort the entries; which of two on one day holds, nobody could say."""
        in_order = tuple(sorted(entries, key=_since))
        for earlier, later in pairwise(in_order):
            if earlier.since == later.since:
                raise BadInputError(
                    f"{what}を{later.since}から適用しようとしました。",
                    f"同じ日から適用するものがすでにあります（{earlier.source.document}）。",
                    "適用日を変えるか、どちらか一つにしてください。",
                    path="since",
                )
        object.__setattr__(self, "entries", in_order)
        object.__setattr__(self, "what", what)

    def on(self, day: date) -> Dated[T_co]:
        """Give the value in force on the day, with its source.

        Raises: NotInForceError before the first entry and after 廃止 alike.
        """
        position = bisect_right(self.entries, day, key=_since)
        if position == 0:
            raise self._not_in_force(day, self._nothing_yet())
        entry = self.entries[position - 1]
        if entry.value is None:
            found = f"{entry.since}に廃止されています（{entry.source.document}）。"
            raise self._not_in_force(day, found)
        return entry

    def _nothing_yet(self) -> str:
        if not self.entries:
            return "まだ一件も登録されていません。"
        return f"最初の登録は{self.entries[0].since}からです。"

    def _not_in_force(self, day: date, found: str) -> NotInForceError:
        return NotInForceError(
            f"{self.what}（{day}時点）を使おうとしました。",
            found,
            "その日に有効なものを、適用日と根拠を付けて登録してください。",
        )


def _since(entry: Dated[object]) -> date:
    return entry.since
