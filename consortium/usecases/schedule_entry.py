"""What is entered for a schedule (配信予定の入力): shown as due times before it is saved."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from uuid import uuid4

from consortium.db.store import members as members_store
from consortium.db.store import schedule_writing as store
from consortium.db.store import schedules, steps
from consortium.db.store.schedules import ScheduleRow
from consortium.db.unit import reading
from consortium.domain.calendar.wareki import wareki
from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.errors import BadInputError, InvalidTransitionError, NotFoundError
from consortium.domain.fiscalyear.schedule import (
    TOKYO,
    DuePeriod,
    Schedule,
    due_periods,
    upcoming,
)
from consortium.domain.fiscalyear.schedule_rules import INSTALMENT_DAYS, parse_time
from consortium.domain.fiscalyear.steps import PLANNED
from consortium.usecases.closings import today_of
from consortium.usecases.kinds import SCHEDULED, title_of
from consortium.usecases.schedule_facts import Days, read_days
from consortium.usecases.schedule_words import facts_in_words, in_words, served_in_words
from consortium.usecases.schedules import (
    NEWEST_ONLY,
    NEXT,
    ScheduleLine,
    line_of,
    state_of,
    unsure_years,
)
from consortium.usecases.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Entry:
    """What an officer enters for a schedule (配信予定の入力), empty where its period needs nothing.

    `first_day` empty means from now on, `last_day` empty without end, no `towns` every member.
    """

    kind: str
    period_type: str
    at_time: str
    roll_rule: str
    day: str = ""
    weekdays: tuple[str, ...] = ()
    step: str = ""
    offset: int = 0
    first_day: date | None = None
    last_day: date | None = None
    towns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """What a form can offer for a kind of report (選べるもの)."""

    title: str
    #: key and title of the days a calendar has
    steps: tuple[tuple[str, str], ...]
    #: code and name of the towns; none where the kind is not made for some of them
    towns: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a schedule would do (配信予定の下見)."""

    schedule: Schedule
    words: str
    #: what it says, by name
    facts: tuple[tuple[str, str], ...]
    #: what has become due already, and would be made as soon as it is saved
    at_once: tuple[DuePeriod, ...]
    coming: tuple[DuePeriod, ...]
    #: calendar years of these whose closed days are not there yet
    unsure: tuple[int, ...]
    #: mark of all that is shown
    digest: str


# ---- looking -------------------------------------------------------------------------------------


def show_offer(viewer: Viewer, kind: str, period_type: str) -> Offer:
    """Give what can be chosen for a kind and a period (配信予定の選択肢).

    Raises: NotFoundError for a kind that no schedule can name for such a period.
    """
    if kind not in SCHEDULED or period_type not in SCHEDULED[kind].periods:
        raise NotFoundError(
            "配信予定を登録しようとしました。",
            "その帳票は、その期間の配信予定にできません。",
            "「配信予定」の画面で、帳票を選び直してください。",
        )
    with reading() as session:
        towns = members_store.members(session, viewer.consortium_id)
        listed = steps.steps(session, viewer.consortium_id)
    offered = tuple(INSTALMENT_DAYS.items())
    if period_type != "instalment":
        titles = {step.key: step.title for step in listed if _is_yearly(step.key)}
        offered = tuple(titles.items())
    served = towns if SCHEDULED[kind].chooses_towns else ()
    return Offer(title_of(kind), offered, tuple((str(each.code), each.name) for each in served))


def _is_yearly(key: str) -> bool:
    """Say whether a step stands once in a calendar: none of a month or an instalment."""
    return key.partition("_")[0] not in (*PLANNED, "monthly")


def show_schedule(viewer: Viewer, schedule_id: str) -> ScheduleRow:
    """Read one schedule. Raises: NotFoundError."""
    with reading() as session:
        return store.one_of(schedules.schedule_rows(session, viewer.consortium_id), schedule_id)


def show_line(viewer: Viewer, schedule_id: str, now: datetime) -> ScheduleLine:
    """Read one schedule with what it does next. Raises: NotFoundError."""
    row = show_schedule(viewer, schedule_id)
    with reading() as session:
        days = read_days(session, viewer.consortium_id, [row.schedule] if row.schedule else [])
    return line_of(row, days, now)


def entry_of(row: ScheduleRow) -> Entry:
    """Give what would enter a schedule anew; only of one that can be computed (入力の内容)."""
    known = row.schedule
    if known is None:
        raise not_now(
            "この予定は期日を求められないため、編集できません。", "終了にして、新しく登録"
        )
    last = known.valid_to
    return Entry(
        known.kind,
        known.period_type,
        f"{known.at_time:%H:%M}",
        known.roll_rule,
        known.day or "",
        known.weekdays,
        known.step or "",
        known.offset,
        known.valid_from.date(),
        (last - timedelta(microseconds=1)).date() if last else None,
        row.towns,
    )


def resumed_entry(row: ScheduleRow) -> Entry:
    """Give what lets a schedule go on. Raises: InvalidTransitionError unless it is paused."""
    if not row.is_paused:
        raise not_now("この予定は停止中ではありません。", "停止中の予定を選んで再開")
    known = entry_of(row)
    return Entry(
        known.kind, known.period_type, known.at_time, known.roll_rule, known.day, known.weekdays,
        known.step, known.offset, towns=known.towns,
    )  # fmt: skip


def refuse_unchangeable(row: ScheduleRow, now: datetime) -> None:
    """Refuse to change what is paused or over (変更不可). Raises: InvalidTransitionError."""
    if state_of(row, now) in ("paused", "ended"):
        raise not_now("停止中の予定、終わった予定は変えられません。", "再開するか、新しく登録")


def preview(viewer: Viewer, entry: Entry, now: datetime, schedule_id: str = "") -> Preview:
    """Say what a schedule would do: its next twelve due times, and what is due already (下見).

    `schedule_id` is that of the schedule changed, or the one a form brings for a new one: sent
    again, it meets itself. Raises: BadInputError at the field for what cannot be saved.
    """
    owner = viewer.consortium_id
    with reading() as session:
        rows = schedules.schedule_rows(session, owner)
        keys = schedules.known_keys(session, [entry.kind]).get(owner, set())
        days = read_days(session, owner, (), is_whole=True)
        towns = {str(each.code): each.name for each in members_store.members(session, owner)}
    old = next((row for row in rows if row.id == schedule_id), None)
    new = schedule_of(entry, schedule_id or str(uuid4()), now, old)
    refuse_wrong(entry, new, rows, days, towns)
    at_once = due_periods([new], days.facts, now, keys, NEWEST_ONLY)
    coming = tuple(islice(upcoming(new, days.facts, now), NEXT))
    shown = [
        [each.period_key, each.due_at.isoformat(), each.why_moved] for each in (*at_once, *coming)
    ]
    facts = facts_in_words(new, days.titles, served_in_words(entry.towns, towns))
    # One without a first day begins whenever it is saved.
    said = [text for title, text in facts.items() if title != "有効開始"]
    digest = sha256_hex(canonical([str(entry.first_day), said, shown]))
    unsure = unsure_years(new, coming, days)
    words = facts["作成する時"]
    return Preview(new, words, tuple(facts.items()), at_once, coming, unsure, digest)


# ---- checking ------------------------------------------------------------------------------------


def schedule_of(entry: Entry, schedule_id: str, now: datetime, old: ScheduleRow | None) -> Schedule:
    """Make a schedule of what was entered. Raises: BadInputError at the field."""
    first, last = entry.first_day, entry.last_day
    has_begun = old is not None and old.valid_from <= now
    if not has_begun and first is not None and first < today_of(now):
        found = f"{wareki(first)}は、過ぎた日です。"
        raise _refuse("first_day", found, "今日より後の日にするか、空欄にしてください。")
    if last is not None and last < today_of(now):
        found = f"{wareki(last)}は、過ぎた日です。"
        raise _refuse("last_day", found, "今すぐ終えるときは「終了」を使ってください。")
    if first is not None and last is not None and last < first:
        found = "終わりの日が始まりの日より前です。"
        raise _refuse("last_day", found, "日付を確かめてください。")
    begin = max(now, _midnight(first)) if first else now
    uses = entry.period_type
    return Schedule(
        schedule_id,
        entry.kind,
        uses,
        parse_time(entry.at_time),
        entry.roll_rule,
        old.valid_from if old is not None and has_begun else begin.astimezone(TOKYO),
        _midnight(last + timedelta(days=1)) if last else None,
        entry.day if uses in ("month", "quarter") else None,
        entry.weekdays if uses in ("week", "day") else (),
        entry.step if uses in ("fiscal_year", "instalment") else None,
        entry.offset,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), TOKYO)


def refuse_wrong(
    entry: Entry,
    new: Schedule,
    rows: Iterable[ScheduleRow],
    days: Days,
    codes: Iterable[str],
) -> None:
    """Refuse what the office cannot have. Raises: BadInputError at the field."""
    known = SCHEDULED.get(entry.kind)
    if known is None or entry.period_type not in known.periods:
        raise _refuse("kind", "その帳票は予定にできません。", "帳票を選び直してください。")
    unknown = sorted(set(entry.towns) - set(codes))
    if unknown:
        found = f"配信先「{'、'.join(unknown)}」は、構成団体ではありません。"
        raise _refuse("towns", found, "構成団体の一覧から選び直してください。")
    if entry.towns and not known.chooses_towns:
        found = f"{known.title}は、配信先を選べません。"
        raise _refuse("towns", found, "配信先を選ばずに保存してください。")
    if new.period_type == "fiscal_year" and not (
        new.step in days.titles and _is_yearly(new.step or "")
    ):
        found = "その予定は、年間予定にありません。"
        raise _refuse("step", found, "年間予定にある予定から選び直してください。")
    for row in rows:
        if row.schedule and row.id != new.id and new.overlaps(row.schedule):
            found = f"同じ帳票の予定「{in_words(row.schedule, days.titles)}」と期間が重なります。"
            todo = "その予定を編集するか、終了にしてから登録してください。"
            raise _refuse("kind", found, todo)


def not_now(found: str, todo: str) -> InvalidTransitionError:
    return InvalidTransitionError("配信予定を変えようとしました。", found, f"{todo}してください。")


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("配信予定を保存しようとしました。", found, todo, path=path)
