"""The consortia of an installation (協議会): creating one, listing them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from consortium.db.store import settings as store
from consortium.db.store import steps
from consortium.db.store.settings import Summary
from consortium.db.unit import Actor, reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import BadInputError
from consortium.usecases import calendars, stage_templates, year_plan, year_start
from consortium.usecases.accounts import COMMAND
from consortium.usecases.closings import today_of
from consortium.usecases.services import KEY_FORM
from consortium.usecases.settings import Entry, settings_from
from consortium.usecases.viewer import Viewer

_BEFORE = "ポータルを使い始める前の予定です。"


@dataclass(frozen=True, slots=True)
class NewConsortium:
    """A consortium to be created (協議会の登録)."""

    #: short name used in commands, never changed
    key: str
    #: what the page 設定 can change afterwards
    entry: Entry
    is_sample: bool = False


def create_consortium(new: NewConsortium, now: datetime, actor: Actor = COMMAND) -> Viewer:
    """Create a consortium without any town, ready to be filled (協議会の登録).

    With the calendar of the present fiscal year, its holidays and the monthly report; what the
    calendar has before today counts as done. Gives who goes on registering. To be called
    within `together()`. Raises: BadInputError at the field.
    """
    if not KEY_FORM.fullmatch(new.key):
        found = f"略称「{new.key}」は使えません。"
        todo = "英小文字で始め、英小文字・数字・「_」「-」で40文字までにしてください。"
        raise _refuse("key", found, todo)
    with writing(actor, now) as unit:
        if store.find_consortium_id(unit.session, new.key) is not None:
            found = f"略称「{new.key}」の協議会は、もう登録されています。"
            raise _refuse("key", found, "別の略称にするか、その協議会の画面で変更してください。")
        blank = store.Settings(
            str(uuid4()), new.key, "", "", new.is_sample, shows_other_members=True, year_labels={}
        )
        made = settings_from(blank, new.entry)
        store.add_consortium(unit, made)
        store.add_monthly_schedule(unit, made.id, "monthly_cost", now)
        stage_templates.add_shipped(unit, made.id)
        year = FiscalYear.containing(today_of(now))
        for start in range(year.start_year, year.start_year + 3):
            calendars.fill_year(unit, made.id, start, today_of(now))
        year_start.copy_calendar(unit, made.id, year)
        begun = [
            step
            for step in steps.steps(unit.session, made.id, year)
            if step.nominal_on < today_of(now)
        ]
    viewer = Viewer(
        actor.id, actor.name, "lead_admin", made.id, None, made.office_name, made.name,
        made.is_sample,
    )  # fmt: skip
    for step in begun:
        year_plan.mark_done(viewer, step.id, step.row_version, _BEFORE, now)
    return viewer


def list_consortia() -> tuple[Summary, ...]:
    """List the consortia of the database by key (協議会の一覧)."""
    with reading() as session:
        return store.summaries(session)


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("協議会を登録しようとしました。", found, todo, path=path)
