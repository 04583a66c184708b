"""The standardisation as read for a month (標準化の月の盤): cells, differences, questions, numbers.

Every page, workbook and check of it reads the same board, in six statements.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from consortium.db.store import standard_records as records
from consortium.db.store import standardisation as store
from consortium.db.store.standard_records import Answer, Entry, StandardTown
from consortium.db.store.standardisation import Mean, Published, Snapshot, TownRow
from consortium.domain.calendar.period import Month
from consortium.domain.errors import NotFoundError
from consortium.domain.standardisation.business import STEPS, Business, steps_named
from consortium.domain.standardisation.flags import Around, Finished, Flag, flags_of, row_gap
from consortium.domain.standardisation.progress import (
    Cell,
    Live,
    are_all_done,
    live,
    rate,
    rate_without,
)
from consortium.intake.progress_sheet import PROGRESS
from consortium.usecases.national import PREFECTURES
from consortium.usecases.standard_lists import businesses, steps

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: (団体コード, key of the 業務)
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and its answer where the numbers are still those it was given for (指摘)."""

    flag: Flag
    answer: Answer | None = None

    @property
    def is_open(self) -> bool:
        """Say whether the town still has to answer (未回答)."""
        return self.answer is None


@dataclass(frozen=True, slots=True)
class TownNumbers:
    """The numbers that stand side by side (三つの数)."""

    name: str
    code: str
    steps: int
    businesses: int
    rate: Fraction | None
    rate_without: Fraction | None
    live: Live
    is_all_done: bool
    #: mark → cells that have it (印ごとの業務数)
    marks: Mapping[str, int]
    #: 業務 with an entry of the town's own, and the steps of those by state (四つの状態)
    entered: int
    states: Mapping[str, int]
    published: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """Everything about a month (月の盤)."""

    month: Month
    snapshot: Snapshot
    published: Published
    #: the earlier file it is compared with, None for the first one
    before: Snapshot | None
    towns: tuple[StandardTown, ...]
    cells: Mapping[Place, Cell]
    earlier: Mapping[Place, int]
    asked: Mapping[Place, tuple[Asked, ...]]
    entries: Mapping[Place, Entry]
    rates: Mapping[str, Fraction | None]
    means: tuple[Mean, ...]

    @property
    def last_day(self) -> date:
        """Give the last day of the month (月末)."""
        return last_day_of(self.month)

    @property
    def lead(self) -> StandardTown | None:
        """Give the lead city (幹事市)."""
        return next((each for each in self.towns if each.is_lead), None)

    def of_town(self, code: str) -> tuple[Cell, ...]:
        """Give the cells of a town (団体の列)."""
        return tuple(cell for (town, _), cell in self.cells.items() if town == code)

    def of_business(self, key: str) -> tuple[Cell, ...]:
        """Give the cells of a 業務 (業務の行)."""
        return tuple(cell for (_, business), cell in self.cells.items() if business == key)

    def gap(self, key: str) -> int:
        """Give the largest distance of a 業務 within one shared service (行の差)."""
        return row_gap(self.of_business(key))

    def is_apart(self, key: str) -> bool:
        """Say whether a 業務 is flagged as a whole (行の指摘)."""
        return self.gap(key) >= self.published.gap

    def change(self, place: Place) -> int | None:
        """Give the difference to the earlier month, None where there is none (前月差)."""
        if place not in self.earlier or place not in self.cells:
            return None
        return self.cells[place].steps - self.earlier[place]

    def numbers(self, town: StandardTown) -> TownNumbers:
        """Give the three numbers of a town (三つの数)."""
        return _numbers(
            town.name, town.code, self.of_town(town.code), self.last_day, self.rates.get(town.code)
        )

    def together(self) -> TownNumbers:
        """Give the three numbers of all towns together (計)."""
        return _numbers("計", "", tuple(self.cells.values()), self.last_day, None)

    def all_done(self) -> int:
        """Count the towns whose 業務 are all at 40 (全業務完了団体数)."""
        return sum(are_all_done(self.of_town(town.code)) for town in self.towns)

    def mean(self, prefecture: str = "") -> tuple[int, Fraction] | None:
        """Give towns and their mean, of a prefecture or of a whole nation (単純平均).

        None where the file does not hold it: a file of one prefecture says nothing of the nation.
        """
        found = [each for each in self.means if prefecture in ("", each.prefecture)]
        count = sum(each.towns for each in found)
        if not found or (not prefecture and len(found) < len(PREFECTURES)):
            return None
        total = sum(each.total for each in found)
        return count, Fraction(total, count * STEPS * len(businesses()))

    def open_questions(self) -> tuple[Asked, ...]:
        """List the questions nobody answered, by town (未回答の指摘)."""
        return tuple(asked for found in self.asked.values() for asked in found if asked.is_open)


def read_board(session: "Session", consortium_id: str, month: Month | None = None) -> Board | None:
    """Read a month, the newest where none is asked; None while nothing was taken in.

    Raises: NotFoundError for a month of which there is no file.
    """
    known = store.published(session, consortium_id)
    snapshot = known.current(PROGRESS, month)
    if snapshot is None:
        if month is None:
            return None
        raise NotFoundError(
            "標準化の進捗を開こうとしました。",
            "この月の公表値は、取り込まれていません。",
            "月を選び直してください。",
        )
    return _board(session, consortium_id, known, snapshot)


def _board(session: "Session", consortium_id: str, known: Published, snapshot: Snapshot) -> Board:
    before = known.before(PROGRESS, snapshot.month)
    towns = records.towns(session, consortium_id, last_day_of(snapshot.month))
    wanted = [each.id for each in (snapshot, before) if each is not None]
    rows = store.town_rows(session, consortium_id, wanted, [town.code for town in towns])
    current = [row for row in rows if row.snapshot_id == snapshot.id]
    entries = records.entries(session, consortium_id, snapshot.month)
    cells = {cell_place(cell): cell for cell in _cells(towns, current, entries)}
    earlier = {
        (row.code, key): count
        for row in rows
        if row.snapshot_id != snapshot.id
        for key, count in row.counts.items()
    }
    finished = _finished(records.finished_tasks(session, consortium_id))
    answers = records.answers(session, consortium_id)
    flags = _flags(towns, cells, earlier, finished, (snapshot.month, known.gap))
    return Board(
        month=snapshot.month,
        snapshot=snapshot,
        published=known,
        before=before,
        towns=towns,
        cells=cells,
        earlier=earlier,
        asked={place: _answered(found, answers) for place, found in flags.items() if found},
        entries=entries,
        rates={row.code: row.published for row in current},
        means=store.means(session, consortium_id, snapshot.id),
    )


def last_day_of(month: Month) -> date:
    """Give the last day of a month (月末)."""
    return month.next().first - timedelta(days=1)


def cell_place(cell: Cell) -> Place:
    """Give what a cell is found by."""
    return cell.code, cell.business


def _numbers(
    name: str, code: str, cells: Sequence[Cell], last_day: date, published: Fraction | None
) -> TownNumbers:
    return TownNumbers(
        name,
        code,
        sum(each.steps for each in cells),
        len(cells),
        rate(cells),
        rate_without(cells),
        live(cells, last_day),
        are_all_done(cells),
        Counter(each.mark for each in cells),
        sum(bool(each.states) for each in cells),
        Counter(state for each in cells for state in each.states),
        published,
    )


def _cells(
    towns: Sequence[StandardTown], rows: Iterable[TownRow], entries: Mapping[Place, Entry]
) -> Iterable[Cell]:
    """Put what was published beside what the town says, by town and 業務."""
    by_code = {row.code: row for row in rows}
    for town in towns:
        row = by_code.get(town.code)
        if row is None:
            continue
        for business in businesses():
            entry = entries.get((town.code, business.key))
            recorded = town.rollouts.get(business.key)
            yield Cell(
                town.code,
                business.key,
                row.counts[business.key],
                town.kind,
                entry.states if entry else (),
                recorded.is_applicable if recorded else None,
                recorded.go_live_on if recorded else None,
                town.service_for(business.key),
            )


def _finished(tasks: Iterable[tuple[str, str, str, str]]) -> dict[str, tuple[Finished, ...]]:
    found: dict[str, tuple[Finished, ...]] = {}
    for code, task, name, text in tasks:
        named = steps_named(text, steps())
        found[code] = (*found.get(code, ()), Finished(task, name, named))
    return found


def _flags(
    towns: Sequence[StandardTown],
    cells: Mapping[Place, Cell],
    earlier: Mapping[Place, int],
    finished: Mapping[str, tuple[Finished, ...]],
    read_with: tuple[Month, int],
) -> dict[Place, tuple[Flag, ...]]:
    month, gap = read_with
    lead = next((town.code for town in towns if town.is_lead), "")
    return {
        place: flags_of(
            cell,
            Around(
                last_day_of(month),
                cells.get((lead, cell.business)),
                earlier.get(place),
                gap,
                finished.get(cell.code, ()),
            ),
        )
        for place, cell in cells.items()
    }


def _answered(flags: Iterable[Flag], answers: Sequence[Answer]) -> tuple[Asked, ...]:
    """Put the newest answer to each question; one given for other numbers is none.

    A 業務 may be asked several questions of one kind: their numbers tell them apart.
    """
    newest: dict[tuple[str, str, str, int, int], Answer] = {}
    for each in answers:
        newest.setdefault((each.code, each.business, each.kind, each.own, each.other), each)
    return tuple(
        Asked(flag, newest.get((flag.code, flag.business, flag.kind, *flag.numbers)))
        for flag in flags
    )


def business_of(key: str) -> Business:
    """Give a 業務 by its key. Raises: NotFoundError."""
    found = next((each for each in businesses() if each.key == key), None)
    if found is None:
        raise NotFoundError(
            "業務を開こうとしました。", "この業務はありません。", "一覧から選び直してください。"
        )
    return found
