"""What is to be done now, and by whom (今月の仕事)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from consortium.db.store import receipts, runs, schedules, settings
from consortium.db.store.receipts import Unread
from consortium.db.store.runs import Run, Uncomputed
from consortium.db.store.schedules import ReportState
from consortium.db.unit import reading
from consortium.domain.fiscalyear.schedule import DuePeriod, upcoming
from consortium.usecases.viewer import Viewer


@dataclass(frozen=True, slots=True)
class HomePage:
    """Everything that waits for somebody of the lead city (今月の仕事の画面)."""

    drafts: tuple[Run, ...]
    in_review: tuple[Run, ...]
    approved: tuple[Run, ...]
    uncomputed: tuple[Uncomputed, ...]
    unread: tuple[Unread, ...]
    held_up: tuple[ReportState, ...]
    #: the next due time of each schedule, the soonest first
    coming: tuple[DuePeriod, ...]
    last_tick: datetime | None
    year_labels: Mapping[int, str]

    @property
    def unread_count(self) -> int:
        """Count the statements that wait for a town (未受領の通数)."""
        return sum(town.count for town in self.unread)

    @property
    def is_clear(self) -> bool:
        """Say whether nothing waits for anybody."""
        waiting = (self.drafts, self.in_review, self.approved, self.uncomputed)
        return not any((*waiting, self.unread, self.held_up))


def show_home(viewer: Viewer, now: datetime) -> HomePage:
    """Collect what waits for somebody (今月の仕事)."""
    owner = viewer.consortium_id
    with reading() as session:
        by_state: dict[str, list[Run]] = {}
        for run in runs.open_runs(session, owner):
            by_state.setdefault(run.state, []).append(run)
        rows = schedules.schedules(session, owner)
        coming = [due for _, row in rows if (due := next(iter(upcoming(row, now)), None))]
        return HomePage(
            drafts=tuple(by_state.get("draft", ())),
            in_review=tuple(by_state.get("in_review", ())),
            approved=tuple(by_state.get("approved", ())),
            uncomputed=tuple(runs.uncomputed(session, owner)),
            unread=tuple(receipts.unread_by_town(session, owner)),
            held_up=tuple(schedules.needing_a_person(session, owner)),
            coming=tuple(sorted(coming, key=lambda due: due.due_at)),
            last_tick=schedules.last_tick(session),
            year_labels=settings.settings_of(session, owner).year_labels,
        )
