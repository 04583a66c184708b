"""Council sessions and general meetings (議会会期・総会): a town's year at a time.

A council without entries for a calendar year has four 推定 days. The first entry of a year puts
the others of that year into the table too, so that none of them is lost. For the 総会 nothing is
taken for granted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from consortium.db.store import council_sessions as store
from consortium.db.store import members as members_store
from consortium.db.store.council_sessions import CERTAINTIES, SESSION_KINDS, CouncilSession
from consortium.db.unit import reading, writing
from consortium.domain.calendar.wareki import wareki
from consortium.domain.canonical import sha256_hex
from consortium.domain.errors import BadInputError, NotFoundError, StaleError
from consortium.domain.onboarding.sessions import default_sessions
from consortium.usecases.calendars import FIRST_YEAR, LAST_YEAR, NEW_YEAR
from consortium.usecases.plan_calendars import Desk, read_desk
from consortium.usecases.plan_effects import Effect, effects
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["CERTAINTIES", "SESSION_KINDS", "CouncilSession", "Effect"]

#: Stands for the consortium where otherwise a town's code stands (協議会の総会).
ASSEMBLY: Final = ""
_ASKED: Final = "議会会期を保存しようとしました。"
_GUESSED, _CERTAIN = CERTAINTIES
_ORDINARY, _, _GENERAL = SESSION_KINDS
DEFAULT_SOURCE: Final = "初期値（3月20日・6月20日・9月20日・12月15日。閉庁日なら前の開庁日）"


@dataclass(frozen=True, slots=True)
class SessionYear:
    """What holds of one council in a calendar year (団体の一年の会期)."""

    code: str
    name: str
    year: int
    sessions: tuple[CouncilSession, ...]
    #: True while no 定例会 is entered and the 推定 days hold (初期値)
    is_default: bool
    #: 確定 days on which the office is closed by now; reported, never moved
    closed: tuple[CouncilSession, ...]

    @property
    def mark(self) -> str:
        """Name the content, so that the second of two editors is refused (見た内容の印)."""
        return _mark(self.sessions)


@dataclass(frozen=True, slots=True)
class SessionsPage:
    """The sessions of every council in a calendar year (議会会期の画面)."""

    year: int
    rows: tuple[SessionYear, ...]
    #: False while the holidays of the year are not entered: 推定 days may stand on one
    is_filled: bool

    @property
    def closed(self) -> tuple[tuple[SessionYear, CouncilSession], ...]:
        """List the 確定 days that became closed days (閉庁日になった確定日)."""
        return tuple((row, each) for row in self.rows for each in row.closed)


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """One session as entered (会期の入力の一行)."""

    kind: str
    decision_on: date
    opens_on: date | None
    closes_on: date | None
    certainty: str
    source: str
    #: id of the row it changes, empty for a new one
    id: str = ""


# ---- reading -------------------------------------------------------------------------------------


def show_sessions(viewer: Viewer, year: int) -> SessionsPage:
    """Read the sessions of every council and the 総会 (議会会期の一覧).

    Raises: NotFoundError for a year too far.
    """
    _refuse_far(year)
    with reading() as session:
        names = _names(session, viewer.consortium_id)
        desk = read_desk(session, viewer.consortium_id)
    rows = tuple(_year(desk, code, name, year) for code, name in names.items())
    return SessionsPage(year, rows, is_filled(desk, year))


def show_year(viewer: Viewer, code: str, year: int) -> SessionYear:
    """Read the sessions of one council, of the consortium for ASSEMBLY (一団体の会期).

    Raises: NotFoundError for a town that is none of ours, or a year too far.
    """
    _refuse_far(year)
    with reading() as session:
        return _read_year(session, viewer.consortium_id, code, year)


def show_effects(
    viewer: Viewer, code: str, year: int, entries: Sequence[SessionEntry], today: date
) -> tuple[Effect, ...]:
    """Say which plans the sessions entered would move; nothing is saved (動く工程).

    Raises: BadInputError as `save_year` does, NotFoundError.
    """
    _refuse_far(year)
    owner = viewer.consortium_id
    with reading() as session:
        old = _read_year(session, owner, code, year)
        new = sessions_of(old, entries)
        desk = read_desk(session, owner)
        rest = [
            each for each in desk.sessions if (each.code, each.decision_on.year) != (code, year)
        ]
        return effects(session, viewer, desk, replace(desk, sessions=[*rest, *new]), today)


def _read_year(session: "Session", owner: str, code: str, year: int) -> SessionYear:
    names = _names(session, owner)
    if code not in names:
        raise NotFoundError(
            "議会会期を開こうとしました。", "団体が見つかりません。",
            "議会会期の一覧から選び直してください。",
        )  # fmt: skip
    return _year(read_desk(session, owner), code, names[code], year)


def _names(session: "Session", owner: str) -> dict[str, str]:
    towns = {str(each.code): each.name for each in members_store.members(session, owner)}
    return towns | {ASSEMBLY: _GENERAL}


def _year(desk: Desk, code: str, name: str, year: int) -> SessionYear:
    office = desk.office(code)
    own = [each for each in desk.sessions if each.code == code and each.decision_on.year == year]
    is_default = code != ASSEMBLY and all(each.kind != _ORDINARY for each in own)
    usual = default_sessions(year, office) if is_default else ()
    guessed = [
        CouncilSession("", code, _ORDINARY, None, None, day, _GUESSED, DEFAULT_SOURCE)
        for day in usual
        if day not in {each.decision_on for each in own}
    ]
    found = tuple(sorted([*own, *guessed], key=lambda each: each.decision_on))
    closed = tuple(
        each for each in own if each.certainty == _CERTAIN and not office.is_open(each.decision_on)
    )
    return SessionYear(code, name, year, found, is_default, closed)


def _mark(sessions: Sequence[CouncilSession]) -> str:
    return sha256_hex(repr([replace(each, id="") for each in sessions]))


def is_filled(desk: Desk, year: int) -> bool:
    """Say whether the holidays of a year are entered (祝日の登録)."""
    return any(row.day.year == year and row.source == NEW_YEAR for row in desk.closed)


def _refuse_far(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFoundError(
            "議会会期を開こうとしました。", f"{year}年の会期は扱えません。",
            f"{FIRST_YEAR}年から{LAST_YEAR}年までの年を選んでください。",
        )  # fmt: skip


# ---- changing ------------------------------------------------------------------------------------


def save_year(  # noqa: PLR0913 -- whose year, as it was seen and as it is to be, by whom and when
    viewer: Viewer,
    code: str,
    year: int,
    seen: str,
    entries: Sequence[SessionEntry],
    now: datetime,
) -> SessionYear:
    """Replace the sessions of one council's year (会期の変更); no entry: the 推定 days hold again.

    No plan moves by it: its forecast does, and its dates once somebody confirms them.
    Raises: BadInputError at the line, e.g. `decision-2`; StaleError if somebody saved after the
    year was seen; NotFoundError.
    """
    owner = viewer.consortium_id
    _refuse_far(year)
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        old = _read_year(unit.session, owner, code, year)
        if old.mark != seen:
            raise StaleError(
                _ASKED, "ほかの人が先に変更しました。",
                "今の内容を確かめて、もう一度保存してください。",
            )  # fmt: skip
        saved = [each for each in old.sessions if each.id]
        new = sessions_of(old, entries)
        if _mark(new) != old.mark:
            title = f"{old.name}の{year}年の会期の変更"
            store.save_sessions(unit, owner, title, saved, new)
        return _read_year(unit.session, owner, code, year)


def sessions_of(year: SessionYear, entries: Sequence[SessionEntry]) -> tuple[CouncilSession, ...]:
    """Give what a year would hold after an entry (入力後の会期). Raises: BadInputError."""
    known = {each.id for each in year.sessions if each.id}
    found: list[CouncilSession] = []
    for no, entry in enumerate(entries, start=1):
        _check(year, no, entry)
        if any(each.decision_on == entry.decision_on for each in found):
            raise _refuse(
                f"decision-{no}", f"{wareki(entry.decision_on)}が二つあります。",
                "一つにまとめてください。",
            )  # fmt: skip
        found.append(
            CouncilSession(
                entry.id if entry.id in known else str(uuid4()), year.code, entry.kind,
                entry.opens_on, entry.closes_on, entry.decision_on, entry.certainty, entry.source,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda each: each.decision_on))


def _check(year: SessionYear, no: int, entry: SessionEntry) -> None:
    day = entry.decision_on
    if day.year != year.year:
        found = f"{wareki(day)}は{year.year}年の日ではありません。"
        raise _refuse(f"decision-{no}", found, "その年の画面で入力してください。")
    if (entry.kind == _GENERAL) != (year.code == ASSEMBLY) or entry.kind not in SESSION_KINDS:
        raise _refuse(f"kind-{no}", f"種類「{entry.kind}」は使えません。", "選び直してください。")
    if entry.certainty not in CERTAINTIES:
        raise _refuse(f"certainty-{no}", "確度が分かりません。", "推定か確定を選んでください。")
    if entry.certainty == _CERTAIN and entry.source in ("", DEFAULT_SOURCE):
        found = "確定した日の根拠がありません。"
        raise _refuse(f"source-{no}", found, "議会の日程表など、根拠を書いてください。")
    if entry.opens_on is not None and entry.opens_on > day:
        found = f"開会日（{wareki(entry.opens_on)}）が議決日より後です。"
        raise _refuse(f"opens-{no}", found, "日付を確かめてください。")
    if entry.closes_on is not None and entry.closes_on < day:
        found = f"閉会日（{wareki(entry.closes_on)}）が議決日より前です。"
        raise _refuse(f"closes-{no}", found, "日付を確かめてください。")


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError(_ASKED, found, todo, path=path)
