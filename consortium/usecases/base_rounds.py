"""Rounds of base figures: opened, closed, turned into editions (基礎数値の提出の依頼).

The lead city opens a round, each town hands in until it is closed, closing makes one edition of
each series. Towns that did not hand in get their latest figure as 見込; what they hand in later
the lead city takes into a new edition, which the next run uses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING
from uuid import uuid4

from consortium.db.store import base_rounds as store
from consortium.db.store import bases, members, settings
from consortium.db.store.base_rounds import (
    INTENTS,
    Figure,
    HandIn,
    Intent,
    MadeEdition,
    Round,
)
from consortium.db.store.bases import Edition
from consortium.db.store.members import Member, Service
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label, wareki
from consortium.domain.errors import BadInputError, InvalidTransitionError
from consortium.domain.municipality import municipality_code
from consortium.usecases.basis_editions import add_within
from consortium.usecases.closings import refuse_closed, today_of
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["INTENTS", "Figure", "HandIn", "Intent", "Round"]


@dataclass(frozen=True, slots=True)
class RoundEntry:
    """What the lead city asks for (依頼の入力)."""

    year: FiscalYear
    series: tuple[str, ...]
    reference_on: date
    due_on: date
    note: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A round with the towns it asks, and the figures before it (依頼の内容)."""

    round: Round
    towns: tuple[Member, ...]
    services: tuple[Service, ...]
    #: series → edition with the figures before this round, None where there is none
    before: Mapping[str, Edition | None]
    #: series → the newest edition made of this round
    made: Mapping[str, Edition]
    #: services in use, by code, on the reference day
    uses: Mapping[str, frozenset[str]]
    year_labels: Mapping[int, str]

    @property
    def missing(self) -> tuple[Member, ...]:
        """Name the towns that have not handed in yet (未提出の団体)."""
        return tuple(town for town in self.towns if self.round.latest(town.code) is None)

    @property
    def late(self) -> tuple[Member, ...]:
        """Name the towns whose figures came after the editions were made (遅れて提出した団体)."""
        return tuple(town for town in self.towns if self.round.is_late(town.code))

    @property
    def unsettled(self) -> tuple[Member, ...]:
        """Name the towns whose figures in the editions are not their own (見込で補った団体)."""
        if self.round.is_open:
            return ()
        return tuple(
            town
            for town in self.towns
            if self.round.latest(town.code) is None or self.round.is_late(town.code)
        )

    def previous(self, series: str, code: str) -> Fraction | None:
        """Give a town's figure before this round (前回の値)."""
        edition = self.before[series]
        return edition.values.get(municipality_code(code)) if edition else None

    def takes(self, code: str) -> bool:
        """Say whether a town can hand in now: late too, where its figure was filled in (受付)."""
        if self.round.is_open:
            return any(town.code == code for town in self.towns)
        return any(town.code == code for town in self.unsettled)

    def filled(self, series: str) -> dict[str, Figure]:
        """Give the figure of each town that an edition made now would hold (版の値)."""
        found: dict[str, Figure] = {}
        for town in self.towns:
            latest = self.round.latest(town.code)
            before = self.previous(series, town.code)
            if latest is not None:
                found[town.code] = latest.figures[series]
            elif before is not None:
                found[town.code] = Figure(before, "見込")
        return found


# ---- reading -------------------------------------------------------------------------------------


def list_rounds(viewer: Viewer) -> tuple[Asked, ...]:
    """List all rounds, the newest first (基礎数値の提出の一覧)."""
    owner = viewer.consortium_id
    with reading() as session:
        return tuple(read_asked(session, owner, each) for each in store.rounds(session, owner))


def show_round(viewer: Viewer, round_id: str) -> Asked:
    """Give a round with everything handed in (依頼の画面).

    Raises: NotFoundError.
    """
    owner = viewer.consortium_id
    with reading() as session:
        return read_asked(session, owner, store.get_round(session, owner, round_id))


def series_to_ask(viewer: Viewer) -> dict[str, str]:
    """Give the series that a round can ask for: key → name (依頼できる算定基礎)."""
    with reading() as session:
        return bases.series_labels(session, viewer.consortium_id)


def read_asked(session: "Session", consortium_id: str, found: Round) -> Asked:
    towns = members.members(session, consortium_id)
    stays = members.memberships(session, consortium_id)
    there = {
        stay.member_id
        for stay in stays
        if stay.period.overlaps(found.year.period) or stay.period.contains(found.reference_on)
    }
    editions = bases.editions(session, consortium_id)
    own = {(each.series, each.name) for each in found.made}
    names = {each.series: each.name for each in found.made}
    before: dict[str, Edition | None] = {}
    made: dict[str, Edition] = {}
    for key in found.series:
        known = [each for each in editions if each.series == key]
        # Newest first; the editions of this round itself are not what was before it.
        before[key] = next(
            (
                each
                for each in known
                if each.reference_date <= found.reference_on and (key, each.name) not in own
            ),
            None,
        )
        own_edition = next((each for each in known if each.name == names.get(key)), None)
        if own_edition is not None:
            made[key] = own_edition
    return Asked(
        found,
        tuple(town for town in towns if town.id in there),
        members.services(session, consortium_id),
        before,
        made,
        _uses(session, consortium_id, found.reference_on, towns),
        settings.settings_of(session, consortium_id).year_labels,
    )


def _uses(
    session: "Session", consortium_id: str, day: date, towns: tuple[Member, ...]
) -> dict[str, frozenset[str]]:
    """Give the services that each town uses on a day, by its code (利用中のサービス)."""
    codes = {town.id: town.code for town in towns}
    uses: dict[str, set[str]] = {}
    for use in members.enrolments(session, consortium_id):
        if use.period.contains(day) and use.member_id in codes:
            uses.setdefault(codes[use.member_id], set()).add(use.service_id)
    return {code: frozenset(services) for code, services in uses.items()}


# ---- changing ------------------------------------------------------------------------------------


def open_round(viewer: Viewer, entry: RoundEntry, now: datetime, round_id: str = "") -> str:
    """Ask all towns for their figures and give the round's id (提出を依頼する).

    A form sent again with its `round_id` gives what was saved first. Raises: BadInputError at the
    field; InvalidTransitionError while another round of the year is open.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        labels = bases.series_labels(unit.session, owner)
        _check_round(entry, labels, today_of(now))
        new = Round(
            round_id or str(uuid4()), entry.year, entry.reference_on, entry.due_on, entry.note,
            "open", now, None, 1, {key: labels[key] for key in sorted(entry.series)},
        )  # fmt: skip
        if (saved := store.find_round(unit.session, owner, new.id)) is not None:
            unit.operational()
            return saved.id
        refuse_closed(unit, owner, entry.year, reason=viewer.reason)
        for other in store.rounds(unit.session, owner, "open"):
            if other.year == entry.year:
                raise InvalidTransitionError(
                    "基礎数値の提出を依頼しようとしました。",
                    f"{_year_label(unit, owner, entry.year)}の依頼が、まだ受付中です。",
                    "その依頼を締め切ってから、もう一度依頼してください。",
                )
        store.add_round(unit, owner, new)
    return new.id


def _year_label(unit: Unit, consortium_id: str, year: FiscalYear) -> str:
    labels = settings.settings_of(unit.session, consortium_id).year_labels
    return fiscal_year_label(year, labels)


def _check_round(entry: RoundEntry, labels: Mapping[str, str], today: date) -> None:
    if not entry.series or not set(entry.series) <= set(labels):
        raise _refuse("series", "算定基礎が選ばれていません。", "一つ以上選んでください。")
    if entry.due_on < today:
        raise _refuse("due_on", "期限が今日より前です。", "今日以後の日を入力してください。")
    if entry.due_on < entry.reference_on and not entry.year.period.contains(entry.reference_on):
        # The figures cannot be known by then; only within the year they may be expected ones.
        raise _refuse("due_on", "期限が基準日より前です。", "期限か基準日を確かめてください。")


def close_round(
    viewer: Viewer, round_id: str, seen_version: int, published_on: date, now: datetime
) -> tuple[str, ...]:
    """Close a round: one edition of each series; give the towns filled in as 見込 (締め切る).

    Raises: NotFoundError; StaleError; InvalidTransitionError if it is closed; BadInputError for a
    publication day before the request or to come; what adding an edition raises.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        asked = read_asked(unit.session, owner, store.get_round(unit.session, owner, round_id))
        refuse_closed(unit, owner, asked.round.year, reason=viewer.reason)
        if not asked.round.is_open:
            raise InvalidTransitionError(
                "基礎数値の提出を締め切ろうとしました。",
                "もう締め切られています。",
                "画面を開き直してください。",
            )
        _check_published(asked.round, published_on, today_of(now))
        store.close_round(unit, owner, replace(asked.round, row_version=seen_version))
        _make_editions(unit, viewer, asked, published_on)
    return tuple(town.name for town in asked.missing)


def take_late(viewer: Viewer, round_id: str, published_on: date, now: datetime) -> tuple[str, ...]:
    """Take late figures into new editions; give the towns they are of (遅れた提出の取込み).

    Raises: NotFoundError; InvalidTransitionError without any; BadInputError as closing does; what
    adding an edition raises.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        asked = read_asked(unit.session, owner, store.get_round(unit.session, owner, round_id))
        refuse_closed(unit, owner, asked.round.year, reason=viewer.reason)
        late = asked.late
        if asked.round.is_open or not late:
            raise InvalidTransitionError(
                "遅れて提出された値を取り込もうとしました。",
                "取り込む値がありません。",
                "画面を開き直してください。",
            )
        _check_published(asked.round, published_on, today_of(now))
        _make_editions(unit, viewer, asked, published_on)
    return tuple(town.name for town in late)


def _check_published(asked: Round, published_on: date, today: date) -> None:
    """Refuse a day on which these figures cannot have been there (公表日の確かめ)."""
    opened_on = today_of(asked.opened_at)
    if published_on < opened_on:
        found = f"公表日が、依頼した日（{wareki(opened_on)}）より前です。"
        raise _refuse("published_on", found, "依頼した日から今日までの日を入力してください。")
    if published_on > today:
        found = f"公表日が今日（{wareki(today)}）より後です。"
        raise _refuse("published_on", found, "依頼した日から今日までの日を入力してください。")


def _make_editions(unit: Unit, viewer: Viewer, asked: Asked, published_on: date) -> None:
    """Make one edition of each series of what counts now (版の作成)."""
    owner, found = viewer.consortium_id, asked.round
    year = fiscal_year_label(found.year, asked.year_labels)
    for key, label in found.series.items():
        figures = asked.filled(key)
        if not figures:
            raise _refuse(
                "",
                f"{label}の値が一つもありません。",
                "団体の提出を待つか、団体に代わって入力してください。",
            )
        position = 1 + sum(each.series == key for each in found.made)
        others = bases.editions(unit.session, owner, key)
        expected = frozenset(code for code, each in figures.items() if each.certainty == "見込")
        new = Edition(
            id="",
            series=key,
            label=label,
            reference_date=found.reference_on,
            period_from=None,
            name=_fresh_name(found, f"{year}の提出", position, others),
            published_on=published_on,
            certainty="見込" if expected else "確定",
            # Printed on every statement: whose figure is not its own yet.
            source=f"基礎数値の提出（{'、見込：'.join([year, *_expected(asked, expected)])}）",
            values={municipality_code(code): each.value for code, each in figures.items()},
            estimated=expected if len(expected) < len(figures) else frozenset(),
        )
        add_within(unit, viewer, new, others)
        store.add_made(unit, owner, found, MadeEdition(key, position, new.name, unit.now))


def _expected(asked: Asked, codes: frozenset[str]) -> list[str]:
    """Name the towns with an expected figure, in one text; nothing where all have one (見込)."""
    names = [town.name for town in asked.towns if town.code in codes]
    return ["、".join(names)] if 0 < len(names) < len(asked.towns) else []


def _fresh_name(found: Round, stem: str, position: int, others: tuple[Edition, ...]) -> str:
    """Name an edition as no other of its reference day is named (版の名前)."""
    taken = {each.name for each in others if each.reference_date == found.reference_on}
    name = stem if position == 1 else f"{stem}・追加{position - 1}"
    number = 2
    while name in taken:
        name, number = f"{stem}・第{number}版", number + 1
    return name


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("基礎数値の提出を保存しようとしました。", found, todo, path=path)
